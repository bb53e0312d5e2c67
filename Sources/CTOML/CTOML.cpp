#include "CTOML.h"

/*
 * toml++ 3.3 asserts what it then checks once more: "[=" would abort a debug build, and in a release build the assertion
 * becomes an assumption, with which the optimiser may remove the check. Here assertions are nothing, and checks stay.
 * It also calls unreachable what is not: U+FB26 to U+FEFE, when it looks whether they are blank. Here that means no.
 */
#undef NDEBUG
#define TOML_ASSERT(expr) static_assert(true)
#define TOML_EXCEPTIONS 0
#define TOML_MAX_NESTED_VALUES 64
#include <toml++/impl/forward_declarations.h>
#undef TOML_UNREACHABLE
#define TOML_UNREACHABLE return {}
#include <toml++/impl/unicode.h>
#undef TOML_UNREACHABLE
#define TOML_UNREACHABLE __builtin_unreachable()
#include <toml++/toml.h>

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <sstream>
#include <string>
#include <string_view>
#include <vector>

namespace {

constexpr int max_depth = 64;
constexpr int max_key_parts = 32;

struct place {
    uint32_t line;
    uint32_t column;
};

/* Where a scan stands: keys, numbers and punctuation are plain. */
enum class state { plain, comment, basic, literal, long_basic, long_literal };

/*
 * toml++ limits nested values but not dotted keys, and frees tables recursively: a key of a million parts would
 * overflow the stack. Finds the first key (outside strings and comments) with more parts than anybody writes.
 */
bool find_overlong_key(std::string_view text, place &found)
{
    state now = state::plain;
    int dots = 0;
    found = { 1, 0 };
    for (size_t i = 0; i < text.size(); i++) {
        const char c = text[i];
        size_t quotes = 0; /* in a row from here, as far as that matters */
        while (quotes < 5 && (c == '"' || c == '\'') && i + quotes < text.size() && text[i + quotes] == c) quotes++;
        const bool is_long = now == state::long_basic || now == state::long_literal;
        size_t more = 0; /* bytes that belong to this one */
        found.column++;
        if (c == '\n') {
            found = { found.line + 1, 0 };
            dots = 0;
            if (!is_long) now = state::plain;
        } else if ((now == state::basic || now == state::long_basic) && c == '\\') {
            more = text.substr(i + 1, 1) == "\n" ? 0 : 1;
        } else if ((now == state::basic && c == '"') || (now == state::literal && c == '\'')) {
            now = state::plain;
        } else if (is_long && quotes >= 3 && c == (now == state::long_basic ? '"' : '\'')) {
            more = quotes - 1; /* up to two quotes may end the text itself */
            now = state::plain;
        } else if (now != state::plain) {
            continue;
        } else if (c == '#') {
            now = state::comment;
        } else if (c == '"' || c == '\'') {
            const bool opens_long = quotes >= 3;
            if (c == '"') now = opens_long ? state::long_basic : state::basic;
            else now = opens_long ? state::long_literal : state::literal;
            more = opens_long ? 2 : 0;
        } else if (c == '.' && ++dots >= max_key_parts) {
            return true;
        } else if (std::string_view(",=[]{}").find(c) != std::string_view::npos) {
            dots = 0;
        }
        i += more;
        found.column += static_cast<uint32_t>(more);
    }
    return false;
}

void write_string(std::string &out, std::string_view text)
{
    out += '"';
    for (const char c : text) {
        const auto byte = static_cast<unsigned char>(c);
        if (c == '"' || c == '\\') {
            out += '\\';
            out += c;
        } else if (byte < 0x20 || byte == 0x7f) {
            char escape[8];
            std::snprintf(escape, sizeof escape, "\\u%04x", byte);
            out += escape;
        } else {
            out += c;
        }
    }
    out += '"';
}

void write_float(std::string &out, double value)
{
    if (std::isnan(value)) return write_string(out, "\xEE\x80\x80nan");
    if (std::isinf(value)) return write_string(out, value < 0 ? "\xEE\x80\x80-inf" : "\xEE\x80\x80inf");
    char text[40];
    std::snprintf(text, sizeof text, "%.17g", value);
    out += text;
    if (!std::strpbrk(text, ".e")) out += ".0";
}

template <typename T>
void write_streamed(std::string &out, const T &value)
{
    std::ostringstream stream;
    stream << value;
    write_string(out, stream.str());
}

/* False when the document nests too deeply; `found` is then the place. */
bool write_node(std::string &out, const toml::node &node, int depth, place &found)
{
    if (depth > max_depth) {
        found = { node.source().begin.line, node.source().begin.column };
        return false;
    }
    if (const auto *table = node.as_table()) {
        std::vector<std::pair<const toml::key *, const toml::node *>> entries;
        for (auto &&[key, child] : *table) entries.emplace_back(&key, &child);
        std::stable_sort(entries.begin(), entries.end(), [](const auto &a, const auto &b) {
            return a.first->source().begin < b.first->source().begin;
        });
        out += '{';
        for (const auto &[key, child] : entries) {
            if (out.back() != '{') out += ',';
            write_string(out, key->str());
            out += ':';
            if (!write_node(out, *child, depth + 1, found)) return false;
        }
        out += '}';
        return true;
    }
    if (const auto *array = node.as_array()) {
        out += '[';
        for (const toml::node &child : *array) {
            if (out.back() != '[') out += ',';
            if (!write_node(out, child, depth + 1, found)) return false;
        }
        out += ']';
        return true;
    }
    if (const auto *string = node.as_string()) write_string(out, string->get());
    else if (const auto *integer = node.as_integer()) out += std::to_string(integer->get());
    else if (const auto *real = node.as_floating_point()) write_float(out, real->get());
    else if (const auto *flag = node.as_boolean()) out += flag->get() ? "true" : "false";
    else if (const auto *date = node.as_date()) write_streamed(out, date->get());
    else if (const auto *time = node.as_time()) write_streamed(out, time->get());
    else if (const auto *moment = node.as_date_time()) write_streamed(out, moment->get());
    return true;
}

ctoml_result result(std::string_view text, int failed, place where)
{
    auto *copy = static_cast<char *>(std::malloc(text.size() + 1));
    if (copy != nullptr) {
        std::memcpy(copy, text.data(), text.size());
        copy[text.size()] = '\0';
    }
    return { copy, copy == nullptr ? 0 : text.size(), failed, where.line, where.column };
}

} // namespace

extern "C" ctoml_result ctoml_to_json(const char *text, size_t length)
{
    const std::string_view input(length == 0 ? "" : text, length);
    place where;
    if (find_overlong_key(input, where)) return result("a key has more than 32 dotted parts", 1, where);
    const toml::parse_result parsed = toml::parse(input);
    if (!parsed) {
        const auto &error = parsed.error();
        return result(error.description(), 1, { error.source().begin.line, error.source().begin.column });
    }
    std::string json;
    if (!write_node(json, parsed.table(), 0, where)) return result("nested deeper than 64 levels", 1, where);
    return result(json, 0, { 0, 0 });
}
