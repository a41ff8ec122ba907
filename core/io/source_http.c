/* SPDX-License-Identifier: MIT */
#include "core/io/source_http.h"

#include "core/base/clock.h"
#include "core/base/mem.h"

#include <string.h>

#define MIB ((uint64_t)1024 * 1024)
#define GIB (1024 * MIB)

/* ------------------------------------------------------------------------ parameters ---- */

static uint32_t or_default(uint32_t value, uint32_t standard)
{
    return value ? value : standard;
}

static uint64_t or_default64(uint64_t value, uint64_t standard)
{
    return value ? value : standard;
}

/* Copies a text that may be NULL. */
static bool copy_text(const char **to, const char *from)
{
    *to = from ? as_mem_strdup(from) : NULL;
    return !from || *to;
}

static bool copy_headers(as_http_params *to, const as_http_params *from)
{
    to->headers = NULL;
    to->header_count = 0;
    if (from->header_count == 0)
        return true;
    char **headers = as_mem_calloc(from->header_count, sizeof(*headers));
    to->headers = (const char *const *)headers;
    for (uint32_t i = 0; headers && i < from->header_count; i++) {
        headers[i] = as_mem_strdup(from->headers[i]);
        if (!headers[i])
            return false;
        to->header_count++;
    }
    return headers != NULL;
}

/* Numbers get their defaults, texts are copied; what was copied before memory ran out is freed by
 * free_params too. */
static bool take_params(as_http_params *to, const as_http_params *from)
{
    *to = *from;
    to->connect_timeout_ms = or_default(from->connect_timeout_ms, 10000);
    to->stall_timeout_ms = or_default(from->stall_timeout_ms, 10000);
    to->low_speed_bytes = or_default(from->low_speed_bytes, 2048);
    to->retries = from->retries == AS_HTTP_NO_RETRIES ? 0 : or_default(from->retries, 3);
    to->retry_delay_ms = or_default(from->retry_delay_ms, 250);
    to->retry_after_most_ms = or_default(from->retry_after_most_ms, 30000);
    to->chunk_bytes = or_default(from->chunk_bytes, (uint32_t)MIB);
    to->requests = or_default(from->requests, 4);
    to->cache_bytes = or_default64(from->cache_bytes, 64 * MIB);
    to->spill_bytes =
        from->spill_bytes == AS_HTTP_NO_SPILL ? 0 : or_default64(from->spill_bytes, 4 * GIB);
    to->cache_dir_bytes = or_default64(from->cache_dir_bytes, GIB);
    /* Requests that are under way must find room in a small cache. */
    const uint64_t most = to->cache_bytes / 8 / AS_UNIT_BYTES * AS_UNIT_BYTES;
    if (to->chunk_bytes > most)
        to->chunk_bytes = (uint32_t)most;
    bool enough = copy_text(
        &to->user_agent, from->user_agent ? from->user_agent : "libalphastream/" AS_VERSION_STRING);
    enough = copy_text(&to->proxy, from->proxy) && enough;
    enough = copy_text(&to->ca_file, from->ca_file) && enough;
    enough = copy_text(&to->cache_dir, from->cache_dir) && enough;
    return copy_headers(to, from) && enough;
}

static void free_params(as_http_params *params)
{
    for (uint32_t i = 0; i < params->header_count; i++)
        as_mem_free((void *)params->headers[i]);
    as_mem_free((void *)params->headers);
    as_mem_free((void *)params->user_agent);
    as_mem_free((void *)params->proxy);
    as_mem_free((void *)params->ca_file);
    as_mem_free((void *)params->cache_dir);
}

/* --------------------------------------------------------------- opening and closing ---- */

static void destroy(as_http_source *source)
{
    as_chunks_destroy(source->chunks);
    as_mem_free(source->flights);
    as_mem_free(source->url);
    as_mem_free(source->first_url);
    free_params(&source->params);
    as_mem_free(source);
}

