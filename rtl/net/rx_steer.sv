// SPDX-License-Identifier: Apache-2.0
// rx_steer: which receive queue a frame is for, when there are several: automatic receive steering ([V] 5.1.6.5.5).
//
// A table by flow hash remembers the queue pair on which a flow was last sent; a flow that was never sent is spread by its hash. Only the
// first pairs_i pairs are used. The hash of a frame needs its first 64 bytes; they are collected as the beats pass.
//
// Spec: [V] VIRTIO 1.2
`default_nettype none

module rx_steer #(
    parameter int unsigned DataWidth = 256
) (
    input  wire  logic                 clk_i,
    input  wire  logic                 rst_ni,
    input  wire  logic [7:0]           pairs_i,      // 1 or more

    // frames sent: what net_tx gives to mac_tx
    input  wire  logic                 t_valid_i,
    input  wire  logic                 t_last_i,
    input  wire  logic [6:0]           t_bytes_i,
    input  wire  logic [DataWidth-1:0] t_data_i,
    input  wire  logic [7:0]           t_queue_i,    // queue pair

    // frames received: what mac_rx gives to net_rx
    input  wire  logic                 m_valid_i,
    input  wire  logic                 m_sop_i,
    input  wire  logic [6:0]           m_bytes_i,
    input  wire  logic [DataWidth-1:0] m_data_i,
    output       logic [7:0]           m_queue_o     // of the frame whose last beat this is
);
    localparam int unsigned W     = DataWidth / 8;
    localparam int unsigned Beats = (64 + W - 1) / W;   // beats that hold the first 64 bytes

    logic [511:0] t_head_q, t_head, m_head_q, m_head;
    logic [3:0]   t_beat_q, m_beat_q, m_beat;
    logic [7:0]   t_hash, m_hash;

    logic [DataWidth-1:0] t_data, m_data;
    assign t_data = t_data_i & ~({DataWidth{1'b1}} << {t_bytes_i, 3'b000});
    assign m_data = m_data_i & ~({DataWidth{1'b1}} << {m_bytes_i, 3'b000});
    assign m_beat = m_sop_i ? 4'd0 : m_beat_q;

    always_comb begin
        t_head = t_beat_q == 4'd0 ? '0 : t_head_q;
        m_head = m_beat == 4'd0 ? '0 : m_head_q;
        for (int b = 0; b < Beats; b++) begin
            if (t_valid_i && t_beat_q == 4'(b)) t_head[b*DataWidth % 512 +: (DataWidth > 512 ? 512 : DataWidth)] = t_data;
            if (m_valid_i && m_beat == 4'(b))   m_head[b*DataWidth % 512 +: (DataWidth > 512 ? 512 : DataWidth)] = m_data;
        end
    end
    flow_hash u_t (.frame_i(t_head), .hash_o(t_hash));
    flow_hash u_m (.frame_i(m_head), .hash_o(m_hash));

    logic [7:0]   table_q [256];
    logic [255:0] known_q;
    logic [15:0]  spread;
    logic         use_table;
    assign spread    = m_hash * pairs_i;
    assign use_table = known_q[m_hash] && table_q[m_hash] < pairs_i;
    assign m_queue_o = use_table ? table_q[m_hash] : spread[15:8];

    always_ff @(posedge clk_i) begin
        if (t_valid_i && t_last_i) table_q[t_hash] <= t_queue_i;
        if (!rst_ni) begin
            known_q  <= '0;
            t_beat_q <= 4'd0;
            m_beat_q <= 4'd0;
        end else begin
            if (t_valid_i) begin
                t_head_q <= t_head;
                t_beat_q <= t_last_i ? 4'd0 : t_beat_q == 4'(Beats) ? t_beat_q : t_beat_q + 4'd1;
                if (t_last_i) known_q[t_hash] <= 1'b1;
            end
            if (m_valid_i) begin
                m_head_q <= m_head;
                m_beat_q <= m_beat == 4'(Beats) ? m_beat : m_beat + 4'd1;
            end
        end
    end

    logic unused;
    assign unused = &{1'b0, spread[7:0]};
endmodule

`default_nettype wire
