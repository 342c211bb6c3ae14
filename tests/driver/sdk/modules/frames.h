/* SPDX-License-Identifier: Apache-2.0 */
/* frames.h: what frames.c and the programs that use it share. */
#define FRAME_MOST 1514
#define FRAME_TYPE 0x88B5 /* IEEE 802: for experiments */
