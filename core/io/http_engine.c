/* SPDX-License-Identifier: MIT
 *
 * What an HTTP source requests when: it asks the plan, begins and repeats requests, gives up those
 * that a seek made useless. All of it but the questions runs on the network
 * thread.
 */
#include "core/io/source_http.h"

#include "core/base/clock.h"

#include <string.h>

#define MS ((uint64_t)1000000)
#define CONNECT_POLL_NS (250 * MS) /* a stall is looked for once it is connected */
/* Seeks abandon at most 20 requests a second in the long run, and 4 at once: each may cost a
 * connection. */
#define ABANDON_NS (50 * MS)
#define ABANDON_BURST 4
/* A server that seems to take one connection is tried with more after a minute, then two, ... */
#define LIMITED_NS (60000 * MS)
#define MOST_LIMITS 6

/* ------------------------------------------------------------------------------ plan ---- */

size_t as_http_count_running(const as_http_source *source)
{
    size_t count = 0;
    for (uint32_t i = 0; i < source->params.requests; i++)
        count += source->flights[i].phase == AS_HTTP_RUNNING;
    return count;
}

static as_http_flight *find_phase(const as_http_source *source, as_http_phase phase)
{
    for (uint32_t i = 0; i < source->params.requests; i++)
        if (source->flights[i].phase == phase)
            return &source->flights[i];
    return NULL;
}

static bool has_unit(void *user, uint64_t unit)
{
    const as_http_source *source = user;
    return as_chunks_has(source->chunks, unit) || as_http_disk_has(source, unit);
}

/* Requests at once: one until the server has shown what it does, and while it fails. */
static uint32_t most_flights(const as_http_source *source)
{
    return source->answered && source->failures == 0 ? source->most_flights : 1;
}

/* No new request before. libcurl keeps to the bandwidth within a transfer, after a burst; so that
 * bursts do not add up, the next request waits until what came is paid for. */
static uint64_t begin_ns(const as_http_source *source)
{
    const uint64_t rest = source->rest_until_ns, hold = source->hold_until_ns;
    const uint64_t later = rest > hold ? rest : hold;
    return later > source->paid_ns ? later : source->paid_ns;
}

static bool may_request(const as_http_source *source, uint64_t now_ns)
{
    return !source->cancelled && source->denied == 0 && !source->whole_done &&
           !source->whole_full && source->disk_state != AS_HTTP_DISK_OPENING &&
           now_ns >= begin_ns(source);
}

/* Of one request: with a bandwidth, no more than half a second's. */
static uint32_t chunk_bytes(const as_http_source *source)
{
    const uint64_t half = source->params.bandwidth / 2 / AS_UNIT_BYTES * AS_UNIT_BYTES;
    if (source->params.bandwidth == 0 || half >= source->params.chunk_bytes)
        return source->params.chunk_bytes;
    return half ? (uint32_t)half : AS_UNIT_BYTES;
}

/* What the plan looks at; the arrays are the caller's. */
typedef struct view {
    as_byte_range urgent[AS_HTTP_URGENT];
    as_plan_flight flights[AS_HTTP_MOST_REQUESTS];
    as_plan plan;
} view;

static void take_view(as_http_source *source, view *out)
{
    size_t urgent = 0, flights = 0;
    for (const as_http_reader *r = source->readers; r && urgent < AS_HTTP_URGENT; r = r->next)
        if (r->result == AS_OK && r->at < r->end && r->at < source->end_most)
            out->urgent[urgent++] = (as_byte_range){r->at, r->end - r->at};
    for (uint32_t i = 0; i < source->params.requests; i++) {
        const as_http_flight *flight = &source->flights[i];
        if (flight->phase != AS_HTTP_FREE && !flight->unwanted) {
            const uint64_t begin = flight->unit * AS_UNIT_BYTES;
            out->flights[flights++] = (as_plan_flight){flight->unit, flight->units,
                                                       flight->at > begin ? flight->at - begin : 0};
        }
    }
    out->plan = (as_plan){
        .urgent = out->urgent,
        .urgent_count = urgent,
        .wanted = source->wanted,
        .wanted_count = source->wanted_count,
        .has = has_unit,
        .user = source,
        .flights = out->flights,
        .flight_count = flights,
        .size = source->end_most,
        .most_flights = most_flights(source),
        .chunk_bytes = chunk_bytes(source),
        .budget = source->params.cache_bytes,
        .rate = source->rate,
        .first_byte_ns = source->response_ns,
        .ramp = source->ramp,
        .filling = source->filling,
    };
}

