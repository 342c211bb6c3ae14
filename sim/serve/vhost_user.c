/* SPDX-License-Identifier: Apache-2.0 */
/* A session: messages in, answers out. The requests are a table; each handler checks its payload and does one thing. */
#define _GNU_SOURCE
#include "vhost_user.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "regmap.h"

enum { HEADER = 12, VERSION = 1, VERSION_MASK = 3, REPLY_FLAG = 1 << 2, NEED_REPLY_FLAG = 1 << 3 };
enum { RING_INDEX_MASK = 0xFF, NO_FD_BIT = 8 };
/* Features of the protocol: several queues, of a device that has them; answers to every request; 5 and 9 are for front-ends that ask us for
 * the configuration, 14 for those in simulated time. */
enum { PROTOCOL_MQ = 0, PROTOCOL_REPLY_ACK = 3, PROTOCOL_BACKEND_REQ = 5, PROTOCOL_CONFIG = 9, PROTOCOL_INBAND = 14, FEATURE_PROTOCOL = 30 };
enum { BACKEND_VRING_CALL = 4 }; /* our request to the front-end */
/* Where a packed ring begins, as SET_VRING_BASE says it: wrap counter 1, slot 0. */
enum { BASE_START = 0x8000, BASE_SLOT_MASK = 0xFFFF };
enum { DESC_ALIGNMENT = 16, EVENT_ALIGNMENT = 4, EVENT_BYTES = 4 }; /* [V] 2.8.10.1 */
/* What GET_VRING_BASE is answered: a position that no ring has, so that one who wants to continue from it is refused. */
enum { BASE_STOPPED = 0x7FFE };

struct header {
    uint32_t request, flags, size;
};

struct vring_state {
    uint32_t index, num;
};

struct vring_addr {
    uint32_t index, flags;
    uint64_t desc, used, avail, log; /* packed rings: used is the device area, avail the driver area */
};

__attribute__((format(printf, 2, 3))) static int end(struct vhost_user *session, const char *format, ...) {
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(session->error, sizeof session->error, format, arguments);
    va_end(arguments);
    return -1;
}

static const uint8_t *payload(const struct vhost_user *session) { return session->bytes + HEADER; }

static struct header header(const struct vhost_user *session) {
    struct header header;
    memcpy(&header, session->bytes, sizeof header);
    return header;
}

static uint64_t payload_u64(const struct vhost_user *session) {
    uint64_t value;
    memcpy(&value, payload(session), sizeof value);
    return value;
}

static int reply(struct vhost_user *session, const void *data, uint32_t size) {
    uint8_t bytes[HEADER + VHOST_USER_MAX_PAYLOAD];
    const struct header answer = {header(session).request, VERSION | REPLY_FLAG, size};
    memcpy(bytes, &answer, sizeof answer);
    memcpy(bytes + HEADER, data, size);
    const ssize_t sent = send(session->fd, bytes, HEADER + size, MSG_NOSIGNAL | MSG_DONTWAIT);
    return sent == (ssize_t)(HEADER + size) ? 0 : end(session, "an answer could not be sent: %s", strerror(sent < 0 ? errno : EAGAIN));
}

static int reply_u64(struct vhost_user *session, uint64_t value) { return reply(session, &value, sizeof value); }

/* Takes the first descriptor of the message, or -1. */
static int take_fd(struct vhost_user *session) {
    if (session->fd_count == 0) return -1;
    const int fd = session->fds[0];
    session->fds[0] = -1;
    return fd;
}

static void replace_fd(int *kept, int fd) {
    if (*kept >= 0) close(*kept);
    *kept = fd;
}

static struct vhost_user_ring *ring_of(struct vhost_user *session, uint32_t index) {
    const uint32_t count = 2 * session->device->pairs + 1;
    if (index < count) return &session->rings[index];
    end(session, "ring %" PRIu32 " does not exist: there are %" PRIu32, index, count);
    return NULL;
}

static int changed(struct vhost_user *session) {
    return session->device->changed(session->device->ctx, session->error, sizeof session->error) == 0 ? 0 : -1;
}

static bool running(const struct vhost_user *session) {
    for (unsigned i = 0; i < VHOST_USER_MAX_RINGS; i++)
        if (session->rings[i].started) return true;
    return false;
}

/* ---- features ------------------------------------------------------------------------------------------------------------------- */

static uint64_t offered(const struct vhost_user *session) { return session->device->features | UINT64_C(1) << FEATURE_PROTOCOL; }

static int get_features(struct vhost_user *session) { return reply_u64(session, offered(session)); }

