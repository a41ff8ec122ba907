/* SPDX-License-Identifier: MIT
 *
 * What was said between an HTTP source and its server: recorded, and told.
 */
#ifndef CLI_EXCHANGES_H
#define CLI_EXCHANGES_H

#include "alphastream/alphastream.h"

#include <pthread.h>
#include <stdbool.h>
#include <stddef.h>

enum { MOST_EXCHANGES = 4096 };

typedef struct exchanges {
    pthread_mutex_t lock;
    pthread_cond_t ended;
    as_http_exchange *list; /* the first MOST_EXCHANGES */
    size_t count;
    uint64_t total;      /* ended in all */
    as_http_stats stats; /* when exchanges_settle was called */
} exchanges;

/* exchanges_free in every case. Returns false without memory. */
bool exchanges_init(exchanges *e);
void exchanges_free(exchanges *e);

/* as_http_params.exchange; `user` is the exchanges. */
void exchanges_add(void *user, const as_http_exchange *exchange);

/* Reads the source's statistics, once the requests under way have ended, but for those that take
 * longer than a second. */
as_result exchanges_settle(exchanges *e, as_source *source, as_error *error);

/* To standard output, once the source is closed: the totals and a line for each exchange, or the
 * value of a JSON member. */
void exchanges_print_table(const exchanges *e);
void exchanges_print_json(const exchanges *e);

/* The totals alone: lines of a table, or the members of a JSON object, a line each after
 * `indent`, with no comma behind the last. */
void exchanges_print_totals(const as_http_stats *stats);
void exchanges_print_json_totals(const as_http_stats *stats, const char *indent);

#endif
