// SPDX-License-Identifier: Apache-2.0
// RandomMachine: a device with features drawn at random, traffic that exercises them, and what software says must come of it.
//
//   RandomMachine m(seed);
//   m.run();                // rounds of commands, traffic both ways, malformed packets and frames, resets of queues, at last a broken ring
//   tally.add(m.tally);     // what of it took place
//
// Whatever is expected comes from the models in plain C++ (packet_model.h, filter_model.h, packets.h): the checksum that a packet had
// before the test took it out, the filter, DATA_VALID, hash, report and queue. Nothing may be lost: malformed packets and unwanted frames
// are counted by the device, each in its counter, and all counters are compared at the end.
#pragma once

#include <set>

#include "net_commands.h"
#include "nic_device.h"
#include "packet_model.h"
#include "packets.h"

// What a driver may accept of what is offered: any set that has what it needs ([V] 5.1.3.1), at random.
class FeatureDraw {
public:
    static constexpr uint64_t needed = feature(VIRTIO_F_VERSION_1_BIT) | feature(VIRTIO_F_RING_PACKED_BIT);
    static constexpr uint64_t of_control =
        feature(VIRTIO_NET_F_CTRL_GUEST_OFFLOADS_BIT) | feature(VIRTIO_NET_F_CTRL_RX_BIT) | feature(VIRTIO_NET_F_CTRL_RX_EXTRA_BIT) |
        feature(VIRTIO_NET_F_CTRL_VLAN_BIT) | feature(VIRTIO_NET_F_CTRL_MAC_ADDR_BIT) | feature(VIRTIO_NET_F_MQ_BIT) |
        feature(VIRTIO_NET_F_NOTF_COAL_BIT) | feature(VIRTIO_NET_F_VQ_NOTF_COAL_BIT) | feature(VIRTIO_NET_F_HASH_REPORT_BIT) |
        feature(VIRTIO_NET_F_RSS_BIT);
    static constexpr uint64_t of_tcp = feature(VIRTIO_NET_F_HOST_TSO4_BIT) | feature(VIRTIO_NET_F_HOST_TSO6_BIT);
    static constexpr uint64_t of_csum = of_tcp | feature(VIRTIO_NET_F_HOST_USO_BIT);

    static uint64_t draw(std::mt19937& random, uint64_t offered) {
        uint64_t accepted = needed;
        for (unsigned bit = 0; bit < 64; ++bit)
            if ((offered & feature(bit)) && random() % 2) accepted |= feature(bit);
        // Half of all sets have a control queue only if this is done by what needs it: few draws would use those features otherwise.
        if (accepted & of_control && random() % 8) accepted |= control;
        if (!(accepted & control)) accepted &= ~of_control;
        if (!(accepted & feature(VIRTIO_NET_F_CSUM_BIT))) accepted &= ~of_csum;
        if (!(accepted & of_tcp)) accepted &= ~feature(VIRTIO_NET_F_HOST_ECN_BIT);
        return accepted;
    }
};

// How often each thing happened.
struct Tally {
    unsigned sent = 0, summed = 0, refused = 0, delivered = 0, verified = 0, hashed = 0, merged = 0, by_table = 0;
    unsigned unwanted = 0, bad_fcs = 0, bad_length = 0, tables = 0, queue_resets = 0, broken_rings = 0;
    static constexpr unsigned Tally::*const all[] = {
        &Tally::sent,     &Tally::summed,   &Tally::refused, &Tally::delivered,  &Tally::verified, &Tally::hashed,       &Tally::merged,
        &Tally::by_table, &Tally::unwanted, &Tally::bad_fcs, &Tally::bad_length, &Tally::tables,   &Tally::queue_resets,
        &Tally::broken_rings};
    void add(const Tally& other) {
        for (const auto count : all) this->*count += other.*count;
    }
};

class RandomMachine {
public:
    Tally tally;

