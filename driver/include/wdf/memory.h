/* SPDX-License-Identifier: Apache-2.0 */
/* wdf/memory.h: memory, strings and collections as objects. Include wdf.h, not this header. D */
#ifndef RINGSIDE_WDF_MEMORY_H
#define RINGSIDE_WDF_MEMORY_H

#ifdef __cplusplus
extern "C" {
#endif

/* PoolTag 0: the driver's. The contents are not defined. *Buffer, which may be left out, lives as long as the object. */
NTSTATUS WdfMemoryCreate(PWDF_OBJECT_ATTRIBUTES Attributes, POOL_TYPE PoolType, ULONG PoolTag, size_t BufferSize, WDFMEMORY *Memory,
                         PVOID *Buffer);
NTSTATUS WdfMemoryCreatePreallocated(PWDF_OBJECT_ATTRIBUTES Attributes, PVOID Buffer, size_t BufferSize, WDFMEMORY *Memory);
PVOID WdfMemoryGetBuffer(WDFMEMORY Memory, size_t *BufferSize);

/* UTF-16 that is copied, and ends with a NUL. Without a text it is empty. P */
NTSTATUS WdfStringCreate(PCUNICODE_STRING UnicodeString, PWDF_OBJECT_ATTRIBUTES StringAttributes, WDFSTRING *String);
VOID WdfStringGetUnicodeString(WDFSTRING String, PUNICODE_STRING UnicodeString); /* as long as the object lives */

/* Objects in order; each is referenced as long as it is in. Not synchronised. */
NTSTATUS WdfCollectionCreate(PWDF_OBJECT_ATTRIBUTES CollectionAttributes, WDFCOLLECTION *Collection);
NTSTATUS WdfCollectionAdd(WDFCOLLECTION Collection, WDFOBJECT Object);
VOID WdfCollectionRemove(WDFCOLLECTION Collection, WDFOBJECT Item);
ULONG WdfCollectionGetCount(WDFCOLLECTION Collection);
WDFOBJECT WdfCollectionGetItem(WDFCOLLECTION Collection, ULONG Index); /* NULL: there is none */

#ifdef __cplusplus
}
#endif

#endif
