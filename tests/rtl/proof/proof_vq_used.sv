// SPDX-License-Identifier: Apache-2.0
// proof_vq_used: the used pointer of a packed ring. What is written lies in the ring; the pointer is where the chains that were given and
// written end, never further, and its wrap counter flips exactly at the ring's end ([V] 2.8.1, 2.8.6).
//
// The consumer gives chains in ring order, each 1 slot or more. Rings of any size up to MaxSize; their address only shifts the
// addresses, so it is 0. Any one group is marked when it leaves: what is reported when it has arrived is what was given up to then.
`default_nettype none
`include "proof.svh"

module proof_vq_used #(
    parameter int unsigned MaxSize = 18,   // more than one 256-byte line
    parameter bit          Batch   = 1'b0,
    localparam int unsigned LgSize = $clog2(MaxSize + 1) + 1   // a sum of two positions fits
) (
    input wire logic              clk_i,
    input wire logic              enable_i,
    input wire logic              quiet_i,
    input wire logic              u_valid_i,
    input wire logic [LgSize-1:0] u_slots_i,
    input wire logic              cmd_ready_i,
    input wire logic              done_i,
    input wire logic              mark_i
);
    `PROOF_RESET
    (* anyconst *) logic [LgSize-1:0] size;
    logic              u_ready, cmd_valid, idle;
    logic [15:0]       done_slots, done_next;
    dma_pkg::wr_cmd_t  cmd;
    logic [LgSize-1:0] give_q = '0, give_next;      // the next chain begins here
    logic              give_wrap_q = 1'b1;
    logic [15:0]       since_q = 16'd0;             // slots given since the last group left
    logic [15:0]       chains_q = 16'd0;            // chains, and where the first and the last of them began
    logic [LgSize-1:0] begin_q, last_q;
    logic [2:0]        sent_q = 3'd0;               // groups on their way

    vq_used #(.DataWidth(64)) u_dut (
        .clk_i, .rst_ni(rst_n), .queue_i(8'd0), .age_limit_i(8'd3), .enable_i, .desc_i(64'd0), .size_i(16'(size)), .batch_i(Batch), .quiet_i,
        .u_valid_i, .u_ready_o(u_ready), .u_slot_i(16'(give_q)), .u_slots_i(16'(u_slots_i)), .u_wrap_i(give_wrap_q), .u_id_i(16'd0),
        .u_len_i(32'd0), .u_write_i(1'b0), .u_pid_i(16'd0), .cmd_valid_o(cmd_valid), .cmd_ready_i, .cmd_o(cmd),
        .src_re_i(1'b0), .src_addr_i(16'd0), .src_data_o(), .done_i, .done_slots_o(done_slots), .done_packets_o(),
        .done_next_o(done_next), .trace_valid_o(), .trace_slot_o(), .trace_count_o(), .trace_pid_o(), .idle_o(idle));

    logic take, sent, off, done;
    assign off       = !rst_n || !enable_i;
    assign take      = u_valid_i && u_ready && !off;
    assign sent      = cmd_valid && cmd_ready_i && !off;
    assign done      = done_i && !off;
    assign give_next = give_q + u_slots_i;
    logic        marked_q = 1'b0;
    logic [2:0]  front_q;                           // groups that left before the marked one and have not arrived
    logic [15:0] mark_next_q, mark_slots_q;
    always_ff @(posedge clk_i) begin
        if (off) begin
            give_q      <= '0;
            give_wrap_q <= 1'b1;
            since_q     <= 16'd0;
            chains_q    <= 16'd0;
            sent_q      <= 3'd0;
            marked_q    <= 1'b0;
        end else begin
            if (take) begin
                give_q      <= give_next >= size ? give_next - size : give_next;
                give_wrap_q <= give_next >= size ? !give_wrap_q : give_wrap_q;
            end
            if (sent) since_q <= take ? 16'(u_slots_i) : 16'd0;
            else if (take) since_q <= since_q + 16'(u_slots_i);
            if (sent) chains_q <= {15'd0, take};
            else if (take) chains_q <= chains_q + 16'd1;
            if (take) last_q <= give_q;
            if (take && (sent || chains_q == 16'd0)) begin_q <= give_q;
            sent_q <= sent_q + {2'd0, sent} - {2'd0, done};
            if (marked_q && done) begin
                front_q  <= front_q - 3'd1;
                marked_q <= front_q != 3'd0;
            end else if (!marked_q && sent && mark_i) begin
                marked_q     <= 1'b1;
                front_q      <= sent_q - {2'd0, done};
                mark_next_q  <= {give_wrap_q, 15'(give_q)};
                mark_slots_q <= since_q;
            end
        end
    end

    // What a command writes: descriptors `first` to `first + count - 1`.
    logic [15:0] first, count;
    assign first = {4'd0, cmd.addr[15:4]};
    assign count = {4'd0, cmd.len[15:4]} + 16'd1;

    always @* assume (size != '0 && size <= LgSize'(MaxSize));
    `ASSUME(u_slots_i != '0 && u_slots_i <= size)
    `ASSUME(!done_i || sent_q != 3'd0)
    `PROVE(WritesDescriptorsOfTheRing, !cmd_valid || (first < 16'(size) && count <= 16'(size) - first && cmd.addr[63:16] == '0))
    `PROVE(WritesFromLenToFlags, !cmd_valid || (cmd.addr[3:0] == 4'd8 && cmd.len[3:0] == 4'd8))
    `PROVE(WritesOneLine, !cmd_valid || (count != 16'd0 && (first & 16'hFFF0) == ((first + count - 16'd1) & 16'hFFF0)))
    // [V] 2.8.6: at the first slot of each chain, and nowhere else; one descriptor for a whole batch.
    `PROVE(WritesWhereChainsBegin, !cmd_valid || off || (first == 16'(begin_q) && (Batch ? count == 16'd1
                                   : count == chains_q && first + count - 16'd1 == 16'(last_q))))
    `PROVE(PointerIsWhereTheGivenEnd, !(marked_q && front_q == 3'd0 && done) || done_next == mark_next_q)
    `PROVE(ReportsTheSlotsThatWereGiven, !(marked_q && front_q == 3'd0 && done) || done_slots == mark_slots_q)
    `PROVE(GroupsAreFew, sent_q <= 3'd4)
    `PROVE(IdleMeansAllAreUsed, off || !idle || (since_q == 16'd0 && sent_q == 3'd0))
    `REACH(PointerWraps, marked_q && front_q == 3'd1 && done && mark_next_q == 16'd0 && size > LgSize'(2))
    `REACH(GroupOfThree, (Batch ? since_q : count) == 16'd3 && sent_q != 3'd0 && cmd_valid)
endmodule

`default_nettype wire
