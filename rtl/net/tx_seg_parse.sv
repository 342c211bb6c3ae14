// SPDX-License-Identifier: Apache-2.0
// tx_seg_parse: the headers of a packet that is to be segmented, word by word: do they say what its virtio-net header claims?
//
// Ethernet, up to two VLAN tags, IPv4 with options or IPv6, and TCP or UDP where csum_start says ([V] 5.1.6.2); the extension headers of
// IPv6 are not walked. Words have the two bytes in front that tx_seg_head has: all headers behind the EtherType begin at one.
// Lengths in the packet are not looked at: segments have their own, and so they have checksums.
//
// Spec: [V] VIRTIO 1.2  RFC 791, RFC 8200, RFC 9293, RFC 768  IEEE 802.1Q
`default_nettype none

module tx_seg_parse (
    input  wire  logic        clk_i,
    input  wire  logic        begin_i,       // a packet: word 0 is the next one; the following five hold until the next begin
    input  wire  logic        v4_i,          // what is claimed: IPv4 or IPv6, or with both of them either
    input  wire  logic        v6_i,
    input  wire  logic        udp_i,         // UDP, else TCP
    input  wire  logic [15:0] l4_at_i,       // csum_start
    input  wire  logic [16:0] length_i,      // bytes of the packet

    input  wire  logic        valid_i,       // a word, in order; what comes behind the end is not looked at
    input  wire  logic [31:0] word_i,
    output       logic [5:0]  at_o,          // its number

    // from the cycle after the word that says so on
    output       logic        bad_o,         // the packet is none, or not what is claimed
    output       logic        end_o,         // all headers were there

    // with end
    output       logic        v6_o,          // IPv6
    output       logic [5:0]  l3_o,          // words in front of the network header
    output       logic [5:0]  l4_o,          // and of the transport header
    output       logic [8:0]  bytes_o,       // of all headers
    output       logic [15:0] id_o,          // IPv4 identification
    output       logic [31:0] seq_o,         // TCP sequence number
    output       logic [23:0] ip_sum_o,      // 16-bit words of the IPv4 header but length, identification and checksum, first byte low
    output       logic [23:0] pseudo_o       // of the pseudo header but the length
);
    localparam logic [15:0] CTag = 16'h0081, STag = 16'hA888, EtherV4 = 16'h0008, EtherV6 = 16'hDD86;   // as they lie in a frame

    logic [5:0] at_q, last_q;
    logic [1:0] tags_q;
    logic       known_q;                     // where the network header is
    logic [3:0] ihl_q;
    logic [7:0] proto;
    assign at_o  = at_q;
    assign l4_o  = l4_at_i[7:2] + 6'd1;      // two bytes in front, and csum_start is 2 more than a multiple of 4
    assign proto = udp_i ? 8'd17 : 8'd6;

    always_ff @(posedge clk_i) begin
        if (begin_i) begin
            at_q     <= '0;
            tags_q   <= '0;
            known_q  <= 1'b0;
            bad_o    <= 1'b0;
            end_o    <= 1'b0;
            last_q   <= udp_i ? l4_o + 6'd1 : 6'd63;
            ip_sum_o <= '0;
            pseudo_o <= {8'd0, proto, 8'd0};
        end else if (valid_i && !end_o) begin : one_word
            logic [5:0]  l3_word, l4_word;   // from the beginning of either header
            logic [15:0] high, low;
            l3_word = at_q - l3_o;
            l4_word = at_q - l4_o;
            high    = word_i[31:16];
            low     = word_i[15:0];
            at_q   <= at_q + 6'd1;
            if (!known_q) begin
                if (at_q == 6'd3 + {4'd0, tags_q}) begin
                    if (high == CTag || high == STag) begin
                        tags_q <= tags_q + 2'd1;
                        if (tags_q == 2'd2) bad_o <= 1'b1;
                    end else begin
                        known_q <= 1'b1;
                        l3_o    <= at_q + 6'd1;
                        v6_o    <= high == EtherV6;
                        if (!(v4_i && high == EtherV4) && !(v6_i && high == EtherV6)) bad_o <= 1'b1;
                    end
                end
            end else if (at_q < l4_o) begin
                if (l3_word == 6'd0) begin
                    ihl_q <= word_i[3:0];
                    if (v6_o) begin
                        if (word_i[7:4] != 4'd6 || l4_o < l3_o + 6'd10 || l4_o[0] != l3_o[0]) bad_o <= 1'b1;
                    end else begin
                        if (word_i[7:4] != 4'd4 || word_i[3:0] < 4'd5 || l4_o != l3_o + {2'd0, word_i[3:0]}) bad_o <= 1'b1;
                    end
                    // [V] 5.1.6.2: a packet of IP has no more.
                    if (length_i - {9'd0, l3_o, 2'b00} > 17'd65535 - 17'd2) bad_o <= 1'b1;
                end
                if (v6_o) begin
                    if (l3_word == 6'd1 && l4_o == l3_o + 6'd10 && word_i[23:16] != proto) bad_o <= 1'b1;
                    if (l3_word >= 6'd2 && l3_word < 6'd10) pseudo_o <= pseudo_o + {8'd0, low} + {8'd0, high};
                end else begin
                    if (l3_word == 6'd1) begin
                        id_o <= {word_i[7:0], word_i[15:8]};
                        if ({word_i[21:16], word_i[31:24]} != 14'd0) bad_o <= 1'b1;     // a fragment
                    end
                    if (l3_word == 6'd2 && word_i[15:8] != proto) bad_o <= 1'b1;
                    if (l3_word == 6'd3 || l3_word == 6'd4) pseudo_o <= pseudo_o + {8'd0, low} + {8'd0, high};
                    if (l3_word == 6'd1) low = '0;
                    if (l3_word == 6'd0 || l3_word == 6'd2) high = '0;
                    if (l3_word == 6'd0 || l3_word < {2'd0, ihl_q}) ip_sum_o <= ip_sum_o + {8'd0, low} + {8'd0, high};
                end
            end else begin
                if (at_q == l3_o) bad_o <= 1'b1;             // no room for a network header
                if (l4_word == 6'd1) seq_o <= {word_i[7:0], word_i[15:8], word_i[23:16], word_i[31:24]};
                if (!udp_i && l4_word == 6'd3) begin
                    last_q <= l4_o + {2'd0, word_i[7:4]} - 6'd1;
                    if (word_i[7:4] < 4'd5 || {1'b0, l4_at_i} + {11'd0, word_i[7:4], 2'b00} > length_i
                        || {1'b0, l4_o} + {3'd0, word_i[7:4]} > 7'd64) bad_o <= 1'b1;
                end
                if (at_q == last_q) end_o <= 1'b1;
                bytes_o <= {1'b0, at_q, 2'b00} + 9'd2;
            end
        end
    end
endmodule

`default_nettype wire
