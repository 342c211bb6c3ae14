// SPDX-License-Identifier: Apache-2.0
// Who is at the other end of the cable when it is somebody who answers: what it sends depends on what it gets, and nobody knows it beforehand.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>

namespace sim {

class WireEnd {
public:
    virtual ~WireEnd() = default;
    // Traffic may flow. `kick`: it has frames; `changed`: done() may have another answer.
    virtual void start(std::function<void()> kick, std::function<void()> changed) = 0;
    // Its next frame, without FCS, valid until the next call. False: there is none now.
    virtual bool next(const uint8_t** data, size_t* length) = 0;
    // A frame of the NIC's, without FCS.
    virtual void take(const uint8_t* data, size_t length) = 0;
    // It wants no more of this run.
    virtual bool done() const = 0;
    // It moves by itself at this time, if nothing happens before; UINT64_MAX: it never does. 0: nobody knows, for it lives in another time.
    virtual uint64_t due_ps() const = 0;
};

}  // namespace sim
