/* SPDX-License-Identifier: MIT
 *
 * Opening: from everywhere, with every option in and out of its range, at once and in the
 * background, in time and too late; and what a stream says about itself.
 */
#include "tests/support/stream_fixture.h"

#include <fcntl.h>
#include <poll.h>

enum { WIDTH = 320, HEIGHT = 200, FRAMES = 60 };

static truth small;
static as_error error;

static int setup(void **state)
{
    (void)state;
    truth_of_bytes(&small, test_triangles(FRAMES), WIDTH, HEIGHT);
    return 0;
}

static int teardown(void **state)
{
    truth_free(&small);
    return test_nothing_alive(state);
}

static void assert_open_fails(const as_stream_params *params, as_result wanted, const char *part)
{
    as_stream *stream = (as_stream *)(uintptr_t)1;
    assert_fails(as_stream_open(params, &stream, &error), wanted, &error, part);
    assert_null(stream);
    assert_int_equal(as_stream_open(params, &stream, NULL), wanted);
}

static as_stream_params nothing_given(void)
{
    as_stream_params params = truth_params(&small);
    params.bytes = NULL;
    params.bytes_size = 0;
    return params;
}

/* ----------------------------------------------------------------------- where it comes from -- */

static void test_arguments(void **state)
{
    (void)state;
    as_stream_params params = nothing_given();
    as_stream *stream = NULL;
    assert_fails(as_stream_open(NULL, &stream, &error), AS_ERROR_ARGUMENT, &error, "params");
    assert_fails(as_stream_open(&params, NULL, &error), AS_ERROR_ARGUMENT, &error, "out_stream");
    assert_int_equal(as_stream_open_async(NULL, NULL, NULL), AS_ERROR_ARGUMENT);
    assert_open_fails(&params, AS_ERROR_ARGUMENT, "exactly one");
    params.location = "";
    assert_open_fails(&params, AS_ERROR_ARGUMENT, "location is empty");
    params.location = "tests/data/torture.asvp";
    params.bytes = small.bytes;
    assert_open_fails(&params, AS_ERROR_ARGUMENT, "more than one");
    params = truth_params(&small);
    params.struct_size = 4;
    assert_open_fails(&params, AS_ERROR_ARGUMENT, "struct_size");
    const as_http_params short_http = {.struct_size = 4};
    params = truth_params(&small);
    params.http = &short_http;
    assert_open_fails(&params, AS_ERROR_ARGUMENT, "as_http_params.struct_size");
    const as_frame_allocator empty = {.struct_size = sizeof(empty)};
    params = truth_params(&small);
    params.frame_allocator = &empty;
    assert_open_fails(&params, AS_ERROR_ARGUMENT, "as_frame_allocator");
    as_stream_params_init(NULL, sizeof(params));
    memset(&params, 0xFF, sizeof(params));
    as_stream_params_init(&params, sizeof(params));
    assert_int_equal(params.struct_size, sizeof(params));
    assert_int_equal(params.width, 0);
    assert_null(params.event);
    as_stream_close(NULL);
    as_stream_close(&stream);
}

static void test_errors_of_the_file(void **state)
{
    (void)state;
    static const uint8_t junk[64] = {'P', 'K', 3, 4};
    as_stream_params params = nothing_given();
    params.location = "tests/data/no-such-file.asvp";
    assert_open_fails(&params, AS_ERROR_TRANSPORT, "no-such-file");
    params.location = "gopher://example.com/x.asvp";
    assert_open_fails(&params, AS_ERROR_UNSUPPORTED, "gopher");
    params.location = NULL;
    params.bytes = junk;
    params.bytes_size = sizeof(junk);
    assert_open_fails(&params, AS_ERROR_DECODE, "");
    params.bytes = small.bytes;
    for (size_t size = 0; size < 24; size++) {
        params.bytes_size = size;
        assert_open_fails(&params, AS_ERROR_DECODE, "");
    }
    params.bytes_size = small.size;
    params.limits.table_bytes = 8;
    assert_open_fails(&params, AS_ERROR_DECODE, "more than 8 bytes");
    params.limits.table_bytes = 1;
    assert_open_fails(&params, AS_ERROR_ARGUMENT, "table_bytes");
}

