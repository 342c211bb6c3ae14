/* SPDX-License-Identifier: Apache-2.0 */
/* The socket that front-ends connect to. */
#define _GNU_SOURCE
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "serve/serve.h"

/* Nobody answers at this socket: what made it is gone. */
static bool is_left_over(const struct sockaddr_un *address) {
    struct stat file;
    if (lstat(address->sun_path, &file) != 0 || !S_ISSOCK(file.st_mode)) return false;
    const int probe = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (probe < 0) return false;
    const bool refused = connect(probe, (const struct sockaddr *)address, sizeof *address) != 0 && errno == ECONNREFUSED;
    close(probe);
    return refused;
}

int serve_listen(const char *path, char *error, size_t error_size) {
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    if (strlen(path) >= sizeof address.sun_path) {
        snprintf(error, error_size, "the socket's path has %zu bytes; %zu are possible", strlen(path), sizeof address.sun_path - 1);
        return -ENAMETOOLONG;
    }
    strcpy(address.sun_path, path);
    const int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    if (is_left_over(&address)) unlink(path);
    const mode_t mask = umask(S_IXUSR | S_IRWXG | S_IRWXO); /* the socket is made with mode 0600, not changed to it */
    const bool done = fd >= 0 && bind(fd, (const struct sockaddr *)&address, sizeof address) == 0 && listen(fd, 1) == 0;
    const int problem = errno;
    umask(mask);
    if (done) return fd;
    if (fd >= 0) close(fd);
    snprintf(error, error_size, "%s: %s", path,
             problem == EADDRINUSE ? "somebody serves there already, or it is no socket" : strerror(problem));
    return -problem;
}
