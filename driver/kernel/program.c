/* SPDX-License-Identifier: Apache-2.0 */
/* program.c: windows.h, the calls of programs that use drivers, over the files of file.c. */
#include <stdarg.h>

#include "format.h"
#include "kernel_device.h"
#include "windows.h"

enum { NAME_MOST = 260, LINE_MOST = 1024 };

DWORD GetLastError(VOID) { return kernel_require_context(__func__)->kernel->last_error; }

VOID SetLastError(DWORD dwErrCode) { kernel_require_context(__func__)->kernel->last_error = dwErrCode; }

ULONG RtlNtStatusToDosError(NTSTATUS Status) {
    switch (Status) {
    case STATUS_SUCCESS: return ERROR_SUCCESS;
    case STATUS_INVALID_DEVICE_REQUEST:
    case STATUS_NOT_IMPLEMENTED: return ERROR_INVALID_FUNCTION;
    case STATUS_NO_SUCH_DEVICE:
    case STATUS_DEVICE_DOES_NOT_EXIST:
    case STATUS_NOT_FOUND:
    case STATUS_OBJECT_NAME_NOT_FOUND: return ERROR_FILE_NOT_FOUND;
    case STATUS_ACCESS_DENIED:
    case STATUS_DELETE_PENDING: return ERROR_ACCESS_DENIED;
    case STATUS_INVALID_HANDLE:
    case STATUS_OBJECT_TYPE_MISMATCH: return ERROR_INVALID_HANDLE;
    case STATUS_NO_MEMORY: return ERROR_NOT_ENOUGH_MEMORY;
    case STATUS_DEVICE_NOT_READY:
    case STATUS_DEVICE_NOT_CONNECTED: return ERROR_NOT_READY;
    case STATUS_INFO_LENGTH_MISMATCH: return ERROR_BAD_LENGTH;
    case STATUS_UNSUCCESSFUL: return ERROR_GEN_FAILURE;
    case STATUS_END_OF_FILE: return ERROR_HANDLE_EOF;
    case STATUS_NOT_SUPPORTED: return ERROR_NOT_SUPPORTED;
    case STATUS_INVALID_PARAMETER: return ERROR_INVALID_PARAMETER;
    case STATUS_BUFFER_TOO_SMALL: return ERROR_INSUFFICIENT_BUFFER;
    case STATUS_DEVICE_BUSY: return ERROR_BUSY;
    case STATUS_BUFFER_OVERFLOW: return ERROR_MORE_DATA;
    case STATUS_NO_MORE_ENTRIES: return ERROR_NO_MORE_ITEMS;
    case STATUS_CANCELLED: return ERROR_OPERATION_ABORTED;
    case STATUS_INSUFFICIENT_RESOURCES: return ERROR_NO_SYSTEM_RESOURCES;
    default: return ERROR_MR_MID_NOT_FOUND;
    }
}

static BOOL succeed(NTSTATUS status) {
    if (NT_SUCCESS(status)) return TRUE;
    SetLastError(RtlNtStatusToDosError(status));
    return FALSE;
}

/* ---- Files */
static bool is_separator(WCHAR character) { return character == '\\' || character == '/'; }

/* "\\.\Name" as "\??\Name"; separators that follow each other are one. False: it names no device, or is too long. */
static bool device_name(LPCWSTR from, WCHAR *to, UNICODE_STRING *name) {
    static const WCHAR directory[] = {'\\', '?', '?', '\\'};
    size_t length = RTL_NUMBER_OF(directory);
    if (!is_separator(from[0]) || !is_separator(from[1]) || (from[2] != '.' && from[2] != '?') || !is_separator(from[3])) return false;
    memcpy(to, directory, sizeof(directory));
    for (from += 4; *from; from++) {
        if (is_separator(*from) && to[length - 1] == '\\') continue;
        if (length == NAME_MOST) return false;
        to[length++] = is_separator(*from) ? '\\' : *from;
    }
    *name = (UNICODE_STRING){(USHORT)(length * sizeof(WCHAR)), (USHORT)(length * sizeof(WCHAR)), to};
    return true;
}