static void test_encrypted(void **state)
{
    (void)state;
    uint8_t passphrase[32];
    as_key_params key = test_closeup_key();
    truth plain;
    truth_of_file(&plain, "tests/data/closeup.asvp", 2048, 1024);
    memcpy(passphrase, key.passphrase, sizeof(passphrase));
    key.passphrase = passphrase;
    as_stream_params params = nothing_given();
    params.canvas_width = 2048;
    params.canvas_height = 1024;
    params.location = "tests/data/closeup.asvr";
    assert_open_fails(&params, AS_ERROR_DECODE, "passphrase");
    params.key = &key;
    as_stream *stream = NULL;
    assert_ok(as_stream_open_async(&params, &stream, &error), &error);
    memset(passphrase, 0, sizeof(passphrase)); /* it was copied */
    key.passphrase = NULL;
    as_stream_metadata metadata = {.struct_size = sizeof(metadata)};
    as_result result;
    struct pollfd fd = {.fd = as_stream_event_fd(stream), .events = POLLIN};
    assert_int_equal(poll(&fd, 1, -1), 1);
    result = as_stream_get_metadata(stream, &metadata);
    assert_int_equal(result, AS_OK);
    assert_int_equal(metadata.encrypted, 1);
    assert_int_equal(metadata.frame_count, plain.frames);
    for (uint64_t i = 0; i < 5; i++)
        truth_expect(&plain, stream, i, 200, 100);
    as_stream_close(&stream);
    key.passphrase = passphrase; /* all zero now */
    assert_open_fails(&params, AS_ERROR_DECODE, "passphrase");
    truth_free(&plain);
}

static void test_source_given(void **state)
{
    (void)state;
    test_source control;
    test_source_init(&control, small.bytes, small.size, true);
    as_source *source = test_source_open(&control);
    as_stream_params params = nothing_given();
    params.source = source;
    as_stream *stream = open_stream(&params);
    as_source_close(&source); /* the stream has its own */
    truth_expect(&small, stream, 3, WIDTH, HEIGHT);
    assert_false(control.closed);
    as_stream_close(&stream);
    assert_true(control.cancelled);
    assert_true(control.closed);
    test_source_destroy(&control);
}

static void test_empty_stream(void **state)
{
    (void)state;
    test_bytes file = test_container(NULL, 0);
    as_stream_params params = nothing_given();
    params.bytes = file.data;
    params.bytes_size = file.size;
    params.init_frames = 5;
    as_stream *stream = open_stream(&params);
    as_frame *frame = NULL;
    as_stream_metadata metadata = {.struct_size = sizeof(metadata)};
    assert_int_equal(as_stream_get_frame(stream, 0, 0, 0, AS_WAIT_FOREVER, &frame),
                     AS_ERROR_OUT_OF_RANGE);
    assert_int_equal(as_stream_seek(stream, 0), AS_ERROR_OUT_OF_RANGE);
    assert_int_equal(as_stream_get_metadata(stream, &metadata), AS_OK);
    assert_int_equal(metadata.frame_count, 0);
    assert_int_equal(metadata.duration_ns, 0);
    as_stream_close(&stream);
    test_bytes_free(&file);
}

/* ----------------------------------------------------------------------------- in time ---- */

static void test_open_timeout(void **state)
{
    (void)state;
    test_source control;
    test_source_init(&control, small.bytes, small.size, true);
    as_source *source = test_source_open(&control);
    as_stream_params params = nothing_given();
    params.source = source;
    params.init_timeout_ms = 20;
    test_source_gate(&control, 0, UINT64_MAX);
    const uint64_t start = test_now_ns();
    as_stream *stream = NULL;
    assert_fails(as_stream_open(&params, &stream, &error), AS_TIMEOUT, &error, "init_timeout_ms");
    assert_true(test_now_ns() - start >= 20 * MILLISECOND);
    assert_null(stream);
    as_source_close(&source);
    assert_true(control.closed);
    test_source_destroy(&control);
}

/* The index is there, the frames are not: that is a success. */
static void test_open_without_its_first_frames(void **state)
{
    (void)state;
    test_source control;
    test_source_init(&control, small.bytes, small.size, true);
    as_source *source = test_source_open(&control);
    as_stream_params params = nothing_given();
    params.source = source;
    params.init_timeout_ms = 30;
    params.init_frames = 4;
    test_source_gate(&control, truth_range(&small, 2).offset, UINT64_MAX);
    as_stream *stream = open_stream(&params);
    test_source_open_gate(&control);
    truth_expect(&small, stream, 2, WIDTH, HEIGHT);
    as_stream_close(&stream);
    as_source_close(&source);
    test_source_destroy(&control);
}

