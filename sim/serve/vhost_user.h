/* SPDX-License-Identifier: Apache-2.0 */
/*
 * vhost_user.h: the back-end's side of the vhost-user protocol for a network device with packed rings: a session with one front-end.
 *
 * A session reads messages from its socket and answers them; what they ask of the device goes through `struct vhost_user_device`. It knows
 * nothing of simulated time and never blocks but inside the device's functions: vhost_user_step() handles what has arrived, a message at
 * a time.
 *
 *   struct vhost_user session;
 *   vhost_user_open(&session, accepted_socket, &device);
 *   while ((status = vhost_user_step(&session)) >= 0) if (status == 0) poll the socket;
 *   report(session.error);    empty: the front-end closed the socket
 *   vhost_user_close(&session);
 *
 * Nothing that a front-end sends is trusted: sizes, indices, addresses and descriptors are checked, and what cannot be done ends the
 * session with a message, for closing the socket is the only error that front-ends understand.
 *
 * Kicks and calls are eventfds, or messages for a front-end that lives in simulated time, which must not miss one of them (device->kicked).
 *
 * Left out: split rings, logging and migration, IOTLB, in-flight buffers; none is offered.
 * Rings start at their beginning only, and stop together: a front-end that lets one go on where it stopped, or moves memory under
 * rings that run, is refused.
 *
 * Spec: vhost-user protocol (QEMU docs/interop/vhost-user)  [V] VIRTIO 1.2, 2.8
 */
#ifndef RINGSIDE_VHOST_USER_H
#define RINGSIDE_VHOST_USER_H

#include "vhost_memory.h"

#ifdef __cplusplus
extern "C" {
#endif

enum { VHOST_USER_MAX_PAIRS = 16, VHOST_USER_MAX_RINGS = 2 * VHOST_USER_MAX_PAIRS + 1, VHOST_USER_MAX_PAYLOAD = 512, VHOST_USER_ERROR_SIZE = 256, VHOST_USER_MAX_CONFIG = 64 };

/* Even rings receive, odd ones transmit, a pair after the other; behind them is the control queue of front-ends that pass it through. */
struct vhost_user_ring {
    bool started;    /* SET_VRING_KICK has come, and no GET_VRING_BASE since */
    bool enabled;    /* SET_VRING_ENABLE */
    bool addressed;  /* SET_VRING_ADDR has come; the addresses below are good until the memory changes */
    uint16_t size;   /* slots */
    uint64_t user_desc, user_driver, user_device; /* as they came */
    uint64_t desc, driver, device;                /* guest-physical */
    int kick, call;  /* -1: the front-end rings, or looks, without */
};

/* What a session asks of the device. All run in the context of vhost_user_step and may take their time. */
struct vhost_user_device {
    void *ctx;
    uint64_t features;              /* that it offers, without the protocol's own bit 30 */
    unsigned pairs;                 /* of queues that it has, 1 to VHOST_USER_MAX_PAIRS */
    const uint8_t *config;          /* virtio_net_config, for front-ends that ask; config_size bytes */
    uint32_t config_size;
    /* Something about features, rings or memory changed: start what can be started. 0, or a negative errno with a line in `error`. */
    int (*changed)(void *ctx, char *error, size_t error_size);
    /* Stop: when this returns the device touches no memory of the front-end and sends no call. */
    void (*stop)(void *ctx);
    /* A kick of a live ring came as a message. 0, or a negative errno with a line in `error`. NULL: such kicks are not offered. */
    int (*kicked)(void *ctx, unsigned ring, char *error, size_t error_size);
};

struct vhost_user {
    int fd;
    const struct vhost_user_device *device;
    uint64_t features;          /* of SET_FEATURES */
    uint64_t protocol_features;
    bool features_set;
    struct vhost_memory memory;
    struct vhost_user_ring rings[VHOST_USER_MAX_RINGS];
    int backend_fd;             /* of SET_BACKEND_REQ_FD, kept and not used; -1 */
    uint64_t messages;
    char error[VHOST_USER_ERROR_SIZE];
    /* A message that is arriving. */
    uint8_t bytes[12 + VHOST_USER_MAX_PAYLOAD];
    size_t have;
    int fds[VHOST_MAX_REGIONS];
    unsigned fd_count;
};

/* Takes over the connected socket `fd`. */
void vhost_user_open(struct vhost_user *session, int fd, const struct vhost_user_device *device);
/* Handles one message if all of it is there. 1: done; 0: nothing is there yet; -1: the session is over, for session->error if that is
 * not empty. */
int vhost_user_step(struct vhost_user *session);
/* Stops the device and gives everything back. */
void vhost_user_close(struct vhost_user *session);
/* Calls the front-end for ring `index`. 0: done; 1: it will answer, see vhost_user_called(), which no other call may come before;
 * -1: the session is over. */
int vhost_user_call(struct vhost_user *session, unsigned index);
/* Has it answered, on session->backend_fd? 1, 0, or -1: the session is over. */
int vhost_user_called(struct vhost_user *session);
/* Ring `index` is configured, started and enabled. */
bool vhost_user_ring_live(const struct vhost_user *session, unsigned index);
/* Rings that the front-end has ever started in this session. */
unsigned vhost_user_rings(const struct vhost_user *session);

#ifdef __cplusplus
}
#endif

#endif
