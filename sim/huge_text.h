/* SPDX-License-Identifier: Apache-2.0 */
/*
 * huge_text.h: the program's machine code in huge pages.
 *
 * A Verilated model is megabytes of straight code that every cycle walks through, from end to end: more 4 KiB pages than a processor
 * holds translations for. In pages of 2 MiB it does.
 */
#ifndef RINGSIDE_HUGE_TEXT_H
#define RINGSIDE_HUGE_TEXT_H

#ifdef __cplusplus
extern "C" {
#endif

/* Puts a copy of the program's code in anonymous huge pages in its place; children that are forked later share it. Call it while the
 * program has one thread. Does nothing where the kernel offers no transparent huge pages or forbids it, under a sanitizer, with
 * RINGSIDE_HUGE_TEXT=0 in the environment, and when it was called before. Profilers see anonymous memory without symbols then: that
 * is what the variable is for. */
void huge_text_use(void);

#ifdef __cplusplus
}
#endif

#endif
