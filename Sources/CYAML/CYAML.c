#include "CYAML.h"

#include <ctype.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <yaml.h>

enum { DOCUMENT_LIMIT = 64 * 1024, DEPTH_LIMIT = 32, KEY_LIMIT = 1000 };

struct frame {
    bool is_mapping;
    bool wants_key;
    size_t count;
    char **keys;
    size_t key_count;
};

struct converter {
    char *text;
    size_t length, capacity;
    struct frame frames[DEPTH_LIMIT];
    unsigned depth;
    struct cyaml_error *error;
};

static bool fail(struct converter *c, yaml_mark_t mark, const char *message) {
    c->error->line = (uint32_t)mark.line + 1;
    c->error->column = (uint32_t)mark.column + 1;
    snprintf(c->error->message, sizeof c->error->message, "%s", message);
    return false;
}

static bool append(struct converter *c, const char *bytes, size_t count) {
    if (c->length + count + 1 > c->capacity) {
        size_t capacity = (c->length + count + 1) * 2;
        char *grown = realloc(c->text, capacity);
        if (grown == NULL) return fail(c, (yaml_mark_t){0}, "out of memory");
        c->text = grown;
        c->capacity = capacity;
    }
    memcpy(c->text + c->length, bytes, count);
    c->length += count;
    c->text[c->length] = 0;
    return true;
}

static bool append_string(struct converter *c, const char *bytes, size_t count) {
    if (!append(c, "\"", 1)) return false;
    for (size_t i = 0; i < count; i++) {
        unsigned char byte = (unsigned char)bytes[i];
        char escape[8];
        bool done;
        if (byte == '"' || byte == '\\') {
            done = append(c, "\\", 1) && append(c, bytes + i, 1);
        } else if (byte < 0x20 || byte == 0x7f) {
            snprintf(escape, sizeof escape, "\\u%04x", byte);
            done = append(c, escape, 6);
        } else {
            done = append(c, bytes + i, 1);
        }
        if (!done) return false;
    }
    return append(c, "\"", 1);
}

/* JSON's own number grammar, short enough that a reader keeps it exact or as a double. */
static bool is_number(const char *text, size_t count) {
    if (count == 0 || count > 18) return false;
    const char *p = text;
    if (*p == '-') p++;
    if (!isdigit((unsigned char)*p) || (p[0] == '0' && isdigit((unsigned char)p[1]))) return false;
    while (isdigit((unsigned char)*p)) p++;
    if (*p == '.') {
        if (!isdigit((unsigned char)*++p)) return false;
        while (isdigit((unsigned char)*p)) p++;
    }
    return (size_t)(p - text) == count;
}

static bool is_word(const char *text, size_t count, const char *word) {
    return strlen(word) == count && memcmp(text, word, count) == 0;
}

static bool append_scalar(struct converter *c, const yaml_event_t *event) {
    const char *text = (const char *)event->data.scalar.value;
    size_t count = event->data.scalar.length;
    if (event->data.scalar.style == YAML_PLAIN_SCALAR_STYLE) {
        if (count == 0 || is_word(text, count, "~") || is_word(text, count, "null")) return append(c, "null", 4);
        if (is_word(text, count, "true") || is_word(text, count, "false") || is_number(text, count))
            return append(c, text, count);
    }
    return append_string(c, text, count);
}

static bool append_key(struct converter *c, struct frame *frame, const yaml_event_t *event) {
    const char *key = (const char *)event->data.scalar.value;
    if (strlen(key) != event->data.scalar.length) return fail(c, event->start_mark, "a key holds a NUL byte");
    for (size_t i = 0; i < frame->key_count; i++)
        if (strcmp(frame->keys[i], key) == 0) return fail(c, event->start_mark, "the key is used twice");
    if (frame->key_count == KEY_LIMIT) return fail(c, event->start_mark, "too many keys");
    if (frame->keys == NULL) frame->keys = calloc(KEY_LIMIT, sizeof *frame->keys);
    char *copy = frame->keys ? strdup(key) : NULL;
    if (copy == NULL) return fail(c, event->start_mark, "out of memory");
    frame->keys[frame->key_count++] = copy;
    frame->wants_key = false;
    return (frame->count++ == 0 || append(c, ",", 1)) && append_string(c, key, strlen(key)) && append(c, ":", 1);
}

