// SPDX-License-Identifier: Apache-2.0
// proof_tlp_tx: TLPs leave whole, none is lost or made up, only what has credit begins, and no source waits for ever.
`default_nettype none
`include "proof.svh"

module proof_tlp_tx (
    input wire logic         clk_i,
    input wire logic         cpl_valid_i,
    input wire logic [127:0] cpl_hdr_i,
    input wire logic [63:0]  cpl_data_i,
    input wire logic         rd_valid_i,
    input wire logic [127:0] rd_hdr_i,
    input wire logic         wr_valid_i,
    input wire logic         wr_eop_i,
    input wire logic [127:0] wr_hdr_i,
    input wire logic [63:0]  wr_data_i,
    input wire logic         wr_more_i,      // dma_wr takes a command,
    input wire logic         wr_done_i,      // and one leaves it
    input wire logic         wr_stuck_i,
    input wire logic         tx_tlp_ready_i,
    input wire logic         tx_posted_ok_i,
    input wire logic         tx_non_posted_ok_i,
    input wire logic         tx_completion_ok_i
);
    `PROOF_RESET
    logic         cpl_ready, rd_ready, wr_ready, valid, sop, eop;
    logic [127:0] hdr;
    logic [63:0]  data;
    logic         in_write_q = 1'b0;   // dma_wr is inside a TLP
    always_ff @(posedge clk_i) if (wr_valid_i && wr_ready && rst_n) in_write_q <= !wr_eop_i;

    logic [3:0] pending_q = 4'd0;      // commands in dma_wr
    always_ff @(posedge clk_i) pending_q <= rst_n ? pending_q + 4'(wr_more_i) - 4'(wr_done_i) : 4'd0;
    `ASSUME(!(wr_more_i && pending_q == 4'd11) && !(wr_done_i && pending_q == 4'd0))

    tlp_tx #(.DataWidth(64)) u_dut (
        .clk_i, .rst_ni(rst_n), .cpl_valid_i, .cpl_ready_o(cpl_ready), .cpl_hdr_i, .cpl_data_i,
        .rd_valid_i, .rd_ready_o(rd_ready), .rd_hdr_i,
        .wr_valid_i, .wr_ready_o(wr_ready), .wr_sop_i(!in_write_q), .wr_eop_i, .wr_hdr_i, .wr_data_i,
        .wr_pending_i(pending_q), .wr_done_i, .wr_stuck_i,
        .tx_tlp_valid_o(valid), .tx_tlp_ready_i, .tx_tlp_sop_o(sop), .tx_tlp_eop_o(eop), .tx_tlp_hdr_o(hdr), .tx_tlp_data_o(data),
        .tx_posted_ok_i, .tx_non_posted_ok_i, .tx_completion_ok_i);

    // Who offers, offers the same until it is taken; nothing that the link has seen is taken back.
    logic         cpl_waits_q = 1'b0, rd_waits_q = 1'b0, wr_waits_q = 1'b0, held_q = 1'b0, wr_eop_q;
    logic [127:0] cpl_hdr_q, rd_hdr_q, wr_hdr_q, hdr_q;
    logic [63:0]  cpl_data_q, wr_data_q, data_q;
    always_ff @(posedge clk_i) begin
        cpl_waits_q <= rst_n && cpl_valid_i && !cpl_ready;
        rd_waits_q  <= rst_n && rd_valid_i && !rd_ready;
        wr_waits_q  <= rst_n && wr_valid_i && !wr_ready;
        held_q      <= rst_n && valid && !tx_tlp_ready_i;
        {cpl_hdr_q, cpl_data_q, rd_hdr_q, wr_hdr_q, wr_data_q, wr_eop_q, hdr_q, data_q}
            <= {cpl_hdr_i, cpl_data_i, rd_hdr_i, wr_hdr_i, wr_data_i, wr_eop_i, hdr, data};
    end
    `ASSUME(!cpl_waits_q || (cpl_valid_i && cpl_hdr_i == cpl_hdr_q && cpl_data_i == cpl_data_q))
    `ASSUME(!rd_waits_q || (rd_valid_i && rd_hdr_i == rd_hdr_q))
    `ASSUME(!wr_waits_q || (wr_valid_i && wr_hdr_i == wr_hdr_q && wr_data_i == wr_data_q && wr_eop_i == wr_eop_q))

    logic cpl_taken, rd_taken, wr_taken;
    assign cpl_taken = cpl_valid_i && cpl_ready;
    assign rd_taken  = rd_valid_i && rd_ready;
    assign wr_taken  = wr_valid_i && wr_ready;
    logic open_q = 1'b0;               // the link has the beginning of a TLP, but not its end
    always_ff @(posedge clk_i) if (valid && tx_tlp_ready_i && rst_n) open_q <= !eop;
    // Commands that were there when a completion came and have not left.
    logic [3:0] ahead_q = 4'd0, ahead;
    assign ahead = cpl_waits_q ? ahead_q : pending_q;
    always_ff @(posedge clk_i) ahead_q <= ahead - 4'(wr_done_i && ahead != 4'd0);
    // What began while a read, or a write, had credit and waited for its turn. Completions go first, and have none.
    logic [1:0] rd_passed_q = 2'd0, wr_passed_q = 2'd0;
    always_ff @(posedge clk_i) begin
        if (!rst_n || !rd_valid_i || !tx_non_posted_ok_i || rd_taken) rd_passed_q <= 2'd0;
        else if (wr_taken && !in_write_q) rd_passed_q <= rd_passed_q + 2'd1;
        if (!rst_n || !wr_valid_i || !tx_posted_ok_i || wr_taken) wr_passed_q <= 2'd0;
        else if (rd_taken) wr_passed_q <= wr_passed_q + 2'd1;
    end

    `PROVE(OneIsTakenWhenOneLeaves, {1'b0, cpl_taken} + {1'b0, rd_taken} + {1'b0, wr_taken} == {1'b0, valid && tx_tlp_ready_i})
    `PROVE(LeavesAsItCame, (!cpl_taken || (hdr == cpl_hdr_i && data == cpl_data_i && sop && eop)) && (!rd_taken || (hdr == rd_hdr_i && sop && eop))
                           && (!wr_taken || (hdr == wr_hdr_i && data == wr_data_i && sop == !in_write_q && eop == wr_eop_i)))
    `PROVE(NothingInsideAWrite, !valid || (sop == !open_q && (!open_q || (!cpl_taken && !rd_taken))))
    `PROVE(BeginsWithCredit, held_q || ((!cpl_taken || tx_completion_ok_i) && (!rd_taken || tx_non_posted_ok_i)
                                        && (!wr_taken || in_write_q || tx_posted_ok_i)))
    `PROVE(StaysUntilItIsTaken, !held_q || (valid && hdr == hdr_q && data == data_q))
    `PROVE(OffersWhenOneMayBegin, valid || in_write_q || !((cpl_valid_i && tx_completion_ok_i && (ahead == 4'd0 || wr_stuck_i)) || (rd_valid_i && tx_non_posted_ok_i)
                                  || (wr_valid_i && tx_posted_ok_i)))
    `PROVE(CompletionsPassNoWrite, !cpl_taken || held_q || ahead == 4'd0 || wr_stuck_i)
    `PROVE(ReadsAndWritesTakeTurns, rd_passed_q < 2'd2 && wr_passed_q < 2'd2)
    `REACH(WriteOfSeveralBeats, open_q && wr_taken && cpl_valid_i && rd_valid_i)
    `REACH(ReadPassesBlockedWrite, rd_taken && wr_valid_i && !tx_posted_ok_i)
    `REACH(CompletionWaits, cpl_taken && cpl_waits_q && ahead_q == 4'd1 && ahead == 4'd1 && wr_stuck_i)
    `REACH(Turns, rd_passed_q == 2'd1 && rd_taken)
endmodule

`default_nettype wire
