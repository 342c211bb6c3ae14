/* SPDX-License-Identifier: Apache-2.0 */
/* netcx_offload.h: task offloads between NDIS and the driver: checksums. */
#ifndef RINGSIDE_NETCX_NETCX_OFFLOAD_H
#define RINGSIDE_NETCX_NETCX_OFFLOAD_H

#include "netcx_internal.h"

/* At the start of the adapter: what can be, from what the driver declared. */
void netcx_offload_init(struct netcx_adapter *adapter);
/* Extensions of the packets of a queue. */
void netcx_offload_extensions(const struct netcx_adapter *adapter, bool is_tx, struct netcx_extensions *extensions);
NDIS_STATUS netcx_offload_attributes(struct netcx_adapter *adapter);
NDIS_STATUS netcx_offload_encapsulation(struct netcx_adapter *adapter, PNDIS_OID_REQUEST request);
NDIS_STATUS netcx_offload_parameters(struct netcx_adapter *adapter, PNDIS_OID_REQUEST request);

/* netcx_checksum.c: does the NBL ask for a checksum? Its slot, as the packet's extension; what the extension of a received packet says, as
 * the slot, the frame's first `first` bytes being contiguous. */
bool netcx_checksum_is_asked(const NET_BUFFER_LIST *nbl);
NET_PACKET_CHECKSUM netcx_checksum_ask(const NET_BUFFER_LIST *nbl);
PVOID netcx_checksum_found(const struct netcx_adapter *adapter, const NET_PACKET *packet, NET_PACKET_CHECKSUM found, const UCHAR *frame, ULONG first);

#endif
