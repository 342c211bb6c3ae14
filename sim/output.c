/* SPDX-License-Identifier: Apache-2.0 */
#define _POSIX_C_SOURCE 200809L
#include "output.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

int output_check(const char *option, const char *path) {
    if (!path || strcmp(path, "-") == 0) return 0;
    const int made = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0666);
    if (made >= 0) {
        close(made);
        unlink(path);
        return 0;
    }
    int error = errno;
    if (error == EEXIST) {
        const int there = open(path, O_WRONLY | O_NONBLOCK | O_CLOEXEC); /* a pipe without a reader must not hold us up */
        if (there >= 0)
            close(there);
        else if (errno == ENXIO)
            return 0;
        error = there >= 0 ? 0 : errno;
    }
    if (error) fprintf(stderr, "ringside: error: --%s: cannot write %s: %s\n", option, path, strerror(error));
    return -error;
}
