/* SPDX-License-Identifier: Apache-2.0 */
/* rx_offload: says of every received frame whether it is wanted, whether its checksum is good, its hash, and for which queue it is. */
#include "model_device.h"

enum { TCP = 6, UDP = 17, VLAN_TAG = 4 };

bool model_rx_offload_enabled(const struct model *model) {
    return model_has(model, VIRTIO_NET_F_GUEST_CSUM_BIT) || model_has(model, VIRTIO_NET_F_MTU_BIT) ||
           model_has(model, VIRTIO_NET_F_CTRL_RX_BIT) || model_has(model, VIRTIO_NET_F_CTRL_VLAN_BIT) ||
           model_has(model, VIRTIO_NET_F_RSS_BIT) || model_has(model, VIRTIO_NET_F_HASH_REPORT_BIT);
}

/* RFC 1071 over the pseudo header and the packet, from the transport header to the end of the IP packet: padding does not count. */
static bool checksum_is_good(const struct model_parsed *parsed, const uint8_t *frame) {
    const uint32_t bytes = parsed->end - parsed->l4;
    const uint8_t rest[] = {(uint8_t)(bytes >> 8), (uint8_t)bytes, 0, parsed->tcp ? TCP : UDP};
    const uint16_t pseudo = model_ones_sum(model_ones_sum(0, parsed->tuple, parsed->address_bytes), rest, sizeof rest);
    return model_ones_sum(pseudo, frame + parsed->l4, bytes) == 0xFFFF;
}

void model_rx_offload_judge(const struct model *model, const uint8_t *frame, uint32_t length, struct model_verdict *verdict, uint64_t cycle) {
    *verdict = (struct model_verdict){.unwanted = false};
    if (!model_rx_offload_enabled(model)) return;
    struct model_parsed parsed;
    model_rx_parse(&parsed, frame, length);
    verdict->unwanted = !model_filter_pass(model, frame, &parsed, cycle) ||
                        (model_has(model, VIRTIO_NET_F_MTU_BIT) &&
                         length > VIRTIO_NET_CONFIG_MTU_OFFERED + ETH_HEADER + VLAN_TAG * parsed.tags);
    verdict->verified = model_has(model, VIRTIO_NET_F_GUEST_CSUM_BIT) && model->ctrl.guest_csum && parsed.checkable &&
                        parsed.end <= length && checksum_is_good(&parsed, frame);
    model_rss_judge(model, &parsed, verdict);
}
