// SPDX-License-Identifier: Apache-2.0
// stats: the 64-bit event counters of the STATS block.
//
// Reading the low half of a counter latches its high half for the next read of a high half, so that two 32-bit reads give a value
// that the counter once had. Counters wrap and are cleared by the hardware reset only, not by a reset of the VIRTIO device.
`default_nettype none

module stats (
    input  wire  logic        clk_i,
    input  wire  logic        rst_ni,

    // Register bus: BAR0_STATS. Read data in the cycle after valid, 0 when not addressed.
    input  wire  logic        reg_valid_i,
    input  wire  logic        reg_write_i,
    input  wire  logic [15:0] reg_addr_i,
    output       logic [31:0] reg_rdata_o,

    // Events, pulses; the byte counts go with the frame.
    input  wire  logic        tx_frame_i,
    input  wire  logic [15:0] tx_bytes_i,
    input  wire  logic        tx_drop_i,
    input  wire  logic        rx_frame_i,
    input  wire  logic [15:0] rx_bytes_i,
    input  wire  logic        rx_drop_no_buffer_i,
    input  wire  logic        rx_drop_fifo_i,
    input  wire  logic        rx_drop_fcs_i,
    input  wire  logic        rx_drop_length_i,
    input  wire  logic        dma_read_i,
    input  wire  logic        dma_write_i,
    input  wire  logic        dma_error_i,
    input  wire  logic        interrupt_i,
    input  wire  logic        doorbell_i,
    input  wire  logic        rx_drop_unwanted_i,
    input  wire  logic        tx_segmented_i,
    input  wire  logic        ring_error_i,
    input  wire  logic        ctrl_error_i
);
    logic [63:0] tx_frames_q, tx_bytes_q, tx_drops_q, rx_frames_q, rx_bytes_q, rx_no_buffer_q, rx_fifo_q;
    logic [63:0] rx_fcs_q, rx_length_q, dma_reads_q, dma_writes_q, dma_errors_q, interrupts_q, doorbells_q, rx_unwanted_q;
    logic [63:0] tx_segmented_q, ring_errors_q, ctrl_errors_q;

    always_ff @(posedge clk_i) begin
        if (!rst_ni) begin
            tx_frames_q    <= '0;
            tx_bytes_q     <= '0;
            tx_drops_q     <= '0;
            rx_frames_q    <= '0;
            rx_bytes_q     <= '0;
            rx_no_buffer_q <= '0;
            rx_fifo_q      <= '0;
            rx_fcs_q       <= '0;
            rx_length_q    <= '0;
            dma_reads_q    <= '0;
            dma_writes_q   <= '0;
            dma_errors_q   <= '0;
            interrupts_q   <= '0;
            doorbells_q    <= '0;
            rx_unwanted_q  <= '0;
            tx_segmented_q <= '0;
            ring_errors_q  <= '0;
            ctrl_errors_q  <= '0;
        end else begin
            if (tx_frame_i) tx_frames_q <= tx_frames_q + 64'd1;
            if (tx_frame_i) tx_bytes_q <= tx_bytes_q + 64'(tx_bytes_i);
            if (tx_drop_i) tx_drops_q <= tx_drops_q + 64'd1;
            if (rx_frame_i) rx_frames_q <= rx_frames_q + 64'd1;
            if (rx_frame_i) rx_bytes_q <= rx_bytes_q + 64'(rx_bytes_i);
            if (rx_drop_no_buffer_i) rx_no_buffer_q <= rx_no_buffer_q + 64'd1;
            if (rx_drop_fifo_i) rx_fifo_q <= rx_fifo_q + 64'd1;
            if (rx_drop_fcs_i) rx_fcs_q <= rx_fcs_q + 64'd1;
            if (rx_drop_length_i) rx_length_q <= rx_length_q + 64'd1;
            if (dma_read_i) dma_reads_q <= dma_reads_q + 64'd1;
            if (dma_write_i) dma_writes_q <= dma_writes_q + 64'd1;
            if (dma_error_i) dma_errors_q <= dma_errors_q + 64'd1;
            if (interrupt_i) interrupts_q <= interrupts_q + 64'd1;
            if (doorbell_i) doorbells_q <= doorbells_q + 64'd1;
            if (rx_drop_unwanted_i) rx_unwanted_q <= rx_unwanted_q + 64'd1;
            if (tx_segmented_i) tx_segmented_q <= tx_segmented_q + 64'd1;
            if (ring_error_i) ring_errors_q <= ring_errors_q + 64'd1;
            if (ctrl_error_i) ctrl_errors_q <= ctrl_errors_q + 64'd1;
        end
    end

    logic [63:0] value;
    always_comb begin
        value = '0;
        if (reg_valid_i) case ({reg_addr_i[11:3], 3'b000})
            12'(regmap_pkg::STATS_TX_FRAMES):           value = tx_frames_q;
            12'(regmap_pkg::STATS_TX_BYTES):            value = tx_bytes_q;
            12'(regmap_pkg::STATS_TX_DROPS):            value = tx_drops_q;
            12'(regmap_pkg::STATS_RX_FRAMES):           value = rx_frames_q;
            12'(regmap_pkg::STATS_RX_BYTES):            value = rx_bytes_q;
            12'(regmap_pkg::STATS_RX_DROPS_NO_BUFFER):  value = rx_no_buffer_q;
            12'(regmap_pkg::STATS_RX_DROPS_FIFO):       value = rx_fifo_q;
            12'(regmap_pkg::STATS_RX_DROPS_FCS):        value = rx_fcs_q;
            12'(regmap_pkg::STATS_RX_DROPS_LENGTH):     value = rx_length_q;
            12'(regmap_pkg::STATS_DMA_READS):           value = dma_reads_q;
            12'(regmap_pkg::STATS_DMA_WRITES):          value = dma_writes_q;
            12'(regmap_pkg::STATS_DMA_ERRORS):          value = dma_errors_q;
            12'(regmap_pkg::STATS_INTERRUPTS):          value = interrupts_q;
            12'(regmap_pkg::STATS_DOORBELLS):           value = doorbells_q;
            12'(regmap_pkg::STATS_RX_DROPS_UNWANTED):   value = rx_unwanted_q;
            12'(regmap_pkg::STATS_TX_SEGMENTED):        value = tx_segmented_q;
            12'(regmap_pkg::STATS_RING_ERRORS):         value = ring_errors_q;
            12'(regmap_pkg::STATS_CTRL_ERRORS):         value = ctrl_errors_q;
            default: ;
        endcase
    end

    logic [31:0] high_q;
    always_ff @(posedge clk_i) begin
        reg_rdata_o <= '0;
        if (!rst_ni) begin
            high_q <= '0;
        end else if (reg_valid_i && !reg_write_i && reg_addr_i[15:12] == 4'(regmap_pkg::BAR0_STATS >> 12)) begin
            reg_rdata_o <= reg_addr_i[2] ? high_q : value[31:0];
            if (!reg_addr_i[2]) high_q <= value[63:32];
        end
    end

    logic unused_bits;
    assign unused_bits = ^reg_addr_i[1:0];
endmodule

`default_nettype wire
