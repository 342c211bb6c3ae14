// SPDX-License-Identifier: Apache-2.0
// Thousands of random operations on NBLs, each compared with a model of byte vectors; and ten minutes of them every night.
#include <chrono>
#include <cstdlib>

#include "nbl_model.h"

namespace {

class NblProperty : public StackTest {
protected:
    NblProperty() { start(); }
    ~NblProperty() override { stop(); }
    // A whole life of NBLs by this seed; the number of operations.
    uint64_t live(uint64_t seed, unsigned steps) {
        NblModel model(kernel_, miniport_.driver, miniport_.dma, &miniport_, fake_, seed);
        for (unsigned i = 0; i < steps && !HasFailure(); i++) expect_none(model.step(), seed, i);
        if (!HasFailure()) expect_none(model.finish(), seed, steps);
        EXPECT_EQ(fake_platform_violation_count(fake_), 0u) << "seed " << seed;
        EXPECT_EQ(fake_platform_live_mappings(fake_), 0u) << "seed " << seed;
        ndis_counts counts;
        ndis_get_counts(ndis_, &counts);
        EXPECT_EQ(counts.nbl_allocated, 0u) << "seed " << seed;
        return model.operations();
    }
    static void expect_none(const std::string& fault, uint64_t seed, unsigned step) {
        EXPECT_EQ(fault, "") << "step " << step << "; again: RINGSIDE_NBL_SEED=" << seed
                             << " driver_ndis_test --gtest_filter='*OperationsOfOneSeed*'";
    }
    static uint64_t number(const char* variable, uint64_t otherwise) {
        const char* text = std::getenv(variable);
        return text ? std::strtoull(text, nullptr, 0) : otherwise;
    }
};

TEST_F(NblProperty, OperationsOfOneSeedMatchByteVectors) { EXPECT_GE(live(number("RINGSIDE_NBL_SEED", 1), 2000), 2000u); }

TEST_F(NblProperty, OperationsOfManySeedsMatchByteVectors) {
    for (uint64_t seed = 2; seed < 12 && !HasFailure(); seed++) live(seed, 1000);
}

class NblPropertyNightly : public NblProperty {};

TEST_F(NblPropertyNightly, TenMinutesOfOperationsMatchByteVectors) {
    const auto end = std::chrono::steady_clock::now() + std::chrono::seconds(number("RINGSIDE_NBL_SECONDS", 600));
    uint64_t operations = 0, seed = number("RINGSIDE_NBL_SEED", 1000);
    for (; std::chrono::steady_clock::now() < end && !HasFailure(); seed++) operations += live(seed, 2000);
    printf("%llu operations, seeds to %llu\n", static_cast<unsigned long long>(operations), static_cast<unsigned long long>(seed - 1));
}

}  // namespace
