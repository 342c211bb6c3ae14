/* SPDX-License-Identifier: Apache-2.0 */
/* wdf_dma.c: DMA enablers and common buffers, over the machine's IOMMU. [D] WdfDmaEnablerCreate */
#include <errno.h>

#include "wdf_internal.h"

struct wdf_dma_enabler {
    struct wdf_object object;
    WDF_DMA_ENABLER_CONFIG config;
    ULONG alignment;  /* a mask; the device's when this was made */
};

struct wdf_common_buffer {
    struct wdf_object object;
    PVOID va;
    PHYSICAL_ADDRESS la;
    size_t length;
};

static bool is_64_bit(WDF_DMA_PROFILE profile) {
    return profile == WdfDmaProfilePacket64 || profile == WdfDmaProfileScatterGather64 || profile == WdfDmaProfileScatterGather64Duplex;
}

NTSTATUS WdfDmaEnablerCreate(WDFDEVICE Device, PWDF_DMA_ENABLER_CONFIG Config, PWDF_OBJECT_ATTRIBUTES Attributes, WDFDMAENABLER *DmaEnablerHandle) {
    struct wdf_device *device = wdf_object_of(Device, WDF_TYPE_DEVICE, __func__);
    struct wdf_dma_enabler *enabler;
    if (!device) return STATUS_INVALID_PARAMETER;
    wdf_require_passive(device->object.kernel, __func__);
    if (Config->Size != sizeof(*Config)) return STATUS_INFO_LENGTH_MISMATCH;
    /* System profiles are of a DMA controller that this machine does not have. */
    if (Config->Profile <= WdfDmaProfileInvalid || Config->Profile >= WdfDmaProfileSystem || Config->MaximumLength == 0)
        return STATUS_INVALID_PARAMETER;
    const NTSTATUS status =
        wdf_object_create(device->object.kernel, WDF_TYPE_DMA_ENABLER, sizeof(*enabler), Attributes, &device->object, &enabler);
    if (!NT_SUCCESS(status)) return status;
    enabler->config = *Config;
    enabler->alignment = device->alignment;
    *DmaEnablerHandle = (WDFDMAENABLER)(PVOID)enabler;
    return STATUS_SUCCESS;
}

size_t WdfDmaEnablerGetMaximumLength(WDFDMAENABLER DmaEnabler) {
    const struct wdf_dma_enabler *enabler = wdf_object_of(DmaEnabler, WDF_TYPE_DMA_ENABLER, __func__);
    return enabler ? enabler->config.MaximumLength : 0;
}

struct wdf_dma_enabler *wdf_dma_enabler_of(WDFDMAENABLER handle) { return wdf_object_of(handle, WDF_TYPE_DMA_ENABLER, __func__); }

uint64_t wdf_dma_highest(const struct wdf_dma_enabler *enabler) {
    const ULONG bits = enabler->config.AddressWidthOverride ? enabler->config.AddressWidthOverride : is_64_bit(enabler->config.Profile) ? 64 : 32;
    return bits >= 64 ? UINT64_MAX : (UINT64_C(1) << bits) - 1;
}

int wdf_dma_map(struct wdf_dma_enabler *enabler, PMDL mdl, ULONG offset, ULONG length, const char *owner,
                struct platform_dma_segment *segments, unsigned most) {
    const struct platform *machine = enabler->object.machine;
    const int made = machine->ops->dma_map(machine->ctx, (PUCHAR)MmGetMdlVirtualAddress(mdl) + offset, length, PLATFORM_DMA_TO_DEVICE,
                                               owner, segments, most);
    if (made > 0) kernel_mdl_pin(mdl, 1);
    if (made == -EFAULT)
        kernel_violation(enabler->object.kernel, "dma.foreign_memory", "[D] 2.7", -1, "an MDL of %s describes memory that is not the machine's", owner);
    return made;
}

void wdf_dma_unmap(struct wdf_dma_enabler *enabler, PMDL mdl, const struct platform_dma_segment *segments, unsigned count) {
    const struct platform *machine = enabler->object.machine;
    machine->ops->dma_unmap(machine->ctx, segments, count);
    kernel_mdl_pin(mdl, -1);
}

