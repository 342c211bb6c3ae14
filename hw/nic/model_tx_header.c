/* SPDX-License-Identifier: Apache-2.0 */
/* tx_header: what the virtio-net header in front of a packet asks for, and whether that can be ([V] 5.1.6.2). */
#include "model_device.h"

static uint32_t field(struct model *model, const struct model_tx_slot *slot, uint32_t at) {
    return *model_tx_ram(&model->tx, slot->base + at) | (uint32_t)*model_tx_ram(&model->tx, slot->base + at + 1) << 8;
}

/* The feature that allows this kind of segments; none allows others. */
static bool is_allowed(const struct model *model, unsigned gso_type) {
    switch (gso_type) {
    case VIRTIO_NET_HDR_GSO_TCPV4: return model_has(model, VIRTIO_NET_F_HOST_TSO4_BIT);
    case VIRTIO_NET_HDR_GSO_TCPV6: return model_has(model, VIRTIO_NET_F_HOST_TSO6_BIT);
    case VIRTIO_NET_HDR_GSO_UDP_L4: return model_has(model, VIRTIO_NET_F_HOST_USO_BIT);
    default: return false;
    }
}

struct model_tx_ask model_tx_header(struct model *model, const struct model_tx_slot *slot) {
    struct model_tx_ask ask = {.bad = false};
    const uint32_t length = slot->length - model_header_bytes(model);
    /* ECN changes nothing: CWR is left to the first segment in any case. */
    const unsigned gso_type = *model_tx_ram(&model->tx, slot->base + VIRTIO_NET_HDR_GSO_TYPE) & ~(1u << VIRTIO_NET_HDR_GSO_ECN_BIT);
    ask.csum = *model_tx_ram(&model->tx, slot->base + VIRTIO_NET_HDR_FLAGS) >> VIRTIO_NET_HDR_F_NEEDS_CSUM_BIT & 1;
    ask.start = field(model, slot, VIRTIO_NET_HDR_CSUM_START);
    ask.field = ask.start + field(model, slot, VIRTIO_NET_HDR_CSUM_OFFSET);
    ask.bad = ask.csum && (!model_has(model, VIRTIO_NET_F_CSUM_BIT) || ask.field > UINT16_MAX || ask.field + 2 > length);
    if (gso_type == VIRTIO_NET_HDR_GSO_NONE) {
        ask.bad = ask.bad || length > MODEL_TX_MAX_FRAME;
        return ask;
    }
    ask.segment = true;
    ask.gso_size = field(model, slot, VIRTIO_NET_HDR_GSO_SIZE);
    ask.udp = gso_type == VIRTIO_NET_HDR_GSO_UDP_L4;
    ask.v4 = ask.udp || gso_type == VIRTIO_NET_HDR_GSO_TCPV4;
    ask.v6 = ask.udp || gso_type == VIRTIO_NET_HDR_GSO_TCPV6;
    ask.bad = ask.bad || !ask.csum || ask.gso_size == 0 || !is_allowed(model, gso_type);
    return ask;
}
