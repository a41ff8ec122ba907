/* SPDX-License-Identifier: MIT
 *
 * What responses and their ends mean for the source.
 */
#include "core/io/source_http.h"

#include "core/base/clock.h"
#include "core/base/log.h"
#include "core/base/mem.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>
#include <time.h>

#define MS ((uint64_t)1000000)
#define SECOND ((uint64_t)1000000000)
#define RATE_WINDOW_NS (100 * MS)
#define RATE_WINDOW_BYTES ((uint64_t)32 * 1024) /* fewer say nothing about the speed */
#define CHANGE_MEMORY_NS (10 * SECOND)          /* changes closer than this are "in a row" */

void as_http_set_error(as_http_source *source, as_error *error, as_result code, const char *text)
{
    char shown[AS_IO_SHOWN], own[sizeof(error->text)];
    (void)snprintf(own, sizeof(own), "%s", text); /* it may be error->text */
    (void)as_err_set(error, code, "reading \"%s\": %s",
                     as_io_shown(shown, source->shown, strlen(source->shown)), own);
}

/* ------------------------------------------------------------------------ the content ---- */

/* false: it is another than was told, or more has been read already: another content's. */
static bool learn_size(as_http_source *source, uint64_t size)
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

static void size_differs(as_http_flight *flight)
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
    if (!learn_size(source, whole ? length : flight->head.total)) {
        size_differs(flight);
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
    if (!learn_size(source, told ? flight->head.total : exact ? flight->first : AS_SIZE_UNKNOWN)) {
        size_differs(flight);
        return;
    }
    if (flight->first < source->end_most)
        source->end_most = flight->first > source->size ? source->size : flight->first;
    source->answered = true;
    as_cond_broadcast(&source->changed);
}

/* Another version is there. Everything known of the old one goes, and who waits for its bytes is
 * told. Changes that follow each other closely are slowed down. */
static void content_changed(as_http_flight *flight, uint64_t now_ns)
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
    if (flight->judged)
        return length; /* trailers */
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

static bool is_accepted(const as_http_flight *flight)
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

static void measure(as_http_flight *flight, uint64_t now_ns, bool at_end)
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
    const bool accepted = is_accepted(flight) && !flight->unwanted;
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
        measure(flight, now, false);
    else
        flight->drained += length;
    const bool drains = !flight->unwanted && flight->judged && flight->drained <= AS_HTTP_DRAIN;
    as_mutex_unlock(&source->lock);
    if (accepted)
        return go_on && useful == length ? length : 0; /* more than announced is not taken */
    return drains ? length : 0;
}

/* ------------------------------------------------------------------------------- end ---- */

void as_http_give_up(as_http_source *source, as_http_flight *flight, const as_error *error,
                     uint64_t now_ns)
{
    if (flight) {
        as_http_free_flight(flight);
        flight->gave_up = true;
    }
    for (uint32_t i = 0; i < source->params.requests; i++)
        if (source->flights[i].phase == AS_HTTP_DELAYED)
            as_http_free_flight(&source->flights[i]);
    source->failures += source->failures < UINT32_MAX;
    source->rest_until_ns = now_ns + as_retry_rest_ns(source->failures);
    source->last_error = *error;
    as_http_fail_readers(source, error, false);
}

static uint64_t next_random(as_http_source *source)
{
    /* xorshift64*: spreads retries, nothing more */
    uint64_t x = source->random;
    x ^= x >> 12;
    x ^= x << 25;
    x ^= x >> 27;
    source->random = x;
    return x * 0x2545F4914F6CDD1Du;
}

void as_http_try_again(as_http_flight *flight, uint64_t now_ns)
{
    as_http_source *source = flight->source;
    const bool told =
        flight->judged && flight->verdict == AS_HTTP_AGAIN && flight->head.has_retry_after;
    if (flight->gained >= AS_UNIT_BYTES)
        flight->attempt = 0; /* it gets on */
    uint64_t delay;
    if (!as_retry_next(&source->policy, flight->attempt,
                       told ? flight->head.retry_after_ms : UINT64_MAX, next_random(source),
                       &delay)) {
        as_http_give_up(source, flight, &flight->error, now_ns);
        return;
    }
    flight->attempt++;
    source->stats.retries++;
    as_http_delay_flight(flight, delay, now_ns);
}

