// SPDX-License-Identifier: Apache-2.0
// ones_sum: what some bytes of a beat add to an Internet checksum.
//
// The sum of the 32-bit words of the beat, of which bytes [from_i, to_i) count and the others are 0. Folded to 16 bits (ones_fold)
// it is the ones' complement sum of the 16-bit words, with byte 0 as the low byte of word 0: RFC 1071 2(B) lets any byte order do, as long
// as the result is stored in the same one.
//
// Spec: RFC 1071
`default_nettype none

module ones_sum #(
    parameter int unsigned DataWidth = 256  // bits of a beat: 64, 128, 256 or 512
) (
    input  wire  logic                         enable_i,  // the sum is wanted; 0 otherwise, and nothing is worked out
    input  wire  logic [DataWidth-1:0]         data_i,
    input  wire  logic [$clog2(DataWidth/8):0] from_i,
    input  wire  logic [$clog2(DataWidth/8):0] to_i,      // to_i <= from_i: no byte
    output       logic [35:0]                  sum_o
);
    localparam int unsigned W    = DataWidth / 8;
    localparam int unsigned LgW1 = $clog2(W) + 1;

    logic [W-1:0] counts;
    always_comb begin
        counts = '0;
        sum_o  = '0;
        if (enable_i) begin
            if (from_i == '0 && to_i == LgW1'(W)) begin   // nearly all beats of a frame
                for (int i = 0; i < W / 4; i++) sum_o = sum_o + {4'd0, data_i[i*32 +: 32]};
            end else begin
                counts = ({W{1'b1}} << from_i) & ~({W{1'b1}} << to_i);
                for (int i = 0; i < W / 4; i++)
                    sum_o = sum_o + {4'd0, data_i[i*32 +: 32] & {{8{counts[4*i+3]}}, {8{counts[4*i+2]}}, {8{counts[4*i+1]}}, {8{counts[4*i]}}}};
            end
        end
    end
endmodule

`default_nettype wire
