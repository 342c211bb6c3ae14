// SPDX-License-Identifier: Apache-2.0
// net: frames: from descriptor chains to the wire, and from the wire to receive buffers.
//
// Transmit queues take turns (vq_sched), fragments are gathered and large packets segmented (net_tx), checksums completed (tx_csum),
// padding and FCS are added (mac_tx). Frames from the wire are checked (mac_rx), filtered, verified and hashed if that was negotiated (rx_offload), given to a
// receive queue (by their hash, or by rx_steer, when there are several) and scattered (net_rx).
//
// Spec: [V] VIRTIO 1.2  [E] IEEE 802.3
`default_nettype none

module net #(
    parameter int unsigned DataWidth  = 256,
    parameter int unsigned QueuePairs = 1,
    parameter int unsigned MaxQueueSize = 1024,
    parameter bit          Offloads   = 1'b1,
    parameter int unsigned Nq         = 2 * QueuePairs   // DO NOT OVERRIDE
) (
    input  wire  logic                          clk_i,
    input  wire  logic                          rst_ni,
    input  wire  logic                          core_ni,       // also low for a cycle at the end of a device reset
    input  wire  logic                          stop_i,
    input  wire  logic [7:0]                    pairs_i,       // queue pairs in use
    input  wire  logic                          link_up_i,
    input  wire  logic                          rx_enable_i,
    input  wire  logic                          tx_offload_i,  // CSUM was negotiated
    input  wire  logic [63:0]                   features_i,
    input  wire  logic                          guest_csum_i,  // checksums are to be verified
    input  wire  rx_pkg::filter_t               filter_i,
    input  wire  rx_pkg::rss_t                  rss_i,
    input  wire  rx_pkg::write_t                write_i,
    output       logic                          tables_ready_o,

    // from and to the virtqueues: chains in, used buffers out
    input  wire  logic [Nq-1:0]                 d_valid_i,
    output       logic [Nq-1:0]                 d_ready_o,
    input  wire  logic [Nq*132-1:0]             d_i,
    input  wire  logic [Nq-1:0]                 starved_i,
    output       logic [Nq-1:0]                 rewind_o,
    output       logic [15:0]                   rewind_slot_o,
    output       logic                          rewind_wrap_o,
    output       logic [7:0]                    rewind_chains_o,
    output       logic [Nq-1:0]                 u_valid_o,
    input  wire  logic [Nq-1:0]                 u_ready_i,
    output       logic [97:0]                   u_tx_o,
    output       logic [97:0]                   u_rx_o,

    // to and from dma_rd
    output       logic                          req_valid_o,
    input  wire  logic                          req_ready_i,
    output       dma_pkg::rd_req_t              req_o,
    input  wire  logic                          wr_valid_i,
    input  wire  logic [15:0]                   wr_dst_i,
    input  wire  logic [$clog2(DataWidth/8):0]  wr_lo_i,
    input  wire  logic [$clog2(DataWidth/8):0]  wr_hi_i,
    input  wire  logic [DataWidth-1:0]          wr_data_i,
    input  wire  logic                          done_valid_i,
    input  wire  logic [7:0]                    done_slot_i,
    input  wire  logic [12:0]                   done_bytes_i,
    input  wire  logic                          done_error_i,
    // to and from dma_wr
    output       logic                          cmd_valid_o,
    input  wire  logic                          cmd_ready_i,
    output       dma_pkg::wr_cmd_t              cmd_o,
    input  wire  logic                          src_re_i,
    input  wire  logic [15:0]                   src_addr_i,
    output       logic [DataWidth-1:0]          src_data_o,
    input  wire  logic                          wdone_valid_i,
    input  wire  logic [15:0]                   wdone_cookie_i,

    // the wire
    output       logic                          mac_tx_valid_o,
    input  wire  logic                          mac_tx_ready_i,
    output       logic                          mac_tx_last_o,
    output       logic [6:0]                    mac_tx_bytes_o,
    output       logic [DataWidth-1:0]          mac_tx_data_o,
    input  wire  logic                          mac_rx_valid_i,
    input  wire  logic                          mac_rx_last_i,
    input  wire  logic                          mac_rx_error_i,
    input  wire  logic [6:0]                    mac_rx_bytes_i,
    input  wire  logic [DataWidth-1:0]          mac_rx_data_i,

    output       logic [Nq-1:0]                 rx_error_o,    // pulses: a readable element in a receive buffer
    output       logic                          tx_sending_o,
    output       logic                          tx_quiet_o,
    output       logic                          rx_quiet_o,
    output       logic                          idle_o,
    output       logic                          stat_tx_frame_o,
    output       logic [15:0]                   stat_tx_bytes_o,
    output       logic                          stat_tx_drop_o,
    output       logic                          stat_tx_segmented_o,
    output       logic                          stat_rx_frame_o,
    output       logic [15:0]                   stat_rx_bytes_o,
    output       logic                          stat_no_buffer_o,
    output       logic                          stat_fifo_o,
    output       logic                          stat_fcs_o,
    output       logic                          stat_length_o,
    output       logic                          stat_unwanted_o,
    output       logic [3:0]                    tx_trace_o,
    output       logic [255:0]                  tx_trace_data_o,
    output       logic [3:0]                    rx_trace_o,
    output       logic [255:0]                  rx_trace_data_o
);
    // ---- transmit ---------------------------------------------------------------------------------------------------------------------
    logic [QueuePairs-1:0]     txd_valid, txd_ready;
    logic                      tm_csum, ts_valid, ts_ready, ts_last, csum_idle;
    logic [15:0]               tm_start, tm_field;
    logic [6:0]                ts_bytes;
    logic [DataWidth-1:0]      ts_data;
    logic [QueuePairs*132-1:0] txd_data;
    logic                      td_valid, td_ready, tm_valid, tm_ready, tm_last, tx_idle, mac_tx_idle, tu_valid, tu_ready, tu_wrap;
    logic [131:0]              td;
    logic [7:0]                td_queue, tu_queue, tm_queue;
    logic [15:0]               tu_slot, tu_id, tu_pid, tu_slots;
    logic [6:0]                tm_bytes;
    logic [DataWidth-1:0]      tm_data;
    // ---- receive ----------------------------------------------------------------------------------------------------------------------
    logic                      rs_valid, rs_sop, rs_last, rs_bad, rm_unwanted, rm_verified, offload_idle, rx_offload_q;
    logic [6:0]                rs_bytes;
    logic [7:0]                rm_steered, rm_hashed;
    logic [15:0]               rs_length;
    logic [DataWidth-1:0]      rs_data;
    logic [31:0]               rm_hash;
    logic [3:0]                rm_report;
    logic                      rm_valid, rm_sop, rm_last, rm_bad, rx_idle, mac_rx_idle, rd_valid, rd_ready, rd_starved, ru_valid, ru_ready;
    logic                      ru_wrap, rx_rewind, rx_error;
    logic [131:0]              rd;
    logic [6:0]                rm_bytes;
    logic [7:0]                rm_queue, rx_queue;
    logic [15:0]               rm_length, ru_slot, ru_id, ru_pid, ru_slots;
    logic [31:0]               ru_len;
    logic [DataWidth-1:0]      rm_data;

    for (genvar p = 0; p < QueuePairs; p++) begin : gen_pair
        assign txd_valid[p]           = d_valid_i[2*p+1];
        assign txd_data[p*132 +: 132] = d_i[(2*p+1)*132 +: 132];
        assign d_ready_o[2*p+1]       = txd_ready[p];
        assign u_valid_o[2*p+1]       = tu_valid && tu_queue == 8'(p);
        assign rewind_o[2*p+1]        = 1'b0;
        assign rx_error_o[2*p+1]      = 1'b0;
        assign d_ready_o[2*p]         = rd_ready && rx_queue == 8'(p);
        assign u_valid_o[2*p]         = ru_valid && rx_queue == 8'(p);
        assign rewind_o[2*p]          = rx_rewind && rx_queue == 8'(p);
        assign rx_error_o[2*p]        = rx_error && rx_queue == 8'(p);
    end
    always_comb begin
        tu_ready   = 1'b0;
        ru_ready   = 1'b0;
        rd_valid   = 1'b0;
        rd_starved = 1'b1;
        rd         = '0;
        for (int p = 0; p < QueuePairs; p++) begin
            if (tu_queue == 8'(p)) tu_ready = u_ready_i[2*p+1];
            if (rx_queue == 8'(p)) begin
                ru_ready   = u_ready_i[2*p];
                rd_valid   = d_valid_i[2*p];
                rd_starved = starved_i[2*p];
                rd         = d_i[2*p*132 +: 132];
            end
        end
    end

    vq_sched #(.N(QueuePairs)) u_sched (
        .clk_i, .rst_ni(core_ni), .d_valid_i(txd_valid), .d_ready_o(txd_ready), .d_i(txd_data), .valid_o(td_valid), .ready_i(td_ready),
        .data_o(td), .queue_o(td_queue));
    net_tx #(.DataWidth(DataWidth), .Elements(MaxQueueSize), .Queues(QueuePairs), .Segments(Offloads)) u_tx (
        .clk_i, .rst_ni(core_ni), .stop_i, .link_up_i, .offload_i(tx_offload_i),
        .segment_i({features_i[regmap_pkg::VIRTIO_NET_F_HOST_USO_BIT], features_i[regmap_pkg::VIRTIO_NET_F_HOST_TSO6_BIT],
                    features_i[regmap_pkg::VIRTIO_NET_F_HOST_TSO4_BIT]}),
        .hash_report_i(features_i[regmap_pkg::VIRTIO_NET_F_HASH_REPORT_BIT]), .d_valid_i(td_valid), .d_ready_o(td_ready), .d_i(td),
        .d_queue_i(td_queue), .req_valid_o, .req_ready_i, .req_o,
        .wr_valid_i, .wr_dst_i, .wr_lo_i, .wr_hi_i, .wr_data_i, .done_valid_i, .done_slot_i, .done_bytes_i, .done_error_i,
        .u_valid_o(tu_valid), .u_ready_i(tu_ready), .u_queue_o(tu_queue), .u_slot_o(tu_slot), .u_wrap_o(tu_wrap), .u_id_o(tu_id),
        .u_pid_o(tu_pid), .u_slots_o(tu_slots), .m_valid_o(tm_valid), .m_ready_i(tm_ready), .m_last_o(tm_last), .m_bytes_o(tm_bytes),
        .m_data_o(tm_data), .m_queue_o(tm_queue), .m_csum_o(tm_csum), .m_start_o(tm_start), .m_field_o(tm_field),
        .stat_drop_o(stat_tx_drop_o), .stat_segmented_o(stat_tx_segmented_o), .quiet_o(tx_quiet_o), .sending_o(tx_sending_o), .idle_o(tx_idle),
        .trace_valid_o(tx_trace_o), .trace_data_o(tx_trace_data_o));
    assign u_tx_o = {tu_slot, tu_wrap, tu_id, 32'd0, 1'b0, tu_pid, tu_slots};
    if (Offloads) begin : gen_csum
        // A frame that was handed over leaves whole, also when the device is reset meanwhile.
        tx_csum #(.DataWidth(DataWidth)) u_csum (
            .clk_i, .rst_ni, .s_valid_i(tm_valid), .s_ready_o(tm_ready), .s_last_i(tm_last), .s_bytes_i(tm_bytes), .s_data_i(tm_data),
            .s_csum_i(tm_csum), .s_start_i(tm_start), .s_field_i(tm_field), .m_valid_o(ts_valid), .m_ready_i(ts_ready), .m_last_o(ts_last),
            .m_bytes_o(ts_bytes), .m_data_o(ts_data), .idle_o(csum_idle));
    end else begin : gen_no_csum
        assign {ts_valid, ts_last, ts_bytes, ts_data} = {tm_valid, tm_last, tm_bytes, tm_data};
        assign tm_ready  = ts_ready;
        assign csum_idle = 1'b1;
        logic unused_csum;
        assign unused_csum = &{1'b0, tm_csum, tm_start, tm_field};
    end
    mac_tx #(.DataWidth(DataWidth)) u_mac_tx (
        .clk_i, .rst_ni, .s_valid_i(ts_valid), .s_ready_o(ts_ready), .s_last_i(ts_last), .s_bytes_i(ts_bytes), .s_data_i(ts_data),
        .mac_tx_valid_o, .mac_tx_ready_i, .mac_tx_last_o, .mac_tx_bytes_o, .mac_tx_data_o, .stat_frame_o(stat_tx_frame_o),
        .stat_bytes_o(stat_tx_bytes_o), .idle_o(mac_tx_idle));

    mac_rx #(.DataWidth(DataWidth), .MaxFrame(regmap_pkg::ETH_MAX_FRAME)) u_mac_rx (
        .clk_i, .rst_ni, .mac_rx_valid_i, .mac_rx_last_i, .mac_rx_error_i, .mac_rx_bytes_i, .mac_rx_data_i,
        .m_valid_o(rs_valid), .m_sop_o(rs_sop), .m_last_o(rs_last), .m_bytes_o(rs_bytes), .m_data_o(rs_data), .m_bad_o(rs_bad),
        .m_length_o(rs_length), .stat_fcs_o, .stat_length_o, .idle_o(mac_rx_idle));
    if (Offloads) begin : gen_offload
        // Any of what rx_offload does.
        localparam logic [63:0] RxFeatures = (64'd1 << regmap_pkg::VIRTIO_NET_F_GUEST_CSUM_BIT) | (64'd1 << regmap_pkg::VIRTIO_NET_F_MTU_BIT)
            | (64'd1 << regmap_pkg::VIRTIO_NET_F_CTRL_RX_BIT) | (64'd1 << regmap_pkg::VIRTIO_NET_F_CTRL_VLAN_BIT)
            | (64'd1 << regmap_pkg::VIRTIO_NET_F_RSS_BIT) | (64'd1 << regmap_pkg::VIRTIO_NET_F_HASH_REPORT_BIT);
        always_ff @(posedge clk_i) rx_offload_q <= core_ni && (features_i & RxFeatures) != '0;
        rx_offload #(.DataWidth(DataWidth)) u_offload (
            .clk_i, .rst_ni(core_ni), .enable_i(rx_offload_q),
            .check_i(guest_csum_i && features_i[regmap_pkg::VIRTIO_NET_F_GUEST_CSUM_BIT]),
            .by_address_i(features_i[regmap_pkg::VIRTIO_NET_F_CTRL_RX_BIT]), .by_vlan_i(features_i[regmap_pkg::VIRTIO_NET_F_CTRL_VLAN_BIT]),
            .by_length_i(features_i[regmap_pkg::VIRTIO_NET_F_MTU_BIT]), .filter_i, .rss_i, .write_i, .ready_o(tables_ready_o),
            .s_valid_i(rs_valid), .s_sop_i(rs_sop), .s_last_i(rs_last), .s_bad_i(rs_bad), .s_bytes_i(rs_bytes), .s_length_i(rs_length),
            .s_data_i(rs_data), .m_valid_o(rm_valid), .m_sop_o(rm_sop), .m_last_o(rm_last), .m_bad_o(rm_bad), .m_bytes_o(rm_bytes),
            .m_length_o(rm_length), .m_data_o(rm_data), .m_unwanted_o(rm_unwanted), .m_verified_o(rm_verified), .m_queue_o(rm_hashed),
            .m_hash_o(rm_hash), .m_report_o(rm_report), .idle_o(offload_idle));
    end else begin : gen_no_offload
        assign {rm_valid, rm_sop, rm_last, rm_bad, rm_bytes, rm_length, rm_data}
            = {rs_valid, rs_sop, rs_last, rs_bad, rs_bytes, rs_length, rs_data};
        assign {rm_unwanted, rm_verified, rm_hashed, rm_hash, rm_report, rx_offload_q} = '0;
        assign {offload_idle, tables_ready_o} = '1;
        logic unused_offload;
        assign unused_offload = &{1'b0, guest_csum_i, filter_i, rss_i, write_i, rx_offload_q};
    end
    if (QueuePairs > 1) begin : gen_steer
        rx_steer #(.DataWidth(DataWidth)) u_steer (
            .clk_i, .rst_ni(core_ni), .pairs_i, .t_valid_i(tm_valid && tm_ready), .t_last_i(tm_last), .t_bytes_i(tm_bytes),
            .t_data_i(tm_data), .t_queue_i(tm_queue), .m_valid_i(rm_valid), .m_sop_i(rm_sop), .m_bytes_i(rm_bytes), .m_data_i(rm_data),
            .m_queue_o(rm_steered));
        assign rm_queue = rx_offload_q && rss_i.steer ? rm_hashed : rm_steered;
    end else begin : gen_one
        assign rm_queue = 8'd0;
        logic unused_one;
        assign unused_one = &{1'b0, pairs_i, rm_bytes, tm_queue, rm_hashed, rm_steered};
        assign rm_steered = 8'd0;
    end
    net_rx #(.DataWidth(DataWidth), .Queues(QueuePairs), .Merge(Offloads)) u_rx (
        .clk_i, .rst_ni(core_ni), .enable_i(rx_enable_i), .stop_i, .hash_report_i(features_i[regmap_pkg::VIRTIO_NET_F_HASH_REPORT_BIT]),
        .merge_i(features_i[regmap_pkg::VIRTIO_NET_F_MRG_RXBUF_BIT]),
        .m_valid_i(rm_valid), .m_sop_i(rm_sop), .m_last_i(rm_last), .m_bad_i(rm_bad), .m_length_i(rm_length), .m_data_i(rm_data),
        .m_queue_i(rm_queue), .m_unwanted_i(rm_unwanted), .m_verified_i(rm_verified),
        .m_hash_i(rm_hash), .m_report_i(rm_report), .queue_o(rx_queue),
        .d_valid_i(rd_valid), .d_ready_o(rd_ready), .d_addr_i(rd[131:68]), .d_len_i(rd[67:36]), .d_id_i(rd[35:20]), .d_next_i(rd[19]),
        .d_write_i(rd[18]), .d_indirect_i(rd[17]), .d_slot_i(rd[16:1]), .d_wrap_i(rd[0]), .d_starved_i(rd_starved),
        .rewind_o(rx_rewind), .rewind_slot_o, .rewind_wrap_o, .rewind_chains_o,
        .cmd_valid_o, .cmd_ready_i, .cmd_o, .src_re_i, .src_addr_i, .src_data_o,
        .done_valid_i(wdone_valid_i), .done_cookie_i(wdone_cookie_i),
        .u_valid_o(ru_valid), .u_ready_i(ru_ready), .u_slot_o(ru_slot), .u_wrap_o(ru_wrap), .u_id_o(ru_id), .u_len_o(ru_len),
        .u_pid_o(ru_pid), .u_slots_o(ru_slots), .error_o(rx_error), .stat_frame_o(stat_rx_frame_o), .stat_bytes_o(stat_rx_bytes_o),
        .stat_no_buffer_o, .stat_fifo_o, .stat_unwanted_o, .quiet_o(rx_quiet_o), .idle_o(rx_idle), .trace_valid_o(rx_trace_o),
        .trace_data_o(rx_trace_data_o));
    logic unused;
    assign unused = &{1'b0, features_i};
    assign u_rx_o = {ru_slot, ru_wrap, ru_id, ru_len, 1'b1, ru_pid, ru_slots};

    assign idle_o = tx_idle && csum_idle && offload_idle && rx_idle && mac_tx_idle && mac_rx_idle && rx_quiet_o;
endmodule

`default_nettype wire
