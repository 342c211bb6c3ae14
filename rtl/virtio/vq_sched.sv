// SPDX-License-Identifier: Apache-2.0
// vq_sched: takes descriptor chains from N transmit virtqueues in turn; a chain is never interrupted.
`default_nettype none

module vq_sched #(
    parameter int unsigned N     = 1,
    parameter int unsigned Width   = 132,
    parameter int unsigned NextBit = 19   // bit of the descriptor that says that the chain goes on
) (
    input  wire  logic               clk_i,
    input  wire  logic               rst_ni,
    input  wire  logic [N-1:0]       d_valid_i,
    output       logic [N-1:0]       d_ready_o,
    input  wire  logic [N*Width-1:0] d_i,
    output       logic               valid_o,
    input  wire  logic               ready_i,
    output       logic [Width-1:0]   data_o,
    output       logic [7:0]         queue_o    // 0 to N - 1
);
    localparam int unsigned IdxW = (N > 1) ? $clog2(N) : 1;
    logic [IdxW-1:0] last_q, grant;
    logic            in_chain_q;

    always_comb begin
        grant = last_q;
        if (!in_chain_q) begin
            for (int i = N - 1; i >= 0; i--) if (d_valid_i[i]) grant = IdxW'(i);
            for (int i = N - 1; i >= 0; i--) if (d_valid_i[i] && IdxW'(i) > last_q) grant = IdxW'(i);
        end
    end
    always_comb begin
        d_ready_o = '0;
        data_o    = '0;
        if (|d_valid_i) begin
            d_ready_o[grant] = ready_i;
            data_o = d_i[grant*Width +: Width];
        end
    end
    assign valid_o = d_valid_i[grant];
    assign queue_o = 8'(grant);

    always_ff @(posedge clk_i) begin
        if (!rst_ni) begin
            last_q     <= '0;
            in_chain_q <= 1'b0;
        end else if (valid_o && ready_i) begin
            last_q     <= grant;
            in_chain_q <= data_o[NextBit];
        end
    end
endmodule

`default_nettype wire