/* Is something asked for that is not there? */
static bool is_wanted(const as_http_source *source)
{
    return source->readers || source->wanted_count;
}

/* The next new request; count 0: none. For the one download of everything: all. */
static as_plan_request next_request(as_http_source *source, uint64_t now_ns, bool *out_whole)
{
    as_plan_request request = {0};
    *out_whole = source->whole;
    if (!may_request(source, now_ns))
        return request;
    if (source->whole) {
        const bool under_way =
            find_phase(source, AS_HTTP_RUNNING) || find_phase(source, AS_HTTP_DELAYED);
        request.count = !under_way && is_wanted(source);
        return request;
    }
    if (!find_phase(source, AS_HTTP_FREE))
        return request;
    view seen;
    take_view(source, &seen);
    as_plan_next(&seen.plan, &request);
    source->filling = request.filling;
    return request;
}

static as_http_flight *find_due(const as_http_source *source, uint64_t now_ns)
{
    if (source->cancelled || as_http_count_running(source) >= most_flights(source))
        return NULL;
    for (uint32_t i = 0; i < source->params.requests; i++) {
        as_http_flight *flight = &source->flights[i];
        if (flight->phase == AS_HTTP_DELAYED && flight->retry_ns <= now_ns)
            return flight;
    }
    return NULL;
}

bool as_http_has_need(as_http_source *source, uint64_t now_ns)
{
    bool whole;
    return find_due(source, now_ns) || next_request(source, now_ns, &whole).count != 0;
}

bool as_http_is_coming(const as_http_source *source, uint64_t offset)
{
    for (uint32_t i = 0; i < source->params.requests; i++) {
        const as_http_flight *flight = &source->flights[i];
        if (flight->phase == AS_HTTP_RUNNING && !flight->unwanted && offset >= flight->at &&
            offset < flight->end)
            return true;
    }
    return false;
}

/* --------------------------------------------------------------------------- flights ---- */

void as_http_free_flight(as_http_flight *flight)
{
    flight->phase = AS_HTTP_FREE;
    flight->unwanted = false;
    as_cond_broadcast(&flight->source->changed); /* readers may have counted on it */
}

void as_http_delay_flight(as_http_flight *flight, uint64_t delay_ns, uint64_t now_ns)
{
    flight->phase = AS_HTTP_DELAYED;
    flight->retry_ns = now_ns + delay_ns;
}

void as_http_disown_flight(as_http_flight *flight)
{
    if (flight->phase == AS_HTTP_RUNNING)
        flight->unwanted = true;
    else
        as_http_free_flight(flight);
}

void as_http_share_bandwidth(as_http_source *source)
{
    const size_t running = as_http_count_running(source);
    if (source->params.bandwidth == 0 || running == 0)
        return;
    uint64_t share = source->params.bandwidth / running;
    if (share > INT64_MAX / 4)
        share = INT64_MAX / 4;
    for (uint32_t i = 0; i < source->params.requests; i++)
        if (source->flights[i].phase == AS_HTTP_RUNNING)
            (void)curl_easy_setopt(source->flights[i].transfer.easy, CURLOPT_MAX_RECV_SPEED_LARGE,
                                   (curl_off_t)(share ? share : 1));
}

/* Which bytes an attempt asks for: what is still missing. false: nothing is. */
static bool set_range(as_http_flight *flight)
{
    as_http_source *source = flight->source;
    if (flight->whole) {
        flight->first = flight->at = 0;
        flight->end = AS_SIZE_UNKNOWN;
        return true;
    }
    while (flight->units > 0 && as_chunks_has(source->chunks, flight->unit)) {
        flight->unit++;
        flight->units--;
    }
    const uint64_t begin = flight->unit * AS_UNIT_BYTES;
    flight->first = flight->at = begin + as_chunks_filled(source->chunks, flight->unit);
    flight->end = begin + flight->units * AS_UNIT_BYTES;
    if (flight->end > source->end_most)
        flight->end = source->end_most;
    return flight->units > 0 && flight->first < flight->end;
}

