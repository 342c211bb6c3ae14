// SPDX-License-Identifier: Apache-2.0
// ram_be: a RAM with one write port, write enables per lane, and one read port with a registered output.
//
// The mask comes bit by bit but is constant within a lane, so that a tool finds byte (lane) enables. A read of the word that is being
// written returns the old contents. rdata_o holds while re_i is low.
`default_nettype none
/* verilator tracing_off */  // what goes in and out is seen at its user

module ram_be #(
    parameter int unsigned Width = 256,  // bits of a word
    parameter int unsigned Depth = 64,   // words
    parameter int unsigned Lane  = 8     // bits that share an enable
) (
    input  wire  logic                     clk_i,
    input  wire  logic                     we_i,
    input  wire  logic [$clog2(Depth)-1:0] waddr_i,
    input  wire  logic [Width-1:0]         wmask_i,
    input  wire  logic [Width-1:0]         wdata_i,
    input  wire  logic                     re_i,
    input  wire  logic [$clog2(Depth)-1:0] raddr_i,
    output       logic [Width-1:0]         rdata_o
);
    logic [Width-1:0] mem [Depth];

    // One delayed assignment for every lane, with its flags and temporaries, is slow in Verilator; one merged word is the same and fast.
`ifdef VERILATOR
    always_ff @(posedge clk_i) begin
        if (we_i) mem[waddr_i] <= (mem[waddr_i] & ~wmask_i) | (wdata_i & wmask_i);
    end
    if (Width % Lane != 0) $error("ram_be: Width must be a multiple of Lane");
`else
    always_ff @(posedge clk_i) begin
        for (int i = 0; i < Width / Lane; i++)
            if (we_i && wmask_i[i*Lane]) mem[waddr_i][i*Lane +: Lane] <= wdata_i[i*Lane +: Lane];
    end
`endif

    always_ff @(posedge clk_i) begin
        if (re_i) rdata_o <= mem[raddr_i];
    end
endmodule

/* verilator tracing_on */
`default_nettype wire
