/* SPDX-License-Identifier: Apache-2.0 */
/*
 * dma_tags: the tags of dma_rd: which are free, which are in flight, and which were given up.
 *
 * The tag of a read that was given up is lost: it is not used again before its completion has come after all ([P] 2.8), and a reset of the
 * device changes nothing about that.
 */
#include "model_device.h"

enum { FEW_TAGS = 32 /* without extended tags, [P] 2.2.6.2 */ };

static unsigned limit(const struct model_tags *tags) { return tags->extended ? MODEL_TAGS : FEW_TAGS; }

/* [P] 7.5.3.4: when the host allows more tags or fewer, their list begins anew, once nothing is in flight. False: not yet. */
static bool is_settled(struct model *model) {
    struct model_tags *tags = &model->rd.tags;
    const bool extended = model->cfg.devctl >> PCI_EXP_DEVCTL_EXTENDED_TAG_BIT & 1;
    if (extended == tags->extended) return true;
    if (tags->in_flight) return false;
    tags->fresh = tags->free_count = 0;
    tags->extended = extended;
    return true;
}

static bool has_fresh(struct model_tags *tags) {
    while (tags->fresh < limit(tags) && tags->tag[tags->fresh].lost) tags->fresh++;
    return tags->fresh < limit(tags);
}

int model_tags_take(struct model *model) {
    struct model_tags *tags = &model->rd.tags;
    int number;
    if (!is_settled(model)) return -1;
    if (has_fresh(tags)) {
        number = (int)tags->fresh++;
    } else {
        if (tags->free_count == 0) return -1;
        number = tags->free[tags->free_head];
        tags->free_head = (tags->free_head + 1) % MODEL_TAGS;
        tags->free_count--;
    }
    tags->in_flight++;
    return number;
}

bool model_tags_none(struct model *model) {
    struct model_tags *tags = &model->rd.tags;
    return is_settled(model) && !has_fresh(tags) && tags->free_count == 0 && tags->in_flight == 0;
}

void model_tags_end(struct model *model, unsigned number) {
    struct model_tags *tags = &model->rd.tags;
    struct model_tag *tag = &tags->tag[number];
    /* A lost tag that the count of fresh ones has yet to come to is fresh when it is found again. */
    if (tag->busy || number < tags->fresh) tags->free[(tags->free_head + tags->free_count++) % MODEL_TAGS] = (uint8_t)number;
    tags->in_flight -= tag->busy;
    tag->busy = tag->lost = false;
}

void model_tags_tick(struct model *model) {
    for (struct model_tag *tag = model->rd.tags.tag; tag != model->rd.tags.tag + MODEL_TAGS; tag++) {
        tag->late = tag->busy && tag->old;
        tag->old = tag->busy;
    }
}

int model_tags_late(const struct model *model) {
    for (unsigned i = 0; i < MODEL_TAGS; i++)
        if (model->rd.tags.tag[i].busy && model->rd.tags.tag[i].late) return (int)i;
    return -1;
}

void model_tags_give_up(struct model *model, unsigned number) {
    model->rd.tags.in_flight--;
    model->rd.tags.tag[number].busy = false;
    model->rd.tags.tag[number].lost = true;
}

void model_tags_reset(struct model *model) {
    struct model_tags *tags = &model->rd.tags;
    tags->free_count = tags->fresh = tags->in_flight = 0;
    tags->extended = false;
}
