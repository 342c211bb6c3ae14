/* SPDX-License-Identifier: Apache-2.0 */
/* tcpip_internal.h: the state of lwIP over a binding, shared by the files tcpip*.c: included first. */
#ifndef RINGSIDE_TCPIP_INTERNAL_H
#define RINGSIDE_TCPIP_INTERNAL_H

#define _POSIX_C_SOURCE 200809L /* lwIP looks for SSIZE_MAX, and would else make an ssize_t of its own */

#include <lwip/netif.h>
#include <lwip/pbuf.h>

#include "tcpip.h"

enum {
    TCPIP_TAG = 0x50497754,    /* 'TwIP' */
    TCPIP_MTU = 1500,
    TCPIP_SEGMENTS_MOST = 48,  /* pbufs of a send */
    TCPIP_PIECES_MOST = 4,     /* MDLs of a received NB that become pbufs; of more, a copy is made */
    TCPIP_LOANS = 1024         /* received NBs at a time; what comes beyond goes straight back */
};

struct tcpip;

/* A send: the NBL with its NB, and the pbufs whose memory it is, held until it comes back. */
struct tcpip_send {
    PNET_BUFFER_LIST nbl;
    PNET_BUFFER nb;
    struct pbuf *pbufs[TCPIP_SEGMENTS_MOST];
    unsigned count;      /* frames that it stands for, a pbuf each */
    uint64_t id;         /* of the first */
    uint8_t *flags_at;   /* TCP flags of the first, which a large send changes and lwIP wants back as they were; NULL: not changed */
    uint8_t flags;
    PUCHAR mdls;         /* storage */
    struct tcpip_send *next;
};

/* A received NB: in pbufs over its memory, or in a copy. */
struct tcpip_loan {
    PNET_BUFFER_LIST nbl;  /* to give back when `left` is 0; NULL: the pbuf is a copy */
    struct pbuf *head;
    unsigned left;         /* pieces that lwIP has */
    struct tcpip_piece {
        struct pbuf_custom custom; /* first: what lwIP frees */
        struct tcpip_loan *loan;
    } pieces[TCPIP_PIECES_MOST];
    struct tcpip *tcpip;
    struct tcpip_loan *next;
};

struct tcpip {
    struct traffic *traffic;
    struct netif netif;                     /* linkoutput NULL: not there */
    struct tcp_pcb *listener;
    struct tcpip_send *sends, *free;        /* all, and those not in use */
    struct tcpip_send *open;                /* may still grow into a larger send */
    bool large_open;                        /* `large` is its first frame */
    bool starved;                           /* lwIP was refused a send: it is to try again when one comes back */
    struct traffic_large large;
    uint64_t next_id;                       /* of frames handed over */
    struct tcpip_loan *loans, *loans_free;
    struct tcpip_loan *received, **received_end; /* waiting for the thread */
    PNET_BUFFER_LIST returns;               /* of which no pbuf is left */
    unsigned lent;                          /* NBLs that lwIP has */
    uint64_t requests, pages, copied, refused; /* HTTP; received frames that were copied, or thrown away for want of a loan */
};

/* tcpip_send.c */
NDIS_STATUS tcpip_sends_make(struct tcpip *tcpip);
void tcpip_sends_free(struct tcpip *tcpip);
err_t tcpip_output(struct netif *netif, struct pbuf *p);  /* lwIP hands a frame over */
void tcpip_flush(struct tcpip *tcpip);                    /* all of them go to NDIS; lets time pass */
void tcpip_drop_batch(struct tcpip *tcpip);               /* those that never went: reported as paused */

/* tcpip_receive.c */
NDIS_STATUS tcpip_loans_make(struct tcpip *tcpip);
void tcpip_loans_free(struct tcpip *tcpip);
void tcpip_input(struct tcpip *tcpip);   /* frames received go to lwIP */
const char *tcpip_next_is(const struct tcpip *tcpip); /* of them that which says most, for the waveform; static storage */
void tcpip_return(struct tcpip *tcpip);  /* NBLs that lwIP has done with go back; lets time pass */

/* tcpip_http.c: GET / is a page about this run, GET /N one of N bytes. */
err_t tcpip_http_start(struct tcpip *tcpip);

/* tcpip_port.c: what lwIP asks of the system it runs on. False: another kernel has it. */
bool tcpip_port_attach(struct kernel *kernel);
void tcpip_port_detach(void);

#endif
