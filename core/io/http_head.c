/* SPDX-License-Identifier: MIT
 *
 * Gathers a response's head. A field is understood when the next line has shown that it does not go
 * on there (obsolete line folding).
 */
#include "core/io/http_head.h"

#include <string.h>

/* Bytes of a header line: any value, no NUL at the end. */
typedef struct slice {
    const char *at;
    size_t length;
} slice;

static bool is_blank(char c)
{
    return c == ' ' || c == '\t';
}

static bool is_digit(char c)
{
    return c >= '0' && c <= '9';
}

static char lower(char c)
{
    return c >= 'A' && c <= 'Z' ? (char)(c - 'A' + 'a') : c;
}

static slice trim(slice s)
{
    while (s.length != 0 && is_blank(s.at[0])) {
        s.at++;
        s.length--;
    }
    while (s.length != 0 && is_blank(s.at[s.length - 1]))
        s.length--;
    return s;
}

/* Does it begin with this (lower case)? Then what follows is left. */
static bool skip_word(slice *s, const char *word)
{
    const size_t length = strlen(word);
    if (s->length < length)
        return false;
    for (size_t i = 0; i < length; i++)
        if (lower(s->at[i]) != word[i])
            return false;
    s->at += length;
    s->length -= length;
    return true;
}

static bool is_word(slice s, const char *word)
{
    return skip_word(&s, word) && s.length == 0;
}

/* Digits up to INT64_MAX: no content is larger. */
static bool skip_number(slice *s, uint64_t *out)
{
    uint64_t value = 0;
    size_t n = 0;
    for (; n < s->length && is_digit(s->at[n]); n++) {
        const uint64_t digit = (uint64_t)(s->at[n] - '0');
        if (value > ((uint64_t)INT64_MAX - digit) / 10)
            return false;
        value = value * 10 + digit;
    }
    s->at += n;
    s->length -= n;
    *out = value;
    return n != 0;
}

/* "bytes FIRST-LAST/TOTAL"; TOTAL may be a star, and in a 416 FIRST-LAST is one. */
static bool parse_range(slice s, bool *has_range, uint64_t *first, uint64_t *last, uint64_t *total)
{
    *has_range = false;
    *first = *last = 0;
    *total = AS_SIZE_UNKNOWN;
    if (!skip_word(&s, "bytes") || s.length == 0 || !is_blank(s.at[0]))
        return false;
    s = trim(s);
    if (!skip_word(&s, "*")) {
        if (!skip_number(&s, first) || !skip_word(&s, "-") || !skip_number(&s, last) ||
            *first > *last)
            return false;
        *has_range = true;
    }
    if (!skip_word(&s, "/"))
        return false;
    if (*has_range && is_word(s, "*"))
        return true;
    return skip_number(&s, total) && s.length == 0 && (!*has_range || *last < *total);
}

static void take_range(as_http_head *head, slice value)
{
    bool has_range;
    uint64_t first, last, total;
    if (!parse_range(value, &has_range, &first, &last, &total)) {
        head->bad_range = true;
    } else if (head->has_range || head->total != AS_SIZE_UNKNOWN) {
        if (head->has_range != has_range || head->range_first != first ||
            head->range_last != last || head->total != total)
            head->bad_range = true;
    } else {
        head->has_range = has_range;
        head->range_first = first;
        head->range_last = last;
        head->total = total;
    }
}

static void take_length(as_http_head *head, slice value)
{
    uint64_t length;
    if (!skip_number(&value, &length) || value.length != 0)
        return;
    if (head->has_length && head->length != length)
        head->bad_length = true;
    head->has_length = true;
    head->length = length;
}

static void take_encoding(as_http_head *head, slice value)
{
    while (value.length != 0) {
        const char *comma = memchr(value.at, ',', value.length);
        const size_t length = comma ? (size_t)(comma - value.at) : value.length;
        const slice one = trim((slice){value.at, length});
        if (one.length != 0 && !is_word(one, "identity"))
            head->encoded = true;
        const size_t skipped = comma ? length + 1 : length;
        value.at += skipped;
        value.length -= skipped;
    }
}

static void take_type(as_http_head *head, slice value)
{
    if (skip_word(&value, "multipart/byteranges"))
        head->multipart = true;
}

