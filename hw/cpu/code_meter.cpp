// SPDX-License-Identifier: Apache-2.0
#include "code_meter.h"

#include <algorithm>
#include <cstring>
#include <utility>

namespace hw {
namespace {

// Where what is not RAM is placed: regions far apart, of which none is large enough to meet the next.
constexpr uint64_t heap_base = uint64_t{1} << 44, image_base = uint64_t{2} << 44, stack_base = uint64_t{3} << 44, ram_base = uint64_t{4} << 44;
constexpr unsigned image_bits = 36, stack_bits = 28;
constexpr uint64_t nowhere = UINT64_MAX;
constexpr size_t no_function = 0;

uint64_t number_of(const void* address) { return reinterpret_cast<uint64_t>(address); }

}  // namespace

const access_listener CodeMeter::hooks = {
    nullptr,
    [](void* ctx, const void* address, size_t bytes) { static_cast<CodeMeter*>(ctx)->access(address, bytes, false); },
    [](void* ctx, const void* address, size_t bytes) { static_cast<CodeMeter*>(ctx)->access(address, bytes, true); },
    [](void* ctx) {
        auto& self = *static_cast<CodeMeter*>(ctx);
        if (self.context_) self.core_.locked();
    },
    [](void* ctx, const void* code) { static_cast<CodeMeter*>(ctx)->enter(code); },
    [](void* ctx) { static_cast<CodeMeter*>(ctx)->leave(); },
};

CodeMeter::CodeMeter(const CoreConfig& config, const Ram& ram) : config_(config), ram_(ram), listener_(hooks), core_(config) {
    profile_.add({"(outside of any)", {}});  // what runs before a measured function is entered
    listener_.ctx = this;
    access_listen(&listener_);
}

CodeMeter::~CodeMeter() { access_listen(nullptr); }

void CodeMeter::begin(const void* context, const void* stack, size_t stack_bytes) {
    Context& made = contexts_[context];
    made = {number_of(stack), stack_bytes, contexts_begun_++, {}, {}};
}

void CodeMeter::end(const void* context) {
    if (context_ == &contexts_[context]) run(nullptr);
    contexts_.erase(context);
}

void CodeMeter::run(const void* context) {
    settle();
    context_ = context ? &contexts_[context] : nullptr;
}

size_t CodeMeter::running() const { return context_ && !context_->calls.empty() ? context_->calls.back() : no_function; }

void CodeMeter::settle() {
    const uint64_t now = core_.ticks(), ticks = now - settled_;
    settled_ = now;
    const uint64_t instructions = core_.instructions() - instructions_;
    instructions_ = core_.instructions();
    if (!recording_) return;
    profile_.function(running()).ticks += ticks;
    profile_.totals().ticks += ticks;
    profile_.totals().instructions += instructions;
}

uint64_t CodeMeter::take_ps(bool finished) {
    if (finished) core_.drain();
    settle();
    const uint64_t all = ps_of(core_.ticks()), ps = all - taken_ps_;
    taken_ps_ = all;
    return ps;
}

CodeMeter::Place CodeMeter::place(const void* address) const {
    const auto same = [](uint64_t placed) { return Place{placed, placed}; };
    if (ram_.contains(address)) return {ram_base + ram_.offset_of(address), ram_.physical(address)};
    const uint64_t at = number_of(address);
    size_t heap_bytes = 0;
    const uint64_t heap = number_of(access_heap(&heap_bytes));
    if (heap && at - heap < heap_bytes) return same(heap_base + (at - heap));
    if (context_->stack_end - at < context_->stack_bytes)
        return same(stack_base + ((context_->number + 1) << stack_bits) - (context_->stack_end - at));
    for (const Image& image : images_)
        if (at >= image.first && at <= image.last) return same(image.base + (at - image.first));
    return {nowhere, nowhere};
}

// What a load of this size brings, if it may be a pointer into what the model has; else 0. It is read before the program reads it: nothing
// is between the two. Regions lie far apart here, so that a pointer to the end of one is none to the next.
uint64_t CodeMeter::pointer_at(const void* address, size_t bytes) const {
    const void* value = nullptr;
    if (bytes != sizeof value) return 0;
    std::memcpy(&value, address, sizeof value);
    const Place target = place(value);
    return target.seen == nowhere ? 0 : target.seen;
}

void CodeMeter::count(Core::Access access, uint64_t address, bool write) {
    if (!recording_) return;
    Profile::Function& function = profile_.function(running());
    Profile::Totals& totals = profile_.totals();
    (write ? function.stores : function.loads)++;
    (write ? totals.stores : totals.loads)++;
    function.served[static_cast<size_t>(access.level)]++;
    totals.served[static_cast<size_t>(access.level)]++;
    for (unsigned i = 0; i < access.lines; i++) profile_.touch((address >> line_bits) + i);
}

// Neighbouring pages of the program need not be neighbours in memory.
void CodeMeter::access(const void* address, size_t bytes, bool write) {
    if (!context_) return;
    const auto* at = static_cast<const uint8_t*>(address);
    for (size_t left = bytes; left > 0;) {
        const size_t piece = std::min<size_t>(left, Ram::page_bytes - number_of(at) % Ram::page_bytes);
        const Place placed = place(at);
        if (placed.seen == nowhere) {
            core_.touch();
            profile_.totals().foreign += recording_;
        } else if (write) {
            count(core_.store(placed.physical, static_cast<uint32_t>(piece), placed.seen), placed.physical, true);
        } else {
            count(core_.load(placed.physical, static_cast<uint32_t>(piece), placed.seen, pointer_at(at, bytes)), placed.physical, false);
        }
        at += piece;
        left -= piece;
    }
}

// Two places of a function, or two files with functions of one name, are one.
size_t CodeMeter::id_of(const void* code) {
    const auto known = ids_.find(code);
    if (known != ids_.end()) return known->second;
    const uint64_t at = number_of(code);
    if (std::none_of(images_.begin(), images_.end(), [at](const Image& image) { return at >= image.first && at <= image.last; })) {
        const CodeImage image = names_.image_of(code);
        images_.push_back({image.first, image.last, image_base + (uint64_t{images_.size()} << image_bits)});
    }
    FunctionName name = names_.of(code);
    const std::string key = name.folder + '/' + name.name;
    const auto named = ids_by_name_.find(key);
    const size_t id = named != ids_by_name_.end() ? named->second : profile_.add(std::move(name));
    ids_by_name_[key] = id;
    ids_[code] = id;
    return id;
}

void CodeMeter::enter(const void* code) {
    if (!context_) return;
    const size_t id = id_of(code);
    settle();
    context_->calls.push_back(id);
    if (recording_) profile_.function(id).calls++;
    step(profile_.function(id).name.name.c_str(), true);
    core_.function();
}

void CodeMeter::leave() {
    if (!context_) return;
    settle();
    if (context_->calls.empty()) return;
    step(profile_.function(running()).name.name.c_str(), false);
    context_->calls.pop_back();
}

void CodeMeter::step(const char* function, bool enter) {
    if (!steps_wanted_ || !context_) return;
    steps_.push_back({ps_of(core_.ticks()) - taken_ps_, function, enter});
    if (enter)
        context_->open.push_back(function);
    else if (!context_->open.empty())
        context_->open.pop_back();
}

std::vector<CodeMeter::Step> CodeMeter::take_steps() { return std::exchange(steps_, {}); }

void CodeMeter::device_read(uint64_t address, uint32_t bytes) {
    if (!bytes) return;
    for (uint64_t line = address >> line_bits; line <= (address + bytes - 1) >> line_bits; line++) core_.caches().device_read(line);
}

void CodeMeter::device_write(uint64_t address, uint32_t bytes) {
    if (!bytes) return;
    for (uint64_t line = address >> line_bits; line <= (address + bytes - 1) >> line_bits; line++)
        core_.caches().device_write(line);
}

void CodeMeter::measure_packets(uint64_t first, uint64_t last) {
    first_packet_ = first;
    last_packet_ = last;
    settle();
    recording_ = false;
    packets_ = packets_begin_ = packets_end_ = 0;
}

void CodeMeter::packets(uint64_t count) {
    settle();
    const bool before = packets_ < first_packet_, inside = packets_ < last_packet_;
    if (recording_ && !inside) {
        recording_ = false;
        packets_end_ = packets_;
        device_end_ = core_.caches().device();
    } else if (!recording_ && !before && inside) {
        recording_ = true;
        packets_begin_ = packets_;
        profile_.clear();
        charged_ps_ = 0;
        device_begin_ = core_.caches().device();
    }
    if (recording_) profile_.next_batch();
    packets_ += count;
}

CacheLevels::Counters CodeMeter::device() const {
    const CacheLevels::Counters &from = device_begin_, &to = recording_ ? core_.caches().device() : device_end_;
    return {to.reads - from.reads, to.read_hits - from.read_hits, to.writes - from.writes, to.write_hits - from.write_hits};
}

uint64_t CodeMeter::measured_packets() const { return (recording_ ? packets_ : packets_end_) - packets_begin_; }

}  // namespace hw
