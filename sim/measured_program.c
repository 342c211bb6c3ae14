/* SPDX-License-Identifier: Apache-2.0 */
/* From ringside to ringside-cpu, with the arguments as they came: argv was edited by the parsers since. */
#define _GNU_SOURCE
#include "measured_program.h"

#include <errno.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "access.h"

static const char program[] = "ringside-cpu";

bool measured_program_needed(const struct scenario *scenario) {
    return scenario->cpu_model == SCENARIO_CPU_CACHES && !scenario->cpu_free && !access_is_measured();
}

/* The arguments of this process, each ended by a zero. The caller frees both. */
static char **arguments(char **text) {
    FILE *file = fopen("/proc/self/cmdline", "r");
    size_t room = 0, count = 0;
    ssize_t length = 0;
    char **list = NULL, *argument = NULL;
    FILE *all = NULL;
    size_t bytes = 0;
    *text = NULL;
    if (!file || !(all = open_memstream(text, &bytes))) abort();
    for (; (length = getdelim(&argument, &room, '\0', file)) > 0; count++) fwrite(argument, 1, (size_t)length, all);
    fclose(all);
    fclose(file);
    free(argument);
    list = calloc(count + 1, sizeof *list);
    if (!list) abort();
    char *at = *text;
    for (size_t i = 0; i < count; i++, at += strlen(at) + 1) list[i] = at;
    return list;
}

int measured_program_run(FILE *errors) {
    char path[PATH_MAX];
    const ssize_t length = readlink("/proc/self/exe", path, sizeof path - sizeof program);
    if (length < 0) return -errno;
    path[length] = '\0';
    char *name = strrchr(path, '/') + 1;
    memcpy(name, program, sizeof program);
    char *text, **list = arguments(&text);
    fflush(NULL);
    execv(path, list);
    const int error = errno;
    fprintf(errors, "ringside: error: cpu.model: caches is run by %s, which cannot be: %s; build it, it lies beside ringside\n",
            path, strerror(error));
    free(list);
    free(text);
    return -error;
}
