/* SPDX-License-Identifier: Apache-2.0 */
/*
 * rx_filter: is a received frame for this device? By destination address and VLAN, as the control queue set it ([V] 5.1.6.5.1 to 3).
 *
 * Only what was negotiated filters. PROMISC beats everything, the VLANs too; a frame without a tag of type 8100 passes the VLAN table.
 */
#include "model_device.h"

enum { CLEARING = 129 /* cycles after a reset: the VLAN table is emptied */, ADDRESS = 6 };

static const uint64_t broadcast = 0xFFFFFFFFFFFF;

/* [V] 5.1.6.5.2: what a driver that never sends a command is to receive is not said; ours: everything, as QEMU does. */
void model_filter_reset(struct model *model, uint64_t cycle) {
    model->filter = (struct model_filter){.promisc = true, .mac = model->config.mac_address, .ready_from = cycle + CLEARING};
}

static bool is_listed(const struct model_filter *filter, uint64_t address) {
    for (unsigned i = 0; i < filter->used; i++)
        if (filter->addresses[i] == address) return true;
    return false;
}

static bool address_passes(const struct model_filter *filter, uint64_t address) {
    if (address == broadcast) return !filter->nobcast;
    if (address & 1) return (filter->allmulti || filter->too_many_groups || is_listed(filter, address)) && !filter->nomulti;
    return (filter->alluni || filter->too_many_unicast || address == filter->mac || is_listed(filter, address)) && !filter->nouni;
}

bool model_filter_pass(const struct model *model, const uint8_t *frame, const struct model_parsed *parsed, uint64_t cycle) {
    const struct model_filter *filter = &model->filter;
    const bool by_address = model_has(model, VIRTIO_NET_F_CTRL_RX_BIT), by_vlan = model_has(model, VIRTIO_NET_F_CTRL_VLAN_BIT);
    uint64_t destination = 0;
    for (unsigned i = 0; i < ADDRESS; i++) destination |= (uint64_t)frame[i] << 8 * i;
    if (by_address && (filter->promisc || (cycle >= filter->open_from && cycle <= filter->open_to))) return true;
    if (by_address && !address_passes(filter, destination)) return false;
    return !by_vlan || !parsed->ctag || (cycle >= filter->ready_from && filter->vlans[parsed->vid]);
}
