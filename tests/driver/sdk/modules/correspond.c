/* SPDX-License-Identifier: Apache-2.0 */
/*
 * correspond.c: a program that uses the device of mailbox.c, in the manner of a Windows test program. What it does is its first argument;
 * its status is how many things were not as they should be.
 */
#include <windows.h>
#include <winioctl.h>
#include <stdlib.h>
#include <string.h>
#include "mailbox.h"

static int Runs;

static int Write(HANDLE Mailbox, const char *Text)
{
    CHAR read[LETTER_MOST] = "";
    DWORD written = 0, got = 0;
    if (!WriteFile(Mailbox, Text, (DWORD)strlen(Text), &written, NULL) || written != strlen(Text)) return 1;
    if (!ReadFile(Mailbox, read, sizeof(read), &got, NULL) || got != written) return 1;
    printf("run %d: read %lu bytes: %s, %ws, %I64d\n", ++Runs, got, read, L"wide", 1LL << 40);
    return memcmp(read, Text, got) != 0;
}

static int Turn(HANDLE Mailbox)
{
    CHAR text[] = "abcd", small[2];
    DWORD got = 99;
    int wrong = !DeviceIoControl(Mailbox, IOCTL_TURN, text, 4, text, 4, &got, NULL) || got != 4 || strcmp(text, "dcba") != 0;
    wrong += DeviceIoControl(Mailbox, IOCTL_TURN, text, 4, small, 2, &got, NULL) || GetLastError() != ERROR_INSUFFICIENT_BUFFER || got != 0;
    wrong += DeviceIoControl(Mailbox, IOCTL_TURN + 4, NULL, 0, NULL, 0, &got, NULL) || GetLastError() != ERROR_INVALID_FUNCTION;
    wrong += CloseHandle(INVALID_HANDLE_VALUE) || GetLastError() != ERROR_INVALID_HANDLE;
    wrong += CreateFileA("\\\\.\\Nobody", 0, 0, NULL, OPEN_EXISTING, 0, NULL) != INVALID_HANDLE_VALUE || GetLastError() != ERROR_FILE_NOT_FOUND;
    wrong += CreateFileW(L"C:\\file", 0, 0, NULL, OPEN_EXISTING, 0, NULL) != INVALID_HANDLE_VALUE || GetLastError() != ERROR_FILE_NOT_FOUND;
    return wrong;
}

/* Until the stack goes down: then what is waited for is cancelled. */
static int Wait(HANDLE Mailbox)
{
    CHAR read[LETTER_MOST];
    DWORD got = 99;
    BOOL success = ReadFile(Mailbox, read, sizeof(read), &got, NULL);
    printf("cancelled: %d\n", GetLastError());
    return success || GetLastError() != ERROR_OPERATION_ABORTED || got != 0;
}

/* And waits again, whatever happens. */
static int Stay(HANDLE Mailbox)
{
    CHAR read[LETTER_MOST];
    DWORD got;
    while (!ReadFile(Mailbox, read, sizeof(read), &got, NULL)) {}
    return 0;
}

int main(int argc, char **argv)
{
    HANDLE mailbox = CreateFileA("\\\\.\\\\Mailbox", GENERIC_READ | GENERIC_WRITE, 0, NULL, OPEN_EXISTING, FILE_ATTRIBUTE_NORMAL, NULL);
    int wrong = mailbox == INVALID_HANDLE_VALUE || argc < 2;
    if (wrong) return wrong;
    if (strcmp(argv[1], "write") == 0) wrong = argc == 3 && !argv[3] ? Write(mailbox, argv[2]) : 1;
    if (strcmp(argv[1], "turn") == 0) wrong = Turn(mailbox);
    if (strcmp(argv[1], "wait") == 0) wrong = Wait(mailbox);
    if (strcmp(argv[1], "stay") == 0) wrong = Stay(mailbox);
    if (strcmp(argv[1], "fail") == 0) wrong = atoi(argv[2]);
    CloseHandle(mailbox);
    return wrong;
}
