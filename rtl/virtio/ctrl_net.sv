// SPDX-License-Identifier: Apache-2.0
// ctrl_net: the commands of the control queue that say which frames are received, and how: what they set, and where it is kept.
//
//   class RX (0):             PROMISC and ALLMULTI, with CTRL_RX; ALLUNI, NOMULTI, NOUNI and NOBCAST, with CTRL_RX_EXTRA
//   class MAC (1):            TABLE_SET, with CTRL_RX; ADDR_SET, with CTRL_MAC_ADDR alone (1.2 asks for CTRL_RX too; its drivers do not)
//   class VLAN (2):           ADD and DEL, with CTRL_VLAN
//   class MQ (4):             RSS_CONFIG, with RSS; HASH_CONFIG, with HASH_REPORT; VQ_PAIRS_SET, which is in ctrl, ends steering by hash
//   class GUEST_OFFLOADS (5): SET, with CTRL_GUEST_OFFLOADS
//
// A command that cannot be carried out changes nothing. A device reset brings back the permanent address, empties the tables, and turns
// PROMISC on, as QEMU does: a driver that never sends a command receives everything.
//
// Spec: [V] VIRTIO 1.2
`default_nettype none

module ctrl_net #(
    parameter int unsigned QueuePairs = 1
) (
    input  wire  logic               clk_i,
    input  wire  logic               rst_ni,
    input  wire  logic [63:0]        features_i,
    input  wire  logic [47:0]        mac_address_i,   // permanent; taken over by a reset
    input  wire  logic               tables_ready_i,  // the VLAN table can be written

    // From ctrl: a command. If start_o, it is carried out before done_o, and stays until then.
    input  wire  logic               offer_i,         // pulse: is this one of ours?
    output       logic               start_o,         // it is, and begins
    input  wire  logic [127:0]       command_i,       // its first bytes, with class and command
    input  wire  logic [31:0]        length_i,        // bytes of it
    output       logic               done_o,          // pulse
    output       logic               ok_o,            // with done
    input  wire  logic               pairs_set_i,     // pulse: VQ_PAIRS_SET was carried out
    output       logic               re_o,            // its bytes: the word with byte number 8 * raddr comes a cycle later
    output       logic [5:0]         raddr_o,
    input  wire  logic [63:0]        rdata_i,

    output       rx_pkg::filter_t    filter_o,
    output       rx_pkg::rss_t       rss_o,
    output       rx_pkg::write_t     write_o,
    output       logic               guest_csum_o,    // checksums are to be verified
    output       logic               mac_set_o        // pulse: filter_o.mac changes
);
    localparam logic [7:0] ClassRx   = 8'(regmap_pkg::VIRTIO_CTRL_CLASS_RX);
    localparam logic [7:0] ClassMac  = 8'(regmap_pkg::VIRTIO_CTRL_CLASS_MAC);
    localparam logic [7:0] ClassVlan = 8'(regmap_pkg::VIRTIO_CTRL_CLASS_VLAN);
    localparam logic [7:0] ClassMq   = 8'(regmap_pkg::VIRTIO_CTRL_CLASS_MQ);
    localparam logic [7:0] ClassOffloads = 8'(regmap_pkg::VIRTIO_CTRL_CLASS_GUEST_OFFLOADS);

    logic [7:0]  class_code, number;
    logic [63:0] offloads, allowed;
    logic        has_rx, has_vlan, mode, set_mode, set_table, set_mac, set_vlan, set_rss, set_offloads, good, hash_only;
    always_comb begin
        {set_mode, set_table, set_mac, set_vlan, set_rss, set_offloads} = '0;
        {class_code, number, offloads, allowed, has_rx, has_vlan, start_o} = '0;
        if (offer_i) begin
            class_code = command_i[7:0];
            number     = command_i[15:8];
            offloads   = command_i[79:16];
            allowed    = features_i & (64'd1 << regmap_pkg::VIRTIO_NET_F_GUEST_CSUM_BIT);
            has_rx     = features_i[regmap_pkg::VIRTIO_NET_F_CTRL_RX_BIT];
            has_vlan   = features_i[regmap_pkg::VIRTIO_NET_F_CTRL_VLAN_BIT];
            start_o    = class_code == ClassRx || class_code == ClassMac || class_code == ClassVlan || class_code == ClassOffloads
                         || (class_code == ClassMq && (number == 8'(regmap_pkg::VIRTIO_CTRL_MQ_RSS_CONFIG) || hash_only));
            set_mode  = class_code == ClassRx && length_i >= 32'd3
                        && (number <= 8'(regmap_pkg::VIRTIO_CTRL_RX_ALLMULTI) ? has_rx
                            : number <= 8'(regmap_pkg::VIRTIO_CTRL_RX_NOBCAST) && features_i[regmap_pkg::VIRTIO_NET_F_CTRL_RX_EXTRA_BIT]);
            set_table = class_code == ClassMac && number == 8'(regmap_pkg::VIRTIO_CTRL_MAC_TABLE_SET) && has_rx && length_i >= 32'd6;
            set_mac   = class_code == ClassMac && number == 8'(regmap_pkg::VIRTIO_CTRL_MAC_ADDR_SET) && length_i >= 32'd8
                        && features_i[regmap_pkg::VIRTIO_NET_F_CTRL_MAC_ADDR_BIT] && !command_i[16];   // a group is no one's address
            set_vlan  = class_code == ClassVlan && number <= 8'(regmap_pkg::VIRTIO_CTRL_VLAN_DEL) && has_vlan && length_i >= 32'd4
                        && command_i[31:28] == 4'd0 && tables_ready_i;
            set_rss   = class_code == ClassMq && features_i[hash_only ? regmap_pkg::VIRTIO_NET_F_HASH_REPORT_BIT : regmap_pkg::VIRTIO_NET_F_RSS_BIT];
            set_offloads = class_code == ClassOffloads && number == 8'(regmap_pkg::VIRTIO_CTRL_GUEST_OFFLOADS_SET) && length_i >= 32'd10
                        && features_i[regmap_pkg::VIRTIO_NET_F_CTRL_GUEST_OFFLOADS_BIT] && (offloads & ~allowed) == '0;
        end
    end
    assign hash_only = command_i[15:8] == 8'(regmap_pkg::VIRTIO_CTRL_MQ_HASH_CONFIG);
    assign good = set_mode || set_mac || set_vlan || set_offloads;
    assign mode = command_i[23:16] != 8'd0;

    logic           rss_done, rss_ok, rss_re, rss_commit, mac_done, mac_ok, mac_busy, mac_re, mac_we, all_unicast, all_groups;
    logic [5:0]     rss_raddr, mac_raddr;
    rx_pkg::write_t rss_write;
    logic [3:0]     mac_index;
    logic [47:0]    mac_address;
    logic [4:0]     mac_used;
    ctrl_rss #(.QueuePairs(QueuePairs)) u_rss (
        .clk_i, .rst_ni, .start_i(set_rss), .hash_only_i(hash_only), .command_i, .length_i, .done_o(rss_done), .ok_o(rss_ok),
        .re_o(rss_re), .raddr_o(rss_raddr), .rdata_i, .write_o(rss_write), .commit_o(rss_commit));
    ctrl_mac u_mac (
        .clk_i, .rst_ni, .start_i(set_table), .unicast_i(command_i[47:16]), .length_i, .done_o(mac_done), .ok_o(mac_ok), .busy_o(mac_busy),
        .re_o(mac_re), .raddr_o(mac_raddr), .rdata_i, .we_o(mac_we), .index_o(mac_index), .address_o(mac_address), .used_o(mac_used),
        .all_unicast_o(all_unicast), .all_groups_o(all_groups));
    assign re_o    = rss_re || mac_re;
    assign raddr_o = rss_re ? rss_raddr : mac_raddr;
    assign done_o  = (start_o && !set_table && !set_rss) || rss_done || mac_done;
    assign ok_o    = good || rss_ok || mac_ok;
    assign mac_set_o = set_mac;
    always_comb begin
        write_o = rss_write;
        if (set_vlan) begin
            write_o.vlan = 1'b1;
            write_o.addr = command_i[27:16];
            write_o.data = {7'd0, number == 8'(regmap_pkg::VIRTIO_CTRL_VLAN_ADD)};
        end
    end

    logic promisc_q, allmulti_q, alluni_q, too_many_unicast_q, too_many_groups_q;
    logic late_q;                             // a command was carried out in the last cycle
    always_ff @(posedge clk_i) begin
        late_q <= rst_ni && (start_o || mac_busy);
        if (!rst_ni) begin
            promisc_q        <= 1'b1;
            filter_o         <= '0;
            filter_o.promisc <= 1'b1;
            filter_o.mac     <= mac_address_i;
            rss_o            <= '0;
            guest_csum_o     <= 1'b1;
            {allmulti_q, alluni_q, too_many_unicast_q, too_many_groups_q} <= '0;
        end else if (start_o || mac_busy || late_q || rss_commit || pairs_set_i) begin
            if (set_mode) begin
                case (number)
                    8'(regmap_pkg::VIRTIO_CTRL_RX_PROMISC):  promisc_q <= mode;
                    8'(regmap_pkg::VIRTIO_CTRL_RX_ALLMULTI): allmulti_q <= mode;
                    8'(regmap_pkg::VIRTIO_CTRL_RX_ALLUNI):   alluni_q <= mode;
                    8'(regmap_pkg::VIRTIO_CTRL_RX_NOMULTI):  filter_o.nomulti <= mode;
                    8'(regmap_pkg::VIRTIO_CTRL_RX_NOUNI):    filter_o.nouni <= mode;
                    default:                                 filter_o.nobcast <= mode;
                endcase
            end
            if (set_mac) filter_o.mac <= command_i[63:16];
            if (mac_we) filter_o.addresses[mac_index*48 +: 48] <= mac_address;
            if (mac_ok) begin
                filter_o.used      <= 16'((17'd1 << mac_used) - 17'd1);
                too_many_unicast_q <= all_unicast;
                too_many_groups_q  <= all_groups;
            end
            // A table that is being written is not asked: rather a frame too many than one too few.
            filter_o.promisc  <= promisc_q || mac_busy;
            filter_o.allmulti <= allmulti_q || too_many_groups_q;
            filter_o.alluni   <= alluni_q || too_many_unicast_q;
            if (set_offloads) guest_csum_o <= offloads[regmap_pkg::VIRTIO_NET_F_GUEST_CSUM_BIT];
            if (rss_commit) begin
                rss_o.types <= command_i[8*(regmap_pkg::VIRTIO_CTRL_HEADER_BYTES + regmap_pkg::VIRTIO_RSS_TYPES) +: 6];
                if (!hash_only) begin
                    rss_o.steer        <= 1'b1;
                    rss_o.mask         <= command_i[8*(regmap_pkg::VIRTIO_CTRL_HEADER_BYTES + regmap_pkg::VIRTIO_RSS_MASK) +: 7];
                    rss_o.unclassified <= command_i[8*(regmap_pkg::VIRTIO_CTRL_HEADER_BYTES + regmap_pkg::VIRTIO_RSS_UNCLASSIFIED) +: 8];
                end
            end else if (pairs_set_i) begin
                rss_o.steer <= 1'b0;          // [V] 5.1.6.5.5: back to automatic steering
            end
        end
    end
endmodule

`default_nettype wire
