// SPDX-License-Identifier: Apache-2.0
// Inside vq_avail, under FORMAL: what is proved of it, with what helps. Those called Inv imply nothing that anybody asks for; with them
// and those of proof_vq_avail the others are inductive.
// Slots read, or being read, and not parsed: fetch is that far ahead of parse, one lap at most.
logic [16:0] fetched;
assign fetched = {1'b0, parse_slot_q} + {{(16-CacheW){1'b0}}, held};
`CHECK(PositionsAreInTheRing, !running_q || (fetch_slot_q < size_i && parse_slot_q < size_i && target_slot_q < size_i),
       "vq_avail: a position outside the ring")
`CHECK(FetchIsAheadByWhatIsHeld, !running_q || void_q
       || (fetched < {1'b0, size_i} ? {fetch_wrap_q, 1'b0, fetch_slot_q} == {parse_wrap_q, fetched}
                                    : {fetch_wrap_q, 1'b0, fetch_slot_q} == {!parse_wrap_q, fetched - {1'b0, size_i}}),
       "[V] 2.8.1: the position to read next is wrong")
`CHECK(OneLapAtMost, !running_q || void_q || {{(16-CacheW){1'b0}}, held} + {16'd0, s1_valid_q} <= {1'b0, size_i},
       "vq_avail: read further than one lap ahead")

// The slot that comes next to the queue of the consumer.
logic [15:0] due_slot_q;
logic        due_wrap_q;
always_ff @(posedge clk_i) begin
    if (!rst_ni || !enable_i) begin
        due_slot_q <= 16'd0;
        due_wrap_q <= 1'b1;
    end else if (rewind_i) begin
        due_slot_q <= rewind_slot_i;
        due_wrap_q <= rewind_wrap_i;
    end else if (push) begin
        due_slot_q <= due_slot_q + 16'd1 == size_i ? 16'd0 : due_slot_q + 16'd1;
        due_wrap_q <= due_slot_q + 16'd1 == size_i ? !due_wrap_q : due_wrap_q;
    end
end
`CHECK(HandsOutInRingOrder, !push || (s1_slot_q == due_slot_q && s1_wrap_q == due_wrap_q), "[V] 2.8.6: out of ring order")
`CHECK(NoneIsLost, !push || out_ready, "vq_avail: the queue to the consumer is full")

// The chunks from chunk_rd_q to chunk_wr_q are read or being read, the others free.
logic [7:0]  taken;
logic [8:0]  lengths;
logic        lengths_ok;
logic [3:0]  open_count;
logic [5:0]  length;
always_comb begin
    taken      = '0;
    lengths    = '0;
    lengths_ok = 1'b1;
    open_count = '0;
    length     = '0;
    for (int i = 0; i < Chunks; i++) begin
        length   = chunk_len_q[6*i +: 6];
        taken[i] = {1'b0, 3'(i) - chunk_rd_q} < chunk_cnt_q;
        if (taken[i]) begin
            lengths    = lengths + {3'd0, length};
            lengths_ok = lengths_ok && length != '0 && length <= 6'(Slots);
            open_count = open_count + {3'd0, !chunk_done_q[i]};
        end
    end
end
assign reading_o = running_q ? taken & ~chunk_done_q : '0;
`CHECK(InvChunks, !running_q || (chunk_cnt_q <= 4'(Chunks) && chunk_wr_q == chunk_rd_q + chunk_cnt_q[2:0]), "vq_avail: chunks")
`CHECK(InvLengths, !running_q || (lengths_ok && {1'b0, lengths} == 10'(held) + {4'd0, head_used_q}
                   && (chunk_cnt_q == '0 ? head_used_q == '0 : head_used_q < head_len)), "vq_avail: lengths of chunks")
`CHECK(InvFlight, !running_q || (flight_q == open_count), "vq_avail: reads in flight")
`CHECK(InvHeld, !running_q || {11'd0, held} + {15'd0, s1_valid_q} <= (size_i < 16'(Slots) ? size_i : 16'(Slots)), "vq_avail: held")
`CHECK(InvParsed, !s1_valid_q || (s1_slot_q + 16'd1 == size_i ? parse_slot_q == '0 && parse_wrap_q == !s1_wrap_q
                                  : parse_slot_q == s1_slot_q + 16'd1 && parse_wrap_q == s1_wrap_q), "vq_avail: parse")
`CHECK(InvStage, !s1_valid_q || (s1_slot_q < size_i && !void_q && out_count <= 4'd6), "vq_avail: the slot in stage 1")
`CHECK(InvDue, !running_q || error_q || {due_wrap_q, due_slot_q} == {base_wrap, base_slot}, "vq_avail: the slot that is due")
`CHECK(InvStopped, running_q || ({fetch_slot_q, parse_slot_q, target_slot_q, due_slot_q} == '0 && fetch_wrap_q && parse_wrap_q
                   && due_wrap_q && held == '0 && chunk_cnt_q == '0 && chunk_wr_q == chunk_rd_q && head_used_q == '0
                   && !s1_valid_q && !void_q && out_count == '0 && flight_q == '0), "vq_avail: not running")
