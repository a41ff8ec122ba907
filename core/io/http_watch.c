/* SPDX-License-Identifier: MIT
 *
 * Requests that are under way but stuck: silent or slow for too long, or never going to be
 * answered.
 */
#include "core/io/source_http.h"

#include <inttypes.h>
#include <stdio.h>

#define MS ((uint64_t)1000000)
/* An answer that takes so long, against what is usual, may never come: see as_http_drop_unserved.
 */
#define UNSERVED_NS (1000 * MS)
#define UNSERVED_RESPONSES 8

/* Silence, or a slow stretch, of this length fails an attempt. With a bandwidth libcurl itself
 * pauses for as long as a burst takes. */
static uint64_t most_silence(const as_http_source *source)
{
    const uint64_t most = source->params.stall_timeout_ms * MS;
    if (source->params.bandwidth == 0)
        return most;
    const uint64_t share = source->params.bandwidth / source->params.requests;
    return most + as_http_burst_bytes(source) * 1000 * MS / (share ? share : 1);
}

uint64_t as_http_stall_deadline(as_http_flight *flight)
{
    const uint64_t most = most_silence(flight->source);
    curl_off_t ready_us = 0;
    (void)curl_easy_getinfo(flight->transfer.easy, CURLINFO_PRETRANSFER_TIME_T, &ready_us);
    if (ready_us <= 0)
        return UINT64_MAX; /* connecting, which libcurl bounds */
    const uint64_t ready_ns = flight->hop_ns + (uint64_t)ready_us * 1000;
    const uint64_t alive_ns = flight->transfer.alive_ns;
    if (flight->window_ns == 0)
        flight->window_ns = ready_ns;
    const uint64_t silent = (alive_ns > ready_ns ? alive_ns : ready_ns) + most;
    const uint64_t slow = flight->window_ns + most;
    return silent < slow ? silent : slow;
}

/* Bytes that a window of the stall timeout must have brought. A cap on the bandwidth is not the
 * server's fault. */
static uint64_t least_bytes(const as_http_source *source)
{
    uint64_t speed = source->params.low_speed_bytes;
    const size_t running = as_http_count_running(source);
    const uint64_t share = running ? source->params.bandwidth / running / 2 : 0;
    if (source->params.bandwidth != 0 && share < speed)
        speed = share;
    return speed * source->params.stall_timeout_ms / 1000;
}

bool as_http_is_stuck(as_http_flight *flight, uint64_t now_ns)
{
    const uint64_t deadline = as_http_stall_deadline(flight);
    if (deadline == UINT64_MAX || now_ns < deadline)
        return false;
    const uint64_t most = most_silence(flight->source);
    if (now_ns - flight->window_ns < most || flight->window_bytes < least_bytes(flight->source))
        return true;
    flight->window_ns = now_ns;
    flight->window_bytes = 0;
    return now_ns >= as_http_stall_deadline(flight);
}

void as_http_remove_flight(as_http_flight *flight, as_result result, uint64_t now_ns,
                           as_http_report *out)
{
    long connections = 0;
    (void)curl_easy_getinfo(flight->transfer.easy, CURLINFO_NUM_CONNECTS, &connections);
    flight->connections += (uint32_t)connections;
    flight->source->stats.connections += (uint64_t)connections;
    as_http_remove(&flight->transfer);
    as_http_fill_report(flight, result, now_ns, out);
    as_http_free_request(flight);
    as_http_free_flight(flight);
}

void as_http_abandon_stuck(as_http_flight *flight, uint64_t now_ns, as_http_report *out)
{
    as_http_source *source = flight->source;
    char text[200];
    (void)snprintf(text, sizeof(text),
                   "no answer, or less than %" PRIu32 " bytes a second, for %" PRIu32
                   " ms; check the server and the network, or raise stall_timeout_ms",
                   source->params.low_speed_bytes, source->params.stall_timeout_ms);
    as_http_set_error(source, &flight->error, AS_ERROR_TRANSPORT, text);
    flight->error.offset = flight->at;
    as_http_remove_flight(flight, AS_ERROR_TRANSPORT, now_ns, out);
    flight->fresh = true;
    as_http_try_again(flight, now_ns);
    out->gave_up = flight->gave_up;
}

/* When to believe that a request on a new connection is not going to be answered because the server
 * takes no more connections; UINT64_MAX: there is no reason to. */
static uint64_t unserved_deadline(const as_http_flight *flight)
{
    const as_http_source *source = flight->source;
    const uint64_t usual = UNSERVED_RESPONSES * source->response_ns;
    long connections = 0;
    if (flight->phase != AS_HTTP_RUNNING || flight->head.bytes != 0 || flight->hops != 0 ||
        !source->answered || source->most_flights == 1)
        return UINT64_MAX;
    (void)curl_easy_getinfo(flight->transfer.easy, CURLINFO_NUM_CONNECTS, &connections);
    if (connections == 0)
        return UINT64_MAX;
    return flight->started_ns + (usual > UNSERVED_NS ? usual : UNSERVED_NS);
}

/* The first of these, once no request is being answered. */
uint64_t as_http_unserved_due(const as_http_source *source)
{
    uint64_t due = UINT64_MAX;
    for (uint32_t i = 0; i < source->params.requests; i++) {
        const as_http_flight *flight = &source->flights[i];
        if (flight->phase == AS_HTTP_RUNNING && flight->head.bytes != 0)
            return UINT64_MAX;
        const uint64_t deadline = unserved_deadline(flight);
        due = deadline < due ? deadline : due;
    }
    return due;
}

/* Some servers serve one connection at a time and let others wait until it is closed, which kept
 * alive it is not. Requests that wait on new connections are given up, and from then on there is
 * one at a time. */
void as_http_drop_unserved(as_http_source *source, uint64_t now_ns)
{
    if (as_http_unserved_due(source) > now_ns)
        return;
    for (uint32_t i = 0; i < source->params.requests; i++)
        if (unserved_deadline(&source->flights[i]) != UINT64_MAX)
            as_http_disown_flight(&source->flights[i]);
    as_http_limit_flights(source, now_ns);
}
