// SPDX-License-Identifier: Apache-2.0
// dma_wr: writes host memory for all clients, in the order of their commands.
//
// Order is the point: a used descriptor whose command comes after that of the data follows it on the link, and an interrupt follows
// the used descriptor, because there is one queue and posted writes do not pass each other ([P] 2.4.1). A command is cut into TLPs:
// one if it fits MPS and crosses no 4 KiB boundary, else at MPS boundaries. Data is read from the client's RAM, a beat a cycle, at
// whatever alignment source and destination have; beats follow each other without gaps, also from one command to the next.
//
// done_* pulses when the last beat of a command has been taken by the link: what is sent afterwards is behind it.
//
// The host may take bus master enable or the payload size away at any time: both count from the next TLP on. A TLP that was begun is
// finished, for it would hold up everything that the device has to say, the answer to that very request too.
//
// Spec: [P] PCI Express Base 5.0  [V] VIRTIO 1.2
`default_nettype none
`include "check.svh"

module dma_wr #(
    parameter int unsigned DataWidth = 256,
    parameter int unsigned Depth     = 8      // commands that wait
) (
    input  wire  logic                 clk_i,
    input  wire  logic                 rst_ni,
    input  wire  logic                 abandon_i,     // level: what cannot be sent will never be, forget it

    // from the clients, through arb_mux
    input  wire  logic                 cmd_valid_i,
    output       logic                 cmd_ready_o,
    input  wire  dma_pkg::wr_cmd_t     cmd_i,

    // to and from the clients' RAMs: data of src_addr_o one cycle after src_re_o, held until the next
    output       logic                 src_re_o,
    output       logic [1:0]           src_client_o,
    output       logic [7:0]           src_queue_o,
    output       logic [15:0]          src_addr_o,
    input  wire  logic [DataWidth-1:0] src_rx_data_i,
    input  wire  logic [DataWidth-1:0] src_used_data_i,

    // to tlp_tx
    output       logic                 wr_valid_o,
    input  wire  logic                 wr_ready_i,
    output       logic                 wr_sop_o,
    output       logic                 wr_eop_o,
    output       logic [127:0]         wr_hdr_o,
    output       logic [DataWidth-1:0] wr_data_o,

    output       logic                 done_valid_o,
    output       logic [1:0]           done_client_o,
    output       logic [15:0]          done_cookie_o,

    // from pcie_cfg
    input  wire  logic [2:0]           mps_i,
    input  wire  logic                 bus_master_i,
    input  wire  logic [15:0]          requester_id_i,

    // to tlp_tx: commands that were taken and have not left; and whether none of them can, for bus master enable is off and what was begun
    // has ended
    output       logic [$clog2(Depth+4)-1:0] pending_o,
    output       logic                 stuck_o,

    output       logic                 stat_write_o,
    output       logic                 idle_o
);
    localparam int unsigned W = DataWidth / 8;

    // ---- command at hand ----------------------------------------------------------------------------------------------------------
    logic             head_valid, head_take, sop;
    dma_pkg::wr_cmd_t head;
    logic             fifo_valid;
    logic [$clog2(Depth+1)-1:0] fifo_count;
    fifo #(.Width(dma_pkg::WrCmdW), .Depth(Depth)) u_cmd (
        .clk_i, .rst_ni, .flush_i(abandon_i && sop), .valid_i(cmd_valid_i), .ready_o(cmd_ready_o), .data_i(cmd_i),
        .valid_o(fifo_valid), .ready_i(head_take), .data_o(head), .count_o(fifo_count));
    assign head_valid = fifo_valid;

    logic [2:0]  mps_q;
    // done_q bytes of the command are in TLPs that are complete; the TLP being sent has `chunk` bytes and tlp_q payload bytes (with the
    // skipped ones in front) already issued.
    logic [15:0] done_q, tlp_q;
    logic [63:0] addr;
    logic [15:0] left, src;
    logic [12:0] mps, room, chunk, span;
    logic        fits, last_chunk, marker, eop, advance, s1_ready;
    logic [9:0]  length_dw;
    logic [3:0]  first_be, last_be, first_raw, last_raw;
    logic [1:0]  end_ofs;
    logic        wide;

    assign mps        = 13'd128 << mps_q;
    assign sop        = tlp_q == 16'd0;
    always_comb begin
        marker     = 1'b0;
        addr       = '0;
        left       = '0;
        src        = '0;
        room       = '0;
        fits       = 1'b0;
        last_chunk = 1'b0;
        chunk      = '0;
        span       = '0;
        eop        = 1'b0;
        if (head_valid) begin
            marker     = head.len == 16'd0;
            addr       = head.addr + {48'd0, done_q};
            left       = head.len - done_q;
            src        = head.src + done_q + tlp_q - {14'd0, addr[1:0]};
            room       = mps - (addr[12:0] & (mps - 13'd1));
            fits       = {1'b0, left} + {15'd0, addr[1:0]} <= {4'd0, mps} && {1'b0, left} + {5'd0, addr[11:0]} <= 17'd4096;
            last_chunk = fits || left <= {3'd0, room};
            chunk      = last_chunk ? left[12:0] : room;
            span       = chunk + {11'd0, addr[1:0]};             // payload bytes from the first DW on
            eop        = tlp_q + 16'(W) >= {3'd0, span};
        end
    end
    assign advance    = head_valid && (bus_master_i || !sop) && s1_ready;  // this beat goes to stage 1
    assign head_take  = advance && (marker || (eop && last_chunk));

    always_comb begin
        length_dw = '0;
        end_ofs   = '0;
        first_raw = '0;
        last_raw  = '0;
        first_be  = '0;
        last_be   = '0;
        wide      = 1'b0;
        if (head_valid && sop) begin
            length_dw = 10'((span + 13'd3) >> 2);
            end_ofs   = span[1:0];
            first_raw = 4'b1111 << addr[1:0];
            last_raw  = end_ofs == 2'd0 ? 4'b1111 : 4'b1111 >> (3'd4 - {1'b0, end_ofs});
            first_be  = length_dw == 10'd1 ? first_raw & last_raw : first_raw;
            last_be   = length_dw == 10'd1 ? 4'b0000 : last_raw;
            wide      = addr[63:32] != 32'd0;
        end
    end

    assign src_re_o     = advance && !marker;
    assign src_client_o = head.client;
    assign src_queue_o  = head.cookie[15:8];
    assign src_addr_o   = src;

    always_ff @(posedge clk_i) if (!head_valid || (advance && (marker || eop))) mps_q <= mps_i;
    always_ff @(posedge clk_i) begin
        if (!rst_ni) begin
            done_q <= 16'd0;
            tlp_q  <= 16'd0;
        end else if (abandon_i && sop) begin
            done_q <= 16'd0;
        end else if (advance) begin
            if (marker || eop) begin
                tlp_q  <= 16'd0;
                done_q <= marker || last_chunk ? 16'd0 : done_q + {3'd0, chunk};
            end else begin
                tlp_q <= tlp_q + 16'(W);
            end
        end
    end

    // ---- stage 1: the beat, its data just read ----------------------------------------------------------------------------------------
    logic        v_q, sop_q, eop_q, marker_q, last_q;
    logic [1:0]  client_q;
    logic [15:0] cookie_q, pos_q;
    logic [95:0] imm_q;
    logic [127:0] hdr_q;
    logic        out_ready;
    assign s1_ready = !v_q || out_ready;

    always_ff @(posedge clk_i) begin
        if (!rst_ni) begin
            v_q <= 1'b0;
        end else if (s1_ready) begin
            v_q <= advance;
            if (advance) begin
                sop_q    <= sop;
                eop_q    <= eop;
                marker_q <= marker;
                last_q   <= head_take;
                client_q <= head.client;
                cookie_q <= head.cookie;
                imm_q    <= head.hdr;
                // Position in the packet of byte 0 of this beat, biased by 16 so that it is never negative.
                pos_q    <= head.pos + done_q + tlp_q - {14'd0, addr[1:0]} + 16'd16;
                if (sop) begin
                    hdr_q[31:0]   <= {wide ? 8'(regmap_pkg::TLP_TYPE_MWR64) : 8'(regmap_pkg::TLP_TYPE_MWR32), 14'd0, length_dw};
                    hdr_q[63:32]  <= {requester_id_i, 8'd0, last_be, first_be};
                    hdr_q[95:64]  <= wide ? addr[63:32] : {addr[31:2], 2'b00};
                    hdr_q[127:96] <= wide ? {addr[31:2], 2'b00} : 32'd0;
                end
            end
        end
    end

    // The virtio-net header is not in the RAM: it is laid over packet bytes 0 to 11 or 19, bytes 16 and on of the biased position.
    dma_pkg::rx_hdr_t     rx_hdr;
    logic [287:0]         over_data, over_mask;
    logic [DataWidth-1:0] lay, covered;
    assign rx_hdr = imm_q;
    logic [DataWidth-1:0] data;
    always_comb begin
        over_data = '0;
        over_mask = '0;
        lay       = '0;
        covered   = '0;
        data      = '0;
        if (v_q) begin
            unique case (client_q)
                dma_pkg::WrRx:   data = src_rx_data_i;
                dma_pkg::WrUsed: data = src_used_data_i;
                dma_pkg::WrImm:  data = DataWidth'(imm_q);
                default:         data = '0;
            endcase
            if (client_q == dma_pkg::WrRx && pos_q < 16'd36) begin
                over_data = {16'd0, rx_hdr.hash_report, rx_hdr.hash_value, rx_hdr.num_buffers, 72'd0, rx_hdr.flags, 128'd0}
                            >> {pos_q[5:0], 3'b000};
                over_mask = {{64{rx_hdr.hashed}}, {96{1'b1}}, 128'd0} >> {pos_q[5:0], 3'b000};
                lay     = DataWidth'(over_data);
                covered = DataWidth'(over_mask);
                data    = (data & ~covered) | (lay & covered);
            end
        end
    end

    // What waits for the link does so here: nothing in front depends on the link's ready.
    logic       out_valid, out_marker, out_last, out_take;
    logic [1:0] out_count;
    fifo #(.Width(1 + 1 + 2 + 16 + 1 + 1 + 128 + DataWidth), .Depth(2)) u_out (
        .clk_i, .rst_ni, .flush_i(1'b0), .valid_i(v_q), .ready_o(out_ready),
        .data_i({marker_q, last_q, client_q, cookie_q, sop_q, eop_q, hdr_q, data}), .valid_o(out_valid), .ready_i(out_take),
        .data_o({out_marker, out_last, done_client_o, done_cookie_o, wr_sop_o, wr_eop_o, wr_hdr_o, wr_data_o}), .count_o(out_count));
    assign out_take     = out_marker || wr_ready_i;
    assign wr_valid_o   = out_valid && !out_marker;
    assign done_valid_o = out_valid && out_last && out_take;
    assign stat_write_o = wr_valid_o && wr_ready_i && wr_eop_o;
    assign idle_o       = !head_valid && !v_q && !out_valid;

    logic [1:0] passed_q;                // commands that left the queue of commands and are on their way to the link
    always_ff @(posedge clk_i) begin
        if (!rst_ni) passed_q <= '0;
        else passed_q <= passed_q + 2'(head_take) - 2'(done_valid_o);
    end
    localparam int unsigned PendingW = $clog2(Depth + 4);
    assign pending_o = PendingW'(fifo_count) + PendingW'(passed_q);
    assign stuck_o   = !bus_master_i && sop && !v_q && !out_valid;

    logic unused;
    assign unused = &{1'b0, head.reserved, out_count, over_mask, over_data, rx_hdr.zero};

    `CHECK(HeaderDoesNotChangeInATlp, !(v_q && !sop_q) || $stable(hdr_q), "[P] 2.2: header changed inside a TLP")
endmodule

`default_nettype wire
