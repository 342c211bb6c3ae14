// SPDX-License-Identifier: Apache-2.0
// pcie_target: carries out the requests of the host, one at a time, on the register bus and in configuration space.
//
// A request stays at the head of its queue until it is done, and for a non-posted one until its completion is taken: that keeps a
// read behind the writes before it ([P] 2.4.1), and the header needs no copy. One request is up to two register accesses of 32 bits
// with byte enables. What is not such an access to memory in BAR0, or type 0 configuration, is completed as an unsupported request,
// or dropped when it is posted ([P] 2.3.1).
//
// An access to the data field of the PCI_CFG capability is carried out on the register bus instead ([V] 4.1.4.9).
//
// Both buses: read data is sampled in the cycle after valid. Accesses without any byte enabled are not made.
//
// Spec: [V] VIRTIO 1.2  [P] PCI Express Base 5.0
`default_nettype none

module pcie_target (
    input  wire  logic         clk_i,
    input  wire  logic         rst_ni,

    // Requests, from tlp_rx.
    input  wire  logic         req_valid_i,
    output       logic         req_ready_o,
    input  wire  logic [127:0] req_hdr_i,
    input  wire  logic [63:0]  req_data_i,

    // Completions of one or two double words, to tlp_tx.
    output       logic         cplt_valid_o,
    input  wire  logic         cplt_ready_i,
    output       logic [127:0] cplt_hdr_o,
    output       logic [63:0]  cplt_data_o,

    // Register bus: offset in BAR0.
    output       logic         reg_valid_o,
    output       logic         reg_write_o,
    output       logic [15:0]  reg_addr_o,
    output       logic [3:0]   reg_be_o,
    output       logic [31:0]  reg_wdata_o,
    input  wire  logic [31:0]  reg_rdata_i,

    // Configuration bus, to pcie_cfg.
    output       logic         cfg_valid_o,
    output       logic         cfg_write_o,
    output       logic [11:0]  cfg_addr_o,
    output       logic [3:0]   cfg_be_o,
    output       logic [31:0]  cfg_wdata_o,
    input  wire  logic [31:0]  cfg_rdata_i,

    // State of the function, from pcie_cfg.
    input  wire  logic [63:0]  bar0_i,           // aligned to its size
    input  wire  logic         memory_enable_i,
    input  wire  logic [15:0]  requester_id_i,
    input  wire  logic         window_valid_i,   // the PCI_CFG capability names a register:
    input  wire  logic [15:0]  window_offset_i,  // its offset in BAR0, aligned to
    input  wire  logic [2:0]   window_length_i,  // its bytes, 1, 2 or 4

    // Events, to pcie_cfg.
    output       logic         capture_valid_o,  // a configuration write shows our bus and device number
    output       logic [15:0]  capture_id_o,
    output       logic         ur_o,             // an unsupported request was found

    output       logic         busy_o
);
    typedef enum logic [1:0] {
        Idle,    // waits for a request, and makes its first access
        Second,  // makes the second access
        Sample,  // takes the data of the last read
        Send     // waits until the completion is taken
    } state_e;
    state_e state_q, state_d;

    // ---- The request at the head of the queue.
    logic [7:0]  fmt_type;
    logic [9:0]  length;
    logic [3:0]  first_be, last_be;
    logic [63:2] address;
    logic        is_mrd, is_mwr, is_cfg, is_write, is_posted, is_two, in_bar, supported, is_window;

    assign fmt_type  = req_hdr_i[regmap_pkg::TLP_FMT_TYPE_LSB +: 8];
    assign length    = req_hdr_i[regmap_pkg::TLP_LENGTH_LSB +: 10];
    assign first_be  = req_hdr_i[32 + regmap_pkg::TLP_FIRST_BE_LSB +: 4];
    assign last_be   = req_hdr_i[32 + regmap_pkg::TLP_LAST_BE_LSB +: 4];
    assign is_mrd    = fmt_type == 8'(regmap_pkg::TLP_TYPE_MRD32) || fmt_type == 8'(regmap_pkg::TLP_TYPE_MRD64);
    assign is_mwr    = fmt_type == 8'(regmap_pkg::TLP_TYPE_MWR32) || fmt_type == 8'(regmap_pkg::TLP_TYPE_MWR64);
    assign is_write  = fmt_type[6];  // with data, [P] 2.2.1
    assign is_cfg    = fmt_type == 8'(regmap_pkg::TLP_TYPE_CFGRD0) || fmt_type == 8'(regmap_pkg::TLP_TYPE_CFGWR0);
    assign is_posted = is_mwr;
    assign is_two    = !is_cfg && length == 10'd2;
    assign address   = fmt_type[5] ? {req_hdr_i[95:64], req_hdr_i[127:98]}  // a 4-DW header has 64 address bits
                                   : {32'b0, req_hdr_i[95:66]};
    assign in_bar    = memory_enable_i && address[63:16] == bar0_i[63:16] && !(is_two && address[15:2] == '1);

    always_comb begin
        supported = 1'b0;
        if (!req_valid_i) begin
            supported = 1'b0;
        end else if (is_cfg) begin
            supported = req_hdr_i[64 + regmap_pkg::TLP_CFG_FUNCTION_LSB +: 3] == '0 && length == 10'd1;
        end else if (is_mrd || is_mwr) begin
            supported = in_bar && (length == 10'd1 || length == 10'd2);
        end
        if (req_hdr_i[regmap_pkg::TLP_EP_BIT]) supported = 1'b0;  // [P] 2.7.2.2 poisoned configuration write
    end

    // ---- The PCI_CFG window.
    logic [11:0] cfg_addr;
    logic [3:0]  window_be;
    logic [4:0]  window_shift;

    assign cfg_addr     = {req_hdr_i[64 + regmap_pkg::TLP_CFG_REGISTER_LSB +: 10], 2'b00};
    assign is_window    = is_cfg
                          && cfg_addr == 12'(regmap_pkg::PCI_CAP_VIRTIO_PCI_CFG + regmap_pkg::VIRTIO_PCI_CAP_DATA);
    assign window_be    = {{2{window_length_i[2]}}, window_length_i[2] | window_length_i[1], 1'b1};
    assign window_shift = {window_offset_i[1:0], 3'b000};

    // ---- Accesses.
    logic start, second;
    logic [31:0] wdata;
    logic [3:0]  be;

    assign start  = state_q == Idle && req_valid_i && supported;
    assign second = state_q == Second;
    assign wdata  = second ? req_data_i[63:32] : req_data_i[31:0];
    assign be     = second ? last_be : first_be;

    always_comb begin
        reg_write_o = 1'b0;
        reg_addr_o  = '0;
        reg_be_o    = '0;
        reg_wdata_o = '0;
        reg_valid_o = 1'b0;
        if (start || second) begin
            reg_write_o = is_write;
            reg_addr_o  = {address[15:2], 2'b00} + (second ? 16'd4 : 16'd0);
            reg_be_o    = be;
            reg_wdata_o = wdata;
            reg_valid_o = (second || !is_cfg) && be != '0;
            if (is_window) begin  // its first `length` bytes are the bytes of the register
                reg_addr_o  = {window_offset_i[15:2], 2'b00};
                reg_be_o    = (be & window_be) << window_offset_i[1:0];
                reg_wdata_o = wdata << window_shift;
                reg_valid_o = start && window_valid_i && (be & window_be) != '0;
            end
        end
    end

    assign cfg_valid_o = start && is_cfg && !is_window && be != '0;
    assign cfg_write_o = is_write;
    assign cfg_addr_o  = cfg_addr;
    assign cfg_be_o    = be;
    assign cfg_wdata_o = wdata;

    // [P] 2.2.6.2: from every type 0 configuration write; the function number is ours, 0.
    assign capture_valid_o = state_q == Idle && req_valid_i && is_cfg && is_write;
    assign capture_id_o    = {req_hdr_i[64 + regmap_pkg::TLP_CFG_BUS_DEVICE_LSB +: 13], 3'b000};
    assign ur_o            = state_q == Idle && req_valid_i && !supported;

    // ---- Sequence.
    always_comb begin
        state_d     = state_q;
        req_ready_o = 1'b0;
        unique case (state_q)
            Idle: if (req_valid_i) begin
                if (supported && is_two) begin
                    state_d = Second;
                end else if (is_posted) begin
                    req_ready_o = 1'b1;
                end else begin
                    state_d = supported && !is_write ? Sample : Send;
                end
            end
            Second: begin
                state_d     = is_posted ? Idle : Sample;
                req_ready_o = is_posted;
            end
            Sample: state_d = Send;
            Send: if (cplt_ready_i) begin
                state_d     = Idle;
                req_ready_o = 1'b1;
            end
            default: state_d = Idle;
        endcase
    end

    // ---- Read data. A bus that was not asked gives 0.
    logic [31:0] rdata, window_mask;
    assign rdata = !is_cfg ? reg_rdata_i : is_window ? (reg_rdata_i >> window_shift) & window_mask : cfg_rdata_i;
    assign window_mask = {{16{window_length_i[2]}}, {8{window_length_i[2] | window_length_i[1]}}, 8'hFF};

    logic asked_q;  // an access was made in the last cycle
    always_ff @(posedge clk_i) begin
        if (!rst_ni) begin
            state_q     <= Idle;
            asked_q     <= 1'b0;
            cplt_data_o <= '0;
        end else begin
            state_q <= state_d;
            asked_q <= reg_valid_o || cfg_valid_o;
            if (state_q == Idle && req_valid_i) cplt_data_o <= '0;
            if (asked_q && !is_write) begin
                if (state_q == Sample && is_two) cplt_data_o[63:32] <= rdata;
                else cplt_data_o[31:0] <= rdata;
            end
        end
    end

    // ---- The completion, [P] 2.2.9.
    logic [1:0]  first_gap, last_gap;  // bytes not enabled before the first, and after the last
    logic [11:0] byte_count;  // 0 is 4096
    logic [6:0]  lower_address;
    logic [7:0]  cplt_type;

    always_comb begin
        first_gap     = 2'd0;
        last_gap      = 2'd0;
        byte_count    = '0;
        lower_address = '0;
        cplt_type     = '0;
        cplt_hdr_o    = '0;
        if (state_q == Send) begin
            if (first_be[0])      first_gap = 2'd0;
            else if (first_be[1]) first_gap = 2'd1;
            else if (first_be[2]) first_gap = 2'd2;
            else if (first_be[3]) first_gap = 2'd3;
            last_gap = 2'd3;  // also for a read of no bytes, which counts as one, [P] 2.2.5
            if (length == 10'd1 ? first_be[3] : last_be[3])      last_gap = 2'd0;
            else if (length == 10'd1 ? first_be[2] : last_be[2]) last_gap = 2'd1;
            else if (length == 10'd1 ? first_be[1] : last_be[1]) last_gap = 2'd2;
            byte_count    = {length, 2'b00} - 12'(first_gap) - 12'(last_gap);
            lower_address = {address[6:2], first_gap};
            if (!is_mrd) begin  // [P] 2.3.1.1: fixed for all that is not a memory read
                byte_count    = 12'd4;
                lower_address = '0;
            end
            cplt_type = supported && !is_write ? 8'(regmap_pkg::TLP_TYPE_CPLD) : 8'(regmap_pkg::TLP_TYPE_CPL);
            cplt_hdr_o[regmap_pkg::TLP_FMT_TYPE_LSB +: 8] = cplt_type;
            cplt_hdr_o[regmap_pkg::TLP_TC_LSB +: 3]       = req_hdr_i[regmap_pkg::TLP_TC_LSB +: 3];
            cplt_hdr_o[regmap_pkg::TLP_ATTR_IDO_BIT]      = req_hdr_i[regmap_pkg::TLP_ATTR_IDO_BIT];
            cplt_hdr_o[regmap_pkg::TLP_ATTR_LSB +: 2]     = req_hdr_i[regmap_pkg::TLP_ATTR_LSB +: 2];
            if (supported && !is_write) cplt_hdr_o[regmap_pkg::TLP_LENGTH_LSB +: 10] = is_two ? 10'd2 : 10'd1;
            cplt_hdr_o[32 + regmap_pkg::TLP_COMPLETER_LSB +: 16] = requester_id_i;
            cplt_hdr_o[32 + regmap_pkg::TLP_STATUS_LSB +: 3] =
                supported ? 3'(regmap_pkg::TLP_STATUS_SC) : 3'(regmap_pkg::TLP_STATUS_UR);
            cplt_hdr_o[32 + regmap_pkg::TLP_BYTE_COUNT_LSB +: 12]    = byte_count;
            cplt_hdr_o[64 + regmap_pkg::TLP_REQUESTER_LSB +: 16]     = req_hdr_i[32 + regmap_pkg::TLP_REQUESTER_LSB +: 16];
            cplt_hdr_o[64 + regmap_pkg::TLP_TAG_LSB +: 8]            = req_hdr_i[32 + regmap_pkg::TLP_TAG_LSB +: 8];
            cplt_hdr_o[64 + regmap_pkg::TLP_LOWER_ADDRESS_LSB +: 7]  = lower_address;
        end
    end

    assign cplt_valid_o = state_q == Send;
    // Also in the cycle after an access, which asked_q remembers: a clock that stopped there would make the next request find it set.
    assign busy_o       = state_q != Idle || req_valid_i || asked_q;

    logic unused_bits;
    assign unused_bits = ^{bar0_i[15:0], window_length_i[0]};
endmodule

`default_nettype wire
