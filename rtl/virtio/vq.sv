// SPDX-License-Identifier: Apache-2.0
// vq: one packed virtqueue: its descriptor prefetch (vq_avail), its indirect tables (vq_indirect), its used descriptors (vq_used) and its
// interrupts (vq_event).
//
// A reset of this queue alone ([V] 2.6.1) leaves the others running, so nothing that they share may be cleared: the queue hands out no
// new chain, follows those it has handed out until they are used, lets its reads come home and its messages leave, and sends a command
// without data behind them through dma_wr. When that has left, nothing of the queue is on its way anywhere, and virtio_queue_regs
// disables it, which clears all its state. A chain that a ring error cut short never ends; only a device reset helps then.
//
// Spec: [V] VIRTIO 1.2
`default_nettype none

module vq #(
    parameter int unsigned DataWidth = 256
) (
    input  wire  logic                          clk_i,
    input  wire  logic                          rst_ni,
    // Constants. Not parameters: every queue is the same module, synthesised, and compiled for simulation, once.
    input  wire  logic [7:0]                    queue_i,
    input  wire  logic [7:0]                    used_age_i,    // cycles that a used descriptor may wait for others

    // from virtio_regs
    input  wire  logic                          enable_i,
    input  wire  logic                          stop_i,
    input  wire  logic                          reset_i,       // level, until enable_i falls: reset this queue
    output       logic                          reset_done_o,  // level: it may be disabled
    input  wire  logic                          irq_sent_i,    // no message of this queue's vector waits to be sent
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
    input  wire  logic                          indirect_i,
    input  wire  logic [15:0]                   coal_packets_i,
    input  wire  logic [31:0]                   coal_cycles_i,
    input  wire  logic [31:0]                   cycle_i,

    // to and from dma_rd: descriptor reads and event reads
    output       logic [2:0]                    req_valid_o,   // {tables, event, descriptors}
    input  wire  logic [2:0]                    req_ready_i,
    output       logic [3*dma_pkg::RdReqW-1:0]  req_o,
    input  wire  logic                          wr_valid_i,
    input  wire  logic [2:0]                    wr_client_i,
    input  wire  logic [15:0]                   wr_cookie_i,
    input  wire  logic [15:0]                   wr_dst_i,
    input  wire  logic [$clog2(DataWidth/8):0]  wr_lo_i,
    input  wire  logic [$clog2(DataWidth/8):0]  wr_hi_i,
    input  wire  logic [DataWidth-1:0]          wr_data_i,
    input  wire  logic                          done_valid_i,
    input  wire  logic [2:0]                    done_client_i,
    input  wire  logic [12:0]                   done_bytes_i,
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
    output       logic [131:0]                  d_o,           // {addr, len, id, next, write, indirect, slot, wrap}
    input  wire  logic                          rewind_i,
    input  wire  logic [15:0]                   rewind_slot_i,
    input  wire  logic                          rewind_wrap_i,
    input  wire  logic [7:0]                    rewind_chains_i,   // whole chains among what is given back
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
    logic mine_done;
    logic avail_idle, used_idle, event_idle, table_idle, table_error, rd_table, rd_done_table, a_valid, a_ready, avail_starved;
    logic [131:0] a_data;
    logic [15:0] used_slots, used_packets, used_next;
    logic rd_mine, rd_desc, rd_event, rd_done_desc, rd_done_event, used_done;

    assign rd_mine       = wr_cookie_i[15:8] == queue_i;
    assign rd_desc       = wr_valid_i && wr_client_i == dma_pkg::RdDesc && rd_mine;
    assign rd_event      = wr_valid_i && wr_client_i == dma_pkg::RdEvent && rd_mine;
    assign rd_table      = wr_valid_i && wr_client_i == dma_pkg::RdTable && rd_mine;
    assign rd_done_table = done_valid_i && done_client_i == dma_pkg::RdTable && done_cookie_i[15:8] == queue_i;
    assign rd_done_desc  = done_valid_i && done_client_i == dma_pkg::RdDesc && done_cookie_i[15:8] == queue_i;
    assign rd_done_event = done_valid_i && done_client_i == dma_pkg::RdEvent && done_cookie_i[15:8] == queue_i;
    assign mine_done     = wdone_valid_i && wdone_client_i == dma_pkg::WrUsed && wdone_cookie_i[15:8] == queue_i;
    assign used_done     = mine_done && wdone_cookie_i[7:0] == 8'd0;

    // ---- reset of this queue ----------------------------------------------------------------------------------------------------------
    localparam logic [7:0] Marker = 8'd1;            // cookie of the command without data; vq_used has 0
    typedef enum logic [1:0] {
        Run,    // waits for a reset and for all that the queue has begun
        Mark,   // waits until dma_wr takes the marker
        Home,   // waits until the marker has passed
        Over    // waits to be disabled
    } state_e;
    state_e       state_q;
    logic         in_chain_q, open, d_raw, d_taken, drained, table_empty, event_quiet, used_cmd_valid;
    logic [15:0]  begun_q;                           // chains handed out whole that are not used yet
    dma_pkg::wr_cmd_t used_cmd, mark_cmd;

    // enable_i and reset_i fall together; what is left in the queue then is cleared, and must not be seen any more.
    assign open      = enable_i && (!reset_i || in_chain_q);
    // An element that would go on at address 0 is a ring error: it stays here, and the queue with it.
    logic beyond;
    always_comb begin
        beyond = 1'b0;
        if (d_raw && &d_o[131:100]) beyond = {1'b0, d_o[99:68]} + {1'b0, d_o[67:36]} > 33'h1_0000_0000;
    end
    assign d_valid_o = d_raw && open && !beyond;
    assign d_taken   = d_valid_o && d_ready_i;
    assign drained   = !open && begun_q == 16'd0 && used_idle && avail_idle && table_idle && event_quiet && irq_sent_i;
    assign reset_done_o = reset_i && (!enable_i || state_q == Over);

    always_ff @(posedge clk_i) begin
        if (!rst_ni || !enable_i) begin
            state_q    <= Run;
            in_chain_q <= 1'b0;
            begun_q    <= 16'd0;
        end else begin
            if (rewind_i) in_chain_q <= 1'b0;
            else if (d_taken) in_chain_q <= d_o[19];
            begun_q <= begun_q + {15'd0, d_taken && !d_o[19]} - {15'd0, u_valid_i && u_ready_o}
                       - (rewind_i ? {8'd0, rewind_chains_i} : 16'd0);
            unique case (state_q)
                Run:  if (drained && !stop_i) state_q <= Mark;
                Mark: if (cmd_ready_i) state_q <= Home;
                Home: if (mine_done && wdone_cookie_i[7:0] == Marker) state_q <= Over;
                Over: ;
                default: state_q <= Run;
            endcase
        end
    end

    always_comb begin
        mark_cmd        = '0;
        mark_cmd.client = dma_pkg::WrUsed;
        mark_cmd.cookie = {queue_i, Marker};
    end
    assign cmd_valid_o = used_cmd_valid || state_q == Mark;
    assign cmd_o       = state_q == Mark ? mark_cmd : used_cmd;


    vq_avail #(.DataWidth(DataWidth)) u_avail (
        .clk_i, .rst_ni, .queue_i, .enable_i, .size_i, .desc_i, .stop_i(stop_i || !open), .mrrs_i,
        .db_valid_i(db_valid_i && db_queue_i == {8'd0, queue_i}), .db_has_data_i, .db_data_i,
        .req_valid_o(req_valid_o[0]), .req_ready_i(req_ready_i[0]), .req_o(req_o[dma_pkg::RdReqW-1:0]),
        .wr_valid_i(rd_desc), .wr_dst_i, .wr_lo_i, .wr_hi_i, .wr_data_i,
        .done_valid_i(rd_done_desc), .done_chunk_i(done_cookie_i[2:0]), .done_error_i,
        .indirect_i, .d_valid_o(a_valid), .d_ready_i(a_ready),
        .d_addr_o(a_data[131:68]), .d_len_o(a_data[67:36]), .d_id_o(a_data[35:20]), .d_next_o(a_data[19]), .d_write_o(a_data[18]),
        .d_indirect_o(a_data[17]), .d_slot_o(a_data[16:1]), .d_wrap_o(a_data[0]),
        .rewind_i, .rewind_slot_i, .rewind_wrap_i, .starved_o(avail_starved), .error_o(avail_error),
        .trace_valid_o(trace_read_o), .trace_slot_o(trace_read_data_o[15:0]), .trace_count_o(trace_read_data_o[31:16]),
        .idle_o(avail_idle));

    vq_indirect #(.DataWidth(DataWidth)) u_indirect (
        .clk_i, .rst_ni, .queue_i, .enable_i, .stop_i(stop_i || !open), .size_i, .flush_i(rewind_i),
        .i_valid_i(a_valid), .i_ready_o(a_ready), .i_i(a_data),
        .req_valid_o(req_valid_o[2]), .req_ready_i(req_ready_i[2]), .req_o(req_o[3*dma_pkg::RdReqW-1:2*dma_pkg::RdReqW]),
        .wr_valid_i(rd_table), .wr_dst_i, .wr_lo_i, .wr_hi_i, .wr_data_i,
        .done_valid_i(rd_done_table), .done_table_i(done_cookie_i[5:0]), .done_bytes_i, .done_error_i,
        .d_valid_o(d_raw), .d_ready_i(d_ready_i && open && !beyond), .d_o, .error_o(table_error), .empty_o(table_empty), .idle_o(table_idle));
    assign starved_o = !open || (avail_starved && table_empty);

    vq_used #(.DataWidth(DataWidth)) u_used (
        .clk_i, .rst_ni, .queue_i, .age_limit_i(used_age_i), .enable_i, .desc_i, .size_i, .batch_i, .quiet_i,
        .u_valid_i, .u_ready_o, .u_slot_i(u_i[97:82]), .u_slots_i(u_i[15:0]), .u_wrap_i(u_i[81]), .u_id_i(u_i[80:65]), .u_len_i(u_i[64:33]),
        .u_write_i(u_i[32]), .u_pid_i(u_i[31:16]),
        .cmd_valid_o(used_cmd_valid), .cmd_ready_i, .cmd_o(used_cmd),
        .src_re_i(src_re_i && src_client_i == dma_pkg::WrUsed && src_queue_i == queue_i), .src_addr_i, .src_data_o,
        .done_i(used_done), .done_slots_o(used_slots), .done_packets_o(used_packets), .done_next_o(used_next),
        .trace_valid_o(trace_used_o), .trace_slot_o(trace_used_data_o[31:16]), .trace_count_o(trace_used_data_o[47:32]),
        .trace_pid_o(trace_used_data_o[15:0]), .idle_o(used_idle));

    vq_event u_event (
        .clk_i, .rst_ni, .queue_i, .enable_i, .stop_i(stop_i || reset_i), .driver_i, .size_i, .event_idx_i, .coal_packets_i, .coal_cycles_i, .cycle_i,
        .used_i(used_done), .used_slots_i(used_slots), .used_packets_i(used_packets), .used_next_i(used_next),
        .req_valid_o(req_valid_o[1]), .req_ready_i(req_ready_i[1]), .req_o(req_o[2*dma_pkg::RdReqW-1:dma_pkg::RdReqW]),
        .wr_valid_i(rd_event), .wr_data_i(wr_data_i[31:0]), .done_valid_i(rd_done_event), .done_error_i,
        .irq_valid_o, .irq_ready_i, .error_o(event_error), .quiet_o(event_quiet), .idle_o(event_idle));

    always_ff @(posedge clk_i) begin
        if (!rst_ni || !enable_i) event_error_q <= 1'b0;
        else if (event_error) event_error_q <= 1'b1;
    end
    assign error_o = avail_error || table_error || event_error_q || beyond;
    assign idle_o  = avail_idle && table_idle && used_idle && event_idle && !reset_i;

    logic unused;
    assign unused = &{1'b0, done_cookie_i[7:6], wr_cookie_i[7:0]};
endmodule

`default_nettype wire
