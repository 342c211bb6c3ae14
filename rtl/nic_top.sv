// SPDX-License-Identifier: Apache-2.0
// nic_top: a VIRTIO 1.2 network device with packed virtqueues behind a PCI Express endpoint.
//
// Ports are the two links and nothing else: transaction layer packets on one side, Ethernet frames on the other. A TLP is a header,
// valid with its first beat, and data beats that begin at byte 0 with the first payload DW; a TLP without data is one beat.
//
// Spec: [V] VIRTIO 1.2  [P] PCI Express Base 5.0  [E] IEEE 802.3
`default_nettype none

module nic_top #(
    parameter int unsigned DataWidth    = 256,   // bits of a beat: 64, 128, 256 or 512
    parameter int unsigned QueuePairs   = 1,
    parameter int unsigned MaxQueueSize = 1024,  // power of two, 32 to 1024 for stock drivers
    parameter int unsigned Tags         = 256    // reads in flight, power of two up to 256
) (
    input  wire  logic                 clk_i,
    input  wire  logic                 rst_ni,

    // TLPs from the link. ready may be low for requests only; completions are always taken.
    input  wire  logic                 rx_tlp_valid_i,
    output       logic                 rx_tlp_ready_o,
    input  wire  logic                 rx_tlp_sop_i,
    input  wire  logic                 rx_tlp_eop_i,
    input  wire  logic [127:0]         rx_tlp_hdr_i,
    input  wire  logic [DataWidth-1:0] rx_tlp_data_i,

    // TLPs to the link. *_ok_i: the link can take one more TLP of that kind, of up to MPS bytes.
    output       logic                 tx_tlp_valid_o,
    input  wire  logic                 tx_tlp_ready_i,
    output       logic                 tx_tlp_sop_o,
    output       logic                 tx_tlp_eop_o,
    output       logic [127:0]         tx_tlp_hdr_o,
    output       logic [DataWidth-1:0] tx_tlp_data_o,
    input  wire  logic                 tx_posted_ok_i,
    input  wire  logic                 tx_non_posted_ok_i,
    input  wire  logic                 tx_completion_ok_i,

    // Frames to the wire, destination address to FCS; bytes counts the valid bytes of a beat, all of them but in the last.
    output       logic                 mac_tx_valid_o,
    input  wire  logic                 mac_tx_ready_i,
    output       logic                 mac_tx_last_o,
    output       logic [6:0]           mac_tx_bytes_o,
    output       logic [DataWidth-1:0] mac_tx_data_o,

    // Frames from the wire, which cannot wait. error marks a last beat whose frame the PHY found damaged.
    input  wire  logic                 mac_rx_valid_i,
    input  wire  logic                 mac_rx_last_i,
    input  wire  logic                 mac_rx_error_i,
    input  wire  logic [6:0]           mac_rx_bytes_i,
    input  wire  logic [DataWidth-1:0] mac_rx_data_i,

    input  wire  logic                 link_up_i,      // carrier
    input  wire  logic [47:0]          mac_address_i,  // permanent address; bits 7:0 are its first byte on the wire
    input  wire  logic [63:0]          cycle_i,        // free-running count of clk_i, also over skipped idle time

    // No state but what cycle_i gives would change at the next edges while the inputs stay quiet.
    output       logic                 idle_o,

    // Trace points of rtl/regmap/trace.def; removed by synthesis when left open.
    output       logic [12:0]          trace_valid_o,
    output       logic [13*64-1:0]     trace_data_o
);
endmodule

`default_nettype wire
