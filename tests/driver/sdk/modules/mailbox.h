/* SPDX-License-Identifier: Apache-2.0 */
/* mailbox.h: what mailbox.c and the programs that use it share. */
#define LETTER_MOST 64
#define IOCTL_TURN CTL_CODE(FILE_DEVICE_NETWORK, 0x200, METHOD_BUFFERED, FILE_READ_ACCESS | FILE_WRITE_ACCESS)
