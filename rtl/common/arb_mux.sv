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

    logic [IdxW-1:0] last_q;   // served last
    logic [IdxW-1:0] grant;
    logic            found;

    // The first requester after last_q, else the first of all.
    always_comb begin
        grant = '0;
        found = 1'b0;
        for (int i = N - 1; i >= 0; i--) begin
            if (valid_i[i]) grant = IdxW'(i);
        end
        for (int i = N - 1; i >= 0; i--) begin
            if (valid_i[i] && IdxW'(i) > last_q) begin
                grant = IdxW'(i);
                found = 1'b1;
            end
        end
    end

    always_comb begin
        ready_o = '0;
        data_o  = '0;
        if (|valid_i) begin
            ready_o[grant] = ready_i;
            // The same twice: synthesis makes a multiplication and a shifter of the first, simulation runs it faster.
`ifdef VERILATOR
            data_o = data_i[grant*Width +: Width];
`else
            for (int i = 0; i < N; i++) begin
                if (grant == IdxW'(i)) data_o = data_i[i*Width +: Width];
            end
`endif
        end
    end
    assign valid_o = |valid_i;

    always_ff @(posedge clk_i) begin
        if (!rst_ni) last_q <= '0;
        else if (valid_o && ready_i) last_q <= grant;
    end

    logic unused;
    assign unused = found;
endmodule

`default_nettype wire
