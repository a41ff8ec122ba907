/* SPDX-License-Identifier: MIT
 *
 * source.h: what concerns HTTP sources alone.
 */
#include "alphastream/source.h"

#include "core/api/params.h"
#include "core/base/error.h"
#include "core/io/io.h"

#include <inttypes.h>
#include <string.h>

#define KIB ((uint64_t)1024)
#define MIB (1024 * KIB)
#define GIB (1024 * MIB)
#define HOUR_MS 3600000
#define MOST_HEADERS 64
#define MOST_HEADER_BYTES 8192

/* ------------------------------------------------------------------------- numbers ---- */

typedef struct field {
    const char *name;
    size_t offset;
    size_t size;              /* 4 or 8 bytes, unsigned */
    uint64_t low, high, unit; /* multiples of unit */
    bool has_none;            /* the largest number stands for "none" */
} field;

#define FIELD(name) #name, offsetof(as_http_params, name), sizeof(((as_http_params *)0)->name)

/* 0 is the default of each. */
static const field fields[] = {
    {FIELD(insecure), 1, 1, 1, false},
    {FIELD(http2), 1, 1, 1, false},
    {FIELD(connect_timeout_ms), 1, HOUR_MS, 1, false},
    {FIELD(stall_timeout_ms), 1, HOUR_MS, 1, false},
    {FIELD(low_speed_bytes), 1, GIB, 1, false},
    {FIELD(retries), 1, 100, 1, true},
    {FIELD(retry_delay_ms), 1, 60000, 1, false},
    {FIELD(retry_after_most_ms), 1, HOUR_MS, 1, false},
    {FIELD(chunk_bytes), 64 * KIB, 4 * MIB, 64 * KIB, false},
    {FIELD(requests), 1, 16, 1, false},
    {FIELD(cache_bytes), MIB, 64 * GIB, 1, false},
    {FIELD(spill_bytes), 1, (uint64_t)1 << 60, 1, true},
    {FIELD(cache_dir_bytes), MIB, (uint64_t)1 << 60, 1, false},
};

static as_result check_number(const as_http_params *params, const field *f, as_error *error)
{
    uint64_t value = 0;
    uint32_t small = 0;
    const char *at = (const char *)params + f->offset;
    if (f->size == sizeof(small)) {
        memcpy(&small, at, sizeof(small));
        value = small;
    } else {
        memcpy(&value, at, sizeof(value));
    }
    const uint64_t none = f->size == sizeof(small) ? UINT32_MAX : UINT64_MAX;
    if (value == 0 || (f->has_none && value == none))
        return AS_OK;
    if (value < f->low || value > f->high)
        return as_err_set(error, AS_ERROR_ARGUMENT,
                          "as_http_params.%s is %" PRIu64 ", outside its range of %" PRIu64
                          " to %" PRIu64 "; 0 is the default",
                          f->name, value, f->low, f->high);
    if (value % f->unit != 0)
        return as_err_set(error, AS_ERROR_ARGUMENT,
                          "as_http_params.%s is %" PRIu64 "; it must be a multiple of %" PRIu64,
                          f->name, value, f->unit);
    return AS_OK;
}

/* --------------------------------------------------------------------------- texts ---- */

/* Nothing that could end a header line early. NULL is fine. */
static as_result check_text(const char *name, const char *text, as_error *error)
{
    for (const char *p = text; p && *p; p++)
        if ((unsigned char)*p < ' ' || *p == 0x7F)
            return as_err_set(error, AS_ERROR_ARGUMENT,
                              "as_http_params.%s has a control character (0x%02X); take it out",
                              name, (unsigned)(unsigned char)*p);
    return AS_OK;
}

static bool is_token(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
           (c != '\0' && strchr("!#$%&'*+-.^_`|~", c));
}

static bool same_name(const char *line, size_t length, const char *lower_name)
{
    if (strlen(lower_name) != length)
        return false;
    for (size_t i = 0; i < length; i++) {
        const char c = line[i];
        if ((c >= 'A' && c <= 'Z' ? (char)(c - 'A' + 'a') : c) != lower_name[i])
            return false;
    }
    return true;
}

/* What the library says itself, or what would break a request for a range. */
static bool is_reserved(const char *line, size_t length)
{
    static const char *const names[] = {
        "accept-encoding", "connection", "content-length",    "expect", "if-match", "if-none-match",
        "if-range",        "range",      "transfer-encoding", "te",     "upgrade",
    };
    for (size_t i = 0; i < sizeof(names) / sizeof(*names); i++)
        if (same_name(line, length, names[i]))
            return true;
    return false;
}

