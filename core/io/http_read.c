/* SPDX-License-Identifier: MIT
 *
 * The readers' side of an HTTP source. A reader stands in the source's list until it is done; what
 * arrives for it is copied to it at once, so that it needs nothing to stay in the cache.
 */
#include "core/io/source_http.h"

#include "core/base/clock.h"
#include "core/base/mem.h"

#include <inttypes.h>
#include <string.h>

#define STEP_BYTES ((uint64_t)1024 * 1024) /* copied under the lock in one go */

/* ------------------------------------------------------------------------ the list ---- */

static void enlist(as_http_source *source, as_http_reader *reader)
{
    reader->previous = source->last_reader;
    if (source->last_reader)
        source->last_reader->next = reader;
    else
        source->readers = reader;
    source->last_reader = reader;
}

static void delist(as_http_source *source, as_http_reader *reader)
{
    if (reader->previous)
        reader->previous->next = reader->next;
    else
        source->readers = reader->next;
    if (reader->next)
        reader->next->previous = reader->previous;
    else
        source->last_reader = reader->previous;
}

/* It has all there is for it. */
static bool is_done(const as_http_source *source, const as_http_reader *reader)
{
    return reader->at >= reader->end || reader->at >= source->size ||
           reader->at >= source->end_most;
}

static uint64_t end_of(const as_byte_range *range)
{
    return range->length < UINT64_MAX - range->offset ? range->offset + range->length : UINT64_MAX;
}

static bool is_named(const as_http_reader *reader, const as_byte_range *ranges, size_t count)
{
    for (size_t i = 0; i < count; i++)
        if (ranges[i].offset < reader->end && reader->at < end_of(&ranges[i]))
            return true;
    return false;
}

void as_http_deliver(as_http_source *source, uint64_t offset, const uint8_t *data, size_t length)
{
    bool wake = false;
    for (as_http_reader *r = source->readers; r; r = r->next) {
        if (r->result != AS_OK || r->at < offset || r->at - offset >= length || r->at >= r->end)
            continue;
        const size_t skip = (size_t)(r->at - offset);
        const uint64_t missing = r->end - r->at;
        const size_t count = missing < length - skip ? (size_t)missing : length - skip;
        memcpy(r->to, data + skip, count);
        r->to += count;
        r->at += count;
        /* What follows may be there already, in memory or on disk, or nobody may be bringing it. */
        wake = wake || is_done(source, r) || as_chunks_ready(source->chunks, r->at, 1) != 0 ||
               !as_http_is_coming(source, r->at);
    }
    if (wake)
        as_cond_broadcast(&source->changed);
}

void as_http_fail_readers(as_http_source *source, const as_error *error, bool all)
{
    for (as_http_reader *r = source->readers; r; r = r->next) {
        if (r->result != AS_OK || is_done(source, r) || (!all && as_http_is_coming(source, r->at)))
            continue;
        r->result = error->code;
        r->error = *error;
    }
    as_cond_broadcast(&source->changed);
}

/* ------------------------------------------------------------------------- refresh ---- */

/* Makes `text` the URL in use. */
static as_result take_url(as_http_source *source, const char *text, as_error *error)
{
    uint64_t host;
    as_result result = as_http_check_url(text, &host, error);
    char *copy = result == AS_OK ? as_mem_strdup(text) : NULL;
    if (result == AS_OK && !copy)
        result = as_err_no_memory(error, strlen(text) + 1, "a URL");
    if (result != AS_OK)
        return result;
    as_mutex_lock(&source->lock);
    as_mem_free(source->url);
    source->url = copy;
    source->url_host = host;
    source->url_serial++;
    source->stats.refreshes++;
    as_mutex_unlock(&source->lock);
    return AS_OK;
}

