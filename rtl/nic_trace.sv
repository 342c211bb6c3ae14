// SPDX-License-Identifier: Apache-2.0
// nic_trace: gathers what the blocks report into the trace port of nic_top (rtl/regmap/trace.def). Synthesis removes it.
//
// Reports of virtqueues share a point for each direction; of two in the same cycle the lower queue is seen.
`default_nettype none

module nic_trace #(
    parameter int unsigned NumQueues = 2
) (
    input  wire  logic [3:0]              tx_valid_i,    // net_tx: TX_FETCH, TX_READ, TX_FIRST, TX_LAST
    input  wire  logic [255:0]            tx_data_i,
    input  wire  logic [3:0]              rx_valid_i,    // net_rx: RX_FIRST, RX_LAST, RX_WRITE, RX_DROP
    input  wire  logic [255:0]            rx_data_i,
    input  wire  logic [NumQueues-1:0]    used_valid_i,  // vq_used of each queue: {slots, first slot, pid}
    input  wire  logic [NumQueues*48-1:0] used_data_i,
    input  wire  logic [NumQueues-1:0]    read_valid_i,  // vq_avail of each queue: {slots, first slot}
    input  wire  logic [NumQueues*32-1:0] read_data_i,
    input  wire  logic                    irq_valid_i,   // msix
    input  wire  logic [15:0]             irq_vector_i,
    input  wire  logic [15:0]             irq_queue_i,
    input  wire  logic                    db_valid_i,    // virtio_regs
    input  wire  logic [15:0]             db_queue_i,
    input  wire  logic [15:0]             db_data_i,     // {wrap counter, slot}

    output       logic [12:0]             trace_valid_o,
    output       logic [13*64-1:0]        trace_data_o
);
    localparam int unsigned TxFetch = regmap_pkg::TRACE_TX_FETCH;
    localparam int unsigned TxUsed  = regmap_pkg::TRACE_TX_USED;
    localparam int unsigned RxFirst = regmap_pkg::TRACE_RX_FIRST;
    localparam int unsigned RxUsed  = regmap_pkg::TRACE_RX_USED;
    localparam int unsigned RxDrop  = regmap_pkg::TRACE_RX_DROP;
    localparam int unsigned Irq     = regmap_pkg::TRACE_IRQ;
    localparam int unsigned Bell    = regmap_pkg::TRACE_DOORBELL;
    localparam int unsigned Read    = regmap_pkg::TRACE_DESC_READ;

    always_comb begin
        trace_valid_o = '0;
        trace_data_o  = '0;
        if (tx_valid_i != '0) begin
            trace_valid_o[TxFetch +: 4]     = tx_valid_i;
            trace_data_o[TxFetch*64 +: 256] = tx_data_i;
        end
        if (rx_valid_i != '0) begin
            trace_valid_o[RxFirst +: 3]     = rx_valid_i[2:0];
            trace_data_o[RxFirst*64 +: 192] = rx_data_i[191:0];
            trace_valid_o[RxDrop]           = rx_valid_i[3];
            trace_data_o[RxDrop*64 +: 64]   = rx_data_i[255:192];
        end
        for (int q = NumQueues - 1; q >= 0; q--) begin
            if (used_valid_i[q]) begin
                trace_valid_o[q % 2 == 1 ? TxUsed : RxUsed] = 1'b1;
                trace_data_o[(q % 2 == 1 ? TxUsed : RxUsed)*64 +: 64]
                    = {used_data_i[q*48+32 +: 16], used_data_i[q*48+16 +: 16], 16'(q), used_data_i[q*48 +: 16]};
            end
            if (read_valid_i[q]) begin
                trace_valid_o[Read]         = 1'b1;
                trace_data_o[Read*64 +: 64] = {read_data_i[q*32+16 +: 16], read_data_i[q*32 +: 16], 16'(q), 16'd0};
            end
        end
        if (irq_valid_i) begin
            trace_valid_o[Irq]         = 1'b1;
            trace_data_o[Irq*64 +: 64] = {16'd0, irq_vector_i, irq_queue_i, 16'd0};
        end
        if (db_valid_i) begin
            trace_valid_o[Bell]         = 1'b1;
            trace_data_o[Bell*64 +: 64] = {15'd0, db_data_i[15], 1'b0, db_data_i[14:0], db_queue_i, 16'd0};
        end
    end
endmodule

`default_nettype wire
