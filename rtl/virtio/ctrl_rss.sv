// SPDX-License-Identifier: Apache-2.0
// ctrl_rss: carries out RSS_CONFIG and HASH_CONFIG: walks through its bytes twice, first to see that all of it is good, then to set it.
//
// A bad command changes nothing: entries or queues that the device does not have, a table whose size is not a power of two, types that are
// not supported, a key that is too long, or none for types to be hashed, or less data than all of this takes. A key that is shorter than
// 40 bytes goes on with zeros. HASH_CONFIG has the bytes of an RSS_CONFIG with one entry; of these types and key count. Frames that are received meanwhile see some of the new table.
//
// Spec: [V] VIRTIO 1.2
`default_nettype none

module ctrl_rss #(
    parameter int unsigned QueuePairs = 1
) (
    input  wire  logic               clk_i,
    input  wire  logic               rst_ni,

    input  wire  logic               start_i,
    input  wire  logic               hash_only_i,    // HASH_CONFIG
    input  wire  logic [127:0]       command_i,      // its first bytes, with class and command
    input  wire  logic [31:0]        length_i,       // bytes of it
    output       logic               done_o,         // pulse
    output       logic               ok_o,           // with done

    // the bytes of the command: the word with byte number 8 * raddr comes a cycle after re
    output       logic               re_o,
    output       logic [5:0]         raddr_o,
    input  wire  logic [63:0]        rdata_i,

    output       rx_pkg::write_t     write_o,        // key and table
    output       logic               commit_o        // with done: types, mask and queue of command_i hold from now on
);
    localparam int unsigned Data  = regmap_pkg::VIRTIO_CTRL_HEADER_BYTES;
    localparam int unsigned Table = Data + regmap_pkg::VIRTIO_RSS_TABLE;
    localparam logic [9:0]  Keys  = 10'(regmap_pkg::VIRTIO_HASH_KEY_BYTES);

    typedef enum logic [1:0] {
        Idle,   // waits for a command
        Fetch,  // asks for the word of byte at_q
        Look    // has it
    } state_e;
    state_e      state_q;

    logic [31:0] types;
    logic [15:0] mask, unclassified, entry;
    logic [9:0]  table_end, key_at;                  // where the table ends; where the key begins
    logic        head_ok;
    always_comb begin
        types        = '0;
        mask         = '0;
        unclassified = '0;
        table_end    = '0;
        key_at       = '0;
        head_ok      = 1'b0;
        if (start_i || state_q != Idle) begin
            types        = command_i[8*(Data + regmap_pkg::VIRTIO_RSS_TYPES) +: 32];
            mask         = command_i[8*(Data + regmap_pkg::VIRTIO_RSS_MASK) +: 16];
            unclassified = command_i[8*(Data + regmap_pkg::VIRTIO_RSS_UNCLASSIFIED) +: 16];
            if (hash_only_i) {mask, unclassified} = '0;   // reserved
            table_end    = 10'(Table) + {1'b0, mask[7:0], 1'b0} + 10'd2;
            key_at       = table_end + 10'd3;
            head_ok      = (types & ~32'(regmap_pkg::VIRTIO_HASH_SUPPORTED)) == '0 && (mask & (mask + 16'd1)) == '0
                           && mask < 16'(regmap_pkg::VIRTIO_HASH_TABLE_ENTRIES) && unclassified < 16'(QueuePairs)
                           && length_i >= {22'd0, key_at};
        end
    end

    logic        apply_q;                            // the second time
    logic [9:0]  at_q, key_index, table_byte;
    logic [7:0]  value, low_q, key_length_q;
    logic        high, bad, last, all_good;
    assign re_o      = state_q == Fetch;
    assign raddr_o   = at_q[8:3];

    always_comb begin
        bad      = 1'b0;
        all_good = 1'b0;
        last     = 1'b0;
        write_o  = '0;
        {value, entry, high, key_index, table_byte} = '0;
        if (state_q == Look) begin
            value      = 8'(rdata_i >> {at_q[2:0], 3'b000});
            entry      = {value, low_q};
            high       = at_q[0] != Table[0];        // second byte of an entry, or of max_tx_vq
            key_index  = at_q - key_at;
            table_byte = at_q - 10'(Table);
            if (at_q < table_end) begin
                bad = high && entry >= 16'(QueuePairs) && !hash_only_i;
                write_o.entry = apply_q && high && !hash_only_i;
                write_o.addr  = {3'd0, table_byte[9:1]};
                write_o.data  = low_q;
            end else if (at_q < table_end + 10'd2) begin
                bad = high && (entry == 16'd0 || entry > 16'(QueuePairs)) && !hash_only_i;
            end else if (at_q < key_at) begin
                bad = {2'd0, value} > Keys || (value == 8'd0 && types != '0) || length_i < {22'd0, key_at} + {24'd0, value};
                all_good = !bad && !apply_q;
            end else begin
                write_o.key  = 1'b1;
                write_o.addr = {2'd0, key_index};
                write_o.data = key_index < {2'd0, key_length_q} ? value : 8'd0;
                last         = key_index == Keys - 10'd1;
            end
        end
    end
    assign done_o   = (start_i && !head_ok) || (bad && !apply_q) || last;
    assign ok_o     = last;
    assign commit_o = last;

    always_ff @(posedge clk_i) begin
        if (!rst_ni) begin
            state_q <= Idle;
        end else if (start_i || state_q != Idle) begin
            unique case (state_q)
                Idle: if (start_i && head_ok) begin
                    state_q <= Fetch;
                    apply_q <= 1'b0;
                    at_q    <= 10'(Table);
                end
                Fetch: state_q <= Look;
                Look: begin
                    low_q   <= value;
                    state_q <= done_o ? Idle : Fetch;
                    at_q    <= all_good ? 10'(Table) : at_q + 10'd1;
                    if (all_good) begin
                        apply_q      <= 1'b1;
                        key_length_q <= value;
                    end
                end
                default: state_q <= Idle;
            endcase
        end
    end

    logic unused;
    assign unused = &{1'b0, command_i[127:80], command_i[15:0], at_q[9], table_byte[0]};
endmodule

`default_nettype wire
