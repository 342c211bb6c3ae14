// SPDX-License-Identifier: Apache-2.0
// ctrl: the control queue: reads a command, carries it out, acknowledges it.
//
// A command is a chain: readable elements with class, command and data, then writable ones for a reply and the acknowledgement byte
// ([V] 5.1.6.5). Its first 512 bytes are read, in words of 8; no command needs more. It is carried out before its buffer is
// used, here or, if it says what is received, in ctrl_net. A chain with less than two readable bytes or no room for the acknowledgement is used with length 0 and not carried out. A readable
// element behind a writable one is a ring error ([V] 2.8.5).
//
//   class MQ (4):        VQ_PAIRS_SET, with MQ
//   class NOTF_COAL (6): TX_SET and RX_SET, with NOTF_COAL; VQ_SET and VQ_GET, with VQ_NOTF_COAL ([V] 1.3 5.1.6.5.11)
//
// Spec: [V] VIRTIO 1.2
`default_nettype none
`include "check.svh"

module ctrl #(
    parameter int unsigned DataWidth  = 256,
    parameter int unsigned QueuePairs = 1,
    parameter bit          Offloads   = 1'b1,
    parameter int unsigned Nq         = 2 * QueuePairs   // DO NOT OVERRIDE
) (
    input  wire  logic                          clk_i,
    input  wire  logic                          rst_ni,
    input  wire  logic                          enable_i,
    input  wire  logic                          stop_i,
    input  wire  logic [63:0]                   features_i,
    input  wire  logic [15:0]                   cycles_per_us_i,
    input  wire  logic [Nq-1:0]                 vq_clear_i,    // pulse: this queue was reset
    input  wire  logic [47:0]                   mac_address_i, // permanent
    input  wire  logic                          tables_ready_i, // of the receive path: can be written

    // from vq_avail of the control queue
    input  wire  logic                          d_valid_i,
    output       logic                          d_ready_o,
    input  wire  logic [63:0]                   d_addr_i,
    input  wire  logic [31:0]                   d_len_i,
    input  wire  logic [15:0]                   d_id_i,
    input  wire  logic                          d_next_i,
    input  wire  logic                          d_write_i,
    input  wire  logic                          d_indirect_i,
    input  wire  logic [15:0]                   d_slot_i,
    input  wire  logic                          d_wrap_i,

    // to and from dma_rd
    output       logic                          req_valid_o,
    input  wire  logic                          req_ready_i,
    output       dma_pkg::rd_req_t              req_o,
    input  wire  logic                          wr_valid_i,    // for this client
    input  wire  logic [15:0]                   wr_dst_i,
    input  wire  logic [$clog2(DataWidth/8):0]  wr_lo_i,
    input  wire  logic [$clog2(DataWidth/8):0]  wr_hi_i,
    input  wire  logic [DataWidth-1:0]          wr_data_i,
    input  wire  logic                          done_valid_i,
    input  wire  logic [12:0]                   done_bytes_i,
    input  wire  logic                          done_error_i,

    // to dma_wr
    output       logic                          cmd_valid_o,
    input  wire  logic                          cmd_ready_i,
    output       dma_pkg::wr_cmd_t              cmd_o,

    // to vq_used
    output       logic                          u_valid_o,
    input  wire  logic                          u_ready_i,
    output       logic [15:0]                   u_slot_o,
    output       logic                          u_wrap_o,
    output       logic [15:0]                   u_id_o,
    output       logic [31:0]                   u_len_o,
    output       logic [15:0]                   u_slots_o,

    // what the commands set
    output       logic [7:0]                    pairs_o,
    output       logic [Nq*16-1:0]              coal_packets_o,
    output       logic [Nq*32-1:0]              coal_cycles_o,
    output       rx_pkg::filter_t               filter_o,
    output       rx_pkg::rss_t                  rss_o,
    output       rx_pkg::write_t                write_o,
    output       logic                          guest_csum_o,
    output       logic                          mac_set_o,     // pulse: filter_o.mac changes

    output       logic                          error_o,       // level: ring error of the control queue
    output       logic                          stat_error_o,  // a command was not carried out
    output       logic                          idle_o
);
    localparam logic [7:0] ClassMq   = 8'(regmap_pkg::VIRTIO_CTRL_CLASS_MQ);
    localparam logic [7:0] ClassCoal = 8'(regmap_pkg::VIRTIO_CTRL_CLASS_NOTF_COAL);

    typedef enum logic [2:0] {
        Gather,   // takes readable elements
        Arrive,   // waits for the bytes that were asked for
        Execute,  // one cycle
        Carry,    // ctrl_net is at it
        Reply,    // takes writable elements, writes reply and acknowledgement
        Done      // waits for vq_used
    } state_e;
    state_e       state_q;

    logic [127:0] command_q;
    logic [31:0]  length_q;                    // readable bytes of the chain
    logic [15:0]  asked_q, arrived_q;          // bytes of the command that are kept
    logic         failed_q, in_chain_q, wrap_q;
    logic         answer_q;                    // a writable element has come
    logic         carried_q;                   // the command was carried out
    logic [15:0]  slot_q, id_q, slots_q;
    logic [71:0]  reply_q;                     // reply and acknowledgement, first byte lowest
    logic [3:0]   reply_len_q, replied_q;
    logic [31:0]  piece_q;                     // bytes of this element that are done

    // ---- readable elements ----------------------------------------------------------------------------------------------------------
    localparam logic [15:0] Kept = 16'd512;    // bytes of a command
    logic [31:0] elem_left;
    logic [63:0] elem_addr;
    logic [3:0]  want, word_left;              // of this word
    logic        read_elem, ask, take_read;
    assign elem_left = d_len_i - piece_q;
    assign elem_addr = d_addr_i + {32'd0, piece_q};
    assign word_left = 4'd8 - {1'b0, asked_q[2:0]};
    assign want      = asked_q == Kept ? 4'd0 : elem_left < {28'd0, word_left} ? elem_left[3:0] : word_left;
    assign read_elem = state_q == Gather && d_valid_i && !d_write_i && !answer_q && !stop_i;
    assign req_valid_o = read_elem && want != 4'd0;
    assign ask       = req_valid_o && req_ready_i;
    assign take_read = read_elem && (want == 4'd0 || (req_ready_i && elem_left == {28'd0, want}));
    always_comb begin
        req_o = '0;
        if (req_valid_o) begin
            req_o.addr   = elem_addr;
            req_o.len    = {12'd0, want};
            req_o.client = dma_pkg::RdCtrl;
            req_o.dst    = asked_q;
        end
    end

    // Bytes as they come: some of one word, for no more was asked for.
    logic [15:0]          first;
    logic [3:0]           n_bytes;
    logic [63:0]          mask, word;
    logic [DataWidth-1:0] beat;
    always_comb begin
        first   = '0;
        n_bytes = '0;
        mask    = '0;
        word    = '0;
        beat    = '0;
        if (wr_valid_i) begin
            first   = wr_dst_i + 16'(wr_lo_i);
            n_bytes = 4'(8'(wr_hi_i) - 8'(wr_lo_i));
            mask    = (64'hFFFF_FFFF_FFFF_FFFF >> {4'd8 - n_bytes, 3'b000}) << {first[2:0], 3'b000};
            beat    = wr_data_i >> {wr_lo_i, 3'b000};
            word    = (beat[63:0] << {first[2:0], 3'b000}) & mask;
        end
    end
    logic        net_re;
    logic [5:0]  net_raddr;
    logic [63:0] net_word;
    ram_be #(.Width(64), .Depth(64), .Lane(8)) u_command (
        .clk_i, .we_i(wr_valid_i), .waddr_i(first[8:3]), .wmask_i(mask), .wdata_i(word), .re_i(net_re), .raddr_i(net_raddr),
        .rdata_o(net_word));

    // ---- commands -------------------------------------------------------------------------------------------------------------------
    logic [7:0]  class_code, command;
    logic [15:0] value16, vq;
    logic        ok, set_pairs, set_vq, get_vq, set_tx, set_rx, coal_all, coal_vq;
    logic [31:0] set_packets, set_usecs;
    logic [47:0] cycles;
    assign class_code = command_q[7:0];
    assign command    = command_q[15:8];
    assign value16    = command_q[31:16];
    assign coal_all   = features_i[regmap_pkg::VIRTIO_NET_F_NOTF_COAL_BIT];
    assign coal_vq    = features_i[regmap_pkg::VIRTIO_NET_F_VQ_NOTF_COAL_BIT];
    always_comb begin
        {set_pairs, set_tx, set_rx, set_vq, get_vq} = '0;
        if (state_q == Execute) begin
            set_pairs = class_code == ClassMq && command == 8'(regmap_pkg::VIRTIO_CTRL_MQ_VQ_PAIRS_SET) && length_q >= 32'd4
                        && features_i[regmap_pkg::VIRTIO_NET_F_MQ_BIT] && value16 != 16'd0 && value16 <= 16'(QueuePairs);
            set_tx    = class_code == ClassCoal && command == 8'(regmap_pkg::VIRTIO_CTRL_NOTF_COAL_TX_SET) && length_q >= 32'd10
                        && coal_all;
            set_rx    = class_code == ClassCoal && command == 8'(regmap_pkg::VIRTIO_CTRL_NOTF_COAL_RX_SET) && length_q >= 32'd10
                        && coal_all;
            set_vq    = class_code == ClassCoal && command == 8'(regmap_pkg::VIRTIO_CTRL_NOTF_COAL_VQ_SET) && length_q >= 32'd14
                        && coal_vq && vq < 16'(Nq);
            get_vq    = class_code == ClassCoal && command == 8'(regmap_pkg::VIRTIO_CTRL_NOTF_COAL_VQ_GET) && length_q >= 32'd6
                        && coal_vq && vq < 16'(Nq);
        end
    end
    logic net_start, net_done, net_ok;
    if (Offloads) begin : gen_net
        ctrl_net #(.QueuePairs(QueuePairs)) u_net (
            .clk_i, .rst_ni, .features_i, .mac_address_i, .tables_ready_i, .offer_i(state_q == Execute && !failed_q && length_q >= 32'd2),
            .start_o(net_start), .command_i(command_q),
            .length_i(length_q), .done_o(net_done), .ok_o(net_ok), .pairs_set_i(set_pairs && ok), .re_o(net_re), .raddr_o(net_raddr),
            .rdata_i(net_word), .filter_o, .rss_o, .write_o, .guest_csum_o, .mac_set_o);
    end else begin : gen_no_net
        assign {net_start, net_done, net_ok, net_re, net_raddr, rss_o, write_o, guest_csum_o, mac_set_o} = '0;
        always_comb begin
            filter_o     = '0;
            filter_o.mac = mac_address_i;
        end
        logic unused_net;
        assign unused_net = &{1'b0, net_word, tables_ready_i};
    end

    assign vq         = value16;
    assign ok         = !failed_q && (set_pairs || set_tx || set_rx || set_vq || get_vq);
    assign set_packets = set_vq ? command_q[79:48] : command_q[47:16];
    assign set_usecs   = set_vq ? command_q[111:80] : command_q[79:48];
    always_comb begin
        cycles = '0;
        if (state_q == Execute) cycles = {16'd0, set_usecs} * {32'd0, cycles_per_us_i};
    end

    logic [Nq*32-1:0] usecs_q;                 // as they were set, for VQ_GET
    logic [Nq*32-1:0] packets_q;
    logic [63:0]      all_packets_q, all_usecs_q, all_cycles_q;   // of all receive (low) and all transmit queues
    logic [31:0]      set_cycles;
    // Limits beyond what the counters hold are as good as never.
    assign set_cycles = cycles[47:32] != 16'd0 ? 32'hFFFF_FFFF : cycles[31:0];
    function logic [15:0] saturated(input logic [31:0] value);
        saturated = value > 32'h7FFF ? 16'h7FFF : value[15:0];
    endfunction
    always_ff @(posedge clk_i) begin
        if (!rst_ni) begin
            pairs_o        <= 8'd1;
            coal_packets_o <= '0;
            coal_cycles_o  <= '0;
            usecs_q        <= '0;
            packets_q      <= '0;
            all_packets_q  <= '0;
            all_cycles_q   <= '0;
            all_usecs_q    <= '0;
        end else if (vq_clear_i != '0 || state_q == Execute) begin
            // [V] 1.3 5.1.6.5.11.3: a queue that was reset has the limits of its direction.
            for (int q = 0; q < Nq; q++) begin
                if (vq_clear_i[q]) begin
                    packets_q[q*32 +: 32]      <= all_packets_q[(q%2)*32 +: 32];
                    usecs_q[q*32 +: 32]        <= all_usecs_q[(q%2)*32 +: 32];
                    coal_packets_o[q*16 +: 16] <= saturated(all_packets_q[(q%2)*32 +: 32]);
                    coal_cycles_o[q*32 +: 32]  <= all_cycles_q[(q%2)*32 +: 32];
                end
            end
            if (state_q == Execute && ok) begin
                if (set_pairs) pairs_o <= value16[7:0];
                if (set_tx || set_rx) begin
                    all_packets_q[32*set_tx +: 32] <= set_packets;
                    all_usecs_q[32*set_tx +: 32]   <= set_usecs;
                    all_cycles_q[32*set_tx +: 32]  <= set_cycles;
                end
                for (int q = 0; q < Nq; q++) begin
                    if ((set_tx && q % 2 == 1) || (set_rx && q % 2 == 0) || (set_vq && vq == 16'(q))) begin
                        coal_packets_o[q*16 +: 16] <= saturated(set_packets);
                        coal_cycles_o[q*32 +: 32]  <= set_cycles;
                        usecs_q[q*32 +: 32]        <= set_usecs;
                        packets_q[q*32 +: 32]      <= set_packets;
                    end
                end
            end
        end
    end

    // ---- reply: at most four bytes a write, so that it fits the narrowest beat -------------------------------------------------------
    logic [3:0]  reply_left, n;
    logic        write_elem, write_more, take_write, no_room, error_q;
    logic [31:0] wdata;
    assign reply_left  = reply_len_q - replied_q;
    assign write_elem  = state_q == Reply && d_valid_i && d_write_i;
    assign n           = reply_left > 4'd4 ? (elem_left < 32'd4 ? elem_left[3:0] : 4'd4)
                                           : (elem_left < {28'd0, reply_left} ? elem_left[3:0] : reply_left);
    assign write_more  = write_elem && n != 4'd0;
    assign take_write  = write_elem && n == 4'd0;
    assign wdata       = 32'(reply_q >> {replied_q, 3'b000});
    assign cmd_valid_o = write_more && !stop_i;
    always_comb begin
        cmd_o = '0;
        if (cmd_valid_o) begin
            cmd_o.addr   = elem_addr;
            cmd_o.len    = {12'd0, n};
            cmd_o.client = dma_pkg::WrImm;
            cmd_o.hdr    = {32'd0, {32'd0, wdata} << {elem_addr[1:0], 3'b000}};
        end
    end

    // Room for the acknowledgement is looked for before a command is carried out.
    assign no_room   = state_q == Gather && d_valid_i && d_write_i && d_len_i == 32'd0 && !stop_i;
    assign d_ready_o = take_read || take_write || no_room;
    assign error_o   = error_q;
    assign u_valid_o = state_q == Done && arrived_q == asked_q;
    assign u_slot_o  = slot_q;
    assign u_wrap_o  = wrap_q;
    assign u_id_o    = id_q;
    assign u_len_o   = {28'd0, replied_q};
    assign u_slots_o = slots_q;

    always_ff @(posedge clk_i) begin
        if (!rst_ni || !enable_i) begin
            state_q    <= Gather;
            in_chain_q <= 1'b0;
            command_q  <= '0;
            length_q   <= 32'd0;
            asked_q    <= 16'd0;
            arrived_q  <= 16'd0;
            failed_q   <= 1'b0;
            replied_q  <= 4'd0;
            piece_q    <= 32'd0;
            error_q    <= 1'b0;
            answer_q   <= 1'b0;
            carried_q  <= 1'b0;
        end else if (d_valid_i || wr_valid_i || done_valid_i || state_q != Gather) begin
            if ((state_q == Reply || answer_q) && d_valid_i && !d_write_i) error_q <= 1'b1;
            if (wr_valid_i && first < 16'd16) command_q[{first[3], 6'd0} +: 64] <= command_q[{first[3], 6'd0} +: 64] | word;
            if (done_valid_i) begin
                arrived_q <= arrived_q + {3'd0, done_bytes_i};
                failed_q  <= failed_q || done_error_i;
            end
            if (d_ready_o) begin
                in_chain_q <= d_next_i;
                slots_q    <= in_chain_q && !d_indirect_i ? slots_q + 16'd1 : 16'd1;
                if (!in_chain_q) begin
                    slot_q <= d_slot_i;
                    wrap_q <= d_wrap_i;
                end
                if (!d_next_i) id_q <= d_id_i;
            end
            unique case (state_q)
                Gather: begin
                    if (ask) begin
                        asked_q <= asked_q + {12'd0, want};
                        piece_q <= piece_q + {28'd0, want};
                    end
                    if (take_read) begin
                        length_q <= length_q + d_len_i;
                        piece_q  <= 32'd0;
                        if (!d_next_i) state_q <= Done;      // nowhere to answer to
                    end else if (no_room) begin
                        answer_q <= 1'b1;
                        if (!d_next_i) state_q <= Done;
                    end else if (d_valid_i && d_write_i && !stop_i) begin
                        state_q <= Arrive;
                    end
                end
                Arrive: if (arrived_q == asked_q) state_q <= Execute;
                Carry: if (net_done) begin
                    state_q      <= Reply;
                    carried_q    <= net_ok;
                    reply_q[7:0] <= net_ok ? 8'(regmap_pkg::VIRTIO_CTRL_ACK_OK) : 8'(regmap_pkg::VIRTIO_CTRL_ACK_ERR);
                end
                Execute: begin
                    state_q     <= net_start && !net_done ? Carry : Reply;
                    carried_q   <= ok || (net_done && net_ok);
                    reply_len_q <= length_q < 32'd2 ? 4'd0 : get_vq && ok ? 4'd9 : 4'd1;
                    reply_q     <= get_vq && ok ? {8'(regmap_pkg::VIRTIO_CTRL_ACK_OK), usecs_q[vq*32 +: 32], packets_q[vq*32 +: 32]}
                                                : {64'd0, ok || (net_done && net_ok) ? 8'(regmap_pkg::VIRTIO_CTRL_ACK_OK) : 8'(regmap_pkg::VIRTIO_CTRL_ACK_ERR)};
                end
                Reply: begin
                    if (cmd_valid_o && cmd_ready_i) begin
                        replied_q <= replied_q + n;
                        piece_q   <= piece_q + {28'd0, n};
                    end
                    if (d_ready_o) begin
                        piece_q <= 32'd0;
                        if (!d_next_i) state_q <= Done;
                    end
                end
                Done: if (u_valid_o && u_ready_i) begin
                    state_q   <= Gather;
                    command_q <= '0;
                    length_q  <= 32'd0;
                    asked_q   <= 16'd0;
                    arrived_q <= 16'd0;
                    failed_q  <= 1'b0;
                    replied_q <= 4'd0;
                    answer_q  <= 1'b0;
                    carried_q <= 1'b0;
                end
                default: state_q <= Gather;
            endcase
        end
    end

    assign stat_error_o = u_valid_o && u_ready_i && !carried_q;
    assign idle_o = (state_q == Gather && !d_valid_i) || error_q;

    logic unused;
    assign unused = &{1'b0, beat};
endmodule

`default_nettype wire
