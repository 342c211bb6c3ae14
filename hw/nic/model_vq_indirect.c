/* SPDX-License-Identifier: Apache-2.0 */
/*
 * vq_indirect: replaces an indirect descriptor by the elements of its table ([V] 2.8.7); everything else passes through.
 *
 * A table is asked for when its descriptor comes, and handed out when it is its turn, an element every other cycle. One that is longer
 * than 16 elements is read on in pieces when its turn has come.
 */
#include "model_device.h"

enum { PIECE = MODEL_TABLE_BYTES / VIRTQ_DESC_SIZE };

void model_indirect_flush(struct model *model, unsigned q) {
    struct model_indirect *indirect = &model->queue[q].indirect;
    indirect->head = indirect->count = 0;
    indirect->element = indirect->asked = 0;
    indirect->shown_valid = false;
    for (unsigned i = 0; i < MODEL_TABLES; i++) indirect->tables[i].taken = false;
}

void model_indirect_clear(struct model *model, unsigned q) {
    struct model_indirect *indirect = &model->queue[q].indirect;
    model_indirect_flush(model, q);
    indirect->next = 0;
    indirect->error = false;
    indirect->free = 0;
    for (unsigned i = 0; i < MODEL_TABLES; i++) indirect->tables[i].waiting = false;
}

static void fail(struct model *model, unsigned q, uint64_t cycle) {
    model->queue[q].indirect.error = true;
    model_ring_error(model, q, cycle);
}

static uint32_t elements_of(const struct model_waiting *waiting) { return waiting->element.len / VIRTQ_DESC_SIZE; }

/* The table at the head has handed out all that it has, and is not at its end. */
static bool needs_more(const struct model_indirect *indirect) {
    const struct model_waiting *head = &indirect->queue[indirect->head];
    return indirect->count && head->element.indirect && !indirect->tables[head->table].waiting && !indirect->shown_valid &&
           !indirect->error && indirect->asked != 0 && indirect->element == indirect->asked && indirect->element < elements_of(head);
}

/* The next table may be asked for: a descriptor with one is here, and so is room. */
static bool may_ask(struct model *model, unsigned q, uint64_t cycle) {
    const struct model_indirect *indirect = &model->queue[q].indirect;
    const struct model_element *incoming = model_avail_head(model, q);
    const struct model_table *table = &indirect->tables[indirect->next];
    return incoming && incoming->ready <= cycle && incoming->indirect && indirect->count < MODEL_WAITING && !table->taken &&
           !table->waiting && !indirect->error && !model_stopped(model);
}

/* Takes over what vq_avail has: nothing while all is direct. */
static void refill(struct model *model, unsigned q, uint64_t cycle) {
    struct model_indirect *indirect = &model->queue[q].indirect;
    const struct model_element *incoming;
    while ((incoming = model_avail_head(model, q)) && incoming->ready <= cycle && !indirect->error) {
        if (incoming->indirect) {
            if (incoming->len == 0 || incoming->len % VIRTQ_DESC_SIZE ||
                incoming->len > (uint32_t)model->queue[q].size * VIRTQ_DESC_SIZE || model_goes_beyond(incoming->addr, incoming->len))
                fail(model, q, cycle + 1);
            else if (may_ask(model, q, cycle))
                model_rd_ask(model, 3 * q + MODEL_RD_OF_QUEUE_TABLE, cycle);
            return;
        }
        if (indirect->count == 0 || indirect->count == MODEL_WAITING) return;
        struct model_waiting *waiting = &indirect->queue[(indirect->head + indirect->count++) % MODEL_WAITING];
        *waiting = (struct model_waiting){.element = *incoming};
        waiting->element.ready = cycle + 1;
        model_avail_pop(model, q, cycle);
    }
}

/* Has the next element of the table at the head come? */
static bool is_there(const struct model_indirect *indirect) {
    const struct model_table *table = &indirect->tables[indirect->queue[indirect->head].table];
    return !table->waiting && !indirect->error && indirect->element != (indirect->asked ? indirect->asked : (uint32_t)PIECE);
}

static struct model_element element_of(const struct model_indirect *indirect, const struct model_waiting *head) {
    const struct model_table *table = &indirect->tables[head->table];
    const uint8_t *desc = table->bytes + indirect->element % PIECE * VIRTQ_DESC_SIZE;
    struct model_element element = head->element; /* id, slot and wrap are those of the descriptor */
    element.addr = model_le64(desc + VIRTQ_DESC_ADDR);
    element.len = model_le32(desc + VIRTQ_DESC_LEN);
    element.write = model_le16(desc + VIRTQ_DESC_FLAGS) >> VIRTQ_DESC_F_WRITE_BIT & 1;
    element.next = indirect->element + 1 != elements_of(head);
    element.ready = (table->since > indirect->free ? table->since : indirect->free) + 1;
    return element;
}

