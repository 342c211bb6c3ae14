/* SPDX-License-Identifier: Apache-2.0 */
/*
 * netcx_extension.c: where extensions lie in the elements of a ring, and who may find them. [D] NET_EXTENSION_QUERY
 *
 *   [ NET_PACKET | 1-aligned ... | 2-aligned ... | 4-aligned ... ]    each at the next multiple of its alignment
 */
#include "netcx_internal.h"

void netcx_extensions_add(struct netcx_extensions *extensions, PCWSTR name, ULONG version, NET_EXTENSION_TYPE type, SIZE_T bytes, SIZE_T alignment) {
    extensions->list[extensions->count++] =
        (struct netcx_extension){.name = name, .version = version, .bytes = (ULONG)bytes, .alignment = (ULONG)alignment, .type = type};
}

static ULONG round_up(ULONG value, ULONG to) { return (value + to - 1) / to * to; }

ULONG netcx_extensions_lay_out(struct netcx_extensions *extensions, NET_EXTENSION_TYPE type) {
    enum { MOST_ALIGNED = 8 };
    ULONG end = type == NetExtensionTypePacket ? sizeof(NET_PACKET) : sizeof(NET_FRAGMENT);
    for (ULONG alignment = 1; alignment <= MOST_ALIGNED; alignment *= 2) {
        for (unsigned i = 0; i < extensions->count; i++) {
            struct netcx_extension *one = &extensions->list[i];
            if (one->type != type || one->alignment != alignment) continue;
            one->offset = round_up(end, alignment);
            end = one->offset + one->bytes;
        }
    }
    return round_up(end, type == NetExtensionTypePacket ? 4 : 8);
}

static bool same_name(PCWSTR left, PCWSTR right) {
    while (*left && *left == *right) left++, right++;
    return *left == *right;
}

void netcx_extensions_query(const struct netcx_extensions *extensions, const NET_RING_COLLECTION *rings, NET_EXTENSION_QUERY const *query,
                            NET_EXTENSION *extension) {
    extension->Enabled = FALSE;
    if (!query->Name || query->Version == 0) return;
    for (unsigned i = 0; i < extensions->count; i++) {
        const struct netcx_extension *one = &extensions->list[i];
        if (one->type != query->Type || one->version < query->Version || !same_name(one->name, query->Name)) continue;
        NET_RING *ring = rings->Rings[query->Type - NetExtensionTypePacket];
        extension->Reserved[0] = ring->Buffer + one->offset;
        extension->Reserved[1] = (void *)(ULONG_PTR)ring->ElementStride;
        extension->Enabled = TRUE;
        return;
    }
}
