/* SPDX-License-Identifier: MIT
 *
 * Frames as OpenGL textures: the pixels, the pool, what the stream prepares, statistics, errors.
 */
#include "tests/support/random.h"
#include "tests/unit/gl_fixture.h"

#include "core/base/clock.h"
#include "core/stream/stream.h"

#include <poll.h>

enum { WIDTH = 320, HEIGHT = 200, FRAMES = 60 };

static test_gl *context;
static truth small;

static int setup(void **state)
{
    (void)state;
    context = test_gl_create(NULL);
    truth_of_bytes(&small, test_triangles(FRAMES), WIDTH, HEIGHT);
    truth_draw_all(&small, WIDTH, HEIGHT);
    truth_rest(&small);
    return 0;
}

static int teardown(void **state)
{
    truth_free(&small);
    test_gl_destroy(context);
    return test_nothing_alive(state);
}

/* Every test leaves a clean context behind. */
static int no_errors(void **state)
{
    (void)state;
    test_gl_no_errors(context);
    return 0;
}

/* ---------------------------------------------------------------------------------- pixels -- */

static void check_mode(as_scale_mode scale, as_combine combine, as_gl_upload upload)
{
    static const uint32_t sizes[][2] = {{0, 0}, {641, 399}, {111, 66}, {1, 1}};
    truth t;
    truth_of_file(&t, "tests/data/torture.asvp", WIDTH, HEIGHT);
    t.scale = scale;
    t.combine = combine;
    const as_stream_params params = truth_params(&t);
    as_stream *stream = open_stream(&params);
    as_gl *gl = attach(stream, 0, upload);
    for (uint64_t index = 0; index < t.frames; index++)
        for (size_t i = 0; i < COUNT(sizes); i++) {
            const as_gl_request request = ask(sizes[i][0], sizes[i][1]);
            check_frame(context, gl, &t, index, &request);
        }
    as_gl_detach(&gl);
    as_stream_close(&stream);
    truth_free(&t);
}

static void test_modes(void **state)
{
    (void)state;
    check_mode(AS_SCALE_NEAREST, AS_COMBINE_UNION, AS_GL_UPLOAD_AUTO);
    check_mode(AS_SCALE_NEAREST, AS_COMBINE_PARITY, AS_GL_UPLOAD_ORPHANED);
    check_mode(AS_SCALE_VECTOR, AS_COMBINE_UNION, AS_GL_UPLOAD_ORPHANED);
    check_mode(AS_SCALE_VECTOR, AS_COMBINE_PARITY, AS_GL_UPLOAD_AUTO);
}

/* Random frames, sizes and releases, 1 to 8 textures held. */
static void test_seeks(void **state)
{
    static const uint32_t sizes[][2] = {{0, 0}, {0, 0}, {0, 0}, {97, 203}};
    enum { MOST = 8, GETS = 60 };
    test_random random = test_random_from(test_seed("seeks"));
    truth t;
    (void)state;
    truth_of_file(&t, "tests/data/torture.asvp", WIDTH, HEIGHT);
    const as_stream_params params = truth_params(&t);
    as_stream *stream = open_stream(&params);
    for (uint32_t count = 1; count <= MOST; count++) {
        as_gl *gl = attach(stream, count, AS_GL_UPLOAD_AUTO);
        as_gl_texture held[MOST] = {{0}};
        for (int n = 0; n < GETS; n++) {
            const size_t at = (size_t)test_random_in(&random, 0, count - 1);
            const uint32_t *size = sizes[test_random_in(&random, 0, COUNT(sizes) - 1)];
            const as_gl_request request = ask(size[0], size[1]);
            as_gl_release(gl, &held[at], NULL);
            held[at] =
                get(gl, (uint64_t)test_random_in(&random, 0, (int64_t)t.frames - 1), &request);
            expect(context, &held[at], &t);
            const as_gl_texture *next = &held[(at + 1) % count]; /* is left alone */
            if (next->handle)
                expect(context, next, &t);
        }
        assert_true(gl_stats_of(gl).textures <= count);
        as_gl_detach(&gl);
    }
    as_stream_close(&stream);
    truth_free(&t);
}

/* ------------------------------------------------------------------------------------ pool -- */

