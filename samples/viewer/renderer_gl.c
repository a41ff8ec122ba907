/* SPDX-License-Identifier: MIT
 *
 * Masks as textures of the library, bound directly. One shader makes the picture. It is compiled
 * for each kind of picture when that is first drawn: drivers without a GPU would do the work of all
 * kinds for each pixel.
 */
#include "renderer.h"

#include "gl_calls.h"
#include "wireframe.h"

#include "samples/common/headless_gl.h"

#include <alphastream/gl.h>

#include <stdio.h>
#include <stdlib.h>

enum { MOST_PANELS = 8, QUERIES = 4 };
enum { UNIT_MASK, UNIT_IMAGE, UNIT_VIDEO, UNIT_PANEL };

extern const char viewer_scene_glsl[]; /* shaders/scene.glsl */

static const char vertex_text[] =
    "void main() {\n"
    "    vec2 uv = vec2(gl_VertexID == 1 ? 2.0 : 0.0, gl_VertexID == 2 ? 2.0 : 0.0);\n"
    "    gl_Position = vec4(uv * 2.0 - 1.0, 0.0, 1.0);\n"
    "}\n";

/* Of the scene: what scene.glsl wants declared, and the rest. GL's row 0 is the bottom of a window.
 */
static const char scene_head[] = "uniform ivec2 target;\n"
                                 "uniform ivec4 shown;\n"
                                 "uniform ivec2 mode;\n"
                                 "uniform ivec3 flat_colour;\n"
                                 "uniform sampler2D mask, image, video;\n"
                                 "out vec4 color;\n";
static const char scene_tail[] = "void main() {\n"
                                 "    ivec2 at = ivec2(gl_FragCoord.xy);\n"
                                 "    color = colour_at(ivec2(at.x, target.y - 1 - at.y));\n"
                                 "}\n";

static const char panel_text[] =
    "uniform sampler2D panel;\n"
    "uniform ivec2 corner;\n" /* left, one past the lowest row, in GL's coordinates */
    "out vec4 color;\n"
    "void main() {\n"
    "    ivec2 p = ivec2(int(gl_FragCoord.x) - corner.x, corner.y - 1 - int(gl_FragCoord.y));\n"
    "    color = texelFetch(panel, p, 0);\n"
    "}\n";

static const char line_vertex_text[] = "uniform vec4 place;\n" /* offset, scale */
                                       "uniform ivec2 target;\n"
                                       "layout(location = 0) in vec2 at;\n"
                                       "void main() {\n"
                                       "    vec2 p = (place.xy + place.zw * at) / vec2(target);\n"
                                       "    gl_Position = vec4(p.x * 2.0 - 1.0, 1.0 - p.y * 2.0, "
                                       "0.0, 1.0);\n"
                                       "}\n";
static const char line_text[] = "out vec4 color;\n"
                                "void main() { color = vec4(1.0, 0.75, 0.1, 1.0); }\n";

typedef struct cached_texture {
    GLuint name;
    uint64_t serial; /* of the picture in it */
} cached_texture;

struct renderer {
    headless_gl *context; /* NULL: the window's is used */
    void (*(*address)(void *user, const char *name))(void);
    void *address_user;
    gl_calls c;
    GLuint array, line_array, line_buffer;
    GLuint scene_programs[SCENE_KINDS]; /* 0: not made yet */
    GLuint panel_program, line_program;
    GLuint framebuffer, target; /* for pictures beside the window */
    int target_width, target_height;
    cached_texture image, video, panels[MOST_PANELS];
    GLuint queries[QUERIES];
    unsigned begun; /* queries so far */
    double gpu_ms;
    wireframe wires;
    as_gl *gl;
    as_gl_texture mask; /* name 0: none yet */
    char description[192];
};

static GLint place(renderer *r, GLuint program, const char *name)
{
    return r->c.GetUniformLocation(program, name);
}

