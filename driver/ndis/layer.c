/* SPDX-License-Identifier: Apache-2.0 */
/* layer.c: what adapters, filter modules and bindings have in common: when one of them is idle. [D] 3.4 */
#include "ndis_internal.h"

void ndis_layer_init(struct ndis_layer *layer, enum ndis_object_type type, const char *name, struct ndis_driver *driver,
                     struct ndis_adapter *adapter) {
    *layer = (struct ndis_layer){.object = {.type = type, .ndis = adapter->object.ndis, .name = name}, .driver = driver,
                                 .adapter = adapter, .state = NDIS_STATE_HALTED};
    KeInitializeEvent(&layer->idle, NotificationEvent, FALSE);
    InitializeListHead(&layer->oid_queue);
}

static bool is_idle(const struct ndis_layer *layer) { return layer->originated == 0 && layer->held == 0 && layer->calls == 0; }

void ndis_layer_check_idle(struct ndis_layer *layer) {
    if (layer->state == NDIS_STATE_PAUSING && is_idle(layer)) (void)KeSetEvent(&layer->idle, 0, FALSE);
}

void ndis_layer_wait_idle(struct ndis_layer *layer, const char *when) {
    struct ndis *ndis = layer->object.ndis;
    LARGE_INTEGER timeout = {.QuadPart = -(LONGLONG)(ndis->timeout_ns / 100)};
    while (!is_idle(layer)) {
        KeClearEvent(&layer->idle);
        if (KeWaitForSingleObject(&layer->idle, Executive, KernelMode, FALSE, &timeout) == STATUS_SUCCESS) continue;
        (void)nbl_report_lost(ndis, &layer->object, NULL, when);
        (void)nbl_report_lost(ndis, NULL, &layer->object, when);
        return;
    }
}
