// SPDX-License-Identifier: Apache-2.0
// The bytes of a TLM-2.0 transaction that its byte enables leave, run by run.
#pragma once

#include <tlm>

namespace hw {

// Calls f(offset, length) for each run of enabled bytes, in order, until f returns false; once with length 0 when none is enabled
// (a zero-length read, [P] 2.2.5, still needs a mapping). False: f did.
template <class F>
bool for_each_enabled(const tlm::tlm_generic_payload& transaction, F f) {
    const unsigned char* enables = transaction.get_byte_enable_ptr();
    const unsigned length = transaction.get_data_length();
    if (!enables) return f(0u, length);
    const unsigned period = transaction.get_byte_enable_length();  // [T] 14.13: the pattern repeats
    const auto enabled = [&](unsigned i) { return enables[i % period] == TLM_BYTE_ENABLED; };
    bool any = false;
    for (unsigned start = 0; start < length; start++) {
        if (!enabled(start)) continue;
        unsigned end = start + 1;
        while (end < length && enabled(end)) end++;
        if (!f(start, end - start)) return false;
        any = true;
        start = end;
    }
    return any || f(0u, 0u);
}

}  // namespace hw
