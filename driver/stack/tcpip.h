/* SPDX-License-Identifier: Apache-2.0 */
/*
 * tcpip.h: a TCP/IP stack as the protocol driver: lwIP, as Debian ships it, over whatever NDIS binds it to.
 *
 *   lwIP pbuf --tcpip_send.c--> NBL, NB, MDLs over the pbufs' own memory --NDIS--> ... wire
 *   wire ... --NDIS--> NBL --tcpip_receive.c--> pbufs over the NBL's own memory --> lwIP;  the last pbuf_free() gives the NBL back
 *
 * All of lwIP runs in one thread, the binding's sender thread of traffic_protocol.c, which has registration, bind, requests and pause for
 * both protocols: frames received wait in a queue for it, lwIP's timers run by simulated time, and what lwIP hands over goes out in one call
 * when it has nothing more to do. No byte is copied on the way out, nor on the way in but for NBLs that must be given back at once, may not
 * be written, or are in many pieces.
 *
 * Offloads, with a library that was built to need none: lwIP makes every checksum and every segment, of which the adapter may make any one
 * again. A checksum is replaced by that of the pseudo header. Segments that lwIP hands over in a row and that a NIC could have cut from one
 * send are that send: the first with its headers, of the others the payload, an MDL each (traffic_offload.h has the conditions). What reaches
 * the wire is bit for bit what lwIP made.
 *
 * lwIP is one stack a process: a second one is refused. Its control blocks come from the process, the memory of its packets is pool memory of
 * the machine, which the device may be given (tcpip_port.c). Its code takes no simulated time; what is charged is each NB, as for the traffic
 * protocol. A pause ends the connections if lwIP has an NBL then, which the adapter must get back.
 *
 * Spec: [D] 2.8, 2.9, 4; lwIP 2.1.3
 */
#ifndef RINGSIDE_TCPIP_H
#define RINGSIDE_TCPIP_H

#include "traffic_internal.h"

#ifdef __cplusplus
extern "C" {
#endif

/* traffic_protocol.c calls these for the binding. */
NDIS_STATUS tcpip_make(struct traffic *traffic, const NDIS_BIND_PARAMETERS *parameters);
void tcpip_thread(void *traffic);
void tcpip_pause(struct traffic *traffic);  /* the thread has ended: nothing of the adapter's may stay here */
void tcpip_unbind(struct traffic *traffic);
void tcpip_free(struct traffic *traffic);
PROTOCOL_RECEIVE_NET_BUFFER_LISTS tcpip_receive;
PROTOCOL_SEND_NET_BUFFER_LISTS_COMPLETE tcpip_send_complete;
/* Fills in those of lwIP. */
void tcpip_get_counts(const struct traffic *traffic, struct traffic_counts *counts);

#ifdef __cplusplus
}
#endif

#endif
