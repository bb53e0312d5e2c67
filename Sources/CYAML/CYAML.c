#include "CYAML.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <yaml.h>

enum { max_depth = 64, max_keys = 1000 };

/* Bytes that grow; `broken` once memory ran out, after which writes do nothing. */
struct buffer {
    char *bytes;
    size_t count, capacity;
    int broken;
};

/* One open mapping or sequence: where its text begins, and the keys that it has. */
struct level {
    int mapping, at_key;
    size_t members; /* at most max_keys of a mapping, as repeated keys are looked for one by one */
    struct buffer keys; /* NUL-separated, for finding repeated ones */
};

struct reader {
    yaml_parser_t parser;
    struct buffer out;
    struct level levels[max_depth];
    int depth, documents;
    char reason[256];
    yaml_mark_t place;
};

static void put(struct buffer *buffer, const char *bytes, size_t count)
{
    if (buffer->broken) return;
    if (buffer->count + count > buffer->capacity) {
        size_t capacity = (buffer->capacity + count) * 2 + 64;
        char *grown = realloc(buffer->bytes, capacity);
        if (grown == NULL) {
            buffer->broken = 1;
            return;
        }
        buffer->bytes = grown;
        buffer->capacity = capacity;
    }
    if (count > 0) memcpy(buffer->bytes + buffer->count, bytes, count);
    buffer->count += count;
}

static void put_string(struct buffer *out, const char *text, size_t length)
{
    put(out, "\"", 1);
    for (size_t i = 0; i < length; i++) {
        unsigned char byte = (unsigned char)text[i];
        char escape[8];
        if (byte == '"' || byte == '\\') {
            put(out, "\\", 1);
            put(out, text + i, 1);
        } else if (byte < 0x20 || byte == 0x7f) {
            put(out, escape, (size_t)snprintf(escape, sizeof escape, "\\u%04x", byte));
        } else {
            put(out, text + i, 1);
        }
    }
    put(out, "\"", 1);
}

/* Notes why and where reading stops; returns 0 so that callers can return it. */
__attribute__((format(printf, 3, 4)))
static int refuse(struct reader *reader, yaml_mark_t place, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(reader->reason, sizeof reader->reason, format, arguments);
    va_end(arguments);
    reader->place = place;
    return 0;
}

static int is_one_of(const char *text, size_t length, const char *const *words)
{
    for (; *words != NULL; words++)
        if (strlen(*words) == length && memcmp(*words, text, length) == 0) return 1;
    return 0;
}

/* 1 for -12, 2 for -1.5e3, 0 for anything else; leading zeros and a leading plus are text, as JSON has no such thing. */
static int number_kind(const char *text, size_t length)
{
    size_t i = 0, digits = 0;
    int kind = 1;
    if (i < length && text[i] == '-') i++;
    size_t first = i;
    while (i < length && text[i] >= '0' && text[i] <= '9') i++, digits++;
    if (digits == 0 || (digits > 1 && text[first] == '0') || (digits > 18)) return 0;
    if (i < length && text[i] == '.') {
        kind = 2;
        size_t point = i++;
        while (i < length && text[i] >= '0' && text[i] <= '9') i++;
        if (i == point + 1) return 0;
    }
    if (i < length && (text[i] == 'e' || text[i] == 'E')) {
        kind = 2;
        i++;
        if (i < length && (text[i] == '-' || text[i] == '+')) i++;
        size_t exponent = i;
        while (i < length && text[i] >= '0' && text[i] <= '9') i++;
        if (i == exponent || i - exponent > 2) return 0;
    }
    return i == length ? kind : 0;
}

static void put_scalar(struct buffer *out, const char *text, size_t length, int plain)
{
    static const char *const nothing[] = { "", "~", "null", "Null", "NULL", NULL };
    static const char *const yes[] = { "true", "True", "TRUE", NULL };
    static const char *const no[] = { "false", "False", "FALSE", NULL };
    if (plain && is_one_of(text, length, nothing)) put(out, "null", 4);
    else if (plain && is_one_of(text, length, yes)) put(out, "true", 4);
    else if (plain && is_one_of(text, length, no)) put(out, "false", 5);
    else if (plain && number_kind(text, length) != 0) put(out, text, length);
    else put_string(out, text, length);
}

/* Writes what separates a node from its elder and checks that a key may stand here. */
static int begin_node(struct reader *reader, const yaml_event_t *event, const char *anchor, const char *tag)
{
    if (anchor != NULL) return refuse(reader, event->start_mark, "anchors are not allowed here; write the value out");
    if (tag != NULL) return refuse(reader, event->start_mark, "tags like %.40s are not allowed here", tag);
    if (reader->depth == 0) {
        if (event->type == YAML_MAPPING_START_EVENT) return 1;
        return refuse(reader, event->start_mark, "must be a table of `key: value` lines");
    }
    struct level *level = &reader->levels[reader->depth - 1];
    if (level->mapping && !level->at_key) {
        put(&reader->out, ":", 1);
        level->at_key = 1;
        return 1;
    }
    if (level->mapping && event->type != YAML_SCALAR_EVENT)
        return refuse(reader, event->start_mark, "a key must be a text");
    if (level->members++ > 0) put(&reader->out, ",", 1);
    return 1;
}

