/* SPDX-License-Identifier: Apache-2.0 */
/* Captures through libpcap, which knows the formats; what it lets pass and we cannot use is refused here. */
#define _DEFAULT_SOURCE
#include "capture.h"

#include <errno.h>
#include <pcap/pcap.h>
#include <stdlib.h>
#include <string.h>

/* A capture that grows while it is read. */
struct reader {
    struct capture *capture;
    size_t frame_room, byte_room, byte_count;
    uint64_t start_ns, last_ns;
};

static void *grow(void *array, size_t *room, size_t needed, size_t element) {
    if (needed <= *room) return array;
    size_t larger = *room ? *room * 2 : 1024;
    if (larger < needed) larger = needed;
    void *moved = realloc(array, larger * element);
    if (!moved) abort();
    *room = larger;
    return moved;
}

static void keep_frame(struct reader *reader, const struct pcap_pkthdr *header, const u_char *data) {
    struct capture *capture = reader->capture;
    capture->frames = grow(capture->frames, &reader->frame_room, capture->count + 1, sizeof *capture->frames);
    capture->bytes = grow(capture->bytes, &reader->byte_room, reader->byte_count + header->caplen, 1);

    uint64_t now = (uint64_t)header->ts.tv_sec * 1000000000u + (uint64_t)header->ts.tv_usec;
    if (capture->count == 0) reader->start_ns = reader->last_ns = now;
    if (now < reader->last_ns) /* recorded on several processors: keep the order of the file */
        now = reader->last_ns;
    reader->last_ns = now;

    capture->frames[capture->count++] = (struct capture_frame){reader->byte_count, header->caplen, now - reader->start_ns};
    memcpy(capture->bytes + reader->byte_count, data, header->caplen);
    reader->byte_count += header->caplen;
}

/* Why this frame cannot be used, in `error`; 0 when it can. */
static int refuse_frame(const char *path, size_t number, const struct pcap_pkthdr *header, char *error, size_t error_size) {
    if (header->caplen < header->len)
        snprintf(error, error_size,
                 "%s: frame %zu: only %u of its %u bytes were recorded; record again with a larger snapshot length", path, number,
                 header->caplen, header->len);
    else if (header->len < CAPTURE_MIN_FRAME)
        snprintf(error, error_size, "%s: frame %zu has %u bytes; an Ethernet header alone has %d", path, number, header->len,
                 CAPTURE_MIN_FRAME);
    else if (header->len > CAPTURE_MAX_FRAME)
        snprintf(error, error_size,
                 "%s: frame %zu has %u bytes; the NIC takes up to %d (turn segmentation offload off and record again)", path,
                 number, header->len, CAPTURE_MAX_FRAME);
    else
        return 0;
    return -EINVAL;
}

static int read_frames(struct reader *reader, pcap_t *file, const char *path, char *error, size_t error_size) {
    struct pcap_pkthdr *header;
    const u_char *data;
    int status;
    while ((status = pcap_next_ex(file, &header, &data)) == 1) {
        const int refused = refuse_frame(path, reader->capture->count + 1, header, error, error_size);
        if (refused) return refused;
        keep_frame(reader, header, data);
    }
    if (status == PCAP_ERROR) {
        snprintf(error, error_size, "%s: damaged after frame %zu: %s", path, reader->capture->count, pcap_geterr(file));
        return -EINVAL;
    }
    if (reader->capture->count == 0) {
        snprintf(error, error_size, "%s: the capture holds no frame", path);
        return -EINVAL;
    }
    return 0;
}

int capture_load(struct capture *capture, const char *path, char *error, size_t error_size) {
    memset(capture, 0, sizeof *capture);
    FILE *stream = fopen(path, "rb");
    if (!stream) {
        const int reason = errno;
        snprintf(error, error_size, "%s: %s", path, strerror(reason));
        return -reason;
    }
    char problem[PCAP_ERRBUF_SIZE];
    pcap_t *file = pcap_fopen_offline_with_tstamp_precision(stream, PCAP_TSTAMP_PRECISION_NANO, problem);
    if (!file) {
        fclose(stream);
        snprintf(error, error_size, "%s: not a pcap or pcapng file: %s", path, problem);
        return -EINVAL;
    }
    int status;
    const int type = pcap_datalink(file);
    if (type == DLT_EN10MB) {
        struct reader reader = {.capture = capture};
        status = read_frames(&reader, file, path, error, error_size);
    } else {
        const char *name = pcap_datalink_val_to_name(type);
        snprintf(error, error_size, "%s: link type %s; only Ethernet captures can be played", path, name ? name : "unknown");
        status = -EINVAL;
    }
    pcap_close(file);
    if (status) capture_free(capture);
    return status;
}

void capture_free(struct capture *capture) {
    free(capture->frames);
    free(capture->bytes);
    memset(capture, 0, sizeof *capture);
}

struct capture_writer {
    pcap_t *format;
    pcap_dumper_t *file;
};

struct capture_writer *capture_writer_open(const char *path, char *error, size_t error_size) {
    struct capture_writer *writer = calloc(1, sizeof *writer);
    if (!writer) abort();
    writer->format = pcap_open_dead_with_tstamp_precision(DLT_EN10MB, 65535, PCAP_TSTAMP_PRECISION_NANO);
    if (writer->format) writer->file = pcap_dump_open(writer->format, path);
    if (writer->file) return writer;
    snprintf(error, error_size, "cannot write %s", writer->format ? pcap_geterr(writer->format) : path);
    capture_writer_close(writer);
    return NULL;
}

void capture_writer_add(struct capture_writer *writer, uint64_t time_ps, const uint8_t *data, size_t length) {
    const uint64_t time_ns = time_ps / 1000;
    struct pcap_pkthdr header;
    memset(&header, 0, sizeof header);
    header.ts.tv_sec = (time_t)(time_ns / 1000000000u);
    header.ts.tv_usec = (suseconds_t)(time_ns % 1000000000u); /* nanoseconds, by the precision given above */
    header.caplen = header.len = (bpf_u_int32)length;
    pcap_dump((u_char *)writer->file, &header, data);
}

int capture_writer_close(struct capture_writer *writer) {
    int status = 0;
    if (!writer) return 0;
    if (writer->file) {
        status = pcap_dump_flush(writer->file) == 0 && !ferror(pcap_dump_file(writer->file)) ? 0 : -EIO;
        pcap_dump_close(writer->file);
    }
    if (writer->format) pcap_close(writer->format);
    free(writer);
    return status;
}
