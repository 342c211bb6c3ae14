// SPDX-License-Identifier: Apache-2.0
// proof_fifo: what goes in comes out, once and in order, whatever the two sides do.
//
// One word, any one, is marked when it is pushed. The words in front of it are counted: it must come out right behind them.
`default_nettype none
`include "proof.svh"

module proof_fifo #(
    parameter int unsigned Width = 2,
    parameter int unsigned Depth = 4
) (
    input wire logic             clk_i,
    input wire logic             flush_i,
    input wire logic             valid_i,
    input wire logic [Width-1:0] data_i,
    input wire logic             ready_i,
    input wire logic             mark_i
);
    localparam int unsigned CountW = $clog2(Depth + 1);
    `PROOF_RESET
    logic              ready, valid;
    logic [Width-1:0]  data;
    logic [CountW-1:0] count;

    fifo #(.Width(Width), .Depth(Depth)) u_dut (
        .clk_i, .rst_ni(rst_n), .flush_i, .valid_i, .ready_o(ready), .data_i, .valid_o(valid), .ready_i, .data_o(data), .count_o(count));

    logic              marked_q = 1'b0;
    logic [CountW-1:0] front_q, held_q = '0;
    logic [Width-1:0]  word_q;
    logic              push, pop;
    assign push = valid_i && ready && rst_n;
    assign pop  = valid && ready_i && rst_n;
    always_ff @(posedge clk_i) begin
        if (flush_i) begin
            marked_q <= 1'b0;
            held_q   <= '0;
        end else begin
            held_q <= held_q + CountW'(push) - CountW'(pop);
            if (marked_q) begin
                if (pop && front_q == '0) marked_q <= 1'b0;
                if (pop) front_q <= front_q - 1'b1;
            end else if (push && mark_i) begin
                marked_q <= 1'b1;
                front_q  <= held_q - CountW'(pop);
                word_q   <= data_i;
            end
        end
    end

    `PROVE(Counts, count == held_q && valid == (held_q != '0) && ready == (held_q != CountW'(Depth)))
    `PROVE(KeepsOrder, !(marked_q && front_q == '0) || (valid && data == word_q))
    `REACH(Full, !ready)
    `REACH(MarkedBehindOthers, marked_q && front_q == CountW'(Depth - 1) && pop)
endmodule

`default_nettype wire
