// SPDX-License-Identifier: Apache-2.0
// tx_gather: has packets read into a RAM, whole or in pieces, and uses their buffers when all is there.
//
// A chain of descriptors becomes a packet in the RAM: every fragment is read straight to where it belongs, one behind the other, at any
// byte address, so that nothing has to be moved or aligned later, and as many packets are under way as fit. A packet has a slot, or one for
// each of its pieces (tx_pieces). A slot adds up the bytes that arrived; when the oldest slot has all of its bytes, its buffer is used
// ([V] 2.8.8: in order), and the slot is offered to whoever sends it. What is malformed is offered too, marked, and not read.
//
// Spec: [V] VIRTIO 1.2
`default_nettype none
`include "check.svh"

module tx_gather #(
    parameter int unsigned RamBytes   = 32768,
    parameter int unsigned Frames     = 256,
    parameter int unsigned MaxFrame   = 9018,
    parameter int unsigned PieceBytes = 4096,
    parameter int unsigned Elements   = 1024,
    parameter int unsigned Queues     = 1,
    parameter bit          Long       = 1'b1   // packets may be longer than frames
) (
    input  wire  logic                      clk_i,
    input  wire  logic                      rst_ni,
    input  wire  logic                      stop_i,        // device reset: begin nothing new
    input  wire  logic                      long_i,        // packets may be longer than frames
    input  wire  logic [15:0]               hdr_bytes_i,   // of the virtio-net header

    // as in net_tx
    input  wire  logic                      d_valid_i,
    output       logic                      d_ready_o,
    input  wire  logic [131:0]              d_i,
    input  wire  logic [7:0]                d_queue_i,
    output       logic                      req_valid_o,
    input  wire  logic                      req_ready_i,
    output       dma_pkg::rd_req_t          req_o,
    input  wire  logic                      done_valid_i,
    input  wire  logic [7:0]                done_slot_i,
    input  wire  logic [12:0]               done_bytes_i,
    input  wire  logic                      done_error_i,
    output       logic                      u_valid_o,
    input  wire  logic                      u_ready_i,
    output       logic [7:0]                u_queue_o,
    output       logic [15:0]               u_slot_o,
    output       logic                      u_wrap_o,
    output       logic [15:0]               u_id_o,
    output       logic [15:0]               u_pid_o,
    output       logic [15:0]               u_slots_o,

    // the oldest slot whose bytes are there; addresses are free running over twice the RAM
    output       logic                      s_valid_o,
    input  wire  logic                      s_take_i,
    output       logic                      soon_o,        // without valid: the next one is there in the next cycle
    output       logic [$clog2(RamBytes)-1:0] soon_base_o,
    output       logic [$clog2(RamBytes):0] s_base_o,
    output       logic [$clog2(RamBytes):0] s_end_o,
    output       logic [16:0]               s_length_o,    // of the packet, with its header
    output       logic                      s_more_o,      // the packet goes on in the next slot
    output       logic                      s_drop_o,      // it is malformed
    output       logic                      s_failed_o,    // a read of the slot failed
    output       logic [7:0]                s_queue_o,
    output       logic [15:0]               s_slot_o,
    output       logic [15:0]               s_pid_o,
    input  wire  logic [$clog2(RamBytes):0] free_i,        // bytes in front of this address are not needed any more

    output       logic                      quiet_o,       // nothing is going to be used
    output       logic                      idle_o,        // and nothing waits to be taken
    output       logic [1:0]                trace_valid_o, // TX_FETCH, TX_READ
    output       logic [2*64-1:0]           trace_data_o
);
    localparam int unsigned AW    = $clog2(RamBytes);
    localparam int unsigned SlotW = $clog2(Frames);

    // ---- elements, those of long packets cut into pieces ---------------------------------------------------------------------------
    logic         d_valid, d_ready, d_next, d_write, d_indirect, d_wrap, d_long, d_piece, pieces_busy;
    logic [131:0] d;
    logic [63:0]  d_addr;
    logic [31:0]  d_len;
    logic [15:0]  d_id, d_slot, d_elements;
    logic [16:0]  d_total;
    logic [7:0]   d_queue;
    if (Long) begin : gen_pieces
        tx_pieces #(.MaxFrame(MaxFrame), .PieceBytes(PieceBytes), .Elements(Elements)) u_pieces (
            .clk_i, .rst_ni, .enable_i(long_i), .hdr_bytes_i(hdr_bytes_i), .s_valid_i(d_valid_i), .s_ready_o(d_ready_o), .s_i(d_i),
            .s_queue_i(d_queue_i), .m_valid_o(d_valid), .m_ready_i(d_ready), .m_o(d), .m_queue_o(d_queue), .m_long_o(d_long),
            .m_total_o(d_total), .m_piece_o(d_piece), .m_elements_o(d_elements), .busy_o(pieces_busy));
    end else begin : gen_no_pieces
        assign {d_valid, d, d_queue, d_elements} = {d_valid_i, d_i, d_queue_i, 16'd1};
        assign {d_long, d_total, d_piece, pieces_busy} = '0;
        assign d_ready_o = d_ready;
        logic unused_long;
        assign unused_long = long_i;
    end
    // indirect: an element of a table: the whole chain is one slot of the ring.
    assign {d_addr, d_len, d_id, d_next, d_write, d_indirect, d_slot, d_wrap} = d;

    // ---- from elements to reads ---------------------------------------------------------------------------------------------------
    // A slot is a packet or a piece of one; the chain ends with the last.
    logic            in_chain_q, in_slot_q, drop_q;
    logic [AW:0]     wptr_q;                    // bytes reserved, free running over twice the RAM
    logic [AW:0]     base_q;
    logic [15:0]     length_q, issued_q, head_slot_q, elements_q;
    logic            head_wrap_q;
    logic [16*Queues-1:0] pid_q;                // packets taken from each queue
    logic [15:0]     pid, elements;
    logic [SlotW:0]  tail_q, used_q, send_q;    // slots: filled by chains, used, taken
    logic            wants_read, too_long, space_ok, slot_ok, accept;
    logic [AW:0]     space;
    logic [SlotW-1:0] clear_q;                  // after reset the sums are cleared, a slot a cycle
    logic            cleared_q;
    logic [15:0]     length_now, length, issued;
    logic [16:0]     packet;                    // bytes of it, header included
    logic            drop, chain_end, slot_end;
    // What had arrived in this slot before it was begun; its reads may complete while its chain is still being taken.
    logic [15:0]     prior_q, prior;

    // Blocks that are evaluated under a condition, here and below: most cycles of a simulation have nothing to do.
    always_comb begin
        {req_valid_o, drop, wants_read, slot_ok, space_ok, too_long} = '0;
        {pid, elements, length_now, length, issued, prior} = '0;
        packet = '0;
        space  = '0;
        req_o  = '0;
        if (d_valid && !(stop_i && !in_chain_q)) begin
            slot_ok    = cleared_q && tail_q - send_q != (SlotW+1)'(Frames) && tail_q - used_q != (SlotW+1)'(Frames);
            pid        = pid_q[16*d_queue +: 16];
            elements   = d_indirect ? 16'd1 : (in_chain_q ? elements_q : 16'd0) + d_elements;
            length_now = in_slot_q ? length_q : 16'd0;
            too_long   = d_len > 32'(MaxFrame) + {16'd0, hdr_bytes_i} - {16'd0, length_now};
            drop       = (in_chain_q && drop_q) || d_write || too_long;
            wants_read = !drop && d_len != 32'd0;
            space      = (AW+1)'(RamBytes) - (wptr_q - free_i);
            space_ok   = {{(32-AW-1){1'b0}}, space} >= d_len;
            length     = drop ? length_now : length_now + d_len[15:0];
            issued     = (in_slot_q ? issued_q : 16'd0) + (wants_read ? d_len[15:0] : 16'd0);
            prior      = in_slot_q ? prior_q : received_q[tail_q[SlotW-1:0]];
            packet     = d_long ? d_total : {1'b0, length};
            req_valid_o = slot_ok && wants_read && space_ok;
            if (req_valid_o) begin
                req_o.addr   = d_addr;
                req_o.len    = d_len[15:0];
                req_o.client = dma_pkg::RdTx;
                req_o.cookie = 16'(tail_q[SlotW-1:0]);
                req_o.dst    = 16'(wptr_q[AW-1:0]);
            end
        end
    end
    assign accept    = slot_ok && (!wants_read || (space_ok && req_ready_i));
    assign d_ready   = accept;
    assign chain_end = accept && !d_next;
    assign slot_end  = accept && (!d_next || d_piece);

    // Frame table, written when a slot ends. expect is received_q of the slot once all of its bytes are in: the sum is never cleared.
    localparam int unsigned EntryW = (AW + 1) + 17 + (AW + 1) + 1 + 1 + 8 + 16 + 1 + 16 + 16 + 16 + 16;
    logic [EntryW-1:0] table_q [Frames];
    logic [15:0]       received_q [Frames];
    logic [Frames-1:0] failed_q;
    always_ff @(posedge clk_i) begin
        if (slot_end) begin
            table_q[tail_q[SlotW-1:0]] <= {in_slot_q ? base_q : wptr_q, packet, wants_read ? wptr_q + d_len[AW:0] : wptr_q, d_next,
                                           drop || packet < {1'b0, hdr_bytes_i} + 17'(regmap_pkg::ETH_HEADER), d_queue,
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
    logic [SlotW-1:0] done_slot;
    assign done_slot = done_slot_i[SlotW-1:0];
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
    logic [EntryW-1:0] ub;
    logic [AW:0]       ub_base, ub_end;
    logic [16:0]       ub_length;
    logic [15:0]       ub_expect;
    logic              ub_more, ub_drop, complete;
    assign {ub_base, ub_length, ub_end, ub_more, ub_drop, u_queue_o, u_slot_o, u_wrap_o, u_id_o, ub_expect, u_pid_o, u_slots_o} = ub;
    always_comb begin
        ub       = '0;
        complete = 1'b0;
        if (used_q != tail_q) begin
            ub       = table_q[used_q[SlotW-1:0]];
            complete = received_q[used_q[SlotW-1:0]] == ub_expect;
        end
    end
    assign u_valid_o = complete && !ub_more;
    assign soon_o      = complete && (ub_more || u_ready_i);
    assign soon_base_o = ub_base[AW-1:0];

    always_ff @(posedge clk_i) begin
        if (!rst_ni) begin
            used_q   <= '0;
            send_q   <= '0;
            failed_q <= '0;
        end else begin
            if (soon_o) used_q <= used_q + 1'b1;
            if (done_valid_i && done_error_i) failed_q[done_slot] <= 1'b1;
            if (s_take_i) begin
                failed_q[send_q[SlotW-1:0]] <= 1'b0;
                send_q <= send_q + 1'b1;
            end
        end
    end

    // ---- slots to be sent -------------------------------------------------------------------------------------------------------------
    logic [EntryW-1:0] sb;
    logic [15:0]       sb_id, sb_expect, sb_slots;
    logic              sb_wrap;
    assign s_valid_o = send_q != used_q;
    assign {s_base_o, s_length_o, s_end_o, s_more_o, s_drop_o, s_queue_o, s_slot_o, sb_wrap, sb_id, sb_expect, s_pid_o, sb_slots} = sb;
    always_comb begin
        sb         = '0;
        s_failed_o = 1'b0;
        if (s_valid_o) begin
            sb         = table_q[send_q[SlotW-1:0]];
            s_failed_o = failed_q[send_q[SlotW-1:0]];
        end
    end

    assign quiet_o = used_q == tail_q && !in_chain_q && !d_valid_i && !pieces_busy;
    // A chain that goes on waits for its queue.
    assign idle_o  = send_q == tail_q && !d_valid_i && !pieces_busy && cleared_q;

    assign trace_valid_o = {u_valid_o && u_ready_i, chain_end};
    always_comb begin
        trace_data_o = '0;
        if (trace_valid_o[0]) trace_data_o[0*64 +: 64] = {elements, in_chain_q ? head_slot_q : d_slot, 8'd0, d_queue, pid};
        if (trace_valid_o[1]) trace_data_o[1*64 +: 64] = {ub_length[16] ? 16'hFFFF : ub_length[15:0], u_slot_o, 8'd0, u_queue_o, u_pid_o};
    end

    logic unused;
    assign unused = &{1'b0, ub_base, ub_end, ub_drop, sb_wrap, sb_id, sb_expect, sb_slots, done_slot_i};

    `CHECK(RamNeverOverflows, wptr_q - free_i <= (AW+1)'(RamBytes), "tx_gather: more bytes reserved than the RAM holds")
endmodule

`default_nettype wire
