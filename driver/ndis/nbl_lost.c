/* SPDX-License-Identifier: Apache-2.0 */
/*
 * nbl_lost.c: NBLs that did not come back, or went where they may not: found, told from each other, and reported with all that is known.
 *
 * Two things go out: a violation of one line, which fails the run, and platform_ops.lost(), which is everything. What a lost NBL was
 * doing in the hardware the machine adds: NDIS only says which memory it is in.
 */
#include <stdio.h>

#include "nbl_internal.h"

static const char *const what_words[] = {"allocated", "sent", "completed", "indicated", "returned"};

/* By number, [H] of nblinfo.h. */
static const char *const slot_words[MaxNetBufferListInfo] = {
    [TcpIpChecksumNetBufferListInfo] = "TcpIpChecksum", [IPsecOffloadV1NetBufferListInfo] = "IPsecOffloadV1",
    [TcpLargeSendNetBufferListInfo] = "TcpLargeSend", [ClassificationHandleNetBufferListInfo] = "ClassificationHandle",
    [Ieee8021QNetBufferListInfo] = "Ieee8021Q", [NetBufferListCancelId] = "CancelId", [MediaSpecificInformation] = "MediaSpecific",
    [NetBufferListFrameType] = "FrameType or ProtocolId", [NetBufferListHashValue] = "HashValue", [NetBufferListHashInfo] = "HashInfo",
    [WfpNetBufferListInfo] = "Wfp", [NetBufferListCorrelationId] = "CorrelationId", [NetBufferListFilteringInfo] = "Filtering",
    [NblOriginalInterfaceIfIndex] = "OriginalInterfaceIfIndex", [TcpRecvSegCoalesceInfo] = "TcpRecvSegCoalesce or UdpSegmentation",
    [NetBufferListInfoReserved3] = "Timestamp",
};

/* ---- What is known of one */
static void take_hops(struct platform_lost *lost, const struct nbl_record *record) {
    const unsigned kept = record->hop_count < NBL_HISTORY ? record->hop_count : NBL_HISTORY;
    lost->hop_count = kept;
    lost->hops_before = record->hop_count - kept;
    for (unsigned i = 0; i < kept; i++) {
        const struct nbl_hop *hop = &record->hops[(record->hop_count - kept + i) % NBL_HISTORY];
        lost->hops[i] = (struct platform_lost_hop){hop->time_ps, what_words[hop->what], hop->from, hop->to, hop->site};
    }
}

static void take_mdls(struct platform_lost_nb *out, const NET_BUFFER *nb) {
    ULONG offset = nb->CurrentMdlOffset, left = nb->DataLength;
    for (PMDL mdl = nb->CurrentMdl; mdl && left; mdl = mdl->Next, offset = 0) {
        if (offset > mdl->ByteCount) break;
        const PUCHAR va = (PUCHAR)MmGetMdlVirtualAddress(mdl) + offset;
        const ULONG length = mdl->ByteCount - offset < left ? mdl->ByteCount - offset : left;
        for (ULONG i = 0; i < length && out->byte_count < PLATFORM_LOST_BYTES; i++) out->bytes[out->byte_count++] = va[i];
        if (out->mdl_count < PLATFORM_LOST_MDLS && length) {
            out->mdl[out->mdl_count].va = va;
            out->mdl[out->mdl_count++].length = length;
        }
        out->mdls++;
        left -= length;
    }
}

/* Data that its owner may have freed is not looked at. */
static void take_nbs(struct platform_lost *lost, const NET_BUFFER_LIST *nbl, bool readable) {
    for (const NET_BUFFER *nb = nbl->FirstNetBuffer; nb; nb = nb->Next) {
        if (lost->nb_count++ >= PLATFORM_LOST_NBS) continue;
        struct platform_lost_nb *out = &lost->nbs[lost->nb_count - 1];
        *out = (struct platform_lost_nb){.nb = nb, .data_length = nb->DataLength, .data_offset = nb->DataOffset};
        if (readable) take_mdls(out, nb);
    }
}

static void take_slots(struct platform_lost *lost, const NET_BUFFER_LIST *nbl) {
    for (unsigned i = 0; i < MaxNetBufferListInfo; i++) {
        if (!nbl->NetBufferListInfo[i]) continue;
        lost->slots[lost->slot_count].name = slot_words[i] ? slot_words[i] : "reserved";
        lost->slots[lost->slot_count++].value = (uint64_t)(ULONG_PTR)nbl->NetBufferListInfo[i];
    }
}

static const char *holder_of(const struct nbl_record *record) {
    const struct nbl_hop *last = record->hop_count ? &record->hops[(record->hop_count - 1) % NBL_HISTORY] : NULL;
    return last ? last->to : record->pool->object.name;
}

struct child_search {
    const struct nbl_record *parent;
    struct platform_lost *lost;
};

static void take_child(struct nbl_record *record, void *arg) {
    struct child_search *search = arg;
    if (record->state == NBL_FREE || record->ledger.parent != search->parent) return;
    struct platform_lost *lost = search->lost;
    if (lost->child_count++ < PLATFORM_LOST_NBLS)
        lost->children[lost->child_count - 1] = (struct platform_lost_relative){record->number, holder_of(record)};
}

