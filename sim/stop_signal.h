/* SPDX-License-Identifier: Apache-2.0 */
/*
 * stop_signal.h: SIGINT and SIGTERM that ask the program for an orderly end.
 *
 * What comes within a second of the first is the same wish: a terminal and whoever watches over the program may both send it, as
 * timeout(1) does. One that comes later ends the program at once.
 */
#ifndef RINGSIDE_STOP_SIGNAL_H
#define RINGSIDE_STOP_SIGNAL_H

/* From now on `asked` is called for each of them, in a signal handler. */
void stop_signal_catch(void (*asked)(int number));

#endif
