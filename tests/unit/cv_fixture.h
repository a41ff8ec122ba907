/* SPDX-License-Identifier: MIT
 *
 * What the tests of the CV_* functions share: handles that wait long enough for slow machines,
 * masks made without a stream, and checks of the last error.
 */
#ifndef TEST_CV_FIXTURE_H
#define TEST_CV_FIXTURE_H

#include "tests/support/build_container.h"
#include "tests/support/check.h"
#include "tests/support/failing_alloc.h"
#include "tests/support/process.h"
#include "tests/support/random.h"

#include "core/api/cv_handle.h"
#include "core/base/clock.h"
#include "core/base/mem.h"
#include "core/base/work.h"
#include "core/stream/options.h"
#include "core/stream/stream.h"

#include <inttypes.h>
#include <pthread.h>
#include <semaphore.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <unistd.h>

#define WALKERS "samples/data/walkers.asvp" /* 720 frames */
#define CLOSEUP "tests/data/closeup.asvr"   /* 600 frames, encrypted */
#define TORTURE "tests/data/torture.asvp"   /* 120 frames, canvas 320 x 200 */
#define CLOSEUP_SCENE 85342
#define PASSPHRASE_HEX "hex:000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f"
#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

enum { WIDTH = 256, HEIGHT = 128 }; /* of most masks here */

/* ------------------------------------------------------------------------------ errors ---- */

/* The calling thread's last error on `h` has this code and, unless it is 0, a sentence with `part`.
 */
#define assert_error(h, code, part) test_cv_assert_error((h), (code), (part), __FILE__, __LINE__)

static inline void test_cv_assert_error(AlphaStreamHandle *h, int code, const char *part,
                                        const char *file, int line)
{
    const char *text = CV_get_last_error_text(h);
    const int got = CV_get_last_error_code(h);
    assert_non_null(text);
    if (got != code) {
        print_error("last error is %d, wanted %d; text: %s\n", got, code, text);
        _fail(file, line);
    }
    if (code != 0)
        test_assert_text(text, part, "the last error", file, line);
    else if (*text != '\0') {
        print_error("no error, but the text is: %s\n", text);
        _fail(file, line);
    }
}

/* `call` must be true; otherwise the last error is shown. */
#define assert_done(h, call)                                                                       \
    do {                                                                                           \
        if (!(call)) {                                                                             \
            print_error("%s\n  failed with %d: %s\n", #call, CV_get_last_error_code(h),            \
                        CV_get_last_error_text(h));                                                \
            _fail(__FILE__, __LINE__);                                                             \
        }                                                                                          \
        assert_error((h), 0, "");                                                                  \
    } while (0)

/* ----------------------------------------------------------------------------- handles ---- */

/* A handle whose calls wait as long as it takes. */
static inline AlphaStreamHandle *create(void)
{
    AlphaStreamHandle *h = CV_create();
    assert_non_null(h);
    assert_done(h, CV_set_option(h, "timebox_ms", "60000"));
    assert_done(h, CV_set_option(h, "init_timeout_ms", "60000"));
    return h;
}

static inline bool init(AlphaStreamHandle *h, const char *path)
{
    return CV_init(h, path, CLOSEUP_SCENE, WIDTH, HEIGHT, NULL, 0, 0, 0, 0, 0, 0);
}

static inline AlphaStreamHandle *opened(const char *path)
{
    AlphaStreamHandle *h = create();
    assert_done(h, init(h, path));
    return h;
}

static inline bool init_memory(AlphaStreamHandle *h, const void *bytes, size_t size,
                               const char *name)
{
    return CV_init_memory(h, bytes, size, name, CLOSEUP_SCENE, WIDTH, HEIGHT, NULL, 0, 0, 0, 0, 0,
                          0);
}

/* ------------------------------------------------------------------- without a stream ---- */

static inline as_buffer exact_payload(const char *path, uint64_t index)
{
    as_source *source;
    as_container *container;
    as_buffer payload = {0};
    as_error error;
    const as_key_params key = test_closeup_key();
    const as_container_params params = {.struct_size = sizeof(params), .key = &key};
    assert_ok(as_source_open(path, NULL, &source, &error), &error);
    assert_ok(as_container_open(source, &params, &container, &error), &error);
    assert_ok(as_container_read_payload(container, index, &payload, &error), &error);
    as_container_close(&container);
    as_source_close(&source);
    return payload;
}

/* The mask of a canvas of canvas_width x canvas_height, malloc'd; as_canvas_* and nothing else. */
static inline uint8_t *exact_mask_of(const char *path, uint64_t index, uint32_t canvas_width,
                                     uint32_t canvas_height, uint32_t width, uint32_t height,
                                     const as_raster_params *params)
{
    as_buffer payload = exact_payload(path, index);
    as_canvas *canvas;
    as_error error;
    const size_t size = (size_t)width * height;
    uint8_t *mask = malloc(size);
    assert_non_null(mask);
    assert_ok(as_canvas_create(canvas_width, canvas_height, &canvas, &error), &error);
    assert_ok(as_canvas_draw(canvas, payload.data, payload.size, params, &error), &error);
    assert_ok(as_canvas_to_r8(canvas, mask, size, width, height, 0, &error), &error);
    as_canvas_destroy(&canvas);
    as_buffer_free(&payload);
    return mask;
}

static inline uint8_t *exact_mask(const char *path, uint64_t index, uint32_t width, uint32_t height)
{
    return exact_mask_of(path, index, 2048, 1024, width, height, NULL);
}

/* Frame `index` of what `h` has open must be that mask; width x height is the handle's size. */
static inline void check_frame(AlphaStreamHandle *h, const char *path, uint64_t index,
                               uint32_t width, uint32_t height)
{
    const void *frame = CV_get_frame(h, index);
    assert_done(h, frame != NULL);
    uint8_t *mask = exact_mask(path, index, width, height);
    assert_same_bytes(frame, mask, (size_t)width * height);
    free(mask);
}

/* ------------------------------------------------------------------------------- gates ---- */

/* The pool with one worker, and that kept busy: nothing is drawn or read until gate_open. */
typedef struct gate {
    as_work_group *group;
    as_work_queue *queue;
    sem_t entered, open;
} gate;

static inline void stand_in_gate(void *user, const as_work_item *item, bool stale)
{
    gate *g = user;
    (void)item;
    (void)stale;
    sem_post(&g->entered);
    while (sem_wait(&g->open) != 0) {
    }
}

/* Before any stream is opened: it starts the pool. */
static inline void gate_build(gate *g)
{
    assert_int_equal(sem_init(&g->entered, 0, 0), 0);
    assert_int_equal(sem_init(&g->open, 0, 0), 0);
    assert_int_equal(as_work_group_create(1, false, 1, &g->group), AS_OK);
    assert_int_equal(as_work_queue_create(g->group, 4, 1, stand_in_gate, g, &g->queue), AS_OK);
}

static inline void gate_close(gate *g)
{
    assert_true(as_work_push(g->queue, 0, 0, AS_PRIORITY_WAITED));
    while (sem_wait(&g->entered) != 0) {
    }
}

static inline void gate_open(gate *g)
{
    sem_post(&g->open);
}

static inline void gate_remove(gate *g)
{
    as_work_group_destroy(g->group);
    sem_destroy(&g->entered);
    sem_destroy(&g->open);
}

#endif
