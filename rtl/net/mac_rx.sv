// SPDX-License-Identifier: Apache-2.0
// mac_rx: checks the frames from the wire and takes their FCS off.
//
// The FCS is the last four bytes, and where the frame ends is known only when its last beat is there; so each beat waits for the
// next one. A last beat of four bytes or less holds nothing but FCS, and the beat before it becomes the last one. A frame without
// any byte in front of its FCS does not appear at the output at all; it only counts as a runt.
//
// Spec: [E] IEEE 802.3-2018
`default_nettype none
`include "check.svh"

module mac_rx #(
    parameter int unsigned DataWidth = 256,                       // bits of a beat: 64, 128, 256 or 512
    parameter int unsigned MaxFrame  = regmap_pkg::ETH_MAX_FRAME  // bytes with FCS; longer frames are bad
) (
    input  wire  logic                 clk_i,
    input  wire  logic                 rst_ni,

    // From the wire, which cannot wait: destination address to FCS; error, with last, is the PHY's.
    input  wire  logic                 mac_rx_valid_i,
    input  wire  logic                 mac_rx_last_i,
    input  wire  logic                 mac_rx_error_i,
    input  wire  logic [6:0]           mac_rx_bytes_i,
    input  wire  logic [DataWidth-1:0] mac_rx_data_i,

    // Frame without FCS; cannot wait either. All beats but the last are full. Bytes behind the last one are undefined.
    output       logic                 m_valid_o,
    output       logic                 m_sop_o,
    output       logic                 m_last_o,
    output       logic [6:0]           m_bytes_o,
    output       logic [DataWidth-1:0] m_data_o,
    output       logic                 m_bad_o,     // with last: the frame is to be dropped; one of the two below says why
    output       logic [15:0]          m_length_o,  // with last: bytes without FCS, at most 65535

    // Pulses, for every bad frame one, in the cycle of its m_last_o if it has one.
    output       logic                 stat_fcs_o,     // FCS or PHY error, of a frame of good length
    output       logic                 stat_length_o,  // runt or oversize
    output       logic                 idle_o
);
    localparam int unsigned Bytes = DataWidth / 8;
    localparam logic [6:0]  Full  = 7'(Bytes);
    localparam logic [6:0]  Fcs   = 7'(regmap_pkg::ETH_FCS);
    localparam logic [31:0] Residue = 32'hDEBB20E3;  // [E] 3.2.9: CRC of any frame and its FCS, reflected, not inverted

    // ---- The pins end in registers: the CRC of a beat is deep enough without them.
    logic                 valid_q, last_q, error_q;
    logic [6:0]           beat_bytes_q;
    logic [DataWidth-1:0] beat_q;
    always_ff @(posedge clk_i) begin
        valid_q <= rst_ni && mac_rx_valid_i;
        if (mac_rx_valid_i) begin
            last_q       <= mac_rx_last_i;
            error_q      <= mac_rx_error_i;
            beat_bytes_q <= mac_rx_bytes_i;
            beat_q       <= mac_rx_data_i;
        end
    end

    // ---- Verdict on the frame that ends with the beat in the register.
    logic [31:0] crc_q, crc;
    logic [15:0] before_q;                      // bytes in earlier beats, saturating
    logic [16:0] length;                        // with FCS
    logic        ends, bad_length, bad_fcs;

    crc32 #(.DataWidth(DataWidth)) u_crc (
        .enable_i(valid_q), .crc_i(crc_q), .bytes_i(beat_bytes_q), .data_i(beat_q), .crc_o(crc)
    );

    assign ends       = valid_q && last_q;
    assign length     = 17'(before_q) + 17'(beat_bytes_q);
    assign bad_length = length < 17'(regmap_pkg::ETH_MIN_FRAME) || length > 17'(MaxFrame);  // [E] 3.4
    assign bad_fcs    = error_q || crc != Residue;

    always_ff @(posedge clk_i) begin
        if (!rst_ni) begin
            crc_q    <= '1;
            before_q <= '0;
        end else if (valid_q) begin
            crc_q    <= last_q ? '1 : crc;
            before_q <= last_q ? '0 : (before_q > 16'hFFFF - 16'(Bytes)) ? 16'hFFFF : before_q + 16'(Bytes);
        end
    end

    // ---- The beat that waits. final_q: it is the last one, its verdict and length are known, and it leaves in any case.
    logic                 wait_q, final_q, sop_q, fcs_q, runt_q;
    logic [6:0]           bytes_q;
    logic [15:0]          length_q;
    logic [DataWidth-1:0] data_q;
    logic                 leave, leave_last, in_sop, keep, only_fcs;

    assign only_fcs   = last_q && beat_bytes_q <= Fcs;
    assign leave      = wait_q && (final_q || valid_q);
    assign leave_last = final_q || only_fcs;
    assign in_sop     = before_q == '0;
    assign keep       = valid_q && !only_fcs;

    logic [15:0] net_length;
    assign net_length = length > 17'h1_0003 ? 16'hFFFF : 16'(length - 17'(Fcs));

    always_ff @(posedge clk_i) begin
        if (!rst_ni) begin
            wait_q        <= 1'b0;
            final_q       <= 1'b0;
            m_valid_o     <= 1'b0;
            stat_fcs_o    <= 1'b0;
            stat_length_o <= 1'b0;
        end else begin
            if (leave || keep) wait_q <= keep;
            if (leave || keep) final_q <= keep && last_q;
            m_valid_o     <= leave;
            stat_fcs_o    <= 1'b0;
            stat_length_o <= 1'b0;
            if (final_q) begin
                stat_fcs_o    <= fcs_q && !runt_q;
                stat_length_o <= runt_q;
            end
            // The verdict belongs to the beat that leaves now, or to a frame of nothing but FCS. Behind a final beat the latter is
            // another frame, which no wire with an inter-packet gap delivers; two bad ones would count once.
            if (ends && only_fcs) begin
                stat_fcs_o    <= (bad_fcs && !bad_length) || (final_q && fcs_q && !runt_q);
                stat_length_o <= bad_length || (final_q && runt_q);
            end
        end
    end

    always_ff @(posedge clk_i) begin
        if (keep) begin
            sop_q    <= in_sop;
            bytes_q  <= last_q ? beat_bytes_q - Fcs : Full;
            data_q   <= beat_q;
            length_q <= net_length;
            fcs_q    <= bad_fcs;
            runt_q   <= bad_length;
        end
        if (leave) begin
            m_sop_o  <= sop_q;
            m_last_o <= leave_last;
            m_data_o <= data_q;
            if (final_q) begin
                m_bytes_o  <= bytes_q;
                m_bad_o    <= fcs_q || runt_q;
                m_length_o <= length_q;
            end else begin
                m_bytes_o  <= only_fcs ? Full - (Fcs - beat_bytes_q) : Full;
                m_bad_o    <= bad_fcs || bad_length;
                m_length_o <= net_length;
            end
        end
    end

    assign idle_o = !wait_q && !valid_q && !m_valid_o && !stat_fcs_o && !stat_length_o;

    `CHECK(GoodLength, !(m_valid_o && m_last_o && !m_bad_o) || (m_length_o >= 16'd60 && m_length_o <= 16'(MaxFrame - 4)),
           "[E] 3.4 a frame of wrong length passes as good")
endmodule

`default_nettype wire
