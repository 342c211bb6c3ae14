// SPDX-License-Identifier: Apache-2.0
// nic_loop: the ports of nic_top, and behind them only two FIFOs: every TLP goes back to the link, every frame back to the wire.
//
// Each accepted first beat reports cycle_i and cycles_per_us_i at trace point 11, each last frame beat sent at trace point 3, so that a
// test sees on which edges the adapter clocked. A configuration write (type 44) breaks an assertion on purpose; a memory write whose
// address bit 31 is set comes back with its end one beat early, if it has two; the data of one whose address bit 30 is set changes while
// a beat behind its first waits for ready.
`default_nettype none
`include "check.svh"

module nic_loop #(
    parameter int unsigned DataWidth = 256
) (
    input  wire  logic                 clk_i,
    input  wire  logic                 rst_ni,
    input  wire  logic                 rx_tlp_valid_i,
    output       logic                 rx_tlp_ready_o,
    input  wire  logic                 rx_tlp_sop_i,
    input  wire  logic                 rx_tlp_eop_i,
    input  wire  logic [127:0]         rx_tlp_hdr_i,
    input  wire  logic [DataWidth-1:0] rx_tlp_data_i,
    output       logic                 tx_tlp_valid_o,
    input  wire  logic                 tx_tlp_ready_i,
    output       logic                 tx_tlp_sop_o,
    output       logic                 tx_tlp_eop_o,
    output       logic [127:0]         tx_tlp_hdr_o,
    output       logic [DataWidth-1:0] tx_tlp_data_o,
    input  wire  logic                 tx_posted_ok_i,
    input  wire  logic                 tx_non_posted_ok_i,
    input  wire  logic                 tx_completion_ok_i,
    output       logic                 mac_tx_valid_o,
    input  wire  logic                 mac_tx_ready_i,
    output       logic                 mac_tx_last_o,
    output       logic [6:0]           mac_tx_bytes_o,
    output       logic [DataWidth-1:0] mac_tx_data_o,
    input  wire  logic                 mac_rx_valid_i,
    input  wire  logic                 mac_rx_last_i,
    input  wire  logic                 mac_rx_error_i,
    input  wire  logic [6:0]           mac_rx_bytes_i,
    input  wire  logic [DataWidth-1:0] mac_rx_data_i,
    input  wire  logic                 link_up_i,
    input  wire  logic [47:0]          mac_address_i,
    input  wire  logic [63:0]          cycle_i,
    input  wire  logic [15:0]          cycles_per_us_i,
    output       logic                 idle_o,
    output       logic [12:0]          trace_valid_o,
    output       logic [13*64-1:0]     trace_data_o
);
    localparam int unsigned TlpW   = DataWidth + 128 + 2;
    localparam int unsigned FrameW = DataWidth + 7 + 1;

    logic [TlpW-1:0]   tlp_mem   [1024];
    logic [FrameW-1:0] frame_mem [1024];
    logic [9:0]        tlp_wr_q, tlp_rd_q, frame_wr_q, frame_rd_q;
    logic              cut_q, rx_cut;

    // TLPs. A backlog of 1000 beats holds the link up.
    assign rx_tlp_ready_o = (tlp_wr_q - tlp_rd_q) < 10'd1000;
    assign rx_cut         = rx_tlp_hdr_i[31:24] == 8'h40 && rx_tlp_hdr_i[95] && rx_tlp_hdr_i[9:0] > 10'd8;
    assign tx_tlp_valid_o = tlp_wr_q != tlp_rd_q;
    logic [DataWidth-1:0] tx_data;
    logic                 waited_q;
    assign {tx_tlp_sop_o, tx_tlp_eop_o, tx_tlp_hdr_o, tx_data} = tlp_mem[tlp_rd_q];
    assign tx_tlp_data_o = tx_data ^ DataWidth'(waited_q && !tx_tlp_sop_o && tx_tlp_hdr_o[31:24] == 8'h40 && tx_tlp_hdr_o[94]);
    always_ff @(posedge clk_i) waited_q <= rst_ni && tx_tlp_valid_o && !tx_tlp_ready_i;
    wire logic rx_take = rx_tlp_valid_i && rx_tlp_ready_o;

    // Frames.
    assign mac_tx_valid_o = frame_wr_q != frame_rd_q;
    assign {mac_tx_last_o, mac_tx_bytes_o, mac_tx_data_o} = frame_mem[frame_rd_q];

    always_ff @(posedge clk_i) begin
        if (rx_take) tlp_mem[tlp_wr_q] <= {rx_tlp_sop_i, rx_tlp_eop_i || (rx_cut && rx_tlp_sop_i), rx_tlp_hdr_i, rx_tlp_data_i};
        if (mac_rx_valid_i) frame_mem[frame_wr_q] <= {mac_rx_last_i, mac_rx_bytes_i, mac_rx_data_i};
        if (!rst_ni) begin
            tlp_wr_q   <= '0;
            tlp_rd_q   <= '0;
            frame_wr_q <= '0;
            frame_rd_q <= '0;
            cut_q      <= 1'b0;
        end else begin
            cut_q <= rx_take && !rx_tlp_eop_i && (cut_q || rx_cut);
            if (rx_take) tlp_wr_q <= tlp_wr_q + 10'd1;
            if (tx_tlp_valid_o && tx_tlp_ready_i) tlp_rd_q <= tlp_rd_q + 10'd1;
            if (mac_rx_valid_i) frame_wr_q <= frame_wr_q + 10'd1;
            if (mac_tx_valid_o && mac_tx_ready_i) frame_rd_q <= frame_rd_q + 10'd1;
        end
    end

    // The age of the last TLP, as a register that follows cycle_i.
    logic [63:0] cycle_q;
    always_ff @(posedge clk_i) cycle_q <= cycle_i;

    assign idle_o = !tx_tlp_valid_o && !mac_tx_valid_o;

    always_comb begin
        trace_valid_o = '0;
        trace_data_o  = '0;
        trace_valid_o[11] = rx_take && rx_tlp_sop_i && rst_ni;
        trace_data_o[64*11 +: 64] = {cycles_per_us_i, cycle_q[15:0], 16'd0, cycle_i[15:0]};
        trace_valid_o[3] = mac_tx_valid_o && mac_tx_ready_i && mac_tx_last_o;
        trace_data_o[64*3 +: 64] = {32'd0, 16'd1, cycle_i[15:0]};
    end

    `CHECK(NoConfigWrite, !(rx_take && rx_tlp_sop_i && rx_tlp_hdr_i[31:24] == 8'h44), "[V] 4.1.4.9 a test breaks this rule")

    wire logic unused = &{1'b0, mac_rx_error_i, link_up_i, mac_address_i, tx_posted_ok_i, tx_non_posted_ok_i, tx_completion_ok_i};
endmodule

`default_nettype wire
