// SPDX-License-Identifier: Apache-2.0
// rss: receive side scaling: the hash of a packet, what was hashed, and the receive queue that follows from it ([V] 5.1.6.5.7).
//
// The most specific enabled type counts: addresses and ports of TCP or UDP, else addresses, else nothing; what is not hashed goes to the
// queue for unclassified packets. Extended types, which hash other addresses from IPv6 extension headers, are not supported. Two steps:
// the hash is in a register before it looks up the table. Key and table are written byte by byte by the control queue, in no hurry.
//
// Spec: [V] VIRTIO 1.2
`default_nettype none

module rss (
    input  wire  logic           clk_i,
    input  wire  logic           rst_ni,

    input  wire  rx_pkg::rss_t   config_i,
    input  wire  rx_pkg::write_t write_i,

    // A packet, from rx_parse. What follows from it is there a cycle later, with valid_o.
    input  wire  logic         valid_i,
    input  wire  logic         v4_i,
    input  wire  logic         v6_i,
    input  wire  logic         tcp_i,
    input  wire  logic         udp_i,
    input  wire  logic [287:0] tuple_i,
    output       logic         valid_o,
    output       logic [31:0]  hash_o,         // 0 if nothing was hashed
    output       logic [3:0]   report_o,       // hash_report: number of the type + 1, or 0
    output       logic [7:0]   queue_o
);
    logic [319:0] key_q;
    logic [7:0]   table_q [128];
    logic         ports;
    logic [2:0]   kind;                        // number of the type
    logic [3:0]   report;
    logic [287:0] input_bytes;
    logic [31:0]  hash;

    always_comb begin
        ports       = 1'b0;
        kind        = 3'd0;
        report      = 4'd0;
        input_bytes = '0;
        if (valid_i && (v4_i || v6_i)) begin
            kind  = {1'b0, tcp_i ? 2'd1 : udp_i ? 2'd2 : 2'd0} + (v6_i ? 3'd3 : 3'd0);
            ports = (tcp_i || udp_i) && config_i.types[kind];
            if (ports) report = {1'b0, kind} + 4'd1;
            else if (v4_i ? config_i.types[0] : config_i.types[3]) report = v4_i ? 4'd1 : 4'd4;
            if (report != 4'd0) begin
                if (v4_i) input_bytes[95:0] = {ports ? tuple_i[95:64] : 32'd0, tuple_i[63:0]};
                else      input_bytes       = {ports ? tuple_i[287:256] : 32'd0, tuple_i[255:0]};
            end
        end
    end
    toeplitz u_hash (.enable_i(report != 4'd0), .key_i(key_q), .data_i(input_bytes), .hash_o(hash));

    always_ff @(posedge clk_i) begin
        if (write_i.entry) table_q[write_i.addr[6:0]] <= write_i.data;
        if (write_i.key) key_q[{write_i.addr[5:0], 3'b000} +: 8] <= write_i.data;
        valid_o <= rst_ni && valid_i;
        if (valid_i) begin
            hash_o   <= hash;
            report_o <= report;
        end
    end
    always_comb begin
        queue_o = '0;
        if (valid_o) queue_o = report_o != 4'd0 ? table_q[hash_o[6:0] & config_i.mask] : config_i.unclassified;
    end

    logic unused;
    assign unused = &{1'b0, config_i.steer, write_i.vlan, write_i.addr[11:7]};
endmodule

`default_nettype wire
