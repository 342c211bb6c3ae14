// SPDX-License-Identifier: Apache-2.0
// tlp_rx: sorts the packets that arrive from the link into completions and requests.
//
// The pins end in registers, so that nothing behind hangs on them. Completions pass straight through and are always taken: the
// device asked for them and reserved their room, and a request that waits must never hold one up ([P] 2.6.1 infinite completion
// credits). Requests go into a short queue with at most two double words of payload, more than any register access has; while it is
// full the link waits (ready low) with whatever is no completion.
// Dropped here, with stat_bad_o: posted writes that are longer, or poisoned ([P] 2.7.2), completions of locked reads, which nobody
// asked for and nobody may answer, and what has no type that [P] defines: it is malformed, and cannot be answered. Messages are
// dropped without a word ([P] 2.2.8). Any other request goes on to pcie_target, which answers what it does not support.
//
// Spec: [P] PCI Express Base 5.0
`default_nettype none
`include "check.svh"

module tlp_rx #(
    parameter int unsigned DataWidth = 256  // bits of a beat, 64 or more
) (
    input  wire  logic                 clk_i,
    input  wire  logic                 rst_ni,

    // From the link; ready depends on the header that is offered, and on nothing behind it.
    input  wire  logic                 rx_tlp_valid_i,
    output       logic                 rx_tlp_ready_o,
    input  wire  logic                 rx_tlp_sop_i,
    input  wire  logic                 rx_tlp_eop_i,
    input  wire  logic [127:0]         rx_tlp_hdr_i,
    input  wire  logic [DataWidth-1:0] rx_tlp_data_i,

    // Completions, a cycle later; the header is that of the whole packet.
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

    output       logic                 stat_bad_o, // a packet was dropped
    output       logic                 idle_o
);
    localparam int unsigned Depth = 16;
    localparam int unsigned CountW = $clog2(Depth + 1);

    // ---- The beat of the cycle before; its header stays until the next packet.
    logic                 beat_q, sop_q, eop_q;
    logic [127:0]         hdr_q;
    logic [DataWidth-1:0] data_q;
    logic [CountW-1:0]    count;
    logic                 taken, offers_cpl;

    function logic completion(input logic [7:0] fmt_type);
        completion = fmt_type == 8'(regmap_pkg::TLP_TYPE_CPL) || fmt_type == 8'(regmap_pkg::TLP_TYPE_CPLD);
    endfunction
    assign offers_cpl     = completion(rx_tlp_hdr_i[regmap_pkg::TLP_FMT_TYPE_LSB +: 8]);
    // One request may be in the register.
    assign rx_tlp_ready_o = rst_ni && (count < CountW'(Depth - 1) || !rx_tlp_sop_i || offers_cpl);
    assign taken          = rx_tlp_valid_i && rx_tlp_ready_o;

    always_ff @(posedge clk_i) begin
        if (!rst_ni) beat_q <= 1'b0;
        else beat_q <= taken;
        if (taken) begin
            sop_q  <= rx_tlp_sop_i;
            eop_q  <= rx_tlp_eop_i;
            data_q <= rx_tlp_data_i;
            if (rx_tlp_sop_i) hdr_q <= rx_tlp_hdr_i;
        end
    end

    // ---- What it is.
    logic [7:0] fmt_type;
    logic [9:0] length;
    logic       is_cpl, is_posted_write, is_message, is_locked, is_long, is_defined, is_bad, push, room;

    assign fmt_type        = hdr_q[regmap_pkg::TLP_FMT_TYPE_LSB +: 8];
    assign is_cpl          = completion(fmt_type);
    assign is_posted_write = fmt_type == 8'(regmap_pkg::TLP_TYPE_MWR32) || fmt_type == 8'(regmap_pkg::TLP_TYPE_MWR64);
    assign is_message      = (fmt_type & 8'(regmap_pkg::TLP_TYPE_MSG_MASK)) == 8'(regmap_pkg::TLP_TYPE_MSG);
    assign length          = hdr_q[regmap_pkg::TLP_LENGTH_LSB +: 10];
    assign is_long         = length > 10'd2 || length == '0;  // 0 is 1024
    assign is_locked       = fmt_type == 8'(regmap_pkg::TLP_TYPE_CPLLK) || fmt_type == 8'(regmap_pkg::TLP_TYPE_CPLDLK);
    // [P] table 2-3, without messages and completions: requests, with or without data, with three or four double words of header.
    always_comb begin
        is_defined = 1'b0;
        if (beat_q && sop_q) begin
            case (fmt_type[4:0])
                5'b00000: is_defined = !fmt_type[7];                                       // memory
                5'b00001, 5'b01100, 5'b01101, 5'b01110:                                    // locked read, atomic operations
                    is_defined = !fmt_type[7] && fmt_type[6] == (fmt_type[3:0] != 4'b0001);
                5'b00010, 5'b00100, 5'b00101, 5'b11011: is_defined = fmt_type[7:5] == 3'b000 || fmt_type[7:5] == 3'b010;   // I/O, configuration
                default: is_defined = is_cpl || is_message;
            endcase
        end
    end
    assign is_bad          = is_locked || !is_defined || (is_posted_write && (is_long || hdr_q[regmap_pkg::TLP_EP_BIT]));

    assign cpl_valid_o = beat_q && is_cpl;
    assign cpl_sop_o   = sop_q;
    assign cpl_eop_o   = eop_q;
    assign cpl_hdr_o   = hdr_q;
    assign cpl_data_o  = data_q;
    assign push        = beat_q && sop_q && !is_cpl && !is_message && !is_bad;
    assign stat_bad_o  = beat_q && sop_q && is_bad;

    fifo #(.Width(192), .Depth(Depth)) u_requests (
        .clk_i, .rst_ni, .flush_i(1'b0),
        .valid_i(push), .ready_o(room), .data_i({data_q[63:0], hdr_q}),
        .valid_o(req_valid_o), .ready_i(req_ready_i), .data_o({req_data_o, req_hdr_o}),
        .count_o(count)
    );
    assign idle_o = !beat_q && !req_valid_o;

    `CHECK(CompletionNeverWaits, !(rx_tlp_valid_i && rx_tlp_sop_i && offers_cpl) || rx_tlp_ready_o,
           "[P] 2.6.1 completions must not be held up")
    `CHECK(RequestHasRoom, !push || room, "tlp_rx: a request that was taken has no room")
endmodule

`default_nettype wire