static int set_features(struct vhost_user *session) {
    const uint64_t features = payload_u64(session), unknown = features & ~offered(session);
    if (unknown) return end(session, "features 0x%" PRIx64 " were not offered", unknown);
    if (!(features >> VIRTIO_F_RING_PACKED_BIT & 1))
        return end(session, "the front-end did not take packed rings (feature %d): this device has no others", VIRTIO_F_RING_PACKED_BIT);
    if (session->features_set && features == session->features) return 0;
    if (running(session)) return end(session, "features change while rings run");
    session->features = features;
    session->features_set = true;
    /* Without the protocol's features nobody will enable rings: they are from the start. */
    if (!(features >> FEATURE_PROTOCOL & 1))
        for (unsigned i = 0; i < VHOST_USER_MAX_RINGS; i++) session->rings[i].enabled = true;
    return changed(session);
}

static uint64_t offered_protocol(const struct vhost_user *session) {
    const uint64_t always = UINT64_C(1) << PROTOCOL_REPLY_ACK | UINT64_C(1) << PROTOCOL_BACKEND_REQ | UINT64_C(1) << PROTOCOL_CONFIG;
    return always | (uint64_t)(session->device->pairs > 1) << PROTOCOL_MQ | (uint64_t)(session->device->kicked != NULL) << PROTOCOL_INBAND;
}

static int get_protocol_features(struct vhost_user *session) { return reply_u64(session, offered_protocol(session)); }

static bool in_band(const struct vhost_user *session) { return session->protocol_features >> PROTOCOL_INBAND & 1; }

static int set_protocol_features(struct vhost_user *session) {
    const uint64_t features = payload_u64(session), unknown = features & ~offered_protocol(session);
    if (unknown) return end(session, "protocol features 0x%" PRIx64 " were not offered", unknown);
    session->protocol_features = features;
    return 0;
}

static int get_queue_num(struct vhost_user *session) { return reply_u64(session, session->device->pairs); }

static int get_config(struct vhost_user *session) {
    struct {
        uint32_t offset, size, flags;
    } ask;
    memcpy(&ask, payload(session), sizeof ask);
    const struct vhost_user_device *device = session->device;
    uint8_t answer[sizeof ask + VHOST_USER_MAX_CONFIG] = {0};
    if (ask.size > VHOST_USER_MAX_CONFIG || ask.offset > VHOST_USER_MAX_CONFIG - ask.size)
        return end(session, "configuration [%" PRIu32 ", +%" PRIu32 ") is outside %d bytes", ask.offset, ask.size, VHOST_USER_MAX_CONFIG);
    memcpy(answer, &ask, sizeof ask);
    for (uint32_t i = 0; i < ask.size; i++)
        if (ask.offset + i < device->config_size) answer[sizeof ask + i] = device->config[ask.offset + i];
    return reply(session, answer, (uint32_t)sizeof ask + ask.size);
}

/* ---- memory --------------------------------------------------------------------------------------------------------------------- */

static int place_ring(struct vhost_user *session, unsigned index) {
    struct vhost_user_ring *ring = &session->rings[index];
    ring->addressed = false;
    if (ring->user_desc == 0 || ring->size == 0 || session->memory.count == 0) return 0;
    const struct vhost_memory *memory = &session->memory;
    if (!vhost_memory_guest(memory, ring->user_desc, (uint64_t)ring->size * VIRTQ_DESC_SIZE, &ring->desc) ||
        !vhost_memory_guest(memory, ring->user_driver, EVENT_BYTES, &ring->driver) ||
        !vhost_memory_guest(memory, ring->user_device, EVENT_BYTES, &ring->device))
        return end(session, "ring %u: its areas at 0x%" PRIx64 ", 0x%" PRIx64 " and 0x%" PRIx64 " are not in the front-end's memory", index,
                   ring->user_desc, ring->user_driver, ring->user_device);
    if (ring->desc % DESC_ALIGNMENT || ring->driver % EVENT_ALIGNMENT || ring->device % EVENT_ALIGNMENT)
        return end(session, "ring %u: its areas are not aligned to %d, %d and %d bytes", index, DESC_ALIGNMENT, EVENT_ALIGNMENT,
                   EVENT_ALIGNMENT);
    ring->addressed = true;
    return 0;
}

