/* SPDX-License-Identifier: MIT */
#include "exchanges.h"

#include "message.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

static const double ms = 1e6;

bool exchanges_init(exchanges *e)
{
    pthread_condattr_t attributes;
    *e = (exchanges){.list = malloc(MOST_EXCHANGES * sizeof(*e->list)),
                     .stats = {.struct_size = sizeof(e->stats)}};
    pthread_mutex_init(&e->lock, NULL);
    pthread_condattr_init(&attributes);
    pthread_condattr_setclock(&attributes, CLOCK_MONOTONIC);
    pthread_cond_init(&e->ended, &attributes);
    pthread_condattr_destroy(&attributes);
    return e->list != NULL;
}

void exchanges_free(exchanges *e)
{
    pthread_cond_destroy(&e->ended);
    pthread_mutex_destroy(&e->lock);
    free(e->list);
}

void exchanges_add(void *user, const as_http_exchange *exchange)
{
    exchanges *e = user;
    pthread_mutex_lock(&e->lock);
    if (e->count < MOST_EXCHANGES)
        e->list[e->count++] = *exchange;
    e->total++;
    pthread_cond_signal(&e->ended);
    pthread_mutex_unlock(&e->lock);
}

as_result exchanges_settle(exchanges *e, as_source *source, as_error *error)
{
    struct timespec deadline;
    int waited = 0;
    clock_gettime(CLOCK_MONOTONIC, &deadline);
    deadline.tv_sec++;
    for (;;) {
        const as_result result = as_source_get_http_stats(source, &e->stats, error);
        if (result != AS_OK || waited == ETIMEDOUT)
            return result;
        pthread_mutex_lock(&e->lock);
        const bool all = e->total >= e->stats.requests;
        if (!all)
            waited = pthread_cond_timedwait(&e->ended, &e->lock, &deadline);
        pthread_mutex_unlock(&e->lock);
        if (all)
            return AS_OK;
    }
}

/* -------------------------------------------------------------------------------- table ---- */

static double megabits(uint64_t bytes_per_second)
{
    return (double)bytes_per_second * 8 / 1e6;
}

void exchanges_print_totals(const as_http_stats *s)
{
    message_print("requests       %" PRIu64 ", %" PRIu64 " of them retries, over %" PRIu64
                  " connection%s\n",
                  s->requests, s->retries, s->connections, s->connections == 1 ? "" : "s");
    message_print("received       %" PRIu64 " bytes, %" PRIu64 " of them for the first time\n",
                  s->received, s->useful);
    message_print("from cache     %" PRIu64 " reads of %" PRIu64 ", %" PRIu64
                  " units of 64 KiB from disk\n",
                  s->cache_hits, s->cache_hits + s->cache_misses, s->disk_hits);
    message_print("ranges         %s\n", s->ranges ? "yes" : "no, or not known");
    if (s->bytes_per_second)
        message_print("speed          %.1f Mbit/s\n", megabits(s->bytes_per_second));
}

static void print_range(const as_http_exchange *x, char *out, size_t size)
{
    if (x->length)
        snprintf(out, size, "%" PRIu64 "-%" PRIu64, x->first, x->first + x->length - 1);
    else
        snprintf(out, size, "%" PRIu64 "-", x->first);
}

static void print_line(const as_http_exchange *x)
{
    char range[48], status[16] = "-", first[24] = "-";
    print_range(x, range, sizeof(range));
    if (x->status)
        snprintf(status, sizeof(status), "%" PRIu32, x->status);
    if (x->first_byte_ns)
        snprintf(first, sizeof(first), "%.1f", (double)x->first_byte_ns / ms);
    message_print("%24s %12" PRIu64 " %6s %5" PRIu32 " %5s %10.1f %10s %10.1f  %s\n", range,
                  x->received, status, x->attempt, x->connected ? "yes" : "no",
                  (double)x->started_ns / ms, first, (double)x->total_ns / ms,
                  as_result_text(x->result));
}

void exchanges_print_table(const exchanges *e)
{
    exchanges_print_totals(&e->stats);
    message_print("%24s %12s %6s %5s %5s %10s %10s %10s  %s\n", "bytes asked for", "received",
                  "status", "retry", "new", "at ms", "first ms", "all ms", "result");
    for (size_t i = 0; i < e->count; i++)
        print_line(&e->list[i]);
    if (e->total > e->count)
        message_print("and %" PRIu64 " more\n", e->total - e->count);
}

/* --------------------------------------------------------------------------------- json ---- */

void exchanges_print_json_totals(const as_http_stats *s, const char *indent)
{
    const struct {
        const char *name;
        uint64_t value;
    } numbers[] = {{"requests", s->requests},         {"retries", s->retries},
                   {"received", s->received},         {"useful", s->useful},
                   {"delivered", s->delivered},       {"cache_hits", s->cache_hits},
                   {"cache_misses", s->cache_misses}, {"disk_hits", s->disk_hits},
                   {"connections", s->connections},   {"bytes_per_second", s->bytes_per_second}};
    for (size_t i = 0; i < sizeof(numbers) / sizeof(*numbers); i++)
        message_print("%s\"%s\": %" PRIu64 ",\n", indent, numbers[i].name, numbers[i].value);
    message_print("%s\"ranges\": %s", indent, s->ranges ? "true" : "false");
}

static void print_json_exchange(const as_http_exchange *x)
{
    message_print("{\"first\": %" PRIu64 ", \"length\": ", x->first);
    if (x->length)
        message_print("%" PRIu64, x->length);
    else
        message_print("null");
    message_print(", \"received\": %" PRIu64 ", \"status\": %" PRIu32 ", \"attempt\": %" PRIu32
                  ", \"connected\": %s, \"started_ms\": %.3f, \"first_byte_ms\": ",
                  x->received, x->status, x->attempt, x->connected ? "true" : "false",
                  (double)x->started_ns / ms);
    if (x->first_byte_ns)
        message_print("%.3f", (double)x->first_byte_ns / ms);
    else
        message_print("null");
    message_print(", \"total_ms\": %.3f, \"result\": %" PRId32 "}", (double)x->total_ns / ms,
                  x->result);
}

void exchanges_print_json(const exchanges *e)
{
    message_print("{\n");
    exchanges_print_json_totals(&e->stats, "    ");
    message_print(",\n    \"exchanges\": [");
    for (size_t i = 0; i < e->count; i++) {
        message_print(i == 0 ? "\n      " : ",\n      ");
        print_json_exchange(&e->list[i]);
    }
    message_print("]\n  }");
}
