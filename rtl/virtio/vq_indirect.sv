// SPDX-License-Identifier: Apache-2.0
// vq_indirect: replaces an indirect descriptor by the elements of its table; everything else passes through.
//
// The table of an indirect descriptor ([V] 2.8.7) is asked for when the descriptor comes in, and handed out when it is its turn: up to
// Tables of them are on their way at once, so that a dependent read costs latency and not throughput. A table longer than 16 elements is
// read on in pieces when its turn has come. In a table only address, length and WRITE mean anything; id, slot and wrap are those of the
// descriptor, and however many elements come out, it is one slot of the ring.
//
// Spec: [V] VIRTIO 1.2
`default_nettype none
`include "check.svh"

module vq_indirect #(
    parameter int unsigned DataWidth = 256,
    parameter int unsigned Tables    = 8      // a power of two up to 64
) (
    input  wire  logic                          clk_i,
    input  wire  logic                          rst_ni,
    input  wire  logic [7:0]                    queue_i,      // constant
    input  wire  logic                          enable_i,
    input  wire  logic                          stop_i,
    input  wire  logic [15:0]                   size_i,
    input  wire  logic                          flush_i,      // the consumer gave a chain back: forget everything

    // from vq_avail
    input  wire  logic                          i_valid_i,
    output       logic                          i_ready_o,
    input  wire  logic [131:0]                  i_i,          // {addr, len, id, next, write, indirect, slot, wrap}

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
    input  wire  logic [5:0]                    done_table_i,
    input  wire  logic [12:0]                   done_bytes_i,
    input  wire  logic                          done_error_i,

    // to net_tx, net_rx or ctrl: as it came in; indirect says that the element is from a table
    output       logic                          d_valid_o,
    input  wire  logic                          d_ready_i,
    output       logic [131:0]                  d_o,

    output       logic                          error_o,      // level: a table that cannot be, or could not be read
    output       logic                          empty_o,      // no descriptor waits here
    output       logic                          idle_o
);
    localparam int unsigned LgT        = $clog2(Tables);
    localparam int unsigned CacheWidth = DataWidth < 128 ? 128 : DataWidth;
    localparam int unsigned TableBytes = 256;

    // ---- queue of descriptors, each with its table ----------------------------------------------------------------------------------
    logic             in_indirect, bypass, push, pop, q_valid, q_ready, table_free;
    logic [131:0]     head;
    logic [LgT-1:0]   next_q, head_table;
    logic [Tables-1:0] taken_q, waiting_q;
    logic [$clog2(Tables+9)-1:0] q_count;
    logic [31:0]      in_len, head_len;
    logic             len_bad, ask_first, ask_more, error_q;

    assign in_indirect = i_valid_i && i_i[17];
    assign in_len      = i_i[67:36];
    always_comb begin
        len_bad    = 1'b0;
        table_free = 1'b0;
        ask_first  = 1'b0;
        if (in_indirect) begin
            len_bad    = in_len == 32'd0 || in_len[3:0] != 4'd0 || in_len > {12'd0, size_i, 4'd0}
                         || (&i_i[131:100] && {1'b0, i_i[99:68]} + {1'b0, in_len} > 33'h1_0000_0000);   // it would go on at address 0
            table_free = !taken_q[next_q] && !waiting_q[next_q];
            ask_first  = !len_bad && q_ready && table_free && !stop_i && !flush_i && !error_q && !ask_more;
        end
    end

    // A direct descriptor passes an empty queue without delay.
    assign bypass    = !q_valid && i_valid_i && !in_indirect;
    assign push      = in_indirect ? ask_first && req_ready_i : i_valid_i && !bypass && q_ready;
    assign i_ready_o = bypass ? d_ready_i : push;

    fifo #(.Width(132 + LgT), .Depth(Tables + 8)) u_queue (
        .clk_i, .rst_ni(rst_ni && enable_i), .flush_i, .valid_i(push && !flush_i), .ready_o(q_ready), .data_i({next_q, i_i}),
        .valid_o(q_valid), .ready_i(pop), .data_o({head_table, head}), .count_o(q_count));

    // ---- tables -----------------------------------------------------------------------------------------------------------------------
    logic             turn, ready, element_last, want_element, e_valid_q, e_last_q;
    logic [15:0]      element_q, asked_q;        // of the head: elements handed out, elements asked for (0: the first 16)
    logic [15:0]      elements;
    logic [12:0]      left_q [Tables];           // bytes still to come
    logic [CacheWidth-1:0] rdata;

    assign head_len     = head[67:36];
    assign elements     = head_len[19:4];
    assign turn         = q_valid && head[17];
    assign element_last = element_q + 16'd1 == elements;
    always_comb begin
        ready        = 1'b0;
        ask_more     = 1'b0;
        want_element = 1'b0;
        if (turn) begin
            // Nothing of a table that could not be read: its bytes are no addresses.
            ready        = !waiting_q[head_table] && !e_valid_q && element_q < elements && !flush_i && !error_q;
            // The next 16 elements, when the head has handed out all that it has.
            ask_more     = ready && element_q == asked_q && asked_q != 16'd0 && !stop_i;
            want_element = ready && element_q < (asked_q == 16'd0 ? 16'd16 : asked_q);
        end
    end

    // asked_q is 0 until the first 16 are used up; afterwards the piece at hand ends there.
    logic [15:0]    rest;
    logic [4:0]     piece;
    logic [LgT-1:0] ask_table;
    assign req_valid_o = ask_first || ask_more;
    always_comb begin
        rest      = '0;
        piece     = '0;
        ask_table = '0;
        req_o     = '0;
        if (req_valid_o) begin
            rest         = elements - element_q;
            piece        = rest > 16'd16 ? 5'd16 : rest[4:0];
            ask_table    = ask_more ? head_table : next_q;
            req_o.addr   = ask_more ? head[131:68] + {44'd0, element_q, 4'd0} : i_i[131:68];
            req_o.len    = ask_more ? {7'd0, piece, 4'd0} : in_len > 32'(TableBytes) ? 16'(TableBytes) : in_len[15:0];
            req_o.client = dma_pkg::RdTable;
            req_o.cookie = {queue_i, 8'(ask_table)};
            req_o.dst    = {{(16-LgT-8){1'b0}}, ask_table, 8'd0};
        end
    end

    // A table may begin at any byte of the host's memory, and its completions end at lines of it: they are written at any byte here.
    window_ram #(.DataWidth(CacheWidth), .Bytes(Tables * TableBytes), .ReadLane(16)) u_tables (
        .clk_i, .we_i(wr_valid_i), .waddr_i(wr_dst_i[LgT+7:0]), .wlo_i(($clog2(CacheWidth/8)+1)'(wr_lo_i)),
        .whi_i(($clog2(CacheWidth/8)+1)'(wr_hi_i)), .wdata_i(CacheWidth'(wr_data_i)),
        .re_i(want_element), .raddr_i({head_table, element_q[3:0], 4'd0}), .rdata_o(rdata));

    assign d_valid_o = bypass || (q_valid && !head[17]) || e_valid_q;
    assign d_o       = bypass ? i_i
                     : e_valid_q ? {rdata[63:0], rdata[95:64], head[35:20], !e_last_q, rdata[112 + regmap_pkg::VIRTQ_DESC_F_WRITE_BIT],
                                    1'b1, head[16:0]}
                     : head;
    assign pop       = d_ready_i && (e_valid_q ? e_last_q : q_valid && !head[17]);

    always_ff @(posedge clk_i) begin
        if (!rst_ni || !enable_i) begin
            next_q    <= '0;
            taken_q   <= '0;
            waiting_q <= '0;
            element_q <= 16'd0;
            asked_q   <= 16'd0;
            e_valid_q <= 1'b0;
            error_q   <= 1'b0;
        end else begin
            if (ask_first && req_ready_i) begin
                next_q            <= next_q + 1'b1;
                taken_q[next_q]   <= 1'b1;
                waiting_q[next_q] <= 1'b1;
                left_q[next_q]    <= req_o.len[12:0];
            end
            if (ask_more && req_ready_i) begin
                waiting_q[head_table] <= 1'b1;
                left_q[head_table]    <= req_o.len[12:0];
                asked_q               <= asked_q + 16'd16;
            end
            if (done_valid_i) begin
                left_q[done_table_i[LgT-1:0]] <= left_q[done_table_i[LgT-1:0]] - done_bytes_i;
                if (left_q[done_table_i[LgT-1:0]] == done_bytes_i) waiting_q[done_table_i[LgT-1:0]] <= 1'b0;
                if (done_error_i) error_q <= 1'b1;
            end
            if (len_bad) error_q <= 1'b1;
            if (want_element) begin
                e_valid_q <= 1'b1;
                e_last_q  <= element_last;
                element_q <= element_q + 16'd1;
                // The piece is used up with this element: what follows must be asked for.
                if (!element_last && element_q[3:0] == 4'd15 && asked_q == 16'd0) asked_q <= 16'd16;
            end else if (e_valid_q && d_ready_i) begin
                e_valid_q <= 1'b0;
            end
            if (pop && head[17]) begin
                element_q           <= 16'd0;
                asked_q             <= 16'd0;
                taken_q[head_table] <= 1'b0;
            end
            if (flush_i) begin
                taken_q   <= '0;
                element_q <= 16'd0;
                asked_q   <= 16'd0;
                e_valid_q <= 1'b0;
            end
        end
    end

    assign error_o = error_q;
    assign empty_o = !q_valid;
    // What waits for its consumer only changes nothing by itself.
    assign idle_o  = waiting_q == '0 && !req_valid_o && !want_element && !push && (error_q || !len_bad);

    logic unused;
    assign unused = &{1'b0, q_count, rdata, head_len, wr_dst_i[15:LgT+8], done_table_i};
endmodule

`default_nettype wire
