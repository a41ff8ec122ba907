/* SPDX-License-Identifier: MIT
 *
 * The caller's state: whatever would act on the drawing is saved, set, and restored. State that
 * exists per draw buffer or viewport is touched for number 0 alone, where the context allows that.
 */
#include "gpu/opengl/device.h"

#define DESKTOP 1  /* not in ES */
#define BUFFER 2   /* one per draw buffer */
#define VIEWPORT 4 /* one per viewport */
#define CLIP 8     /* in ES only with an extension */
#define COMPAT 16  /* in compatibility profiles alone */

/* All of these are disabled while drawing. What only acts on multisampled targets (which are
 * refused), on depth and stencil (whose tests are off) or on indexed draws is not among them. */
static const struct {
    GLenum cap;
    int where;
} caps[] = {
    {GL_BLEND, BUFFER},           {GL_CULL_FACE, 0},
    {GL_DEPTH_TEST, 0},           {GL_DITHER, 0},
    {GL_RASTERIZER_DISCARD, 0},   {GL_SCISSOR_TEST, VIEWPORT},
    {GL_STENCIL_TEST, 0},         {GL_COLOR_LOGIC_OP, DESKTOP},
    {GL_POLYGON_SMOOTH, DESKTOP}, {GL_PRIMITIVE_RESTART, DESKTOP},
    {GL_CLIP_DISTANCE0, CLIP},    {GL_CLIP_DISTANCE1, CLIP},
    {GL_CLIP_DISTANCE2, CLIP},    {GL_CLIP_DISTANCE3, CLIP},
    {GL_CLIP_DISTANCE4, CLIP},    {GL_CLIP_DISTANCE5, CLIP},
    {GL_CLIP_DISTANCE6, CLIP},    {GL_CLIP_DISTANCE7, CLIP},
    {AS_GL_ALPHA_TEST, COMPAT},   {AS_GL_POLYGON_STIPPLE, COMPAT},
};
enum { CAPS = sizeof(caps) / sizeof(*caps) };

static bool is_indexed(const as_gl_device *d, size_t i)
{
    return caps[i].where & BUFFER     ? d->f.extra.is_enabled_i != NULL
           : caps[i].where & VIEWPORT ? d->f.extra.viewport_i != NULL
                                      : false;
}

static bool exists(const as_gl_device *d, size_t i)
{
    return !(caps[i].where & DESKTOP && d->f.es) && !(caps[i].where & CLIP && !d->f.extra.clips) &&
           !(caps[i].where & COMPAT && !d->f.compatible);
}

static void set_cap(const as_gl_device *d, size_t i, bool on)
{
    if (is_indexed(d, i))
        (on ? d->f.extra.enable_i : d->f.extra.disable_i)(caps[i].cap, 0);
    else
        (on ? d->f.gl.Enable : d->f.gl.Disable)(caps[i].cap);
}

static void save_color_mask(as_gl_device *d)
{
    as_gl_state *s = &d->state;
    GLint mask[4];
    if (!d->f.extra.is_enabled_i) {
        d->f.gl.GetBooleanv(GL_COLOR_WRITEMASK, s->color_mask);
        return;
    }
    d->f.gl.GetIntegeri_v(GL_COLOR_WRITEMASK, 0, mask);
    for (int i = 0; i < 4; i++)
        s->color_mask[i] = mask[i] != 0;
}

static void set_color_mask(const as_gl_device *d, const GLboolean mask[4])
{
    if (d->f.extra.is_enabled_i)
        d->f.extra.color_mask_i(0, mask[0], mask[1], mask[2], mask[3]);
    else
        d->f.gl.ColorMask(mask[0], mask[1], mask[2], mask[3]);
}

static bool is_filled(const as_gl_device *d)
{
    const GLint *mode = d->state.polygon_mode;
    return d->f.es || (mode[0] == GL_FILL && (mode[1] == GL_FILL || !d->f.compatible));
}

static void restore_polygon_mode(const as_gl_device *d)
{
    const GLint *mode = d->state.polygon_mode;
    if (d->f.compatible) {
        d->f.gl.PolygonMode(GL_FRONT, (GLenum)mode[0]);
        d->f.gl.PolygonMode(GL_BACK, (GLenum)mode[1]);
    } else { /* has one for both */
        d->f.gl.PolygonMode(GL_FRONT_AND_BACK, (GLenum)mode[0]);
    }
}

