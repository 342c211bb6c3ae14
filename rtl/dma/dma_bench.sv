// SPDX-License-Identifier: Apache-2.0
// dma_bench: makes the DMA engines read and write as fast as they can, without a virtqueue, to measure them and the link.
//
// Registers are the DMA_BENCH block of rtl/regmap/bar0.def. Reads and writes run side by side, each a transfer a cycle at best.
`default_nettype none

module dma_bench (
    input  wire  logic              clk_i,
    input  wire  logic              rst_ni,

    // register bus; rdata in the cycle after the read, 0 when not addressed
    input  wire  logic              reg_valid_i,
    input  wire  logic              reg_write_i,
    input  wire  logic [15:0]       reg_addr_i,
    input  wire  logic [31:0]       reg_wdata_i,
    output       logic [31:0]       reg_rdata_o,

    // to and from dma_rd
    output       logic              req_valid_o,
    input  wire  logic              req_ready_i,
    output       dma_pkg::rd_req_t  req_o,
    input  wire  logic              rdone_valid_i,   // for this client
    input  wire  logic [12:0]       rdone_bytes_i,
    // to and from dma_wr
    output       logic              cmd_valid_o,
    input  wire  logic              cmd_ready_i,
    output       dma_pkg::wr_cmd_t  cmd_o,
    input  wire  logic              wdone_valid_i,   // for this client

    output       logic              idle_o
);
    logic [12:0] size_q;
    logic [31:0] count_q, stride_q, window_q;
    logic [63:0] base_q;
    logic        here, start_rd, start_wr;

    assign here     = reg_valid_i && reg_addr_i[15:12] == 4'(regmap_pkg::BAR0_DMA_BENCH >> 12);
    assign start_rd = here && reg_write_i && reg_addr_i[11:0] == 12'(regmap_pkg::DMA_BENCH_CONTROL)
                      && reg_wdata_i[regmap_pkg::DMA_BENCH_CONTROL_READ_BIT];
    assign start_wr = here && reg_write_i && reg_addr_i[11:0] == 12'(regmap_pkg::DMA_BENCH_CONTROL)
                      && reg_wdata_i[regmap_pkg::DMA_BENCH_CONTROL_WRITE_BIT];

    // ---- reads --------------------------------------------------------------------------------------------------------------------
    logic        rd_busy_q, wr_busy_q;
    logic [31:0] rd_left_q, rd_win_q, rd_cycles_q, wr_left_q, wr_win_q, wr_cycles_q;
    logic [63:0] rd_addr_q, wr_addr_q;
    logic [44:0] rd_pending_q;                  // bytes asked for and not yet here
    logic [31:0] wr_pending_q;                  // commands not yet on the link

    assign req_valid_o = rd_busy_q && rd_left_q != 32'd0;
    assign cmd_valid_o = wr_busy_q && wr_left_q != 32'd0;
    always_comb begin
        req_o = '0;
        cmd_o = '0;
        if (rd_busy_q) begin
            req_o.addr   = rd_addr_q;
            req_o.len    = {3'd0, size_q};
            req_o.client = dma_pkg::RdBench;
        end
        if (wr_busy_q) begin
            cmd_o.addr   = wr_addr_q;
            cmd_o.len    = {3'd0, size_q};
            cmd_o.client = dma_pkg::WrBench;
        end
    end

    always_ff @(posedge clk_i) begin
        if (!rst_ni) begin
            rd_busy_q    <= 1'b0;
            wr_busy_q    <= 1'b0;
            size_q       <= 13'd64;
            count_q      <= 32'd0;
            stride_q     <= 32'd64;
            window_q     <= 32'd1;
            base_q       <= 64'd0;
            rd_cycles_q  <= 32'd0;
            wr_cycles_q  <= 32'd0;
        end else if (here || rd_busy_q || wr_busy_q) begin
            if (here && reg_write_i) begin
                unique case (reg_addr_i[11:0])
                    12'(regmap_pkg::DMA_BENCH_SIZE):     size_q <= reg_wdata_i[12:0];
                    12'(regmap_pkg::DMA_BENCH_COUNT):    count_q <= reg_wdata_i;
                    12'(regmap_pkg::DMA_BENCH_STRIDE):   stride_q <= reg_wdata_i;
                    12'(regmap_pkg::DMA_BENCH_WINDOW):   window_q <= reg_wdata_i;
                    12'(regmap_pkg::DMA_BENCH_BASE):     base_q[31:0] <= reg_wdata_i;
                    12'(regmap_pkg::DMA_BENCH_BASE + 4): base_q[63:32] <= reg_wdata_i;
                    default: ;
                endcase
            end
            if (start_rd && size_q != 13'd0) begin
                rd_busy_q    <= 1'b1;
                rd_left_q    <= count_q;
                rd_win_q     <= 32'd1;
                rd_addr_q    <= base_q;
                rd_pending_q <= 45'd0;
                rd_cycles_q  <= 32'd0;
            end else if (rd_busy_q) begin
                rd_cycles_q  <= rd_cycles_q + 32'd1;
                rd_pending_q <= rd_pending_q + (req_valid_o && req_ready_i ? {32'd0, size_q} : 45'd0)
                                - (rdone_valid_i ? {32'd0, rdone_bytes_i} : 45'd0);
                if (req_valid_o && req_ready_i) begin
                    rd_left_q <= rd_left_q - 32'd1;
                    rd_win_q  <= rd_win_q == window_q ? 32'd1 : rd_win_q + 32'd1;
                    rd_addr_q <= rd_win_q == window_q ? base_q : rd_addr_q + {32'd0, stride_q};
                end
                if (rd_left_q == 32'd0 && rd_pending_q == 45'd0) rd_busy_q <= 1'b0;
            end
            if (start_wr && size_q != 13'd0) begin
                wr_busy_q    <= 1'b1;
                wr_left_q    <= count_q;
                wr_win_q     <= 32'd1;
                wr_addr_q    <= base_q;
                wr_pending_q <= 32'd0;
                wr_cycles_q  <= 32'd0;
            end else if (wr_busy_q) begin
                wr_cycles_q  <= wr_cycles_q + 32'd1;
                wr_pending_q <= wr_pending_q + {31'd0, cmd_valid_o && cmd_ready_i} - {31'd0, wdone_valid_i};
                if (cmd_valid_o && cmd_ready_i) begin
                    wr_left_q <= wr_left_q - 32'd1;
                    wr_win_q  <= wr_win_q == window_q ? 32'd1 : wr_win_q + 32'd1;
                    wr_addr_q <= wr_win_q == window_q ? base_q : wr_addr_q + {32'd0, stride_q};
                end
                if (wr_left_q == 32'd0 && wr_pending_q == 32'd0) wr_busy_q <= 1'b0;
            end
        end
    end

    always_ff @(posedge clk_i) begin
        reg_rdata_o <= 32'd0;
        if (rst_ni && here && !reg_write_i) begin
            unique case (reg_addr_i[11:0])
                12'(regmap_pkg::DMA_BENCH_CONTROL):      reg_rdata_o <= {30'd0, wr_busy_q, rd_busy_q};
                12'(regmap_pkg::DMA_BENCH_SIZE):         reg_rdata_o <= {19'd0, size_q};
                12'(regmap_pkg::DMA_BENCH_COUNT):        reg_rdata_o <= count_q;
                12'(regmap_pkg::DMA_BENCH_STRIDE):       reg_rdata_o <= stride_q;
                12'(regmap_pkg::DMA_BENCH_WINDOW):       reg_rdata_o <= window_q;
                12'(regmap_pkg::DMA_BENCH_BASE):         reg_rdata_o <= base_q[31:0];
                12'(regmap_pkg::DMA_BENCH_BASE + 4):     reg_rdata_o <= base_q[63:32];
                12'(regmap_pkg::DMA_BENCH_READ_CYCLES):  reg_rdata_o <= rd_cycles_q;
                12'(regmap_pkg::DMA_BENCH_WRITE_CYCLES): reg_rdata_o <= wr_cycles_q;
                default: ;
            endcase
        end
    end

    assign idle_o = !rd_busy_q && !wr_busy_q;
endmodule

`default_nettype wire
