/* SPDX-License-Identifier: MIT
 *
 * The rows of tests/data/golden.tsv as textures: all of them on core 3.3 and in full runs, else one
 * of each size and mode; and the largest masks there are.
 */
#include "tests/support/golden.h"
#include "tests/unit/gl_fixture.h"

static test_gl *context;
static golden_row current; /* what is open; file "": nothing */
static as_stream *stream;
static as_gl *gl;

static void close_current(void)
{
    as_gl_detach(&gl);
    as_stream_close(&stream);
    current.file[0] = '\0';
}

static void open_for(const golden_row *row)
{
    char path[128];
    as_key_params key;
    as_error error;
    if (golden_is_same_stream(row, &current))
        return;
    close_current();
    golden_path(row, path, sizeof(path));
    const as_stream_params params = golden_params(row, path, &key);
    assert_ok(as_stream_open(&params, &stream, &error), &error);
    gl = attach(stream, 2, AS_GL_UPLOAD_AUTO);
    current = *row;
}

static void texture_hash(const golden_row *row, char out_hex[65])
{
    const as_gl_request request = ask(row->width, row->height);
    open_for(row);
    as_gl_texture texture = get(gl, row->frame, &request);
    uint8_t *pixels = test_gl_read(context, texture.name, texture.width, texture.height);
    test_sha256(pixels, (size_t)texture.width * texture.height, out_hex);
    free(pixels);
    as_gl_release(gl, &texture, NULL);
}

static bool is_thorough(void)
{
    return is_full_run() || is_main_kind();
}

static void test_golden(void **state)
{
    (void)state;
    golden_check("OpenGL", !is_thorough(), texture_hash);
    close_current();
}

/* ThreadSanitizer's shadow of what the driver's threads write to 256 Mi texels does not fit memory.
 */
static uint32_t largest_side(void)
{
#if defined(__SANITIZE_THREAD__)
    return 4096;
#else
    return AS_SIZE_MAX_PIXELS;
#endif
}

/* 16384 x 16384 where the driver can, and sizes around it. */
static void test_largest(void **state)
{
    static const uint32_t canvases[][2] = {{2048, 1024}, {16384, 16384}};
    GLint most;
    (void)state;
    context->f.gl.GetIntegerv(GL_MAX_TEXTURE_SIZE, &most);
    assert_true(most >= 8192);
    const uint32_t limit = largest_side();
    const uint32_t side = most < (GLint)limit ? (uint32_t)most : limit;
    for (size_t i = 0; i < COUNT(canvases); i++) {
        truth t;
        truth_of_file(&t, "tests/data/closeup.asvp", canvases[i][0], canvases[i][1]);
        as_stream_params params = truth_params(&t);
        params.processing = AS_PROCESS_ON_DEMAND;
        params.prefetch_frames = 1;
        as_stream *large = open_stream(&params);
        as_gl *attached = attach(large, 1, AS_GL_UPLOAD_AUTO);
        const as_gl_request request = ask(side, side);
        check_frame(context, attached, &t, 300, &request);
        if (i == 0)
            check_frame(context, attached, &t, 301, &request);
        as_gl_detach(&attached);
        as_stream_close(&large);
        truth_free(&t);
    }
}

static int setup(void **state)
{
    (void)state;
    context = test_gl_create(NULL);
    return 0;
}

static int teardown(void **state)
{
    close_current();
    test_gl_destroy(context);
    return test_nothing_alive(state);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_golden),
                                       cmocka_unit_test(test_largest)};
    const struct CMUnitTest one_of_each[] = {cmocka_unit_test(test_golden)};
    return is_thorough() ? cmocka_run_group_tests_name("gl_golden", tests, setup, teardown)
                         : cmocka_run_group_tests_name("gl_golden", one_of_each, setup, teardown);
}
