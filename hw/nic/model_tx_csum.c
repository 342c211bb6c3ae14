/* SPDX-License-Identifier: Apache-2.0 */
/*
 * tx_csum: completes the checksum of frames whose virtio-net header asks for it ([V] 5.1.6.2, NEEDS_CSUM).
 *
 * The sum covers the bytes from csum_start on, paired from there; the field itself holds the sum of the pseudo header, and counts. A sum
 * whose complement is 0 is sent as FFFF: for UDP 0 means "no checksum" (RFC 768), for the others it is the same number.
 */
#include "model_device.h"

static uint32_t field_at(struct model *model, const struct model_tx_frame *frame, uint32_t at) {
    return *model_net_tx_byte(model, frame, at) | (uint32_t)*model_net_tx_byte(model, frame, at + 1) << 8;
}

void model_tx_csum_read(struct model *model, struct model_tx_frame *frame) {
    const uint8_t flags = *model_net_tx_byte(model, frame, VIRTIO_NET_HDR_FLAGS);
    const uint32_t length = frame->length - model_header_bytes(model);
    frame->csum = flags >> VIRTIO_NET_HDR_F_NEEDS_CSUM_BIT & 1;
    frame->csum_start = field_at(model, frame, VIRTIO_NET_HDR_CSUM_START);
    frame->csum_field = frame->csum_start + field_at(model, frame, VIRTIO_NET_HDR_CSUM_OFFSET);
    if (*model_net_tx_byte(model, frame, VIRTIO_NET_HDR_GSO_TYPE) != VIRTIO_NET_HDR_GSO_NONE) frame->drop = true;
    if (frame->csum && frame->csum_field + 2 > length) frame->drop = true;
}

void model_tx_csum_complete(struct model *model, const struct model_tx_frame *frame) {
    const uint32_t header = model_header_bytes(model);
    uint64_t sum = 0;
    for (uint32_t at = header + frame->csum_start; at < frame->length; at++) {
        const bool is_high = (at - header - frame->csum_start) % 2 == 0;
        sum += (uint32_t)*model_net_tx_byte(model, frame, at) << (is_high ? 8 : 0);
    }
    while (sum >> 16) sum = (sum & 0xFFFF) + (sum >> 16);
    const uint16_t complement = (uint16_t)~sum, value = complement ? complement : 0xFFFF;
    *model_net_tx_byte(model, frame, header + frame->csum_field) = (uint8_t)(value >> 8);
    *model_net_tx_byte(model, frame, header + frame->csum_field + 1) = (uint8_t)value;
}
