// SPDX-License-Identifier: Apache-2.0
// What real programs sent with TCP and UDP, as packets, and TCP segments that follow each other, put together as the large send that another
// machine cut them from.
//
// Spec: RFC 791, RFC 8200, RFC 9293
#pragma once

#include <cstring>
#include <map>
#include <vector>

#include "captured_frames.h"
#include "packet_model.h"
#include "packets.h"

inline size_t header_of_transport(const Packet& p) { return p.kind.protocol == kUdp ? 8 : 4 * size_t(p.bytes[p.l4 + 12] >> 4); }
inline size_t payload_of(const Packet& p) { return p.end - p.l4 - header_of_transport(p); }

// Those with a good checksum and a payload, without padding.
inline std::vector<Packet> captured_packets() {
    std::vector<Packet> packets;
    for (const auto& frame : captured_frames()) {
        const Dissected found = dissect(frame);
        if (!found.verified) continue;
        Packet p;
        p.bytes = frame;
        p.kind.version = found.version;
        p.kind.protocol = uint8_t(found.protocol);
        p.l3 = found.network_at;
        p.l4 = found.transport_at;
        p.end = p.l4 + found.transport_bytes;
        p.bytes.resize(p.end);
        if (p.end > p.l4 + header_of_transport(p)) packets.push_back(p);
    }
    return packets;
}

struct CapturedSend {
    Packet packet;                              // all payload behind the headers of the first segment, with the flags of the last
    uint16_t segment;                           // payload of each but the last
    std::vector<std::vector<uint8_t>> frames;   // as they were captured
};

class Joiner {
public:
    std::vector<CapturedSend> sends;

    void add(const Packet& p) {
        if (p.kind.protocol != kTcp) return;
        Run& run = runs_[flow_of(p)];
        if (!run.send.frames.empty() && !follows(run, p)) close(run);
        if (run.send.frames.empty()) run.send = {p, uint16_t(payload_of(p)), {}};
        else append(run.send.packet, p);
        run.send.frames.push_back(p.bytes);
        run.last = p;
    }
    void close_all() {
        for (auto& [flow, run] : runs_) close(run);
    }

private:
    static constexpr uint8_t kFinPsh = 0x09;
    struct Run { CapturedSend send; Packet last; };
    std::map<std::vector<uint8_t>, Run> runs_;   // of each flow, by its addresses and ports

    static std::vector<uint8_t> flow_of(const Packet& p) {
        const bool v4 = p.kind.version == 4;
        const auto from = p.bytes.begin() + long(p.l3 + (v4 ? 12 : 8)), ports = p.bytes.begin() + long(p.l4);
        std::vector<uint8_t> flow(from, from + (v4 ? 8 : 32));
        flow.insert(flow.end(), ports, ports + 4);
        return flow;
    }
    static uint32_t sequence(const Packet& p) { return uint32_t(get16(p.bytes, p.l4 + 4)) << 16 | get16(p.bytes, p.l4 + 6); }
    // The headers without what is another in each segment.
    static std::vector<uint8_t> same(const Packet& p) {
        std::vector<uint8_t> head(p.bytes.begin(), p.bytes.begin() + long(p.l4 + header_of_transport(p)));
        const bool v4 = p.kind.version == 4;
        auto clear = [&](size_t at, size_t n) { std::fill_n(head.begin() + long(at), n, uint8_t{0}); };
        clear(p.l3 + (v4 ? 2 : 4), 2);
        if (v4) clear(p.l3 + 4, 2), clear(p.l3 + 10, 2);
        clear(p.l4 + 4, 4);
        head[p.l4 + 13] &= uint8_t(~kFinPsh);
        clear(p.l4 + 16, 2);
        return head;
    }
    static bool follows(const Run& run, const Packet& p) {
        const Packet& last = run.last;
        const size_t before = payload_of(last);
        const bool numbered = p.kind.version == 6 || get16(p.bytes, p.l3 + 4) == uint16_t(get16(last.bytes, last.l3 + 4) + 1);
        return before == run.send.segment && payload_of(p) <= before && sequence(p) == sequence(last) + before && numbered &&
               !(last.bytes[last.l4 + 13] & kFinPsh) && same(p) == same(last) && run.send.packet.bytes.size() + payload_of(p) < 60000;
    }
    static void append(Packet& whole, const Packet& p) {
        whole.bytes.insert(whole.bytes.end(), p.bytes.end() - long(payload_of(p)), p.bytes.end());
        whole.end = whole.bytes.size();
        whole.bytes[whole.l4 + 13] = p.bytes[p.l4 + 13];
    }
    void close(Run& run) {
        if (run.send.frames.size() > 1) sends.push_back(run.send);
        run.send.frames.clear();
    }
};

inline std::vector<CapturedSend> captured_sends() {
    Joiner joiner;
    for (const Packet& p : captured_packets()) joiner.add(p);
    joiner.close_all();
    return joiner.sends;
}
