// SPDX-License-Identifier: Apache-2.0
#include "model_nic.h"

#include <algorithm>
#include <array>
#include <cstring>
#include <deque>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

#include "alarm.h"
#include "fcs.h"
#include "model.h"
#include "sim_time.h"

namespace hw {

namespace {

constexpr uint64_t head_bytes = 128;         // see model_frame
constexpr uint64_t longest_frame_hold = 64;  // cycles that a beat of a frame may be late by a stall, as in nic_adapter.cpp

class ModelNic final : public NicModule, private WaveSource {
public:
    ModelNic(const char* name, const NicConfig& config, EventStream& events);
    ~ModelNic() override { model_destroy(model_); }

    void connect(DeviceLink& link, DeviceWire& wire) override;
    void receive(TlpPtr tlp) override;
    void receive(FramePtr frame) override;
    void wake() override;
    uint64_t cycles() const override { return sc_core::sc_time_stamp().value() / config_.clock_period_ps + 1; }
    uint64_t cycles_evaluated() const override { return steps_; }
    void attach_waves(Waves& waves) override { waves.open(*this, config_.clock_period_ps); }
    void finish() override;

private:
    struct Arrived { TlpPtr tlp; uint64_t cycle; };

    uint64_t edge(uint64_t time_ps) const {
        return (time_ps + config_.clock_period_ps - 1) / config_.clock_period_ps;
    }  // the first not before it
    void step();
    void arm();
    void show_clock(bool) override {}
    void violate(const std::string& message);

    // struct model_host, each with this object as ctx
    static ModelNic& self(void* ctx) { return *static_cast<ModelNic*>(ctx); }
    bool tlp_front(model_tlp* tlp) const;
    void tlp_taken();
    uint64_t may_send(TlpKind kind, uint64_t cycle) const;
    void send(const uint32_t hdr[4], const uint8_t* payload, uint32_t bytes);
    void frame_send(const uint8_t* first, uint32_t first_bytes, const uint8_t* second, uint32_t second_bytes);
    void frame_done(void* handle);
    void trace(uint32_t point, uint64_t word);
    uint64_t beat(Stalls::Stream stream, uint64_t cycle, uint32_t n) const;
    model_host host();

