/* SPDX-License-Identifier: MIT
 *
 * CV_init and what it takes into account: arguments, settings, options, passphrases from every
 * place they can come from.
 */
#include "tests/unit/cv_fixture.h"

/* --------------------------------------------------------------------------- defaults ---- */

static void test_zeros_are_defaults(void **state)
{
    (void)state;
    AlphaStreamHandle *h = CV_create();
    assert_non_null(h);
    assert_done(h, CV_init(h, WALKERS, 0, 0, 0, NULL, 0, 0, 0, 0, 0, 0));
    assert_int_equal(CV_get_total_frames(h), 720);
    assert_int_equal(CV_get_frame_size(h), 2048 * 1024);
    const as_stream_params *p = &h->session->stream->params;
    assert_int_equal(p->width, 2048);
    assert_int_equal(p->height, 1024);
    assert_int_equal(p->canvas_width, 2048);
    assert_int_equal(p->canvas_height, 1024);
    assert_int_equal(p->l0_frames, 4);
    assert_int_equal(p->l1_frames, 512);
    assert_int_equal(p->init_frames, 0);
    assert_int_equal(p->init_timeout_ms, 4000);
    assert_int_equal(p->data_timeout_ms, 4000);
    assert_int_equal(p->timebox_us, 12000);
    assert_done(h, CV_set_option(h, "timebox_ms", "60000"));
    check_frame(h, WALKERS, 315, 2048, 1024);
    CV_destroy(h);
}

static void test_arguments_arrive(void **state)
{
    (void)state;
    as_stream_stats stats = {.struct_size = sizeof(stats)};
    AlphaStreamHandle *h = CV_create();
    assert_non_null(h);
    assert_done(h, CV_init(h, WALKERS, 7, 640, 360, "1.5.0", 100, 10, 64, 20, 30000, 2000));
    assert_int_equal(CV_get_frame_size(h), 640 * 360);
    const as_stream_params *p = &h->session->stream->params;
    assert_int_equal(p->start_frame, 100);
    assert_int_equal(p->l0_frames, 10);
    assert_int_equal(p->l1_frames, 64);
    assert_int_equal(p->init_frames, 20);
    assert_int_equal(p->init_timeout_ms, 30000);
    assert_int_equal(p->data_timeout_ms, 2000);
    assert_done(h, CV_get_stats(h, &stats));
    assert_true(stats.l1_frames >= 20); /* it returned with these in L1 */
    assert_done(h, CV_set_option(h, "timebox_ms", "60000"));
    check_frame(h, WALKERS, 100, 640, 360);
    CV_destroy(h);
}

/* Options are for what CV_init leaves at 0. */
static void test_options_fill_zeros(void **state)
{
    (void)state;
    AlphaStreamHandle *h = create();
    assert_done(h, CV_set_option(h, "start_frame", "200"));
    assert_done(h, CV_set_option(h, "l0_frames", "3"));
    assert_done(h, CV_set_option(h, "l1_frames", "33"));
    assert_done(h, CV_set_option(h, "init_frames", "9"));
    assert_done(h, CV_set_option(h, "data_timeout_ms", "55555"));
    assert_done(h, init(h, WALKERS));
    const as_stream_params *p = &h->session->stream->params;
    assert_int_equal(p->start_frame, 200);
    assert_int_equal(p->l0_frames, 3);
    assert_int_equal(p->l1_frames, 33);
    assert_int_equal(p->init_frames, 9);
    assert_int_equal(p->data_timeout_ms, 55555);
    assert_done(h, CV_init(h, WALKERS, 0, WIDTH, HEIGHT, NULL, 1, 2, 34, 5, 60000, 66666));
    p = &h->session->stream->params;
    assert_int_equal(p->start_frame, 1);
    assert_int_equal(p->l0_frames, 2);
    assert_int_equal(p->l1_frames, 34);
    assert_int_equal(p->init_frames, 5);
    assert_int_equal(p->data_timeout_ms, 66666);
    CV_destroy(h);
}

/* -------------------------------------------------------------------------- encrypted ---- */

