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
// The header is read from the RAM first, which takes one cycle a frame, or none when the RAM has nothing else to give as the last
// byte has come: what it asks for goes with the beats to tx_csum, and a frame whose header asks for what was not negotiated, or
// cannot be done, is dropped too. Without offload_i its first bytes say all that matters; with it, 64 bits need two reads.
//
// Spec: [V] VIRTIO 1.2
`default_nettype none
`include "check.svh"

module net_tx #(
    parameter int unsigned DataWidth = 256,
    parameter int unsigned RamBytes  = 32768,  // frames under way, a power of two up to 32768
    parameter int unsigned Frames    = 256,    // frame slots, a power of two up to 256
    parameter int unsigned MaxFrame  = 9018,   // without header and FCS
    parameter int unsigned Queues    = 1
) (
    input  wire  logic                          clk_i,
    input  wire  logic                          rst_ni,
    input  wire  logic                          stop_i,        // device reset: begin nothing new
    input  wire  logic                          link_up_i,     // without carrier frames are used and not sent
    input  wire  logic                          offload_i,     // CSUM was negotiated
    input  wire  logic                          hash_report_i, // HASH_REPORT was negotiated: the header has 20 bytes

    // from vq_sched: descriptors, chain by chain
    input  wire  logic                          d_valid_i,
    output       logic                          d_ready_o,
    input  wire  logic [63:0]                   d_addr_i,
    input  wire  logic [31:0]                   d_len_i,
    input  wire  logic [15:0]                   d_id_i,
    input  wire  logic                          d_next_i,
    input  wire  logic                          d_write_i,
    input  wire  logic                          d_indirect_i,  // an element of a table: the whole chain is one slot
    input  wire  logic [15:0]                   d_slot_i,
    input  wire  logic                          d_wrap_i,
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

    // ---- from descriptors to reads ------------------------------------------------------------------------------------------------
    logic            in_chain_q, drop_q;
    logic [AW:0]     wptr_q, rptr_q;            // bytes reserved and freed, free running over twice the RAM
    logic [AW-1:0]   base_q;
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

    assign pid        = pid_q[16*d_queue_i +: 16];
    assign elements   = in_chain_q && !d_indirect_i ? elements_q + 16'd1 : 16'd1;
    assign length_now = in_chain_q ? length_q : 16'd0;
    assign issued_now = in_chain_q ? issued_q : 16'd0;
    assign drop_now   = in_chain_q && drop_q;
    assign too_long   = d_len_i > 32'(MaxFrame) + {16'd0, hdr_bytes} - {16'd0, length_now};
    assign drop       = drop_now || d_write_i || too_long;
    assign wants_read = !drop && d_len_i != 32'd0;
    assign space      = (AW+1)'(RamBytes) - (wptr_q - rptr_q);
    assign space_ok   = {{(32-AW-1){1'b0}}, space} >= d_len_i;
    assign slot_ok    = cleared_q && tail_q - send_q != (SlotW+1)'(Frames) && tail_q - used_q != (SlotW+1)'(Frames);
    assign req_valid_o = d_valid_i && slot_ok && wants_read && space_ok && !(stop_i && !in_chain_q);
    assign accept     = d_valid_i && slot_ok && !(stop_i && !in_chain_q) && (!wants_read || (space_ok && req_ready_i));
    assign d_ready_o  = accept;
    assign length     = drop ? length_now : length_now + d_len_i[15:0];
    assign issued     = wants_read ? issued_now + d_len_i[15:0] : issued_now;

    always_comb begin
        req_o = '0;
        if (req_valid_o) begin
            req_o.addr   = d_addr_i;
            req_o.len    = d_len_i[15:0];
            req_o.client = dma_pkg::RdTx;
            req_o.cookie = 16'(tail_q[SlotW-1:0]);
            req_o.dst    = 16'(wptr_q[AW-1:0]);
        end
    end

    // Frame table, written when a chain ends. expect is received_q of the slot once all of its bytes are in: the sum is never cleared.
    localparam int unsigned EntryW = AW + 16 + (AW + 1) + 1 + 8 + 16 + 1 + 16 + 16 + 16 + 16;
    logic [EntryW-1:0] table_q [Frames];
    logic [15:0]       received_q [Frames];
    logic [Frames-1:0] failed_q;
    logic              chain_end;
    logic [15:0]       expect_sum;
    assign chain_end  = accept && !d_next_i;
    assign expect_sum = received_q[tail_q[SlotW-1:0]];

    // What had arrived in this slot before the chain began; reads of the chain may complete while it is still being taken.
    logic [15:0] prior_q, prior;
    assign prior = in_chain_q ? prior_q : expect_sum;

    always_ff @(posedge clk_i) begin
        if (chain_end) begin
            table_q[tail_q[SlotW-1:0]] <= {in_chain_q ? base_q : wptr_q[AW-1:0], length,
                                           wants_read ? wptr_q + d_len_i[AW:0] : wptr_q,
                                           drop || length < hdr_bytes + 16'(regmap_pkg::ETH_HEADER), d_queue_i,
                                           in_chain_q ? head_slot_q : d_slot_i, in_chain_q ? head_wrap_q : d_wrap_i, d_id_i,
                                           prior + issued, pid, elements};
        end
        if (!rst_ni) begin
            in_chain_q <= 1'b0;
            wptr_q     <= '0;
            tail_q     <= '0;
            pid_q      <= '0;
        end else if (accept) begin
            in_chain_q <= d_next_i;
            length_q   <= length;
            issued_q   <= issued;
            drop_q     <= drop;
            prior_q   <= prior;
            elements_q <= elements;
            if (wants_read) wptr_q <= wptr_q + d_len_i[AW:0];
            if (!in_chain_q) begin
                base_q      <= wptr_q[AW-1:0];
                head_slot_q <= d_slot_i;
                head_wrap_q <= d_wrap_i;
            end
            if (!d_next_i) begin
                tail_q <= tail_q + 1'b1;
                pid_q[16*d_queue_i +: 16] <= pid + 16'd1;
            end
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
    logic [AW-1:0] ub_base;
    logic [15:0]   ub_length, ub_expect;
    logic [AW:0]   ub_end;
    logic          ub_drop, complete;
    assign {ub_base, ub_length, ub_end, ub_drop, u_queue_o, u_slot_o, u_wrap_o, u_id_o, ub_expect, u_pid_o, u_slots_o}
        = table_q[used_q[SlotW-1:0]];
    assign complete  = used_q != tail_q && received_q[used_q[SlotW-1:0]] == ub_expect;
    assign u_valid_o = complete;

    always_ff @(posedge clk_i) begin
        if (!rst_ni) begin
            used_q   <= '0;
            failed_q <= '0;
        end else begin
            if (u_valid_o && u_ready_i) used_q <= used_q + 1'b1;
            if (done_valid_i && done_error_i) failed_q[done_slot] <= 1'b1;
            if (slot_free) failed_q[send_q[SlotW-1:0]] <= 1'b0;
        end
    end

    // ---- to the MAC -------------------------------------------------------------------------------------------------------------------
    // Stage 0 reads the RAM, stage 1 holds the beat; a frame's first beat may be read in the cycle after the last of the previous one.
    logic [AW-1:0] sb_base, addr_q;
    logic [15:0]   sb_length, sb_id, sb_slot, sb_expect, sb_pid, sb_slots, left, left_q;
    logic [AW:0]   sb_end;
    logic          sb_drop, sb_wrap, active_q, sendable, skip, s1_ready, beat, beat_last, slot_free;
    logic [7:0]    sb_queue;
    logic          m_valid_q;
    logic [15:0]   m_pid_q, m_queue_q;

    assign {sb_base, sb_length, sb_end, sb_drop, sb_queue, sb_slot, sb_wrap, sb_id, sb_expect, sb_pid, sb_slots} = table_q[send_q[SlotW-1:0]];
    // The header of the oldest frame: in ram_data once it was read, as long as nothing else is.
    logic [1:0]  hdr_beats, hdr_beats_q;        // of it that count, and that were read
    logic        hdr_read, hdr_here, hdr_bad, hdr_csum, whole;
    logic [63:0] hdr_first_q;                   // its first half, where a beat is narrower
    logic [95:0] hdr;
    logic [16:0] field, field_end;
    assign hdr_beats = W >= 16 || !offload_i ? 2'd1 : 2'd2;
    assign hdr_here  = active_q || hdr_beats_q == hdr_beats;
    assign whole     = sendable || (complete && u_ready_i);   // it is the oldest then
    assign hdr_read  = !hdr_here && whole && !active_q && !skip && s1_ready && !stop_i;
    always_comb begin
        hdr       = '0;
        hdr_csum  = 1'b0;
        field     = '0;
        field_end = '0;
        hdr_bad   = 1'b0;
        if (hdr_here && !active_q) begin
            hdr       = hdr_beats == 2'd1 ? 96'(ram_data) : {ram_data[31:0], hdr_first_q};
            hdr_csum  = hdr[8*regmap_pkg::VIRTIO_NET_HDR_FLAGS + regmap_pkg::VIRTIO_NET_HDR_F_NEEDS_CSUM_BIT];
            field     = {1'b0, hdr[8*regmap_pkg::VIRTIO_NET_HDR_CSUM_START +: 16]}
                        + {1'b0, hdr[8*regmap_pkg::VIRTIO_NET_HDR_CSUM_OFFSET +: 16]};
            field_end = field + 17'd2 + {1'b0, hdr_bytes};
            hdr_bad   = hdr[8*regmap_pkg::VIRTIO_NET_HDR_GSO_TYPE +: 8] != 8'(regmap_pkg::VIRTIO_NET_HDR_GSO_NONE)
                        || (hdr_csum && (!offload_i || field[16] || field_end > {1'b0, sb_length}));
        end
    end

    assign sendable  = send_q != used_q;
    assign skip      = sendable && !active_q && (sb_drop || !link_up_i || failed_q[send_q[SlotW-1:0]] || hdr_bad);
    assign s1_ready  = !m_valid_q || m_ready_i;
    assign beat      = sendable && !skip && hdr_here && s1_ready && (active_q || !stop_i);
    assign left      = active_q ? left_q : sb_length - hdr_bytes;
    assign beat_last = left <= 16'(W);
    assign send_re   = beat || hdr_read;
    assign send_addr = active_q ? addr_q : hdr_read ? sb_base + AW'({hdr_beats_q, 3'b000}) : sb_base + AW'(hdr_bytes);
    assign slot_free = skip || (beat && beat_last);

    always_ff @(posedge clk_i) begin
        if (!rst_ni) begin
            send_q    <= '0;
            rptr_q    <= '0;
            active_q  <= 1'b0;
            m_valid_q <= 1'b0;
            hdr_beats_q <= 2'd0;
        end else begin
            if (s1_ready) m_valid_q <= beat;
            if (hdr_read) hdr_beats_q <= hdr_beats_q + 2'd1;
            if (hdr_read && hdr_beats_q == 2'd1) hdr_first_q <= ram_data[63:0];
            if (skip || (beat && !active_q)) hdr_beats_q <= 2'd0;
            if (beat && !active_q) begin
                m_csum_o  <= hdr_csum;
                m_start_o <= hdr[8*regmap_pkg::VIRTIO_NET_HDR_CSUM_START +: 16];
                m_field_o <= field[15:0];
            end
            if (beat) begin
                active_q  <= !beat_last;
                addr_q    <= send_addr + AW'(W);
                left_q    <= left - 16'(W);
                m_last_o  <= beat_last;
                m_bytes_o <= beat_last ? left[6:0] : 7'(W);
                m_pid_q   <= sb_pid;
                m_queue_q <= {8'd0, sb_queue};
            end
            if (slot_free) begin
                send_q <= send_q + 1'b1;
                rptr_q <= sb_end;
            end
        end
    end
    assign m_valid_o   = m_valid_q;
    assign m_queue_o   = m_queue_q[7:0];
    assign m_data_o    = m_valid_q ? ram_data : '0;
    assign stat_drop_o = skip;

    assign quiet_o = used_q == tail_q && !in_chain_q && !d_valid_i;
    assign sending_o = active_q || m_valid_q;
    // A chain that goes on waits for its queue.
    assign idle_o  = send_q == tail_q && !m_valid_q && !d_valid_i && cleared_q;

    // ---- trace ------------------------------------------------------------------------------------------------------------------------
    assign trace_valid_o[0] = chain_end;
    assign trace_valid_o[1] = u_valid_o && u_ready_i;
    assign trace_valid_o[2] = beat && !active_q;
    assign trace_valid_o[3] = m_valid_q && m_ready_i && m_last_o;
    always_comb begin
        trace_data_o = '0;
        if (trace_valid_o[0]) trace_data_o[0*64 +: 64] = {elements, in_chain_q ? head_slot_q : d_slot_i, 8'd0, d_queue_i, pid};
        if (trace_valid_o[1]) trace_data_o[1*64 +: 64] = {ub_length, u_slot_o, 8'd0, u_queue_o, u_pid_o};
        if (trace_valid_o[2]) trace_data_o[2*64 +: 64] = {sb_length - hdr_bytes, sb_slot, 8'd0, sb_queue, sb_pid};
        if (trace_valid_o[3]) trace_data_o[3*64 +: 64] = {32'd0, m_queue_q, m_pid_q};
    end

    logic unused;
    assign unused = &{1'b0, ub_base, ub_end, ub_drop, sb_wrap, sb_id, sb_expect, sb_slots, wr_dst_i, done_slot_i, hdr, field_end};

    `CHECK(RamNeverOverflows, wptr_q - rptr_q <= (AW+1)'(RamBytes), "net_tx: more bytes reserved than the RAM holds")
endmodule

`default_nettype wire