/* Hands an attempt to the client. AS_NOT_READY: there is nothing left to ask for. */
static as_result begin_attempt(as_http_flight *flight, uint64_t now_ns)
{
    as_http_source *source = flight->source;
    if (!set_range(flight)) {
        as_http_free_flight(flight);
        return AS_NOT_READY;
    }
    memset(&flight->head, 0, sizeof(flight->head));
    memset(&flight->error, 0, sizeof(flight->error));
    flight->until = flight->end;
    flight->url_serial = source->url_serial;
    flight->home = source->url_host;
    flight->matched = !source->no_match && !source->match_broken && source->pin.known &&
                      source->pin.tag[0] != '\0';
    flight->broken = flight->head_too_long = flight->no_memory = flight->unwanted = false;
    flight->repeated = false;
    flight->hops = flight->connections = 0;
    flight->started_ns = now_ns;
    flight->first_byte_ns = flight->received = flight->gained = flight->rate_bytes = 0;
    flight->notice = NULL;
    flight->gave_up = false;
    source->stats.requests++;
    return as_http_send(flight, now_ns);
}

/* A slot for what the plan wants next; NULL: nothing. */
static as_http_flight *new_flight(as_http_source *source, uint64_t now_ns)
{
    bool whole;
    const as_plan_request request = next_request(source, now_ns, &whole);
    as_http_flight *flight = request.count ? find_phase(source, AS_HTTP_FREE) : NULL;
    if (!flight)
        return NULL;
    flight->unit = request.first;
    flight->units = request.count;
    flight->whole = whole;
    flight->attempt = 0;
    flight->fresh = flight->repeats = flight->crumb = false;
    source->ramp += source->ramp < UINT32_MAX;
    return flight;
}

/* A slot for asking a second time for what the server does not take up; NULL: there is no such. */
static as_http_flight *repeat_flight(as_http_source *source, uint64_t now_ns)
{
    as_http_flight *unserved = as_http_unserved(source, now_ns);
    as_http_flight *flight = unserved ? find_phase(source, AS_HTTP_FREE) : NULL;
    if (!flight)
        return NULL;
    unserved->repeated = true;
    flight->unit = unserved->unit;
    flight->units = unserved->units;
    flight->whole = flight->fresh = flight->crumb = false;
    flight->attempt = 0;
    flight->repeats = true;
    return flight;
}

void as_http_begin(as_http_user *user, uint64_t now_ns)
{
    as_http_source *source = (as_http_source *)user;
    as_http_report report;
    as_result result = AS_NOT_READY;
    as_mutex_lock(&source->lock);
    as_http_flight *flight = find_due(source, now_ns);
    if (!flight)
        flight = repeat_flight(source, now_ns);
    if (!flight)
        flight = new_flight(source, now_ns);
    if (flight)
        result = begin_attempt(flight, now_ns);
    user->wants = result == AS_OK;                               /* there may be more */
    user->due_ns = result == AS_OK || !flight ? 0 : now_ns + MS; /* turn looks what is next */
    if (result == AS_ERROR_OUT_OF_MEMORY) {
        as_http_fill_report(flight, result, now_ns, &report);
        as_http_give_up(source, flight, &report.error, now_ns);
        as_http_free_request(flight);
        report.gave_up = true;
    }
    as_mutex_unlock(&source->lock);
    if (result == AS_ERROR_OUT_OF_MEMORY)
        as_http_tell(source, &report);
}

static uint64_t earlier(uint64_t a, uint64_t b)
{
    return a < b ? a : b;
}

void as_http_limit_flights(as_http_source *source, uint64_t now_ns)
{
    source->most_flights = 1;
    source->limited_ns = now_ns + (LIMITED_NS << source->limits);
    source->limits += source->limits < MOST_LIMITS;
}

/* ----------------------------------------------------------------------------- seeks ---- */

/* May a seek abandon one more request now? */
static bool may_abandon(as_http_source *source, uint64_t now_ns)
{
    const uint64_t from = source->abandon_ns > now_ns ? source->abandon_ns : now_ns;
    if (from + ABANDON_NS - now_ns > ABANDON_BURST * ABANDON_NS)
        return false;
    source->abandon_ns = from + ABANDON_NS;
    return true;
}

