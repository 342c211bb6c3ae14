// SPDX-License-Identifier: Apache-2.0
// Which event sets which lane.
#include "lanes.h"

#include <algorithm>
#include <cctype>
#include <cstring>

#include <verilated_fst_c.h>

#include "regmap.h"

namespace hw {

namespace {

constexpr uint32_t function_chars = 32, violation_chars = 96;

// Trace points by number, in lower case, from the one list of them.
std::vector<std::string> trace_point_names() {
    struct Value { const char* block; const char* name; unsigned number; };
    static const Value values[] = {
#define VALUE(block, name, number, clause, meaning) {#block, #name, number},
#include "trace.def"
#undef VALUE
    };
    std::vector<std::string> names(TRACE_POINTS);
    for (const Value& value : values) {
        if (std::strcmp(value.block, "TRACE") != 0 || std::strcmp(value.name, "POINTS") == 0) continue;
        std::string name(value.name);
        for (char& c : name) c = static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
        names[value.number] = name;
    }
    return names;
}

}  // namespace

// --- Verilator's side: declaration, all values, changed values ---

struct Lanes::Callbacks {
    static void declare(void* self, VerilatedFst* fst, uint32_t code) {
        for (Lane& lane : static_cast<Lanes*>(self)->lanes_) {
            lane.code = code;
            const int top = static_cast<int>(lane.bits) - 1;
            const char* name = lane.name.c_str();
            if (lane.bits == 1) {
                fst->declBit(code, name, -1, FST_VD_IMPLICIT, FST_VT_VCD_REG, false, -1);
            } else if (lane.bits <= 32) {
                fst->declBus(code, name, -1, FST_VD_IMPLICIT, FST_VT_VCD_REG, false, -1, top, 0);
            } else if (lane.bits <= 64) {
                fst->declQuad(code, name, -1, FST_VD_IMPLICIT, FST_VT_VCD_REG, false, -1, top, 0);
            } else {
                fst->declArray(code, name, -1, FST_VD_IMPLICIT, FST_VT_VCD_REG, false, -1, top, 0);
            }
            code += static_cast<uint32_t>(lane.words.size());
        }
    }
    static void emit(Lane& lane, VerilatedFst::Buffer* buffer) {
        uint32_t* const old = buffer->oldp(lane.code);
        const int bits = static_cast<int>(lane.bits);
        if (bits == 1) {
            buffer->fullBit(old, lane.words[0] & 1);
        } else if (bits <= 32) {
            buffer->fullIData(old, lane.words[0], bits);
        } else if (bits <= 64) {
            buffer->fullQData(old, lane.words[0] | static_cast<uint64_t>(lane.words[1]) << 32, bits);
        } else {
            buffer->fullWData(old, lane.words.data(), bits);
        }
        lane.changed = false;
    }
    static void all(void* self, VerilatedFst::Buffer* buffer) {
        Lanes& lanes = *static_cast<Lanes*>(self);
        for (Lane& lane : lanes.lanes_) emit(lane, buffer);
        lanes.changed_.clear();
    }
    static void changed(void* self, VerilatedFst::Buffer* buffer) {
        Lanes& lanes = *static_cast<Lanes*>(self);
        for (const size_t lane : lanes.changed_) emit(lanes.lanes_[lane], buffer);
        lanes.changed_.clear();
    }
};

void Lanes::declare_in(VerilatedFstC& fst) {
    fst.spTrace()->addInitCb(&Callbacks::declare, this);
    fst.spTrace()->addFullCb(static_cast<VerilatedFst::dumpCb_t>(&Callbacks::all), this);
    fst.spTrace()->addChgCb(static_cast<VerilatedFst::dumpCb_t>(&Callbacks::changed), this);
}

// --- the list ---

const std::vector<std::string>& Lanes::scopes() {
    static const std::vector<std::string> names{"software", "device", "link", "wire"};
    return names;
}

Lanes::Lanes(uint32_t queues) {
    function_ = add("software", "driver_function", function_chars * 8);
    depth_ = add("software", "call_depth", 8);
    nbl_tx_ = add("software", "nbl_tx_outstanding", 16);
    nbl_rx_ = add("software", "nbl_rx_outstanding", 16);
    irq_active_ = add("software", "irq_active", 1);
    irq_vector_ = add("software", "irq_vector", 16);
    for (uint32_t q = 0; q < queues; ++q) {
        const std::string prefix = "q" + std::to_string(q) + (q % 2 ? "_tx_" : "_rx_");  // [V] 5.1.2
        rings_.push_back({add("software", prefix + "producer", 16), add("software", prefix + "consumer", 16),
                          add("software", prefix + "outstanding", 16), add("software", prefix + "doorbells", 32)});
    }
    violation_ = add("software", "violation", violation_chars * 8);
    violations_ = add("software", "violations", 32);
    nbl_lost_ = add("software", "nbl_lost", violation_chars * 8);
    nbls_lost_ = add("software", "nbls_lost", 32);
    for (const std::string& point : trace_point_names()) {
        stages_.push_back({add("device", point + "_packet", 16), add("device", point + "_queue", 16),
                           add("device", point + "_events", 32)});
    }
    last_point_ = add("device", "last_point", 8);
    drop_reason_ = add("device", "drop_reason", 8);
    const auto direction = [this](const std::string& name) {
        return Direction{add("link", name + "_type", 8), add("link", name + "_bytes", 16), add("link", name + "_id", 32),
                         add("link", name + "_tlps", 32)};
    };
    up_ = direction("up");
    down_ = direction("down");
    tx_ = {add("wire", "tx_bytes", 16), add("wire", "tx_frame", 32)};
    rx_ = {add("wire", "rx_bytes", 16), add("wire", "rx_frame", 32)};
    for (const size_t lane : {last_point_, up_.type, down_.type}) set(lane, 0xFF);  // none yet: 0 has a meaning
}

size_t Lanes::add(const std::string& scope, const std::string& name, uint32_t bits) {
    Lane lane;
    lane.name = scope + " " + name;
    lane.bits = bits;
    lane.words.resize((bits + 31) / 32);
    lanes_.push_back(std::move(lane));
    return lanes_.size() - 1;
}

void Lanes::set(size_t index, uint64_t value) {
    Lane& lane = lanes_[index];
    if (lane.bits < 64) value &= (uint64_t{1} << lane.bits) - 1;
    lane.words[0] = static_cast<uint32_t>(value);
    if (lane.words.size() > 1) lane.words[1] = static_cast<uint32_t>(value >> 32);
    if (lane.changed) return;
    lane.changed = true;
    changed_.push_back(index);
}

void Lanes::bump(size_t index, int64_t by) { set(index, lanes_[index].words[0] + static_cast<uint64_t>(by)); }

void Lanes::set_text(size_t index, const char* text) {
    Lane& lane = lanes_[index];
    std::fill(lane.words.begin(), lane.words.end(), 0);
    const size_t length = std::min<size_t>(text ? std::strlen(text) : 0, lane.bits / 8);
    for (size_t i = 0; i < length; ++i) {
        const size_t byte = length - 1 - i;  // right-aligned: viewers leave out leading zero bytes
        lane.words[byte / 4] |= static_cast<uint32_t>(static_cast<uint8_t>(text[i])) << (byte % 4 * 8);
    }
    if (lane.changed) return;
    lane.changed = true;
    changed_.push_back(index);
}

// --- events ---

bool Lanes::apply(const Event& event) {
    switch (event.kind) {
        case EventKind::function_enter:
        case EventKind::function_exit: apply_function(event); return true;
        case EventKind::nbl_sent:
        case EventKind::nbl_completed:
        case EventKind::nbl_indicated:
        case EventKind::nbl_returned: apply_nbl(event); return true;
        case EventKind::ring_post:
        case EventKind::ring_reap:
        case EventKind::doorbell: apply_ring(event); return true;
        case EventKind::irq_enter:
            set(irq_active_, 1);
            set(irq_vector_, event.index);
            return true;
        case EventKind::irq_exit: set(irq_active_, 0); return true;
        case EventKind::device_trace: apply_trace(event); return true;
        case EventKind::tlp_up:
        case EventKind::tlp_down: {
            const Direction& lanes = event.kind == EventKind::tlp_up ? up_ : down_;
            set(lanes.type, event.index);
            set(lanes.bytes, event.value);
            set(lanes.id, event.packet);
            bump(lanes.count, 1);
            return true;
        }
        case EventKind::frame_tx:
        case EventKind::frame_rx: {
            const Cable& lanes = event.kind == EventKind::frame_tx ? tx_ : rx_;
            set(lanes.bytes, event.value);
            set(lanes.id, event.packet);
            return true;
        }
        case EventKind::violation:
            set_text(violation_, event.text);
            bump(violations_, 1);
            return true;
        case EventKind::nbl_lost:
            set_text(nbl_lost_, event.text);
            bump(nbls_lost_, 1);
            return true;
    }
    return false;
}

void Lanes::apply_function(const Event& event) {
    if (event.kind == EventKind::function_enter) {
        functions_.push_back(event.text);
    } else if (!functions_.empty()) {
        functions_.pop_back();
    }
    set_text(function_, functions_.empty() ? "" : functions_.back());
    set(depth_, functions_.size());
}

void Lanes::apply_nbl(const Event& event) {
    const bool tx = event.kind == EventKind::nbl_sent || event.kind == EventKind::nbl_completed;
    const bool out = event.kind == EventKind::nbl_sent || event.kind == EventKind::nbl_indicated;
    bump(tx ? nbl_tx_ : nbl_rx_, out ? 1 : -1);
}

void Lanes::apply_ring(const Event& event) {
    if (event.queue >= rings_.size()) return;
    const Ring& ring = rings_[event.queue];
    if (event.kind == EventKind::doorbell) {
        bump(ring.doorbells, 1);
        return;
    }
    const bool post = event.kind == EventKind::ring_post;
    set(post ? ring.producer : ring.consumer, event.index);
    const int64_t slots = static_cast<int64_t>(event.value);
    bump(ring.outstanding, post ? slots : -slots);
}

void Lanes::apply_trace(const Event& event) {
    if (event.index >= stages_.size()) return;
    const Stage& stage = stages_[event.index];
    set(stage.packet, event.packet);
    set(stage.queue, event.queue);
    bump(stage.events, 1);
    set(last_point_, event.index);
    if (event.index == TRACE_RX_DROP) set(drop_reason_, event.value >> 48);
}

}  // namespace hw
