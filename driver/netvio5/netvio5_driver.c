/* SPDX-License-Identifier: Apache-2.0 */
/* netvio5_driver.c: DriverEntry of the NDIS 5.1 miniport. */
#include "netvio5_adapter.h"

NTSTATUS netvio5_driver_entry(PDRIVER_OBJECT driver, PUNICODE_STRING registry_path) {
    NDIS_HANDLE wrapper;
    NDIS_MINIPORT_CHARACTERISTICS characteristics = {
        .MajorNdisVersion = 5,
        .MinorNdisVersion = 1,
        .CheckForHangHandler = netvio5_check_for_hang,
        .HaltHandler = netvio5_halt,
        .HandleInterruptHandler = netvio5_dpc,
        .InitializeHandler = netvio5_initialize,
        .ISRHandler = netvio5_isr,
        .QueryInformationHandler = netvio5_query,
        .ResetHandler = netvio5_reset,
        .SetInformationHandler = netvio5_set,
        .ReturnPacketHandler = netvio5_return_packet,
        .SendPacketsHandler = netvio5_send_packets,
        .CancelSendPacketsHandler = netvio5_cancel_send,
        .PnPEventNotifyHandler = netvio5_pnp_event,
        .AdapterShutdownHandler = netvio5_shutdown,
    };
    NdisMInitializeWrapper(&wrapper, driver, registry_path, NULL);
    const NDIS_STATUS status = NdisMRegisterMiniport(wrapper, &characteristics, sizeof(characteristics));
    if (status != NDIS_STATUS_SUCCESS) NdisTerminateWrapper(wrapper, NULL);
    return status;
}