/* The program for a kind of picture; 0: the driver cannot compile it. */
static GLuint scene_program(renderer *r, const scene *s)
{
    const gl_calls *c = &r->c;
    char defines[128];
    const scene_kind k = scene_kind_of(s, r->mask.name != 0);
    const unsigned kind = k.number;
    if (r->scene_programs[kind])
        return r->scene_programs[kind];
    snprintf(defines, sizeof(defines),
             "#define VIEW %d\n#define GROUND %d\n#define SOFT %d\n#define VIDEO %d\n", k.view,
             k.ground, k.soft, k.video);
    const char *const fragment[] = {defines, scene_head, viewer_scene_glsl, scene_tail};
    const GLuint made = gl_calls_program(c, vertex_text, fragment, 4);
    if (!made)
        return 0;
    c->UseProgram(made);
    c->Uniform1i(place(r, made, "mask"), UNIT_MASK);
    c->Uniform1i(place(r, made, "image"), UNIT_IMAGE);
    c->Uniform1i(place(r, made, "video"), UNIT_VIDEO);
    r->scene_programs[kind] = made;
    return made;
}

static bool make_programs(renderer *r)
{
    const gl_calls *c = &r->c;
    const scene usual = {.view = VIEW_CUTOUT};
    const char *const panel_texts[] = {panel_text}, *const line_texts[] = {line_text};
    r->panel_program = gl_calls_program(c, vertex_text, panel_texts, 1);
    r->line_program = gl_calls_program(c, line_vertex_text, line_texts, 1);
    if (!scene_program(r, &usual) || !r->panel_program || !r->line_program)
        return false;
    c->UseProgram(r->panel_program);
    c->Uniform1i(place(r, r->panel_program, "panel"), UNIT_PANEL);
    c->GenVertexArrays(1, &r->array);
    c->GenVertexArrays(1, &r->line_array);
    c->GenBuffers(1, &r->line_buffer);
    c->BindVertexArray(r->line_array);
    c->BindBuffer(GL_ARRAY_BUFFER, r->line_buffer);
    c->EnableVertexAttribArray(0);
    c->VertexAttribPointer(0, 2, GL_FLOAT, GL_FALSE, 0, NULL);
    c->GenFramebuffers(1, &r->framebuffer);
    c->GenQueries(QUERIES, r->queries);
    return true;
}

static void gl_end(renderer *r)
{
    const gl_calls *c = &r->c;
    if (r->c.Viewport) {
        as_gl_release(r->gl, &r->mask, NULL);
        as_gl_detach(&r->gl);
        c->DeleteTextures(1, &r->image.name);
        c->DeleteTextures(1, &r->video.name);
        for (int i = 0; i < MOST_PANELS; i++)
            c->DeleteTextures(1, &r->panels[i].name);
        c->DeleteTextures(1, &r->target);
        c->DeleteFramebuffers(1, &r->framebuffer);
        c->DeleteBuffers(1, &r->line_buffer);
        c->DeleteVertexArrays(1, &r->line_array);
        c->DeleteVertexArrays(1, &r->array);
        c->DeleteQueries(QUERIES, r->queries);
        for (int i = 0; i < SCENE_KINDS; i++)
            c->DeleteProgram(r->scene_programs[i]);
        c->DeleteProgram(r->panel_program);
        c->DeleteProgram(r->line_program);
    }
    headless_gl_destroy(r->context);
    wireframe_free(&r->wires);
    free(r);
}

static bool get_context(renderer *r, const renderer_params *params, char *why, size_t capacity)
{
    const char *missing = NULL;
    r->address = params->address;
    r->address_user = params->address_user;
    if (!r->address) {
        r->context = headless_gl_create(false, why, capacity);
        if (!r->context)
            return false;
        r->address = headless_gl_address;
        r->address_user = r->context;
    }
    if (!gl_calls_load(&r->c, r->address, r->address_user, &missing)) {
        r->c.Viewport = NULL; /* the last one: says that all are there */
        snprintf(why, capacity, "the OpenGL driver lacks gl%s; use --renderer cpu", missing);
        return false;
    }
    snprintf(r->description, sizeof(r->description), "OpenGL %s, %s",
             (const char *)r->c.GetString(GL_VERSION), (const char *)r->c.GetString(GL_RENDERER));
    return true;
}

