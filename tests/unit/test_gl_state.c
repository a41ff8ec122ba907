/* SPDX-License-Identifier: MIT
 *
 * The caller's GL state: whatever it is, masks are right and afterwards it is as before.
 */
#include "tests/unit/gl_fixture.h"

enum { WIDTH = 320, HEIGHT = 200, FRAMES = 20, VALUES = 16, VIEWPORTS = 16, BUFFERS = 4 };

#define CLIP_ORIGIN 0x935C
#define CLIP_DEPTH_MODE 0x935D
#define UPPER_LEFT 0x8CA2
#define ZERO_TO_ONE 0x935F

static test_gl *context;
static const GladGLContext *f;
static truth small;
static as_stream *stream;

static int setup(void **state)
{
    (void)state;
    context = test_gl_create(NULL);
    f = &context->f.gl;
    truth_of_bytes(&small, test_triangles(FRAMES), WIDTH, HEIGHT);
    const as_stream_params params = truth_params(&small);
    stream = open_stream(&params);
    return 0;
}

static int teardown(void **state)
{
    as_stream_close(&stream);
    truth_free(&small);
    test_gl_destroy(context);
    return test_nothing_alive(state);
}

/* -------------------------------------------------------------------------------- snapshot -- */

static const GLenum everywhere[] = {
    GL_ACTIVE_TEXTURE, GL_ARRAY_BUFFER_BINDING, GL_BLEND_COLOR, GL_BLEND_DST_ALPHA,
    GL_BLEND_DST_RGB, GL_BLEND_EQUATION_ALPHA, GL_BLEND_EQUATION_RGB, GL_BLEND_SRC_ALPHA,
    GL_BLEND_SRC_RGB, GL_COLOR_CLEAR_VALUE, GL_COLOR_WRITEMASK, GL_COPY_READ_BUFFER,
    GL_COPY_WRITE_BUFFER, GL_CULL_FACE_MODE, GL_CURRENT_PROGRAM, GL_DEPTH_CLEAR_VALUE,
    GL_DEPTH_FUNC, GL_DEPTH_RANGE, GL_DEPTH_WRITEMASK, GL_DRAW_BUFFER0, GL_DRAW_BUFFER1,
    GL_DRAW_FRAMEBUFFER_BINDING, GL_ELEMENT_ARRAY_BUFFER_BINDING,
    GL_FRAGMENT_SHADER_DERIVATIVE_HINT, GL_FRONT_FACE, GL_LINE_WIDTH, GL_PACK_ALIGNMENT,
    GL_PACK_ROW_LENGTH, GL_PACK_SKIP_PIXELS, GL_PACK_SKIP_ROWS, GL_PIXEL_PACK_BUFFER_BINDING,
    GL_PIXEL_UNPACK_BUFFER_BINDING, GL_POLYGON_OFFSET_FACTOR, GL_POLYGON_OFFSET_UNITS,
    GL_READ_BUFFER, GL_READ_FRAMEBUFFER_BINDING, GL_RENDERBUFFER_BINDING, GL_SAMPLE_COVERAGE_INVERT,
    GL_SAMPLE_COVERAGE_VALUE, GL_SAMPLER_BINDING, GL_SCISSOR_BOX, GL_STENCIL_BACK_FAIL,
    GL_STENCIL_BACK_FUNC, GL_STENCIL_BACK_REF, GL_STENCIL_BACK_VALUE_MASK,
    GL_STENCIL_BACK_WRITEMASK, GL_STENCIL_CLEAR_VALUE, GL_STENCIL_FAIL, GL_STENCIL_FUNC,
    GL_STENCIL_PASS_DEPTH_FAIL, GL_STENCIL_PASS_DEPTH_PASS, GL_STENCIL_REF, GL_STENCIL_VALUE_MASK,
    GL_STENCIL_WRITEMASK, GL_TEXTURE_BINDING_2D, GL_TEXTURE_BINDING_2D_ARRAY, GL_TEXTURE_BINDING_3D,
    GL_TEXTURE_BINDING_CUBE_MAP, GL_TRANSFORM_FEEDBACK_BUFFER_BINDING, GL_UNIFORM_BUFFER_BINDING,
    GL_UNPACK_ALIGNMENT, GL_UNPACK_IMAGE_HEIGHT, GL_UNPACK_ROW_LENGTH, GL_UNPACK_SKIP_IMAGES,
    GL_UNPACK_SKIP_PIXELS, GL_UNPACK_SKIP_ROWS, GL_VERTEX_ARRAY_BINDING, GL_VIEWPORT,
    /* enabled or not */
    GL_BLEND, GL_CULL_FACE, GL_DEPTH_TEST, GL_DITHER, GL_POLYGON_OFFSET_FILL, GL_RASTERIZER_DISCARD,
    GL_SAMPLE_ALPHA_TO_COVERAGE, GL_SAMPLE_COVERAGE, GL_SCISSOR_TEST, GL_STENCIL_TEST};

