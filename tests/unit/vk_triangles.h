/* SPDX-License-Identifier: MIT
 *
 * What a program of tests of vulkan.h keeps from its first test to its last: a device under the
 * validation layer, a reader of images, and a stream of triangles whose masks are known.
 */
#ifndef TEST_VK_TRIANGLES_H
#define TEST_VK_TRIANGLES_H

#include "tests/unit/vk_fixture.h"

static test_vk *context;
static test_reader *reader;
static truth small;

/* All but truth_rest, for who wants masks of other sizes, too. */
static inline void begin_triangles(size_t frames, uint32_t width, uint32_t height)
{
    context = test_vk_open();
    reader = test_reader_open(context, 0);
    truth_of_bytes(&small, test_triangles(frames), width, height);
    truth_draw_all(&small, width, height);
}

static inline int open_triangles(size_t frames, uint32_t width, uint32_t height)
{
    begin_triangles(frames, width, height);
    truth_rest(&small);
    return 0;
}

static inline int close_triangles(void **state)
{
    truth_free(&small);
    test_reader_close(reader);
    test_vk_close(context);
    return test_nothing_alive(state);
}

/* After each test: the validation layer had nothing to say. */
static inline int no_messages(void **state)
{
    (void)state;
    test_vk_no_messages();
    return 0;
}

#endif