/* All but its lock, condition and threads. */
static bool fill(as_http_source *source, const char *url, uint64_t host,
                 const as_http_params *params)
{
    bool enough = take_params(&source->params, params);
    const as_http_params *p = &source->params;
    source->url = as_mem_strdup(url);
    source->first_url = as_mem_strdup(url);
    source->url_host = host;
    source->chunks = as_chunks_create(p->cache_bytes, p->spill_bytes);
    source->flights = as_mem_calloc(p->requests, sizeof(*source->flights));
    enough = enough && source->url && source->first_url && source->chunks && source->flights;
    for (uint32_t i = 0; enough && i < p->requests; i++)
        source->flights[i].source = source;
    (void)as_http_shown_url(source->shown, url);
    source->policy = (as_retry_policy){.retries = p->retries,
                                       .delay_ms = p->retry_delay_ms,
                                       .after_most_ms = p->retry_after_most_ms};
    atomic_init(&source->version, 0);
    source->opened_ns = as_clock_ns();
    source->random = source->opened_ns ^ (uint64_t)(uintptr_t)source ^ 0x9E3779B97F4A7C15u;
    if (source->random == 0)
        source->random = 1;
    source->pin.total = source->size = source->end_most = AS_SIZE_UNKNOWN;
    source->most_flights = p->requests;
    source->user = (as_http_user){
        .turn = as_http_turn,
        .begin = as_http_begin,
        .ended = as_http_ended,
        .gave_way = as_http_gave_way,
        .stop = as_http_stop,
        .due_ns = UINT64_MAX,
        .host_most = p->requests > AS_HTTP_HOST_TRANSFERS ? p->requests : AS_HTTP_HOST_TRANSFERS,
        .host = host,
    };
    return enough;
}

static void http_close(void *user)
{
    as_http_source *source = user;
    as_http_leave(&source->user);
    as_http_disk_stop(source);
    as_cond_destroy(&source->changed);
    as_mutex_destroy(&source->lock);
    destroy(source);
}

/* With the lock and the condition; takes them back when it fails. */
static as_result start(as_http_source *source, as_error *error)
{
    if (!as_mutex_init(&source->lock, AS_LOCK_HTTP_SOURCE))
        return as_err_no_memory(error, sizeof(source->lock), "the lock of a source");
    if (!as_cond_init(&source->changed)) {
        as_mutex_destroy(&source->lock);
        return as_err_no_memory(error, sizeof(source->changed), "a condition of a source");
    }
    as_result result = as_http_disk_start(source, error);
    if (result == AS_OK && (result = as_http_join(&source->user, error)) == AS_OK)
        return AS_OK;
    as_http_disk_stop(source);
    as_cond_destroy(&source->changed);
    as_mutex_destroy(&source->lock);
    return result;
}

/* --------------------------------------------------------------- the table of functions ---- */

static as_result http_size(void *user, uint64_t *out_size, as_error *error)
{
    (void)error;
    as_http_source *source = user;
    as_mutex_lock(&source->lock);
    *out_size = source->size;
    as_mutex_unlock(&source->lock);
    return AS_OK;
}

static uint64_t http_version(void *user)
{
    return atomic_load(&((as_http_source *)user)->version);
}

static void http_cancel(void *user)
{
    as_http_source *source = user;
    as_mutex_lock(&source->lock);
    source->cancelled = true;
    as_cond_broadcast(&source->changed);
    as_mutex_unlock(&source->lock);
    as_http_kick(&source->user);
}

static const as_source_vtable http_vtable = {
    .struct_size = sizeof(as_source_vtable),
    .read = as_http_read,
    .size = http_size,
    .prefetch = as_http_prefetch,
    .cancel = http_cancel,
    .close = http_close,
    .version = http_version,
};

bool as_io_has_http(void)
{
    return true;
}