static void check_closeup(AlphaStreamHandle *h, const char *path, const char *version)
{
    assert_done(h, CV_init(h, path, CLOSEUP_SCENE, WIDTH, HEIGHT, version, 0, 0, 0, 0, 0, 0));
    assert_int_equal(CV_get_total_frames(h), 600);
    check_frame(h, CLOSEUP, 0, WIDTH, HEIGHT);
    check_frame(h, CLOSEUP, 599, WIDTH, HEIGHT);
    check_frame(h, CLOSEUP, 111, WIDTH, HEIGHT);
}

static void check_no_closeup(AlphaStreamHandle *h, const char *path, unsigned scene,
                             const char *version)
{
    assert_false(CV_init(h, path, scene, WIDTH, HEIGHT, version, 0, 0, 0, 0, 0, 0));
    assert_error(h, -5, "passphrase");
    assert_int_equal(CV_get_total_frames(h), 0);
}

static void test_set_passphrase(void **state)
{
    (void)state;
    AlphaStreamHandle *h = create();
    check_no_closeup(h, CLOSEUP, CLOSEUP_SCENE, NULL); /* none */
    assert_done(h, CV_set_passphrase(h, "wrong", 5));
    check_no_closeup(h, CLOSEUP, CLOSEUP_SCENE, NULL);
    assert_done(h, CV_set_passphrase(h, "", 0)); /* an empty one */
    check_no_closeup(h, CLOSEUP, CLOSEUP_SCENE, NULL);
    uint8_t copy[32];
    memcpy(copy, test_closeup_key().passphrase, sizeof(copy));
    assert_done(h, CV_set_passphrase(h, copy, sizeof(copy)));
    memset(copy, 0xFF, sizeof(copy)); /* it was copied */
    check_closeup(h, CLOSEUP, NULL);
    check_closeup(h, CLOSEUP, "");
    check_closeup(h, CLOSEUP, "1.5.0");
    check_no_closeup(h, CLOSEUP, CLOSEUP_SCENE, "1.5.1");
    check_no_closeup(h, CLOSEUP, CLOSEUP_SCENE + 1, NULL);
    assert_done(h, init(h, WALKERS)); /* a plain one does not mind */
    check_frame(h, WALKERS, 5, WIDTH, HEIGHT);
    assert_done(h, CV_set_passphrase(h, NULL, 0)); /* back to the environment: none */
    check_no_closeup(h, CLOSEUP, CLOSEUP_SCENE, NULL);
    CV_destroy(h);
}

/* An unmodified program of the closed library gets its passphrase this way. */
static void test_passphrase_of_the_environment(void **state)
{
    (void)state;
    char folder[256], path[300];
    test_make_folder(folder, sizeof(folder));
    snprintf(path, sizeof(path), "%s/passphrase", folder);
    AlphaStreamHandle *h = create();
    assert_int_equal(setenv("ALPHASTREAM_PASSPHRASE", PASSPHRASE_HEX, 1), 0);
    check_closeup(h, CLOSEUP, NULL);
    assert_done(h, CV_set_passphrase(h, "wrong", 5)); /* goes before the environment */
    check_no_closeup(h, CLOSEUP, CLOSEUP_SCENE, NULL);
    assert_done(h, CV_set_passphrase(h, NULL, 0));
    assert_int_equal(setenv("ALPHASTREAM_PASSPHRASE", "wrong", 1), 0);
    check_no_closeup(h, CLOSEUP, CLOSEUP_SCENE, NULL);
    assert_int_equal(unsetenv("ALPHASTREAM_PASSPHRASE"), 0);
    assert_int_equal(setenv("ALPHASTREAM_PASSPHRASE_FILE", path, 1), 0);
    check_no_closeup(h, CLOSEUP, CLOSEUP_SCENE, NULL); /* no such file yet */
    test_write_file(path, PASSPHRASE_HEX "\n", sizeof(PASSPHRASE_HEX));
    check_closeup(h, CLOSEUP, NULL);
    test_write_file(path, test_closeup_key().passphrase, 32);
    check_closeup(h, CLOSEUP, NULL);
    assert_int_equal(unsetenv("ALPHASTREAM_PASSPHRASE_FILE"), 0);
    check_no_closeup(h, CLOSEUP, CLOSEUP_SCENE, NULL);
    CV_destroy(h);
    test_remove_folder(folder);
}

