// SPDX-License-Identifier: Apache-2.0
// vq_used: writes the used descriptors of one packed virtqueue, many in one TLP.
//
// Two ways to save writes. batch_i (transmit with IN_ORDER, [V] 2.8.8): one descriptor with the id of the last buffer, at the slot of
// the first, stands for all of them. Otherwise each buffer has its own descriptor, and those of neighbouring slots of one 256-byte
// line share a write; slots that are not ours to write (skipped by a chain) end the group, as does the ring's end.
//
// A group goes out when it is full, when quiet_i says that no other buffer is about to follow, or when it is age_limit_i cycles old.
// Bytes 8 to 15 of a descriptor are len, id, flags; the write starts there for the first one, so its flags are the last bytes seen
// ([P] 2.4.3: a write is seen in address order).
//
// Spec: [V] VIRTIO 1.2
`default_nettype none
`include "check.svh"

module vq_used #(
    parameter int unsigned DataWidth = 256
) (
    input  wire  logic                 clk_i,
    input  wire  logic                 rst_ni,
    input  wire  logic [7:0]           queue_i,     // constant
    input  wire  logic [7:0]           age_limit_i, // cycles, constant
    input  wire  logic                 enable_i,
    input  wire  logic [63:0]          desc_i,     // address of the ring
    input  wire  logic [15:0]          size_i,
    input  wire  logic                 batch_i,
    input  wire  logic                 quiet_i,

    // from net_tx or net_rx: buffers used, in ring order
    input  wire  logic                 u_valid_i,
    output       logic                 u_ready_o,
    input  wire  logic [15:0]          u_slot_i,   // first slot of the chain
    input  wire  logic [15:0]          u_slots_i,  // slots of the chain; 0: those of its packet come with another one
    input  wire  logic                 u_wrap_i,
    input  wire  logic [15:0]          u_id_i,
    input  wire  logic [31:0]          u_len_i,
    input  wire  logic                 u_write_i,  // bytes were written
    input  wire  logic [15:0]          u_pid_i,

    // to and from dma_wr
    output       logic                 cmd_valid_o,
    input  wire  logic                 cmd_ready_i,
    output       dma_pkg::wr_cmd_t     cmd_o,
    input  wire  logic                 src_re_i,
    input  wire  logic [15:0]          src_addr_i,
    output       logic [DataWidth-1:0] src_data_o,
    input  wire  logic                 done_i,      // the oldest group has been taken by the link
    // With done_i, to vq_event: what that group moved.
    output       logic [15:0]          done_slots_o,   // slots, skipped ones too
    output       logic [15:0]          done_packets_o,
    output       logic [15:0]          done_next_o,    // {wrap counter, slot} where the used pointer stands now

    output       logic                 trace_valid_o,
    output       logic [15:0]          trace_slot_o,
    output       logic [15:0]          trace_count_o,
    output       logic [15:0]          trace_pid_o,
    output       logic                 idle_o
);
    localparam int unsigned LgGroups = 2;           // groups of 16 descriptors: one open, others on their way
    localparam int unsigned Bytes    = (1 << LgGroups) * 256;

    logic                open_q, write_q;           // a group is open; its batch descriptor is still to be put into the RAM
    logic [15:0]         first_q, count_q, id_q, pid_q, packets_q, slots_q, next_q;
    logic [31:0]         len_q;
    logic                wrap_q, wflag_q;
    logic                long_q;                    // the last chain has several slots: no used descriptor can follow it in one write
    logic [7:0]          age_q;
    logic [LgGroups-1:0] group_q;
    logic [LgGroups:0]   flight_q;
    logic                flush_q;                   // the group is closed and waits for dma_wr

    logic joins, full, take, flush, sent;
    logic [15:0] after;
    assign after     = u_slot_i + u_slots_i;
    assign joins     = batch_i ? u_wrap_i == wrap_q
                               : (u_slot_i == first_q + count_q && u_slot_i[3:0] != 4'd0 && u_wrap_i == wrap_q);
    assign u_ready_o = enable_i && !flush_q && (open_q ? joins : flight_q != (LgGroups+1)'(1 << LgGroups));
    assign take      = u_valid_i && u_ready_o;
    always_comb begin
        full  = 1'b0;
        flush = 1'b0;
        if (open_q) begin
            full  = !batch_i && (first_q[3:0] + count_q[3:0] == 4'd0 || long_q);
            flush = !flush_q && (full || quiet_i || age_q >= age_limit_i || (u_valid_i && !joins)) && !take;
        end
    end
    assign sent      = cmd_valid_o && cmd_ready_i;

    // One descriptor into the RAM: as it comes, or, in a batch, when the group is closed.
    logic [15:0]          flags;
    logic                 we, e_wrap, e_write;
    logic [15:0]          e_id, e_slot;
    logic [31:0]          e_len;
    logic [DataWidth-1:0] wdata;
    assign we      = batch_i ? write_q : take;
    assign e_wrap  = batch_i ? wrap_q : u_wrap_i;
    assign e_write = batch_i ? wflag_q : u_write_i;
    assign e_id    = batch_i ? id_q : u_id_i;
    assign e_len   = batch_i ? len_q : u_len_i;
    assign e_slot  = batch_i ? first_q : u_slot_i;
    always_comb begin
        flags = 16'd0;
        flags[regmap_pkg::VIRTQ_DESC_F_AVAIL_BIT] = e_wrap;
        flags[regmap_pkg::VIRTQ_DESC_F_USED_BIT]  = e_wrap;
        flags[regmap_pkg::VIRTQ_DESC_F_WRITE_BIT] = e_write;
    end
    // Only bytes 8 to 15 carry anything ([V] 2.8.5); the address in front of them is written as zero, or, on a datapath that is
    // narrower than a descriptor, left as it is in a RAM that nothing else writes.
    logic [127:0] element;
    assign element = DataWidth < 128 ? {64'd0, flags, e_id, e_len} : {flags, e_id, e_len, 64'd0};
    assign wdata   = DataWidth'(element);

    window_ram #(.DataWidth(DataWidth), .Bytes(Bytes), .Lane(8)) u_ram (
        .clk_i, .we_i(we), .waddr_i({group_q, e_slot[3:0], DataWidth < 128 ? 4'd8 : 4'd0}), .wlo_i('0),
        .whi_i(($clog2(DataWidth/8)+1)'(DataWidth < 128 ? 8 : 16)), .wdata_i(wdata),
        .re_i(src_re_i), .raddr_i(src_addr_i[LgGroups+7:0]), .rdata_o(src_data_o));

    assign cmd_valid_o = flush_q && !write_q;
    always_comb begin
        cmd_o = '0;
        if (flush_q) begin
            cmd_o.addr   = desc_i + {44'd0, first_q, 4'd8};
            cmd_o.len    = {count_q[11:0], 4'd0} - 16'd8;
            cmd_o.client = dma_pkg::WrUsed;
            cmd_o.cookie = {queue_i, 8'd0};
            cmd_o.src    = {{(16-8-LgGroups){1'b0}}, group_q, first_q[3:0], 4'd8};
            cmd_o.pos    = 16'd64;
        end
    end

    always_ff @(posedge clk_i) begin
        if (!rst_ni || !enable_i) begin
            open_q   <= 1'b0;
            flush_q  <= 1'b0;
            write_q  <= 1'b0;
            group_q  <= '0;
            flight_q <= '0;
            age_q    <= 8'd0;
        end else begin
            write_q  <= flush && batch_i;
            flight_q <= flight_q + {{LgGroups{1'b0}}, take && !open_q} - {{LgGroups{1'b0}}, done_i};
            if (open_q) age_q <= age_q + 8'd1;
            if (take) begin
                open_q  <= 1'b1;
                id_q    <= u_id_i;
                len_q   <= u_len_i;
                wflag_q <= u_write_i;
                pid_q   <= u_pid_i;
                long_q  <= u_slots_i > 16'd1;
                if (u_slots_i != 16'd0) next_q <= after >= size_i ? {!u_wrap_i, after[14:0] - size_i[14:0]} : {u_wrap_i, after[14:0]};
                if (!open_q) begin
                    first_q <= u_slot_i;
                    wrap_q  <= u_wrap_i;
                    count_q <= 16'd1;
                    packets_q <= {15'd0, u_slots_i != 16'd0};
                    slots_q <= u_slots_i;
                    age_q   <= 8'd0;
                end else begin
                    packets_q <= packets_q + {15'd0, u_slots_i != 16'd0};
                    slots_q <= slots_q + u_slots_i;
                    if (!batch_i) count_q <= count_q + 16'd1;
                end
            end
            if (flush) flush_q <= 1'b1;
            if (sent) begin
                flush_q <= 1'b0;
                open_q  <= 1'b0;
                group_q <= group_q + 1'b1;
            end
        end
    end

    // What each group on its way moved, for when it has arrived.
    localparam int unsigned MovedW = 48;
    logic [MovedW-1:0]   moved [1 << LgGroups];
    logic [LgGroups-1:0] oldest_q;
    always_ff @(posedge clk_i) begin
        if (sent) moved[group_q] <= {slots_q, packets_q, next_q};
        if (!rst_ni || !enable_i) oldest_q <= '0;
        else if (done_i) oldest_q <= oldest_q + 1'b1;
    end
    assign {done_slots_o, done_packets_o, done_next_o} = moved[oldest_q];

    assign trace_valid_o = sent;
    assign trace_slot_o  = first_q;
    assign trace_count_o = packets_q;
    assign trace_pid_o   = pid_q;
    assign idle_o        = !open_q && flight_q == '0;

    logic unused;
    assign unused = &{1'b0, src_addr_i[15:LgGroups+8], e_slot, element};

    `CHECK(OnlyInOrder, !(take && open_q && !batch_i) || u_slot_i == first_q + count_q, "[V] 2.8.5: used descriptors out of ring order")
endmodule

`default_nettype wire