/* Is a retry in vain? */
static bool is_final(CURLcode code)
{
    switch (code) {
    case CURLE_OUT_OF_MEMORY:
    case CURLE_URL_MALFORMAT:
    case CURLE_NOT_BUILT_IN:
    case CURLE_PEER_FAILED_VERIFICATION:
    case CURLE_SSL_CERTPROBLEM:
    case CURLE_SSL_CIPHER:
    case CURLE_SSL_CACERT_BADFILE:
    case CURLE_SSL_CRL_BADFILE:
    case CURLE_SSL_ISSUER_ERROR:
    case CURLE_SSL_ENGINE_NOTFOUND:
    case CURLE_SSL_ENGINE_SETFAILED: return true;
    default: return false;
    }
}

/* libcurl's own words where they tell more and are known to name hosts and certificates alone. */
static const char *describe(const as_http_flight *flight, CURLcode code)
{
    switch (code) {
    case CURLE_COULDNT_RESOLVE_HOST:
    case CURLE_COULDNT_RESOLVE_PROXY:
    case CURLE_COULDNT_CONNECT:
    case CURLE_PEER_FAILED_VERIFICATION:
    case CURLE_SSL_CONNECT_ERROR:
        return flight->curl_error[0] ? flight->curl_error : curl_easy_strerror(code);
    default: return curl_easy_strerror(code);
    }
}

static const char *advice(CURLcode code)
{
    switch (code) {
    case CURLE_COULDNT_RESOLVE_HOST: return "check the host's name and the network";
    case CURLE_COULDNT_RESOLVE_PROXY:
    case CURLE_PROXY: return "check the proxy";
    case CURLE_PEER_FAILED_VERIFICATION:
        return "give the authority that signed the server's certificate as ca_file, or mend the "
               "certificate";
    case CURLE_SSL_CACERT_BADFILE: return "check ca_file";
    default: return "check the server and the network, and try again";
    }
}

/* The transfer failed below HTTP, or its body was cut short. */
static void set_transfer_error(as_http_flight *flight, CURLcode code)
{
    as_http_source *source = flight->source;
    char text[400];
    long system_error = 0;
    (void)curl_easy_getinfo(flight->transfer.easy, CURLINFO_OS_ERRNO, &system_error);
    if (code == CURLE_OUT_OF_MEMORY) {
        (void)as_err_no_memory(&flight->error, 0, "a request");
        return;
    }
    if (is_accepted(flight))
        (void)snprintf(text, sizeof(text), "the response ended early, at byte %" PRIu64 " (%s); %s",
                       flight->at, describe(flight, code), advice(code));
    else
        (void)snprintf(text, sizeof(text), "%s; %s", describe(flight, code), advice(code));
    as_http_set_error(source, &flight->error, AS_ERROR_TRANSPORT, text);
    flight->error.system_error = (int32_t)system_error;
    flight->error.offset = flight->at;
}

/* Nobody took its place: is another request of the source running? */
static bool is_alone(const as_http_flight *flight)
{
    const as_http_source *source = flight->source;
    for (uint32_t i = 0; i < source->params.requests; i++)
        if (&source->flights[i] != flight && source->flights[i].phase == AS_HTTP_RUNNING)
            return false;
    return true;
}

static void request_denied(as_http_flight *flight, uint64_t now_ns)
{
    as_http_source *source = flight->source;
    if (flight->url_serial != source->url_serial) { /* there is another URL already */
        as_http_free_flight(flight);
    } else if (!source->params.refresh || (source->refresh_asked && !source->denied)) {
        as_http_give_up(source, flight, &flight->error, now_ns);
    } else {
        source->denied = flight->head.status;
        source->last_error = flight->error;
        as_http_free_flight(flight);
        as_cond_broadcast(&source->changed); /* a reader is to ask for another URL */
    }
}

