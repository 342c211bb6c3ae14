/* SPDX-License-Identifier: Apache-2.0 */
/*
 * virtio_pci_caps.c: find the VIRTIO structures through the capability list.
 *
 * A structure may be listed several times, best first: the first one that we can use is taken, [V] 4.1.4.
 */
#include <errno.h>
#include <stdio.h>

#include "regmap.h"
#include "virtio_pci.h"

/* [V] 4.1.4: fields of the vendor capability, and the structure types. */
enum {
    CAP_NEXT = 1, CAP_LENGTH = 2, CAP_TYPE = 3, CAP_BAR = 4, CAP_OFFSET = 8, CAP_REGION_LENGTH = 12, CAP_MULTIPLIER = 16,
    CAP_BYTES = 16, CAP_NOTIFY_BYTES = 20,
    TYPE_COMMON = 1, TYPE_NOTIFY = 2, TYPE_ISR = 3, TYPE_DEVICE = 4,
    BARS = 6, CAPABILITIES_MOST = 48 /* a list of more has a loop: 192 bytes hold no more of 4 bytes */
};

static uint32_t read(const struct virtio_pci *pci, unsigned offset, unsigned size) {
    return pci->platform->ops->config_read(pci->platform->ctx, offset, size);
}

static struct virtio_region *region_of(struct virtio_pci *pci, uint32_t type, uint32_t *least, uint32_t *alignment) {
    *alignment = 4;
    switch (type) {
    case TYPE_COMMON: *least = VIRTIO_COMMON_BYTES; return &pci->common;
    case TYPE_NOTIFY: *least = 2, *alignment = 2; return &pci->notify;
    case TYPE_ISR: *least = 1, *alignment = 1; return &pci->isr;
    case TYPE_DEVICE: *least = VIRTIO_NET_CONFIG_MAC + 6; return &pci->device;
    default: return NULL;
    }
}

static int take_capability(struct virtio_pci *pci, unsigned at) {
    uint32_t least, alignment, type = read(pci, at + CAP_TYPE, 1);
    struct virtio_region *region = region_of(pci, type, &least, &alignment);
    if (!region || region->length) return 0;
    struct virtio_region found = {read(pci, at + CAP_BAR, 1), read(pci, at + CAP_OFFSET, 4), read(pci, at + CAP_REGION_LENGTH, 4)};
    if (found.bar >= BARS) return 0; /* reserved values: ignore the capability, [V] 4.1.4 */
    uint32_t bytes = read(pci, at + CAP_LENGTH, 1);
    if (bytes < (type == TYPE_NOTIFY ? CAP_NOTIFY_BYTES : CAP_BYTES) || found.length < least || found.offset % alignment) {
        snprintf(pci->error, sizeof(pci->error), "capability at 0x%x: structure type %u of %u bytes at offset 0x%x is malformed", at,
                 type, found.length, found.offset);
        return -EINVAL;
    }
    *region = found;
    if (type == TYPE_NOTIFY) pci->notify_multiplier = read(pci, at + CAP_MULTIPLIER, 4);
    return 0;
}

int virtio_pci_find_structures(struct virtio_pci *pci) {
    if (!(read(pci, PCI_CFG_STATUS, 2) >> PCI_STATUS_CAPABILITY_LIST_BIT & 1u)) {
        snprintf(pci->error, sizeof(pci->error), "the function has no capability list");
        return -ENXIO;
    }
    unsigned at = read(pci, PCI_CFG_CAPABILITIES, 1) & ~3u;
    for (unsigned i = 0; at && i < CAPABILITIES_MOST; i++) {
        if (read(pci, at, 1) == PCI_CAP_ID_VENDOR) {
            int status = take_capability(pci, at);
            if (status) return status;
        }
        at = read(pci, at + CAP_NEXT, 1) & ~3u;
    }
    const struct {
        const struct virtio_region *region;
        const char *name;
    } needed[] = {{&pci->common, "common"}, {&pci->notify, "notification"}, {&pci->isr, "ISR"}, {&pci->device, "device"}};
    for (unsigned i = 0; i < sizeof(needed) / sizeof(needed[0]); i++) {
        if (needed[i].region->length) continue;
        snprintf(pci->error, sizeof(pci->error), "no capability names the %s structure", needed[i].name);
        return -ENXIO;
    }
    return 0;
}
