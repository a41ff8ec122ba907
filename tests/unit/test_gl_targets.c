/* SPDX-License-Identifier: MIT
 *
 * Drawing into textures and framebuffers of the caller's.
 */
#include "tests/unit/gl_fixture.h"

enum { WIDTH = 320, HEIGHT = 200, FRAMES = 40, OLD = 0x55 };

static test_gl *context;
static const GladGLContext *f; /* its functions */
static truth small;
static as_stream *stream;
static as_gl *gl;

static int setup(void **state)
{
    (void)state;
    context = test_gl_create(NULL);
    f = &context->f.gl;
    truth_of_bytes(&small, test_triangles(FRAMES), WIDTH, HEIGHT);
    const as_stream_params params = truth_params(&small);
    stream = open_stream(&params);
    gl = attach(stream, 0, AS_GL_UPLOAD_AUTO);
    return 0;
}

static int teardown(void **state)
{
    as_gl_detach(&gl);
    as_stream_close(&stream);
    truth_free(&small);
    test_gl_destroy(context);
    return test_nothing_alive(state);
}

static int no_errors(void **state)
{
    (void)state;
    test_gl_no_errors(context);
    assert_int_equal(gl_stats_of(gl).held, 0);
    return 0;
}

/* The mask in the corner, the old bytes beside it. */
static void expect_corner(const uint8_t *pixels, uint32_t width, uint32_t height, uint64_t index,
                          uint32_t mask_width, uint32_t mask_height)
{
    const uint8_t *mask = truth_mask(&small, index, mask_width, mask_height);
    for (uint32_t y = 0; y < height; y++)
        for (uint32_t x = 0; x < width; x++) {
            const bool in = x < mask_width && y < mask_height;
            const uint8_t wanted = in ? mask[(size_t)y * mask_width + x] : OLD;
            if (pixels[(size_t)y * width + x] != wanted)
                fail_msg("pixel %u, %u is %d, not %d", x, y, pixels[(size_t)y * width + x], wanted);
        }
}

static void expect_untouched(const uint8_t *pixels, uint32_t width, uint32_t height)
{
    for (size_t i = 0; i < (size_t)width * height; i++)
        if (pixels[i] != OLD)
            fail_msg("pixel %zu, %zu is %d", i % width, i / width, pixels[i]);
}

static void draw_into(as_gl_request *request, uint64_t index)
{
    as_gl_texture texture = get(gl, index, request);
    assert_int_equal(texture.name, request->texture);
    as_gl_release(gl, &texture, NULL);
}

/* -------------------------------------------------------------------------------- textures -- */

static void check_texture(uint32_t name, uint32_t width, uint32_t height, uint64_t index,
                          const as_gl_request *request)
{
    uint8_t *pixels = test_gl_read(context, name, width, height);
    expect_corner(pixels, width, height, index, request->width ? request->width : WIDTH,
                  request->height ? request->height : HEIGHT);
    free(pixels);
}

static void test_texture(void **state)
{
    as_gl_request request = ask(0, 0);
    (void)state;
    request.texture = test_gl_make_texture(context, GL_R8, WIDTH + 13, HEIGHT + 7, OLD);
    for (uint64_t index = 0; index < 5; index++) {
        draw_into(&request, index);
        check_texture(request.texture, WIDTH + 13, HEIGHT + 7, index, &request);
    }
    const as_gl_stats before = gl_stats_of(gl);
    request.unchanged = 1; /* differences alone from here on */
    draw_into(&request, 4);
    assert_int_equal(gl_stats_of(gl).shown_already, before.shown_already + 1);
    for (uint64_t index = 5; index < 10; index++) {
        draw_into(&request, index);
        check_texture(request.texture, WIDTH + 13, HEIGHT + 7, index, &request);
    }
    as_gl_stats stats = gl_stats_of(gl);
    assert_int_equal(stats.drawn_in_full, before.drawn_in_full);
    assert_int_equal(stats.draws, before.draws + 5);
    assert_int_equal(stats.textures, before.textures); /* none of the pool */

    request.unchanged = 0; /* somebody else drew */
    f->DeleteTextures(1, &request.texture);
    request.texture = test_gl_make_texture(context, GL_R8, WIDTH, HEIGHT, OLD);
    draw_into(&request, 9);
    check_texture(request.texture, WIDTH, HEIGHT, 9, &request);
    assert_int_equal(gl_stats_of(gl).drawn_in_full, stats.drawn_in_full + 1);

    request.unchanged = 1; /* of another size: all of it again */
    request.width = 77;
    request.height = 33;
    draw_into(&request, 9);
    assert_int_equal(gl_stats_of(gl).drawn_in_full, stats.drawn_in_full + 2);
    f->DeleteTextures(1, &request.texture);
}

