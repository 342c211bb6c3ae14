// SPDX-License-Identifier: Apache-2.0
// Every kind of descriptor does the same: the same frames are read, whatever is kept beside them, and everything comes back.
#include <cstdint>

#include <gtest/gtest.h>

extern "C" {
#include "descriptors.h"
#include "fake_platform.h"
#include "fwpsk.h"
#include "ndis/ndis_host.h"
}

namespace {

class Descriptors : public testing::Test {
protected:
    Descriptors() {
        fake_platform_config config;
        fake_platform_config_default(&config);
        fake_ = fake_platform_create(&config);
        kernel_ = kernel_create(fake_platform_seam(fake_));
        ndis_ = ndis_create(kernel_);
        kernel_enter(kernel_, &scope_);
        descriptors_ = descriptors_create(kernel_, outstanding);
    }
    ~Descriptors() override {
        descriptors_destroy(descriptors_);
        kernel_leave(&scope_);
        ndis_destroy(ndis_);
        kernel_destroy(kernel_);
        EXPECT_EQ(fake_platform_violation_count(fake_), 0u) << fake_platform_violation(fake_, 0)->message;
        EXPECT_EQ(fake_platform_destroy(fake_), 0u);
    }
    // Bytes that are read of so many batches.
    uint64_t read(const descriptor_work& work, unsigned batches) {
        uint64_t sum = 0;
        for (unsigned i = 0; i < batches; i++)
            if (!descriptors_batch(descriptors_, &work, &sum)) return 0;
        return sum;
    }
    template <class F>
    static void for_each_work(F f) {
        for (int kind = 0; kind < DESCRIPTOR_KINDS; kind++)
            for (int extra = 0; extra < DESCRIPTOR_EXTRAS; extra++)
                for (bool receive : {false, true}) {
                    const descriptor_work work = {static_cast<descriptor_kind>(kind), static_cast<descriptor_extra>(extra), receive, 1, DESCRIPTORS_TAGS_MOST};
                    if (descriptors_can(&work)) f(work);
                }
    }

    static constexpr unsigned outstanding = 512;
    fake_platform* fake_;
    kernel* kernel_;
    ndis* ndis_;
    kernel_scope scope_;
    descriptors* descriptors_;
};

TEST_F(Descriptors, EveryKindReadsEveryByteOfItsBatches) {
    ASSERT_NE(descriptors_, nullptr);
    for_each_work([this](descriptor_work work) {
        for (unsigned batch : {1u, 3u, 64u, 256u}) {
            work.batch = batch;
            EXPECT_EQ(read(work, 20), uint64_t{20} * batch * DESCRIPTORS_FRAME)
                << "kind " << work.kind << ", extra " << work.extra << ", receive " << work.receive << ", batch " << batch;
        }
    });
}

TEST_F(Descriptors, AListOfOneNblIsForTransmitAlone) {
    descriptor_work work = {DESCRIPTOR_NBL_LIST, DESCRIPTOR_PLAIN, false, 1, 0};
    EXPECT_TRUE(descriptors_can(&work));
    work.receive = true;
    EXPECT_FALSE(descriptors_can(&work));
}

TEST_F(Descriptors, AContextIsKeptInEachOfTheWaysThatThereAre) {
    const auto can = [](descriptor_kind kind, descriptor_extra extra, bool receive) {
        const descriptor_work work = {kind, extra, receive, 1, 1};
        return descriptors_can(&work);
    };
    for (bool receive : {false, true}) {
        EXPECT_TRUE(can(DESCRIPTOR_NBL, DESCRIPTOR_TAG, receive));
        EXPECT_FALSE(can(DESCRIPTOR_NDIS_PACKET, DESCRIPTOR_TAG, receive));
        EXPECT_FALSE(can(DESCRIPTOR_NET_PACKET, DESCRIPTOR_TAG, receive));
        EXPECT_TRUE(can(DESCRIPTOR_NET_PACKET, DESCRIPTOR_EXTENSION, receive));
        EXPECT_FALSE(can(DESCRIPTOR_NBL, DESCRIPTOR_EXTENSION, receive));
        EXPECT_EQ(can(DESCRIPTOR_NBL, DESCRIPTOR_ROOM, receive), !receive);
    }
}

// Every lookup finds its own, so that nothing is left on an NBL when it is free: a tag would be reported as it ends (nbl_tag.c).
TEST_F(Descriptors, TagsAreGoneWhenTheirReadersHaveFoundThemAgain) {
    const descriptor_work work = {DESCRIPTOR_NBL, DESCRIPTOR_TAG, true, 8, 5};
    EXPECT_GT(read(work, 3), 0u);
    EXPECT_EQ(FwpsNetBufferListRemoveContext0(nullptr, 5, 0), STATUS_SUCCESS) << "the fifth tag is on NBLs that are out";
    EXPECT_GT(read(work, 3), 0u);
    descriptors_drain(descriptors_);
    EXPECT_EQ(FwpsNetBufferListRemoveContext0(nullptr, 5, 0), STATUS_NOT_FOUND);
    EXPECT_EQ(FwpsNetBufferListRemoveContext0(nullptr, 1, 0), STATUS_NOT_FOUND);
}

TEST_F(Descriptors, WhatIsOutstandingComesBackWhenItIsDrained) {
    const descriptor_work work = {DESCRIPTOR_NBL, DESCRIPTOR_CONTEXT, false, 16, 0};
    EXPECT_GT(read(work, 5), 0u);
    ndis_counts before, after;
    ndis_get_counts(ndis_, &before);
    descriptors_drain(descriptors_);
    ndis_get_counts(ndis_, &after);
    EXPECT_EQ(before.nbl_allocated - after.nbl_allocated, 80u);
}

TEST_F(Descriptors, WithoutMemoryABatchSaysSo) {
    const descriptor_work work = {DESCRIPTOR_NBL, DESCRIPTOR_CONTEXT, false, 4, 0};
    kernel_fail_allocations(kernel_, 0, 1);
    uint64_t sum = 0;
    EXPECT_FALSE(descriptors_batch(descriptors_, &work, &sum));
    kernel_fail_allocations(kernel_, 0, 0);
}

}  // namespace
