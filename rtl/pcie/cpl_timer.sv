// SPDX-License-Identifier: Apache-2.0
// cpl_timer: the period of the completion timeout ([P] 2.8, 7.5.3.16).
//
// While reads are in flight a tick comes every period. A read that sees two ticks has waited one period at least and two at most, and
// those two bound the range that the host asked for in Device Control 2; without a wish, 16.4 to 32.8 ms of the 50 us to 50 ms
// that [P] allows, for it advises against less than 10 ms. Nothing is counted while nothing is in flight, so that an idle device rests.
//
// Spec: [P] PCI Express Base 5.0
`default_nettype none

module cpl_timer (
    input  wire  logic        clk_i,
    input  wire  logic        rst_ni,
    input  wire  logic [15:0] cycles_per_us_i,
    input  wire  logic [3:0]  range_i,     // Completion Timeout Value of Device Control 2
    input  wire  logic        disable_i,
    input  wire  logic        wait_i,      // a read is in flight
    output       logic        tick_o
);
    logic [31:0] count_q, period;
    always_comb begin
        period = '0;
        if (wait_i) begin
            unique case (range_i)
                4'd1:    period = {16'd0, cycles_per_us_i} * 32'd50;               // 50 to 100 us
                4'd2:    period = {4'd0, cycles_per_us_i, 12'd0};                  // 4.1 to 8.2 ms, of 1 to 10 ms
                default: period = {2'd0, cycles_per_us_i, 14'd0};
            endcase
        end
    end
    assign tick_o = wait_i && !disable_i && count_q >= period;

    always_ff @(posedge clk_i) begin
        if (!rst_ni || !wait_i || tick_o) count_q <= 32'd1;
        else count_q <= count_q + 32'd1;
    end
endmodule

`default_nettype wire
