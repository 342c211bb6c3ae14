/* SPDX-License-Identifier: Apache-2.0 */
/* ndis/nblaccessors.h: the members of an NB and an NBL by their documented names. Those that name a member are lvalues. */
#ifndef RINGSIDE_NDIS_NBLACCESSORS_H
#define RINGSIDE_NDIS_NBLACCESSORS_H

#include "nbl.h"

#ifdef __cplusplus
extern "C" {
#endif

/* ---- NET_BUFFER */
#define NET_BUFFER_FIRST_MDL(nb) ((nb)->MdlChain)
#define NET_BUFFER_NEXT_NB(nb) ((nb)->Next)
#define NET_BUFFER_DATA_LENGTH(nb) ((nb)->DataLength)
#define NET_BUFFER_DATA_OFFSET(nb) ((nb)->DataOffset)
#define NET_BUFFER_CURRENT_MDL(nb) ((nb)->CurrentMdl)
#define NET_BUFFER_CURRENT_MDL_OFFSET(nb) ((nb)->CurrentMdlOffset)
#define NET_BUFFER_DATA_PHYSICAL_ADDRESS(nb) ((nb)->DataPhysicalAddress)
#define NET_BUFFER_PROTOCOL_RESERVED(nb) ((nb)->ProtocolReserved)
#define NET_BUFFER_MINIPORT_RESERVED(nb) ((nb)->MiniportReserved)
#define NET_BUFFER_CHECKSUM_BIAS(nb) ((nb)->ChecksumBias)

/* ---- NET_BUFFER_SHARED_MEMORY, the list that NET_BUFFER.SharedMemoryInfo starts */
#define NET_BUFFER_SHARED_MEM_NEXT_SEGMENT(shi) ((shi)->NextSharedMemorySegment)
#define NET_BUFFER_SHARED_MEM_FLAGS(shi) ((shi)->SharedMemoryFlags)
#define NET_BUFFER_SHARED_MEM_HANDLE(shi) ((shi)->SharedMemoryHandle)
#define NET_BUFFER_SHARED_MEM_OFFSET(shi) ((shi)->SharedMemoryOffset)
#define NET_BUFFER_SHARED_MEM_LENGTH(shi) ((shi)->SharedMemoryLength)

#define NET_BUFFER_FIRST_SHARED_MEM_INFO(nb) ((nb)->SharedMemoryInfo)

/* ---- NET_BUFFER_LIST */
#define NET_BUFFER_LIST_NEXT_NBL(nbl) ((nbl)->Next)
#define NET_BUFFER_LIST_FIRST_NB(nbl) ((nbl)->FirstNetBuffer)
#define NET_BUFFER_LIST_FLAGS(nbl) ((nbl)->Flags)
#define NET_BUFFER_LIST_NBL_FLAGS(nbl) ((nbl)->NblFlags)
#define NET_BUFFER_LIST_PROTOCOL_RESERVED(nbl) ((nbl)->ProtocolReserved)
#define NET_BUFFER_LIST_MINIPORT_RESERVED(nbl) ((nbl)->MiniportReserved)
#define NET_BUFFER_LIST_STATUS(nbl) ((nbl)->Status)
#define NET_BUFFER_LIST_INFO(nbl, id) ((nbl)->NetBufferListInfo[(id)])
/* The first used byte of the top context, and (as documented) the size of its whole buffer. */
#define NET_BUFFER_LIST_CONTEXT_DATA_START(nbl) ((PUCHAR)((nbl)->Context + 1) + (nbl)->Context->Offset)
#define NET_BUFFER_LIST_CONTEXT_DATA_SIZE(nbl) ((nbl)->Context->Size)
#define NdisTestNblFlag(nbl, flag) (((nbl)->NblFlags & (flag)) != 0)
#define NdisTestNblFlags(nbl, flags) (((nbl)->NblFlags & (flags)) == (flags))
#define NdisSetNblFlag(nbl, flag) ((nbl)->NblFlags |= (flag))
#define NdisClearNblFlag(nbl, flag) ((nbl)->NblFlags &= ~(flag))
/* The bits of Flags that are the protocol driver's own. */
#define NBL_TEST_PROT_RSVD_FLAG(nbl, flag) (((nbl)->Flags & ((flag) & NBL_PROT_RSVD_FLAGS)) != 0)
#define NBL_SET_PROT_RSVD_FLAG(nbl, flag) ((nbl)->Flags |= ((flag) & NBL_PROT_RSVD_FLAGS))
#define NBL_CLEAR_PROT_RSVD_FLAG(nbl, flag) ((nbl)->Flags &= ~((flag) & NBL_PROT_RSVD_FLAGS))
/* On send only: on receive the slot holds the EtherType. One byte of the slot is the id; NdisGetNetBufferListProtocolId reads it. */
#define NdisSetNetBufferListProtocolId(nbl, id) (*(PUCHAR)&NET_BUFFER_LIST_INFO((nbl), NetBufferListProtocolId) = (UCHAR)(id))
#define NDIS_SET_NET_BUFFER_LIST_CANCEL_ID(nbl, id) ((nbl)->NetBufferListInfo[NetBufferListCancelId] = (id))
#define NDIS_GET_NET_BUFFER_LIST_CANCEL_ID(nbl) ((nbl)->NetBufferListInfo[NetBufferListCancelId])

/* ---- MDL */
#define NDIS_MDL_LINKAGE(mdl) ((mdl)->Next)

#ifdef __cplusplus
}
#endif

#endif
