/* SPDX-License-Identifier: MIT
 *
 * What the tests of gl.h share: a stream whose masks are known, attached to a context.
 */
#ifndef TEST_GL_FIXTURE_H
#define TEST_GL_FIXTURE_H

#include "tests/support/gl_context.h"
#include "tests/support/stream_fixture.h"

#include <inttypes.h>

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

/* Everything, rather than what fits the quick tests? Set by scripts/test for its stage `gl`. */
static inline bool is_full_run(void)
{
    const char *full = getenv("ALPHASTREAM_TEST_FULL");
    return full && *full && strcmp(full, "0") != 0;
}

/* Core 3.3 on llvmpipe, where everything is run? */
static inline bool is_main_kind(void)
{
    const char *driver = getenv("GALLIUM_DRIVER"), *kind = getenv("ALPHASTREAM_TEST_GL");
    return (!driver || strcmp(driver, "llvmpipe") == 0) && (!kind || strcmp(kind, "core33") == 0);
}

static inline as_gl *attach(as_stream *stream, uint32_t textures, as_gl_upload upload)
{
    const as_gl_params params = {.struct_size = sizeof(params),
                                 .get_proc_address = test_gl_load,
                                 .textures = textures,
                                 .upload = upload};
    as_gl *gl = NULL;
    as_error error;
    assert_ok(as_gl_attach(stream, &params, &gl, &error), &error);
    return gl;
}

static inline as_gl_stats gl_stats_of(const as_gl *gl)
{
    as_gl_stats stats = {.struct_size = sizeof(stats)};
    assert_int_equal(as_gl_get_stats(gl, &stats), AS_OK);
    return stats;
}

static inline as_gl_request ask(uint32_t width, uint32_t height)
{
    return (as_gl_request){.struct_size = sizeof(as_gl_request), .width = width, .height = height};
}

static inline as_gl_texture get(as_gl *gl, uint64_t index, const as_gl_request *request)
{
    as_gl_texture texture;
    as_error error;
    assert_ok(as_gl_get_frame(gl, index, request, AS_WAIT_FOREVER, &texture, &error), &error);
    assert_int_equal(texture.index, index);
    assert_non_null(texture.fence);
    return texture;
}

/* Does the texture show what the CPU makes of the frame? */
static inline void expect(test_gl *context, const as_gl_texture *texture, truth *t)
{
    const uint8_t *wanted = truth_mask(t, texture->index, texture->width, texture->height);
    uint8_t *pixels = test_gl_read(context, texture->name, texture->width, texture->height);
    assert_non_null(wanted);
    assert_same_bytes(pixels, wanted, (size_t)texture->width * texture->height);
    free(pixels);
}

/* Gets, checks and releases a frame. */
static inline void check_frame(test_gl *context, as_gl *gl, truth *t, uint64_t index,
                               const as_gl_request *request)
{
    as_gl_texture texture = get(gl, index, request);
    expect(context, &texture, t);
    as_gl_release(gl, &texture, NULL);
    assert_null(texture.handle);
    assert_int_equal(texture.name, 0);
}

#endif