static void take_family(struct platform_lost *lost, const struct nbl_record *record) {
    const struct nbl_ledger *ledger = &record->ledger;
    if (ledger->parent) lost->parent = (struct platform_lost_relative){ledger->parent->number, holder_of(ledger->parent)};
    if (!ledger->derived) return;
    struct child_search search = {record, lost};
    for (struct ndis_pool *pool = record->pool->object.ndis->pools; pool; pool = pool->next) nbl_for_each(pool, take_child, &search);
}

/* Where in the miniport that has it, or that it came from. */
static void take_place(struct platform_lost *lost, struct nbl_record *record) {
    const struct ndis_layer *layer = record->state == NBL_SENT ? record->holder : record->state == NBL_INDICATED ? record->origin : NULL;
    const struct ndis_adapter *adapter = layer && layer->object.type == NDIS_OBJECT_ADAPTER ? layer->adapter : NULL;
    if (!adapter || !adapter->place || !adapter->place(adapter->place_context, nbl_of(record), lost->place, sizeof(lost->place)))
        lost->place[0] = '\0';
}

void nbl_tell(struct nbl_record *record, enum platform_lost_kind kind, const char *misuser, const char *when) {
    const bool frees = kind == PLATFORM_LOST_FREED || kind == PLATFORM_LOST_FREED_UNDER_DMA;
    if (frees && record->told) return;  /* lost before: that it is freed at the end says nothing new */
    const struct platform *platform = record->pool->object.ndis->platform;
    const PNET_BUFFER_LIST nbl = nbl_of(record);
    const struct nbl_ledger *ledger = &record->ledger;
    const struct nbl_hop *last = record->hop_count ? &record->hops[(record->hop_count - 1) % NBL_HISTORY] : NULL;
    const bool freed = frees || record->state == NBL_FREE || record->state == NBL_ZOMBIE;
    struct platform_lost lost = {
        .kind = kind, .when = when, .nbl = nbl, .number = record->number, .packet = record->packet,
        .receive = record->flight == NBL_INDICATED, .pool = record->pool->object.name, .site = kernel_site(record->site),
        .allocated_ps = record->allocated_ps, .holder = holder_of(record), .since_ps = last ? last->time_ps : record->allocated_ps,
        .misuser = misuser, .flags = nbl->NblFlags, .status = nbl->Status, .contexts = ledger->pushes,
        .freed_site = freed ? kernel_site(record->freed_site) : NULL,
    };
    take_hops(&lost, record);
    take_nbs(&lost, nbl, record->state == NBL_SENT || record->state == NBL_INDICATED);
    take_slots(&lost, nbl);
    take_family(&lost, record);
    take_place(&lost, record);
    platform->ops->lost(platform->ctx, &lost);
}

/* ---- Which are lost */
struct lost_search {
    const struct ndis_object *holder, *source;
    const char *when;
    int64_t packet;
    unsigned found;
};

/* Did it come from the layer, in this flight or one around it? */
static bool is_from(const struct nbl_record *record, const struct ndis_object *source) {
    if (&record->origin->object == source) return true;
    for (unsigned i = 0; i < record->depth; i++)
        if (record->outer[i].origin && &record->outer[i].origin->object == source) return true;
    return false;
}

static bool is_out(const struct nbl_record *record) { return record->state == NBL_SENT || record->state == NBL_INDICATED; }

static enum platform_lost_kind kind_of(const struct nbl_record *record) {
    if (record->ledger.derived) return PLATFORM_LOST_CLONED;
    if (record->state == NBL_INDICATED) return PLATFORM_LOST_NOT_RETURNED;
    const bool physical = record->holder && record->holder->object.type == NDIS_OBJECT_ADAPTER && !record->holder->adapter->is_virtual;
    return physical ? PLATFORM_LOST_IN_MINIPORT : PLATFORM_LOST_ABOVE;
}

static void tell_once(struct nbl_record *record, const char *when) {
    if (record->told) return;
    record->told = true;
    nbl_tell(record, kind_of(record), NULL, when);
}

static void report_if_lost(struct nbl_record *record, void *arg) {
    struct lost_search *search = arg;
    if (record->reported || !is_out(record)) return;
    if (search->holder && &record->holder->object != search->holder) return;
    if (search->source && !is_from(record, search->source)) return;
    record->reported = true;
    search->found++;
    char description[900];
    (void)nbl_describe_with_bytes(record, description, sizeof(description));
    kernel_violation(record->pool->object.ndis->kernel, "nbl.lost", "[D] 3.4, 6", record->packet, "nbl %u is still out at %s: %s",
                     record->number, search->when, description);
    tell_once(record, search->when);
}

unsigned nbl_report_lost(struct ndis *ndis, const struct ndis_object *holder, const struct ndis_object *source, const char *when) {
    struct lost_search search = {.holder = holder, .source = source, .when = when};
    for (struct ndis_pool *pool = ndis->pools; pool; pool = pool->next) nbl_for_each(pool, report_if_lost, &search);
    return search.found;
}

static void tell_if_out(struct nbl_record *record, void *arg) {
    struct lost_search *search = arg;
    if (!is_out(record)) return;
    if (search->found++ == 0 || (record->packet >= 0 && (search->packet < 0 || record->packet < search->packet)))
        search->packet = record->packet;
    tell_once(record, search->when);
}

unsigned ndis_tell_outstanding(struct ndis *ndis, const char *when, int64_t *packet) {
    struct lost_search search = {.when = when, .packet = -1};
    for (struct ndis_pool *pool = ndis->pools; pool; pool = pool->next) nbl_for_each(pool, tell_if_out, &search);
    *packet = search.packet;
    return search.found;
}
