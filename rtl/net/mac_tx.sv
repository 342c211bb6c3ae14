// SPDX-License-Identifier: Apache-2.0
// mac_tx: turns a frame into what goes on the wire: pads it to 60 bytes and appends its FCS.
//
// Two steps. The first one holds a padded beat, with zeros behind its last byte. The second one holds the beat that is offered to
// the wire; on the way into it the CRC is brought up to date, and behind the last byte come the four bytes of the FCS, of which
// those that do not fit spill into one more beat. A beat passes in every cycle, frames back to back.
//
// Spec: [E] IEEE 802.3-2018
`default_nettype none
`include "check.svh"

module mac_tx #(
    parameter int unsigned DataWidth = 256  // bits of a beat: 64, 128, 256 or 512
) (
    input  wire  logic                 clk_i,
    input  wire  logic                 rst_ni,

    // Frame without FCS, 1 byte or more, byte 0 in bits 7:0. bytes counts the valid bytes of the last beat; the others are full.
    input  wire  logic                 s_valid_i,
    output       logic                 s_ready_o,
    input  wire  logic                 s_last_i,
    input  wire  logic [6:0]           s_bytes_i,
    input  wire  logic [DataWidth-1:0] s_data_i,

    // To the wire: destination address to FCS, in the same form; bytes behind the last one are 0.
    output       logic                 mac_tx_valid_o,
    input  wire  logic                 mac_tx_ready_i,
    output       logic                 mac_tx_last_o,
    output       logic [6:0]           mac_tx_bytes_o,
    output       logic [DataWidth-1:0] mac_tx_data_o,

    output       logic                 stat_frame_o,  // pulse: the last beat of a frame was made
    output       logic [15:0]          stat_bytes_o,  // with it: bytes without FCS, padded
    output       logic                 idle_o
);
    localparam int unsigned Bytes = DataWidth / 8;
    localparam logic [6:0]  Full  = 7'(Bytes);
    localparam logic [15:0] MinBytes = 16'(regmap_pkg::ETH_MIN_FRAME - regmap_pkg::ETH_FCS);  // [E] 4.2.3.3

    // ---- First step: padding.
    logic                 a_valid_q, a_last_q, a_free, take, pad_q;
    logic [6:0]           a_bytes_q;
    logic [DataWidth-1:0] a_data_q;
    logic [15:0]          sent_q;   // bytes of the frame before this beat
    logic [15:0]          total;    // with this beat, if it is the last
    logic [6:0]           bytes;
    logic                 last, short_frame, pad_ends;

    assign s_ready_o   = a_free && !pad_q;
    assign take        = a_free && (pad_q || s_valid_i);
    assign total       = sent_q + (pad_q ? 16'd0 : 16'(s_bytes_i));
    assign short_frame = (pad_q || s_last_i) && total < MinBytes;
    assign pad_ends    = sent_q + 16'(Bytes) >= MinBytes;

    always_comb begin
        last  = s_last_i;
        bytes = s_last_i ? s_bytes_i : Full;
        if (short_frame) begin
            last  = pad_ends;
            bytes = pad_ends ? 7'(MinBytes - sent_q) : Full;
        end
    end

    always_ff @(posedge clk_i) begin
        if (!rst_ni) begin
            a_valid_q <= 1'b0;
            pad_q     <= 1'b0;
            sent_q    <= '0;
        end else begin
            if (a_free) a_valid_q <= take;
            if (take) begin
                pad_q  <= short_frame && !last;
                sent_q <= last ? '0 : sent_q + 16'(Bytes);
            end
        end
        if (take) begin
            a_last_q  <= last;
            a_bytes_q <= bytes;
            if (pad_q) a_data_q <= '0;
            else if (s_last_i) a_data_q <= s_data_i & ~({DataWidth{1'b1}} << {s_bytes_i, 3'b000});
            else a_data_q <= s_data_i;
        end
    end

    // ---- Second step: FCS. spill_q: the next beat is the rest of it.
    logic                 o_valid, o_ready, o_last;   // beats to the output queue
    logic [6:0]           o_bytes;
    logic [DataWidth-1:0] o_data;
    logic        o_free, advance, spill, spill_q;
    logic [31:0] crc_q, crc, fcs, rest_q;
    logic [2:0]  rest_bytes_q;
    logic [7:0]  whole;     // bytes of the last beat with its FCS
    logic [15:0] length_q;  // bytes of the frame so far
    logic [15:0] done_q;    // bytes of the frame that is in the output

    assign o_free  = !o_valid || o_ready;
    assign advance = a_valid_q && o_free && !spill_q;
    assign a_free  = !a_valid_q || advance;
    assign whole   = 8'(a_bytes_q) + 8'(regmap_pkg::ETH_FCS);
    assign spill   = a_last_q && whole > 8'(Bytes);
    assign fcs     = ~crc;

    crc32 #(.DataWidth(DataWidth)) u_crc (
        .enable_i(advance), .crc_i(crc_q), .bytes_i(a_bytes_q), .data_i(a_data_q), .crc_o(crc)
    );

    always_ff @(posedge clk_i) begin
        if (!rst_ni) begin
            o_valid <= 1'b0;
            spill_q        <= 1'b0;
            crc_q          <= '1;
            length_q       <= '0;
        end else if (o_free) begin
            o_valid <= advance || spill_q;
            spill_q        <= advance && spill;
            if (advance) begin
                crc_q    <= a_last_q ? '1 : crc;
                length_q <= a_last_q ? '0 : length_q + 16'(Bytes);
            end
        end
    end

    always_ff @(posedge clk_i) begin
        if (advance) begin
            o_last  <= a_last_q && !spill;
            o_bytes <= a_last_q && !spill ? whole[6:0] : Full;
            if (a_last_q) begin
                o_data <= a_data_q | (DataWidth'(fcs) << {a_bytes_q, 3'b000});
                rest_q        <= fcs >> {3'(8'(Bytes) - 8'(a_bytes_q)), 3'b000};
                rest_bytes_q  <= 3'(whole - 8'(Bytes));
                done_q        <= length_q + 16'(a_bytes_q);
            end else begin
                o_data <= a_data_q;
            end
        end else if (spill_q && o_free) begin
            o_last  <= 1'b1;
            o_bytes <= 7'(rest_bytes_q);
            o_data  <= DataWidth'(rest_q);
        end
    end

    // What waits for the wire does so here: nothing in front depends on the wire's ready.
    logic [1:0] out_count;
    fifo #(.Width(1 + 7 + DataWidth), .Depth(2)) u_out (
        .clk_i, .rst_ni, .flush_i(1'b0), .valid_i(o_valid), .ready_o(o_ready), .data_i({o_last, o_bytes, o_data}),
        .valid_o(mac_tx_valid_o), .ready_i(mac_tx_ready_i), .data_o({mac_tx_last_o, mac_tx_bytes_o, mac_tx_data_o}), .count_o(out_count));

    assign stat_frame_o = o_valid && o_ready && o_last;
    assign stat_bytes_o = done_q;
    assign idle_o       = !a_valid_q && !o_valid && !s_valid_i && !pad_q && !spill_q && out_count == 2'd0;

    // The frame in the output is the one that done_q describes: the next one cannot end before the output is free.
    `CHECK(BytesInRange, !o_valid || (o_bytes != '0 && o_bytes <= Full), "mac_tx: bytes of a beat")
    `CHECK(NotTooShort, !stat_frame_o || stat_bytes_o >= MinBytes, "[E] 4.2.3.3 frame shorter than the minimum")
endmodule

`default_nettype wire
