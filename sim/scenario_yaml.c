/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A scenario from YAML, strictly: every mapping key must be in the schema, once, and every value of its type.
 *
 * libyaml composes the document with a mark on each node, so that all mistakes are found in one go and each is reported at its line
 * and column. A path of keys ("traffic", "from_wire", "size") is joined with dots and looked up in the schema.
 */
#define _POSIX_C_SOURCE 200809L
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <yaml.h>

#include "scenario.h"
#include "suggest.h"

struct loader {
    struct scenario *scenario;
    yaml_document_t document;
    const char *path;
    FILE *errors;
    int mistakes;
};

static void complain(struct loader *loader, yaml_mark_t mark, const char *key, const char *message) {
    fprintf(loader->errors, "%s:%zu:%zu: error: %s%s%s\n", loader->path, mark.line + 1, mark.column + 1, key, *key ? ": " : "",
            message);
    loader->mistakes++;
}

/* Is `key` the name of a section: the beginning of some key of the schema? */
static bool is_section(const char *key) {
    const size_t length = strlen(key);
    for (unsigned i = 0; i < SCENARIO_KEYS; i++)
        if (strncmp(scenario_keys[i].key, key, length) == 0 && scenario_keys[i].key[length] == '.') return true;
    return false;
}

static void complain_unknown(struct loader *loader, yaml_mark_t mark, const char *key) {
    char message[256];
    const char *nearest = scenario_nearest_key(key);
    /* A mistyped section is not near any whole key: compare it with every beginning of the keys. */
    char section[64] = "";
    for (unsigned i = 0; !nearest && i < SCENARIO_KEYS; i++) {
        const char *candidate = scenario_keys[i].key;
        for (const char *end = candidate; !nearest && (end = strchr(end, '.')); end++) {
            if ((size_t)(end - candidate) >= sizeof section) break;
            memcpy(section, candidate, (size_t)(end - candidate));
            section[end - candidate] = '\0';
            if (suggest_is_near(key, suggest_distance(key, section))) nearest = section;
        }
    }
    if (nearest)
        snprintf(message, sizeof message, "there is no such key; did you mean '%s'?", nearest);
    else
        snprintf(message, sizeof message, "there is no such key; sim/scenarios/README.md lists them all");
    complain(loader, mark, key, message);
}

/* A YAML sequence of scalars as the text "a,b,c" that the value parser takes; NULL when it holds anything else. */
static char *join_sequence(struct loader *loader, const yaml_node_t *node) {
    char *text = NULL;
    size_t size;
    FILE *out = open_memstream(&text, &size);
    if (!out) abort();
    bool good = true;
    for (yaml_node_item_t *item = node->data.sequence.items.start; item < node->data.sequence.items.top; item++) {
        const yaml_node_t *value = yaml_document_get_node(&loader->document, *item);
        if (value->type != YAML_SCALAR_NODE)
            good = false;
        else
            fprintf(out, "%s%s", item == node->data.sequence.items.start ? "" : ",", (const char *)value->data.scalar.value);
    }
    fclose(out);
    if (!good) {
        free(text);
        return NULL;
    }
    return text;
}

/* File names are relative to the scenario's own folder. */
static char *resolve(const char *scenario_path, const char *name) {
    const char *slash = strrchr(scenario_path, '/');
    if (*name == '/' || *name == '\0' || !slash) return strdup(name);
    const size_t folder = (size_t)(slash - scenario_path) + 1, length = strlen(name);
    char *path = malloc(folder + length + 1);
    if (path) {
        memcpy(path, scenario_path, folder);
        memcpy(path + folder, name, length + 1);
    }
    return path;
}

