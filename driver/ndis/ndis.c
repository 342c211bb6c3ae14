/* SPDX-License-Identifier: Apache-2.0 */
/* ndis.c: life of an NDIS, its objects and names, loading of drivers, and what all its files need. */
#define _GNU_SOURCE
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "nbl_guard.h"
#include "ndis_internal.h"

struct ndis_name {
    struct ndis_name *next;
    char text[];
};

struct ndis *ndis_create(struct kernel *kernel) {
    struct ndis *ndis = calloc(1, sizeof(*ndis));
    if (!ndis) return NULL;
    ndis->kernel = kernel;
    ndis->platform = kernel_platform(kernel);
    ndis->timeout_ns = 1000000000;
    kernel->ndis = ndis;
    return ndis;
}

static void unload_drivers(struct ndis *ndis) {
    while (ndis->drivers) {
        struct ndis_driver *driver = ndis->drivers;
        if (driver->is_miniport && driver->miniport.UnloadHandler) driver->miniport.UnloadHandler(&driver->driver_object);
        else if (driver->driver_object.DriverUnload) driver->driver_object.DriverUnload(&driver->driver_object);
        ndis->drivers = driver->next;
        free(driver->legacy);
        free(driver);
    }
}

void ndis_destroy(struct ndis *ndis) {
    if (!ndis) return;
    struct kernel_scope scope;
    kernel_enter(ndis->kernel, &scope);
    if (ndis->started) ndis_stop(ndis);
    unload_drivers(ndis);
    while (ndis->protocols) NdisDeregisterProtocolDriver(ndis->protocols);
    ndis_free_loopback(ndis);
    ndis_free_filters(ndis);
    while (ndis->adapters) {
        struct ndis_adapter *adapter = ndis->adapters;
        ndis->adapters = adapter->next;
        while (adapter->bindings) ndis_binding_free(adapter->bindings);
        free(adapter->oids);
        free(adapter->legacy);
        free(adapter);
    }
    while (ndis->dead_protocols) {
        struct ndis_protocol *protocol = ndis->dead_protocols;
        ndis->dead_protocols = protocol->next;
        ndis_protocol_free(protocol);
    }
    ndis_free_legacy_protocols(ndis);
    ndis_free_packet_pools(ndis);
    ndis_free_pools(ndis);
    guard_free(ndis);
    ndis_free_sgs(ndis);
    ndis_free_oids(ndis);
    ndis_free_config(ndis);
    kernel_join_threads(ndis->kernel);
    while (ndis->free_retreats) {
        struct nb_retreat *retreat = ndis->free_retreats;
        ndis->free_retreats = retreat->next;
        kernel_free(retreat->memory);
        free(retreat);
    }
    kernel_leave(&scope);
    ndis->kernel->ndis = NULL;
    while (ndis->names) {
        struct ndis_name *name = ndis->names;
        ndis->names = name->next;
        free(name);
    }
    free(ndis);
}

const char *ndis_intern(struct ndis *ndis, const char *text) {
    for (struct ndis_name *name = ndis->names; name; name = name->next)
        if (strcmp(name->text, text) == 0) return name->text;
    size_t bytes = strlen(text) + 1;
    struct ndis_name *name = malloc(sizeof(*name) + bytes);
    if (!name) return "?";
    memcpy(name->text, text, bytes);
    name->next = ndis->names;
    ndis->names = name;
    return name->text;
}

/* Behind the path of the services; registry.c finds it. */
static void name_service(PUNICODE_STRING path, const char *name) {
    size_t used = 0;
    while (path->Buffer[used]) used++;
    for (; *name && used + 1 < path->MaximumLength / sizeof(WCHAR); name++) path->Buffer[used++] = (WCHAR)(unsigned char)*name;
    path->Length = (USHORT)(used * sizeof(WCHAR));
}

NDIS_STATUS ndis_load_driver(struct ndis *ndis, const char *name, DRIVER_INITIALIZE *entry, void *argument) {
    struct ndis_driver *driver = calloc(1, sizeof(*driver));
    if (!driver) return NDIS_STATUS_RESOURCES;
    driver->object = (struct ndis_object){.type = NDIS_OBJECT_DRIVER, .ndis = ndis, .name = ndis_intern(ndis, name)};
    driver->argument = argument;
    if (ndis->guard) driver->code = guard_code_of(entry);
    struct ndis_driver **link = &ndis->drivers;
    while (*link) link = &(*link)->next;
    *link = driver;

    WCHAR path[128] = u"\\Registry\\Machine\\System\\CurrentControlSet\\Services\\";
    UNICODE_STRING registry = {.Buffer = path, .MaximumLength = sizeof(path)};
    name_service(&registry, driver->object.name);
    struct kernel_scope scope;
    kernel_enter(ndis->kernel, &scope);
    ndis->loading = driver;
    NDIS_STATUS status = entry(&driver->driver_object, &registry);
    ndis->loading = NULL;
    kernel_leave(&scope);
    if (status != NDIS_STATUS_SUCCESS) {
        *link = NULL;  /* it is still the last one: drivers load no drivers */
        free(driver->legacy);
        free(driver);
    }
    return status;
}