static void test_renamed_file(void **state)
{
    (void)state;
    char folder[256], path[300];
    size_t size;
    uint8_t *bytes = test_read_file(CLOSEUP, &size);
    test_make_folder(folder, sizeof(folder));
    snprintf(path, sizeof(path), "%s/renamed.asvr", folder);
    test_write_file(path, bytes, size);
    AlphaStreamHandle *h = create();
    assert_done(h, CV_set_passphrase(h, test_closeup_key().passphrase, 32));
    check_no_closeup(h, path, CLOSEUP_SCENE, NULL);
    assert_done(h, CV_set_file_name(h, "closeup.asvr"));
    check_closeup(h, path, NULL);
    check_closeup(h, CLOSEUP, NULL);
    assert_done(h, CV_set_file_name(h, "other.asvr"));
    check_no_closeup(h, CLOSEUP, CLOSEUP_SCENE, NULL);
    assert_done(h, CV_set_file_name(h, NULL));
    check_closeup(h, CLOSEUP, NULL);
    CV_destroy(h);
    test_remove_folder(folder);
    free(bytes);
}

static void test_init_memory(void **state)
{
    (void)state;
    size_t walkers_size, closeup_size;
    uint8_t *walkers = test_read_file(WALKERS, &walkers_size);
    uint8_t *closeup = test_read_file(CLOSEUP, &closeup_size);
    AlphaStreamHandle *h = create();
    assert_done(h, init_memory(h, walkers, walkers_size, NULL));
    assert_int_equal(CV_get_total_frames(h), 720);
    check_frame(h, WALKERS, 600, WIDTH, HEIGHT);
    assert_done(h, CV_set_passphrase(h, test_closeup_key().passphrase, 32));
    assert_done(h, init_memory(h, closeup, closeup_size, "closeup.asvr"));
    check_frame(h, CLOSEUP, 300, WIDTH, HEIGHT);
    assert_false(init_memory(h, closeup, closeup_size, "other.asvr"));
    assert_error(h, -5, "passphrase");
    assert_false(init_memory(h, closeup, closeup_size, NULL));
    assert_error(h, -5, "passphrase");
    assert_done(h, CV_set_file_name(h, "closeup.asvr"));
    assert_done(h, init_memory(h, closeup, closeup_size, "other.asvr"));
    check_frame(h, CLOSEUP, 301, WIDTH, HEIGHT);
    CV_destroy(h);
    free(walkers);
    free(closeup);
}

/* ----------------------------------------------------------------------------- options ---- */

typedef struct option_case {
    const char *name, *low, *high, *below, *above; /* NULL: there is none */
} option_case;

static const option_case numbers[] = {
    {"canvas_width", "1", "16384", "0", "16385"},
    {"canvas_height", "1", "16384", "0", "16385"},
    {"fps_num", "1", "1000000", "0", "1000001"},
    {"fps_den", "1", "1000000", "0", "1000001"},
    {"frames_per_picture", "1", "16", "0", "17"},
    {"l0_frames", "1", "64", "0", "65"},
    {"l1_frames", "2", "1048576", "1", "1048577"},
    {"l1_bytes", "1048576", "68719476736", "1048575", "68719476737"},
    {"l0_bytes", "0", "18446744073709551615", NULL, "18446744073709551616"},
    {"prefetch_frames", "1", "65536", "0", "65537"},
    {"held_frames", "1", "4096", "0", "4097"},
    {"start_frame", "0", "4294967295", NULL, "4294967296"},
    {"init_frames", "0", "1048576", NULL, "1048577"},
    {"threads", "0", "64", NULL, "65"},
    {"io_requests", "1", "64", "0", "65"},
    {"raster_tasks", "1", "64", "0", "65"},
    {"pin_threads", "0", "1", NULL, "2"},
    {"timebox_us", "1", "60000000", "0", "60000001"},
    {"init_timeout_ms", "1", "3600000", "0", "3600001"},
    {"data_timeout_ms", "1", "3600000", "0", "3600001"},
    {"network_ahead_ms", "1", "3600000", "0", "3600001"},
    {"timebox_ms", "1", "60000", "0", "60001"},
};

static const char *const words[][9] = {
    {"scale", "nearest", "vector"},
    {"combine", "union", "parity"},
    {"processing", "bitmask", "triangles", "both", "on_demand", "canvases", "bitmask+canvases",
     "triangles+canvases", "all"},
};

