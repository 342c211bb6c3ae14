/* SPDX-License-Identifier: Apache-2.0 */
/*
 * ctrl_rss: RSS_CONFIG and HASH_CONFIG: hash types, key, and for the first the indirection table ([V] 5.1.6.5.7, 5.1.6.5.6.4).
 *
 * The RTL walks through the bytes twice, two cycles each, first to see that all of it is good, then to set it; here all of it is set at
 * the end. A key that is shorter than 40 bytes goes on with zeros. HASH_CONFIG has the bytes of an RSS_CONFIG with one entry; of these
 * types and key count.
 */
#include <string.h>

#include "model_device.h"

enum { ENTRY = 2, WALK = 2 };

static const uint8_t *data_of(const struct model *model) { return model_ctrl_data(&model->ctrl); }
static bool is_hash_only(const struct model *model) { return model->ctrl.command[VIRTIO_CTRL_COMMAND] == VIRTIO_CTRL_MQ_HASH_CONFIG; }
static uint32_t types_of(const struct model *model) { return model_le32(data_of(model) + VIRTIO_RSS_TYPES); }
static unsigned mask_of(const struct model *model) { return is_hash_only(model) ? 0 : model_le16(data_of(model) + VIRTIO_RSS_MASK); }
static unsigned unclassified_of(const struct model *model) {
    return is_hash_only(model) ? 0 : model_le16(data_of(model) + VIRTIO_RSS_UNCLASSIFIED);
}
/* Offsets in the data: behind the table comes the number of the last transmit queue, then the key's length, then the key. */
static uint32_t table_end(const struct model *model) { return VIRTIO_RSS_TABLE + ENTRY * (mask_of(model) + 1); }
static uint32_t key_at(const struct model *model) { return table_end(model) + ENTRY + 1; }
static uint32_t key_length(const struct model *model) { return data_of(model)[key_at(model) - 1]; }

/* What is in front of the table, and whether all that it speaks of may be there; the rest is looked at byte by byte. */
static bool head_is_good(const struct model *model) {
    const unsigned mask = mask_of(model);
    return model_has(model, is_hash_only(model) ? VIRTIO_NET_F_HASH_REPORT_BIT : VIRTIO_NET_F_RSS_BIT) &&
           (types_of(model) & ~(uint32_t)VIRTIO_HASH_SUPPORTED) == 0 && (mask & (mask + 1)) == 0 && mask < VIRTIO_HASH_TABLE_ENTRIES &&
           unclassified_of(model) < model->pairs && model_ctrl_bytes(&model->ctrl) >= key_at(model);
}

/* The offset of the byte that shows that the command is wrong; that of the key when nothing does. */
static uint32_t first_bad(const struct model *model) {
    const uint8_t *data = data_of(model);
    const uint32_t length = key_length(model);
    for (uint32_t at = VIRTIO_RSS_TABLE; at < table_end(model) && !is_hash_only(model); at += ENTRY)
        if (model_le16(data + at) >= model->pairs) return at + 1;
    const unsigned last_tx = model_le16(data + table_end(model));
    if (!is_hash_only(model) && (last_tx == 0 || last_tx > model->pairs)) return table_end(model) + 1;
    if (length > VIRTIO_HASH_KEY_BYTES || (length == 0 && types_of(model)) || model_ctrl_bytes(&model->ctrl) < key_at(model) + length)
        return key_at(model) - 1;
    return key_at(model);
}

uint64_t model_ctrl_rss_cycles(const struct model *model) {
    if (!head_is_good(model)) return 0;
    const uint32_t bad = first_bad(model);
    if (bad != key_at(model)) return WALK * (bad - VIRTIO_RSS_TABLE + 1);
    return WALK * (2 * (key_at(model) - VIRTIO_RSS_TABLE) + VIRTIO_HASH_KEY_BYTES);
}

bool model_ctrl_rss(struct model *model) {
    struct model_rss *rss = &model->rss;
    const uint8_t *data = data_of(model);
    if (!head_is_good(model) || first_bad(model) != key_at(model)) return false;
    rss->types = types_of(model);
    memset(rss->key, 0, sizeof rss->key);
    memcpy(rss->key, data + key_at(model), key_length(model));
    if (is_hash_only(model)) return true;
    rss->steer = true;
    rss->mask = (uint16_t)mask_of(model);
    rss->unclassified = (uint8_t)unclassified_of(model);
    for (unsigned i = 0; i <= rss->mask; i++) rss->table[i] = data[VIRTIO_RSS_TABLE + ENTRY * i];
    return true;
}
