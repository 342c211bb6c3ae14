// SPDX-License-Identifier: Apache-2.0
// proof_dma_rd: the tag table of dma_rd, whatever is asked of it and whatever the host answers: a tag is free, in flight or lost, never
// two of these and never none; it is not issued again before its last completion, also when that is so late that the read was given
// up; and completions of a tag that is neither in flight nor lost do nothing.
//
// Few tags are enough, a few of them short ones: nothing in the table depends on their number, and going round is what is hard. The host
// may send completions of any tag, status, length and byte count at any time, and enable extended tags or not; a period of the timeout may
// end in any cycle. It keeps to the framing of the link: a TLP begins where the last one ended.
`default_nettype none
`include "proof.svh"

module proof_dma_rd #(
    parameter int unsigned Tags      = 4,
    parameter int unsigned ShortTags = 2
) (
    input wire logic             clk_i,
    input wire logic             req_valid_i,
    input wire dma_pkg::rd_req_t req_i,
    input wire logic             rd_ready_i,
    input wire logic             cpl_valid_i,
    input wire logic             cpl_eop_i,
    input wire logic [127:0]     cpl_hdr_i,
    input wire logic [63:0]      cpl_data_i,
    input wire logic [2:0]       mrrs_i,
    input wire logic             ext_tag_i,
    input wire logic             bus_master_i,
    input wire logic             tick_i
);
    localparam int unsigned TagW = $clog2(Tags);
    `PROOF_RESET
    logic         rd_valid, ended;
    logic [7:0]   ended_tag;
    logic [127:0] rd_hdr;
    logic         inside_q = 1'b0;   // a completion was begun
    always_ff @(posedge clk_i) if (cpl_valid_i && rst_n) inside_q <= !cpl_eop_i;

    dma_rd #(.DataWidth(64), .Tags(Tags), .ShortTags(ShortTags)) u_dut (
        .clk_i, .rst_ni(rst_n), .link_ni(rst_n), .abandon_i(1'b0), .tick_i, .req_valid_i, .req_ready_o(), .req_i, .rd_valid_o(rd_valid), .rd_ready_i, .rd_hdr_o(rd_hdr),
        .cpl_valid_i, .cpl_sop_i(!inside_q), .cpl_eop_i, .cpl_hdr_i, .cpl_data_i,
        .wr_valid_o(), .wr_client_o(), .wr_cookie_o(), .wr_dst_o(), .wr_lo_o(), .wr_hi_o(), .wr_data_o(),
        .done_valid_o(), .done_client_o(), .done_cookie_o(), .done_bytes_o(), .done_error_o(),
        .mrrs_i, .ext_tag_i, .bus_master_i, .requester_id_i(16'd0), .stat_read_o(), .stat_error_o(), .ended_o(ended),
        .ended_tag_o(ended_tag), .idle_o());

    // Seen from the link: reads that left, less those that were answered. Any one tag is followed.
    (* anyconst *) logic [TagW-1:0] who;
    logic [1:0] open_q = 2'd0;   // reads with this tag whose last completion did not come
    logic       sent, answered;
    assign sent     = rd_valid && rd_ready_i && rd_hdr[47:40] == 8'(who);
    assign answered = ended && ended_tag == 8'(who);
    always_ff @(posedge clk_i) if (rst_n) open_q <= open_q + {1'b0, sent} - {1'b0, answered};
    // A host answers what it was asked. It may answer otherwise in the other properties.
    logic answers_q = 1'b1;      // so far it did
    always_ff @(posedge clk_i) begin
        if (rst_n && cpl_valid_i && !inside_q && cpl_hdr_i[79:72] == 8'(who) && open_q == 2'd0) answers_q <= 1'b0;
    end

    logic wide_q = 1'b0;         // a tag that is not a short one was used
    always_ff @(posedge clk_i) if (rd_valid && rd_hdr[47:40] >= 8'(ShortTags)) wide_q <= 1'b1;

    `ASSUME(mrrs_i <= 3'd5)
    `ASSUME(req_i.len != 16'd0)
    `PROVE(OneReadATag, !answers_q || open_q < 2'd2)
    `REACH(ShortTagAfterAWideOne, !ext_tag_i && sent && who == '0 && wide_q)
    `REACH(TagAgain, open_q == 2'd0 && sent && who == TagW'(Tags - 1) && rd_hdr[47:40] == 8'd3)
    logic [2:0] late_q = 3'd0;   // periods since this tag was sent first, while it was not answered
    always_ff @(posedge clk_i) begin
        if (!rst_n || answered) late_q <= 3'd0;
        else if (open_q == 2'd1 && tick_i && late_q != 3'd7) late_q <= late_q + 3'd1;
    end
    `REACH(LateAnswer, answered && late_q == 3'd4)
endmodule

`default_nettype wire