    explicit RandomMachine(unsigned seed)
        : seed_(seed), random_(seed * 2654435761u + 1), offered_(offers()), features_(FeatureDraw::draw(random_, offered_)),
          pairs_(has(VIRTIO_NET_F_MQ_BIT) || has(VIRTIO_NET_F_RSS_BIT) ? 1 + unsigned(random_() % kPairs) : 1), ring_size_(ring_size()),
          d_(machine(), features_, pairs_, ring_size_), to_wire_(pairs_) {
        filter_.by_address = has(VIRTIO_NET_F_CTRL_RX_BIT);
        filter_.by_vlan = has(VIRTIO_NET_F_CTRL_VLAN_BIT);
        filter_.by_length = has(VIRTIO_NET_F_MTU_BIT);
        filter_.mtu = VIRTIO_NET_CONFIG_MTU_OFFERED;
        filter_.promisc = true;                      // until a command says otherwise
        filter_.mac = {2, 0, 0, 0, 0, 1};
    }

    uint64_t features() const { return features_; }
    static uint64_t offers() {
        static const uint64_t bits = [] {
            Host host(config());
            uint64_t all = 0;
            for (unsigned half = 0; half < 2; ++half) {
                host.write(BAR0_COMMON + VIRTIO_COMMON_DEVICE_FEATURE_SELECT, half, 4);
                all |= uint64_t(host.read(BAR0_COMMON + VIRTIO_COMMON_DEVICE_FEATURE, 4)) << 32 * half;
            }
            return all;
        }();
        return bits;
    }

    void run(unsigned rounds = 3) {
        for (unsigned round = 0; round < rounds && !failed(); ++round) {
            if (has(VIRTIO_NET_F_CTRL_VQ_BIT)) configure();
            set_events();
            if (!failed()) traffic();
            if (!failed() && has(VIRTIO_F_RING_RESET_BIT) && random_() % 2) reset_a_queue();
        }
        if (!failed()) check_counters();
        if (!failed()) break_a_ring();
    }
    std::string what() const {
        char text[120];
        std::snprintf(text, sizeof text, "seed %u, features %016llx, %u pairs, rings of %u", seed_,
                      static_cast<unsigned long long>(features_), pairs_, ring_size_);
        return text;
    }

private:
    struct Expected { Frame header, frame; unsigned queue; bool any_queue; };

    const unsigned seed_;
    std::mt19937 random_;
    const uint64_t offered_, features_;
    const unsigned pairs_, ring_size_;
    Device d_;
    FilterModel filter_;
    bool verify_ = true;                             // GUEST_OFFLOADS
    unsigned types_ = 0, unclassified_ = 0, limit_ = 1;
    bool by_table_ = false;                          // RSS, else automatic steering among limit_ pairs
    std::vector<uint8_t> table_, key_;
    std::vector<std::deque<Frame>> to_wire_;         // by pair, with FCS
    std::deque<Expected> to_host_;

    static bool failed() { return ::testing::Test::HasFatalFailure(); }
    bool has(unsigned bit) const { return features_ & feature(bit); }
    bool chance(unsigned percent) { return random_() % 100 < percent; }
    unsigned below(size_t limit) { return unsigned(random_() % limit); }
    size_t header_bytes() const { return has(VIRTIO_NET_F_HASH_REPORT_BIT) ? VIRTIO_NET_HDR_HASH_SIZE : VIRTIO_NET_HDR_SIZE; }
    unsigned ring_size() {
        const unsigned sizes[] = {64, 64, 33, 16, 8, 57};
        return sizes[below(6)];
    }
    NicHostConfig machine() {
        auto c = config(seed_);
        c.latency_min = 20;
        c.latency_max = 20 + below(3) * 150;
        c.stall_percent = below(3) * 10;
        c.mps = 128u << below(3);
        c.mrrs = 128u << below(4);
        return c;
    }

