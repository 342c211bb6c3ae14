/* SPDX-License-Identifier: Apache-2.0 */
/* thread.c: system threads of drivers. */
#include <setjmp.h>

#include "kernel_device.h"

enum { THREAD_TAG = 0x72685444 /* "DThr" */ };

/* An object that is signalled when the thread has ended; kept until every reference to it is gone, the thread's own among them. */
struct _KTHREAD {
    KEVENT ended;
    struct kernel_handle handle;
    LIST_ENTRY entry;
    struct kernel *kernel;
    struct platform_thread *thread;
    PKSTART_ROUTINE start;
    PVOID context;
    struct kernel_context *running; /* of the thread, while it runs */
    jmp_buf end;
    unsigned references;
};

static void release(PKTHREAD thread) {
    if (--thread->references > 0) return;
    (void)RemoveEntryList(&thread->entry);
    const struct platform *seam = &thread->kernel->seam;
    seam->ops->thread_join(seam->ctx, thread->thread);
    ExFreePoolWithTag(thread, THREAD_TAG);
}

static NTSTATUS close_thread(struct kernel_handle *handle) {
    release(CONTAINING_RECORD(handle, struct _KTHREAD, handle));
    return STATUS_SUCCESS;
}

static void run(void *arg) {
    PKTHREAD thread = arg;
    thread->running = kernel_current_context();
    if (setjmp(thread->end) == 0) thread->start(thread->context);
    thread->running = NULL;
    (void)KeSetEvent(&thread->ended, IO_NO_INCREMENT, FALSE);
}

NTSTATUS PsCreateSystemThread(PHANDLE ThreadHandle, ULONG DesiredAccess, struct _OBJECT_ATTRIBUTES *ObjectAttributes, HANDLE ProcessHandle,
                              PVOID ClientId, PKSTART_ROUTINE StartRoutine, PVOID StartContext) {
    UNREFERENCED_PARAMETER(DesiredAccess);
    UNREFERENCED_PARAMETER(ObjectAttributes);
    UNREFERENCED_PARAMETER(ProcessHandle);
    UNREFERENCED_PARAMETER(ClientId);
    struct kernel *kernel = kernel_require_context(__func__)->kernel;
    PKTHREAD thread = ExAllocatePool2(POOL_FLAG_NON_PAGED, sizeof(*thread), THREAD_TAG);
    if (!thread) return STATUS_INSUFFICIENT_RESOURCES;
    KeInitializeEvent(&thread->ended, NotificationEvent, FALSE);
    thread->handle = (struct kernel_handle){KERNEL_HANDLE_THREAD, close_thread};
    thread->kernel = kernel;
    thread->start = StartRoutine;
    thread->context = StartContext;
    thread->references = 2; /* the handle, and what kernel_join_threads gives up at the end */
    InsertTailList(&kernel->threads, &thread->entry);
    thread->thread = kernel->seam.ops->thread_create(kernel->seam.ctx, "driver thread", run, thread);
    if (!thread->thread) {
        (void)RemoveEntryList(&thread->entry);
        ExFreePoolWithTag(thread, THREAD_TAG);
        return STATUS_INSUFFICIENT_RESOURCES;
    }
    *ThreadHandle = &thread->handle;
    return STATUS_SUCCESS;
}

PKTHREAD KeGetCurrentThread(VOID) {
    struct kernel_context *context = kernel_require_context(__func__);
    struct kernel *kernel = context->kernel;
    for (PLIST_ENTRY at = kernel->threads.Flink; at != &kernel->threads; at = at->Flink) {
        PKTHREAD thread = CONTAINING_RECORD(at, struct _KTHREAD, entry);
        if (thread->running == context) return thread;
    }
    return (PKTHREAD)(PVOID)context; /* a thread of the system: to be compared, and nothing else */
}

NTSTATUS PsTerminateSystemThread(NTSTATUS ExitStatus) {
    UNREFERENCED_PARAMETER(ExitStatus);
    PKTHREAD thread = KeGetCurrentThread();
    if ((PVOID)thread == (PVOID)kernel_current_context()) return STATUS_INVALID_PARAMETER; /* not made by PsCreateSystemThread */
    longjmp(thread->end, 1);
}

NTSTATUS ObReferenceObjectByHandle(HANDLE Handle, ULONG DesiredAccess, PVOID ObjectType, KPROCESSOR_MODE AccessMode, PVOID *Object,
                                   PVOID HandleInformation) {
    UNREFERENCED_PARAMETER(DesiredAccess);
    UNREFERENCED_PARAMETER(ObjectType);
    UNREFERENCED_PARAMETER(AccessMode);
    UNREFERENCED_PARAMETER(HandleInformation);
    struct kernel_handle *handle = Handle;
    if (!handle || handle->type != KERNEL_HANDLE_THREAD) return STATUS_INVALID_HANDLE;
    PKTHREAD thread = CONTAINING_RECORD(handle, struct _KTHREAD, handle);
    thread->references++;
    *Object = thread;
    return STATUS_SUCCESS;
}

static PKTHREAD find(PVOID object) {
    struct kernel *kernel = kernel_require_context("ObDereferenceObject")->kernel;
    for (PLIST_ENTRY at = kernel->threads.Flink; at != &kernel->threads; at = at->Flink)
        if (CONTAINING_RECORD(at, struct _KTHREAD, entry) == object) return object;
    return NULL;
}

VOID ObDereferenceObject(PVOID Object) {
    PKTHREAD thread = find(Object);
    if (thread) release(thread);
    else if (!kernel_callback_release(Object))
        kernel_violation(kernel_require_context(__func__)->kernel, "kernel.object", "[D] ObDereferenceObject", -1,
                         "ObDereferenceObject was given something that is no object");
}

void kernel_join_threads(struct kernel *kernel) {
    while (!IsListEmpty(&kernel->threads)) {
        PKTHREAD thread = CONTAINING_RECORD(kernel->threads.Flink, struct _KTHREAD, entry);
        LARGE_INTEGER patience = {.QuadPart = -10000000};
        if (KeWaitForSingleObject(&thread->ended, Executive, KernelMode, FALSE, &patience) != STATUS_SUCCESS) {
            kernel_violation(kernel, "thread.leaked", "[D] PsCreateSystemThread", -1,
                             "a system thread still ran a second after its driver was unloaded");
            (void)RemoveEntryList(&thread->entry); /* left alone: it may use its object for as long as it runs */
            continue;
        }
        if (thread->references > 1)
            kernel_violation(kernel, "thread.leaked", "[D] PsCreateSystemThread", -1, "a system thread has ended, and its %s was not closed",
                             "handle or object");
        thread->references = 1;
        release(thread);
    }
}
