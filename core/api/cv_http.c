/* SPDX-License-Identifier: MIT */
#include "core/api/cv_http.h"

#include "core/api/params.h"
#include "core/base/error.h"
#include "core/base/mem.h"
#include "core/crypto/crypto.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

enum { MOST_HEADERS = 64 }; /* as many as as_api_http_params takes */

#define PREFIX "http_"

typedef enum kind { NUMBER, TEXT, HEADER } kind;

/* Ranges are as_api_http_params' business. */
typedef struct option {
    const char *name;
    kind kind;
    size_t offset, size;
    uint64_t zero; /* what a number of 0 stands for */
} option;

#define FIELD(name)                                                                                \
    PREFIX #name, NUMBER, offsetof(as_http_params, name), sizeof(((as_http_params *)0)->name)
#define TEXT_FIELD(name)                                                                           \
    {                                                                                              \
        PREFIX #name, TEXT, offsetof(as_http_params, name), 0, 0                                   \
    }

static const option options[] = {
    {PREFIX "header", HEADER, 0, 0, 0},
    TEXT_FIELD(user_agent),
    TEXT_FIELD(proxy),
    TEXT_FIELD(ca_file),
    {FIELD(insecure), 0},
    {FIELD(http2), 0},
    {FIELD(connect_timeout_ms), 0},
    {FIELD(stall_timeout_ms), 0},
    {FIELD(low_speed_bytes), 0},
    {FIELD(retries), AS_HTTP_NO_RETRIES},
    {FIELD(retry_delay_ms), 0},
    {FIELD(retry_after_most_ms), 0},
    {FIELD(chunk_bytes), 0},
    {FIELD(requests), 0},
    {FIELD(cache_bytes), 0},
    {FIELD(spill_bytes), AS_HTTP_NO_SPILL},
    {FIELD(bandwidth), 0},
    TEXT_FIELD(cache_dir),
    {FIELD(cache_dir_bytes), 0},
};
enum { OPTIONS = sizeof(options) / sizeof(*options) };

const char *as_cv_http_name(size_t i)
{
    return i < OPTIONS ? options[i].name : NULL;
}

bool as_cv_http_is_option(const char *name)
{
    return strncmp(name, PREFIX, strlen(PREFIX)) == 0;
}

/* --------------------------------------------------------------------------- owning ---- */

static void free_text(const char *text)
{
    if (text)
        as_crypto_wipe((void *)(uintptr_t)text, strlen(text));
    as_mem_free((void *)(uintptr_t)text);
}

static const char *get_text(const as_http_params *http, const option *o)
{
    const char *text;
    memcpy(&text, (const char *)http + o->offset, sizeof(text));
    return text;
}

static void set_text(as_http_params *http, const option *o, const char *text)
{
    memcpy((char *)http + o->offset, &text, sizeof(text));
}

/* The array of MOST_HEADERS that http owns; NULL: none yet. */
static const char **headers_of(const as_http_params *http)
{
    return (const char **)(uintptr_t)http->headers;
}

static void drop_headers(as_http_params *http)
{
    for (uint32_t i = 0; i < http->header_count; i++)
        free_text(http->headers[i]);
    as_mem_free(headers_of(http));
    http->headers = NULL;
    http->header_count = 0;
}

void as_cv_http_free(as_http_params *http)
{
    for (size_t i = 0; i < OPTIONS; i++)
        if (options[i].kind == TEXT)
            free_text(get_text(http, &options[i]));
    drop_headers(http);
    *http = (as_http_params){.struct_size = sizeof(*http)};
}

static as_result add_header(as_http_params *http, const char *line, as_error *error)
{
    const size_t size = MOST_HEADERS * sizeof(*http->headers);
    const char **headers = headers_of(http);
    if (!headers && !(headers = as_mem_alloc(size)))
        return as_err_no_memory(error, size, "a list of headers");
    http->headers = headers;
    headers[http->header_count] = as_mem_strdup(line);
    if (!headers[http->header_count])
        return as_err_no_memory(error, strlen(line) + 1, "a header");
    http->header_count++;
    return AS_OK;
}