static int read_scalar(struct reader *reader, const yaml_event_t *event)
{
    const char *text = (const char *)event->data.scalar.value;
    size_t length = event->data.scalar.length;
    struct level *level = reader->depth > 0 ? &reader->levels[reader->depth - 1] : NULL;
    int is_key = level != NULL && level->mapping && level->at_key;
    const char *tag = (const char *)event->data.scalar.tag;
    if (!begin_node(reader, event, (const char *)event->data.scalar.anchor, tag)) return 0;
    if (!is_key) {
        put_scalar(&reader->out, text, length, event->data.scalar.style == YAML_PLAIN_SCALAR_STYLE);
        return 1;
    }
    if (memchr(text, '\0', length) != NULL) return refuse(reader, event->start_mark, "a key has a NUL character");
    if (length == 2 && memcmp(text, "<<", 2) == 0)
        return refuse(reader, event->start_mark, "merge keys are not allowed here; write the values out");
    for (size_t at = 0; at < level->keys.count; at += strlen(level->keys.bytes + at) + 1)
        if (strcmp(level->keys.bytes + at, text) == 0)
            return refuse(reader, event->start_mark, "the key '%.80s' is there twice; remove one", text);
    if (level->members > max_keys) return refuse(reader, event->start_mark, "a table has more than 1000 keys");
    put(&level->keys, text, length + 1);
    put_string(&reader->out, text, length);
    level->at_key = 0;
    return 1;
}

static int open_level(struct reader *reader, const yaml_event_t *event, int mapping)
{
    const yaml_char_t *anchor = mapping ? event->data.mapping_start.anchor : event->data.sequence_start.anchor;
    const yaml_char_t *tag = mapping ? event->data.mapping_start.tag : event->data.sequence_start.tag;
    if (!begin_node(reader, event, (const char *)anchor, (const char *)tag)) return 0;
    if (reader->depth == max_depth) return refuse(reader, event->start_mark, "nested deeper than 64 levels");
    struct level *level = &reader->levels[reader->depth++];
    memset(level, 0, sizeof *level);
    level->mapping = level->at_key = mapping;
    put(&reader->out, mapping ? "{" : "[", 1);
    return 1;
}

static int close_level(struct reader *reader)
{
    struct level *level = &reader->levels[--reader->depth];
    put(&reader->out, level->mapping ? "}" : "]", 1);
    free(level->keys.bytes);
    level->keys.bytes = NULL;
    return 1;
}

/* 1 to go on, 0 when refused. */
static int read_event(struct reader *reader, const yaml_event_t *event)
{
    switch (event->type) {
    case YAML_DOCUMENT_START_EVENT:
        if (reader->documents++ > 0) return refuse(reader, event->start_mark, "has more than one document");
        return 1;
    case YAML_ALIAS_EVENT:
        return refuse(reader, event->start_mark, "aliases are not allowed here; write the value out");
    case YAML_SCALAR_EVENT: return read_scalar(reader, event);
    case YAML_MAPPING_START_EVENT: return open_level(reader, event, 1);
    case YAML_SEQUENCE_START_EVENT: return open_level(reader, event, 0);
    case YAML_MAPPING_END_EVENT:
    case YAML_SEQUENCE_END_EVENT: return close_level(reader);
    default: return 1;
    }
}

static int read_all(struct reader *reader)
{
    for (;;) {
        yaml_event_t event;
        if (!yaml_parser_parse(&reader->parser, &event)) {
            const yaml_parser_t *parser = &reader->parser;
            const char *problem = parser->problem != NULL ? parser->problem : "cannot be read";
            return refuse(reader, parser->problem_mark, "%s", problem);
        }
        int last = event.type == YAML_STREAM_END_EVENT;
        int good = read_event(reader, &event);
        yaml_event_delete(&event);
        if (!good || last) return good;
    }
}

struct cyaml_result cyaml_to_json(const char *text, size_t length)
{
    struct cyaml_result result = { 0 };
    struct reader *reader = calloc(1, sizeof *reader);
    if (reader == NULL || !yaml_parser_initialize(&reader->parser)) {
        free(reader);
        result.failed = 1;
        return result;
    }
    yaml_parser_set_encoding(&reader->parser, YAML_UTF8_ENCODING);
    yaml_parser_set_input_string(&reader->parser, (const unsigned char *)(length == 0 ? "" : text), length);
    result.failed = !read_all(reader);
    if (result.failed) {
        reader->out.count = 0;
        put(&reader->out, reader->reason, strlen(reader->reason));
        result.line = (uint32_t)reader->place.line + 1;
        result.column = (uint32_t)reader->place.column + 1;
    } else if (reader->out.count == 0) {
        put(&reader->out, "{}", 2);
    }
    while (reader->depth > 0) free(reader->levels[--reader->depth].keys.bytes);
    yaml_parser_delete(&reader->parser);
    if (reader->out.broken) {
        free(reader->out.bytes);
        result.failed = 1;
    } else {
        result.text = reader->out.bytes;
        result.length = reader->out.count;
    }
    free(reader);
    return result;
}
