/* SPDX-License-Identifier: Apache-2.0 */
/* nbl_track.c: how to say what is known of an NBL. It is named by its number, never by its address. */
#define _GNU_SOURCE
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>

#include "nbl_internal.h"

static const char *const state_words[] = {"free", "owned by its allocator", "sent", "indicated", "freed while it was out"};
static const char *const what_words[] = {"allocated", "sent", "completed", "indicated", "returned"};

/* Text that grows in a fixed buffer, cut at its end. */
struct text {
    char *to;
    size_t size, length;
};

__attribute__((format(printf, 2, 3))) static void put(struct text *text, const char *format, ...) {
    va_list arguments;
    va_start(arguments, format);
    size_t left = text->length < text->size ? text->size - text->length : 0;
    int added = vsnprintf(left ? text->to + text->length : NULL, left, format, arguments);
    va_end(arguments);
    if (added > 0) text->length += (size_t)added;
}

static void put_time(struct text *text, uint64_t ps) {
    put(text, "%" PRIu64 ".%06" PRIu64 " us", ps / 1000000, ps % 1000000);
}

static void put_bytes(struct text *text, const NET_BUFFER *nb) {
    put(text, "; %u bytes:", nb->DataLength);
    PMDL mdl = nb->CurrentMdl;
    ULONG offset = nb->CurrentMdlOffset;
    for (unsigned shown = 0; shown < 16 && shown < nb->DataLength && mdl;) {
        if (offset >= mdl->ByteCount) {
            mdl = mdl->Next;
            offset = 0;
            continue;
        }
        put(text, " %02x", ((PUCHAR)MmGetMdlVirtualAddress(mdl))[offset++]);
        shown++;
    }
}

static void put_origin(struct text *text, const struct nbl_record *record) {
    const struct nbl_ledger *ledger = &record->ledger;
    put(text, "; allocated at %s", kernel_site(record->site));
    if (record->state == NBL_FREE || record->state == NBL_ZOMBIE) put(text, ", freed at %s", kernel_site(record->freed_site));
    if (ledger->parent) put(text, ", derived from nbl %u", ledger->parent->number);
    if (ledger->derived) put(text, ", with %u derived from it", ledger->derived);
}

/* The first hand-over is not kept as one: it costs an allocation only what is asked for here. */
static void put_allocation(struct text *text, const struct nbl_record *record) {
    put(text, " [");
    put_time(text, record->allocated_ps);
    put(text, " %s ndis->%s]", what_words[NBL_ALLOCATED], record->pool->object.name);
}

int ndis_nbl_describe(const NET_BUFFER_LIST *nbl, char *to, size_t size) {
    const struct nbl_record *record = nbl_record_of(nbl);
    struct text text = {.to = to, .size = size};
    put(&text, "nbl %u (of %s", record->number, record->pool->object.name);
    if (record->packet >= 0) put(&text, ", packet %" PRId64, record->packet);
    put(&text, ") is %s", state_words[record->state]);
    const struct nbl_hop *last = record->hop_count ? &record->hops[(record->hop_count - 1) % NBL_HISTORY] : NULL;
    put(&text, ", with %s since ", last ? last->to : record->pool->object.name);
    put_time(&text, last ? last->time_ps : record->allocated_ps);
    if (record->first_send.from) {
        put(&text, "; first sent by %s to %s at ", record->first_send.from, record->first_send.to);
        put_time(&text, record->first_send.time_ps);
    }
    put_origin(&text, record);
    unsigned first = record->hop_count > NBL_HISTORY ? record->hop_count - NBL_HISTORY : 0;
    put(&text, "; history:");
    put_allocation(&text, record);
    for (unsigned i = first; i < record->hop_count; i++) {
        const struct nbl_hop *hop = &record->hops[i % NBL_HISTORY];
        put(&text, " [");
        put_time(&text, hop->time_ps);
        put(&text, " %s %s->%s]", what_words[hop->what], hop->from, hop->to);
    }
    return (int)text.length;
}

int nbl_describe_with_bytes(struct nbl_record *record, char *to, size_t size) {
    struct text text = {.to = to, .size = size};
    text.length = (size_t)ndis_nbl_describe(nbl_of(record), to, size);
    if (nbl_of(record)->FirstNetBuffer) put_bytes(&text, nbl_of(record)->FirstNetBuffer);
    return (int)text.length;
}

void nbl_violation(struct nbl_record *record, const char *check, const char *clause, const char *format, ...) {
    char description[700], what[240];
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(what, sizeof(what), format, arguments);
    va_end(arguments);
    (void)ndis_nbl_describe(nbl_of(record), description, sizeof(description));
    kernel_violation(record->pool->object.ndis->kernel, check, clause, record->packet, "nbl %u: %s: %s", record->number, what, description);
}

void nbl_trace(struct nbl_record *record, enum platform_trace_kind kind) {
    const struct platform *platform = record->pool->object.ndis->platform;
    if (!platform->ops->trace_enabled(platform->ctx, kind)) return;
    struct platform_trace event = {.kind = kind, .index = record->number, .packet = (uint64_t)record->packet,
                                   .value = nbl_count_nbs(nbl_of(record)), .text = "nbl"};
    platform->ops->trace(platform->ctx, &event);
}

unsigned nbl_count_nbs(const NET_BUFFER_LIST *nbl) {
    unsigned count = 0;
    for (const NET_BUFFER *nb = nbl->FirstNetBuffer; nb; nb = nb->Next) count++;
    return count;
}

void ndis_nbl_set_packet(PNET_BUFFER_LIST nbl, int64_t packet) { nbl_record_of(nbl)->packet = packet; }

int64_t ndis_nbl_packet(const NET_BUFFER_LIST *nbl) { return nbl_record_of(nbl)->packet; }

uint32_t ndis_nbl_number(const NET_BUFFER_LIST *nbl) { return nbl_record_of(nbl)->number; }
