/* SPDX-License-Identifier: Apache-2.0 */
/*
 * netcx_reset.c: a client is reset without its knowing the word: the device goes to D3 and back to D0, as in any sleep; or one queue stops and
 * starts again, as at any pause. NDIS above sees aborted sends and missing frames, no more.
 */
#include "netcx_internal.h"

void netcx_control_begin(struct netcx_device *device) { (void)KeWaitForSingleObject(&device->control, Executive, KernelMode, FALSE, NULL); }
void netcx_control_end(struct netcx_device *device) { (void)KeSetEvent(&device->control, 0, FALSE); }

NDIS_STATUS netcx_reset_device(struct netcx_device *device) {
    NTSTATUS status = STATUS_UNSUCCESSFUL;
    if (device->removed) return NDIS_STATUS_FAILURE;
    netcx_control_begin(device);
    const bool was_running = device->running;
    if (!device->removed && device->powered) {
        device->resetting = true;
        status = wdf_device_power_cycle(device->wdf);
        device->resetting = false;
        device->running = was_running && NT_SUCCESS(status) && device->adapter->tx_count != 0;
        if (device->running) netcx_queues_start(device->adapter);
    }
    netcx_control_end(device);
    return NT_SUCCESS(status) ? NDIS_STATUS_SUCCESS : NDIS_STATUS_FAILURE;
}

/* Queues are numbered as VIRTIO's are: receive 0, transmit 0, receive 1, ... */
NDIS_STATUS netcx_reset_queue(struct netcx_device *device, PNDIS_OID_REQUEST request) {
    ULONG number;
    NTSTATUS status = STATUS_UNSUCCESSFUL;
    if (!miniport_read_ulong(&request->DATA.SET_INFORMATION, &number)) return NDIS_STATUS_INVALID_LENGTH;
    if (device->removed) return NDIS_STATUS_FAILURE;
    netcx_control_begin(device);
    if (!device->removed && device->running) status = netcx_queue_restart(device->adapter, number % 2 != 0, number / 2);
    netcx_control_end(device);
    if (status == STATUS_NOT_FOUND) return NDIS_STATUS_INVALID_DATA;
    return NT_SUCCESS(status) ? NDIS_STATUS_SUCCESS : NDIS_STATUS_FAILURE;
}
