/* SPDX-License-Identifier: Apache-2.0 */
/*
 * tcpip_receive.c: received NBLs become pbufs over the same memory, and go back when lwIP has freed the last of them. [D] 2.9
 *
 *   NBL [ MDL ][ MDL ]            loan: 2 pieces
 *       pbuf -> pbuf              each freed by lwIP when it likes; the second one's end is the loan's
 *
 * The handler runs at DISPATCH_LEVEL, possibly under lwIP's feet: it makes pbufs and queues them, which touches nothing of lwIP's.
 */
#include "tcpip_internal.h"

static void piece_freed(struct pbuf *p) {
    struct tcpip_loan *loan = ((struct tcpip_piece *)(void *)p)->loan; /* custom is first, and pbuf is first in that */
    struct tcpip *tcpip = loan->tcpip;
    if (--loan->left) return;
    loan->nbl->Next = tcpip->returns;
    tcpip->returns = loan->nbl;
    loan->nbl = NULL;
    tcpip->lent--;
    loan->next = tcpip->loans_free;
    tcpip->loans_free = loan;
}

NDIS_STATUS tcpip_loans_make(struct tcpip *tcpip) {
    tcpip->loans = kernel_allocate(tcpip->traffic->kernel, TCPIP_LOANS * sizeof(*tcpip->loans), TCPIP_TAG);
    if (!tcpip->loans) return NDIS_STATUS_RESOURCES;
    for (unsigned i = TCPIP_LOANS; i-- > 0;) {
        struct tcpip_loan *loan = &tcpip->loans[i];
        loan->tcpip = tcpip;
        for (unsigned k = 0; k < TCPIP_PIECES_MOST; k++) {
            loan->pieces[k].loan = loan;
            loan->pieces[k].custom.custom_free_function = piece_freed;
        }
        loan->next = tcpip->loans_free;
        tcpip->loans_free = loan;
    }
    return NDIS_STATUS_SUCCESS;
}

void tcpip_loans_free(struct tcpip *tcpip) { kernel_free(tcpip->loans); }

/* The NB's data as pbufs over its MDLs, in loan->head. False: in more MDLs than a loan has pieces. */
static bool lend(struct tcpip_loan *loan, PNET_BUFFER nb) {
    ULONG skip = nb->CurrentMdlOffset;
    SIZE_T left = nb->stDataLength;
    unsigned count = 0;
    loan->head = NULL;
    for (PMDL mdl = nb->CurrentMdl; mdl && left; mdl = mdl->Next, skip = 0) {
        const SIZE_T here = MmGetMdlByteCount(mdl) - skip, length = here < left ? here : left;
        PUCHAR va = MmGetSystemAddressForMdlSafe(mdl, NormalPagePriority);
        if (length == 0) continue;
        if (!va || count == TCPIP_PIECES_MOST) return false;
        struct pbuf *p = pbuf_alloced_custom(PBUF_RAW, (u16_t)length, PBUF_REF, &loan->pieces[count++].custom, va + skip, (u16_t)length);
        if (loan->head)
            pbuf_cat(loan->head, p);
        else
            loan->head = p;
        left -= length;
    }
    loan->left = count;
    return left == 0 && count > 0;
}

static void enqueue(struct tcpip *tcpip, struct tcpip_loan *loan) {
    loan->next = NULL;
    *tcpip->received_end = loan;
    tcpip->received_end = &loan->next;
}

/* True: the NBL is lwIP's until it is returned; false: it may go back at once. */
static bool take(struct tcpip *tcpip, PNET_BUFFER_LIST nbl, const uint8_t *frame, bool may_keep) {
    struct tcpip_loan *loan = tcpip->loans_free;
    PNET_BUFFER nb = nbl->FirstNetBuffer;
    if (!loan) {
        tcpip->refused++;
        return false;
    }
    tcpip->loans_free = loan->next;
    /* lwIP turns the bytes of headers round in place. */
    if (may_keep && !nb->Next && !(nbl->NblFlags & NDIS_NBL_FLAGS_RECV_READ_ONLY) && lend(loan, nb)) {
        loan->nbl = nbl;
        tcpip->lent++;
        enqueue(tcpip, loan);
        return true;
    }
    loan->nbl = NULL;
    loan->head = pbuf_alloc(PBUF_RAW, (u16_t)nb->DataLength, PBUF_RAM);
    if (loan->head && pbuf_take(loan->head, frame, (u16_t)nb->DataLength) == ERR_OK) {
        tcpip->copied++;
        enqueue(tcpip, loan);
    } else {
        tcpip->refused++;
        loan->next = tcpip->loans_free;
        tcpip->loans_free = loan;
    }
    return false;
}