/* Writes what stands before a value: a comma inside a sequence; a key must have come first inside a mapping. */
static bool begin_value(struct converter *c, yaml_mark_t mark) {
    if (c->depth == 0) return true;
    struct frame *frame = &c->frames[c->depth - 1];
    if (!frame->is_mapping) return frame->count++ == 0 || append(c, ",", 1);
    if (frame->wants_key) return fail(c, mark, "a key must be a plain or quoted word");
    frame->wants_key = true;
    return true;
}

static bool push(struct converter *c, const yaml_event_t *event, bool is_mapping) {
    if (!begin_value(c, event->start_mark)) return false;
    if (c->depth == DEPTH_LIMIT) return fail(c, event->start_mark, "values are nested too deep");
    c->frames[c->depth++] = (struct frame){.is_mapping = is_mapping, .wants_key = is_mapping};
    return append(c, is_mapping ? "{" : "[", 1);
}

static void release_keys(struct frame *frame) {
    for (size_t i = 0; i < frame->key_count; i++) free(frame->keys[i]);
    free(frame->keys);
}

static bool pop(struct converter *c) {
    struct frame *frame = &c->frames[--c->depth];
    release_keys(frame);
    return append(c, frame->is_mapping ? "}" : "]", 1);
}

static bool has_properties(const yaml_event_t *event) {
    switch (event->type) {
    case YAML_SCALAR_EVENT: return event->data.scalar.anchor || event->data.scalar.tag;
    case YAML_SEQUENCE_START_EVENT: return event->data.sequence_start.anchor || event->data.sequence_start.tag;
    case YAML_MAPPING_START_EVENT: return event->data.mapping_start.anchor || event->data.mapping_start.tag;
    default: return false;
    }
}

static bool take(struct converter *c, const yaml_event_t *event, unsigned *documents) {
    if (event->type == YAML_ALIAS_EVENT || has_properties(event))
        return fail(c, event->start_mark, "anchors, aliases and tags are not allowed");
    switch (event->type) {
    case YAML_DOCUMENT_START_EVENT:
        return (*documents)++ == 0 || fail(c, event->start_mark, "a second document");
    case YAML_SCALAR_EVENT:
        if (c->depth > 0 && c->frames[c->depth - 1].is_mapping && c->frames[c->depth - 1].wants_key)
            return append_key(c, &c->frames[c->depth - 1], event);
        return begin_value(c, event->start_mark) && append_scalar(c, event);
    case YAML_SEQUENCE_START_EVENT: return push(c, event, false);
    case YAML_MAPPING_START_EVENT: return push(c, event, true);
    case YAML_SEQUENCE_END_EVENT:
    case YAML_MAPPING_END_EVENT: return pop(c);
    default: return true;
    }
}

static bool convert(struct converter *c, yaml_parser_t *parser) {
    unsigned documents = 0;
    for (bool finished = false; !finished;) {
        yaml_event_t event;
        if (!yaml_parser_parse(parser, &event))
            return fail(c, parser->problem_mark, parser->problem ? parser->problem : "cannot be read");
        finished = event.type == YAML_STREAM_END_EVENT;
        bool taken = take(c, &event, &documents);
        yaml_event_delete(&event);
        if (!taken) return false;
    }
    return c->length > 0 || append(c, "{}", 2);
}

char *cyaml_to_json(const char *text, size_t length, size_t *json_length, struct cyaml_error *error) {
    struct converter c = {.error = error};
    *error = (struct cyaml_error){0};
    if (length > DOCUMENT_LIMIT) {
        snprintf(error->message, sizeof error->message, "the document is longer than 64 KiB");
        return NULL;
    }
    yaml_parser_t parser;
    if (!yaml_parser_initialize(&parser)) {
        snprintf(error->message, sizeof error->message, "out of memory");
        return NULL;
    }
    yaml_parser_set_encoding(&parser, YAML_UTF8_ENCODING);
    yaml_parser_set_input_string(&parser, (const unsigned char *)(length > 0 ? text : ""), length);
    bool converted = convert(&c, &parser);
    yaml_parser_delete(&parser);
    while (c.depth > 0) release_keys(&c.frames[--c.depth]);
    if (!converted) {
        free(c.text);
        return NULL;
    }
    *json_length = c.length;
    return c.text;
}
