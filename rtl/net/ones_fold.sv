// SPDX-License-Identifier: Apache-2.0
// ones_fold: a sum of 32-bit words, carries kept, as the ones' complement sum of its 16-bit words.
//
// 0 only for 0: of the two zeros of ones' complement a sum of words that are not all 0 is 0xFFFF.
//
// Spec: RFC 1071
`default_nettype none

module ones_fold (
    input  wire  logic        enable_i,  // the sum is wanted; 0 otherwise
    input  wire  logic [47:0] sum_i,
    output       logic [15:0] sum_o
);
    logic [17:0] once;    // 3 * FFFF at most
    logic [16:0] twice;   // 1_0001 at most
    always_comb begin
        once  = '0;
        twice = '0;
        sum_o = '0;
        if (enable_i) begin
            once  = {2'd0, sum_i[15:0]} + {2'd0, sum_i[31:16]} + {2'd0, sum_i[47:32]};
            twice = {1'b0, once[15:0]} + {15'd0, once[17:16]};
            sum_o = twice[15:0] + {15'd0, twice[16]};
        end
    end
endmodule

`default_nettype wire
