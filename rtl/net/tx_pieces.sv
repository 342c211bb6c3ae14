// SPDX-License-Identifier: Apache-2.0
// tx_pieces: lets packets of up to 64 KiB through a frame RAM that is smaller.
//
// What a chain has up to the length of a frame passes in no time: it may be a frame. From the first element that makes it longer, elements
// are kept until the chain has ended, so that nothing is read or sent of one that turns out to be malformed; then they are handed on as
// reads of at most PieceBytes, piece_o with the last one of each piece of the packet but the last. Whoever stores the packet can give
// its pieces back one by one.
//
// Without enable_i everything passes.
//
// Spec: [V] VIRTIO 1.2
`default_nettype none

module tx_pieces #(
    parameter int unsigned MaxFrame   = 9018,  // without virtio-net header and FCS: what needs no pieces
    parameter int unsigned PieceBytes = 4096,
    parameter int unsigned Elements   = 1024   // most elements of a chain, a power of two ([V] 2.8.6: no more than the ring has slots)
) (
    input  wire  logic         clk_i,
    input  wire  logic         rst_ni,
    input  wire  logic         enable_i,      // packets may be longer than frames
    input  wire  logic [15:0]  hdr_bytes_i,   // of the virtio-net header

    // from vq_sched: {addr, len, id, next, write, indirect, slot, wrap}, and the queue
    input  wire  logic         s_valid_i,
    output       logic         s_ready_o,
    input  wire  logic [131:0] s_i,
    input  wire  logic [7:0]   s_queue_i,

    // to net_tx, in the same form
    output       logic         m_valid_o,
    input  wire  logic         m_ready_i,
    output       logic [131:0] m_o,
    output       logic [7:0]   m_queue_o,
    output       logic         m_long_o,      // of a packet in pieces, whose whole length is
    output       logic [16:0]  m_total_o,
    output       logic         m_piece_o,     // a piece ends here
    output       logic [15:0]  m_elements_o,  // elements of the chain that this one stands for

    output       logic         busy_o         // elements are kept
);
    localparam int unsigned LgE   = $clog2(Elements);
    localparam int unsigned ElemW = 64 + 17;
    // [V] 5.1.6.2: 64 KiB behind the Ethernet header and its tags; which tags there are is not known yet.
    localparam logic [31:0] Longest = 32'd65535 + 32'(regmap_pkg::ETH_HEADER) + 32'd8;

    // ---- elements that come in ------------------------------------------------------------------------------------------------------
    logic [31:0]  len;
    logic         next, write, keep, over, passes, taken;
    logic         keeping_q, bad_q, bad, drain_q;      // drain: the chain has ended and is handed on
    logic [16:0]  total_q, total, short_limit;         // bytes of the chain in front of this element, and with it
    logic [31:0]  room;
    logic [LgE:0] kept_q, given_q;                     // elements with bytes
    logic [15:0]  count_q;                             // all of them

    assign {len, next, write} = {s_i[67:36], s_i[19], s_i[18]};
    always_comb begin
        keep        = 1'b0;
        over        = 1'b0;
        bad         = bad_q;
        room        = '0;
        total       = '0;
        short_limit = '0;
        if (enable_i && s_valid_i && !drain_q) begin
            short_limit = 17'(MaxFrame) + {1'b0, hdr_bytes_i};
            room  = Longest + {16'd0, hdr_bytes_i} - {15'd0, total_q};
            over  = len > room || (kept_q[LgE] && len != 32'd0);
            bad   = bad_q || write || over;
            total = total_q + (bad ? 17'd0 : len[16:0]);
            // Of what is bad already net_tx reads nothing, and waits for nothing.
            keep  = keeping_q || (!bad_q && (over || {15'd0, total_q} + len > {15'd0, short_limit}));
        end
    end
    assign passes    = s_valid_i && !keep && !drain_q;
    assign s_ready_o = drain_q ? 1'b0 : keep || m_ready_i;
    assign taken     = enable_i && s_valid_i && s_ready_o;

    logic [17:0]  head_q;                              // indirect, slot and wrap of the first element that is kept
    logic [15:0]  id_q;                                // of the chain's last
    logic [7:0]   queue_q;
    logic         ends;
    assign ends = taken && keep && !next;
    always_ff @(posedge clk_i) begin
        if (taken && keep) begin
            queue_q <= s_queue_i;
            if (!keeping_q) head_q <= s_i[17:0];
            id_q <= s_i[35:20];
        end
    end

    // ---- and are handed on ------------------------------------------------------------------------------------------------------------
    logic [ElemW-1:0] element;
    logic             have_q, load, give, empty, piece, last_of_element, last_of_all;
    logic [16:0]      at_q, rest, cut, slot_q, free;   // at: bytes of the element that were handed on; slot: of the piece
    logic [16:0]      left_q;                          // of the packet, kept and not handed on
    logic [LgE-1:0]   raddr;

    ram_be #(.Width(ElemW), .Depth(Elements), .Lane(ElemW)) u_kept (
        .clk_i, .we_i(taken && keep && !bad && len != 32'd0), .waddr_i(kept_q[LgE-1:0]), .wmask_i({ElemW{1'b1}}),
        .wdata_i({s_i[131:68], len[16:0]}), .re_i(load), .raddr_i(raddr), .rdata_o(element));

    assign raddr = given_q[LgE-1:0];
    assign load  = drain_q && given_q != kept_q && (!have_q || (give && last_of_element));
    assign empty = drain_q && bad_q;                   // one element that says that the chain is malformed
    always_comb begin
        rest            = '0;
        free            = '0;
        cut             = '0;
        piece           = 1'b0;
        last_of_element = 1'b0;
        last_of_all     = 1'b0;
        if (drain_q && have_q && !bad_q) begin
            rest            = element[16:0] - at_q;
            free            = slot_q >= 17'(PieceBytes) ? 17'd0 : 17'(PieceBytes) - slot_q;
            cut             = rest < free ? rest : free;
            last_of_element = cut == rest;
            last_of_all     = cut == left_q;
            piece           = cut == free && !last_of_all;
        end
    end
    assign give = drain_q && have_q && m_ready_i && !bad_q;

    always_ff @(posedge clk_i) begin
        if (!rst_ni) begin
            {keeping_q, bad_q, drain_q, have_q} <= '0;
            {total_q, slot_q, at_q, left_q}     <= '0;
            {kept_q, given_q, count_q}          <= '0;
        end else begin
            if (taken) begin
                keeping_q <= keep && next;
                drain_q   <= ends;
                bad_q     <= bad && (next || keep);
                total_q   <= next || keep ? total : 17'd0;
                if (keep) begin
                    count_q <= count_q + 16'd1;
                    if (!bad && len != 32'd0) kept_q <= kept_q + 1'b1;
                    left_q  <= left_q + total - total_q;
                end else begin
                    slot_q <= next ? total : 17'd0;
                end
            end
            if (load) begin
                have_q  <= 1'b1;
                given_q <= given_q + 1'b1;
                at_q    <= '0;
            end else if (give) begin
                have_q  <= !last_of_element;
                at_q    <= at_q + cut;
            end
            if (give) begin
                slot_q <= piece ? '0 : slot_q + cut;
                left_q <= left_q - cut;
            end
            if ((give && last_of_all) || (empty && m_ready_i)) begin
                {drain_q, bad_q, have_q}           <= '0;
                {total_q, slot_q, at_q, left_q}    <= '0;
                {kept_q, given_q, count_q}         <= '0;
            end
        end
    end

    assign m_valid_o = drain_q ? have_q || empty : passes;
    always_comb begin
        m_o          = s_i;
        m_queue_o    = s_queue_i;
        m_long_o     = 1'b0;
        m_total_o    = '0;
        m_piece_o    = 1'b0;
        m_elements_o = 16'd1;
        if (drain_q) begin
            m_o          = {element[80:17] + {47'd0, at_q}, 15'd0, cut, id_q, !empty && !last_of_all, empty, head_q};
            m_queue_o    = queue_q;
            m_long_o     = 1'b1;
            m_total_o    = total_q;
            m_piece_o    = piece;
            m_elements_o = last_of_all || empty ? count_q : 16'd0;
        end
    end
    assign busy_o = keeping_q || drain_q;
endmodule

`default_nettype wire
