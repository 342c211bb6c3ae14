/* SPDX-License-Identifier: Apache-2.0 */
/* filter_driver.c: registration of filter drivers, and what their modules call about themselves. [D] 1.6, 3.2, 3.3 */
#include <stdlib.h>

#include "ndis_internal.h"

static bool has_required(const NDIS_FILTER_DRIVER_CHARACTERISTICS *chars) {
    return chars->AttachHandler && chars->DetachHandler && chars->RestartHandler && chars->PauseHandler;
}

NDIS_STATUS NdisFRegisterFilterDriver(PDRIVER_OBJECT DriverObject, NDIS_HANDLE FilterDriverContext,
                                      PNDIS_FILTER_DRIVER_CHARACTERISTICS FilterDriverCharacteristics,
                                      PNDIS_HANDLE NdisFilterDriverHandle) {
    const NDIS_FILTER_DRIVER_CHARACTERISTICS *chars = FilterDriverCharacteristics;
    struct ndis_driver *driver = CONTAINING_RECORD(DriverObject, struct ndis_driver, driver_object);
    struct ndis *ndis = driver->object.ndis;
    ndis_require_passive(ndis, __func__);
    if (chars->Header.Size < NDIS_SIZEOF_FILTER_DRIVER_CHARACTERISTICS_REVISION_1) return NDIS_STATUS_BAD_CHARACTERISTICS;
    if (chars->MajorNdisVersion < 6) return NDIS_STATUS_BAD_VERSION;
    if (!has_required(chars)) return NDIS_STATUS_BAD_CHARACTERISTICS;
    struct ndis_filter_driver *filter_driver = calloc(1, sizeof(*filter_driver));
    if (!filter_driver) return NDIS_STATUS_RESOURCES;
    filter_driver->object = (struct ndis_object){.type = NDIS_OBJECT_FILTER_DRIVER, .ndis = ndis, .name = driver->object.name};
    filter_driver->driver = driver;
    filter_driver->context = FilterDriverContext;
    size_t size = chars->Header.Size < sizeof(filter_driver->chars) ? chars->Header.Size : sizeof(filter_driver->chars);
    memcpy(&filter_driver->chars, chars, size);
    *NdisFilterDriverHandle = filter_driver;  /* before SetOptions: drivers compare it there */
    NDIS_STATUS status = NDIS_STATUS_SUCCESS;
    if (filter_driver->chars.SetOptionsHandler) status = filter_driver->chars.SetOptionsHandler(filter_driver, FilterDriverContext);
    if (status != NDIS_STATUS_SUCCESS) {
        *NdisFilterDriverHandle = NULL;
        free(filter_driver);
        return status;
    }
    struct ndis_filter_driver **link = &ndis->filter_drivers;
    while (*link) link = &(*link)->next;
    *link = filter_driver;
    return NDIS_STATUS_SUCCESS;
}

VOID NdisFDeregisterFilterDriver(NDIS_HANDLE NdisFilterDriverHandle) {
    struct ndis_filter_driver *filter_driver = ndis_object_of(NdisFilterDriverHandle, NDIS_OBJECT_FILTER_DRIVER, __func__);
    if (!filter_driver) return;
    struct ndis *ndis = filter_driver->object.ndis;
    ndis_require_passive(ndis, __func__);
    for (struct ndis_adapter *adapter = ndis->adapters; adapter; adapter = adapter->next)
        for (struct ndis_filter *filter = adapter->top, *below; filter; filter = below) {
            below = filter->below;
            if (filter->filter_driver == filter_driver) ndis_detach_filter_module(filter);
        }
    filter_driver->deregistered = true;  /* kept: modules that lost an NBL still name it */
}

static struct ndis_filter *filter_of(NDIS_HANDLE handle, const char *function) {
    return ndis_object_of(handle, NDIS_OBJECT_FILTER, function);
}

