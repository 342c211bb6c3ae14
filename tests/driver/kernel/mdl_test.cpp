// SPDX-License-Identifier: Apache-2.0
// Memory descriptor lists.
#include <gtest/gtest.h>

#include "fake_platform.h"
#include "kernel/kernel.h"

namespace {

class Mdl : public ::testing::Test {
protected:
    Mdl() {
        fake_platform_config config;
        fake_platform_config_default(&config);
        fake_ = fake_platform_create(&config);
        kernel_ = kernel_create(fake_platform_seam(fake_));
        kernel_enter(kernel_, &scope_);
        memory_ = static_cast<UCHAR*>(ExAllocatePoolWithTag(NonPagedPool, 3 * PAGE_SIZE, 1));
    }
    ~Mdl() override {
        ExFreePool(memory_);
        kernel_leave(&scope_);
        kernel_destroy(kernel_);
        EXPECT_EQ(fake_platform_violation_count(fake_), 0u);
        EXPECT_EQ(fake_platform_destroy(fake_), 0u);
    }
    fake_platform* fake_;
    kernel* kernel_;
    kernel_scope scope_;
    UCHAR* memory_;
};

TEST_F(Mdl, DescribesItsBytesAtAnyAlignment) {
    for (ULONG offset : {0u, 1u, 4095u}) {
        for (ULONG length : {0u, 1u, 1514u, 8000u}) {
            PMDL mdl = IoAllocateMdl(memory_ + offset, length, FALSE, FALSE, nullptr);
            ASSERT_NE(mdl, nullptr);
            MmBuildMdlForNonPagedPool(mdl);
            EXPECT_EQ(MmGetMdlVirtualAddress(mdl), memory_ + offset);
            EXPECT_EQ(MmGetMdlByteCount(mdl), length);
            EXPECT_EQ(MmGetMdlByteOffset(mdl), offset);
            EXPECT_EQ(mdl->Size, static_cast<CSHORT>(48 + 8 * ((offset + length + 4095) / 4096)));
            EXPECT_EQ(mdl->MdlFlags, MDL_SOURCE_IS_NONPAGED_POOL | MDL_ALLOCATED_FIXED_SIZE);
            EXPECT_EQ(MmGetSystemAddressForMdlSafe(mdl, NormalPagePriority | MdlMappingNoExecute), memory_ + offset);
            for (ULONG page = 1; page < (offset + length + 4095) / 4096; page++)
                EXPECT_EQ(MmGetMdlPfnArray(mdl)[page], MmGetMdlPfnArray(mdl)[0] + page);
            IoFreeMdl(mdl);
        }
    }
}

TEST_F(Mdl, AFreedMdlIsUsedAgain) {
    PMDL first = IoAllocateMdl(memory_, 100, FALSE, FALSE, nullptr);
    IoFreeMdl(first);
    PMDL second = IoAllocateMdl(memory_ + 5, 50, FALSE, FALSE, nullptr);
    EXPECT_EQ(first, second);
    EXPECT_EQ(second->ByteCount, 50u);
    EXPECT_EQ(second->Next, nullptr);
    IoFreeMdl(second);
}

TEST_F(Mdl, InOwnStorageIsMappedOnDemand) {
    alignas(16) UCHAR storage[sizeof(MDL) + 4 * sizeof(PFN_NUMBER)];
    auto* mdl = reinterpret_cast<PMDL>(storage);
    MmInitializeMdl(mdl, memory_ + 10, 5000);
    EXPECT_EQ(mdl->MdlFlags, 0);
    EXPECT_EQ(MmGetSystemAddressForMdlSafe(mdl, LowPagePriority), memory_ + 10);
    EXPECT_EQ(mdl->MdlFlags, MDL_MAPPED_TO_SYSTEM_VA);
}

TEST_F(Mdl, MappingCanBeMadeToFail) {
    PMDL mdl = IoAllocateMdl(memory_, 100, FALSE, FALSE, nullptr);
    MmBuildMdlForNonPagedPool(mdl);
    kernel_fail_mappings(kernel_, 1, 1);
    EXPECT_NE(MmGetSystemAddressForMdlSafe(mdl, LowPagePriority), nullptr);
    EXPECT_EQ(MmGetSystemAddressForMdlSafe(mdl, LowPagePriority), nullptr);
    EXPECT_NE(MmGetSystemAddressForMdlSafe(mdl, LowPagePriority), nullptr);
    IoFreeMdl(mdl);
}

}  // namespace