/* The values of one key of a driver, "driver/" or "driver/adapter/" in front of each. */
static bool print_keywords(struct loader *loader, const yaml_node_t *mapping, const char *prefix, bool adapters, FILE *out) {
    bool good = true;
    for (yaml_node_pair_t *pair = mapping->data.mapping.pairs.start; pair < mapping->data.mapping.pairs.top; pair++) {
        const yaml_node_t *name = yaml_document_get_node(&loader->document, pair->key);
        const yaml_node_t *value = yaml_document_get_node(&loader->document, pair->value);
        if (name->type != YAML_SCALAR_NODE) return false;
        const char *word = (const char *)name->data.scalar.value;
        if (value->type == YAML_MAPPING_NODE && adapters) {
            char below[192];
            if (snprintf(below, sizeof below, "%s%s/", prefix, word) >= (int)sizeof below) return false;
            good &= print_keywords(loader, value, below, strchr(prefix, '/') == NULL, out);
        } else if (value->type == YAML_SCALAR_NODE && strchr(prefix, '/')) {
            fprintf(out, "%s%s=%s\n", prefix, word, (const char *)value->data.scalar.value);
        } else if (value->type == YAML_SEQUENCE_NODE && strchr(prefix, '/')) {
            char *list = join_sequence(loader, value);
            if (!list) return false;
            fprintf(out, "%s%s=%s\n", prefix, word, list);
            free(list);
        } else {
            return false;
        }
    }
    return good;
}

/* {mux: {nic0: {UpperBindings: [a, b]}}} as the lines that the value parser takes; NULL when it is no such mapping. */
static char *flatten_registry(struct loader *loader, const yaml_node_t *node) {
    char *text = NULL;
    size_t size;
    FILE *out = open_memstream(&text, &size);
    if (!out) abort();
    const bool good = print_keywords(loader, node, "", true, out);
    fclose(out);
    if (good) return text;
    free(text);
    return NULL;
}

/* Modules of a list are files, and so relative to the scenario's own folder. Takes the list. */
static char *resolve_modules(const char *scenario_path, char *list) {
    char *text = NULL;
    size_t size;
    FILE *out = open_memstream(&text, &size);
    if (!out) abort();
    for (char *state, *item = strtok_r(list, ",", &state); item; item = strtok_r(NULL, ",", &state)) {
        while (*item == ' ') item++;
        char *path = strstr(item, ".so") ? resolve(scenario_path, item) : strdup(item);
        if (!path) abort();
        fprintf(out, "%s%s", ftell(out) > 0 ? "," : "", path);
        free(path);
    }
    fclose(out);
    free(list);
    return text;
}

static void load_value(struct loader *loader, unsigned number, const yaml_node_t *value) {
    const struct scenario_key *key = &scenario_keys[number];
    char expected[SCENARIO_EXPECTED], message[512];
    char *text = NULL;
    if (value->type == YAML_SCALAR_NODE) {
        const char *scalar = (const char *)value->data.scalar.value;
        text = key->type == SCENARIO_FILE ? resolve(loader->path, scalar) : strdup(scalar);
    } else if (value->type == YAML_SEQUENCE_NODE && (key->type == SCENARIO_SIZES || key->type == SCENARIO_DRIVERS)) {
        text = join_sequence(loader, value);
    } else if (value->type == YAML_MAPPING_NODE && key->type == SCENARIO_REGISTRY) {
        text = flatten_registry(loader, value);
    }
    if (text && key->type == SCENARIO_DRIVERS) text = resolve_modules(loader->path, text);
    if (!text || scenario_parse_value(loader->scenario, number, text, expected, sizeof expected) != 0) {
        scenario_describe_type(key, expected, sizeof expected);
        const char *got = value->type == YAML_SCALAR_NODE     ? (const char *)value->data.scalar.value
                          : value->type == YAML_SEQUENCE_NODE ? (text ? text : "a list")
                                                              : "a mapping";
        snprintf(message, sizeof message, "expected %s%s%s%s, got '%s'", expected, *key->unit ? " (" : "", key->unit,
                 *key->unit ? ")" : "", got);
        complain(loader, value->start_mark, key->key, message);
    } else {
        loader->scenario->marks[number] = (struct scenario_mark){.origin = SCENARIO_FROM_FILE,
                                                                  .line = (unsigned)value->start_mark.line + 1,
                                                                  .column = (unsigned)value->start_mark.column + 1};
    }
    free(text);
}