    const NicConfig config_;
    const uint32_t beat_bytes_;
    EventStream& events_;
    const Stalls stalls_;
    DeviceLink* link_ = nullptr;
    DeviceWire* wire_ = nullptr;
    model* model_ = nullptr;
    Alarm alarm_{this, Alarm::call<ModelNic, &ModelNic::step>};
    uint64_t steps_ = 0;
    std::deque<Arrived> arrived_;
    std::deque<FramePtr> frames_;                 // that the model has; the oldest is nearly always the next to go
    std::array<uint64_t, tlp_kinds> credits_back_{};  // edge from which credits of a kind may be seen again, see Stalls
};

model* create(const NicConfig& config, const model_host& host) {
    model_config wanted{};
    wanted.beat_bytes = config.datapath_bits / 8;
    wanted.queue_pairs = config.queue_pairs;
    wanted.no_offloads = !config.offloads;
    wanted.reset_cycles = config.reset_cycles;
    wanted.cycles_per_us = cycles_per_us(config.clock_period_ps);
    wanted.mac_address = config.mac_address;
    return model_create(&wanted, &host);
}

ModelNic::ModelNic(const char* name, const NicConfig& config, EventStream& events)
    : NicModule(name), config_(config), beat_bytes_(config.datapath_bits / 8), events_(events), stalls_(config.stalls) {
    require_picoseconds();
    if (config.clock_period_ps < 2) throw std::invalid_argument("the NIC's clock period must be 2 ps or more");
    if (config.reset_cycles == 0) throw std::invalid_argument("the NIC needs at least one reset cycle");
    if (config.stalls.percent > Stalls::longest_percent) throw std::invalid_argument("the NIC's stalls must be 90 % or less");
    if (config.datapath_bits != 64 && config.datapath_bits != 128 && config.datapath_bits != 256 && config.datapath_bits != 512)
        throw std::invalid_argument("the NIC's datapath must be 64, 128, 256 or 512 bits wide");
    if (config.queue_pairs == 0 || config.queue_pairs > MODEL_MAX_PAIRS)
        throw std::invalid_argument("the NIC must have 1 to " + std::to_string(MODEL_MAX_PAIRS) + " queue pairs");
    if (config.max_run_ahead > 1) AlarmClock::lead();
}

void ModelNic::connect(DeviceLink& link, DeviceWire& wire) {
    link_ = &link;
    wire_ = &wire;
    model_ = create(config_, host());
    if (!model_) throw std::bad_alloc();
    arm();
}

// --- time ---

void ModelNic::step() {
    ++steps_;
    model_run(model_, now_ps() / config_.clock_period_ps);
    arm();
}

void ModelNic::arm() {
    const uint64_t next = model_next(model_);
    alarm_.set(next == MODEL_NEVER ? Alarm::never : std::max(next * config_.clock_period_ps, edge(now_ps()) * config_.clock_period_ps));
}

void ModelNic::wake() {
    model_wake(model_, edge(now_ps()));
    arm();
}

// --- TLPs ---

void ModelNic::receive(TlpPtr tlp) {
    arrived_.push_back({std::move(tlp), edge(now_ps())});
    model_tlp_arrived(model_, arrived_.back().cycle);
    arm();
}

bool ModelNic::tlp_front(model_tlp* tlp) const {
    if (arrived_.empty()) return false;
    const Arrived& front = arrived_.front();
    *tlp = {front.tlp->hdr.data(), front.tlp->payload.data(), front.tlp->payload_bytes, front.cycle};
    return true;
}

void ModelNic::tlp_taken() {
    const TlpPtr tlp = std::move(arrived_.front().tlp);
    arrived_.pop_front();
    link_->release(tlp->kind(), tlp->payload_bytes);
}

uint64_t ModelNic::may_send(TlpKind kind, uint64_t cycle) const {
    const uint64_t back = credits_back_[static_cast<size_t>(kind)];
    if (back > cycle) return back;
    return link_->can_send(kind) ? cycle : MODEL_NEVER;
}

void ModelNic::send(const uint32_t hdr[4], const uint8_t* payload, uint32_t bytes) {
    TlpPtr tlp = make_tlp();
    std::memcpy(tlp->hdr.data(), hdr, sizeof tlp->hdr);
    if (bytes) std::memcpy(tlp->payload.data(), payload, bytes);
    tlp->payload_bytes = bytes;
    const uint64_t cycle = now_ps() / config_.clock_period_ps;
    for (unsigned kind = 0; stalls_.on() && kind < tlp_kinds; ++kind)
        credits_back_[kind] = std::max(credits_back_[kind], cycle + stalls_.withheld(kind, cycle));
    link_->send(std::move(tlp));
}

// --- frames ---

void ModelNic::receive(FramePtr frame) {
    const uint64_t length = frame->bytes.size(), first = frame->first.value(), duration = frame->last.value() - first;
    model_frame arriving{};
    arriving.handle = frame.get();
    arriving.bytes = frame->bytes.data();
    arriving.length = static_cast<uint32_t>(length);
    arriving.fcs_good = fcs_is_good(frame->bytes);
    const auto arrival = [&](uint64_t bytes) { return edge(first + (duration * bytes + length - 1) / length); };
    arriving.first = arrival(std::min<uint64_t>(beat_bytes_, length));
    // A beat an edge: a short last one may have to wait for the one before it.
    const uint64_t before = length > beat_bytes_ ? arrival((length - 1) / beat_bytes_ * beat_bytes_) : 0;
    const uint64_t last = std::max(arrival(length), before + 1);
    arriving.head = std::min(arrival(std::min<uint64_t>(head_bytes + beat_bytes_, length)), last);
    arriving.last = stalls_.on() ? std::min(beat(Stalls::frame_in, last, 1), last + longest_frame_hold) : last;
    frames_.push_back(std::move(frame));
    model_frame_arrived(model_, &arriving);
    arm();
}

void ModelNic::frame_done(void* handle) {
    const auto found = std::find_if(frames_.begin(), frames_.end(), [handle](const FramePtr& frame) { return frame.get() == handle; });
    frames_.erase(found);
}

void ModelNic::frame_send(const uint8_t* first, uint32_t first_bytes, const uint8_t* second, uint32_t second_bytes) {
    FramePtr frame = make_frame();
    frame->bytes.assign(first, first + first_bytes);
    frame->bytes.insert(frame->bytes.end(), second, second + second_bytes);
    pad_and_append_fcs(frame->bytes);
    wire_->finish(std::move(frame));
}

// --- stalls and reports ---

uint64_t ModelNic::beat(Stalls::Stream stream, uint64_t cycle, uint32_t n) const {
    for (;; ++cycle)
        if (!stalls_.held(stream, cycle) && --n == 0) return cycle;
}

void ModelNic::trace(uint32_t point, uint64_t word) {
    Event event;
    event.time_ps = now_ps();
    event.kind = EventKind::device_trace;
    event.index = point;
    event.packet = word & 0xFFFF;
    event.queue = static_cast<uint16_t>(word >> 16);
    event.value = word;
    events_.emit(event);
}

void ModelNic::violate(const std::string& message) {
    events_.violate({now_ps(), "nic.leftover", "", std::string(name()) + ": " + message, -1});
}

void ModelNic::finish() {
    if (!arrived_.empty()) violate(std::to_string(arrived_.size()) + " TLPs were not taken by the device");
}

model_host ModelNic::host() {
    model_host host{};
    host.ctx = this;
    host.tlp_front = [](void* ctx, model_tlp* tlp) { return self(ctx).tlp_front(tlp); };
    host.tlp_taken = [](void* ctx) { self(ctx).tlp_taken(); };
    host.may_send = [](void* ctx, model_kind kind, uint64_t cycle) { return self(ctx).may_send(static_cast<TlpKind>(kind), cycle); };
    host.send = [](void* ctx, const uint32_t hdr[4], const uint8_t* payload, uint32_t bytes) { self(ctx).send(hdr, payload, bytes); };
    host.link_up = [](void* ctx) { return self(ctx).wire_->link_up(); };
    host.frame_start = [](void* ctx) { return self(ctx).edge(self(ctx).wire_->start_ps()); };
    host.frame_continue = [](void* ctx, uint32_t sent) { return self(ctx).edge(self(ctx).wire_->continue_ps(sent)); };
    host.frame_begin = [](void* ctx) { self(ctx).wire_->start(); };
    host.frame_send = [](void* ctx, const uint8_t* first, uint32_t first_bytes, const uint8_t* second, uint32_t second_bytes) {
        self(ctx).frame_send(first, first_bytes, second, second_bytes);
    };
    host.frame_done = [](void* ctx, void* handle) { self(ctx).frame_done(handle); };
    host.traced = [](void* ctx) { return self(ctx).events_.wants(EventKind::device_trace); };
    host.trace = [](void* ctx, uint32_t point, uint64_t word) { self(ctx).trace(point, word); };
    if (stalls_.on())
        host.beat = [](void* ctx, model_stream stream, uint64_t cycle, uint32_t n) {
            return self(ctx).beat(static_cast<Stalls::Stream>(stream), cycle, n);
        };
    return host;
}

}  // namespace

std::unique_ptr<NicModule> make_model_nic(const char* name, const NicConfig& config, EventStream& events) {
    return std::make_unique<ModelNic>(name, config, events);
}

}  // namespace hw
