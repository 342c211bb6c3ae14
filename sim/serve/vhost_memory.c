/* SPDX-License-Identifier: Apache-2.0 */
/* The front-end's memory. */
#define _GNU_SOURCE
#include "vhost_memory.h"

#include <errno.h>
#include <inttypes.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

/* For the signal handler. */
static struct vhost_memory *volatile watched[VHOST_MAX_MEMORIES];
static uintptr_t page_bytes;

static struct vhost_memory *owner_of(uintptr_t address) {
    for (unsigned m = 0; m < VHOST_MAX_MEMORIES; m++)
        for (unsigned i = 0; watched[m] && i < watched[m]->count; i++)
            if (address - (uintptr_t)watched[m]->regions[i].mapping < watched[m]->regions[i].mapped) return watched[m];
    return NULL;
}

static void put_memory_there(int signal_number, siginfo_t *info, void *context) {
    (void)context;
    const uintptr_t address = (uintptr_t)info->si_addr;
    struct vhost_memory *memory = owner_of(address);
    void *page = (void *)(address & ~(page_bytes - 1));
    if (memory && mmap(page, page_bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1, 0) != MAP_FAILED) {
        memory->withdrawn = 1;
        return;
    }
    signal(signal_number, SIG_DFL); /* not ours: the access is made again, and ends the program */
}

static int watch(struct vhost_memory *memory) {
    struct sigaction action = {.sa_sigaction = put_memory_there, .sa_flags = SA_SIGINFO};
    unsigned place = 0;
    while (place < VHOST_MAX_MEMORIES && watched[place]) place++;
    if (place == VHOST_MAX_MEMORIES) return -EMFILE;
    page_bytes = (uintptr_t)sysconf(_SC_PAGESIZE);
    watched[place] = memory;
    memory->withdrawn = 0;
    sigemptyset(&action.sa_mask);
    return sigaction(SIGBUS, &action, NULL) == 0 ? 0 : -errno;
}

bool vhost_memory_withdrawn(const struct vhost_memory *memory) { return memory->withdrawn != 0; }

static int refuse(char *error, size_t error_size, unsigned region, const char *why) {
    snprintf(error, error_size, "memory region %u: %s", region, why);
    return -EINVAL;
}

static bool ends_beyond(uint64_t start, uint64_t size) { return start + (size - 1) < start; }

static bool overlap(const struct vhost_region *a, const struct vhost_region *b) {
    return a->guest_phys <= b->guest_phys + (b->size - 1) && b->guest_phys <= a->guest_phys + (a->size - 1);
}

static int map_one(struct vhost_memory *memory, const struct vhost_region_info *info, int fd, char *error, size_t error_size) {
    const unsigned number = memory->count;
    struct stat file;
    if (info->size == 0) return refuse(error, error_size, number, "its size is 0");
    if (ends_beyond(info->guest_phys, info->size) || ends_beyond(info->user_addr, info->size) || ends_beyond(info->mmap_offset, info->size))
        return refuse(error, error_size, number, "it ends beyond 2^64");
    const uint64_t end = info->mmap_offset + info->size;
    if (end > SIZE_MAX / 2 || fstat(fd, &file) != 0 || file.st_size < 0 || (uint64_t)file.st_size < end)
        return refuse(error, error_size, number, "its file is shorter than the region");
    struct vhost_region region = {.guest_phys = info->guest_phys, .size = info->size, .user_addr = info->user_addr};
    for (unsigned i = 0; i < number; i++)
        if (overlap(&region, &memory->regions[i]))
            return refuse(error, error_size, number, "it overlaps another in guest-physical addresses");
    /* From offset 0: files on hugetlbfs take no other. */
    region.mapped = (size_t)end;
    region.mapping = mmap(NULL, region.mapped, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
    if (region.mapping == MAP_FAILED) {
        const int status = -errno;
        snprintf(error, error_size, "memory region %u: cannot be mapped: %s", number, strerror(-status));
        return status;
    }
    region.bytes = (uint8_t *)region.mapping + info->mmap_offset;
    memory->regions[memory->count++] = region;
    return 0;
}

int vhost_memory_map(struct vhost_memory *memory, const struct vhost_region_info *regions, const int *fds, unsigned count, char *error,
                     size_t error_size) {
    vhost_memory_unmap(memory);
    int status = watch(memory);
    if (status) snprintf(error, error_size, "memory: %s", strerror(-status));
    for (unsigned i = 0; status == 0 && i < count; i++) status = map_one(memory, &regions[i], fds[i], error, error_size);
    if (status) vhost_memory_unmap(memory);
    return status;
}

void vhost_memory_unmap(struct vhost_memory *memory) {
    for (unsigned m = 0; m < VHOST_MAX_MEMORIES; m++)
        if (watched[m] == memory) watched[m] = NULL;
    memory->withdrawn = 0; /* the next front-end did nothing */
    for (unsigned i = 0; i < memory->count; i++) munmap(memory->regions[i].mapping, memory->regions[i].mapped);
    memory->count = 0;
}

uint8_t *vhost_memory_at(const struct vhost_memory *memory, uint64_t address, uint64_t length) {
    for (unsigned i = 0; i < memory->count; i++) {
        const struct vhost_region *region = &memory->regions[i];
        const uint64_t offset = address - region->guest_phys;
        if (address >= region->guest_phys && offset < region->size && length <= region->size - offset) return region->bytes + offset;
    }
    return NULL;
}

bool vhost_memory_guest(const struct vhost_memory *memory, uint64_t user_addr, uint64_t length, uint64_t *address) {
    for (unsigned i = 0; i < memory->count; i++) {
        const struct vhost_region *region = &memory->regions[i];
        const uint64_t offset = user_addr - region->user_addr;
        if (user_addr >= region->user_addr && offset < region->size && length <= region->size - offset) {
            *address = region->guest_phys + offset;
            return true;
        }
    }
    return false;
}
