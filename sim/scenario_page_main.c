/* SPDX-License-Identifier: Apache-2.0 */
/* ringside-scenario-page: print sim/scenarios/README.md. */
#include <stdio.h>

#include "scenario.h"

int main(void) {
    scenario_print_page(stdout);
    return ferror(stdout) || fclose(stdout) != 0;
}
