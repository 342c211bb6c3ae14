// SPDX-License-Identifier: Apache-2.0
// rx_pkg: what the control queue (ctrl_net) tells the receive path (rx_offload).
package rx_pkg;
    localparam int unsigned Addresses = 16;   // of the address table, unicast and multicast together

    // Which frames are wanted, [V] 5.1.6.5.1 and 2.
    typedef struct packed {
        logic         promisc;
        logic         allmulti;
        logic         alluni;
        logic         nomulti;
        logic         nouni;
        logic         nobcast;
        logic [47:0]  mac;          // bits 7:0 are the first byte on the wire, here and in the table
        logic [15:0]  used;         // entries of the table
        logic [767:0] addresses;
    } filter_t;

    // Receive side scaling, [V] 5.1.6.5.7. Types: bit 0 IPv4, 1 TCPv4, 2 UDPv4, 3 IPv6, 4 TCPv6, 5 UDPv6 ([V] 5.1.6.4.3.1).
    typedef struct packed {
        logic         steer;        // the queue follows from the hash; else automatic steering
        logic [5:0]   types;
        logic [6:0]   mask;         // entries of the indirection table - 1
        logic [7:0]   unclassified; // queue of what is not hashed
    } rss_t;

    // One entry of a table; at most one of the three at a time.
    typedef struct packed {
        logic         key;          // byte addr of the hash key
        logic         entry;        // entry addr of the indirection table
        logic         vlan;         // VID addr: data 1 lets it pass, 0 does not
        logic [11:0]  addr;
        logic [7:0]   data;
    } write_t;
endpackage
