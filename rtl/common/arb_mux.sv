// SPDX-License-Identifier: Apache-2.0
// arb_mux: joins N valid/ready streams into one, round robin: who was served last waits for all the others.
`default_nettype none

module arb_mux #(
    parameter int unsigned N     = 2,
    parameter int unsigned Width = 32
) (
    input  wire  logic               clk_i,
    input  wire  logic               rst_ni,
    input  wire  logic [N-1:0]       valid_i,
    output       logic [N-1:0]       ready_o,
    /* verilator tracing_off */  // one word of all the requests, which are seen where they come from
    input  wire  logic [N*Width-1:0] data_i,
    /* verilator tracing_on */
    output       logic               valid_o,
    input  wire  logic               ready_i,
    output       logic [Width-1:0]   data_o
);
    localparam int unsigned IdxW = (N > 1) ? $clog2(N) : 1;

    logic [N-1:0]    later_q;   // who comes behind the one that was served last
    logic [N-1:0]    turn, one;
    logic [IdxW-1:0] grant;

    // The first requester behind the one served last, else the first of all. No chain of ifs: their outcome is anybody's guess, also a
    // processor's that simulates them.
    assign turn    = |(valid_i & later_q) ? valid_i & later_q : valid_i;
    assign one     = turn & (~turn + N'(1));
    assign ready_o = ready_i ? one : '0;
    assign valid_o = |valid_i;
    always_comb begin
        for (int b = 0; b < IdxW; b++) begin
            grant[b] = 1'b0;
            for (int i = 0; i < N; i++) if ((i >> b) % 2 == 1) grant[b] = grant[b] | one[i];
        end
    end

    always_comb begin
        data_o = '0;
        // The same twice: synthesis makes a multiplication and a shifter of the first, simulation runs it faster.
`ifdef VERILATOR
        if (|valid_i) data_o = data_i[grant*Width +: Width];
`else
        for (int i = 0; i < N; i++) data_o = data_o | (data_i[i*Width +: Width] & {Width{one[i]}});
`endif
    end

    always_ff @(posedge clk_i) begin
        if (!rst_ni) later_q <= ~N'(1);
        else if (valid_o && ready_i) later_q <= ~(one | (one - N'(1)));
    end
endmodule

`default_nettype wire