static void test_pool(void **state)
{
    const as_stream_params params = truth_params(&small);
    as_stream *stream = open_stream(&params);
    as_gl *gl = attach(stream, 2, AS_GL_UPLOAD_AUTO);
    as_gl_texture third;
    as_error error;
    (void)state;
    as_gl_texture first = get(gl, 3, NULL), second = get(gl, 4, NULL), again = get(gl, 3, NULL);
    assert_int_equal(again.name, first.name); /* shown once, held twice */
    assert_int_equal(first.width, WIDTH);
    assert_int_equal(first.height, HEIGHT);
    assert_int_not_equal(first.name, second.name);
    assert_fails(as_gl_get_frame(gl, 5, NULL, AS_WAIT_FOREVER, &third, &error), AS_ERROR_LIMIT,
                 &error, "release one");
    assert_null(third.handle);
    as_gl_stats stats = gl_stats_of(gl);
    assert_int_equal(stats.textures, 2);
    assert_int_equal(stats.texture_bytes, 2 * WIDTH * HEIGHT);
    assert_int_equal(stats.held, 3);
    assert_int_equal(stats.memory_bytes, 2 * (WIDTH / 64) * 8 * HEIGHT);
    assert_int_equal(stats.frames, 3);
    assert_int_equal(stats.shown_already, 1);
    as_gl_release(gl, &first, NULL);
    assert_fails(as_gl_get_frame(gl, 5, NULL, AS_WAIT_FOREVER, &third, &error), AS_ERROR_LIMIT,
                 &error, "all 2 textures are held");
    const uint32_t name = again.name;
    as_gl_release(gl, &again, NULL);
    third = get(gl, 5, NULL);
    assert_int_equal(third.name, name);
    expect(context, &third, &small);
    expect(context, &second, &small);
    as_gl_release(gl, &third, NULL);
    as_gl_release(gl, &third, NULL);
    as_gl_release(gl, NULL, NULL);
    as_gl_release(NULL, &second, NULL);
    assert_int_equal(gl_stats_of(gl).held, 1);
    as_gl_detach(&gl);
    assert_null(gl);
    as_gl_detach(&gl);
    as_gl_detach(NULL);
    as_gl_abandon(NULL);
    as_stream_close(&stream);
}

/* The same commands draw into it again and again: no texture is made for a frame. */
static void test_no_creation_per_frame(void **state)
{
    const as_stream_params params = truth_params(&small);
    as_stream *stream = open_stream(&params);
    as_gl *gl = attach(stream, 0, AS_GL_UPLOAD_AUTO);
    uint32_t name = 0;
    (void)state;
    for (uint64_t index = 0; index < FRAMES; index++) {
        as_gl_texture texture = get(gl, index, NULL);
        assert_true(name == 0 || name == texture.name);
        name = texture.name;
        as_gl_release(gl, &texture, NULL);
    }
    as_gl_stats stats = gl_stats_of(gl);
    assert_int_equal(stats.textures, 1);
    assert_int_equal(stats.frames, FRAMES);
    assert_int_equal(stats.update.count, FRAMES);
    assert_int_equal(stats.clears, stats.drawn_in_full);
    assert_int_equal(stats.upload_bytes, stats.rectangles * 8);
    as_gl_texture texture = get(gl, FRAMES - 1, NULL); /* shows it still */
    assert_int_equal(gl_stats_of(gl).shown_already, 1);
    assert_int_equal(gl_stats_of(gl).draws, stats.draws);
    expect(context, &texture, &small);
    as_gl_detach(&gl);
    as_stream_close(&stream);
}

/* -------------------------------------------------------------------------------- streams -- */

/* Waits until workers have nothing left to prepare. */
static void wait_idle(as_stream *stream)
{
    as_mutex_lock(&stream->lock);
    while (stream->task_count != 0)
        (void)as_cond_wait_until(&stream->changed, &stream->lock, as_clock_ns() + MILLISECOND);
    as_mutex_unlock(&stream->lock);
}

static bool has_ready(as_stream *stream, as_output_key key)
{
    return as_outputs_has(stream->outputs, key);
}

