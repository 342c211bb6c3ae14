/* SPDX-License-Identifier: Apache-2.0 */
/*
 * descriptors.h: the same packets by each kind of descriptor, with nothing else around them: what the descriptor itself costs.
 *
 * A batch goes three steps, each a function of its kind (NAME_tx_describe, NAME_tx_read, NAME_tx_finish, and NAME_rx_ for receive):
 *
 *   describe   transmit: the upper side takes descriptors for its frames, and links them; receive: the driver has frames in its buffers
 *   read       the other side finds address and length of each, and writes them into a ring of elements of 16 bytes
 *   finish     some batches later: they are given back
 *
 * `outstanding` packets lie between describe and finish, as many as a driver has in flight, so that a descriptor is met again when others
 * were in between. Buffers and MDLs are made once, as protocols and drivers do.
 *
 *   struct descriptors *descriptors = descriptors_create(kernel, 512);      inside of kernel_enter()
 *   descriptors_batch(descriptors, &work);                                  again and again
 */
#ifndef RINGSIDE_DESCRIPTORS_H
#define RINGSIDE_DESCRIPTORS_H

#include "kernel/kernel.h"

#ifdef __cplusplus
extern "C" {
#endif

enum descriptor_kind {
    DESCRIPTOR_NDIS_PACKET,
    DESCRIPTOR_NBL,      /* with one NET_BUFFER */
    DESCRIPTOR_NBL_LIST, /* one with a NET_BUFFER for each packet of the batch */
    DESCRIPTOR_NET_PACKET,
    DESCRIPTOR_KINDS
};

enum descriptor_extra {
    DESCRIPTOR_PLAIN,
    DESCRIPTOR_CHECKSUM, /* one side says something of the checksum, the other reads it: per-packet information, slot, extension */
    DESCRIPTOR_CONTEXT,  /* the reading side keeps 24 bytes of its own for each packet: reserved bytes, NET_BUFFER_LIST_CONTEXT, array */
    DESCRIPTOR_ROOM,     /* the same in a NET_BUFFER_LIST_CONTEXT for which the pool of NBLs has room */
    DESCRIPTOR_TAG,      /* `tags` readers keep a word each, by tag, and find it again at the end, in the order in which they came */
    DESCRIPTOR_EXTENSION, /* the 24 bytes in an extension of the ring's elements */
    DESCRIPTOR_PARSE,    /* the headers are looked at: of each packet by who reads, once for a list, or by NetAdapterCx as it describes */
    DESCRIPTOR_EXTRAS
};

struct descriptor_work {
    enum descriptor_kind kind;
    enum descriptor_extra extra;
    bool receive;
    unsigned batch; /* 1 to 256 */
    unsigned tags;  /* of DESCRIPTOR_TAG: 1 to 16 */
};

enum { DESCRIPTORS_BATCH_MOST = 256, DESCRIPTORS_TAGS_MOST = 16, DESCRIPTORS_FRAME = 64 /* bytes that are described */,
       DESCRIPTORS_CONTEXT = 24 /* and kept for each */ };

struct descriptors;

/* NULL without memory. `outstanding` is 256 to 4096, a power of two. */
struct descriptors *descriptors_create(struct kernel *kernel, unsigned outstanding);
void descriptors_destroy(struct descriptors *descriptors);
/* Does that combination exist? */
bool descriptors_can(const struct descriptor_work *work);
/* One batch. The sum of what was read, which is the same for every kind. False: something could not be allocated. */
bool descriptors_batch(struct descriptors *descriptors, const struct descriptor_work *work, uint64_t *sum);
/* Finishes what is outstanding: before another work. */
void descriptors_drain(struct descriptors *descriptors);

#ifdef __cplusplus
}
#endif

#endif
