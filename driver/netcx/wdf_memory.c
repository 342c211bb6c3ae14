/* SPDX-License-Identifier: Apache-2.0 */
/* wdf_memory.c: memory objects and collections. [D] WdfMemoryCreate, WdfCollectionCreate */
#include "wdf_internal.h"

struct wdf_memory {
    struct wdf_object object;
    PVOID buffer;
    size_t bytes;
    bool owned;
};

static void dispose_memory(struct wdf_object *object) {
    const struct wdf_memory *memory = CONTAINING_RECORD(object, struct wdf_memory, object);
    if (memory->owned) ExFreePool(memory->buffer);
}

static NTSTATUS create(const WDF_OBJECT_ATTRIBUTES *attributes, PVOID buffer, size_t bytes, bool owned, WDFMEMORY *handle) {
    struct kernel *kernel = kernel_require_context("WdfMemoryCreate")->kernel;
    struct wdf_memory *memory;
    const NTSTATUS status = wdf_object_create(kernel, WDF_TYPE_MEMORY, sizeof(*memory), attributes, kernel->wdf, &memory);
    if (!NT_SUCCESS(status)) return status;
    memory->object.dispose = dispose_memory;
    memory->buffer = buffer;
    memory->bytes = bytes;
    memory->owned = owned;
    *handle = (WDFMEMORY)(PVOID)memory;
    return STATUS_SUCCESS;
}

NTSTATUS WdfMemoryCreate(PWDF_OBJECT_ATTRIBUTES Attributes, POOL_TYPE PoolType, ULONG PoolTag, size_t BufferSize, WDFMEMORY *Memory,
                         PVOID *Buffer) {
    const struct wdf_driver *driver = kernel_require_context(__func__)->kernel->wdf;
    if (BufferSize == 0) return STATUS_INVALID_PARAMETER;
    if (PoolTag == 0) PoolTag = driver && driver->config.DriverPoolTag ? driver->config.DriverPoolTag : WDF_TAG;
    PVOID buffer = ExAllocatePoolWithTag(PoolType, BufferSize, PoolTag);
    if (!buffer) return STATUS_INSUFFICIENT_RESOURCES;
    const NTSTATUS status = create(Attributes, buffer, BufferSize, true, Memory);
    if (!NT_SUCCESS(status)) ExFreePool(buffer);
    else if (Buffer) *Buffer = buffer;
    return status;
}

NTSTATUS WdfMemoryCreatePreallocated(PWDF_OBJECT_ATTRIBUTES Attributes, PVOID Buffer, size_t BufferSize, WDFMEMORY *Memory) {
    return Buffer && BufferSize ? create(Attributes, Buffer, BufferSize, false, Memory) : STATUS_INVALID_PARAMETER;
}

PVOID WdfMemoryGetBuffer(WDFMEMORY Memory, size_t *BufferSize) {
    const struct wdf_memory *memory = wdf_object_of(Memory, WDF_TYPE_MEMORY, __func__);
    if (BufferSize) *BufferSize = memory ? memory->bytes : 0;
    return memory ? memory->buffer : NULL;
}

/* ---- Collections */
struct wdf_item {
    LIST_ENTRY entry;
    struct wdf_object *object;
};

struct wdf_collection {
    struct wdf_object object;
    LIST_ENTRY items;
    ULONG count;
};

static void remove_item(struct wdf_collection *collection, struct wdf_item *item) {
    (void)RemoveEntryList(&item->entry);
    collection->count--;
    WdfObjectDereference(item->object);
    kernel_free(item);
}

static void dispose_collection(struct wdf_object *object) {
    struct wdf_collection *collection = CONTAINING_RECORD(object, struct wdf_collection, object);
    while (!IsListEmpty(&collection->items)) remove_item(collection, CONTAINING_RECORD(collection->items.Flink, struct wdf_item, entry));
}

NTSTATUS WdfCollectionCreate(PWDF_OBJECT_ATTRIBUTES CollectionAttributes, WDFCOLLECTION *Collection) {
    struct kernel *kernel = kernel_require_context(__func__)->kernel;
    struct wdf_collection *collection;
    const NTSTATUS status =
        wdf_object_create(kernel, WDF_TYPE_COLLECTION, sizeof(*collection), CollectionAttributes, kernel->wdf, &collection);
    if (!NT_SUCCESS(status)) return status;
    InitializeListHead(&collection->items);
    collection->object.dispose = dispose_collection;
    *Collection = (WDFCOLLECTION)(PVOID)collection;
    return STATUS_SUCCESS;
}

NTSTATUS WdfCollectionAdd(WDFCOLLECTION Collection, WDFOBJECT Object) {
    struct wdf_collection *collection = wdf_object_of(Collection, WDF_TYPE_COLLECTION, __func__);
    struct wdf_item *item = collection ? kernel_allocate(collection->object.kernel, sizeof(*item), WDF_TAG) : NULL;
    if (!item) return STATUS_INSUFFICIENT_RESOURCES;
    item->object = Object;
    WdfObjectReference(Object);
    InsertTailList(&collection->items, &item->entry);
    collection->count++;
    return STATUS_SUCCESS;
}

VOID WdfCollectionRemove(WDFCOLLECTION Collection, WDFOBJECT Item) {
    struct wdf_collection *collection = wdf_object_of(Collection, WDF_TYPE_COLLECTION, __func__);
    if (!collection) return;
    for (PLIST_ENTRY at = collection->items.Flink; at != &collection->items; at = at->Flink) {
        struct wdf_item *item = CONTAINING_RECORD(at, struct wdf_item, entry);
        if (item->object != Item) continue;
        remove_item(collection, item);
        return;
    }
}

ULONG WdfCollectionGetCount(WDFCOLLECTION Collection) {
    const struct wdf_collection *collection = wdf_object_of(Collection, WDF_TYPE_COLLECTION, __func__);
    return collection ? collection->count : 0;
}

WDFOBJECT WdfCollectionGetItem(WDFCOLLECTION Collection, ULONG Index) {
    const struct wdf_collection *collection = wdf_object_of(Collection, WDF_TYPE_COLLECTION, __func__);
    if (!collection || Index >= collection->count) return NULL;
    PLIST_ENTRY at = collection->items.Flink;
    while (Index-- > 0) at = at->Flink;
    return CONTAINING_RECORD(at, struct wdf_item, entry)->object;
}
