// SPDX-License-Identifier: Apache-2.0
// virtqueues: every virtqueue of the device, side by side, and their interrupts.
//
// Queues are numbered as in [V] 5.1.2: receive 0, 2, ..., transmit 1, 3, ..., the control queue last. Nothing is shared between them but
// the buses they answer on, so that a queue that rests costs nobody anything.
//
// Spec: [V] VIRTIO 1.2
`default_nettype none

module virtqueues #(
    parameter int unsigned DataWidth  = 256,
    parameter int unsigned QueuePairs = 1,
    parameter int unsigned Nq         = 2 * QueuePairs + 1   // DO NOT OVERRIDE
) (
    input  wire  logic                            clk_i,
    input  wire  logic                            rst_ni,
    input  wire  logic                            stop_i,
    input  wire  logic [31:0]                     cycle_i,

    // from virtio_regs and ctrl
    input  wire  logic                            driver_ok_i,
    input  wire  logic [63:0]                     features_i,
    input  wire  logic [Nq-1:0]                   enable_i,
    input  wire  logic [Nq-1:0]                   reset_i,       // of a queue alone, see vq
    output       logic [Nq-1:0]                   reset_done_o,
    input  wire  logic [Nq-1:0]                   irq_sent_i,
    input  wire  logic [Nq*16-1:0]                size_i,
    input  wire  logic [Nq*64-1:0]                desc_i,
    input  wire  logic [Nq*64-1:0]                driver_i,
    input  wire  logic [Nq*16-1:0]                vector_i,
    input  wire  logic                            db_valid_i,
    input  wire  logic [15:0]                     db_queue_i,
    input  wire  logic                            db_has_data_i,
    input  wire  logic [15:0]                     db_data_i,
    input  wire  logic [2*QueuePairs*16-1:0]      coal_packets_i,
    input  wire  logic [2*QueuePairs*32-1:0]      coal_cycles_i,
    input  wire  logic                            tx_quiet_i,
    input  wire  logic                            rx_quiet_i,
    input  wire  logic [2:0]                      mrrs_i,

    // to and from dma_rd
    output       logic [3*Nq-1:0]                 req_valid_o,
    input  wire  logic [3*Nq-1:0]                 req_ready_i,
    output       logic [3*Nq*dma_pkg::RdReqW-1:0] req_o,
    input  wire  logic                            wr_valid_i,
    input  wire  logic [2:0]                      wr_client_i,
    input  wire  logic [15:0]                     wr_cookie_i,
    input  wire  logic [15:0]                     wr_dst_i,
    input  wire  logic [$clog2(DataWidth/8):0]    wr_lo_i,
    input  wire  logic [$clog2(DataWidth/8):0]    wr_hi_i,
    input  wire  logic [DataWidth-1:0]            wr_data_i,
    input  wire  logic                            done_valid_i,
    input  wire  logic [2:0]                      done_client_i,
    input  wire  logic [15:0]                     done_cookie_i,
    input  wire  logic [12:0]                     done_bytes_i,
    input  wire  logic                            done_error_i,

    // to and from dma_wr
    output       logic [Nq-1:0]                   cmd_valid_o,
    input  wire  logic [Nq-1:0]                   cmd_ready_i,
    output       logic [Nq*dma_pkg::WrCmdW-1:0]   cmd_o,
    input  wire  logic                            src_re_i,
    input  wire  logic [1:0]                      src_client_i,
    input  wire  logic [7:0]                      src_queue_i,
    input  wire  logic [15:0]                     src_addr_i,
    output       logic [DataWidth-1:0]            src_data_o,
    input  wire  logic                            wdone_valid_i,
    input  wire  logic [1:0]                      wdone_client_i,
    input  wire  logic [15:0]                     wdone_cookie_i,

    // to and from net_tx, net_rx and ctrl: chains out, used buffers back
    output       logic [Nq-1:0]                   d_valid_o,
    input  wire  logic [Nq-1:0]                   d_ready_i,
    output       logic [Nq*132-1:0]               d_o,
    output       logic [Nq-1:0]                   starved_o,
    input  wire  logic [Nq-1:0]                   rewind_i,
    input  wire  logic [15:0]                     rewind_slot_i,
    input  wire  logic                            rewind_wrap_i,
    input  wire  logic [7:0]                      rewind_chains_i,
    input  wire  logic [Nq-1:0]                   u_valid_i,
    output       logic [Nq-1:0]                   u_ready_o,
    input  wire  logic [97:0]                     u_tx_i,
    input  wire  logic [97:0]                     u_rx_i,
    input  wire  logic [97:0]                     u_ctrl_i,

    // to msix, through the arbiter in nic_top: {queue, vector} of each
    output       logic [Nq-1:0]                   irq_valid_o,
    input  wire  logic [Nq-1:0]                   irq_ready_i,
    output       logic [Nq*32-1:0]                irq_o,

    output       logic [Nq-1:0]                   error_o,
    output       logic                            idle_o,
    output       logic [Nq-1:0]                   trace_read_o,
    output       logic [Nq*32-1:0]                trace_read_data_o,
    output       logic [Nq-1:0]                   trace_used_o,
    output       logic [Nq*48-1:0]                trace_used_data_o
);
    logic [Nq-1:0]           vq_idle;
    logic [Nq*DataWidth-1:0] src_data;
    logic [7:0]              src_queue_q;

    for (genvar q = 0; q < Nq - 1; q++) begin : gen_vq
        localparam bit Tx = q % 2 == 1;
        // A transmit batch is one descriptor however long it is, and the driver has a ring to go on with. A receive group that is
        // full needs no more time: longer than 16 frames of 64 bytes take both ways at the limit of the link.
        vq #(.DataWidth(DataWidth)) u_vq (
            .clk_i, .rst_ni, .queue_i(8'(q)), .used_age_i(Tx ? 8'd240 : 8'd96), .enable_i(driver_ok_i && enable_i[q]), .stop_i,
            .reset_i(reset_i[q]), .reset_done_o(reset_done_o[q]), .irq_sent_i(irq_sent_i[q]), .size_i(size_i[q*16 +: 16]),
            .desc_i(desc_i[q*64 +: 64]), .driver_i(driver_i[q*64 +: 64]), .db_valid_i, .db_queue_i, .db_has_data_i, .db_data_i,
            .batch_i(Tx && features_i[regmap_pkg::VIRTIO_F_IN_ORDER_BIT]), .quiet_i(Tx ? tx_quiet_i : rx_quiet_i), .mrrs_i,
            .event_idx_i(features_i[regmap_pkg::VIRTIO_F_EVENT_IDX_BIT]),
            .indirect_i(features_i[regmap_pkg::VIRTIO_F_INDIRECT_DESC_BIT]),
            .coal_packets_i(coal_packets_i[q*16 +: 16]), .coal_cycles_i(coal_cycles_i[q*32 +: 32]), .cycle_i,
            .req_valid_o(req_valid_o[3*q +: 3]), .req_ready_i(req_ready_i[3*q +: 3]),
            .req_o(req_o[3*q*dma_pkg::RdReqW +: 3*dma_pkg::RdReqW]),
            .wr_valid_i, .wr_client_i, .wr_cookie_i, .wr_dst_i, .wr_lo_i, .wr_hi_i, .wr_data_i,
            .done_valid_i, .done_client_i, .done_cookie_i, .done_bytes_i, .done_error_i,
            .cmd_valid_o(cmd_valid_o[q]), .cmd_ready_i(cmd_ready_i[q]), .cmd_o(cmd_o[q*dma_pkg::WrCmdW +: dma_pkg::WrCmdW]),
            .src_re_i, .src_client_i, .src_queue_i, .src_addr_i, .src_data_o(src_data[q*DataWidth +: DataWidth]),
            .wdone_valid_i, .wdone_client_i, .wdone_cookie_i,
            .d_valid_o(d_valid_o[q]), .d_ready_i(d_ready_i[q]), .d_o(d_o[q*132 +: 132]),
            .rewind_i(!Tx && rewind_i[q]), .rewind_slot_i, .rewind_wrap_i, .rewind_chains_i, .starved_o(starved_o[q]),
            .u_valid_i(u_valid_i[q]), .u_ready_o(u_ready_o[q]), .u_i(Tx ? u_tx_i : u_rx_i),
            .irq_valid_o(irq_valid_o[q]), .irq_ready_i(irq_ready_i[q]), .error_o(error_o[q]), .idle_o(vq_idle[q]),
            .trace_read_o(trace_read_o[q]), .trace_read_data_o(trace_read_data_o[q*32 +: 32]),
            .trace_used_o(trace_used_o[q]), .trace_used_data_o(trace_used_data_o[q*48 +: 48]));
    end

    // Commands are few, and nobody waits for one in a hurry.
    localparam int unsigned C = Nq - 1;
    vq_serial #(.DataWidth(DataWidth)) u_control (
        .clk_i, .rst_ni, .queue_i(8'(C)), .enable_i(driver_ok_i && enable_i[C]), .stop_i,
        .reset_i(reset_i[C]), .reset_done_o(reset_done_o[C]), .irq_sent_i(irq_sent_i[C]), .size_i(size_i[C*16 +: 16]),
        .desc_i(desc_i[C*64 +: 64]), .driver_i(driver_i[C*64 +: 64]), .db_valid_i, .db_queue_i,
        .event_idx_i(features_i[regmap_pkg::VIRTIO_F_EVENT_IDX_BIT]),
        .indirect_i(features_i[regmap_pkg::VIRTIO_F_INDIRECT_DESC_BIT]),
        .coal_packets_i(16'd0), .coal_cycles_i(32'd0), .cycle_i,
        .req_valid_o(req_valid_o[3*C +: 3]), .req_ready_i(req_ready_i[3*C +: 3]),
        .req_o(req_o[3*C*dma_pkg::RdReqW +: 3*dma_pkg::RdReqW]),
        .wr_valid_i, .wr_client_i, .wr_cookie_i, .wr_dst_i, .wr_lo_i, .wr_hi_i, .wr_data_i,
        .done_valid_i, .done_client_i, .done_cookie_i, .done_error_i,
        .cmd_valid_o(cmd_valid_o[C]), .cmd_ready_i(cmd_ready_i[C]), .cmd_o(cmd_o[C*dma_pkg::WrCmdW +: dma_pkg::WrCmdW]),
        .src_data_o(src_data[C*DataWidth +: DataWidth]),
        .wdone_valid_i, .wdone_client_i, .wdone_cookie_i,
        .d_valid_o(d_valid_o[C]), .d_ready_i(d_ready_i[C]), .d_o(d_o[C*132 +: 132]),
        .starved_o(starved_o[C]),
        .u_valid_i(u_valid_i[C]), .u_ready_o(u_ready_o[C]), .u_i(u_ctrl_i),
        .irq_valid_o(irq_valid_o[C]), .irq_ready_i(irq_ready_i[C]), .error_o(error_o[C]), .idle_o(vq_idle[C]),
        .trace_read_o(trace_read_o[C]), .trace_read_data_o(trace_read_data_o[C*32 +: 32]),
        .trace_used_o(trace_used_o[C]), .trace_used_data_o(trace_used_data_o[C*48 +: 48]));

    for (genvar q = 0; q < Nq; q++) begin : gen_irq
        assign irq_o[q*32 +: 32] = {16'(q), vector_i[q*16 +: 16]};
    end

    always_ff @(posedge clk_i) if (src_re_i) src_queue_q <= src_queue_i;
    assign src_data_o = src_data[src_queue_q*DataWidth +: DataWidth];
    assign idle_o     = &vq_idle;

    logic unused;
    assign unused = &{1'b0, rewind_i};
endmodule

`default_nettype wire