static const struct model_element *show(struct model *model, unsigned q, const struct model_waiting *head, uint64_t cycle) {
    struct model_indirect *indirect = &model->queue[q].indirect;
    if (indirect->shown_valid) return &indirect->shown;
    if (needs_more(indirect)) model_rd_ask(model, 3 * q + MODEL_RD_OF_QUEUE_TABLE, cycle);
    if (!is_there(indirect)) return NULL;
    indirect->shown = element_of(indirect, head);
    indirect->shown_valid = true;
    indirect->element++;
    if (indirect->shown.next && indirect->element == PIECE && indirect->asked == 0) indirect->asked = PIECE;
    return &indirect->shown;
}

bool model_indirect_peek(const struct model *model, unsigned q, struct model_element *element) {
    const struct model_indirect *indirect = &model->queue[q].indirect;
    const struct model_element *incoming = model_avail_head(model, q);
    if (indirect->count == 0) {
        if (!incoming || incoming->indirect) return false;
        *element = *incoming;
        return true;
    }
    const struct model_waiting *head = &indirect->queue[indirect->head];
    if (head->element.indirect && !indirect->shown_valid) {
        if (!is_there(indirect)) return false;
        *element = element_of(indirect, head);
        return true;
    }
    *element = head->element.indirect ? indirect->shown : head->element;
    return true;
}

const struct model_element *model_indirect_head(struct model *model, unsigned q, uint64_t cycle) {
    struct model_indirect *indirect = &model->queue[q].indirect;
    refill(model, q, cycle);
    if (indirect->count == 0) {
        const struct model_element *incoming = model_avail_head(model, q);
        if (incoming && incoming->indirect && incoming->ready > cycle) model_vq_wake_consumer(model, q, incoming->ready);
        return incoming && !incoming->indirect ? incoming : NULL;
    }
    const struct model_waiting *head = &indirect->queue[indirect->head];
    return head->element.indirect ? show(model, q, head, cycle) : &head->element;
}

void model_indirect_take(struct model *model, unsigned q, uint64_t cycle) {
    struct model_indirect *indirect = &model->queue[q].indirect;
    if (indirect->count == 0) {
        model_avail_pop(model, q, cycle);
        return;
    }
    const struct model_waiting *head = &indirect->queue[indirect->head];
    indirect->free = cycle + 1;
    if (head->element.indirect) {
        indirect->shown_valid = false;
        if (indirect->shown.next) return;
        indirect->tables[head->table].taken = false;
        indirect->element = indirect->asked = 0;
    }
    indirect->head = (indirect->head + 1) % MODEL_WAITING;
    indirect->count--;
}

/* The first piece of the table of the descriptor that vq_avail shows. */
static struct model_read ask_first(struct model *model, unsigned q, uint64_t cycle) {
    struct model_indirect *indirect = &model->queue[q].indirect;
    const struct model_element element = *model_avail_head(model, q);
    const unsigned index = indirect->next;
    indirect->queue[(indirect->head + indirect->count++) % MODEL_WAITING] = (struct model_waiting){element, index};
    indirect->next = (indirect->next + 1) % MODEL_TABLES;
    indirect->tables[index].taken = true;
    model_avail_pop(model, q, cycle);
    return (struct model_read){.addr = element.addr, .len = element.len, .index = index};
}

static struct model_read ask_more(struct model_indirect *indirect) {
    const struct model_waiting *head = &indirect->queue[indirect->head];
    const uint32_t done = indirect->element * VIRTQ_DESC_SIZE;
    indirect->asked += PIECE;
    return (struct model_read){.addr = head->element.addr + done, .len = head->element.len - done, .index = head->table};
}

bool model_indirect_grant(struct model *model, unsigned q, struct model_read *read, uint64_t cycle) {
    struct model_indirect *indirect = &model->queue[q].indirect;
    if (needs_more(indirect))
        *read = ask_more(indirect);
    else if (may_ask(model, q, cycle))
        *read = ask_first(model, q, cycle);
    else
        return false;
    if (read->len > MODEL_TABLE_BYTES) read->len = MODEL_TABLE_BYTES;
    read->client = MODEL_RD_TABLE;
    read->queue = q;
    indirect->tables[read->index].waiting = true;
    indirect->tables[read->index].left = read->len;
    model_vq_wake_consumer(model, q, cycle + 1); /* the next descriptor may ask too */
    return true;
}

void model_indirect_done(struct model *model, const struct model_read *read, uint32_t bytes, bool error, uint64_t cycle) {
    struct model_table *table = &model->queue[read->queue].indirect.tables[read->index];
    table->left -= bytes;
    if (error) fail(model, read->queue, cycle + 1);
    if (table->left) return;
    table->waiting = false;
    table->since = cycle + 1;
    model_vq_wake_consumer(model, read->queue, cycle + 1);
}

bool model_indirect_idle(const struct model *model, unsigned q) {
    for (unsigned i = 0; i < MODEL_TABLES; i++)
        if (model->queue[q].indirect.tables[i].waiting) return false;
    return true;
}