void *ndis_driver_argument(PDRIVER_OBJECT driver_object) {
    return CONTAINING_RECORD(driver_object, struct ndis_driver, driver_object)->argument;
}

struct ndis_adapter *ndis_find_adapter(struct ndis *ndis, const char *name) {
    struct ndis_adapter *adapter = ndis->adapters;
    while (adapter && strcasecmp(adapter->object.name, name) != 0) adapter = adapter->next;
    return adapter;
}

void ndis_set_timeout(struct ndis *ndis, uint64_t ns) { ndis->timeout_ns = ns; }

void ndis_get_counts(const struct ndis *ndis, struct ndis_counts *counts) {
    *counts = ndis->counts;
    counts->nbl_allocated = ndis_live_nbls(ndis);
}

struct platform *ndis_platform(NDIS_HANDLE handle) {
    const struct ndis_object *object = handle;
    return object->type == NDIS_OBJECT_ADAPTER ? ((const struct ndis_adapter *)handle)->platform : object->ndis->platform;
}

void ndis_set_place(NDIS_HANDLE handle, ndis_place *place, void *context) {
    struct ndis_adapter *adapter = ndis_object_of(handle, NDIS_OBJECT_ADAPTER, __func__);
    if (!adapter) return;
    adapter->place = place;
    adapter->place_context = context;
}

struct ndis *ndis_current(const char *function) { return kernel_require_context(function)->kernel->ndis; }

void *ndis_object_of(NDIS_HANDLE handle, enum ndis_object_type type, const char *function) {
    struct ndis_object *object = handle;
    if (object && object->type == type) return object;
    struct kernel *kernel = object ? object->ndis->kernel : kernel_require_context(function)->kernel;
    kernel_violation(kernel, "ndis.handle", "[D] 2.11", -1, "%s was given a handle of another kind", function);
    return NULL;
}

void ndis_require_passive(struct ndis *ndis, const char *function) {
    if (KeGetCurrentIrql() > PASSIVE_LEVEL)
        kernel_violation(ndis->kernel, "kernel.irql", "[D] 2.11", -1, "%s was called at IRQL %u, and needs PASSIVE_LEVEL", function,
                         KeGetCurrentIrql());
}

void ndis_pending_begin(struct ndis_pending *pending) {
    pending->active = true;
    pending->status = NDIS_STATUS_PENDING;
    KeInitializeEvent(&pending->done, NotificationEvent, FALSE);
}

void ndis_pending_complete(struct ndis *ndis, struct ndis_pending *pending, NDIS_STATUS status, const char *what) {
    if (!pending->active) {
        kernel_violation(ndis->kernel, "ndis.state", "[D] 3.4 (0x7C/0x1F)", -1, "%s without a pending operation", what);
        return;
    }
    pending->active = false;
    pending->status = status;
    (void)KeSetEvent(&pending->done, 0, FALSE);
}

bool ndis_pending_wait(struct ndis *ndis, struct ndis_pending *pending, NDIS_STATUS *status, const char *what, const char *who) {
    if (*status != NDIS_STATUS_PENDING) {
        pending->active = false;
        return true;
    }
    LARGE_INTEGER timeout = {.QuadPart = -(LONGLONG)(ndis->timeout_ns / 100)};
    if (KeWaitForSingleObject(&pending->done, Executive, KernelMode, FALSE, &timeout) == STATUS_SUCCESS) {
        *status = pending->status;
        return true;
    }
    pending->active = false;
    kernel_violation(ndis->kernel, "ndis.timeout", "[D] 3.4 (0x7C/0x25)", -1, "%s of %s was pended and not completed within %llu us", what,
                     who, (unsigned long long)(ndis->timeout_ns / 1000));
    return false;
}

static void trace_function(struct ndis *ndis, enum platform_trace_kind kind, const char *function) {
    const struct platform *platform = ndis->platform;
    if (ndis->guard) guard_close(ndis);
    if (!platform->ops->trace_enabled(platform->ctx, kind)) return;
    struct platform_trace event = {.kind = kind, .text = function};
    platform->ops->trace(platform->ctx, &event);
}

void ndis_function_enter(struct ndis *ndis, const char *function) { trace_function(ndis, PLATFORM_TRACE_FUNCTION_ENTER, function); }

void ndis_function_exit(struct ndis *ndis, const char *function) { trace_function(ndis, PLATFORM_TRACE_FUNCTION_EXIT, function); }
