// SPDX-License-Identifier: Apache-2.0
// tx_csum: completes the checksum of frames whose virtio-net header asks for it ([V] 5.1.6.2, NEEDS_CSUM).
//
// The checksum lies in front of the data that it covers, so such a frame is kept until its end is known: its beats go into a RAM, the
// sum is made on the way, and on the way out the two bytes are put where they belong, wherever that is in a beat. A frame that does not
// ask passes straight through, unless frames in front of it are kept: then it queues behind them, for frames stay in order. A beat passes
// in every cycle in either case; the RAM holds one frame of the largest size while most of the next one arrives.
//
// The sum covers the bytes from start on, paired from there; the field itself holds the sum of the pseudo header, and counts. A sum whose
// complement is 0 is sent as FFFF: for UDP 0 means "no checksum" (RFC 768), for the others it is the same number.
//
// Spec: [V] VIRTIO 1.2  RFC 1071
`default_nettype none
`include "check.svh"

module tx_csum #(
    parameter int unsigned DataWidth = 256,    // bits of a beat: 64, 128, 256 or 512
    parameter int unsigned RamBytes  = 16384,  // a power of two; the largest frame must fit
    parameter int unsigned Frames    = 16      // frames kept
) (
    input  wire  logic                 clk_i,
    input  wire  logic                 rst_ni,

    // From net_tx: frames of 1 byte or more; bytes counts in the last beat, the others are full. The rest is the same for all beats of a
    // frame, and start + offset + 2 is not more than its length.
    input  wire  logic                 s_valid_i,
    output       logic                 s_ready_o,
    input  wire  logic                 s_last_i,
    input  wire  logic [6:0]           s_bytes_i,
    input  wire  logic [DataWidth-1:0] s_data_i,
    input  wire  logic                 s_csum_i,    // this frame wants a checksum
    input  wire  logic [15:0]          s_start_i,   // csum_start
    input  wire  logic [15:0]          s_field_i,   // csum_start + csum_offset

    // To mac_tx.
    output       logic                 m_valid_o,
    input  wire  logic                 m_ready_i,
    output       logic                 m_last_o,
    output       logic [6:0]           m_bytes_o,
    output       logic [DataWidth-1:0] m_data_o,
    output       logic                 idle_o
);
    localparam int unsigned W     = DataWidth / 8;
    localparam int unsigned LgW   = $clog2(W);
    localparam int unsigned Words = RamBytes / W;
    localparam int unsigned WordW = $clog2(Words);
    localparam int unsigned CountW = $clog2(Frames + 1);

    // ---- which way -------------------------------------------------------------------------------------------------------------------
    // A frame is kept or passes as a whole: what its first beat decides, pass_q and keep_q hold for the others.
    logic pass_q, keep_q, pass, room, take, kept_any, r_q, v_q;
    logic [WordW:0]    wp_q, rp_q;              // words, free running over twice the RAM
    logic [CountW-1:0] frames_q;                // frames that are in the RAM, or have begun to be
    assign kept_any = frames_q != '0 || r_q || v_q;
    assign pass     = pass_q || (!keep_q && !s_csum_i && !kept_any);
    assign room     = wp_q - rp_q != (WordW+1)'(Words) && (keep_q || frames_q != CountW'(Frames));
    assign take     = s_valid_i && !pass && room;
    assign s_ready_o = pass ? m_ready_i : room;

    // ---- into the RAM, and the sum -----------------------------------------------------------------------------------------------------
    logic [15:0]          at_q;                 // bytes of the frame in front of this beat
    logic [DataWidth-1:0] mem [Words];
    logic [LgW:0]         from, to;
    logic [35:0]          beat_sum, part_q;
    logic                 part_valid_q, end_q, csum_q;
    logic [6:0]           bytes_q;
    logic [15:0]          field_q;
    logic                 odd_q;
    logic [47:0]          sum_q, sum;
    logic [15:0]          ahead;

    always_comb begin
        from  = '0;
        to    = '0;
        ahead = '0;
        if (take) begin
            ahead = s_start_i - at_q;
            from  = at_q >= s_start_i ? '0 : ahead >= 16'(W) ? (LgW+1)'(W) : ahead[LgW:0];
            to    = s_last_i ? s_bytes_i[LgW:0] : (LgW+1)'(W);
        end
    end
    ones_sum #(.DataWidth(DataWidth)) u_sum (
        .enable_i(take && s_csum_i), .data_i(s_data_i), .from_i(from), .to_i(to), .sum_o(beat_sum));

    // A cycle later: the sum of the beats so far, and at the frame's end the two bytes.
    logic        ends;
    logic [15:0] folded, value;
    assign ends = part_valid_q && end_q;
    always_comb begin
        sum   = '0;
        value = '0;
        if (part_valid_q) begin
            sum = sum_q + {12'd0, part_q};
            if (end_q && csum_q) begin
                value = ~(odd_q ? {folded[7:0], folded[15:8]} : folded);
                if (value == 16'd0) value = 16'hFFFF;
            end
        end
    end
    ones_fold u_fold (.enable_i(ends), .sum_i(sum_q + {12'd0, part_q}), .sum_o(folded));

    // ---- out of the RAM ----------------------------------------------------------------------------------------------------------------
    // The oldest whole frame: where it ends, and what goes where. value[7:0] is the first byte of the field on the wire.
    localparam int unsigned DoneW = (WordW + 1) + 7 + 1 + 16 + 16;
    localparam int unsigned DoneA = $clog2(Frames);
    logic [DoneW-1:0]  done_q [Frames];
    logic [DoneA:0]    done_in_q, done_out_q;   // free running over twice the queue
    logic              d_valid, read, read_last;
    logic [WordW:0]    d_end;
    logic [6:0]        d_bytes;
    logic              d_csum;
    logic [15:0]       d_field, d_value, gap;   // gap: from the word to the field
    assign d_valid = done_in_q != done_out_q;

    // Two steps: a word is read, then it gets its part of the field.
    logic [15:0]          out_at_q;             // bytes of the frame in front of the word that is read next
    logic                 r_last_q, last_q, first_q, second_q, out_ready;
    logic [6:0]           r_bytes_q, out_bytes_q;
    logic [LgW-1:0]       lane_q;
    logic [15:0]          value_q;
    logic [DataWidth-1:0] read_q, word_q;
    assign out_ready = !v_q || m_ready_i;
    assign read      = d_valid && (!r_q || out_ready);
    always_comb begin
        {d_end, d_bytes, d_csum, d_field, d_value} = '0;
        gap       = '0;
        read_last = 1'b0;
        if (read) begin
            {d_end, d_bytes, d_csum, d_field, d_value} = done_q[done_out_q[DoneA-1:0]];
            gap       = d_field - out_at_q;
            read_last = rp_q + 1'b1 == d_end;
        end
    end

    // Blocks of their own, each under its condition: one large block would copy every register in every cycle of a simulation.
    always_ff @(posedge clk_i) begin
        if (take) begin
            mem[wp_q[WordW-1:0]] <= s_data_i;
            part_q  <= beat_sum;
            end_q   <= s_last_i;
            bytes_q <= s_bytes_i;
            csum_q  <= s_csum_i;
            field_q <= s_field_i;
            odd_q   <= s_start_i[0];
        end
    end
    always_ff @(posedge clk_i) begin
        if (!rst_ni) begin
            {pass_q, keep_q} <= '0;
            wp_q <= '0;
            at_q <= '0;
        end else if (s_valid_i && s_ready_o) begin
            pass_q <= pass && !s_last_i;
            keep_q <= !pass && !s_last_i;
            if (!pass) begin
                wp_q <= wp_q + 1'b1;
                at_q <= s_last_i ? '0 : at_q + 16'(W);
            end
        end
    end
    always_ff @(posedge clk_i) begin
        part_valid_q <= rst_ni && take;
        if (!rst_ni) sum_q <= '0;
        else if (part_valid_q) sum_q <= end_q ? '0 : sum;
    end
    always_ff @(posedge clk_i) begin
        if (ends) done_q[done_in_q[DoneA-1:0]] <= {wp_q, bytes_q, csum_q, field_q, value};
        if (!rst_ni) done_in_q <= '0;
        else if (ends) done_in_q <= done_in_q + 1'b1;
    end
    always_ff @(posedge clk_i) begin
        if (read) begin
            read_q    <= mem[rp_q[WordW-1:0]];
            r_last_q  <= read_last;
            r_bytes_q <= read_last ? d_bytes : 7'(W);
            first_q   <= d_csum && gap < 16'(W);                    // the first byte of the field is in this word
            second_q  <= d_csum && gap == 16'hFFFF;                 // the second one only
            lane_q    <= gap[LgW-1:0];
            value_q   <= d_value;
        end
        if (r_q && out_ready) begin
            if (first_q) word_q <= (read_q & ~(DataWidth'(16'hFFFF) << {lane_q, 3'b000})) | (DataWidth'(value_q) << {lane_q, 3'b000});
            else if (second_q) word_q <= {read_q[DataWidth-1:8], value_q[15:8]};
            else word_q <= read_q;
            last_q      <= r_last_q;
            out_bytes_q <= r_bytes_q;
        end
    end
    always_ff @(posedge clk_i) begin
        if (!rst_ni) begin
            rp_q       <= '0;
            out_at_q   <= '0;
            done_out_q <= '0;
        end else if (read) begin
            rp_q     <= rp_q + 1'b1;
            out_at_q <= read_last ? '0 : out_at_q + 16'(W);
            if (read_last) done_out_q <= done_out_q + 1'b1;
        end
    end
    always_ff @(posedge clk_i) begin
        if (!rst_ni) begin
            {r_q, v_q} <= '0;
            frames_q   <= '0;
        end else if (take || kept_any) begin
            if (r_q ? out_ready : read) r_q <= read;
            if (v_q ? m_ready_i : r_q) v_q <= r_q;
            if ((take && !keep_q) != read_last) frames_q <= read_last ? frames_q - 1'b1 : frames_q + 1'b1;
        end
    end

    assign m_valid_o = v_q || (pass && s_valid_i);
    assign m_last_o  = v_q ? last_q : s_last_i;
    assign m_bytes_o = v_q ? out_bytes_q : s_bytes_i;
    assign m_data_o  = v_q ? word_q : s_data_i;
    assign idle_o    = !kept_any && !s_valid_i;

    `CHECK(FieldIsInTheFrame, !(take && s_last_i && s_csum_i) || {1'b0, s_field_i} + 17'd2 <= {1'b0, at_q} + {10'd0, s_bytes_i},
           "[V] 5.1.6.2: the checksum lies outside the frame")
endmodule

`default_nettype wire
