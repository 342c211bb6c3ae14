// SPDX-License-Identifier: Apache-2.0
// Failed RTL assertions become messages instead of the end of the process.
//
// Verilator 5.006 prints an assertion's text and then calls vl_stop(), which aborts. Its runtime is compiled with this header in front
// (see verilate_model() in CMakeLists.txt): what it prints comes here, and vl_stop() hands the text to the model being evaluated.
#pragma once

// The runtime's printf: $display, $error and warnings. Prints to stderr, except the line that belongs to the next vl_stop().
int ringside_verilator_printf(const char* format, ...) __attribute__((format(printf, 1, 2)));
#define VL_PRINTF ringside_verilator_printf
#define VL_USER_STOP
