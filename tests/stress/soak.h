/* SPDX-License-Identifier: MIT
 *
 * How the files of the soak test share what they do.
 *
 *   soak.c          options, rounds, trouble
 *   soak_players.c  who plays
 *   soak_figures.c  memory, descriptors and threads, and what they may be
 */
#ifndef STRESS_SOAK_H
#define STRESS_SOAK_H

#include "tests/support/http_source.h"
#include "tests/support/mask_hash.h"
#include "tests/support/random.h"

#include <pthread.h>
#include <stdatomic.h>

/* ------------------------------------------------------------------------------------ players --
 */

typedef enum soak_kind {
    SOAK_STEADY, /* one stream, open from the first round to the last */
    SOAK_DISK,   /* a stream with a cache on disk, opened in each round */
    SOAK_HANDLE, /* CV_*, opened in each round */
    SOAK_KINDS
} soak_kind;

typedef struct soak_counts {
    uint64_t pictures; /* asked for */
    uint64_t masks;    /* compared */
    uint64_t late, failed, changed;
    uint64_t seeks, opens, refused; /* of the opens */
    uint64_t wrong;
} soak_counts;

typedef struct soak_player {
    soak_kind kind;
    const char *url, *cache_dir;
    mask_content *content;
    uint64_t repeats; /* the stream shows the content so often */
    atomic_bool *stop;
    test_random random;
    mask_hasher hasher;
    pthread_t thread;
    as_stream *stream;
    AlphaStreamHandle *handle;
    uint64_t position;
    int step; /* 1, -1, 2, ... */
    soak_counts counts;
} soak_player;

/* Plays at 60 pictures a second, with seeks, until *stop: void *(*)(void *) of a soak_player. */
void *soak_play(void *player);
/* Gets `count` frames anywhere, however long it takes: false when one is not there after a minute.
 */
bool soak_recovers(soak_player *player, unsigned count);
void soak_close(soak_player *player);

/* ------------------------------------------------------------------------------------ figures --
 */

enum {
    SOAK_SAMPLES = 4096,
    SOAK_ROUNDS = 12 /* so many are needed to judge memory */
};

/* At the end of a round: the players of one round are gone, the steady one rests. */
typedef struct soak_sample {
    double seconds; /* since the beginning */
    double rss_kib,
        used_kib; /* resident; in blocks of malloc that are in use, where that is told */
    int descriptors, threads;
} soak_sample;

typedef struct soak_figures {
    soak_sample samples[SOAK_SAMPLES];
    size_t count;
} soak_figures;

/* Threads that were joined may take a moment to go; `threads` (0: not known) is what to wait for.
 */
soak_sample soak_measure(uint64_t since_ns, int threads);
/* How many of what must not be is: memory that grows by more than the bound over what follows the
 * first third, other numbers of threads, more descriptors than connections explain. It prints
 * what it looks at. */
unsigned soak_judge(const soak_figures *figures);

#endif