static renderer *gl_init(const renderer_params *params, char *why, size_t capacity)
{
    renderer *r = calloc(1, sizeof(*r));
    if (!r) {
        snprintf(why, capacity, "out of memory");
        return NULL;
    }
    r->gpu_ms = -1.0;
    if (!get_context(r, params, why, capacity)) {
        gl_end(r);
        return NULL;
    }
    if (!make_programs(r)) {
        snprintf(why, capacity, "%s cannot compile the viewer's shaders; use --renderer cpu",
                 r->description);
        gl_end(r);
        return NULL;
    }
    return r;
}

static as_result gl_use(renderer *r, as_stream *stream, as_error *error)
{
    const as_gl_params params = {
        .struct_size = sizeof(params), .get_proc_address = r->address, .user = r->address_user};
    as_gl_release(r->gl, &r->mask, NULL);
    as_gl_detach(&r->gl);
    wireframe_take(&r->wires, NULL);
    return stream ? as_gl_attach(stream, &params, &r->gl, error) : AS_OK;
}

static as_result gl_get(renderer *r, uint64_t index, uint64_t timeout_ns, as_error *error)
{
    as_gl_texture next;
    const as_result result = as_gl_get_frame(r->gl, index, NULL, timeout_ns, &next, error);
    if (result == AS_OK) {
        as_gl_release(r->gl, &r->mask, NULL);
        r->mask = next;
    }
    return result;
}

static void gl_set_strip(renderer *r, const as_frame_info *strip)
{
    wireframe_take(&r->wires, strip);
    if (r->wires.count == 0)
        return;
    r->c.BindBuffer(GL_ARRAY_BUFFER, r->line_buffer);
    r->c.BufferData(GL_ARRAY_BUFFER, (GLsizeiptr)(r->wires.count * 4 * sizeof(float)),
                    r->wires.lines, GL_STREAM_DRAW);
}

/* ------------------------------------------------------------------------------ drawing ---- */

static void bind_picture(renderer *r, cached_texture *t, GLenum unit, const picture *p)
{
    const gl_calls *c = &r->c;
    c->ActiveTexture(GL_TEXTURE0 + unit);
    if (!t->name) {
        c->GenTextures(1, &t->name);
        c->BindTexture(GL_TEXTURE_2D, t->name);
        c->TexParameteri(GL_TEXTURE_2D, GL_TEXTURE_MIN_FILTER, GL_NEAREST);
        c->TexParameteri(GL_TEXTURE_2D, GL_TEXTURE_MAG_FILTER, GL_NEAREST);
    }
    c->BindTexture(GL_TEXTURE_2D, t->name);
    if (t->serial == p->serial)
        return;
    c->PixelStorei(GL_UNPACK_ALIGNMENT, 4);
    c->TexImage2D(GL_TEXTURE_2D, 0, GL_RGBA8, (GLsizei)p->width, (GLsizei)p->height, 0, GL_RGBA,
                  GL_UNSIGNED_BYTE, p->pixels);
    t->serial = p->serial;
}

static void bind_mask(renderer *r, bool linear)
{
    const gl_calls *c = &r->c;
    c->ActiveTexture(GL_TEXTURE0 + UNIT_MASK);
    c->BindTexture(GL_TEXTURE_2D, r->mask.name);
    if (!r->mask.name)
        return;
    c->TexParameteri(GL_TEXTURE_2D, GL_TEXTURE_MIN_FILTER, linear ? GL_LINEAR : GL_NEAREST);
    c->TexParameteri(GL_TEXTURE_2D, GL_TEXTURE_MAG_FILTER, linear ? GL_LINEAR : GL_NEAREST);
}

