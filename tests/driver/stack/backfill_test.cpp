// SPDX-License-Identifier: Apache-2.0
// With backfill propagated, a packet reaches the descriptor ring through five layers with no allocation and no copy. [D] 2.10
//
// The linker puts the wrappers below between the drivers and malloc, calloc, memcpy, memmove and WdkSendNetBufferLists, which
// NdisSendNetBufferLists calls with its call site. They count what
// happens inside of send calls, except in the machine below the drivers. A copy is one out of the machine's memory, where frames are; names
// and structures of the drivers' own are not packets.
#include "stack.h"

#include <map>

#include "ndis.h"

namespace {

struct Counted {
    bool on = false, outside = false;
    unsigned sends = 0, allocations = 0;
    size_t copied = 0;
    void allocation() { allocations += on && !outside; }
    void copy(const void* from, size_t bytes) { copied += on && !outside && is_memory(from) ? bytes : 0; }
    bool is_memory(const void* at) const {
        const auto next = memory.upper_bound(static_cast<const char*>(at));
        return next != memory.begin() && std::prev(next)->first + std::prev(next)->second > static_cast<const char*>(at);
    }
    std::map<const char*, size_t> memory;  // of the machine
} counted;

}  // namespace

extern "C" {
void* __real_malloc(size_t size);
void* __real_calloc(size_t count, size_t size);
void* __real_memcpy(void* to, const void* from, size_t size);
void* __real_memmove(void* to, const void* from, size_t size);
void __real_WdkSendNetBufferLists(NDIS_HANDLE binding, PNET_BUFFER_LIST nbls, NDIS_PORT_NUMBER port, ULONG flags, const char* site);

void* __wrap_malloc(size_t size) {
    counted.allocation();
    return __real_malloc(size);
}
void* __wrap_calloc(size_t count, size_t size) {
    counted.allocation();
    return __real_calloc(count, size);
}
void* __wrap_memcpy(void* to, const void* from, size_t size) {
    counted.copy(from, size);
    return __real_memcpy(to, from, size);
}
void* __wrap_memmove(void* to, const void* from, size_t size) {
    counted.copy(from, size);
    return __real_memmove(to, from, size);
}
// Nested calls, by the multiplexer, are part of the outer one.
void __wrap_WdkSendNetBufferLists(NDIS_HANDLE binding, PNET_BUFFER_LIST nbls, NDIS_PORT_NUMBER port, ULONG flags, const char* site) {
    const bool outer = counted.on;
    counted.sends += !outer;
    counted.on = true;
    __real_WdkSendNetBufferLists(binding, nbls, port, flags, site);
    counted.on = outer;
}
}

namespace {

// The machine's own doings: not the drivers'.
platform_ops machine_ops, counting_ops;
platform counting;

struct Outside {
    Outside() { counted.outside = true; }
    ~Outside() { counted.outside = false; }
};

platform* count_drivers_only(platform* seam) {
    machine_ops = *seam->ops;
    counting_ops = machine_ops;
    counting_ops.memory_allocate = [](void* ctx, size_t size, size_t alignment, const char* site) {
        counted.allocation();  // what a driver asks the machine for counts, once
        Outside outside;
        void* memory = machine_ops.memory_allocate(ctx, size, alignment, site);
        counted.memory[static_cast<char*>(memory)] = size;
        return memory;
    };
    counting_ops.memory_free = [](void* ctx, void* memory) {
        Outside outside;
        counted.memory.erase(static_cast<char*>(memory));
        machine_ops.memory_free(ctx, memory);
    };
    counting_ops.dma_map = [](void* ctx, const void* va, size_t length, platform_dma_direction direction, const char* owner,
                              platform_dma_segment* segments, unsigned most) {
        Outside outside;
        return machine_ops.dma_map(ctx, va, length, direction, owner, segments, most);
    };
    counting_ops.mmio_write = [](void* ctx, unsigned bar, uint32_t offset, unsigned size, uint32_t value) {
        Outside outside;
        machine_ops.mmio_write(ctx, bar, offset, size, value);
    };
    counting_ops.charge = [](void* ctx, platform_work work, unsigned count) {
        Outside outside;
        machine_ops.charge(ctx, work, count);
    };
    counting = {&counting_ops, seam->ctx};
    return &counting;
}

TEST(BackfillCounts, ACopyOutOfTheMachinesMemoryIsSeen) {
    char frame[100] = {}, copy[100];
    void* (*volatile copy_bytes)(void*, const void*, size_t) = std::memcpy;  // or the compiler does without the call
    counted.memory[frame] = sizeof frame;
    counted.on = true;
    counted.copied = 0;
    copy_bytes(copy, frame, sizeof frame);
    copy_bytes(copy, "literal", 7);
    counted.on = false;
    counted.memory.clear();
    EXPECT_EQ(counted.copied, 100u);
}

class Backfill : public testing::Test {
protected:
    Backfill() {
        stack_.wrap = count_drivers_only;
        // Miniport, filter, intermediate driver, filter, protocol.
        stack_.config.stack[stack_.config.stack_count++] = {TRAFFIC_DRIVER_VLAN, 7};
        stack_.config.stack[stack_.config.stack_count++] = {TRAFFIC_DRIVER_MUX, 2};
        stack_.config.stack[stack_.config.stack_count++] = {TRAFFIC_DRIVER_VLAN, 9};
    }
    void send(unsigned count) {
        for (unsigned i = 0; i < count; i++) stack_.to_send.push_back(make_frame(i, 1000));
        traffic_kick(stack_.traffic);
        stack_.run_for(3 * 1000 * 1000);
        ASSERT_EQ(stack_.sent.size(), stack_.to_send.size());
        for (const Stack::Sent& sent : stack_.sent) ASSERT_EQ(sent.status, 0);
    }
    void measure() {
        stack_.more_may_come = true;
        ASSERT_EQ(stack_.start(), 0) << stack_.error;
        send(200);  // pools and rings have grown to their size
        counted.sends = counted.allocations = 0;
        counted.copied = 0;
        send(200);
    }
    Stack stack_;
};

TEST_F(Backfill, APacketCrossesFiveLayersWithoutAllocationAndCopy) {
    stack_.config.backfill = TRAFFIC_BACKFILL_ASKED;
    measure();
    EXPECT_GT(counted.sends, 0u);
    EXPECT_EQ(counted.allocations, 0u);
    EXPECT_EQ(counted.copied, 0u);
    ASSERT_EQ(stack_.elements.size(), 400u);
    // 2 x 4 bytes of tags and 12 of header lie in front of the frame: it is as many pieces as without them.
    for (unsigned elements : stack_.elements) EXPECT_LE(elements, 2u);
    EXPECT_EQ(stack_.on_wire[0].size(), 1008u);
}

TEST_F(Backfill, WithoutItTheSamePacketCostsAllocations) {
    stack_.config.backfill = 12;  // what the miniport alone asks for
    measure();
    EXPECT_GE(counted.allocations, 200u);  // at least the context of each NBL
}

}  // namespace
