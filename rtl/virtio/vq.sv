// SPDX-License-Identifier: Apache-2.0
// vq: one packed virtqueue: its descriptor prefetch (vq_avail), its used descriptors (vq_used) and its interrupts (vq_event).
//
// Spec: [V] VIRTIO 1.2
`default_nettype none

module vq #(
    parameter int unsigned DataWidth = 256,
    parameter int unsigned Queue     = 0,
    parameter int unsigned UsedAge   = 96    // cycles that a used descriptor may wait for others
) (
    input  wire  logic                          clk_i,
    input  wire  logic                          rst_ni,

    // from virtio_regs
    input  wire  logic                          enable_i,
    input  wire  logic                          stop_i,
    input  wire  logic [15:0]                   size_i,
    input  wire  logic [63:0]                   desc_i,
    input  wire  logic [63:0]                   driver_i,
    input  wire  logic                          db_valid_i,
    input  wire  logic [15:0]                   db_queue_i,
    input  wire  logic                          db_has_data_i,
    input  wire  logic [15:0]                   db_data_i,
    input  wire  logic                          batch_i,
    input  wire  logic                          quiet_i,
    input  wire  logic [2:0]                    mrrs_i,
    input  wire  logic                          event_idx_i,
    input  wire  logic [15:0]                   coal_packets_i,
    input  wire  logic [31:0]                   coal_cycles_i,
    input  wire  logic [31:0]                   cycle_i,

    // to and from dma_rd: descriptor reads and event reads
    output       logic [1:0]                    req_valid_o,   // {event, descriptors}
    input  wire  logic [1:0]                    req_ready_i,
    output       logic [2*dma_pkg::RdReqW-1:0]  req_o,
    input  wire  logic                          wr_valid_i,
    input  wire  logic [1:0]                    wr_client_i,
    input  wire  logic [15:0]                   wr_cookie_i,
    input  wire  logic [15:0]                   wr_dst_i,
    input  wire  logic [$clog2(DataWidth/8):0]  wr_lo_i,
    input  wire  logic [$clog2(DataWidth/8):0]  wr_hi_i,
    input  wire  logic [DataWidth-1:0]          wr_data_i,
    input  wire  logic                          done_valid_i,
    input  wire  logic [1:0]                    done_client_i,
    input  wire  logic [15:0]                   done_cookie_i,
    input  wire  logic                          done_error_i,

    // to and from dma_wr: used descriptors
    output       logic                          cmd_valid_o,
    input  wire  logic                          cmd_ready_i,
    output       logic [dma_pkg::WrCmdW-1:0]    cmd_o,
    input  wire  logic                          src_re_i,
    input  wire  logic [1:0]                    src_client_i,
    input  wire  logic [7:0]                    src_queue_i,
    input  wire  logic [15:0]                   src_addr_i,
    output       logic [DataWidth-1:0]          src_data_o,
    input  wire  logic                          wdone_valid_i,
    input  wire  logic [1:0]                    wdone_client_i,
    input  wire  logic [15:0]                   wdone_cookie_i,

    // to net_tx or net_rx
    output       logic                          d_valid_o,
    input  wire  logic                          d_ready_i,
    output       logic [130:0]                  d_o,           // {addr, len, id, next, write, slot, wrap}
    input  wire  logic                          rewind_i,
    input  wire  logic [15:0]                   rewind_slot_i,
    input  wire  logic                          rewind_wrap_i,
    output       logic                          starved_o,
    input  wire  logic                          u_valid_i,
    output       logic                          u_ready_o,
    input  wire  logic [97:0]                   u_i,           // {slot, wrap, id, len, write, pid, slots}

    // to msix
    output       logic                          irq_valid_o,
    input  wire  logic                          irq_ready_i,

    output       logic                          error_o,
    output       logic                          idle_o,
    output       logic                          trace_read_o,
    output       logic [31:0]                   trace_read_data_o,  // {count, slot}
    output       logic                          trace_used_o,
    output       logic [47:0]                   trace_used_data_o   // {count, slot, pid}
);
    logic avail_error, event_error, event_error_q;
    logic avail_idle, used_idle, event_idle;
    logic [15:0] used_slots, used_packets, used_next;
    logic rd_mine, rd_desc, rd_event, rd_done_desc, rd_done_event, used_done;

    assign rd_mine       = wr_cookie_i[15:8] == 8'(Queue);
    assign rd_desc       = wr_valid_i && wr_client_i == dma_pkg::RdDesc && rd_mine;
    assign rd_event      = wr_valid_i && wr_client_i == dma_pkg::RdEvent && rd_mine;
    assign rd_done_desc  = done_valid_i && done_client_i == dma_pkg::RdDesc && done_cookie_i[15:8] == 8'(Queue);
    assign rd_done_event = done_valid_i && done_client_i == dma_pkg::RdEvent && done_cookie_i[15:8] == 8'(Queue);
    assign used_done     = wdone_valid_i && wdone_client_i == dma_pkg::WrUsed && wdone_cookie_i[15:8] == 8'(Queue);

    vq_avail #(.DataWidth(DataWidth), .Queue(Queue)) u_avail (
        .clk_i, .rst_ni, .enable_i, .size_i, .desc_i, .stop_i, .mrrs_i,
        .db_valid_i(db_valid_i && db_queue_i == 16'(Queue)), .db_has_data_i, .db_data_i,
        .req_valid_o(req_valid_o[0]), .req_ready_i(req_ready_i[0]), .req_o(req_o[dma_pkg::RdReqW-1:0]),
        .wr_valid_i(rd_desc), .wr_dst_i, .wr_lo_i, .wr_hi_i, .wr_data_i,
        .done_valid_i(rd_done_desc), .done_chunk_i(done_cookie_i[2:0]), .done_error_i,
        .d_valid_o, .d_ready_i,
        .d_addr_o(d_o[130:67]), .d_len_o(d_o[66:35]), .d_id_o(d_o[34:19]), .d_next_o(d_o[18]), .d_write_o(d_o[17]),
        .d_slot_o(d_o[16:1]), .d_wrap_o(d_o[0]),
        .rewind_i, .rewind_slot_i, .rewind_wrap_i, .starved_o, .error_o(avail_error),
        .trace_valid_o(trace_read_o), .trace_slot_o(trace_read_data_o[15:0]), .trace_count_o(trace_read_data_o[31:16]),
        .idle_o(avail_idle));

    vq_used #(.DataWidth(DataWidth), .Queue(Queue), .AgeLimit(UsedAge)) u_used (
        .clk_i, .rst_ni, .enable_i, .desc_i, .size_i, .batch_i, .quiet_i,
        .u_valid_i, .u_ready_o, .u_slot_i(u_i[97:82]), .u_slots_i(u_i[15:0]), .u_wrap_i(u_i[81]), .u_id_i(u_i[80:65]), .u_len_i(u_i[64:33]),
        .u_write_i(u_i[32]), .u_pid_i(u_i[31:16]),
        .cmd_valid_o, .cmd_ready_i, .cmd_o,
        .src_re_i(src_re_i && src_client_i == dma_pkg::WrUsed && src_queue_i == 8'(Queue)), .src_addr_i, .src_data_o,
        .done_i(used_done), .done_slots_o(used_slots), .done_packets_o(used_packets), .done_next_o(used_next),
        .trace_valid_o(trace_used_o), .trace_slot_o(trace_used_data_o[31:16]), .trace_count_o(trace_used_data_o[47:32]),
        .trace_pid_o(trace_used_data_o[15:0]), .idle_o(used_idle));

    vq_event #(.Queue(Queue)) u_event (
        .clk_i, .rst_ni, .enable_i, .stop_i, .driver_i, .size_i, .event_idx_i, .coal_packets_i, .coal_cycles_i, .cycle_i,
        .used_i(used_done), .used_slots_i(used_slots), .used_packets_i(used_packets), .used_next_i(used_next),
        .req_valid_o(req_valid_o[1]), .req_ready_i(req_ready_i[1]), .req_o(req_o[2*dma_pkg::RdReqW-1:dma_pkg::RdReqW]),
        .wr_valid_i(rd_event), .wr_data_i(wr_data_i[31:0]), .done_valid_i(rd_done_event), .done_error_i,
        .irq_valid_o, .irq_ready_i, .error_o(event_error), .idle_o(event_idle));

    always_ff @(posedge clk_i) begin
        if (!rst_ni || !enable_i) event_error_q <= 1'b0;
        else if (event_error) event_error_q <= 1'b1;
    end
    assign error_o = avail_error || event_error_q;
    assign idle_o  = avail_idle && used_idle && event_idle;

    logic unused;
    assign unused = &{1'b0, done_cookie_i[7:3], wr_cookie_i[7:0], wdone_cookie_i[7:0]};
endmodule

`default_nettype wire