/* Asks the caller for another URL. Without the lock. */
static as_result ask_for_url(as_http_source *source, const char *url, uint32_t status,
                             as_error *error)
{
    char *text = as_mem_alloc(AS_HTTP_URL_MAX);
    if (!text)
        return as_err_no_memory(error, AS_HTTP_URL_MAX, "a URL");
    text[0] = '\0';
    as_result result =
        source->params.refresh(source->params.user, url, status, text, AS_HTTP_URL_MAX);
    if (result != AS_OK || !memchr(text, '\0', AS_HTTP_URL_MAX))
        result = AS_ERROR_TRANSPORT; /* the refusal itself tells most */
    else
        result = take_url(source, text, error);
    if (result == AS_ERROR_ARGUMENT) { /* of the callback: to who reads, the bytes cannot be had */
        result = AS_ERROR_TRANSPORT;
        as_http_set_error(source, error, result,
                          "the server refuses the URL, and what `refresh` gave in its place is not "
                          "one that can be asked for over HTTP; give one like https://host/path");
    }
    as_mem_free(text);
    return result;
}

/* The server wants another URL: asks for it in this reader's thread. Releases the lock meanwhile.
 */
static void refresh(as_http_source *source)
{
    const uint32_t status = source->denied;
    as_error error = source->last_error;
    char *url = as_mem_strdup(source->url);
    source->refreshing = source->refresh_asked = true;
    as_mutex_unlock(&source->lock);
    const as_result result = url ? ask_for_url(source, url, status, &error)
                                 : as_err_no_memory(&error, AS_HTTP_URL_MAX, "a URL");
    as_mem_free(url);
    as_mutex_lock(&source->lock);
    source->refreshing = false;
    source->denied = 0;
    if (result != AS_OK)
        as_http_give_up(source, NULL, &error, as_clock_ns());
    as_cond_broadcast(&source->changed);
    as_http_kick(&source->user);
}

/* ------------------------------------------------------------------------- reading ---- */

/* Copies what is in the cache, with breaks for others. */
static as_result take_ready(as_http_source *source, as_http_reader *reader)
{
    while (reader->result == AS_OK && reader->at < reader->end) {
        const uint64_t missing = reader->end - reader->at;
        const uint64_t ready = as_chunks_ready(source->chunks, reader->at,
                                               missing < STEP_BYTES ? missing : STEP_BYTES);
        if (ready == 0)
            break;
        const as_result result =
            as_chunks_read(source->chunks, reader->at, reader->to, (size_t)ready, &reader->error);
        if (result != AS_OK) {
            as_http_set_error(source, &reader->error, result, reader->error.text);
            return result;
        }
        reader->to += ready;
        reader->at += ready;
        if (ready == STEP_BYTES) {
            as_mutex_unlock(&source->lock);
            as_mutex_lock(&source->lock);
        }
    }
    return AS_OK;
}

static as_result say_cancelled(as_http_source *source, as_http_reader *reader, const char *why)
{
    as_http_set_error(source, &reader->error, AS_ERROR_CANCELLED, why);
    return AS_ERROR_CANCELLED;
}

/* Why a reader must not wait for what is missing: AS_OK: it may. */
static as_result refuse(as_http_source *source, as_http_reader *reader)
{
    if (source->cancelled)
        return say_cancelled(source, reader, "the source was cancelled; open it anew to read on");
    const bool rests = source->whole_full || as_clock_ns() < source->rest_until_ns;
    if (!rests || as_http_is_coming(source, reader->at))
        return AS_OK;
    reader->error = source->last_error;
    return reader->error.code;
}

/* One step towards what is missing, which may be to wait. */
static void get_on(as_http_source *source, as_http_reader *reader)
{
    if (source->denied && !source->refreshing) {
        refresh(source);
        return;
    }
    if (!as_http_is_coming(source, reader->at))
        as_http_kick(&source->user);
    (void)as_cond_wait_until(&source->changed, &source->lock, AS_NO_DEADLINE);
}

/* Under the lock. *out_waited: the cache alone did not do. */
static as_result read_all(as_http_source *source, as_http_reader *reader, bool *out_waited)
{
    for (;;) {
        as_result result = take_ready(source, reader);
        if (result != AS_OK)
            return result;
        if (is_done(source, reader))
            return AS_OK;
        if (reader->result != AS_OK)
            return reader->result;
        *out_waited = true;
        /* What is on disk needs no server. */
        if (!source->cancelled && as_http_disk_load(source, reader))
            continue;
        result = refuse(source, reader);
        if (result != AS_OK)
            return result;
        get_on(source, reader);
    }
}