    // ---- control queue --------------------------------------------------------------------------------------------------------------
    void command(const Command& bytes) {
        ASSERT_EQ(d_.command(bytes), VIRTIO_CTRL_ACK_OK) << "class " << +bytes[0] << " command " << +bytes[1];
    }
    Mac some_mac(bool group) {
        const Mac known[] = {{2, 0, 0, 0, 0, 1}, {2, 0, 0, 0, 0, 2}, {6, 9, 9, 9, 9, 9}, {10, 0, 0, 0, 0, 7}};
        Mac mac = known[below(4)];
        if (group) mac[0] |= 1;
        return mac;
    }
    void configure() {
        if (has(VIRTIO_NET_F_CTRL_RX_BIT)) {
            struct { uint8_t command; bool FilterModel::*mode; unsigned percent; bool there; } const modes[] = {
                {VIRTIO_CTRL_RX_PROMISC, &FilterModel::promisc, 30, true},
                {VIRTIO_CTRL_RX_ALLMULTI, &FilterModel::allmulti, 50, true},
                {VIRTIO_CTRL_RX_ALLUNI, &FilterModel::alluni, 50, has(VIRTIO_NET_F_CTRL_RX_EXTRA_BIT)},
                {VIRTIO_CTRL_RX_NOMULTI, &FilterModel::nomulti, 20, has(VIRTIO_NET_F_CTRL_RX_EXTRA_BIT)},
                {VIRTIO_CTRL_RX_NOUNI, &FilterModel::nouni, 20, has(VIRTIO_NET_F_CTRL_RX_EXTRA_BIT)},
                {VIRTIO_CTRL_RX_NOBCAST, &FilterModel::nobcast, 30, has(VIRTIO_NET_F_CTRL_RX_EXTRA_BIT)}};
            for (const auto& m : modes) {
                if (!m.there) continue;
                filter_.*m.mode = chance(m.percent);
                command(mode_command(m.command, filter_.*m.mode));
            }
            std::vector<Mac> unicast(below(4)), group(below(4));
            for (auto& mac : unicast) mac = some_mac(false);
            for (auto& mac : group) mac = some_mac(true);
            command(table_command(unicast, group));
            filter_.table = unicast;
            filter_.table.insert(filter_.table.end(), group.begin(), group.end());
        }
        if (has(VIRTIO_NET_F_CTRL_MAC_ADDR_BIT) && chance(50)) {
            filter_.mac = some_mac(false);
            command(address_command(filter_.mac));
        }
        if (has(VIRTIO_NET_F_CTRL_VLAN_BIT))
            for (unsigned i = 0; i < 6; ++i) {
                const unsigned vid = below(8);
                const bool add = chance(70);
                command(vlan_command(add ? VIRTIO_CTRL_VLAN_ADD : VIRTIO_CTRL_VLAN_DEL, vid));
                if (add) filter_.vlans.insert(vid); else filter_.vlans.erase(vid);
            }
        if (has(VIRTIO_NET_F_CTRL_GUEST_OFFLOADS_BIT)) {
            verify_ = has(VIRTIO_NET_F_GUEST_CSUM_BIT) && chance(70);
            command(offloads_command(verify_ ? feature(VIRTIO_NET_F_GUEST_CSUM_BIT) : 0));
        }
        if (has(VIRTIO_NET_F_HASH_REPORT_BIT) && chance(70)) {
            draw_key();
            command(hash_command(types_, key_));
        }
        if (has(VIRTIO_NET_F_RSS_BIT) && chance(70)) {
            draw_key();
            table_.resize(size_t{1} << below(8));
            for (auto& queue : table_) queue = uint8_t(below(pairs_));
            unclassified_ = below(pairs_);
            by_table_ = true;
            command(rss_command(table_, types_, uint8_t(unclassified_), kPairs, key_));
        }
        if (has(VIRTIO_NET_F_MQ_BIT) && chance(40)) {
            limit_ = 1 + below(pairs_);
            by_table_ = false;                                           // the last of the two commands counts
            ASSERT_EQ(d_.use_pairs(limit_), VIRTIO_CTRL_ACK_OK);
        }
        if (has(VIRTIO_NET_F_NOTF_COAL_BIT))
            for (const uint8_t set : {uint8_t(VIRTIO_CTRL_NOTF_COAL_TX_SET), uint8_t(VIRTIO_CTRL_NOTF_COAL_RX_SET)})
                command({VIRTIO_CTRL_CLASS_NOTF_COAL, set, uint8_t(below(9)), 0, 0, 0, uint8_t(below(9)), 0, 0, 0});
        Frame answer;                                                    // and one that is wrong changes nothing
        EXPECT_EQ(d_.command({VIRTIO_CTRL_CLASS_MQ, 77, 1, 2, 3}), VIRTIO_CTRL_ACK_ERR);
    }
    void draw_key() {
        types_ = below(64);
        key_ = known_key();
        if (chance(50)) for (auto& byte : key_) byte = uint8_t(random_());
    }
    // What of the event structures means is shown elsewhere; here they vary, and the driver polls.
    void set_events() {
        for (unsigned q = 0; q < 2 * pairs_; ++q) {
            const uint16_t words[2] = {uint16_t(random_()), uint16_t(below(has(VIRTIO_F_EVENT_IDX_BIT) ? 3 : 2))};
            std::memcpy(d_.host.at(event_address(q)), words, 4);
        }
    }

