/* SPDX-License-Identifier: Apache-2.0 */
/* pshpack1.h: structures are packed from here to poppack.h. No include guard: each inclusion counts. */
#pragma pack(push, 1)
