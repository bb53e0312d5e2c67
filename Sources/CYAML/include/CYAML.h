/* YAML text to JSON text, by libyaml. No policy: limits on size are the caller's. */
#pragma once
#include <stddef.h>
#include <stdint.h>

/* What became of one document. */
struct cyaml_result {
    char *text;      /* malloc'ed: JSON when `failed` is 0, else the reason; NULL only when memory ran out */
    size_t length;   /* bytes of `text` */
    int failed;
    uint32_t line;   /* 1-based place of a failure; 0 when it has none */
    uint32_t column;
};

/*
 * One document whose root is a mapping with text keys. Plain scalars follow the core schema of YAML 1.2
 * (`no`, `on`, `yes` are text; numbers are decimal). Refused: anchors and aliases (they multiply), tags, merge and
 * repeated keys, several documents, nesting beyond 64 levels,
 * more than 1000 keys in a mapping. An empty document is `{}`.
 * The caller frees `text` with free(3).
 */
struct cyaml_result cyaml_to_json(const char *text, size_t length);