static void draw_lines(renderer *r, const scene *s)
{
    const gl_calls *c = &r->c;
    const wireframe_map m = wireframe_place(&r->wires, s);
    c->UseProgram(r->line_program);
    c->Uniform2i(place(r, r->line_program, "target"), s->width, s->height);
    c->Uniform4f(place(r, r->line_program, "place"), m.offset_x, m.offset_y, m.scale_x, m.scale_y);
    c->BindVertexArray(r->line_array);
    c->Enable(GL_SCISSOR_TEST);
    c->Scissor(s->shown.x, s->height - s->shown.y - s->shown.height, s->shown.width,
               s->shown.height);
    c->DrawArrays(GL_LINES, 0, (GLsizei)(2 * r->wires.count));
    c->Disable(GL_SCISSOR_TEST);
    c->BindVertexArray(r->array);
}

static void draw_panels(renderer *r, const scene *s)
{
    const gl_calls *c = &r->c;
    c->UseProgram(r->panel_program);
    c->Enable(GL_BLEND);
    c->BlendFunc(GL_ONE, GL_ONE_MINUS_SRC_ALPHA);
    for (int i = 0; i < s->panel_count && i < MOST_PANELS; i++) {
        const panel *p = &s->panels[i];
        const int width = (int)p->picture.width, height = (int)p->picture.height;
        if (!p->visible || !p->picture.pixels)
            continue;
        bind_picture(r, &r->panels[i], UNIT_PANEL, &p->picture);
        c->Viewport(p->x, s->height - p->y - height, width, height);
        c->Uniform2i(place(r, r->panel_program, "corner"), p->x, s->height - p->y);
        c->DrawArrays(GL_TRIANGLES, 0, 3);
    }
    c->Disable(GL_BLEND);
}

static void draw_scene(renderer *r, const scene *s)
{
    const gl_calls *c = &r->c;
    const GLuint p = scene_program(r, s); /* 0 is an OpenGL error below, which is looked for */
    c->Viewport(0, 0, s->width, s->height);
    c->BindVertexArray(r->array);
    c->UseProgram(p);
    bind_mask(r, s->linear);
    if (s->image)
        bind_picture(r, &r->image, UNIT_IMAGE, s->image);
    if (s->video)
        bind_picture(r, &r->video, UNIT_VIDEO, s->video);
    c->Uniform2i(place(r, p, "target"), s->width, s->height);
    c->Uniform4i(place(r, p, "shown"), s->shown.x, s->shown.y, s->shown.width, s->shown.height);
    c->Uniform2i(place(r, p, "mode"), (int)s->eye, r->mask.name != 0);
    c->Uniform3i(place(r, p, "flat_colour"), s->colour[0], s->colour[1], s->colour[2]);
    c->DrawArrays(GL_TRIANGLES, 0, 3);
    if (s->view == VIEW_STRIPS && r->wires.count > 0)
        draw_lines(r, s);
    draw_panels(r, s);
}

/* A framebuffer of the target's size to draw into, bound. */
static bool bind_target(renderer *r, int width, int height)
{
    const gl_calls *c = &r->c;
    c->BindFramebuffer(GL_FRAMEBUFFER, r->framebuffer);
    if (r->target && r->target_width == width && r->target_height == height)
        return true;
    c->DeleteTextures(1, &r->target);
    c->GenTextures(1, &r->target);
    c->ActiveTexture(GL_TEXTURE0 + UNIT_PANEL);
    c->BindTexture(GL_TEXTURE_2D, r->target);
    c->TexImage2D(GL_TEXTURE_2D, 0, GL_RGBA8, width, height, 0, GL_RGBA, GL_UNSIGNED_BYTE, NULL);
    c->TexParameteri(GL_TEXTURE_2D, GL_TEXTURE_MIN_FILTER, GL_NEAREST);
    c->FramebufferTexture2D(GL_FRAMEBUFFER, GL_COLOR_ATTACHMENT0, GL_TEXTURE_2D, r->target, 0);
    r->target_width = width;
    r->target_height = height;
    return c->CheckFramebufferStatus(GL_FRAMEBUFFER) == GL_FRAMEBUFFER_COMPLETE;
}

