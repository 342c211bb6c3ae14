// SPDX-License-Identifier: Apache-2.0
// fifo: a synchronous first-word-fall-through queue of any depth.
//
// data_o is the oldest word; it is valid from the cycle after its push. A full queue takes no word, also not in the cycle of a
// pop, so that ready_o does not depend on ready_i. flush_i empties the queue at the edge and wins over a push. The memory is not
// reset: nothing reads a word that was not written.
`default_nettype none
`include "check.svh"

module fifo #(
    parameter int unsigned Width = 8,
    parameter int unsigned Depth = 16  // words, 1 or more
) (
    input  wire  logic                       clk_i,
    input  wire  logic                       rst_ni,
    input  wire  logic                       flush_i,

    input  wire  logic                       valid_i,
    output       logic                       ready_o,
    input  wire  logic [Width-1:0]           data_i,

    output       logic                       valid_o,
    input  wire  logic                       ready_i,
    output       logic [Width-1:0]           data_o,

    output       logic [$clog2(Depth+1)-1:0] count_o  // words held
);
    localparam int unsigned PtrW   = (Depth > 1) ? $clog2(Depth) : 1;
    localparam int unsigned CountW = $clog2(Depth + 1);

    /* verilator tracing_off */  // every word is seen as it enters and leaves
    logic [Width-1:0]  mem [Depth];
    /* verilator tracing_on */
    logic [PtrW-1:0]   rd_q, wr_q;
    logic [CountW-1:0] count_q;
    logic              push, pop;

    assign ready_o = count_q != CountW'(Depth);
    assign valid_o = count_q != '0;
    assign push    = valid_i && ready_o;
    assign pop     = valid_o && ready_i;
    assign data_o  = mem[rd_q];
    assign count_o = count_q;

    always_ff @(posedge clk_i) begin
        if (push) mem[wr_q] <= data_i;
    end

    always_ff @(posedge clk_i) begin
        if (!rst_ni || flush_i) begin
            rd_q    <= '0;
            wr_q    <= '0;
            count_q <= '0;
        end else begin
            wr_q    <= push && wr_q == PtrW'(Depth - 1) ? '0 : wr_q + PtrW'(push);
            rd_q    <= pop && rd_q == PtrW'(Depth - 1) ? '0 : rd_q + PtrW'(pop);
            count_q <= count_q + CountW'(push) - CountW'(pop);
        end
    end

    // Together these are inductive: the proof needs no more, and a simulation spends no time on what is proved. The distance of the pointers is the count, or both are equal and the
    // queue is empty or full.
`ifdef FORMAL
    localparam int unsigned SumW = CountW + 1;
    `CHECK(CountInRange, count_q <= CountW'(Depth), "fifo: more words than the queue holds")
    `CHECK(PointersInRange, SumW'(rd_q) < SumW'(Depth) && SumW'(wr_q) < SumW'(Depth), "fifo: a pointer left the memory")
    `CHECK(PointersAgree, SumW'(rd_q) + SumW'(count_q) == SumW'(wr_q)
           || SumW'(rd_q) + SumW'(count_q) == SumW'(wr_q) + SumW'(Depth), "fifo: the count is not the distance of the pointers")
`endif
endmodule

`default_nettype wire
