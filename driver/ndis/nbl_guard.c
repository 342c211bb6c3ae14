/* SPDX-License-Identifier: Apache-2.0 */
/* nbl_guard.c: NBLs that are out of reach of those who do not have them; nbl_guard.h says how. Linux, x86-64. */
#define _GNU_SOURCE
#include "nbl_guard.h"

#include <dlfcn.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <ucontext.h>

#include "nbl_internal.h"

enum { OPEN_MOST = 64, PLACES_MOST = 64, ERROR_WRITE = 2 /* of a page fault, [Intel SDM] 4.7 */ };

struct range {
    uint8_t *from;
    size_t bytes;
};

struct ndis_guard {
    struct ndis_guard *next;
    struct ndis *ndis;
    ndis_place_namer *name_place;
    const void *program;  /* where the program is: NDIS, and the drivers that are linked into it */
    struct range open[OPEN_MOST];
    unsigned open_count;
    const void *reported[PLACES_MOST];  /* instructions: each once */
    unsigned reported_count;
};

/* One for the process, as signals are: which NDIS a fault is about is told by its address. */
static struct sigaction before;
static struct ndis_guard *guards;

static const void *code_of(const void *address) {
    Dl_info info;
    return dladdr(address, &info) ? info.dli_fbase : NULL;
}

static size_t round_page(size_t bytes) { return (bytes + PAGE_SIZE - 1) & ~(size_t)(PAGE_SIZE - 1); }

static void protect(struct range range, int protection) {
    if (mprotect(range.from, range.bytes, protection) != 0) abort(); /* too many mappings: the machine would say nothing sensible any more */
}

/* ---- Memory */
size_t guard_first_block(void) { return round_page(NBL_RECORD_BYTES) - NBL_RECORD_BYTES; }

size_t guard_block_bytes(size_t bytes) { return round_page(NBL_RECORD_BYTES) + round_page(bytes - NBL_RECORD_BYTES); }

static struct range member_of(const struct ndis_pool *pool, uint8_t *block) {
    return (struct range){block + NBL_RECORD_BYTES, pool->block_bytes - round_page(NBL_RECORD_BYTES)};
}

static void protect_slab(const struct ndis_pool *pool, const struct ndis_slab *slab, int protection) {
    guard_close(pool->object.ndis);
    for (unsigned i = 0; i < slab->count; i++) protect(member_of(pool, slab->blocks + i * pool->block_bytes), protection);
}

void guard_slab(const struct ndis_pool *pool, const struct ndis_slab *slab) { protect_slab(pool, slab, PROT_NONE); }

void guard_forget_slab(const struct ndis_pool *pool, const struct ndis_slab *slab) { protect_slab(pool, slab, PROT_READ | PROT_WRITE); }

void guard_close(void *ndis) {
    struct ndis_guard *guard = ((struct ndis *)ndis)->guard;
    while (guard->open_count) protect(guard->open[--guard->open_count], PROT_NONE);
}

static void open_range(struct ndis *ndis, struct range range) {
    struct ndis_guard *guard = ndis->guard;
    if (guard->open_count == OPEN_MOST) guard_close(ndis);
    guard->open[guard->open_count++] = range;
    protect(range, PROT_READ | PROT_WRITE);
}

/* ---- Whose it is */
/* The driver in whose module the instruction is; NULL: it is the program's, or a library's. */
static const struct ndis_driver *driver_at(const struct ndis *ndis, const void *instruction) {
    const void *code = code_of(instruction);
    if (code == ndis->guard->program) return NULL;
    const struct ndis_driver *driver = ndis->drivers;
    while (driver && driver->code != code) driver = driver->next;
    return driver;
}

/* The driver that has it by the books; NULL: nobody has, or NDIS does. */
static const struct ndis_driver *owner_of(const struct nbl_record *record) {
    switch (record->state) {
    case NBL_OWNED: return record->pool->owner;
    case NBL_SENT:
    case NBL_INDICATED: return record->holder ? record->holder->driver : NULL;
    default: return NULL;
    }
}

static bool may_touch(const struct nbl_record *record, const struct ndis_driver *driver) {
    if (record->state == NBL_OWNED && !record->pool->owner) return true; /* nobody said whose pool it is */
    return owner_of(record) == driver;
}

/* ---- What is said of it */
static const char *const nbl_words[] = {
    "Next", "FirstNetBuffer", "Context", "ParentNetBufferList", "NdisPoolHandle", "NdisPoolHandle", "NdisReserved", "NdisReserved",
    "ProtocolReserved", "ProtocolReserved", "ProtocolReserved", "ProtocolReserved", "MiniportReserved", "MiniportReserved", "Scratch",
    "SourceHandle", "NblFlags", "Flags"};
static const char *const nb_words[] = {"Next", "CurrentMdl", "CurrentMdlOffset", "DataLength", "MdlChain", "DataOffset", "ChecksumBias",
                                       "NdisPoolHandle"};

