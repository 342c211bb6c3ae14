// SPDX-License-Identifier: Apache-2.0
// flow_hash: a number that both directions of a flow share, from the first 64 bytes of a frame.
//
// The XOR of source and destination address (IPv4, IPv6, else MAC) and, for TCP and UDP that is not a fragment, of the ports, folded to
// 8 bits; one VLAN tag is skipped. Source and destination may be exchanged without changing it, which is what automatic steering
// needs: packets of a flow come back on the queue pair that sends it ([V] 5.1.6.5.5). The driver picks its transmit queue by the same
// function (driver/netvio/netvio_flow.h).
//
// Spec: [V] VIRTIO 1.2
`default_nettype none

module flow_hash (
    input  wire  logic [511:0] frame_i,  // byte 0 of the frame in bits 7:0; bytes behind a short frame are 0
    output       logic [7:0]   hash_o
);
    logic         vlan, v4, v6, ports;
    logic [15:0]  ethertype, fragment;
    logic [7:0]   protocol;
    logic [399:0] l3;                    // from the network header on
    logic [31:0]  addresses, port_pair, mac, sum;
    logic [159:0] l4;                    // IPv4 payload by header length

    assign vlan    = frame_i[96 +: 16] == 16'h0081;     // 0x8100 as its bytes lie in the frame
    assign ethertype = vlan ? frame_i[128 +: 16] : frame_i[96 +: 16];
    assign l3        = vlan ? {32'd0, frame_i[511:144]} : frame_i[511:112];
    assign v4        = ethertype == 16'h0008 && l3[7:4] == 4'd4;
    assign v6        = ethertype == 16'hDD86 && l3[7:4] == 4'd6;
    assign fragment  = {l3[48 +: 8], l3[56 +: 8]};
    assign protocol  = v4 ? l3[72 +: 8] : l3[48 +: 8];
    assign ports     = (v4 ? fragment[13:0] == 14'd0 : v6) && (protocol == 8'd6 || protocol == 8'd17);
    assign l4        = 160'(l3 >> {l3[3:0], 5'd0});
    assign mac       = {frame_i[31:0]} ^ {frame_i[79:48]} ^ {16'd0, frame_i[47:32] ^ frame_i[95:80]};
    assign addresses = v4 ? l3[96 +: 32] ^ l3[128 +: 32]
                     : v6 ? l3[64 +: 32] ^ l3[96 +: 32] ^ l3[128 +: 32] ^ l3[160 +: 32]
                            ^ l3[192 +: 32] ^ l3[224 +: 32] ^ l3[256 +: 32] ^ l3[288 +: 32]
                     : mac;
    assign port_pair = !ports ? 32'd0 : v4 ? l4[31:0] : l3[320 +: 32];
    assign sum       = addresses ^ {16'd0, port_pair[15:0] ^ port_pair[31:16]};
    assign hash_o    = sum[7:0] ^ sum[15:8] ^ sum[23:16] ^ sum[31:24];

    logic unused;
    assign unused = &{1'b0, l4[159:32], fragment[15:14]};
endmodule

`default_nettype wire
