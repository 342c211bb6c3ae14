// SPDX-License-Identifier: Apache-2.0
#include "client_end.h"

#include <new>

#include "sim_time.h"

namespace sim {

ClientEnd::ClientEnd(wire_client_config config, hw::EventStream& events) : events_(events) {
    config.ctx = this;
    config.report = [](void* ctx, const char* check, const char* clause, const char* message) {
        static_cast<ClientEnd*>(ctx)->events_.violate({hw::now_ps(), check, clause, message, -1});
    };
    client_.reset(wire_client_create(&config));
    if (!client_) throw std::bad_alloc();
}

void ClientEnd::start(std::function<void()> kick, std::function<void()> changed) {
    kick_ = std::move(kick);
    changed_ = std::move(changed);
    run();
}

void ClientEnd::run() {
    wire_client_run(client_.get(), hw::now_ps());
    moved();
}

// After anything that it did: what it has to send, and when it will do something by itself.
void ClientEnd::moved() {
    run_alarm_.set(wire_client_due_ps(client_.get()));
    if (wire_client_has_frames(client_.get())) kick_();
    changed_();
}

bool ClientEnd::next(const uint8_t** data, size_t* length) { return (*length = wire_client_next(client_.get(), data)) != 0; }

void ClientEnd::take(const uint8_t* data, size_t length) {
    wire_client_receive(client_.get(), hw::now_ps(), data, length);
    moved();
}

}  // namespace sim
