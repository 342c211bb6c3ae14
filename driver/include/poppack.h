/* SPDX-License-Identifier: Apache-2.0 */
/* poppack.h: ends what pshpack1.h began. */
#pragma pack(pop)