    // Where no buffer is that is out: places of `bytes` from `base` on, for all transmit (1) or receive (0) queues.
    uint64_t free_place(uint64_t base, uint64_t bytes, unsigned direction) const {
        std::set<uint64_t> taken;
        for (unsigned p = 0; p < pairs_; ++p)
            for (const auto& buffer : d_.rings[2 * p + direction].outstanding) taken.insert((buffer.elements[0].address - base) / bytes);
        uint64_t place = 0;
        while (taken.count(place)) ++place;
        return base + place * bytes;
    }

    // ---- transmit -------------------------------------------------------------------------------------------------------------------
    static void put_le16(Frame& header, unsigned at, size_t value) {
        header[at] = uint8_t(value);
        header[at + 1] = uint8_t(value >> 8);
    }
    // Fields that mean nothing have any value.
    Frame idle_header() {
        Frame header(header_bytes());
        for (auto& byte : header) byte = uint8_t(random_());
        header[VIRTIO_NET_HDR_FLAGS] &= uint8_t(~(1u << VIRTIO_NET_HDR_F_NEEDS_CSUM_BIT));
        header[VIRTIO_NET_HDR_GSO_TYPE] = VIRTIO_NET_HDR_GSO_NONE;
        return header;
    }
    bool offer(unsigned pair, const Frame& packet, const Frame& header, bool write_last = false) {
        Ring& ring = d_.tx_of(pair);
        std::vector<uint32_t> cuts;
        for (unsigned k = below(4); k-- > 0;) cuts.push_back(chance(10) ? 0 : 1 + below(chance(50) ? 30 : 400));
        const bool table = has(VIRTIO_F_INDIRECT_DESC_BIT) && cuts.size() < ring.size && chance(40);
        const unsigned slots = table ? 1 : unsigned(cuts.size()) + 1;
        if (slots > ring.free) return false;
        const uint64_t at = free_place(kTxData, 0x4000, 1) + below(64);
        auto elements = d_.place(at, packet, cuts, below(8), header);
        if (!ring.offer(elements, elements.size() - write_last, table)) return false;
        tally.tables += table;
        return true;
    }
    size_t out() const {
        size_t all = 0;
        for (unsigned p = 0; p < pairs_; ++p) all += d_.rings[2 * p + 1].outstanding.size();
        return all;
    }
    void transmit_one() {
        const unsigned pair = below(pairs_);
        if (out() >= 30) return;
        if (chance(12)) { transmit_malformed(pair); return; }
        Packet p = make_packet(random_, random_kind(random_, chance(8) ? 8800 : 500));
        p.bytes.resize(p.end);
        if (p.bytes.size() > longest()) return;
        if (chance(15)) p.bytes[below(p.bytes.size())] ^= uint8_t(1 + below(255));   // not ours to judge: it leaves as it is
        const Frame whole = with_fcs(p.bytes);
        Frame header = idle_header();
        if (has(VIRTIO_NET_F_CSUM_BIT) && chance(60)) {
            // Of the packet as it is now: the field takes the sum of what lies behind csum_start.
            set_checksum(p);
            const Frame summed = with_fcs(p.bytes);
            put16(p.bytes, p.field(), pseudo_sum(p, p.end - p.l4));
            header[VIRTIO_NET_HDR_FLAGS] |= 1u << VIRTIO_NET_HDR_F_NEEDS_CSUM_BIT;
            put_le16(header, VIRTIO_NET_HDR_CSUM_START, p.l4);
            put_le16(header, VIRTIO_NET_HDR_CSUM_OFFSET, p.field() - p.l4);
            if (!offer(pair, p.bytes, header)) return;
            to_wire_[pair].push_back(summed);
            ++tally.summed;
            return;
        }
        if (offer(pair, p.bytes, header)) to_wire_[pair].push_back(whole);
    }
    size_t longest() const { return ETH_MAX_FRAME - ETH_FCS; }
    // Packets that are to be refused: their buffer comes back, nothing leaves, TX_DROPS counts.
    void transmit_malformed(unsigned pair) {
        Frame packet = make_frame(random_, 100 + below(200)), header = idle_header();
        bool write_last = false;
        switch (below(has(VIRTIO_NET_F_CSUM_BIT) ? 6 : 4)) {
        case 0: packet.resize(below(14)); break;                                            // shorter than a link header
        case 1: packet.clear(), header.resize(1 + below(header.size() - 1)); break;         // shorter than the packet's header
        case 2: packet.resize(longest() + 1 + below(500), 0x5A); break;
        case 3: write_last = true; break;                                                   // an element that it may write
        case 4:                                                                             // a checksum behind the end
            header[VIRTIO_NET_HDR_FLAGS] |= 1u << VIRTIO_NET_HDR_F_NEEDS_CSUM_BIT;
            put_le16(header, VIRTIO_NET_HDR_CSUM_START, packet.size() - below(20));
            put_le16(header, VIRTIO_NET_HDR_CSUM_OFFSET, 19 + below(60000));
            break;
        default: header[VIRTIO_NET_HDR_GSO_TYPE] = uint8_t(chance(50) ? 3 : 6); break;      // UDP fragments, and nothing at all
        }
        if (offer(pair, packet, header, write_last)) ++tally.refused;
    }
    void check_sent() {
        for (const Frame& got : d_.host.sent) {
            unsigned p = 0;
            while (p < pairs_ && (to_wire_[p].empty() || to_wire_[p].front() != got)) ++p;
            if (p == pairs_) {
                std::string nearest;
                for (const auto& due : to_wire_) nearest += due.empty() ? " none;" : " " + difference(got, due.front()) + ";";
                FAIL() << "a frame left that was not due; beside what was due first of each pair:" << nearest;
            }
            to_wire_[p].pop_front();
            ++tally.sent;
        }
        d_.host.sent.clear();
    }