/* The tag goes back to the server in a header of ours: nothing but what a tag may hold. */
static void take_tag(as_http_head *head, slice value)
{
    const bool weak = skip_word(&value, "w/");
    head->tag[0] = '\0';
    head->weak = false;
    if (value.length < 2 || value.length >= sizeof(head->tag) || value.at[0] != '"' ||
        value.at[value.length - 1] != '"')
        return;
    for (size_t i = 1; i < value.length - 1; i++) {
        const unsigned char c = (unsigned char)value.at[i];
        if (c <= 0x20 || c == '"' || c == 0x7F)
            return;
    }
    memcpy(head->tag, value.at, value.length);
    head->tag[value.length] = '\0';
    head->weak = weak;
}

static void take_modified(as_http_head *head, slice value)
{
    head->modified[0] = '\0';
    if (value.length >= sizeof(head->modified))
        return;
    for (size_t i = 0; i < value.length; i++)
        if (value.at[i] < 0x20 || value.at[i] > 0x7E)
            return;
    memcpy(head->modified, value.at, value.length);
    head->modified[value.length] = '\0';
}

static void take_retry_after(as_http_head *head, slice value, int64_t unix_s)
{
    const int64_t most = INT32_MAX; /* seconds: 68 years */
    const int64_t now = unix_s > 0 ? unix_s : 0;
    int64_t wait = 0, date;
    size_t n = 0;
    for (; n < value.length && is_digit(value.at[n]); n++)
        wait = wait > most ? wait : wait * 10 + (value.at[n] - '0');
    if (n == 0 || n != value.length) {
        if (!as_http_date(value.at, value.length, now, &date))
            return;
        wait = date > now ? date - now : 0;
    }
    head->has_retry_after = true;
    head->retry_after_ms = (uint64_t)(wait > most ? most : wait) * 1000;
}

static void end_field(as_http_head *head, int64_t unix_s)
{
    const bool whole = head->field_length <= sizeof(head->field);
    const size_t length = whole ? head->field_length : sizeof(head->field);
    head->field_length = 0;
    const char *colon = memchr(head->field, ':', length);
    if (!colon)
        return;
    const slice name = trim((slice){head->field, (size_t)(colon - head->field)});
    const slice start = trim((slice){colon + 1, length - (size_t)(colon + 1 - head->field)});
    const slice value = {start.at, whole ? start.length : 0}; /* half a value is none */
    if (is_word(name, "content-range"))
        take_range(head, value);
    else if (is_word(name, "content-length"))
        take_length(head, value);
    else if (is_word(name, "content-encoding"))
        take_encoding(head, start);
    else if (is_word(name, "content-type"))
        take_type(head, start);
    else if (is_word(name, "etag"))
        take_tag(head, value);
    else if (is_word(name, "last-modified"))
        take_modified(head, value);
    else if (is_word(name, "retry-after"))
        take_retry_after(head, value, unix_s);
}

static void add_to_field(as_http_head *head, const char *text, size_t length)
{
    if (head->field_length < sizeof(head->field)) {
        const size_t room = sizeof(head->field) - head->field_length;
        memcpy(head->field + head->field_length, text, length < room ? length : room);
    }
    head->field_length += length; /* below AS_HTTP_HEAD_BYTES */
}

/* "HTTP/1.1 206 Partial Content" */
static uint32_t parse_status(slice s)
{
    while (s.length != 0 && !is_blank(s.at[0])) {
        s.at++;
        s.length--;
    }
    s = trim(s);
    uint64_t status;
    if (!skip_number(&s, &status) || (s.length != 0 && !is_blank(s.at[0])) || status < 100 ||
        status > 999)
        return 0;
    return (uint32_t)status;
}

bool as_http_trailer_line(as_http_head *head, size_t length)
{
    if (length > AS_HTTP_HEAD_BYTES - head->bytes) {
        head->bytes = AS_HTTP_HEAD_BYTES;
        return false;
    }
    head->bytes += length;
    return true;
}

bool as_http_head_line(as_http_head *head, const char *line, size_t length, int64_t unix_s)
{
    if (!as_http_trailer_line(head, length))
        return false;
    while (length != 0 && (line[length - 1] == '\r' || line[length - 1] == '\n'))
        length--;
    if (length >= 5 && memcmp(line, "HTTP/", 5) == 0) {
        const uint32_t status = parse_status((slice){line, length});
        *head = (as_http_head){.status = status, .total = AS_SIZE_UNKNOWN, .bytes = head->bytes};
        return true;
    }
    if (head->status == 0 || head->complete)
        return true;
    if (length != 0 && is_blank(line[0])) {
        if (head->field_length != 0)
            add_to_field(head, line, length);
        return true;
    }
    end_field(head, unix_s);
    if (length == 0)
        head->complete = true;
    else
        add_to_field(head, line, length);
    return true;
}
