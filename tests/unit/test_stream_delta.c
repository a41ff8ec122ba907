/* SPDX-License-Identifier: MIT
 *
 * Masks in buffers that are brought from frame to frame by what differs: long random walks with
 * sizes mixed, frames held meanwhile, all modes. Every mask is compared with one written in full.
 */
#include "tests/support/random.h"
#include "tests/support/stream_fixture.h"

enum { HELD = 6 };

typedef struct walk {
    truth *t;
    as_stream *stream;
    uint64_t frames; /* of which it shows any */
    uint32_t sizes[TRUTH_SIZES][2];
    size_t size_count;
    struct held {
        as_frame *frame;
        uint64_t index;
        const uint32_t *size;
    } held[HELD];
} walk;

static void start(walk *w, truth *t, uint32_t l0)
{
    as_stream_params params = truth_params(t);
    params.l0_frames = l0;
    params.threads = params.raster_tasks = 2;
    w->t = t;
    w->stream = open_stream(&params);
    if (w->frames == 0)
        w->frames = t->frames;
}

static void drop(walk *w, struct held *h)
{
    if (h->frame)
        assert_true(truth_shows(w->t, h->frame, h->index, h->size[0], h->size[1]));
    as_frame_unref(&h->frame);
}

static void finish(walk *w)
{
    for (size_t i = 0; i < HELD; i++)
        drop(w, &w->held[i]);
    as_stream_close(&w->stream);
}

/* On, back, to and fro, elsewhere. */
static uint64_t next_index(const walk *w, test_random *random, uint64_t index)
{
    const int64_t kind = test_random_in(random, 0, 9);
    if (kind == 0)
        return test_random_u64(random) % w->frames;
    return (index + w->frames + (kind == 1 ? 0 : kind < 4 ? w->frames - 1 : 1)) % w->frames;
}

static void go(walk *w, test_random *random, int steps)
{
    uint64_t index = 0;
    const uint32_t *size = w->sizes[0];
    for (int i = 0; i < steps; i++) {
        as_frame *frame = NULL;
        index = next_index(w, random, index);
        if (test_random_in(random, 0, 5) == 0)
            size = w->sizes[test_random_in(random, 0, (int64_t)w->size_count - 1)];
        assert_int_equal(
            as_stream_get_frame(w->stream, index, size[0], size[1], AS_WAIT_FOREVER, &frame),
            AS_OK);
        assert_true(truth_shows(w->t, frame, index, size[0], size[1]));
        struct held *h = &w->held[test_random_in(random, 0, HELD - 1)];
        drop(w, h);
        *h = (struct held){frame, index, size};
    }
}

static void walk_all(truth *t, const walk *like, int steps, const char *what)
{
    test_random random = test_random_from(test_seed(what));
    for (uint32_t l0 = 1; l0 <= 4; l0 += 3) {
        walk w = *like;
        start(&w, t, l0);
        go(&w, &random, steps);
        finish(&w);
    }
}

/* The canvas's size, larger and smaller, and one whose canvas is not remembered. */
static const walk torture_sizes = {.sizes = {{320, 200}, {512, 313}, {192, 177}, {64, 40}},
                                   .size_count = 4};

static void walk_torture(as_scale_mode scale, as_combine combine, const char *what)
{
    truth t;
    truth_of_file(&t, "tests/data/torture.asvp", 320, 200);
    t.scale = scale;
    t.combine = combine;
    walk_all(&t, &torture_sizes, TEST_SANITIZED ? 150 : 1500, what);
    truth_free(&t);
}

static void test_nearest(void **state)
{
    (void)state;
    walk_torture(AS_SCALE_NEAREST, AS_COMBINE_UNION, "nearest");
}

static void test_parity(void **state)
{
    (void)state;
    walk_torture(AS_SCALE_NEAREST, AS_COMBINE_PARITY, "parity");
}

static void test_vector(void **state)
{
    (void)state;
    walk_torture(AS_SCALE_VECTOR, AS_COMBINE_UNION, "vector");
}

/* Large enough to be written past the caches, and one that would be but for its odd rows. */
static void test_large(void **state)
{
    (void)state;
    static const walk sizes = {
        .sizes = {{2560, 1664}, {2571, 1640}, {320, 200}}, .size_count = 3, .frames = 8};
    truth t;
    truth_of_file(&t, "tests/data/torture.asvp", 320, 200);
    walk_all(&t, &sizes, TEST_SANITIZED ? 20 : 200, "large");
    truth_free(&t);
}

/* The same frame again and again, none, another one, and one of the same length. */
static void test_still_scenes(void **state)
{
    (void)state;
    static const uint32_t numbers[] = {0, 0, 0, 0, 7, 7, 8, 7, 8, 8, 0, 7};
    enum { COUNT = 2 * sizeof(numbers) / sizeof(*numbers) };
    static const walk sizes = {.sizes = {{320, 200}, {512, 313}, {64, 40}}, .size_count = 3};
    const uint8_t empty[4] = {0};
    test_bytes blocks[COUNT];
    truth t;
    for (size_t i = 0; i < COUNT; i++) {
        const uint32_t number = numbers[i / 2];
        blocks[i] = number ? test_small_block(number) : test_block(sizeof(empty), empty, 4);
    }
    truth_of_bytes(&t, test_container(blocks, COUNT), 320, 200);
    test_free_blocks(blocks, COUNT);
    walk_all(&t, &sizes, TEST_SANITIZED ? 150 : 1500, "still scenes");
    truth_free(&t);
}

static void walk_recording(const char *path, const char *what)
{
    static const walk sizes = {
        .sizes = {{2048, 1024}, {1920, 960}, {3000, 1500}}, .size_count = 3, .frames = 24};
    truth t;
    truth_of_file(&t, path, 2048, 1024);
    walk_all(&t, &sizes, TEST_SANITIZED ? 40 : 400, what);
    truth_free(&t);
}

static void test_closeup(void **state)
{
    (void)state;
    walk_recording("tests/data/closeup.asvp", "closeup");
}

static void test_walkers(void **state)
{
    (void)state;
    walk_recording("samples/data/walkers.asvp", "walkers");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_nearest),      cmocka_unit_test(test_parity),
        cmocka_unit_test(test_vector),       cmocka_unit_test(test_large),
        cmocka_unit_test(test_still_scenes), cmocka_unit_test(test_closeup),
        cmocka_unit_test(test_walkers),
    };
    return cmocka_run_group_tests_name("stream delta", tests, NULL, test_nothing_alive);
}
