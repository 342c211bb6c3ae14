/* SPDX-License-Identifier: Apache-2.0 */
/* silent.c: a program whose main returns nothing, as Microsoft's compiler allows. */
#include <windows.h>

VOID __cdecl main(int argc, char **argv) { printf("silent\n"); }
