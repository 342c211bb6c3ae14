/* SPDX-License-Identifier: Apache-2.0 */
/*
 * platform_uncharged.h: what is done for the simulator's sake, a check or a report that Windows does not make, among code whose cost is
 * measured (hw/cpu): a function that is PLATFORM_UNCHARGED is not charged.
 */
#ifndef RINGSIDE_PLATFORM_UNCHARGED_H
#define RINGSIDE_PLATFORM_UNCHARGED_H

#ifdef __SANITIZE_THREAD__
#define PLATFORM_UNCHARGED __attribute__((no_sanitize_thread))
#else
#define PLATFORM_UNCHARGED
#endif

#endif
