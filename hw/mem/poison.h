// SPDX-License-Identifier: Apache-2.0
// AddressSanitizer's eyes on simulated RAM: red zones and freed blocks are poisoned when built with it, else these cost nothing.
//
// Only the CPU's view is poisoned: a driver that touches freed memory is stopped at the instruction, while DMA, which goes through
// the linear view, is judged by the IOMMU.
#pragma once

#include <cstddef>

#if defined(__SANITIZE_ADDRESS__)
#include <sanitizer/asan_interface.h>
#endif

namespace hw {

#if defined(__SANITIZE_ADDRESS__)
constexpr bool poisoning_available = true;
inline void poison(const void* p, size_t bytes) { __asan_poison_memory_region(p, bytes); }
inline void unpoison(const void* p, size_t bytes) { __asan_unpoison_memory_region(p, bytes); }
inline bool poisoned(const void* p) { return __asan_address_is_poisoned(p) != 0; }
#else
constexpr bool poisoning_available = false;
inline void poison(const void*, size_t) {}
inline void unpoison(const void*, size_t) {}
inline bool poisoned(const void*) { return false; }
#endif

}  // namespace hw