/* `unchanged` is believed: what changed behind the library's back stays. */
static void test_unchanged_is_a_promise(void **state)
{
    static const uint8_t odd = 99;
    as_gl_request request = ask(0, 0);
    (void)state;
    request.texture = test_gl_make_texture(context, GL_R8, WIDTH, HEIGHT, OLD);
    draw_into(&request, 0);
    f->BindTexture(GL_TEXTURE_2D, request.texture);
    f->TexSubImage2D(GL_TEXTURE_2D, 0, 1, 1, 1, 1, GL_RED, GL_UNSIGNED_BYTE, &odd);
    f->BindTexture(GL_TEXTURE_2D, 0);
    request.unchanged = 1;
    draw_into(&request, 0);
    uint8_t *pixels = test_gl_read(context, request.texture, WIDTH, HEIGHT);
    assert_int_equal(pixels[WIDTH + 1], odd);
    free(pixels);
    request.unchanged = 0;
    draw_into(&request, 0);
    check_texture(request.texture, WIDTH, HEIGHT, 0, &request);
    f->DeleteTextures(1, &request.texture);
}

static void refuse(as_gl_request *request, const char *part)
{
    as_gl_texture texture;
    as_error error;
    assert_fails(as_gl_get_frame(gl, 3, request, AS_WAIT_FOREVER, &texture, &error),
                 AS_ERROR_ARGUMENT, &error, part);
    assert_null(texture.handle);
    assert_int_equal(f->GetError(), GL_NO_ERROR);
    test_gl_forgive(context); /* the driver may have complained */
    check_frame(context, gl, &small, 3, NULL);
}

static void test_wrong_textures(void **state)
{
    as_gl_request request = ask(0, 0);
    GLuint cube;
    (void)state;
    request.texture = 4711;
    refuse(&request, "texture 4711 of yours is not a texture");
    request.texture = test_gl_make_texture(context, GL_RGBA8, WIDTH, HEIGHT, OLD);
    refuse(&request, "GL_R8");
    f->DeleteTextures(1, &request.texture);
    refuse(&request, "is not a texture"); /* deleted meanwhile */
    request.texture = test_gl_make_texture(context, GL_R8, WIDTH - 1, HEIGHT, OLD);
    refuse(&request, "smaller than the mask");
    f->DeleteTextures(1, &request.texture);
    request.texture = test_gl_make_texture(context, GL_R8, WIDTH, HEIGHT - 1, OLD);
    refuse(&request, "smaller than the mask");
    f->DeleteTextures(1, &request.texture);
    request.texture = test_gl_make_texture(context, GL_DEPTH_COMPONENT16, WIDTH, HEIGHT, OLD);
    refuse(&request, "has no level 0 of format GL_R8");
    f->DeleteTextures(1, &request.texture);
    f->GenTextures(1, &cube);
    f->BindTexture(GL_TEXTURE_CUBE_MAP, cube);
    request.texture = cube;
    refuse(&request, "not a GL_TEXTURE_2D");
    f->DeleteTextures(1, &cube);
}

/* Level 0 is what is drawn into, whatever the other levels are. */
static void test_levels(void **state)
{
    as_gl_request request = ask(0, 0);
    (void)state;
    f->GenTextures(1, &request.texture);
    f->BindTexture(GL_TEXTURE_2D, request.texture);
    f->TexParameteri(GL_TEXTURE_2D, GL_TEXTURE_BASE_LEVEL, 1);
    f->TexImage2D(GL_TEXTURE_2D, 1, GL_R8, WIDTH, HEIGHT, 0, GL_RED, GL_UNSIGNED_BYTE, NULL);
    refuse(&request, "has no level 0");
    f->TexImage2D(GL_TEXTURE_2D, 0, GL_R8, WIDTH, HEIGHT - 1, 0, GL_RED, GL_UNSIGNED_BYTE, NULL);
    refuse(&request, "is smaller than the mask");
    f->TexImage2D(GL_TEXTURE_2D, 0, GL_R8, WIDTH, HEIGHT, 0, GL_RED, GL_UNSIGNED_BYTE, NULL);
    draw_into(&request, 5); /* Mesa does that; who does not, says why: test_gl_faults */
    check_texture(request.texture, WIDTH, HEIGHT, 5, &request);
    f->BindTexture(GL_TEXTURE_2D, request.texture);
    GLint base = 0;
    f->GetTexParameteriv(GL_TEXTURE_2D, GL_TEXTURE_BASE_LEVEL, &base);
    assert_int_equal(base, 1);
    f->BindTexture(GL_TEXTURE_2D, 0);
    f->DeleteTextures(1, &request.texture);
}