static bool is_listed(const char *name)
{
    for (size_t i = 0; i < COUNT(numbers); i++)
        if (strcmp(numbers[i].name, name) == 0)
            return true;
    for (size_t i = 0; i < COUNT(words); i++)
        if (strcmp(words[i][0], name) == 0)
            return true;
    return false;
}

static void assert_refused(AlphaStreamHandle *h, const char *name, const char *value)
{
    if (!value)
        return;
    if (CV_set_option(h, name, value))
        fail_msg("option %s took \"%s\"", name, value);
    assert_error(h, -1, name);
}

static void test_option_values(void **state)
{
    (void)state;
    static const char *const none[] = {"",
                                       " ",
                                       "x",
                                       "1x",
                                       "1 ",
                                       " 1",
                                       "-1",
                                       "+1",
                                       "0x10",
                                       "1.0",
                                       "1e3",
                                       "18446744073709551616",
                                       "99999999999999999999999"};
    AlphaStreamHandle *h = CV_create();
    assert_non_null(h);
    for (size_t i = 0; as_options_name(i); i++)
        if (!is_listed(as_options_name(i)))
            fail_msg("option %s is not tested here", as_options_name(i));
    for (size_t i = 0; i < COUNT(numbers); i++) {
        const option_case *o = &numbers[i];
        assert_done(h, CV_set_option(h, o->name, o->low));
        assert_done(h, CV_set_option(h, o->name, o->high));
        assert_refused(h, o->name, o->below);
        assert_refused(h, o->name, o->above);
        if (o->above)
            assert_error(h, -1, o->high); /* names the range */
        for (size_t k = 0; k < COUNT(none); k++)
            assert_refused(h, o->name, none[k]);
    }
    for (size_t i = 0; i < COUNT(words); i++) {
        for (size_t k = 1; k < COUNT(words[i]) && words[i][k]; k++)
            assert_done(h, CV_set_option(h, words[i][0], words[i][k]));
        assert_refused(h, words[i][0], "");
        assert_refused(h, words[i][0], "Nearest");
        assert_refused(h, words[i][0], "1");
        assert_error(h, -1, words[i][2]); /* names the choices */
    }
    assert_refused(h, "nonsense", "1");
    assert_refused(h, "width", "1");
    assert_refused(h, "Timebox_ms", "1");
    assert_false(CV_set_option(h, "", "1"));
    assert_error(h, -1, "no option");
    CV_destroy(h);
}

/* Each option at its least: the stream opens and gives frames all the same. */
static void test_least_options_work(void **state)
{
    (void)state;
    static const char *const impatient[] = {"timebox_us", "timebox_ms", "init_timeout_ms",
                                            "data_timeout_ms"};
    for (size_t i = 0; i < COUNT(numbers); i++) {
        bool skip = false;
        for (size_t k = 0; k < COUNT(impatient); k++)
            skip = skip || strcmp(impatient[k], numbers[i].name) == 0;
        if (skip)
            continue;
        AlphaStreamHandle *h = create();
        assert_done(h, CV_set_option(h, numbers[i].name, numbers[i].low));
        assert_done(h, init(h, WALKERS));
        if (strncmp(numbers[i].name, "canvas", 6) == 0)
            assert_done(h, CV_get_frame(h, 7) != NULL);
        else
            check_frame(h, WALKERS, 7, WIDTH, HEIGHT);
        CV_destroy(h);
    }
}

static int setup(void **state)
{
    (void)state;
    return unsetenv("ALPHASTREAM_PASSPHRASE") || unsetenv("ALPHASTREAM_PASSPHRASE_FILE");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_zeros_are_defaults),
        cmocka_unit_test(test_arguments_arrive),
        cmocka_unit_test(test_options_fill_zeros),
        cmocka_unit_test(test_set_passphrase),
        cmocka_unit_test(test_passphrase_of_the_environment),
        cmocka_unit_test(test_renamed_file),
        cmocka_unit_test(test_init_memory),
        cmocka_unit_test(test_option_values),
        cmocka_unit_test(test_least_options_work),
    };
    return cmocka_run_group_tests_name("cv_open", tests, setup, test_nothing_alive);
}