static const GLenum on_desktop[] = {
    GL_CLAMP_READ_COLOR, GL_LOGIC_OP_MODE, GL_POINT_FADE_THRESHOLD_SIZE, GL_POINT_SIZE,
    GL_POLYGON_MODE, GL_PRIMITIVE_RESTART_INDEX, GL_PROVOKING_VERTEX, GL_TEXTURE_BINDING_1D,
    GL_TEXTURE_BINDING_1D_ARRAY, GL_TEXTURE_BINDING_BUFFER, GL_TEXTURE_BINDING_RECTANGLE,
    /* enabled or not */
    GL_CLIP_DISTANCE0, GL_CLIP_DISTANCE1, GL_CLIP_DISTANCE2, GL_CLIP_DISTANCE3, GL_CLIP_DISTANCE4,
    GL_CLIP_DISTANCE5, GL_CLIP_DISTANCE6, GL_CLIP_DISTANCE7, GL_COLOR_LOGIC_OP, GL_DEPTH_CLAMP,
    GL_FRAMEBUFFER_SRGB, GL_LINE_SMOOTH, GL_MULTISAMPLE, GL_POLYGON_OFFSET_LINE,
    GL_POLYGON_OFFSET_POINT, GL_POLYGON_SMOOTH, GL_PRIMITIVE_RESTART, GL_PROGRAM_POINT_SIZE,
    GL_SAMPLE_ALPHA_TO_ONE, GL_SAMPLE_MASK, GL_TEXTURE_CUBE_MAP_SEAMLESS};

/* In compatibility profiles, whose names no header here has. */
enum {
    SHADE_MODEL = 0x0B54,
    POLYGON_STIPPLE = 0x0B42,
    ALPHA_TEST = 0x0BC0,
    ALPHA_TEST_FUNC = 0x0BC1,
    ALPHA_TEST_REF = 0x0BC2,
    LIGHTING = 0x0B50,
    FOG = 0x0B60,
    LINE_STIPPLE = 0x0B24,
    TEXTURE_2D_ON = 0x0DE1,
    CLIENT_VERTEX_ARRAY = 0x8074,
    CLIENT_ACTIVE_TEXTURE = 0x84E1,
    MATRIX_MODE = 0x0BA0,
    CURRENT_COLOR = 0x0B00,
    CLAMP_VERTEX_COLOR = 0x891A,
    CLAMP_FRAGMENT_COLOR = 0x891B,
    TWO_SIDE = 0x8643
};
static const GLenum in_compat[] = {SHADE_MODEL,
                                   POLYGON_STIPPLE,
                                   ALPHA_TEST,
                                   ALPHA_TEST_FUNC,
                                   ALPHA_TEST_REF,
                                   LIGHTING,
                                   FOG,
                                   LINE_STIPPLE,
                                   TEXTURE_2D_ON,
                                   TWO_SIDE,
                                   CLIENT_VERTEX_ARRAY,
                                   CLIENT_ACTIVE_TEXTURE,
                                   MATRIX_MODE,
                                   CURRENT_COLOR,
                                   CLAMP_VERTEX_COLOR,
                                   CLAMP_FRAGMENT_COLOR};

typedef struct snapshot {
    GLfloat everywhere[COUNT(everywhere)][VALUES];
    GLfloat on_desktop[COUNT(on_desktop)][VALUES];
    GLfloat in_compat[COUNT(in_compat)][VALUES];
    GLint color_masks[BUFFERS][4];
    GLboolean blends[BUFFERS], scissors_on[VIEWPORTS];
    GLfloat viewports[VIEWPORTS][4], scissors[VIEWPORTS][4];
    GLint clip[2];
    GLint attribute[3]; /* of the bound vertex array */
} snapshot;

