// SPDX-License-Identifier: Apache-2.0
// RandomSettings: commands of the control queue at random, and what software says of a received frame under them.
#pragma once

#include <optional>

#include "net_commands.h"
#include "packet_model.h"
#include "random_context.h"

class RandomSettings {
public:
    struct Delivery {
        Frame header, frame;         // num_buffers of the header is 0
        unsigned queue;              // pair, if a table says which
        bool any_queue;
    };

    explicit RandomSettings(RandomContext& context) : x_(context) {
        filter_.by_address = x_.has(VIRTIO_NET_F_CTRL_RX_BIT);
        filter_.by_vlan = x_.has(VIRTIO_NET_F_CTRL_VLAN_BIT);
        filter_.by_length = x_.has(VIRTIO_NET_F_MTU_BIT);
        filter_.mtu = VIRTIO_NET_CONFIG_MTU_OFFERED;
        filter_.promisc = true;      // until a command says otherwise
        filter_.mac = {2, 0, 0, 0, 0, 1};
    }

    const Mac& own() const { return filter_.mac; }
    unsigned limit() const { return limit_; }     // pairs in use with automatic steering
    Mac some_mac(bool group) {
        const Mac known[] = {{2, 0, 0, 0, 0, 1}, {2, 0, 0, 0, 0, 2}, {6, 9, 9, 9, 9, 9}, {10, 0, 0, 0, 0, 7}};
        Mac mac = known[x_.below(4)];
        if (group) mac[0] |= 1;
        return mac;
    }

    void change() {
        if (x_.has(VIRTIO_NET_F_CTRL_RX_BIT)) change_filter();
        if (x_.has(VIRTIO_NET_F_CTRL_MAC_ADDR_BIT) && x_.chance(50)) {
            filter_.mac = some_mac(false);
            command(address_command(filter_.mac));
        }
        if (x_.has(VIRTIO_NET_F_CTRL_VLAN_BIT)) change_vlans();
        if (x_.has(VIRTIO_NET_F_CTRL_GUEST_OFFLOADS_BIT)) {
            verify_ = x_.has(VIRTIO_NET_F_GUEST_CSUM_BIT) && x_.chance(70);
            command(offloads_command(verify_ ? feature(VIRTIO_NET_F_GUEST_CSUM_BIT) : 0));
        }
        change_steering();
        if (x_.has(VIRTIO_NET_F_NOTF_COAL_BIT))
            for (const uint8_t set : {uint8_t(VIRTIO_CTRL_NOTF_COAL_TX_SET), uint8_t(VIRTIO_CTRL_NOTF_COAL_RX_SET)})
                command({VIRTIO_CTRL_CLASS_NOTF_COAL, set, uint8_t(x_.below(9)), 0, 0, 0, uint8_t(x_.below(9)), 0, 0, 0});
        for (unsigned n = 1 + x_.below(4); n-- > 0;) refuse(wrong_command());   // and what is wrong changes nothing
    }

    // None: the frame is for somebody else.
    std::optional<Delivery> delivery(const Frame& frame) const {
        const Dissected d = dissect(frame);
        if (!filter_.wanted(frame, d)) return {};
        Delivery e{Frame(x_.header_bytes(), 0), frame, 0, !by_table_};
        const bool valid = x_.has(VIRTIO_NET_F_GUEST_CSUM_BIT) && verify_ && d.verified;
        e.header[VIRTIO_NET_HDR_FLAGS] = uint8_t(valid << VIRTIO_NET_HDR_F_DATA_VALID_BIT);
        const auto input = hash_input(d, types_);
        const uint32_t hash = input ? toeplitz_model(key_, input->bytes) : 0;
        if (x_.has(VIRTIO_NET_F_HASH_REPORT_BIT) && input) {
            put_le16(e.header, VIRTIO_NET_HDR_HASH_VALUE, hash & 0xFFFF);
            put_le16(e.header, VIRTIO_NET_HDR_HASH_VALUE + 2, hash >> 16);
            e.header[VIRTIO_NET_HDR_HASH_REPORT] = uint8_t(input->report);
        }
        if (by_table_) e.queue = input ? table_[hash % table_.size()] : unclassified_;
        return e;
    }

private:
    RandomContext& x_;
    FilterModel filter_;
    bool verify_ = true;                             // GUEST_OFFLOADS
    unsigned types_ = 0, unclassified_ = 0, limit_ = 1;
    bool by_table_ = false;
    std::vector<uint8_t> table_, key_;

