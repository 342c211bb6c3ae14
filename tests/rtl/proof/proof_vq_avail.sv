// SPDX-License-Identifier: Apache-2.0
// proof_vq_avail: the ring pointers of the descriptor prefetch. Descriptors are handed out in ring order, none twice and none left out,
// and the wrap counter flips exactly at the ring's end; reads lie in the ring and never go more than one lap, or one cache, ahead.
//
// The driver may ring any doorbell at any time and have anything in its ring: the cache (window_ram) is left out, whatever is parsed
// is any value. Reads are answered in any order. The ring's address only shifts the addresses, so it is 0. The consumer goes back to
// slots of the ring only. `size` is a constant: for a ring of any size the model checker finds no invariant.
`default_nettype none
`include "proof.svh"

module proof_vq_avail #(
    parameter int unsigned Slots   = 8,
    parameter int unsigned Size    = 3,   // slots of the ring
    localparam int unsigned LgSize = $clog2(Size + 1)
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
    input wire logic [LgSize-1:0] rewind_slot_i,
    input wire logic              rewind_wrap_i
);
    `PROOF_RESET
    localparam logic [LgSize-1:0] size = LgSize'(Size);
    logic             req_valid, d_valid, d_wrap, idle;
    logic [15:0]      d_slot;
    dma_pkg::rd_req_t req;

    vq_avail #(.DataWidth(128), .Slots(Slots)) u_dut (
        .clk_i, .rst_ni(rst_n), .enable_i, .size_i(16'(size)), .desc_i(64'd0), .db_valid_i, .db_has_data_i, .db_data_i, .stop_i, .indirect_i,
        .req_valid_o(req_valid), .req_ready_i, .req_o(req), .wr_valid_i(1'b0), .wr_dst_i(16'd0), .wr_lo_i('0), .wr_hi_i('0), .wr_data_i('0),
        .done_valid_i, .done_chunk_i, .done_error_i, .mrrs_i,
        .d_valid_o(d_valid), .d_ready_i, .d_addr_o(), .d_len_o(), .d_id_o(), .d_next_o(), .d_write_o(), .d_indirect_o(),
        .d_slot_o(d_slot), .d_wrap_o(d_wrap), .rewind_i, .rewind_slot_i(16'(rewind_slot_i)), .rewind_wrap_i,
        .starved_o(), .error_o(), .trace_valid_o(), .trace_slot_o(), .trace_count_o(), .idle_o(idle));

    logic [7:0] flight_q = 8'd0;            // reads that were not answered, by number
    logic [LgSize-1:0] slot_q = '0;         // the descriptor that is due
    logic       wrap_q = 1'b1;
    always_ff @(posedge clk_i) begin
        if (!rst_n || !enable_i) begin
            flight_q <= 8'd0;
            slot_q   <= '0;
            wrap_q   <= 1'b1;
        end else begin
            if (done_valid_i) flight_q[done_chunk_i] <= 1'b0;
            if (req_valid && req_ready_i) flight_q[req.cookie[2:0]] <= 1'b1;
            if (rewind_i) begin
                slot_q <= rewind_slot_i;
                wrap_q <= rewind_wrap_i;
            end else if (d_valid && d_ready_i) begin
                slot_q <= slot_q + 1'b1 == size ? '0 : slot_q + 1'b1;
                wrap_q <= slot_q + 1'b1 == size ? !wrap_q : wrap_q;
            end
        end
    end
    logic [15:0] first, count;
    assign first = {4'd0, req.addr[15:4]};
    assign count = {4'd0, req.len[15:4]};

    // A queue is disabled when its reads are home, and for two cycles at least, after which its output FIFO is empty too.
    logic enabled_q = 1'b0, fell_q = 1'b0;
    always_ff @(posedge clk_i) begin
        enabled_q <= rst_n && enable_i;
        fell_q    <= enabled_q && !enable_i;
    end
    always @* assume ((enable_i || flight_q == 8'd0) && !(fell_q && enable_i));
    `ASSUME(!done_valid_i || flight_q[done_chunk_i])
    `ASSUME(rewind_slot_i < size)
    `PROVE(HandsOutInRingOrder, !(d_valid && enable_i) || (d_slot == 16'(slot_q) && d_wrap == wrap_q))
    `PROVE(ReadsLieInTheRing, !(req_valid && enable_i) || (count != 16'd0 && first < 16'(size) && count <= 16'(size) - first && req.addr[63:16] == '0))
    `PROVE(ReadNumbersAreFree, !(req_valid && enable_i) || !flight_q[req.cookie[2:0]])
    `PROVE(IdleMeansNothingIsRead, !(idle && enable_i) || flight_q == 8'd0)
    `REACH(ThirdSlot, d_valid && d_slot == 16'd2)
    `REACH(SecondLap, Size > 3 || (d_valid && !d_wrap && d_slot == 16'd1))   // it takes long to get there in a large ring
    `REACH(SeveralReads, flight_q[0] && flight_q[1])
endmodule

`default_nettype wire