static int set_mem_table(struct vhost_user *session) {
    uint32_t count;
    memcpy(&count, payload(session), sizeof count);
    struct vhost_region_info regions[VHOST_MAX_REGIONS];
    if (count > VHOST_MAX_REGIONS || header(session).size < 8 + count * sizeof *regions)
        return end(session, "a memory table of %" PRIu32 " regions in %" PRIu32 " bytes", count, header(session).size);
    if (session->fd_count != count) return end(session, "a memory table of %" PRIu32 " regions with %u files", count, session->fd_count);
    memcpy(regions, payload(session) + 8, count * sizeof *regions);
    /* The device would have to go on in the middle of its rings afterwards. */
    if (running(session)) return end(session, "the memory changes while rings run");
    if (vhost_memory_map(&session->memory, regions, session->fds, count, session->error, sizeof session->error) != 0) return -1;
    for (unsigned i = 0; i < VHOST_USER_MAX_RINGS; i++)
        if (place_ring(session, i) != 0) return -1;
    return changed(session);
}

/* ---- rings ---------------------------------------------------------------------------------------------------------------------- */

static struct vring_state payload_state(const struct vhost_user *session) {
    struct vring_state state;
    memcpy(&state, payload(session), sizeof state);
    return state;
}

static struct vhost_user_ring *ring_to_change(struct vhost_user *session, uint32_t index) {
    struct vhost_user_ring *ring = ring_of(session, index);
    if (!ring || !ring->started) return ring;
    end(session, "ring %" PRIu32 " changes while it runs", index);
    return NULL;
}

static int set_vring_num(struct vhost_user *session) {
    const struct vring_state state = payload_state(session);
    struct vhost_user_ring *ring = ring_to_change(session, state.index);
    if (!ring) return -1;
    if (state.num < 1 || state.num > VIRTQ_MAX_SIZE) return end(session, "ring %" PRIu32 ": %" PRIu32 " slots", state.index, state.num);
    ring->size = (uint16_t)state.num;
    return place_ring(session, state.index);
}

static int set_vring_addr(struct vhost_user *session) {
    struct vring_addr addr;
    memcpy(&addr, payload(session), sizeof addr);
    struct vhost_user_ring *ring = ring_to_change(session, addr.index);
    if (!ring) return -1;
    ring->user_desc = addr.desc;
    ring->user_driver = addr.avail;
    ring->user_device = addr.used;
    return place_ring(session, addr.index);
}

static int set_vring_base(struct vhost_user *session) {
    const struct vring_state state = payload_state(session);
    if (!ring_to_change(session, state.index)) return -1;
    /* 0 is what virtio_uml sends for the beginning of a packed ring. */
    const uint32_t avail = state.num & BASE_SLOT_MASK;
    if (avail == BASE_START || avail == 0) return 0;
    return end(session, "ring %" PRIu32 ": it would start at 0x%" PRIx32 "; only rings that start at their beginning are served",
               state.index, state.num);
}

static int get_vring_base(struct vhost_user *session) {
    const struct vring_state state = payload_state(session);
    if (!ring_of(session, state.index)) return -1;
    session->device->stop(session->device->ctx);
    for (unsigned i = 0; i < VHOST_USER_MAX_RINGS; i++) session->rings[i].started = false;
    const struct vring_state answer = {state.index, BASE_STOPPED};
    return reply(session, &answer, sizeof answer);
}

static int set_vring_enable(struct vhost_user *session) {
    const struct vring_state state = payload_state(session);
    struct vhost_user_ring *ring = ring_of(session, state.index);
    if (!ring) return -1;
    ring->enabled = state.num != 0;
    if (in_band(session)) ring->started = ring->enabled && ring->addressed; /* no SET_VRING_KICK comes */
    return changed(session);
}

static int vring_kick(struct vhost_user *session) {
    const struct vring_state state = payload_state(session);
    if (!ring_of(session, state.index)) return -1;
    if (!in_band(session)) return end(session, "kicks in messages were not negotiated");
    if (!vhost_user_ring_live(session, state.index)) return 0;
    return session->device->kicked(session->device->ctx, state.index, session->error, sizeof session->error) == 0 ? 0 : -1;
}

/* The descriptor of a kick or call message for `ring`: -1 with bit 8. */
static int ring_fd(struct vhost_user *session, uint64_t value, int *fd) {
    *fd = -1;
    if (value >> NO_FD_BIT & 1) return 0;
    *fd = take_fd(session);
    if (*fd < 0) return end(session, "a kick or call message without its descriptor");
    /* Whatever it is, and whoever else reads it: this side never waits for it. */
    fcntl(*fd, F_SETFL, fcntl(*fd, F_GETFL) | O_NONBLOCK);
    return 0;
}

static int set_vring_kick(struct vhost_user *session) {
    const uint64_t value = payload_u64(session);
    struct vhost_user_ring *ring = ring_of(session, value & RING_INDEX_MASK);
    int fd;
    if (!ring || ring_fd(session, value, &fd) != 0) return -1;
    replace_fd(&ring->kick, fd);
    if (!ring->addressed)
        return end(session, "ring %u is started and has no size, address or memory yet", (unsigned)(value & RING_INDEX_MASK));
    ring->started = true;
    return changed(session);
}

