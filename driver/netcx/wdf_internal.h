/* SPDX-License-Identifier: Apache-2.0 */
/* wdf_internal.h: objects of the framework; what its files, and the class extension's, share. */
#ifndef RINGSIDE_NETCX_WDF_INTERNAL_H
#define RINGSIDE_NETCX_WDF_INTERNAL_H

#include "kernel/kernel_internal.h"
#include "wdf_host.h"

#ifdef __cplusplus
extern "C" {
#endif

enum { WDF_TAG = 0x44464457 /* "WDFD" */ };

enum wdf_type {
    WDF_TYPE_OBJECT = 0x57444601, WDF_TYPE_DRIVER, WDF_TYPE_DEVICE, WDF_TYPE_INTERRUPT, WDF_TYPE_DMA_ENABLER, WDF_TYPE_COMMON_BUFFER,
    WDF_TYPE_MEMORY, WDF_TYPE_SPIN_LOCK, WDF_TYPE_WAIT_LOCK, WDF_TYPE_WORK_ITEM, WDF_TYPE_TIMER, WDF_TYPE_COLLECTION,
    WDF_TYPE_NET_ADAPTER, WDF_TYPE_NET_QUEUE, WDF_TYPE_NET_CONFIGURATION, WDF_TYPE_NET_WAKE_SOURCE /* there is none */,
    WDF_TYPE_STRING
};

struct wdf_context;

/* A handle is the address of one, at the start of the typed object. */
struct wdf_object {
    enum wdf_type type;
    struct kernel *kernel;
    const struct platform *machine;      /* as its device sees it: the slot of its card; others: as the kernel does */
    struct wdf_object *parent;
    LIST_ENTRY entry, children;          /* oldest first */
    struct wdf_context *contexts;
    unsigned references;                 /* the parent's, or the maker's, is one */
    bool deleting, destroyed;            /* its cleanup has begun; nothing but memory is left of it */
    void (*stop)(struct wdf_object *);   /* before its cleanup callbacks; may be NULL */
    void (*dispose)(struct wdf_object *);/* behind its destroy callbacks: give back what it holds; may be NULL */
};

/* Zeroed memory of `bytes` that starts with an object: in the tree below attributes' ParentObject, or `parent`; with the attributes'
 * context. `attributes` may be NULL. INSUFFICIENT_RESOURCES, or INVALID_PARAMETER for attributes of the wrong size. */
NTSTATUS wdf_object_create(struct kernel *kernel, enum wdf_type type, size_t bytes, const WDF_OBJECT_ATTRIBUTES *attributes,
                           struct wdf_object *parent, void *object);
/* The object of a handle; NULL, after a report ("wdf.handle"), when it is of another type or gone. */
void *wdf_object_of(const void *handle, enum wdf_type type, const char *function);
void wdf_object_delete(struct wdf_object *object);
/* Report ("wdf.irql") a call above PASSIVE_LEVEL. */
void wdf_require_passive(struct kernel *kernel, const char *function);

/* A callback of the driver's begins or ends, for the event stream: by its name in the documentation, static storage. */
void wdf_trace(const struct kernel *kernel, enum platform_trace_kind kind, const char *function);

struct wdf_driver {
    struct wdf_object object;
    struct wdf_driver *next;
    PDRIVER_OBJECT driver_object;
    WDF_DRIVER_CONFIG config;
};

struct WDFDEVICE_INIT {
    struct wdf_driver *driver;
    void *owner;
    const struct platform *machine;
    WDF_PNPPOWER_EVENT_CALLBACKS callbacks;
    struct wdf_extension extension;
    struct wdf_device *device;  /* that was made of it */
};

struct wdf_interrupt;

struct wdf_resources {
    ULONG count;
    CM_PARTIAL_RESOURCE_DESCRIPTOR descriptors[];
};

struct wdf_device {
    struct wdf_object object;
    struct wdf_driver *driver;
    void *owner;
    WDF_PNPPOWER_EVENT_CALLBACKS callbacks;
    struct wdf_extension extension;
    ULONG alignment;  /* a mask */
    bool adding, preparing;  /* inside EvtDriverDeviceAdd, EvtDevicePrepareHardware */
    bool ended;              /* its hardware was released */
    struct wdf_resources *resources;
    struct wdf_interrupt *interrupts;  /* in the order of creation */
};

/* wdf_interrupt.c */
NTSTATUS wdf_interrupts_connect(struct wdf_device *device);
void wdf_interrupts_disconnect(struct wdf_device *device);
/* Deletes those that were made in PrepareHardware. */
void wdf_interrupts_release(struct wdf_device *device);

/* wdf_dma.c: what a class extension does through an enabler. Maps [mdl + offset, +length) for the device, in segments that it then owns until
 * wdf_dma_unmap; -ENOSPC: it takes more of them. `owner` names it in reports. */
struct wdf_dma_enabler;
struct wdf_dma_enabler *wdf_dma_enabler_of(WDFDMAENABLER handle);
int wdf_dma_map(struct wdf_dma_enabler *enabler, PMDL mdl, ULONG offset, ULONG length, const char *owner,
                struct platform_dma_segment *segments, unsigned most);
void wdf_dma_unmap(struct wdf_dma_enabler *enabler, PMDL mdl, const struct platform_dma_segment *segments, unsigned count);
/* Highest bus address that the device reaches. */
uint64_t wdf_dma_highest(const struct wdf_dma_enabler *enabler);

#ifdef __cplusplus
}
#endif

#endif
