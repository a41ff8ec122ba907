/* SPDX-License-Identifier: MIT
 *
 * Textures through the CV_* functions.
 */
#include "tests/support/gl_context.h"
#include "tests/unit/cv_fixture.h"

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

static int no_errors(void **state)
{
    (void)state;
    test_gl_no_errors(context);
    return test_nothing_alive(state);
}

static void expect_texture(unsigned name, const char *path, uint64_t index)
{
    uint8_t *wanted = exact_mask(path, index, WIDTH, HEIGHT);
    uint8_t *pixels = test_gl_read(context, name, WIDTH, HEIGHT);
    assert_same_bytes(pixels, wanted, WIDTH * HEIGHT);
    free(pixels);
    free(wanted);
}

static unsigned check_texture(AlphaStreamHandle *h, const char *path, uint64_t index)
{
    void *fence = NULL;
    const unsigned name = CV_gl_get_frame_texture(h, index, &fence);
    assert_error(h, 0, "");
    assert_int_not_equal(name, 0);
    assert_non_null(fence);
    assert_int_equal(context->f.gl.IsSync(fence), GL_TRUE);
    expect_texture(name, path, index);
    return name;
}

static void test_frames(void **state)
{
    (void)state;
    AlphaStreamHandle *h = opened(WALKERS);
    assert_done(h, CV_gl_attach(h, test_gl_load_plain));
    unsigned before = 0;
    for (uint64_t index = 300; index < 310; index++) {
        const unsigned name = check_texture(h, WALKERS, index);
        if (before) { /* the one before was valid until now: two take turns */
            assert_int_not_equal(name, before);
            expect_texture(before, WALKERS, index - 1);
        }
        before = name;
    }
    assert_int_equal(check_texture(h, WALKERS, 309), before); /* the same again */
    assert_int_equal(CV_gl_get_frame_texture(h, 309, NULL), before);
    check_frame(h, WALKERS, 5, WIDTH, HEIGHT); /* pixels as ever */
    assert_int_equal(CV_gl_get_frame_texture(h, 720, NULL), 0);
    assert_error(h, AS_ERROR_OUT_OF_RANGE, "past the end");
    expect_texture(before, WALKERS, 309); /* a failed call takes nothing away */
    CV_gl_detach(h);
    assert_error(h, 0, "");
    assert_false(context->f.gl.IsTexture(before));
    CV_destroy(h);
}

/* Attached once, for whatever is opened then. */
static void test_other_streams(void **state)
{
    (void)state;
    AlphaStreamHandle *h = create();
    assert_done(h, CV_gl_attach(h, test_gl_load_plain));
    assert_int_equal(CV_gl_get_frame_texture(h, 0, NULL), 0);
    assert_error(h, AS_ERROR_NOT_INITIALIZED, "CV_init");
    assert_done(h, init(h, WALKERS));
    check_texture(h, WALKERS, 7);
    assert_done(h, CV_set_passphrase(h, test_closeup_key().passphrase, 32));
    assert_done(h, init(h, CLOSEUP));
    check_texture(h, CLOSEUP, 7); /* not what the texture of walkers' frame 7 shows */
    check_texture(h, CLOSEUP, 8);
    assert_done(h, CV_gl_attach(h, test_gl_load_plain)); /* anew */
    check_texture(h, CLOSEUP, 9);
    assert_done(h, init(h, WALKERS));
    check_texture(h, WALKERS, 9);
    CV_gl_detach(h);
    CV_gl_detach(h);
    CV_destroy(h);
}

/* Attached before, and kept through opens that fail. */
static void test_failed_open(void **state)
{
    void *fence = &state;
    (void)state;
    AlphaStreamHandle *h = opened(WALKERS);
    assert_done(h, CV_gl_attach(h, test_gl_load_plain));
    check_texture(h, WALKERS, 7);
    assert_false(init(h, "tests/data/none.asvp"));
    assert_int_equal(CV_gl_get_frame_texture(h, 7, &fence), 0);
    assert_null(fence);
    assert_error(h, AS_ERROR_NOT_INITIALIZED, "CV_init");
    assert_done(h, init(h, TORTURE));
    check_texture(h, TORTURE, 7);
    assert_false(init(h, "tests/data/none.asvp"));
    CV_gl_detach(h);
    assert_error(h, 0, "");
    CV_destroy(h);
    h = create();
    assert_false(init(h, "tests/data/none.asvp"));
    assert_done(h, CV_gl_attach(h, test_gl_load_plain)); /* for what is opened later */
    assert_int_equal(CV_gl_get_frame_texture(h, 0, &fence), 0);
    assert_error(h, AS_ERROR_NOT_INITIALIZED, "CV_init");
    CV_destroy(h);
}

static void test_errors(void **state)
{
    void *fence = &state;
    (void)state;
    AlphaStreamHandle *h = opened(WALKERS);
    assert_int_equal(CV_gl_get_frame_texture(h, 0, &fence), 0);
    assert_null(fence);
    assert_error(h, AS_ERROR_NOT_INITIALIZED, "CV_gl_attach");
    assert_false(CV_gl_attach(h, NULL));
    assert_error(h, AS_ERROR_ARGUMENT, "get_proc_address");
    test_gl_current(NULL);
    assert_false(CV_gl_attach(h, test_gl_load_plain));
    assert_error(h, AS_ERROR_GPU, "no OpenGL context is current");
    test_gl_current(context);
    assert_done(h, CV_gl_attach(h, test_gl_load_plain));
    test_gl_current(NULL);
    assert_int_equal(CV_gl_get_frame_texture(h, 0, &fence), 0);
    assert_error(h, AS_ERROR_GPU, "no OpenGL context is current");
    test_gl_current(context);
    check_texture(h, WALKERS, 0);
    assert_false(CV_gl_attach(NULL, test_gl_load_plain));
    assert_int_equal(CV_gl_get_frame_texture(NULL, 0, &fence), 0);
    assert_null(fence);
    CV_gl_detach(NULL);
    CV_destroy(h); /* attached: what is in the context stays there */
}

/* CV_init in one thread while another one draws: each texture is of one stream or the other. */
static void *init_again(void *user)
{
    AlphaStreamHandle *h = user;
    for (int i = 0; i < 10; i++)
        assert_true(init(h, WALKERS));
    return NULL;
}

static void test_init_meanwhile(void **state)
{
    pthread_t thread;
    (void)state;
    AlphaStreamHandle *h = opened(WALKERS);
    assert_done(h, CV_gl_attach(h, test_gl_load_plain));
    assert_int_equal(pthread_create(&thread, NULL, init_again, h), 0);
    for (uint64_t index = 0; index < 40; index++) {
        const unsigned name = CV_gl_get_frame_texture(h, index, NULL);
        const int code = CV_get_last_error_code(h);
        if (name)
            expect_texture(name, WALKERS, index);
        else /* between two streams */
            assert_true(code == AS_ERROR_NOT_INITIALIZED || code == AS_TIMEOUT);
    }
    assert_int_equal(pthread_join(thread, NULL), 0);
    check_texture(h, WALKERS, 100);
    CV_gl_detach(h);
    CV_destroy(h);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_teardown(test_frames, no_errors),
        cmocka_unit_test_teardown(test_other_streams, no_errors),
        cmocka_unit_test_teardown(test_failed_open, no_errors),
        cmocka_unit_test_teardown(test_errors, no_errors),
        cmocka_unit_test_teardown(test_init_meanwhile, no_errors),
    };
    return cmocka_run_group_tests_name("gl_cv", tests, setup, teardown);
}
