/* SPDX-License-Identifier: MIT
 *
 * What a frame may cost: on the recorded streams at 6720 x 3360 at most 64 KB uploaded (median) and
 * one draw. Part of each in quick runs, all frames in full ones.
 */
#include "tests/unit/gl_fixture.h"

enum { WIDTH = 6720, HEIGHT = 3360, MOST_FRAMES = 720, QUICK_FRAMES = 30, MOST_BYTES = 64 * 1024 };

static test_gl *context;

static int setup(void **state)
{
    (void)state;
    context = test_gl_create(NULL);
    return 0;
}

static int teardown(void **state)
{
    test_gl_destroy(context);
    return test_nothing_alive(state);
}

static int compare(const void *a, const void *b)
{
    const uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;
    return (x > y) - (x < y);
}

/* `held` textures at once, as a renderer with that many pictures in flight has. */
static void check_budget(const char *path, uint32_t held)
{
    static uint64_t uploads[MOST_FRAMES];
    as_gl_texture textures[8] = {{0}};
    const as_stream_params params = {.struct_size = sizeof(params),
                                     .location = path,
                                     .width = WIDTH,
                                     .height = HEIGHT,
                                     .processing = AS_PROCESS_CANVASES,
                                     .init_timeout_ms = 60000};
    as_stream_metadata metadata = {.struct_size = sizeof(metadata)};
    as_stream *stream = open_stream(&params);
    as_gl *gl = attach(stream, held, AS_GL_UPLOAD_AUTO);
    assert_int_equal(as_stream_get_metadata(stream, &metadata), AS_OK);
    const bool all = is_full_run() && is_main_kind(); /* no driver decides about bytes */
    const uint64_t frames = all ? metadata.frame_count : QUICK_FRAMES;
    const uint64_t first = metadata.frame_count - frames;
    assert_in_range(frames, 1, MOST_FRAMES);
    for (uint64_t i = 0; i < frames; i++) {
        as_gl_texture *texture = &textures[i % held];
        as_gl_release(gl, texture, NULL);
        *texture = get(gl, first + i, NULL);
        const as_gl_stats stats = gl_stats_of(gl);
        assert_in_range(stats.last_draws, 0, 1);
        uploads[i] = stats.last_upload_bytes;
    }
    const as_gl_stats stats = gl_stats_of(gl);
    assert_in_range(stats.draws, 1, frames);
    assert_int_equal(stats.clears, stats.drawn_in_full);
    assert_int_equal(stats.textures, held);
    qsort(uploads, frames, sizeof(*uploads), compare);
    printf("%s, %u held: %" PRIu64 " frames, upload median %" PRIu64 ", most %" PRIu64
           " bytes; %" PRIu64 " drawn in full; update p50 %" PRIu64 " us\n",
           path, held, frames, uploads[frames / 2], uploads[frames - 1], stats.drawn_in_full,
           stats.update.p50_ns / 1000);
    assert_in_range(uploads[frames / 2], 1, MOST_BYTES);
    /* Not one mask of 22.6 MB was made. */
    assert_true(stats_of(stream).l0_bytes < (uint64_t)WIDTH * HEIGHT);
    as_gl_detach(&gl);
    as_stream_close(&stream);
}

static void test_walkers(void **state)
{
    (void)state;
    check_budget("samples/data/walkers.asvp", 1);
    check_budget("samples/data/walkers.asvp", 3);
}

static void test_closeup(void **state)
{
    (void)state;
    check_budget("tests/data/closeup.asvp", 1);
    check_budget("tests/data/closeup.asvp", 3);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_walkers),
                                       cmocka_unit_test(test_closeup)};
    return cmocka_run_group_tests_name("gl_budget", tests, setup, teardown);
}
