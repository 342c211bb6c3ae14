// SPDX-License-Identifier: Apache-2.0
// net_tx: gathers frames from their fragments and sends them to the MAC.
//
// A chain of descriptors becomes one frame in a RAM: every fragment is read straight to where it belongs, one behind the other, at any
// byte address, so that nothing has to be moved or aligned later, and as many frames are under way as fit. A frame slot adds up the
// bytes that arrived; when the oldest slot has all of its bytes, its buffer is used ([V] 2.8.8: in order), and, independently, it waits
// for its turn at the MAC. The 12-byte virtio-net header arrives with the frame, in whatever fragments the driver chose
// ([V] 2.7.4.1), and is left behind.
//
// A malformed chain (a writable element, shorter than header and Ethernet header, longer than the largest frame) or a failed read
// drops that frame alone: its buffer is used, nothing is sent, the drop is counted.
//
// The header is read from the RAM first (tx_header), which takes one cycle a frame, or none when the RAM has nothing else to give as the
// last byte has come: what it asks for goes with the beats to tx_csum, and a frame whose header asks for what was not negotiated, or
// cannot be done, is dropped too.
//
// With segment_i a packet may be longer than a frame: it comes in pieces (tx_pieces), each with a slot of its own, and tx_seg makes
// frames of it while its pieces arrive.
//
// Spec: [V] VIRTIO 1.2
`default_nettype none
`include "check.svh"