static void take_floats(const GLenum *names, size_t count, GLfloat (*values)[VALUES])
{
    for (size_t i = 0; i < count; i++) {
        f->GetFloatv(names[i], values[i]);
        if (f->GetError() != GL_NO_ERROR)
            fail_msg("0x%04x is no state here", names[i]);
    }
}

static void take(snapshot *s)
{
    const as_gl_extra *extra = &context->f.extra;
    memset(s, 0, sizeof(*s));
    take_floats(everywhere, COUNT(everywhere), s->everywhere);
    if (!context->f.es)
        take_floats(on_desktop, COUNT(on_desktop), s->on_desktop);
    if (context->f.compatible)
        take_floats(in_compat, COUNT(in_compat), s->in_compat);
    for (GLuint i = 0; i < BUFFERS && extra->is_enabled_i; i++) {
        f->GetIntegeri_v(GL_COLOR_WRITEMASK, i, s->color_masks[i]);
        s->blends[i] = extra->is_enabled_i(GL_BLEND, i);
    }
    for (GLuint i = 0; i < VIEWPORTS && extra->viewport_i; i++) {
        extra->get_float_i(GL_VIEWPORT, i, s->viewports[i]);
        extra->get_float_i(GL_SCISSOR_BOX, i, s->scissors[i]);
        s->scissors_on[i] = extra->is_enabled_i(GL_SCISSOR_TEST, i);
    }
    if (extra->clip_control) {
        f->GetIntegerv(CLIP_ORIGIN, &s->clip[0]);
        f->GetIntegerv(CLIP_DEPTH_MODE, &s->clip[1]);
    }
    f->GetVertexAttribiv(0, GL_VERTEX_ATTRIB_ARRAY_ENABLED, &s->attribute[0]);
    f->GetVertexAttribiv(0, GL_VERTEX_ATTRIB_ARRAY_BUFFER_BINDING, &s->attribute[1]);
    f->GetVertexAttribiv(0, GL_VERTEX_ATTRIB_ARRAY_DIVISOR, &s->attribute[2]);
}

static void expect_floats(const GLfloat *got, const GLfloat *wanted, GLenum name, const char *after)
{
    for (int k = 0; k < VALUES; k++)
        if (got[k] != wanted[k])
            fail_msg("after %s, value %d of state 0x%04x is %g, not %g", after, k, name,
                     (double)got[k], (double)wanted[k]);
}

static void expect_unchanged(const snapshot *before, const char *after)
{
    snapshot now;
    test_gl_no_errors(context);
    take(&now);
    for (size_t i = 0; i < COUNT(everywhere); i++)
        expect_floats(now.everywhere[i], before->everywhere[i], everywhere[i], after);
    for (size_t i = 0; i < COUNT(on_desktop); i++)
        expect_floats(now.on_desktop[i], before->on_desktop[i], on_desktop[i], after);
    for (size_t i = 0; i < COUNT(in_compat); i++)
        expect_floats(now.in_compat[i], before->in_compat[i], in_compat[i], after);
    assert_memory_equal(now.color_masks, before->color_masks, sizeof(now.color_masks));
    assert_memory_equal(now.blends, before->blends, sizeof(now.blends));
    assert_memory_equal(now.viewports, before->viewports, sizeof(now.viewports));
    assert_memory_equal(now.scissors, before->scissors, sizeof(now.scissors));
    assert_memory_equal(now.scissors_on, before->scissors_on, sizeof(now.scissors_on));
    assert_memory_equal(now.clip, before->clip, sizeof(now.clip));
    assert_memory_equal(now.attribute, before->attribute, sizeof(now.attribute));
}

/* ------------------------------------------------------------------------------------- use -- */

/* Reading pixels is the test's own affair. */
static void expect_mask(const as_gl_texture *texture)
{
    GLint pack;
    f->GetIntegerv(GL_PIXEL_PACK_BUFFER_BINDING, &pack);
    f->BindBuffer(GL_PIXEL_PACK_BUFFER, 0);
    expect(context, texture, &small);
    f->BindBuffer(GL_PIXEL_PACK_BUFFER, (GLuint)pack);
}

typedef struct targets {
    GLuint texture, framebuffer, framebuffer_texture, depth_stencil;
} targets;

static void use_frame(as_gl *gl, uint64_t index, const as_gl_request *request,
                      const snapshot *before, const targets *t, const char *what)
{
    as_gl_texture texture = get(gl, index, request);
    expect_unchanged(before, what);
    as_gl_texture shown = texture;
    if (shown.name == 0) /* the framebuffer */
        shown.name = t->framebuffer_texture;
    expect_mask(&shown);
    as_gl_release(gl, &texture, NULL);
    expect_unchanged(before, what);
}