static void test_init_frames(void **state)
{
    (void)state;
    test_source control;
    test_source_init(&control, small.bytes, small.size, true);
    as_source *source = test_source_open(&control);
    as_stream_params params = nothing_given();
    params.source = source;
    params.start_frame = 10;
    params.init_frames = 30;
    params.prefetch_frames = 5;
    as_stream *stream = open_stream(&params);
    assert_true(stats_of(stream).l1_frames >= 30);
    for (uint64_t i = 10; i < 40; i++)
        assert_int_equal(test_source_count(&control, 0, truth_range(&small, i).offset), 1);
    assert_int_equal(test_source_count(&control, 0, truth_range(&small, 0).offset), 0);
    truth_expect(&small, stream, 10, WIDTH, HEIGHT);
    as_stream_close(&stream);
    as_source_close(&source);
    test_source_destroy(&control);
}

static void log_warning(void *user, as_log_level level, const char *message)
{
    if (level == AS_LOG_WARN && strstr(message, "start_frame"))
        ++*(int *)user;
}

static void test_start_past_the_end(void **state)
{
    (void)state;
    int warnings = 0;
    as_stream_params params = truth_params(&small);
    params.start_frame = 1000;
    params.init_frames = 8;
    params.log = (as_log){.fn = log_warning, .user = &warnings, .level = AS_LOG_WARN};
    as_stream *stream = open_stream(&params);
    assert_int_equal(warnings, 1);
    assert_true(stats_of(stream).l1_frames >= 8);
    truth_expect(&small, stream, 0, WIDTH, HEIGHT);
    as_stream_close(&stream);
}

/* L1 is too small for them all: the open does not wait for what cannot be. */
static void test_init_frames_that_do_not_fit(void **state)
{
    (void)state;
    truth large;
    test_bytes payload = {0}, blocks[16] = {0};
    static uint8_t record[300000];
    test_bytes_add_u32(&payload, 1);
    test_bytes_add_u32(&payload, sizeof(record));
    for (size_t i = 4; i < sizeof(record); i++)
        record[i] = (uint8_t)(i * 7 % 3);
    test_bytes_add(&payload, record, sizeof(record));
    for (size_t i = 0; i < 16; i++)
        blocks[i] = test_block((uint32_t)payload.size, payload.data, payload.size);
    truth_of_bytes(&large, test_container(blocks, 16), WIDTH, HEIGHT);
    as_stream_params params = truth_params(&large);
    params.l1_bytes = 1 << 20; /* three of them */
    params.init_frames = 16;
    params.init_timeout_ms = 3600000;
    as_stream *stream = open_stream(&params);
    assert_true(stats_of(stream).l1_bytes <= params.l1_bytes);
    for (uint64_t i = 0; i < 16; i++)
        truth_expect(&large, stream, i, WIDTH, HEIGHT);
    const as_stream_stats stats = stats_of(stream);
    assert_true(stats.l1_bytes <= params.l1_bytes);
    assert_true(stats.evictions > 0);
    as_stream_close(&stream);
    test_free_blocks(blocks, 16);
    test_bytes_free(&payload);
    truth_free(&large);
}

/* --------------------------------------------------------------------- in the background ---- */

static void test_async(void **state)
{
    (void)state;
    test_source control;
    test_events events;
    as_result result;
    as_frame *frame = NULL;
    as_stream *stream = NULL;
    as_stream_metadata metadata = {.struct_size = sizeof(metadata)};
    test_source_init(&control, small.bytes, small.size, true);
    test_events_init(&events);
    as_source *source = test_source_open(&control);
    as_stream_params params = nothing_given();
    params.source = source;
    params.event = test_events_take;
    params.event_user = &events;
    test_source_gate(&control, 0, UINT64_MAX);
    assert_ok(as_stream_open_async(&params, &stream, &error), &error);
    struct pollfd fd = {.fd = as_stream_event_fd(stream), .events = POLLIN};
    assert_true(fd.fd >= 0);
    assert_true(fcntl(fd.fd, F_GETFD) & FD_CLOEXEC);
    assert_true(fcntl(fd.fd, F_GETFL) & O_NONBLOCK);
    assert_int_equal(as_stream_event_fd(stream), fd.fd);
    assert_int_equal(poll(&fd, 1, 0), 0);
    assert_int_equal(as_stream_get_frame(stream, 0, 0, 0, AS_WAIT_FOREVER, &frame), AS_NOT_READY);
    assert_int_equal(as_stream_get_metadata(stream, &metadata), AS_NOT_READY);
    assert_int_equal(as_stream_seek(stream, 0), AS_NOT_READY);
    assert_int_equal(as_stream_request(stream, 0, 1), AS_NOT_READY);
    assert_int_equal(as_stream_last_error(stream, &error), AS_NOT_READY);
    test_assert_text(error.text, "index is still being read", "get", __FILE__, __LINE__);
    assert_int_equal(as_stream_sync(stream, 5), AS_OK);
    assert_int_equal(stats_of(stream).decoded, 0);
    test_source_open_gate(&control);
    test_events_wait(&events, 1);
    assert_int_equal(test_events_of(&events, AS_NO_FRAME, &result), 1);
    assert_int_equal(result, AS_OK);
    assert_int_equal(poll(&fd, 1, -1), 1);
    assert_int_equal(as_stream_drain_events(stream), 1);
    assert_int_equal(poll(&fd, 1, 0), 0);
    truth_expect(&small, stream, 0, WIDTH, HEIGHT);
    as_stream_close(&stream);
    as_source_close(&source);
    test_events_destroy(&events);
    test_source_destroy(&control);
}

