// SPDX-License-Identifier: Apache-2.0
// dma_pkg: what clients ask of the DMA engines. Addresses and lengths are bytes; dst and src are byte offsets in a client's RAM.
//
// Fields lie within 32-bit words, and a request is whole words: simulation then joins and picks requests without shifting. The reserved
// bits are 0, and synthesis has none of them.
package dma_pkg;
    // Clients of dma_rd: who gets the data.
    localparam logic [2:0] RdTx    = 3'd0;  // net_tx: a fragment of a frame; cookie is the frame slot
    localparam logic [2:0] RdDesc  = 3'd1;  // vq_avail: descriptors; cookie is {queue[7:0], chunk[7:0]}
    localparam logic [2:0] RdEvent = 3'd2;  // vq_event: driver event suppression structure; cookie is {queue[7:0], 8'd0}
    localparam logic [2:0] RdBench = 3'd3;  // dma_bench: data is counted and dropped
    localparam logic [2:0] RdCtrl  = 3'd4;  // ctrl: a command
    localparam logic [2:0] RdTable = 3'd5;  // vq_indirect: a descriptor table; cookie is {queue[7:0], table[7:0]}

    typedef struct packed {
        logic [63:0] addr;
        logic [15:0] len;     // 1 to 65535
        logic [15:0] dst;
        logic [15:0] cookie;
        logic [12:0] reserved;
        logic [2:0]  client;
    } rd_req_t;
    localparam int unsigned RdReqW = 128;

    // Clients of dma_wr: where the data comes from.
    localparam logic [1:0] WrRx    = 2'd0;  // net_rx RAM; the header that hdr describes is laid over; cookie is {last, end pointer}
    localparam logic [1:0] WrUsed  = 2'd1;  // vq_used RAM of queue cookie[15:8]
    localparam logic [1:0] WrImm   = 2'd2;  // hdr[31:0]
    localparam logic [1:0] WrBench = 2'd3;  // zeros

    typedef struct packed {
        logic [95:0] hdr;
        logic [63:0] addr;
        logic [15:0] len;     // 0: no TLP, only the done pulse in its turn
        logic [15:0] cookie;
        logic [15:0] src;
        logic [15:0] pos;     // WrRx: offset in the packet, header included, of the first byte
        logic [29:0] reserved;
        logic [1:0]  client;
    } wr_cmd_t;
    localparam int unsigned WrCmdW = 256;

    // hdr of WrRx: the fields of a virtio-net header that are not 0 in receive ([V] 5.1.6.4). Without hashed it has 12 bytes, else 20.
    typedef struct packed {
        logic [15:0] num_buffers;
        logic [22:0] zero;
        logic        hashed;
        logic [31:0] hash_value;
        logic [15:0] hash_report;
        logic [7:0]  flags;
    } rx_hdr_t;
endpackage
