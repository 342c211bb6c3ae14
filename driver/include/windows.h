/* SPDX-License-Identifier: Apache-2.0 */
/*
 * windows.h: what a test program of a driver calls: open its device, send it control codes, read and write. And print.
 *
 * For programs that come with drivers, built as modules and run by a scenario (driver.programs): a program is a thread of the simulated
 * machine, and every call is an I/O request to the driver, which it waits for. Names are those of the Win32 namespace, "\\.\Name". Nothing
 * of a desktop is here, no overlapped I/O, and no second thread.
 */
#ifndef RINGSIDE_WINDOWS_H
#define RINGSIDE_WINDOWS_H

#include <stdio.h>

#include "wdm.h"

#ifdef __cplusplus
extern "C" {
#endif

typedef void *LPVOID;
typedef const void *LPCVOID;
typedef DWORD *LPDWORD;
typedef PWSTR LPWSTR;
typedef PCWSTR LPCWSTR;
typedef struct _SECURITY_ATTRIBUTES *LPSECURITY_ATTRIBUTES; /* not looked at */
typedef struct _OVERLAPPED *LPOVERLAPPED;                   /* NULL, else ERROR_INVALID_PARAMETER */

#define INVALID_HANDLE_VALUE ((HANDLE)(LONG_PTR)-1)
#define INFINITE 0xFFFFFFFFu
#define OPEN_EXISTING 3
#define FILE_SHARE_READ 0x1u
#define FILE_SHARE_WRITE 0x2u
#define FILE_ATTRIBUTE_NORMAL 0x80u

#define ERROR_SUCCESS 0
#define ERROR_INVALID_FUNCTION 1
#define ERROR_FILE_NOT_FOUND 2
#define ERROR_ACCESS_DENIED 5
#define ERROR_INVALID_HANDLE 6
#define ERROR_NOT_ENOUGH_MEMORY 8
#define ERROR_NOT_READY 21
#define ERROR_BAD_LENGTH 24
#define ERROR_GEN_FAILURE 31
#define ERROR_HANDLE_EOF 38
#define ERROR_NOT_SUPPORTED 50
#define ERROR_INVALID_PARAMETER 87
#define ERROR_INSUFFICIENT_BUFFER 122
#define ERROR_BUSY 170
#define ERROR_MORE_DATA 234
#define ERROR_NO_MORE_ITEMS 259
#define ERROR_MR_MID_NOT_FOUND 317 /* a status that has no error of its own */
#define ERROR_OPERATION_ABORTED 995
#define ERROR_NO_SYSTEM_RESOURCES 1450

/* INVALID_HANDLE_VALUE, and GetLastError() says why. Access, sharing and attributes are not looked at; only what exists is opened. */
HANDLE CreateFileA(LPCSTR lpFileName, DWORD dwDesiredAccess, DWORD dwShareMode, LPSECURITY_ATTRIBUTES lpSecurityAttributes,
                   DWORD dwCreationDisposition, DWORD dwFlagsAndAttributes, HANDLE hTemplateFile);
HANDLE CreateFileW(LPCWSTR lpFileName, DWORD dwDesiredAccess, DWORD dwShareMode, LPSECURITY_ATTRIBUTES lpSecurityAttributes,
                   DWORD dwCreationDisposition, DWORD dwFlagsAndAttributes, HANDLE hTemplateFile);
#ifdef UNICODE
#define CreateFile CreateFileW
#else
#define CreateFile CreateFileA
#endif
/* FALSE, and GetLastError() says why; the count is written either way. */
BOOL ReadFile(HANDLE hFile, LPVOID lpBuffer, DWORD nNumberOfBytesToRead, LPDWORD lpNumberOfBytesRead, LPOVERLAPPED lpOverlapped);
BOOL WriteFile(HANDLE hFile, LPCVOID lpBuffer, DWORD nNumberOfBytesToWrite, LPDWORD lpNumberOfBytesWritten, LPOVERLAPPED lpOverlapped);
BOOL DeviceIoControl(HANDLE hDevice, DWORD dwIoControlCode, LPVOID lpInBuffer, DWORD nInBufferSize, LPVOID lpOutBuffer,
                     DWORD nOutBufferSize, LPDWORD lpBytesReturned, LPOVERLAPPED lpOverlapped);
BOOL CloseHandle(HANDLE hObject);
DWORD GetLastError(VOID);
VOID SetLastError(DWORD dwErrCode);
ULONG RtlNtStatusToDosError(NTSTATUS Status);
VOID Sleep(DWORD dwMilliseconds); /* simulated time */

/* Formats are those of Windows, in which `l` is 32 bits and `%ws` is UTF-16; the text goes to what runs the program. */
int WdkPrint(const CHAR *Format, ...);
#define printf WdkPrint
#define sscanf_s sscanf /* without %c, %s and %[, whose sizes it takes */

#ifdef __cplusplus
}
#endif

#endif
