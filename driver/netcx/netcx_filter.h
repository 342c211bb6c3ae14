/* SPDX-License-Identifier: Apache-2.0 */
/* netcx_filter.h: the receive filter between OID requests and the driver. */
#ifndef RINGSIDE_NETCX_FILTER_H
#define RINGSIDE_NETCX_FILTER_H

#include "netcx_internal.h"

NDIS_STATUS netcx_filter_set(struct netcx_adapter *adapter, PNDIS_OID_REQUEST request);
NDIS_STATUS netcx_filter_set_multicast(struct netcx_adapter *adapter, PNDIS_OID_REQUEST request);
/* What NDIS is told that the adapter can do. */
ULONG netcx_filter_supported(const struct netcx_adapter *adapter);
ULONG netcx_filter_multicasts(const struct netcx_adapter *adapter);

#endif
