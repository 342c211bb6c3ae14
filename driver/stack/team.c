/* SPDX-License-Identifier: Apache-2.0 */
/* team.c: DriverEntry of the team: both halves, and that they belong together. [D] 3.1 */
#include "team_internal.h"

#include "ndis/ndis_host.h"

VOID team_unload(PDRIVER_OBJECT driver) {
    struct team *team = ndis_driver_argument(driver);
    NdisDeregisterProtocolDriver(team->protocol);
    NdisMDeregisterMiniportDriver(team->miniport);
}

NTSTATUS team_driver_entry(PDRIVER_OBJECT driver, PUNICODE_STRING registry_path) {
    struct team *team = ndis_driver_argument(driver);
    NDIS_STATUS status = team_register_miniport(team, driver, registry_path);
    if (status != NDIS_STATUS_SUCCESS) return status;
    status = team_register_protocol(team);
    if (status != NDIS_STATUS_SUCCESS) {
        NdisMDeregisterMiniportDriver(team->miniport);
        return status;
    }
    NdisIMAssociateMiniport(team->miniport, team->protocol);
    return NDIS_STATUS_SUCCESS;
}