static bool has_failed(renderer *r, char *why, size_t capacity)
{
    const GLenum code = r->c.GetError();
    if (code == GL_NO_ERROR)
        return false;
    snprintf(why, capacity, "OpenGL error 0x%04x while drawing; try --renderer cpu", code);
    return true;
}

/* The result of the query that is used next, begun QUERIES pictures ago, if it is there. */
static void read_query(renderer *r)
{
    const GLuint query = r->queries[r->begun % QUERIES];
    GLuint there = 0;
    GLuint64 ns = 0;
    if (r->begun < QUERIES)
        return;
    r->c.GetQueryObjectuiv(query, GL_QUERY_RESULT_AVAILABLE, &there);
    if (!there)
        return;
    r->c.GetQueryObjectui64v(query, GL_QUERY_RESULT, &ns);
    r->gpu_ms = (double)ns / 1e6;
}

static bool gl_draw(renderer *r, const scene *s, char *why, size_t capacity)
{
    const gl_calls *c = &r->c;
    if (r->context) {
        if (!bind_target(r, s->width, s->height)) {
            snprintf(why, capacity, "a picture of %d x %d cannot be drawn; use a smaller --window",
                     s->width, s->height);
            return false;
        }
    } else {
        c->BindFramebuffer(GL_FRAMEBUFFER, 0);
    }
    read_query(r);
    c->BeginQuery(GL_TIME_ELAPSED, r->queries[r->begun++ % QUERIES]);
    draw_scene(r, s);
    c->EndQuery(GL_TIME_ELAPSED);
    return !has_failed(r, why, capacity);
}

static void flip_rows(uint8_t *rgb, int width, int height)
{
    const size_t stride = (size_t)width * 3;
    for (int y = 0; y < height / 2; y++) {
        uint8_t *top = rgb + (size_t)y * stride, *low = rgb + (size_t)(height - 1 - y) * stride;
        for (size_t i = 0; i < stride; i++) {
            const uint8_t kept = top[i];
            top[i] = low[i];
            low[i] = kept;
        }
    }
}

static bool gl_read_back(renderer *r, const scene *s, uint8_t *rgb, char *why, size_t capacity)
{
    const gl_calls *c = &r->c;
    if (!bind_target(r, s->width, s->height)) {
        snprintf(why, capacity, "a picture of %d x %d cannot be drawn; use a smaller --window",
                 s->width, s->height);
        return false;
    }
    draw_scene(r, s);
    c->PixelStorei(GL_PACK_ALIGNMENT, 1);
    c->ReadPixels(0, 0, s->width, s->height, GL_RGB, GL_UNSIGNED_BYTE, rgb);
    flip_rows(rgb, s->width, s->height);
    c->BindFramebuffer(GL_FRAMEBUFFER, 0);
    return !has_failed(r, why, capacity);
}

static renderer_times gl_times(renderer *r)
{
    as_gl_stats stats = {.struct_size = sizeof(stats)};
    renderer_times t = {.gpu_ms = r->gpu_ms};
    if (r->gl && as_gl_get_stats(r->gl, &stats) == AS_OK) {
        t.upload_bytes = stats.last_upload_bytes;
        t.upload_total = stats.upload_bytes;
    }
    return t;
}

static const char *gl_description(renderer *r)
{
    return r->description;
}

const renderer_ops renderer_gl = {.name = "gl",
                                  .init = gl_init,
                                  .use = gl_use,
                                  .get = gl_get,
                                  .set_strip = gl_set_strip,
                                  .draw = gl_draw,
                                  .read_back = gl_read_back,
                                  .times = gl_times,
                                  .description = gl_description,
                                  .end = gl_end};
