/* SPDX-License-Identifier: MIT
 *
 * What the end of a request means for the source: done, another try, or a failure; and telling of
 * it.
 */
#include "core/io/source_http.h"

#include "core/base/log.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

void as_http_set_error(as_http_source *source, as_error *error, as_result code, const char *text)
{
    char shown[AS_IO_SHOWN], own[sizeof(error->text)];
    (void)snprintf(own, sizeof(own), "%s", text); /* it may be error->text */
    (void)as_err_set(error, code, "reading \"%s\": %s",
                     as_io_shown(shown, source->shown, strlen(source->shown)), own);
}

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

/* Sentences that name hosts and ports alone. Others of the same codes quote the proxy as it was
 * given, which may have a password in it. */
static bool names_hosts_alone(const char *text)
{
    static const char *const starts[] = {"Could not resolve ", "Failed to connect ", "Connection "};
    for (size_t i = 0; i < sizeof(starts) / sizeof(*starts); i++)
        if (strncmp(text, starts[i], strlen(starts[i])) == 0)
            return true;
    return false;
}

/* libcurl's own words where they tell more and are known to name hosts and certificates alone. */
static const char *describe(const as_http_flight *flight, CURLcode code)
{
    switch (code) {
    case CURLE_COULDNT_RESOLVE_HOST:
    case CURLE_COULDNT_RESOLVE_PROXY:
    case CURLE_COULDNT_CONNECT:
        return names_hosts_alone(flight->curl_error) ? flight->curl_error
                                                     : curl_easy_strerror(code);
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
    if (as_http_is_accepted(flight))
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
        as_http_content_changed(flight, now_ns);
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

/* The head, or the trailer behind the body: libcurl keeps all of both in memory. */
static void say_head_too_long(as_http_flight *flight)
{
    as_http_set_error(flight->source, &flight->error, AS_ERROR_TRANSPORT,
                      "the response's headers are longer than 64 KiB; check the server");
}

/* Less than was asked for is a step all the same, but not in crumbs. */
static bool is_crumb(const as_http_flight *flight)
{
    const uint64_t end_most = flight->source->end_most;
    const uint64_t wanted = flight->end < end_most ? flight->end : end_most;
    return !flight->whole && flight->until < wanted && flight->gained < AS_HTTP_LEAST_PART;
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
    if (is_crumb(flight) && (flight->crumb || source->end_most != AS_SIZE_UNKNOWN))
        what = "the server sends far less than it is asked for; check the server";
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
    as_http_measure(flight, now_ns, true);
    if (flight->head_too_long)
        say_head_too_long(flight);
    if (flight->head_too_long || flight->broken) {
        as_http_give_up(source, flight, &flight->error, now_ns);
    } else if (!check_body(flight, code)) {
        as_http_try_again(flight, now_ns);
    } else if (flight->until == AS_SIZE_UNKNOWN && !as_http_learn_size(source, flight->at)) {
        as_http_size_differs(flight);
        as_http_content_changed(flight, now_ns);
        as_http_free_flight(flight);
    } else if (is_crumb(flight)) { /* which may be all there is: the next answer tells */
        flight->crumb = true;
        as_http_delay_flight(flight, 0, now_ns);
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
                say_head_too_long(flight);
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
    if (!as_http_follow(flight))
        return false;
    const as_result result = as_http_send(flight, now_ns);
    if (result == AS_ERROR_ARGUMENT) /* the server's, not the caller's */
        as_http_set_error(flight->source, &flight->error, AS_ERROR_TRANSPORT,
                          "it redirects to a URL that is too long to be asked for");
    return result == AS_OK;
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