    // ---- receive --------------------------------------------------------------------------------------------------------------------
    bool merged() const { return has(VIRTIO_NET_F_MRG_RXBUF_BIT); }
    // Buffers for every queue; returns what a packet may be sure of in each, in bytes, and how many packets.
    void post_buffers() {
        for (unsigned p = 0; p < pairs_; ++p) {
            Ring& ring = d_.rx_of(p);
            const size_t most = std::max<size_t>(2, 24 / pairs_);
            while (ring.outstanding.size() < most && ring.free >= 3) {
                const uint64_t at = free_place(kRxData, 0x3000, 0) + below(64);
                const uint32_t bytes = merged() ? 900 + below(2700) : uint32_t(longest()) + 40;   // more than two parts
                std::vector<Ring::Element> elements;
                uint32_t done = 0;
                for (unsigned parts = below(3); parts-- > 0;) {
                    const uint32_t part = below(chance(50) ? 16 : 400);
                    elements.push_back({at + done + elements.size() * 4, part});
                    done += part;
                }
                elements.push_back({at + done + elements.size() * 4, bytes - done});
                ring.offer(elements, 0, has(VIRTIO_F_INDIRECT_DESC_BIT) && chance(30));
            }
            d_.kick(ring);
        }
    }
    size_t room(unsigned pair) const {   // of the buffers of a pair, for one more packet whatever the others waste
        size_t bytes = 0;
        const auto& buffers = d_.rings[2 * pair].outstanding;
        if (!merged()) return buffers.size() > to_host_.size() ? SIZE_MAX : 0;
        for (const auto& buffer : buffers)
            for (const auto& e : buffer.elements) bytes += e.length;
        size_t taken = 0;
        for (const auto& e : to_host_) taken += e.frame.size() + e.header.size() + 3600;
        return bytes > taken ? bytes - taken : 0;
    }
    void receive_one() {
        if (d_.host.incoming() > 3) return;
        if (chance(10)) { receive_malformed(); return; }
        Packet p = make_packet(random_, some_kind());
        if (p.bytes.size() > longest()) return;
        if (chance(25)) p.bytes[below(p.bytes.size())] ^= uint8_t(1 << below(8));
        const Mac all{0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF};
        const Mac to = chance(20) ? all : chance(20) ? some_mac(true) : chance(50) ? filter_.mac : some_mac(false);
        std::copy(to.begin(), to.end(), p.bytes.begin());
        if (p.kind.tags) put16(p.bytes, 14, (random_() & 0xE000) | below(8));
        for (unsigned pair = 0; pair < pairs_; ++pair)
            if (room(pair) < p.bytes.size() + header_bytes()) return;
        const Dissected d = dissect(p.bytes);
        d_.host.receive(with_fcs(p.bytes));
        if (!filter_.wanted(p.bytes, d)) { ++tally.unwanted; return; }
        Expected e{Frame(header_bytes(), 0), p.bytes, 0, false};
        const bool valid = has(VIRTIO_NET_F_GUEST_CSUM_BIT) && verify_ && d.verified;
        e.header[VIRTIO_NET_HDR_FLAGS] = uint8_t(valid << VIRTIO_NET_HDR_F_DATA_VALID_BIT);
        const auto input = hash_input(d, types_);
        const uint32_t hash = input ? toeplitz_model(key_, input->bytes) : 0;
        if (has(VIRTIO_NET_F_HASH_REPORT_BIT) && input) {
            for (unsigned i = 0; i < 4; ++i) e.header[VIRTIO_NET_HDR_HASH_VALUE + i] = uint8_t(hash >> 8 * i);
            e.header[VIRTIO_NET_HDR_HASH_REPORT] = uint8_t(input->report);
        }
        e.any_queue = !by_table_;
        if (by_table_) e.queue = input ? table_[hash % table_.size()] : unclassified_;
        to_host_.push_back(e);
    }
    PacketKind some_kind() {
        PacketKind kind = random_kind(random_, chance(6) ? 8800 : 400);
        kind.fragment = chance(8);
        if (chance(4)) kind.protocol = kIcmp;
        return kind;
    }
    void receive_malformed() {
        Frame frame = with_fcs(make_frame(random_, 60 + below(400)));
        switch (below(3)) {
        case 0:
            frame[below(frame.size())] ^= uint8_t(1 << below(8));
            ++tally.bad_fcs;
            break;
        case 1: {                                                        // a runt, its FCS good
            const Frame whole = make_frame(random_, 20 + below(39));
            frame = whole;
            const uint32_t crc = uint32_t(crc32(0, whole.data(), unsigned(whole.size())));
            for (int i = 0; i < 4; ++i) frame.push_back(uint8_t(crc >> 8 * i));
            ++tally.bad_length;
            break;
        }
        default:
            frame = with_fcs(make_frame(random_, longest() + 1 + below(40)));
            ++tally.bad_length;
        }
        d_.host.receive(frame);
    }
    void check_delivered() {
        for (unsigned pair = 0; pair < pairs_; ++pair) {
            if (!d_.rx_of(pair).look().done) continue;
            const auto used = d_.rx_of(pair).reap(false);
            size_t last = 0;   // of what this queue has delivered: packets of a queue keep their order
            for (size_t i = 0; i < used.size();) {
                Frame packet = bytes_of(used[i]);
                ASSERT_GE(packet.size(), header_bytes() + ETH_HEADER);
                const unsigned count = packet[VIRTIO_NET_HDR_NUM_BUFFERS] | packet[VIRTIO_NET_HDR_NUM_BUFFERS + 1] << 8;
                ASSERT_TRUE(count == 1 || merged()) << count << " buffers";
                ASSERT_LE(i + count, used.size()) << "the first buffer is used, others of its packet are not";
                for (unsigned k = 1; k < count; ++k) {
                    ASSERT_EQ(used[i + k - 1].length, capacity(used[i + k - 1])) << "not full: buffer " << k - 1 << " of " << count;
                    const Frame part = bytes_of(used[i + k]);
                    packet.insert(packet.end(), part.begin(), part.end());
                }
                i += count;
                match(pair, packet, count, last);
                if (failed()) return;
            }
        }
    }
    void match(unsigned pair, const Frame& packet, unsigned count, size_t& from) {
        const Frame frame(packet.begin() + long(header_bytes()), packet.end());
        size_t i = from;
        while (i < to_host_.size() && to_host_[i].frame != frame) ++i;
        ASSERT_LT(i, to_host_.size()) << "a frame on queue " << pair << " that was not due, or is out of order; first due: "
                                      << (to_host_.empty() ? "none" : difference(frame, to_host_[0].frame));
        Expected want = to_host_[i];
        put_le16(want.header, VIRTIO_NET_HDR_NUM_BUFFERS, count);
        ASSERT_EQ(Frame(packet.begin(), packet.begin() + long(header_bytes())), want.header) << "header of a frame of " << frame.size();
        if (want.any_queue) { ASSERT_LT(pair, limit_); } else { ASSERT_EQ(pair, want.queue); }
        tally.verified += want.header[VIRTIO_NET_HDR_FLAGS] != 0;
        tally.hashed += want.header.size() > VIRTIO_NET_HDR_SIZE && want.header[VIRTIO_NET_HDR_HASH_REPORT] != 0;
        tally.merged += count > 1;
        tally.by_table += !want.any_queue;
        to_host_.erase(to_host_.begin() + long(i));
        from = i;
        ++tally.delivered;
    }
    static size_t capacity(const Ring::Buffer& buffer) {
        size_t bytes = 0;
        for (const auto& e : buffer.elements) bytes += e.length;
        return bytes;
    }
    Frame bytes_of(const Ring::Buffer& buffer) {
        Frame bytes;
        for (const auto& e : buffer.elements) bytes.insert(bytes.end(), d_.host.at(e.address), d_.host.at(e.address) + e.length);
        EXPECT_LE(buffer.length, bytes.size());
        bytes.resize(buffer.length);
        return bytes;
    }

