// SPDX-License-Identifier: Apache-2.0
// tlp_tx: joins everything that goes up into one TLP stream.
//
// Three sources: completions for the host's own reads (first, they are rare and somebody waits), DMA reads and DMA writes (in turn). A
// kind without credit does not hold up the others: posted requests must be able to pass blocked non-posted ones, or both ends could
// wait for each other for ever ([P] 2.4.1, table 2-39, A5). A TLP that was begun is finished.
//
// A completion stays behind the writes that were there when it came ([P] 2.4.1, table 2-40, D2a): who reads a register has what the
// device wrote before, messages of MSI-X too. With bus master enable off writes stay where they are, and it does not wait for them.
//
// Spec: [P] PCI Express Base 5.0
`default_nettype none
`include "check.svh"

module tlp_tx #(
    parameter int unsigned DataWidth = 256,
    parameter int unsigned PendingW  = 4      // bits of wr_pending_i
) (
    input  wire  logic                 clk_i,
    input  wire  logic                 rst_ni,

    // from pcie_target: completions of one beat
    input  wire  logic                 cpl_valid_i,
    output       logic                 cpl_ready_o,
    input  wire  logic [127:0]         cpl_hdr_i,
    input  wire  logic [63:0]          cpl_data_i,
    // from dma_rd: read requests of one beat
    input  wire  logic                 rd_valid_i,
    output       logic                 rd_ready_o,
    input  wire  logic [127:0]         rd_hdr_i,
    // from dma_wr
    input  wire  logic                 wr_valid_i,
    output       logic                 wr_ready_o,
    input  wire  logic                 wr_sop_i,
    input  wire  logic                 wr_eop_i,
    input  wire  logic [127:0]         wr_hdr_i,
    input  wire  logic [DataWidth-1:0] wr_data_i,
    input  wire  logic [PendingW-1:0]  wr_pending_i,   // commands of dma_wr that have not left
    input  wire  logic                 wr_done_i,      // pulse: the oldest of them leaves
    input  wire  logic                 wr_stuck_i,     // none of them can leave

    // to the link
    output       logic                 tx_tlp_valid_o,
    input  wire  logic                 tx_tlp_ready_i,
    output       logic                 tx_tlp_sop_o,
    output       logic                 tx_tlp_eop_o,
    output       logic [127:0]         tx_tlp_hdr_o,
    output       logic [DataWidth-1:0] tx_tlp_data_o,
    input  wire  logic                 tx_posted_ok_i,
    input  wire  logic                 tx_non_posted_ok_i,
    input  wire  logic                 tx_completion_ok_i
);
    logic in_write_q;   // inside a write of several beats
    logic read_turn_q;  // the last TLP was a write
    logic cpl_can, rd_can, wr_can;
    logic pick_cpl, pick_rd, pick_wr;

    logic                waits_q;       // a completion was there in the cycle before
    logic [PendingW-1:0] behind_q;      // commands that were in front of it then
    logic [PendingW-1:0] behind;        // and are so now; what dma_wr has forgotten is not waited for
    assign behind = waits_q && behind_q < wr_pending_i ? behind_q : wr_pending_i;

    assign cpl_can  = cpl_valid_i && tx_completion_ok_i && !in_write_q && (behind == '0 || wr_stuck_i);
    assign rd_can   = rd_valid_i && tx_non_posted_ok_i && !in_write_q;
    assign wr_can   = wr_valid_i && (in_write_q || tx_posted_ok_i);
    // What was offered stays until it is taken.
    logic       held_q;
    logic [2:0] offer_q;
    assign pick_cpl = held_q ? offer_q[0] : cpl_can;
    assign pick_rd  = held_q ? offer_q[1] : !cpl_can && rd_can && (read_turn_q || !wr_can);
    assign pick_wr  = held_q ? offer_q[2] : !cpl_can && wr_can && !pick_rd;

    always_comb begin
        tx_tlp_hdr_o  = '0;
        tx_tlp_data_o = '0;
        if (pick_cpl) begin
            tx_tlp_hdr_o  = cpl_hdr_i;
            tx_tlp_data_o = DataWidth'(cpl_data_i);
        end else if (pick_rd) begin
            tx_tlp_hdr_o  = rd_hdr_i;
        end else if (pick_wr) begin
            tx_tlp_hdr_o  = wr_hdr_i;
            tx_tlp_data_o = wr_data_i;
        end
    end
    assign tx_tlp_valid_o = pick_cpl || pick_rd || pick_wr;
    assign tx_tlp_sop_o   = !pick_wr || wr_sop_i;
    assign tx_tlp_eop_o   = !pick_wr || wr_eop_i;
    assign cpl_ready_o    = pick_cpl && tx_tlp_ready_i;
    assign rd_ready_o     = pick_rd && tx_tlp_ready_i;
    assign wr_ready_o     = pick_wr && tx_tlp_ready_i;

    always_ff @(posedge clk_i) begin
        if (!rst_ni) begin
            in_write_q  <= 1'b0;
            read_turn_q <= 1'b0;
            held_q      <= 1'b0;
            waits_q     <= 1'b0;
        end else begin
            waits_q  <= cpl_valid_i && !cpl_ready_o;
            behind_q <= behind - PendingW'(wr_done_i && behind != '0);
            held_q  <= tx_tlp_valid_o && !tx_tlp_ready_i;
            offer_q <= {pick_wr, pick_rd, pick_cpl};
            if (wr_ready_o) in_write_q <= !wr_eop_i;
            if (wr_ready_o && wr_eop_i) read_turn_q <= 1'b1;
            else if (rd_ready_o) read_turn_q <= 1'b0;
        end
    end

    `CHECK(WriteBeginsWithSop, !(wr_valid_i && !in_write_q) || wr_sop_i, "[P] 2.2: a TLP must begin with its header")
endmodule

`default_nettype wire
