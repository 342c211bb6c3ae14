/* SPDX-License-Identifier: Apache-2.0 */
/*
 * mdl.c: memory descriptor lists. Freed MDLs are kept by size, since drivers make and free one or more a packet.
 *
 * In front of each MDL from IoAllocateMdl lies a private header; MDL_ALLOCATED_FIXED_SIZE tells it from an MDL in a driver's own storage.
 */
#include <stdlib.h>

#include "kernel_internal.h"
#include "platform_uncharged.h"

enum mdl_state { MDL_FREE, MDL_LIVE, MDL_FREED_PINNED /* goes with the last mapping */ };

/* 64 bytes, so that the MDL behind is 16-aligned. */
struct kernel_mdl {
    LIST_ENTRY all;   /* in kernel.mdls: what is live there at the end was lost by a driver */
    struct kernel *kernel;
    struct kernel_mdl *next_free;
    uint32_t class;
    uint32_t pinned;  /* DMA mappings of it */
    const void *owner;
    const char *site;
    uint64_t state;
};
C_ASSERT(sizeof(struct kernel_mdl) == 64);
C_ASSERT(sizeof(MDL) == 48);

/* Pages that an MDL of each class can describe: a frame, a jumbo frame, 64 KiB at any offset; larger ones are not kept. */
static const ULONG class_pages[KERNEL_MDL_CLASSES] = {2, 4, 17};

static struct kernel_mdl *header_of(PMDL mdl) { return (struct kernel_mdl *)(void *)mdl - 1; }

VOID WdkInitializeMdl(PMDL Mdl, PVOID BaseVa, SIZE_T Length) {
    *Mdl = (MDL){.Size = (CSHORT)MmSizeOfMdl(BaseVa, Length), .StartVa = PAGE_ALIGN(BaseVa), .ByteCount = (ULONG)Length,
                 .ByteOffset = BYTE_OFFSET(BaseVa)};
}

PMDL IoAllocateMdl(PVOID VirtualAddress, ULONG Length, BOOLEAN SecondaryBuffer, BOOLEAN ChargeQuota, PIRP Irp) {
    (void)SecondaryBuffer;
    (void)ChargeQuota;
    (void)Irp;
    struct kernel *kernel = kernel_require_context(__func__)->kernel;
    ULONG pages = ADDRESS_AND_SIZE_TO_SPAN_PAGES(VirtualAddress, Length);
    uint32_t class = 0;
    while (class < KERNEL_MDL_CLASSES && pages > class_pages[class]) class++;
    struct kernel_mdl *header = class < KERNEL_MDL_CLASSES ? kernel->mdl_free[class] : NULL;
    if (header) {
        kernel->mdl_free[class] = header->next_free;
    } else {
        ULONG room = class < KERNEL_MDL_CLASSES ? class_pages[class] : pages;
        header = calloc(1, sizeof(*header) + sizeof(MDL) + sizeof(PFN_NUMBER) * room);
        if (!header) return NULL;
        InsertTailList(&kernel->mdls, &header->all);
    }
    header->kernel = kernel;
    header->class = class;
    header->pinned = 0;
    header->owner = header->site = NULL;
    header->state = MDL_LIVE;
    kernel->mdl_live++;
    PMDL mdl = (PMDL)(void *)(header + 1);
    WdkInitializeMdl(mdl, VirtualAddress, Length);
    mdl->MdlFlags = MDL_ALLOCATED_FIXED_SIZE;
    return mdl;
}

static void release(struct kernel_mdl *header) {
    struct kernel *kernel = header->kernel;
    header->state = MDL_FREE;
    if (header->class < KERNEL_MDL_CLASSES) {
        header->next_free = kernel->mdl_free[header->class];
        kernel->mdl_free[header->class] = header;
        return;
    }
    (void)RemoveEntryList(&header->all);
    free(header);
}

