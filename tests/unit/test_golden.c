/* SPDX-License-Identifier: MIT
 *
 * Every row of tests/data/golden.tsv: hashes of masks that an independent, slow, exact renderer
 * made (tests/data/README.md). Public headers only.
 */
#include "tests/support/build_container.h"
#include "tests/support/check.h"
#include "tests/support/golden.h"

#include <stdbool.h>

enum { MOST_FILES = 8 };

typedef struct open_file {
    char name[64];
    as_container *container;
} open_file;

static open_file files[MOST_FILES];
static size_t file_count;

static as_container *open_container(const golden_row *row)
{
    char path[128];
    as_source *source;
    as_error error;
    for (size_t i = 0; i < file_count; i++)
        if (strcmp(files[i].name, row->file) == 0)
            return files[i].container;
    assert_true(file_count < MOST_FILES);
    golden_path(row, path, sizeof(path));
    const as_key_params key = test_closeup_key();
    const as_container_params params = {.struct_size = sizeof(params), .key = &key};
    open_file *file = &files[file_count++];
    snprintf(file->name, sizeof(file->name), "%s", row->file);
    assert_ok(as_source_open(path, NULL, &source, &error), &error);
    assert_ok(as_container_open(source, &params, &file->container, &error), &error);
    as_source_close(&source);
    return file->container;
}

static int close_all(void **state)
{
    for (size_t i = 0; i < file_count; i++)
        as_container_close(&files[i].container);
    file_count = 0;
    return test_nothing_alive(state);
}

static void mask_hash(const golden_row *r, char out_hex[65])
{
    const bool vector = strcmp(r->scale, "vector") == 0;
    const as_raster_params params = {
        .struct_size = sizeof(params),
        .combine = strcmp(r->combine, "parity") == 0 ? AS_COMBINE_PARITY : AS_COMBINE_UNION,
        .source_width = vector ? r->canvas_width : 0,
        .source_height = vector ? r->canvas_height : 0};
    const size_t size = (size_t)r->width * r->height;
    as_container *container = open_container(r);
    as_buffer payload = {0};
    as_canvas *canvas;
    as_error error;
    uint8_t *pixels = malloc(size);
    assert_non_null(pixels);
    assert_ok(as_container_read_payload(container, r->frame, &payload, &error), &error);
    assert_ok(as_canvas_create(vector ? r->width : r->canvas_width,
                               vector ? r->height : r->canvas_height, &canvas, &error),
              &error);
    assert_ok(as_canvas_draw(canvas, payload.data, payload.size, &params, &error), &error);
    assert_ok(as_canvas_to_r8(canvas, pixels, size, r->width, r->height, 0, &error), &error);
    test_sha256(pixels, size, out_hex);
    as_canvas_destroy(&canvas);
    as_buffer_free(&payload);
    free(pixels);
}

static as_stream *open_stream(const golden_row *r)
{
    char path[128];
    as_key_params key;
    as_stream *stream;
    as_error error;
    golden_path(r, path, sizeof(path));
    const as_stream_params params = golden_params(r, path, &key);
    assert_ok(as_stream_open(&params, &stream, &error), &error);
    return stream;
}

/* The same through a stream. */
static void stream_hash(const golden_row *r, char out_hex[65])
{
    as_stream *stream = open_stream(r);
    as_frame *frame;
    as_frame_info info;
    assert_int_equal(as_stream_get_frame(stream, r->frame, 0, 0, AS_WAIT_FOREVER, &frame), AS_OK);
    assert_int_equal(as_frame_get_info(frame, &info), AS_OK);
    assert_int_equal(info.stride, r->width);
    test_sha256(info.data, (size_t)info.width * info.height, out_hex);
    as_frame_unref(&frame);
    as_stream_close(&stream);
}

/* The same from a stream's canvas, sampled here. */
static void stream_canvas_hash(const golden_row *r, char out_hex[65])
{
    const size_t size = (size_t)r->width * r->height;
    as_stream *stream = open_stream(r);
    as_frame *frame;
    as_canvas_view view;
    uint8_t *pixels = malloc(size), *at = pixels;
    assert_non_null(pixels);
    assert_int_equal(as_stream_get_canvas(stream, r->frame, 0, 0, AS_WAIT_FOREVER, &frame), AS_OK);
    assert_int_equal(as_frame_get_canvas(frame, &view), AS_OK);
    for (uint64_t y = 0; y < r->height; y++) {
        const uint64_t *words = view.words + y * view.height / r->height * view.stride_words;
        for (uint64_t x = 0; x < r->width; x++) {
            const uint64_t from = x * view.width / r->width;
            *at++ = words[from / 64] >> from % 64 & 1 ? 255 : 0;
        }
    }
    test_sha256(pixels, size, out_hex);
    free(pixels);
    as_frame_unref(&frame);
    as_stream_close(&stream);
}

static void test_golden(void **state)
{
    (void)state;
    golden_check("container and canvas", false, mask_hash);
}

static void test_golden_through_streams(void **state)
{
    (void)state;
    golden_check("stream", false, stream_hash);
}

static void test_golden_through_canvases(void **state)
{
    (void)state;
    golden_check("stream and its canvas", false, stream_canvas_hash);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_golden),
                                       cmocka_unit_test(test_golden_through_streams),
                                       cmocka_unit_test(test_golden_through_canvases)};
    return cmocka_run_group_tests_name("golden", tests, NULL, close_all);
}
