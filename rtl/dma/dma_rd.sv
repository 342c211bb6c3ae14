// SPDX-License-Identifier: Apache-2.0
// dma_rd: reads host memory for all clients, many tags in flight, completions in any order.
//
// A request is cut into memory read TLPs: one if it fits MRRS and crosses no 4 KiB boundary, else at MRRS boundaries. Each TLP gets a
// tag, and the tag remembers where in the client's RAM the bytes end. A completion says how many bytes of its request are still to come
// (Byte Count, [P] 2.2.9), so every beat knows its place without any state that changes: completions of different tags may
// interleave freely, and nothing is ever reordered or copied again.
//
// Data leaves as beats: bytes [lo, hi) of wr_data_o belong at wr_dst_o + byte number in the RAM of wr_client_o. done_* comes with the last
// beat of a tag; a client adds up done_bytes_o.
//
// Spec: [P] PCI Express Base 5.0
`default_nettype none
`include "check.svh"

module dma_rd #(
    parameter int unsigned DataWidth = 256,
    parameter int unsigned Tags      = 256,
    parameter int unsigned ShortTags = 32     // what 5 bits hold, [P] 2.2.6.2; a proof has fewer
) (
    input  wire  logic                          clk_i,
    input  wire  logic                          rst_ni,

    // from the clients, through arb_mux
    input  wire  logic                          req_valid_i,
    output       logic                          req_ready_o,
    input  wire  dma_pkg::rd_req_t              req_i,

    // to tlp_tx: read requests, one beat each
    output       logic                          rd_valid_o,
    input  wire  logic                          rd_ready_i,
    output       logic [127:0]                  rd_hdr_o,

    // from tlp_rx: completions, always taken
    input  wire  logic                          cpl_valid_i,
    input  wire  logic                          cpl_sop_i,
    input  wire  logic                          cpl_eop_i,
    input  wire  logic [127:0]                  cpl_hdr_i,
    input  wire  logic [DataWidth-1:0]          cpl_data_i,

    // to the clients
    output       logic                          wr_valid_o,
    output       logic [2:0]                    wr_client_o,
    output       logic [15:0]                   wr_cookie_o,
    output       logic [15:0]                   wr_dst_o,
    output       logic [$clog2(DataWidth/8):0]  wr_lo_o,
    output       logic [$clog2(DataWidth/8):0]  wr_hi_o,
    output       logic [DataWidth-1:0]          wr_data_o,
    output       logic                          done_valid_o,
    output       logic [2:0]                    done_client_o,
    output       logic [15:0]                   done_cookie_o,
    output       logic [12:0]                   done_bytes_o,
    output       logic                          done_error_o,

    // from pcie_cfg
    input  wire  logic [2:0]                    mrrs_i,
    input  wire  logic                          ext_tag_i,
    input  wire  logic                          bus_master_i,
    input  wire  logic [15:0]                   requester_id_i,

    output       logic                          stat_read_o,
    output       logic                          stat_error_o,
    output       logic                          idle_o
);
    localparam int unsigned W    = DataWidth / 8;
    localparam int unsigned LgW  = $clog2(W);
    localparam int unsigned TagW = $clog2(Tags);

    // ---- cutting requests -----------------------------------------------------------------------------------------------------
    dma_pkg::rd_req_t cur_q;
    logic             cur_valid_q;
    logic [12:0]      mrrs, room, chunk;
    logic             fits, last_chunk, issue, tag_ok;
    logic [TagW-1:0]  tag;
    logic [TagW:0]    fresh_q;      // tags that were never used are handed out in order first
    logic [TagW:0]    inflight_q;
    logic [TagW:0]    fresh_limit;
    logic             ext_q, change, renew;
    logic             free_valid, free_ready;
    logic [$clog2(Tags+1)-1:0] free_count;
    logic [TagW-1:0]  free_tag;
    logic [9:0]       length_dw;
    logic [3:0]       first_be, last_be, first_raw, last_raw;
    logic [1:0]       end_ofs;
    logic             wide, out_ready;
    logic [127:0]     hdr;

    assign mrrs        = 13'd128 << mrrs_i;
    always_comb begin
        room       = '0;
        fits       = 1'b0;
        last_chunk = 1'b0;
        chunk      = '0;
        if (cur_valid_q) begin
            room       = mrrs - (cur_q.addr[12:0] & (mrrs - 13'd1));   // to the next MRRS boundary
            fits       = {1'b0, cur_q.len} + {15'd0, cur_q.addr[1:0]} <= {4'd0, mrrs}
                         && {1'b0, cur_q.len} + {5'd0, cur_q.addr[11:0]} <= 17'd4096;
            last_chunk = fits || cur_q.len <= {3'd0, room};
            chunk      = last_chunk ? cur_q.len[12:0] : room;
        end
    end
    // [P] 7.5.3.4: with Extended Tag Field Enable clear a tag has 5 bits. Wider ones may be in the free list when the host clears it: the
    // list begins anew when nothing is in flight, and nothing is issued until then.
    assign change      = ext_tag_i != ext_q;
    assign renew       = change && inflight_q == '0;
    assign fresh_limit = ext_q || Tags <= ShortTags ? (TagW+1)'(Tags) : (TagW+1)'(ShortTags);
    assign tag_ok      = !change && (fresh_q < fresh_limit || free_valid);
    assign tag         = fresh_q < fresh_limit ? fresh_q[TagW-1:0] : free_tag;
    assign issue       = cur_valid_q && tag_ok && bus_master_i && out_ready;
    assign req_ready_o = !cur_valid_q || (issue && last_chunk);

    // Byte enables, [P] 2.2.5: a request of one DW carries them all in first BE.
    always_comb begin
        length_dw = '0;
        end_ofs   = '0;
        first_raw = '0;
        last_raw  = '0;
        first_be  = '0;
        last_be   = '0;
        wide      = 1'b0;
        hdr       = '0;
        if (issue) begin
            length_dw   = 10'((chunk + {11'd0, cur_q.addr[1:0]} + 13'd3) >> 2);
            end_ofs     = chunk[1:0] + cur_q.addr[1:0];
            first_raw   = 4'b1111 << cur_q.addr[1:0];
            last_raw    = end_ofs == 2'd0 ? 4'b1111 : 4'b1111 >> (3'd4 - {1'b0, end_ofs});
            first_be    = length_dw == 10'd1 ? first_raw & last_raw : first_raw;
            last_be     = length_dw == 10'd1 ? 4'b0000 : last_raw;
            wide        = cur_q.addr[63:32] != 32'd0;
            hdr[31:0]   = {wide ? 8'(regmap_pkg::TLP_TYPE_MRD64) : 8'(regmap_pkg::TLP_TYPE_MRD32), 14'd0, length_dw};
            hdr[63:32]  = {requester_id_i, 8'(tag), last_be, first_be};
            hdr[95:64]  = wide ? cur_q.addr[63:32] : {cur_q.addr[31:2], 2'b00};
            hdr[127:96] = wide ? {cur_q.addr[31:2], 2'b00} : 32'd0;
        end
    end

    always_ff @(posedge clk_i) begin
        if (!rst_ni) begin
            cur_valid_q <= 1'b0;
            fresh_q     <= '0;
            ext_q       <= 1'b0;
        end else begin
            if (req_ready_o) cur_valid_q <= req_valid_i;
            if (req_ready_o && req_valid_i) begin
                cur_q <= req_i;
            end else if (issue) begin
                cur_q.addr <= cur_q.addr + {51'd0, chunk};
                cur_q.len  <= cur_q.len - {3'd0, chunk};
                cur_q.dst  <= cur_q.dst + {3'd0, chunk};
            end
            if (renew) begin
                fresh_q <= '0;
                ext_q   <= ext_tag_i;
            end else if (issue && fresh_q < fresh_limit) begin
                fresh_q <= fresh_q + 1'b1;
            end
        end
    end
    assign stat_read_o = issue;

    // What waits for the link does so here: nothing in front depends on the link's ready.
    logic [1:0] out_count;
    fifo #(.Width(128), .Depth(2)) u_out (
        .clk_i, .rst_ni, .flush_i(1'b0), .valid_i(issue), .ready_o(out_ready), .data_i(hdr),
        .valid_o(rd_valid_o), .ready_i(rd_ready_i), .data_o(rd_hdr_o), .count_o(out_count));

    // ---- tag table: written once when the read is sent, read by each completion ---------------------------------------------------
    localparam int unsigned EntryW = 3 + 16 + 16 + 13;
    logic [EntryW-1:0] table_q [Tags];
    logic [Tags-1:0]   busy_q;
    always_ff @(posedge clk_i) begin
        if (issue) table_q[tag] <= {cur_q.client, cur_q.cookie, cur_q.dst + {3'd0, chunk}, chunk};
    end

    // ---- completions ----------------------------------------------------------------------------------------------------------------
    logic [7:0]        cpl_tag;
    logic [TagW-1:0]   cpl_idx;
    logic [12:0]       cpl_count;          // bytes still to come, this completion included
    logic [12:0]       cpl_payload;        // bytes of this completion
    logic              cpl_good, cpl_known, cpl_final;
    logic [EntryW-1:0] entry;
    logic [2:0]        entry_client;
    logic [15:0]       entry_cookie, entry_end;
    logic [12:0]       entry_bytes;

    // State of the completion that is being received, from its first beat on.
    logic              good_q, final_q, known_q;
    logic [2:0]        client_q;
    logic [15:0]       cookie_q, dst_q;
    logic [12:0]       left_q, bytes_q;
    logic [TagW-1:0]   idx_q;

    assign cpl_tag      = cpl_hdr_i[64+regmap_pkg::TLP_TAG_LSB +: 8];
    assign cpl_idx      = cpl_tag[TagW-1:0];
    assign {entry_client, entry_cookie, entry_end, entry_bytes} = entry;

    logic [12:0] dw_bytes;
    always_comb begin
        entry       = '0;
        cpl_count   = '0;
        cpl_known   = 1'b0;
        cpl_good    = 1'b0;
        dw_bytes    = '0;
        cpl_payload = '0;
        cpl_final   = 1'b0;
        if (cpl_valid_i && cpl_sop_i) begin
            entry       = table_q[cpl_idx];
            cpl_count   = cpl_hdr_i[32 +: 12] == 12'd0 ? 13'd4096 : {1'b0, cpl_hdr_i[32 +: 12]};
            cpl_known   = {24'd0, cpl_tag} < Tags && busy_q[cpl_idx];
            cpl_good    = cpl_hdr_i[24 +: 8] == 8'(regmap_pkg::TLP_TYPE_CPLD) && !cpl_hdr_i[regmap_pkg::TLP_EP_BIT]
                          && cpl_hdr_i[32+regmap_pkg::TLP_STATUS_LSB +: 3] == 3'(regmap_pkg::TLP_STATUS_SC)
                          && cpl_count <= entry[12:0];
            dw_bytes    = {1'b0, cpl_hdr_i[9:0], 2'b00} - {11'd0, cpl_hdr_i[65:64]};
            cpl_payload = cpl_hdr_i[9:0] == 10'd0 || dw_bytes > cpl_count ? cpl_count : dw_bytes;
            cpl_final   = !cpl_good || cpl_payload == cpl_count;
        end
    end

    // This beat.
    logic              beat_good, beat_final, beat_known;
    logic [2:0]        beat_client;
    logic [15:0]       beat_cookie, beat_dst;
    logic [12:0]       beat_left;         // bytes of the completion from this beat on, the skipped ones included
    logic [12:0]       beat_bytes;
    logic [TagW-1:0]   beat_idx;
    logic [1:0]        beat_lo;
    always_comb begin
        beat_good   = good_q;
        beat_known  = known_q;
        beat_final  = final_q;
        beat_client = client_q;
        beat_cookie = cookie_q;
        beat_dst    = dst_q;
        beat_left   = left_q;
        beat_bytes  = bytes_q;
        beat_idx    = idx_q;
        beat_lo     = 2'd0;
        if (cpl_sop_i) begin
            beat_good   = cpl_good;
            beat_known  = cpl_known;
            beat_final  = cpl_final;
            beat_client = entry_client;
            beat_cookie = entry_cookie;
            // Payload byte 0 is the first byte of its DW, lower address bits 1:0 before the first byte that was asked for.
            beat_dst    = entry_end - {3'd0, cpl_count} - {14'd0, cpl_hdr_i[65:64]};
            beat_left   = cpl_payload + {11'd0, cpl_hdr_i[65:64]};
            beat_bytes  = entry_bytes;
            beat_idx    = cpl_idx;
            beat_lo     = cpl_hdr_i[65:64];
        end
    end

    logic release_tag;
    assign release_tag = cpl_valid_i && cpl_eop_i && beat_known && beat_final;

    always_ff @(posedge clk_i) begin
        if (!rst_ni) begin
            wr_valid_o   <= 1'b0;
            done_valid_o <= 1'b0;
            stat_error_o <= 1'b0;
            busy_q       <= '0;
            inflight_q   <= '0;
        end else begin
            wr_valid_o   <= cpl_valid_i && beat_known && beat_good;
            done_valid_o <= release_tag;
            stat_error_o <= cpl_valid_i && cpl_sop_i && !(cpl_known && cpl_good);
            if (cpl_valid_i) begin
                good_q   <= beat_good;
                known_q  <= beat_known;
                final_q  <= beat_final;
                client_q <= beat_client;
                cookie_q <= beat_cookie;
                dst_q    <= beat_dst + 16'(W);
                left_q   <= beat_left - 13'(W);
                bytes_q  <= beat_bytes;
                idx_q    <= beat_idx;
                wr_client_o   <= beat_client;
                wr_cookie_o   <= beat_cookie;
                wr_dst_o      <= beat_dst;
                wr_lo_o       <= (LgW+1)'(beat_lo);
                wr_hi_o       <= beat_left >= 13'(W) ? (LgW+1)'(W) : beat_left[LgW:0];
                wr_data_o     <= cpl_data_i;
                done_client_o <= beat_client;
                done_cookie_o <= beat_cookie;
                done_bytes_o  <= beat_bytes;
                done_error_o  <= !beat_good;
            end
            if (issue)       busy_q[tag] <= 1'b1;
            if (release_tag) busy_q[beat_idx] <= 1'b0;
            if (issue && !release_tag)      inflight_q <= inflight_q + 1'b1;
            else if (!issue && release_tag) inflight_q <= inflight_q - 1'b1;
        end
    end

    fifo #(.Width(TagW), .Depth(Tags)) u_free (
        .clk_i, .rst_ni, .flush_i(renew),
        .valid_i(release_tag), .ready_o(free_ready), .data_i(beat_idx),
        .valid_o(free_valid), .ready_i(issue && fresh_q >= fresh_limit), .data_o(free_tag), .count_o(free_count));

    assign idle_o = !cur_valid_q && !rd_valid_o && inflight_q == '0 && !wr_valid_o && !done_valid_o;

    logic unused;
    assign unused = &{1'b0, free_ready, free_count, out_count, cpl_hdr_i[127:72], cpl_hdr_i[71:66], cpl_hdr_i[63:48], cpl_hdr_i[44], cpl_hdr_i[23:15], cpl_hdr_i[13:10]};

    `CHECK(CompletionIsExpected, !(cpl_valid_i && cpl_sop_i) || cpl_known, "[P] 2.3.2: completion for a tag that is not in use")
    `CHECK(CompletionFits, !(cpl_valid_i && cpl_sop_i && cpl_known) || cpl_count <= entry_bytes,
           "[P] 2.2.9: byte count larger than the request")

`ifdef FORMAL
    // tests/rtl/proof/proof_dma_rd.sv. A tag is fresh, free or in flight: one of the three, always.
    logic [TagW:0]   busy_count;
    logic [Tags-1:0] busy_before_q, issued_q;
    logic            unknown_q;      // what came in the cycle before is no business of ours
    always_comb begin
        busy_count = '0;
        for (int i = 0; i < Tags; i++) busy_count = busy_count + {{TagW{1'b0}}, busy_q[i]};
    end
    always_ff @(posedge clk_i) begin
        unknown_q     <= rst_ni && cpl_valid_i && !beat_known;
        busy_before_q <= busy_q;
        issued_q      <= '0;
        if (issue) issued_q[tag] <= 1'b1;
    end
    `CHECK(TagIssuedIsNotInFlight, !issue || !busy_q[tag], "[P] 2.2.6.2: two reads in flight with one tag")
    `CHECK(CountIsTagsInFlight, inflight_q == busy_count, "dma_rd: the count of reads in flight is wrong")
    `CHECK(NoTagIsLost, fresh_q <= fresh_limit && (TagW+2)'(free_count) + {1'b0, inflight_q} == {1'b0, fresh_q},
           "dma_rd: a tag is neither free nor in flight, or both")
    `CHECK(TagFits, !issue || ext_tag_i || 32'(tag) < ShortTags, "[P] 7.5.3.4: a tag of more than 5 bits without Extended Tag Field Enable")
    `CHECK(TagGivenBackWasInFlight, !release_tag || (busy_q[beat_idx] && free_ready), "dma_rd: a tag is given back twice")
    `CHECK(UnknownCompletionsDoNothing, !unknown_q || (!wr_valid_o && !done_valid_o && busy_q == (busy_before_q | issued_q)),
           "[P] 2.3.2: an unexpected completion is dropped")
    `CHECK(IdleHasNothingInFlight, !idle_o || busy_q == '0, "dma_rd: idle with a read in flight")
`endif
endmodule

`default_nettype wire
