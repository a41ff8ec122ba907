/* SPDX-License-Identifier: MIT
 *
 * A build without OpenGL has the same functions, which say so.
 */
#include "tests/support/stream_fixture.h"

static as_gl_proc load(void *user, const char *name)
{
    (void)user;
    (void)name;
    fail();
    return NULL;
}

static as_gl_proc load_plain(const char *name)
{
    return load(NULL, name);
}

static void test_attach(void **state)
{
    const as_gl_params params = {.struct_size = sizeof(params), .get_proc_address = load};
    truth t;
    as_gl *gl = NULL;
    as_error error;
    (void)state;
    truth_of_bytes(&t, test_triangles(3), 320, 200);
    const as_stream_params stream_params = truth_params(&t);
    as_stream *stream = open_stream(&stream_params);
    assert_fails(as_gl_attach(stream, &params, &gl, &error), AS_ERROR_UNSUPPORTED, &error,
                 "ALPHASTREAM_WITH_GL=ON");
    assert_null(gl);
    as_gl_detach(&gl);
    as_gl_release(gl, NULL, NULL);
    assert_int_equal(as_features() & AS_FEATURE_OPENGL, 0);
    truth_expect(&t, stream, 1, 320, 200);
    as_stream_close(&stream);
    truth_free(&t);
}

static void test_cv(void **state)
{
    AlphaStreamHandle *h = CV_create();
    (void)state;
    assert_non_null(h);
    assert_false(CV_gl_attach(h, load_plain));
    assert_int_equal(CV_get_last_error_code(h), AS_ERROR_UNSUPPORTED);
    assert_int_equal(CV_gl_get_frame_texture(h, 0, NULL), 0);
    assert_int_equal(CV_get_last_error_code(h), AS_ERROR_NOT_INITIALIZED);
    CV_gl_detach(h);
    CV_destroy(h);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_attach), cmocka_unit_test(test_cv)};
    return cmocka_run_group_tests_name("gl_stub", tests, NULL, test_nothing_alive);
}
