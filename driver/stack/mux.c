/* SPDX-License-Identifier: Apache-2.0 */
/* mux.c: DriverEntry of the multiplexer: both halves, and that they belong together. [D] 3.1 */
#include "mux_internal.h"

#include "ndis/ndis_host.h"

VOID mux_unload(PDRIVER_OBJECT driver) {
    struct mux *mux = ndis_driver_argument(driver);
    NdisDeregisterProtocolDriver(mux->protocol);
    NdisMDeregisterMiniportDriver(mux->miniport);
}

NTSTATUS mux_driver_entry(PDRIVER_OBJECT driver, PUNICODE_STRING registry_path) {
    struct mux *mux = ndis_driver_argument(driver);
    NDIS_STATUS status = mux_register_miniport(mux, driver, registry_path);
    if (status != NDIS_STATUS_SUCCESS) return status;
    status = mux_register_protocol(mux);
    if (status != NDIS_STATUS_SUCCESS) {
        NdisMDeregisterMiniportDriver(mux->miniport);
        return status;
    }
    NdisIMAssociateMiniport(mux->miniport, mux->protocol);
    return NDIS_STATUS_SUCCESS;
}
