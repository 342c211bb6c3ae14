// SPDX-License-Identifier: Apache-2.0
// proof_vq_avail: the ring pointers of the descriptor prefetch. Descriptors are handed out in ring order, none twice and none left out,
// and the wrap counter flips exactly at the ring's end; reads lie in the ring and never go more than one lap, or one cache, ahead.
//
// Handing out is two things: what is put into the queue to the consumer is in ring order and finds room (here), and a fifo loses and
// swaps nothing (proof_fifo, with the depth of this one too).
//
// The driver may ring any doorbell at any time and have anything in its ring: the cache (window_ram) is left out, whatever is parsed
// is any value. Reads are answered in any order. The ring's address only shifts the addresses, so it is 0. The consumer goes back to
// slots of the ring only. The ring has any size that [V] 2.8 allows. No model checker finds the invariant in reasonable time, so it is
// written down: the assertions in vq_avail_invariant.svh that are called Inv.
`default_nettype none
`include "proof.svh"

module proof_vq_avail #(
    parameter int unsigned Slots = 8
) (
    input wire logic              clk_i,
    input wire logic              enable_i,
    input wire logic              db_valid_i,
    input wire logic              db_has_data_i,
    input wire logic [15:0]       db_data_i,
    input wire logic              stop_i,
    input wire logic              indirect_i,
    input wire logic              req_ready_i,
    input wire logic              done_valid_i,
    input wire logic [2:0]        done_chunk_i,
    input wire logic              done_error_i,
    input wire logic [2:0]        mrrs_i,
    input wire logic              d_ready_i,
    input wire logic              rewind_i,
    input wire logic [15:0]       rewind_slot_i,
    input wire logic              rewind_wrap_i
);
    `PROOF_RESET
    (* anyconst *) logic [15:0] size;       // slots of the ring
    logic             req_valid, d_valid, idle;
    logic [15:0]      d_slot;
    logic [7:0]       reading;
    dma_pkg::rd_req_t req;

    vq_avail #(.DataWidth(128), .Slots(Slots)) u_dut (
        .clk_i, .rst_ni(rst_n), .enable_i, .size_i(size), .desc_i(64'd0), .db_valid_i, .db_has_data_i, .db_data_i, .stop_i, .indirect_i,
        .req_valid_o(req_valid), .req_ready_i, .req_o(req), .wr_valid_i(1'b0), .wr_dst_i(16'd0), .wr_lo_i('0), .wr_hi_i('0), .wr_data_i('0),
        .done_valid_i, .done_chunk_i, .done_error_i, .mrrs_i,
        .d_valid_o(d_valid), .d_ready_i, .d_addr_o(), .d_len_o(), .d_id_o(), .d_next_o(), .d_write_o(), .d_indirect_o(),
        .d_slot_o(d_slot), .d_wrap_o(), .rewind_i, .rewind_slot_i(rewind_slot_i), .rewind_wrap_i,
        .starved_o(), .error_o(), .trace_valid_o(), .trace_slot_o(), .trace_count_o(), .reading_o(reading), .idle_o(idle));

    logic [7:0] flight_q = 8'd0;            // reads that were not answered, by number
    always_ff @(posedge clk_i) begin
        if (!rst_n || !enable_i) begin
            flight_q <= 8'd0;
        end else begin
            if (done_valid_i) flight_q[done_chunk_i] <= 1'b0;
            if (req_valid && req_ready_i) flight_q[req.cookie[2:0]] <= 1'b1;
        end
    end
    logic [15:0] first, count;
    assign first = req.addr[19:4];
    assign count = {4'd0, req.len[15:4]};

    // A queue is disabled when its reads are home; for as short as anybody likes.
    logic fell_q = 1'b0;                    // it was disabled in the cycle before
    logic lap_q  = 1'b0;                    // a lap was handed out since then
    always_ff @(posedge clk_i) fell_q <= !rst_n || !enable_i;
    always_ff @(posedge clk_i) lap_q <= enable_i && rst_n && (lap_q || (d_valid && d_slot == 16'd2));
    always @* assume (enable_i || flight_q == 8'd0);
    `ASSUME(!done_valid_i || flight_q[done_chunk_i])
    `ASSUME(rewind_slot_i < size)
    `ASSUME(size != '0 && size <= 16'(regmap_pkg::VIRTQ_MAX_SIZE))
    `PROVE(ReadsLieInTheRing, !(req_valid && enable_i) || (count != 16'd0 && first < size && count <= size - first && req.addr[63:20] == '0))
    `PROVE(ReadNumbersAreFree, !(req_valid && enable_i) || !flight_q[req.cookie[2:0]])
    `PROVE(IdleMeansNothingIsRead, !(idle && enable_i) || flight_q == 8'd0)
    `PROVE(ReadsAreKnown, reading == flight_q)
    `PROVE(DisabledShowsNothing, !fell_q || !d_valid)
    `REACH(ThirdSlot, d_valid && d_slot == 16'd2)
    `REACH(SecondLap, lap_q && d_valid && d_slot == 16'd1)
    `REACH(SeveralReads, flight_q[0] && flight_q[1])
endmodule

`default_nettype wire
