// SPDX-License-Identifier: Apache-2.0
// msix: the MSI-X table and pending bits, and the messages that interrupt requests become.
//
// Every request sets the pending bit of its vector; a pending vector whose message may be sent, is. So a message that must wait
// (vector or function masked, MSI-X disabled, no bus master) and one that may go take the same path, and several requests become
// one message only while it has not been handed over ([P] 6.1.4.4, 6.1.4.6). Requests for vectors that do not exist, VIRTIO's
// NO_VECTOR among them, are taken and forgotten ([V] 4.1.5.1.2).
//
// Spec: [V] VIRTIO 1.2  [P] PCI Express Base 5.0
`default_nettype none

module msix #(
    parameter int unsigned Vectors = 3  // table entries, 1 to 1024
) (
    input  wire  logic        clk_i,
    input  wire  logic        rst_ni,

    // Register bus: BAR0_MSIX_TABLE and BAR0_MSIX_PBA. Read data in the cycle after valid, 0 when not addressed.
    input  wire  logic        reg_valid_i,
    input  wire  logic        reg_write_i,
    input  wire  logic [15:0] reg_addr_i,
    input  wire  logic [3:0]  reg_be_i,
    input  wire  logic [31:0] reg_wdata_i,
    output       logic [31:0] reg_rdata_o,

    // From pcie_cfg.
    input  wire  logic        flr_i,          // pulse: back to the reset state
    input  wire  logic        msix_enable_i,
    input  wire  logic        msix_mask_i,
    input  wire  logic        bus_master_i,

    // The device reset ends (reset_req_o && reset_done_i of virtio_regs): no message from before it may follow ([V] 2.4).
    input  wire  logic        clear_pending_i,

    // Interrupt requests; always taken.
    input  wire  logic        irq_valid_i,
    output       logic        irq_ready_o,
    input  wire  logic [15:0] irq_vector_i,

    // Messages, to tlp_tx. valid falls without ready only when the vector is masked meanwhile.
    output       logic        wr_valid_o,
    input  wire  logic        wr_ready_i,
    output       logic [63:0] wr_addr_o,
    output       logic [31:0] wr_data_o,
    output       logic [15:0] wr_vector_o,    // for traces

    output       logic [Vectors-1:0] unsent_o,     // messages that may be sent and were not yet
    output       logic        stat_sent_o,    // a message is handed over, that of wr_vector_o
    output       logic        idle_o
);
    localparam int unsigned IndexW = (Vectors > 1) ? $clog2(Vectors) : 1;
    localparam int unsigned PbaWords = (Vectors + 31) / 32;

    logic [31:0]        addr_low_q  [Vectors];
    logic [31:0]        addr_high_q [Vectors];
    logic [31:0]        data_q      [Vectors];
    logic [Vectors-1:0] masked_q, pending_q, ready;

    // ---- Register bus.
    logic [31:0]            mask;
    logic                   in_table, in_pba;
    logic [11:0]            entry;
    logic [IndexW-1:0]      index;
    logic [PbaWords*32-1:0] pba;

    always_comb begin
        mask = '0;
        if (reg_valid_i) mask = {{8{reg_be_i[3]}}, {8{reg_be_i[2]}}, {8{reg_be_i[1]}}, {8{reg_be_i[0]}}};
    end
    assign entry    = {2'b00, reg_addr_i[13:4]};
    assign index    = entry[IndexW-1:0];
    assign in_table = reg_addr_i[15:14] == 2'(regmap_pkg::BAR0_MSIX_TABLE >> 14) && entry < 12'(Vectors);
    assign in_pba   = reg_addr_i[15:14] == 2'(regmap_pkg::BAR0_MSIX_PBA >> 14) && reg_addr_i[13:2] < 12'(PbaWords);
    assign pba      = (PbaWords * 32)'(pending_q);

    always_ff @(posedge clk_i) begin
        if (!rst_ni || flr_i) begin
            for (int i = 0; i < Vectors; i++) begin
                addr_low_q[i]  <= '0;
                addr_high_q[i] <= '0;
                data_q[i]      <= '0;
            end
            masked_q <= '1;  // [P] 7.7.2.8
        end else if (reg_valid_i && reg_write_i && in_table) begin
            case ({reg_addr_i[3:2], 2'b00})
                4'(regmap_pkg::PCI_MSIX_ENTRY_ADDRESS):
                    addr_low_q[index] <= (addr_low_q[index] & ~mask) | (reg_wdata_i & mask & ~32'd3);
                4'(regmap_pkg::PCI_MSIX_ENTRY_ADDRESS_HIGH):
                    addr_high_q[index] <= (addr_high_q[index] & ~mask) | (reg_wdata_i & mask);
                4'(regmap_pkg::PCI_MSIX_ENTRY_DATA):
                    data_q[index] <= (data_q[index] & ~mask) | (reg_wdata_i & mask);
                default: if (reg_be_i[0]) masked_q[index] <= reg_wdata_i[0];
            endcase
        end
    end

    always_ff @(posedge clk_i) begin
        reg_rdata_o <= '0;
        if (rst_ni && reg_valid_i && !reg_write_i) begin
            if (in_table) begin
                case ({reg_addr_i[3:2], 2'b00})
                    4'(regmap_pkg::PCI_MSIX_ENTRY_ADDRESS):      reg_rdata_o <= addr_low_q[index];
                    4'(regmap_pkg::PCI_MSIX_ENTRY_ADDRESS_HIGH): reg_rdata_o <= addr_high_q[index];
                    4'(regmap_pkg::PCI_MSIX_ENTRY_DATA):         reg_rdata_o <= data_q[index];
                    default:                                     reg_rdata_o <= {31'd0, masked_q[index]};
                endcase
            end
            if (in_pba) reg_rdata_o <= pba[32 * reg_addr_i[6:2] +: 32];
        end
    end

    // ---- Messages. The vector that is offered stays until it is taken or masked, so that the offer is stable.
    logic [IndexW-1:0] lowest, held_q, vector;
    logic              hold_q, keep;

    assign ready = msix_enable_i && !msix_mask_i && bus_master_i ? pending_q & ~masked_q : '0;

    always_comb begin
        lowest = '0;
        if (ready != '0) begin
            for (int i = 0; i < Vectors; i++) begin
                if (ready[Vectors - 1 - i]) lowest = IndexW'(Vectors - 1 - i);
            end
        end
    end

    assign keep        = hold_q && ready[held_q];
    assign vector      = keep ? held_q : lowest;
    assign wr_valid_o  = ready != '0;
    assign wr_addr_o   = {addr_high_q[vector], addr_low_q[vector]};
    assign wr_data_o   = data_q[vector];
    assign wr_vector_o = 16'(vector);
    assign unsent_o    = ready;
    assign irq_ready_o = 1'b1;
    assign stat_sent_o = wr_valid_o && wr_ready_i;

    always_ff @(posedge clk_i) begin
        if (!rst_ni || flr_i) begin
            pending_q <= '0;
            hold_q    <= 1'b0;
            held_q    <= '0;
        end else begin
            hold_q <= wr_valid_o && !wr_ready_i;
            held_q <= vector;
            // A request in the cycle of the hand-over is a new event, and needs a new message.
            if (wr_valid_o && wr_ready_i) pending_q[vector] <= 1'b0;
            if (clear_pending_i) pending_q <= '0;
            else if (irq_valid_i && irq_vector_i < 16'(Vectors)) pending_q[irq_vector_i[IndexW-1:0]] <= 1'b1;
        end
    end

    assign idle_o = ready == '0 && !irq_valid_i && !hold_q;

    logic unused_bits;
    assign unused_bits = ^reg_addr_i[1:0];
endmodule

`default_nettype wire
