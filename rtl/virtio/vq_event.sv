// SPDX-License-Identifier: Apache-2.0
// vq_event: decides, after used descriptors were written, whether and when the driver wants an interrupt.
//
// The driver's event suppression structure is read after the used write has been taken by the link; a read does not pass posted writes,
// so what comes back is at least as new as the used descriptor's visibility, and a driver that enables interrupts and then
// looks at the ring once more cannot miss a wake-up ([V] 2.8.10). One evaluation is in flight; what is used meanwhile asks for another.
// In DESC mode (EVENT_IDX) the named slot must lie among those that were used since the last evaluation.
//
// Moderation ([V] 1.3, 5.1.6.5.11, NOTF_COAL) comes before all that: the evaluation waits until max_packets buffers were used or
// coal_cycles_i have passed since the first of them; 0 in either means at once.
//
// Spec: [V] VIRTIO 1.2
`default_nettype none
`include "check.svh"

module vq_event (
    input  wire  logic              clk_i,
    input  wire  logic              rst_ni,
    input  wire  logic [7:0]        queue_i,         // constant
    input  wire  logic              enable_i,
    input  wire  logic              stop_i,
    input  wire  logic [63:0]       driver_i,        // address of the driver event suppression structure
    input  wire  logic [15:0]       size_i,
    input  wire  logic              event_idx_i,     // EVENT_IDX is negotiated
    input  wire  logic [15:0]       coal_packets_i,
    input  wire  logic [31:0]       coal_cycles_i,
    input  wire  logic [31:0]       cycle_i,

    // from vq_used: used descriptors were taken by the link
    input  wire  logic              used_i,
    input  wire  logic [15:0]       used_slots_i,
    input  wire  logic [15:0]       used_packets_i,
    input  wire  logic [15:0]       used_next_i,     // {wrap counter, slot} behind them

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

    output       logic              error_o,         // pulse: the structure could not be read
    output       logic              quiet_o,         // no evaluation is under way; moderation may hold one back
    output       logic              idle_o
);
    typedef enum logic [1:0] {
        Idle,   // nothing used since the last evaluation, or moderation holds it back
        Ask,    // waits until dma_rd takes the read
        Wait,   // waits for the structure
        Notify  // waits until msix takes the interrupt
    } state_e;
    state_e      state_q;
    logic        pending_q, due;
    logic [31:0] word, word_q, first_q;
    logic [15:0] packets_q, slots_q, next_q;         // since the last evaluation
    logic [15:0] eval_slots_q, eval_next_q;          // of the evaluation in flight

    assign word = wr_valid_i ? wr_data_i : word_q;

    // ---- moderation ---------------------------------------------------------------------------------------------------------------
    always_comb begin
        due = 1'b0;
        if (pending_q) begin
            due = coal_packets_i == 16'd0 || coal_cycles_i == 32'd0 || packets_q >= coal_packets_i
                  || cycle_i - first_q >= coal_cycles_i;
        end
    end

    // ---- DESC mode ([V] 2.8.10; 16-bit arithmetic as in the standard's vring_need_event) --------------------------------------------
    logic [15:0] offset, wanted, behind;
    logic        named, passed, fire;
    always_comb begin
        offset = '0;
        wanted = '0;
        behind = '0;
        named  = 1'b0;
        passed = 1'b0;
        fire   = 1'b0;
        if (done_valid_i) begin
            offset = {1'b0, word[14:0]};
            named  = event_idx_i && word[17:16] == 2'(regmap_pkg::VIRTQ_EVENT_FLAGS_DESC) && offset < size_i;
            wanted = word[15] == eval_next_q[15] ? offset : offset - size_i;
            behind = {1'b0, eval_next_q[14:0]} - wanted - 16'd1;
            passed = behind < eval_slots_q || eval_slots_q > size_i;
            // Anything but DISABLE and a slot that was not passed is ENABLE.
            fire   = word[17:16] != 2'(regmap_pkg::VIRTQ_EVENT_FLAGS_DISABLE) && (!named || passed);
        end
    end

    assign req_valid_o = state_q == Ask && !stop_i;
    always_comb begin
        req_o = '0;
        if (req_valid_o) begin
            req_o.addr   = driver_i;
            req_o.len    = 16'd4;
            req_o.client = dma_pkg::RdEvent;
            req_o.cookie = {queue_i, 8'd0};
        end
    end
    assign irq_valid_o = state_q == Notify;
    assign error_o     = state_q == Wait && done_valid_i && done_error_i;
    assign quiet_o     = state_q == Idle;
    assign idle_o      = state_q == Idle && !pending_q;

    logic asked;
    assign asked = req_valid_o && req_ready_i;

    always_ff @(posedge clk_i) begin
        if (!rst_ni || !enable_i) begin
            state_q   <= Idle;
            pending_q <= 1'b0;
            packets_q <= 16'd0;
            slots_q   <= 16'd0;
        end else begin
            if (used_i) begin
                pending_q <= 1'b1;
                next_q    <= used_next_i;
                if (!pending_q) first_q <= cycle_i;
            end
            // Counts since the last evaluation; they stop far above any ring.
            if (asked) begin
                packets_q <= used_i ? used_packets_i : 16'd0;
                slots_q   <= used_i ? used_slots_i : 16'd0;
            end else if (used_i) begin
                packets_q <= packets_q[15] ? packets_q : packets_q + used_packets_i;
                slots_q   <= slots_q[15] ? slots_q : slots_q + used_slots_i;
            end
            unique case (state_q)
                Idle: if (due && !stop_i) state_q <= Ask;
                // What was used until here is in front of the read: this evaluation covers it.
                Ask: if (asked) begin
                    state_q      <= Wait;
                    pending_q    <= used_i;
                    first_q      <= cycle_i;
                    eval_slots_q <= slots_q;
                    eval_next_q  <= next_q;
                end else if (stop_i) state_q <= Idle;
                Wait: begin
                    word_q <= word;
                    if (done_valid_i) state_q <= fire && !done_error_i ? Notify : Idle;
                end
                Notify: if (irq_ready_i) state_q <= Idle;
                default: state_q <= Idle;
            endcase
        end
    end

    logic unused;
    assign unused = &{1'b0, word[31:18]};
endmodule

`default_nettype wire