static int set_vring_call(struct vhost_user *session) {
    const uint64_t value = payload_u64(session);
    struct vhost_user_ring *ring = ring_of(session, value & RING_INDEX_MASK);
    int fd;
    if (!ring || ring_fd(session, value, &fd) != 0) return -1;
    replace_fd(&ring->call, fd);
    return 0;
}

static int set_backend_req_fd(struct vhost_user *session) {
    const int fd = take_fd(session);
    if (fd < 0) return end(session, "SET_BACKEND_REQ_FD without its descriptor");
    replace_fd(&session->backend_fd, fd);
    return 0;
}

static int nothing(struct vhost_user *session) {
    (void)session;
    return 0;
}

/* ---- the table ------------------------------------------------------------------------------------------------------------------ */

static const struct request {
    const char *name;
    uint32_t size;  /* of the payload, at least */
    bool answers;   /* by itself, whatever need_reply says */
    int (*handle)(struct vhost_user *session);
} requests[] = {
    [1] = {"GET_FEATURES", 0, true, get_features},
    [2] = {"SET_FEATURES", 8, false, set_features},
    [3] = {"SET_OWNER", 0, false, nothing},
    [4] = {"RESET_OWNER", 0, false, nothing},
    [5] = {"SET_MEM_TABLE", 8, false, set_mem_table},
    [8] = {"SET_VRING_NUM", 8, false, set_vring_num},
    [9] = {"SET_VRING_ADDR", sizeof(struct vring_addr), false, set_vring_addr},
    [10] = {"SET_VRING_BASE", 8, false, set_vring_base},
    [11] = {"GET_VRING_BASE", 8, true, get_vring_base},
    [12] = {"SET_VRING_KICK", 8, false, set_vring_kick},
    [13] = {"SET_VRING_CALL", 8, false, set_vring_call},
    [14] = {"SET_VRING_ERR", 8, false, nothing},
    [15] = {"GET_PROTOCOL_FEATURES", 0, true, get_protocol_features},
    [16] = {"SET_PROTOCOL_FEATURES", 8, false, set_protocol_features},
    [17] = {"GET_QUEUE_NUM", 0, true, get_queue_num},
    [18] = {"SET_VRING_ENABLE", 8, false, set_vring_enable},
    [21] = {"SET_BACKEND_REQ_FD", 0, false, set_backend_req_fd},
    [24] = {"GET_CONFIG", 12, true, get_config},
    [35] = {"VRING_KICK", 8, false, vring_kick},
};

static int handle(struct vhost_user *session) {
    const struct header message = header(session);
    const struct request *request =
        message.request < sizeof requests / sizeof *requests && requests[message.request].handle ? &requests[message.request] : NULL;
    const bool need_reply = message.flags & NEED_REPLY_FLAG;
    session->messages++;
    if (!request) return need_reply ? reply_u64(session, 1) : 0;
    if (message.size < request->size) return end(session, "%s with a payload of %" PRIu32 " bytes", request->name, message.size);
    if (request->handle(session) != 0) {
        char why[VHOST_USER_ERROR_SIZE];
        memcpy(why, session->error, sizeof why);
        return end(session, "%s: %.*s", request->name, VHOST_USER_ERROR_SIZE - 32, why);
    }
    return need_reply && !request->answers ? reply_u64(session, 0) : 0;
}

/* ---- the socket ----------------------------------------------------------------------------------------------------------------- */

static void take_fds(struct vhost_user *session, struct msghdr *message) {
    for (struct cmsghdr *part = CMSG_FIRSTHDR(message); part; part = CMSG_NXTHDR(message, part)) {
        if (part->cmsg_level != SOL_SOCKET || part->cmsg_type != SCM_RIGHTS) continue;
        const size_t count = (part->cmsg_len - CMSG_LEN(0)) / sizeof(int);
        for (size_t i = 0; i < count; i++) {
            int fd;
            memcpy(&fd, CMSG_DATA(part) + i * sizeof fd, sizeof fd);
            if (session->fd_count < VHOST_MAX_REGIONS) session->fds[session->fd_count++] = fd;
            else close(fd);
        }
    }
}

static void drop_fds(struct vhost_user *session) {
    for (unsigned i = 0; i < session->fd_count; i++)
        if (session->fds[i] >= 0) close(session->fds[i]);
    session->fd_count = 0;
}

