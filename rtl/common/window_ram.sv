// SPDX-License-Identifier: Apache-2.0
// window_ram: a RAM that is written and read a beat at a time at any byte address.
//
// This is what makes gather and scatter free of alignment: a beat that starts anywhere touches two neighbouring words, and these lie
// in two banks (even and odd words), so that one cycle is enough. Addresses wrap at the end of the RAM.
//
// Write: bytes [wlo_i, whi_i) of the beat go to waddr_i + byte number. Read: rdata_o is the beat that starts at raddr_i, one cycle after
// re_i, and holds while re_i is low. Lane is the granularity of writes in bytes, ReadLane that of reads: addresses and limits are multiples
// of them.
`default_nettype none

module window_ram #(
    parameter int unsigned DataWidth    = 256,   // bits of a beat
    parameter int unsigned Bytes        = 4096,  // capacity, a power of two, at least four beats
    parameter int unsigned Lane         = 1,
    parameter int unsigned ReadLane     = Lane,
    parameter bit          AlignedWrite = 1'b0   // every write is one whole word
) (
    input  wire  logic                           clk_i,
    input  wire  logic                           we_i,
    input  wire  logic [$clog2(Bytes)-1:0]       waddr_i,
    input  wire  logic [$clog2(DataWidth/8):0]   wlo_i,
    input  wire  logic [$clog2(DataWidth/8):0]   whi_i,
    input  wire  logic [DataWidth-1:0]           wdata_i,
    input  wire  logic                           re_i,
    input  wire  logic [$clog2(Bytes)-1:0]       raddr_i,
    output       logic [DataWidth-1:0]           rdata_o
);
    localparam int unsigned W    = DataWidth / 8;
    localparam int unsigned LgW  = $clog2(W);
    localparam int unsigned AW   = $clog2(Bytes);
    localparam int unsigned RowW = AW - LgW - 1;
    localparam int unsigned LgL  = $clog2(Lane);
    localparam int unsigned LgR  = $clog2(ReadLane);

    // Word k is in bank k[0]. Of the words k and k + 1, the odd one is always in row k >> 1 and the even one in row (k + 1) >> 1.
    logic [AW-LgW-1:0]      wword, rword;
    logic [AW-LgW-1:0]      wnext, rnext;
    logic [LgW-1:0]         wofs, rofs, rofs_q;
    logic                   rodd_q, ractive_q;
    logic                   we0, we1;
    /* verilator tracing_off */  // the ports' data at another place in a word: comparing it each cycle is what a waveform costs
    logic [2*DataWidth-1:0] wdata2, wmask2, rdata2;
    logic [DataWidth-1:0]   wmask0, wmask1, wdata0, wdata1, rdata0, rdata1;
    /* verilator tracing_on */

    assign wword = waddr_i[AW-1:LgW];
    assign wnext = wword + 1'b1;
    assign rword = raddr_i[AW-1:LgW];
    assign rnext = rword + 1'b1;
    assign wofs  = (waddr_i[LgW-1:0] >> LgL) << LgL;
    assign rofs  = (raddr_i[LgW-1:0] >> LgR) << LgR;

    generate
        if (AlignedWrite) begin : gen_aligned
            assign wdata2 = {wdata_i, wdata_i};
            assign wmask2 = {{DataWidth{1'b0}}, {DataWidth{1'b1}}};
            assign we0 = we_i && !wword[0];
            assign we1 = we_i && wword[0];
            logic unused;
            assign unused = &{1'b0, wlo_i, whi_i, wofs, wnext[0]};
        end else begin : gen_any
            // Data and mask shifted together into a pair of words.
            logic [LgW+1:0] from, to;
            assign from = {2'b00, wofs} + {1'b0, wlo_i};
            assign to   = {2'b00, wofs} + {1'b0, whi_i};
            always_comb begin
                wdata2 = '0;
                wmask2 = '0;
                if (we_i) begin
                    wdata2 = {{DataWidth{1'b0}}, wdata_i} << {wofs, 3'b000};
                    wmask2 = ({2*DataWidth{1'b1}} << {from, 3'b000}) & ~({2*DataWidth{1'b1}} << {to, 3'b000});
                end
            end
            assign we0 = we_i;
            assign we1 = we_i;
            logic unused;
            assign unused = wnext[0];
        end
    endgenerate

    always_comb begin
        wmask0 = '0;
        wmask1 = '0;
        wdata0 = '0;
        wdata1 = '0;
        if (we_i) begin
            wmask0 = wword[0] ? wmask2[2*DataWidth-1:DataWidth] : wmask2[DataWidth-1:0];
            wmask1 = wword[0] ? wmask2[DataWidth-1:0] : wmask2[2*DataWidth-1:DataWidth];
            wdata0 = wword[0] ? wdata2[2*DataWidth-1:DataWidth] : wdata2[DataWidth-1:0];
            wdata1 = wword[0] ? wdata2[DataWidth-1:0] : wdata2[2*DataWidth-1:DataWidth];
        end
    end

    ram_be #(.Width(DataWidth), .Depth(Bytes / W / 2), .Lane(8 * Lane)) u_even (
        .clk_i, .we_i(we0), .waddr_i(wnext[AW-LgW-1 -: RowW]), .wmask_i(AlignedWrite ? {DataWidth{1'b1}} : wmask0), .wdata_i(wdata0),
        .re_i, .raddr_i(rnext[AW-LgW-1 -: RowW]), .rdata_o(rdata0));
    ram_be #(.Width(DataWidth), .Depth(Bytes / W / 2), .Lane(8 * Lane)) u_odd (
        .clk_i, .we_i(we1), .waddr_i(wword[AW-LgW-1 -: RowW]), .wmask_i(AlignedWrite ? {DataWidth{1'b1}} : wmask1), .wdata_i(wdata1),
        .re_i, .raddr_i(rword[AW-LgW-1 -: RowW]), .rdata_o(rdata1));

    always_ff @(posedge clk_i) begin
        ractive_q <= re_i || ractive_q;
        if (re_i) begin
            rofs_q <= rofs;
            rodd_q <= rword[0];
        end
    end

    generate
        if (W / ReadLane <= 4) begin : gen_few_offsets   // a choice of slices, which simulates faster than a shift
            assign rdata2 = rodd_q ? {rdata0, rdata1} : {rdata1, rdata0};
            always_comb begin
                rdata_o = rdata2[DataWidth-1:0];
                for (int k = 1; k < W / ReadLane; k++) begin
                    if (rofs_q == LgW'(k * ReadLane)) rdata_o = rdata2[k * ReadLane * 8 +: DataWidth];
                end
            end
            logic unused_active;
            assign unused_active = ractive_q;
        end else begin : gen_offsets
            always_comb begin
                rdata2 = '0;
                if (ractive_q) begin
                    rdata2 = rodd_q ? {rdata0, rdata1} : {rdata1, rdata0};
                    rdata2 = rdata2 >> {rofs_q, 3'b000};
                end
            end
            assign rdata_o = rdata2[DataWidth-1:0];
        end
    endgenerate

    logic unused_r;
    assign unused_r = rnext[0];
endmodule

`default_nettype wire