/* Everything that touches the context, with the state that is set now. */
static void use_all(const targets *t, as_gl_upload upload)
{
    static snapshot before;
    as_gl_request small_mask = ask(100, 50), texture = ask(0, 0), target = ask(0, 0);
    texture.texture = t->texture;
    target.framebuffer = t->framebuffer;
    take(&before);
    as_gl *gl = attach(stream, 1, upload);
    expect_unchanged(&before, "as_gl_attach");
    use_frame(gl, 0, NULL, &before, t, "a new texture");
    use_frame(gl, 1, NULL, &before, t, "an update");
    use_frame(gl, 1, NULL, &before, t, "a frame that is shown already");
    use_frame(gl, 2, &small_mask, &before, t, "a texture in place of another");
    use_frame(gl, 3, &texture, &before, t, "a texture of the caller's");
    use_frame(gl, 4, &target, &before, t, "a framebuffer of the caller's");
    texture.unchanged = 1;
    use_frame(gl, 5, &texture, &before, t, "an update of the caller's texture");
    as_gl_detach(&gl);
    expect_unchanged(&before, "as_gl_detach");
}

static targets make_targets(void)
{
    targets t = {.texture = test_gl_make_texture(context, GL_R8, WIDTH + 5, HEIGHT + 3, 0x55),
                 .framebuffer_texture =
                     test_gl_make_texture(context, GL_R8, WIDTH + 5, HEIGHT + 3, 0x55)};
    f->GenFramebuffers(1, &t.framebuffer);
    f->BindFramebuffer(GL_FRAMEBUFFER, t.framebuffer);
    f->FramebufferTexture2D(GL_FRAMEBUFFER, GL_COLOR_ATTACHMENT0, GL_TEXTURE_2D,
                            t.framebuffer_texture, 0);
    f->GenRenderbuffers(1, &t.depth_stencil);
    f->BindRenderbuffer(GL_RENDERBUFFER, t.depth_stencil);
    f->RenderbufferStorage(GL_RENDERBUFFER, GL_DEPTH24_STENCIL8, WIDTH + 5, HEIGHT + 3);
    f->FramebufferRenderbuffer(GL_FRAMEBUFFER, GL_DEPTH_STENCIL_ATTACHMENT, GL_RENDERBUFFER,
                               t.depth_stencil);
    f->BindRenderbuffer(GL_RENDERBUFFER, 0);
    f->BindFramebuffer(GL_FRAMEBUFFER, 0);
    return t;
}

static void delete_targets(targets *t)
{
    f->DeleteTextures(1, &t->texture);
    f->DeleteTextures(1, &t->framebuffer_texture);
    f->DeleteFramebuffers(1, &t->framebuffer);
    f->DeleteRenderbuffers(1, &t->depth_stencil);
}

static void use_both_ways(const targets *t)
{
    use_all(t, AS_GL_UPLOAD_AUTO);
    use_all(t, AS_GL_UPLOAD_ORPHANED);
}

static void test_defaults(void **state)
{
    (void)state;
    targets t = make_targets();
    use_both_ways(&t);
    delete_targets(&t);
}

/* ----------------------------------------------------------------------------------- worst -- */

/* Objects of the caller's, bound to everything that can be bound. */
typedef struct objects {
    GLuint buffers[6], texture, framebuffer, vertex_array, program, sampler, renderbuffer;
} objects;

static const GLenum buffer_targets[6] = {GL_ARRAY_BUFFER,      GL_ELEMENT_ARRAY_BUFFER,
                                         GL_PIXEL_PACK_BUFFER, GL_PIXEL_UNPACK_BUFFER,
                                         GL_UNIFORM_BUFFER,    GL_COPY_READ_BUFFER};

static GLuint make_program(void)
{
    const char *head =
        context->f.es ? "#version 300 es\nprecision highp float;\n" : "#version 330 core\n";
    const char *vertex[] = {head, "void main() { gl_Position = vec4(0.0); }"};
    const char *fragment[] = {head, "out vec4 c;\nvoid main() { c = vec4(0.5); }"};
    GLint good;
    const GLuint program = f->CreateProgram();
    const GLuint shaders[] = {f->CreateShader(GL_VERTEX_SHADER),
                              f->CreateShader(GL_FRAGMENT_SHADER)};
    f->ShaderSource(shaders[0], 2, vertex, NULL);
    f->ShaderSource(shaders[1], 2, fragment, NULL);
    for (int i = 0; i < 2; i++) {
        f->CompileShader(shaders[i]);
        f->AttachShader(program, shaders[i]);
        f->DeleteShader(shaders[i]);
    }
    f->LinkProgram(program);
    f->GetProgramiv(program, GL_LINK_STATUS, &good);
    assert_true(good);
    return program;
}