static as_result copy_texts(as_http_params *to, const as_http_params *from, as_error *error)
{
    as_result result = AS_OK;
    for (size_t i = 0; result == AS_OK && i < OPTIONS; i++) {
        const char *text = options[i].kind == TEXT ? get_text(from, &options[i]) : NULL;
        char *copy = text ? as_mem_strdup(text) : NULL;
        if (text && !copy)
            result = as_err_no_memory(error, strlen(text) + 1, "an HTTP option");
        else if (text)
            set_text(to, &options[i], copy);
    }
    for (uint32_t i = 0; result == AS_OK && i < from->header_count; i++)
        result = add_header(to, from->headers[i], error);
    return result;
}

as_result as_cv_http_copy(as_http_params *to, const as_http_params *from, as_error *error)
{
    *to = *from;
    to->headers = NULL;
    to->header_count = 0;
    for (size_t i = 0; i < OPTIONS; i++)
        if (options[i].kind == TEXT)
            set_text(to, &options[i], NULL);
    const as_result result = copy_texts(to, from, error);
    if (result != AS_OK)
        as_cv_http_free(to);
    return result;
}

/* --------------------------------------------------------------------------- setting ---- */

/* Would a struct with this one field be taken? */
static as_result check(const as_http_params *one, const option *o, as_error *error)
{
    as_http_params unused;
    as_error why;
    const as_result result = as_api_http_params(&unused, one, &why);
    return result == AS_OK ? AS_OK : as_err_set(error, result, "option %s: %s", o->name, why.text);
}

static as_result not_a_number(const option *o, const char *value, as_error *error)
{
    return as_err_set(error, AS_ERROR_ARGUMENT,
                      "option %s is \"%.40s\", which is not a number that it may be", o->name,
                      value);
}

static as_result set_number(as_http_params *http, const option *o, const char *value,
                            as_error *error)
{
    char *end;
    as_http_params one = {.struct_size = sizeof(one)};
    errno = 0;
    const unsigned long long number = strtoull(value, &end, 10);
    if (*value < '0' || *value > '9' || *end != '\0' || errno != 0 ||
        (o->size == sizeof(uint32_t) && number > UINT32_MAX))
        return not_a_number(o, value, error);
    const uint64_t wanted = number == 0 ? o->zero : number;
    const uint32_t small = (uint32_t)wanted;
    const void *from = o->size == sizeof(small) ? (const void *)&small : (const void *)&wanted;
    memcpy((char *)&one + o->offset, from, o->size);
    const as_result result = check(&one, o, error);
    if (result == AS_OK)
        memcpy((char *)http + o->offset, from, o->size);
    return result;
}

/* An empty text is none, but for the proxy, where it says to use none. */
static as_result replace_text(as_http_params *http, const option *o, const char *value,
                              as_error *error)
{
    as_http_params one = {.struct_size = sizeof(one)};
    const bool keeps_empty = o->offset == offsetof(as_http_params, proxy);
    char *copy = NULL;
    if (*value != '\0' || keeps_empty) {
        set_text(&one, o, value);
        const as_result result = check(&one, o, error);
        if (result != AS_OK)
            return result;
        copy = as_mem_strdup(value);
        if (!copy)
            return as_err_no_memory(error, strlen(value) + 1, "an HTTP option");
    }
    free_text(get_text(http, o));
    set_text(http, o, copy);
    return AS_OK;
}

static as_result set_header(as_http_params *http, const option *o, const char *value,
                            as_error *error)
{
    if (*value == '\0') {
        drop_headers(http);
        return AS_OK;
    }
    const as_http_params one = {.struct_size = sizeof(one), .header_count = 1, .headers = &value};
    const as_result result = check(&one, o, error);
    if (result != AS_OK)
        return result;
    if (http->header_count == MOST_HEADERS)
        return as_err_set(error, AS_ERROR_ARGUMENT,
                          "option %s was given %d times, as often as it may be; \"\" removes all",
                          o->name, MOST_HEADERS);
    return add_header(http, value, error);
}

as_result as_cv_http_set(as_http_params *http, const char *name, const char *value, as_error *error)
{
    for (size_t i = 0; i < OPTIONS; i++) {
        const option *o = &options[i];
        if (strcmp(o->name, name) != 0)
            continue;
        switch (o->kind) {
        case NUMBER: return set_number(http, o, value, error);
        case TEXT: return replace_text(http, o, value, error);
        case HEADER: return set_header(http, o, value, error);
        }
    }
    return as_err_set(error, AS_ERROR_ARGUMENT,
                      "there is no option \"%.80s\"; docs/streams.md lists them", name);
}
