/* SPDX-License-Identifier: Apache-2.0 */
/*
 * netadaptercx.h: the Network Adapter class extension, source compatible with NetAdapterCx 2.3: adapters and queues over wdf.h, with rings of
 * packets (net/) where NDIS has lists of buffers. What a client driver includes.
 *
 *   netcx/adapter.h         an adapter: made, started and stopped; its link and addresses
 *   netcx/datapath.h        what it can send and receive: buffers, DMA, queues
 *   netcx/queue.h           its queues, and their callbacks
 *   netcx/offload.h         checksums
 *   netcx/segmentation.h    large sends, received segments that are joined, tags
 *   netcx/receivescaling.h  received packets spread over queues
 *   netcx/receivefilter.h   which frames it is to deliver
 *   netcx/power.h           what may wake it
 *   netcx/configuration.h   its parameters
 *
 * Pointer arguments are copied during the call. "P" in a comment: PASSIVE_LEVEL only. Structures begin with their Size, which their _INIT
 * fills in. Behind it: driver/netcx. [D] NetAdapterCx
 */
#ifndef RINGSIDE_NETADAPTERCX_H
#define RINGSIDE_NETADAPTERCX_H

#include "ntddndis.h"
#include "wdf.h"
#include "xfilter.h"

#include "net/checksum.h"
#include "net/databuffer.h"
#include "net/gso.h"
#include "net/ieee8021q.h"
#include "net/logicaladdress.h"
#include "net/lso.h"
#include "net/packethash.h"
#include "net/returncontext.h"
#include "net/ringcollection.h"
#include "net/rsc.h"
#include "net/virtualaddress.h"

#include "netcx/adapter.h"
#include "netcx/datapath.h"
#include "netcx/queue.h"
#include "netcx/offload.h"
#include "netcx/segmentation.h"
#include "netcx/receivescaling.h"
#include "netcx/receivefilter.h"
#include "netcx/power.h"
#include "netcx/configuration.h"

#endif
