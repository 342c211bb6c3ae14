/* SPDX-License-Identifier: Apache-2.0 */
#include "descriptor_bytes.h"

#include "ndis.h"
#include "ndis/packet.h"
#include "netadaptercx.h"

/* An MDL has the number of each page behind it. */
enum { MDL_BYTES = sizeof(MDL) + sizeof(PFN_NUMBER) };

unsigned descriptor_bytes_ndis_packet(void) {
    return sizeof(NDIS_PACKET) + sizeof(NDIS_PACKET_OOB_DATA) + sizeof(NDIS_PACKET_EXTENSION) + MDL_BYTES;
}

unsigned descriptor_bytes_nbl(void) { return sizeof(NET_BUFFER_LIST) + sizeof(NET_BUFFER) + MDL_BYTES; }

unsigned descriptor_bytes_nbl_list(unsigned packets) {
    return (unsigned)sizeof(NET_BUFFER_LIST) / packets + (unsigned)sizeof(NET_BUFFER) + MDL_BYTES;
}

unsigned descriptor_bytes_net_packet(enum descriptor_extra extra) {
    const unsigned extension = extra == DESCRIPTOR_CHECKSUM    ? sizeof(NET_PACKET_CHECKSUM)
                               : extra == DESCRIPTOR_EXTENSION ? DESCRIPTORS_CONTEXT
                                                               : 0;
    const unsigned packet = (unsigned)sizeof(NET_PACKET) + extension, alignment = _Alignof(NET_PACKET);
    return (packet + alignment - 1) / alignment * alignment + (unsigned)sizeof(NET_FRAGMENT) +
           (unsigned)sizeof(NET_FRAGMENT_VIRTUAL_ADDRESS) + (unsigned)sizeof(NET_FRAGMENT_LOGICAL_ADDRESS);
}
