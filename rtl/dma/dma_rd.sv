// SPDX-License-Identifier: Apache-2.0
// dma_rd: reads host memory for all clients, many tags in flight, completions in any order.
//
// A request is cut into memory read TLPs: one if it fits MRRS and crosses no 4 KiB boundary, else at MRRS boundaries. Each TLP gets a
// tag (dma_tags), and the tag remembers where in the client's RAM the bytes end. A completion says how many bytes of its request are
// still to come (Byte Count, [P] 2.2.9), so every beat knows its place: completions of different tags may interleave freely, and
// nothing is ever reordered or copied again.
//
// Data leaves as beats: bytes [lo, hi) of wr_data_o belong at wr_dst_o + byte number in the RAM of wr_client_o. done_* comes with the last
// beat of a tag, or with its end in error; a client adds up done_bytes_o.
//
// Nothing is believed of a completion ([P] 2.3.2). One that nobody waits for, or that is not the next part of its request by byte count,
// address and length, is dropped and counted, and its request goes on waiting. An error status ends the request; poisoned data is
// not passed on, and the request ends in error with its last completion; a request that waits too long ends in error, and its tag is
// lost (dma_tags). When all tags are, requests end in error at once.
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
    input  wire  logic                          link_ni,       // reset of the link, not of the device alone
    input  wire  logic                          abandon_i,     // level: what cannot be sent will never be, forget it
    input  wire  logic                          tick_i,        // pulse: a period of the completion timeout ends

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
    output       logic                          stat_error_o,  // a completion that is no good, or that did not come
