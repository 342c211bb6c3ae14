/* SPDX-License-Identifier: Apache-2.0 */
/* Names are the file names of sim/scenarios/ without ".yaml". */
#define _POSIX_C_SOURCE 200809L
#include "shipped.h"

#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "suggest.h"

#define SUFFIX ".yaml"

const char *shipped_folder(void) {
    const char *folder = getenv("RINGSIDE_SCENARIOS");
    return folder && *folder ? folder : RINGSIDE_SCENARIO_FOLDER;
}

static int is_scenario(const struct dirent *entry) {
    const size_t length = strlen(entry->d_name), suffix = strlen(SUFFIX);
    return entry->d_name[0] != '.' && length > suffix && strcmp(entry->d_name + length - suffix, SUFFIX) == 0;
}

/* By the names without their suffix; not alphasort(): the locale must not matter. */
static int by_name(const struct dirent **a, const struct dirent **b) {
    const size_t a_length = strlen((*a)->d_name) - strlen(SUFFIX), b_length = strlen((*b)->d_name) - strlen(SUFFIX);
    const int order = memcmp((*a)->d_name, (*b)->d_name, a_length < b_length ? a_length : b_length);
    return order ? order : (a_length > b_length) - (a_length < b_length);
}

int shipped_names(char ***names) {
    struct dirent **entries;
    const int count = scandir(shipped_folder(), &entries, is_scenario, by_name);
    if (count < 0) return -errno;
    *names = calloc((size_t)count + 1, sizeof **names);
    if (!*names) abort();
    for (int i = 0; i < count; i++) {
        (*names)[i] = strndup(entries[i]->d_name, strlen(entries[i]->d_name) - strlen(SUFFIX));
        free(entries[i]);
    }
    free(entries);
    return count;
}

void shipped_free_names(char **names, int count) {
    for (int i = 0; i < count; i++) free(names[i]);
    free(names);
}

static void complain(const char *word) {
    char **names = NULL;
    const int count = shipped_names(&names);
    const char *nearest = NULL;
    unsigned least = ~0u;
    for (int i = 0; i < count; i++) {
        const unsigned distance = suggest_distance(word, names[i]);
        if (distance < least) {
            least = distance;
            nearest = names[i];
        }
    }
    fprintf(stderr, "ringside: error: there is no scenario '%s', neither as a file nor by name", word);
    if (nearest && suggest_is_near(word, least))
        fprintf(stderr, "; did you mean '%s'?\n", nearest);
    else
        fputs("; `ringside list` shows the names\n", stderr);
    if (count > 0) shipped_free_names(names, count);
}

int shipped_find(const char *word, char *path, size_t size) {
    snprintf(path, size, "%s", word);
    if (strchr(word, '/') || access(word, R_OK) == 0) return 0;
    const int length = snprintf(path, size, "%s/%s%s", shipped_folder(), word, SUFFIX);
    if (length > 0 && (size_t)length < size && access(path, R_OK) == 0) return 0;
    complain(word);
    return -ENOENT;
}