as_result as_http_read(void *user, uint64_t offset, void *buffer, size_t length, size_t *out_read,
                       as_error *error)
{
    as_http_source *source = user;
    as_http_reader reader = {.at = offset, .end = offset + length, .to = buffer};
    bool waited = false;
    as_mutex_lock(&source->lock);
    reader.named = is_named(&reader, source->wanted, source->wanted_count);
    enlist(source, &reader);
    const as_result result = read_all(source, &reader, &waited);
    delist(source, &reader);
    source->stats.delivered += reader.at - offset;
    source->stats.cache_hits += !waited;
    source->stats.cache_misses += waited;
    as_mutex_unlock(&source->lock);
    *out_read = result == AS_OK ? (size_t)(reader.at - offset) : 0;
    if (result != AS_OK)
        *error = reader.error;
    return result;
}

/* --------------------------------------------------------------------------- hints ---- */

/* Copies the ranges, adjacent ones as one, as many as there is room for. */
static void take_ranges(as_http_source *source, const as_byte_range *ranges, size_t count)
{
    size_t n = 0;
    for (size_t i = 0; i < count; i++) {
        if (ranges[i].length == 0)
            continue;
        as_byte_range *last = n ? &source->wanted[n - 1] : NULL;
        if (last && ranges[i].offset >= last->offset && ranges[i].offset <= end_of(last)) {
            if (end_of(&ranges[i]) > end_of(last))
                last->length = end_of(&ranges[i]) - last->offset;
        } else if (n < AS_HTTP_WANTED) {
            source->wanted[n++] =
                (as_byte_range){ranges[i].offset, end_of(&ranges[i]) - ranges[i].offset};
        } else {
            break;
        }
    }
    source->wanted_count = n;
}

/* What stays in the cache: a quarter of it behind the head, half of it ahead. */
static void set_window(as_http_source *source)
{
    if (source->wanted_count == 0)
        return;
    const uint64_t units = source->params.cache_bytes / AS_UNIT_BYTES;
    const uint64_t head = source->wanted[0].offset / AS_UNIT_BYTES;
    as_chunks_set_window(source->chunks, head > units / 4 ? head - units / 4 : 0, head + units / 2);
}

/* A seek: who waits for what is no longer wanted is let go. Whom no hint ever named is none of its
 * business: somebody else reads there, another stream or who reads an index. */
static void note_named(as_http_source *source, const as_byte_range *ranges, size_t count, bool seek)
{
    for (as_http_reader *r = source->readers; r; r = r->next) {
        if (is_named(r, ranges, count))
            r->named = true;
        else if (seek && r->named && r->result == AS_OK && !is_done(source, r))
            r->result = say_cancelled(source, r,
                                      "newer hints no longer name the bytes of this read; read "
                                      "again if they are wanted");
    }
    if (seek)
        as_cond_broadcast(&source->changed);
}

void as_http_prefetch(void *user, const as_byte_range *ranges, size_t count, int32_t priority,
                      uint64_t generation)
{
    as_http_source *source = user;
    (void)priority; /* one list of ranges at a time: their order says it all */
    as_mutex_lock(&source->lock);
    const bool old = source->hinted && generation < source->generation;
    const bool seek = source->hinted && generation > source->generation;
    bool kick = false;
    if (!old && !source->cancelled) {
        take_ranges(source, ranges, count);
        set_window(source);
        if (!source->hinted)
            source->swept = generation;
        source->hinted = true;
        source->generation = generation;
        if (seek) {
            source->ramp = 0;
            source->filling = false;
        }
        note_named(source, ranges, count, seek);
        kick = seek || as_http_has_need(source, as_clock_ns());
    }
    as_mutex_unlock(&source->lock);
    if (kick)
        as_http_kick(&source->user);
}
