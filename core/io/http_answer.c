/* SPDX-License-Identifier: MIT
 *
 * What a response means for the source, as its head and body arrive.
 */
#include "core/io/source_http.h"

#include "core/base/clock.h"
#include "core/base/mem.h"

#include <string.h>
#include <strings.h>
#include <time.h>

#define MS ((uint64_t)1000000)
#define SECOND ((uint64_t)1000000000)
#define RATE_WINDOW_NS (100 * MS)
#define RATE_WINDOW_BYTES ((uint64_t)32 * 1024) /* fewer say nothing about the speed */
#define CHANGE_MEMORY_NS (10 * SECOND)          /* changes closer than this are "in a row" */

/* ------------------------------------------------------------------------ the content ---- */

bool as_http_learn_size(as_http_source *source, uint64_t size)
{
    if (source->size != AS_SIZE_UNKNOWN || size == AS_SIZE_UNKNOWN)
        return size == AS_SIZE_UNKNOWN || size == source->size;
    if (size < source->stored_end)
        return false;
    source->size = size;
    as_chunks_set_size(source->chunks, size);
    if (size < source->end_most)
        source->end_most = size;
    as_cond_broadcast(&source->changed); /* some may be at the end */
    return true;
}

void as_http_size_differs(as_http_flight *flight)
{
    flight->verdict = AS_HTTP_CHANGED;
    flight->matched = false;
    (void)as_err_set(&flight->error, AS_ERROR_CHANGED,
                     "the content has another size than what was read of it already");
}

static void enter_whole_mode(as_http_flight *flight)
{
    as_http_source *source = flight->source;
    flight->whole = true;
    flight->first = flight->at = 0;
    flight->end = AS_SIZE_UNKNOWN;
    flight->notice = "the server does not answer ranges; reading everything, once";
    source->whole = true;
    source->ranges = false;
    as_chunks_keep_all(source->chunks);
    for (uint32_t i = 0; i < source->params.requests; i++)
        if (&source->flights[i] != flight)
            as_http_disown_flight(&source->flights[i]);
    source->user.due_ns = 0;
}

/* A response whose body belongs to the content. */
static void accept_response(as_http_flight *flight, uint64_t length)
{
    as_http_source *source = flight->source;
    const bool whole = flight->verdict == AS_HTTP_WHOLE;
    if (!as_http_learn_size(source, whole ? length : flight->head.total)) {
        as_http_size_differs(flight);
        return;
    }
    if (source->no_match && !source->match_broken && !flight->matched &&
        strcmp(flight->head.tag, source->pin.tag) == 0) {
        source->match_broken = true;
        flight->notice = "the server says 412 to an If-Match that holds; doing without";
    }
    as_http_pin_set(&source->pin, &flight->head, flight->verdict);
    if (flight->url_serial == source->url_serial)
        source->refresh_asked = false;
    source->answered = true;
    source->ranges = !whole;
    if (whole && !source->whole)
        enter_whole_mode(flight);
    else
        as_http_answered_first(flight, flight->transfer.alive_ns);
    flight->until = length == AS_SIZE_UNKNOWN ? AS_SIZE_UNKNOWN : flight->first + length;
    as_http_disk_pinned(source);
}

/* A response that says that the content ends at or before what was asked for. */
static void accept_end(as_http_flight *flight)
{
    as_http_source *source = flight->source;
    /* Without a total: what is before an odd beginning is there, so it ends just there. */
    const bool exact = flight->first % AS_UNIT_BYTES != 0;
    const bool told = flight->head.total != AS_SIZE_UNKNOWN;
    if (!told && flight->first == 0) {
        flight->verdict = AS_HTTP_REFUSED;
        (void)as_err_set(&flight->error, AS_ERROR_TRANSPORT,
                         "status 416: the server refuses the first bytes without saying that there "
                         "are none; check the server");
        return;
    }
    if (!as_http_learn_size(source, told    ? flight->head.total
                                    : exact ? flight->first
                                            : AS_SIZE_UNKNOWN)) {
        as_http_size_differs(flight);
        return;
    }
    if (flight->first < source->end_most)
        source->end_most = flight->first > source->size ? source->size : flight->first;
    source->answered = true;
    as_cond_broadcast(&source->changed);
}