static void test_async_that_fails(void **state)
{
    (void)state;
    static const uint8_t junk[64] = {1};
    test_events events;
    as_result result;
    as_frame *frame = NULL;
    as_stream *stream = NULL;
    as_stream_params params = nothing_given();
    test_events_init(&events);
    params.bytes = junk;
    params.bytes_size = sizeof(junk);
    params.event = test_events_take;
    params.event_user = &events;
    assert_ok(as_stream_open_async(&params, &stream, &error), &error);
    test_events_wait(&events, 1);
    assert_int_equal(test_events_of(&events, AS_NO_FRAME, &result), 1);
    assert_int_equal(result, AS_ERROR_DECODE);
    assert_int_equal(as_stream_get_frame(stream, 0, 0, 0, 0, &frame), AS_ERROR_DECODE);
    assert_int_equal(as_stream_last_error(stream, &error), AS_ERROR_DECODE);
    assert_true(strlen(error.text) > 12);
    as_stream_close(&stream);
    /* Closed before it is open. */
    test_source control;
    test_source_init(&control, small.bytes, small.size, true);
    test_source_gate(&control, 0, UINT64_MAX);
    as_source *source = test_source_open(&control);
    params = nothing_given();
    params.source = source;
    assert_ok(as_stream_open_async(&params, &stream, &error), &error);
    as_stream_close(&stream);
    as_source_close(&source);
    test_source_destroy(&control);
    test_events_destroy(&events);
}

/* A blocking open is no event. */
static void test_events_of_frames(void **state)
{
    (void)state;
    test_source control;
    test_events events;
    as_result result;
    as_frame *frame = NULL;
    test_source_init(&control, small.bytes, small.size, true);
    test_events_init(&events);
    as_source *source = test_source_open(&control);
    as_stream_params params = nothing_given();
    params.source = source;
    params.prefetch_frames = 8;
    params.event = test_events_take;
    params.event_user = &events;
    as_stream *stream = open_stream(&params);
    assert_int_equal(test_events_of(&events, AS_NO_FRAME, NULL), 0);
    test_source_gate(&control, truth_range(&small, 30).offset, UINT64_MAX);
    assert_int_equal(as_stream_request(stream, 30, 100), AS_OK); /* 8 of them */
    assert_int_equal(as_stream_request(stream, 0, 2), AS_OK);    /* there already, or soon */
    assert_int_equal(as_stream_request(stream, 50, 0), AS_OK);
    assert_int_equal(as_stream_get_frame(stream, 55, 0, 0, 0, &frame), AS_NOT_READY);
    test_source_fail_range(&control, truth_range(&small, 33).offset,
                           truth_range(&small, 33).offset + 1);
    test_source_open_gate(&control);
    test_events_wait(&events, 11);
    for (uint64_t i = 30; i < 38; i++) {
        assert_int_equal(test_events_of(&events, i, &result), 1);
        assert_int_equal(result, i == 33 ? AS_ERROR_TRANSPORT : AS_OK);
    }
    assert_int_equal(test_events_of(&events, 0, &result), 1);
    assert_int_equal(test_events_of(&events, 1, &result), 1);
    assert_int_equal(test_events_of(&events, 55, &result), 1);
    assert_int_equal(as_stream_get_frame(stream, 55, 0, 0, 0, &frame), AS_OK);
    as_frame_unref(&frame);
    assert_int_equal(as_stream_drain_events(stream), 11);
    as_stream_close(&stream);
    as_source_close(&source);
    test_events_destroy(&events);
    test_source_destroy(&control);
}

/* ----------------------------------------------------------------------------- options ---- */