/* A stream that serves textures prepares no pixels, but makes them when asked. */
static void test_prepares_canvases(void **state)
{
    const as_stream_params params = truth_params(&small);
    as_stream *stream = open_stream(&params);
    as_gl *gl, *other;
    (void)state;
    truth_expect(&small, stream, 0, WIDTH, HEIGHT);
    wait_idle(stream);
    assert_true(has_ready(stream, as_st_mask_key(1, WIDTH, HEIGHT)));
    gl = attach(stream, 0, AS_GL_UPLOAD_AUTO);
    assert_true(stats_of(stream).l0_bytes < WIDTH * HEIGHT); /* what was prepared is gone */
    for (uint64_t index = 10; index < 15; index++)
        check_frame(context, gl, &small, index, NULL);
    wait_idle(stream);
    assert_true(has_ready(stream, as_st_canvas_key(stream, 15, 0, 0)));
    for (uint64_t index = 10; index < 20; index++)
        assert_false(has_ready(stream, as_st_mask_key(index, WIDTH, HEIGHT)));
    truth_expect(&small, stream, 12, WIDTH, HEIGHT);
    as_gl_detach(&gl);
    truth_expect(&small, stream, 20, WIDTH, HEIGHT); /* as before the attach */
    truth_expect(&small, stream, 21, WIDTH, HEIGHT);
    wait_idle(stream);
    assert_true(has_ready(stream, as_st_mask_key(22, WIDTH, HEIGHT)));
    assert_false(has_ready(stream, as_st_canvas_key(stream, 22, 0, 0)));

    /* One of two is detached: the other goes on. */
    gl = attach(stream, 0, AS_GL_UPLOAD_AUTO);
    other = attach(stream, 0, AS_GL_UPLOAD_AUTO);
    as_gl_detach(&gl);
    for (uint64_t index = 30; index < 35; index++)
        check_frame(context, other, &small, index, NULL);
    wait_idle(stream);
    assert_true(has_ready(stream, as_st_canvas_key(stream, 35, 0, 0)));
    as_gl_detach(&other);
    as_stream_close(&stream);
}

static void test_keep_processing(void **state)
{
    const as_stream_params params = truth_params(&small);
    const as_gl_params keep = {
        .struct_size = sizeof(keep), .get_proc_address = test_gl_load, .keep_processing = 1};
    as_stream *stream = open_stream(&params);
    as_error error;
    as_gl *gl;
    (void)state;
    assert_ok(as_gl_attach(stream, &keep, &gl, &error), &error);
    check_frame(context, gl, &small, 1, NULL);
    truth_expect(&small, stream, 2, WIDTH, HEIGHT);
    wait_idle(stream);
    assert_true(has_ready(stream, as_st_mask_key(3, WIDTH, HEIGHT)));
    as_gl_detach(&gl);
    as_stream_close(&stream);
}

/* The frames that callers may hold are theirs. */
static void test_holds_no_frames(void **state)
{
    as_stream_params params = truth_params(&small);
    params.held_frames = 1;
    as_stream *stream = open_stream(&params);
    as_gl *gl = attach(stream, 3, AS_GL_UPLOAD_AUTO);
    as_gl_texture textures[3], more;
    as_frame *frame;
    as_error error;
    (void)state;
    for (uint64_t index = 0; index < 3; index++)
        textures[index] = get(gl, index, NULL);
    assert_int_equal(stats_of(stream).held_frames, 0);
    as_gl_release(gl, &textures[0], NULL);
    assert_int_equal(as_stream_get_frame(stream, 9, 0, 0, AS_WAIT_FOREVER, &frame), AS_OK);
    assert_fails(as_gl_get_frame(gl, 9, NULL, AS_WAIT_FOREVER, &more, &error), AS_ERROR_LIMIT,
                 &error, "held_frames");
    as_frame_unref(&frame);
    check_frame(context, gl, &small, 9, NULL);
    as_gl_detach(&gl);
    as_stream_close(&stream);
}

static void test_stream_errors(void **state)
{
    test_source source;
    as_gl_texture texture;
    as_error error;
    (void)state;
    truth t;
    truth_of_bytes(&t, test_triangles(FRAMES), WIDTH, HEIGHT);
    truth_damage(&t, 7);
    test_source_init(&source, t.bytes, t.size, true);
    as_stream_params params = truth_params(&t);
    params.bytes = NULL;
    params.source = test_source_open(&source);
    as_stream *stream = open_stream(&params);
    as_source_close(&params.source);
    as_gl *gl = attach(stream, 0, AS_GL_UPLOAD_AUTO);
    memset(&texture, 0xFF, sizeof(texture));
    assert_fails(as_gl_get_frame(gl, FRAMES, NULL, 0, &texture, &error), AS_ERROR_OUT_OF_RANGE,
                 &error, "past the end");
    assert_null(texture.handle);
    assert_int_equal(texture.name, 0);
    assert_int_equal(error.frame, FRAMES);
    assert_fails(as_gl_get_frame(gl, 7, NULL, AS_WAIT_FOREVER, &texture, &error), AS_ERROR_DECODE,
                 &error, "frame 7");
    const as_byte_range range = truth_range(&t, 40);
    wait_idle(stream);
    test_source_gate(&source, range.offset, range.offset + 1);
    as_result result = as_gl_get_frame(gl, 40, NULL, 0, &texture, &error);
    if (result != AS_OK) /* unless it was read ahead */
        assert_int_equal(result, AS_NOT_READY);
    test_source_open_gate(&source);
    check_frame(context, gl, &t, 40, NULL);
    as_gl_detach(&gl);
    as_stream_close(&stream);
    test_source_destroy(&source);
    truth_free(&t);
}

