/* SPDX-License-Identifier: MIT
 *
 * What the tests of output buffers share: a pool, buffers that are filled with their index, and
 * comparing frames.
 */
#ifndef TEST_OUTPUTS_FIXTURE_H
#define TEST_OUTPUTS_FIXTURE_H

#include "core/cache/outputs.h"

#include "core/base/buffer.h"
#include "core/base/mem.h"
#include "tests/support/check.h"

#include <stdbool.h>

#define W 40
#define H 10
#define BYTES (W * H)

static inline as_outputs *open_pool(uint32_t per_size, uint32_t most_held, uint64_t most_bytes)
{
    const as_outputs_params params = {.per_size = per_size,
                                      .most_held = most_held,
                                      .most_bytes = most_bytes,
                                      .canvas_width = 2048,
                                      .canvas_height = 1024};
    as_outputs *pool = as_outputs_create(&params);
    assert_non_null(pool);
    return pool;
}

static inline as_output_key key_of(uint64_t index, uint32_t width, uint32_t height)
{
    return (as_output_key){.index = index, .width = width, .height = height, .kind = AS_OUTPUT_R8};
}

static inline as_output_key canvas_key(uint64_t index, uint32_t width, uint32_t height)
{
    return (as_output_key){
        .index = index, .width = width, .height = height, .kind = AS_OUTPUT_CANVAS};
}

static inline as_output_key strip_key(uint64_t index)
{
    return (as_output_key){.index = index, .kind = AS_OUTPUT_STRIP};
}

static inline as_output_key key(uint64_t index)
{
    return key_of(index, W, H);
}

/* Of a mask or a canvas. */
static inline size_t bytes_of(as_output_key what)
{
    const size_t row = what.kind == AS_OUTPUT_R8 ? what.width : ((size_t)what.width + 63) / 64 * 8;
    return row * what.height;
}

/* Fills a taken buffer with the low byte of its index. */
static inline void paint(as_output *output, as_output_key what)
{
    memset(as_output_data(output), (int)(what.index & 0xFF), bytes_of(what));
}

static inline as_result make_of(as_outputs *pool, as_output_key what)
{
    as_output *output;
    const as_result result = as_outputs_take(pool, what, NULL, NULL, &output);
    if (result != AS_OK) {
        assert_null(output);
        return result;
    }
    assert_int_equal((uintptr_t)as_output_data(output) % 64, 0);
    paint(output, what);
    as_outputs_publish(pool, output);
    return AS_OK;
}

static inline as_result make(as_outputs *pool, uint64_t index)
{
    return make_of(pool, key(index));
}

static inline as_result make_strip(as_outputs *pool, uint64_t index, size_t floats)
{
    as_output *output;
    as_buffer vertices = {0};
    const float mark = (float)index;
    const as_result result = as_outputs_take(pool, strip_key(index), NULL, NULL, &output);
    if (result != AS_OK)
        return result;
    assert_null(as_output_data(output));
    for (size_t i = 0; i < floats; i++)
        if (as_buf_append(&vertices, &mark, sizeof(mark), SIZE_MAX) != AS_OK) {
            as_buf_free(&vertices);
            as_outputs_give_back(pool, output);
            return AS_ERROR_OUT_OF_MEMORY;
        }
    as_outputs_publish_strip(pool, output, &vertices);
    assert_null(vertices.data);
    assert_int_equal(vertices.capacity, 0);
    return AS_OK;
}

static inline as_frame *get_of(as_outputs *pool, as_output_key what)
{
    as_frame *frame = NULL;
    assert_int_equal(as_outputs_get(pool, what, &frame), AS_OK);
    assert_non_null(frame);
    return frame;
}

static inline as_frame *get(as_outputs *pool, uint64_t index)
{
    return get_of(pool, key(index));
}

/* What it shows, where it is. */
static inline const uint8_t *data_of(const as_frame *frame)
{
    as_frame_info info;
    as_canvas_view view;
    as_output_frame_info(frame, &info);
    return as_output_frame_canvas(frame, &view) ? (const uint8_t *)view.words : info.data;
}

static inline void check_frame(const as_frame *frame, as_output_key what)
{
    const bool canvas = what.kind == AS_OUTPUT_CANVAS;
    as_frame_info info;
    as_canvas_view view = {.width = 0};
    as_output_frame_info(frame, &info);
    assert_true(info.index == what.index);
    assert_int_equal(info.width, what.width);
    assert_int_equal(info.height, what.height);
    assert_int_equal(info.stride, canvas ? 0 : what.width);
    assert_int_equal(info.floats, 0);
    assert_null(info.vertices);
    assert_int_equal(info.reserved, 0);
    assert_int_equal(info.data == NULL, canvas);
    assert_int_equal(as_output_frame_canvas(frame, &view), canvas);
    assert_int_equal(view.width, canvas ? what.width : 0);
    assert_int_equal(view.height, canvas ? what.height : 0);
    assert_int_equal(view.stride_words, canvas ? (what.width + 63) / 64 : 0);
    const uint8_t *data = data_of(frame);
    for (size_t i = 0; i < bytes_of(what); i++)
        if (data[i] != (what.index & 0xFF))
            fail_msg("frame %d has other pixels at %zu", (int)what.index, i);
}

static inline void check_count(as_outputs *pool, uint64_t buffers, uint64_t bytes, uint64_t held)
{
    const as_outputs_numbers n = as_outputs_count(pool);
    if (n.buffers != buffers || n.bytes != bytes || n.held != held)
        fail_msg("%d buffers, %d bytes, %d held", (int)n.buffers, (int)n.bytes, (int)n.held);
}

static inline bool keep_even(void *user, as_output_key what)
{
    ++*(int *)user;
    return what.index % 2 == 0;
}

#endif
