// SPDX-License-Identifier: Apache-2.0
// Which received frames are for a device, in plain C++: addresses, VLANs, length. Written from [V] 5.1.6.5.1 to 3 and 5.1.4.1, and not from
// rtl/net.
#pragma once

#include <algorithm>
#include <array>
#include <cstdint>
#include <set>
#include <vector>

#include "packet_model.h"

using Mac = std::array<uint8_t, 6>;

struct FilterModel {
    // What was negotiated: CTRL_RX, CTRL_VLAN, MTU.
    bool by_address = false, by_vlan = false, by_length = false;
    bool promisc = false, allmulti = false, alluni = false, nomulti = false, nouni = false, nobcast = false;
    Mac mac{};                   // of the device
    std::vector<Mac> table;
    std::set<unsigned> vlans;    // that pass
    unsigned mtu = 0;

    bool wanted(const std::vector<uint8_t>& frame, const Dissected& d) const {
        if (by_length && frame.size() > mtu + 14u + 4 * d.tags) return false;
        if (by_address && promisc) return true;      // beats the VLAN filter too
        if (by_vlan && d.ctag && !vlans.count(d.tag & 0xFFF)) return false;
        if (!by_address) return true;
        Mac to;
        std::copy_n(frame.begin(), 6, to.begin());
        const bool listed = std::find(table.begin(), table.end(), to) != table.end();
        if (to == Mac{0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF}) return !nobcast;
        if (to[0] & 1) return (allmulti || listed) && !nomulti;
        return (alluni || listed || to == mac) && !nouni;
    }
};
