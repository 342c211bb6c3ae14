/* SPDX-License-Identifier: Apache-2.0 */
/*
 * netvio_rx_merge.c: with MRG_RXBUF a frame may take several receive buffers.
 *
 *   [virtio header | frame ...... ] [ ... frame ... ] [ ... frame |     ]     one NBL, one NB: the first buffer's, over all their MDLs
 *
 * The device fills every buffer but the last to the end, and the first one becomes used last: when it is there, all are. [V] 5.1.6.4
 */
#include "netvio_adapter.h"
#include "virtio_net_receive.h"

static unsigned num_buffers(const struct netvio_rx *rx, const struct netvio_rx_buffer *buffer) {
    return virtio_net_buffers((const UCHAR *)buffer->va[0] + rx->adapter->config.rx_buffer_offset);
}

static uint32_t capacity(const struct netvio_rx_buffer *buffer) {
    uint32_t bytes = 0;
    for (unsigned i = 0; i < buffer->count; i++) bytes += buffer->elements[i].length;
    return bytes;
}

bool netvio_rx_merge(struct netvio_rx *rx, struct netvio_rx_buffer *buffer, uint32_t *written) {
    struct netvio_rx_buffer *last = buffer;
    uint32_t last_written = *written;
    if (*written < rx->adapter->header_bytes) return true; /* no frame: the caller sees it */
    unsigned left = num_buffers(rx, buffer);
    if (left == 0) return false;
    while (--left > 0) {
        struct vq_used used;
        if (last_written != capacity(last) || vq_reap(rx->vq, &used) <= 0) return false;
        last->merged = used.cookie;
        last->last_mdl->Next = last->merged->mdl;
        last = last->merged;
        last_written = used.written;
        *written += used.written;
        if (used.written > capacity(last)) return false;
    }
    return true;
}

struct netvio_rx_buffer *netvio_rx_unmerge(struct netvio_rx_buffer *buffer) {
    struct netvio_rx_buffer *rest = buffer->merged;
    buffer->merged = NULL;
    buffer->last_mdl->Next = NULL;
    return rest;
}