/* Errors name the line by its number alone: its value may be a secret. */
static as_result check_header(uint32_t number, const char *line, as_error *error)
{
    size_t length = 0;
    while (line && is_token(line[length]))
        length++;
    const char *value = line ? line + length : NULL;
    const bool named = value && length != 0 && *value == ':';
    const size_t blanks = named ? 1 + strspn(value + 1, " ") : 0;
    if (!named || value[blanks] == '\0')
        return as_err_set(error, AS_ERROR_ARGUMENT,
                          "as_http_params.headers[%" PRIu32 "] is not of the form \"Name: value\"",
                          number);
    if (strlen(line) > MOST_HEADER_BYTES)
        return as_err_set(error, AS_ERROR_ARGUMENT,
                          "as_http_params.headers[%" PRIu32 "] has %zu bytes; at most %d are sent",
                          number, strlen(line), MOST_HEADER_BYTES);
    if (is_reserved(line, length))
        return as_err_set(error, AS_ERROR_ARGUMENT,
                          "as_http_params.headers[%" PRIu32 "] is %.*s, which the library sets "
                          "itself; leave it out",
                          number, (int)length, line);
    for (const char *p = value; *p; p++)
        if (((unsigned char)*p < ' ' && *p != '\t') || *p == 0x7F)
            return as_err_set(error, AS_ERROR_ARGUMENT,
                              "as_http_params.headers[%" PRIu32 "] has a control character (0x%02X)"
                              "; take it out",
                              number, (unsigned)(unsigned char)*p);
    return AS_OK;
}

static as_result check_texts(const as_http_params *params, as_error *error)
{
    as_result result = check_text("user_agent", params->user_agent, error);
    if (result == AS_OK)
        result = check_text("proxy", params->proxy, error);
    if (result == AS_OK)
        result = check_text("ca_file", params->ca_file, error);
    if (result == AS_OK && params->cache_dir && params->cache_dir[0] == '\0')
        result = as_err_set(error, AS_ERROR_ARGUMENT,
                            "as_http_params.cache_dir is empty; name a directory, or pass NULL");
    if (result == AS_OK && params->header_count > MOST_HEADERS)
        result = as_err_set(error, AS_ERROR_ARGUMENT,
                            "as_http_params.header_count is %" PRIu32 "; at most %d are sent",
                            params->header_count, MOST_HEADERS);
    if (result != AS_OK)
        return result;
    if (params->header_count != 0 && !params->headers)
        return as_err_set(error, AS_ERROR_ARGUMENT,
                          "as_http_params.headers is NULL, but header_count is %" PRIu32,
                          params->header_count);
    for (uint32_t i = 0; result == AS_OK && i < params->header_count; i++)
        result = check_header(i, params->headers[i], error);
    return result;
}

as_result as_api_http_params(as_http_params *out, const as_http_params *params, as_error *error)
{
    as_result result = as_api_params(out, sizeof(*out), params, "as_http_params", error);
    for (size_t i = 0; result == AS_OK && i < sizeof(fields) / sizeof(*fields); i++)
        result = check_number(out, &fields[i], error);
    if (result == AS_OK)
        result = check_texts(out, error);
    return result;
}

/* --------------------------------------------------------------------------- calls ---- */

as_result as_source_open_http(const char *url, const as_http_params *params, as_source **out_source,
                              as_error *error)
{
    as_error local;
    error = as_api_error(error, &local);
    if (!out_source)
        return as_err_set(error, AS_ERROR_ARGUMENT, "%s: out_source is NULL", __func__);
    *out_source = NULL;
    if (!url)
        return as_err_set(error, AS_ERROR_ARGUMENT, "%s: url is NULL; pass an http or https URL",
                          __func__);
    as_http_params own;
    const as_result result = as_api_http_params(&own, params, error);
    if (result != AS_OK)
        return result;
    return as_io_open_http(url, &own, out_source, error);
}

as_result as_source_get_http_stats(as_source *source, as_http_stats *out_stats, as_error *error)
{
    as_error local;
    error = as_api_error(error, &local);
    if (!source || !out_stats)
        return as_err_set(error, AS_ERROR_ARGUMENT, "%s: %s is NULL; it must point to something",
                          __func__, source ? "out_stats" : "source");
    const uint32_t size = out_stats->struct_size;
    if (size < 2 * sizeof(size) || size > 1 << 16)
        return as_err_set(error, AS_ERROR_ARGUMENT,
                          "as_http_stats.struct_size is %" PRIu32
                          "; set struct_size to sizeof(as_http_stats)",
                          size);
    as_http_stats own;
    const as_result result = as_io_http_stats(source, &own, error);
    if (result != AS_OK)
        return result;
    own.struct_size = size;
    memset(out_stats, 0, size);
    memcpy(out_stats, &own, size < sizeof(own) ? size : sizeof(own));
    return AS_OK;
}
