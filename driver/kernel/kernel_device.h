/* SPDX-License-Identifier: Apache-2.0 */
/* kernel_device.h: devices, their names and requests to them; what device.c, irp.c and file.c share, and NDIS uses. */
#ifndef RINGSIDE_KERNEL_DEVICE_H
#define RINGSIDE_KERNEL_DEVICE_H

#include "kernel_internal.h"

/* A device, with the driver's extension behind it. */
struct kernel_device {
    DEVICE_OBJECT object;
    LIST_ENTRY entry;
    struct kernel *kernel;
    UNICODE_STRING name; /* owned; empty: nameless */
    bool deleted;        /* IoDeleteDevice; it goes when its last file is closed */
    unsigned files;
};

struct kernel_link {
    LIST_ENTRY entry;
    UNICODE_STRING name, target; /* owned */
};

/* What a HANDLE is: a file, a thread, or NDIS's key of the registry. */
enum kernel_handle_type { KERNEL_HANDLE_FILE = 0x48460001, KERNEL_HANDLE_THREAD, KERNEL_HANDLE_KEY };
struct kernel_handle {
    enum kernel_handle_type type;
    NTSTATUS (*close)(struct kernel_handle *handle);
};

/* One request to a file's device; lives until whoever made it has seen its end. */
struct kernel_request {
    IRP irp;
    IO_STACK_LOCATION location;
    LIST_ENTRY entry; /* of the file */
    KEVENT done;
    bool completed;
};

/* The device of a name, a link to it, or either followed by a backslash and more, which *rest becomes. NULL: there is none. */
struct kernel_device *kernel_find_device(struct kernel *kernel, PCUNICODE_STRING name, UNICODE_STRING *rest);
void kernel_device_release(struct kernel_device *device); /* frees it if it was deleted and no file is left */
bool kernel_request_cancel(struct kernel_request *request);
bool kernel_callback_release(PVOID object); /* false: it is no callback object */

#endif
