// SPDX-License-Identifier: Apache-2.0
// CHECK(Name, Expr, "[V] 2.8 words"): Expr holds at every rising edge of clk_i outside reset.
//
// One macro for the simulator and for proofs: an immediate assertion under Verilator, whose message prints the clause, and under
// FORMAL (Yosys), nothing in synthesis. Expr is boolean with $past and $stable; write !a || b for an implication, and guard $past
// with a bit that is 0 in the first cycle, where it is undefined. Not a concurrent assertion: for those Verilator copies every
// signal of every check at each evaluation, 8 % of a simulated cycle.
`ifndef RINGSIDE_CHECK_SVH
`define RINGSIDE_CHECK_SVH

`ifdef VERILATOR
`define CHECK(Name, Expr, Text) \
    always_ff @(posedge clk_i) if (rst_ni) Name: assert (Expr) else $error("%s", Text);
`elsif FORMAL
`define CHECK(Name, Expr, Text) \
    always @(posedge clk_i) if (rst_ni) Name: assert (Expr);
`else
`define CHECK(Name, Expr, Text)
`endif

`endif
