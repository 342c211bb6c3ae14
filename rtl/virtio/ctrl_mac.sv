// SPDX-License-Identifier: Apache-2.0
// ctrl_mac: carries out MAC TABLE_SET: two lists of addresses into one table.
//
// The lengths of both lists must fit the command, else nothing is changed. A list that does not fit the rest of the table is replaced by
// "all of its kind" ([V] 5.1.6.5.1: filtering is best effort, but what was asked for must come).
//
// Spec: [V] VIRTIO 1.2
`default_nettype none

module ctrl_mac (
    input  wire  logic               clk_i,
    input  wire  logic               rst_ni,

    input  wire  logic               start_i,
    input  wire  logic [31:0]        unicast_i,   // addresses of the first list
    input  wire  logic [31:0]        length_i,    // bytes of the command
    output       logic               done_o,      // pulse
    output       logic               ok_o,        // with done
    output       logic               busy_o,      // the table is being written

    // the bytes of the command: the word with byte number 8 * raddr comes a cycle after re; 512 bytes at most are there
    output       logic               re_o,
    output       logic [5:0]         raddr_o,
    input  wire  logic [63:0]        rdata_i,

    output       logic               we_o,        // one entry
    output       logic [3:0]         index_o,
    output       logic [47:0]        address_o,
    // with done and ok: what holds from now on
    output       logic [4:0]         used_o,      // entries
    output       logic               all_unicast_o,
    output       logic               all_groups_o
);
    localparam logic [31:0] Data  = 32'd2 + 32'd4;   // the first address: behind class, command and count
    localparam logic [31:0] Bytes = 32'd512;
    localparam logic [4:0]  Room  = 5'(rx_pkg::Addresses);

    typedef enum logic [2:0] {
        Idle,     // waits for a command
        Count,    // reads the count of the second list
        Judge,    // do both fit?
        List,     // is there another address?
        Gather,   // reads it
        Write     // puts it into the table
    } state_e;
    state_e      state_q;
    logic        fetched_q, second_q;                // the word of byte at_q is there; the second list
    logic [9:0]  at_q;
    logic [2:0]  byte_q;                             // of the address, or of the count
    logic [47:0] value_q;
    logic [4:0]  used_q, left_q, groups_q, groups_fit;
    logic        over_unicast_q, over_groups_q;
    logic [7:0]  value;

    logic [35:0] first_end;                          // where the first list ends
    logic [35:0] second_end;
    logic        seen;                               // the second count is among the bytes that are there
    logic [31:0] groups;
    logic too_short, finished;
    assign busy_o = state_q != Idle;
    always_comb begin
        first_end  = '0;
        second_end = '0;
        groups     = '0;
        groups_fit = '0;
        value      = '0;
        used_o     = '0;
        raddr_o    = '0;
        index_o    = '0;
        address_o  = '0;
        {seen, re_o, we_o, too_short, finished, all_unicast_o, all_groups_o} = '0;
        if (start_i || busy_o) begin
            first_end  = {4'd0, Data} + {4'd0, unicast_i} * 36'd6;
            groups     = value_q[47:16];             // four bytes have been shifted in
            second_end = first_end + 36'd4 + {4'd0, groups} * 36'd6;
            seen       = first_end + 36'd4 <= {4'd0, Bytes};
            groups_fit = Room - (over_unicast_q ? 5'd0 : unicast_i[4:0]);
            value      = 8'(rdata_i >> {at_q[2:0], 3'b000});
            re_o       = (state_q == Count || state_q == Gather) && !fetched_q;
            raddr_o    = at_q[8:3];
            too_short  = (start_i && first_end + 36'd4 > {4'd0, length_i}) || (state_q == Judge && second_end > {4'd0, length_i});
            finished   = (start_i && !too_short && !seen) || (state_q == List && left_q == 5'd0 && second_q);
            we_o       = state_q == Write;
            index_o    = used_q[3:0];
            address_o  = value_q;
            used_o        = start_i ? 5'd0 : used_q;
            all_unicast_o = start_i || over_unicast_q;
            all_groups_o  = start_i || over_groups_q;
        end
    end
    assign done_o = too_short || finished;
    assign ok_o   = finished;

    always_ff @(posedge clk_i) begin
        if (!rst_ni) begin
            state_q <= Idle;
        end else if (start_i || busy_o) begin
            unique case (state_q)
                Idle: if (start_i && !done_o) begin
                    state_q        <= Count;
                    at_q           <= first_end[9:0];
                    byte_q         <= 3'd0;
                    fetched_q      <= 1'b0;
                    used_q         <= 5'd0;
                    second_q       <= 1'b0;
                    over_unicast_q <= unicast_i > {27'd0, Room};
                end
                Count, Gather: begin
                    fetched_q <= !fetched_q;
                    if (fetched_q) begin
                        value_q <= {value, value_q[47:8]};
                        at_q    <= at_q + 10'd1;
                        byte_q  <= byte_q + 3'd1;
                        if (state_q == Count && byte_q == 3'd3) state_q <= Judge;
                        if (state_q == Gather && byte_q == 3'd5) state_q <= Write;
                    end
                end
                Judge: begin
                    over_groups_q <= groups > {27'd0, groups_fit} || second_end > {4'd0, Bytes};
                    groups_q      <= groups[4:0];
                    left_q        <= over_unicast_q ? 5'd0 : unicast_i[4:0];
                    at_q          <= Data[9:0];
                    state_q       <= too_short ? Idle : List;
                end
                List: begin
                    byte_q <= 3'd0;
                    if (left_q != 5'd0) begin
                        state_q <= Gather;
                    end else if (second_q) begin
                        state_q <= Idle;
                    end else begin
                        second_q <= 1'b1;
                        left_q   <= over_groups_q ? 5'd0 : groups_q;
                        at_q     <= first_end[9:0] + 10'd4;
                    end
                end
                Write: begin
                    state_q <= List;
                    used_q  <= used_q + 5'd1;
                    left_q  <= left_q - 5'd1;
                end
                default: state_q <= Idle;
            endcase
        end
    end

    logic unused;
    assign unused = &{1'b0, at_q[9]};
endmodule

`default_nettype wire
