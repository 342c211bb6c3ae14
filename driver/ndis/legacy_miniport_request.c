/* SPDX-License-Identifier: Apache-2.0 */
/* legacy_miniport_request.c: OID requests to a miniport of NDIS 5, and its status indications. [D] 5, 3.7 */
#include "legacy_miniport_internal.h"

/* ---- Requests. NDIS gives a miniport one at a time, whatever its age. */
static NDIS_STATUS query(struct legacy_adapter *legacy, NDIS_OID oid, PVOID buffer, ULONG length, PULONG written, PULONG needed) {
    KIRQL old;
    KeRaiseIrql(DISPATCH_LEVEL, &old);
    const NDIS_STATUS status = legacy->miniport->chars.QueryInformationHandler(legacy->context, oid, buffer, length, written, needed);
    KeLowerIrql(old);
    return status;
}

static NDIS_STATUS set(struct legacy_adapter *legacy, struct _SET *request) {
    KIRQL old;
    KeRaiseIrql(DISPATCH_LEVEL, &old);
    const NDIS_STATUS status = legacy->miniport->chars.SetInformationHandler(
        legacy->context, request->Oid, request->InformationBuffer, request->InformationBufferLength, &request->BytesRead, &request->BytesNeeded);
    KeLowerIrql(old);
    return status;
}

NDIS_STATUS legacy_miniport_request(NDIS_HANDLE context, PNDIS_OID_REQUEST request) {
    struct legacy_adapter *legacy = context;
    struct _QUERY *question = &request->DATA.QUERY_INFORMATION;
    NDIS_STATUS status;
    legacy->request = request;
    switch (request->RequestType) {
    case NdisRequestQueryInformation:
    case NdisRequestQueryStatistics:
        status = query(legacy, question->Oid, question->InformationBuffer, question->InformationBufferLength, &question->BytesWritten,
                       &question->BytesNeeded);
        break;
    case NdisRequestSetInformation: status = set(legacy, &request->DATA.SET_INFORMATION); break;
    default: status = NDIS_STATUS_NOT_SUPPORTED; break;
    }
    if (status != NDIS_STATUS_PENDING) legacy->request = NULL;
    return status;
}

NDIS_STATUS legacy_miniport_ask(struct legacy_adapter *legacy, NDIS_OID oid, PVOID buffer, ULONG length, PULONG written) {
    ULONG needed = 0;
    *written = 0;
    KeClearEvent(&legacy->answered);
    legacy->asking = true;
    NDIS_STATUS status = query(legacy, oid, buffer, length, written, &needed);
    if (status == NDIS_STATUS_PENDING) {
        LARGE_INTEGER timeout = {.QuadPart = -(LONGLONG)(legacy->adapter->object.ndis->timeout_ns / 100)};
        status = KeWaitForSingleObject(&legacy->answered, Executive, KernelMode, FALSE, &timeout) == STATUS_SUCCESS ? legacy->answer
                                                                                                                     : NDIS_STATUS_FAILURE;
    }
    legacy->asking = false;
    return status;
}

static void complete(NDIS_HANDLE handle, NDIS_STATUS status, const char *function) {
    struct legacy_adapter *legacy = legacy_adapter_of(handle, function);
    if (!legacy) return;
    PNDIS_OID_REQUEST request = legacy->request;
    legacy->request = NULL;
    if (request) {
        NdisMOidRequestComplete(legacy->adapter, request, status);
    } else if (legacy->asking) {
        legacy->answer = status;
        (void)KeSetEvent(&legacy->answered, 0, FALSE);
    } else {
        kernel_violation(legacy->adapter->object.ndis->kernel, "ndis.oid", "[D] 3.7", -1, "%s by %s, which has no request", function,
                         legacy->adapter->object.name);
    }
}

VOID NdisMQueryInformationComplete(NDIS_HANDLE MiniportAdapterHandle, NDIS_STATUS Status) { complete(MiniportAdapterHandle, Status, __func__); }

VOID NdisMSetInformationComplete(NDIS_HANDLE MiniportAdapterHandle, NDIS_STATUS Status) { complete(MiniportAdapterHandle, Status, __func__); }

/* ---- Status */
VOID NdisMIndicateStatus(NDIS_HANDLE MiniportAdapterHandle, NDIS_STATUS GeneralStatus, PVOID StatusBuffer, UINT StatusBufferSize) {
    struct legacy_adapter *legacy = legacy_adapter_of(MiniportAdapterHandle, __func__);
    if (!legacy) return;
    NDIS_LINK_STATE link = legacy->adapter->link;
    NDIS_STATUS_INDICATION indication = {
        .Header = {NDIS_OBJECT_TYPE_STATUS_INDICATION, NDIS_STATUS_INDICATION_REVISION_1, NDIS_SIZEOF_STATUS_INDICATION_REVISION_1},
        .SourceHandle = MiniportAdapterHandle, .StatusCode = GeneralStatus, .StatusBuffer = StatusBuffer, .StatusBufferSize = StatusBufferSize};
    if (GeneralStatus == NDIS_STATUS_MEDIA_CONNECT || GeneralStatus == NDIS_STATUS_MEDIA_DISCONNECT) {
        link.MediaConnectState = GeneralStatus == NDIS_STATUS_MEDIA_CONNECT ? MediaConnectStateConnected : MediaConnectStateDisconnected;
        indication.StatusCode = NDIS_STATUS_LINK_STATE;
        indication.StatusBuffer = &link;
        indication.StatusBufferSize = sizeof(link);
    }
    NdisMIndicateStatusEx(MiniportAdapterHandle, &indication);
}

VOID NdisMIndicateStatusComplete(NDIS_HANDLE MiniportAdapterHandle) { (void)MiniportAdapterHandle; }
