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
    parameter int unsigned Tags         = 256,   // reads in flight, power of two up to 256
    parameter bit          Offloads     = 1'b1   // checksums, segments, merged buffers, filters, RSS: offered and built
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
    input  wire  logic [15:0]          cycles_per_us_i, // frequency of clk_i in MHz: interrupt moderation is set in microseconds

    // No state but what cycle_i gives would change at the next edges while the inputs stay as they are, without a TLP or a frame.
    // A register: it comes a cycle late.
    output       logic                 idle_o,

    // Trace points of rtl/regmap/trace.def; removed by synthesis when left open.
    output       logic [12:0]          trace_valid_o,
    output       logic [13*64-1:0]     trace_data_o
);
    localparam int unsigned Nq     = 2 * QueuePairs + 1;   // receive queues even, transmit queues odd, control queue last ([V] 5.1.2)
    localparam int unsigned QCtrl  = Nq - 1;
    localparam int unsigned Nv     = Nq + 1;               // a vector for each queue and one for the configuration
    localparam int unsigned CountW = $clog2(DataWidth / 8) + 1;

    logic [31:0] cycle_q;
    logic [15:0] cycles_per_us_q;
    logic        link_up_q;
    logic        rst_nq = 1'b0;   // else what is random before the first edge would be taken for state there
    always_ff @(posedge clk_i) begin
        rst_nq          <= rst_ni;
        cycle_q         <= cycle_i[31:0];
        cycles_per_us_q <= cycles_per_us_i;
        link_up_q       <= link_up_i;
    end

    // ---- requests from the host: registers ----------------------------------------------------------------------------------------
    logic                 cpl_valid, cpl_sop, cpl_eop;
    logic [127:0]         cpl_hdr;
    logic [DataWidth-1:0] cpl_data;
    logic                 treq_valid, treq_ready, cplt_valid, cplt_ready, target_busy;
    logic [127:0]         treq_hdr, cplt_hdr;
    logic [63:0]          treq_data, cplt_data;
    logic                 reg_valid, reg_write, cfg_valid, cfg_write;
    logic [15:0]          reg_addr;
    logic [3:0]           reg_be, cfg_be;
    logic [31:0]          reg_wdata, cfg_wdata, cfg_rdata, rdata_virtio, rdata_msix, rdata_stats, rdata_bench;
    logic [11:0]          cfg_addr;
    logic [63:0]          bar0;
    logic                 memory_enable, bus_master, ext_tag, msix_enable, msix_mask, flr, ur, capture_valid, window_valid, isr_pending;
    logic [2:0]           mps, mrrs, window_length;
    logic [3:0]           timeout;
    logic                 timeout_off, timeout_tick;
    logic [15:0]          requester_id, capture_id, window_offset;
    logic                 stat_bad, tlp_rx_idle;

    tlp_rx #(.DataWidth(DataWidth)) u_tlp_rx (
        .clk_i, .rst_ni(rst_nq), .rx_tlp_valid_i, .rx_tlp_ready_o, .rx_tlp_sop_i, .rx_tlp_eop_i, .rx_tlp_hdr_i, .rx_tlp_data_i,
        .cpl_valid_o(cpl_valid), .cpl_sop_o(cpl_sop), .cpl_eop_o(cpl_eop), .cpl_hdr_o(cpl_hdr), .cpl_data_o(cpl_data),
        .req_valid_o(treq_valid), .req_ready_i(treq_ready), .req_hdr_o(treq_hdr), .req_data_o(treq_data), .stat_bad_o(stat_bad), .idle_o(tlp_rx_idle));

    pcie_target u_target (
        .clk_i, .rst_ni(rst_nq), .req_valid_i(treq_valid), .req_ready_o(treq_ready), .req_hdr_i(treq_hdr), .req_data_i(treq_data),
        .cplt_valid_o(cplt_valid), .cplt_ready_i(cplt_ready), .cplt_hdr_o(cplt_hdr), .cplt_data_o(cplt_data),
        .reg_valid_o(reg_valid), .reg_write_o(reg_write), .reg_addr_o(reg_addr), .reg_be_o(reg_be), .reg_wdata_o(reg_wdata),
        .reg_rdata_i(rdata_virtio | rdata_msix | rdata_stats | rdata_bench),
        .cfg_valid_o(cfg_valid), .cfg_write_o(cfg_write), .cfg_addr_o(cfg_addr), .cfg_be_o(cfg_be), .cfg_wdata_o(cfg_wdata),
        .cfg_rdata_i(cfg_rdata), .bar0_i(bar0), .memory_enable_i(memory_enable), .requester_id_i(requester_id),
        .window_valid_i(window_valid), .window_offset_i(window_offset), .window_length_i(window_length),
        .capture_valid_o(capture_valid), .capture_id_o(capture_id), .ur_o(ur), .busy_o(target_busy));

    pcie_cfg #(.NumQueues(Nq), .MsixVectors(Nv)) u_cfg (
        .clk_i, .rst_ni(rst_nq), .cfg_valid_i(cfg_valid), .cfg_write_i(cfg_write), .cfg_addr_i(cfg_addr), .cfg_be_i(cfg_be),
        .cfg_wdata_i(cfg_wdata), .cfg_rdata_o(cfg_rdata), .capture_valid_i(capture_valid), .capture_id_i(capture_id), .ur_i(ur),
        .interrupt_i(isr_pending), .bar0_o(bar0), .memory_enable_o(memory_enable), .bus_master_o(bus_master), .mps_o(mps), .mrrs_o(mrrs),
        .ext_tag_o(ext_tag), .timeout_o(timeout), .timeout_off_o(timeout_off), .msix_enable_o(msix_enable), .msix_mask_o(msix_mask), .requester_id_o(requester_id), .flr_o(flr),
        .window_valid_o(window_valid), .window_offset_o(window_offset), .window_length_o(window_length));

    // ---- VIRTIO registers and reset -------------------------------------------------------------------------------------------------
    logic              driver_ok, db_valid, db_has_data, reset_req, soft_reset_q, needs_reset, cfgirq_valid, cfgirq_ready, stat_doorbell;
    logic              virtio_idle;
    logic [63:0]       features;
    logic [Nq-1:0]     vq_enable, vq_error, vq_reset, vq_reset_done, irq_sent;
    logic [Nv-1:0]     msix_unsent;
    logic [Nq*16-1:0]  vq_size, vq_vector;
    logic [Nq*64-1:0]  vq_desc, vq_driver, vq_device;
    logic [15:0]       config_vector, db_queue, db_data;
    logic              irq_valid, irq_ready;

    virtio_regs #(.NumQueues(Nq), .QueuePairs(QueuePairs), .MaxQueueSize(MaxQueueSize), .MsixVectors(Nv),
        .Offloads(Offloads)) u_virtio (
        .clk_i, .rst_ni(rst_nq), .reg_valid_i(reg_valid), .reg_write_i(reg_write), .reg_addr_i(reg_addr), .reg_be_i(reg_be),
        .reg_wdata_i(reg_wdata), .reg_rdata_o(rdata_virtio), .flr_i(flr), .driver_ok_o(driver_ok), .features_o(features),
        .vq_enable_o(vq_enable), .vq_size_o(vq_size), .vq_desc_o(vq_desc), .vq_driver_o(vq_driver), .vq_device_o(vq_device),
        .vq_vector_o(vq_vector), .vq_reset_o(vq_reset), .vq_reset_done_i(vq_reset_done),
        .config_vector_o(config_vector), .db_valid_o(db_valid), .db_queue_o(db_queue), .db_data_o(db_data),
        .db_has_data_o(db_has_data), .reset_req_o(reset_req), .reset_done_i(soft_reset_q), .isr_queue_i(|(event_valid & event_ready)),
        .needs_reset_i(needs_reset), .link_up_i, .mac_address_i(filter.mac), .mac_set_i(mac_set), .isr_pending_o(isr_pending), .cfgirq_valid_o(cfgirq_valid),
        .cfgirq_ready_i(cfgirq_ready), .stat_doorbell_o(stat_doorbell), .idle_o(virtio_idle));

    // Device reset ([V] 2.4): nothing new is begun, what is in flight comes home, a frame that is being sent is finished; then the
    // engines are cleared and only then status reads 0. What could not be sent for want of bus master enable never will be.
    logic stop, abandon, core_ni, dma_rd_idle, dma_wr_idle, tx_sending, bench_idle;
    assign stop    = reset_req;
    assign abandon = stop && !bus_master;
    assign core_ni = rst_nq && !soft_reset_q;
    always_ff @(posedge clk_i) begin
        if (!rst_nq) soft_reset_q <= 1'b0;
        else soft_reset_q <= reset_req && !soft_reset_q && dma_rd_idle && dma_wr_idle && !tx_sending;
    end

    // A ring error stops the queue, and all reception; the driver is told once.
    logic [Nq-1:0] vq_error_q;
    logic [Nq-1:0] rx_error;                       // what the consumers found: net_rx and ctrl
    always_ff @(posedge clk_i) begin
        if (!core_ni) vq_error_q <= '0;
        else vq_error_q <= vq_error_q | vq_error | rx_error;   // a receive error shows only while a frame is for its queue
    end
    assign needs_reset = |((vq_error | rx_error) & ~vq_error_q);

    // ---- virtqueues -------------------------------------------------------------------------------------------------------------------
    localparam int unsigned RdSources = 3 * Nq + 3;   // queues (descriptors, events, tables), net_tx, ctrl, dma_bench
    localparam int unsigned WrSources = Nq + 4;       // queues, net_rx, msix, ctrl, dma_bench
    localparam int unsigned RdTx = 3 * Nq, RdCtrl = 3 * Nq + 1, RdBench = 3 * Nq + 2;
    localparam int unsigned WrRx = Nq, WrMsix = Nq + 1, WrCtrl = Nq + 2, WrBench = Nq + 3;
    logic [RdSources-1:0]                  rd_valid, rd_ready;
    logic [WrSources-1:0]                  wr_valid, wr_ready;
    /* verilator tracing_off */  // all in one word; each is seen where it comes from
    logic [RdSources*dma_pkg::RdReqW-1:0]  rd_req;
    logic [WrSources*dma_pkg::WrCmdW-1:0]  wr_cmd;
    /* verilator tracing_on */
    logic                                  b_valid, rdone_valid, rdone_error, wdone_valid, src_re;
    logic [2:0]                            b_client, rdone_client;
    logic [1:0]                            wdone_client, src_client;
    logic [15:0]                           b_cookie, b_dst, rdone_cookie, wdone_cookie, src_addr;
    logic [CountW-1:0]                     b_lo, b_hi;
    logic [DataWidth-1:0]                  b_data, src_rx_data, src_used_data;
    logic [12:0]                           rdone_bytes;
    logic [7:0]                            src_queue;
    logic [Nq-1:0]                         d_valid, d_ready, starved, u_valid, u_ready, rewind, event_valid, event_ready;
    logic [Nq*132-1:0]                     d_data;
    logic [Nq*32-1:0]                      event_data;
    logic [Nq-1:0]                         trace_read, trace_used;
    logic [Nq*32-1:0]                      trace_read_data;
    logic [Nq*48-1:0]                      trace_used_data;
    logic                                  tx_quiet, rx_quiet, rewind_wrap, vq_idle;
    logic [15:0]                           rewind_slot;
    logic [7:0]                            rewind_chains;
    logic [97:0]                           tx_u, rx_u, ctrl_u;
    logic [2*QueuePairs*16-1:0]            coal_packets;
    logic [2*QueuePairs*32-1:0]            coal_cycles;
    logic [7:0]                            pairs;
    rx_pkg::filter_t                       filter;
    rx_pkg::rss_t                          rss;
    rx_pkg::write_t                        table_write;
    logic                                  guest_csum, tables_ready, mac_set;

    virtqueues #(.DataWidth(DataWidth), .QueuePairs(QueuePairs)) u_vqs (
        .clk_i, .rst_ni(core_ni), .stop_i(stop), .cycle_i(cycle_q), .driver_ok_i(driver_ok), .features_i(features),
        .enable_i(vq_enable), .reset_i(vq_reset), .reset_done_o(vq_reset_done), .irq_sent_i(irq_sent),
        .size_i(vq_size), .desc_i(vq_desc), .driver_i(vq_driver), .vector_i(vq_vector), .db_valid_i(db_valid),
        .db_queue_i(db_queue), .db_has_data_i(db_has_data), .db_data_i(db_data), .coal_packets_i(coal_packets),
        .coal_cycles_i(coal_cycles), .tx_quiet_i(tx_quiet), .rx_quiet_i(rx_quiet), .mrrs_i(mrrs),
        .req_valid_o(rd_valid[3*Nq-1:0]), .req_ready_i(rd_ready[3*Nq-1:0]), .req_o(rd_req[3*Nq*dma_pkg::RdReqW-1:0]),
        .wr_valid_i(b_valid), .wr_client_i(b_client), .wr_cookie_i(b_cookie), .wr_dst_i(b_dst), .wr_lo_i(b_lo), .wr_hi_i(b_hi),
        .wr_data_i(b_data), .done_valid_i(rdone_valid), .done_client_i(rdone_client), .done_cookie_i(rdone_cookie),
        .done_bytes_i(rdone_bytes), .done_error_i(rdone_error),
        .cmd_valid_o(wr_valid[Nq-1:0]), .cmd_ready_i(wr_ready[Nq-1:0]), .cmd_o(wr_cmd[Nq*dma_pkg::WrCmdW-1:0]),
        .src_re_i(src_re), .src_client_i(src_client), .src_queue_i(src_queue), .src_addr_i(src_addr), .src_data_o(src_used_data),
        .wdone_valid_i(wdone_valid), .wdone_client_i(wdone_client), .wdone_cookie_i(wdone_cookie),
        .d_valid_o(d_valid), .d_ready_i(d_ready), .d_o(d_data), .starved_o(starved), .rewind_i(rewind), .rewind_slot_i(rewind_slot),
        .rewind_wrap_i(rewind_wrap), .rewind_chains_i(rewind_chains), .u_valid_i(u_valid), .u_ready_o(u_ready), .u_tx_i(tx_u), .u_rx_i(rx_u), .u_ctrl_i(ctrl_u),
        .irq_valid_o(event_valid), .irq_ready_i(event_ready), .irq_o(event_data), .error_o(vq_error), .idle_o(vq_idle),
        .trace_read_o(trace_read), .trace_read_data_o(trace_read_data), .trace_used_o(trace_used),
        .trace_used_data_o(trace_used_data));

    // ---- control queue ----------------------------------------------------------------------------------------------------------------
    logic              ctrl_idle, cu_wrap, stat_ctrl;
    logic [15:0]       cu_slot, cu_id, cu_slots;
    logic [31:0]       cu_len;
    logic [131:0]      dc;
    dma_pkg::rd_req_t  ctrl_req;
    dma_pkg::wr_cmd_t  ctrl_cmd;
    assign dc = d_data[QCtrl*132 +: 132];
    ctrl #(.DataWidth(DataWidth), .QueuePairs(QueuePairs), .Offloads(Offloads)) u_ctrl (
        .clk_i, .rst_ni(core_ni), .enable_i(driver_ok && vq_enable[QCtrl]), .stop_i(stop), .features_i(features), .cycles_per_us_i(cycles_per_us_q),
        .vq_clear_i(vq_reset[2*QueuePairs-1:0] & vq_reset_done[2*QueuePairs-1:0]), .mac_address_i, .tables_ready_i(tables_ready),
        .d_valid_i(d_valid[QCtrl]), .d_ready_o(d_ready[QCtrl]), .d_addr_i(dc[131:68]), .d_len_i(dc[67:36]), .d_id_i(dc[35:20]),
        .d_next_i(dc[19]), .d_write_i(dc[18]), .d_indirect_i(dc[17]), .d_slot_i(dc[16:1]), .d_wrap_i(dc[0]),
        .req_valid_o(rd_valid[RdCtrl]), .req_ready_i(rd_ready[RdCtrl]), .req_o(ctrl_req),
        .wr_valid_i(b_valid && b_client == dma_pkg::RdCtrl), .wr_dst_i(b_dst), .wr_lo_i(b_lo), .wr_hi_i(b_hi), .wr_data_i(b_data),
        .done_valid_i(rdone_valid && rdone_client == dma_pkg::RdCtrl), .done_bytes_i(rdone_bytes), .done_error_i(rdone_error),
        .cmd_valid_o(wr_valid[WrCtrl]), .cmd_ready_i(wr_ready[WrCtrl]), .cmd_o(ctrl_cmd),
        .u_valid_o(u_valid[QCtrl]), .u_ready_i(u_ready[QCtrl]), .u_slot_o(cu_slot), .u_wrap_o(cu_wrap), .u_id_o(cu_id), .u_len_o(cu_len),
        .u_slots_o(cu_slots), .pairs_o(pairs), .coal_packets_o(coal_packets), .coal_cycles_o(coal_cycles), .filter_o(filter), .rss_o(rss),
        .write_o(table_write), .guest_csum_o(guest_csum), .mac_set_o(mac_set), .error_o(rx_error[QCtrl]), .stat_error_o(stat_ctrl),
        .idle_o(ctrl_idle));
    assign ctrl_u = {cu_slot, cu_wrap, cu_id, cu_len, cu_len != 32'd0, 16'd0, cu_slots};

    // ---- DMA --------------------------------------------------------------------------------------------------------------------------
    logic                   req_valid, req_ready, cmd_valid, cmd_ready, rdt_valid, rdt_ready, wrt_valid, wrt_ready, wrt_sop, wrt_eop, wrt_stuck;
    logic [3:0]             wrt_pending;
    dma_pkg::rd_req_t       req, tx_req, bench_req;
    dma_pkg::wr_cmd_t       cmd, rx_cmd, bench_cmd, msix_cmd;
    logic [127:0]           rdt_hdr, wrt_hdr;
    logic [DataWidth-1:0]   wrt_data;
    logic                   stat_read, stat_error, stat_write;
    logic [RdSources-1:0]   rd_open;
    logic [WrSources-1:0]   wr_open;
    logic                   rd_arb_valid, wr_arb_valid;

    assign rd_open = stop ? '0 : rd_valid;
    assign wr_open = stop ? '0 : wr_valid;
    assign rd_req[RdTx*dma_pkg::RdReqW +: dma_pkg::RdReqW]    = tx_req;
    assign rd_req[RdCtrl*dma_pkg::RdReqW +: dma_pkg::RdReqW]  = ctrl_req;
    assign rd_req[RdBench*dma_pkg::RdReqW +: dma_pkg::RdReqW] = bench_req;
    assign wr_cmd[WrRx*dma_pkg::WrCmdW +: dma_pkg::WrCmdW]    = rx_cmd;
    assign wr_cmd[WrMsix*dma_pkg::WrCmdW +: dma_pkg::WrCmdW]  = msix_cmd;
    assign wr_cmd[WrCtrl*dma_pkg::WrCmdW +: dma_pkg::WrCmdW]  = ctrl_cmd;
    assign wr_cmd[WrBench*dma_pkg::WrCmdW +: dma_pkg::WrCmdW] = bench_cmd;

    logic [RdSources-1:0] rd_grant;
    logic [WrSources-1:0] wr_grant;
    arb_mux #(.N(RdSources), .Width(dma_pkg::RdReqW)) u_rd_arb (
        .clk_i, .rst_ni(core_ni), .valid_i(rd_open), .ready_o(rd_grant), .data_i(rd_req), .valid_o(rd_arb_valid), .ready_i(req_ready),
        .data_o(req));
    arb_mux #(.N(WrSources), .Width(dma_pkg::WrCmdW)) u_wr_arb (
        .clk_i, .rst_ni(core_ni), .valid_i(wr_open), .ready_o(wr_grant), .data_i(wr_cmd), .valid_o(wr_arb_valid), .ready_i(cmd_ready),
        .data_o(cmd));
    assign rd_ready  = rd_grant;
    assign wr_ready  = wr_grant;
    assign req_valid = rd_arb_valid;
    assign cmd_valid = wr_arb_valid;

    dma_rd #(.DataWidth(DataWidth), .Tags(Tags)) u_dma_rd (
        .clk_i, .rst_ni(core_ni), .link_ni(rst_nq), .abandon_i(abandon), .tick_i(timeout_tick),
        .req_valid_i(req_valid), .req_ready_o(req_ready), .req_i(req),
        .rd_valid_o(rdt_valid), .rd_ready_i(rdt_ready), .rd_hdr_o(rdt_hdr),
        .cpl_valid_i(cpl_valid), .cpl_sop_i(cpl_sop), .cpl_eop_i(cpl_eop), .cpl_hdr_i(cpl_hdr), .cpl_data_i(cpl_data),
        .wr_valid_o(b_valid), .wr_client_o(b_client), .wr_cookie_o(b_cookie), .wr_dst_o(b_dst), .wr_lo_o(b_lo), .wr_hi_o(b_hi),
        .wr_data_o(b_data), .done_valid_o(rdone_valid), .done_client_o(rdone_client), .done_cookie_o(rdone_cookie),
        .done_bytes_o(rdone_bytes), .done_error_o(rdone_error), .mrrs_i(mrrs), .ext_tag_i(ext_tag), .bus_master_i(bus_master),
        .requester_id_i(requester_id), .stat_read_o(stat_read), .stat_error_o(stat_error), .idle_o(dma_rd_idle));

    cpl_timer u_timer (
        .clk_i, .rst_ni(rst_nq), .cycles_per_us_i(cycles_per_us_q), .range_i(timeout), .disable_i(timeout_off), .wait_i(!dma_rd_idle),
        .tick_o(timeout_tick));

    dma_wr #(.DataWidth(DataWidth)) u_dma_wr (
        .clk_i, .rst_ni(core_ni), .abandon_i(abandon), .cmd_valid_i(cmd_valid), .cmd_ready_o(cmd_ready), .cmd_i(cmd),
        .src_re_o(src_re), .src_client_o(src_client), .src_queue_o(src_queue), .src_addr_o(src_addr), .src_rx_data_i(src_rx_data),
        .src_used_data_i(src_used_data),
        .wr_valid_o(wrt_valid), .wr_ready_i(wrt_ready), .wr_sop_o(wrt_sop), .wr_eop_o(wrt_eop), .wr_hdr_o(wrt_hdr), .wr_data_o(wrt_data),
        .done_valid_o(wdone_valid), .done_client_o(wdone_client), .done_cookie_o(wdone_cookie), .mps_i(mps), .bus_master_i(bus_master),
        .requester_id_i(requester_id), .pending_o(wrt_pending), .stuck_o(wrt_stuck), .stat_write_o(stat_write), .idle_o(dma_wr_idle));

    dma_bench u_bench (
        .clk_i, .rst_ni(core_ni), .reg_valid_i(reg_valid), .reg_write_i(reg_write), .reg_addr_i(reg_addr), .reg_wdata_i(reg_wdata),
        .reg_rdata_o(rdata_bench), .req_valid_o(rd_valid[RdBench]), .req_ready_i(rd_ready[RdBench]), .req_o(bench_req),
        .rdone_valid_i(rdone_valid && rdone_client == dma_pkg::RdBench), .rdone_bytes_i(rdone_bytes),
        .cmd_valid_o(wr_valid[WrBench]), .cmd_ready_i(wr_ready[WrBench]), .cmd_o(bench_cmd),
        .wdone_valid_i(wdone_valid && wdone_client == dma_pkg::WrBench), .idle_o(bench_idle));

    tlp_tx #(.DataWidth(DataWidth)) u_tlp_tx (
        .clk_i, .rst_ni(rst_nq), .cpl_valid_i(cplt_valid), .cpl_ready_o(cplt_ready), .cpl_hdr_i(cplt_hdr), .cpl_data_i(cplt_data),
        .rd_valid_i(rdt_valid), .rd_ready_o(rdt_ready), .rd_hdr_i(rdt_hdr),
        .wr_valid_i(wrt_valid), .wr_ready_o(wrt_ready), .wr_sop_i(wrt_sop), .wr_eop_i(wrt_eop), .wr_hdr_i(wrt_hdr), .wr_data_i(wrt_data),
        .wr_pending_i(wrt_pending), .wr_done_i(wdone_valid), .wr_stuck_i(wrt_stuck),
        .tx_tlp_valid_o, .tx_tlp_ready_i, .tx_tlp_sop_o, .tx_tlp_eop_o, .tx_tlp_hdr_o, .tx_tlp_data_o,
        .tx_posted_ok_i, .tx_non_posted_ok_i, .tx_completion_ok_i);

    // ---- interrupts -------------------------------------------------------------------------------------------------------------------
    logic                msix_idle, stat_msix;
    logic [Nq:0]         irq_request, irq_grant;
    logic [(Nq+1)*32-1:0] irq_data;                 // {queue, vector}
    logic [31:0]         irq;
    logic [63:0]         msix_addr;
    logic [31:0]         msix_data;
    logic [15:0]         msix_vector;
    assign irq_data[Nq*32-1:0] = event_data;
    assign irq_data[Nq*32 +: 32] = {16'hFFFF, config_vector};
    assign irq_request  = {cfgirq_valid, event_valid};
    assign event_ready  = irq_grant[Nq-1:0];
    assign cfgirq_ready = irq_grant[Nq];
    arb_mux #(.N(Nq + 1), .Width(32)) u_irq_arb (
        .clk_i, .rst_ni(core_ni), .valid_i(irq_request), .ready_o(irq_grant), .data_i(irq_data), .valid_o(irq_valid),
        .ready_i(irq_ready), .data_o(irq));
    msix #(.Vectors(Nv)) u_msix (
        .clk_i, .rst_ni(rst_nq), .reg_valid_i(reg_valid), .reg_write_i(reg_write), .reg_addr_i(reg_addr), .reg_be_i(reg_be),
        .reg_wdata_i(reg_wdata), .reg_rdata_o(rdata_msix), .flr_i(flr), .msix_enable_i(msix_enable), .msix_mask_i(msix_mask),
        .bus_master_i(bus_master), .clear_pending_i(soft_reset_q), .irq_valid_i(irq_valid), .irq_ready_o(irq_ready),
        .irq_vector_i(irq[15:0]), .wr_valid_o(wr_valid[WrMsix]), .wr_ready_i(wr_ready[WrMsix]), .wr_addr_o(msix_addr),
        .wr_data_o(msix_data), .wr_vector_o(msix_vector), .unsent_o(msix_unsent), .stat_sent_o(stat_msix), .idle_o(msix_idle));
    // For the trace: who asked last for each vector. A message may leave long after it was asked for.
    logic [15:0] asker_q [Nv];
    always_ff @(posedge clk_i) if (irq_valid && irq[15:0] < 16'(Nv)) asker_q[irq[$clog2(Nv)-1:0]] <= irq[31:16];
    // Who resets a queue waits for its messages; nobody else asks.
    always_comb begin
        irq_sent = '0;
        if (vq_reset != '0) begin
            for (int q = 0; q < Nq; q++)
                irq_sent[q] = vq_vector[q*16 +: 16] >= 16'(Nv) || !msix_unsent[vq_vector[q*16 +: $clog2(Nv)]];
        end
    end
    always_comb begin
        msix_cmd = '0;
        if (wr_valid[WrMsix]) begin
            msix_cmd.addr   = msix_addr;
            msix_cmd.len    = 16'd4;
            msix_cmd.client = dma_pkg::WrImm;
            msix_cmd.hdr    = {64'd0, msix_data};
        end
    end

    // ---- frames -----------------------------------------------------------------------------------------------------------------------
    logic         net_idle, tx_drop, tx_segmented, stat_tx_frame, stat_rx_frame, stat_fcs, stat_length, stat_no_buffer, stat_fifo, stat_unwanted;
    logic [15:0]  stat_tx_bytes, stat_rx_bytes;
    logic [3:0]   tx_trace, rx_trace;
    logic [255:0] tx_trace_data, rx_trace_data;
    logic         rx_enabled;                       // some receive queue is; net_rx drops what is for another
    always_comb begin
        rx_enabled = 1'b0;
        for (int p = 0; p < QueuePairs; p++) rx_enabled = rx_enabled || vq_enable[2*p];
    end
    net #(.DataWidth(DataWidth), .QueuePairs(QueuePairs), .MaxQueueSize(MaxQueueSize), .Offloads(Offloads)) u_net (
        .clk_i, .rst_ni(rst_nq), .core_ni, .stop_i(stop), .pairs_i(pairs), .link_up_i(link_up_q),
        .rx_enable_i(driver_ok && rx_enabled && !stop && link_up_q && vq_error_q == '0), .tx_offload_i(features[regmap_pkg::VIRTIO_NET_F_CSUM_BIT]),
        .features_i(features), .guest_csum_i(guest_csum), .filter_i(filter), .rss_i(rss), .write_i(table_write),
        .tables_ready_o(tables_ready), .stat_unwanted_o(stat_unwanted),
        .d_valid_i(d_valid[2*QueuePairs-1:0]), .d_ready_o(d_ready[2*QueuePairs-1:0]), .d_i(d_data[2*QueuePairs*132-1:0]),
        .starved_i(starved[2*QueuePairs-1:0]), .rewind_o(rewind[2*QueuePairs-1:0]), .rewind_slot_o(rewind_slot),
        .rewind_wrap_o(rewind_wrap), .rewind_chains_o(rewind_chains), .u_valid_o(u_valid[2*QueuePairs-1:0]), .u_ready_i(u_ready[2*QueuePairs-1:0]), .u_tx_o(tx_u),
        .u_rx_o(rx_u),
        .req_valid_o(rd_valid[RdTx]), .req_ready_i(rd_ready[RdTx]), .req_o(tx_req),
        .wr_valid_i(b_valid && b_client == dma_pkg::RdTx), .wr_dst_i(b_dst), .wr_lo_i(b_lo), .wr_hi_i(b_hi), .wr_data_i(b_data),
        .done_valid_i(rdone_valid && rdone_client == dma_pkg::RdTx), .done_slot_i(rdone_cookie[7:0]), .done_bytes_i(rdone_bytes),
        .done_error_i(rdone_error),
        .cmd_valid_o(wr_valid[WrRx]), .cmd_ready_i(wr_ready[WrRx]), .cmd_o(rx_cmd),
        .src_re_i(src_re && src_client == dma_pkg::WrRx), .src_addr_i(src_addr), .src_data_o(src_rx_data),
        .wdone_valid_i(wdone_valid && wdone_client == dma_pkg::WrRx), .wdone_cookie_i(wdone_cookie),
        .mac_tx_valid_o, .mac_tx_ready_i, .mac_tx_last_o, .mac_tx_bytes_o, .mac_tx_data_o,
        .mac_rx_valid_i, .mac_rx_last_i, .mac_rx_error_i, .mac_rx_bytes_i, .mac_rx_data_i,
        .rx_error_o(rx_error[2*QueuePairs-1:0]), .tx_sending_o(tx_sending), .tx_quiet_o(tx_quiet), .rx_quiet_o(rx_quiet), .idle_o(net_idle),
        .stat_tx_frame_o(stat_tx_frame), .stat_tx_bytes_o(stat_tx_bytes), .stat_tx_drop_o(tx_drop), .stat_tx_segmented_o(tx_segmented), .stat_rx_frame_o(stat_rx_frame),
        .stat_rx_bytes_o(stat_rx_bytes), .stat_no_buffer_o(stat_no_buffer), .stat_fifo_o(stat_fifo), .stat_fcs_o(stat_fcs),
        .stat_length_o(stat_length), .tx_trace_o(tx_trace), .tx_trace_data_o(tx_trace_data), .rx_trace_o(rx_trace),
        .rx_trace_data_o(rx_trace_data));
    assign rewind[QCtrl] = 1'b0;

    stats u_stats (
        .clk_i, .rst_ni(rst_nq), .reg_valid_i(reg_valid), .reg_write_i(reg_write), .reg_addr_i(reg_addr), .reg_rdata_o(rdata_stats),
        .tx_frame_i(stat_tx_frame), .tx_bytes_i(stat_tx_bytes), .tx_drop_i(tx_drop), .rx_frame_i(stat_rx_frame),
        .rx_bytes_i(stat_rx_bytes), .rx_drop_no_buffer_i(stat_no_buffer), .rx_drop_fifo_i(stat_fifo), .rx_drop_fcs_i(stat_fcs),
        .rx_drop_length_i(stat_length), .dma_read_i(stat_read), .dma_write_i(stat_write), .dma_error_i(stat_error || stat_bad),
        .interrupt_i(stat_msix), .doorbell_i(stat_doorbell), .rx_drop_unwanted_i(stat_unwanted), .tx_segmented_i(tx_segmented),
        .ring_error_i(needs_reset), .ctrl_error_i(stat_ctrl));

    // ---- idle -------------------------------------------------------------------------------------------------------------------------
    // What is seldom quiet is asked first: the rest need not be looked at then, which simulation does not.
    always_ff @(posedge clk_i) begin
        idle_o <= 1'b0;
        if (rst_nq && !rx_tlp_valid_i && !mac_rx_valid_i && tlp_rx_idle && dma_wr_idle && dma_rd_idle && net_idle) begin
            idle_o <= link_up_q == link_up_i && !target_busy && virtio_idle && !reset_req && vq_idle && ctrl_idle && bench_idle
                      && msix_idle && wr_valid == '0 && !needs_reset;
        end
    end

    nic_trace #(.NumQueues(Nq)) u_trace (
        .tx_valid_i(tx_trace), .tx_data_i(tx_trace_data), .rx_valid_i(rx_trace), .rx_data_i(rx_trace_data),
        .used_valid_i(trace_used), .used_data_i(trace_used_data), .read_valid_i(trace_read), .read_data_i(trace_read_data),
        .irq_valid_i(stat_msix), .irq_vector_i(msix_vector), .irq_queue_i(asker_q[msix_vector[$clog2(Nv)-1:0]]),
        .db_valid_i(stat_doorbell), .db_queue_i(db_queue), .db_data_i(db_data), .trace_valid_o, .trace_data_o);

    logic unused;
    assign unused = &{1'b0, cycle_i[63:32], vq_device, starved[QCtrl]};
endmodule

`default_nettype wire