/* After a seek: gives up what is far from done and of no use. */
static void sweep(as_http_source *source, uint64_t now_ns)
{
    if (source->swept == source->generation || source->whole)
        return;
    view seen;
    take_view(source, &seen);
    bool all = true;
    size_t n = 0;
    for (uint32_t i = 0; i < source->params.requests; i++) {
        as_http_flight *flight = &source->flights[i];
        if (flight->phase == AS_HTTP_FREE || flight->unwanted ||
            as_plan_keeps(&seen.plan, &seen.flights[n++]))
            continue;
        if (flight->phase == AS_HTTP_DELAYED || may_abandon(source, now_ns))
            as_http_disown_flight(flight);
        else
            all = false;
    }
    if (all)
        source->swept = source->generation;
}

/* ------------------------------------------------------------------- the client's calls ---- */

/* When turn has something to do without being kicked. */
static uint64_t next_due(as_http_source *source, uint64_t now_ns)
{
    uint64_t due = UINT64_MAX;
    if (source->cancelled)
        return due;
    if (begin_ns(source) > now_ns && is_wanted(source))
        due = begin_ns(source);
    const uint64_t unserved = as_http_unserved_due(source);
    if (unserved > now_ns) /* else it waits for a place */
        due = earlier(due, unserved);
    if (source->swept != source->generation && !source->whole)
        due = earlier(due, now_ns + ABANDON_NS);
    for (uint32_t i = 0; i < source->params.requests; i++) {
        as_http_flight *flight = &source->flights[i];
        if (flight->phase == AS_HTTP_DELAYED && flight->retry_ns > now_ns) {
            due = earlier(due, flight->retry_ns);
        } else if (flight->phase == AS_HTTP_RUNNING) {
            const uint64_t stall = as_http_stall_deadline(flight);
            due = earlier(due, stall == UINT64_MAX ? now_ns + CONNECT_POLL_NS : stall);
        }
    }
    return due > now_ns ? due : now_ns + MS;
}

static void tell_all(as_http_source *source, const as_http_report *reports, size_t count)
{
    for (size_t i = 0; i < count; i++)
        as_http_tell(source, &reports[i]);
}

void as_http_turn(as_http_user *user, uint64_t now_ns)
{
    as_http_source *source = (as_http_source *)user;
    as_http_report reports[AS_HTTP_MOST_REQUESTS];
    size_t count = 0;
    as_mutex_lock(&source->lock);
    user->host = source->url_host;
    if (now_ns >= source->limited_ns)
        source->most_flights = source->params.requests;
    sweep(source, now_ns);
    for (uint32_t i = 0; i < source->params.requests; i++) {
        as_http_flight *flight = &source->flights[i];
        if (source->cancelled)
            as_http_disown_flight(flight);
        if (flight->phase != AS_HTTP_RUNNING)
            continue;
        if (flight->unwanted)
            as_http_remove_flight(flight, AS_ERROR_CANCELLED, now_ns, &reports[count++]);
        else if (as_http_is_stuck(flight, now_ns))
            as_http_abandon_stuck(flight, now_ns, &reports[count++]);
    }
    if (count)
        as_http_share_bandwidth(source);
    user->wants = as_http_has_need(source, now_ns) || as_http_unserved(source, now_ns);
    user->urgent = source->readers != NULL;
    user->due_ns = next_due(source, now_ns);
    as_mutex_unlock(&source->lock);
    tell_all(source, reports, count);
}

void as_http_gave_way(as_http_user *user, as_http_transfer *transfer, uint64_t now_ns)
{
    as_http_source *source = (as_http_source *)user;
    as_http_report report;
    as_mutex_lock(&source->lock);
    as_http_remove_flight((as_http_flight *)transfer, AS_ERROR_CANCELLED, now_ns, &report);
    user->wants = true;
    user->due_ns = 0;
    as_mutex_unlock(&source->lock);
    as_http_tell(source, &report);
}

void as_http_stop(as_http_user *user)
{
    as_http_source *source = (as_http_source *)user;
    as_http_report reports[AS_HTTP_MOST_REQUESTS];
    size_t count = 0;
    const uint64_t now = as_clock_ns();
    as_mutex_lock(&source->lock);
    for (uint32_t i = 0; i < source->params.requests; i++)
        if (source->flights[i].phase == AS_HTTP_RUNNING)
            as_http_remove_flight(&source->flights[i], AS_ERROR_CANCELLED, now, &reports[count++]);
    as_mutex_unlock(&source->lock);
    tell_all(source, reports, count);
    for (uint32_t i = 0; i < source->params.requests; i++) {
        curl_easy_cleanup(source->flights[i].transfer.easy);
        source->flights[i].transfer.easy = NULL;
    }
}
