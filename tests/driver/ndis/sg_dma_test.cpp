// SPDX-License-Identifier: Apache-2.0
// Scatter/gather lists over memory that is scattered on the bus, registers, shared memory.
#include "test_stack.h"

namespace {

class SgDma : public StackTest {
protected:
    SgDma() { start(); }
    ~SgDma() override { stop(); }
    PSCATTER_GATHER_LIST map(PNET_BUFFER nb, PVOID buffer = nullptr, ULONG size = 0) {
        KeRaiseIrql(DISPATCH_LEVEL, &old_);
        miniport_.list = nullptr;
        status_ = NdisMAllocateNetBufferSGList(miniport_.dma, nb, &miniport_, NDIS_SG_LIST_WRITE_TO_DEVICE, buffer, size);
        KeLowerIrql(old_);
        return miniport_.list;
    }
    void unmap(PSCATTER_GATHER_LIST list, PNET_BUFFER nb) {
        KeRaiseIrql(DISPATCH_LEVEL, &old_);
        NdisMFreeNetBufferSGList(miniport_.dma, list, nb);
        KeLowerIrql(old_);
    }
    // What the device reads through the list.
    std::vector<UCHAR> gather(PSCATTER_GATHER_LIST list) {
        std::vector<UCHAR> bytes;
        for (ULONG i = 0; i < list->NumberOfElements; i++) {
            std::vector<UCHAR> part(list->Elements[i].Length);
            EXPECT_TRUE(fake_platform_dma_read(fake_, static_cast<uint64_t>(list->Elements[i].Address.QuadPart), part.data(), part.size()));
            bytes.insert(bytes.end(), part.begin(), part.end());
        }
        return bytes;
    }
    KIRQL old_;
    NDIS_STATUS status_;
};

TEST_F(SgDma, CoversFromTheStartOfCurrentMdl) {
    for (ULONG length : {1u, 60u, 1514u, 9018u}) {
        PNET_BUFFER_LIST nbl = make_nbl(length, 20);
        for (ULONG i = 0; i < length; i++) bytes_of(nbl)[i] = static_cast<UCHAR>(i * 7);
        PSCATTER_GATHER_LIST list = map(nbl->FirstNetBuffer);
        ASSERT_NE(list, nullptr);
        std::vector<UCHAR> seen = gather(list);
        ASSERT_EQ(seen.size(), 20 + length);
        for (ULONG i = 0; i < length; i++) ASSERT_EQ(seen[20 + i], static_cast<UCHAR>(i * 7));
        EXPECT_GE(list->NumberOfElements, (20 + length + 4095) / 4096);  // no two pages are neighbours on the bus
        unmap(list, nbl->FirstNetBuffer);
        EXPECT_EQ(fake_platform_live_mappings(fake_), 0u);
        free_nbl(nbl);
    }
}

TEST_F(SgDma, SkipsTheMdlsBeforeCurrentMdl) {
    PNET_BUFFER_LIST nbl = make_nbl(100, 0);
    PNET_BUFFER nb = nbl->FirstNetBuffer;
    for (int i = 0; i < 100; i++) bytes_of(nbl)[i] = static_cast<UCHAR>(i);
    UCHAR* padding = static_cast<UCHAR*>(ExAllocatePoolWithTag(NonPagedPool, 30, 1));
    PMDL pad = NdisAllocateMdl(nullptr, padding, 30), original = nb->MdlChain;
    pad->Next = original;
    nb->MdlChain = pad;
    nb->DataOffset = 30;
    NdisAdjustNetBufferCurrentMdl(nb);
    ASSERT_EQ(nb->CurrentMdl, original);
    PSCATTER_GATHER_LIST list = map(nb);
    std::vector<UCHAR> seen = gather(list);
    ASSERT_EQ(seen.size(), 100u);
    EXPECT_EQ(seen[99], 99);
    unmap(list, nb);
    nb->MdlChain = original;
    nb->DataOffset = 0;
    NdisAdjustNetBufferCurrentMdl(nb);
    NdisFreeMdl(pad);
    ExFreePool(padding);
    free_nbl(nbl);
}

TEST_F(SgDma, AHandlerMayRunAfterTheCallHasReturned) {
    ndis_defer_sg_lists(ndis_, 2);  // every second one
    PNET_BUFFER_LIST first = make_nbl(100), second = make_nbl(200);
    KeRaiseIrql(DISPATCH_LEVEL, &old_);
    ASSERT_EQ(NdisMAllocateNetBufferSGList(miniport_.dma, first->FirstNetBuffer, &miniport_, 1, nullptr, 0), NDIS_STATUS_SUCCESS);
    PSCATTER_GATHER_LIST at_once = miniport_.list;
    EXPECT_NE(at_once, nullptr);
    miniport_.list = nullptr;
    ASSERT_EQ(NdisMAllocateNetBufferSGList(miniport_.dma, second->FirstNetBuffer, &miniport_, 1, nullptr, 0), NDIS_STATUS_SUCCESS);
    EXPECT_EQ(miniport_.list, nullptr);
    KeLowerIrql(old_);
    NdisMSleep(10);
    ASSERT_NE(miniport_.list, nullptr);
    EXPECT_EQ(gather(miniport_.list).size(), 200u);
    unmap(at_once, first->FirstNetBuffer);
    unmap(miniport_.list, second->FirstNetBuffer);
    free_nbl(first);
    free_nbl(second);
}

TEST_F(SgDma, AHandlerThatDidNotRunIsForgottenWithItsChannel) {
    ndis_defer_sg_lists(ndis_, 1);
    PNET_BUFFER_LIST nbl = make_nbl(100);
    KeRaiseIrql(DISPATCH_LEVEL, &old_);
    ASSERT_EQ(NdisMAllocateNetBufferSGList(miniport_.dma, nbl->FirstNetBuffer, &miniport_, 1, nullptr, 0), NDIS_STATUS_SUCCESS);
    NdisMDeregisterScatterGatherDma(miniport_.dma);
    miniport_.dma = nullptr;
    KeLowerIrql(old_);
    EXPECT_TRUE(violated("dma.leaked"));
    NdisMSleep(10);
    EXPECT_EQ(miniport_.list, nullptr);
    EXPECT_EQ(fake_platform_live_mappings(fake_), 0u);
    free_nbl(nbl);
}

TEST_F(SgDma, TheDriversBufferIsUsedWhenItIsEnough) {
    PNET_BUFFER_LIST nbl = make_nbl(100);
    alignas(16) UCHAR room[256];
    PSCATTER_GATHER_LIST list = map(nbl->FirstNetBuffer, room, sizeof(room));
    EXPECT_EQ(static_cast<void*>(list), room);
    unmap(list, nbl->FirstNetBuffer);
    list = map(nbl->FirstNetBuffer, room, 24);
    EXPECT_NE(static_cast<void*>(list), room);
    unmap(list, nbl->FirstNetBuffer);
    free_nbl(nbl);
}

TEST_F(SgDma, OneBytePerMdlGivesOneElementWhereTheyTouch) {
    UCHAR* memory = static_cast<UCHAR*>(ExAllocatePoolWithTag(NonPagedPool, 64, 1));
    std::vector<PMDL> mdls;
    for (UINT i = 0; i < 64; i++) {
        memory[i] = static_cast<UCHAR>(i);
        mdls.push_back(NdisAllocateMdl(nullptr, memory + i, 1));
        if (i) mdls[i - 1]->Next = mdls[i];
    }
    PNET_BUFFER_LIST nbl = NdisAllocateNetBufferAndNetBufferList(pool_, 0, 0, mdls[0], 0, 64);
    PSCATTER_GATHER_LIST list = map(nbl->FirstNetBuffer);
    ASSERT_NE(list, nullptr);
    std::vector<UCHAR> seen = gather(list);
    ASSERT_EQ(seen.size(), 64u);
    for (UINT i = 0; i < 64; i++) EXPECT_EQ(seen[i], i);
    unmap(list, nbl->FirstNetBuffer);
    EXPECT_EQ(fake_platform_live_mappings(fake_), 0u);
    NdisFreeNetBufferList(nbl);
    for (PMDL mdl : mdls) NdisFreeMdl(mdl);
    ExFreePool(memory);
}

TEST_F(SgDma, AtPassiveLevelIsReported) {
    PNET_BUFFER_LIST nbl = make_nbl(10);
    ASSERT_EQ(NdisMAllocateNetBufferSGList(miniport_.dma, nbl->FirstNetBuffer, &miniport_, 1, nullptr, 0), NDIS_STATUS_SUCCESS);
    EXPECT_TRUE(violated("kernel.irql"));
    unmap(miniport_.list, nbl->FirstNetBuffer);
    free_nbl(nbl);
}

TEST_F(SgDma, FreeingAListTwiceIsReported) {
    PNET_BUFFER_LIST nbl = make_nbl(10);
    PSCATTER_GATHER_LIST list = map(nbl->FirstNetBuffer);
    unmap(list, nbl->FirstNetBuffer);
    unmap(list, nbl->FirstNetBuffer);
    EXPECT_TRUE(violated("dma.foreign_list"));
    free_nbl(nbl);
}

TEST_F(SgDma, FreeingAnNblUnderDmaIsReported) {
    PNET_BUFFER_LIST nbl = make_nbl(10);
    PNET_BUFFER nb = nbl->FirstNetBuffer;
    PMDL mdl = nb->MdlChain;
    PVOID memory = MmGetMdlVirtualAddress(mdl);
    PSCATTER_GATHER_LIST list = map(nb);
    NdisFreeNetBufferList(nbl);
    EXPECT_TRUE(violated("nbl.freed_under_dma"));
    NdisFreeMdl(mdl);
    EXPECT_TRUE(violated("mdl.freed_under_dma"));
    unmap(list, nb);
    ExFreePool(memory);
}

TEST_F(SgDma, RegistersGoThroughACookie) {
    PVOID bar = nullptr;
    ULONG low = 0, high = 0;
    ASSERT_EQ(NdisMGetBusData(miniport_.adapter, PCI_WHICHSPACE_CONFIG, 0x10, &low, 4), 4u);
    NdisMGetBusData(miniport_.adapter, PCI_WHICHSPACE_CONFIG, 0x14, &high, 4);
    PHYSICAL_ADDRESS address;
    address.QuadPart = static_cast<LONGLONG>(static_cast<uint64_t>(high) << 32 | (low & ~0xFu));
    ASSERT_EQ(NdisMMapIoSpace(&bar, miniport_.adapter, address, 0x1000), NDIS_STATUS_SUCCESS);
    ULONG value = 0;
    WRITE_REGISTER_ULONG(bar, 1);  // device_feature_select
    NdisReadRegisterUlong(static_cast<PUCHAR>(bar) + 4, &value);
    EXPECT_NE(value & 1, 0u);      // VIRTIO_F_VERSION_1 is bit 32
    EXPECT_EQ(NdisMMapIoSpace(&bar, miniport_.adapter, address, 0x100000), NDIS_STATUS_RESOURCE_CONFLICT);
    ULONG not_a_register = 0;
    (void)READ_REGISTER_ULONG(&not_a_register);
    EXPECT_TRUE(violated("hardware.register"));
}

TEST_F(SgDma, SharedMemoryIsSeenByTheDevice) {
    PVOID memory;
    PHYSICAL_ADDRESS address;
    NdisMAllocateSharedMemory(miniport_.adapter, 10000, TRUE, &memory, &address);
    ASSERT_NE(memory, nullptr);
    static_cast<UCHAR*>(memory)[9999] = 0x5A;
    UCHAR seen = 0;
    EXPECT_TRUE(fake_platform_dma_read(fake_, static_cast<uint64_t>(address.QuadPart) + 9999, &seen, 1));
    EXPECT_EQ(seen, 0x5A);
    NdisMFreeSharedMemory(miniport_.adapter, 10000, TRUE, memory, address);
}

TEST_F(SgDma, AnInterruptRunsItsIsrThenItsDpc) {
    fake_platform_interrupt(fake_, 1);
    NdisMSleep(10);
    EXPECT_EQ(miniport_.interrupts, 1u);
    EXPECT_EQ(miniport_.dpcs, 1u);
}

struct Synchronized {
    fake_platform* fake;
    TestMiniport* miniport;
    platform* seam;
};

BOOLEAN while_held_off(NDIS_HANDLE context) {
    auto* held = static_cast<Synchronized*>(context);
    fake_platform_interrupt(held->fake, 1);
    held->seam->ops->config_read(held->seam->ctx, 0, 4);
    return held->miniport->interrupts == 0;
}

TEST_F(SgDma, ASynchronizedFunctionHoldsTheIsrOff) {
    Synchronized held{fake_, &miniport_, kernel_platform(kernel_)};
    EXPECT_TRUE(NdisMSynchronizeWithInterruptEx(miniport_.interrupt, 1, while_held_off, &held));
    EXPECT_EQ(miniport_.interrupts, 1u);
}

VOID count_timer(PVOID, PVOID context, PVOID, PVOID) { ++*static_cast<unsigned*>(context); }

TEST_F(SgDma, APeriodicTimerRunsUntilItIsCancelled) {
    unsigned runs = 0;
    NDIS_TIMER_CHARACTERISTICS chars{};
    chars.Header = {NDIS_OBJECT_TYPE_TIMER_CHARACTERISTICS, 1, sizeof(chars)};
    chars.TimerFunction = count_timer;
    chars.FunctionContext = &runs;
    NDIS_HANDLE timer;
    ASSERT_EQ(NdisAllocateTimerObject(miniport_.adapter, &chars, &timer), NDIS_STATUS_SUCCESS);
    LARGE_INTEGER due;
    due.QuadPart = -10000;  // 1 ms
    EXPECT_FALSE(NdisSetTimerObject(timer, due, 1, nullptr));
    EXPECT_TRUE(NdisSetTimerObject(timer, due, 1, nullptr));
    NdisMSleep(4500);
    EXPECT_EQ(runs, 4u);
    EXPECT_TRUE(NdisCancelTimerObject(timer));
    NdisMSleep(5000);
    EXPECT_EQ(runs, 4u);
    NdisFreeTimerObject(timer);
}

}  // namespace
