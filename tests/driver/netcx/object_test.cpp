// SPDX-License-Identifier: Apache-2.0
// Objects of the driver framework: the tree, contexts, callbacks at the end, and the objects that drivers make.
#include "test_client.h"

namespace {

std::string order;
struct Named {
    const char* name;
};
struct Other {
    UCHAR bytes[100];
};
WDF_DECLARE_CONTEXT_TYPE_WITH_NAME(Named, named_of)
WDF_DECLARE_CONTEXT_TYPE_WITH_NAME(Other, other_of)

VOID cleanup(WDFOBJECT object) { order += std::string("c") + named_of(object)->name + " "; }
VOID destroy(WDFOBJECT object) { order += std::string("d") + named_of(object)->name + " "; }

class WdfObjects : public ClientTest {
protected:
    WdfObjects() { order.clear(); }
    static WDFOBJECT make(const char* name, WDFOBJECT parent) {
        WDF_OBJECT_ATTRIBUTES attributes;
        WDFOBJECT object = nullptr;
        WDF_OBJECT_ATTRIBUTES_INIT_CONTEXT_TYPE(&attributes, Named);
        attributes.EvtCleanupCallback = cleanup;
        attributes.EvtDestroyCallback = destroy;
        attributes.ParentObject = parent;
        EXPECT_EQ(WdfObjectCreate(&attributes, &object), STATUS_SUCCESS);
        named_of(object)->name = name;
        return object;
    }
};

TEST_F(WdfObjects, ADeletedObjectTakesItsChildrenWithIt) {
    WDFOBJECT a = make("a", nullptr), b = make("b", a);
    make("x", b);
    make("y", a);
    WdfObjectDelete(a);
    EXPECT_EQ(order, "cx cb cy ca dx db dy da ");
}

TEST_F(WdfObjects, ADestroyCallbackComesWithTheLastReference) {
    WDFOBJECT a = make("a", nullptr);
    WdfObjectReference(a);
    WdfObjectDelete(a);
    EXPECT_EQ(order, "ca ");
    EXPECT_STREQ(named_of(a)->name, "a");
    WdfObjectDereference(a);
    EXPECT_EQ(order, "ca da ");
}

WDFOBJECT child_to_delete;
VOID delete_child(WDFOBJECT) { WdfObjectDelete(child_to_delete); }

TEST_F(WdfObjects, AChildThatWentWithItsParentMayBeDeletedInTheParentsCallbacks) {
    WDF_OBJECT_ATTRIBUTES attributes;
    WDFOBJECT parent;
    WDF_OBJECT_ATTRIBUTES_INIT(&attributes);
    attributes.EvtCleanupCallback = delete_child;
    attributes.EvtDestroyCallback = delete_child;
    ASSERT_EQ(WdfObjectCreate(&attributes, &parent), STATUS_SUCCESS);
    child_to_delete = make("a", parent);
    WdfObjectDelete(parent);
    EXPECT_EQ(order, "ca da ");
}

TEST_F(WdfObjects, AContextIsFoundByItsTypeAndIsZero) {
    WDF_OBJECT_ATTRIBUTES attributes;
    WDFOBJECT a = make("a", nullptr);
    EXPECT_EQ(other_of(a), nullptr);
    WDF_OBJECT_ATTRIBUTES_INIT_CONTEXT_TYPE(&attributes, Other);
    PVOID context = nullptr;
    EXPECT_EQ(WdfObjectAllocateContext(a, &attributes, &context), STATUS_SUCCESS);
    EXPECT_EQ(context, other_of(a));
    EXPECT_EQ(other_of(a)->bytes[99], 0);
    EXPECT_EQ(WdfObjectAllocateContext(a, &attributes, &context), STATUS_OBJECT_NAME_EXISTS);
    EXPECT_EQ(WdfObjectContextGetObject(context), a);
    WdfObjectDelete(a);
}

TEST_F(WdfObjects, AReferenceThatNobodyTookIsReported) {
    WDFOBJECT a = make("a", nullptr);
    WdfObjectDereference(a);
    EXPECT_TRUE(violated("wdf.reference"));
    WdfObjectDelete(a);
}

TEST_F(WdfObjects, MemoryLocksAndCollections) {
    WDFMEMORY memory;
    PVOID buffer;
    size_t bytes;
    ASSERT_EQ(WdfMemoryCreate(WDF_NO_OBJECT_ATTRIBUTES, NonPagedPoolNx, 0, 100, &memory, &buffer), STATUS_SUCCESS);
    EXPECT_EQ(WdfMemoryGetBuffer(memory, &bytes), buffer);
    EXPECT_EQ(bytes, 100u);
    WDFSPINLOCK lock;
    ASSERT_EQ(WdfSpinLockCreate(WDF_NO_OBJECT_ATTRIBUTES, &lock), STATUS_SUCCESS);
    WdfSpinLockAcquire(lock);
    EXPECT_EQ(KeGetCurrentIrql(), DISPATCH_LEVEL);
    WdfSpinLockRelease(lock);
    EXPECT_EQ(KeGetCurrentIrql(), PASSIVE_LEVEL);
    WDFWAITLOCK wait;
    LONGLONG none = 0;
    ASSERT_EQ(WdfWaitLockCreate(WDF_NO_OBJECT_ATTRIBUTES, &wait), STATUS_SUCCESS);
    EXPECT_EQ(WdfWaitLockAcquire(wait, nullptr), STATUS_SUCCESS);
    EXPECT_EQ(WdfWaitLockAcquire(wait, &none), STATUS_TIMEOUT);
    WdfWaitLockRelease(wait);
    WDFCOLLECTION collection;
    ASSERT_EQ(WdfCollectionCreate(WDF_NO_OBJECT_ATTRIBUTES, &collection), STATUS_SUCCESS);
    EXPECT_EQ(WdfCollectionAdd(collection, memory), STATUS_SUCCESS);
    EXPECT_EQ(WdfCollectionAdd(collection, lock), STATUS_SUCCESS);
    EXPECT_EQ(WdfCollectionGetItem(collection, 1), lock);
    WdfCollectionRemove(collection, memory);
    EXPECT_EQ(WdfCollectionGetCount(collection), 1u);
    EXPECT_EQ(WdfCollectionGetItem(collection, 1), nullptr);
    for (WDFOBJECT object : {static_cast<WDFOBJECT>(collection), static_cast<WDFOBJECT>(wait), static_cast<WDFOBJECT>(lock), static_cast<WDFOBJECT>(memory)})
        WdfObjectDelete(object);
}

unsigned works, ticks;
VOID work(WDFWORKITEM item) {
    EXPECT_EQ(KeGetCurrentIrql(), PASSIVE_LEVEL);
    EXPECT_NE(WdfWorkItemGetParentObject(item), nullptr);
    works++;
}
VOID tick(WDFTIMER) {
    EXPECT_EQ(KeGetCurrentIrql(), DISPATCH_LEVEL);
    ticks++;
}

TEST_F(WdfObjects, WorkItemsRunOnceForEachEnqueuingThatIsNotPending) {
    WDFOBJECT parent = make("a", nullptr);
    WDF_OBJECT_ATTRIBUTES attributes;
    WDF_WORKITEM_CONFIG config;
    WDFWORKITEM item;
    works = 0;
    WDF_OBJECT_ATTRIBUTES_INIT(&attributes);
    WDF_WORKITEM_CONFIG_INIT(&config, work);
    EXPECT_EQ(WdfWorkItemCreate(&config, &attributes, &item), STATUS_INVALID_PARAMETER);
    attributes.ParentObject = parent;
    ASSERT_EQ(WdfWorkItemCreate(&config, &attributes, &item), STATUS_SUCCESS);
    WdfWorkItemEnqueue(item);
    WdfWorkItemEnqueue(item);
    WdfWorkItemFlush(item);
    EXPECT_EQ(works, 1u);
    WdfWorkItemEnqueue(item);
    WdfObjectDelete(parent);  // what is queued runs first
    EXPECT_EQ(works, 2u);
}

TEST_F(WdfObjects, TimersRunOnceOrAgainUntilTheyAreStopped) {
    WDFOBJECT parent = make("a", nullptr);
    WDF_OBJECT_ATTRIBUTES attributes;
    WDF_TIMER_CONFIG config;
    WDFTIMER timer;
    ticks = 0;
    WDF_OBJECT_ATTRIBUTES_INIT(&attributes);
    attributes.ParentObject = parent;
    WDF_TIMER_CONFIG_INIT_PERIODIC(&config, tick, 1);
    ASSERT_EQ(WdfTimerCreate(&config, &attributes, &timer), STATUS_SUCCESS);
    EXPECT_FALSE(WdfTimerStart(timer, WDF_REL_TIMEOUT_IN_MS(1)));
    EXPECT_TRUE(WdfTimerStart(timer, WDF_REL_TIMEOUT_IN_MS(2)));
    sleep_us(4500);
    EXPECT_EQ(ticks, 3u);
    EXPECT_TRUE(WdfTimerStop(timer, TRUE));
    sleep_us(3000);
    EXPECT_EQ(ticks, 3u);
    WdfObjectDelete(parent);
}

TEST_F(WdfObjects, AHandleOfAnotherKindIsReported) {
    WDFMEMORY memory;
    ASSERT_EQ(WdfMemoryCreate(WDF_NO_OBJECT_ATTRIBUTES, NonPagedPoolNx, 0, 8, &memory, nullptr), STATUS_SUCCESS);
    WdfSpinLockAcquire(reinterpret_cast<WDFSPINLOCK>(memory));
    EXPECT_TRUE(violated("wdf.handle"));
    WdfObjectDelete(memory);
}

TEST_F(WdfObjects, CommonBuffersAreAlignedAndKnownToTheDevice) {
    start();
    WDFCOMMONBUFFER buffer;
    WDF_COMMON_BUFFER_CONFIG config;
    WDF_COMMON_BUFFER_CONFIG_INIT(&config, FILE_512_BYTE_ALIGNMENT);
    ASSERT_EQ(WdfCommonBufferCreateWithConfig(client_.enabler, 100, &config, WDF_NO_OBJECT_ATTRIBUTES, &buffer), STATUS_SUCCESS);
    EXPECT_EQ(WdfCommonBufferGetLength(buffer), 100u);
    EXPECT_EQ(WdfCommonBufferGetAlignedLogicalAddress(buffer).QuadPart % 512, 0);
    const UCHAR text[4] = {1, 2, 3, 4};
    EXPECT_TRUE(fake_platform_dma_write(fake_, static_cast<uint64_t>(WdfCommonBufferGetAlignedLogicalAddress(buffer).QuadPart), text, 4));
    EXPECT_EQ(memcmp(WdfCommonBufferGetAlignedVirtualAddress(buffer), text, 4), 0);
    stop();  // it goes with its enabler
}

}  // namespace