    // ---- rounds ---------------------------------------------------------------------------------------------------------------------
    void traffic() {
        post_buffers();
        d_.host.step(400);      // and the device has them
        for (unsigned i = 0; i < 1500 && !failed(); ++i) {
            if (chance(6)) transmit_one();
            if (chance(6)) receive_one();
            if (chance(8)) d_.kick(d_.tx_of(below(pairs_)));
            look();
        }
        for (unsigned p = 0; p < pairs_; ++p) d_.kick(d_.tx_of(p));
        ASSERT_TRUE(d_.run_until([&] {
            look();
            return failed() || (to_host_.empty() && out() == 0 && nothing_to_send() && d_.host.wire_idle());
        }, 60000)) << to_host_.size() << " frames are not delivered, " << out() << " buffers not used";
        d_.host.step(600);      // nothing more comes
        look();
    }
    bool nothing_to_send() const {
        for (const auto& frames : to_wire_)
            if (!frames.empty()) return false;
        return true;
    }
    void look() {
        for (unsigned p = 0; p < pairs_; ++p)
            for (const auto& buffer : d_.tx_of(p).reap(has(VIRTIO_F_IN_ORDER_BIT))) ASSERT_EQ(buffer.length, 0u);
        check_sent();
        if (!failed()) check_delivered();
        d_.host.step();
    }
    void reset_a_queue() {
        const unsigned q = below(2 * pairs_);
        d_.reset_queue(q);
        d_.queue(q, ring_size_);
        ++tally.queue_resets;
    }
    void check_counters() {
        auto counter = [&](uint32_t at) { return d_.host.read(BAR0_STATS + at, 4); };
        EXPECT_EQ(counter(STATS_TX_FRAMES), tally.sent);
        EXPECT_EQ(counter(STATS_TX_DROPS), tally.refused);
        EXPECT_EQ(counter(STATS_RX_FRAMES), tally.delivered);
        EXPECT_EQ(counter(STATS_RX_DROPS_UNWANTED), tally.unwanted);
        EXPECT_EQ(counter(STATS_RX_DROPS_FCS), tally.bad_fcs);
        EXPECT_EQ(counter(STATS_RX_DROPS_LENGTH), tally.bad_length);
        EXPECT_EQ(counter(STATS_RX_DROPS_NO_BUFFER) + counter(STATS_RX_DROPS_FIFO), 0u) << "lost";
        EXPECT_EQ(d_.status(), 15u);
        EXPECT_GT(tally.sent + tally.delivered, 10u);
    }
    // A ring that no driver may write: the device says so once, and a reset brings it back.
    void break_a_ring() {
        const unsigned q = below(2 * pairs_);
        Ring& ring = d_.rings[q];
        d_.start(ring_size_);                      // with nothing in front of it that waits for frames
        const uint16_t write = q % 2 ? 0 : 2;
        // A list that never ends is not read to its end before a frame comes for it, or a doorbell that names slots behind it.
        const unsigned how = below(q % 2 && !has(VIRTIO_F_NOTIFICATION_DATA_BIT) ? 4 : 3);
        switch (how) {
        case 0:   // a table in a list
            ring.post_raw({kTables, 32}, 1, uint16_t(1 | write));
            ring.post_raw({kTables, 32}, 1, uint16_t(4 | write));
            break;
        case 1:   // half a descriptor too many; or no table at all
            ring.post_raw({kTables, has(VIRTIO_F_INDIRECT_DESC_BIT) ? 24u : 32u}, 1, uint16_t(4 | write));
            break;
        case 2: ring.post_raw({kTables, 32}, 1, uint16_t(4 | 1 | write)); break;   // a table, and more
        default:  // a list that never ends
            for (unsigned i = 0; i < ring.size; ++i) ring.post_raw({kTables, 32}, 1, uint16_t(1 | write));
        }
        d_.host.messages.clear();
        d_.kick(ring);
        ASSERT_TRUE(d_.run_until([&] { return d_.messages_of(0) == 1; }, 4000)) << "not told: queue " << q << ", case " << how;
        EXPECT_EQ(d_.status(), 15u | 64u);
        d_.host.step(500);
        EXPECT_EQ(d_.messages_of(0), 1u) << "told more than once";
        d_.start(ring_size_);
        EXPECT_EQ(d_.status(), 15u);
        Ring& tx = d_.tx_of(0);
        const Frame frame = make_frame(random_, 100);
        tx.offer(d_.place(kTxData, frame, {}, 0, Frame(header_bytes(), 0)), 1);
        d_.host.sent.clear();
        d_.kick(tx);
        ASSERT_TRUE(d_.run_until([&] { return !d_.host.sent.empty(); })) << "does not come back";
        EXPECT_EQ(difference(d_.host.sent[0], with_fcs(frame)), "");
        ++tally.broken_rings;
    }
};