static void test_options_out_of_range(void **state)
{
    (void)state;
    static const struct {
        size_t offset;
        uint32_t value;
        const char *name, *range;
    } bad[] = {
#define BAD(field, value, range) {offsetof(as_stream_params, field), value, #field, range}
        BAD(canvas_width, 16385, "1 to 16384"),
        BAD(canvas_height, 16385, "1 to 16384"),
        BAD(scale, 2, "0 to 1"),
        BAD(scale, UINT32_MAX, "0 to 1"),
        BAD(combine, 2, "0 to 1"),
        BAD(processing, 5,
            "processing is 5, which is none of: bitmask, triangles, both, on_demand"),
        BAD(processing, 7, "processing is 7, which"),
        BAD(processing, 12, "1 to 11"),
        BAD(fps_num, 1000001, "1 to 1000000"),
        BAD(fps_den, 1000001, "1 to 1000000"),
        BAD(frames_per_picture, 17, "1 to 16"),
        BAD(l0_frames, 65, "1 to 64"),
        BAD(l1_frames, 1, "2 to 1048576"),
        BAD(l1_frames, 1048577, "2 to 1048576"),
        BAD(prefetch_frames, 65537, "1 to 65536"),
        BAD(held_frames, 4097, "1 to 4096"),
        BAD(init_frames, 513, "0 to 512"),
        BAD(threads, 65, "0 to 64"),
        BAD(io_requests, 65, "1 to 64"),
        BAD(raster_tasks, 65, "1 to 64"),
        BAD(pin_threads, 2, "0 to 1"),
        BAD(timebox_us, 60000001, "1 to 60000000"),
        BAD(init_timeout_ms, 3600001, "1 to 3600000"),
        BAD(data_timeout_ms, 3600001, "1 to 3600000"),
        BAD(network_ahead_ms, 3600001, "1 to 3600000"),
        BAD(width, 5, "both or neither"),
        BAD(height, 5, "both or neither"),
        BAD(width, 16385, "1 to 16384"),
#undef BAD
    };
    for (size_t i = 0; i < sizeof(bad) / sizeof(*bad); i++) {
        as_stream_params params = truth_params(&small);
        memcpy((char *)&params + bad[i].offset, &bad[i].value, sizeof(bad[i].value));
        assert_open_fails(&params, AS_ERROR_ARGUMENT, bad[i].name);
        assert_open_fails(&params, AS_ERROR_ARGUMENT, bad[i].range);
    }
    as_stream_params params = truth_params(&small);
    params.l1_bytes = 1000;
    assert_open_fails(&params, AS_ERROR_ARGUMENT, "l1_bytes is 1000");
}

static void test_extreme_options(void **state)
{
    (void)state;
    as_stream_params params = truth_params(&small);
    params.l0_frames = 64;
    params.io_requests = 64;
    params.raster_tasks = 64;
    params.threads = 16;
    params.held_frames = 4096;
    params.l1_frames = 1048576;
    params.prefetch_frames = 65536;
    params.init_frames = 1048576;
    params.pin_threads = 1;
    as_stream *stream = open_stream(&params);
    for (uint64_t i = 0; i < FRAMES; i++)
        truth_expect(&small, stream, i, 0 + WIDTH, HEIGHT);
    as_stream_close(&stream);
    params = truth_params(&small);
    params.l0_frames = params.io_requests = params.raster_tasks = params.threads = 1;
    params.held_frames = params.prefetch_frames = 1;
    params.l1_frames = 2;
    stream = open_stream(&params);
    for (uint64_t i = 0; i < FRAMES; i++)
        truth_expect(&small, stream, i, WIDTH, HEIGHT);
    assert_int_equal(stats_of(stream).threads, 1);
    as_stream_close(&stream);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_arguments),
        cmocka_unit_test(test_errors_of_the_file),
        cmocka_unit_test(test_encrypted),
        cmocka_unit_test(test_source_given),
        cmocka_unit_test(test_empty_stream),
        cmocka_unit_test(test_open_timeout),
        cmocka_unit_test(test_open_without_its_first_frames),
        cmocka_unit_test(test_init_frames),
        cmocka_unit_test(test_start_past_the_end),
        cmocka_unit_test(test_init_frames_that_do_not_fit),
        cmocka_unit_test(test_async),
        cmocka_unit_test(test_async_that_fails),
        cmocka_unit_test(test_events_of_frames),
        cmocka_unit_test(test_options_out_of_range),
        cmocka_unit_test(test_extreme_options),
    };
    return cmocka_run_group_tests_name("stream open", tests, setup, teardown);
}
