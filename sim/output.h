/* SPDX-License-Identifier: Apache-2.0 */
/* output.h: files that a run is asked to write are tried before it starts: a typing error must not cost the run. */
#ifndef RINGSIDE_OUTPUT_H
#define RINGSIDE_OUTPUT_H

#ifdef __cplusplus
extern "C" {
#endif

/* Can `path` be written? NULL (not asked for) and "-" (standard output) can. A file that is there stays as it is, one that is not
 * is not left behind. 0, or a negative errno with a message on stderr that names the option and the file. */
int output_check(const char *option, const char *path);

#ifdef __cplusplus
}
#endif

#endif
