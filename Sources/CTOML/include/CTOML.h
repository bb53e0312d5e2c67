/* TOML text to JSON text, by toml++. No policy: limits on size are the caller's. */
#pragma once
#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

/* What became of one document. */
struct ctoml_result {
    char *text;      /* malloc'ed: JSON when `failed` is 0, else the reason; NULL only when memory ran out */
    size_t length;   /* bytes of `text` */
    int failed;
    uint32_t line;   /* 1-based place of a failure; 0 when it has none */
    uint32_t column;
};

/*
 * Integers stay exact; dates and times become strings as TOML writes them; tables keep the order of the file.
 * JSON has no infinities: inf, -inf and nan become the texts inf, -inf and nan behind U+E000, a character
 * for private use, which the decoder is told to read as numbers.
 * Nesting beyond 64 levels is a failure. The caller frees `text` with free(3).
 */
struct ctoml_result ctoml_to_json(const char *text, size_t length);

#ifdef __cplusplus
}
#endif
