/* SPDX-License-Identifier: Apache-2.0 */
/* descriptors_internal.h: frames, elements and the steps of each kind. */
#ifndef RINGSIDE_DESCRIPTORS_INTERNAL_H
#define RINGSIDE_DESCRIPTORS_INTERNAL_H

#include "descriptors.h"
#include "ndis.h"
#include "ndis/packetapi.h"
#include "netcx/netcx_internal.h"

/* What a device would be told. */
struct descriptor_element {
    const void *address;
    uint32_t length;
    uint32_t flags; /* of the checksum, or of what the headers are */
};

struct descriptor_context {
    uint64_t words[DESCRIPTORS_CONTEXT / sizeof(uint64_t)];
};

/* Packets of a batch, by kind: a list, or [first, first + count) of a ring. */
struct descriptor_batch {
    union {
        PNDIS_PACKET packet;
        PNET_BUFFER_LIST nbl;
        UINT32 index;
    };
    unsigned count;
};

struct descriptors {
    struct kernel *kernel;
    unsigned outstanding, mask;
    /* Frames, and what stays with each. */
    PUCHAR *frames;
    PMDL *mdls;
    unsigned next_frame;
    /* Where they are read to. */
    struct descriptor_element *elements;
    unsigned next_element;
    /* Batches that are out, the oldest first; and the work that they are of. */
    struct descriptor_batch *batches;
    unsigned first_batch, batches_out, packets_out;
    struct descriptor_work work;
    /* NDIS 5 */
    NDIS_HANDLE packet_pool;
    PNDIS_PACKET *free_packets; /* of a receiver, with their buffers */
    unsigned free_packet_count;
    /* NDIS 6 */
    NDIS_HANDLE nbl_pool, nb_pool, list_pool, room_pool;
    UINT64 tags[DESCRIPTORS_TAGS_MOST];
    PNET_BUFFER_LIST *free_nbls; /* of a receiver */
    unsigned free_nbl_count;
    /* NetAdapterCx */
    NET_RING_COLLECTION rings, extended; /* extended: packets have the context as an extension; the fragments are the same */
    NET_EXTENSION va, la, checksum, context;
    struct descriptor_context *contexts; /* by packet index */
};

/* A kind of descriptor. `from` is given a batch of so many; describe returns false without memory. */
struct descriptor_steps {
    bool (*describe)(struct descriptors *descriptors, unsigned count, struct descriptor_batch *batch);
    bool (*read)(struct descriptors *descriptors, const struct descriptor_batch *batch);
    void (*finish)(struct descriptors *descriptors, const struct descriptor_batch *batch);
};
extern const struct descriptor_steps descriptors_packet_tx, descriptors_packet_rx; /* descriptors_packet.c */
extern const struct descriptor_steps descriptors_nbl_tx, descriptors_nbl_rx;       /* descriptors_nbl.c */
extern const struct descriptor_steps descriptors_list_tx;
extern const struct descriptor_steps descriptors_net_tx, descriptors_net_rx;       /* descriptors_net.c */

bool descriptors_packet_create(struct descriptors *descriptors);
void descriptors_packet_destroy(struct descriptors *descriptors);
bool descriptors_nbl_create(struct descriptors *descriptors);
void descriptors_nbl_destroy(struct descriptors *descriptors);
bool descriptors_net_create(struct descriptors *descriptors);
void descriptors_net_destroy(struct descriptors *descriptors);

/* The next frame of the side that has some. */
static inline unsigned descriptors_next_frame(struct descriptors *descriptors) { return descriptors->next_frame++ & descriptors->mask; }

static inline void descriptors_put(struct descriptors *descriptors, const void *address, uint32_t length, uint32_t flags) {
    descriptors->elements[descriptors->next_element++ & descriptors->mask] =
        (struct descriptor_element){.address = address, .length = length, .flags = flags};
}

/* What the headers are, as an element has it. */
static inline uint32_t descriptors_layout_flags(const NET_PACKET_LAYOUT *layout) {
    return (uint32_t)layout->Layer3Type << 4 | (uint32_t)layout->Layer4Type;
}
static inline uint32_t descriptors_parse(const void *frame, ULONG length) {
    NET_PACKET_LAYOUT layout;
    netcx_layout_parse(&layout, frame, length);
    return descriptors_layout_flags(&layout);
}

enum { DESCRIPTORS_CHECKSUM_FLAG = 1, DESCRIPTORS_TAG = 0x63736544 /* "Desc" */ };

#endif
