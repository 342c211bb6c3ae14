// SPDX-License-Identifier: Apache-2.0
// tx_seg: cuts a packet into frames of gso_size bytes of payload each ([V] 5.1.6.2).
//
// The headers are read once, checked (tx_seg_parse) and kept (tx_seg_head). The payload is read from the frame RAM at the address that
// puts its first byte right behind the headers, so that nothing has to be moved: a beat of a segment is a beat of the RAM, of headers,
// or some of both. A segment begins when all of its bytes are in the RAM, and free_o follows the payload that has left: the packet
// need never be in the RAM as a whole. Segments follow each other without a gap; tx_csum completes the checksum of TCP or UDP.
//
// A packet whose headers are not what its virtio-net header claims, or of which a frame would be too long, is refused before anything
// of it is sent. When a read of the payload fails, or the link goes down, the segments in front have left, and the rest is dropped.
//
// Spec: [V] VIRTIO 1.2  RFC 9293, RFC 768
`default_nettype none

module tx_seg #(
    parameter int unsigned DataWidth = 256,
    parameter int unsigned RamBytes  = 32768,  // of the frame RAM, a power of two
    parameter int unsigned MaxFrame  = 9018    // without FCS
) (
    input  wire  logic                        clk_i,
    input  wire  logic                        rst_ni,
    input  wire  logic                        stop_i,     // device reset: begin nothing new
    input  wire  logic                        link_up_i,

    // A packet: with start, and until done
    input  wire  logic                        start_i,
    input  wire  logic [$clog2(RamBytes):0]   base_i,     // where its frame begins: addresses are free running over twice the RAM
    input  wire  logic [16:0]                 length_i,   // bytes of it
    input  wire  logic                        v4_i,       // TCP or UDP over which IP: one of them or either
    input  wire  logic                        v6_i,
    input  wire  logic                        udp_i,
    input  wire  logic [15:0]                 gso_size_i, // not 0
    input  wire  logic [15:0]                 l4_at_i,    // csum_start
    input  wire  logic [15:0]                 field_i,    // csum_start + csum_offset
    input  wire  logic [$clog2(RamBytes):0]   ready_i,    // bytes in front of this address are in the RAM
    input  wire  logic                        failed_i,   // and no more will be
    output       logic                        done_o,     // the last beat is on its way, or
    output       logic                        refused_o,  // with done: the packet, or the rest of it, is not sent
    output       logic [$clog2(RamBytes):0]   free_o,     // bytes in front of this address are not needed any more

    // the frame RAM: data in the cycle after re
    output       logic                        re_o,
    output       logic [$clog2(RamBytes)-1:0] raddr_o,
    input  wire  logic [31:0]                 ram_data_i, // of a beat, its first word

    // beats: what follows holds with beat
    input  wire  logic                        ready_next_i,
    output       logic                        beat_o,
    output       logic                        first_o,    // the first one of the packet
    output       logic                        last_o,     // the last one of a frame
    output       logic                        final_o,    // this frame is the last of the packet
    output       logic [6:0]                  bytes_o,
    output       logic [15:0]                 frame_o,    // bytes of the frame
    // from the cycle after beat to the one after the next beat: the RAM's output, but for its first head_o bytes, those of head_data_o
    output       logic [$clog2(DataWidth/8):0] head_o,
    output       logic [DataWidth-1:0]        head_data_o,
    output       logic                        inside_o    // a frame has begun and must be finished
);
    localparam int unsigned W       = DataWidth / 8;
    localparam int unsigned LgW     = $clog2(W);
    localparam int unsigned AW      = $clog2(RamBytes);
    localparam logic [16:0] HeadMax = 17'd254;            // what tx_seg_head holds

    typedef enum logic [1:0] {Idle, Parse, Check, Send} state_t;
    state_t state_q;

    // Headers: read word by word.
    logic        word_q, head_bad, head_end, v6;
    logic [5:0]  word_at, l3, l4;
    logic [6:0]  asked_q;                        // words that were asked for
    logic [8:0]  head_bytes;
    logic [15:0] id;
    logic [31:0] seq;
    logic [23:0] ip_sum, pseudo_sum;
    tx_seg_parse u_parse (
        .clk_i, .begin_i(start_i), .v4_i, .v6_i, .udp_i, .l4_at_i, .length_i, .valid_i(word_q), .word_i(ram_data_i), .at_o(word_at),
        .bad_o(head_bad), .end_o(head_end), .v6_o(v6), .l3_o(l3), .l4_o(l4), .bytes_o(head_bytes), .id_o(id), .seq_o(seq),
        .ip_sum_o(ip_sum), .pseudo_o(pseudo_sum));

    // Segments: what is said of one is of the one that leaves, or is to leave next.
    logic [16:0]   left_q, frame_q;              // payload from this segment on; bytes of its frame
    logic [15:0]   segment_q, number_q;          // its payload; segments before it
    logic [31:0]   sent_q;                       // payload before it
    logic [AW:0]   payload_q;                    // where its payload is
    logic [AW-1:0] addr_q;                       // and what is read for its next beat
    logic [13:0]   at_q, rest_q;                 // bytes of the frame in front of that beat, and from it on
    logic          final_q, first_q, inside_q, head;
    assign first_o  = first_q;
    assign final_o  = final_q;
    assign frame_o  = frame_q[15:0];
    assign free_o   = payload_q;
    assign inside_o = inside_q;

    // The only block that is evaluated in every cycle, and for nothing while there is no packet.
    logic        whole, refuse;
    logic [16:0] least;
    always_comb begin
        {beat_o, last_o, done_o, re_o, head, whole, refuse} = '0;
        bytes_o = '0;
        raddr_o = '0;
        least   = '0;
        if (state_q == Parse) begin
            least  = {1'b0, l4_at_i} + (udp_i ? 17'd8 : 17'd20);
            refuse = head_bad || field_i - l4_at_i != (udp_i ? 16'd6 : 16'd16) || l4_at_i[1:0] != 2'd2 || least > HeadMax
                     || least > length_i;
            re_o    = ready_next_i && asked_q != 7'd64;
            raddr_o = base_i[AW-1:0] - AW'(2) + AW'({asked_q, 2'b00});
        end else if (state_q == Send) begin
            whole   = ready_i - payload_q >= (AW+1)'(segment_q);
            refuse  = !inside_q && !stop_i && (frame_q > 17'(MaxFrame) || !link_up_i || (!whole && failed_i));
            beat_o  = ready_next_i && (inside_q || (whole && !refuse && !stop_i));
            last_o  = rest_q <= 14'(W);
            bytes_o = last_o ? rest_q[6:0] : 7'(W);
            head    = beat_o && at_q < {5'd0, head_bytes};
            re_o    = beat_o;
            raddr_o = addr_q;
        end
        done_o = refuse || (beat_o && last_o && final_q);
    end
    assign refused_o = refuse;

    always_ff @(posedge clk_i) begin
        if (!rst_ni) begin
            state_q  <= Idle;
            word_q   <= 1'b0;
            inside_q <= 1'b0;
        end else if (start_i || state_q != Idle) begin
            word_q <= state_q == Parse && re_o;
            if (beat_o) inside_q <= !last_o;
            if (start_i) state_q <= Parse;
            else if (done_o) state_q <= Idle;
            else if (state_q == Parse && head_end) state_q <= Check;
            else if (state_q == Check) state_q <= Send;
            if (start_i) payload_q <= base_i;
            if (start_i) asked_q <= '0;
            else if (state_q == Parse && re_o) asked_q <= asked_q + 7'd1;
            if (beat_o) begin
                at_q    <= at_q + 14'(W);
                rest_q  <= rest_q - 14'(W);
                addr_q  <= addr_q + AW'(W);
                first_q <= 1'b0;
                head_o  <= !head ? '0 : {5'd0, head_bytes} - at_q >= 14'(W) ? (LgW+1)'(W) : (LgW+1)'({5'd0, head_bytes} - at_q);
            end
            if (state_q == Check || (beat_o && last_o)) begin : next_segment
                logic [16:0] left, frame;
                logic [15:0] segment;
                logic [AW:0] payload;
                left    = state_q == Check ? length_i - {8'd0, head_bytes} : left_q - {1'b0, segment_q};
                segment = left <= {1'b0, gso_size_i} ? left[15:0] : gso_size_i;
                payload = payload_q + (state_q == Check ? (AW+1)'(head_bytes) : (AW+1)'(segment_q));
                frame   = {1'b0, segment} + {8'd0, head_bytes};
                left_q    <= left;
                segment_q <= segment;
                payload_q <= payload;
                frame_q   <= frame;
                final_q   <= left <= {1'b0, gso_size_i};
                at_q      <= '0;
                rest_q    <= frame[13:0];
                addr_q    <= payload[AW-1:0] - AW'(head_bytes);
                number_q  <= state_q == Check ? '0 : number_q + 16'd1;
                sent_q    <= state_q == Check ? '0 : sent_q + {16'd0, segment_q};
                if (state_q == Check) first_q <= 1'b1;
            end
        end
    end

    tx_seg_head #(.DataWidth(DataWidth)) u_head (
        .clk_i, .we_i(word_q && !head_end), .word_i(word_at), .data_i(ram_data_i), .read_i(head), .at_i(at_q[7:0]), .v6_i(v6), .udp_i,
        .l3_i(l3), .l4_i(l4), .frame_i(frame_q[15:0]), .id_i(id + number_q), .seq_i(seq + sent_q), .ip_sum_i(ip_sum), .pseudo_i(pseudo_sum),
        .first_i(number_q == '0), .last_i(final_q), .beat_o(head_data_o));
endmodule

`default_nettype wire
