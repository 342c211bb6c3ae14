// SPDX-License-Identifier: Apache-2.0
// proof_window_ram: a byte reads as what was written to its address last, from whatever beat it is read and was written.
//
// One byte, any one, is followed. A read in the cycle of a write brings the old contents.
`default_nettype none
`include "proof.svh"

module proof_window_ram #(
    parameter int unsigned DataWidth    = 32,
    parameter int unsigned Bytes        = 16,
    parameter int unsigned Lane         = 1,
    parameter bit          AlignedWrite = 1'b0
) (
    input wire logic                         clk_i,
    input wire logic                         we_i,
    input wire logic [$clog2(Bytes)-1:0]     waddr_i,
    input wire logic [$clog2(DataWidth/8):0] wlo_i,
    input wire logic [$clog2(DataWidth/8):0] whi_i,
    input wire logic [DataWidth-1:0]         wdata_i,
    input wire logic                         re_i,
    input wire logic [$clog2(Bytes)-1:0]     raddr_i
);
    localparam int unsigned W  = DataWidth / 8;
    localparam int unsigned AW = $clog2(Bytes);
    localparam int unsigned BW = $clog2(W) + 1;
    `PROOF_RESET
    logic [DataWidth-1:0] rdata;
    window_ram #(.DataWidth(DataWidth), .Bytes(Bytes), .Lane(Lane), .AlignedWrite(AlignedWrite)) u_dut (
        .clk_i, .we_i, .waddr_i, .wlo_i, .whi_i, .wdata_i, .re_i, .raddr_i, .rdata_o(rdata));

    // The byte that is followed, and where it is in the beat that is written and in the one that is read.
    (* anyconst *) logic [AW-1:0] where;
    logic [AW-1:0] wofs, rofs;
    logic          written;
    assign wofs    = where - waddr_i;
    assign rofs    = where - raddr_i;
    assign written = we_i && wofs < AW'(W) && (AlignedWrite || ({1'b0, wofs} >= (AW+1)'(wlo_i) && {1'b0, wofs} < (AW+1)'(whi_i)));
    logic          known_q = 1'b0, check_q = 1'b0;
    logic [7:0]    byte_q, want_q;
    logic [AW-1:0] at_q;
    always_ff @(posedge clk_i) begin
        if (written) begin
            known_q <= 1'b1;
            byte_q  <= wdata_i[wofs[BW-2:0]*8 +: 8];
        end
        if (re_i) begin
            check_q <= known_q && rofs < AW'(W);
            want_q  <= byte_q;
            at_q    <= rofs;
        end
    end

    always @* assume (wlo_i <= whi_i && whi_i <= BW'(W));
    always @* assume (waddr_i % AW'(Lane) == '0 && raddr_i % AW'(Lane) == '0 && wlo_i % BW'(Lane) == '0 && whi_i % BW'(Lane) == '0);
    always @* assume (!AlignedWrite || waddr_i % AW'(W) == '0);
    `PROVE(ReadsWhatWasWritten, !check_q || rdata[at_q[BW-2:0]*8 +: 8] == want_q)
    `REACH(ReadAcrossTheEnd, check_q && where < AW'(W - 1) && at_q > AW'(where))
    `REACH(OldContentsInTheCycleOfAWrite, re_i && written && known_q && rofs < AW'(W))
endmodule

`default_nettype wire