void as_http_content_changed(as_http_flight *flight, uint64_t now_ns)
{
    as_http_source *source = flight->source;
    as_error error;
    as_http_set_error(source, &error, AS_ERROR_CHANGED,
                      "its content was replaced by another; open it again or read on from the new "
                      "one");
    flight->notice = "the content was replaced by another";
    as_chunks_clear(source->chunks);
    memset(&source->pin, 0, sizeof(source->pin));
    source->pin.total = AS_SIZE_UNKNOWN;
    source->size = source->end_most = AS_SIZE_UNKNOWN;
    source->stored_end = 0;
    source->answered = source->ranges = false;
    source->whole = source->whole_done = source->whole_full = false;
    source->no_match = false;
    source->wanted_count = 0;
    source->ramp = 0;
    source->filling = false;
    (void)atomic_fetch_add(&source->version, 1);
    for (uint32_t i = 0; i < source->params.requests; i++)
        if (&source->flights[i] != flight)
            as_http_disown_flight(&source->flights[i]);
    source->user.due_ns = 0;
    as_http_disk_changed(source);
    as_http_fail_readers(source, &error, true);
    const bool soon = source->changed_ns != 0 && now_ns - source->changed_ns < CHANGE_MEMORY_NS;
    source->changes = soon ? source->changes + 1 : 0;
    source->changed_ns = now_ns;
    source->hold_until_ns =
        source->changes ? now_ns + as_retry_rest_ns(source->changes) : source->hold_until_ns;
}

/* --------------------------------------------------------------------------- headers ---- */

static bool is_redirect(uint32_t status)
{
    return status == 301 || status == 302 || status == 303 || status == 307 || status == 308;
}

static bool keep_location(as_http_flight *flight, const char *line, size_t length)
{
    static const char name[] = "location:";
    const size_t skip = sizeof(name) - 1;
    if (!is_redirect(flight->head.status) || length < skip || strncasecmp(line, name, skip) != 0)
        return true;
    const char *value = line + skip, *end = line + length;
    while (value < end && (*value == ' ' || *value == '\t'))
        value++;
    while (end > value && (end[-1] == '\r' || end[-1] == '\n' || end[-1] == ' '))
        end--;
    if ((size_t)(end - value) >= AS_HTTP_URL_MAX)
        return false;
    if (flight->location)
        return true; /* the first one counts */
    flight->location = as_mem_alloc((size_t)(end - value) + 1);
    if (!flight->location) {
        flight->no_memory = true;
        return false;
    }
    memcpy(flight->location, value, (size_t)(end - value));
    flight->location[end - value] = '\0';
    return true;
}

/* The head is complete. Under the lock. */
static void judge(as_http_flight *flight)
{
    as_http_source *source = flight->source;
    flight->judged = true;
    if (flight->location || flight->unwanted)
        return;
    uint64_t length = AS_SIZE_UNKNOWN;
    const uint64_t asked = flight->whole ? AS_SIZE_UNKNOWN : flight->end - flight->first;
    flight->verdict =
        as_http_judge(&flight->head, flight->first, asked, &source->pin, &length, &flight->error);
    if (flight->whole && flight->verdict == AS_HTTP_PART) {
        flight->verdict = AS_HTTP_AGAIN;
        (void)as_err_set(&flight->error, AS_ERROR_TRANSPORT,
                         "the server answered with a part of the content although all of it was "
                         "asked for; check the server");
    }
    if (flight->verdict == AS_HTTP_WHOLE && source->whole && !flight->whole)
        as_http_disown_flight(flight); /* another request is the one download */
    else if (flight->verdict == AS_HTTP_PART || flight->verdict == AS_HTTP_WHOLE)
        accept_response(flight, length);
    else if (flight->verdict == AS_HTTP_END)
        accept_end(flight);
}

size_t as_http_on_header(char *data, size_t size, size_t count, void *user)
{
    as_http_flight *flight = user;
    const size_t length = size * count;
    flight->transfer.alive_ns = as_clock_ns();
    if (flight->judged) {
        flight->head_too_long = !as_http_trailer_line(&flight->head, length);
        return flight->head_too_long ? 0 : length;
    }
    if (!as_http_head_line(&flight->head, data, length, (int64_t)time(NULL))) {
        flight->head_too_long = true;
        return 0;
    }
    if (!keep_location(flight, data, length)) {
        flight->head_too_long = !flight->no_memory;
        return 0;
    }
    if (!flight->head.complete || flight->head.status < 200)
        return length;
    as_mutex_lock(&flight->source->lock);
    judge(flight);
    const bool go_on = !flight->unwanted;
    as_mutex_unlock(&flight->source->lock);
    return go_on ? length : 0;
}