static const char *member_name(const struct nbl_record *record, const uint8_t *address) {
    const size_t at = (size_t)(address - (const uint8_t *)nbl_of((struct nbl_record *)(ULONG_PTR)record));
    if (at / 8 < RTL_NUMBER_OF(nbl_words)) return nbl_words[at / 8];
    if (at < NBL_BYTES) return "NetBufferListInfo";
    const size_t in_nb = record->nb ? (size_t)(address - (const uint8_t *)record->nb) : SIZE_MAX;
    if (in_nb / 8 < RTL_NUMBER_OF(nb_words)) return nb_words[in_nb / 8];
    return in_nb < sizeof(NET_BUFFER) ? "reserved members of its NB" : "what lies behind its NB";
}

static bool is_new(struct ndis_guard *guard, const void *instruction) {
    for (unsigned i = 0; i < guard->reported_count; i++)
        if (guard->reported[i] == instruction) return false;
    if (guard->reported_count < PLACES_MOST) guard->reported[guard->reported_count++] = instruction;
    return true;
}

static void report(struct nbl_record *record, const struct ndis_driver *driver, const void *address, const void *instruction, bool write) {
    struct ndis *ndis = record->pool->object.ndis;
    char place[160] = "";
    if (!is_new(ndis->guard, instruction)) return;
    if (ndis->guard->name_place) ndis->guard->name_place(instruction, place, sizeof(place));
    const struct ndis_driver *owner = owner_of(record);
    const char *freed = record->state == NBL_FREE || record->state == NBL_ZOMBIE ? kernel_site(record->freed_site) : NULL;
    nbl_violation(record, "nbl.touched", "[D] 2.8", "was %s by %s, which does not have it, at %s (%s): %s%s", write ? "written" : "read",
                  driver->object.name, *place ? place : "a place that is not known", member_name(record, address),
                  freed ? "it was freed at " : owner ? "it is with " : "it is on its way",
                  freed ? freed : owner ? owner->object.name : "");
}

/* ---- The fault */
struct search {
    const uint8_t *address;
    struct nbl_record *record;
    struct range range;
};

static void look_into(struct ndis_pool *pool, struct search *search) {
    for (const struct ndis_slab *slab = pool->slabs; slab; slab = slab->next) {
        const size_t offset = (size_t)(search->address - slab->blocks);
        if (search->address < slab->blocks || offset >= slab->count * pool->block_bytes) continue;
        uint8_t *block = slab->blocks + offset / pool->block_bytes * pool->block_bytes;
        search->record = (struct nbl_record *)(void *)block;
        search->range = member_of(pool, block);
    }
}

static struct ndis *find_member(struct search *search) {
    for (struct ndis_guard *guard = guards; guard; guard = guard->next)
        for (struct ndis_pool *pool = guard->ndis->pools; pool; pool = pool->next) {
            if (pool->guarded) look_into(pool, search);
            if (search->record) return guard->ndis;
        }
    return NULL;
}

static void on_fault(int number, siginfo_t *info, void *context) {
    const greg_t *registers = ((const ucontext_t *)context)->uc_mcontext.gregs;
    const void *instruction = (const void *)(ULONG_PTR)registers[REG_RIP];
    struct search search = {.address = info->si_addr};
    struct ndis *ndis = find_member(&search);
    if (!ndis) {
        sigaction(number, &before, NULL); /* a crash like any other: it happens again at once, and nobody stands in its way */
        return;
    }
    open_range(ndis, search.range);
    const struct ndis_driver *driver = driver_at(ndis, instruction);
    if (driver && !may_touch(search.record, driver))
        report(search.record, driver, search.address, instruction, (registers[REG_ERR] & ERROR_WRITE) != 0);
}

/* ---- Its life */
bool ndis_guard_nbls(struct ndis *ndis, ndis_place_namer *name_place) {
    const struct sigaction action = {.sa_sigaction = on_fault, .sa_flags = SA_SIGINFO | SA_NODEFER};
    struct ndis_guard *guard = calloc(1, sizeof(*guard));
    if (!guard) return false;
    *guard = (struct ndis_guard){.next = guards, .ndis = ndis, .name_place = name_place, .program = code_of(&guards)};
    if (!guards) sigaction(SIGSEGV, &action, &before);
    guards = ndis->guard = guard;
    ndis->kernel->other_code_runs = guard_close;
    return true;
}

void guard_free(struct ndis *ndis) {
    struct ndis_guard **link = &guards;
    if (!ndis->guard) return;
    while (*link != ndis->guard) link = &(*link)->next;
    *link = ndis->guard->next;
    free(ndis->guard);
    ndis->guard = NULL;
    ndis->kernel->other_code_runs = NULL;
    if (!guards) sigaction(SIGSEGV, &before, NULL);
}

const void *guard_code_of(DRIVER_INITIALIZE *entry) { return code_of((const void *)(ULONG_PTR)entry); }
