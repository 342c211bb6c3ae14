// SPDX-License-Identifier: Apache-2.0
// vq_serial: one packed virtqueue that takes one chain at a time, for a queue that needs no speed.
//
// It keeps the same contract with the driver as vq, but reads one descriptor after the other, when its consumer asks
// for it, and nothing ahead: no cache, no tables, no RAM. The control queue is one. What it costs is a few registers and, on an idle
// device, nothing; a command takes a read latency for each of its elements.
//
//   Sleep --doorbell--> Ask --> Wait --> Judge --> Show --> Use --> Write --> Home --> Ask ...
//                        '<------- next element ----'
//
// Only the flags of a chain's head are ordered after the rest of the chain ([V] 2.8.6); as each slot is read after its head was seen
// to be available, there is nothing to trust here.
//
// Spec: [V] VIRTIO 1.2
`default_nettype none

module vq_serial #(
    parameter int unsigned DataWidth = 256
) (
    input  wire  logic                          clk_i,
    input  wire  logic                          rst_ni,
    input  wire  logic [7:0]                    queue_i,

    // from virtio_regs
    input  wire  logic                          enable_i,
    input  wire  logic                          stop_i,
    input  wire  logic                          reset_i,       // level, until enable_i falls: reset this queue
    output       logic                          reset_done_o,  // level: it may be disabled
    input  wire  logic                          irq_sent_i,    // no message of this queue's vector waits to be sent
    input  wire  logic [15:0]                   size_i,
    input  wire  logic [63:0]                   desc_i,
    input  wire  logic [63:0]                   driver_i,
    input  wire  logic                          db_valid_i,
    input  wire  logic [15:0]                   db_queue_i,
    input  wire  logic                          event_idx_i,
    input  wire  logic                          indirect_i,
    input  wire  logic [15:0]                   coal_packets_i,
    input  wire  logic [31:0]                   coal_cycles_i,
    input  wire  logic [31:0]                   cycle_i,

    // to and from dma_rd: descriptor reads and event reads
    output       logic [2:0]                    req_valid_o,   // {tables, event, descriptors}
    input  wire  logic [2:0]                    req_ready_i,
    output       logic [3*dma_pkg::RdReqW-1:0]  req_o,
    input  wire  logic                          wr_valid_i,
    input  wire  logic [2:0]                    wr_client_i,
    input  wire  logic [15:0]                   wr_cookie_i,
    input  wire  logic [15:0]                   wr_dst_i,
    input  wire  logic [$clog2(DataWidth/8):0]  wr_lo_i,
    input  wire  logic [$clog2(DataWidth/8):0]  wr_hi_i,
    input  wire  logic [DataWidth-1:0]          wr_data_i,
    input  wire  logic                          done_valid_i,
    input  wire  logic [2:0]                    done_client_i,
    input  wire  logic [15:0]                   done_cookie_i,
    input  wire  logic                          done_error_i,

    // to and from dma_wr: used descriptors
    output       logic                          cmd_valid_o,
    input  wire  logic                          cmd_ready_i,
    output       logic [dma_pkg::WrCmdW-1:0]    cmd_o,
    output       logic [DataWidth-1:0]          src_data_o,    // always the used descriptor
    input  wire  logic                          wdone_valid_i,
    input  wire  logic [1:0]                    wdone_client_i,
    input  wire  logic [15:0]                   wdone_cookie_i,

    // to net_tx or net_rx
    output       logic                          d_valid_o,
    input  wire  logic                          d_ready_i,
    output       logic [131:0]                  d_o,           // {addr, len, id, next, write, indirect, slot, wrap}
    output       logic                          starved_o,
    input  wire  logic                          u_valid_i,
    output       logic                          u_ready_o,
    input  wire  logic [97:0]                   u_i,           // {slot, wrap, id, len, write, pid, slots}

    // to msix
    output       logic                          irq_valid_o,
    input  wire  logic                          irq_ready_i,

    output       logic                          error_o,
    output       logic                          idle_o,
    output       logic                          trace_read_o,
    output       logic [31:0]                   trace_read_data_o,  // {count, slot}
    output       logic                          trace_used_o,
    output       logic [47:0]                   trace_used_data_o   // {count, slot, pid}
);
    typedef enum logic [2:0] {
        Sleep,  // the next slot is not available, or nothing is known of it
        Ask,    // waits until dma_rd takes the read of a descriptor, in the ring or in a table
        Wait,   // waits for it
        Judge,  // what it is
        Show,   // waits until the consumer takes the element
        Use,    // waits until the consumer is done with the chain
        Write,  // waits until dma_wr takes the used descriptor
        Home    // waits until the link has taken it
    } state_e;
    state_e       state_q;
    logic         kick_q, in_chain_q, in_table_q, error_q, event_error_q;
    logic [15:0]  slot_q, shown_slot_q, id_q, count_q;   // next slot; slot and id of the element that is shown; slots of this chain
    logic         wrap_q, shown_wrap_q;
    logic [63:0]  table_q;                               // address of the next element of the table
    logic [15:0]  left_q;                                // elements of the table that were not shown
    logic [127:0] desc_q;
    logic         event_error, event_idle, event_quiet, open, mine, used_done;

    // A reset of the queue lets the chain that has begun come to its end ([V] 2.6.1); everything of it has then arrived.
    assign open         = enable_i && (!reset_i || in_chain_q);
    assign reset_done_o = reset_i && (!enable_i || ((state_q == Sleep || state_q == Ask) && !in_chain_q && event_quiet && irq_sent_i));

    // ---- the bytes of a descriptor, as they come --------------------------------------------------------------------------------------
    logic                 beat_mine;
    logic [4:0]           first, bytes;
    logic [127:0]         mask, data;
    logic [DataWidth-1:0] beat;
    logic [2:0]           client;
    assign client    = in_table_q ? dma_pkg::RdTable : dma_pkg::RdDesc;
    assign mine      = done_valid_i && done_client_i == client && done_cookie_i[15:8] == queue_i;
    assign beat_mine = wr_valid_i && wr_client_i == client && wr_cookie_i[15:8] == queue_i;
    always_comb begin
        first = '0;
        bytes = '0;
        mask  = '0;
        data  = '0;
        beat  = '0;
        if (beat_mine) begin
            first = 5'(wr_dst_i + 16'(wr_lo_i));
            bytes = 5'(wr_hi_i - wr_lo_i);
            mask  = ({128{1'b1}} >> {5'd16 - bytes, 3'b000}) << {first[3:0], 3'b000};
            beat  = wr_data_i >> {wr_lo_i, 3'b000};
            data  = 128'(beat) << {first[3:0], 3'b000};
        end
    end

    // ---- what it is -------------------------------------------------------------------------------------------------------------------
    logic [63:0] desc_addr;
    logic [31:0] desc_len;
    logic [15:0] desc_id, flags;
    logic        available, is_table, beyond, bad;
    assign {flags, desc_id, desc_len, desc_addr} = desc_q;
    always_comb begin
        available = 1'b0;
        is_table  = 1'b0;
        bad       = 1'b0;
        beyond    = 1'b0;   // it would go on at address 0
        if ((state_q == Judge || state_q == Show) && &desc_addr[63:32])
            beyond = {1'b0, desc_addr[31:0]} + {1'b0, desc_len} > 33'h1_0000_0000;
        if (state_q == Judge) begin
            available = flags[regmap_pkg::VIRTQ_DESC_F_AVAIL_BIT] == wrap_q && flags[regmap_pkg::VIRTQ_DESC_F_USED_BIT] != wrap_q;
            is_table  = flags[regmap_pkg::VIRTQ_DESC_F_INDIRECT_BIT];
            // [V] 2.8.7: a list is all direct or one indirect descriptor, whose length is that of whole descriptors; 2.8.5: no chain is
            // longer than the ring.
            bad = available ? (is_table && (!indirect_i || in_chain_q || flags[regmap_pkg::VIRTQ_DESC_F_NEXT_BIT] || desc_len == '0
                                            || desc_len[3:0] != '0 || desc_len > {12'd0, size_i, 4'd0}))
                              || (in_chain_q && count_q >= size_i) || beyond
                            : in_chain_q;
        end
    end

    // ---- requests ---------------------------------------------------------------------------------------------------------------------
    logic ask, asked;
    dma_pkg::rd_req_t req, event_req;
    assign ask            = state_q == Ask && !stop_i && open;
    assign req_valid_o[0] = ask && !in_table_q;
    assign req_valid_o[2] = ask && in_table_q;
    assign asked          = ask && (in_table_q ? req_ready_i[2] : req_ready_i[0]);
    always_comb begin
        req = '0;
        if (state_q == Ask) begin
            req.addr   = in_table_q ? table_q : desc_i + {44'd0, slot_q, 4'd0};
            req.len    = 16'd16;
            req.client = client;
            req.cookie = {queue_i, 8'd0};
        end
    end
    assign req_o = {req, event_req, req};

    // ---- elements, to the consumer ----------------------------------------------------------------------------------------------------
    logic more;
    assign more      = in_table_q ? left_q != 16'd1 : flags[regmap_pkg::VIRTQ_DESC_F_NEXT_BIT];
    assign d_valid_o = state_q == Show && !beyond;
    assign d_o       = {desc_addr, desc_len, in_table_q ? id_q : desc_id, more, flags[regmap_pkg::VIRTQ_DESC_F_WRITE_BIT], in_table_q,
                        shown_slot_q, shown_wrap_q};
    assign starved_o = state_q == Sleep || !open;

    // ---- used descriptor: bytes 8 to 15 ([V] 2.8.5) -----------------------------------------------------------------------------------
    logic [15:0] used_slot_q, used_slots_q, used_flags;
    logic        used_wrap_q, used_write_q;
    logic [31:0] used_len_q;
    dma_pkg::wr_cmd_t cmd;
    assign u_ready_o   = state_q == Use;
    assign cmd_valid_o = state_q == Write;
    always_comb begin
        cmd        = '0;
        used_flags = '0;
        if (state_q == Write || state_q == Home) begin
            cmd.addr   = desc_i + {44'd0, used_slot_q, 4'd8};
            cmd.len    = 16'd8;
            cmd.client = dma_pkg::WrUsed;
            cmd.cookie = {queue_i, 8'd0};
            used_flags[regmap_pkg::VIRTQ_DESC_F_AVAIL_BIT] = used_wrap_q;
            used_flags[regmap_pkg::VIRTQ_DESC_F_USED_BIT]  = used_wrap_q;
            used_flags[regmap_pkg::VIRTQ_DESC_F_WRITE_BIT] = used_write_q;
        end
    end
    assign cmd_o      = cmd;
    assign src_data_o = DataWidth'({used_flags, id_q, used_len_q});
    assign used_done  = state_q == Home && wdone_valid_i && wdone_client_i == dma_pkg::WrUsed && wdone_cookie_i == {queue_i, 8'd0};

    always_ff @(posedge clk_i) begin
        if (!rst_ni || !enable_i) begin
            state_q    <= Sleep;
            kick_q     <= 1'b1;   // DRIVER_OK stands for a doorbell: the ring may have been filled before ([V] 3.1.1)
            in_chain_q <= 1'b0;
            in_table_q <= 1'b0;
            error_q    <= 1'b0;
            slot_q     <= '0;
            wrap_q     <= 1'b1;
        end else begin
            if (db_valid_i && db_queue_i == {8'd0, queue_i}) kick_q <= 1'b1;
            if (beat_mine) desc_q <= (desc_q & ~mask) | (data & mask);
            unique case (state_q)
                Sleep: if (kick_q && !error_q) state_q <= Ask;
                Ask: if (asked) begin
                    state_q <= Wait;
                    // What a doorbell said until here, this read will see.
                    if (!in_chain_q) kick_q <= db_valid_i && db_queue_i == {8'd0, queue_i};
                end
                Wait: if (mine) begin
                    state_q <= done_error_i ? Sleep : in_table_q ? Show : Judge;
                    if (done_error_i) error_q <= 1'b1;
                end
                Judge: begin
                    if (bad) begin
                        error_q <= 1'b1;
                        state_q <= Sleep;
                    end else if (!available || !open) begin
                        state_q <= Sleep;
                        if (available) kick_q <= 1'b1;
                    end else begin
                        in_chain_q   <= 1'b1;
                        count_q      <= in_chain_q ? count_q + 16'd1 : 16'd1;
                        id_q         <= desc_id;
                        shown_slot_q <= slot_q;
                        shown_wrap_q <= wrap_q;
                        slot_q       <= slot_q + 16'd1 == size_i ? '0 : slot_q + 16'd1;
                        wrap_q       <= slot_q + 16'd1 == size_i ? !wrap_q : wrap_q;
                        in_table_q   <= is_table;
                        table_q      <= desc_addr;
                        left_q       <= desc_len[19:4];
                        state_q      <= is_table ? Ask : Show;
                    end
                end
                Show: if (beyond) begin
                    error_q <= 1'b1;
                    state_q <= Sleep;
                end else if (d_ready_i) begin
                    table_q <= table_q + 64'd16;
                    left_q  <= left_q - 16'd1;
                    state_q <= more ? Ask : Use;
                end
                Use: if (u_valid_i) begin
                    {used_slot_q, used_wrap_q} <= {u_i[97:82], u_i[81]};
                    id_q                       <= u_i[80:65];
                    {used_len_q, used_write_q} <= {u_i[64:33], u_i[32]};
                    used_slots_q               <= u_i[15:0];
                    state_q                    <= Write;
                end
                Write: if (cmd_ready_i) state_q <= Home;
                Home: if (used_done) begin
                    in_chain_q <= 1'b0;
                    in_table_q <= 1'b0;
                    state_q    <= Ask;
                end
                default: state_q <= Sleep;
            endcase
        end
    end

    vq_event u_event (
        .clk_i, .rst_ni, .queue_i, .enable_i, .stop_i(stop_i || reset_i), .driver_i, .size_i, .event_idx_i, .coal_packets_i, .coal_cycles_i,
        .cycle_i, .used_i(used_done), .used_slots_i(used_slots_q), .used_packets_i(16'd1), .used_next_i({wrap_q, slot_q[14:0]}),
        .req_valid_o(req_valid_o[1]), .req_ready_i(req_ready_i[1]), .req_o(event_req),
        .wr_valid_i(wr_valid_i && wr_client_i == dma_pkg::RdEvent && wr_cookie_i[15:8] == queue_i), .wr_data_i(wr_data_i[31:0]),
        .done_valid_i(done_valid_i && done_client_i == dma_pkg::RdEvent && done_cookie_i[15:8] == queue_i), .done_error_i,
        .irq_valid_o, .irq_ready_i, .error_o(event_error), .quiet_o(event_quiet), .idle_o(event_idle));

    always_ff @(posedge clk_i) begin
        if (!rst_ni || !enable_i) event_error_q <= 1'b0;
        else if (event_error) event_error_q <= 1'b1;
    end
    assign error_o = error_q || event_error_q;

    logic resting;   // the state does not change by itself
    always_comb begin
        unique case (state_q)
            Sleep:   resting = !kick_q || error_q || !enable_i;
            Ask:     resting = !ask;
            Use:     resting = !u_valid_i;
            Show:    resting = !d_ready_i && !beyond;
            default: resting = 1'b0;
        endcase
    end
    assign idle_o = resting && event_idle && !reset_i;

    assign trace_read_o      = asked && !in_table_q;
    assign trace_read_data_o = {16'd1, slot_q};
    assign trace_used_o      = cmd_valid_o && cmd_ready_i;
    assign trace_used_data_o = {16'd1, used_slot_q, 16'd0};

    logic unused;
    assign unused = &{1'b0, done_cookie_i[7:0], wr_cookie_i[7:0], u_i[31:16], first[4], beat};
endmodule

`default_nettype wire
