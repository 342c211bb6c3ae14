/* SPDX-License-Identifier: Apache-2.0 */
/*
 * tcpip_port.c: what lwIP asks of the system that it runs on. Its functions of these names are replaced by ours: the library calls them
 * through its linkage table, where the program's come first.
 *
 *   sys_now()                  simulated time
 *   mem_malloc(), mem_free()   the bytes of packets: pool memory of the machine, so that a device can be given them
 *   memp_malloc(), memp_free() control blocks: memory of the process, for some of them outlive every machine (lwip_init() makes its timers
 *                              once)
 *
 * The one place of the drivers with state of a process: the library has its own in there.
 */
#include "tcpip_internal.h"

#include <lwip/init.h>
#include <lwip/mem.h>
#include <lwip/memp.h>
#include <lwip/sys.h>
#include <lwip/timeouts.h>
#include <stdlib.h>

static struct kernel *current;
static bool initialised;

bool tcpip_port_attach(struct kernel *kernel) {
    if (current) return false;
    current = kernel;
    if (initialised)
        sys_restart_timeouts(); /* the clock of this machine begins at 0 */
    else
        lwip_init();
    initialised = true;
    return true;
}

void tcpip_port_detach(void) { current = NULL; }

u32_t sys_now(void) { return current ? (u32_t)(kernel_now_ps(current) / UINT64_C(1000000000)) : 0; }

void *mem_malloc(mem_size_t size) { return current ? kernel_allocate(current, size, TCPIP_TAG) : NULL; }
void mem_free(void *memory) { kernel_free(memory); }
void *mem_trim(void *memory, mem_size_t size) {
    LWIP_UNUSED_ARG(size);
    return memory;
}

void *memp_malloc(memp_t type) { return malloc(memp_pools[type]->size); }
void memp_free(memp_t type, void *memory) {
    LWIP_UNUSED_ARG(type);
    free(memory);
}
