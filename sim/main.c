/* SPDX-License-Identifier: Apache-2.0 */
/* ringside: find the command, let it do the work. */
#define _GNU_SOURCE
#include <argp.h>
#include <locale.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "commands.h"
#include "suggest.h"
#include "version.h"

const char *argp_program_version = "ringside " RINGSIDE_VERSION;
error_t argp_err_exit_status = EXIT_USAGE;

static const struct command {
    const char *name;
    int (*run)(int argc, char **argv);
} commands[] = {
    {"run", command_run}, {"replay", command_replay}, {"bench", command_bench}, {"list", command_list}, {"check", command_check},
    {"drivers", command_drivers}, {"serve", command_serve}};

static const char documentation[] =
    "Simulate a network card and its driver together: a SystemVerilog NIC behind a modelled PCIe link, driven by C code written "
    "against the Windows network driver interfaces.\v"
    "Commands:\n"
    "  run SCENARIO...           run scenarios and print a verdict for each\n"
    "  replay                    send captures through, record what comes out\n"
    "  bench line-rate           packets per second by frame size, beside the limit\n"
    "  bench dma                 the NIC's DMA engines against the PCIe model\n"
    "  bench speed               the simulator: cycles and packets per wall second\n"
    "  bench descriptors         what a packet costs the CPU by NDIS_PACKET, NBL, NET_PACKET\n"
    "  list                      the scenarios that ship with Ringside\n"
    "  check SCENARIO...         validate scenarios without running them\n"
    "  drivers SCENARIO          the driver stack of a scenario, as it is bound\n"
    "  serve vhost-user          the NIC for a driver in another process: DPDK, QEMU\n"
    "  serve pci                 the NIC in a PCI slot of user-mode Linux\n"
    "\n"
    "`ringside COMMAND --help' explains a command and its options.\n"
    "\n"
    "Examples:\n"
    "  ringside run default --waves default.fst\n"
    "  ringside replay --from-host a.pcap --to-wire sent.pcap --cut random\n"
    "  ringside bench line-rate --sizes 64,1518 --directions both --json rates.json\n"
    "\n"
    "Exit status: 0 passed, 1 a check failed, 2 bad usage or input, 3 internal error.\n"
    "\n"
    "Environment: RINGSIDE_SCENARIOS is a folder to look scenario names up in; NO_COLOR turns colour off.";

static const struct command *find_command(const char *name) {
    for (size_t i = 0; i < sizeof commands / sizeof *commands; i++)
        if (strcmp(commands[i].name, name) == 0) return &commands[i];
    return NULL;
}

static void complain(struct argp_state *state, const char *name) {
    for (size_t i = 0; i < sizeof commands / sizeof *commands; i++)
        if (suggest_is_near(name, suggest_distance(name, commands[i].name)))
            argp_error(state, "there is no command '%s'; did you mean '%s'?", name, commands[i].name);
    argp_error(state, "there is no command '%s'; the commands are run, replay, bench, list, check, drivers and serve", name);
}

static error_t parse_option(int key, char *argument, struct argp_state *state) {
    int *status = state->input;
    if (key == ARGP_KEY_NO_ARGS) argp_error(state, "a command is missing: run, replay, bench, list, check, drivers or serve");
    if (key != ARGP_KEY_ARG) return ARGP_ERR_UNKNOWN;
    const struct command *command = find_command(argument);
    if (!command) complain(state, argument);

    /* The rest belongs to the command, which is called by both names in its messages. */
    const int first = state->next - 1;
    char name[64];
    snprintf(name, sizeof name, "ringside %s", argument);
    state->argv[first] = name;
    *status = command->run(state->argc - first, state->argv + first);
    state->next = state->argc;
    return 0;
}

static const struct argp parser = {.parser = parse_option, .args_doc = "COMMAND [OPTION...]", .doc = documentation};

int main(int argc, char **argv) {
    int status = EXIT_INTERNAL;
    char name[] = "ringside";
    setlocale(LC_CTYPE, "");
    argv[0] = name;
    if (argp_parse(&parser, argc, argv, ARGP_IN_ORDER, NULL, &status) != 0) return EXIT_INTERNAL;
    if (fflush(stdout) != 0) {
        perror("ringside: error: standard output");
        return EXIT_INTERNAL;
    }
    return status;
}
