// SPDX-License-Identifier: Apache-2.0
#include "losses.h"

namespace sim {

void Losses::mark(uint64_t number, uint8_t flag) {
    if (number >= state_.size() || state_[number] & flag) return;
    if (state_[number] == 0) ++settled_;
    if (flag == has_arrived) ++arrived_;
    state_[number] |= flag;
    while (first_out_ < taken_ && state_[first_out_] & has_arrived) ++first_out_;
}

void Losses::taken(uint64_t number) {
    if (!tracked()) return;
    taken_ = number + 1;
    if (open_) mark(number, is_excused);
}

void Losses::arrived(uint64_t number) { mark(number, has_arrived); }

void Losses::excuse(uint64_t number) { mark(number, is_excused); }

void Losses::begin() {
    ++open_;
    for (uint64_t number = first_out_; number < taken_; ++number)
        if (!(state_[number] & has_arrived)) mark(number, is_excused);
}

int64_t Losses::missing(uint64_t* count) const {
    int64_t first = -1;
    *count = 0;
    for (uint64_t number = 0; number < taken_; ++number) {
        if (state_[number]) continue;
        if (first < 0) first = static_cast<int64_t>(number);
        ++*count;
    }
    return first;
}

}  // namespace sim
