/* SPDX-License-Identifier: Apache-2.0 */
/* TAP interfaces. */
#define _GNU_SOURCE
#include "tap.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/if_tun.h>
#include <net/if.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

static const char *reason(int problem) {
    switch (problem) {
    case EBUSY: return "another program has it";
    case EPERM: return "it is not yours: make it with `user $USER', or run as root";
    case EINVAL: return "it is no TAP interface";
    default: return strerror(problem);
    }
}

int tap_open(const char *name, char *error, size_t error_size) {
    struct ifreq request = {.ifr_flags = IFF_TAP | IFF_NO_PI};
    /* One that does not exist would be made, by whoever may, and be gone again before anybody can give it an address. */
    if (strlen(name) >= sizeof request.ifr_name || if_nametoindex(name) == 0) {
        snprintf(error, error_size, "there is no interface '%s'; make it: ip tuntap add dev %s mode tap user $USER", name, name);
        return -ENODEV;
    }
    strcpy(request.ifr_name, name);
    const int fd = open("/dev/net/tun", O_RDWR | O_NONBLOCK | O_CLOEXEC);
    if (fd < 0) {
        const int problem = errno;
        snprintf(error, error_size, "/dev/net/tun: %s; TAP interfaces need the tun module and this file", strerror(problem));
        return -problem;
    }
    if (ioctl(fd, TUNSETIFF, &request) == 0) return fd;
    const int problem = errno;
    close(fd);
    snprintf(error, error_size, "interface '%s': %s", name, reason(problem));
    return -problem;
}

ssize_t tap_read(int fd, uint8_t *frame, size_t room) {
    const ssize_t length = read(fd, frame, room);
    if (length >= 0) return length;
    return errno == EAGAIN || errno == EINTR ? 0 : -errno;
}

int tap_write(int fd, const uint8_t *frame, size_t length) { return write(fd, frame, length) == (ssize_t)length ? 0 : -errno; }