/* ---- Common buffers */
static void dispose(struct wdf_object *object) {
    const struct platform *platform = object->machine;
    platform->ops->dma_free_coherent(platform->ctx, CONTAINING_RECORD(object, struct wdf_common_buffer, object)->va);
}

static NTSTATUS create(struct wdf_dma_enabler *enabler, size_t length, ULONG alignment, const WDF_OBJECT_ATTRIBUTES *attributes,
                       WDFCOMMONBUFFER *handle) {
    enum { LEAST = 63 };
    struct wdf_common_buffer *buffer;
    struct kernel *kernel = enabler->object.kernel;
    uint64_t iova;
    wdf_require_passive(kernel, "WdfCommonBufferCreate");
    if (length == 0 || (alignment & (alignment + 1)) != 0) return STATUS_INVALID_PARAMETER;
    const NTSTATUS status =
        wdf_object_create(kernel, WDF_TYPE_COMMON_BUFFER, sizeof(*buffer), attributes, &enabler->object, &buffer);
    if (!NT_SUCCESS(status)) return status;
    const struct platform *machine = buffer->object.machine;
    buffer->va = machine->ops->dma_allocate_coherent(machine->ctx, length, (alignment > LEAST ? alignment : LEAST) + 1,
                                                     wdf_dma_highest(enabler), "common buffer", &iova);
    if (!buffer->va) {
        wdf_object_delete(&buffer->object);
        return STATUS_INSUFFICIENT_RESOURCES;
    }
    buffer->object.dispose = dispose;
    buffer->la.QuadPart = (LONGLONG)iova;
    buffer->length = length;
    *handle = (WDFCOMMONBUFFER)(PVOID)buffer;
    return STATUS_SUCCESS;
}

NTSTATUS WdfCommonBufferCreate(WDFDMAENABLER DmaEnabler, size_t Length, PWDF_OBJECT_ATTRIBUTES Attributes, WDFCOMMONBUFFER *CommonBuffer) {
    struct wdf_dma_enabler *enabler = wdf_dma_enabler_of(DmaEnabler);
    return enabler ? create(enabler, Length, enabler->alignment, Attributes, CommonBuffer) : STATUS_INVALID_PARAMETER;
}

NTSTATUS WdfCommonBufferCreateWithConfig(WDFDMAENABLER DmaEnabler, size_t Length, PWDF_COMMON_BUFFER_CONFIG Config,
                                         PWDF_OBJECT_ATTRIBUTES Attributes, WDFCOMMONBUFFER *CommonBuffer) {
    struct wdf_dma_enabler *enabler = wdf_dma_enabler_of(DmaEnabler);
    if (!enabler) return STATUS_INVALID_PARAMETER;
    const ULONG alignment = Config->AlignmentRequirement > enabler->alignment ? Config->AlignmentRequirement : enabler->alignment;
    return create(enabler, Length, alignment, Attributes, CommonBuffer);
}

static const struct wdf_common_buffer *buffer_of(WDFCOMMONBUFFER handle, const char *function) {
    return wdf_object_of(handle, WDF_TYPE_COMMON_BUFFER, function);
}

PVOID WdfCommonBufferGetAlignedVirtualAddress(WDFCOMMONBUFFER CommonBuffer) {
    const struct wdf_common_buffer *buffer = buffer_of(CommonBuffer, __func__);
    return buffer ? buffer->va : NULL;
}

PHYSICAL_ADDRESS WdfCommonBufferGetAlignedLogicalAddress(WDFCOMMONBUFFER CommonBuffer) {
    const struct wdf_common_buffer *buffer = buffer_of(CommonBuffer, __func__);
    return buffer ? buffer->la : (PHYSICAL_ADDRESS){.QuadPart = 0};
}

size_t WdfCommonBufferGetLength(WDFCOMMONBUFFER CommonBuffer) {
    const struct wdf_common_buffer *buffer = buffer_of(CommonBuffer, __func__);
    return buffer ? buffer->length : 0;
}
