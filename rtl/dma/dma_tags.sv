// SPDX-License-Identifier: Apache-2.0
// dma_tags: the tags of dma_rd: which are free, which are in flight, and which were given up.
//
// Tags that were never used are handed out in order first, then those that came back. A read whose completion does not come ([P] 2.8)
// is given up: its tag is lost, and is not used again before that completion has come after all, or the link was reset; a device reset
// changes nothing, because the completion may still be on its way. Time is told in periods (tick_i): a read that was in flight at one
// tick, and still is at the next, has taken one period at least and two at most.
//
// Spec: [P] PCI Express Base 5.0
`default_nettype none
`include "check.svh"

module dma_tags #(
    parameter int unsigned Tags      = 256,
    parameter int unsigned ShortTags = 32,    // what 5 bits hold, [P] 2.2.6.2; a proof has fewer
    parameter int unsigned TagW      = $clog2(Tags)   // DO NOT OVERRIDE
) (
    input  wire  logic            clk_i,
    input  wire  logic            rst_ni,
    input  wire  logic            link_ni,     // reset of the link: no completion of before can come
    input  wire  logic            ext_tag_i,

    // a tag for a read
    input  wire  logic            want_i,
    output       logic            valid_o,
    output       logic [TagW-1:0] tag_o,
    input  wire  logic            issue_i,     // pulse: it is used
    output       logic            none_o,      // every tag is lost: there is none, and none will come back by itself

    // a completion
    input  wire  logic [TagW-1:0] look_i,      // its tag
    output       logic            busy_o,      // is in flight
    output       logic            lost_o,      // was given up
    input  wire  logic            ended_i,     // pulse: that was the last completion of the tag, which is busy or lost

    // a read that has waited too long
    input  wire  logic            tick_i,      // pulse: a period of the completion timeout ends
    output       logic            late_o,
    output       logic [TagW-1:0] late_tag_o,
    input  wire  logic            give_up_i,   // pulse: it is given up

    output       logic            idle_o       // nothing is in flight
);
    logic [TagW:0]   fresh_q;      // tags below it were used
    logic [TagW:0]   inflight_q, limit;
    logic [Tags-1:0] busy_q, lost_q;
    logic [Tags-1:0] old_q;        // in flight at the last tick; of tags that are in flight now only
    logic [Tags-1:0] late_q, late;
    logic            any_late_q;   // if not, none is
    logic            ext_q, change, renew, fresh, skip, back;
    logic            free_valid, free_ready;
    logic [TagW-1:0] free_tag;
    logic [$clog2(Tags+1)-1:0] free_count;

    // [P] 7.5.3.4: with Extended Tag Field Enable clear a tag has 5 bits. Wider ones may be in the free list when the host clears it: the
    // list begins anew when nothing is in flight, and nothing is issued until then.
    assign change  = ext_tag_i != ext_q;
    assign renew   = change && inflight_q == '0;
    assign limit   = ext_q || Tags <= ShortTags ? (TagW+1)'(Tags) : (TagW+1)'(ShortTags);
    assign fresh   = fresh_q < limit;
    assign skip    = want_i && !change && fresh && lost_q[fresh_q[TagW-1:0]];
    assign valid_o = want_i && !change && (fresh ? !skip : free_valid);
    assign tag_o   = fresh ? fresh_q[TagW-1:0] : free_tag;
    assign none_o  = want_i && !change && !fresh && !free_valid && inflight_q == '0;
    assign idle_o  = inflight_q == '0;

    assign busy_o  = busy_q[look_i];
    assign lost_o  = lost_q[look_i];
    // A lost tag that the count of fresh ones has yet to come to is fresh when it is found again.
    assign back    = ended_i && (busy_o || {1'b0, look_i} < fresh_q || (skip && look_i == fresh_q[TagW-1:0]));

    always_comb begin
        late       = '0;
        late_tag_o = '0;
        late_o     = 1'b0;
        if (any_late_q) begin
            late   = late_q & busy_q;
            late_o = late != '0;
            for (int i = 0; i < Tags; i++) if (late[Tags - 1 - i]) late_tag_o = TagW'(Tags - 1 - i);
        end
    end

    always_ff @(posedge clk_i) begin
        if (!rst_ni) begin
            fresh_q    <= '0;
            ext_q      <= 1'b0;
            busy_q     <= '0;
            inflight_q <= '0;
        end else begin
            if (renew) begin
                fresh_q <= '0;
                ext_q   <= ext_tag_i;
            end else if (skip || (issue_i && fresh)) begin
                fresh_q <= fresh_q + 1'b1;
            end
            if (issue_i)           busy_q[tag_o] <= 1'b1;
            if (ended_i && busy_o) busy_q[look_i] <= 1'b0;
            if (give_up_i)         busy_q[late_tag_o] <= 1'b0;
            if (issue_i && !((ended_i && busy_o) || give_up_i))      inflight_q <= inflight_q + 1'b1;
            else if (!issue_i && ((ended_i && busy_o) || give_up_i)) inflight_q <= inflight_q - 1'b1;
        end
    end
    always_ff @(posedge clk_i) begin
        if (!link_ni) begin
            lost_q <= '0;
        end else begin
            if (give_up_i)         lost_q[late_tag_o] <= 1'b1;
            if (ended_i && lost_o) lost_q[look_i] <= 1'b0;
        end
    end
    always_ff @(posedge clk_i) begin
        if (!rst_ni) begin
            old_q      <= '0;
            late_q     <= '0;
            any_late_q <= 1'b0;
        end else begin
            if (tick_i) begin
                old_q      <= busy_q;
                late_q     <= old_q & busy_q;
                any_late_q <= (old_q & busy_q) != '0;
            end else if (any_late_q) begin
                late_q     <= late;
                any_late_q <= late_o;
            end
            if (issue_i)   old_q[tag_o] <= 1'b0;
            if (give_up_i) late_q[late_tag_o] <= 1'b0;
        end
    end

    fifo #(.Width(TagW), .Depth(Tags)) u_free (
        .clk_i, .rst_ni, .flush_i(renew),
        .valid_i(back), .ready_o(free_ready), .data_i(look_i),
        .valid_o(free_valid), .ready_i(issue_i && !fresh), .data_o(free_tag), .count_o(free_count));

    logic unused;
    assign unused = &{1'b0, free_ready, free_count};

`ifdef FORMAL
    // tests/rtl/proof/proof_dma_rd.sv. A tag is fresh, free, in flight or lost: one of these, always.
    logic [TagW:0] busy_count, lost_count;   // the latter of those that are not fresh
    always_comb begin
        busy_count = '0;
        lost_count = '0;
        for (int i = 0; i < Tags; i++) begin
            busy_count = busy_count + {{TagW{1'b0}}, busy_q[i]};
            if ((TagW+1)'(i) < fresh_q) lost_count = lost_count + {{TagW{1'b0}}, lost_q[i]};
        end
    end
    `CHECK(TagIssuedIsNotInFlight, !issue_i || (!busy_q[tag_o] && !lost_q[tag_o]), "[P] 2.2.6.2: two reads in flight with one tag")
    `CHECK(CountIsTagsInFlight, inflight_q == busy_count, "dma_tags: the count of reads in flight is wrong")
    `CHECK(LostIsNotInFlight, (busy_q & lost_q) == '0, "dma_tags: a tag is in flight and lost")
    `CHECK(NoTagIsForgotten, fresh_q <= limit && (TagW+2)'(free_count) + {1'b0, inflight_q} + {1'b0, lost_count} == {1'b0, fresh_q},
           "dma_tags: a tag is neither free nor in flight nor lost, or more than one of these")
    `CHECK(TagFits, !issue_i || ext_tag_i || 32'(tag_o) < ShortTags,
           "[P] 7.5.3.4: a tag of more than 5 bits without Extended Tag Field Enable")
    `CHECK(TagGivenBackHasRoom, !back || free_ready, "dma_tags: a tag is given back twice")
`endif
endmodule

`default_nettype wire