`ifdef FORMAL
    output       logic                          ended_o,       // the last completion of tag ended_tag_o came
    output       logic [7:0]                    ended_tag_o,
`endif
    output       logic                          idle_o
);
    localparam int unsigned W    = DataWidth / 8;
    localparam int unsigned LgW  = $clog2(W);
    localparam int unsigned TagW = $clog2(Tags);

    // ---- cutting requests -----------------------------------------------------------------------------------------------------
    dma_pkg::rd_req_t cur_q;
    logic             cur_valid_q;
    logic [2:0]       mrrs_q;       // as it was when the request came: its client counts on that
    logic [12:0]      mrrs, room, chunk;
    logic             fits, last_chunk, issue, refuse, tag_ok, no_tag;
    logic [TagW-1:0]  tag;
    logic [9:0]       length_dw;
    logic [3:0]       first_be, last_be, first_raw, last_raw;
    logic [1:0]       end_ofs;
    logic             wide, out_ready;
    logic [127:0]     hdr;

    assign mrrs        = 13'd128 << mrrs_q;
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
    assign issue       = cur_valid_q && tag_ok && bus_master_i && out_ready;
    assign req_ready_o = !cur_valid_q || ((issue || refuse) && last_chunk);

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
        end else begin
            if (req_ready_o) cur_valid_q <= req_valid_i;
            else if (abandon_i) cur_valid_q <= 1'b0;
            if (req_ready_o && req_valid_i) begin
                cur_q  <= req_i;
                mrrs_q <= mrrs_i;
            end else if (issue || refuse) begin
                cur_q.addr <= cur_q.addr + {51'd0, chunk};
                cur_q.len  <= cur_q.len - {3'd0, chunk};
                cur_q.dst  <= cur_q.dst + {3'd0, chunk};
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
    localparam int unsigned EntryW = 3 + 16 + 16 + 7 + 13;
    logic [EntryW-1:0] table_q [Tags];
    logic [12:0]       rest_q [Tags];      // bytes still to come of a tag that begun_q names, of others all are
    logic [Tags-1:0]   begun_q, failed_q;  // a part has come; some of it was poisoned
    logic              late, give_up, tag_busy, tag_lost, ended, tags_idle;
    logic [TagW-1:0]   late_tag, look;
    dma_tags #(.Tags(Tags), .ShortTags(ShortTags)) u_tags (
        .clk_i, .rst_ni, .link_ni, .ext_tag_i, .want_i(cur_valid_q), .valid_o(tag_ok), .tag_o(tag), .issue_i(issue), .none_o(no_tag),
        .look_i(look), .busy_o(tag_busy), .lost_o(tag_lost), .ended_i(ended), .tick_i, .late_o(late), .late_tag_o(late_tag),
        .give_up_i(give_up), .idle_o(tags_idle));
    always_ff @(posedge clk_i) begin
        if (issue) table_q[tag] <= {cur_q.client, cur_q.cookie, cur_q.dst + {3'd0, chunk}, cur_q.addr[6:0] + chunk[6:0], chunk};
    end

    // ---- completions ----------------------------------------------------------------------------------------------------------------
    logic [12:0]       cpl_count;          // bytes still to come, this completion included
    logic [12:0]       cpl_payload;        // bytes of this completion
    logic [12:0]       cpl_whole;          // and those in front of the first one in its DW
    logic              cpl_mine, cpl_error, cpl_next, cpl_final;
    logic [EntryW-1:0] entry;
    logic [2:0]        entry_client;
    logic [15:0]       entry_cookie, entry_end;
    logic [6:0]        entry_low;
    logic [12:0]       entry_bytes, expected;

    // State of the completion that is being received, from its first beat on.
    logic              live_q, good_q, final_q, poisoned_q;
    logic [2:0]        client_q;
    logic [15:0]       cookie_q, dst_q;
    logic [12:0]       left_q, bytes_q, rest_after_q;
    logic [TagW-1:0]   idx_q;

    // The port of the table is the completions'; without one it serves a read that is given up.
    assign look = !cpl_valid_i ? late_tag : cpl_sop_i ? cpl_hdr_i[64+regmap_pkg::TLP_TAG_LSB +: TagW] : idx_q;
    assign {entry_client, entry_cookie, entry_end, entry_low, entry_bytes} = entry;

    logic [12:0] dw_bytes;
    always_comb begin
        entry       = '0;
        expected    = '0;
        cpl_count   = '0;
        cpl_mine    = 1'b0;
        cpl_error   = 1'b0;
        cpl_next    = 1'b0;
        dw_bytes    = '0;
        cpl_payload = '0;
        cpl_whole   = '0;
        cpl_final   = 1'b0;
        if (late && !cpl_valid_i) entry = table_q[look];
        if (cpl_valid_i && cpl_sop_i) begin
            entry       = table_q[look];
            expected    = begun_q[look] ? rest_q[look] : entry_bytes;
            cpl_count   = cpl_hdr_i[32 +: 12] == 12'd0 ? 13'd4096 : {1'b0, cpl_hdr_i[32 +: 12]};
            cpl_mine    = {24'd0, cpl_hdr_i[64+regmap_pkg::TLP_TAG_LSB +: 8]} < Tags && (tag_busy || tag_lost)
                          && cpl_hdr_i[64+regmap_pkg::TLP_REQUESTER_LSB +: 16] == requester_id_i;
            // [P] 2.3.2: these end a request, whatever their other fields say.
            cpl_error   = cpl_hdr_i[24 +: 8] != 8'(regmap_pkg::TLP_TYPE_CPLD)
                          || cpl_hdr_i[32+regmap_pkg::TLP_STATUS_LSB +: 3] != 3'(regmap_pkg::TLP_STATUS_SC);
            dw_bytes    = {1'b0, cpl_hdr_i[9:0], 2'b00} - {11'd0, cpl_hdr_i[65:64]};
            cpl_payload = cpl_hdr_i[9:0] == 10'd0 || dw_bytes > cpl_count ? cpl_count : dw_bytes;
            cpl_whole   = cpl_payload + {11'd0, cpl_hdr_i[65:64]};
            cpl_next    = cpl_count == expected && cpl_hdr_i[64 +: 7] == entry_low - cpl_count[6:0]
                          && cpl_hdr_i[9:0] == 10'((cpl_whole + 13'd3) >> 2);
            cpl_final   = cpl_error || cpl_payload == cpl_count;
        end
    end

    // This beat.
    logic              beat_live;         // of a completion that is wanted, or of an error
    logic              beat_good;         // its data is
    logic              beat_final, beat_poisoned, beat_here;
    logic [2:0]        beat_client;
    logic [15:0]       beat_cookie, beat_dst;
    logic [12:0]       beat_left;         // bytes of the completion from this beat on, the skipped ones included
    logic [12:0]       beat_bytes, beat_rest;
    logic [1:0]        beat_lo;
    always_comb begin
        beat_live     = live_q;
        beat_good     = good_q;
        beat_final    = final_q;
        beat_poisoned = poisoned_q;
        beat_client   = client_q;
        beat_cookie   = cookie_q;
        beat_dst      = dst_q;
        beat_left     = left_q;
        beat_bytes    = bytes_q;
        beat_rest     = rest_after_q;
        beat_lo       = 2'd0;
        if (cpl_sop_i) begin
            beat_live     = cpl_mine && (cpl_error || cpl_next);
            beat_good     = tag_busy && !cpl_error && !cpl_hdr_i[regmap_pkg::TLP_EP_BIT];
            beat_final    = cpl_final;
            beat_poisoned = cpl_error || cpl_hdr_i[regmap_pkg::TLP_EP_BIT];
            beat_client   = entry_client;
            beat_cookie   = entry_cookie;
            // Payload byte 0 is the first byte of its DW, lower address bits 1:0 before the first byte that was asked for.
            beat_dst      = entry_end - {3'd0, cpl_count} - {14'd0, cpl_hdr_i[65:64]};
            beat_left     = cpl_error ? 13'd0 : cpl_whole;
            beat_bytes    = entry_bytes;
            beat_rest     = cpl_count - cpl_payload;
            beat_lo       = cpl_hdr_i[65:64];
        end
    end
    assign beat_here = beat_left <= 13'(W);   // what the header promised has come; a packet that is longer is cut there

    logic part, short;                   // a completion ended: as it should, or too early
    assign part    = cpl_valid_i && cpl_eop_i && beat_live && beat_here;
    assign short   = cpl_valid_i && cpl_eop_i && beat_live && !beat_here;
    assign ended   = part && beat_final;
    // Ends in error that no completion tells of: a read that is late, and one for which there is no tag. The ports are free then.
    assign give_up = late && !cpl_valid_i;
    assign refuse  = no_tag && !cpl_valid_i && !give_up;

    always_ff @(posedge clk_i) begin
        if (!rst_ni) begin
            wr_valid_o   <= 1'b0;
            done_valid_o <= 1'b0;
            stat_error_o <= 1'b0;
            live_q       <= 1'b0;
        end else begin
            wr_valid_o   <= cpl_valid_i && beat_live && beat_good && beat_left != '0;
            done_valid_o <= (ended && tag_busy) || give_up || refuse;
            stat_error_o <= (cpl_valid_i && cpl_sop_i && !(beat_live && beat_good)) || short || give_up;
            if (cpl_valid_i) begin
                live_q       <= beat_live && !cpl_eop_i;
                good_q       <= beat_good;
                final_q      <= beat_final;
                poisoned_q   <= beat_poisoned;
                client_q     <= beat_client;
                cookie_q     <= beat_cookie;
                dst_q        <= beat_dst + 16'(W);
                left_q       <= beat_here ? '0 : beat_left - 13'(W);
                bytes_q      <= beat_bytes;
                rest_after_q <= beat_rest;
                idx_q        <= look;
                wr_client_o   <= beat_client;
                wr_cookie_o   <= beat_cookie;
                wr_dst_o      <= beat_dst;
                wr_lo_o       <= (LgW+1)'(beat_lo);
                wr_hi_o       <= beat_here ? beat_left[LgW:0] : (LgW+1)'(W);
                wr_data_o     <= cpl_data_i;
                done_client_o <= beat_client;
                done_cookie_o <= beat_cookie;
                done_bytes_o  <= beat_bytes;
                done_error_o  <= beat_poisoned || failed_q[look];
            end else if (give_up) begin
                // It may be in the middle of a completion.
                if (idx_q == late_tag) live_q <= 1'b0;
                done_client_o <= entry_client;
                done_cookie_o <= entry_cookie;
                done_bytes_o  <= entry_bytes;
                done_error_o  <= 1'b1;
            end else if (refuse) begin
                done_client_o <= cur_q.client;
                done_cookie_o <= cur_q.cookie;
                done_bytes_o  <= chunk;
                done_error_o  <= 1'b1;
            end
        end
    end
    always_ff @(posedge clk_i) begin
        if (part && !beat_final) begin
            rest_q[look]   <= beat_rest;
            begun_q[look]  <= 1'b1;
            failed_q[look] <= beat_poisoned || failed_q[look];
        end
        if (issue) begin
            begun_q[tag]  <= 1'b0;
            failed_q[tag] <= 1'b0;
        end
    end

    assign idle_o = !cur_valid_q && !rd_valid_o && tags_idle && !wr_valid_o && !done_valid_o;

    logic unused;
    assign unused = &{1'b0, out_count, cur_q.reserved, cpl_hdr_i[127:96], cpl_hdr_i[71], cpl_hdr_i[63:48], cpl_hdr_i[44], cpl_hdr_i[23:15], cpl_hdr_i[13:10]};

`ifdef FORMAL
    // tests/rtl/proof/proof_dma_rd.sv
    logic nothing_q;                 // what came in the cycle before is no business of ours
    always_ff @(posedge clk_i) begin
        nothing_q   <= rst_ni && cpl_valid_i && !beat_live;
        ended_o     <= rst_ni && ended;
        ended_tag_o <= 8'(look);
    end
    `CHECK(UnknownCompletionsDoNothing, !nothing_q || (!wr_valid_o && !done_valid_o && !ended_o), "[P] 2.3.2: an unexpected completion is dropped")
    `CHECK(IdleHasNothingInFlight, !idle_o || tags_idle, "dma_rd: idle with a read in flight")
`endif
endmodule

`default_nettype wire
