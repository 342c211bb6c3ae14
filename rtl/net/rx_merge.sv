// SPDX-License-Identifier: Apache-2.0
// rx_merge: gives back the receive buffers of a packet that took several of them ([V] 5.1.6.4, MRG_RXBUF).
//
// net_rx fills one buffer after the other and does not know how many it will be until the last; only then is num_buffers known. So the
// buffers are remembered, and when the packet is complete num_buffers is written over, and they are used: the first one last, so that
// a driver that sees it sees them all. The others carry no slots: the first one, which moves the used pointer, counts those of all.
//
// Spec: [V] VIRTIO 1.2
`default_nettype none

module rx_merge #(
    parameter int unsigned Buffers = 32      // of a packet, a power of two below 256
) (
    input  wire  logic               clk_i,
    input  wire  logic               rst_ni,
    input  wire  logic               clear_i,      // forget it

    // from net_rx: buffers, in order
    input  wire  logic               fill_i,       // pulse: this one is full
    input  wire  logic               last_i,       // with it: the packet ends in it; one or more were full before
    input  wire  logic [15:0]        slot_i,
    input  wire  logic               wrap_i,
    input  wire  logic [15:0]        id_i,
    input  wire  logic [15:0]        len_i,
    input  wire  logic [15:0]        slots_i,
    input  wire  logic [63:0]        low_addr_i,   // where the first byte of num_buffers lies, and the second
    input  wire  logic [63:0]        high_addr_i,
    output       logic               room_o,       // this one need not be the last
    output       logic               some_o,       // the packet has had one or more
    output       logic [7:0]         count_o,      // of them
    output       logic               busy_o,       // they are given back
    output       logic               done_o,       // pulse: all of them were

    // to dma_wr
    output       logic               cmd_valid_o,
    input  wire  logic               cmd_ready_i,
    output       dma_pkg::wr_cmd_t   cmd_o,
    // to vq_used
    output       logic               u_valid_o,
    input  wire  logic               u_ready_i,
    output       logic [15:0]        u_slot_o,
    output       logic               u_wrap_o,
    output       logic [15:0]        u_id_o,
    output       logic [15:0]        u_len_o,
    output       logic [15:0]        u_slots_o
);
    localparam int unsigned IndexW = $clog2(Buffers);
    localparam int unsigned InfoW  = 16 + 1 + 16 + 16;

    typedef enum logic [1:0] {
        Collect,  // buffers are being filled
        Low,      // writes num_buffers, or its first byte
        High,     // its second byte, which lies elsewhere
        Publish   // buffers 1, 2, ..., and then 0
    } state_e;
    state_e            state_q;
    logic [InfoW-1:0]  infos [Buffers];
    logic [IndexW:0]   count_q;
    logic [IndexW-1:0] index_q;
    logic [15:0]       slots_q;                    // of all
    logic              adjacent, published;

    assign some_o      = count_q != '0;
    assign count_o     = 8'(count_q);
    assign room_o      = count_q != (IndexW+1)'(Buffers - 1);
    assign busy_o      = state_q != Collect;
    assign cmd_valid_o = state_q == Low || state_q == High;
    assign u_valid_o   = state_q == Publish;
    assign published   = u_valid_o && u_ready_i;
    assign done_o      = published && index_q == '0;
    always_comb begin
        cmd_o    = '0;
        adjacent = 1'b0;
        {u_slot_o, u_wrap_o, u_id_o, u_len_o, u_slots_o} = '0;
        if (busy_o) begin
            adjacent     = high_addr_i == low_addr_i + 64'd1;
            cmd_o.addr   = state_q == Low ? low_addr_i : high_addr_i;
            cmd_o.len    = state_q == Low && adjacent ? 16'd2 : 16'd1;
            cmd_o.client = dma_pkg::WrImm;
            if (state_q == Low) cmd_o.hdr = 96'(count_q) << {cmd_o.addr[1:0], 3'b000};   // fewer than 256: the second byte is 0
            {u_slot_o, u_wrap_o, u_id_o, u_len_o} = infos[index_q];
            u_slots_o    = index_q == '0 ? slots_q : 16'd0;
        end
    end

    always_ff @(posedge clk_i) begin
        if (!rst_ni || clear_i) begin
            state_q <= Collect;
            count_q <= '0;
            slots_q <= '0;
        end else if (fill_i || busy_o) begin
            if (fill_i) begin
                infos[count_q[IndexW-1:0]] <= {slot_i, wrap_i, id_i, len_i};
                count_q <= count_q + 1'b1;
                slots_q <= slots_q + slots_i;
                if (last_i) state_q <= Low;
            end
            unique case (state_q)
                Collect: index_q <= IndexW'(1);
                Low:  if (cmd_ready_i) state_q <= adjacent ? Publish : High;
                High: if (cmd_ready_i) state_q <= Publish;
                Publish: if (published) begin
                    index_q <= {1'b0, index_q} == count_q - 1'b1 ? '0 : index_q + 1'b1;
                    if (done_o) begin
                        state_q <= Collect;
                        count_q <= '0;
                        slots_q <= '0;
                    end
                end
                default: state_q <= Collect;
            endcase
        end
    end
endmodule

`default_nettype wire