/* Attached while the index is still to be read, of a stream that then turns out to be none. */
static void test_no_stream(void **state)
{
    static const uint8_t bytes[64] = {'n', 'o', 'n', 'e'};
    test_source source;
    as_gl_texture texture;
    as_stream *stream;
    as_error error;
    (void)state;
    test_source_init(&source, bytes, sizeof(bytes), true);
    test_source_gate(&source, 0, UINT64_MAX);
    as_stream_params params = {.struct_size = sizeof(params), .source = test_source_open(&source)};
    assert_ok(as_stream_open_async(&params, &stream, &error), &error);
    as_source_close(&params.source);
    as_gl *gl = attach(stream, 0, AS_GL_UPLOAD_AUTO);
    assert_fails(as_gl_get_frame(gl, 0, NULL, AS_WAIT_FOREVER, &texture, &error), AS_NOT_READY,
                 &error, "index");
    test_source_open_gate(&source);
    struct pollfd opened = {.fd = as_stream_event_fd(stream), .events = POLLIN};
    assert_int_equal(poll(&opened, 1, -1), 1);
    assert_fails(as_gl_get_frame(gl, 0, NULL, AS_WAIT_FOREVER, &texture, &error), AS_ERROR_DECODE,
                 &error, "");
    assert_null(texture.handle);
    assert_int_equal(gl_stats_of(gl).textures, 0);
    as_gl_detach(&gl);
    as_stream_close(&stream);
    test_source_destroy(&source);
}

static void test_arguments(void **state)
{
    const as_stream_params stream_params = truth_params(&small);
    as_stream *stream = open_stream(&stream_params);
    as_gl_params params = {.struct_size = sizeof(params), .get_proc_address = test_gl_load};
    as_gl_stats stats = {.struct_size = 3};
    as_gl_texture texture;
    as_error error;
    as_gl *gl = NULL;
    (void)state;
    assert_fails(as_gl_attach(NULL, &params, &gl, &error), AS_ERROR_ARGUMENT, &error, "stream");
    assert_fails(as_gl_attach(stream, &params, NULL, &error), AS_ERROR_ARGUMENT, &error, "out_gl");
    assert_fails(as_gl_attach(stream, NULL, &gl, &error), AS_ERROR_ARGUMENT, &error,
                 "get_proc_address");
    params.struct_size = 4;
    assert_fails(as_gl_attach(stream, &params, &gl, &error), AS_ERROR_ARGUMENT, &error,
                 "struct_size");
    params.struct_size = sizeof(params);
    params.get_proc_address = NULL;
    assert_fails(as_gl_attach(stream, &params, &gl, &error), AS_ERROR_ARGUMENT, &error,
                 "get_proc_address");
    params.get_proc_address = test_gl_load;
    params.textures = 65;
    assert_fails(as_gl_attach(stream, &params, &gl, &error), AS_ERROR_ARGUMENT, &error, "1 to 64");
    params.textures = 0;
    params.upload = 3;
    assert_int_equal(as_gl_attach(stream, &params, &gl, NULL), AS_ERROR_ARGUMENT);
    params.upload = AS_GL_UPLOAD_AUTO;
    assert_ok(as_gl_attach(stream, &params, &gl, &error), &error);

    as_gl_request request = ask(5, 0);
    assert_fails(as_gl_get_frame(gl, 0, &request, 0, &texture, &error), AS_ERROR_ARGUMENT, &error,
                 "each side");
    request = ask(16385, 1);
    assert_fails(as_gl_get_frame(gl, 0, &request, 0, &texture, &error), AS_ERROR_ARGUMENT, &error,
                 "16385");
    request = ask(0, 0);
    request.texture = request.framebuffer = 1;
    assert_fails(as_gl_get_frame(gl, 0, &request, 0, &texture, &error), AS_ERROR_ARGUMENT, &error,
                 "one of them");
    request.struct_size = 0;
    assert_fails(as_gl_get_frame(gl, 0, &request, 0, &texture, &error), AS_ERROR_ARGUMENT, &error,
                 "struct_size");
    assert_fails(as_gl_get_frame(NULL, 0, NULL, 0, &texture, &error), AS_ERROR_ARGUMENT, &error,
                 "gl is NULL");
    assert_fails(as_gl_get_frame(gl, 0, NULL, 0, NULL, &error), AS_ERROR_ARGUMENT, &error,
                 "out_texture");
    assert_int_equal(as_gl_get_stats(gl, &stats), AS_ERROR_ARGUMENT);
    assert_int_equal(as_gl_get_stats(gl, NULL), AS_ERROR_ARGUMENT);
    assert_int_equal(as_gl_get_stats(NULL, &stats), AS_ERROR_ARGUMENT);
    stats.struct_size = 16; /* a shorter one */
    assert_int_equal(as_gl_get_stats(gl, &stats), AS_OK);
    assert_int_equal(as_features() & AS_FEATURE_OPENGL, AS_FEATURE_OPENGL);
    as_gl_detach(&gl);
    as_stream_close(&stream);
}

