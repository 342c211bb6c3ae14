/* SPDX-License-Identifier: Apache-2.0 */
/*
 * tap.h: a Linux TAP interface: Ethernet frames to and from the host's own network.
 *
 * The interface is made beforehand, by whoever may, and configured as any:
 *
 *   ip tuntap add dev nic0 mode tap user $USER && ip address add 192.0.2.1/24 dev nic0 && ip link set nic0 up
 *
 * Spec: Linux, Documentation/networking/tuntap.rst
 */
#ifndef RINGSIDE_TAP_H
#define RINGSIDE_TAP_H

#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#ifdef __cplusplus
extern "C" {
#endif

/* Its descriptor, which does not block, or a negative errno with a message. */
int tap_open(const char *name, char *error, size_t error_size);
/* The next frame, without FCS. Its length, 0 when there is none now, or a negative errno. */
ssize_t tap_read(int fd, uint8_t *frame, size_t room);
/* 0, or a negative errno: -EIO when the interface is down. */
int tap_write(int fd, const uint8_t *frame, size_t length);

#ifdef __cplusplus
}
#endif

#endif