/* ---------------------------------------------------------------------------- framebuffers -- */

static GLuint make_framebuffer(GLuint texture)
{
    GLuint framebuffer;
    f->GenFramebuffers(1, &framebuffer);
    f->BindFramebuffer(GL_FRAMEBUFFER, framebuffer);
    if (texture)
        f->FramebufferTexture2D(GL_FRAMEBUFFER, GL_COLOR_ATTACHMENT0, GL_TEXTURE_2D, texture, 0);
    return framebuffer;
}

static GLuint attach_renderbuffer(GLenum attachment, GLenum format, GLsizei samples)
{
    GLuint renderbuffer;
    f->GenRenderbuffers(1, &renderbuffer);
    f->BindRenderbuffer(GL_RENDERBUFFER, renderbuffer);
    f->RenderbufferStorageMultisample(GL_RENDERBUFFER, samples, format, WIDTH, HEIGHT);
    f->FramebufferRenderbuffer(GL_FRAMEBUFFER, attachment, GL_RENDERBUFFER, renderbuffer);
    return renderbuffer;
}

static void draw_framebuffer(as_gl_request *request, uint64_t index)
{
    as_gl_texture texture = get(gl, index, request);
    assert_int_equal(texture.name, 0);
    as_gl_release(gl, &texture, NULL);
    uint8_t *pixels = test_gl_read_framebuffer(context, request->framebuffer, WIDTH, HEIGHT);
    expect_corner(pixels, WIDTH, HEIGHT, index, WIDTH, HEIGHT);
    free(pixels);
}

static void test_framebuffer(void **state)
{
    as_gl_request request = ask(0, 0);
    GLuint texture = test_gl_make_texture(context, GL_R8, WIDTH, HEIGHT, OLD), depth, color;
    (void)state;
    request.framebuffer = make_framebuffer(texture);
    depth = attach_renderbuffer(GL_DEPTH_ATTACHMENT, GL_DEPTH_COMPONENT16, 0);
    f->BindFramebuffer(GL_FRAMEBUFFER, 0);
    for (uint64_t index = 0; index < 3; index++)
        draw_framebuffer(&request, index);
    request.unchanged = 1;
    const as_gl_stats before = gl_stats_of(gl);
    for (uint64_t index = 3; index < 6; index++)
        draw_framebuffer(&request, index);
    assert_int_equal(gl_stats_of(gl).drawn_in_full, before.drawn_in_full);
    f->DeleteFramebuffers(1, &request.framebuffer);

    request.unchanged = 0;
    request.framebuffer = make_framebuffer(0);
    color = attach_renderbuffer(GL_COLOR_ATTACHMENT0, GL_R8, 0);
    draw_framebuffer(&request, 8);
    f->DeleteFramebuffers(1, &request.framebuffer);
    f->DeleteRenderbuffers(1, &color);
    f->DeleteRenderbuffers(1, &depth);
    f->DeleteTextures(1, &texture);
}

