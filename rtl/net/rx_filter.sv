// SPDX-License-Identifier: Apache-2.0
// rx_filter: is a received frame for this device? By destination address and VLAN, as the control queue set it ([V] 5.1.6.5.1 to 3).
//
// Only what was negotiated filters: without CTRL_RX every address passes, without CTRL_VLAN every VLAN. PROMISC beats everything, the
// VLANs too, as it does in QEMU. A frame without a tag of type 8100 passes the VLAN table.
//
// Spec: [V] VIRTIO 1.2
`default_nettype none

module rx_filter (
    input  wire  logic                  clk_i,
    input  wire  logic                  rst_ni,  // empties the VLAN table, which takes 128 cycles

    // Configuration, from ctrl_net.
    input  wire  logic                  by_address_i,  // CTRL_RX was negotiated
    input  wire  logic                  by_vlan_i,     // CTRL_VLAN was negotiated
    input  wire  rx_pkg::filter_t       config_i,
    input  wire  rx_pkg::write_t        write_i,
    output       logic                  ready_o,       // the VLAN table is empty after reset, and can be written

    // A frame: the verdict is combinational.
    input  wire  logic                  valid_i,
    input  wire  logic [47:0]           destination_i,
    input  wire  logic                  tagged_i,
    input  wire  logic [11:0]           vid_i,
    output       logic                  pass_o
);
    logic [31:0] vlans [128];
    logic [6:0]  clear_q;
    logic [31:0] old_word, word, vlan_bit;
    always_comb begin
        old_word = '0;
        vlan_bit = '0;
        if (write_i.vlan) begin
            old_word = vlans[write_i.addr[11:5]];
            vlan_bit = 32'd1 << write_i.addr[4:0];
        end
    end

    always_ff @(posedge clk_i) begin
        if (!rst_ni) begin
            clear_q <= '0;
            ready_o <= 1'b0;
        end else if (!ready_o) begin
            clear_q <= clear_q + 7'd1;
            ready_o <= clear_q == 7'd127;
        end
        if (!ready_o) vlans[clear_q] <= '0;
        else if (write_i.vlan) vlans[write_i.addr[11:5]] <= write_i.data[0] ? old_word | vlan_bit : old_word & ~vlan_bit;
    end

    logic listed, address_ok, vlan_ok;
    always_comb begin
        listed     = 1'b0;
        address_ok = 1'b1;
        vlan_ok    = 1'b1;
        pass_o     = 1'b0;
        word       = '0;
        if (valid_i) begin
            if (by_address_i) begin
                for (int i = 0; i < rx_pkg::Addresses; i++) if (config_i.used[i] && config_i.addresses[i*48 +: 48] == destination_i) listed = 1'b1;
                if (destination_i == 48'hFFFF_FFFF_FFFF) address_ok = !config_i.nobcast;
                else if (destination_i[0]) address_ok = (config_i.allmulti || listed) && !config_i.nomulti;
                else address_ok = (config_i.alluni || listed || destination_i == config_i.mac) && !config_i.nouni;
            end
            if (by_vlan_i && tagged_i) begin
                word    = vlans[vid_i[11:5]];
                vlan_ok = ready_o && word[vid_i[4:0]];
            end
            pass_o = (by_address_i && config_i.promisc) || (address_ok && vlan_ok);
        end
    end

    logic unused;
    assign unused = &{1'b0, write_i.key, write_i.entry, write_i.data[7:1]};
endmodule

`default_nettype wire
