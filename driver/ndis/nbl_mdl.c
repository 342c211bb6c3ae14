/* SPDX-License-Identifier: Apache-2.0 */
/* nbl_mdl.c: MDLs by their NDIS name, and new MDLs over bytes that others describe already. */
#include "nbl_internal.h"

PMDL WdkAllocateMdl(NDIS_HANDLE NdisHandle, PVOID VirtualAddress, UINT Length, const char *Site) {
    (void)NdisHandle;
    PMDL mdl = IoAllocateMdl(VirtualAddress, Length, FALSE, FALSE, NULL);
    if (!mdl) return NULL;
    kernel_mdl_own(mdl, NULL, Site);
    MmBuildMdlForNonPagedPool(mdl);
    return mdl;
}

PMDL (NdisAllocateMdl)(NDIS_HANDLE NdisHandle, PVOID VirtualAddress, UINT Length) {
    return WdkAllocateMdl(NdisHandle, VirtualAddress, Length, NULL);
}

VOID NdisFreeMdl(PMDL Mdl) { IoFreeMdl(Mdl); }

static PMDL make(PMDL over, ULONG offset, ULONG length, const void *owner, const char *site) {
    PUCHAR va = MmGetSystemAddressForMdlSafe(over, LowPagePriority);
    PMDL mdl = va ? WdkAllocateMdl(NULL, va + offset, length, site) : NULL;
    if (mdl) kernel_mdl_own(mdl, owner, site);
    return mdl;
}

PMDL *nbl_mdl_cover(PMDL *link, const NET_BUFFER *from, ULONG skip, ULONG length, const void *owner, const char *site) {
    PMDL *first = link, over = from->CurrentMdl;
    uint64_t offset = (uint64_t)from->CurrentMdlOffset + skip;
    struct kernel *kernel = kernel_require_context(__func__)->kernel;
    for (; length > 0 && over; over = over->Next) {
        if (offset >= over->ByteCount) {
            offset -= over->ByteCount;
            continue;
        }
        ULONG run = over->ByteCount - (ULONG)offset;
        if (run > length) run = length;
        *link = kernel_fault_due(&kernel->fail_allocation) ? NULL : make(over, (ULONG)offset, run, owner, site);
        if (!*link) break;
        link = &(*link)->Next;
        length -= run;
        offset = 0;
    }
    *link = NULL;
    if (length == 0) return link;
    (void)nbl_mdl_free(*first, owner);
    *first = NULL;
    return NULL;
}

unsigned nbl_mdl_free(PMDL chain, const void *owner) {
    unsigned others = 0;
    while (chain) {
        PMDL mdl = chain;
        chain = mdl->Next;
        if (kernel_mdl_owner(mdl) == owner) NdisFreeMdl(mdl);
        else others++;
    }
    return others;
}