VOID IoFreeMdl(PMDL Mdl) {
    if (!Mdl) return;
    struct kernel_mdl *header = header_of(Mdl);
    struct kernel *kernel = header->kernel;
    if (header->state != MDL_LIVE) {
        kernel_violation(kernel, "mdl.freed_twice", "[D] 2.1", -1, "an MDL of %u bytes, allocated at %s, was freed twice", Mdl->ByteCount,
                         kernel_site(header->site));
        return;
    }
    if (header->pinned)
        kernel_violation(kernel, "mdl.freed_under_dma", "[D] 2.7", -1,
                         "an MDL of %u bytes was freed while it is mapped for the device: free the scatter/gather list first",
                         Mdl->ByteCount);
    kernel->mdl_live--;
    if (header->pinned) header->state = MDL_FREED_PINNED;
    else release(header);
}

PLATFORM_UNCHARGED void kernel_mdl_pin(PMDL mdl, int delta) {
    if (!(mdl->MdlFlags & MDL_ALLOCATED_FIXED_SIZE)) return;
    struct kernel_mdl *header = header_of(mdl);
    header->pinned = (uint32_t)((int)header->pinned + delta);
    if (header->pinned == 0 && header->state == MDL_FREED_PINNED) release(header);
}

PLATFORM_UNCHARGED void kernel_mdl_own(PMDL mdl, const void *owner, const char *site) {
    header_of(mdl)->owner = owner;
    header_of(mdl)->site = site;
}

const void *kernel_mdl_owner(PMDL mdl) { return mdl->MdlFlags & MDL_ALLOCATED_FIXED_SIZE ? header_of(mdl)->owner : NULL; }

const char *kernel_site(const char *site) { return site ? site : "an unknown place"; }

void kernel_report_mdls(struct kernel *kernel) {
    if (kernel->mdl_live == 0) return;
    const struct kernel_mdl *first = NULL;
    for (PLIST_ENTRY entry = kernel->mdls.Flink; entry != &kernel->mdls && !first; entry = entry->Flink) {
        const struct kernel_mdl *header = CONTAINING_RECORD(entry, struct kernel_mdl, all);
        if (header->state == MDL_LIVE) first = header;
    }
    kernel_violation(kernel, "mdl.leaked", "[D] 2.1", -1, "%llu MDLs were never freed, the first of them allocated at %s",
                     (unsigned long long)kernel->mdl_live, kernel_site(first ? first->site : NULL));
}

void kernel_free_mdls(struct kernel *kernel) {
    while (!IsListEmpty(&kernel->mdls)) free(CONTAINING_RECORD(RemoveHeadList(&kernel->mdls), struct kernel_mdl, all));
}

VOID MmBuildMdlForNonPagedPool(PMDL Mdl) {
    PUCHAR start = Mdl->StartVa;
    PPFN_NUMBER frames = MmGetMdlPfnArray(Mdl);
    ULONG pages = ADDRESS_AND_SIZE_TO_SPAN_PAGES(MmGetMdlVirtualAddress(Mdl), Mdl->ByteCount);
    for (ULONG page = 0; page < pages; page++) frames[page] = ((ULONG_PTR)start >> PAGE_SHIFT) + page;
    Mdl->MappedSystemVa = MmGetMdlVirtualAddress(Mdl);
    Mdl->MdlFlags = (CSHORT)(Mdl->MdlFlags | MDL_SOURCE_IS_NONPAGED_POOL);
}

PVOID MmGetSystemAddressForMdlSafe(PMDL Mdl, ULONG Priority) {
    (void)Priority;
    struct kernel *kernel = kernel_current();
    if (kernel && kernel_fault_due(&kernel->fail_mapping)) return NULL;
    if (!(Mdl->MdlFlags & (MDL_MAPPED_TO_SYSTEM_VA | MDL_SOURCE_IS_NONPAGED_POOL))) {
        /* Everything here is one address space: mapping is remembering. */
        Mdl->MappedSystemVa = MmGetMdlVirtualAddress(Mdl);
        Mdl->MdlFlags = (CSHORT)(Mdl->MdlFlags | MDL_MAPPED_TO_SYSTEM_VA);
    }
    return Mdl->MappedSystemVa;
}
