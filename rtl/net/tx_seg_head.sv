// SPDX-License-Identifier: Apache-2.0
// tx_seg_head: the headers of a packet, and in a beat of them what a segment has otherwise.
//
// Headers are kept as 32-bit words with two bytes in front, for then all that is changed lies in words of its own: word 0 has two bytes
// that do not count and the first two of the frame, the network header begins at a word, and so does the transport header. A row is
// as many words as a beat; a beat of the frame is a row without its first two bytes and the first two of the next one.
//
// What a segment has otherwise: lengths, the IPv4 identification and header checksum, the TCP sequence number, CWR, FIN and PSH; and where
// the checksum of TCP or UDP belongs, the sum of its pseudo header, for tx_csum to complete.
//
// Spec: RFC 791, RFC 8200, RFC 9293, RFC 768
`default_nettype none

module tx_seg_head #(
    parameter int unsigned DataWidth = 256  // bits of a beat: 64, 128, 256 or 512
) (
    input  wire  logic                 clk_i,

    // in: words of a packet's headers
    input  wire  logic                 we_i,
    input  wire  logic [5:0]           word_i,
    input  wire  logic [31:0]          data_i,

    // out: a beat of them, as a segment has it, in the cycle after read
    input  wire  logic                 read_i,
    input  wire  logic [7:0]           at_i,         // from which byte of the frame on, a multiple of the beat
    input  wire  logic                 v6_i,
    input  wire  logic                 udp_i,
    input  wire  logic [5:0]           l3_i,         // words in front of the network and of the transport header
    input  wire  logic [5:0]           l4_i,
    input  wire  logic [15:0]          frame_i,      // bytes of the segment's frame
    input  wire  logic [15:0]          id_i,         // its identification and sequence number
    input  wire  logic [31:0]          seq_i,
    input  wire  logic [23:0]          ip_sum_i,     // of the packet, from tx_seg_parse
    input  wire  logic [23:0]          pseudo_i,
    input  wire  logic                 first_i,      // the first segment: it keeps CWR
    input  wire  logic                 last_i,       // the last one: it keeps FIN and PSH
    output       logic [DataWidth-1:0] beat_o
);
    localparam int unsigned Words = DataWidth / 32;   // of a row
    localparam int unsigned Rows  = 64 / Words;
    localparam int unsigned RowW  = $clog2(Rows);
    localparam int unsigned LgW   = $clog2(DataWidth / 8);

    logic [DataWidth-1:0] rows_q [Rows];
    always_ff @(posedge clk_i) begin
        if (we_i) rows_q[word_i[5 -: RowW]][{word_i[5-RowW:0], 5'd0} +: 32] <= data_i;
    end

    // A sum of 16-bit words, carries kept, as one ([RFC 1071]); ones_fold would be evaluated when nothing is sent, too.
    function automatic logic [15:0] fold(input logic [24:0] sum);
        logic [16:0] once;
        once = {1'b0, sum[15:0]} + {8'd0, sum[24:16]};
        fold = once[15:0] + {15'd0, once[16]};
    endfunction

    always_ff @(posedge clk_i) begin
        if (read_i) begin : edit
            logic [DataWidth+31:0] words;
            logic [RowW-1:0]       row;
            logic [5:0]            word, l3_word, l4_word;     // of the frame, and from the beginning of either header
            logic [31:0]           value;
            logic [15:0]           ip_length, l4_length, ip_sum, pseudo;
            ip_length = frame_i - {8'd0, l3_i, 2'b00} + 16'd2 - (v6_i ? 16'd40 : 16'd0);
            l4_length = frame_i - {8'd0, l4_i, 2'b00} + 16'd2;
            ip_sum    = ~fold({1'b0, ip_sum_i} + {9'd0, ip_length[7:0], ip_length[15:8]} + {9'd0, id_i[7:0], id_i[15:8]});
            pseudo    = fold({1'b0, pseudo_i} + {9'd0, l4_length[7:0], l4_length[15:8]});
            row       = at_i[LgW +: RowW];
            words     = {rows_q[row + 1'b1][31:0], rows_q[row]};
            for (int w = 0; w <= Words; w++) begin
                word    = 6'({row, {$clog2(Words){1'b0}}}) + 6'(w);
                l3_word = word - l3_i;
                l4_word = word - l4_i;
                value   = words[w*32 +: 32];
                if (v6_i) begin
                    if (l3_word == 6'd1) value[15:0] = {ip_length[7:0], ip_length[15:8]};
                end else begin
                    if (l3_word == 6'd0) value[31:16] = {ip_length[7:0], ip_length[15:8]};
                    if (l3_word == 6'd1) value[15:0]  = {id_i[7:0], id_i[15:8]};
                    if (l3_word == 6'd2) value[31:16] = ip_sum;
                end
                if (udp_i) begin
                    if (l4_word == 6'd1) value = {pseudo, l4_length[7:0], l4_length[15:8]};
                end else begin
                    if (l4_word == 6'd1) value = {seq_i[7:0], seq_i[15:8], seq_i[23:16], seq_i[31:24]};
                    if (l4_word == 6'd3) begin
                        if (!first_i) value[15] = 1'b0;                 // RFC 3168: CWR answers once
                        if (!last_i) {value[11], value[8]} = 2'b00;     // PSH, FIN
                    end
                    if (l4_word == 6'd4) value[15:0] = pseudo;
                end
                words[w*32 +: 32] = value;
            end
            beat_o <= words[DataWidth+15:16];
        end
    end

    logic unused;
    assign unused = &{1'b0, at_i};
endmodule

`default_nettype wire
