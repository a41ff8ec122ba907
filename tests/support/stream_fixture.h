/* SPDX-License-Identifier: MIT
 *
 * What the tests of streams share: the right masks of a container, computed without a stream, and a
 * source whose reads can be blocked, failed, counted and recorded.
 */
#ifndef TEST_STREAM_FIXTURE_H
#define TEST_STREAM_FIXTURE_H

#include "tests/support/build_container.h"
#include "tests/support/check.h"
#include "tests/support/process.h"

#include <pthread.h>
#include <stdbool.h>

/* ----------------------------------------------------------------------------- expectation -- */

enum { TRUTH_SIZES = 4 };

typedef struct truth_size {
    uint32_t width, height;
    uint8_t **masks; /* by frame; NULL: not drawn yet */
} truth_size;

/* What a stream with these parameters must give. */
typedef struct truth {
    uint8_t *bytes; /* the container, malloc'd */
    size_t size;
    as_container *container;
    uint64_t frames;
    uint32_t canvas_width, canvas_height;
    as_scale_mode scale;
    as_combine combine;
    truth_size sizes[TRUTH_SIZES];
} truth;

/* Of a file, at a canvas of width x height. */
void truth_of_file(truth *t, const char *path, uint32_t width, uint32_t height);
/* Of `bytes`, which it takes over. */
void truth_of_bytes(truth *t, test_bytes bytes, uint32_t width, uint32_t height);
/* Closes the container, so that nothing of the library is alive; what was drawn stays. */
void truth_rest(truth *t);
void truth_free(truth *t);
/* The mask of a frame: drawn once, then kept. NULL: the frame is not well-formed. */
const uint8_t *truth_mask(truth *t, uint64_t index, uint32_t width, uint32_t height);
/* Draws all frames at this size, so that truth_mask may be called by several threads. */
void truth_draw_all(truth *t, uint32_t width, uint32_t height);
/* Where a frame lies. */
as_byte_range truth_range(const truth *t, uint64_t index);

/* Does `frame` show exactly that? It says what differs. */
bool truth_shows(truth *t, const as_frame *frame, uint64_t index, uint32_t width, uint32_t height);
/* Gets the frame (waiting as long as it takes), checks and releases it. */
void truth_expect(truth *t, as_stream *stream, uint64_t index, uint32_t width, uint32_t height);
void truth_expect_strip(truth *t, as_stream *stream, uint64_t index);
/* The same for the canvas from which that mask is sampled. */
bool truth_shows_canvas(truth *t, const as_frame *frame, uint64_t index, uint32_t width,
                        uint32_t height);
void truth_expect_canvas(truth *t, as_stream *stream, uint64_t index, uint32_t width,
                         uint32_t height);

/* What the library counts for the buffer of a mask as large as its canvas: pixels, and the bits
 * that it remembers of them. */
size_t test_mask_bytes(uint32_t width, uint32_t height);

/* `count` frames with one small triangle each, all different up to 50000; meant for 320 x 200. */
test_bytes test_triangles(size_t count);
/* The same with `padding` unused bytes behind each frame's, and the first frame that of number
 * `first`. */
test_bytes test_padded_triangles(size_t count, size_t padding, size_t first);
/* The same container with a damaged block at `index`. */
void truth_damage(truth *t, uint64_t index);

/* Params of a stream on the bytes of `t`: one thread unless told otherwise, canvas, scale and
 * combine as in `t`. */
as_stream_params truth_params(const truth *t);
as_stream *open_stream(const as_stream_params *params);
as_stream_stats stats_of(as_stream *stream);

/* --------------------------------------------------------------------------------- source -- */

enum { TEST_SOURCE_LOG = 4096, TEST_SOURCE_HINTS = 256, TEST_SOURCE_RANGES = 64 };

typedef struct test_hint {
    as_byte_range ranges[TEST_SOURCE_RANGES];
    size_t count;
    int32_t priority;
    uint64_t generation;
} test_hint;

/* A source over bytes. All fields are guarded by the lock; use the functions. What follows
 * `cancellable` may be set before it is opened. */