/* Starts it behind a front; takes it back when that fails. */
static as_result put_behind(as_http_source *source, const char *name, as_source **out_source,
                            as_error *error)
{
    as_result result = start(source, error);
    if (result != AS_OK) {
        destroy(source);
        return result;
    }
    result = as_io_open_custom(&http_vtable, source, name, out_source, error);
    if (result != AS_OK)
        http_close(source);
    return result;
}

as_result as_io_open_http(const char *url, const as_http_params *params, as_source **out_source,
                          as_error *error)
{
    static const as_http_params defaults = {.struct_size = sizeof(defaults)};
    uint64_t host;
    as_result result = as_http_check_url(url, &host, error);
    if (result != AS_OK)
        return result;
    size_t length;
    const char *in_url = as_io_salt_name(url, &length);
    char *name = as_mem_alloc(length + 1);
    as_http_source *source = as_mem_calloc(1, sizeof(*source));
    if (source && name && fill(source, url, host, params ? params : &defaults)) {
        memcpy(name, in_url, length);
        name[length] = '\0';
        result = put_behind(source, name, out_source, error);
    } else {
        if (source)
            destroy(source);
        result = as_err_no_memory(error, sizeof(*source), "an HTTP source");
    }
    as_mem_free(name);
    return result;
}

/* ----------------------------------------------------------------- what the api asks ---- */

static as_http_source *http_of(const as_source *front)
{
    return as_io_user(front, as_http_read);
}

as_result as_io_http_stats(const as_source *front, as_http_stats *out_stats, as_error *error)
{
    as_http_source *source = http_of(front);
    if (!source)
        return as_err_set(error, AS_ERROR_UNSUPPORTED,
                          "\"%s\" is not read over HTTP; only such sources have these statistics",
                          as_io_name(front));
    as_mutex_lock(&source->lock);
    *out_stats = source->stats;
    out_stats->ranges = source->ranges;
    out_stats->bytes_per_second = source->rate;
    out_stats->memory_bytes = as_chunks_memory(source->chunks);
    out_stats->spilled_bytes = as_chunks_spilled(source->chunks);
    out_stats->version = atomic_load(&source->version);
    as_mutex_unlock(&source->lock);
    return AS_OK;
}

/* Adds [begin, end) behind what is there; adjacent ranges become one. */
static void add_range(as_byte_range *ranges, size_t capacity, size_t *count, uint64_t *last_end,
                      uint64_t begin, uint64_t end)
{
    const bool joins = *count != 0 && *last_end == begin;
    *last_end = end;
    *count += !joins;
    if (*count > capacity)
        return;
    as_byte_range *range = &ranges[*count - 1];
    if (!joins)
        range->offset = begin;
    range->length = end - range->offset;
}

/* With a cache on disk: unit by unit, as far as there can be any on disk. The server may claim any
 * size. */
static size_t list_units(const as_http_source *source, as_byte_range *ranges, size_t capacity)
{
    size_t count = 0;
    uint64_t last_end = 0, on_disk = as_http_disk_next(source, 0);
    for (uint64_t unit = 0; unit < AS_HTTP_DISK_UNITS; unit++) {
        const uint64_t begin = unit * AS_UNIT_BYTES, rest = source->size - begin;
        if (begin >= source->size)
            break;
        if (unit > on_disk)
            on_disk = as_http_disk_next(source, unit);
        if (as_chunks_has(source->chunks, unit) || unit == on_disk)
            add_range(ranges, capacity, &count, &last_end, begin,
                      begin + (rest < AS_UNIT_BYTES ? rest : AS_UNIT_BYTES));
    }
    return count;
}

bool as_io_http_cached(const as_source *front, as_byte_range *ranges, size_t capacity,
                       size_t *out_count)
{
    as_http_source *source = http_of(front);
    if (!source)
        return false;
    as_mutex_lock(&source->lock);
    *out_count = source->disk ? list_units(source, ranges, capacity)
                              : as_chunks_ranges(source->chunks, ranges, capacity);
    as_mutex_unlock(&source->lock);
    return true;
}
