/* SPDX-License-Identifier: Apache-2.0 */
/* wdmguid.h: names of interfaces that a driver may ask for (WdfFdoQueryForInterface); behind initguid.h they are defined. */
#ifndef RINGSIDE_WDMGUID_H
#define RINGSIDE_WDMGUID_H

#include "wdm.h"

DEFINE_GUID(GUID_BUS_INTERFACE_STANDARD, 0x496B8280, 0x6F25, 0x11D0, 0xBE, 0xAF, 0x08, 0x00, 0x2B, 0xE2, 0x09, 0x2F);

#endif
