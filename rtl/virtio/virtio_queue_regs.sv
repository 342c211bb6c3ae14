// SPDX-License-Identifier: Apache-2.0
// virtio_queue_regs: the common configuration registers of every virtqueue, from queue_size on.
//
// select_i names the queue that an access refers to. A queue that does not exist reads as size 0 and takes no write; size and
// addresses of an enabled queue cannot change; the vector can, because DPDK maps vectors after enabling. Address bits below the
// alignment that packed rings have do not exist ([V] 2.8). A ring that would go on at address 0 is not enabled.
//
// A reset of a queue ([V] 2.6.1) is asked for in vq_reset_o and ends with vq_reset_done_i: only then its registers return to their reset
// values, queue_enable and queue_reset among them.
//
// Spec: [V] VIRTIO 1.2
`default_nettype none

module virtio_queue_regs #(
    parameter int unsigned NumQueues    = 2,
    parameter int unsigned MaxQueueSize = 1024,
    parameter int unsigned MsixVectors  = 3
) (
    input  wire  logic                    clk_i,
    input  wire  logic                    rst_ni,

    // From virtio_regs: the end of a device reset, the selected queue, and accesses to the common configuration.
    input  wire  logic                    clear_i,
    input  wire  logic                    ring_reset_i,  // RING_RESET is negotiated
    input  wire  logic [15:0]             select_i,
    input  wire  logic                    valid_i,  // the register bus is active
    input  wire  logic                    write_i,
    input  wire  logic [11:0]             addr_i,   // offset in the structure, of a double word
    input  wire  logic [31:0]             mask_i,   // bits whose byte is enabled
    input  wire  logic [31:0]             wdata_i,
    output       logic [31:0]             rdata_o,  // of addr_i, combinational; 0 for a register that is not a queue's, or without valid_i

    // Queue n in bits n*width and up.
    output       logic [NumQueues-1:0]    vq_enable_o,
    output       logic [NumQueues*16-1:0] vq_size_o,
    output       logic [NumQueues*64-1:0] vq_desc_o,
    output       logic [NumQueues*64-1:0] vq_driver_o,
    output       logic [NumQueues*64-1:0] vq_device_o,
    output       logic [NumQueues*16-1:0] vq_vector_o,

    output       logic [NumQueues-1:0]    vq_reset_o,      // level, until done
    input  wire  logic [NumQueues-1:0]    vq_reset_done_i
);
    localparam int unsigned QueueW = (NumQueues > 1) ? $clog2(NumQueues) : 1;
    localparam logic [15:0] NoVector  = 16'(regmap_pkg::VIRTIO_MSI_NO_VECTOR);
    localparam logic [31:0] DescMask  = ~32'd15;  // [V] 2.8: 16, 4 and 4 bytes
    localparam logic [31:0] EventMask = ~32'd3;

    logic              present, enabled;
    logic [QueueW-1:0] queue;
    logic [15:0]       size, vector;  // with the bytes on the bus
    logic              wraps;         // the ring lies across the end of the address space

    assign present = select_i < 16'(NumQueues);
    assign queue   = present ? select_i[QueueW-1:0] : '0;
    assign enabled = vq_enable_o[queue];
    always_comb begin
        size   = '0;
        vector = '0;
        wraps  = 1'b0;
        if (write_i) begin
            wraps  = &vq_desc_o[64 * queue + 20 +: 44]
                     && {1'b0, vq_desc_o[64 * queue +: 20]} + {1'b0, vq_size_o[16 * queue +: 16], 4'd0} > 21'h10_0000;
            size   = (vq_size_o[16 * queue +: 16] & ~mask_i[15:0]) | (wdata_i[15:0] & mask_i[15:0]);
            vector = (vq_vector_o[16 * queue +: 16] & ~mask_i[31:16]) | (wdata_i[31:16] & mask_i[31:16]);
        end
    end

    always_ff @(posedge clk_i) begin
        if (!rst_ni || clear_i) begin
            vq_enable_o <= '0;
            vq_size_o   <= {NumQueues{16'(MaxQueueSize)}};
            vq_desc_o   <= '0;
            vq_driver_o <= '0;
            vq_device_o <= '0;
            vq_vector_o <= {NumQueues{NoVector}};
            vq_reset_o  <= '0;
        end else begin
            if (write_i && present) begin
                if (addr_i == 12'(regmap_pkg::VIRTIO_COMMON_QUEUE_SIZE)) begin
                    if (!enabled && size != '0 && size <= 16'(MaxQueueSize)) vq_size_o[16 * queue +: 16] <= size;
                    if (mask_i[31:16] != '0)  // [V] 4.1.5.1.2: a vector that does not exist reads back as none
                        vq_vector_o[16 * queue +: 16] <= vector < 16'(MsixVectors) ? vector : NoVector;
                end
                if (addr_i == 12'(regmap_pkg::VIRTIO_COMMON_QUEUE_ENABLE) && mask_i[0] && wdata_i[0] && !wraps)
                    vq_enable_o[queue] <= 1'b1;  // writing 0 is not allowed to the driver, and ignored
                if (!enabled) begin
                    // [V] 4.1.3.1: the halves of an address are independent.
                    case (addr_i)
                        12'(regmap_pkg::VIRTIO_COMMON_QUEUE_DESC): vq_desc_o[64 * queue +: 32] <=
                            ((vq_desc_o[64 * queue +: 32] & ~mask_i) | (wdata_i & mask_i)) & DescMask;
                        12'(regmap_pkg::VIRTIO_COMMON_QUEUE_DESC + 4): vq_desc_o[64 * queue + 32 +: 32] <=
                            (vq_desc_o[64 * queue + 32 +: 32] & ~mask_i) | (wdata_i & mask_i);
                        12'(regmap_pkg::VIRTIO_COMMON_QUEUE_DRIVER): vq_driver_o[64 * queue +: 32] <=
                            ((vq_driver_o[64 * queue +: 32] & ~mask_i) | (wdata_i & mask_i)) & EventMask;
                        12'(regmap_pkg::VIRTIO_COMMON_QUEUE_DRIVER + 4): vq_driver_o[64 * queue + 32 +: 32] <=
                            (vq_driver_o[64 * queue + 32 +: 32] & ~mask_i) | (wdata_i & mask_i);
                        12'(regmap_pkg::VIRTIO_COMMON_QUEUE_DEVICE): vq_device_o[64 * queue +: 32] <=
                            ((vq_device_o[64 * queue +: 32] & ~mask_i) | (wdata_i & mask_i)) & EventMask;
                        12'(regmap_pkg::VIRTIO_COMMON_QUEUE_DEVICE + 4): vq_device_o[64 * queue + 32 +: 32] <=
                            (vq_device_o[64 * queue + 32 +: 32] & ~mask_i) | (wdata_i & mask_i);
                        default: ;
                    endcase
                end
                if (addr_i == 12'(regmap_pkg::VIRTIO_COMMON_QUEUE_NOTIFY_DATA) && ring_reset_i && mask_i[16] && wdata_i[16])
                    vq_reset_o[queue] <= 1'b1;   // queue_reset is the upper half
            end
            for (int q = 0; q < NumQueues; q++) begin
                if (vq_reset_o[q] && vq_reset_done_i[q]) begin
                    vq_reset_o[q]            <= 1'b0;
                    vq_enable_o[q]           <= 1'b0;
                    vq_size_o[16 * q +: 16]  <= 16'(MaxQueueSize);
                    vq_desc_o[64 * q +: 64]  <= '0;
                    vq_driver_o[64 * q +: 64] <= '0;
                    vq_device_o[64 * q +: 64] <= '0;
                    vq_vector_o[16 * q +: 16] <= NoVector;
                end
            end
        end
    end

    always_comb begin
        rdata_o = '0;
        if (!valid_i) begin
            rdata_o = '0;
        end else if (present) begin
            case (addr_i)
                12'(regmap_pkg::VIRTIO_COMMON_QUEUE_SIZE):
                    rdata_o = {vq_vector_o[16 * queue +: 16], vq_size_o[16 * queue +: 16]};
                12'(regmap_pkg::VIRTIO_COMMON_QUEUE_ENABLE):     rdata_o = {16'(queue), 15'd0, enabled};
                12'(regmap_pkg::VIRTIO_COMMON_QUEUE_DESC):       rdata_o = vq_desc_o[64 * queue +: 32];
                12'(regmap_pkg::VIRTIO_COMMON_QUEUE_DESC + 4):   rdata_o = vq_desc_o[64 * queue + 32 +: 32];
                12'(regmap_pkg::VIRTIO_COMMON_QUEUE_DRIVER):     rdata_o = vq_driver_o[64 * queue +: 32];
                12'(regmap_pkg::VIRTIO_COMMON_QUEUE_DRIVER + 4): rdata_o = vq_driver_o[64 * queue + 32 +: 32];
                12'(regmap_pkg::VIRTIO_COMMON_QUEUE_DEVICE):     rdata_o = vq_device_o[64 * queue +: 32];
                12'(regmap_pkg::VIRTIO_COMMON_QUEUE_DEVICE + 4): rdata_o = vq_device_o[64 * queue + 32 +: 32];
                12'(regmap_pkg::VIRTIO_COMMON_QUEUE_NOTIFY_DATA): rdata_o = {15'd0, vq_reset_o[queue], 16'd0};  // and queue_reset
                default: ;
            endcase
        end else if (addr_i == 12'(regmap_pkg::VIRTIO_COMMON_QUEUE_SIZE)) begin
            rdata_o = {NoVector, 16'd0};
        end
    end
endmodule

`default_nettype wire