/* The server holds another version, or says so. */
static void content_differs(as_http_flight *flight, uint64_t now_ns)
{
    as_http_source *source = flight->source;
    if (flight->head.status != 412) {
        content_changed(flight, now_ns);
        as_http_free_flight(flight);
    } else if (flight->matched) {
        /* What is there now? Only a request without the condition can tell. */
        source->no_match = true;
        as_http_free_flight(flight);
    } else {
        as_http_set_error(source, &flight->error, AS_ERROR_TRANSPORT,
                          "status 412, although the request had no condition; check the server");
        as_http_give_up(source, flight, &flight->error, now_ns);
    }
}

/* Has the body brought all it was to bring? Otherwise says what is wrong with it. */
static bool check_body(as_http_flight *flight, CURLcode code)
{
    as_http_source *source = flight->source;
    const bool open_end = flight->until == AS_SIZE_UNKNOWN;
    if (open_end ? code != CURLE_OK : flight->at < flight->until) {
        set_transfer_error(flight, code == CURLE_OK ? CURLE_PARTIAL_FILE : code);
        flight->fresh = true;
        return false;
    }
    const char *what = NULL;
    /* No word about the size: the content ends here, or the server is stingy. */
    if (!flight->whole && flight->until < flight->end && source->size == AS_SIZE_UNKNOWN)
        what = "the server sends less than it is asked for; check the server";
    if (flight->whole && as_chunks_ready(source->chunks, 0, flight->at) < flight->at)
        what = "a part of the download is missing; it is begun again";
    if (what)
        as_http_set_error(source, &flight->error, AS_ERROR_TRANSPORT, what);
    return !what;
}

/* The response's body is over. */
static void body_ended(as_http_flight *flight, CURLcode code, uint64_t now_ns)
{
    as_http_source *source = flight->source;
    measure(flight, now_ns, true);
    if (flight->broken) {
        as_http_give_up(source, flight, &flight->error, now_ns);
    } else if (!check_body(flight, code)) {
        as_http_try_again(flight, now_ns);
    } else if (flight->until == AS_SIZE_UNKNOWN && !learn_size(source, flight->at)) {
        size_differs(flight);
        content_changed(flight, now_ns);
        as_http_free_flight(flight);
    } else {
        source->whole_done = flight->whole;
        source->failures = 0;
        as_http_disk_pinned(source);
        as_http_free_flight(flight);
    }
}

/* Sorts out how the attempt ended. */
static void attempt_ended(as_http_flight *flight, CURLcode code, uint64_t now_ns)
{
    as_http_source *source = flight->source;
    if (!flight->judged) {
        if (flight->head_too_long || flight->no_memory) {
            if (flight->no_memory)
                (void)as_err_no_memory(&flight->error, AS_HTTP_URL_MAX, "a redirect's target");
            else
                as_http_set_error(
                    source, &flight->error, AS_ERROR_TRANSPORT,
                    "the response's headers are longer than 64 KiB; check the server");
            as_http_give_up(source, flight, &flight->error, now_ns);
            return;
        }
        if (code == CURLE_OK)
            code = CURLE_GOT_NOTHING;
        set_transfer_error(flight, code);
        if (is_final(code)) {
            as_http_give_up(source, flight, &flight->error, now_ns);
        } else {
            /* A new connection may be one too many for the server; an old one may be dead. */
            if (flight->connections != 0 && !is_alone(flight))
                as_http_limit_flights(source, now_ns);
            flight->fresh = flight->connections == 0;
            as_http_try_again(flight, now_ns);
        }
        return;
    }
    if (flight->verdict >= AS_HTTP_CHANGED)
        as_http_set_error(source, &flight->error, flight->error.code, flight->error.text);
    switch (flight->verdict) {
    case AS_HTTP_PART:
    case AS_HTTP_WHOLE: body_ended(flight, code, now_ns); break;
    case AS_HTTP_END: as_http_free_flight(flight); break;
    case AS_HTTP_CHANGED: content_differs(flight, now_ns); break;
    case AS_HTTP_DENIED: request_denied(flight, now_ns); break;
    case AS_HTTP_REFUSED: as_http_give_up(source, flight, &flight->error, now_ns); break;
    case AS_HTTP_AGAIN:
        /* Many servers say so to one request too many. */
        if ((flight->head.status == 429 || flight->head.status == 503) && !is_alone(flight))
            as_http_limit_flights(source, now_ns);
        as_http_try_again(flight, now_ns);
        break;
    }
}

