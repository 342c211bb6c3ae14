// SPDX-License-Identifier: Apache-2.0
// tx_header: what the virtio-net header in front of a packet asks for, and whether that can be ([V] 5.1.6.2).
//
// The header is read from the frame RAM in a cycle of its own, two where a beat is narrower, and is in ram_data_i as long as nothing else
// is read. Without enable_i its first bytes say enough: a packet that asks for anything is refused.
//
// Spec: [V] VIRTIO 1.2
`default_nettype none

module tx_header #(
    parameter int unsigned DataWidth = 256,
    parameter int unsigned MaxFrame  = 9018   // without virtio-net header and FCS
) (
    input  wire  logic                 clk_i,
    input  wire  logic                 rst_ni,
    input  wire  logic                 enable_i,     // CSUM was negotiated
    input  wire  logic [2:0]           segment_i,    // HOST_USO, HOST_TSO6, HOST_TSO4 were
    input  wire  logic [15:0]          hdr_bytes_i,  // of the header
    input  wire  logic [16:0]          length_i,     // of the oldest packet, with its header

    input  wire  logic                 judge_i,      // there is one, and it has not begun
    input  wire  logic                 read_i,       // its header is read, from at_o on: only if it is not here
    input  wire  logic                 next_i,       // it begins, or is dropped
    input  wire  logic [DataWidth-1:0] ram_data_i,
    output       logic [4:0]           at_o,
    output       logic                 here_o,

    // with judge, when it is here
    output       logic                 bad_o,        // refused
    output       logic                 csum_o,       // a checksum is to be completed
    output       logic [15:0]          start_o,      // from this byte of the frame on
    output       logic [15:0]          field_o,      // and belongs here
    output       logic                 segment_o,    // into frames with gso_size bytes of payload
    output       logic                 v4_o,
    output       logic                 v6_o,
    output       logic                 udp_o,
    output       logic [15:0]          gso_size_o
);
    logic [1:0]  beats, beats_q;                  // of it that count, and that were read
    logic [63:0] first_q;                         // its first half, where a beat is narrower
    logic [95:0] hdr;
    logic [6:0]  gso_type;
    logic [16:0] field, field_end;

    // A beat narrower than the header brings it in two.
    assign beats  = DataWidth >= 128 || !enable_i ? 2'd1 : 2'd2;
    assign here_o = beats_q == beats;
    assign at_o   = {beats_q, 3'b000};

    always_comb begin
        hdr        = '0;
        gso_type   = '0;
        field      = '0;
        field_end  = '0;
        bad_o      = 1'b0;
        csum_o     = 1'b0;
        segment_o  = 1'b0;
        {v4_o, v6_o, udp_o} = '0;
        gso_size_o = '0;
        if (judge_i && here_o) begin
            hdr       = beats == 2'd1 ? 96'(ram_data_i) : {ram_data_i[31:0], first_q};
            csum_o    = hdr[8*regmap_pkg::VIRTIO_NET_HDR_FLAGS + regmap_pkg::VIRTIO_NET_HDR_F_NEEDS_CSUM_BIT];
            // ECN ([V] 5.1.6.2) changes nothing: CWR is left to the first segment in any case.
            gso_type  = hdr[8*regmap_pkg::VIRTIO_NET_HDR_GSO_TYPE +: 7];
            field     = {1'b0, hdr[8*regmap_pkg::VIRTIO_NET_HDR_CSUM_START +: 16]}
                        + {1'b0, hdr[8*regmap_pkg::VIRTIO_NET_HDR_CSUM_OFFSET +: 16]};
            field_end = field + 17'd2 + {1'b0, hdr_bytes_i};
            bad_o     = csum_o && (!enable_i || field[16] || field_end > length_i);
            if (gso_type == 7'(regmap_pkg::VIRTIO_NET_HDR_GSO_NONE)) begin
                if (length_i > 17'(MaxFrame) + {1'b0, hdr_bytes_i}) bad_o = 1'b1;
            end else begin
                segment_o = 1'b1;
                gso_size_o = hdr[8*regmap_pkg::VIRTIO_NET_HDR_GSO_SIZE +: 16];
                udp_o     = gso_type == 7'(regmap_pkg::VIRTIO_NET_HDR_GSO_UDP_L4);
                v4_o      = udp_o || gso_type == 7'(regmap_pkg::VIRTIO_NET_HDR_GSO_TCPV4);
                v6_o      = udp_o || gso_type == 7'(regmap_pkg::VIRTIO_NET_HDR_GSO_TCPV6);
                if (!csum_o || gso_size_o == 16'd0 || !(udp_o ? segment_i[2] : v4_o ? segment_i[0] : v6_o && segment_i[1])) bad_o = 1'b1;
            end
        end
    end
    assign start_o = hdr[8*regmap_pkg::VIRTIO_NET_HDR_CSUM_START +: 16];
    assign field_o = field[15:0];

    always_ff @(posedge clk_i) begin
        if (!rst_ni || next_i) beats_q <= 2'd0;
        else if (read_i) beats_q <= beats_q + 2'd1;
        if (read_i && beats_q == 2'd1) first_q <= ram_data_i[63:0];
    end

    logic unused;
    assign unused = &{1'b0, hdr, field_end, ram_data_i};
endmodule

`default_nettype wire
