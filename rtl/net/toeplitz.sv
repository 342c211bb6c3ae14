// SPDX-License-Identifier: Apache-2.0
// toeplitz: the hash of receive side scaling ([V] 5.1.6.4.3): for every bit of the input that is 1, first bit of the first byte first, the
// 32 bits of the key from that position on are added without carry. Zeros behind a shorter input change nothing.
//
// Spec: [V] VIRTIO 1.2
`default_nettype none

module toeplitz (
    input  wire  logic         enable_i,
    input  wire  logic [319:0] key_i,     // byte 0 in bits 7:0, as data_i
    input  wire  logic [287:0] data_i,
    output       logic [31:0]  hash_o
);
    // Both with the first bit highest.
    logic [319:0] key;
    logic [287:0] data;
    always_comb begin
        key    = '0;
        data   = '0;
        hash_o = '0;
        if (enable_i) begin
            for (int i = 0; i < 40; i++) key[319 - 8*i -: 8] = key_i[8*i +: 8];
            for (int i = 0; i < 36; i++) data[287 - 8*i -: 8] = data_i[8*i +: 8];
            for (int word = 0; word < 9; word++) begin
                if (data_i[32*word +: 32] != 32'd0) begin   // addresses of IPv4 leave most words empty
                    for (int i = 32*word; i < 32*word + 32; i++) if (data[287 - i]) hash_o = hash_o ^ key[319 - i -: 32];
                end
            end
        end
    end
endmodule

`default_nettype wire