static objects bind_objects(const targets *t)
{
    objects o = {.program = make_program()};
    f->GenVertexArrays(1, &o.vertex_array);
    f->BindVertexArray(o.vertex_array);
    f->GenBuffers(6, o.buffers);
    for (int i = 0; i < 6; i++) {
        f->BindBuffer(buffer_targets[i], o.buffers[i]);
        f->BufferData(buffer_targets[i], 64, NULL, GL_STATIC_DRAW);
    }
    f->EnableVertexAttribArray(0);
    f->VertexAttribPointer(0, 2, GL_FLOAT, GL_FALSE, 0, NULL);
    f->ActiveTexture(GL_TEXTURE3);
    f->BindTexture(GL_TEXTURE_2D, t->framebuffer_texture);
    f->GenSamplers(1, &o.sampler);
    f->BindSampler(3, o.sampler);
    f->GenRenderbuffers(1, &o.renderbuffer);
    f->BindRenderbuffer(GL_RENDERBUFFER, o.renderbuffer);
    f->RenderbufferStorage(GL_RENDERBUFFER, GL_RGBA8, 16, 16);
    f->GenFramebuffers(1, &o.framebuffer);
    f->BindFramebuffer(GL_DRAW_FRAMEBUFFER, o.framebuffer);
    f->FramebufferRenderbuffer(GL_DRAW_FRAMEBUFFER, GL_COLOR_ATTACHMENT0, GL_RENDERBUFFER,
                               o.renderbuffer);
    f->BindFramebuffer(GL_READ_FRAMEBUFFER, t->framebuffer);
    f->UseProgram(o.program);
    return o;
}

static void delete_objects(objects *o)
{
    f->UseProgram(0);
    f->DeleteProgram(o->program);
    f->DeleteBuffers(6, o->buffers);
    f->DeleteVertexArrays(1, &o->vertex_array);
    f->DeleteSamplers(1, &o->sampler);
    f->DeleteRenderbuffers(1, &o->renderbuffer);
    f->DeleteFramebuffers(1, &o->framebuffer);
    f->ActiveTexture(GL_TEXTURE0);
}

/* What would spoil any drawing. */
static void spoil(bool spoilt)
{
    static const GLenum caps[] = {GL_BLEND,
                                  GL_CULL_FACE,
                                  GL_DEPTH_TEST,
                                  GL_RASTERIZER_DISCARD,
                                  GL_SCISSOR_TEST,
                                  GL_STENCIL_TEST,
                                  GL_SAMPLE_COVERAGE,
                                  GL_SAMPLE_ALPHA_TO_COVERAGE,
                                  GL_POLYGON_OFFSET_FILL};
    for (size_t i = 0; i < COUNT(caps); i++)
        (spoilt ? f->Enable : f->Disable)(caps[i]);
    f->ColorMask(!spoilt, !spoilt, !spoilt, !spoilt);
    f->BlendFunc(GL_ZERO, GL_ZERO);
    f->CullFace(spoilt ? GL_FRONT_AND_BACK : GL_BACK);
    f->DepthFunc(spoilt ? GL_NEVER : GL_LESS);
    f->StencilFunc(spoilt ? GL_NEVER : GL_ALWAYS, 1, 3);
    f->SampleCoverage(0.25f, GL_TRUE);
    f->PolygonOffset(3, 4);
    f->Viewport(1, 2, 3, 4);
    f->Scissor(5, 6, 0, 0);
    f->ClearColor(0.25f, 0.5f, 0.75f, 1);
    f->PixelStorei(GL_UNPACK_ROW_LENGTH, spoilt ? 3 : 0);
    f->PixelStorei(GL_UNPACK_SKIP_ROWS, spoilt ? 7 : 0);
}

