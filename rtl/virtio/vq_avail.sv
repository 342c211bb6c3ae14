// SPDX-License-Identifier: Apache-2.0
// vq_avail: prefetches the available descriptors of one packed virtqueue and hands them out, checked, in ring order.
//
// Descriptors are read in batches of up to MRRS bytes into a cache, several reads in flight. A slot that may begin a chain vouches for
// itself with its AVAIL and USED bits. The slots behind it in the chain do not ([V] 2.8.6: only the head's flags are ordered after
// them): they are trusted if they share the head's 64-byte line, or if their read was sent after the chain was known to be
// available. Two things tell: a doorbell whose NOTIFICATION_DATA names a later slot (`proven`), or the head itself, after which
// whatever follows is read again (`trust_q`).
//
// The hardest corner is a slot that is not available: all that was read behind it is void, also what is still in flight, and a
// doorbell that came meanwhile must not be lost. `kick_q` remembers any doorbell since the last read that was sent with nothing in
// flight; the void ends in a new read if it is set, else in sleep.
//
// Spec: [V] VIRTIO 1.2
`default_nettype none
`include "check.svh"

module vq_avail #(
    parameter int unsigned DataWidth = 256,
    parameter int unsigned Slots     = 128    // descriptors in the cache, a power of two
) (
    input  wire  logic                          clk_i,
    input  wire  logic                          rst_ni,
    input  wire  logic [7:0]                    queue_i,         // constant

    // from virtio_regs
    input  wire  logic                          enable_i,        // the queue is enabled and the driver is ready
    input  wire  logic [15:0]                   size_i,
    input  wire  logic [63:0]                   desc_i,          // address of the ring
    input  wire  logic                          db_valid_i,      // doorbell of this queue
    input  wire  logic                          db_has_data_i,
    input  wire  logic [15:0]                   db_data_i,       // {wrap, next slot}
    input  wire  logic                          stop_i,          // device reset: send no more reads
    input  wire  logic                          indirect_i,      // INDIRECT_DESC is negotiated

    // to dma_rd
    output       logic                          req_valid_o,
    input  wire  logic                          req_ready_i,
    output       dma_pkg::rd_req_t              req_o,
    // from dma_rd: beats and ends of reads of this queue
    input  wire  logic                          wr_valid_i,
    input  wire  logic [15:0]                   wr_dst_i,
    input  wire  logic [$clog2(DataWidth/8):0]  wr_lo_i,
    input  wire  logic [$clog2(DataWidth/8):0]  wr_hi_i,
    input  wire  logic [DataWidth-1:0]          wr_data_i,
    input  wire  logic                          done_valid_i,
    input  wire  logic [2:0]                    done_chunk_i,
    input  wire  logic                          done_error_i,
    input  wire  logic [2:0]                    mrrs_i,

    // to net_tx or net_rx: descriptors in ring order
    output       logic                          d_valid_o,
    input  wire  logic                          d_ready_i,
    output       logic [63:0]                   d_addr_o,
    output       logic [31:0]                   d_len_o,
    output       logic [15:0]                   d_id_o,
    output       logic                          d_next_o,
    output       logic                          d_write_o,
    output       logic                          d_indirect_o,    // addr and len are those of a table ([V] 2.8.7)
    output       logic [15:0]                   d_slot_o,
    output       logic                          d_wrap_o,
    // The consumer gives a chain back: the next descriptor is that of rewind_slot_i again.
    input  wire  logic                          rewind_i,
    input  wire  logic [15:0]                   rewind_slot_i,
    input  wire  logic                          rewind_wrap_i,

    output       logic                          starved_o,       // no descriptor here, none on its way
    output       logic                          error_o,         // ring error ([V] 2.8, virtio.md 12.1): the queue has stopped
    output       logic                          trace_valid_o,   // a read was sent
    output       logic [15:0]                   trace_slot_o,
    output       logic [15:0]                   trace_count_o,
`ifdef FORMAL
    output       logic [7:0]                    reading_o,       // reads that were not answered, by number
`endif
    output       logic                          idle_o
);
    localparam int unsigned CacheW = $clog2(Slots);
    localparam int unsigned Chunks = 8;

    // Positions in the ring: {wrap, slot}.
    logic        running_q, poll_q, kick_q, blocked_q, void_q, error_q, trust_q, in_chain_q;
    logic [15:0] fetch_slot_q, parse_slot_q, target_slot_q;
    logic        fetch_wrap_q, parse_wrap_q, target_wrap_q;
    logic [15:0] chain_len_q;
    logic [CacheW:0] cache_wr_q, cache_rd_q;   // free running over twice the cache: reserved and parsed
    logic         s1_valid_q, s1_proven_q, s1_wrap_q, s1_first_q;
    logic [15:0]  s1_slot_q;

    // ---- doorbells --------------------------------------------------------------------------------------------------------------
    // How far a position is ahead of the oldest slot that was not handed on: 0 to size, or `Stale` for an older one.
    localparam logic [16:0] Stale = 17'h1FFFF;
    function logic [16:0] ahead(input logic [15:0] pos, input logic [15:0] base, input logic [15:0] size, input logic lap);
        ahead = Stale;
        if (!lap && pos >= base) ahead = {1'b0, pos} - {1'b0, base};
        if (lap && pos <= base)  ahead = {1'b0, pos} + {1'b0, size} - {1'b0, base};
    endfunction
    logic [15:0] base_slot;
    logic        base_wrap, db_slot_ok, db_ok, db_latest, db_ahead;
    logic [16:0] db_dist, fetch_dist, target_dist;
    assign base_slot   = s1_valid_q ? s1_slot_q : parse_slot_q;
    assign base_wrap   = s1_valid_q ? s1_wrap_q : parse_wrap_q;
    assign target_dist = ahead(target_slot_q, base_slot, size_i, target_wrap_q != base_wrap);
    always_comb begin
        db_dist    = Stale;
        fetch_dist = Stale;
        db_slot_ok = 1'b0;
        db_ok      = 1'b0;
        db_latest  = 1'b0;
        db_ahead   = 1'b0;
        if (db_valid_i && db_has_data_i) begin
            db_dist    = ahead({1'b0, db_data_i[14:0]}, base_slot, size_i, db_data_i[15] != base_wrap);
            fetch_dist = ahead(fetch_slot_q, base_slot, size_i, fetch_wrap_q != base_wrap);
            db_slot_ok = {1'b0, db_data_i[14:0]} < size_i;
            db_ok      = db_slot_ok && db_dist != Stale;
            db_latest  = db_ok && (target_dist == Stale || db_dist >= target_dist);   // else one that was overtaken
            db_ahead   = db_ok && fetch_dist <= (db_latest ? db_dist : target_dist);
        end
    end

    // ---- fetch ------------------------------------------------------------------------------------------------------------------
    logic [2:0]  chunk_wr_q, chunk_rd_q;          // chunks in order of the ring
    logic [3:0]  chunk_cnt_q, flight_q;
    logic [7:0]  chunk_done_q;
    logic [7:0]  chunk_proven_q;
    logic [47:0] chunk_len_q;                      // 6 bits each
    logic [15:0] to_end, to_target, by_4k, by_mrrs, space, count;
    logic        at_target, more, want, issue, fresh, goes_on;
    logic [63:0] fetch_addr;
    logic [CacheW:0] held;

    assign held       = cache_wr_q - cache_rd_q;
    // Never more than one lap ahead of parse: flags tell a lap from the next one only, and reads in flight pass each other.
    assign at_target  = target_slot_q == fetch_slot_q && target_wrap_q == fetch_wrap_q;
    assign by_mrrs    = (mrrs_i == 3'd0) ? 16'd8 : (mrrs_i == 3'd1) ? 16'd16 : 16'd32;
    always_comb begin
        space      = '0;
        to_end     = '0;
        to_target  = '0;
        by_4k      = '0;
        fetch_addr = '0;
        count      = '0;
        if (more) begin
            space      = (size_i < 16'(Slots) ? size_i : 16'(Slots)) - {{(16-CacheW-1){1'b0}}, held} - {15'd0, s1_valid_q};
            to_end     = size_i - fetch_slot_q;
            to_target  = target_wrap_q == fetch_wrap_q ? target_slot_q - fetch_slot_q : to_end;   // within this lap
            fetch_addr = desc_i + {44'd0, fetch_slot_q, 4'd0};
            by_4k      = 16'd256 - {8'd0, fetch_addr[11:4]};
            count      = by_mrrs;
            if (to_end < count) count = to_end;
            if (by_4k < count)  count = by_4k;
            if (!poll_q && to_target < count) count = to_target;
        end
    end
    // A batch is sent when it fits; while the cache is partly full, waiting for room keeps the reads large.
    assign fresh = chunk_cnt_q == 4'd0 && !s1_valid_q;   // the slot in stage 1 may yet be void, and was read before
    assign goes_on = in_chain_q && fresh && at_target && !poll_q;
    assign more  = running_q && !stop_i && !error_q && !blocked_q && (poll_q || !at_target);
    assign want  = more && !void_q && !rewind_i && !space[15] && space >= count && chunk_cnt_q != 4'(Chunks) && count != 16'd0;
    assign req_valid_o = want;
    assign issue       = want && req_ready_i;
    always_comb begin
        req_o = '0;
        if (want) begin
            req_o.addr   = fetch_addr;
            req_o.len    = {count[11:0], 4'd0};
            req_o.client = dma_pkg::RdDesc;
            req_o.cookie = {queue_i, 5'd0, chunk_wr_q};
            req_o.dst    = {{(16-CacheW-4){1'b0}}, cache_wr_q[CacheW-1:0], 4'd0};
        end
    end
    assign trace_valid_o = issue;
    assign trace_slot_o  = fetch_slot_q;
    assign trace_count_o = count;

    // ---- cache ------------------------------------------------------------------------------------------------------------------
    logic                 parse_issue;
    // A word holds a descriptor at least, also where a beat does not.
    localparam int unsigned CacheWidth = DataWidth < 128 ? 128 : DataWidth;
    logic [CacheWidth-1:0] rdata;
    window_ram #(.DataWidth(CacheWidth), .Bytes(Slots * 16), .Lane(DataWidth < 128 ? DataWidth / 8 : 16)) u_cache (
        .clk_i, .we_i(wr_valid_i), .waddr_i(wr_dst_i[CacheW+3:0]), .wlo_i(($clog2(CacheWidth/8)+1)'(wr_lo_i)),
        .whi_i(($clog2(CacheWidth/8)+1)'(wr_hi_i)), .wdata_i(CacheWidth'(wr_data_i)),
        .re_i(parse_issue), .raddr_i({cache_rd_q[CacheW-1:0], 4'd0}), .rdata_o(rdata));

    // ---- parse ------------------------------------------------------------------------------------------------------------------
    logic [5:0]   head_used_q, head_len;           // slots of the oldest chunk that were parsed
    logic         head_done, head_proven;
    logic [127:0] desc;
    logic [15:0]  flags;
    logic         available, line_start, tail_open, endless, bad, bad_indirect, push, go_void;
    logic [3:0]   out_count;
    logic         last_of_chunk, out_ready;

    assign head_len    = chunk_len_q[{1'b0, chunk_rd_q, 1'b0} * 6'd3 +: 6];
    assign head_done   = chunk_cnt_q != 4'd0 && chunk_done_q[chunk_rd_q];
    assign head_proven = chunk_proven_q[chunk_rd_q];
    // Room for what is in stage 1 and this one.
    assign parse_issue = running_q && head_done && !void_q && !go_void && !error_q && !rewind_i && out_count < 4'd6;
    assign last_of_chunk = parse_issue && head_used_q + 6'd1 == head_len;

    assign desc  = rdata[127:0];
    assign flags = desc[127:112];
    // A slot inside a chain whose own bits prove nothing: not of the snapshot (64-byte line of one read) of the slot before it, and
    // read before the chain was known.
    assign line_start = s1_slot_q[1:0] + desc_i[5:4] == 2'd0 || s1_slot_q == 16'd0;
    always_comb begin
        available    = 1'b0;
        bad_indirect = 1'b0;
        tail_open    = 1'b0;
        endless      = 1'b0;
        bad          = 1'b0;
        push         = 1'b0;
        go_void      = 1'b0;
        if (s1_valid_q) begin
            available = flags[regmap_pkg::VIRTQ_DESC_F_AVAIL_BIT] == s1_wrap_q && flags[regmap_pkg::VIRTQ_DESC_F_USED_BIT] != s1_wrap_q;
            // [V] 2.8.7: a list is all direct or one indirect descriptor.
            bad_indirect = flags[regmap_pkg::VIRTQ_DESC_F_INDIRECT_BIT]
                           && (!indirect_i || in_chain_q || flags[regmap_pkg::VIRTQ_DESC_F_NEXT_BIT]);
            tail_open = in_chain_q && (line_start || s1_first_q) && !s1_proven_q && !trust_q;
            // [V] 2.8.5: no chain is longer than the ring.
            endless   = flags[regmap_pkg::VIRTQ_DESC_F_NEXT_BIT] && (in_chain_q ? chain_len_q + 16'd1 : 16'd1) >= size_i;
            bad       = !tail_open && (available ? bad_indirect || endless : in_chain_q);
            push      = !error_q && !rewind_i && !tail_open && available && !bad;
            go_void   = !bad && (tail_open || !available);
        end
    end

    fifo #(.Width(64 + 32 + 16 + 1 + 1 + 1 + 16 + 1), .Depth(8)) u_out (
        .clk_i, .rst_ni(rst_ni && enable_i), .flush_i(rewind_i), .valid_i(push), .ready_o(out_ready),
        .data_i({desc[63:0], desc[95:64], desc[111:96], flags[regmap_pkg::VIRTQ_DESC_F_NEXT_BIT],
                 flags[regmap_pkg::VIRTQ_DESC_F_WRITE_BIT], flags[regmap_pkg::VIRTQ_DESC_F_INDIRECT_BIT], s1_slot_q, s1_wrap_q}),
        .valid_o(d_valid_o), .ready_i(d_ready_i && !rewind_i),
        .data_o({d_addr_o, d_len_o, d_id_o, d_next_o, d_write_o, d_indirect_o, d_slot_o, d_wrap_o}), .count_o(out_count));

    always_ff @(posedge clk_i) begin
        if (!rst_ni || !enable_i) begin
            running_q     <= 1'b0;
            fetch_slot_q  <= 16'd0;
            fetch_wrap_q  <= 1'b1;
            parse_slot_q  <= 16'd0;
            parse_wrap_q  <= 1'b1;
            target_slot_q <= 16'd0;
            target_wrap_q <= 1'b1;
            cache_wr_q    <= '0;
            cache_rd_q    <= '0;
            chunk_wr_q    <= 3'd0;
            chunk_rd_q    <= 3'd0;
            chunk_cnt_q   <= 4'd0;
            flight_q      <= 4'd0;
            chunk_done_q  <= 8'd0;
            head_used_q   <= 6'd0;
            s1_valid_q    <= 1'b0;
            void_q        <= 1'b0;
            error_q       <= 1'b0;
            trust_q       <= 1'b0;
            in_chain_q    <= 1'b0;
            chain_len_q   <= 16'd0;
            blocked_q     <= 1'b0;
            kick_q        <= 1'b0;
            poll_q        <= 1'b1;   // DRIVER_OK stands for a doorbell: the ring may have been filled before ([V] 3.1.1)
        end else begin
            running_q  <= 1'b1;
            s1_valid_q <= parse_issue;
            flight_q   <= flight_q + {3'd0, issue} - {3'd0, done_valid_i};

            if (issue) begin
                chunk_wr_q <= chunk_wr_q + 3'd1;
                chunk_len_q[{1'b0, chunk_wr_q, 1'b0} * 6'd3 +: 6] <= count[5:0];
                chunk_done_q[chunk_wr_q]   <= 1'b0;
                chunk_proven_q[chunk_wr_q] <= !poll_q;
                cache_wr_q <= cache_wr_q + count[CacheW:0];
                if (fresh) kick_q <= 1'b0;
                if (count == to_end) begin
                    fetch_slot_q <= 16'd0;
                    fetch_wrap_q <= !fetch_wrap_q;
                end else begin
                    fetch_slot_q <= fetch_slot_q + count;
                end
            end
            if (done_valid_i) begin
                chunk_done_q[done_chunk_i] <= 1'b1;
                if (done_error_i) error_q <= 1'b1;
            end
            chunk_cnt_q <= chunk_cnt_q + {3'd0, issue} - {3'd0, last_of_chunk};

            if (parse_issue) begin
                s1_slot_q   <= parse_slot_q;
                s1_wrap_q   <= parse_wrap_q;
                s1_proven_q <= head_proven;
                s1_first_q  <= head_used_q == 6'd0;
                cache_rd_q  <= cache_rd_q + 1'b1;
                head_used_q <= last_of_chunk ? 6'd0 : head_used_q + 6'd1;
                if (last_of_chunk) chunk_rd_q <= chunk_rd_q + 3'd1;
                parse_slot_q <= parse_slot_q + 16'd1 == size_i ? 16'd0 : parse_slot_q + 16'd1;
                parse_wrap_q <= parse_slot_q + 16'd1 == size_i ? !parse_wrap_q : parse_wrap_q;
            end
            if (push) begin
                in_chain_q  <= flags[regmap_pkg::VIRTQ_DESC_F_NEXT_BIT];
                chain_len_q <= in_chain_q ? chain_len_q + 16'd1 : 16'd1;
                if (!flags[regmap_pkg::VIRTQ_DESC_F_NEXT_BIT]) trust_q <= 1'b0;
            end
            if (bad) error_q <= 1'b1;

            // Doorbells. While polling, the slots handed on may overtake what the last one said.
            if (target_dist == Stale) begin
                target_slot_q <= base_slot;
                target_wrap_q <= base_wrap;
            end
            if (db_valid_i) begin
                kick_q    <= 1'b1;
                blocked_q <= 1'b0;
                if (db_latest) begin
                    target_slot_q <= {1'b0, db_data_i[14:0]};
                    target_wrap_q <= db_data_i[15];
                end
                // From here on reads end where the latest doorbell says, and what they bring is proven; unless it says nothing, or
                // reads were sent for more than that.
                poll_q <= !db_ahead;
            end

            // A chain goes on behind what the doorbell said: that was a hint, and its driver made all of the chain available with its head.
            if (goes_on) poll_q <= 1'b1;

            // Void: drop what was read from the slot in stage 1 on, once nothing is in flight, and go on there.
            if (go_void) begin
                void_q       <= 1'b1;
                parse_slot_q <= s1_slot_q;
                parse_wrap_q <= s1_wrap_q;
                s1_valid_q   <= 1'b0;
                if (tail_open) trust_q <= 1'b1;
            end
            if (rewind_i) begin
                void_q       <= 1'b1;
                parse_slot_q <= rewind_slot_i;
                parse_wrap_q <= rewind_wrap_i;
                s1_valid_q   <= 1'b0;
                in_chain_q   <= 1'b0;
                trust_q      <= 1'b0;
                kick_q       <= 1'b1;
            end
            if (void_q && flight_q == 4'd0 && !done_valid_i && !rewind_i) begin
                void_q       <= 1'b0;
                fetch_slot_q <= parse_slot_q;
                fetch_wrap_q <= parse_wrap_q;
                cache_rd_q   <= cache_wr_q;
                chunk_rd_q   <= chunk_wr_q;
                chunk_cnt_q  <= 4'd0;
                head_used_q  <= 6'd0;
                // A chain that goes on in another line is read again at once; else only a doorbell since then wakes us.
                if (!trust_q && !kick_q && !db_valid_i) begin
                    if (poll_q) begin
                        poll_q        <= 1'b0;
                        // Nothing is known beyond here; a doorbell will tell.
                        target_slot_q <= parse_slot_q;
                        target_wrap_q <= parse_wrap_q;
                    end else begin
                        blocked_q <= 1'b1;
                    end
                end
            end
        end
    end

    assign starved_o = !d_valid_o && !s1_valid_q && chunk_cnt_q == 4'd0 && !more && !void_q;
    assign error_o   = error_q;
    assign idle_o    = error_q ? flight_q == 4'd0
                               : !want && !goes_on && flight_q == 4'd0 && !s1_valid_q && !void_q && !parse_issue && (running_q == enable_i);

    logic unused;
    assign unused = &{1'b0, wr_dst_i[15:CacheW+4], out_ready, rdata};

    `CHECK(CacheNeverOverflows, !running_q || held <= (CacheW+1)'(Slots), "vq_avail: more descriptors reserved than the cache holds")

`ifdef FORMAL
    `include "vq_avail_invariant.svh"
`endif
endmodule

`default_nettype wire
