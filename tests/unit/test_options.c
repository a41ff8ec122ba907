/* SPDX-License-Identifier: MIT
 *
 * The table of options: defaults, ranges, setting by name.
 */
#include "core/stream/options.h"
#include "tests/support/check.h"

#include <inttypes.h>

static as_error error;

static as_stream_params completed(void)
{
    as_stream_params params = {.struct_size = sizeof(params)};
    assert_ok(as_options_complete(&params, &error), &error);
    return params;
}

static void test_defaults(void **state)
{
    (void)state;
    const as_stream_params p = completed();
    assert_int_equal(p.width, 2048);
    assert_int_equal(p.height, 1024);
    assert_int_equal(p.canvas_width, 2048);
    assert_int_equal(p.canvas_height, 1024);
    assert_int_equal(p.scale, AS_SCALE_NEAREST);
    assert_int_equal(p.combine, AS_COMBINE_UNION);
    assert_int_equal(p.processing, AS_PROCESS_BITMASK);
    assert_int_equal(p.fps_num, 60);
    assert_int_equal(p.fps_den, 1);
    assert_int_equal(p.frames_per_picture, 1);
    assert_int_equal(p.l0_frames, 4);
    assert_int_equal(p.l1_frames, 512);
    assert_int_equal(p.l1_bytes, UINT64_C(256) << 20);
    assert_int_equal(p.l0_bytes, 0);
    assert_int_equal(p.prefetch_frames, 120);
    assert_int_equal(p.held_frames, 16);
    assert_int_equal(p.init_frames, 0);
    assert_int_equal(p.threads, 0);
    assert_int_equal(p.io_requests, 4);
    assert_int_equal(p.raster_tasks, 2);
    assert_int_equal(p.timebox_us, 12000);
    assert_int_equal(p.init_timeout_ms, 4000);
    assert_int_equal(p.data_timeout_ms, 4000);
    assert_int_equal(p.network_ahead_ms, 10000);
}

static void test_what_depends_on_another(void **state)
{
    (void)state;
    as_stream_params p = {.canvas_width = 300, .canvas_height = 200, .l1_frames = 10};
    assert_ok(as_options_complete(&p, &error), &error);
    assert_int_equal(p.width, 300);
    assert_int_equal(p.height, 200);
    assert_int_equal(p.prefetch_frames, 9);
    as_stream_params half = {.width = 300};
    assert_fails(as_options_complete(&half, &error), AS_ERROR_ARGUMENT, &error, "both or neither");
    as_stream_params many = {.l1_frames = 10, .init_frames = 11};
    assert_fails(as_options_complete(&many, &error), AS_ERROR_ARGUMENT, &error, "init_frames");
}

/* Every option: its ends pass, what lies beyond is refused with its name and both ends. */
static void test_every_range_by_name(void **state)
{
    (void)state;
    size_t count = 0;
    for (const char *name; (name = as_options_name(count)); count++) {
        as_stream_params p = {.struct_size = sizeof(p)};
        uint64_t low, high;
        char text[32], ends[64];
        assert_fails(as_options_set(&p, name, "x", &error), AS_ERROR_ARGUMENT, &error, name);
        const char *range = strstr(error.text, "number of ");
        if (!range) { /* one of words */
            assert_non_null(strstr(error.text, "none of: "));
            continue;
        }
        assert_int_equal(sscanf(range, "number of %" SCNu64 " to %" SCNu64, &low, &high), 2);
        snprintf(ends, sizeof(ends), "%" PRIu64 " to %" PRIu64, low, high);
        snprintf(text, sizeof(text), "%" PRIu64, low);
        assert_ok(as_options_set(&p, name, text, &error), &error);
        snprintf(text, sizeof(text), "%" PRIu64, high);
        assert_ok(as_options_set(&p, name, text, &error), &error);
        if (high != UINT64_MAX) {
            snprintf(text, sizeof(text), "%" PRIu64, high + 1);
            assert_fails(as_options_set(&p, name, text, &error), AS_ERROR_ARGUMENT, &error, ends);
        }
        if (low != 0)
            assert_fails(as_options_set(&p, name, "0", &error), AS_ERROR_ARGUMENT, &error, name);
        static const char *const wrong[] = {"",   "-1",  "+1",   " 1",
                                            "1 ", "1.5", "0x10", "99999999999999999999999"};
        for (size_t i = 0; i < sizeof(wrong) / sizeof(*wrong); i++)
            assert_fails(as_options_set(&p, name, wrong[i], &error), AS_ERROR_ARGUMENT, &error,
                         name);
    }
    assert_true(count > 20);
    assert_null(as_options_name(count));
    assert_null(as_options_name(SIZE_MAX));
}