static void test_wrong_framebuffers(void **state)
{
    static const GLenum two[] = {GL_COLOR_ATTACHMENT0, GL_COLOR_ATTACHMENT1}, none = GL_NONE;
    as_gl_request request = ask(0, 0);
    GLuint textures[2], buffer;
    GLint samples;
    (void)state;
    for (int i = 0; i < 2; i++)
        textures[i] = test_gl_make_texture(context, GL_R8, WIDTH, HEIGHT, OLD);
    request.framebuffer = 4711;
    refuse(&request, "framebuffer 4711 of yours is not a framebuffer");
    request.framebuffer = make_framebuffer(0);
    refuse(&request, "not complete");
    buffer = attach_renderbuffer(GL_COLOR_ATTACHMENT0, GL_RGBA8, 0);
    refuse(&request, "GL_R8");
    f->DeleteRenderbuffers(1, &buffer);
    f->GetIntegerv(GL_MAX_SAMPLES, &samples);
    if (samples > 1) { /* softpipe has no multisampling, which no driver may lack */
        buffer = attach_renderbuffer(GL_COLOR_ATTACHMENT0, GL_R8, samples);
        refuse(&request, "single-sampled");
        f->DeleteRenderbuffers(1, &buffer);
    }
    for (int i = 0; i < 2; i++)
        f->FramebufferTexture2D(GL_FRAMEBUFFER, two[i], GL_TEXTURE_2D, textures[i], 0);
    f->DrawBuffers(2, two);
    refuse(&request, "more than one draw buffer");
    f->DrawBuffers(1, &none);
    refuse(&request, "first draw buffer");
    f->DrawBuffers(1, two);
    draw_framebuffer(&request, 4);
    f->DeleteFramebuffers(1, &request.framebuffer);
    f->DeleteTextures(2, textures);
}

/* ------------------------------------------------------------------------------- layers ---- */

enum { LAYERS = 3, EDGE = WIDTH }; /* cubes' faces are square */

/* A texture of LAYERS images, or of six faces, at the level, each texel OLD. */
static GLuint make_layers(GLenum target, GLint level, GLsizei width, GLsizei height)
{
    const bool is_cube = target == GL_TEXTURE_CUBE_MAP;
    const int images = is_cube ? 6 : LAYERS;
    const size_t size = (size_t)width * (size_t)height * (size_t)images;
    uint8_t *pixels = malloc(size);
    GLuint texture;
    assert_non_null(pixels);
    memset(pixels, OLD, size);
    f->GenTextures(1, &texture);
    f->BindTexture(target, texture);
    f->PixelStorei(GL_UNPACK_ALIGNMENT, 1);
    for (GLint i = 0; i <= level; i++) { /* all levels, so that it is complete */
        const GLsizei w = width << (level - i), h = height << (level - i);
        const GLsizei depth = target == GL_TEXTURE_3D ? LAYERS << (level - i) : LAYERS;
        const uint8_t *content = i == level ? pixels : NULL;
        for (GLenum face = 0; face < 6 && is_cube; face++)
            f->TexImage2D(GL_TEXTURE_CUBE_MAP_POSITIVE_X + face, i, GL_R8, w, h, 0, GL_RED,
                          GL_UNSIGNED_BYTE, content);
        if (!is_cube)
            f->TexImage3D(target, i, GL_R8, w, h, depth, 0, GL_RED, GL_UNSIGNED_BYTE, content);
    }
    f->TexParameteri(target, GL_TEXTURE_MAX_LEVEL, level);
    f->PixelStorei(GL_UNPACK_ALIGNMENT, 4);
    f->BindTexture(target, 0);
    free(pixels);
    return texture;
}

static void attach_layer(GLuint framebuffer, GLenum target, GLuint texture, GLint level,
                         GLint layer)
{
    f->BindFramebuffer(GL_FRAMEBUFFER, framebuffer);
    if (target == GL_TEXTURE_CUBE_MAP)
        f->FramebufferTexture2D(GL_FRAMEBUFFER, GL_COLOR_ATTACHMENT0,
                                GL_TEXTURE_CUBE_MAP_POSITIVE_X + (GLenum)layer, texture, level);
    else
        f->FramebufferTextureLayer(GL_FRAMEBUFFER, GL_COLOR_ATTACHMENT0, texture, level, layer);
}