/* Reads up to `wanted` bytes of the message in all. 1: they are there; 0: not yet; -1: the session is over. */
static int read_to(struct vhost_user *session, size_t wanted) {
    while (session->have < wanted) {
        union {
            struct cmsghdr align;
            char bytes[CMSG_SPACE(VHOST_MAX_REGIONS * sizeof(int))];
        } control;
        struct iovec part = {session->bytes + session->have, wanted - session->have};
        struct msghdr message = {.msg_iov = &part, .msg_iovlen = 1, .msg_control = control.bytes, .msg_controllen = sizeof control.bytes};
        const ssize_t got = recvmsg(session->fd, &message, MSG_DONTWAIT | MSG_CMSG_CLOEXEC);
        if (got < 0 && errno == EINTR) continue;
        if (got < 0 && (errno == EAGAIN || errno == EWOULDBLOCK)) return 0;
        if (got < 0) return end(session, "the socket: %s", strerror(errno));
        take_fds(session, &message);
        if (got == 0) return session->have ? end(session, "the front-end closed the socket inside a message") : -1;
        session->have += (size_t)got;
    }
    return 1;
}

int vhost_user_step(struct vhost_user *session) {
    int status = read_to(session, HEADER);
    if (status <= 0) return status;
    const struct header message = header(session);
    if ((message.flags & VERSION_MASK) != VERSION || message.flags & REPLY_FLAG)
        return end(session, "a message with flags 0x%" PRIx32 ": this is version 1 of the protocol, and requests", message.flags);
    if (message.size > VHOST_USER_MAX_PAYLOAD)
        return end(session, "request %" PRIu32 " with a payload of %" PRIu32 " bytes", message.request, message.size);
    status = read_to(session, HEADER + message.size);
    if (status <= 0) return status;
    status = handle(session);
    drop_fds(session);
    session->have = 0;
    return status == 0 ? 1 : -1;
}

void vhost_user_open(struct vhost_user *session, int fd, const struct vhost_user_device *device) {
    memset(session, 0, sizeof *session);
    session->fd = fd;
    session->device = device;
    session->backend_fd = -1;
    for (unsigned i = 0; i < VHOST_USER_MAX_RINGS; i++) session->rings[i].kick = session->rings[i].call = -1;
}

void vhost_user_close(struct vhost_user *session) {
    session->device->stop(session->device->ctx);
    drop_fds(session);
    for (unsigned i = 0; i < VHOST_USER_MAX_RINGS; i++) {
        replace_fd(&session->rings[i].kick, -1);
        replace_fd(&session->rings[i].call, -1);
        session->rings[i].started = false;
    }
    replace_fd(&session->backend_fd, -1);
    vhost_memory_unmap(&session->memory);
    close(session->fd);
    session->fd = -1;
}

int vhost_user_call(struct vhost_user *session, unsigned index) {
    const uint64_t one = 1;
    const struct {
        struct header header;
        struct vring_state state;
    } message = {{BACKEND_VRING_CALL, VERSION | NEED_REPLY_FLAG, sizeof message.state}, {index, 0}};
    if (in_band(session)) {
        const ssize_t sent = send(session->backend_fd, &message, sizeof message, MSG_NOSIGNAL | MSG_DONTWAIT);
        return sent == sizeof message ? 1 : end(session, "a call could not be sent: %s", strerror(sent < 0 ? errno : EAGAIN));
    }
    /* An eventfd, or a socket: 8 bytes either way. What cannot be written is lost: a full one has a call in it already. */
    if (session->rings[index].call >= 0) (void)!write(session->rings[index].call, &one, sizeof one);
    return 0;
}

int vhost_user_called(struct vhost_user *session) {
    struct {
        struct header header;
        uint64_t status;
    } __attribute__((packed)) answer;
    const ssize_t got = recv(session->backend_fd, &answer, sizeof answer, MSG_DONTWAIT);
    if (got < 0 && (errno == EAGAIN || errno == EINTR)) return 0;
    if (got == sizeof answer && answer.header.request == BACKEND_VRING_CALL && answer.header.flags == (VERSION | REPLY_FLAG) &&
        answer.header.size == sizeof answer.status)
        return 1;
    return end(session, "what came is no answer to a call");
}

bool vhost_user_ring_live(const struct vhost_user *session, unsigned index) {
    const struct vhost_user_ring *ring = &session->rings[index];
    return ring->started && ring->enabled && ring->addressed;
}

unsigned vhost_user_rings(const struct vhost_user *session) {
    unsigned count = 0;
    while (count < VHOST_USER_MAX_RINGS && session->rings[count].started) count++;
    return count;
}
