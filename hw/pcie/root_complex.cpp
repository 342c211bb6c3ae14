// SPDX-License-Identifier: Apache-2.0
// The root complex towards the device's requests. See root_complex.h.
#include "root_complex.h"

#include <algorithm>

#include "sim_time.h"

namespace hw {

namespace {

// [P] 2.3.1.1: the largest completion that starts at `address`: up to MPS, ending at a multiple of RCB unless it is the last.
uint32_t completion_piece(uint64_t address, uint32_t remaining, uint32_t mps, uint32_t rcb) {
    const uint64_t start = address & ~uint64_t{3};  // the payload starts with a whole double word
    const uint64_t padded_end = (address + remaining + 3) & ~uint64_t{3};
    if (padded_end - start <= mps) return remaining;
    return static_cast<uint32_t>((start + mps) / rcb * rcb - address);
}

// Byte enables of a write of one or two double words, as TLM wants them, from its first to its last enabled byte. False if no gap.
bool gap_enables(const Tlp& tlp, std::array<uint8_t, 8>* enables) {
    if (tlp.length_dw() > 2) return false;
    const uint32_t mask = (tlp.first_be() | tlp.last_be() << 4) >> (tlp.first_byte() & 3);
    bool gap = false;
    for (uint32_t i = 0; i < tlp.byte_span(); ++i) {
        (*enables)[i] = mask >> i & 1 ? TLM_BYTE_ENABLED : TLM_BYTE_DISABLED;
        gap |= !(mask >> i & 1);
    }
    return gap;
}

}  // namespace

RootComplex::RootComplex(const sc_core::sc_module_name& name, PcieLink& link, EventStream& events)
    : sc_module(name), memory_socket("memory_socket"), mmio_socket("mmio_socket"), link_(link), events_(events),
      config_(link.config()), random_(config_.seed) {
    read_delay_ps_ = config_.read_latency_ns * uint64_t{1000} - 2 * link_.propagation_ps();
    write_delay_ps_ = config_.write_latency_ns * uint64_t{1000};
    reorder_ps_ = config_.read_reorder_ns * uint64_t{1000};
    transaction_.set_extension(&extension_);
    mmio_socket.register_b_transport(this, &RootComplex::mmio_transport);
}

RootComplex::~RootComplex() { transaction_.clear_extension(&extension_); }

void RootComplex::accept(TlpPtr tlp, uint64_t arrival_ps) {
    if (tlp->kind() == TlpKind::posted) {
        ++posted_accepted_;
        const bool interrupt = tlp->is_interrupt();
        posted_.push_back({arrival_ps + write_delay_ps_, interrupt, std::move(tlp)});
    } else if (tlp->is_completion()) {
        completions_.push_back({arrival_ps, posted_accepted_, std::move(tlp)});
    } else {
        Inbound read{arrival_ps, posted_accepted_, std::move(tlp)};
        if (jobs_active_ < config_.outstanding_reads && waiting_reads_.empty())
            begin_read(std::move(read), arrival_ps);
        else
            waiting_reads_.push_back(std::move(read));
    }
    arm();
}

// A request leaves the receive buffer at time_ps and is worked on.
void RootComplex::begin_read(Inbound read, uint64_t time_ps) {
    link_.release_up(TlpKind::non_posted, read.tlp->payload_bytes, time_ps);
    if (!read.tlp->is_memory_read()) return refuse(*read.tlp);
    const uint32_t tag = read.tlp->tag();
    ReadJob& job = jobs_[tag];
    if (job.request) return;  // tag in use twice: the checker has reported it, and the answer can be one only
    ++jobs_active_;
    job.fault = statistics_.reads == config_.fault_read ? config_.fault : ReadFault::none;
    ++statistics_.reads;
    job.next = read.tlp->first_byte();
    job.remaining = read.tlp->byte_span();
    job.posted_before = read.posted_before;
    job.request = std::move(read.tlp);
    statistics_.read_bytes += job.remaining;
    schedule_read(tag, time_ps + read_delay_ps_ + jitter_ps());
}

uint64_t RootComplex::jitter_ps() { return reorder_ps_ ? random_() % (reorder_ps_ + 1) : 0; }

// [P] 2.3.1.1: a completion may end at any multiple of RCB; a root complex that is busy makes use of that.
uint32_t RootComplex::split(uint64_t address, uint32_t bytes) {
    if (config_.split_percent == 0 || random_() % 100 >= config_.split_percent) return bytes;
    const uint64_t first = (address / config_.rcb + 1) * config_.rcb;  // the first place where it may end
    if (first >= address + bytes) return bytes;
    const uint64_t places = (address + bytes - 1 - first) / config_.rcb + 1;
    return static_cast<uint32_t>(first + random_() % places * config_.rcb - address);
}

void RootComplex::schedule_read(uint32_t tag, uint64_t time_ps) {
    due_reads_.push_back({time_ps, next_sequence_++, tag});
    std::push_heap(due_reads_.begin(), due_reads_.end());
}

// When the next thing is due that reaches a SystemC process: an interrupt, or the answer to a CPU. It has to be done at kernel time.
uint64_t RootComplex::for_cpu_ps() const {
    uint64_t due = Alarm::never;
    if (!posted_.empty() && posted_.front().interrupt) due = posted_due_ps();
    // A completion that waits for posted writes goes on when they have been applied, in the same call of service().
    if (!completions_.empty() && completions_.front().posted_before <= posted_applied_)
        due = std::min(due, completions_.front().due_ps);
    return due;
}

void RootComplex::arm() {
    const uint64_t for_cpu = for_cpu_ps();
    uint64_t next = for_cpu;
    if (!posted_.empty()) next = std::min(next, posted_due_ps());
    if (!due_reads_.empty()) next = std::min(next, due_reads_.front().time_ps);
    next = std::max(next, now_ps());
    service_alarm_.set(next, for_cpu <= next ? Alarm::When::kernel_time : Alarm::When::ahead);
}

void RootComplex::service() {
    const uint64_t now = now_ps();
    const bool cpu = AlarmClock::at_kernel_time();
    while (!posted_.empty() && posted_due_ps() <= now && (cpu || !posted_.front().interrupt)) {
        const TlpPtr tlp = std::move(posted_.front().tlp);
        posted_.pop_front();
        apply_posted(*tlp);
        ++posted_applied_;
    }
    while (cpu && !completions_.empty() && completions_.front().due_ps <= now &&
           completions_.front().posted_before <= posted_applied_) {
        const TlpPtr tlp = std::move(completions_.front().tlp);
        completions_.pop_front();
        cpu_completion(*tlp);
    }
    if (for_cpu_ps() <= now) return arm();  // goes on in this instant, when the kernel has come to it
    while (!due_reads_.empty() && due_reads_.front().time_ps <= now) {
        const uint32_t tag = due_reads_.front().tag;
        std::pop_heap(due_reads_.begin(), due_reads_.end());
        due_reads_.pop_back();
        if (jobs_[tag].posted_before > posted_applied_)
            schedule_read(tag, posted_due_ps());  // [P] 2.4.1: reads do not pass posted writes
        else
            continue_read(tag);
    }
    arm();
}

void RootComplex::apply_posted(const Tlp& tlp) {
    link_.release_up(TlpKind::posted, tlp.payload_bytes, now_ps());
    if (!tlp.is_memory_write()) return;  // a type that the checker has reported
    if (!tlp.is_interrupt()) return write_memory(tlp);
    ++statistics_.interrupts;
    uint32_t data = 0;
    for (unsigned i = 0; i < 4; ++i) data |= uint32_t{tlp.payload[i]} << 8 * i;
    if (msi_handler_) msi_handler_(tlp.address(), data);
}

void RootComplex::write_memory(const Tlp& tlp) {
    if (tlp.length_dw() == 1 && tlp.first_be() == 0) return;  // [P] 2.2.5: a write of no bytes has no effect
    ++statistics_.writes;
    const uint32_t bytes = tlp.byte_span();
    statistics_.write_bytes += bytes;
    std::array<uint8_t, 8> enables;
    const bool gap = gap_enables(tlp, &enables);
    uint64_t delay_ps = 0;
    uint8_t* data = const_cast<uint8_t*>(tlp.payload.data()) + (tlp.first_byte() & 3);  // TLM has no const data; a write reads it
    const auto response = transport(tlp, tlm::TLM_WRITE_COMMAND, tlp.first_byte(), data, bytes, gap ? enables.data() : nullptr,
                                    &delay_ps);
    if (response != tlm::TLM_OK_RESPONSE) ++statistics_.dropped_writes;
    posted_free_ps_ = now_ps() + delay_ps;
}

void RootComplex::continue_read(uint32_t tag) {
    ReadJob& job = jobs_[tag];
    do {
        if (!job.completion && !access_read(job)) return;
        send_completion(job);
        // In a system that reorders, the rest of the request takes its chance among the others.
        if (job.remaining && reorder_ps_) return schedule_read(tag, now_ps() + jitter_ps() / 4);
    } while (job.remaining);
}

bool RootComplex::access_read(ReadJob& job) {
    if (job.fault == ReadFault::unsupported || job.fault == ReadFault::abort) {
        const uint32_t status = job.fault == ReadFault::abort ? TLP_STATUS_CA : TLP_STATUS_UR;
        job.completion = make_completion(*job.request, config_.root_id, status, job.next, job.remaining, nullptr, 0);
        return true;
    }
    const uint32_t bytes = split(job.next, completion_piece(job.next, job.remaining, config_.mps, config_.rcb));
    job.completion = make_completion(*job.request, config_.root_id, TLP_STATUS_SC, job.next, job.remaining, nullptr, bytes);
    if (job.request->first_be() == 0) return true;  // [P] 2.2.5: a read of no bytes, a flush; its data is undefined, ours is zero
    uint64_t delay_ps = 0;
    const auto response = transport(*job.request, tlm::TLM_READ_COMMAND, job.next, job.completion->payload.data() + (job.next & 3),
                                    bytes, nullptr, &delay_ps);
    if (response != tlm::TLM_OK_RESPONSE) {
        ++statistics_.refused_reads;
        job.completion = make_completion(*job.request, config_.root_id, TLP_STATUS_UR, job.next, job.remaining, nullptr, 0);
    }
    if (delay_ps == 0) return true;
    schedule_read(job.request->tag(), now_ps() + delay_ps);
    return false;
}

void RootComplex::send_completion(ReadJob& job) {
    const uint32_t lead = job.next & 3;
    const bool success = job.completion->status() == TLP_STATUS_SC;
    const uint32_t bytes = success ? std::min(job.completion->payload_bytes - lead, job.remaining) : job.remaining;
    job.next += bytes;
    job.remaining -= bytes;
    if (job.fault != ReadFault::none) return send_spoilt(job);
    link_.send_down(std::move(job.completion));
}

void RootComplex::send_spoilt(ReadJob& job) {
    Tlp& tlp = *job.completion;
    TlpPtr more;  // behind it
    switch (job.fault) {
        case ReadFault::lose:
            job.completion.reset();
            if (job.remaining == 0) finish_read(job);  // delivered() never sees its end
            return;
        case ReadFault::poison: tlp.hdr[0] |= REGMAP_BIT(TLP_EP_BIT); break;
        case ReadFault::byte_count:
            tlp.hdr[1] = (tlp.hdr[1] & ~0xFFFu) | ((tlp.hdr[1] + 4) & 0xFFF);
            link_.send_down(std::move(job.completion));
            if (job.remaining == 0) finish_read(job);  // delivered() cannot tell
            return;
        case ReadFault::twice:
        case ReadFault::malformed:
            if (job.remaining) break;  // behind its last part
            more = make_tlp();
            more->hdr = tlp.hdr;
            more->payload_bytes = tlp.payload_bytes;
            more->payload = tlp.payload;
            if (job.fault == ReadFault::malformed) more->hdr[0] |= 0x1Fu << TLP_FMT_TYPE_LSB;
            break;
        default: break;  // the status is in the completion
    }
    link_.send_down(std::move(job.completion));
    if (more) link_.send_down(std::move(more));
}

// An unsupported request of the device that expects an answer.
void RootComplex::refuse(const Tlp& request) {
    link_.send_down(make_completion(request, config_.root_id, TLP_STATUS_UR, 0, 4, nullptr, 0));
}

void RootComplex::delivered(const Tlp& tlp) {
    if (tlp.is_memory_write()) cpu_room_event_.notify();
    if (!tlp.is_completion()) return;
    ReadJob& job = jobs_[tlp.tag()];
    const bool last = tlp.status() != TLP_STATUS_SC || (tlp.lower_address() & 3) + tlp.byte_count() <= tlp.payload_bytes;
    if (!last || !job.request || job.remaining) return;  // the rest of it is still to be read
    finish_read(job);
}

// The answer has left the buffer of the root complex: the next read may have its place.
void RootComplex::finish_read(ReadJob& job) {
    job.request.reset();
    --jobs_active_;
    while (jobs_active_ < config_.outstanding_reads && !waiting_reads_.empty()) {
        Inbound read = std::move(waiting_reads_.front());
        waiting_reads_.pop_front();
        const uint64_t time_ps = std::max(now_ps(), read.due_ps);
        begin_read(std::move(read), time_ps);
    }
    arm();
}

// What had not arrived never will, and nobody is there to be answered.
void RootComplex::removed() {
    posted_.clear();
    posted_applied_ = posted_accepted_;
    completions_.clear();
    waiting_reads_.clear();
    due_reads_.clear();
    for (ReadJob& job : jobs_) job = ReadJob();
    jobs_active_ = 0;
    for (CpuRequest& request : cpu_requests_) request.event.notify();
    cpu_room_event_.notify();
}

tlm::tlm_response_status RootComplex::transport(const Tlp& tlp, tlm::tlm_command command, uint64_t address, uint8_t* data,
                                                uint32_t bytes, uint8_t* enables, uint64_t* delay_ps) {
    extension_.tlp_id = tlp.id;
    extension_.requester = tlp.requester();
    extension_.tag = tlp.tag();
    transaction_.set_command(command);
    transaction_.set_address(address);
    transaction_.set_data_ptr(data);
    transaction_.set_data_length(bytes);
    transaction_.set_streaming_width(bytes);
    transaction_.set_byte_enable_ptr(enables);
    transaction_.set_byte_enable_length(enables ? bytes : 0);
    transaction_.set_dmi_allowed(false);
    transaction_.set_response_status(tlm::TLM_INCOMPLETE_RESPONSE);
    // [T] 11.1.3.1: the delay on the way in says how far the initiator is ahead of the kernel.
    const sc_core::sc_time ahead = ps_time(now_ps()) - sc_core::sc_time_stamp();
    sc_core::sc_time delay = ahead;
    memory_socket->b_transport(transaction_, delay);
    *delay_ps = (delay - ahead).value();
    return transaction_.get_response_status();
}

}  // namespace hw
