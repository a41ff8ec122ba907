/* SPDX-License-Identifier: MIT
 *
 * Requests that are under way but stuck: silent or slow for too long, or never going to be
 * answered.
 */
#include "core/io/source_http.h"

#include <inttypes.h>
#include <stdio.h>

#define MS ((uint64_t)1000000)
/* An answer that takes so long, against what is usual, may never come: see as_http_unserved. */
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

/* -------------------------------------------------------------------------- unserved ---- */

static long connects_of(const as_http_flight *flight)
{
    long connections = 0;
    (void)curl_easy_getinfo(flight->transfer.easy, CURLINFO_NUM_CONNECTS, &connections);
    return connections;
}

/* Does its connection carry others at the same time? */
static bool is_multiplexed(const as_http_flight *flight)
{
    long version = 0;
    (void)curl_easy_getinfo(flight->transfer.easy, CURLINFO_HTTP_VERSION, &version);
    return version >= CURL_HTTP_VERSION_2_0;
}

/* A request on a new connection to which the server has said nothing yet. */
static bool is_unserved(const as_http_flight *flight)
{
    return flight->phase == AS_HTTP_RUNNING && !flight->unwanted && flight->head.bytes == 0 &&
           flight->hops == 0 && connects_of(flight) != 0;
}

/* Which request to ask for again on a kept connection, and since when it is time for that; NULL:
 * none. Others that the server is about to answer, or might yet, show how it is without that. */
static as_http_flight *find_unserved(const as_http_source *source, uint64_t *out_due_ns)
{
    const uint64_t usual = UNSERVED_RESPONSES * source->response_ns;
    as_http_flight *first = NULL;
    bool has_slot = false;
    *out_due_ns = UINT64_MAX;
    if (source->cancelled || source->whole || !source->answered ||
        as_http_count_running(source) >= source->most_flights)
        return NULL;
    for (uint32_t i = 0; i < source->params.requests; i++) {
        as_http_flight *flight = &source->flights[i];
        has_slot = has_slot || flight->phase == AS_HTTP_FREE;
        if (flight->phase == AS_HTTP_RUNNING && (!is_unserved(flight) || flight->repeated))
            return NULL;
        if (flight->phase == AS_HTTP_RUNNING && (!first || flight->started_ns < first->started_ns))
            first = flight;
    }
    if (!first || !has_slot)
        return NULL;
    *out_due_ns = first->started_ns + (usual > UNSERVED_NS ? usual : UNSERVED_NS);
    return first;
}

uint64_t as_http_unserved_due(const as_http_source *source)
{
    uint64_t due;
    (void)find_unserved(source, &due);
    return due;
}

as_http_flight *as_http_unserved(const as_http_source *source, uint64_t now_ns)
{
    uint64_t due;
    as_http_flight *flight = find_unserved(source, &due);
    return due <= now_ns ? flight : NULL;
}

void as_http_answered_first(as_http_flight *flight, uint64_t now_ns)
{
    as_http_source *source = flight->source;
    bool silent = false;
    for (uint32_t i = 0; i < source->params.requests; i++) {
        as_http_flight *other = &source->flights[i];
        if (other == flight || other->phase == AS_HTTP_FREE ||
            other->unit >= flight->unit + flight->units ||
            flight->unit >= other->unit + other->units)
            continue;
        silent = silent || is_unserved(other);
        as_http_disown_flight(other);
        source->user.due_ns = 0;
    }
    if (!flight->repeats || !silent || connects_of(flight) != 0 || is_multiplexed(flight))
        return;
    for (uint32_t i = 0; i < source->params.requests; i++)
        if (is_unserved(&source->flights[i]))
            as_http_disown_flight(&source->flights[i]);
    as_http_limit_flights(source, now_ns);
}