static void spoil_more(bool spoilt)
{
    static const GLenum caps[] = {GL_COLOR_LOGIC_OP, GL_POLYGON_SMOOTH,   GL_PRIMITIVE_RESTART,
                                  GL_DEPTH_CLAMP,    GL_FRAMEBUFFER_SRGB, GL_SAMPLE_MASK,
                                  GL_CLIP_DISTANCE0, GL_CLIP_DISTANCE1,   GL_CLIP_DISTANCE2,
                                  GL_CLIP_DISTANCE3, GL_CLIP_DISTANCE4,   GL_CLIP_DISTANCE5,
                                  GL_CLIP_DISTANCE6, GL_CLIP_DISTANCE7};
    const as_gl_extra *extra = &context->f.extra;
    for (size_t i = 0; i < COUNT(caps) && !context->f.es; i++)
        (spoilt ? f->Enable : f->Disable)(caps[i]);
    if (!context->f.es) {
        f->LogicOp(GL_CLEAR);
        f->PolygonMode(GL_FRONT_AND_BACK, spoilt ? GL_LINE : GL_FILL);
        f->PrimitiveRestartIndex(1);
    }
    if (extra->clip_control)
        extra->clip_control(spoilt ? UPPER_LEFT : 0x8CA1, spoilt ? ZERO_TO_ONE : 0x935E);
    for (GLuint i = 0; i < BUFFERS && extra->is_enabled_i; i++) {
        (i % 2 == 0 && spoilt ? extra->enable_i : extra->disable_i)(GL_BLEND, i);
        extra->color_mask_i(i, i % 2 == 0 && !spoilt, !spoilt, GL_TRUE, GL_TRUE);
    }
    for (GLuint i = 0; i < VIEWPORTS && extra->viewport_i; i++) {
        const GLfloat viewport[4] = {(GLfloat)i, 1, 7, 8};
        const GLint scissor[4] = {(GLint)i, 3, 0, 1};
        extra->viewport_i(i, viewport);
        extra->scissor_i(i, scissor);
        (spoilt && i % 3 ? extra->disable_i : extra->enable_i)(GL_SCISSOR_TEST, i);
    }
    if (!spoilt) {
        f->ColorMask(GL_TRUE, GL_TRUE, GL_TRUE, GL_TRUE);
        f->Disable(GL_SCISSOR_TEST);
    }
}

static as_gl_proc function(const char *name)
{
    const as_gl_proc address = test_gl_load_plain(name);
    assert_non_null((void *)(uintptr_t)address);
    return address;
}

/* Read as pixels are, so while those are at their defaults. */
static void make_stipple(void)
{
    static const GLubyte nothing[128];
    ((void(GLAD_API_PTR *)(const GLubyte *))function("glPolygonStipple"))(nothing);
}

/* What only compatibility profiles have. */
static void spoil_compatible(bool spoilt)
{
    static const GLenum caps[] = {ALPHA_TEST, POLYGON_STIPPLE, LIGHTING,
                                  FOG,        LINE_STIPPLE,    TEXTURE_2D_ON};
    for (size_t i = 0; i < COUNT(caps); i++)
        (spoilt ? f->Enable : f->Disable)(caps[i]);
    ((void(GLAD_API_PTR *)(GLenum, GLfloat))function("glAlphaFunc"))(GL_NEVER, 0.5f);
}

/* Front and back of their own. */
static void use_polygon_modes(const targets *t)
{
    f->PolygonMode(GL_FRONT, GL_POINT);
    f->PolygonMode(GL_BACK, GL_FILL);
    use_both_ways(t);
    f->PolygonMode(GL_FRONT, GL_FILL);
    f->PolygonMode(GL_BACK, GL_LINE);
    f->FrontFace(GL_CW); /* all that is drawn is back */
    use_both_ways(t);
    f->FrontFace(GL_CCW);
}

static void test_worst(void **state)
{
    (void)state;
    targets t = make_targets();
    if (context->f.compatible)
        make_stipple();
    objects o = bind_objects(&t);
    spoil(true);
    use_both_ways(&t);
    spoil_more(true);
    use_both_ways(&t);
    if (context->f.compatible) {
        spoil_compatible(true);
        use_both_ways(&t);
        use_polygon_modes(&t);
        spoil_compatible(false);
    }
    spoil_more(false);
    spoil(false);
    delete_objects(&o);
    delete_targets(&t);
    test_gl_no_errors(context);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_defaults),
                                       cmocka_unit_test(test_worst)};
    return cmocka_run_group_tests_name("gl_state", tests, setup, teardown);
}