/* The attached layer takes the mask; what else the texture has stays. */
static void check_layers(GLenum target, GLint level)
{
    const int images = target == GL_TEXTURE_CUBE_MAP ? 6 : LAYERS;
    as_gl_request request = ask(WIDTH, HEIGHT);
    GLuint other = make_layers(target, 0, EDGE, EDGE);
    const GLuint texture = make_layers(target, level, EDGE, EDGE);
    f->BindTexture(target, other);
    request.framebuffer = make_framebuffer(0);
    for (int drawn = 0; drawn < images; drawn++) {
        GLint bound;
        attach_layer(request.framebuffer, target, texture, level, drawn);
        as_gl_texture mask = get(gl, (uint64_t)drawn, &request);
        as_gl_release(gl, &mask, NULL);
        f->GetIntegerv(target == GL_TEXTURE_CUBE_MAP   ? GL_TEXTURE_BINDING_CUBE_MAP
                       : target == GL_TEXTURE_2D_ARRAY ? GL_TEXTURE_BINDING_2D_ARRAY
                                                       : GL_TEXTURE_BINDING_3D,
                       &bound);
        assert_int_equal(bound, other);
        for (int i = 0; i < images; i++) {
            attach_layer(request.framebuffer, target, texture, level, i);
            uint8_t *pixels = test_gl_read_framebuffer(context, request.framebuffer, EDGE, EDGE);
            if (i <= drawn)
                expect_corner(pixels, EDGE, EDGE, (uint64_t)i, WIDTH, HEIGHT);
            else
                expect_untouched(pixels, EDGE, EDGE);
            free(pixels);
        }
    }
    test_gl_no_errors(context); /* of which kind a texture is, is asked in silence */
    request.width = EDGE + 1;
    refuse(&request, "is smaller than the mask");
    request.width = WIDTH;
    request.height = EDGE + 1;
    refuse(&request, "is smaller than the mask");
    f->BindTexture(target, 0);
    f->DeleteFramebuffers(1, &request.framebuffer);
    f->DeleteTextures(1, &texture);
    f->DeleteTextures(1, &other);
}

static void test_single_layers(void **state)
{
    static const GLenum targets[] = {GL_TEXTURE_2D_ARRAY, GL_TEXTURE_3D, GL_TEXTURE_CUBE_MAP};
    (void)state;
    for (size_t i = 0; i < COUNT(targets); i++)
        for (GLint level = 0; level < 2; level++)
            check_layers(targets[i], level);
    f->Enable(GL_NONE);
    assert_true(context->complaints != 0); /* what others do is reported as before */
    test_gl_forgive(context);
}

static void test_all_layers(void **state)
{
    static const GLenum targets[] = {GL_TEXTURE_2D_ARRAY, GL_TEXTURE_3D, GL_TEXTURE_CUBE_MAP};
    void(GLAD_API_PTR * attach_all)(GLenum, GLenum, GLuint, GLint) = (void(GLAD_API_PTR *)(
        GLenum, GLenum, GLuint, GLint))test_gl_load_plain("glFramebufferTexture");
    as_gl_request request = ask(WIDTH, HEIGHT);
    (void)state;
    if (context->f.es && context->f.minor < 2)
        return; /* they came with 3.2 */
    request.framebuffer = make_framebuffer(0);
    for (size_t i = 0; i < COUNT(targets); i++) {
        GLuint texture = make_layers(targets[i], 0, EDGE, EDGE);
        f->BindFramebuffer(GL_FRAMEBUFFER, request.framebuffer);
        attach_all(GL_FRAMEBUFFER, GL_COLOR_ATTACHMENT0, texture, 0);
        refuse(&request, "has layered attachments");
        attach_layer(request.framebuffer, targets[i], texture, 0, 1);
        uint8_t *pixels = test_gl_read_framebuffer(context, request.framebuffer, EDGE, EDGE);
        expect_untouched(pixels, EDGE, EDGE);
        free(pixels);
        f->DeleteTextures(1, &texture);
    }
    f->DeleteFramebuffers(1, &request.framebuffer);
}

static void test_other_kinds(void **state)
{
    as_gl_request request = ask(WIDTH, 1);
    GLuint line;
    (void)state;
    if (context->f.es)
        return; /* has none */
    f->GenTextures(1, &line);
    f->BindTexture(GL_TEXTURE_1D, line);
    f->TexImage1D(GL_TEXTURE_1D, 0, GL_R8, WIDTH, 0, GL_RED, GL_UNSIGNED_BYTE, NULL);
    request.framebuffer = make_framebuffer(0);
    f->FramebufferTexture1D(GL_FRAMEBUFFER, GL_COLOR_ATTACHMENT0, GL_TEXTURE_1D, line, 0);
    refuse(&request, "of another kind");
    f->DeleteFramebuffers(1, &request.framebuffer);
    f->DeleteTextures(1, &line);
}

