/* SPDX-License-Identifier: Apache-2.0 */
/*
 * traffic_module.c: drivers of the stack that come from a file. What a driver registers in its DriverEntry says where it goes:
 *
 *   filter         a module of it over the adapter that the stack has reached
 *   protocol       bound to that adapter
 *   intermediate   bound to that adapter, or as the lowest of the stack to every NIC; the stack goes on above the virtual adapter that its
 *                  argument names
 *   miniport       adapters of its own beside the stack, or the NIC itself; so a client of NetAdapterCx, which registers with the framework
 */
#include <stdio.h>
#include <stdlib.h>

#include "traffic_internal.h"

enum { SOFTWARE_ADAPTERS_MOST = 16 };

static NDIS_STATUS fail(struct traffic *traffic, NDIS_STATUS status, const char *path, const char *what) {
    snprintf(traffic->problem, sizeof(traffic->problem), "%s: %s", path, what);
    return status;
}

static const char *meaning(NDIS_STATUS status) {
    switch (status) {
    case NDIS_STATUS_RESOURCES: return " (NDIS_STATUS_RESOURCES)";
    case NDIS_STATUS_FAILURE: return " (NDIS_STATUS_FAILURE)";
    case NDIS_STATUS_BAD_VERSION: return " (NDIS_STATUS_BAD_VERSION: NDIS 6 is served; say NDIS6xx or NDIS6xx_MINIPORT when compiling)";
    case NDIS_STATUS_BAD_CHARACTERISTICS:
        return " (NDIS_STATUS_BAD_CHARACTERISTICS: a compulsory handler is missing, or the Header of the characteristics is too small)";
    case NDIS_STATUS_NOT_SUPPORTED: return " (NDIS_STATUS_NOT_SUPPORTED)";
    case NDIS_STATUS_INVALID_PARAMETER: return " (NDIS_STATUS_INVALID_PARAMETER)";
    default: return "";
    }
}

static NDIS_STATUS fail_with_status(struct traffic *traffic, NDIS_STATUS status, const char *path, const char *what) {
    snprintf(traffic->problem, sizeof(traffic->problem), "%s: %s failed with status 0x%08x%s; run with --set driver.debug_print=true for what "
             "it prints with DbgPrint, and see whether it wants parameters (driver.registry)", path, what, (unsigned)status, meaning(status));
    return status;
}

/* A driver that is in the stack twice is loaded once. */
static NDIS_STATUS load_once(struct traffic *traffic, const struct traffic_module *driver, unsigned number) {
    for (unsigned i = 0; i < number; i++) {
        if (!traffic->modules[i] || strcmp(traffic->config.modules[i].path, driver->path) != 0) continue;
        snprintf(traffic->layers[number].name, sizeof(traffic->layers[number].name), "%s", module_name(traffic->modules[i]));
        return NDIS_STATUS_SUCCESS;
    }
    struct module *module = module_open(driver->path, traffic->problem, sizeof(traffic->problem));
    if (!module) return NDIS_STATUS_FAILURE;
    traffic->modules[number] = module;
    const int length = snprintf(traffic->layers[number].name, sizeof(traffic->layers[number].name), "%s", module_name(module));
    if (length < 0 || (size_t)length >= sizeof(traffic->layers[number].name))
        return fail(traffic, NDIS_STATUS_FAILURE, driver->path, "a driver's name has at most 23 characters; rename the file");
    const NDIS_STATUS status = netcx_load_driver(traffic->kernel, module_name(module), module_entry(module), NULL);
    if (status != NDIS_STATUS_SUCCESS)
        return fail_with_status(traffic, status, driver->path, "DriverEntry");
    return status;
}

static NDIS_STATUS add_software_adapters(struct traffic *traffic, const struct traffic_module *driver, const char *name) {
    char *end;
    const unsigned long count = *driver->argument ? strtoul(driver->argument, &end, 10) : 1;
    if (*driver->argument && (*end || count < 1 || count > SOFTWARE_ADAPTERS_MOST))
        return fail(traffic, NDIS_STATUS_INVALID_PARAMETER, driver->path,
                    "it is a miniport: say how many adapters it drives, 1 to 16, or, as the first of the stack, nic0 for the NIC itself");
    NDIS_STATUS status = NDIS_STATUS_SUCCESS;
    for (unsigned i = 0; i < count && status == NDIS_STATUS_SUCCESS; i++) {
        char adapter[40];
        snprintf(adapter, sizeof(adapter), "%s%u", name, i);
        status = ndis_add_software_adapter(traffic->ndis, name, adapter);
    }
    return status;
}

static NDIS_STATUS stack_intermediate(struct traffic *traffic, unsigned number, const char *name, char *adapter, size_t size) {
    const struct traffic_module *driver = &traffic->config.modules[number];
    if (*driver->argument == '\0')
        return fail(traffic, NDIS_STATUS_INVALID_PARAMETER, driver->path,
                    "it is an intermediate driver: say behind the path which of its virtual adapters carries what is above it");
    const NDIS_STATUS status = number == 0 ? traffic_bind_to_nics(traffic, name) : ndis_bind_only(traffic->ndis, name, adapter);
    snprintf(adapter, size, "%s", driver->argument);
    return status;
}

NDIS_STATUS traffic_module_load(struct traffic *traffic, unsigned number, char *adapter, size_t size) {
    const struct traffic_module *driver = &traffic->config.modules[number];
    NDIS_STATUS status = load_once(traffic, driver, number);
    if (status != NDIS_STATUS_SUCCESS) return status;
    const char *name = traffic->layers[number].name;
    const char *over = *driver->argument ? driver->argument : adapter;
    const unsigned roles = ndis_driver_roles(traffic->ndis, name);
    if (roles & NDIS_ROLE_INTERMEDIATE) return stack_intermediate(traffic, number, name, adapter, size);
    if (roles & NDIS_ROLE_MINIPORT)
        return number == 0 && strcmp(driver->argument, "nic0") == 0 ? ndis_add_adapter(traffic->ndis, name, "nic0")
                                                                    : add_software_adapters(traffic, driver, name);
    if (roles & NDIS_ROLE_FILTER) {
        char module[40];
        snprintf(module, sizeof(module), "%s-%u", name, number);
        status = ndis_add_filter(traffic->ndis, name, over, module);
    }
    if (roles & NDIS_ROLE_PROTOCOL && status == NDIS_STATUS_SUCCESS) status = ndis_bind_only(traffic->ndis, name, over);
    if (roles == 0)
        return fail(traffic, NDIS_STATUS_FAILURE, driver->path,
                    "its DriverEntry succeeded and registered no miniport, filter or protocol, and no framework driver with EvtDriverDeviceAdd: is it a "
                    "driver of the network?");
    return status;
}

void traffic_module_blame(struct traffic *traffic, NDIS_STATUS status) {
    const char *driver, *adapter = ndis_refused_adapter(traffic->ndis, &driver);
    char what[64];
    if (!adapter) return;
    snprintf(what, sizeof(what), "MiniportInitializeEx of %s", adapter);
    for (unsigned i = 0; i < TRAFFIC_STACK_MOST; i++)
        if (traffic->modules[i] && strcmp(module_name(traffic->modules[i]), driver) == 0)
            (void)fail_with_status(traffic, status, traffic->config.modules[i].path, what);
}

void traffic_modules_close(struct traffic *traffic) {
    for (unsigned i = 0; i < TRAFFIC_STACK_MOST; i++) module_close(traffic->modules[i]);
}