/* Each NBL is charged by itself and told of, as by the traffic protocol. Ours give one NB to an NBL, which is what NDIS asks of them. */
static bool receive_one(struct traffic *traffic, PNET_BUFFER_LIST nbl, bool may_keep) {
    PNET_BUFFER nb = nbl->FirstNetBuffer;
    const uint8_t *frame = NULL;
    traffic->platform->ops->charge(traffic->platform->ctx, PLATFORM_WORK_RECEIVE_NB, 1);
    if (nb->DataLength <= ETH_MAX_FRAME) frame = NdisGetDataBuffer(nb, nb->DataLength, traffic->scratch, 1, 0);
    if (!frame || nb->Next) {
        kernel_violation(traffic->kernel, "traffic.receive", "[D] 2.9", -1, "a received NBL is not one frame that can be read, of %u bytes", nb->DataLength);
        return false;
    }
    const struct traffic_receive_info info = traffic_tasks_received(traffic, nbl);
    traffic->callbacks.received(traffic->callbacks.ctx, frame, nb->DataLength, &info);
    return take(traffic->tcpip, nbl, frame, may_keep);
}

VOID tcpip_receive(NDIS_HANDLE context, PNET_BUFFER_LIST nbls, NDIS_PORT_NUMBER port, ULONG count, ULONG flags) {
    struct traffic *traffic = context;
    const struct platform *platform = traffic->platform;
    const bool may_keep = NDIS_TEST_RECEIVE_CAN_PEND(flags);
    PNET_BUFFER_LIST back = NULL;
    unsigned back_count = 0;
    UNREFERENCED_PARAMETER(port);
    UNREFERENCED_PARAMETER(count);
    while (nbls) {
        PNET_BUFFER_LIST nbl = nbls;
        nbls = nbl->Next;
        if (may_keep) nbl->Next = NULL;
        if (receive_one(traffic, nbl, may_keep) || !may_keep) continue;
        nbl->Next = back;
        back = nbl;
        back_count++;
    }
    if (back) {
        platform->ops->charge(platform->ctx, PLATFORM_WORK_RETURN_NB, back_count);
        NdisReturnNetBufferLists(traffic->binding, back, NDIS_TEST_RECEIVE_AT_DISPATCH_LEVEL(flags) ? NDIS_RETURN_FLAGS_DISPATCH_LEVEL : 0);
    }
    platform->ops->event_set(platform->ctx, traffic->wake);
}

/* What a frame is, those that say more behind the others. */
enum { IS_OTHER, IS_ACK, IS_DATA, IS_PING, IS_ARP, IS_RST, IS_FIN, IS_SYN };
static unsigned kind_of(const struct pbuf *p) {
    enum { IPV4_BYTES = 20, PROTOCOL = ETH_HEADER + 9, FLAGS = ETH_HEADER + IPV4_BYTES + 13, ICMP = 1, TCP = 6, FIN = 1, SYN = 2, RST = 4, PSH = 8 };
    const uint8_t *frame = p->payload;
    if (p->len <= FLAGS || frame[ETH_HEADER - 2] != 0x08) return IS_OTHER;
    if (frame[ETH_HEADER - 1] == 0x06) return IS_ARP;
    if (frame[ETH_HEADER - 1] != 0 || frame[ETH_HEADER] != 0x45) return IS_OTHER;
    if (frame[PROTOCOL] != TCP) return frame[PROTOCOL] == ICMP ? IS_PING : IS_OTHER;
    const unsigned flags = frame[FLAGS];
    return flags & SYN ? IS_SYN : flags & FIN ? IS_FIN : flags & RST ? IS_RST : flags & PSH ? IS_DATA : IS_ACK;
}

const char *tcpip_next_is(const struct tcpip *tcpip) {
    static const char *const texts[] = {"lwip", "lwip (ACK)", "lwip (data)", "lwip (ping)", "lwip (ARP)", "lwip (RST)", "lwip (FIN)", "lwip (SYN)"};
    unsigned most = IS_OTHER;
    for (const struct tcpip_loan *loan = tcpip->received; loan; loan = loan->next) {
        const unsigned kind = kind_of(loan->head);
        if (kind > most) most = kind;
    }
    return texts[most];
}

void tcpip_input(struct tcpip *tcpip) {
    while (tcpip->received) {
        struct tcpip_loan *loan = tcpip->received;
        struct pbuf *head = loan->head;
        tcpip->received = loan->next;
        if (!tcpip->received) tcpip->received_end = &tcpip->received;
        if (!loan->nbl) { /* a copy: nothing is lent */
            loan->next = tcpip->loans_free;
            tcpip->loans_free = loan;
        }
        if (tcpip->netif.input(head, &tcpip->netif) != ERR_OK) (void)pbuf_free(head);
    }
}

void tcpip_return(struct tcpip *tcpip) {
    struct traffic *traffic = tcpip->traffic;
    const struct platform *platform = traffic->platform;
    PNET_BUFFER_LIST back = tcpip->returns;
    unsigned count = 0;
    if (!back) return;
    tcpip->returns = NULL;
    for (PNET_BUFFER_LIST nbl = back; nbl; nbl = nbl->Next) count++;
    platform->ops->charge(platform->ctx, PLATFORM_WORK_RETURN_NB, count);
    NdisReturnNetBufferLists(traffic->binding, back, 0);
}