void as_http_fill_report(const as_http_flight *flight, as_result result, uint64_t now_ns,
                         as_http_report *out)
{
    const bool all = flight->end == AS_SIZE_UNKNOWN;
    out->exchange = (as_http_exchange){
        .struct_size = sizeof(out->exchange),
        .status = flight->head.status,
        .first = flight->first,
        .length = all ? 0 : flight->end - flight->first,
        .received = flight->received,
        .started_ns = flight->started_ns - flight->source->opened_ns,
        .first_byte_ns = flight->first_byte_ns,
        .total_ns = now_ns - flight->started_ns,
        .attempt = flight->attempt,
        .connected = flight->connections != 0,
        .result = result,
    };
    out->error = flight->error;
    out->notice = flight->notice;
    out->gave_up = false;
}

void as_http_tell(as_http_source *source, const as_http_report *report)
{
    const as_http_exchange *e = &report->exchange;
    const bool failed = e->result != AS_OK && e->result != AS_ERROR_CANCELLED;
    if (report->gave_up)
        as_log_write(&source->params.log, AS_LOG_INFO, "%s", report->error.text);
    if (report->notice)
        as_log_write(&source->params.log, AS_LOG_WARN, "\"%s\": %s", source->shown, report->notice);
    as_log_write(&source->params.log, AS_LOG_DEBUG,
                 "\"%s\": bytes %" PRIu64 " + %" PRIu64 ", attempt %" PRIu32 ": status %" PRIu32
                 ", %" PRIu64 " bytes in %" PRIu64 " us (first after %" PRIu64 "): %s",
                 source->shown, e->first, e->length, e->attempt, e->status, e->received,
                 e->total_ns / 1000, e->first_byte_ns / 1000,
                 failed               ? report->error.text
                 : e->result == AS_OK ? "done"
                                      : "given up");
    if (source->params.exchange)
        source->params.exchange(source->params.user, e);
}

/* Goes on to where a redirect leads; false: nowhere. */
static bool follow(as_http_flight *flight, uint64_t now_ns)
{
    return as_http_follow(flight) && as_http_send(flight, now_ns) == AS_OK;
}

void as_http_ended(as_http_user *user, as_http_transfer *transfer, CURLcode code, uint64_t now_ns)
{
    as_http_source *source = (as_http_source *)user;
    as_http_flight *flight = (as_http_flight *)transfer;
    as_http_report report;
    long connections = 0;
    (void)curl_easy_getinfo(transfer->easy, CURLINFO_NUM_CONNECTS, &connections);
    user->wants = true;
    as_mutex_lock(&source->lock);
    flight->connections += (uint32_t)connections;
    source->stats.connections += (uint64_t)connections;
    const bool redirected = flight->judged && flight->location && !flight->unwanted;
    if (redirected && follow(flight, now_ns)) {
        as_mutex_unlock(&source->lock);
        return;
    }
    as_http_fill_report(flight, AS_ERROR_CANCELLED, now_ns, &report);
    if (flight->unwanted) {
        as_http_free_flight(flight);
    } else {
        if (redirected)
            as_http_give_up(source, flight, &flight->error, now_ns);
        else
            attempt_ended(flight, code, now_ns);
        report.exchange.result = flight->error.code;
        report.error = flight->error;
    }
    report.notice = flight->notice;
    report.gave_up = flight->gave_up;
    as_http_free_request(flight);
    as_http_share_bandwidth(source);
    user->due_ns = 0;
    as_mutex_unlock(&source->lock);
    as_http_tell(source, &report);
}