NDIS_STATUS NdisFSetAttributes(NDIS_HANDLE NdisFilterHandle, NDIS_HANDLE FilterModuleContext, PNDIS_FILTER_ATTRIBUTES FilterAttributes) {
    struct ndis_filter *filter = filter_of(NdisFilterHandle, __func__);
    if (!filter) return NDIS_STATUS_INVALID_PARAMETER;
    if (FilterAttributes->Header.Size < NDIS_SIZEOF_FILTER_ATTRIBUTES_REVISION_1) return NDIS_STATUS_BAD_CHARACTERISTICS;
    if (!filter->attaching) {
        kernel_violation(filter->object.ndis->kernel, "ndis.state", "[D] 2.11", -1, "%s set its attributes outside of FilterAttach",
                         filter->object.name);
        return NDIS_STATUS_FAILURE;
    }
    filter->context = FilterModuleContext;
    return NDIS_STATUS_SUCCESS;
}

/* Who has handlers of one kind must have the others that this takes. [D] 3.2 */
static bool fit(const struct ndis_filter *filter, const NDIS_FILTER_PARTIAL_CHARACTERISTICS *partial) {
    const NDIS_FILTER_DRIVER_CHARACTERISTICS *chars = &filter->filter_driver->chars;
    return (!partial->ReceiveNetBufferListsHandler && !partial->ReturnNetBufferListsHandler) || chars->StatusHandler;
}

NDIS_STATUS ndis_set_filter_handlers(NDIS_HANDLE NdisHandle, PNDIS_DRIVER_OPTIONAL_HANDLERS OptionalHandlers) {
    struct ndis_filter *filter = filter_of(NdisHandle, "NdisSetOptionalHandlers");
    if (!filter) return NDIS_STATUS_INVALID_PARAMETER;
    /* Judged by its size alone: there is a driver that leaves type and revision as they happen to be. */
    if (OptionalHandlers->Header.Size < NDIS_SIZEOF_FILTER_PARTIAL_CHARACTERISTICS_REVISION_1) return NDIS_STATUS_BAD_CHARACTERISTICS;
    const NDIS_FILTER_PARTIAL_CHARACTERISTICS *partial = (const NDIS_FILTER_PARTIAL_CHARACTERISTICS *)(const void *)OptionalHandlers;
    if (!filter->choosing && !filter->attaching) {
        kernel_violation(filter->object.ndis->kernel, "ndis.state", "[D] 3.2", -1,
                         "%s changed its handlers outside of FilterSetFilterModuleOptions", filter->object.name);
        return NDIS_STATUS_INVALID_PARAMETER;
    }
    if (!fit(filter, partial)) return NDIS_STATUS_BAD_CHARACTERISTICS;
    filter->send = partial->SendNetBufferListsHandler;
    filter->send_complete = partial->SendNetBufferListsCompleteHandler;
    filter->cancel_send = partial->CancelSendNetBufferListsHandler;
    filter->receive = partial->ReceiveNetBufferListsHandler;
    filter->return_nbls = partial->ReturnNetBufferListsHandler;
    return NDIS_STATUS_SUCCESS;
}

VOID NdisFPauseComplete(NDIS_HANDLE NdisFilterHandle) {
    struct ndis_filter *filter = filter_of(NdisFilterHandle, __func__);
    if (filter) ndis_pending_complete(filter->object.ndis, &filter->pause, NDIS_STATUS_SUCCESS, __func__);
}

VOID NdisFRestartComplete(NDIS_HANDLE NdisFilterHandle, NDIS_STATUS Status) {
    struct ndis_filter *filter = filter_of(NdisFilterHandle, __func__);
    if (filter) ndis_pending_complete(filter->object.ndis, &filter->restart, Status, __func__);
}

static void restart_stack(void *arg) {
    struct ndis_adapter *adapter = arg;
    ndis_pnp_begin(adapter);
    if (adapter->layer.state == NDIS_STATE_RUNNING) {
        ndis_pause_adapter(adapter, NDIS_PAUSE_FILTER_RESTART_STACK);
        (void)ndis_restart_adapter(adapter);
    }
    ndis_pnp_end(adapter);
}

NDIS_STATUS NdisFRestartFilter(NDIS_HANDLE NdisFilterHandle) {
    struct ndis_filter *filter = filter_of(NdisFilterHandle, __func__);
    if (!filter) return NDIS_STATUS_INVALID_PARAMETER;
    return ndis_queue_work(filter->object.ndis, restart_stack, filter->layer.adapter) ? NDIS_STATUS_SUCCESS : NDIS_STATUS_RESOURCES;
}
