// SPDX-License-Identifier: Apache-2.0
// A client (wire_client.h) as the other end of the cable: requests that are the same in every run.
#pragma once

#include <memory>

#include "alarm.h"
#include "event.h"
#include "wire_client.h"
#include "wire_end.h"

namespace sim {

class ClientEnd : public WireEnd {
public:
    // `config` without its report, which goes to `events`.
    ClientEnd(wire_client_config config, hw::EventStream& events);

    void start(std::function<void()> kick, std::function<void()> changed) override;
    bool next(const uint8_t** data, size_t* length) override;
    void take(const uint8_t* data, size_t length) override;
    bool done() const override { return wire_client_done(client_.get()); }
    uint64_t due_ps() const override { return wire_client_due_ps(client_.get()); }
    wire_client_counts counts() const { return wire_client_get_counts(client_.get()); }

private:
    struct Destroy {
        void operator()(wire_client* client) const { wire_client_destroy(client); }
    };
    void run();
    void moved();

    hw::EventStream& events_;
    std::unique_ptr<wire_client, Destroy> client_;
    std::function<void()> kick_, changed_;
    hw::Alarm run_alarm_{this, hw::Alarm::call<ClientEnd, &ClientEnd::run>};
};

}  // namespace sim
