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

    // out: a beat of them, edited
    input  wire  logic                 read_i,       // 0: beat_o is 0, and nothing is worked out
    input  wire  logic [7:0]           at_i,         // of which byte on, a multiple of the beat
    input  wire  logic                 v6_i,
    input  wire  logic                 udp_i,
    input  wire  logic [5:0]           l3_i,         // words in front of the network and of the transport header
    input  wire  logic [5:0]           l4_i,
    input  wire  logic [15:0]          ip_length_i,  // what the length field of the network header says
    input  wire  logic [15:0]          id_i,
    input  wire  logic [15:0]          ip_sum_i,     // checksum of the IPv4 header, first byte in bits 7:0, as the next one
    input  wire  logic [15:0]          pseudo_i,
    input  wire  logic [15:0]          udp_length_i,
    input  wire  logic [31:0]          seq_i,
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

    logic [DataWidth+31:0] words;
    logic [RowW-1:0]       row;
    logic [5:0]            word, l3_word, l4_word;     // l3_word: from the beginning of the network header; l4_word likewise
    logic [31:0]           value;
    always_comb begin
        words   = '0;
        row     = '0;
        word    = '0;
        l3_word = '0;
        l4_word = '0;
        value   = '0;
        if (read_i) begin
            row   = at_i[LgW +: RowW];
            words = {rows_q[row + 1'b1][31:0], rows_q[row]};
            for (int w = 0; w <= Words; w++) begin
                word    = 6'({row, {$clog2(Words){1'b0}}}) + 6'(w);
                l3_word = word - l3_i;
                l4_word = word - l4_i;
                value   = words[w*32 +: 32];
                if (v6_i) begin
                    if (l3_word == 6'd1) value[15:0] = {ip_length_i[7:0], ip_length_i[15:8]};
                end else begin
                    if (l3_word == 6'd0) value[31:16] = {ip_length_i[7:0], ip_length_i[15:8]};
                    if (l3_word == 6'd1) value[15:0]  = {id_i[7:0], id_i[15:8]};
                    if (l3_word == 6'd2) value[31:16] = ip_sum_i;
                end
                if (udp_i) begin
                    if (l4_word == 6'd1) value = {pseudo_i, udp_length_i[7:0], udp_length_i[15:8]};
                end else begin
                    if (l4_word == 6'd1) value = {seq_i[7:0], seq_i[15:8], seq_i[23:16], seq_i[31:24]};
                    if (l4_word == 6'd3) begin
                        if (!first_i) value[15] = 1'b0;                 // RFC 3168: CWR answers once
                        if (!last_i) {value[11], value[8]} = 2'b00;     // PSH, FIN
                    end
                    if (l4_word == 6'd4) value[15:0] = pseudo_i;
                end
                words[w*32 +: 32] = value;
            end
        end
    end
    assign beat_o = words[DataWidth+15:16];

    logic unused;
    assign unused = &{1'b0, words[15:0], words[DataWidth+31:DataWidth+16], at_i};
endmodule

`default_nettype wire