/* Textures that show the source's old content are not taken for frames of the new one. */
static void test_content_replaced(void **state)
{
    (void)state;
    enum { LATER = 30, HELD = 4 };
    truth other;
    test_source control;
    as_error error;
    as_gl_texture held, texture;
    as_gl_request mine = ask(0, 0);
    truth_of_bytes(&other, test_padded_triangles(LATER, 1000, 1000), WIDTH, HEIGHT);
    test_source_init(&control, small.bytes, small.size, true);
    control.versioned = true;
    as_source *source = test_source_open(&control);
    as_stream_params params = truth_params(&small);
    params.bytes = NULL;
    params.bytes_size = 0;
    params.source = source;
    as_stream *stream = open_stream(&params);
    as_gl *gl = attach(stream, HELD, AS_GL_UPLOAD_AUTO);
    mine.texture = test_gl_make_texture(context, GL_R8, WIDTH, HEIGHT, 0);
    check_frame(context, gl, &small, LATER, NULL);
    check_frame(context, gl, &small, 5, NULL);
    held = get(gl, 6, NULL);
    texture = get(gl, 7, &mine);
    as_gl_release(gl, &texture, NULL);
    mine.unchanged = 1;
    test_source_replace(&control, other.bytes, other.size);
    assert_fails(as_gl_get_frame(gl, 5, NULL, AS_WAIT_FOREVER, &texture, &error), AS_ERROR_CHANGED,
                 &error, "replaced by another");
    for (uint64_t i = 5; i < 8; i++)
        check_frame(context, gl, &other, i, NULL);
    check_frame(context, gl, &other, 7, &mine);
    expect(context, &held, &small); /* it is the caller's */
    as_gl_release(gl, &held, NULL);
    check_frame(context, gl, &other, 6, NULL);
    assert_fails(as_gl_get_frame(gl, LATER, NULL, AS_WAIT_FOREVER, &texture, &error),
                 AS_ERROR_OUT_OF_RANGE, &error, "30 frames");
    /* And back: nobody tells these frames apart by their numbers either. */
    test_source_replace(&control, small.bytes, small.size);
    assert_fails(as_gl_get_frame(gl, 6, NULL, AS_WAIT_FOREVER, &texture, &error), AS_ERROR_CHANGED,
                 &error, "replaced by another");
    check_frame(context, gl, &small, 6, NULL);
    check_frame(context, gl, &small, 7, &mine);
    as_gl_detach(&gl);
    as_stream_close(&stream);
    as_source_close(&source);
    test_source_destroy(&control);
    truth_free(&other);
    context->f.gl.DeleteTextures(1, &mine.texture);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_teardown(test_modes, no_errors),
        cmocka_unit_test_teardown(test_seeks, no_errors),
        cmocka_unit_test_teardown(test_pool, no_errors),
        cmocka_unit_test_teardown(test_no_creation_per_frame, no_errors),
        cmocka_unit_test_teardown(test_prepares_canvases, no_errors),
        cmocka_unit_test_teardown(test_keep_processing, no_errors),
        cmocka_unit_test_teardown(test_holds_no_frames, no_errors),
        cmocka_unit_test_teardown(test_stream_errors, no_errors),
        cmocka_unit_test_teardown(test_content_replaced, no_errors),
        cmocka_unit_test_teardown(test_no_stream, no_errors),
        cmocka_unit_test_teardown(test_arguments, no_errors),
    };
    return cmocka_run_group_tests_name("gl_frames", tests, setup, teardown);
}
