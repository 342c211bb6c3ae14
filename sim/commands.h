/* SPDX-License-Identifier: Apache-2.0 */
/* commands.h: the commands of `ringside`. argv[0] is "ringside COMMAND", for messages; each returns the exit status. */
#ifndef RINGSIDE_COMMANDS_H
#define RINGSIDE_COMMANDS_H

enum exit_status { EXIT_PASSED = 0, EXIT_FAILED = 1, EXIT_USAGE = 2, EXIT_INTERNAL = 3 };

int command_run(int argc, char **argv);
int command_replay(int argc, char **argv);
int command_bench(int argc, char **argv);
int command_list(int argc, char **argv);
int command_check(int argc, char **argv);
int command_drivers(int argc, char **argv);
int command_serve(int argc, char **argv);

/* The benches, behind command_bench. */
int bench_line_rate(int argc, char **argv);
int bench_latency(int argc, char **argv);
int bench_dma(int argc, char **argv);
int bench_speed(int argc, char **argv);
int bench_descriptors(int argc, char **argv);

#endif
