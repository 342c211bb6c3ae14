// SPDX-License-Identifier: Apache-2.0
// Memory that driver and device share, by NdisAllocateSharedMemory; the processors of receive side scaling.
#include <cstring>

#include "test_stack.h"

namespace {

class SharedMemory : public StackTest {
protected:
    SharedMemory() {
        start();
        parameters_.Header = {NDIS_OBJECT_TYPE_DEFAULT, NDIS_SHARED_MEMORY_PARAMETERS_REVISION_2,
                              NDIS_SIZEOF_SHARED_MEMORY_PARAMETERS_REVISION_2};
        parameters_.Usage = NdisSharedMemoryUsageReceive;
        parameters_.PreferredNode = MM_ANY_NODE_OK;
        parameters_.Length = 5 * PAGE_SIZE;
        parameters_.SGListBuffer = list_;
        parameters_.SGListBufferLength = sizeof(room_);
    }
    ~SharedMemory() override { stop(); }
    NDIS_STATUS allocate() { return NdisAllocateSharedMemory(miniport_.adapter, &parameters_, &handle_); }

    alignas(16) UCHAR room_[sizeof(SCATTER_GATHER_LIST) + 8 * sizeof(SCATTER_GATHER_ELEMENT)];
    PSCATTER_GATHER_LIST list_ = reinterpret_cast<PSCATTER_GATHER_LIST>(room_);
    NDIS_SHARED_MEMORY_PARAMETERS parameters_{};
    NDIS_HANDLE handle_ = nullptr;
};

TEST_F(SharedMemory, TheDeviceReachesItThroughItsElementsBothWays) {
    ASSERT_EQ(allocate(), NDIS_STATUS_SUCCESS);
    EXPECT_EQ(parameters_.SharedMemoryHandle, handle_);
    EXPECT_GT(list_->NumberOfElements, 1u);  // pages lie apart on the bus
    auto* memory = static_cast<UCHAR*>(parameters_.VirtualAddress);
    for (ULONG i = 0; i < parameters_.Length; i++) memory[i] = static_cast<UCHAR>(i * 31 + (i >> 8));
    ULONG at = 0;
    for (ULONG i = 0; i < list_->NumberOfElements; i++) {
        const auto iova = static_cast<uint64_t>(list_->Elements[i].Address.QuadPart);
        std::vector<UCHAR> seen(list_->Elements[i].Length);
        ASSERT_TRUE(fake_platform_dma_read(fake_, iova, seen.data(), seen.size()));
        EXPECT_EQ(memcmp(seen.data(), memory + at, seen.size()), 0);
        const UCHAR mark = static_cast<UCHAR>(0xA0 + i);
        ASSERT_TRUE(fake_platform_dma_write(fake_, iova, &mark, 1));
        EXPECT_EQ(memory[at], mark);
        at += list_->Elements[i].Length;
    }
    EXPECT_EQ(at, parameters_.Length);
    NdisFreeSharedMemory(miniport_.adapter, handle_);
    EXPECT_EQ(fake_platform_live_mappings(fake_), 0u);
}

TEST_F(SharedMemory, ContiguousMemoryIsOneElement) {
    parameters_.Flags = NDIS_SHARED_MEM_PARAMETERS_CONTIGOUS;
    parameters_.SGListBufferLength = sizeof(SCATTER_GATHER_LIST) + sizeof(SCATTER_GATHER_ELEMENT);
    ASSERT_EQ(NdisAllocateSharedMemory(protocol_.binding, &parameters_, &handle_), NDIS_STATUS_SUCCESS);  // a binding's handle will do
    ASSERT_EQ(list_->NumberOfElements, 1u);
    EXPECT_EQ(list_->Elements[0].Length, parameters_.Length);
    static_cast<UCHAR*>(parameters_.VirtualAddress)[parameters_.Length - 1] = 77;
    UCHAR last = 0;
    const uint64_t end = static_cast<uint64_t>(list_->Elements[0].Address.QuadPart) + parameters_.Length;
    ASSERT_TRUE(fake_platform_dma_read(fake_, end - 1, &last, 1));
    EXPECT_EQ(last, 77);
    NdisFreeSharedMemory(protocol_.binding, handle_);
}

TEST_F(SharedMemory, AListWithoutRoomForEveryPageIsRefused) {
    parameters_.SGListBufferLength = sizeof(SCATTER_GATHER_LIST) + 4 * sizeof(SCATTER_GATHER_ELEMENT);
    EXPECT_EQ(allocate(), NDIS_STATUS_INVALID_PARAMETER);
    EXPECT_EQ(handle_, nullptr);
}

TEST_F(SharedMemory, ParametersThatSayNothingAreRefused) {
    parameters_.Usage = NdisSharedMemoryUsageUndefined;
    EXPECT_EQ(allocate(), NDIS_STATUS_INVALID_PARAMETER);
    parameters_.Usage = NdisSharedMemoryUsageXmit;
    parameters_.Length = 0;
    EXPECT_EQ(allocate(), NDIS_STATUS_INVALID_PARAMETER);
    parameters_.Length = 1;
    parameters_.SGListBuffer = nullptr;
    EXPECT_EQ(allocate(), NDIS_STATUS_INVALID_PARAMETER);
    parameters_.SGListBuffer = list_;
    EXPECT_EQ(NdisAllocateSharedMemory(miniport_.driver, &parameters_, &handle_), NDIS_STATUS_INVALID_PARAMETER);  // of no device
}

TEST_F(SharedMemory, AHaltThatLeavesItIsReported) {
    ASSERT_EQ(allocate(), NDIS_STATUS_SUCCESS);
    stop();
    EXPECT_TRUE(violated("ndis.halt"));
    EXPECT_EQ(message("ndis.halt"), "nic0 halted with shared memory allocated");
}

TEST_F(SharedMemory, FreedTwiceIsReported) {
    ASSERT_EQ(allocate(), NDIS_STATUS_SUCCESS);
    NdisFreeSharedMemory(miniport_.adapter, miniport_.adapter);
    EXPECT_TRUE(violated("ndis.handle"));
    NdisFreeSharedMemory(miniport_.adapter, handle_);
}

class RssProcessors : public StackTest {};

TEST_F(RssProcessors, TheSizeIsToldAndThenTheOneProcessor) {
    start();
    SIZE_T size = 0;
    EXPECT_EQ(NdisGetRssProcessorInformation(miniport_.adapter, nullptr, &size), NDIS_STATUS_BUFFER_TOO_SHORT);
    ASSERT_EQ(size, NDIS_SIZEOF_RSS_PROCESSOR_INFO_REVISION_2 + sizeof(NDIS_RSS_PROCESSOR));
    alignas(8) UCHAR room[64];
    memset(room, 0xFF, sizeof(room));
    auto* info = reinterpret_cast<PNDIS_RSS_PROCESSOR_INFO>(room);
    ASSERT_EQ(NdisGetRssProcessorInformation(protocol_.binding, info, &size), NDIS_STATUS_SUCCESS);
    EXPECT_EQ(info->Header.Type, NDIS_OBJECT_TYPE_RSS_PROCESSOR_INFO);
    EXPECT_EQ(info->Header.Size, NDIS_SIZEOF_RSS_PROCESSOR_INFO_REVISION_2);
    EXPECT_EQ(info->MaxNumRssProcessors, 1u);
    ASSERT_EQ(info->RssProcessorCount, 1u);
    auto* processor = reinterpret_cast<PNDIS_RSS_PROCESSOR>(room + info->RssProcessorArrayOffset);
    EXPECT_EQ(KeGetProcessorIndexFromNumber(&processor->ProcNum), 0u);
    EXPECT_EQ(room[size], 0xFF);  // nothing behind what it says
    size--;
    EXPECT_EQ(NdisGetRssProcessorInformation(miniport_.adapter, info, &size), NDIS_STATUS_BUFFER_TOO_SHORT);
    EXPECT_EQ(NdisGetRssProcessorInformation(miniport_.driver, info, &size), NDIS_STATUS_INVALID_PARAMETER);
    stop();
}

}  // namespace
