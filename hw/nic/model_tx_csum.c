/* SPDX-License-Identifier: Apache-2.0 */
/*
 * tx_csum: completes the checksum of frames whose virtio-net header asks for it ([V] 5.1.6.2, NEEDS_CSUM).
 *
 * The sum covers the bytes from csum_start on, paired from there; the field itself holds the sum of the pseudo header, and counts. A sum
 * whose complement is 0 is sent as FFFF: for UDP 0 means "no checksum" (RFC 768), for the others it is the same number.
 */
#include "model_device.h"

void model_tx_csum_complete(struct model *model, const struct model_tx_frame *frame) {
    uint64_t sum = 0;
    for (uint32_t at = frame->csum_start; at < frame->length; at++)
        sum += (uint32_t)*model_tx_byte(model, frame, at) << ((at - frame->csum_start) % 2 ? 0 : 8);
    while (sum >> 16) sum = (sum & 0xFFFF) + (sum >> 16);
    const uint16_t complement = (uint16_t)~sum, value = complement ? complement : 0xFFFF;
    *model_tx_byte(model, frame, frame->csum_field) = (uint8_t)(value >> 8);
    *model_tx_byte(model, frame, frame->csum_field + 1) = (uint8_t)value;
}