/* ------------------------------------------------------------------------------ body ---- */

bool as_http_is_accepted(const as_http_flight *flight)
{
    return flight->judged && !flight->location &&
           (flight->verdict == AS_HTTP_PART || flight->verdict == AS_HTTP_WHOLE);
}

/* Into the cache, unit by unit: one that lost its beginning meanwhile is left out. */
static bool store(as_http_flight *flight, uint64_t at, const uint8_t *data, size_t length)
{
    as_http_source *source = flight->source;
    while (length > 0) {
        const uint64_t unit = at / AS_UNIT_BYTES;
        const size_t room = (size_t)(AS_UNIT_BYTES - at % AS_UNIT_BYTES);
        const size_t piece = length < room ? length : room;
        size_t fresh = 0;
        const bool had = as_chunks_has(source->chunks, unit);
        as_error error;
        const as_result result = as_chunks_write(source->chunks, at, data, piece, &fresh, &error);
        source->stats.useful += fresh;
        if (fresh != 0 && at + piece > source->stored_end)
            source->stored_end = at + piece;
        flight->gained += fresh;
        if (result != AS_OK && result != AS_ERROR_ARGUMENT) {
            as_http_set_error(source, &flight->error, result, error.text);
            source->whole_full = source->whole_full || (flight->whole && result == AS_ERROR_LIMIT);
            flight->broken = true;
            return false;
        }
        if (!had && as_chunks_has(source->chunks, unit)) {
            as_http_disk_completed(source, unit);
            source->user.wants = true; /* the plan may ask for more now */
        }
        at += piece;
        data += piece;
        length -= piece;
    }
    return true;
}

void as_http_measure(as_http_flight *flight, uint64_t now_ns, bool at_end)
{
    as_http_source *source = flight->source;
    const uint64_t ns = now_ns - flight->rate_ns;
    if (flight->rate_bytes < RATE_WINDOW_BYTES || (ns < RATE_WINDOW_NS && !at_end))
        return;
    const uint64_t sample = flight->rate_bytes * SECOND / (ns < MS ? MS : ns);
    source->rate = source->rate ? source->rate - source->rate / 4 + sample / 4 : sample;
    flight->rate_ns = now_ns;
    flight->rate_bytes = 0;
}

static void note_first_byte(as_http_flight *flight, uint64_t now_ns)
{
    as_http_source *source = flight->source;
    curl_off_t sent_us = 0;
    (void)curl_easy_getinfo(flight->transfer.easy, CURLINFO_PRETRANSFER_TIME_T, &sent_us);
    const uint64_t hop = now_ns - flight->hop_ns, sent = (uint64_t)sent_us * 1000;
    flight->first_byte_ns = now_ns - flight->started_ns;
    flight->rate_ns = now_ns;
    source->stats.first_byte_ns = flight->first_byte_ns;
    source->response_ns = hop > sent ? hop - sent : 1;
}

size_t as_http_on_body(char *data, size_t size, size_t count, void *user)
{
    as_http_flight *flight = user;
    as_http_source *source = flight->source;
    const uint64_t now = as_clock_ns();
    const size_t length = size * count;
    flight->transfer.alive_ns = now;
    as_mutex_lock(&source->lock);
    const bool accepted = as_http_is_accepted(flight) && !flight->unwanted;
    size_t useful = length;
    bool go_on = accepted;
    if (accepted && flight->first_byte_ns == 0)
        note_first_byte(flight, now);
    if (accepted && flight->until - flight->at < length)
        useful = (size_t)(flight->until - flight->at);
    if (accepted && useful > 0) {
        const uint64_t at = flight->at;
        go_on = store(flight, at, (const uint8_t *)data, useful);
        flight->at += useful;
        as_http_deliver(source, at, (const uint8_t *)data, useful);
    }
    flight->received += length;
    flight->window_bytes += length;
    flight->rate_bytes += length;
    source->stats.received += length;
    if (source->params.bandwidth != 0)
        source->paid_ns = (source->paid_ns > now ? source->paid_ns : now) +
                          length * SECOND / source->params.bandwidth;
    if (accepted)
        as_http_measure(flight, now, false);
    else
        flight->drained += length;
    const bool drains = !flight->unwanted && flight->judged && flight->drained <= AS_HTTP_DRAIN;
    as_mutex_unlock(&source->lock);
    if (accepted)
        return go_on && useful == length ? length : 0; /* more than announced is not taken */
    return drains ? length : 0;
}
