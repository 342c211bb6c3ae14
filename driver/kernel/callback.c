/* SPDX-License-Identifier: Apache-2.0 */
/* callback.c: callback objects, and routines by name. */
#include "kernel_device.h"

enum { CALLBACK_TAG = 0x6C614344 /* "DCal" */, CALLBACK_MAGIC = 0x43616C6C };

struct registration {
    LIST_ENTRY entry;
    PCALLBACK_FUNCTION function;
    PVOID context;
};

struct _CALLBACK_OBJECT {
    ULONG magic;
    LIST_ENTRY registrations;
};

/* Each call makes an object of its own: nothing here notifies those that the system has by name. */
NTSTATUS ExCreateCallback(PCALLBACK_OBJECT *CallbackObject, struct _OBJECT_ATTRIBUTES *ObjectAttributes, BOOLEAN Create,
                          BOOLEAN AllowMultipleCallbacks) {
    UNREFERENCED_PARAMETER(ObjectAttributes);
    UNREFERENCED_PARAMETER(Create);
    UNREFERENCED_PARAMETER(AllowMultipleCallbacks);
    PCALLBACK_OBJECT object = ExAllocatePoolWithTag(NonPagedPool, sizeof(*object), CALLBACK_TAG);
    *CallbackObject = object;
    if (!object) return STATUS_INSUFFICIENT_RESOURCES;
    object->magic = CALLBACK_MAGIC;
    InitializeListHead(&object->registrations);
    return STATUS_SUCCESS;
}

PVOID ExRegisterCallback(PCALLBACK_OBJECT CallbackObject, PCALLBACK_FUNCTION CallbackFunction, PVOID CallbackContext) {
    struct registration *registration = ExAllocatePoolWithTag(NonPagedPool, sizeof(*registration), CALLBACK_TAG);
    if (!registration) return NULL;
    registration->function = CallbackFunction;
    registration->context = CallbackContext;
    InsertTailList(&CallbackObject->registrations, &registration->entry);
    return registration;
}

VOID ExUnregisterCallback(PVOID CallbackRegistration) {
    struct registration *registration = CallbackRegistration;
    (void)RemoveEntryList(&registration->entry);
    ExFreePoolWithTag(registration, CALLBACK_TAG);
}

VOID ExNotifyCallback(PVOID CallbackObject, PVOID Argument1, PVOID Argument2) {
    PCALLBACK_OBJECT object = CallbackObject;
    for (PLIST_ENTRY at = object->registrations.Flink, next; at != &object->registrations; at = next) {
        next = at->Flink;
        struct registration *registration = CONTAINING_RECORD(at, struct registration, entry);
        registration->function(registration->context, Argument1, Argument2);
    }
}

bool kernel_callback_release(PVOID object) {
    PCALLBACK_OBJECT callback = object;
    if (callback->magic != CALLBACK_MAGIC) return false;
    callback->magic = 0;
    ExFreePoolWithTag(callback, CALLBACK_TAG);
    return true;
}

enum { RECORD_EMPTY, RECORD_INSERTED }; /* KBUGCHECK_REASON_CALLBACK_RECORD.State */

BOOLEAN KeRegisterBugCheckReasonCallback(PKBUGCHECK_REASON_CALLBACK_RECORD CallbackRecord, PKBUGCHECK_REASON_CALLBACK_ROUTINE CallbackRoutine,
                                         KBUGCHECK_CALLBACK_REASON Reason, PUCHAR Component) {
    if (CallbackRecord->State != RECORD_EMPTY) return FALSE;
    CallbackRecord->CallbackRoutine = CallbackRoutine;
    CallbackRecord->Component = Component;
    CallbackRecord->Reason = Reason;
    CallbackRecord->State = RECORD_INSERTED;
    return TRUE;
}

BOOLEAN KeDeregisterBugCheckReasonCallback(PKBUGCHECK_REASON_CALLBACK_RECORD CallbackRecord) {
    if (CallbackRecord->State != RECORD_INSERTED) return FALSE;
    CallbackRecord->State = RECORD_EMPTY;
    return TRUE;
}

/* Drivers ask for what older systems lack, and have a way without it. */
PVOID MmGetSystemRoutineAddress(PUNICODE_STRING SystemRoutineName) {
    UNREFERENCED_PARAMETER(SystemRoutineName);
    return NULL;
}