static void load_mapping(struct loader *loader, const yaml_node_t *mapping, const char *section);

static void load_pair(struct loader *loader, const yaml_node_t *name, const yaml_node_t *value, const char *section) {
    char key[192];
    if (name->type != YAML_SCALAR_NODE) {
        complain(loader, name->start_mark, section, "expected a key, a plain word");
        return;
    }
    const int length = snprintf(key, sizeof key, "%s%s%s", section, *section ? "." : "", (const char *)name->data.scalar.value);
    const int number = scenario_find_key(key);
    if (length < 0 || (size_t)length >= sizeof key || (number < 0 && !is_section(key)))
        complain_unknown(loader, name->start_mark, key);
    else if (number >= 0)
        load_value(loader, (unsigned)number, value);
    else if (value->type == YAML_MAPPING_NODE)
        load_mapping(loader, value, key);
    else if (value->type != YAML_SCALAR_NODE || *value->data.scalar.value != '\0')
        complain(loader, value->start_mark, key, "expected a mapping of keys to values: it is a section");
}

static void load_mapping(struct loader *loader, const yaml_node_t *mapping, const char *section) {
    yaml_node_pair_t *start = mapping->data.mapping.pairs.start, *top = mapping->data.mapping.pairs.top;
    for (yaml_node_pair_t *pair = start; pair < top; pair++) {
        const yaml_node_t *name = yaml_document_get_node(&loader->document, pair->key);
        bool twice = false;
        for (yaml_node_pair_t *earlier = start; earlier < pair && name->type == YAML_SCALAR_NODE; earlier++) {
            const yaml_node_t *other = yaml_document_get_node(&loader->document, earlier->key);
            twice |= other->type == YAML_SCALAR_NODE &&
                     strcmp((const char *)name->data.scalar.value, (const char *)other->data.scalar.value) == 0;
        }
        if (twice)
            complain(loader, name->start_mark, (const char *)name->data.scalar.value, "the key is given twice in this section");
        else
            load_pair(loader, name, yaml_document_get_node(&loader->document, pair->value), section);
    }
}

static int compose(struct loader *loader, yaml_parser_t *parser) {
    if (!yaml_parser_load(parser, &loader->document)) {
        yaml_mark_t mark = parser->problem_mark;
        char message[256];
        snprintf(message, sizeof message, "%s%s%s", parser->problem ? parser->problem : "not readable as YAML",
                 parser->context ? ", " : "", parser->context ? parser->context : "");
        complain(loader, mark, "", message);
        return -EINVAL;
    }
    const yaml_node_t *root = yaml_document_get_root_node(&loader->document);
    if (root && root->type == YAML_MAPPING_NODE)
        load_mapping(loader, root, "");
    else
        complain(loader, root ? root->start_mark : (yaml_mark_t){0, 0, 0}, "", "expected a mapping of keys to values");
    yaml_document_delete(&loader->document);
    return loader->mistakes ? -EINVAL : 0;
}

int scenario_load(struct scenario *scenario, const char *path, FILE *errors) {
    FILE *file = fopen(path, "r");
    if (!file) {
        const int error = errno;
        fprintf(errors, "ringside: error: %s: %s\n", path, strerror(error));
        return -error;
    }
    yaml_parser_t parser;
    if (!yaml_parser_initialize(&parser)) {
        fclose(file);
        return -ENOMEM;
    }
    yaml_parser_set_input_file(&parser, file);
    free(scenario->path);
    scenario->path = strdup(path);
    struct loader loader = {.scenario = scenario, .path = path, .errors = errors};
    const int status = compose(&loader, &parser);
    yaml_parser_delete(&parser);
    fclose(file);
    return status;
}