typedef struct test_source {
    const uint8_t *bytes;
    size_t size;
    bool cancellable;
    bool hinted;    /* it takes hints */
    bool gives_up;  /* a new generation ends blocked reads of bytes it does not name */
    bool versioned; /* it tells its version */

    pthread_mutex_t lock;
    pthread_cond_t changed;
    bool gated; /* reads that begin in [gate_from, gate_to) wait */
    uint64_t gate_from, gate_to;
    uint32_t passes;                   /* so many of them may go through */
    uint64_t fail_at;                  /* this read fails, counted from 0; UINT64_MAX: none */
    uint64_t fail_from, fail_to;       /* reads that begin there fail */
    uint64_t give_up_from, give_up_to; /* reads that begin there are given up */
    uint64_t changing;                 /* so many reads from now on meet a change */
    uint64_t change_from, change_to;   /* reads that begin there say they do */
    uint64_t version;
    bool cancelled, closed;
    uint32_t blocked;
    uint64_t reads, failed, given_up;
    uint64_t offsets[TEST_SOURCE_LOG]; /* of the reads, as they began */
    void (*on_hint)(void *user);
    void *hint_user;
    uint64_t hint_count;
    test_hint hints[TEST_SOURCE_HINTS]; /* the n-th is at n % TEST_SOURCE_HINTS */
} test_source;

void test_source_init(test_source *s, const void *bytes, size_t size, bool cancellable);
void test_source_destroy(test_source *s);
as_source *test_source_open(test_source *s);
/* From now on reads that begin in this range wait until the gate is opened. */
void test_source_gate(test_source *s, uint64_t from, uint64_t to);
void test_source_open_gate(test_source *s);
/* Lets one blocked read go through. */
void test_source_pass(test_source *s);
/* Lets blocked reads go through, one after the other, until the gate is open. */
void test_source_serve(test_source *s);
/* Returns when that many reads are blocked, or more. */
void test_source_wait_blocked(test_source *s, uint32_t count);
/* Returns when that many reads have begun. */
void test_source_wait_reads(test_source *s, uint64_t count);
void test_source_fail_at(test_source *s, uint64_t n);
void test_source_fail_range(test_source *s, uint64_t from, uint64_t to);
void test_source_give_up_range(test_source *s, uint64_t from, uint64_t to);
/* Reads that begin there say that the content changed; the version stays. */
void test_source_change_range(test_source *s, uint64_t from, uint64_t to);
/* The content is another from now on: its version grows, and reads that are blocked meet it. */
void test_source_replace(test_source *s, const void *bytes, size_t size);
/* The next `count` reads meet a change, whatever the version; with a version, it grows each time.
 */
void test_source_keep_changing(test_source *s, uint64_t count);
/* Waits for hint number `number` (from 0), or a later one, and copies it. */
test_hint test_source_hint(test_source *s, uint64_t number);
/* Waits until the newest hint names all of `range`, and copies it. */
test_hint test_source_hint_of(test_source *s, as_byte_range range);
/* How many there were. One that is due may come a little later, from another thread. */
uint64_t test_source_hints(test_source *s);
/* From now on fn(user) is called for each hint, under no lock. */
void test_source_on_hint(test_source *s, void (*fn)(void *user), void *user);
/* Does a range of the hint name all of `range`? */
bool test_hint_names(const test_hint *hint, as_byte_range range);
uint64_t test_source_reads(test_source *s);
uint32_t test_source_blocked(test_source *s);
/* How many reads since read number `since` began at `offset`. */
uint32_t test_source_count(test_source *s, uint64_t since, uint64_t offset);

/* --------------------------------------------------------------------------------- events -- */

/* Collects events; wait for them instead of sleeping. */
typedef struct test_events {
    pthread_mutex_t lock;
    pthread_cond_t changed;
    uint64_t count;
    uint64_t indices[256];
    as_result results[256];
} test_events;

void test_events_init(test_events *e);
void test_events_destroy(test_events *e);
void test_events_take(void *user, uint64_t index, as_result result);
void test_events_wait(test_events *e, uint64_t count);
/* How many for that frame; *out_result (may be NULL): of the last. */
uint32_t test_events_of(test_events *e, uint64_t index, as_result *out_result);

#endif