void as_gl_state_save(as_gl_device *d)
{
    const GladGLContext *gl = &d->f.gl;
    const as_gl_extra *extra = &d->f.extra;
    as_gl_state *s = &d->state;
    gl->GetIntegerv(GL_DRAW_FRAMEBUFFER_BINDING, &s->framebuffer);
    gl->GetIntegerv(GL_VERTEX_ARRAY_BINDING, &s->vertex_array);
    gl->GetIntegerv(GL_CURRENT_PROGRAM, &s->program);
    gl->GetIntegerv(GL_ARRAY_BUFFER_BINDING, &s->array_buffer);
    gl->GetIntegerv(GL_PIXEL_UNPACK_BUFFER_BINDING, &s->unpack_buffer);
    gl->GetIntegerv(GL_TEXTURE_BINDING_2D, &s->texture);
    if (extra->viewport_i) {
        extra->get_float_i(GL_VIEWPORT, 0, s->viewport);
        extra->get_float_i(GL_SCISSOR_BOX, 0, s->scissor);
    } else {
        gl->GetFloatv(GL_VIEWPORT, s->viewport);
        gl->GetFloatv(GL_SCISSOR_BOX, s->scissor);
    }
    if (extra->clip_control) {
        gl->GetIntegerv(AS_GL_CLIP_ORIGIN, &s->clip_origin);
        gl->GetIntegerv(AS_GL_CLIP_DEPTH_MODE, &s->clip_depth);
    }
    if (!d->f.es)
        gl->GetIntegerv(GL_POLYGON_MODE, s->polygon_mode);
    save_color_mask(d);
    for (size_t i = 0; i < CAPS; i++)
        if (exists(d, i))
            s->enabled[i] =
                is_indexed(d, i) ? extra->is_enabled_i(caps[i].cap, 0) : gl->IsEnabled(caps[i].cap);
}

void as_gl_state_set(as_gl_device *d)
{
    static const GLboolean all[4] = {GL_TRUE, GL_TRUE, GL_TRUE, GL_TRUE};
    const GladGLContext *gl = &d->f.gl;
    const as_gl_state *s = &d->state;
    gl->BindBuffer(GL_ARRAY_BUFFER, d->ring.buffer);
    gl->BindBuffer(GL_PIXEL_UNPACK_BUFFER, 0);
    gl->BindVertexArray(d->vertex_array);
    gl->UseProgram(d->program);
    if (d->f.extra.clip_control && s->clip_origin != AS_GL_LOWER_LEFT)
        d->f.extra.clip_control(AS_GL_LOWER_LEFT, (GLenum)s->clip_depth);
    if (!is_filled(d))
        gl->PolygonMode(GL_FRONT_AND_BACK, GL_FILL);
    set_color_mask(d, all);
    for (size_t i = 0; i < CAPS; i++)
        if (s->enabled[i])
            set_cap(d, i, false);
}

void as_gl_state_restore(as_gl_device *d)
{
    const GladGLContext *gl = &d->f.gl;
    const as_gl_state *s = &d->state;
    gl->BindFramebuffer(GL_DRAW_FRAMEBUFFER, (GLuint)s->framebuffer);
    gl->BindVertexArray((GLuint)s->vertex_array);
    gl->UseProgram((GLuint)s->program);
    gl->BindBuffer(GL_ARRAY_BUFFER, (GLuint)s->array_buffer);
    gl->BindBuffer(GL_PIXEL_UNPACK_BUFFER, (GLuint)s->unpack_buffer);
    gl->BindTexture(GL_TEXTURE_2D, (GLuint)s->texture);
    if (d->f.extra.viewport_i)
        d->f.extra.viewport_i(0, s->viewport);
    else
        gl->Viewport((GLint)s->viewport[0], (GLint)s->viewport[1], (GLsizei)s->viewport[2],
                     (GLsizei)s->viewport[3]);
    const GLint scissor[4] = {(GLint)s->scissor[0], (GLint)s->scissor[1], (GLint)s->scissor[2],
                              (GLint)s->scissor[3]};
    if (d->f.extra.viewport_i)
        d->f.extra.scissor_i(0, scissor);
    else
        gl->Scissor(scissor[0], scissor[1], scissor[2], scissor[3]);
    if (d->f.extra.clip_control && s->clip_origin != AS_GL_LOWER_LEFT)
        d->f.extra.clip_control((GLenum)s->clip_origin, (GLenum)s->clip_depth);
    if (!is_filled(d))
        restore_polygon_mode(d);
    set_color_mask(d, s->color_mask);
    for (size_t i = 0; i < CAPS; i++)
        if (s->enabled[i])
            set_cap(d, i, true);
}