static void test_words(void **state)
{
    (void)state;
    as_stream_params p = {.struct_size = sizeof(p)};
    assert_ok(as_options_set(&p, "scale", "vector", &error), &error);
    assert_int_equal(p.scale, AS_SCALE_VECTOR);
    assert_ok(as_options_set(&p, "scale", "nearest", &error), &error);
    assert_int_equal(p.scale, AS_SCALE_NEAREST);
    assert_ok(as_options_set(&p, "combine", "parity", &error), &error);
    assert_int_equal(p.combine, AS_COMBINE_PARITY);
    assert_ok(as_options_set(&p, "processing", "both", &error), &error);
    assert_int_equal(p.processing, AS_PROCESS_BOTH);
    assert_ok(as_options_set(&p, "processing", "on_demand", &error), &error);
    assert_int_equal(p.processing, AS_PROCESS_ON_DEMAND);
    assert_ok(as_options_set(&p, "processing", "canvases", &error), &error);
    assert_int_equal(p.processing, AS_PROCESS_CANVASES);
    assert_ok(as_options_set(&p, "processing", "bitmask+canvases", &error), &error);
    assert_int_equal(p.processing, AS_PROCESS_CANVASES | AS_PROCESS_BITMASK);
    assert_ok(as_options_set(&p, "processing", "triangles+canvases", &error), &error);
    assert_int_equal(p.processing, AS_PROCESS_CANVASES | AS_PROCESS_TRIANGLES);
    assert_ok(as_options_set(&p, "processing", "all", &error), &error);
    assert_int_equal(p.processing, AS_PROCESS_CANVASES | AS_PROCESS_BOTH);
    assert_fails(as_options_set(&p, "processing", "", &error), AS_ERROR_ARGUMENT, &error,
                 "none of: bitmask, triangles, both, on_demand, canvases, bitmask+canvases, "
                 "triangles+canvases, all");
    assert_fails(as_options_set(&p, "scale", "Vector", &error), AS_ERROR_ARGUMENT, &error,
                 "nearest, vector");
}

static void test_names(void **state)
{
    (void)state;
    as_stream_params p = {.struct_size = sizeof(p)};
    assert_ok(as_options_set(&p, "timebox_ms", "7", &error), &error);
    assert_int_equal(p.timebox_us, 7000);
    assert_fails(as_options_set(&p, "timebox_ms", "60001", &error), AS_ERROR_ARGUMENT, &error,
                 "1 to 60000");
    assert_fails(as_options_set(&p, "timebox_ms", "0", &error), AS_ERROR_ARGUMENT, &error,
                 "1 to 60000");
    assert_ok(as_options_set(&p, "l1_bytes", "68719476736", &error), &error);
    assert_int_equal(p.l1_bytes, UINT64_C(64) << 30);
    static const char *const unknown[] = {"", "l0", "L0_FRAMES", "width", "location", "timebox"};
    for (size_t i = 0; i < sizeof(unknown) / sizeof(*unknown); i++)
        assert_fails(as_options_set(&p, unknown[i], "1", &error), AS_ERROR_ARGUMENT, &error,
                     "no option");
}

/* docs/streams.md has a row for each. */
static void test_every_option_is_documented(void **state)
{
    (void)state;
    size_t size, count = 0;
    char *page = (char *)test_read_file("docs/streams.md", &size);
    for (const char *name; (name = as_options_name(count)); count++) {
        char row[80];
        snprintf(row, sizeof(row), "| `%s`", name);
        if (!strstr(page, row))
            fail_msg("docs/streams.md does not list %s", name);
    }
    assert_true(count > 20);
    free(page);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_every_option_is_documented),
        cmocka_unit_test(test_defaults),
        cmocka_unit_test(test_what_depends_on_another),
        cmocka_unit_test(test_every_range_by_name),
        cmocka_unit_test(test_words),
        cmocka_unit_test(test_names),
    };
    return cmocka_run_group_tests_name("options", tests, NULL, test_nothing_alive);
}
