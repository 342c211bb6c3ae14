// SPDX-License-Identifier: Apache-2.0
#include "live_traffic.h"

#include <unistd.h>

#include <algorithm>
#include <iterator>
#include <stdexcept>
#include <string>

#include "tap.h"

namespace sim {
namespace {

const volatile std::sig_atomic_t never = 0;

// The client is the server's next neighbour: the first other address of its network.
wire_client_config client_config(const scenario& scenario) {
    wire_client_config config{};
    scenario_parse_address(scenario.driver_address, &config.server, nullptr);
    config.address = config.server ^ 3;
    std::copy(std::begin(scenario_partner_mac), std::end(scenario_partner_mac), config.mac);
    config.requests = static_cast<unsigned>(scenario.wire_requests);
    config.connections = static_cast<unsigned>(scenario.wire_connections);
    config.bytes = scenario.wire_request_bytes;
    config.seed = scenario.seed;
    return config;
}

}  // namespace

LiveTraffic::LiveTraffic(const scenario& scenario, bool by_flow, const volatile std::sig_atomic_t* stop, hw::EventStream& events, LiveCheck::Report report)
    : to_wire_("to the wire", by_flow, false, report), to_host_("to the host", by_flow, scenario.expect_drops, report) {
    if (*scenario.wire_tap == '\0') {
        auto client = std::make_unique<ClientEnd>(client_config(scenario), events);
        client_ = client.get();
        end_ = std::move(client);
        return;
    }
    char error[256];
    fd_ = tap_open(scenario.wire_tap, error, sizeof error);
    if (fd_ < 0) throw std::runtime_error(std::string("wire.tap: ") + error);
    auto tap = std::make_unique<TapEnd>(TapEnd::Config{fd_, true, scenario.wire_ahead_ms * 1'000'000'000, stop ? stop : &never}, events);
    tap_ = tap.get();
    end_ = std::move(tap);
}

LiveTraffic::~LiveTraffic() {
    end_.reset();
    if (fd_ >= 0) close(fd_);
}

int64_t LiveTraffic::reached_wire(const uint8_t* data, size_t length) {
    const int64_t number = to_wire_.arrived(data, length);
    end_->take(data, length);
    return number;
}

bool LiveTraffic::next(uint64_t number, const uint8_t** data, size_t* length) {
    if (!end_->next(data, length)) return false;
    to_host_.sent(number, *data, *length);
    return true;
}

void LiveTraffic::report(machine_result& result) {
    to_wire_.finish();
    to_host_.finish();
    result.live = MACHINE_LIVE_CLIENT;
    if (tap_) {
        tap_->report(result);
    } else {
        const wire_client_counts counts = client_->counts();
        result.client_pages = counts.pages;
        result.client_bytes = counts.bytes;
        result.client_again = counts.again;
        result.client_late = counts.late;
    }
}

}  // namespace sim
