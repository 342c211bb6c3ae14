/* SPDX-License-Identifier: Apache-2.0 */
/*
 * wdf_object.c: the tree of objects, their contexts, and their end. [D] WdfObjectDelete
 *
 *   stop, cleanup callbacks    children first, each before its parent
 *   destroy callbacks          children first, when their last reference goes
 *   memory                     of children not before their parent's destroy callbacks: a driver may delete a child in there that went with
 *                              its parent already
 */
#include "platform_uncharged.h"
#include "wdf_internal.h"

struct wdf_context {
    struct wdf_context *next;
    struct wdf_object *object;
    PCWDF_OBJECT_CONTEXT_TYPE_INFO type; /* NULL: there are callbacks alone */
    PFN_WDF_OBJECT_CONTEXT_CLEANUP cleanup;
    PFN_WDF_OBJECT_CONTEXT_DESTROY destroy;
    DECLSPEC_ALIGN(16) UCHAR data[];
};

PLATFORM_UNCHARGED void wdf_trace(const struct kernel *kernel, enum platform_trace_kind kind, const char *function) {
    const struct platform *platform = &kernel->seam;
    if (!platform->ops->trace_enabled(platform->ctx, kind)) return;
    struct platform_trace event = {.kind = kind, .text = function};
    platform->ops->trace(platform->ctx, &event);
}

void wdf_require_passive(struct kernel *kernel, const char *function) {
    if (KeGetCurrentIrql() > PASSIVE_LEVEL)
        kernel_violation(kernel, "wdf.irql", "[D] WDF", -1, "%s was called at IRQL %u, and needs PASSIVE_LEVEL", function, KeGetCurrentIrql());
}

static struct wdf_context *find_context(const struct wdf_object *object, PCWDF_OBJECT_CONTEXT_TYPE_INFO type) {
    struct wdf_context *context = object->contexts;
    while (context && context->type != type) context = context->next;
    return context;
}

static NTSTATUS add_context(struct wdf_object *object, const WDF_OBJECT_ATTRIBUTES *attributes) {
    const PCWDF_OBJECT_CONTEXT_TYPE_INFO type = attributes->ContextTypeInfo;
    if (!type && !attributes->EvtCleanupCallback && !attributes->EvtDestroyCallback) return STATUS_SUCCESS;
    size_t bytes = type ? type->ContextSize : 0;
    if (attributes->ContextSizeOverride) {
        if (attributes->ContextSizeOverride < bytes) return STATUS_INVALID_PARAMETER;
        bytes = attributes->ContextSizeOverride;
    }
    struct wdf_context *context = kernel_allocate(object->kernel, sizeof(*context) + bytes, WDF_TAG);
    if (!context) return STATUS_INSUFFICIENT_RESOURCES;
    context->object = object;
    context->type = type ? type->UniqueType : NULL;
    context->cleanup = attributes->EvtCleanupCallback;
    context->destroy = attributes->EvtDestroyCallback;
    struct wdf_context **link = &object->contexts;
    while (*link) link = &(*link)->next;
    *link = context;
    return STATUS_SUCCESS;
}

NTSTATUS wdf_object_create(struct kernel *kernel, enum wdf_type type, size_t bytes, const WDF_OBJECT_ATTRIBUTES *attributes,
                           struct wdf_object *parent, void *out) {
    if (attributes && attributes->Size != sizeof(*attributes)) return STATUS_INFO_LENGTH_MISMATCH;
    struct wdf_object *object = kernel_allocate(kernel, bytes, WDF_TAG);
    if (!object) return STATUS_INSUFFICIENT_RESOURCES;
    object->type = type;
    object->kernel = kernel;
    object->references = 1;
    InitializeListHead(&object->children);
    const NTSTATUS status = attributes ? add_context(object, attributes) : STATUS_SUCCESS;
    if (!NT_SUCCESS(status)) {
        kernel_free(object);
        return status;
    }
    object->parent = attributes && attributes->ParentObject ? attributes->ParentObject : parent;
    object->machine = object->parent ? object->parent->machine : &kernel->seam;
    if (object->parent) InsertTailList(&object->parent->children, &object->entry);
    RtlCopyMemory(out, &object, sizeof(object));
    return STATUS_SUCCESS;
}

void *wdf_object_of(const void *handle, enum wdf_type type, const char *function) {
    const struct wdf_object *object = handle;
    if (object && object->type == type && !object->destroyed) return (void *)(ULONG_PTR)handle;
    struct kernel *kernel = object ? object->kernel : kernel_require_context(function)->kernel;
    kernel_violation(kernel, "wdf.handle", "[D] WDF", -1, "%s was given %s", function,
                     !object ? "no handle" : object->type == type ? "the handle of an object that is gone" : "a handle of another kind");
    return NULL;
}