/* What one attachment lacks, none of them gets. */
static void test_other_attachments(void **state)
{
    as_gl_request request = ask(WIDTH, HEIGHT);
    GLuint color = test_gl_make_texture(context, GL_R8, WIDTH + 1, HEIGHT, OLD);
    GLuint more = test_gl_make_texture(context, GL_RGBA8, WIDTH, HEIGHT, OLD);
    GLuint depth = test_gl_make_texture(context, GL_DEPTH_COMPONENT16, WIDTH, HEIGHT, OLD);
    (void)state;
    request.framebuffer = make_framebuffer(color);
    GLuint buffer = attach_renderbuffer(GL_DEPTH_ATTACHMENT, GL_DEPTH_COMPONENT16, 0);
    draw_framebuffer(&request, 3);
    request.width = WIDTH + 1;
    refuse(&request, "has another attachment that is smaller");
    if (context->f.extra.get_level) { /* ES 3.0 does not tell */
        f->FramebufferTexture2D(GL_FRAMEBUFFER, GL_DEPTH_ATTACHMENT, GL_TEXTURE_2D, depth, 0);
        refuse(&request, "has another attachment that is smaller");
        f->FramebufferTexture2D(GL_FRAMEBUFFER, GL_DEPTH_ATTACHMENT, GL_TEXTURE_2D, 0, 0);
        f->FramebufferTexture2D(GL_FRAMEBUFFER, GL_COLOR_ATTACHMENT1, GL_TEXTURE_2D, more, 0);
        refuse(&request, "has another attachment that is smaller");
        request.width = WIDTH;
        draw_framebuffer(&request, 4);
    }
    f->DeleteFramebuffers(1, &request.framebuffer);
    f->DeleteRenderbuffers(1, &buffer);
    f->DeleteTextures(1, &color);
    f->DeleteTextures(1, &more);
    f->DeleteTextures(1, &depth);
}

static void test_small_framebuffers(void **state)
{
    as_gl_request request = ask(WIDTH, HEIGHT);
    GLuint texture = test_gl_make_texture(context, GL_R8, WIDTH, HEIGHT - 1, OLD);
    (void)state;
    request.framebuffer = make_framebuffer(texture);
    refuse(&request, "is smaller than the mask");
    GLuint buffer = attach_renderbuffer(GL_COLOR_ATTACHMENT0, GL_R8, 0);
    draw_framebuffer(&request, 2);
    request.width++;
    refuse(&request, "is smaller than the mask");
    f->DeleteFramebuffers(1, &request.framebuffer);
    f->DeleteRenderbuffers(1, &buffer);
    f->DeleteTextures(1, &texture);
}

/* ----------------------------------------------------------------------------------- holds -- */

static void test_held(void **state)
{
    enum { MANY = 9 };
    as_gl_request request = ask(64, 32);
    as_gl_texture held[MANY], more;
    GLuint names[MANY];
    as_error error;
    (void)state;
    for (int i = 0; i < MANY; i++)
        names[i] = test_gl_make_texture(context, GL_R8, 64, 32, OLD);
    for (int i = 0; i < MANY - 1; i++) {
        request.texture = names[i];
        held[i] = get(gl, (uint64_t)i, &request);
    }
    assert_fails(as_gl_get_frame(gl, 20, &request, AS_WAIT_FOREVER, &more, &error),
                 AS_ERROR_ARGUMENT, &error, "still held");
    request.texture = names[MANY - 1];
    assert_fails(as_gl_get_frame(gl, 20, &request, AS_WAIT_FOREVER, &more, &error), AS_ERROR_LIMIT,
                 &error, "8 textures and framebuffers of yours");
    as_gl_release(gl, &held[3], NULL);
    held[3] = get(gl, 20, &request);
    for (int i = 0; i < MANY - 1; i++) {
        expect(context, &held[i], &small);
        as_gl_release(gl, &held[i], NULL);
    }
    f->DeleteTextures(MANY, names);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_teardown(test_texture, no_errors),
        cmocka_unit_test_teardown(test_unchanged_is_a_promise, no_errors),
        cmocka_unit_test_teardown(test_wrong_textures, no_errors),
        cmocka_unit_test_teardown(test_levels, no_errors),
        cmocka_unit_test_teardown(test_framebuffer, no_errors),
        cmocka_unit_test_teardown(test_wrong_framebuffers, no_errors),
        cmocka_unit_test_teardown(test_small_framebuffers, no_errors),
        cmocka_unit_test_teardown(test_single_layers, no_errors),
        cmocka_unit_test_teardown(test_all_layers, no_errors),
        cmocka_unit_test_teardown(test_other_kinds, no_errors),
        cmocka_unit_test_teardown(test_other_attachments, no_errors),
        cmocka_unit_test_teardown(test_held, no_errors),
    };
    return cmocka_run_group_tests_name("gl_targets", tests, setup, teardown);
}
