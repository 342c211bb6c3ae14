// SPDX-License-Identifier: Apache-2.0
// net_rx: stores frames from the MAC and scatters them into receive buffers.
//
// A frame is stored until its end is known to be good; a bad one, or one that does not fit the RAM, is forgotten by setting the write
// pointer back. The oldest good frame waits for a buffer: each element of its chain becomes one command to dma_wr, whatever its length
// and alignment; the virtio-net header, 12 bytes or with hash_report_i 20, is laid over the first packet bytes there. The used descriptor is handed over with the
// last command, and so follows the data ([V] 2.8.18). RAM is freed when dma_wr has read it.
//
// The wire cannot wait ([V] 5.1.6.4 is silent; ours): with no buffer in sight, frames wait until the RAM or the frame table is three
// quarters full, then the oldest are dropped. A buffer that is too short for its frame is given back to the ring and the frame dropped,
// but one that is too short for the header, or is not writable, is a ring error: nothing goes on then but a reset. With merge_i the
// frame goes on in the next buffer, and they are used together when it is complete (rx_merge).
//
// Spec: [V] VIRTIO 1.2
`default_nettype none
`include "check.svh"

module net_rx #(
    parameter int unsigned DataWidth = 256,
    parameter int unsigned RamBytes  = 65536,  // a power of two up to 65536
    parameter int unsigned Frames    = 512,    // stored frames, a power of two
    parameter int unsigned Queues    = 1,
    parameter bit          Merge     = 1'b1    // a packet may take several buffers
) (
    input  wire  logic                  clk_i,
    input  wire  logic                  rst_ni,
    input  wire  logic                  enable_i,      // the driver is ready; frames are dropped otherwise
    input  wire  logic                  stop_i,        // device reset: begin nothing new
    input  wire  logic                  hash_report_i, // HASH_REPORT was negotiated
    input  wire  logic                  merge_i,       // MRG_RXBUF was negotiated

    // from mac_rx, by way of rx_offload
    input  wire  logic                  m_valid_i,
    input  wire  logic                  m_sop_i,
    input  wire  logic                  m_last_i,
    input  wire  logic                  m_bad_i,
    input  wire  logic [15:0]           m_length_i,
    input  wire  logic [DataWidth-1:0]  m_data_i,
    input  wire  logic [7:0]            m_queue_i,     // with last: the receive queue that the frame is for
    input  wire  logic                  m_unwanted_i,  // with last: it is not for this device
    input  wire  logic                  m_verified_i,  // with last: its checksum is good
    input  wire  logic [31:0]           m_hash_i,      // with last, as the following
    input  wire  logic [3:0]            m_report_i,    // what was hashed

    // from vq_avail of queue_o: the buffer's elements
    output       logic [7:0]            queue_o,       // receive queue of the oldest frame
    input  wire  logic                  d_valid_i,
    output       logic                  d_ready_o,
    input  wire  logic [63:0]           d_addr_i,
    input  wire  logic [31:0]           d_len_i,
    input  wire  logic [15:0]           d_id_i,
    input  wire  logic                  d_next_i,
    input  wire  logic                  d_write_i,
    input  wire  logic                  d_indirect_i,  // an element of a table: the whole chain is one slot
    input  wire  logic [15:0]           d_slot_i,
    input  wire  logic                  d_wrap_i,
    input  wire  logic                  d_starved_i,
    output       logic                  rewind_o,
    output       logic [15:0]           rewind_slot_o,
    output       logic                  rewind_wrap_o,
    output       logic [7:0]            rewind_chains_o, // whole chains that are given back besides

    // to dma_wr, and its view of the RAM
    output       logic                  cmd_valid_o,
    input  wire  logic                  cmd_ready_i,
    output       dma_pkg::wr_cmd_t      cmd_o,
    input  wire  logic                  src_re_i,
    input  wire  logic [15:0]           src_addr_i,
    output       logic [DataWidth-1:0]  src_data_o,
    input  wire  logic                  done_valid_i,
    input  wire  logic [15:0]           done_cookie_i,

    // to vq_used
    output       logic                  u_valid_o,
    input  wire  logic                  u_ready_i,
    output       logic [15:0]           u_slot_o,
    output       logic                  u_wrap_o,
    output       logic [15:0]           u_id_o,
    output       logic [31:0]           u_len_o,
    output       logic [15:0]           u_pid_o,
    output       logic [15:0]           u_slots_o,     // slots of the chain

    output       logic                  error_o,       // a readable element in a receive buffer, or no room for the header
    output       logic                  stat_frame_o,
    output       logic [15:0]           stat_bytes_o,
    output       logic                  stat_no_buffer_o,
    output       logic                  stat_fifo_o,
    output       logic                  stat_unwanted_o,
    output       logic                  quiet_o,
    output       logic                  idle_o,
    output       logic [3:0]            trace_valid_o, // RX_FIRST, RX_LAST, RX_WRITE, RX_DROP
    output       logic [4*64-1:0]       trace_data_o
);
    localparam int unsigned W     = DataWidth / 8;
    localparam int unsigned LgW   = $clog2(W);
    localparam int unsigned AW    = $clog2(RamBytes);
    localparam int unsigned WordW = AW - LgW;            // bits of a word pointer
    localparam int unsigned Words = RamBytes / W;
    logic [15:0] hdr_bytes;
    assign hdr_bytes = hash_report_i ? 16'(regmap_pkg::VIRTIO_NET_HDR_HASH_SIZE) : 16'(regmap_pkg::VIRTIO_NET_HDR_SIZE);

    // ---- storing ------------------------------------------------------------------------------------------------------------------
    logic [WordW:0]   wp_q, rp_q, start_q;               // words, free running over twice the RAM
    logic             over_q;                            // the frame that is being received does not fit
    logic             receiving_q;                       // between the first and the last beat of a frame
    logic [WordW:0]   wp, words;
    logic             full, store, over, keep, fifo_ready;
    logic [16*Queues-1:0] pid_q;                          // good frames of each queue
    logic [15:0]      pid;
    assign pid   = pid_q[16*m_queue_i +: 16];
    assign wp    = m_sop_i ? start_q : wp_q;
    assign words = wp - rp_q;
    assign full  = words == (WordW+1)'(Words);
    assign over  = (!m_sop_i && over_q) || full || !enable_i || !fifo_ready;
    assign store = m_valid_i && !over;
    assign keep  = store && m_last_i && !m_bad_i && !m_unwanted_i;

    always_ff @(posedge clk_i) begin
        if (!rst_ni) begin
            wp_q    <= '0;
            start_q <= '0;
            over_q  <= 1'b0;
            pid_q   <= '0;
            receiving_q <= 1'b0;
        end else if (m_valid_i) begin
            over_q <= over;
            receiving_q <= !m_last_i;
            wp_q   <= wp + 1'b1;
            if (keep) begin
                start_q <= wp + 1'b1;
                pid_q[16*m_queue_i +: 16] <= pid + 16'd1;
            end
        end
    end

    window_ram #(.DataWidth(DataWidth), .Bytes(RamBytes), .AlignedWrite(1'b1)) u_ram (
        .clk_i, .we_i(store), .waddr_i({wp[WordW-1:0], {LgW{1'b0}}}), .wlo_i('0), .whi_i(($clog2(DataWidth/8)+1)'(W)), .wdata_i(m_data_i),
        .re_i(src_re_i), .raddr_i(src_addr_i[AW-1:0]), .rdata_o(src_data_o));

    // ---- the oldest frame -----------------------------------------------------------------------------------------------------------
    logic             f_valid, f_pop;
    logic [WordW:0]   f_start, f_end;
    logic [15:0]      f_length, f_pid;
    logic             f_verified;
    logic [31:0]      f_hash;
    logic [3:0]       f_report;
    logic [$clog2(Frames+1)-1:0] f_count;
    fifo #(.Width(2 * (WordW + 1) + 77), .Depth(Frames)) u_frames (
        .clk_i, .rst_ni, .flush_i(1'b0), .valid_i(keep), .ready_o(fifo_ready),
        .data_i({start_q, wp + 1'b1, m_length_i, pid, m_queue_i, m_verified_i, m_hash_i, m_report_i}),
        .valid_o(f_valid), .ready_i(f_pop),
        .data_o({f_start, f_end, f_length, f_pid, queue_o, f_verified, f_hash, f_report}), .count_o(f_count));

    // ---- scattering -----------------------------------------------------------------------------------------------------------------
    logic        in_chain_q, head_wrap_q;
    logic [15:0] head_slot_q, pos_q, elements_q, elements, pos, total, left, piece;
    logic        need_cmd, last_elem, fills, too_short, ends, step, starving, give_up, marker;
    logic        crowded, refused, may_begin, tiny, usable;
    logic [5:0]  given_q, given;             // bytes of the buffer up to this element; more than 31 count as 31
    // Of a packet in several buffers: it has had one or more; they are given back; and what for.
    logic        merge_some, merge_room, merge_busy, merge_done, merge_cmd, merge_used, merge_wrap;
    dma_pkg::wr_cmd_t merge_cmd_data;
    logic [15:0] merge_slot, merge_id, merge_len, merge_slots, chain_start_q, packet_slot_q, head_slot;
    logic        packet_wrap_q, head_wrap;
    logic [63:0] low_addr_q, high_addr_q, low_addr, high_addr;

    assign pos       = in_chain_q || merge_some ? pos_q : 16'd0;
    assign total     = f_length + hdr_bytes;
    assign left      = total - pos;
    assign piece     = d_len_i < {16'd0, left} ? d_len_i[15:0] : left;
    assign last_elem = !d_next_i;
    always_comb begin
        given = '0;
        tiny  = 1'b0;
        if (d_valid_i) begin
            given = (in_chain_q ? given_q : 6'd0) + (d_len_i > 32'd31 ? 6'd31 : d_len_i[5:0]);
            tiny  = last_elem && given < hdr_bytes[5:0];
        end
    end
    assign usable    = d_valid_i && d_write_i && !tiny;
    // A buffer that is full is not the last one, if its packet may take several.
    assign fills     = merge_i && last_elem && piece != left && merge_room;
    assign too_short = last_elem && piece != left && !fills;
    assign need_cmd  = piece != 16'd0;
    assign ends      = last_elem && piece == left;
    assign may_begin = !(stop_i && !in_chain_q) && !merge_busy;
    // Of frames that wait: those given up are no longer among them, though dma_wr has yet to free their RAM.
    assign crowded   = (receiving_q ? wp_q : start_q) - f_start >= (WordW+1)'(Words / 4 * 3)
                       || f_count >= ($clog2(Frames+1))'(Frames / 4 * 3);
    // With several queues one that has no buffer must not hold up the others. A packet that has begun does not wait for more buffers:
    // it may hold all that the driver has.
    assign starving  = f_valid && !in_chain_q && d_starved_i && !merge_busy
                       && (crowded || !enable_i || Queues > 1 || merge_some);
    // A frame that is given up only frees its RAM: a command without data, in its turn.
    assign marker    = f_valid && ((usable && too_short && may_begin) || (starving && !d_valid_i));
    // Not while another is refused at the door: drops are counted one at a time.
    assign refused   = m_valid_i && m_last_i && !keep;
    assign give_up   = marker && !refused && cmd_ready_i;

    // The used descriptor goes with the last command, unless the packet is one of several buffers.
    assign cmd_valid_o = merge_busy ? merge_cmd
                         : f_valid && (marker ? !refused
                                       : (usable && need_cmd && may_begin && (!ends || merge_some || u_ready_i)));
    assign u_valid_o   = merge_busy ? merge_used
                         : f_valid && usable && ends && !merge_some && !marker && may_begin && (!need_cmd || cmd_ready_i);
    assign step        = f_valid && usable && !marker && may_begin
                         && (!need_cmd || cmd_ready_i) && (!ends || merge_some || u_ready_i);
    assign head_slot     = in_chain_q ? head_slot_q : d_slot_i;
    assign head_wrap     = in_chain_q ? head_wrap_q : d_wrap_i;
    assign rewind_o      = give_up && (d_valid_i || merge_some);
    assign rewind_slot_o = merge_some ? packet_slot_q : head_slot;
    assign rewind_wrap_o = merge_some ? packet_wrap_q : head_wrap;
    assign d_ready_o     = step;
    assign f_pop         = (step && ends && !merge_some) || merge_done || give_up;
    assign error_o       = f_valid && d_valid_i && !usable;   // without a frame queue_o names none

    dma_pkg::rx_hdr_t hdr;
    always_comb begin
        hdr   = '0;
        cmd_o = merge_cmd_data;
        if (f_valid && !merge_busy) begin
            hdr.num_buffers = 16'd1;         // everything else 0 ([V] 5.1.6.4)
            hdr.flags[regmap_pkg::VIRTIO_NET_HDR_F_DATA_VALID_BIT] = f_verified;
            hdr.hashed      = hash_report_i;
            hdr.hash_value  = f_hash;
            hdr.hash_report = {12'd0, f_report};
            cmd_o.addr   = d_addr_i;
            cmd_o.len    = marker ? 16'd0 : piece;
            cmd_o.client = dma_pkg::WrRx;
            cmd_o.cookie = {marker || (piece == left), 15'(f_end)};
            cmd_o.src    = 16'({f_start[WordW-1:0], {LgW{1'b0}}}) + pos - hdr_bytes;
            cmd_o.pos    = pos;
            cmd_o.hdr    = hdr;
        end
    end
    assign u_slot_o = merge_busy ? merge_slot : head_slot;
    assign u_wrap_o = merge_busy ? merge_wrap : head_wrap;
    assign u_id_o   = merge_busy ? merge_id : d_id_i;
    assign u_len_o  = {16'd0, merge_busy ? merge_len : total};
    assign u_pid_o  = f_pid;
    assign elements  = in_chain_q && !d_indirect_i ? elements_q + 16'd1 : 16'd1;
    assign u_slots_o = merge_busy ? merge_slots : elements;

    // Where num_buffers lies: its two bytes may be in different elements.
    localparam logic [15:0] LowAt = 16'(regmap_pkg::VIRTIO_NET_HDR_NUM_BUFFERS), HighAt = LowAt + 16'd1;
    always_comb begin
        low_addr  = low_addr_q;
        high_addr = high_addr_q;
        if (step && merge_i && pos <= HighAt) begin
            if (pos <= LowAt && LowAt - pos < piece) low_addr = d_addr_i + {48'd0, LowAt - pos};
            if (HighAt - pos < piece) high_addr = d_addr_i + {48'd0, HighAt - pos};
        end
    end
    if (Merge) begin : gen_merge
        rx_merge u_merge (
            .clk_i, .rst_ni, .clear_i(give_up), .fill_i(step && (fills || (ends && merge_some))), .last_i(ends), .slot_i(head_slot),
            .wrap_i(head_wrap), .id_i(d_id_i), .len_i(pos + piece - (in_chain_q ? chain_start_q : pos)), .slots_i(elements),
            .low_addr_i(low_addr_q), .high_addr_i(high_addr_q), .room_o(merge_room), .some_o(merge_some), .count_o(rewind_chains_o), .busy_o(merge_busy),
            .done_o(merge_done), .cmd_valid_o(merge_cmd), .cmd_ready_i, .cmd_o(merge_cmd_data), .u_valid_o(merge_used), .u_ready_i,
            .u_slot_o(merge_slot), .u_wrap_o(merge_wrap), .u_id_o(merge_id), .u_len_o(merge_len), .u_slots_o(merge_slots));
    end else begin : gen_no_merge
        assign {merge_room, merge_some, rewind_chains_o, merge_busy, merge_done, merge_cmd, merge_cmd_data, merge_used, merge_slot, merge_wrap,
                merge_id, merge_len, merge_slots} = '0;
        logic unused_merge;
        assign unused_merge = &{1'b0, low_addr_q, high_addr_q, chain_start_q};
    end

    always_ff @(posedge clk_i) begin
        if (!rst_ni) begin
            in_chain_q <= 1'b0;
            rp_q       <= '0;
        end else begin
            if (step) begin
                in_chain_q <= d_next_i;
                pos_q      <= pos + piece;
                elements_q <= elements;
                given_q    <= given[5] ? 6'd31 : given;
                low_addr_q  <= low_addr;
                high_addr_q <= high_addr;
                if (!in_chain_q) begin
                    head_slot_q   <= d_slot_i;
                    head_wrap_q   <= d_wrap_i;
                    chain_start_q <= pos;
                    if (!merge_some) begin
                        packet_slot_q <= d_slot_i;
                        packet_wrap_q <= d_wrap_i;
                    end
                end
            end
            if (rewind_o) in_chain_q <= 1'b0;
            if (done_valid_i && done_cookie_i[15]) rp_q <= done_cookie_i[WordW:0];
        end
    end

    assign stat_frame_o     = (step && ends && !merge_some) || merge_done;
    assign stat_bytes_o     = f_length;
    logic wanted;
    assign wanted           = m_valid_i && m_last_i && !m_bad_i && !m_unwanted_i;
    assign stat_no_buffer_o = give_up || (wanted && !enable_i);
    assign stat_fifo_o      = wanted && over && enable_i;
    assign stat_unwanted_o  = m_valid_i && m_last_i && !m_bad_i && m_unwanted_i;
    // Quiet is a pause that is longer than the gap between frames at line rate: preamble, gap and the first beat.
    localparam logic [3:0] Pause = 4'd10;
    logic [3:0] pause_q;
    logic       busy;
    assign busy = f_valid || receiving_q || m_valid_i;
    always_ff @(posedge clk_i) begin
        if (!rst_ni) pause_q <= Pause;
        else if (busy) pause_q <= 4'd0;
        else if (!quiet_o) pause_q <= pause_q + 4'd1;
    end
    assign quiet_o = pause_q == Pause && !busy;
    // A frame whose chain goes on, or that waits for another buffer, waits for its queue.
    assign idle_o           = (f_valid ? !cmd_valid_o && (!d_valid_i || error_o) : rp_q == start_q) && !m_valid_i && !merge_busy;

    // ---- trace ------------------------------------------------------------------------------------------------------------------------
    logic [15:0] drop_reason;
    assign drop_reason = m_valid_i && m_last_i && m_bad_i ? 16'(regmap_pkg::TRACE_DROP_FCS)
                         : stat_unwanted_o ? 16'(regmap_pkg::TRACE_DROP_UNWANTED)
                         : stat_fifo_o ? 16'(regmap_pkg::TRACE_DROP_FIFO) : 16'(regmap_pkg::TRACE_DROP_NO_BUFFER);
    assign trace_valid_o[0] = m_valid_i && m_sop_i;
    assign trace_valid_o[1] = keep;
    assign trace_valid_o[2] = cmd_valid_o && cmd_ready_i && !marker && pos == 16'd0;
    assign trace_valid_o[3] = refused || give_up;
    always_comb begin
        trace_data_o = '0;
        if (trace_valid_o[0]) trace_data_o[0*64 +: 64] = {48'd0, pid};
        if (trace_valid_o[1]) trace_data_o[1*64 +: 64] = {m_length_i, 16'd0, 8'd0, m_queue_i, pid};
        if (trace_valid_o[2]) trace_data_o[2*64 +: 64] = {f_length, u_slot_o, 8'd0, queue_o, f_pid};
        if (trace_valid_o[3]) trace_data_o[3*64 +: 64] = {drop_reason, 24'd0, marker ? queue_o : m_queue_i, marker ? f_pid : pid};
    end

    logic unused;
    assign unused = &{1'b0, src_addr_i, done_cookie_i};

    `CHECK(RamNeverOverflows, start_q - rp_q <= (WordW+1)'(Words), "net_rx: more words held than the RAM has")
endmodule

`default_nettype wire