module net_tx #(
    parameter int unsigned DataWidth = 256,
    parameter int unsigned RamBytes  = 32768,  // frames under way, a power of two up to 32768
    parameter int unsigned Frames    = 256,    // frame slots, a power of two up to 256
    parameter int unsigned MaxFrame  = 9018,   // without header and FCS
    parameter int unsigned PieceBytes = 4096,  // of longer packets; the RAM holds a piece and a frame at least
    parameter int unsigned Elements  = 1024,   // most elements of a chain, a power of two
    parameter int unsigned Queues    = 1
) (
    input  wire  logic                          clk_i,
    input  wire  logic                          rst_ni,
    input  wire  logic                          stop_i,        // device reset: begin nothing new
    input  wire  logic                          link_up_i,     // without carrier frames are used and not sent
    input  wire  logic                          offload_i,     // CSUM was negotiated
    input  wire  logic [2:0]                    segment_i,     // HOST_USO, HOST_TSO6, HOST_TSO4 were negotiated
    input  wire  logic                          hash_report_i, // HASH_REPORT was negotiated: the header has 20 bytes

    // from vq_sched: descriptors, chain by chain
    input  wire  logic                          d_valid_i,
    output       logic                          d_ready_o,
    input  wire  logic [131:0]                  d_i,           // {addr, len, id, next, write, indirect, slot, wrap}
    input  wire  logic [7:0]                    d_queue_i,     // transmit queue, 0 to pairs - 1

    // to and from dma_rd
    output       logic                          req_valid_o,
    input  wire  logic                          req_ready_i,
    output       dma_pkg::rd_req_t              req_o,
    input  wire  logic                          wr_valid_i,    // for this client
    input  wire  logic [15:0]                   wr_dst_i,
    input  wire  logic [$clog2(DataWidth/8):0]  wr_lo_i,
    input  wire  logic [$clog2(DataWidth/8):0]  wr_hi_i,
    input  wire  logic [DataWidth-1:0]          wr_data_i,
    input  wire  logic                          done_valid_i,
    input  wire  logic [7:0]                    done_slot_i,
    input  wire  logic [12:0]                   done_bytes_i,
    input  wire  logic                          done_error_i,

    // to vq_used of queue u_queue_o
    output       logic                          u_valid_o,
    input  wire  logic                          u_ready_i,
    output       logic [7:0]                    u_queue_o,
    output       logic [15:0]                   u_slot_o,
    output       logic                          u_wrap_o,
    output       logic [15:0]                   u_id_o,
    output       logic [15:0]                   u_pid_o,
    output       logic [15:0]                   u_slots_o,     // slots of the chain

    // to tx_csum
    output       logic                          m_valid_o,
    input  wire  logic                          m_ready_i,
    output       logic                          m_last_o,
    output       logic [6:0]                    m_bytes_o,
    output       logic [DataWidth-1:0]          m_data_o,
    output       logic [7:0]                    m_queue_o,     // transmit queue of the frame
    output       logic                          m_csum_o,      // complete its checksum
    output       logic [15:0]                   m_start_o,     // from this byte on
    output       logic [15:0]                   m_field_o,     // and put it here

    output       logic                          stat_drop_o,
    output       logic                          stat_segmented_o,  // pulse: the last segment of a packet was begun
    output       logic                          quiet_o,       // no frame is under way: used descriptors need not wait for more
    output       logic                          sending_o,     // a frame is on its way to the MAC and must be finished
    output       logic                          idle_o,
    output       logic [3:0]                    trace_valid_o, // TX_FETCH, TX_READ, TX_FIRST, TX_LAST
    output       logic [4*64-1:0]               trace_data_o
);
    localparam int unsigned W     = DataWidth / 8;
    localparam int unsigned AW    = $clog2(RamBytes);
    localparam int unsigned SlotW = $clog2(Frames);
    logic [15:0] hdr_bytes;
    assign hdr_bytes = hash_report_i ? 16'(regmap_pkg::VIRTIO_NET_HDR_HASH_SIZE) : 16'(regmap_pkg::VIRTIO_NET_HDR_SIZE);

    // ---- elements, those of long packets cut into pieces ---------------------------------------------------------------------------
    logic         d_valid, d_ready, d_next, d_write, d_indirect, d_wrap, d_long, d_piece, pieces_busy;
    logic [131:0] d;
    logic [63:0]  d_addr;
    logic [31:0]  d_len;
    logic [15:0]  d_id, d_slot, d_elements;
    logic [16:0]  d_total;
    logic [7:0]   d_queue;
    tx_pieces #(.MaxFrame(MaxFrame), .PieceBytes(PieceBytes), .Elements(Elements)) u_pieces (
        .clk_i, .rst_ni, .enable_i(segment_i != '0), .hdr_bytes_i(hdr_bytes), .s_valid_i(d_valid_i), .s_ready_o(d_ready_o), .s_i(d_i),
        .s_queue_i(d_queue_i), .m_valid_o(d_valid), .m_ready_i(d_ready), .m_o(d), .m_queue_o(d_queue), .m_long_o(d_long),
        .m_total_o(d_total), .m_piece_o(d_piece), .m_elements_o(d_elements), .busy_o(pieces_busy));
    // indirect: an element of a table: the whole chain is one slot of the ring.
    assign {d_addr, d_len, d_id, d_next, d_write, d_indirect, d_slot, d_wrap} = d;

    // ---- from elements to reads ---------------------------------------------------------------------------------------------------
    // A slot is a packet or a piece of one; the chain ends with the last.
    logic            in_chain_q, in_slot_q, drop_q;
    logic [AW:0]     wptr_q, rptr_q;            // bytes reserved and freed, free running over twice the RAM
    logic [AW:0]     base_q;
    logic [15:0]     length_q, issued_q, head_slot_q, elements_q;
    logic            head_wrap_q;
    logic [16*Queues-1:0] pid_q;                // packets taken from each queue
    logic [15:0]     pid, elements;
    logic [SlotW:0]  tail_q, used_q, send_q;    // frame slots: filled by chains, used, sent
    logic            wants_read, too_long, space_ok, slot_ok, accept;
    logic [AW:0]     space;
    logic [SlotW-1:0] clear_q;                  // after reset the sums are cleared, a slot a cycle
    logic            cleared_q;
    logic [15:0]     length_now, length, issued_now, issued;
    logic            drop_now, drop;

    assign pid        = pid_q[16*d_queue +: 16];
    assign elements   = d_indirect ? 16'd1 : (in_chain_q ? elements_q : 16'd0) + d_elements;
    assign length_now = in_slot_q ? length_q : 16'd0;
    assign issued_now = in_slot_q ? issued_q : 16'd0;
    assign drop_now   = in_chain_q && drop_q;
    assign too_long   = d_len > 32'(MaxFrame) + {16'd0, hdr_bytes} - {16'd0, length_now};
    assign drop       = drop_now || d_write || too_long;
    assign wants_read = !drop && d_len != 32'd0;
    assign space      = (AW+1)'(RamBytes) - (wptr_q - rptr_q);
    assign space_ok   = {{(32-AW-1){1'b0}}, space} >= d_len;
    assign slot_ok    = cleared_q && tail_q - send_q != (SlotW+1)'(Frames) && tail_q - used_q != (SlotW+1)'(Frames);
    assign req_valid_o = d_valid && slot_ok && wants_read && space_ok && !(stop_i && !in_chain_q);
    assign accept     = d_valid && slot_ok && !(stop_i && !in_chain_q) && (!wants_read || (space_ok && req_ready_i));
    assign d_ready  = accept;
    assign length     = drop ? length_now : length_now + d_len[15:0];
    assign issued     = wants_read ? issued_now + d_len[15:0] : issued_now;

    always_comb begin
        req_o = '0;
        if (req_valid_o) begin
            req_o.addr   = d_addr;
            req_o.len    = d_len[15:0];
            req_o.client = dma_pkg::RdTx;
            req_o.cookie = 16'(tail_q[SlotW-1:0]);
            req_o.dst    = 16'(wptr_q[AW-1:0]);
        end
    end

    // Frame table, written when a slot ends. expect is received_q of the slot once all of its bytes are in: the sum is never cleared.
    localparam int unsigned EntryW = (AW + 1) + 17 + (AW + 1) + 1 + 1 + 8 + 16 + 1 + 16 + 16 + 16 + 16;
    logic [EntryW-1:0] table_q [Frames];
    logic [15:0]       received_q [Frames];
    logic [Frames-1:0] failed_q;
    logic              chain_end, slot_end;
    logic [15:0]       expect_sum;
    logic [16:0]       packet;
    assign chain_end  = accept && !d_next;
    assign slot_end   = accept && (!d_next || d_piece);
    assign packet     = d_long ? d_total : {1'b0, length};
    assign expect_sum = received_q[tail_q[SlotW-1:0]];

    // What had arrived in this slot before it was begun; its reads may complete while its chain is still being taken.
    logic [15:0] prior_q, prior;
    assign prior = in_slot_q ? prior_q : expect_sum;

    always_ff @(posedge clk_i) begin
        if (slot_end) begin
            table_q[tail_q[SlotW-1:0]] <= {in_slot_q ? base_q : wptr_q, packet, wants_read ? wptr_q + d_len[AW:0] : wptr_q, d_next,
                                           drop || packet < {1'b0, hdr_bytes} + 17'(regmap_pkg::ETH_HEADER), d_queue,
                                           in_chain_q ? head_slot_q : d_slot, in_chain_q ? head_wrap_q : d_wrap, d_id,
                                           prior + issued, pid, elements};
        end
        if (!rst_ni) begin
            in_chain_q <= 1'b0;
            in_slot_q  <= 1'b0;
            wptr_q     <= '0;
            tail_q     <= '0;
            pid_q      <= '0;
        end else if (accept) begin
            in_chain_q <= d_next;
            in_slot_q  <= !slot_end;
            length_q   <= length;
            issued_q   <= issued;
            drop_q     <= drop;
            prior_q   <= prior;
            elements_q <= elements;
            if (wants_read) wptr_q <= wptr_q + d_len[AW:0];
            if (!in_slot_q) base_q <= wptr_q;
            if (!in_chain_q) begin
                head_slot_q <= d_slot;
                head_wrap_q <= d_wrap;
            end
            if (slot_end) tail_q <= tail_q + 1'b1;
            if (!d_next) pid_q[16*d_queue +: 16] <= pid + 16'd1;
        end
    end

    // ---- arriving bytes ---------------------------------------------------------------------------------------------------------------
    logic [SlotW-1:0]     done_slot;
    logic                 send_re;
    logic [AW-1:0]        send_addr;
    logic [DataWidth-1:0] ram_data;
    assign done_slot = done_slot_i[SlotW-1:0];

    window_ram #(.DataWidth(DataWidth), .Bytes(RamBytes)) u_ram (
        .clk_i, .we_i(wr_valid_i), .waddr_i(wr_dst_i[AW-1:0]), .wlo_i(wr_lo_i), .whi_i(wr_hi_i), .wdata_i(wr_data_i),
        .re_i(send_re), .raddr_i(send_addr), .rdata_o(ram_data));

    always_ff @(posedge clk_i) begin
        if (!rst_ni) begin
            clear_q   <= '0;
            cleared_q <= 1'b0;
        end else if (!cleared_q) begin
            received_q[clear_q] <= 16'd0;
            clear_q   <= clear_q + 1'b1;
            cleared_q <= clear_q == SlotW'(Frames - 1);
        end else if (done_valid_i) begin
            received_q[done_slot] <= received_q[done_slot] + {3'd0, done_bytes_i};
        end
    end

    // ---- buffers used, in order -------------------------------------------------------------------------------------------------------
    logic [AW:0]   ub_base, ub_end;
    logic [16:0]   ub_length;
    logic [15:0]   ub_expect;
    logic          ub_more, ub_drop, complete;
    assign {ub_base, ub_length, ub_end, ub_more, ub_drop, u_queue_o, u_slot_o, u_wrap_o, u_id_o, ub_expect, u_pid_o, u_slots_o}
        = table_q[used_q[SlotW-1:0]];
    assign complete  = used_q != tail_q && received_q[used_q[SlotW-1:0]] == ub_expect;
    assign u_valid_o = complete && !ub_more;

    always_ff @(posedge clk_i) begin
        if (!rst_ni) begin
            used_q   <= '0;
            failed_q <= '0;
        end else begin
            if (complete && (ub_more || u_ready_i)) used_q <= used_q + 1'b1;
            if (done_valid_i && done_error_i) failed_q[done_slot] <= 1'b1;
            if (slot_free) failed_q[send_q[SlotW-1:0]] <= 1'b0;
        end
    end

    // ---- to the MAC -------------------------------------------------------------------------------------------------------------------
    // Stage 0 reads the RAM, stage 1 holds the beat; a frame's first beat may be read in the cycle after the last of the previous one.
    logic [AW:0]   sb_base, sb_end;
    logic [AW-1:0] addr_q;
    logic [16:0]   sb_length, left, left_q;
    logic [15:0]   sb_id, sb_slot, sb_expect, sb_pid, sb_slots;
    logic          sb_more, sb_drop, sb_wrap, active_q, sendable, skip, s1_ready, beat, beat_last, slot_free;
    logic [7:0]    sb_queue;
    logic          m_valid_q, m_seg_q, m_end_q;
    logic [15:0]   m_pid_q, m_queue_q;

    assign {sb_base, sb_length, sb_end, sb_more, sb_drop, sb_queue, sb_slot, sb_wrap, sb_id, sb_expect, sb_pid, sb_slots}
        = table_q[send_q[SlotW-1:0]];
    logic        busy, begins, hdr_here, hdr_read, hdr_bad, hdr_csum, hdr_segment, hdr_v4, hdr_v6, hdr_udp;
    logic [15:0] hdr_start, hdr_field, hdr_gso_size;
    logic [4:0]  hdr_at;
    // Read as soon as its last byte has come, if nothing else is: in the cycle in which its buffer is used.
    logic        whole;
    assign whole = sendable ? !skip : complete && (ub_more || u_ready_i) && !rest_q;
    tx_header #(.DataWidth(DataWidth), .MaxFrame(MaxFrame)) u_header (
        .clk_i, .rst_ni, .enable_i(offload_i), .segment_i, .hdr_bytes_i(hdr_bytes), .length_i(sb_length),
        .read_i(whole && !busy && s1_ready && !stop_i), .judge_i(!busy), .next_i(skip || begins), .ram_data_i(ram_data),
        .read_o(hdr_read), .at_o(hdr_at), .here_o(hdr_here), .bad_o(hdr_bad), .csum_o(hdr_csum), .start_o(hdr_start), .field_o(hdr_field),
        .segment_o(hdr_segment), .v4_o(hdr_v4), .v6_o(hdr_v6), .udp_o(hdr_udp), .gso_size_o(hdr_gso_size));

    // A packet that is dropped goes slot by slot; so does one that is segmented: its slots are taken as they are complete, and the RAM is
    // freed behind the payload.
    logic        rest_q;                          // the slots that follow are the rest of a packet that was dropped
    logic        seg_q, seg_all_q, seg_start, seg_take, seg_done, seg_refused, seg_beat, seg_re, seg_first, seg_last, seg_final, seg_inside;
    logic        seg_begin_q, seg_v4_q, seg_v6_q, seg_udp_q;
    logic [AW:0] seg_base_q, seg_end_q, seg_free;
    logic [16:0] seg_length_q;
    logic [15:0] seg_size_q, seg_slot_q, seg_frame;
    logic [6:0]  seg_bytes;
    logic [AW-1:0] seg_addr;
    logic [DataWidth-1:0] seg_data;
    assign busy      = active_q || seg_q;
    assign sendable  = send_q != used_q;
    assign skip      = sendable && !busy && (rest_q || sb_drop || !link_up_i || failed_q[send_q[SlotW-1:0]] || hdr_bad);
    assign s1_ready  = !m_valid_q || m_ready_i;
    assign seg_start = sendable && !busy && !skip && hdr_segment && s1_ready && !stop_i;
    assign seg_take  = sendable && seg_q && !seg_all_q && !seg_done && !failed_q[send_q[SlotW-1:0]];
    assign beat      = sendable && !seg_q && !skip && !hdr_segment && (hdr_here || active_q) && s1_ready && (active_q || !stop_i);
    assign begins    = (beat && !active_q) || seg_start;
    assign left      = active_q ? left_q : sb_length - {1'b0, hdr_bytes};
    assign beat_last = left <= 17'(W);
    assign send_re   = beat || hdr_read || seg_re;
    assign send_addr = active_q ? addr_q : seg_q ? seg_addr : sb_base[AW-1:0] + (hdr_read ? AW'(hdr_at) : AW'(hdr_bytes));
    assign slot_free = skip || (beat && beat_last) || seg_take;

    tx_seg #(.DataWidth(DataWidth), .RamBytes(RamBytes), .MaxFrame(MaxFrame)) u_seg (
        .clk_i, .rst_ni, .stop_i, .link_up_i, .start_i(seg_begin_q), .base_i(seg_base_q), .length_i(seg_length_q), .v4_i(seg_v4_q), .v6_i(seg_v6_q),
        .udp_i(seg_udp_q), .gso_size_i(seg_size_q), .l4_at_i(m_start_o), .field_i(m_field_o), .ready_i(seg_end_q),
        .failed_i(sendable && !seg_all_q && failed_q[send_q[SlotW-1:0]]), .done_o(seg_done), .refused_o(seg_refused), .free_o(seg_free),
        .re_o(seg_re), .raddr_o(seg_addr), .ram_data_i(ram_data), .ready_next_i(s1_ready), .offer_i(m_valid_q && m_seg_q), .beat_o(seg_beat),
        .first_o(seg_first), .last_o(seg_last), .final_o(seg_final), .bytes_o(seg_bytes), .frame_o(seg_frame), .data_o(seg_data),
        .inside_o(seg_inside));

    always_ff @(posedge clk_i) begin
        if (!rst_ni) begin
            send_q    <= '0;
            rptr_q    <= '0;
            active_q  <= 1'b0;
            m_valid_q <= 1'b0;
            rest_q    <= 1'b0;
        end else begin
            if (s1_ready) m_valid_q <= beat || seg_beat;
            if (begins) begin
                m_csum_o  <= hdr_csum;
                m_start_o <= hdr_start;
                m_field_o <= hdr_field;
                m_pid_q   <= sb_pid;
                m_queue_q <= {8'd0, sb_queue};
            end
            if (beat) begin
                active_q  <= !beat_last;
                addr_q    <= send_addr + AW'(W);
                left_q    <= left - 17'(W);
                m_last_o  <= beat_last;
                m_bytes_o <= beat_last ? left[6:0] : 7'(W);
                m_seg_q   <= 1'b0;
                m_end_q   <= beat_last;
            end
            if (seg_beat) begin
                m_last_o  <= seg_last;
                m_bytes_o <= seg_bytes;
                m_seg_q   <= 1'b1;
                m_end_q   <= seg_last && seg_final;
            end
            if (slot_free) send_q <= send_q + 1'b1;
            if (skip || (beat && beat_last)) rptr_q <= sb_end;
            else if (seg_q && !seg_begin_q) rptr_q <= seg_done ? seg_end_q : seg_free;
            if (skip) rest_q <= sb_more;
            else if (seg_done) rest_q <= !seg_all_q;
        end
    end
    always_ff @(posedge clk_i) begin
        if (!rst_ni) seg_q <= 1'b0;
        else if (seg_start) seg_q <= 1'b1;
        else if (seg_done) seg_q <= 1'b0;
        seg_begin_q <= rst_ni && seg_start;
        if (seg_start) begin
            {seg_v4_q, seg_v6_q, seg_udp_q} <= {hdr_v4, hdr_v6, hdr_udp};
            seg_base_q   <= sb_base + (AW+1)'(hdr_bytes);
            seg_end_q    <= sb_base;
            seg_length_q <= sb_length - {1'b0, hdr_bytes};
            seg_size_q   <= hdr_gso_size;
            seg_slot_q   <= sb_slot;
            seg_all_q    <= 1'b0;
        end else if (seg_take) begin
            seg_end_q <= sb_end;
            seg_all_q <= !sb_more;
        end
    end
    assign m_valid_o   = m_valid_q;
    assign m_queue_o   = m_queue_q[7:0];
    always_comb begin
        m_data_o = '0;
        if (m_valid_q) begin
            if (m_seg_q) m_data_o = seg_data;
            else m_data_o = ram_data;
        end
    end
    assign stat_drop_o = (skip && !rest_q) || (seg_done && seg_refused);
    assign stat_segmented_o = seg_done && !seg_refused;

    assign quiet_o = used_q == tail_q && !in_chain_q && !d_valid_i && !pieces_busy;
    assign sending_o = active_q || m_valid_q || seg_inside;
    // A chain that goes on waits for its queue.
    assign idle_o  = send_q == tail_q && !m_valid_q && !d_valid_i && !pieces_busy && !seg_q && cleared_q;

    // ---- trace ------------------------------------------------------------------------------------------------------------------------
    assign trace_valid_o[0] = chain_end;
    assign trace_valid_o[1] = u_valid_o && u_ready_i;
    assign trace_valid_o[2] = (beat && !active_q) || (seg_beat && seg_first);
    assign trace_valid_o[3] = m_valid_q && m_ready_i && m_end_q;
    always_comb begin
        trace_data_o = '0;
        if (trace_valid_o[0]) trace_data_o[0*64 +: 64] = {elements, in_chain_q ? head_slot_q : d_slot, 8'd0, d_queue, pid};
        if (trace_valid_o[1]) trace_data_o[1*64 +: 64] = {ub_length[16] ? 16'hFFFF : ub_length[15:0], u_slot_o, 8'd0, u_queue_o, u_pid_o};
        if (trace_valid_o[2]) begin
            if (seg_q) trace_data_o[2*64 +: 64] = {seg_frame, seg_slot_q, m_queue_q, m_pid_q};
            else trace_data_o[2*64 +: 64] = {sb_length[15:0] - hdr_bytes, sb_slot, 8'd0, sb_queue, sb_pid};
        end
        if (trace_valid_o[3]) trace_data_o[3*64 +: 64] = {32'd0, m_queue_q, m_pid_q};
    end

    logic unused;
    assign unused = &{1'b0, ub_base, ub_end, ub_drop, sb_wrap, sb_id, sb_expect, sb_slots, wr_dst_i, done_slot_i};

    `CHECK(RamNeverOverflows, wptr_q - rptr_q <= (AW+1)'(RamBytes), "net_tx: more bytes reserved than the RAM holds")
endmodule

`default_nettype wire
