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

    logic [31:0]      len, room;
    logic             next, write, keep, over, bad, store, taken;   // keep: it does not pass; store: and is to be read
    logic             keeping_q, bad_q, drain_q;       // drain: the chain has ended and is handed on
    logic [16:0]      total_q, total;                  // bytes of the chain in front of this element, and with it
    logic [LgE:0]     kept_q, given_q;                 // elements stored, and handed on
    logic [15:0]      count_q;                         // elements that did not pass
    logic [17:0]      head_q;                          // indirect, slot and wrap of the first of them
    logic [15:0]      id_q;                            // of the chain's last
    logic [7:0]       queue_q;
    logic [ElemW-1:0] element;                         // that is handed on
    logic             have_q, load, give, ends, last_of_element, last_of_all;
    logic [16:0]      at_q, slot_q, left_q;            // bytes handed on of the element and of the piece; of the packet, not handed on
    logic [16:0]      rest, free, cut;

    assign {len, next, write} = {s_i[67:36], s_i[19], s_i[18]};
    always_comb begin
        {keep, over, bad, store, last_of_element, last_of_all} = '0;
        room  = '0;
        total = '0;
        rest  = '0;
        free  = '0;
        cut   = '0;
        m_valid_o    = 1'b0;
        m_o          = s_i;
        m_queue_o    = s_queue_i;
        m_long_o     = drain_q;
        m_total_o    = total_q;
        m_piece_o    = 1'b0;
        m_elements_o = 16'd1;
        if (drain_q) begin
            rest            = element[16:0] - at_q;
            free            = slot_q >= 17'(PieceBytes) ? 17'd0 : 17'(PieceBytes) - slot_q;
            cut             = bad_q ? 17'd0 : rest < free ? rest : free;
            last_of_element = cut == rest;
            last_of_all     = bad_q || cut == left_q;
            m_valid_o       = have_q || bad_q;         // of a malformed chain one element that says so
            m_o             = {element[80:17] + {47'd0, at_q}, 15'd0, cut, id_q, !last_of_all, bad_q, head_q};
            m_queue_o       = queue_q;
            m_piece_o       = cut == free && !last_of_all;
            m_elements_o    = last_of_all ? count_q : 16'd0;
        end else if (s_valid_i) begin
            if (enable_i) begin
                room  = Longest + {16'd0, hdr_bytes_i} - {15'd0, total_q};
                over  = len > room || (kept_q[LgE] && len != 32'd0);
                bad   = bad_q || write || over;
                total = total_q + (bad ? 17'd0 : len[16:0]);
                // Of what is bad already net_tx reads nothing, and waits for nothing.
                keep  = keeping_q || (!bad_q && (over || {15'd0, total_q} + len > 32'(MaxFrame) + {16'd0, hdr_bytes_i}));
                store = keep && !bad && len != 32'd0;
            end
            m_valid_o = !keep;
        end
    end
    assign s_ready_o = !drain_q && (keep || m_ready_i);
    assign taken     = enable_i && s_valid_i && s_ready_o;
    always_comb begin
        {give, load, ends} = '0;
        if (drain_q) begin
            give = m_valid_o && m_ready_i;
            ends = give && last_of_all;
            load = given_q != kept_q && (!have_q || (give && last_of_element));
        end
    end

    ram_be #(.Width(ElemW), .Depth(Elements), .Lane(ElemW)) u_kept (
        .clk_i, .we_i(store), .waddr_i(kept_q[LgE-1:0]), .wmask_i({ElemW{1'b1}}), .wdata_i({s_i[131:68], len[16:0]}),
        .re_i(load), .raddr_i(given_q[LgE-1:0]), .rdata_o(element));

    always_ff @(posedge clk_i) begin
        if (!rst_ni || ends) begin
            {keeping_q, bad_q, drain_q, have_q} <= '0;
            {total_q, slot_q, at_q, left_q}     <= '0;
            {kept_q, given_q, count_q}          <= '0;
        end else if (drain_q) begin
            if (load) begin
                have_q  <= 1'b1;
                given_q <= given_q + 1'b1;
                at_q    <= '0;
            end else if (give) begin
                have_q  <= !last_of_element;
                at_q    <= at_q + cut;
            end
            if (give) begin
                slot_q <= m_piece_o ? '0 : slot_q + cut;
                left_q <= left_q - cut;
            end
        end else if (taken) begin
            bad_q   <= bad && (next || keep);
            total_q <= next || keep ? total : 17'd0;
            if (keep) begin
                keeping_q <= next;
                drain_q   <= !next;
                count_q   <= count_q + 16'd1;
                left_q    <= left_q + total - total_q;
                queue_q   <= s_queue_i;
                id_q      <= s_i[35:20];
                if (store) kept_q <= kept_q + 1'b1;
                if (!keeping_q) head_q <= s_i[17:0];
            end else begin
                slot_q <= next ? total : 17'd0;
            end
        end
    end
    assign busy_o = keeping_q || drain_q;
endmodule

`default_nettype wire
