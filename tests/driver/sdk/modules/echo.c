/* SPDX-License-Identifier: Apache-2.0 */
/*
 * echo.c: a program that reads so many frames from the device of frames.c, and sends each back where it came from, with every byte of its
 * content inverted.
 */
#include <windows.h>
#include <stdlib.h>
#include <string.h>
#include "frames.h"

static void TurnRound(UCHAR *Frame, DWORD Length)
{
    UCHAR address[6];
    DWORD i;
    memcpy(address, Frame, 6);
    memcpy(Frame, Frame + 6, 6);
    memcpy(Frame + 6, address, 6);
    for (i = 14; i < Length; i++) Frame[i] ^= 0xFF;
}

int main(int argc, char **argv)
{
    HANDLE frames = CreateFileA("\\\\.\\Frames", GENERIC_READ | GENERIC_WRITE, 0, NULL, OPEN_EXISTING, FILE_ATTRIBUTE_NORMAL, NULL);
    int count = argc == 2 ? atoi(argv[1]) : 0, i;
    DWORD bytes = 0;
    if (frames == INVALID_HANDLE_VALUE || count == 0) return 1;
    for (i = 0; i < count; i++) {
        UCHAR frame[FRAME_MOST];
        DWORD length = 0, written = 0;
        if (!ReadFile(frames, frame, sizeof(frame), &length, NULL)) return 2;
        TurnRound(frame, length);
        if (!WriteFile(frames, frame, length, &written, NULL) || written != length) return 3;
        bytes += length;
    }
    printf("echoed %d frames of %lu bytes\n", count, bytes);
    return CloseHandle(frames) ? 0 : 4;
}
