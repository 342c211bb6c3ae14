// SPDX-License-Identifier: Apache-2.0
// What the modules of this folder are written with. Each has the inputs of the module that it proves as its own inputs, which are free:
// a proof holds for every sequence of values. clk_i is the clock; rst_n is 0 in the first cycle and 1 from then on.
//
//   `PROOF_RESET                        declares rst_n and first
//   `ASSUME(expression)                 nothing else can happen
//   `PROVE(Name, expression)            this holds in every cycle out of reset
//   `REACH(Name, expression)            this does happen in some cycle: the assumptions leave room for it
`ifndef RINGSIDE_PROOF_SVH
`define RINGSIDE_PROOF_SVH

`define PROOF_RESET \
    logic rst_n = 1'b0; \
    always_ff @(posedge clk_i) rst_n <= 1'b1;
`define ASSUME(Expr) \
    always @* if (rst_n) assume (Expr);
`define PROVE(Name, Expr) \
    always @* if (rst_n) Name: assert (Expr);
// An assertion that must fail; prove.py knows it by its name.
`define REACH(Name, Expr) \
    always @* if (rst_n) Reach``Name: assert (!(Expr));

`endif
