/* SPDX-License-Identifier: Apache-2.0 */
/* Blocks of pcapng, in this machine's byte order, as the section header tells. */
#include "pcapng.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum {
    BLOCK_SECTION = 0x0A0D0D0A, BLOCK_INTERFACE = 1, BLOCK_PACKET = 6, BYTE_ORDER_MAGIC = 0x1A2B3C4D, LINKTYPE_ETHERNET = 1,
    OPTION_END = 0, OPTION_IF_NAME = 2, OPTION_IF_TSRESOL = 9, OPTION_EPB_FLAGS = 2, NANOSECONDS = 9, INBOUND = 1, OUTBOUND = 2
};

struct pcapng_writer {
    FILE *file;
    unsigned interfaces;
};

static void put16(struct pcapng_writer *writer, uint16_t value) { fwrite(&value, sizeof value, 1, writer->file); }
static void put32(struct pcapng_writer *writer, uint32_t value) { fwrite(&value, sizeof value, 1, writer->file); }

static uint32_t padded(size_t length) { return (uint32_t)((length + 3) & ~(size_t)3); }

static void put_padded(struct pcapng_writer *writer, const void *bytes, size_t length) {
    static const uint8_t zeros[3];
    fwrite(bytes, 1, length, writer->file);
    fwrite(zeros, 1, padded(length) - length, writer->file);
}

static void put_option(struct pcapng_writer *writer, uint16_t code, const void *value, uint16_t length) {
    put16(writer, code);
    put16(writer, length);
    put_padded(writer, value, length);
}

/* A block's length stands before and behind what it holds. */
static uint32_t begin_block(struct pcapng_writer *writer, uint32_t type, uint32_t content) {
    const uint32_t total = content + 12;
    put32(writer, type);
    put32(writer, total);
    return total;
}

struct pcapng_writer *pcapng_open(const char *path, char *error, size_t error_size) {
    struct pcapng_writer *writer = calloc(1, sizeof *writer);
    if (!writer) abort();
    writer->file = fopen(path, "wb");
    if (!writer->file) {
        snprintf(error, error_size, "cannot write %s: %s", path, strerror(errno));
        free(writer);
        return NULL;
    }
    const uint32_t total = begin_block(writer, BLOCK_SECTION, 16);
    put32(writer, BYTE_ORDER_MAGIC);
    put16(writer, 1);
    put16(writer, 0);
    put32(writer, UINT32_MAX); /* of unknown length */
    put32(writer, UINT32_MAX);
    put32(writer, total);
    return writer;
}

unsigned pcapng_add_interface(struct pcapng_writer *writer, const char *name) {
    const uint8_t resolution = NANOSECONDS;
    const size_t length = strlen(name);
    const uint32_t total = begin_block(writer, BLOCK_INTERFACE, 8 + 4 + padded(length) + 4 + 4 + 4);
    put16(writer, LINKTYPE_ETHERNET);
    put16(writer, 0);
    put32(writer, 0); /* frames are never cut */
    put_option(writer, OPTION_IF_NAME, name, (uint16_t)length);
    put_option(writer, OPTION_IF_TSRESOL, &resolution, sizeof resolution);
    put32(writer, OPTION_END); /* of length 0 */
    put32(writer, total);
    return writer->interfaces++;
}

void pcapng_add_frame(struct pcapng_writer *writer, unsigned interface, bool outbound, uint64_t time_ps, const uint8_t *data, size_t length) {
    const uint64_t time_ns = time_ps / 1000;
    const uint32_t flags = outbound ? OUTBOUND : INBOUND;
    const uint32_t total = begin_block(writer, BLOCK_PACKET, 20 + padded(length) + 8 + 4);
    put32(writer, interface);
    put32(writer, (uint32_t)(time_ns >> 32));
    put32(writer, (uint32_t)time_ns);
    put32(writer, (uint32_t)length);
    put32(writer, (uint32_t)length);
    put_padded(writer, data, length);
    put_option(writer, OPTION_EPB_FLAGS, &flags, sizeof flags);
    put32(writer, OPTION_END); /* of length 0 */
    put32(writer, total);
}

int pcapng_close(struct pcapng_writer *writer) {
    if (!writer) return 0;
    const int written = ferror(writer->file), closed = fclose(writer->file);
    free(writer);
    return written || closed ? -EIO : 0;
}
