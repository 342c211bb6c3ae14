// SPDX-License-Identifier: Apache-2.0
#include "serve/pci_server.h"

#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <cstdio>

#include "sim_time.h"

namespace sim {
namespace {

constexpr uint64_t poll_ps = 1'000'000;     // of simulated time between two looks at the sockets: some 250 cycles
constexpr int wait_ms = 50;                 // so that a signal is seen soon
constexpr int longest_silence_ms = 60'000;  // of a kernel that has its processor
constexpr uint64_t for_ever_ps = UINT64_C(100'000) * 1'000'000'000'000;

int accept_one(int listener) { return accept4(listener, nullptr, nullptr, SOCK_CLOEXEC | SOCK_NONBLOCK); }

}  // namespace

PciServer::PciServer(const serve_config& config) : config_(config), from_wire_(config.from_wire) {
    const bool in_band = config.calendar_listener >= 0;
    const uint64_t interrupt_ps = in_band ? config.scenario->cpu_interrupt_ns * 1000 : 0;
    for (int listener : {config.listener, config.second_listener})
        if (listener >= 0) {
            hosts_.push_back(std::make_unique<Host>(static_cast<unsigned>(hosts_.size()), in_band, interrupt_ps));
            hosts_.back()->listener = listener;
        }
}

PciServer::~PciServer() {
    for (auto& host : hosts_)
        if (host->kernel_here) calendar_close(&host->kernel);
}

std::vector<ForeignHost> PciServer::hosts() {
    std::vector<ForeignHost> all;
    for (auto& host : hosts_)
        all.push_back({[&pci = host->pci](uint64_t address, uint64_t length) { return pci.memory_at(address, length); },
                       PciHost::window_base, PciHost::window_bytes});
    return all;
}

void PciServer::attach(System& system) {
    system_ = &system;
    if (config_.tap >= 0) tap_.emplace(TapEnd::Config{config_.tap, false, 0, config_.stop}, system.events);
    for (size_t i = 0; i < hosts_.size(); i++) hosts_[i]->pci.attach(*system.slots[i], *system.slots[i]->partner);
    join_cables();
    sc_core::sc_spawn([this] { main(); }, "pci_server");
}

// ---- the wire -------------------------------------------------------------------------------------------------------------------

void PciServer::join_cables() {
    for (size_t i = 0; i < hosts_.size(); i++) {
        Host* other = hosts_.size() == 2 ? hosts_[1 - i].get() : nullptr;
        hw::LinkPartner* partner = system_->slots[i]->partner.get();
        Host* own = hosts_[i].get();
        hw::LinkPartner* far = other ? system_->slots[1 - i]->partner.get() : partner;
        partner->record([this, own, other, far](const uint8_t* data, size_t length, const hw::Frame& frame) {
            note_frame(*own, frame.bytes.size(), frame.first.value(), frame.last.value());
            if (config_.to_wire) capture_writer_add(config_.to_wire, frame.first.value(), data, length);
            if (tap_) tap_->take(data, length);
            if (other) other->frames.emplace_back(data, data + length);
            if (other || !speaks_) far->kick();
            speaks_ = true;
        });
        if (!other)
            partner->play([this](const uint8_t** data, size_t* length, uint64_t* not_before_ps) {
                return play_own(data, length, not_before_ps);
            });
        else
            partner->play([own](const uint8_t** data, size_t* length, uint64_t* not_before_ps) -> int64_t {
                if (own->frames.empty()) return -2;
                own->playing = std::move(own->frames.front());
                own->frames.pop_front();
                *data = own->playing.data();
                *length = own->playing.size();
                own->asked_ps = hw::now_ps();
                *not_before_ps = 0;
                return 0;
            });
    }
}

void PciServer::note_frame(Host& host, size_t bytes, uint64_t first_ps, uint64_t last_ps) {
    if (host.bytes == 0) host.first_ps = first_ps;
    host.bytes += bytes;
    host.last_ps = last_ps;
    if (host.asked_ps == 0 || first_ps <= host.asked_ps) return;  // it was under way already
    host.answers_ps.push_back(first_ps - host.asked_ps);
    host.asked_ps = 0;
}

void PciServer::report_frames(Host& host, serve_session& session) {
    session.to_wire_bytes = host.bytes;
    session.first_ps = host.first_ps;
    session.last_ps = host.last_ps;
    std::sort(host.answers_ps.begin(), host.answers_ps.end());
    session.answers = host.answers_ps.size();
    if (session.answers) {
        session.answer_min_ps = host.answers_ps.front();
        session.answer_median_ps = host.answers_ps[(session.answers - 1) / 2];
        session.answer_max_ps = host.answers_ps.back();
    }
    host.bytes = host.asked_ps = 0;
    host.answers_ps.clear();
}

// To a single host: what the interface has; or the frames of the scenario, from the host's first frame on: it is up then.
int64_t PciServer::play_own(const uint8_t** data, size_t* length, uint64_t* not_before_ps) {
    if (tap_) return tap_->next(data, length) ? tap_frames_++ : -2;
    if (!speaks_) return from_wire_.next < frame_source_count(&from_wire_) ? -2 : -1;
    if (!source_started_) start_ps_ = hw::now_ps();
    source_started_ = true;
    const int64_t number = frame_source_next(&from_wire_, data, length, not_before_ps);
    *not_before_ps += start_ps_;
    return number;
}

// ---- hosts that come and go -----------------------------------------------------------------------------------------------------

void PciServer::main() {
    if (config_.calendar_listener >= 0)
        serve_in_simulated_time();
    else
        serve_in_wall_time();
    for (auto& host : hosts_) host->pci.leave("");
    while (
        std::any_of(hosts_.begin(), hosts_.end(), [](const auto& host) { return host->pci.connected() && !host->pci.finished(); }))
        sc_core::wait(hw::ps_time(poll_ps));
    see_who_left();
    sc_core::sc_stop();
}

bool PciServer::over() {
    for (auto& host : hosts_)
        if (error_.empty()) error_ = host->pci.error();
    const auto all_served = [this](const auto& host) { return config_.sessions && host->served >= config_.sessions; };
    return *config_.stop || !error_.empty() || std::all_of(hosts_.begin(), hosts_.end(), all_served);
}

void PciServer::accept(Host& host) {
    if (host.pci.connected() || (config_.sessions && host.served >= config_.sessions)) return;
    if (const int fd = accept_one(host.listener); fd >= 0) host.pci.open(fd);
}

void PciServer::see_who_left() {
    for (auto& host : hosts_) {
        if (!host->pci.finished()) continue;
        serve_session session = host->pci.close();
        report_frames(*host, session);
        host->served++;
        if (*session.error)
            system_->events.violate(
                {0, "pci.session", "virtio_pcidev", std::string("the host's session was ended: ") + session.error, -1});
        if (config_.ended) config_.ended(config_.ctx, &session);
    }
}

// ---- in wall time ---------------------------------------------------------------------------------------------------------------

void PciServer::serve_in_wall_time() {
    std::vector<pollfd> polls;
    if (tap_) tap_->start([this] { system_->slots[0]->partner->kick(); }, [] {});
    while (!over()) {
        polls.clear();
        if (tap_) polls.push_back({config_.tap, POLLIN, 0});  // ends the wait; tap_ looks for itself
        for (auto& host : hosts_) {
            if (!host->pci.connected()) polls.push_back({host->listener, POLLIN, 0});
            host->pci.wishes(polls);
        }
        ::poll(polls.data(), polls.size(), pace_.wait_ms());
        for (auto& host : hosts_) {
            accept(*host);
            host->pci.look();
            host->pci.tell_messages();
        }
        see_who_left();
        sc_core::wait(hw::ps_time(poll_ps));
    }
}

// ---- in simulated time ----------------------------------------------------------------------------------------------------------

uint64_t PciServer::now_ns() const { return (hw::now_ps() - epoch_ps_) / 1000; }

void PciServer::serve_in_simulated_time() {
    const auto busy = [](const auto& host) { return !host->pci.idle(); };
    while (std::any_of(hosts_.begin(), hosts_.end(), busy)) sc_core::wait(hw::ps_time(poll_ps));
    epoch_ps_ = hw::now_ps();
    if (!meet_kernels()) return;
    while (!over() && one_step()) see_who_left();
}

// Simulated time starts when all are there.
bool PciServer::meet_kernels() {
    while (!over()) {
        if (std::all_of(hosts_.begin(), hosts_.end(), [](const auto& host) { return host->kernel_here; })) return true;
        pollfd poll = {config_.calendar_listener, POLLIN, 0};
        if (::poll(&poll, 1, wait_ms) > 0 && !meet_one()) return false;
    }
    return false;
}

// Its first message says whose kernel it is.
bool PciServer::meet_one() {
    calendar_kernel kernel{};
    const int fd = accept_one(config_.calendar_listener);
    if (fd < 0) return true;
    calendar_open(&kernel, fd);
    int status = 0;
    for (int waited = 0; status == 0 && waited < longest_silence_ms && !*config_.stop; waited += wait_ms) {
        pollfd poll = {fd, POLLIN, 0};
        ::poll(&poll, 1, wait_ms);
        status = calendar_step(&kernel, 0);
    }
    if (status == 1 && kernel.id < hosts_.size() && !hosts_[kernel.id]->kernel_here) {
        hosts_[kernel.id]->kernel = kernel;
        hosts_[kernel.id]->kernel_here = true;
        return true;
    }
    calendar_close(&kernel);
    char message[200];
    std::snprintf(message, sizeof message, "a kernel connected as host %llu: %s", static_cast<unsigned long long>(kernel.id),
                  *kernel.error ? kernel.error : "each host has one number, from 0, as in time-travel=ext:NUMBER:SOCKET");
    system_->events.violate({0, "pci.calendar", "um_timetravel", message, -1});
    return false;
}

void PciServer::end_kernel(Host& host, const std::string& error) {
    calendar_close(&host.kernel);
    host.kernel.running = false;
    host.kernel.wakes_ns = INT64_MAX;
    if (!host.pci.connected()) host.served++;  // it ended without having looked for its device
    if (!error.empty() && !host.pci.connected()) system_->events.violate({0, "pci.calendar", "um_timetravel", error, -1});
    host.pci.leave(error);
}

// The kernel works, and simulated time stands still, until it waits; or, where it was called, until it has answered. False: it is
// gone.
bool PciServer::let_work(Host& host, bool until_called) {
    std::vector<pollfd> polls;
    int silence_ms = 0;
    while (host.kernel.fd >= 0 && (host.kernel.running || (until_called && !host.pci.called()))) {
        int status = calendar_step(&host.kernel, now_ns());
        if (status < 0) end_kernel(host, host.kernel.error);
        accept(host);
        host.pci.look();
        if (status != 0) {
            silence_ms = 0;
            continue;
        }
        polls.assign(1, {host.kernel.fd, POLLIN, 0});
        host.pci.wishes(polls);
        if (!host.pci.connected()) polls.push_back({host.listener, POLLIN, 0});
        if (::poll(polls.data(), polls.size(), wait_ms) > 0)
            silence_ms = 0;
        else
            silence_ms += wait_ms;
        if (*config_.stop || silence_ms >= longest_silence_ms)
            end_kernel(host, *config_.stop ? "" : "its kernel did not say anything for a minute");
    }
    return host.kernel.fd >= 0;
}

// One turn: kernels work, the machine works, the first that are due are told. False: nobody is left.
bool PciServer::one_step() {
    uint64_t next_ps = for_ever_ps;
    bool anybody = false;
    for (auto& host : hosts_) {
        let_work(*host, false);
        if (host->kernel.fd >= 0 && host->kernel.wakes_ns < for_ever_ps / 1000)
            next_ps = std::min(next_ps, epoch_ps_ + host->kernel.wakes_ns * 1000);
        next_ps = std::min(next_ps, host->pci.message_due_ps());
        anybody = anybody || host->kernel.fd >= 0 || host->pci.connected();
    }
    if (!anybody) return false;
    if (now_ns() / 1000 >= config_.scenario->limits_max_time_us) {
        system_->events.violate({0, "progress", "limits.max_time_us", "a kernel has not switched off yet", -1});
        return false;
    }
    const auto leaving = [](const auto& host) { return host->kernel.fd < 0 && host->pci.connected(); };
    if (next_ps == for_ever_ps && std::none_of(hosts_.begin(), hosts_.end(), leaving)) {
        error_ = "all kernels wait for an interrupt that nothing will cause";
        return false;
    }
    if (next_ps > hw::now_ps()) {
        sc_core::sc_event_or_list changes;
        for (auto& host : hosts_) changes |= host->pci.changed();
        sc_core::wait(hw::ps_time(next_ps - hw::now_ps()), changes);
    } else {
        sc_core::wait(sc_core::SC_ZERO_TIME);
    }
    for (auto& host : hosts_) {
        if (host->pci.tell_messages()) let_work(*host, true);
        if (host->kernel.fd >= 0 && !host->kernel.running && host->kernel.wakes_ns <= now_ns() &&
            calendar_run(&host->kernel, host->kernel.wakes_ns) != 0)
            end_kernel(*host, host->kernel.error);
    }
    return true;
}

}  // namespace sim