    void refuse(const Command& bytes) {
        EXPECT_EQ(x_.d.command(bytes), VIRTIO_CTRL_ACK_ERR) << "class " << +bytes[0] << " command " << +bytes[1] << " of " << bytes.size() << " bytes";
        ++x_.tally.bad_commands;
    }
    // Unknown, cut off, or with a value that cannot be; if its feature was not negotiated, all the more.
    Command wrong_command() {
        const Mac group = some_mac(true), one = some_mac(false);
        const std::vector<uint8_t> table(size_t{1} << x_.below(8), 0);
        std::vector<uint8_t> bad_table = table, no_table(3, 0), long_key(VIRTIO_HASH_KEY_BYTES + 1, 1);
        bad_table[x_.below(table.size())] = uint8_t(kPairs);
        auto cut = [this](Command c) { c.resize(2 + x_.below(c.size() - 2)); return c; };
        switch (x_.below(18)) {
        case 0: return {uint8_t(7 + x_.below(249)), uint8_t(x_.below(256)), 1, 2, 3};
        case 1: return {VIRTIO_CTRL_CLASS_MQ, uint8_t(3 + x_.below(253)), 1, 2, 3};
        case 2: return mode_command(uint8_t(6 + x_.below(250)), x_.chance(50));
        case 3: return address_command(group);
        case 4: return vlan_command(uint8_t(2 + x_.below(254)), x_.below(4096));
        case 5: return vlan_command(VIRTIO_CTRL_VLAN_ADD, 0x1000u << x_.below(4));
        case 6: return offloads_command(uint64_t{2} << VIRTIO_NET_F_GUEST_CSUM_BIT);
        case 7: return {VIRTIO_CTRL_CLASS_MQ, VIRTIO_CTRL_MQ_VQ_PAIRS_SET, uint8_t(x_.chance(50) ? 0 : kPairs + 1), 0};
        case 8: return {VIRTIO_CTRL_CLASS_NOTF_COAL, uint8_t(4 + x_.below(252)), 0, 0, 0, 0, 0, 0, 0, 0};
        case 9: return rss_command(bad_table, 1, 0, kPairs, known_key());
        case 10: return rss_command(no_table, 1, 0, kPairs, known_key());
        case 11: return rss_command(table, 0x40u << x_.below(2), 0, kPairs, known_key());
        case 12: return rss_command(table, 1, uint8_t(kPairs), kPairs, known_key());
        case 13: return rss_command(table, 1, 0, x_.chance(50) ? 0 : kPairs + 1, known_key());
        case 14: return hash_command(1, long_key);
        case 15: return cut(rss_command(table, 1, 0, kPairs, known_key()));
        case 16: return cut(table_command({one}, {group}));
        default: return cut(address_command(one));
        }
    }
    void command(const Command& bytes) {
        ASSERT_EQ(x_.d.command(bytes), VIRTIO_CTRL_ACK_OK) << "class " << +bytes[0] << " command " << +bytes[1];
    }
    void change_filter() {
        const bool extra = x_.has(VIRTIO_NET_F_CTRL_RX_EXTRA_BIT);
        struct { uint8_t command; bool FilterModel::*mode; unsigned percent; bool there; } const modes[] = {
            {VIRTIO_CTRL_RX_PROMISC, &FilterModel::promisc, 30, true}, {VIRTIO_CTRL_RX_ALLMULTI, &FilterModel::allmulti, 50, true},
            {VIRTIO_CTRL_RX_ALLUNI, &FilterModel::alluni, 50, extra},  {VIRTIO_CTRL_RX_NOMULTI, &FilterModel::nomulti, 20, extra},
            {VIRTIO_CTRL_RX_NOUNI, &FilterModel::nouni, 20, extra},    {VIRTIO_CTRL_RX_NOBCAST, &FilterModel::nobcast, 30, extra}};
        for (const auto& m : modes) {
            if (!m.there) continue;
            filter_.*m.mode = x_.chance(m.percent);
            command(mode_command(m.command, filter_.*m.mode));
        }
        std::vector<Mac> unicast(x_.below(4)), group(x_.below(4));
        for (auto& mac : unicast) mac = some_mac(false);
        for (auto& mac : group) mac = some_mac(true);
        command(table_command(unicast, group));
        filter_.table = unicast;
        filter_.table.insert(filter_.table.end(), group.begin(), group.end());
    }
    void change_vlans() {
        for (unsigned i = 0; i < 6; ++i) {
            const unsigned vid = x_.below(8);
            const bool add = x_.chance(70);
            command(vlan_command(add ? VIRTIO_CTRL_VLAN_ADD : VIRTIO_CTRL_VLAN_DEL, vid));
            if (add) filter_.vlans.insert(vid); else filter_.vlans.erase(vid);
        }
    }
    void change_steering() {
        if (x_.has(VIRTIO_NET_F_HASH_REPORT_BIT) && x_.chance(70)) {
            draw_key();
            command(hash_command(types_, key_));
        }
        if (x_.has(VIRTIO_NET_F_RSS_BIT) && x_.chance(70)) {
            draw_key();
            table_.resize(size_t{1} << x_.below(8));
            for (auto& queue : table_) queue = uint8_t(x_.below(x_.pairs));
            unclassified_ = x_.below(x_.pairs);
            by_table_ = true;
            command(rss_command(table_, types_, uint8_t(unclassified_), kPairs, key_));
        }
        if (x_.has(VIRTIO_NET_F_MQ_BIT) && x_.chance(40)) {
            limit_ = 1 + x_.below(x_.pairs);
            by_table_ = false;                       // the last of the two commands counts
            ASSERT_EQ(x_.d.use_pairs(limit_), VIRTIO_CTRL_ACK_OK);
        }
    }
    void draw_key() {
        types_ = x_.below(64);
        key_ = known_key();
        if (x_.chance(50)) for (auto& byte : key_) byte = uint8_t(x_.random());
    }
};
