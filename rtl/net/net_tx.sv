// SPDX-License-Identifier: Apache-2.0
// net_tx: gathers packets from their fragments and sends them to the MAC.
//
// tx_gather brings them into a RAM, slot by slot; the oldest slot that is complete waits here for its turn. The virtio-net header arrives
// with the frame, in whatever fragments the driver chose ([V] 2.7.4.1), and is left behind.
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

module net_tx #(
    parameter int unsigned DataWidth = 256,
    parameter int unsigned RamBytes  = 32768,  // frames under way, a power of two up to 32768
    parameter int unsigned Frames    = 256,    // frame slots, a power of two up to 256
    parameter int unsigned MaxFrame  = 9018,   // without header and FCS
    parameter int unsigned PieceBytes = 4096,  // of longer packets; the RAM holds a piece and a frame at least
    parameter int unsigned Elements  = 1024,   // most elements of a chain, a power of two
    parameter int unsigned Queues    = 1,
    parameter bit          Segments  = 1'b1    // packets may be longer than frames, and are segmented
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
    logic [15:0] hdr_bytes;
    assign hdr_bytes = hash_report_i ? 16'(regmap_pkg::VIRTIO_NET_HDR_HASH_SIZE) : 16'(regmap_pkg::VIRTIO_NET_HDR_SIZE);

    // ---- into the RAM -----------------------------------------------------------------------------------------------------------------
    logic                 sendable, soon, slot_free, send_re, sb_more, sb_drop, sb_failed, gather_idle;
    logic [AW-1:0]        soon_base;
    logic [AW:0]          sb_base, sb_end, rptr_q;   // free running over twice the RAM; rptr: bytes in front of it are free
    logic [16:0]          sb_length;
    logic [15:0]          sb_slot, sb_pid;
    logic [7:0]           sb_queue;
    logic [AW-1:0]        send_addr;
    logic [DataWidth-1:0] ram_data;
    logic [2*64-1:0]      gather_trace, send_trace;
    tx_gather #(.RamBytes(RamBytes), .Frames(Frames), .MaxFrame(MaxFrame), .PieceBytes(PieceBytes), .Elements(Elements),
                .Queues(Queues), .Long(Segments)) u_gather (
        .clk_i, .rst_ni, .stop_i, .long_i(segment_i != '0), .hdr_bytes_i(hdr_bytes), .d_valid_i, .d_ready_o, .d_i, .d_queue_i,
        .req_valid_o, .req_ready_i, .req_o, .done_valid_i, .done_slot_i, .done_bytes_i, .done_error_i, .u_valid_o, .u_ready_i, .u_queue_o,
        .u_slot_o, .u_wrap_o, .u_id_o, .u_pid_o, .u_slots_o, .s_valid_o(sendable), .s_take_i(slot_free), .s_base_o(sb_base),
        .soon_o(soon), .soon_base_o(soon_base), .s_end_o(sb_end), .s_length_o(sb_length), .s_more_o(sb_more), .s_drop_o(sb_drop), .s_failed_o(sb_failed),
        .s_queue_o(sb_queue), .s_slot_o(sb_slot),
        .s_pid_o(sb_pid), .free_i(rptr_q), .quiet_o, .idle_o(gather_idle), .trace_valid_o(trace_valid_o[1:0]),
        .trace_data_o(gather_trace));
    window_ram #(.DataWidth(DataWidth), .Bytes(RamBytes)) u_ram (
        .clk_i, .we_i(wr_valid_i), .waddr_i(wr_dst_i[AW-1:0]), .wlo_i(wr_lo_i), .whi_i(wr_hi_i), .wdata_i(wr_data_i),
        .re_i(send_re), .raddr_i(send_addr), .rdata_o(ram_data));

    // ---- to the MAC -------------------------------------------------------------------------------------------------------------------
    // Stage 0 reads the RAM, stage 1 holds the beat; a frame's first beat may be read in the cycle after the last of the previous one.
    logic [AW-1:0] addr_q;
    logic [16:0]   left, left_q;
    logic          active_q, skip, s1_ready, beat, beat_last, m_valid_q, m_seg_q, m_end_q;
    logic [15:0]   m_pid_q, m_queue_q;
    logic        busy, begins, hdr_here, hdr_read, hdr_bad, hdr_csum, hdr_segment, hdr_v4, hdr_v6, hdr_udp;
    logic [15:0] hdr_start, hdr_field, hdr_gso_size;
    logic [4:0]  hdr_at;
    tx_header #(.DataWidth(DataWidth), .MaxFrame(MaxFrame)) u_header (
        .clk_i, .rst_ni, .enable_i(offload_i), .segment_i, .hdr_bytes_i(hdr_bytes), .length_i(sb_length),
        .judge_i(sendable && !busy), .read_i(hdr_read), .next_i(skip || begins), .ram_data_i(ram_data), .at_o(hdr_at), .here_o(hdr_here),
        .bad_o(hdr_bad), .csum_o(hdr_csum), .start_o(hdr_start), .field_o(hdr_field), .segment_o(hdr_segment), .v4_o(hdr_v4),
        .v6_o(hdr_v6), .udp_o(hdr_udp), .gso_size_o(hdr_gso_size));

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
    logic [$clog2(DataWidth/8):0] seg_head;      // of the beat that is offered, bytes that are headers
    logic [DataWidth-1:0] seg_head_data;
    assign busy      = active_q || seg_q;
    assign s1_ready  = !m_valid_q || m_ready_i;
    always_comb begin
        {skip, hdr_read, seg_start, seg_take, beat, begins, beat_last, slot_free, send_re} = '0;
        left      = '0;
        send_addr = '0;
        if (seg_q) begin
            seg_take  = sendable && !seg_all_q && !seg_done && !sb_failed;
            slot_free = seg_take;
            send_re   = seg_re;
            send_addr = seg_addr;
        end else if (sendable) begin
            skip      = !active_q && (rest_q || sb_drop || !link_up_i || sb_failed || hdr_bad);
            if (!skip && s1_ready && (active_q || !stop_i)) begin
                hdr_read  = !active_q && !hdr_here;
                seg_start = !hdr_read && hdr_segment;
                beat      = !hdr_read && !hdr_segment;
            end
            left      = active_q ? left_q : sb_length - {1'b0, hdr_bytes};
            beat_last = left <= 17'(W);
            begins    = (beat && !active_q) || seg_start;
            send_re   = beat || hdr_read;
            send_addr = active_q ? addr_q : sb_base[AW-1:0] + (hdr_read ? AW'(hdr_at) : AW'(hdr_bytes));
            slot_free = skip || (beat && beat_last);
        end else if (soon && !rest_q && s1_ready && !stop_i) begin
            // As soon as the last byte has come, if nothing else is read: in the cycle in which the buffer is used.
            hdr_read  = !hdr_here;
            send_re   = hdr_read;
            send_addr = soon_base + AW'(hdr_at);
        end
    end

    if (Segments) begin : gen_seg
        tx_seg #(.DataWidth(DataWidth), .RamBytes(RamBytes), .MaxFrame(MaxFrame)) u_seg (
            .clk_i, .rst_ni, .stop_i, .link_up_i, .start_i(seg_begin_q), .base_i(seg_base_q), .length_i(seg_length_q), .v4_i(seg_v4_q),
            .v6_i(seg_v6_q), .udp_i(seg_udp_q), .gso_size_i(seg_size_q), .l4_at_i(m_start_o), .field_i(m_field_o), .ready_i(seg_end_q),
            .failed_i(sb_failed && !seg_all_q), .done_o(seg_done), .refused_o(seg_refused), .free_o(seg_free),
            .re_o(seg_re), .raddr_o(seg_addr), .ram_data_i(ram_data[31:0]), .ready_next_i(s1_ready), .beat_o(seg_beat),
            .first_o(seg_first), .last_o(seg_last), .final_o(seg_final), .bytes_o(seg_bytes), .frame_o(seg_frame), .head_o(seg_head),
            .head_data_o(seg_head_data), .inside_o(seg_inside));
    end else begin : gen_no_seg
        assign {seg_done, seg_refused, seg_free, seg_re, seg_addr, seg_beat, seg_first, seg_last, seg_final, seg_bytes, seg_frame, seg_head,
                seg_head_data, seg_inside} = '0;
        logic unused_seg;
        assign unused_seg = &{1'b0, seg_base_q, seg_length_q, seg_v4_q, seg_v6_q, seg_udp_q, seg_size_q};
    end

    always_ff @(posedge clk_i) begin
        if (!rst_ni) begin
            rptr_q      <= '0;
            active_q    <= 1'b0;
            m_valid_q   <= 1'b0;
            rest_q      <= 1'b0;
            seg_q       <= 1'b0;
            seg_begin_q <= 1'b0;
        end else if (sendable || seg_q || m_valid_q) begin
            if (s1_ready) m_valid_q <= beat || seg_beat;
            if (beat || seg_beat) begin
                m_last_o  <= seg_q ? seg_last : beat_last;
                m_bytes_o <= seg_q ? seg_bytes : beat_last ? left[6:0] : 7'(W);
                m_seg_q   <= seg_q;
                m_end_q   <= seg_q ? seg_last && seg_final : beat_last;
            end
            if (beat) begin
                active_q  <= !beat_last;
                addr_q    <= send_addr + AW'(W);
                left_q    <= left - 17'(W);
            end
            if (begins) begin
                m_csum_o  <= hdr_csum;
                m_start_o <= hdr_start;
                m_field_o <= hdr_field;
                m_pid_q   <= sb_pid;
                m_queue_q <= {8'd0, sb_queue};
            end
            seg_begin_q <= seg_start;
            if (seg_q) begin
                if (!seg_begin_q) rptr_q <= seg_done ? seg_end_q : seg_free;
                if (seg_done) begin
                    seg_q  <= 1'b0;
                    rest_q <= !seg_all_q;
                end
            end else begin
                seg_q <= seg_start;
                if (slot_free) rptr_q <= sb_end;
                if (skip) rest_q <= sb_more;
            end
        end
    end
    always_ff @(posedge clk_i) begin
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
            m_data_o = ram_data;
            if (m_seg_q && seg_head != '0)
                m_data_o = (ram_data & ({DataWidth{1'b1}} << {seg_head, 3'b000}))
                           | (seg_head_data & ~({DataWidth{1'b1}} << {seg_head, 3'b000}));
        end
    end
    assign stat_drop_o = (skip && !rest_q) || (seg_done && seg_refused);
    assign stat_segmented_o = seg_done && !seg_refused;

    assign sending_o = active_q || m_valid_q || seg_inside;
    assign idle_o    = gather_idle && !m_valid_q && !seg_q;

    // ---- trace ------------------------------------------------------------------------------------------------------------------------
    assign trace_valid_o[2] = (beat && !active_q) || (seg_beat && seg_first);
    assign trace_valid_o[3] = m_valid_q && m_ready_i && m_end_q;
    always_comb begin
        send_trace = '0;
        if (trace_valid_o[2]) begin
            if (seg_q) send_trace[63:0] = {seg_frame, seg_slot_q, m_queue_q, m_pid_q};
            else send_trace[63:0] = {sb_length[15:0] - hdr_bytes, sb_slot, 8'd0, sb_queue, sb_pid};
        end
        if (trace_valid_o[3]) send_trace[127:64] = {32'd0, m_queue_q, m_pid_q};
    end
    assign trace_data_o = {send_trace, gather_trace};

    logic unused;
    assign unused = &{1'b0, wr_dst_i};
endmodule

`default_nettype wire