HANDLE CreateFileW(LPCWSTR lpFileName, DWORD dwDesiredAccess, DWORD dwShareMode, LPSECURITY_ATTRIBUTES lpSecurityAttributes,
                   DWORD dwCreationDisposition, DWORD dwFlagsAndAttributes, HANDLE hTemplateFile) {
    UNREFERENCED_PARAMETER(lpSecurityAttributes);
    UNREFERENCED_PARAMETER(hTemplateFile);
    WCHAR text[NAME_MOST];
    UNICODE_STRING name;
    OBJECT_ATTRIBUTES attributes;
    IO_STATUS_BLOCK result;
    HANDLE file;
    if (!device_name(lpFileName, text, &name)) {
        SetLastError(ERROR_FILE_NOT_FOUND);
        return INVALID_HANDLE_VALUE;
    }
    InitializeObjectAttributes(&attributes, &name, OBJ_CASE_INSENSITIVE, NULL, NULL);
    const NTSTATUS status = ZwCreateFile(&file, dwDesiredAccess, &attributes, &result, NULL, dwFlagsAndAttributes, dwShareMode,
                                         dwCreationDisposition, 0, NULL, 0);
    return succeed(status) ? file : INVALID_HANDLE_VALUE;
}

HANDLE CreateFileA(LPCSTR lpFileName, DWORD dwDesiredAccess, DWORD dwShareMode, LPSECURITY_ATTRIBUTES lpSecurityAttributes,
                   DWORD dwCreationDisposition, DWORD dwFlagsAndAttributes, HANDLE hTemplateFile) {
    WCHAR wide[NAME_MOST];
    size_t length = 0;
    for (; lpFileName[length] && length + 1 < NAME_MOST; length++) wide[length] = (UCHAR)lpFileName[length];
    wide[length] = 0;
    return CreateFileW(wide, dwDesiredAccess, dwShareMode, lpSecurityAttributes, dwCreationDisposition, dwFlagsAndAttributes, hTemplateFile);
}

static BOOL end_of(NTSTATUS status, const IO_STATUS_BLOCK *result, LPDWORD count) {
    if (count) *count = NT_ERROR(status) ? 0 : (DWORD)result->Information;
    return succeed(status);
}

static BOOL refuse_overlapped(LPOVERLAPPED overlapped) {
    if (!overlapped) return FALSE;
    SetLastError(ERROR_INVALID_PARAMETER);
    return TRUE;
}

BOOL ReadFile(HANDLE hFile, LPVOID lpBuffer, DWORD nNumberOfBytesToRead, LPDWORD lpNumberOfBytesRead, LPOVERLAPPED lpOverlapped) {
    IO_STATUS_BLOCK result = {.Status = STATUS_SUCCESS};
    if (refuse_overlapped(lpOverlapped)) return FALSE;
    const NTSTATUS status = ZwReadFile(hFile, NULL, NULL, NULL, &result, lpBuffer, nNumberOfBytesToRead, NULL, NULL);
    return end_of(status, &result, lpNumberOfBytesRead);
}

BOOL WriteFile(HANDLE hFile, LPCVOID lpBuffer, DWORD nNumberOfBytesToWrite, LPDWORD lpNumberOfBytesWritten, LPOVERLAPPED lpOverlapped) {
    IO_STATUS_BLOCK result = {.Status = STATUS_SUCCESS};
    if (refuse_overlapped(lpOverlapped)) return FALSE;
    const NTSTATUS status = ZwWriteFile(hFile, NULL, NULL, NULL, &result, (PVOID)(ULONG_PTR)lpBuffer, nNumberOfBytesToWrite, NULL, NULL);
    return end_of(status, &result, lpNumberOfBytesWritten);
}

BOOL DeviceIoControl(HANDLE hDevice, DWORD dwIoControlCode, LPVOID lpInBuffer, DWORD nInBufferSize, LPVOID lpOutBuffer,
                     DWORD nOutBufferSize, LPDWORD lpBytesReturned, LPOVERLAPPED lpOverlapped) {
    IO_STATUS_BLOCK result = {.Status = STATUS_SUCCESS};
    if (refuse_overlapped(lpOverlapped)) return FALSE;
    const NTSTATUS status = ZwDeviceIoControlFile(hDevice, NULL, NULL, NULL, &result, dwIoControlCode, lpInBuffer, nInBufferSize,
                                                  lpOutBuffer, nOutBufferSize);
    return end_of(status, &result, lpBytesReturned);
}

BOOL CloseHandle(HANDLE hObject) {
    return succeed(hObject == INVALID_HANDLE_VALUE ? STATUS_INVALID_HANDLE : ZwClose(hObject));
}

VOID Sleep(DWORD dwMilliseconds) {
    LARGE_INTEGER interval = {.QuadPart = -10000ll * dwMilliseconds};
    (void)KeDelayExecutionThread(UserMode, FALSE, &interval);
}

int WdkPrint(const CHAR *Format, ...) {
    const struct kernel *kernel = kernel_require_context(__func__)->kernel;
    char text[LINE_MOST];
    va_list arguments;
    va_start(arguments, Format);
    const size_t length = kernel_format(text, sizeof(text), Format, arguments);
    va_end(arguments);
    if (kernel->program_print) kernel->program_print(kernel->program_print_ctx, text);
    return (int)length;
}
