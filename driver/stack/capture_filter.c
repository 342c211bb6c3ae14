/* SPDX-License-Identifier: Apache-2.0 */
/*
 * capture_filter.c: a monitoring filter. [D] 3.2
 *
 * It looks at sends and receives on their way and gives every list on at once, so it needs no handler for completions and returns: NDIS
 * passes it by there. A frame is copied only when it lies in several pieces.
 */
#include "capture_filter.h"

#include "ndis/ndis_host.h"
#include "regmap.h"

enum { NDIS_MAJOR = 6, NDIS_MINOR = 80, FRAME_MAX = ETH_MAX_FRAME, NAME_MAX = 64, TAG = 0x74706163 /* 'capt' */ };

struct module {
    struct capture_filter *filter;
    const struct platform *platform;
    NDIS_HANDLE handle;
    unsigned interface;
    UCHAR frame[FRAME_MAX];
};

static void show(struct module *module, PNET_BUFFER_LIST nbls, bool outbound) {
    const struct traffic_capture_sink *sink = &module->filter->sink;
    const uint64_t now = module->platform->ops->now_ps(module->platform->ctx);
    for (PNET_BUFFER_LIST nbl = nbls; nbl; nbl = NET_BUFFER_LIST_NEXT_NBL(nbl))
        for (PNET_BUFFER nb = NET_BUFFER_LIST_FIRST_NB(nbl); nb; nb = NET_BUFFER_NEXT_NB(nb)) {
            const ULONG length = NET_BUFFER_DATA_LENGTH(nb);
            PVOID data = length <= FRAME_MAX ? NdisGetDataBuffer(nb, length, module->frame, 1, 0) : NULL;
            if (data) sink->frame(sink->ctx, module->interface, outbound, now, data, length);
        }
}

static VOID send(NDIS_HANDLE context, PNET_BUFFER_LIST nbls, NDIS_PORT_NUMBER port, ULONG flags) {
    struct module *module = context;
    show(module, nbls, true);
    NdisFSendNetBufferLists(module->handle, nbls, port, flags);
}

static VOID receive(NDIS_HANDLE context, PNET_BUFFER_LIST nbls, NDIS_PORT_NUMBER port, ULONG count, ULONG flags) {
    struct module *module = context;
    show(module, nbls, false);
    NdisFIndicateReceiveNetBufferLists(module->handle, nbls, port, count, flags);
}

static VOID status(NDIS_HANDLE context, PNDIS_STATUS_INDICATION indication) {
    struct module *module = context;
    NdisFIndicateStatus(module->handle, indication);
}

/* ---- Life of a module */
static void open_interface(struct module *module, PNDIS_STRING name) {
    char text[NAME_MAX];
    size_t length = 0;
    for (; length < name->Length / sizeof(WCHAR) && length + 1 < sizeof(text); length++) text[length] = (char)name->Buffer[length];
    text[length] = '\0';
    module->interface = module->filter->sink.open(module->filter->sink.ctx, text);
}

static NDIS_STATUS attach(NDIS_HANDLE handle, NDIS_HANDLE driver_context, PNDIS_FILTER_ATTACH_PARAMETERS parameters) {
    NDIS_FILTER_ATTRIBUTES attributes = {
        .Header = {NDIS_OBJECT_TYPE_FILTER_ATTRIBUTES, NDIS_FILTER_ATTRIBUTES_REVISION_1, NDIS_SIZEOF_FILTER_ATTRIBUTES_REVISION_1}};
    if (parameters->MiniportMediaType != NdisMedium802_3) return NDIS_STATUS_UNSUPPORTED_MEDIA;
    struct module *module = NdisAllocateMemoryWithTagPriority(handle, sizeof(*module), TAG, NormalPoolPriority);
    if (!module) return NDIS_STATUS_RESOURCES;
    module->filter = driver_context;
    module->platform = ndis_platform(handle);
    module->handle = handle;
    open_interface(module, parameters->FilterModuleGuidName);
    NDIS_STATUS result = NdisFSetAttributes(handle, module, &attributes);
    if (result != NDIS_STATUS_SUCCESS) NdisFreeMemory(module, 0, 0);
    return result;
}

static VOID detach(NDIS_HANDLE context) { NdisFreeMemory(context, 0, 0); }

/* It keeps nothing: there is nothing to wait for. */
static NDIS_STATUS restart(NDIS_HANDLE context, PNDIS_FILTER_RESTART_PARAMETERS parameters) {
    UNREFERENCED_PARAMETER(context);
    UNREFERENCED_PARAMETER(parameters);
    return NDIS_STATUS_SUCCESS;
}

static NDIS_STATUS pause(NDIS_HANDLE context, PNDIS_FILTER_PAUSE_PARAMETERS parameters) {
    UNREFERENCED_PARAMETER(context);
    UNREFERENCED_PARAMETER(parameters);
    return NDIS_STATUS_SUCCESS;
}

static VOID unload(PDRIVER_OBJECT driver) {
    struct capture_filter *filter = ndis_driver_argument(driver);
    NdisFDeregisterFilterDriver(filter->driver);
}

NTSTATUS capture_filter_driver_entry(PDRIVER_OBJECT driver, PUNICODE_STRING registry_path) {
    struct capture_filter *filter = ndis_driver_argument(driver);
    static WCHAR name[] = u"Capture";
    NDIS_FILTER_DRIVER_CHARACTERISTICS characteristics = {
        .Header = {NDIS_OBJECT_TYPE_FILTER_DRIVER_CHARACTERISTICS, NDIS_FILTER_CHARACTERISTICS_REVISION_2,
                   NDIS_SIZEOF_FILTER_DRIVER_CHARACTERISTICS_REVISION_2},
        .MajorNdisVersion = NDIS_MAJOR,
        .MinorNdisVersion = NDIS_MINOR,
        .AttachHandler = attach,
        .DetachHandler = detach,
        .RestartHandler = restart,
        .PauseHandler = pause,
        .SendNetBufferListsHandler = send,
        .ReceiveNetBufferListsHandler = receive,
        .StatusHandler = status,
    };
    UNREFERENCED_PARAMETER(registry_path);
    RtlInitUnicodeString(&characteristics.FriendlyName, name);
    RtlInitUnicodeString(&characteristics.UniqueName, name);
    RtlInitUnicodeString(&characteristics.ServiceName, name);
    driver->DriverUnload = unload;
    return NdisFRegisterFilterDriver(driver, filter, &characteristics, &filter->driver);
}
