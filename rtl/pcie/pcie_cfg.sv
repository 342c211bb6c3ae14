// SPDX-License-Identifier: Apache-2.0
// pcie_cfg: configuration space of the function: header type 0 and the chain of capabilities of rtl/regmap/pci.def.
//
// Capabilities: PCI Express (version 2), MSI-X, then one vendor capability for each VIRTIO structure, all in BAR0. The last of
// them, PCI_CFG, is a window through which firmware reaches BAR0 before it is mapped ([V] 4.1.4.9): its fields are kept here,
// pcie_target makes the access. There are no extended capabilities, so everything from offset 256 on reads 0 ([P] 7.6.1).
//
// A function level reset returns every register to its reset value but keeps the captured bus and device number ([P] 6.6.2).
// Not modelled: INTx messages (interrupt pin 0), power management, error reporting beyond the unsupported request bit.
//
// Spec: [V] VIRTIO 1.2  [P] PCI Express Base 5.0
`default_nettype none

module pcie_cfg #(
    parameter int unsigned NumQueues   = 2,
    parameter int unsigned MsixVectors = 3,
    parameter int unsigned LinkSpeed   = 3,  // generation shown in the link registers
    parameter int unsigned LinkWidth   = 8   // lanes shown there
) (
    input  wire  logic        clk_i,
    input  wire  logic        rst_ni,

    // Configuration bus, from pcie_target: read data in the cycle after valid.
    input  wire  logic        cfg_valid_i,
    input  wire  logic        cfg_write_i,
    input  wire  logic [11:0] cfg_addr_i,
    input  wire  logic [3:0]  cfg_be_i,
    input  wire  logic [31:0] cfg_wdata_i,
    output       logic [31:0] cfg_rdata_o,

    // Events, from pcie_target; interrupt_i is the level of the ISR byte, from virtio_regs.
    input  wire  logic        capture_valid_i,
    input  wire  logic [15:0] capture_id_i,
    input  wire  logic        ur_i,
    input  wire  logic        interrupt_i,

    // State, to everybody who sends or receives packets.
    output       logic [63:0] bar0_o,
    output       logic        memory_enable_o,
    output       logic        bus_master_o,
    output       logic [2:0]  mps_o,           // maximum payload 128 << n, never more than we support
    output       logic [2:0]  mrrs_o,          // maximum read request 128 << n, never a reserved value
    output       logic        ext_tag_o,
    output       logic [3:0]  timeout_o,       // completion timeout value
    output       logic        timeout_off_o,
    output       logic        msix_enable_o,
    output       logic        msix_mask_o,
    output       logic [15:0] requester_id_o,
    output       logic        flr_o,           // pulse: the whole function is reset

    // PCI_CFG window, to pcie_target.
    output       logic        window_valid_o,
    output       logic [15:0] window_offset_o,
    output       logic [2:0]  window_length_o
);
    // Offsets of double words that are written or read below.
    localparam int unsigned Exp    = regmap_pkg::PCI_CAP_EXPRESS;
    localparam int unsigned Msix   = regmap_pkg::PCI_CAP_MSIX;
    localparam int unsigned Common = regmap_pkg::PCI_CAP_VIRTIO_COMMON;
    localparam int unsigned Notify = regmap_pkg::PCI_CAP_VIRTIO_NOTIFY;
    localparam int unsigned Isr    = regmap_pkg::PCI_CAP_VIRTIO_ISR;
    localparam int unsigned Device = regmap_pkg::PCI_CAP_VIRTIO_DEVICE;
    localparam int unsigned Window = regmap_pkg::PCI_CAP_VIRTIO_PCI_CFG;
    localparam int unsigned CapBar    = regmap_pkg::VIRTIO_PCI_CAP_BAR;
    localparam int unsigned CapOffset = regmap_pkg::VIRTIO_PCI_CAP_OFFSET;
    localparam int unsigned CapLength = regmap_pkg::VIRTIO_PCI_CAP_LENGTH;
    localparam int unsigned CapMore   = regmap_pkg::VIRTIO_PCI_CAP_NOTIFY_MULTIPLIER;

    localparam logic [31:0] CommandMask = (32'd1 << regmap_pkg::PCI_COMMAND_MEMORY_BIT)
        | (32'd1 << regmap_pkg::PCI_COMMAND_BUS_MASTER_BIT) | (32'd1 << regmap_pkg::PCI_COMMAND_PARITY_BIT)
        | (32'd1 << regmap_pkg::PCI_COMMAND_SERR_BIT) | (32'd1 << regmap_pkg::PCI_COMMAND_INTX_DISABLE_BIT);
    localparam logic [31:0] DevcapValue = regmap_pkg::PCI_EXP_DEVCAP_MPS_SUPPORTED << regmap_pkg::PCI_EXP_DEVCAP_MPS_LSB
        | (32'd1 << regmap_pkg::PCI_EXP_DEVCAP_EXTENDED_TAG_BIT)
        | (32'd1 << regmap_pkg::PCI_EXP_DEVCAP_ROLE_BASED_ERRORS_BIT) | (32'd1 << regmap_pkg::PCI_EXP_DEVCAP_FLR_BIT);
    localparam logic [31:0] DevctlMask = (32'd15 << regmap_pkg::PCI_EXP_DEVCTL_REPORTING_LSB)
        | (32'd1 << regmap_pkg::PCI_EXP_DEVCTL_RELAXED_ORDERING_BIT) | (32'd7 << regmap_pkg::PCI_EXP_DEVCTL_MPS_LSB)
        | (32'd1 << regmap_pkg::PCI_EXP_DEVCTL_EXTENDED_TAG_BIT) | (32'd1 << regmap_pkg::PCI_EXP_DEVCTL_NO_SNOOP_BIT)
        | (32'd7 << regmap_pkg::PCI_EXP_DEVCTL_MRRS_LSB);
    localparam logic [31:0] Devcap2Value = regmap_pkg::PCI_EXP_DEVCAP2_TIMEOUT_RANGES
        | (32'd1 << regmap_pkg::PCI_EXP_DEVCAP2_TIMEOUT_DISABLE_BIT);
    localparam logic [31:0] LinkValue = LinkSpeed << regmap_pkg::PCI_EXP_LINK_SPEED_LSB
        | LinkWidth << regmap_pkg::PCI_EXP_LINK_WIDTH_LSB;
    localparam logic [31:0] SpeedsValue = (32'd2 << LinkSpeed) - 32'd2;  // this generation and all before it
    localparam logic [31:0] BarMask = ~(regmap_pkg::BAR0_SIZE - 32'd1);

    // First double word of a vendor capability: type, length, next, id.
    function automatic logic [31:0] cap_header(input int unsigned kind, input int unsigned bytes, input int unsigned next);
        cap_header = kind << 24 | bytes << 16 | next << 8 | regmap_pkg::PCI_CAP_ID_VENDOR;
    endfunction

    // ---- Registers.
    logic [15:0] command_q, devctl_q;
    logic [31:0] bar_low_q, bar_high_q;
    logic [7:0]  cache_line_q, interrupt_line_q, window_bar_q;
    logic [31:0] window_offset_q, window_length_q;
    logic        msix_enable_q, msix_mask_q, ur_q;
    logic [4:0]  devctl2_q;    // {disable, value}

    logic [11:0] addr;
    logic [31:0] mask;       // bits whose byte is enabled
    logic        write;
    assign addr  = {cfg_addr_i[11:2], 2'b00};
    assign write = cfg_valid_i && cfg_write_i;
    always_comb begin
        mask = '0;
        if (write) mask = {{8{cfg_be_i[3]}}, {8{cfg_be_i[2]}}, {8{cfg_be_i[1]}}, {8{cfg_be_i[0]}}};
    end

    always_ff @(posedge clk_i) begin
        if (!rst_ni || flr_o) begin
            command_q        <= '0;
            bar_low_q        <= '0;
            bar_high_q       <= '0;
            cache_line_q     <= '0;
            interrupt_line_q <= '0;
            devctl_q         <= 16'(regmap_pkg::PCI_EXP_DEVCTL_RESET_VALUE);
            devctl2_q        <= '0;
            ur_q             <= 1'b0;
            msix_enable_q    <= 1'b0;
            msix_mask_q      <= 1'b0;
            window_bar_q     <= '0;
            window_offset_q  <= '0;
            window_length_q  <= '0;
        end else begin
            if (write) begin
                case (addr)
                    12'(regmap_pkg::PCI_CFG_COMMAND):
                        command_q <= (command_q & ~mask[15:0]) | (cfg_wdata_i[15:0] & mask[15:0] & CommandMask[15:0]);
                    12'(regmap_pkg::PCI_CFG_HEADER): if (cfg_be_i[0]) cache_line_q <= cfg_wdata_i[7:0];
                    12'(regmap_pkg::PCI_CFG_BAR0): bar_low_q <= (bar_low_q & ~mask) | (cfg_wdata_i & mask & BarMask);
                    12'(regmap_pkg::PCI_CFG_BAR0_HIGH): bar_high_q <= (bar_high_q & ~mask) | (cfg_wdata_i & mask);
                    12'(regmap_pkg::PCI_CFG_INTERRUPT): if (cfg_be_i[0]) interrupt_line_q <= cfg_wdata_i[7:0];
                    12'(Exp + regmap_pkg::PCI_EXP_DEVICE_CONTROL): begin
                        devctl_q <= (devctl_q & ~mask[15:0]) | (cfg_wdata_i[15:0] & mask[15:0] & DevctlMask[15:0]);
                        if (cfg_be_i[2] && cfg_wdata_i[16 + regmap_pkg::PCI_EXP_DEVSTA_UNSUPPORTED_REQUEST_BIT]) ur_q <= 1'b0;
                    end
                    12'(Exp + regmap_pkg::PCI_EXP_DEVICE_CONTROL_2): if (cfg_be_i[0])
                        devctl2_q <= {cfg_wdata_i[regmap_pkg::PCI_EXP_DEVCTL2_TIMEOUT_DISABLE_BIT],
                                      cfg_wdata_i[regmap_pkg::PCI_EXP_DEVCTL2_TIMEOUT_LSB +: 4]};
                    12'(Msix): if (cfg_be_i[3]) begin
                        msix_enable_q <= cfg_wdata_i[16 + regmap_pkg::PCI_MSIX_CONTROL_ENABLE_BIT];
                        msix_mask_q   <= cfg_wdata_i[16 + regmap_pkg::PCI_MSIX_CONTROL_FUNCTION_MASK_BIT];
                    end
                    12'(Window + CapBar): if (cfg_be_i[0]) window_bar_q <= cfg_wdata_i[7:0];
                    12'(Window + CapOffset): window_offset_q <= (window_offset_q & ~mask) | (cfg_wdata_i & mask);
                    12'(Window + CapLength): window_length_q <= (window_length_q & ~mask) | (cfg_wdata_i & mask);
                    default: ;
                endcase
            end
            if (ur_i) ur_q <= 1'b1;
        end
    end

    // [P] 6.6.2: the write itself is completed, by pcie_target, which is not reset.
    always_ff @(posedge clk_i) begin
        if (!rst_ni) begin
            flr_o          <= 1'b0;
            requester_id_o <= '0;
        end else begin
            flr_o <= write && addr == 12'(Exp + regmap_pkg::PCI_EXP_DEVICE_CONTROL) && cfg_be_i[1]
                     && cfg_wdata_i[regmap_pkg::PCI_EXP_DEVCTL_INITIATE_FLR_BIT];
            if (capture_valid_i) requester_id_o <= capture_id_i;
        end
    end

    // ---- Reads.
    logic [31:0] rdata;
    always_comb begin
        rdata = '0;
        if (cfg_valid_i) case (addr)
            12'(regmap_pkg::PCI_CFG_VENDOR_ID): rdata = {16'(regmap_pkg::PCI_ID_DEVICE), 16'(regmap_pkg::PCI_ID_VENDOR)};
            12'(regmap_pkg::PCI_CFG_COMMAND): begin
                rdata[15:0] = command_q;
                rdata[16 + regmap_pkg::PCI_STATUS_INTERRUPT_BIT]       = interrupt_i;
                rdata[16 + regmap_pkg::PCI_STATUS_CAPABILITY_LIST_BIT] = 1'b1;
            end
            12'(regmap_pkg::PCI_CFG_REVISION_CLASS):
                rdata = {24'(regmap_pkg::PCI_ID_CLASS), 8'(regmap_pkg::PCI_ID_REVISION)};
            12'(regmap_pkg::PCI_CFG_HEADER):       rdata = {24'd0, cache_line_q};
            12'(regmap_pkg::PCI_CFG_BAR0):         rdata = bar_low_q | regmap_pkg::PCI_BAR_MEMORY_64;
            12'(regmap_pkg::PCI_CFG_BAR0_HIGH):    rdata = bar_high_q;
            12'(regmap_pkg::PCI_CFG_SUBSYSTEM):
                rdata = {16'(regmap_pkg::PCI_ID_SUBSYSTEM), 16'(regmap_pkg::PCI_ID_VENDOR)};
            12'(regmap_pkg::PCI_CFG_CAPABILITIES): rdata = Exp;
            12'(regmap_pkg::PCI_CFG_INTERRUPT):    rdata = {24'd0, interrupt_line_q};  // pin 0: no INTx

            12'(Exp): rdata = {16'(regmap_pkg::PCI_EXP_VERSION), 8'(Msix), 8'(regmap_pkg::PCI_CAP_ID_EXPRESS)};
            12'(Exp + regmap_pkg::PCI_EXP_DEVICE_CAPABILITIES): rdata = DevcapValue;
            12'(Exp + regmap_pkg::PCI_EXP_DEVICE_CONTROL): begin
                rdata[15:0] = devctl_q;
                rdata[16 + regmap_pkg::PCI_EXP_DEVSTA_UNSUPPORTED_REQUEST_BIT] = ur_q;
            end
            12'(Exp + regmap_pkg::PCI_EXP_LINK_CAPABILITIES):   rdata = LinkValue;
            12'(Exp + regmap_pkg::PCI_EXP_LINK_CONTROL):        rdata = {LinkValue[15:0], 16'd0};
            12'(Exp + regmap_pkg::PCI_EXP_DEVICE_CAPABILITIES_2): rdata = Devcap2Value;
            12'(Exp + regmap_pkg::PCI_EXP_DEVICE_CONTROL_2):    rdata = {27'd0, devctl2_q};
            12'(Exp + regmap_pkg::PCI_EXP_LINK_CAPABILITIES_2): rdata = SpeedsValue;

            12'(Msix): begin
                rdata = {16'(MsixVectors - 1), 8'(Common), 8'(regmap_pkg::PCI_CAP_ID_MSIX)};
                rdata[16 + regmap_pkg::PCI_MSIX_CONTROL_ENABLE_BIT]        = msix_enable_q;
                rdata[16 + regmap_pkg::PCI_MSIX_CONTROL_FUNCTION_MASK_BIT] = msix_mask_q;
            end
            12'(Msix + regmap_pkg::PCI_MSIX_TABLE): rdata = regmap_pkg::BAR0_MSIX_TABLE;
            12'(Msix + regmap_pkg::PCI_MSIX_PBA):   rdata = regmap_pkg::BAR0_MSIX_PBA;

            12'(Common): rdata = cap_header(regmap_pkg::VIRTIO_PCI_CAP_TYPE_COMMON,
                                            regmap_pkg::PCI_CAP_VIRTIO_COMMON_BYTES, Notify);
            12'(Common + CapOffset): rdata = regmap_pkg::BAR0_COMMON;
            12'(Common + CapLength): rdata = regmap_pkg::VIRTIO_COMMON_BYTES;

            12'(Notify): rdata = cap_header(regmap_pkg::VIRTIO_PCI_CAP_TYPE_NOTIFY,
                                            regmap_pkg::PCI_CAP_VIRTIO_NOTIFY_BYTES, Isr);
            12'(Notify + CapOffset): rdata = regmap_pkg::BAR0_NOTIFY;
            12'(Notify + CapLength): rdata = NumQueues * regmap_pkg::BAR0_NOTIFY_MULTIPLIER;
            12'(Notify + CapMore):   rdata = regmap_pkg::BAR0_NOTIFY_MULTIPLIER;

            12'(Isr): rdata = cap_header(regmap_pkg::VIRTIO_PCI_CAP_TYPE_ISR,
                                         regmap_pkg::PCI_CAP_VIRTIO_ISR_BYTES, Device);
            12'(Isr + CapOffset): rdata = regmap_pkg::BAR0_ISR;
            12'(Isr + CapLength): rdata = 32'd1;

            12'(Device): rdata = cap_header(regmap_pkg::VIRTIO_PCI_CAP_TYPE_DEVICE,
                                            regmap_pkg::PCI_CAP_VIRTIO_DEVICE_BYTES, Window);
            12'(Device + CapOffset): rdata = regmap_pkg::BAR0_DEVICE;
            12'(Device + CapLength): rdata = regmap_pkg::VIRTIO_NET_CONFIG_BYTES;

            12'(Window): rdata = cap_header(regmap_pkg::VIRTIO_PCI_CAP_TYPE_PCI_CFG,
                                            regmap_pkg::PCI_CAP_VIRTIO_PCI_CFG_BYTES, 0);
            12'(Window + CapBar):    rdata = {24'd0, window_bar_q};
            12'(Window + CapOffset): rdata = window_offset_q;
            12'(Window + CapLength): rdata = window_length_q;
            default: rdata = '0;
        endcase
    end

    always_ff @(posedge clk_i) begin
        if (!rst_ni) cfg_rdata_o <= '0;
        else if (cfg_valid_i) cfg_rdata_o <= cfg_write_i ? '0 : rdata;
    end

    // ---- Outputs.
    logic [2:0] mps, mrrs;
    assign bar0_o          = {bar_high_q, bar_low_q};
    assign memory_enable_o = command_q[regmap_pkg::PCI_COMMAND_MEMORY_BIT];
    assign bus_master_o    = command_q[regmap_pkg::PCI_COMMAND_BUS_MASTER_BIT];
    assign mps             = devctl_q[regmap_pkg::PCI_EXP_DEVCTL_MPS_LSB +: 3];
    assign mps_o           = mps > 3'(regmap_pkg::PCI_EXP_DEVCAP_MPS_SUPPORTED)
                             ? 3'(regmap_pkg::PCI_EXP_DEVCAP_MPS_SUPPORTED) : mps;
    assign mrrs            = devctl_q[regmap_pkg::PCI_EXP_DEVCTL_MRRS_LSB +: 3];
    assign mrrs_o          = mrrs > 3'(regmap_pkg::PCI_EXP_DEVCTL_MRRS_LARGEST) ? 3'(regmap_pkg::PCI_EXP_DEVCTL_MRRS_LARGEST) : mrrs;
    assign {timeout_off_o, timeout_o} = devctl2_q;
    assign ext_tag_o       = devctl_q[regmap_pkg::PCI_EXP_DEVCTL_EXTENDED_TAG_BIT];
    assign msix_enable_o   = msix_enable_q;
    assign msix_mask_o     = msix_mask_q;

    // [V] 4.1.4.9: bar, offset and length must name 1, 2 or 4 aligned bytes of a BAR that exists.
    assign window_offset_o = window_offset_q[15:0];
    assign window_length_o = window_length_q[2:0];
    assign window_valid_o  = window_bar_q == '0 && window_offset_q < regmap_pkg::BAR0_SIZE
        && (window_length_q == 32'd1 || (window_length_q == 32'd2 && !window_offset_q[0])
            || (window_length_q == 32'd4 && window_offset_q[1:0] == '0));

    logic unused_bits;
    assign unused_bits = ^{cfg_addr_i[1:0], CommandMask[31:16], DevctlMask[31:16], LinkValue[31:16]};
endmodule

`default_nettype wire
