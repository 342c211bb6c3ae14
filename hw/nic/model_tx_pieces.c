/* SPDX-License-Identifier: Apache-2.0 */
/*
 * tx_pieces: lets packets of up to 64 KiB through a frame RAM that is smaller.
 *
 * What a chain has up to the length of a frame passes: it may be a frame. From the first element that makes it longer, elements are kept
 * until the chain has ended, so that nothing is read of one that turns out to be malformed; then they are handed on, cut into pieces.
 */
#include "model_device.h"

enum { VLAN_TAGS = 8, LOAD = 1 /* cycles before an element that was kept is handed on */ };

/* [V] 5.1.6.2: 64 KiB behind the Ethernet header and its tags; which tags there are is not known yet. */
static const uint32_t longest = UINT16_MAX + ETH_HEADER + VLAN_TAGS;

bool model_pieces_enabled(const struct model *model) {
    return model_has(model, VIRTIO_NET_F_HOST_TSO4_BIT) || model_has(model, VIRTIO_NET_F_HOST_TSO6_BIT) ||
           model_has(model, VIRTIO_NET_F_HOST_USO_BIT);
}

bool model_pieces_keep(struct model *model, const struct model_element *element, uint64_t cycle) {
    struct model_pieces *pieces = &model->tx.pieces;
    const uint32_t header = model_header_bytes(model), len = element->len;
    const bool over = len > longest + header - pieces->total || (pieces->kept == MODEL_MAX_QUEUE_SIZE && len != 0);
    const bool bad = pieces->bad || element->write || over;
    const bool is_long = (uint64_t)pieces->total + len > MODEL_TX_MAX_FRAME + header;
    if (!pieces->keeping && (pieces->bad || (!over && !is_long))) return false;
    if (!pieces->keeping) pieces->first = *element;
    pieces->keeping = true;
    pieces->count++;
    pieces->id = element->id;
    if (!bad && len != 0) {
        pieces->elements[pieces->kept].addr = element->addr;
        pieces->elements[pieces->kept++].len = len;
        pieces->total += len;
        pieces->left += len;
    }
    pieces->bad = bad;
    pieces->draining = !element->next;
    pieces->from = cycle + 1 + LOAD;
    return true;
}

void model_pieces_pass(struct model *model, const struct model_element *element) {
    struct model_pieces *pieces = &model->tx.pieces;
    pieces->bad = (pieces->bad || element->write) && element->next;
    pieces->total = !element->next ? 0 : pieces->total + (pieces->bad ? 0 : element->len);
    pieces->in_slot = pieces->total;
}

struct model_tx_element model_pieces_shown(const struct model *model) {
    const struct model_pieces *pieces = &model->tx.pieces;
    struct model_tx_element shown = {.element = pieces->first, .is_long = true, .elements = pieces->count};
    shown.element.id = pieces->id;
    shown.element.ready = pieces->from;
    shown.element.next = false;
    shown.element.write = pieces->bad; /* one that says that the chain is malformed */
    shown.element.len = 0;
    if (pieces->bad) return shown;
    const uint32_t rest = pieces->elements[pieces->given].len - pieces->at;
    const uint32_t room = pieces->in_slot >= MODEL_TX_PIECE ? 0 : MODEL_TX_PIECE - pieces->in_slot;
    shown.element.len = rest < room ? rest : room;
    shown.element.addr = pieces->elements[pieces->given].addr + pieces->at;
    shown.element.next = shown.element.len != pieces->left;
    shown.piece = shown.element.len == room && shown.element.next;
    if (shown.element.next) shown.elements = 0;
    return shown;
}

void model_pieces_give(struct model *model, uint64_t cycle) {
    struct model_pieces *pieces = &model->tx.pieces;
    const struct model_tx_element shown = model_pieces_shown(model);
    if (!shown.element.next) {
        pieces->keeping = pieces->bad = pieces->draining = false;
        pieces->total = pieces->in_slot = pieces->left = pieces->count = pieces->kept = pieces->given = pieces->at = 0;
        return;
    }
    pieces->left -= shown.element.len;
    pieces->in_slot = shown.piece ? 0 : pieces->in_slot + shown.element.len;
    pieces->at += shown.element.len;
    pieces->from = cycle + 1;
    if (pieces->at < pieces->elements[pieces->given].len) return;
    pieces->given++;
    pieces->at = 0;
}
