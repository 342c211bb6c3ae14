/* SPDX-License-Identifier: Apache-2.0 */
/*
 * capture.h: packet captures in and out.
 *
 * Reading takes pcap and pcapng with any time resolution and refuses what could not cross the machine unchanged: other link types,
 * frames that were cut short when they were recorded, frames under 14 or over 9018 bytes, damaged or empty files. Writing makes
 * nanosecond pcap whose bytes depend on the frames and the simulated times alone.
 */
#ifndef RINGSIDE_CAPTURE_H
#define RINGSIDE_CAPTURE_H

#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

/* Bytes of a frame without FCS. */
enum { CAPTURE_MIN_FRAME = 14, CAPTURE_MAX_FRAME = 9018 };

struct capture_frame {
    size_t offset; /* of its first byte in capture.bytes */
    uint32_t length;
    uint64_t time_ns; /* since the first frame; never smaller than that of the frame before */
};

struct capture {
    struct capture_frame *frames;
    size_t count;
    uint8_t *bytes;
};

/* Read a whole file. 0, or -EINVAL (or the errno of opening it, negated) with one line in `error` that names the file and, when one
 * frame is to blame, its number from 1 as other programs count. On failure the capture is empty. */
int capture_load(struct capture *capture, const char *path, char *error, size_t error_size);
void capture_free(struct capture *capture);

/* A file being written. */
struct capture_writer;
/* NULL with a message in `error` when the file cannot be made. */
struct capture_writer *capture_writer_open(const char *path, char *error, size_t error_size);
/* Append one frame; times are simulated and are rounded down to nanoseconds. */
void capture_writer_add(struct capture_writer *writer, uint64_t time_ps, const uint8_t *data, size_t length);
/* 0, or -EIO when some of it could not be written. The writer is gone either way; NULL is allowed. */
int capture_writer_close(struct capture_writer *writer);

#ifdef __cplusplus
}
#endif

#endif
