// SPDX-License-Identifier: Apache-2.0
// tlp_rx: sorts the packets that arrive from the link into completions and requests.
//
// Completions pass straight through and are always taken: the device asked for them and reserved their room, and a request that
// waits must never hold one up ([P] 2.6.1 infinite completion credits). Requests go into a short queue with at most two double
// words of payload, more than any register access has; the link waits (ready low) only with a request for which there is no room.
// Dropped here, with stat_bad_o: posted writes that are longer, or poisoned ([P] 2.7.2), and completions of locked reads, which
// nobody asked for and nobody may answer. Messages are dropped without a word ([P] 2.2.8). Any other request goes on to
// pcie_target, which answers what it does not support.
//
// Spec: [P] PCI Express Base 5.0
`default_nettype none
`include "check.svh"

module tlp_rx #(
    parameter int unsigned DataWidth = 256  // bits of a beat, 64 or more
) (
    input  wire  logic                 clk_i,
    input  wire  logic                 rst_ni,

    // From the link; ready depends on the header that is offered.
    input  wire  logic                 rx_tlp_valid_i,
    output       logic                 rx_tlp_ready_o,
    input  wire  logic                 rx_tlp_sop_i,
    input  wire  logic                 rx_tlp_eop_i,
    input  wire  logic [127:0]         rx_tlp_hdr_i,
    input  wire  logic [DataWidth-1:0] rx_tlp_data_i,

    // Completions, a cycle later, so that nothing behind hangs on the pins; the header is valid with sop.
    output       logic                 cpl_valid_o,
    output       logic                 cpl_sop_o,
    output       logic                 cpl_eop_o,
    output       logic [127:0]         cpl_hdr_o,
    output       logic [DataWidth-1:0] cpl_data_o,

    // Requests, to pcie_target: header and the first two double words of payload.
    output       logic                 req_valid_o,
    input  wire  logic                 req_ready_i,
    output       logic [127:0]         req_hdr_o,
    output       logic [63:0]          req_data_o,

    output       logic                 stat_bad_o  // a packet was dropped
);
    localparam int unsigned Depth = 16;

    logic [7:0] fmt_type;
    logic [9:0] length;
    logic       is_cpl, is_posted_write, is_message, is_locked, is_long, is_bad;
    logic       cpl_q;  // the packet whose later beats arrive is a completion
    logic       push, room;

    assign fmt_type        = rx_tlp_hdr_i[regmap_pkg::TLP_FMT_TYPE_LSB +: 8];
    assign is_cpl          = fmt_type == 8'(regmap_pkg::TLP_TYPE_CPL) || fmt_type == 8'(regmap_pkg::TLP_TYPE_CPLD);
    assign is_posted_write = fmt_type == 8'(regmap_pkg::TLP_TYPE_MWR32) || fmt_type == 8'(regmap_pkg::TLP_TYPE_MWR64);
    assign is_message      = (fmt_type & 8'(regmap_pkg::TLP_TYPE_MSG_MASK)) == 8'(regmap_pkg::TLP_TYPE_MSG);
    assign length          = rx_tlp_hdr_i[regmap_pkg::TLP_LENGTH_LSB +: 10];
    assign is_long         = length > 10'd2 || length == '0;  // 0 is 1024
    assign is_locked       = fmt_type == 8'(regmap_pkg::TLP_TYPE_CPLLK) || fmt_type == 8'(regmap_pkg::TLP_TYPE_CPLDLK);
    assign is_bad          = is_locked || (is_posted_write && (is_long || rx_tlp_hdr_i[regmap_pkg::TLP_EP_BIT]));

    assign push           = rx_tlp_valid_i && rx_tlp_sop_i && !is_cpl && !is_message && !is_bad;
    assign rx_tlp_ready_o = !push || room;

    logic cpl_beat;
    assign cpl_beat    = rx_tlp_valid_i && (rx_tlp_sop_i ? is_cpl : cpl_q);
    assign stat_bad_o  = rx_tlp_valid_i && rx_tlp_sop_i && is_bad;

    always_ff @(posedge clk_i) begin
        if (!rst_ni) begin
            cpl_q       <= 1'b0;
            cpl_valid_o <= 1'b0;
        end else begin
            cpl_valid_o <= cpl_beat;
            if (rx_tlp_valid_i && rx_tlp_sop_i) cpl_q <= is_cpl;
        end
        if (cpl_beat) begin
            cpl_sop_o  <= rx_tlp_sop_i;
            cpl_eop_o  <= rx_tlp_eop_i;
            cpl_data_o <= rx_tlp_data_i;
            if (rx_tlp_sop_i) cpl_hdr_o <= rx_tlp_hdr_i;
        end
    end

    logic [$clog2(Depth+1)-1:0] count;
    fifo #(.Width(192), .Depth(Depth)) u_requests (
        .clk_i, .rst_ni, .flush_i(1'b0),
        .valid_i(push), .ready_o(room), .data_i({rx_tlp_data_i[63:0], rx_tlp_hdr_i}),
        .valid_o(req_valid_o), .ready_i(req_ready_i), .data_o({req_data_o, req_hdr_o}),
        .count_o(count)
    );
    logic unused;
    assign unused = &{1'b0, count};

    `CHECK(CompletionNeverWaits, !cpl_beat || rx_tlp_ready_o, "[P] 2.6.1 completions must not be held up")
endmodule

`default_nettype wire
