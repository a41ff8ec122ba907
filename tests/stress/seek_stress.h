/* SPDX-License-Identifier: MIT
 *
 * How the files of seek_stress share what they do.
 *
 *   seek_stress.c          options, threads, the end
 *   seek_stress_streams.c  as_stream_*: opened anew all the time, frames in every way
 *   seek_stress_handles.c  CV_*: likewise, also with CV_init in the midst of other calls
 *   seek_stress_gl.c       textures of both
 *
 * Each thread is an actor, with random numbers of its own. What may not be called together (closing
 * and anything else) is kept apart by a lock for each object that callers hold for reading, so that
 * they do not keep each other in order.
 */
#ifndef STRESS_SEEK_STRESS_H
#define STRESS_SEEK_STRESS_H

#include "tests/support/frame_memory.h"
#include "tests/support/mask_hash.h"
#include "tests/support/random.h"
#include "tests/support/stream_fixture.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

enum {
    CONTENTS = 3,
    SLOTS = 4,
    HANDLES = 3,
    SHARED_HANDLES = 2, /* the first of them: CV_init comes in the midst of other calls */
    KEPT = 3,           /* frames an actor keeps for a while */
    MOST_ACTORS = 64
};

/* Callers hold `guard` for reading, who replaces the object for writing. */
typedef struct gate {
    pthread_rwlock_t guard;
    atomic_bool wanted; /* somebody is to replace it: keep away */
} gate;

typedef struct slot {
    gate gate;
    as_stream *stream; /* NULL: none is open */
    mask_content *content;
    test_source source; /* of the caller's kind, where it is used */
    bool has_source;
} slot;

typedef struct handle_slot {
    gate gate;
    AlphaStreamHandle *handle;
    mask_content *content; /* of those that are not shared; NULL: nothing is open */
} handle_slot;

typedef struct world {
    mask_content contents[CONTENTS];
    slot slots[SLOTS];
    handle_slot handles[HANDLES];
    test_frame_memory memory; /* of all streams that take one; each tells `done` */
    atomic_uint events;
    atomic_bool stop;
} world;

typedef struct counts {
    uint64_t opens, closes, inits, gets, seeks, others;
    uint64_t masks; /* hashes compared */
    uint64_t late;  /* gets that ended without a frame, because there was none in time */
    uint64_t full;  /* likewise, because enough were held */
    uint64_t textures;
} counts;

typedef struct kept {
    as_frame *frame;
    uint64_t hash;
} kept;

typedef struct actor {
    world *world;
    pthread_t thread;
    unsigned number;
    void (*act)(struct actor *self);
    test_random random;
    mask_hasher hasher;
    struct test_gl *context; /* of who acts on textures */
    kept kept[KEPT];
    uint64_t position; /* of play */
    counts counts;
    const char *_Atomic doing; /* for whoever wonders why it does not end */
    atomic_bool ended;
    uint64_t wrongs;
} actor;

/* Something is wrong: says what, and that it was this actor. */
void wrong(actor *a, const char *format, ...) __attribute__((format(printf, 2, 3)));
uint64_t below(actor *a, uint64_t end);
bool one_in(actor *a, uint64_t n);
/* false: keep away. */
bool enter(gate *g);
void leave(gate *g);
/* The next frame of somebody who plays, plays backward, jumps, goes to the end, ... */
uint64_t next_frame(actor *a, uint64_t frames);
/* What a call of a frame may come to. */
bool is_no_frame(actor *a, as_result result);

void act_on_streams(actor *a);
/* All frames the actor keeps are given back, and still show what they did. */
void give_back(actor *a);
void close_slot(slot *s);

void act_on_handles(actor *a);

/* By the main thread: contexts are made and ended one after the other. */
struct test_gl *make_context(void);
void end_context(struct test_gl *context);
/* Until world.stop, with the context current. */
void act_on_textures(actor *a);
void act_on_handle_textures(actor *a);

#endif
