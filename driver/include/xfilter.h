/* SPDX-License-Identifier: Apache-2.0 */
/* xfilter.h: Ethernet addresses: six bytes, the lowest bit of the first for groups. */
#ifndef RINGSIDE_XFILTER_H
#define RINGSIDE_XFILTER_H

#include <string.h>

#include "ntdef.h"

#define ETH_LENGTH_OF_ADDRESS 6
#define ETH_IS_LOCALLY_ADMINISTERED(address) ((((const UCHAR *)(address))[0] & 2) != 0)
#define ETH_IS_MULTICAST(address) ((((const UCHAR *)(address))[0] & 1) != 0)
#define ETH_IS_BROADCAST(address) (memcmp((address), "\xFF\xFF\xFF\xFF\xFF\xFF", 6) == 0)
#define ETH_COPY_NETWORK_ADDRESS(to, from) ((void)memcpy((to), (from), 6))
#define ETH_COMPARE_NETWORK_ADDRESSES_EQ(left, right, different) (*(different) = memcmp((left), (right), 6) != 0)
#define ETH_LENGTH_OF_HEADER 14
#define ETHERNET_LENGTH_OF_ADDRESS ETH_LENGTH_OF_ADDRESS

#endif
