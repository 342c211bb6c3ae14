/* SPDX-License-Identifier: Apache-2.0 */
/*
 * host_calls.c: the calls of our own miniport that are not Windows': the seam platform.h, the packet ids of traces, the driver's argument.
 *
 * A Windows host of this driver would have to bring them; here they only end the list of names that the image may not import. Nothing of
 * the image runs.
 */
#include "ndis/ndis_host.h"

void *ndis_driver_argument(PDRIVER_OBJECT driver_object) { return driver_object; }
struct platform *ndis_platform(NDIS_HANDLE handle) { return handle; }
void ndis_nbl_set_packet(PNET_BUFFER_LIST nbl, int64_t packet) { nbl->Scratch = (PVOID)packet; }
int64_t ndis_nbl_packet(const NET_BUFFER_LIST *nbl) { return (int64_t)nbl->Scratch; }
