// SPDX-License-Identifier: Apache-2.0
// proof_arb_mux: every word that is taken is delivered, nothing else is, and a stream that waits is soon served.
`default_nettype none
`include "proof.svh"

module proof_arb_mux #(
    parameter int unsigned N     = 3,
    parameter int unsigned Width = 2
) (
    input wire logic               clk_i,
    input wire logic [N-1:0]       valid_i,
    input wire logic [N*Width-1:0] data_i,
    input wire logic               ready_i
);
    localparam int unsigned IdxW = (N > 1) ? $clog2(N) : 1;
    `PROOF_RESET
    logic [N-1:0]     ready;
    logic             valid;
    logic [Width-1:0] data;

    arb_mux #(.N(N), .Width(Width)) u_dut (.clk_i, .rst_ni(rst_n), .valid_i, .ready_o(ready), .data_i, .valid_o(valid), .ready_i, .data_o(data));

    // The stream that is served, if one is, and any one stream to look at.
    logic [N-1:0]     taken;
    logic [Width-1:0] taken_data;
    assign taken = valid_i & ready;
    always_comb begin
        taken_data = '0;
        for (int i = 0; i < N; i++) if (taken[i]) taken_data = taken_data | data_i[i*Width +: Width];
    end
    (* anyconst *) logic [IdxW-1:0] who;
    logic [IdxW:0] passed_q = '0;   // others that were served since `who` began to wait
    always_ff @(posedge clk_i) begin
        if (!rst_n || !valid_i[who] || taken[who]) passed_q <= '0;
        else if (|taken) passed_q <= passed_q + 1'b1;
    end

    always @* assume ({1'b0, who} < (IdxW+1)'(N));
    `PROVE(OfferedWhenAnyIs, valid == |valid_i)
    `PROVE(OneIsTakenWhenOneLeaves, |taken == (valid && ready_i) && (taken & (taken - 1'b1)) == '0 && (ready & ~valid_i) == '0)
    `PROVE(DataIsThatOfTheTaken, !(|taken) || data == taken_data)
    `PROVE(WaitsForEachOtherOnce, {1'b0, passed_q} < (IdxW+2)'(N))
    `REACH(WaitedForAll, passed_q == (IdxW+1)'(N - 1) && taken[who])
endmodule

`default_nettype wire
