// SPDX-License-Identifier: Apache-2.0
// tx_seg: cuts a packet into frames of gso_size bytes of payload each ([V] 5.1.6.2).
//
// The headers are read once, checked (tx_seg_parse) and kept (tx_seg_head). The payload is read from the frame RAM at the address that
// puts its first byte right behind the headers, so that nothing has to be moved: a beat of a segment is a beat of the RAM, of headers,
// or some of both. A segment begins when all of its bytes are in the RAM, and free_o follows the payload that has left: the packet
// need never be in the RAM as a whole. Segments follow each other without a gap; tx_csum completes the checksum of TCP or UDP.
//
// A packet whose headers are not what its virtio-net header claims, or of which a frame would be too long, is refused before anything
// of it is sent. When a read of the payload fails, or the link goes down, the segments in front have left, and the rest is dropped.
//
// Spec: [V] VIRTIO 1.2  RFC 9293, RFC 768
`default_nettype none
`include "check.svh"

module tx_seg #(
    parameter int unsigned DataWidth = 256,
    parameter int unsigned RamBytes  = 32768,  // of the frame RAM, a power of two
    parameter int unsigned MaxFrame  = 9018    // without FCS
) (
    input  wire  logic                        clk_i,
    input  wire  logic                        rst_ni,
    input  wire  logic                        stop_i,     // device reset: begin nothing new
    input  wire  logic                        link_up_i,

    // A packet: with start, and until done
    input  wire  logic                        start_i,
    input  wire  logic [$clog2(RamBytes):0]   base_i,     // where its frame begins: addresses are free running over twice the RAM
    input  wire  logic [16:0]                 length_i,   // bytes of it
    input  wire  logic                        v4_i,       // TCP or UDP over which IP: one of them or either
    input  wire  logic                        v6_i,
    input  wire  logic                        udp_i,
    input  wire  logic [15:0]                 gso_size_i, // not 0
    input  wire  logic [15:0]                 l4_at_i,    // csum_start
    input  wire  logic [15:0]                 field_i,    // csum_start + csum_offset
    input  wire  logic [$clog2(RamBytes):0]   ready_i,    // bytes in front of this address are in the RAM
    input  wire  logic                        failed_i,   // and no more will be
    output       logic                        done_o,     // the last beat is on its way, or
    output       logic                        refused_o,  // with done: the packet, or the rest of it, is not sent
    output       logic [$clog2(RamBytes):0]   free_o,     // bytes in front of this address are not needed any more

    // the frame RAM: data in the cycle after re
    output       logic                        re_o,
    output       logic [$clog2(RamBytes)-1:0] raddr_o,
    input  wire  logic [DataWidth-1:0]        ram_data_i,

    // beats: with beat_o it is said what data_o is in the next cycle, and until the beat after it
    input  wire  logic                        ready_next_i,
    input  wire  logic                        offer_i,    // such a beat is offered; else data_o is 0
    output       logic                        beat_o,
    output       logic                        first_o,    // of the packet
    output       logic                        last_o,     // of a frame
    output       logic                        final_o,    // of a frame that is the last of the packet
    output       logic [6:0]                  bytes_o,
    output       logic [15:0]                 frame_o,    // bytes of the frame
    output       logic [DataWidth-1:0]        data_o,
    output       logic                        inside_o    // a frame has begun and must be finished
);
    localparam int unsigned W       = DataWidth / 8;
    localparam int unsigned LgW     = $clog2(W);
    localparam int unsigned AW      = $clog2(RamBytes);
    localparam logic [16:0] HeadMax = 17'd254;            // what tx_seg_head holds

    typedef enum logic [1:0] {Idle, Parse, Check, Send} state_t;
    state_t state_q;

    // ---- headers --------------------------------------------------------------------------------------------------------------------
    logic        words, word_q, head_bad, head_end, v6, claim_bad, refuse_q;   // words: they are being read; refuse: a claim that cannot be
    logic [5:0]  word_at, l3, l4;
    logic [6:0]  asked_q;                                        // words that were
    logic [8:0]  head_bytes;
    logic [15:0] id;
    logic [31:0] seq;
    logic [23:0] ip_sum, pseudo_sum;
    logic [16:0] least;
    assign words = state_q == Parse && ready_next_i && asked_q != 7'd64;
    always_comb begin
        least     = '0;
        claim_bad = 1'b0;
        if (start_i) begin
            least     = {1'b0, l4_at_i} + (udp_i ? 17'd8 : 17'd20);
            claim_bad = field_i - l4_at_i != (udp_i ? 16'd6 : 16'd16) || l4_at_i[1:0] != 2'd2 || least > HeadMax || least > length_i;
        end
    end
    tx_seg_parse u_parse (
        .clk_i, .begin_i(start_i), .v4_i, .v6_i, .udp_i, .l4_at_i, .length_i, .valid_i(word_q), .word_i(ram_data_i[31:0]), .at_o(word_at),
        .bad_o(head_bad), .end_o(head_end), .v6_o(v6), .l3_o(l3), .l4_o(l4), .bytes_o(head_bytes), .id_o(id), .seq_o(seq), .ip_sum_o(ip_sum),
        .pseudo_o(pseudo_sum));

    // ---- one segment after the other ------------------------------------------------------------------------------------------------
    logic [16:0] left_q, left;                   // payload that is not sent
    logic [AW:0] payload_q;                      // where it is
    logic [15:0] segment, number_q;              // payload of this segment; segments before it
    logic [31:0] sent_q;
    logic        whole, go, give_up, inside_q, too_long;
    logic [13:0] at_q, at, rest_q, rest;         // bytes of the frame in front of this beat, and from it on
    logic [AW-1:0] addr_q;
    logic        in_head;
    logic [LgW:0] head_here;                     // bytes of this beat that are headers
    always_comb begin
        left      = '0;
        segment   = '0;
        whole     = 1'b0;
        go        = 1'b0;
        give_up   = 1'b0;
        too_long  = 1'b0;
        at        = '0;
        rest      = '0;
        frame_o   = '0;
        final_o   = 1'b0;
        last_o    = 1'b0;
        first_o   = 1'b0;
        bytes_o   = '0;
        in_head   = 1'b0;
        head_here = '0;
        raddr_o   = '0;
        if (state_q == Parse) raddr_o = base_i[AW-1:0] - AW'(2) + AW'({asked_q, 2'b00});
        if (state_q == Check || state_q == Send) begin
            left    = state_q == Check ? length_i - {8'd0, head_bytes} : left_q;
            final_o = left <= {1'b0, gso_size_i};
            segment = final_o ? left[15:0] : gso_size_i;
            too_long = {1'b0, segment} + {8'd0, head_bytes} > 17'(MaxFrame);
            frame_o = segment + {7'd0, head_bytes};
        end
        if (state_q == Send) begin
            whole   = ready_i - payload_q >= (AW+1)'(segment);
            go      = inside_q || (whole && link_up_i && !stop_i);
            give_up = !inside_q && !stop_i && (!link_up_i || (!whole && failed_i));
            at      = inside_q ? at_q : '0;
            rest    = inside_q ? rest_q : frame_o[13:0];
            last_o  = rest <= 14'(W);
            first_o = !inside_q && number_q == '0;
            bytes_o = last_o ? rest[6:0] : 7'(W);
            in_head = at < {5'd0, head_bytes};
            if (in_head) head_here = {5'd0, head_bytes} - at >= 14'(W) ? (LgW+1)'(W) : (LgW+1)'({5'd0, head_bytes} - at);
            raddr_o = inside_q ? addr_q : payload_q[AW-1:0] - AW'(head_bytes);
        end
    end
    assign beat_o    = go && ready_next_i;
    assign re_o      = words || (beat_o && head_here != (LgW+1)'(W));
    assign done_o    = (state_q == Parse && word_q && head_bad) || (state_q == Check && too_long) || give_up || (beat_o && last_o && final_o)
                       || refuse_q;
    assign refused_o = !(beat_o && last_o && final_o);
    assign free_o    = payload_q;
    assign inside_o  = inside_q;

    always_ff @(posedge clk_i) begin
        if (!rst_ni) begin
            state_q  <= Idle;
            refuse_q <= 1'b0;
        end else if (start_i || state_q != Idle || refuse_q) begin
            refuse_q <= start_i && claim_bad;
            if (start_i) state_q <= claim_bad ? Idle : Parse;
            else if (done_o) state_q <= Idle;
            else if (state_q == Parse && head_end) state_q <= Check;
            else if (state_q == Check) state_q <= Send;
        end
    end
    always_ff @(posedge clk_i) begin
        if (!rst_ni) word_q <= 1'b0;
        else if (start_i || state_q == Parse) word_q <= words && !head_end && !head_bad;
        if (start_i) asked_q <= '0;
        else if (words) asked_q <= asked_q + 7'd1;
    end
    always_ff @(posedge clk_i) begin
        if (!rst_ni) inside_q <= 1'b0;
        else if (beat_o) inside_q <= !last_o;
        if (beat_o) begin
            at_q   <= at + 14'(W);
            rest_q <= rest - 14'(W);
            addr_q <= raddr_o + AW'(W);
        end
    end
    always_ff @(posedge clk_i) begin
        if (start_i) begin
            payload_q <= base_i;
        end else if (state_q == Check) begin
            payload_q <= base_i + (AW+1)'(head_bytes);
            left_q    <= left;
            number_q  <= '0;
            sent_q    <= '0;
        end else if (beat_o && last_o) begin
            payload_q <= payload_q + (AW+1)'(segment);
            left_q    <= left - {1'b0, segment};
            number_q  <= number_q + 16'd1;
            sent_q    <= sent_q + {16'd0, segment};
        end
    end

    // ---- headers of the segment -----------------------------------------------------------------------------------------------------
    logic                 head;
    logic [15:0]          ip_length, l4_length, segment_id, ip_folded, pseudo_folded;
    logic [47:0]          ip_total, pseudo_total;
    logic [31:0]          segment_seq;
    logic [DataWidth-1:0] beat, beat_q;
    logic [LgW:0]         head_q;
    assign head = beat_o && in_head;
    always_comb begin
        ip_length    = '0;
        l4_length    = '0;
        segment_id   = '0;
        segment_seq  = '0;
        ip_total     = '0;
        pseudo_total = '0;
        if (head) begin
            ip_length    = frame_o - {8'd0, l3, 2'b00} + 16'd2 - (v6 ? 16'd40 : 16'd0);
            l4_length    = frame_o - l4_at_i;
            segment_id   = id + number_q;
            segment_seq  = seq + sent_q;
            ip_total     = 48'(ip_sum) + 48'({ip_length[7:0], ip_length[15:8]}) + 48'({segment_id[7:0], segment_id[15:8]});
            pseudo_total = 48'(pseudo_sum) + 48'({l4_length[7:0], l4_length[15:8]});
        end
    end
    ones_fold u_ip (.enable_i(head), .sum_i(ip_total), .sum_o(ip_folded));
    ones_fold u_pseudo (.enable_i(head), .sum_i(pseudo_total), .sum_o(pseudo_folded));
    tx_seg_head #(.DataWidth(DataWidth)) u_head (
        .clk_i, .we_i(word_q), .word_i(word_at), .data_i(ram_data_i[31:0]), .read_i(head), .at_i(at[7:0]), .v6_i(v6), .udp_i, .l3_i(l3), .l4_i(l4),
        .ip_length_i(ip_length), .id_i(segment_id), .ip_sum_i(~ip_folded), .pseudo_i(pseudo_folded), .udp_length_i(l4_length),
        .seq_i(segment_seq), .first_i(number_q == '0), .last_i(final_o), .beat_o(beat));

    always_ff @(posedge clk_i) begin
        if (beat_o) head_q <= head_here;
        if (head) beat_q <= beat;
    end
    always_comb begin
        data_o = '0;
        if (offer_i) begin
            data_o = ram_data_i;
            if (head_q != '0) begin
                data_o = {DataWidth{1'b1}} << {head_q, 3'b000};
                data_o = (ram_data_i & data_o) | (beat_q & ~data_o);
            end
        end
    end

    logic unused;
    assign unused = &{1'b0, at[13:8]};

    `CHECK(OnlyWhatIsThere, !(beat_o && !inside_q) || ready_i - payload_q <= (AW+1)'(RamBytes), "tx_seg: more payload than the RAM holds")
endmodule

`default_nettype wire
