/* SPDX-License-Identifier: Apache-2.0 */
/*
 * ndis.h: the NDIS 6 interface of network drivers, Microsoft's names and x64 layouts in our own text.
 *
 * A driver includes this header alone. The parts:
 *   ndis/types.h      handles, object headers, status codes, media enumerations
 *   ndis/nbl.h        NET_BUFFER, NET_BUFFER_LIST, contexts, flags; nblaccessors.h: their members by name
 *   ndis/nblapi.h     functions on them: pools, retreat, advance, copy, get, clone, fragment, reassemble
 *   ndis/nblinfo.h    out-of-band slots; nblchecksum.h, nbllso.h, nbluso.h, nbl8021q.h, nblhash.h, nblrsc.h, nblfiltering.h and
 *                     nbltimestamp.h: what is in them
 *   ndis/offload.h, ndis/rss.h  task offloads and receive side scaling: capabilities, and how they are set
 *   ndis/oid.h        OID requests, OID codes, statistics, link state, status indications, PnP events
 *   ndis/miniport.h   miniport registration, attributes, states, data path, resources, DMA, interrupts
 *   ndis/protocol.h   protocol registration, bindings, data path
 *   ndis/filter.h     filter registration, modules, data path
 *   ndis/intermediate.h  virtual adapters of intermediate drivers
 *   ndis/pathsites.h  how a call of the data path says where it was made
 *   ndis/services.h   memory, locks, events, timers; locks.h: read/write locks, lookaside lists; device.h: devices, work items, strings
 *   ndis/pnp.h, ports.h, power.h, poll.h, netaddress.h  set-up of devices, I/O ports, wake-up, polling, addresses of transports
 *   ndis/sharedmemory.h  memory shared with the device, by queue
 *   ndis/configuration.h  the registry; version.h: which NDIS a driver is written for; oidcodes.h: the numbers of more OIDs
 *   ndis/packet.h, packetapi.h, legacy_protocol.h, legacy_miniport.h, legacy_request.h  NDIS 5, for drivers that define NDIS50, NDIS51 or
 *                     NDIS_LEGACY_DRIVER, or NDIS50_MINIPORT, NDIS51_MINIPORT
 *
 * The interface is that of NDIS 6.80 (27 OOB slots); structures only ever grow at their end, so older revisions are accepted by Size.
 * Spec: [D] and [H] as in the project's reference sheet ndis.md, sections 1 to 3.
 */
#ifndef RINGSIDE_NDIS_H
#define RINGSIDE_NDIS_H

#include "ndis/configuration.h"
#include "ndis/device.h"
#include "ndis/filter.h"
#include "ndis/intermediate.h"
#include "ndis/locks.h"
#include "ndis/miniport.h"
#include "ndis/nbl.h"
#include "ndis/nbl8021q.h"
#include "ndis/nblaccessors.h"
#include "ndis/nblapi.h"
#include "ndis/nblchecksum.h"
#include "ndis/nblfiltering.h"
#include "ndis/nblhash.h"
#include "ndis/nblinfo.h"
#include "ndis/nbllso.h"
#include "ndis/nblrsc.h"
#include "ndis/nbltimestamp.h"
#include "ndis/nbluso.h"
#include "ndis/offload.h"
#include "ndis/netaddress.h"
#include "ndis/oid.h"
#include "ndis/pathsites.h"
#include "ndis/pnp.h"
#include "ndis/poll.h"
#include "ndis/ports.h"
#include "ndis/power.h"
#include "ndis/protocol.h"
#include "ndis/rss.h"
#include "ndis/services.h"
#include "ndis/sharedmemory.h"
#include "ndis/types.h"
#include "ndis/version.h"

#if defined(NDIS50) || defined(NDIS51) || defined(NDIS50_MINIPORT) || defined(NDIS51_MINIPORT)
#define NDIS_LEGACY_DRIVER 1
#endif
#ifdef NDIS_LEGACY_DRIVER
#include "ndis/legacy_miniport.h"
#include "ndis/legacy_protocol.h"
#endif

#endif
