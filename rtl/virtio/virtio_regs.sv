// SPDX-License-Identifier: Apache-2.0
// virtio_regs: the registers through which the driver finds, negotiates and starts the device.
//
// Common configuration, ISR byte, network configuration and doorbells, as a slave on the register bus; the registers of the queues
// are in virtio_queue_regs. Every access width that the byte enables can express is accepted.
//
// The worst corner is reset ([V] 2.4): writing 0 to the status, or a function level reset, only asks for it (reset_req_o). The
// datapath stops, waits for what it has in flight, and answers reset_done_i; until then the status reads as before, and everything
// returns to its reset value in that one cycle, so that a driver that reads 0 can be sure that the device is silent.
//
// Spec: [V] VIRTIO 1.2
`default_nettype none
`include "check.svh"

module virtio_regs #(
    parameter int unsigned NumQueues    = 3,     // 2 * QueuePairs and the control queue
    parameter int unsigned QueuePairs   = 1,
    parameter int unsigned MaxQueueSize = 1024,  // power of two
    parameter bit          Offloads     = 1'b1,  // the features of Offload are offered
    parameter int unsigned MsixVectors  = NumQueues + 1
) (
    input  wire  logic                    clk_i,
    input  wire  logic                    rst_ni,

    // Register bus: BAR0_COMMON, _ISR, _DEVICE and _NOTIFY. Read data in the cycle after valid, 0 when not addressed.
    input  wire  logic                    reg_valid_i,
    input  wire  logic                    reg_write_i,
    input  wire  logic [15:0]             reg_addr_i,
    input  wire  logic [3:0]              reg_be_i,
    input  wire  logic [31:0]             reg_wdata_i,
    output       logic [31:0]             reg_rdata_o,

    // From pcie_cfg: pulse, reset as if the driver had written status 0.
    input  wire  logic                    flr_i,

    // Negotiated state, to the virtqueue engines. Everything but driver_ok_o, and the vectors, is stable while it is used.
    output       logic                    driver_ok_o,
    output       logic [63:0]             features_o,
    output       logic [NumQueues-1:0]    vq_enable_o,
    output       logic [NumQueues*16-1:0] vq_size_o,
    output       logic [NumQueues*64-1:0] vq_desc_o,
    output       logic [NumQueues*64-1:0] vq_driver_o,
    output       logic [NumQueues*64-1:0] vq_device_o,
    output       logic [NumQueues*16-1:0] vq_vector_o,
    output       logic [NumQueues-1:0]    vq_reset_o,       // level: reset this queue alone, [V] 2.6.1
    input  wire  logic [NumQueues-1:0]    vq_reset_done_i,
    output       logic [15:0]             config_vector_o,

    // Doorbells, one cycle each: only those of enabled queues of a live device.
    output       logic                    db_valid_o,
    output       logic [15:0]             db_queue_o,
    output       logic [15:0]             db_data_o,      // {wrap counter, slot}, a hint, when has_data
    output       logic                    db_has_data_o,

    // Reset: level until done.
    output       logic                    reset_req_o,
    input  wire  logic                    reset_done_i,

    // What happens in the device.
    input  wire  logic                    isr_queue_i,    // pulse: a used notification is due
    input  wire  logic                    needs_reset_i,  // pulse: unrecoverable error, [V] 2.1.2
    input  wire  logic                    link_up_i,
    input  wire  logic [47:0]             mac_address_i,  // bits 7:0 are the first byte on the wire
    input  wire  logic                    mac_set_i,      // pulse: it changes, because the driver set it
    output       logic                    isr_pending_o,  // the ISR byte is not 0, for the PCI status register

    // Configuration change interrupt, to msix.
    output       logic                    cfgirq_valid_o,
    input  wire  logic                    cfgirq_ready_i,

    output       logic                    stat_doorbell_o,
    output       logic                    idle_o
);
    // Features that make no sense without a control queue ([V] 5.1.3.1).
    localparam logic [63:0] NeedsControl = (64'd1 << regmap_pkg::VIRTIO_NET_F_NOTF_COAL_BIT)
        | (64'd1 << regmap_pkg::VIRTIO_NET_F_VQ_NOTF_COAL_BIT) | (64'd1 << regmap_pkg::VIRTIO_NET_F_CTRL_RX_BIT)
        | (64'd1 << regmap_pkg::VIRTIO_NET_F_CTRL_RX_EXTRA_BIT) | (64'd1 << regmap_pkg::VIRTIO_NET_F_CTRL_VLAN_BIT)
        | (64'd1 << regmap_pkg::VIRTIO_NET_F_HASH_REPORT_BIT) | (64'd1 << regmap_pkg::VIRTIO_NET_F_CTRL_MAC_ADDR_BIT)
        | (64'd1 << regmap_pkg::VIRTIO_NET_F_CTRL_GUEST_OFFLOADS_BIT)
        | (QueuePairs > 1 ? 64'd1 << regmap_pkg::VIRTIO_NET_F_MQ_BIT | 64'd1 << regmap_pkg::VIRTIO_NET_F_RSS_BIT : 64'd0);
    // Segments need checksums, and CWR means something in TCP only.
    localparam logic [63:0] NeedsCsum = (64'd1 << regmap_pkg::VIRTIO_NET_F_HOST_TSO4_BIT)
        | (64'd1 << regmap_pkg::VIRTIO_NET_F_HOST_TSO6_BIT) | (64'd1 << regmap_pkg::VIRTIO_NET_F_HOST_USO_BIT);
    localparam logic [63:0] Offload = NeedsCsum | (64'd1 << regmap_pkg::VIRTIO_NET_F_HOST_ECN_BIT)
        | (64'd1 << regmap_pkg::VIRTIO_NET_F_CSUM_BIT) | (64'd1 << regmap_pkg::VIRTIO_NET_F_GUEST_CSUM_BIT)
        | (64'd1 << regmap_pkg::VIRTIO_NET_F_CTRL_GUEST_OFFLOADS_BIT) | (64'd1 << regmap_pkg::VIRTIO_NET_F_MTU_BIT)
        | (64'd1 << regmap_pkg::VIRTIO_NET_F_MRG_RXBUF_BIT) | (64'd1 << regmap_pkg::VIRTIO_NET_F_CTRL_RX_BIT)
        | (64'd1 << regmap_pkg::VIRTIO_NET_F_CTRL_RX_EXTRA_BIT) | (64'd1 << regmap_pkg::VIRTIO_NET_F_CTRL_VLAN_BIT)
        | (64'd1 << regmap_pkg::VIRTIO_NET_F_CTRL_MAC_ADDR_BIT) | (64'd1 << regmap_pkg::VIRTIO_NET_F_HASH_REPORT_BIT)
        | (QueuePairs > 1 ? 64'd1 << regmap_pkg::VIRTIO_NET_F_RSS_BIT : 64'd0);
    localparam logic [63:0] All = (64'd1 << regmap_pkg::VIRTIO_NET_F_MAC_BIT) | (64'd1 << regmap_pkg::VIRTIO_NET_F_STATUS_BIT)
        | (64'd1 << regmap_pkg::VIRTIO_F_VERSION_1_BIT) | (64'd1 << regmap_pkg::VIRTIO_F_ACCESS_PLATFORM_BIT)
        | (64'd1 << regmap_pkg::VIRTIO_F_RING_PACKED_BIT) | (64'd1 << regmap_pkg::VIRTIO_F_IN_ORDER_BIT)
        | (64'd1 << regmap_pkg::VIRTIO_F_ORDER_PLATFORM_BIT) | (64'd1 << regmap_pkg::VIRTIO_F_NOTIFICATION_DATA_BIT)
        | (64'd1 << regmap_pkg::VIRTIO_F_RING_RESET_BIT) | (64'd1 << regmap_pkg::VIRTIO_F_EVENT_IDX_BIT)
        | (64'd1 << regmap_pkg::VIRTIO_F_INDIRECT_DESC_BIT) | (64'd1 << regmap_pkg::VIRTIO_NET_F_CTRL_VQ_BIT) | NeedsControl | Offload;
    localparam logic [63:0] Offered = Offloads ? All : All & ~Offload;
    localparam logic [63:0] Required = (64'd1 << regmap_pkg::VIRTIO_F_VERSION_1_BIT)
        | (64'd1 << regmap_pkg::VIRTIO_F_RING_PACKED_BIT);
    // What a driver may write into the status: not NEEDS_RESET, which is an echo, nor bits without a meaning.
    localparam logic [7:0] StatusWritable = (8'd1 << regmap_pkg::VIRTIO_STATUS_ACKNOWLEDGE_BIT)
        | (8'd1 << regmap_pkg::VIRTIO_STATUS_DRIVER_BIT) | (8'd1 << regmap_pkg::VIRTIO_STATUS_DRIVER_OK_BIT)
        | (8'd1 << regmap_pkg::VIRTIO_STATUS_FEATURES_OK_BIT) | (8'd1 << regmap_pkg::VIRTIO_STATUS_FAILED_BIT);
    localparam int unsigned FeaturesOk = regmap_pkg::VIRTIO_STATUS_FEATURES_OK_BIT;
    localparam int unsigned NeedsReset = regmap_pkg::VIRTIO_STATUS_NEEDS_RESET_BIT;
    localparam logic [15:0] NoVector = 16'(regmap_pkg::VIRTIO_MSI_NO_VECTOR);

    // ---- Bus.
    logic        in_common, in_isr, in_device, in_notify, write_common;
    logic [11:0] addr;
    logic [31:0] mask;

    assign addr         = {reg_addr_i[11:2], 2'b00};
    assign in_common    = reg_addr_i[15:12] == 4'(regmap_pkg::BAR0_COMMON >> 12);
    assign in_isr       = reg_addr_i[15:12] == 4'(regmap_pkg::BAR0_ISR >> 12);
    assign in_device    = reg_addr_i[15:12] == 4'(regmap_pkg::BAR0_DEVICE >> 12);
    assign in_notify    = reg_addr_i[15:12] == 4'(regmap_pkg::BAR0_NOTIFY >> 12);
    assign write_common = reg_valid_i && reg_write_i && in_common;
    always_comb begin
        mask = '0;
        if (write_common) mask = {{8{reg_be_i[3]}}, {8{reg_be_i[2]}}, {8{reg_be_i[1]}}, {8{reg_be_i[0]}}};
    end

    // ---- Registers of the device. Of 64 feature bits only the offered ones can stay set, the others make it refuse the set.
    logic [31:0] device_select_q, driver_select_q;
    logic [63:0] features_q;
    logic [15:0] config_vector_q, queue_select_q;
    logic [7:0]  status_q;
    logic        live_q;             // the driver set DRIVER_OK; only a reset ends that, whatever it writes
    logic        acceptable, reset_end;

    assign acceptable = (features_q & ~Offered) == '0 && (features_q & Required) == Required
                        && (features_q[regmap_pkg::VIRTIO_NET_F_CTRL_VQ_BIT] || (features_q & NeedsControl) == '0)
                        && (features_q[regmap_pkg::VIRTIO_NET_F_CSUM_BIT] || (features_q & NeedsCsum) == '0)
                        && (features_q[regmap_pkg::VIRTIO_NET_F_HOST_TSO4_BIT] || features_q[regmap_pkg::VIRTIO_NET_F_HOST_TSO6_BIT]
                            || !features_q[regmap_pkg::VIRTIO_NET_F_HOST_ECN_BIT]);
    assign reset_end  = reset_req_o && reset_done_i;

    logic [7:0] status_written;  // what the status becomes when the byte on the bus is not 0
    always_comb begin
        status_written = '0;
        if (write_common) begin
            status_written = (reg_wdata_i[7:0] & StatusWritable) | (status_q & (8'd1 << NeedsReset));
            // [V] 2.2.2, 3.1.1: judged once, when the driver sets it.
            if (!status_q[FeaturesOk] && !acceptable) status_written[FeaturesOk] = 1'b0;
        end
    end

    logic [15:0] config_vector, queue_select;  // with the bytes on the bus
    always_comb begin
        config_vector = '0;
        queue_select  = '0;
        if (write_common) begin
            config_vector = (config_vector_q & ~mask[15:0]) | (reg_wdata_i[15:0] & mask[15:0]);
            queue_select  = (queue_select_q & ~mask[31:16]) | (reg_wdata_i[31:16] & mask[31:16]);
        end
    end

    always_ff @(posedge clk_i) begin
        if (!rst_ni || reset_end) begin
            device_select_q <= '0;
            driver_select_q <= '0;
            features_q      <= '0;
            config_vector_q <= NoVector;
            queue_select_q  <= '0;
            status_q        <= '0;
            live_q          <= 1'b0;
        end else begin
            if (write_common) begin
                case (addr)
                    12'(regmap_pkg::VIRTIO_COMMON_DEVICE_FEATURE_SELECT):
                        device_select_q <= (device_select_q & ~mask) | (reg_wdata_i & mask);
                    12'(regmap_pkg::VIRTIO_COMMON_DRIVER_FEATURE_SELECT):
                        driver_select_q <= (driver_select_q & ~mask) | (reg_wdata_i & mask);
                    12'(regmap_pkg::VIRTIO_COMMON_DRIVER_FEATURE): if (!status_q[FeaturesOk] && !live_q) begin
                        if (driver_select_q == 32'd0) features_q[31:0] <= (features_q[31:0] & ~mask) | (reg_wdata_i & mask);
                        if (driver_select_q == 32'd1) features_q[63:32] <= (features_q[63:32] & ~mask) | (reg_wdata_i & mask);
                    end
                    12'(regmap_pkg::VIRTIO_COMMON_CONFIG_MSIX_VECTOR): if (reg_be_i[1:0] != '0)
                        config_vector_q <= config_vector < 16'(MsixVectors) ? config_vector : NoVector;
                    12'(regmap_pkg::VIRTIO_COMMON_DEVICE_STATUS): begin
                        if (reg_be_i[0] && reg_wdata_i[7:0] != '0 && !reset_req_o) status_q <= status_written;
                        queue_select_q <= queue_select;
                    end
                    default: ;
                endcase
            end
            if (status_q[regmap_pkg::VIRTIO_STATUS_DRIVER_OK_BIT] && status_q[FeaturesOk]) live_q <= 1'b1;
            if (needs_reset_i) status_q[NeedsReset] <= 1'b1;
        end
    end

    always_ff @(posedge clk_i) begin
        if (!rst_ni) begin
            reset_req_o <= 1'b0;
        end else begin
            if (reset_end) reset_req_o <= 1'b0;
            if (flr_i || (write_common && addr == 12'(regmap_pkg::VIRTIO_COMMON_DEVICE_STATUS) && reg_be_i[0]
                          && reg_wdata_i[7:0] == '0)) reset_req_o <= 1'b1;
        end
    end

    // [V] 2.1.1 forbids a driver to clear a bit of the status. One that does must not stop the engines in the middle of their work.
    assign driver_ok_o = (live_q || (status_q[regmap_pkg::VIRTIO_STATUS_DRIVER_OK_BIT] && status_q[FeaturesOk])) && !reset_req_o;
    assign features_o      = features_q & Offered;   // a driver that wrote others was told so by FEATURES_OK
    assign config_vector_o = config_vector_q;

    // ---- Registers of the queues.
    // [V] 5.1.2: without MQ and RSS the control queue is queue 2, whatever the device has; with one of them, it is the last one.
    logic [15:0] physical_select;
    logic        single_pair;
    assign single_pair     = QueuePairs > 1 && !features_q[regmap_pkg::VIRTIO_NET_F_MQ_BIT]
                             && !features_q[regmap_pkg::VIRTIO_NET_F_RSS_BIT] && status_q[FeaturesOk];
    assign physical_select = single_pair && queue_select_q == 16'd2 ? 16'(NumQueues - 1)
                             : single_pair && queue_select_q > 16'd2 ? 16'(NumQueues) : queue_select_q;
    logic [31:0] queue_rdata;
    virtio_queue_regs #(.NumQueues(NumQueues), .MaxQueueSize(MaxQueueSize), .MsixVectors(MsixVectors)) u_queues (
        .clk_i, .rst_ni,
        .clear_i(reset_end), .ring_reset_i(features_q[regmap_pkg::VIRTIO_F_RING_RESET_BIT] && status_q[FeaturesOk]),
        .select_i(physical_select),
        .valid_i(reg_valid_i), .write_i(write_common), .addr_i(addr), .mask_i(mask), .wdata_i(reg_wdata_i), .rdata_o(queue_rdata),
        .vq_enable_o, .vq_size_o, .vq_desc_o, .vq_driver_o, .vq_device_o, .vq_vector_o, .vq_reset_o, .vq_reset_done_i
    );

    // ---- Network configuration, and its changes.
    logic       link_q, changed_q, change;
    logic [7:0] generation_q;
    logic       read_device;

    assign change      = link_q != link_up_i;
    assign read_device = reg_valid_i && !reg_write_i && in_device;

    always_ff @(posedge clk_i) begin
        if (!rst_ni) begin
            link_q       <= 1'b0;
            changed_q    <= 1'b0;
            generation_q <= '0;
        end else begin
            link_q <= link_up_i;
            // [V] 2.5.2: counted when the changed fields are read, not when they change, so that no number of changes between two
            // reads of the generation brings it back to where it was.
            if (read_device && changed_q) generation_q <= generation_q + 8'd1;
            if (change || mac_set_i) changed_q <= 1'b1;
            else if (read_device) changed_q <= 1'b0;
        end
    end

    // ---- ISR byte and configuration interrupt. [V] 4.1.4.5: the bit is set before the interrupt is asked for.
    logic isr_queue_q, isr_config_q, notify_config;
    assign notify_config = (change || needs_reset_i) && driver_ok_o;
    assign isr_pending_o = isr_queue_q || isr_config_q;

    always_ff @(posedge clk_i) begin
        if (!rst_ni || reset_end) begin
            isr_queue_q    <= 1'b0;
            isr_config_q   <= 1'b0;
            cfgirq_valid_o <= 1'b0;
        end else begin
            if (reg_valid_i && !reg_write_i && in_isr && addr == '0 && reg_be_i[0]) begin
                isr_queue_q  <= 1'b0;
                isr_config_q <= 1'b0;
            end
            if (isr_queue_i)   isr_queue_q  <= 1'b1;
            if (notify_config) isr_config_q <= 1'b1;
            if (notify_config && config_vector_q != NoVector) cfgirq_valid_o <= 1'b1;
            else if (cfgirq_ready_i) cfgirq_valid_o <= 1'b0;
        end
    end

    // ---- Doorbells. [V] 4.1.5.2: 32 bits with NOTIFICATION_DATA, else 16; another width, or a queue that does not run, is ignored.
    localparam int unsigned QueueW = (NumQueues > 1) ? $clog2(NumQueues) : 1;
    logic [15:0] db_queue;
    logic        db_width_ok, db_accept;

    assign db_has_data_o = features_q[regmap_pkg::VIRTIO_F_NOTIFICATION_DATA_BIT];
    logic [15:0] db_named;
    assign db_named      = reg_wdata_i[regmap_pkg::VIRTQ_NOTIFY_QUEUE_LSB +: 16];
    assign db_queue      = single_pair && db_named == 16'd2 ? 16'(NumQueues - 1) : db_named;
    assign db_width_ok   = reg_be_i == (db_has_data_o ? 4'b1111 : 4'b0011);
    always_comb begin
        db_accept = 1'b0;
        if (reg_valid_i && reg_write_i) begin
            db_accept = in_notify && db_width_ok && driver_ok_o
                        && db_queue == {6'd0, reg_addr_i[11:2]}  // the doorbell that queue_notify_off names
                        && db_queue < 16'(NumQueues) && vq_enable_o[db_queue[QueueW-1:0]];
        end
    end

    always_ff @(posedge clk_i) begin
        if (!rst_ni) begin
            db_valid_o <= 1'b0;
            db_queue_o <= '0;
            db_data_o  <= '0;
        end else begin
            db_valid_o <= db_accept;
            if (db_accept) begin
                db_queue_o <= db_queue;
                db_data_o  <= reg_wdata_i[31:16];  // {WRAP, INDEX} are adjacent
            end
        end
    end
    assign stat_doorbell_o = db_valid_o;

    // ---- Reads.
    logic [31:0] common_rdata, device_rdata;
    always_comb begin
        common_rdata = queue_rdata;
        if (reg_valid_i) case (addr)
            12'(regmap_pkg::VIRTIO_COMMON_DEVICE_FEATURE_SELECT): common_rdata = device_select_q;
            12'(regmap_pkg::VIRTIO_COMMON_DEVICE_FEATURE): common_rdata =
                device_select_q == 32'd0 ? Offered[31:0] : device_select_q == 32'd1 ? Offered[63:32] : '0;
            12'(regmap_pkg::VIRTIO_COMMON_DRIVER_FEATURE_SELECT): common_rdata = driver_select_q;
            12'(regmap_pkg::VIRTIO_COMMON_DRIVER_FEATURE): common_rdata =
                driver_select_q == 32'd0 ? features_q[31:0] : driver_select_q == 32'd1 ? features_q[63:32] : '0;
            12'(regmap_pkg::VIRTIO_COMMON_CONFIG_MSIX_VECTOR): common_rdata = {16'(NumQueues), config_vector_q};
            12'(regmap_pkg::VIRTIO_COMMON_DEVICE_STATUS): common_rdata = {queue_select_q, generation_q, status_q};
            default: ;
        endcase
        device_rdata = '0;
        if (reg_valid_i) case (addr)
            12'(regmap_pkg::VIRTIO_NET_CONFIG_MAC):       device_rdata = mac_address_i[31:0];
            12'(regmap_pkg::VIRTIO_NET_CONFIG_MAC + 4):   device_rdata = {15'd0, link_q, mac_address_i[47:32]};
            12'(regmap_pkg::VIRTIO_NET_CONFIG_MAX_VIRTQUEUE_PAIRS): device_rdata = {16'(regmap_pkg::VIRTIO_NET_CONFIG_MTU_OFFERED), 16'(QueuePairs)};
            12'(regmap_pkg::VIRTIO_NET_CONFIG_RSS_MAX_KEY_SIZE - 1):
                device_rdata = {16'(regmap_pkg::VIRTIO_HASH_TABLE_ENTRIES), 8'(regmap_pkg::VIRTIO_HASH_KEY_BYTES), 8'd0};
            12'(regmap_pkg::VIRTIO_NET_CONFIG_HASH_TYPES): device_rdata = 32'(regmap_pkg::VIRTIO_HASH_SUPPORTED);
            default: ;
        endcase
    end

    always_ff @(posedge clk_i) begin
        reg_rdata_o <= '0;
        if (rst_ni && reg_valid_i && !reg_write_i) begin
            if (in_common) reg_rdata_o <= common_rdata;
            if (in_device) reg_rdata_o <= device_rdata;
            if (in_isr && addr == '0) begin
                reg_rdata_o[regmap_pkg::VIRTIO_ISR_QUEUE_BIT]  <= isr_queue_q;
                reg_rdata_o[regmap_pkg::VIRTIO_ISR_CONFIG_BIT] <= isr_config_q;
            end
        end
    end

    assign idle_o = !reset_req_o && vq_reset_o == '0 && !db_valid_o && !cfgirq_valid_o && !change && !reg_valid_i;

    logic unused_bits;
    assign unused_bits = ^reg_addr_i[1:0];

    `CHECK(NoDoorbellBeforeDriverOk, !db_accept || driver_ok_o, "[V] 2.1.2 nothing is consumed before DRIVER_OK")
    `CHECK(LiveMeansNegotiated, !driver_ok_o || acceptable, "[V] 2.2.2 the device runs with features that it accepted only")
endmodule

`default_nettype wire
