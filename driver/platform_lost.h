/* SPDX-License-Identifier: Apache-2.0 */
/*
 * platform_lost.h: what the driver's side knows of an NBL that did not come back, or went where it may not, handed to the machine.
 *
 * The machine adds where the hardware was, from what it saw itself: the driver's side says which memory the packet is in, and no more. Made
 * by driver/ndis/nbl_lost.c; everything in it is valid during the call of platform_ops.lost.
 */
#ifndef RINGSIDE_PLATFORM_LOST_H
#define RINGSIDE_PLATFORM_LOST_H

#include "platform.h"

#ifdef __cplusplus
extern "C" {
#endif

/* What NDIS can tell by itself. */
enum platform_lost_kind {
    PLATFORM_LOST_IN_MINIPORT,    /* sent, and a miniport has it: where it was is for the machine to say */
    PLATFORM_LOST_ABOVE,          /* sent, and a driver above the miniport neither passed it on nor completed it */
    PLATFORM_LOST_NOT_RETURNED,   /* indicated, and a driver above did not return it */
    PLATFORM_LOST_CLONED,         /* out, and NBLs that were derived from it are alive */
    PLATFORM_LOST_TWICE,          /* completed or returned twice */
    PLATFORM_LOST_WRONG_DRIVER,   /* completed or returned by a driver that did not have it */
    PLATFORM_LOST_FREED,          /* freed while another driver had it */
    PLATFORM_LOST_FREED_UNDER_DMA /* freed while its data was mapped for the device */
};

enum { PLATFORM_LOST_HOPS = 16, PLATFORM_LOST_NBS = 8, PLATFORM_LOST_MDLS = 4, PLATFORM_LOST_BYTES = 16, PLATFORM_LOST_NBLS = 8,
       PLATFORM_LOST_SLOTS = 30, PLATFORM_LOST_PLACE = 120 };

/* One hand-over. */
struct platform_lost_hop {
    uint64_t time_ps;
    const char *what, *from, *to;  /* "sent", "traffic", "nic0" */
    const char *site;              /* "file:line" of the call, or NULL */
};

struct platform_lost_nb {
    const void *nb;
    uint32_t data_length, data_offset;
    unsigned mdls;                                /* of the chain from the data on */
    unsigned mdl_count;                           /* of them, described here: used bytes of each */
    struct { const void *va; uint32_t length; } mdl[PLATFORM_LOST_MDLS];
    unsigned byte_count;
    uint8_t bytes[PLATFORM_LOST_BYTES];           /* the first of the data */
};

/* Another NBL of the family: the parent, or one that was derived from this one. */
struct platform_lost_relative {
    uint32_t number;
    const char *holder;
};

struct platform_lost {
    enum platform_lost_kind kind;
    const char *when;                             /* "the pause of the protocol" */
    const void *nbl;
    uint32_t number;                              /* its name in every report */
    int64_t packet;                               /* id of its first packet, or -1 */
    bool receive;                                 /* it was indicated, not sent */
    const char *pool, *site;                      /* allocated from, at */
    uint64_t allocated_ps;
    const char *freed_site;                       /* NULL: not freed */
    const char *holder;
    uint64_t since_ps;
    char place[PLATFORM_LOST_PLACE];              /* where in the holder, if that can say; else empty */
    const char *misuser;                          /* who gave it up without having it, or NULL */
    unsigned hop_count, hops_before;              /* in hops; earlier ones that are not kept */
    struct platform_lost_hop hops[PLATFORM_LOST_HOPS];
    unsigned nb_count;                            /* of the NBL; the first PLATFORM_LOST_NBS are in nbs */
    struct platform_lost_nb nbs[PLATFORM_LOST_NBS];
    struct platform_lost_relative parent;         /* number 0: none */
    unsigned child_count;                         /* the first PLATFORM_LOST_NBLS are in children */
    struct platform_lost_relative children[PLATFORM_LOST_NBLS];
    uint32_t flags;                               /* NblFlags */
    int32_t status;
    unsigned contexts;                            /* pushed and not popped */
    unsigned slot_count;                          /* out-of-band slots that are not empty */
    struct { const char *name; uint64_t value; } slots[PLATFORM_LOST_SLOTS];
};

#ifdef __cplusplus
}
#endif

#endif
