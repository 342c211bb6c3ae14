/* SPDX-License-Identifier: Apache-2.0 */
/* wdf_string.c: string objects. [D] WdfStringCreate */
#include "wdf_internal.h"

struct wdf_string {
    struct wdf_object object;
    UNICODE_STRING text;
};

static void dispose(struct wdf_object *object) { kernel_free(CONTAINING_RECORD(object, struct wdf_string, object)->text.Buffer); }

NTSTATUS WdfStringCreate(PCUNICODE_STRING UnicodeString, PWDF_OBJECT_ATTRIBUTES StringAttributes, WDFSTRING *String) {
    struct kernel *kernel = kernel_require_context(__func__)->kernel;
    const USHORT bytes = UnicodeString ? UnicodeString->Length : 0;
    struct wdf_string *string;
    wdf_require_passive(kernel, __func__);
    const NTSTATUS status = wdf_object_create(kernel, WDF_TYPE_STRING, sizeof(*string), StringAttributes, kernel->wdf, &string);
    if (!NT_SUCCESS(status)) return status;
    string->object.dispose = dispose;
    string->text.Buffer = kernel_allocate(kernel, bytes + sizeof(WCHAR), WDF_TAG);
    if (!string->text.Buffer) {
        wdf_object_delete(&string->object);
        return STATUS_INSUFFICIENT_RESOURCES;
    }
    if (bytes) RtlCopyMemory(string->text.Buffer, UnicodeString->Buffer, bytes);
    string->text.Length = bytes;
    string->text.MaximumLength = (USHORT)(bytes + sizeof(WCHAR));
    *String = (WDFSTRING)(PVOID)string;
    return STATUS_SUCCESS;
}

VOID WdfStringGetUnicodeString(WDFSTRING String, PUNICODE_STRING UnicodeString) {
    const struct wdf_string *string = wdf_object_of(String, WDF_TYPE_STRING, __func__);
    *UnicodeString = string ? string->text : (UNICODE_STRING){0};
}
