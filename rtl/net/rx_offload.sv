// SPDX-License-Identifier: Apache-2.0
// rx_offload: says of every received frame whether it is wanted, whether its checksum is good, what its hash is, and for which queue it is.
//
// With enable_i frames are delayed until their headers are known: the first 128 bytes, or all of a shorter frame, are parsed (rx_parse),
// filtered (rx_filter) and hashed (rss) in three steps, a frame in every cycle if need be. Then the beats follow, a beat in every cycle,
// and are summed from the transport header to the end of the IP packet, so that padding does not count. What is said of a frame comes with
// its last beat. Without enable_i frames pass through in no time, and nothing is said.
//
// Spec: [V] VIRTIO 1.2  RFC 1071
`default_nettype none
`include "check.svh"

module rx_offload #(
    parameter int unsigned DataWidth = 256    // bits of a beat: 64, 128, 256 or 512
) (
    input  wire  logic                 clk_i,
    input  wire  logic                 rst_ni,
    input  wire  logic                 enable_i,      // changes only while no frame is delivered
    input  wire  logic                 check_i,       // verify checksums
    input  wire  logic                 by_address_i,  // filter by address
    input  wire  logic                 by_vlan_i,     // filter by VLAN
    input  wire  logic                 by_length_i,   // packets longer than the MTU are not wanted
    input  wire  rx_pkg::filter_t      filter_i,
    input  wire  rx_pkg::rss_t         rss_i,
    input  wire  rx_pkg::write_t       write_i,
    output       logic                 ready_o,       // tables can be written

    // from mac_rx
    input  wire  logic                 s_valid_i,
    input  wire  logic                 s_sop_i,
    input  wire  logic                 s_last_i,
    input  wire  logic                 s_bad_i,
    input  wire  logic [6:0]           s_bytes_i,
    input  wire  logic [15:0]          s_length_i,
    input  wire  logic [DataWidth-1:0] s_data_i,

    // to net_rx, in the same form; the rest comes with the last beat
    output       logic                 m_valid_o,
    output       logic                 m_sop_o,
    output       logic                 m_last_o,
    output       logic                 m_bad_o,
    output       logic [6:0]           m_bytes_o,
    output       logic [15:0]          m_length_o,
    output       logic [DataWidth-1:0] m_data_o,
    output       logic                 m_unwanted_o,
    output       logic                 m_verified_o,  // the checksum of TCP or UDP was found good
    output       logic [7:0]           m_queue_o,     // by rss_i
    output       logic [31:0]          m_hash_o,
    output       logic [3:0]           m_report_o,    // hash_report of [V] 5.1.6.4.3
    output       logic                 idle_o
);
    localparam int unsigned W     = DataWidth / 8;
    localparam int unsigned LgW   = $clog2(W);
    localparam int unsigned Beats = 128 / W;          // of the head
    localparam int unsigned Depth = Beats + 5;        // beats that may be here before their frame is known, and those of the steps
    localparam logic [15:0] Mtu   = 16'(regmap_pkg::VIRTIO_NET_CONFIG_MTU_OFFERED);

    logic take;
    assign take = s_valid_i && enable_i;

    // ---- the head ----------------------------------------------------------------------------------------------------------------------
    logic [1023:0] head_q;
    logic [7:0]    have_q;
    logic [4:0]    beat_q;                            // of the frame; Beats: the head is complete
    logic          head_done, parse_q;
    assign head_done = take && beat_q != 5'(Beats) && (s_last_i || beat_q == 5'(Beats - 1));

    // ---- first step: parsed and filtered ----------------------------------------------------------------------------------------------
    logic [1:0]   tags;
    logic [15:0]  tag;
    logic         ctag, v4, v6, tcp, udp, checkable, pass;
    logic [287:0] tuple;
    logic [7:0]   l4;
    logic [16:0]  ip_end;
    logic [35:0]  pseudo;
    rx_parse u_parse (
        .enable_i(parse_q), .head_i(head_q), .have_i(have_q), .tags_o(tags), .tag_o(tag), .ctag_o(ctag), .v4_o(v4), .v6_o(v6), .tcp_o(tcp),
        .udp_o(udp), .tuple_o(tuple), .checkable_o(checkable), .l4_o(l4), .end_o(ip_end), .pseudo_o(pseudo));
    rx_filter u_filter (
        .clk_i, .rst_ni, .by_address_i, .by_vlan_i, .config_i(filter_i), .write_i, .ready_o, .valid_i(parse_q),
        .destination_i(head_q[47:0]), .tagged_i(ctag), .vid_i(tag[11:0]), .pass_o(pass));

    // ---- second step: hashed; third: the queue ----------------------------------------------------------------------------------------
    localparam int unsigned KnownW = 1 + 2 + 1 + 8 + 17 + 36;   // what is known of a frame before it is hashed
    logic              v4_q, v6_q, tcp_q, udp_q, parsed_q, hashed;
    logic [287:0]      tuple_q;
    logic [KnownW-1:0] known_q, known2_q;
    logic [31:0]       hash;
    logic [3:0]        report;
    logic [7:0]        hash_queue;
    rss u_rss (
        .clk_i, .rst_ni, .config_i(rss_i), .write_i, .valid_i(parsed_q), .v4_i(v4_q), .v6_i(v6_q), .tcp_i(tcp_q), .udp_i(udp_q),
        .tuple_i(tuple_q), .valid_o(hashed), .hash_o(hash), .report_o(report), .queue_o(hash_queue));

    // ---- two queues: what is known, a frame an entry, and the beats --------------------------------------------------------------------
    localparam int unsigned LgDepth = $clog2(Depth);
    logic [KnownW+43:0]    knowns [1 << LgDepth];
    logic [DataWidth+25:0] beats [1 << LgDepth];
    logic [LgDepth:0]      known_in_q, known_out_q, beat_in_q, beat_out_q;   // free running over twice the queue
    logic                  step, busy;                // step: a beat leaves, of a frame that is known
    assign step = known_in_q != known_out_q && beat_in_q != beat_out_q;
    assign busy = beat_in_q != beat_out_q;            // as long as anything is here, so is a beat of it

    struct packed {                                   // what is known of a frame before its end
        logic        unwanted;
        logic [1:0]  tags;
        logic        check;
        logic [7:0]  l4;
        logic [16:0] ip_end;
        logic [35:0] pseudo;
        logic [31:0] hash;
        logic [3:0]  report;
        logic [7:0]  hash_queue;
    } known;
    struct packed {
        logic                 sop;
        logic                 last;
        logic                 bad;
        logic [6:0]           bytes;
        logic [15:0]          length;
        logic [DataWidth-1:0] data;
    } beat;
    logic [15:0]           at_q;                      // bytes of the frame in front of this beat
    logic [16:0]           ahead, beyond;
    logic [LgW:0]          from, to;
    logic [35:0]           beat_sum;
    always_comb begin
        known  = '0;
        beat   = '0;
        from   = '0;
        to     = '0;
        ahead  = '0;
        beyond = '0;
        if (step) begin
            known = knowns[known_out_q[LgDepth-1:0]];
            beat  = beats[beat_out_q[LgDepth-1:0]];
            if (known.check) begin
                ahead  = {9'd0, known.l4} - {1'b0, at_q};     // bytes of this beat that lie in front of the transport header
                beyond = known.ip_end - {1'b0, at_q};         // bytes of the IP packet in this beat
                from   = at_q >= {8'd0, known.l4} ? '0 : ahead >= 17'(W) ? (LgW+1)'(W) : ahead[LgW:0];
                to     = {1'b0, at_q} >= known.ip_end ? '0 : beyond >= 17'(W) ? (LgW+1)'(W) : beyond[LgW:0];
            end
        end
    end
    ones_sum #(.DataWidth(DataWidth)) u_sum (.enable_i(to > from), .data_i(beat.data), .from_i(from), .to_i(to), .sum_o(beat_sum));

    // ---- out: a register, and the verdict with the last beat ---------------------------------------------------------------------------
    logic                 v_q, sop_q, last_q, bad_q, check_q, unwanted_q;
    logic [6:0]           bytes_q;
    logic [15:0]          length_q;
    logic [7:0]           queue_q;
    logic [31:0]          hash_q;
    logic [3:0]           report_q;
    logic [DataWidth-1:0] data_q;
    logic [47:0]          sum_q;
    logic [15:0]          folded;
    // Blocks of their own, each under its condition: one large block would copy every register in every cycle of a simulation.
    always_ff @(posedge clk_i) begin
        if (take) begin
            beats[beat_in_q[LgDepth-1:0]] <= {s_sop_i, s_last_i, s_bad_i, s_bytes_i, s_length_i, s_data_i};
            if (beat_q != 5'(Beats)) begin
                head_q[beat_q*DataWidth % 1024 +: DataWidth] <= s_data_i;
                have_q <= {3'd0, beat_q} * 8'(W) + (s_last_i ? {1'b0, s_bytes_i} : 8'(W));
            end
        end
    end
    always_ff @(posedge clk_i) begin
        if (!rst_ni) begin
            beat_q    <= '0;
            beat_in_q <= '0;
        end else if (take) begin
            beat_in_q <= beat_in_q + 1'b1;
            beat_q    <= s_last_i ? '0 : beat_q == 5'(Beats) ? beat_q : beat_q + 5'd1;
        end
    end
    always_ff @(posedge clk_i) begin
        if (!rst_ni) {parse_q, parsed_q, v_q} <= '0;
        else if (take || busy || v_q) {parse_q, parsed_q, v_q} <= {head_done, parse_q, step};
    end
    always_ff @(posedge clk_i) begin
        if (parse_q) begin
            {v4_q, v6_q, tcp_q, udp_q} <= {v4, v6, tcp, udp};
            tuple_q <= tuple;
            known_q <= {!pass, tags, checkable && check_i, l4, ip_end, pseudo};
        end
        if (parsed_q) known2_q <= known_q;
        if (hashed) knowns[known_in_q[LgDepth-1:0]] <= {known2_q, hash, report, hash_queue};
    end
    always_ff @(posedge clk_i) begin
        if (!rst_ni) known_in_q <= '0;
        else if (hashed) known_in_q <= known_in_q + 1'b1;
    end
    always_ff @(posedge clk_i) begin
        if (!rst_ni) begin
            at_q        <= '0;
            known_out_q <= '0;
            beat_out_q  <= '0;
        end else if (step) begin
            beat_out_q <= beat_out_q + 1'b1;
            if (beat.last) known_out_q <= known_out_q + 1'b1;
            at_q <= beat.last ? '0 : at_q + 16'(W);
        end
    end
    always_ff @(posedge clk_i) begin
        if (step) begin
            {sop_q, last_q, bad_q, bytes_q, length_q, data_q} <= beat;
            if (known.check) sum_q <= (at_q == '0 ? {12'd0, known.pseudo} : sum_q) + {12'd0, beat_sum};
            if (beat.last) begin
                check_q    <= known.check && known.ip_end <= {1'b0, beat.length};
                unwanted_q <= known.unwanted
                              || (by_length_i && beat.length > Mtu + 16'(regmap_pkg::ETH_HEADER) + {12'd0, known.tags, 2'b00});
                queue_q    <= known.hash_queue;
                hash_q     <= known.hash;
                report_q   <= known.report;
            end
        end
    end
    ones_fold u_fold (.enable_i(v_q && last_q && check_q), .sum_i(sum_q), .sum_o(folded));

    assign m_valid_o    = enable_i ? v_q : s_valid_i;
    assign m_sop_o      = enable_i ? sop_q : s_sop_i;
    assign m_last_o     = enable_i ? last_q : s_last_i;
    assign m_bad_o      = enable_i ? bad_q : s_bad_i;
    assign m_bytes_o    = enable_i ? bytes_q : s_bytes_i;
    assign m_length_o   = enable_i ? length_q : s_length_i;
    assign m_data_o     = enable_i ? data_q : s_data_i;
    assign m_unwanted_o = enable_i && unwanted_q;
    assign m_verified_o = enable_i && folded == 16'hFFFF;   // [V] 5.1.6.4
    assign m_queue_o    = queue_q;
    assign m_hash_o     = hash_q;
    assign m_report_o   = report_q;
    assign idle_o       = !busy && !v_q && ready_o;

    logic unused;
    assign unused = &{1'b0, tag[15:12]};

    `CHECK(BeatsAreNeverLost, !take || beat_in_q - beat_out_q < (LgDepth+1)'(Depth), "rx_offload: the queue of beats is full, and the wire cannot wait")
endmodule

`default_nettype wire
