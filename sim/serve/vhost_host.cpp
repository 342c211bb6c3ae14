// SPDX-License-Identifier: Apache-2.0
#include "serve/vhost_host.h"

#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <cstring>

#include "regmap.h"
#include "sim_time.h"

namespace sim {
namespace {

constexpr uint64_t poll_ps = 1'000'000;      // of simulated time between two looks at the sockets: some 250 cycles
constexpr uint64_t lead_in_ps = 10'000'000;  // for the NIC to fetch the first receive descriptors, as in traffic_run.cpp
constexpr uint64_t quiet_looks = 10,
                   most_looks = 100'000;  // a NIC without a cycle in so many looks is idle; how long that may take
constexpr unsigned receive_ring = 0, least_rings = 2;

constexpr uint64_t bit(unsigned number) { return uint64_t{1} << number; }

// What a front-end may negotiate. Not among them: what travels in registers that it does not have (notification data, configuration
// changes, reset of one ring), and indirect descriptors: DPDK marks the header in its transmit tables as a buffer to
// be written (drivers/net/virtio, vring_desc_init_indirect_packed), which no device may read, and this one drops such a packet.
constexpr uint64_t passed_on = bit(VIRTIO_NET_F_CSUM_BIT) | bit(VIRTIO_NET_F_GUEST_CSUM_BIT) | bit(VIRTIO_NET_F_MAC_BIT) |
                               bit(VIRTIO_NET_F_MRG_RXBUF_BIT) | bit(VIRTIO_NET_F_MQ_BIT) | bit(VIRTIO_F_EVENT_IDX_BIT) | bit(VIRTIO_F_VERSION_1_BIT) |
                               bit(VIRTIO_F_RING_PACKED_BIT) | bit(VIRTIO_F_IN_ORDER_BIT);

}  // namespace

VhostHost::VhostHost(const serve_config& config) : config_(config), from_wire_(config.from_wire) {
    device_.ctx = this;
    device_.changed = [](void* ctx, char* error, size_t size) { return static_cast<VhostHost*>(ctx)->changed(error, size); };
    device_.stop = [](void* ctx) { static_cast<VhostHost*>(ctx)->stop_device(); };
}

void VhostHost::attach(System& system) {
    system_ = &system;
    platform_ = system.platform->seam();
    system.partner->play(
        [this](const uint8_t** data, size_t* length, uint64_t* not_before_ps) { return play(data, length, not_before_ps); });
    system.partner->record([this](const uint8_t* data, size_t length, const hw::Frame& frame) {
        if (config_.to_wire) capture_writer_add(config_.to_wire, frame.first.value(), data, length);
        if (tap_) tap_->take(data, length);
        if (answered_ < from_wire_.next) answered_++;
        if (config_.in_flight) system_->partner->kick();
    });
    if (config_.tap >= 0) tap_.emplace(TapEnd::Config{config_.tap, false, 0, config_.stop}, system.events);
    system.cpu->spawn("vhost", [this] { main(); });
}

void VhostHost::main() {
    if (start_machine()) serve();
    sc_core::sc_stop();
}

bool VhostHost::start_machine() {
    error_ = system_->bus->start();
    if (!error_.empty()) return false;
    if (virtio_pci_open(&pci_, platform_) != 0 || virtio_pci_reset(&pci_, true) != 0) {
        error_ = pci_.error;
        return false;
    }
    device_.features = virtio_pci_offered(&pci_) & passed_on;
    uint16_t pairs = 1;
    if (device_.features & bit(VIRTIO_NET_F_MQ_BIT) && virtio_pci_read_config(&pci_, VIRTIO_NET_CONFIG_MAX_VIRTQUEUE_PAIRS, &pairs, sizeof pairs) != 0) {
        error_ = pci_.error;
        return false;
    }
    device_.pairs = std::clamp<unsigned>(pairs, 1, VHOST_USER_MAX_PAIRS);
    if (device_.pairs == 1) device_.features &= ~bit(VIRTIO_NET_F_MQ_BIT);
    net_config_.resize(std::min<size_t>(pci_.device.length, VHOST_USER_MAX_CONFIG));
    if (virtio_pci_read_config(&pci_, 0, net_config_.data(), static_cast<uint32_t>(net_config_.size())) != 0) {
        error_ = pci_.error;
        return false;
    }
    device_.config = net_config_.data();
    device_.config_size = static_cast<uint32_t>(net_config_.size());
    for (unsigned ring = 0; ring < 2 * device_.pairs; ring++)
        if (system_->bus->connect(ring + 1, [this, ring] { call(ring); }) != 0) {
            error_ = "the device has no MSI-X vector " + std::to_string(ring + 1);
            return false;
        }
    return true;
}

void VhostHost::serve() {
    if (tap_) tap_->start([this] { system_->partner->kick(); }, [] {});
    while (!*config_.stop && !(config_.sessions && served_ >= config_.sessions)) {
        look_at_sockets();
        system_->cpu->sleep(hw::ps_time(poll_ps));
    }
    if (connected_) end_session();
}

// ---- the front-end -------------------------------------------------------------------------------------------------------------------

void VhostHost::look_at_sockets() {
    pollfd polls[2 + VHOST_USER_MAX_RINGS];
    nfds_t count = 0;
    polls[count++] = {connected_ ? session_.fd : config_.listener, POLLIN, 0};
    if (running_)
        for (unsigned ring = 0; ring < rings_; ring++)
            if (session_.rings[ring].kick >= 0) polls[count++] = {session_.rings[ring].kick, POLLIN, 0};
    if (tap_) polls[count++] = {config_.tap, POLLIN, 0};  // ends the wait; tap_ looks for itself
    if (running_ && !flowing_) let_flow();
    const int ready = ::poll(polls, count, pace_.wait_ms());
    if (connected_ && vhost_memory_withdrawn(&session_.memory)) {
        std::snprintf(session_.error, sizeof session_.error, "it took memory away that the device was using");
        return end_session();
    }
    if (ready <= 0) return;
    take_kicks();
    if (!polls[0].revents) return;
    if (!connected_) return accept_front_end();
    int status;
    while ((status = vhost_user_step(&session_)) > 0) continue;
    if (status < 0) end_session();
}

void VhostHost::accept_front_end() {
    const int fd = accept4(config_.listener, nullptr, nullptr, SOCK_CLOEXEC | SOCK_NONBLOCK);
    if (fd < 0) return;
    vhost_user_open(&session_, fd, &device_);
    record_ = {};
    connected_ = true;
}

void VhostHost::end_session() {
    std::snprintf(record_.error, sizeof record_.error, "%s", session_.error);
    vhost_user_close(&session_);
    connected_ = false;
    served_++;
    if (*record_.error) report("vhost.session", "vhost-user", std::string("the front-end's session was ended: ") + record_.error);
    if (config_.ended) config_.ended(config_.ctx, &record_);
}

void VhostHost::take_kicks() {
    for (unsigned ring = 0; running_ && ring < rings_; ring++) {
        uint64_t count;
        if (session_.rings[ring].kick < 0 || read(session_.rings[ring].kick, &count, sizeof count) <= 0) continue;
        record_.kicks++;
        kicked_[ring] = true;
        ring_doorbell(ring);
    }
}

void VhostHost::report(const char* check, const char* clause, const std::string& message) {
    system_->events.violate({0, check, clause, message, -1});
}

void VhostHost::call(unsigned ring) {
    if (!running_ || session_.rings[ring].call < 0) return;
    record_.calls++;
    vhost_user_call(&session_, ring);
}

// ---- the device ----------------------------------------------------------------------------------------------------------------------

uint8_t* VhostHost::memory(uint64_t address, uint64_t length) {
    if (uint8_t* its = vhost_memory_at(&session_.memory, address, length)) return its;
    for (const Area& area : own_)
        if (address >= area.address && length <= area.bytes && address - area.address <= area.bytes - length)
            return system_->memory->ram().at(hw::Iommu::physical(address));
    return nullptr;
}

// Of these the first ones that are enabled: a front-end of several queues begins with one.
unsigned VhostHost::pairs_enabled() const {
    unsigned pairs = 0;
    while (2 * pairs + 1 < rings_ && vhost_user_ring_live(&session_, 2 * pairs) && vhost_user_ring_live(&session_, 2 * pairs + 1)) pairs++;
    return pairs;
}

int VhostHost::changed(char* error, size_t error_size) {
    bool live = session_.features_set;
    for (unsigned ring = 0; ring < least_rings; ring++) live = live && vhost_user_ring_live(&session_, ring);
    if (!running_ && live) return start_device(error, error_size);
    const unsigned pairs = running_ && control_.vq ? pairs_enabled() : pairs_;
    if (pairs != pairs_ && pairs > 0) {
        if (const int status = virtio_ctrl_set_pairs(&control_, static_cast<uint16_t>(pairs)); status != 0) {
            std::snprintf(error, error_size, "%s", pci_.error);
            return status;
        }
        pairs_ = pairs;
        for (unsigned ring = 0; ring < 2 * pairs; ring++) ring_doorbell(ring);  // a device need not heed those of pairs that are off
    }
    let_flow();
    return 0;
}

// A ring that is disabled while it runs gets no frames.
void VhostHost::let_flow() {
    const bool flowing = running_ && takes_frames();
    const bool begins = flowing && !flowing_;
    if (begins) system_->cpu->sleep(hw::ps_time(lead_in_ps));
    flowing_ = flowing;
    if (begins) system_->partner->kick();
}

// Rings start by a kick (vhost-user, "Starting and stopping rings"), and that matters: DPDK fills its receive rings, later throws away
// what came in the meantime (virtio_dev_start, "Flush the old packets"), and only then kicks them. Of several, those that it has filled.
bool VhostHost::takes_frames() {
    if (!vhost_user_ring_live(&session_, receive_ring) || !started(receive_ring)) return false;
    for (unsigned ring = receive_ring + 2; ring < 2 * pairs_; ring += 2)
        if (!started(ring) && has_buffers(ring)) return false;
    return true;
}

// Did the front-end kick the ring? One that has no file for that is started by its first buffer.
bool VhostHost::started(unsigned ring) {
    if (session_.rings[ring].kick < 0 && !kicked_[ring] && has_buffers(ring)) {
        kicked_[ring] = true;
        ring_doorbell(ring);
    }
    return kicked_[ring];
}

// Before its first lap: the first descriptor is available. [V] 2.8.1
bool VhostHost::has_buffers(unsigned ring) const {
    constexpr unsigned marks = 1u << VIRTQ_DESC_F_AVAIL_BIT | 1u << VIRTQ_DESC_F_USED_BIT;
    const uint8_t* descriptor = vhost_memory_at(&session_.memory, session_.rings[ring].desc, VIRTQ_DESC_SIZE);
    if (!descriptor) return false;
    const unsigned flags = descriptor[VIRTQ_DESC_FLAGS] | static_cast<unsigned>(descriptor[VIRTQ_DESC_FLAGS + 1]) << 8;
    return (flags & marks) == 1u << VIRTQ_DESC_F_AVAIL_BIT;
}

// The control queue of a device with several pairs is the host's: its memory must not be where the front-end has some.
int VhostHost::start_control(char* error, size_t error_size) {
    const int status = virtio_ctrl_open(&control_, &pci_, virtio_ctrl_queue(&pci_, static_cast<uint16_t>(device_.pairs)));
    if (status != 0) return status;
    const vq_addresses ring = vq_get_addresses(control_.vq);
    constexpr uint64_t event_bytes = 4, line = 64;
    own_ = {{control_.iova, control_.request_bytes + line}, {ring.desc, uint64_t{ring.size} * VIRTQ_DESC_SIZE}, {ring.driver, event_bytes}, {ring.device, event_bytes}};
    for (const Area& area : own_)
        if (vhost_memory_at(&session_.memory, area.address, 1)) {
            std::snprintf(error, error_size, "its memory is at 0x%llx, where the host has its control queue", static_cast<unsigned long long>(area.address));
            return -EADDRINUSE;
        }
    virtio_pci_enable_queue(&pci_, control_.queue);
    return 0;
}

int VhostHost::start_device(char* error, size_t error_size) {
    uint64_t wanted = session_.features & passed_on;
    const bool several = wanted & bit(VIRTIO_NET_F_MQ_BIT);
    if (several) wanted |= bit(VIRTIO_NET_F_CTRL_VQ_BIT);
    *error = '\0';
    rings_ = vhost_user_rings(&session_);
    int status = virtio_pci_negotiate(&pci_, wanted, 0);
    for (unsigned ring = 0; status == 0 && ring < rings_; ring++) {
        const vhost_user_ring& its = session_.rings[ring];
        const vq_addresses addresses = {its.desc, its.driver, its.device, its.size};
        status = virtio_pci_place_queue(&pci_, static_cast<uint16_t>(ring), &addresses, static_cast<uint16_t>(ring + 1), &doorbells_[ring]);
    }
    if (status == 0 && several) status = start_control(error, error_size);
    if (status != 0) {
        if (*error == '\0') std::snprintf(error, error_size, "%s", pci_.error);
        virtio_pci_reset(&pci_, true);
        virtio_ctrl_close(&control_);
        own_.clear();
        return status;
    }
    for (unsigned ring = 0; ring < rings_; ring++) virtio_pci_enable_queue(&pci_, static_cast<uint16_t>(ring));
    virtio_pci_driver_ok(&pci_);
    running_ = true;
    std::fill(std::begin(kicked_), std::end(kicked_), false);
    pairs_ = 1;
    record_.features = wanted;
    record_.pairs = rings_ / 2;
    record_.starts++;
    // What was made available before counts as kicked.
    for (unsigned ring = 0; ring < rings_; ring++) ring_doorbell(ring);
    system_->cpu->sleep(hw::ps_time(lead_in_ps));
    if (config_.started) config_.started(config_.ctx, &record_);
    return changed(error, error_size);
}

// What the front-end made available is done before the device stops: it counts its frames as sent.
void VhostHost::drain() {
    take_kicks();
    uint64_t evaluated = system_->nic->cycles_evaluated(), quiet = 0;
    for (uint64_t looks = 0; looks < most_looks && quiet < quiet_looks; looks++) {
        system_->cpu->sleep(hw::ps_time(poll_ps));
        quiet = system_->nic->cycles_evaluated() == evaluated ? quiet + 1 : 0;
        evaluated = system_->nic->cycles_evaluated();
    }
}

void VhostHost::stop_device() {
    if (!running_) return;
    flowing_ = false;
    drain();
    if (virtio_pci_reset(&pci_, true) != 0) report("vhost.reset", "[V] 2.4", pci_.error);
    virtio_ctrl_close(&control_);
    own_.clear();
    running_ = false;
    note_statistics();
}

void VhostHost::ring_doorbell(unsigned ring) {
    platform_->ops->mmio_write(platform_->ctx, pci_.notify.bar, doorbells_[ring], 2, ring);
}

void VhostHost::note_statistics() {
    const auto counter = [this](uint32_t offset) {
        const auto half = [&](uint32_t at) { return uint64_t{platform_->ops->mmio_read(platform_->ctx, 0, BAR0_STATS + at, 4)}; };
        return half(offset) | half(offset + 4) << 32;
    };
    const uint64_t delivered = counter(STATS_RX_FRAMES), dropped = counter(STATS_RX_DROPS_NO_BUFFER) + counter(STATS_RX_DROPS_FIFO);
    record_.to_host += delivered - delivered_before_;
    record_.dropped += dropped - dropped_before_;
    record_.to_wire += system_->partner->frames_recorded() - recorded_before_;
    delivered_before_ = delivered;
    dropped_before_ = dropped;
    recorded_before_ = system_->partner->frames_recorded();
}

// What comes while no front-end takes frames is lost, as on a wire that leads to a machine which is off.
int64_t VhostHost::play_tap(const uint8_t** data, size_t* length) {
    if (flowing_) return tap_->next(data, length) ? tap_frames_++ : -2;
    while (tap_->next(data, length)) record_.dropped++;
    return -2;
}

void VhostHost::report(machine_result& result) const {
    if (tap_) tap_->report(result);
}

int64_t VhostHost::play(const uint8_t** data, size_t* length, uint64_t* not_before_ps) {
    if (tap_) return play_tap(data, length);
    if (from_wire_.next == frame_source_count(&from_wire_)) return -1;
    if (!flowing_ || (config_.in_flight && from_wire_.next - answered_ >= config_.in_flight)) return -2;
    if (!source_started_) start_ps_ = hw::now_ps();
    source_started_ = true;
    const int64_t number = frame_source_next(&from_wire_, data, length, not_before_ps);
    *not_before_ps += start_ps_;
    return number;
}

}  // namespace sim
