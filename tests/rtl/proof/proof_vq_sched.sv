// SPDX-License-Identifier: Apache-2.0
// proof_vq_sched: chains of the queues come out whole, each element once, and a queue that waits is soon served.
//
// A descriptor here is its data and, on top, the bit that says that the chain goes on.
`default_nettype none
`include "proof.svh"

module proof_vq_sched #(
    parameter int unsigned N     = 3,
    parameter int unsigned Width = 2
) (
    input wire logic               clk_i,
    input wire logic [N-1:0]       d_valid_i,
    input wire logic [N*Width-1:0] d_i,
    input wire logic               ready_i
);
    localparam int unsigned IdxW = (N > 1) ? $clog2(N) : 1;
    `PROOF_RESET
    logic [N-1:0]     d_ready;
    logic             valid;
    logic [Width-1:0] data;
    logic [7:0]       queue;

    vq_sched #(.N(N), .Width(Width), .NextBit(Width - 1)) u_dut (
        .clk_i, .rst_ni(rst_n), .d_valid_i, .d_ready_o(d_ready), .d_i, .valid_o(valid), .ready_i, .data_o(data), .queue_o(queue));

    logic [N-1:0] taken;
    assign taken = d_valid_i & d_ready;
    logic       inside_q = 1'b0;   // a chain was begun
    logic [7:0] chain_q;           // its queue
    always_ff @(posedge clk_i) begin
        if (rst_n && |taken) begin
            inside_q <= data[Width-1];
            chain_q  <= queue;
        end
    end
    // Chains of others that began since any one queue began to wait.
    (* anyconst *) logic [IdxW-1:0] who;
    logic [IdxW:0] passed_q = '0;
    always_ff @(posedge clk_i) begin
        if (!rst_n || !d_valid_i[who] || taken[who]) passed_q <= '0;
        else if (|taken && !inside_q) passed_q <= passed_q + 1'b1;
    end

    always @* assume ({1'b0, who} < (IdxW+1)'(N));
    `PROVE(OneIsTakenWhenOneLeaves, |taken == (valid && ready_i) && (taken & (taken - 1'b1)) == '0)
    `PROVE(DataAndNumberAreOfTheTaken, !(|taken) || (queue < 8'(N) && taken[queue[IdxW-1:0]] && data == d_i[queue[IdxW-1:0]*Width +: Width]))
    `PROVE(ChainIsNotInterrupted, !(valid && inside_q) || queue == chain_q)
    `PROVE(OffersWhenOneWaits, !(|d_valid_i && !inside_q) || valid)
    `PROVE(WaitsForEachOtherOnce, {1'b0, passed_q} < (IdxW+2)'(N))
    `REACH(WaitedForAll, passed_q == (IdxW+1)'(N - 1) && taken[who])
    `REACH(InsideAChain, inside_q && valid && |(d_valid_i & ~taken))
endmodule

`default_nettype wire
