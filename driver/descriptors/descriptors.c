/* SPDX-License-Identifier: Apache-2.0 */
/* descriptors.c: frames, and batches through the steps of their kind. */
#include "descriptors_internal.h"

enum { FRAME_ROOM = 256, ETHERNET_TYPE = 12, IPV4 = 14, IPV4_PROTOCOL = 23, TCP_OFFSET = 46 };

static const struct descriptor_steps *steps_of(const struct descriptor_work *work) {
    static const struct descriptor_steps *const steps[DESCRIPTOR_KINDS][2] = {
        [DESCRIPTOR_NDIS_PACKET] = {&descriptors_packet_tx, &descriptors_packet_rx},
        [DESCRIPTOR_NBL] = {&descriptors_nbl_tx, &descriptors_nbl_rx},
        [DESCRIPTOR_NBL_LIST] = {&descriptors_list_tx, NULL},
        [DESCRIPTOR_NET_PACKET] = {&descriptors_net_tx, &descriptors_net_rx},
    };
    return steps[work->kind][work->receive];
}

bool descriptors_can(const struct descriptor_work *work) {
    const bool nbl = work->kind == DESCRIPTOR_NBL || work->kind == DESCRIPTOR_NBL_LIST;
    switch (work->extra) {
    case DESCRIPTOR_ROOM: return work->kind == DESCRIPTOR_NBL && !work->receive; /* a receiver's NBLs keep what they were once given */
    case DESCRIPTOR_TAG: return nbl && steps_of(work);
    case DESCRIPTOR_EXTENSION: return work->kind == DESCRIPTOR_NET_PACKET;
    default: return steps_of(work) != NULL;
    }
}

/* An IPv4 TCP segment, as far as its headers. */
static void fill(PUCHAR frame) {
    frame[ETHERNET_TYPE] = 0x08;
    frame[IPV4] = 0x45;
    frame[IPV4_PROTOCOL] = 6;
    frame[TCP_OFFSET] = 0x50;
}

static bool make_frames(struct descriptors *descriptors) {
    for (unsigned i = 0; i < descriptors->outstanding; i++) {
        PUCHAR frame = descriptors->frames[i] = kernel_allocate(descriptors->kernel, FRAME_ROOM, DESCRIPTORS_TAG);
        if (!frame) return false;
        fill(frame);
        descriptors->mdls[i] = NdisAllocateMdl(NULL, frame, DESCRIPTORS_FRAME);
        if (!descriptors->mdls[i]) return false;
    }
    return true;
}

struct descriptors *descriptors_create(struct kernel *kernel, unsigned outstanding) {
    struct descriptors *descriptors = kernel_allocate(kernel, sizeof(*descriptors), DESCRIPTORS_TAG);
    if (!descriptors) return NULL;
    descriptors->kernel = kernel;
    descriptors->outstanding = outstanding;
    descriptors->mask = outstanding - 1;
    descriptors->frames = kernel_allocate(kernel, outstanding * sizeof(*descriptors->frames), DESCRIPTORS_TAG);
    descriptors->mdls = kernel_allocate(kernel, outstanding * sizeof(*descriptors->mdls), DESCRIPTORS_TAG);
    descriptors->elements = kernel_allocate(kernel, outstanding * sizeof(*descriptors->elements), DESCRIPTORS_TAG);
    descriptors->batches = kernel_allocate(kernel, outstanding * sizeof(*descriptors->batches), DESCRIPTORS_TAG);
    if (descriptors->frames && descriptors->mdls && descriptors->elements && descriptors->batches && make_frames(descriptors) &&
        descriptors_packet_create(descriptors) && descriptors_nbl_create(descriptors) && descriptors_net_create(descriptors))
        return descriptors;
    descriptors_destroy(descriptors);
    return NULL;
}

void descriptors_destroy(struct descriptors *descriptors) {
    if (!descriptors) return;
    descriptors_drain(descriptors);
    descriptors_net_destroy(descriptors);
    descriptors_nbl_destroy(descriptors);
    descriptors_packet_destroy(descriptors);
    for (unsigned i = 0; descriptors->mdls && i < descriptors->outstanding; i++)
        if (descriptors->mdls[i]) NdisFreeMdl(descriptors->mdls[i]);
    for (unsigned i = 0; descriptors->frames && i < descriptors->outstanding; i++) kernel_free(descriptors->frames[i]);
    kernel_free(descriptors->batches);
    kernel_free(descriptors->elements);
    kernel_free(descriptors->mdls);
    kernel_free(descriptors->frames);
    kernel_free(descriptors);
}

static void finish_first(struct descriptors *descriptors) {
    const struct descriptor_batch *batch = &descriptors->batches[descriptors->first_batch];
    descriptors->packets_out -= batch->count;
    steps_of(&descriptors->work)->finish(descriptors, batch);
    descriptors->first_batch = (descriptors->first_batch + 1) & descriptors->mask;
    descriptors->batches_out--;
}

void descriptors_drain(struct descriptors *descriptors) {
    while (descriptors->batches_out) finish_first(descriptors);
}

static bool same(const struct descriptor_work *left, const struct descriptor_work *right) {
    return left->kind == right->kind && left->extra == right->extra && left->receive == right->receive && left->tags == right->tags;
}

bool descriptors_batch(struct descriptors *descriptors, const struct descriptor_work *work, uint64_t *sum) {
    if (!same(work, &descriptors->work)) descriptors_drain(descriptors);
    descriptors->work = *work;
    /* One always stays free: a ring that is full would look empty. */
    while (descriptors->packets_out + work->batch >= descriptors->outstanding) finish_first(descriptors);
    const struct descriptor_steps *steps = steps_of(work);
    struct descriptor_batch *batch = &descriptors->batches[(descriptors->first_batch + descriptors->batches_out) & descriptors->mask];
    const unsigned first = descriptors->next_element;
    if (!steps->describe(descriptors, work->batch, batch)) return false;
    batch->count = work->batch;
    descriptors->batches_out++;
    descriptors->packets_out += work->batch;
    if (!steps->read(descriptors, batch)) return false;
    for (unsigned i = first; sum && i != descriptors->next_element; i++) *sum += descriptors->elements[i & descriptors->mask].length;
    return true;
}
