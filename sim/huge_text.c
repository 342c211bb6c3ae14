/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The copy is complete before it takes the place of the file's pages, in one system call, and holds the same bytes: so the code that
 * runs at that moment goes on. Linux could do it in place for a file (MADV_COLLAPSE of 6.1), but only when it is built with
 * CONFIG_READ_ONLY_THP_FOR_FS, and not on every file system.
 */
#define _GNU_SOURCE
#include "huge_text.h"

#include <link.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

static const uintptr_t huge_page = (uintptr_t)2 << 20;

struct text {
    uintptr_t start, end;
};

/* The first object is the program itself. */
static int find_text(struct dl_phdr_info *object, size_t size, void *arg) {
    (void)size;
    struct text *text = arg;
    for (unsigned i = 0; i < object->dlpi_phnum; i++) {
        const ElfW(Phdr) *segment = &object->dlpi_phdr[i];
        if (segment->p_type != PT_LOAD || !(segment->p_flags & PF_X)) continue;
        text->start = object->dlpi_addr + segment->p_vaddr;
        text->end = text->start + segment->p_memsz;
    }
    return 1;
}

static bool offered(void) {
    char line[64] = "[never]";
    FILE *file = fopen("/sys/kernel/mm/transparent_hugepage/enabled", "r");
    if (!file) return false;
    const bool read = fgets(line, sizeof line, file) != NULL;
    fclose(file);
    return read && !strstr(line, "[never]");
}

static bool wanted(void) {
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
    return false; /* a report finds its symbols by the file that is mapped */
#else
    const char *asked = getenv("RINGSIDE_HUGE_TEXT");
    return !asked || strcmp(asked, "0") != 0;
#endif
}

/* Replaces [start, end), whole huge pages of code. */
static void replace(uintptr_t start, uintptr_t end) {
    const size_t size = end - start;
    char *room = mmap(NULL, size + huge_page, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (room == MAP_FAILED) return;
    char *copy = room + (-(uintptr_t)room & (huge_page - 1));
    if (madvise(copy, size, MADV_HUGEPAGE) == 0) {
        memcpy(copy, (const void *)start, size);
        if (mprotect(copy, size, PROT_READ | PROT_EXEC) == 0 &&
            mremap(copy, size, size, MREMAP_MAYMOVE | MREMAP_FIXED, (void *)start) != MAP_FAILED) {
            if (copy > room) munmap(room, (size_t)(copy - room));
            munmap(copy + size, (size_t)(room + huge_page - copy));
            return;
        }
    }
    munmap(room, size + huge_page);
}

void huge_text_use(void) {
    static bool called;
    if (called || !wanted() || !offered()) return;
    called = true;
    struct text text = {0};
    dl_iterate_phdr(find_text, &text);
    const uintptr_t start = (text.start + huge_page - 1) & ~(huge_page - 1), end = text.end & ~(huge_page - 1);
    if (start < end) replace(start, end);
}
