// SPDX-License-Identifier: Apache-2.0
// rx_parse: what a received frame is, from its first 128 bytes: tags, IP, and TCP or UDP behind it.
//
// Up to two VLAN tags (8100, 88A8), IPv4 with options, IPv6 with up to four extension headers (hop-by-hop, routing, destination options;
// a fragment header ends the search). A transport header counts only if its first 8 bytes are among the 128; what lies further back is
// taken for a packet without one. All lengths are checked against each other, and against the bytes that there are; the length of the
// frame is not known yet.
//
// Spec: RFC 791, RFC 8200, RFC 768, RFC 9293  IEEE 802.1Q
`default_nettype none

module rx_parse (
    input  wire  logic          enable_i,    // 0: all outputs are 0
    input  wire  logic [1023:0] head_i,      // byte 0 of the frame in bits 7:0
    input  wire  logic [7:0]    have_i,      // bytes of the frame in it

    output       logic [1:0]    tags_o,      // VLAN tags
    output       logic [15:0]   tag_o,       // the first: priority and VID
    output       logic          ctag_o,      // and its type is 8100
    output       logic          v4_o,
    output       logic          v6_o,
    output       logic          tcp_o,       // TCP or UDP, not a fragment, whose header is here
    output       logic          udp_o,
    output       logic [287:0]  tuple_o,     // source, destination, then ports if tcp or udp, as on the wire, first byte lowest
    output       logic          checkable_o, // the checksum of the transport protocol can be verified, and the IP header is good
    output       logic [7:0]    l4_o,        // where the transport header begins
    output       logic [16:0]   end_o,       // where the IP packet ends
    output       logic [35:0]   pseudo_o     // with checkable: pseudo header as a sum of 32-bit words, first byte lowest
);
    localparam logic [15:0] CTag = 16'h0081, STag = 16'hA888, EtherV4 = 16'h0008, EtherV6 = 16'hDD86;   // as they lie in a frame
    localparam logic [7:0]  HopByHop = 8'd0, Tcp = 8'd6, Udp = 8'd17, Routing = 8'd43, Fragment = 8'd44, Options = 8'd60;
    localparam int unsigned Extensions = 4;

    logic [911:0] l3;                        // from the network header on
    logic [7:0]   l3_at, here, proto;        // here: bytes of the frame from there on
    logic [15:0]  ether, total, udp_length, udp_field, payload, fragment;
    logic [3:0]   ihl;
    logic [6:0]   rel;                       // of the transport header, from the network header
    logic [31:0]  ports;
    logic [35:0]  header_sum;
    logic [15:0]  header_folded;
    logic         is_fragment, lost, transport, whole;
    logic [63:0]  unit;
    logic [9:0]   next_rel;

    always_comb begin
        tags_o = '0; tag_o = '0; ctag_o = 1'b0; v4_o = 1'b0; v6_o = 1'b0; tcp_o = 1'b0; udp_o = 1'b0;
        tuple_o = '0; whole = 1'b0; l4_o = '0; end_o = '0; pseudo_o = '0;
        l3 = '0; l3_at = '0; here = '0; proto = '0; ether = '0; total = '0; udp_length = '0; udp_field = '0; payload = '0;
        fragment = '0; ihl = '0; rel = '0; ports = '0; header_sum = '0; is_fragment = 1'b0; lost = 1'b0; transport = 1'b0;
        unit = '0; next_rel = '0;
        if (enable_i) begin
            ether = head_i[12*8 +: 16];
            l3    = head_i[14*8 +: 912];
            l3_at = 8'd14;
            tag_o = {head_i[14*8 +: 8], head_i[15*8 +: 8]};
            if (ether == CTag || ether == STag) begin
                ctag_o = ether == CTag;
                tags_o = 2'd1;
                ether  = head_i[16*8 +: 16];
                l3     = {32'd0, head_i[18*8 +: 880]};
                l3_at  = 8'd18;
                if (ether == CTag || ether == STag) begin
                    tags_o = 2'd2;
                    ether  = head_i[20*8 +: 16];
                    l3     = {64'd0, head_i[22*8 +: 848]};
                    l3_at  = 8'd22;
                end
            end
            here = have_i > l3_at ? have_i - l3_at : 8'd0;
            if (ether == EtherV4 && l3[7:4] == 4'd4 && here >= 8'd20) begin
                ihl      = l3[3:0];
                total    = {l3[2*8 +: 8], l3[3*8 +: 8]};
                rel      = {1'b0, ihl, 2'b00};
                v4_o     = ihl >= 4'd5 && total >= {9'd0, rel} && here >= {1'b0, rel};
                proto    = l3[9*8 +: 8];
                fragment = {l3[6*8 +: 8], l3[7*8 +: 8]};
                is_fragment = fragment[13:0] != 14'd0;
                for (int i = 0; i < 15; i++) if (4'(i) < ihl) header_sum = header_sum + {4'd0, l3[i*32 +: 32]};
                tuple_o[63:0] = l3[12*8 +: 64];
                pseudo_o = {4'd0, l3[12*8 +: 32]} + {4'd0, l3[16*8 +: 32]};
            end else if (ether == EtherV6 && l3[7:4] == 4'd6 && here >= 8'd40) begin
                v6_o  = 1'b1;
                total = {l3[4*8 +: 8], l3[5*8 +: 8]} + 16'd40;
                lost  = total < 16'd40 || total == 16'd40;   // a jumbogram, or nothing behind the header
                proto = l3[6*8 +: 8];
                rel   = 7'd40;
                for (int i = 0; i < Extensions; i++) begin
                    if (!lost && (proto == HopByHop || proto == Routing || proto == Options)) begin
                        unit     = l3[{rel[6:3], 6'd0} +: 64];
                        next_rel = {3'd0, rel} + {unit[14:8], 3'd0} + 10'd8;
                        // Another one begins in the head at the latest 8 bytes before its end.
                        if (next_rel > 10'd104 || {2'd0, here} < next_rel || unit[15]) lost = 1'b1;
                        else begin
                            proto = unit[7:0];
                            rel   = next_rel[6:0];
                        end
                    end
                end
                is_fragment = proto == Fragment;
                tuple_o[255:0] = l3[8*8 +: 256];
                for (int i = 0; i < 8; i++) pseudo_o = pseudo_o + {4'd0, l3[(8 + 4*i)*8 +: 32]};
            end
            payload = total - {9'd0, rel};
            // The transport header: 8 bytes of it.
            transport = (v4_o || (v6_o && !lost)) && !is_fragment && here >= {1'b0, rel} + 8'd8 && total >= {9'd0, rel} + 16'd8;
            tcp_o     = transport && proto == Tcp;
            udp_o     = transport && proto == Udp;
            l4_o      = l3_at + {1'b0, rel};
            end_o     = {9'd0, l3_at} + {1'b0, total};
            if (tcp_o || udp_o) begin
                unit       = l3[{rel[6:2], 5'd0} +: 64];
                ports      = unit[31:0];
                udp_length = {unit[39:32], unit[47:40]};
                udp_field  = unit[63:48];
                if (v4_o) tuple_o[95:64] = ports;
                else tuple_o[287:256] = ports;
                pseudo_o   = pseudo_o + {20'd0, payload[7:0], payload[15:8]} + {20'd0, proto, 8'd0};
                // [V] 5.1.6.4: a UDP packet without a checksum has none to verify.
                whole      = tcp_o ? payload >= 16'd20 : udp_length == payload && udp_field != 16'd0;
            end
        end
    end
    ones_fold u_fold (.enable_i, .sum_i({12'd0, header_sum}), .sum_o(header_folded));
    assign checkable_o = whole && (v6_o || header_folded == 16'hFFFF);

    logic unused;
    assign unused = &{1'b0, fragment[15:14], head_i[95:0]};
endmodule

`default_nettype wire
