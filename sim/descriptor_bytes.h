/* SPDX-License-Identifier: Apache-2.0 */
/* descriptor_bytes.h: how large what stands for a packet is, of one fragment in one page. */
#ifndef RINGSIDE_DESCRIPTOR_BYTES_H
#define RINGSIDE_DESCRIPTOR_BYTES_H

#include "descriptors.h"

unsigned descriptor_bytes_ndis_packet(void); /* NDIS_PACKET with its out-of-band block and extension, and NDIS_BUFFER */
unsigned descriptor_bytes_nbl(void);         /* NET_BUFFER_LIST, NET_BUFFER and MDL */
unsigned descriptor_bytes_nbl_list(unsigned packets); /* a packet's share of one NET_BUFFER_LIST, and a NET_BUFFER and MDL */
/* Elements of the packet ring and of the fragment ring, with the extensions for both addresses, and the one that is asked for, if any. */
unsigned descriptor_bytes_net_packet(enum descriptor_extra extra);

#endif
