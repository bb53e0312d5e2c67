#pragma once
#include <stddef.h>
#include <stdint.h>

/* Where and why a document was refused; line and column count from 1, 0 = unknown. */
struct cyaml_error {
    uint32_t line;
    uint32_t column;
    char message[256];
};

/* Turns one YAML document, as used in front matter, into JSON.
 *
 * Plain true, false, null and decimal numbers are typed, every other scalar is a string (so `yes` is "yes").
 * Anchors, aliases, tags, duplicate keys, keys that are not scalars, a second document, more than 64 KiB and
 * deep nesting are refused. An empty document is {}.
 * Returns JSON text of *json_length bytes for free(3), or NULL with *error filled. */
char *cyaml_to_json(const char *text, size_t length, size_t *json_length, struct cyaml_error *error);
