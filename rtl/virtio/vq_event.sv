// SPDX-License-Identifier: Apache-2.0
// vq_event: decides, after used descriptors were written, whether the driver wants an interrupt.
//
// The driver's event suppression structure is read after the used write has been taken by the link; a read does not pass posted writes,
// so what comes back is at least as new as the used descriptor's visibility, and a driver that enables interrupts and then
// looks at the ring once more cannot miss a wake-up ([V] 2.8.10). One evaluation is in flight; what is used meanwhile asks for another.
//
// Spec: [V] VIRTIO 1.2
`default_nettype none

module vq_event #(
    parameter int unsigned Queue = 0
) (
    input  wire  logic              clk_i,
    input  wire  logic              rst_ni,
    input  wire  logic              enable_i,
    input  wire  logic              stop_i,
    input  wire  logic [63:0]       driver_i,     // address of the driver event suppression structure
    input  wire  logic              used_i,       // used descriptors were taken by the link

    // to and from dma_rd
    output       logic              req_valid_o,
    input  wire  logic              req_ready_i,
    output       dma_pkg::rd_req_t  req_o,
    input  wire  logic              wr_valid_i,
    input  wire  logic [31:0]       wr_data_i,
    input  wire  logic              done_valid_i,
    input  wire  logic              done_error_i,

    // to msix
    output       logic              irq_valid_o,
    input  wire  logic              irq_ready_i,

    output       logic              error_o,      // pulse: the structure could not be read
    output       logic              idle_o
);
    typedef enum logic [1:0] {
        Idle,   // nothing used since the last evaluation
        Ask,    // waits until dma_rd takes the read
        Wait,   // waits for the structure
        Notify  // waits until msix takes the interrupt
    } state_e;
    state_e     state_q;
    logic       pending_q;
    logic [1:0] flags, flags_q;

    assign flags = wr_valid_i ? wr_data_i[17:16] : flags_q;

    assign req_valid_o = state_q == Ask && !stop_i;
    always_comb begin
        req_o.addr   = driver_i;
        req_o.len    = 16'd4;
        req_o.client = dma_pkg::RdEvent;
        req_o.cookie = {8'(Queue), 8'd0};
        req_o.dst    = 16'd0;
    end
    assign irq_valid_o = state_q == Notify;
    assign error_o     = state_q == Wait && done_valid_i && done_error_i;
    assign idle_o      = state_q == Idle && !pending_q;

    always_ff @(posedge clk_i) begin
        if (!rst_ni || !enable_i) begin
            state_q   <= Idle;
            pending_q <= 1'b0;
        end else begin
            if (used_i) pending_q <= 1'b1;
            unique case (state_q)
                Idle: if (pending_q && !stop_i) begin
                    state_q   <= Ask;
                    pending_q <= used_i;
                end
                // What was used until here is in front of the read: this evaluation covers it.
                Ask: if (req_ready_i && !stop_i) begin
                    state_q   <= Wait;
                    pending_q <= used_i;
                end else if (stop_i) state_q <= Idle;
                Wait: begin
                    flags_q <= flags;
                    // DESC needs EVENT_IDX, which is not offered; it and the reserved value mean ENABLE.
                    if (done_valid_i)
                        state_q <= flags == 2'(regmap_pkg::VIRTQ_EVENT_FLAGS_DISABLE) || done_error_i ? Idle : Notify;
                end
                Notify: if (irq_ready_i) state_q <= Idle;
                default: state_q <= Idle;
            endcase
        end
    end

    logic unused;
    assign unused = &{1'b0, wr_data_i[31:18], wr_data_i[15:0]};
endmodule

`default_nettype wire
