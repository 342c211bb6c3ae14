/* SPDX-License-Identifier: Apache-2.0 */
/*
 * wdf/object.h: what all objects have: a parent, contexts of the driver's, and callbacks at their end. Include wdf.h, not this header.
 *
 *   struct my_context { ... };
 *   WDF_DECLARE_CONTEXT_TYPE_WITH_NAME(MY_CONTEXT, GetMyContext)
 *   WDF_OBJECT_ATTRIBUTES_INIT_CONTEXT_TYPE(&attributes, MY_CONTEXT);
 *   WdfDeviceCreate(&init, &attributes, &device);
 *   GetMyContext(device)->...
 *
 * Deleting: the cleanup callbacks of all children, then the object's own, then the children's destroy callbacks, then its own when the last
 * reference goes; a context is readable until then. Deleting what went with its parent already is allowed until the parent is gone.
 * A context is found by the address of its type's information, which is one in all units of a program. D.
 */
#ifndef RINGSIDE_WDF_OBJECT_H
#define RINGSIDE_WDF_OBJECT_H

#ifdef __cplusplus
extern "C" {
#endif

typedef VOID EVT_WDF_OBJECT_CONTEXT_CLEANUP(WDFOBJECT Object);
typedef EVT_WDF_OBJECT_CONTEXT_CLEANUP *PFN_WDF_OBJECT_CONTEXT_CLEANUP;
typedef EVT_WDF_OBJECT_CONTEXT_CLEANUP EVT_WDF_DEVICE_CONTEXT_CLEANUP;
typedef VOID EVT_WDF_OBJECT_CONTEXT_DESTROY(WDFOBJECT Object);
typedef EVT_WDF_OBJECT_CONTEXT_DESTROY *PFN_WDF_OBJECT_CONTEXT_DESTROY;
typedef EVT_WDF_OBJECT_CONTEXT_DESTROY EVT_WDF_DEVICE_CONTEXT_DESTROY;

typedef const struct _WDF_OBJECT_CONTEXT_TYPE_INFO *PCWDF_OBJECT_CONTEXT_TYPE_INFO;
typedef PCWDF_OBJECT_CONTEXT_TYPE_INFO(*PFN_GET_UNIQUE_CONTEXT_TYPE)(VOID);
typedef struct _WDF_OBJECT_CONTEXT_TYPE_INFO {
    ULONG Size;
    const char *ContextName;
    size_t ContextSize;
    PCWDF_OBJECT_CONTEXT_TYPE_INFO UniqueType; /* itself */
    PFN_GET_UNIQUE_CONTEXT_TYPE EvtDriverGetUniqueContextType;
} WDF_OBJECT_CONTEXT_TYPE_INFO, *PWDF_OBJECT_CONTEXT_TYPE_INFO;
C_ASSERT(sizeof(WDF_OBJECT_CONTEXT_TYPE_INFO) == 40);

typedef struct _WDF_OBJECT_ATTRIBUTES {
    ULONG Size;
    PFN_WDF_OBJECT_CONTEXT_CLEANUP EvtCleanupCallback;
    PFN_WDF_OBJECT_CONTEXT_DESTROY EvtDestroyCallback;
    WDF_EXECUTION_LEVEL ExecutionLevel;
    WDF_SYNCHRONIZATION_SCOPE SynchronizationScope;
    WDFOBJECT ParentObject;
    size_t ContextSizeOverride;
    PCWDF_OBJECT_CONTEXT_TYPE_INFO ContextTypeInfo;
} WDF_OBJECT_ATTRIBUTES, *PWDF_OBJECT_ATTRIBUTES;
C_ASSERT(sizeof(WDF_OBJECT_ATTRIBUTES) == 56);

FORCEINLINE VOID WDF_OBJECT_ATTRIBUTES_INIT(PWDF_OBJECT_ATTRIBUTES Attributes)
{
    WDK_INIT_STRUCTURE(Attributes);
    Attributes->ExecutionLevel = WdfExecutionLevelInheritFromParent;
    Attributes->SynchronizationScope = WdfSynchronizationScopeInheritFromParent;
}
#define WDF_GET_CONTEXT_TYPE_INFO(type) (&_WDF_##type##_TYPE_INFO)
#define WDF_OBJECT_ATTRIBUTES_SET_CONTEXT_TYPE(attributes, type) \
    ((attributes)->ContextTypeInfo = WDF_GET_CONTEXT_TYPE_INFO(type)->UniqueType)
#define WDF_OBJECT_ATTRIBUTES_INIT_CONTEXT_TYPE(attributes, type) \
    WDF_OBJECT_ATTRIBUTES_INIT(attributes);                       \
    WDF_OBJECT_ATTRIBUTES_SET_CONTEXT_TYPE(attributes, type)

/* NULL: the object has no context of the type. */
PVOID WdfObjectGetTypedContextWorker(WDFOBJECT Handle, PCWDF_OBJECT_CONTEXT_TYPE_INFO TypeInfo);
#define WdfObjectGetTypedContext(handle, type) \
    ((type *)WdfObjectGetTypedContextWorker((WDFOBJECT)(handle), WDF_GET_CONTEXT_TYPE_INFO(type)->UniqueType))

/* Weak, so that the units of a program that include the declaration share one. */
#ifdef __cplusplus
#define WDK_C_LINKAGE(...) extern "C" { __VA_ARGS__ }
#else
#define WDK_C_LINKAGE(...) __VA_ARGS__
#endif
#define WDF_DECLARE_CONTEXT_TYPE_WITH_NAME(type, getter)                                                            \
    typedef type *WDF_POINTER_TYPE_##type;                                                                          \
    WDK_C_LINKAGE(extern __attribute__((weak)) const WDF_OBJECT_CONTEXT_TYPE_INFO _WDF_##type##_TYPE_INFO;          \
                  const WDF_OBJECT_CONTEXT_TYPE_INFO _WDF_##type##_TYPE_INFO =                                      \
                      {sizeof(WDF_OBJECT_CONTEXT_TYPE_INFO), #type, sizeof(type), &_WDF_##type##_TYPE_INFO, WDK_NULL};) \
    __attribute__((unused)) FORCEINLINE type *getter(WDFOBJECT Handle)                                                                      \
    {                                                                                                               \
        return (type *)WdfObjectGetTypedContextWorker(Handle, _WDF_##type##_TYPE_INFO.UniqueType);                  \
    }
#define WDF_DECLARE_CONTEXT_TYPE(type) WDF_DECLARE_CONTEXT_TYPE_WITH_NAME(type, WdfObjectGet_##type)

NTSTATUS WdfObjectCreate(PWDF_OBJECT_ATTRIBUTES Attributes, WDFOBJECT *Object);
VOID WdfObjectDelete(WDFOBJECT Object);
/* OBJECT_NAME_EXISTS, a success: the object has such a context already, and it is in *Context. */
NTSTATUS WdfObjectAllocateContext(WDFOBJECT Handle, PWDF_OBJECT_ATTRIBUTES ContextAttributes, PVOID *Context);
WDFOBJECT WdfObjectContextGetObject(PVOID ContextPointer);
VOID WdfObjectReferenceActual(WDFOBJECT Handle, PVOID Tag, LONG Line, PCCH File);
VOID WdfObjectDereferenceActual(WDFOBJECT Handle, PVOID Tag, LONG Line, PCCH File);
#define WdfObjectReference(handle) WdfObjectReferenceActual((handle), WDK_NULL, __LINE__, __FILE_NAME__)
#define WdfObjectDereference(handle) WdfObjectDereferenceActual((handle), WDK_NULL, __LINE__, __FILE_NAME__)

#ifdef __cplusplus
}
#endif

#endif