/* ---- The end */
static struct wdf_object *child_of(PLIST_ENTRY entry) { return CONTAINING_RECORD(entry, struct wdf_object, entry); }

static void clean_up(struct wdf_object *object) {
    if (object->deleting) return;
    object->deleting = true;
    if (object->stop) object->stop(object);
    for (PLIST_ENTRY at = object->children.Flink; at != &object->children; at = at->Flink) clean_up(child_of(at));
    for (struct wdf_context *context = object->contexts; context; context = context->next)
        if (context->cleanup) context->cleanup(object);
}

static void free_memory(struct wdf_object *object) {
    while (!IsListEmpty(&object->children)) {
        struct wdf_object *child = child_of(RemoveHeadList(&object->children));
        child->parent = NULL;
        if (child->destroyed) free_memory(child);
    }
    while (object->contexts) {
        struct wdf_context *context = object->contexts;
        object->contexts = context->next;
        kernel_free(context);
    }
    kernel_free(object);
}

/* A reference goes. With the last one the destroy callbacks run. */
static void release(struct wdf_object *object) {
    if (--object->references > 0) return;
    for (PLIST_ENTRY at = object->children.Flink; at != &object->children; at = at->Flink)
        if (!child_of(at)->destroyed) release(child_of(at));
    for (struct wdf_context *context = object->contexts; context; context = context->next)
        if (context->destroy) context->destroy(object);
    if (object->dispose) object->dispose(object);
    object->destroyed = true;
    if (object->parent && object->parent->deleting) return; /* the parent frees it */
    if (object->parent) (void)RemoveEntryList(&object->entry);
    free_memory(object);
}

void wdf_object_delete(struct wdf_object *object) {
    if (object->deleting) return;
    clean_up(object);
    release(object);
}

VOID WdfObjectDelete(WDFOBJECT Object) {
    struct wdf_object *object = Object;
    if (object->type == WDF_TYPE_DRIVER || object->type == WDF_TYPE_DEVICE) {
        kernel_violation(object->kernel, "wdf.delete", "[D] WdfObjectDelete", -1, "a driver deleted its %s object: the framework does that",
                         object->type == WDF_TYPE_DRIVER ? "driver" : "device");
        return;
    }
    wdf_object_delete(object);
}

/* ---- What drivers call */
NTSTATUS WdfObjectCreate(PWDF_OBJECT_ATTRIBUTES Attributes, WDFOBJECT *Object) {
    struct kernel *kernel = kernel_require_context(__func__)->kernel;
    return wdf_object_create(kernel, WDF_TYPE_OBJECT, sizeof(struct wdf_object), Attributes, kernel->wdf, Object);
}

PVOID WdfObjectGetTypedContextWorker(WDFOBJECT Handle, PCWDF_OBJECT_CONTEXT_TYPE_INFO TypeInfo) {
    struct wdf_context *context = find_context(Handle, TypeInfo->UniqueType);
    return context ? context->data : NULL;
}

NTSTATUS WdfObjectAllocateContext(WDFOBJECT Handle, PWDF_OBJECT_ATTRIBUTES ContextAttributes, PVOID *Context) {
    struct wdf_object *object = Handle;
    if (!ContextAttributes->ContextTypeInfo) return STATUS_INVALID_PARAMETER;
    struct wdf_context *context = find_context(object, ContextAttributes->ContextTypeInfo->UniqueType);
    NTSTATUS status = STATUS_OBJECT_NAME_EXISTS;
    if (!context) {
        if (object->deleting) return STATUS_DELETE_PENDING;
        status = add_context(object, ContextAttributes);
        if (!NT_SUCCESS(status)) return status;
        context = find_context(object, ContextAttributes->ContextTypeInfo->UniqueType);
    }
    if (Context) *Context = context->data;
    return status;
}

WDFOBJECT WdfObjectContextGetObject(PVOID ContextPointer) { return CONTAINING_RECORD(ContextPointer, struct wdf_context, data)->object; }

VOID WdfObjectReferenceActual(WDFOBJECT Handle, PVOID Tag, LONG Line, PCCH File) {
    UNREFERENCED_PARAMETER(Tag);
    UNREFERENCED_PARAMETER(Line);
    UNREFERENCED_PARAMETER(File);
    ((struct wdf_object *)Handle)->references++;
}

VOID WdfObjectDereferenceActual(WDFOBJECT Handle, PVOID Tag, LONG Line, PCCH File) {
    struct wdf_object *object = Handle;
    UNREFERENCED_PARAMETER(Tag);
    if (object->references <= 1 && !object->deleting) {
        kernel_violation(object->kernel, "wdf.reference", "[D] WdfObjectDereference", -1,
                         "%s:%d takes back a reference that nobody took", File, Line);
        return;
    }
    release(object);
}
