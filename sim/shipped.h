/* SPDX-License-Identifier: Apache-2.0 */
/* shipped.h: the scenarios that come with Ringside, found by name. */
#ifndef RINGSIDE_SHIPPED_H
#define RINGSIDE_SHIPPED_H

#include <stddef.h>

#ifdef __cplusplus
extern "C" {
#endif

/* The folder: RINGSIDE_SCENARIOS of the environment, or where they were when the program was built. Not to be freed. */
const char *shipped_folder(void);
/* The names, sorted; returns their number, or a negative errno. Free with shipped_free_names(). */
int shipped_names(char ***names);
void shipped_free_names(char **names, int count);
/* The file of what a person typed: a path is taken as it is, a name is looked up. Writes the path and returns 0, or returns -ENOENT
 * after having said on stderr what there is. */
int shipped_find(const char *word, char *path, size_t size);

#ifdef __cplusplus
}
#endif

#endif
