/* SPDX-License-Identifier: MIT
 *
 * Masks as textures of the library, bound directly. One shader makes the picture; with integers and
 * texelFetch, so that it is the same on every driver. It is compiled for each kind of picture when
 * that is first drawn: drivers without a GPU would do the work of all kinds for each pixel.
 */
#include "renderer.h"

#include "gl_calls.h"
#include "wireframe.h"

#include "samples/common/headless_gl.h"

#include <alphastream/gl.h>

#include <stdio.h>
#include <stdlib.h>

enum { MOST_PANELS = 8, QUERIES = 4 };
enum { KINDS = VIEW_COUNT * BACKGROUND_COUNT * 2 * 2 }; /* of pictures, by what the shader knows */
enum { UNIT_MASK, UNIT_IMAGE, UNIT_VIDEO, UNIT_PANEL };

static const char vertex_text[] =
    "void main() {\n"
    "    vec2 uv = vec2(gl_VertexID == 1 ? 2.0 : 0.0, gl_VertexID == 2 ? 2.0 : 0.0);\n"
    "    gl_Position = vec4(uv * 2.0 - 1.0, 0.0, 1.0);\n"
    "}\n";

/* GL's row 0 is the bottom of a window; p is counted from the top. VIEW, GROUND, SOFT and VIDEO are
 * defined as the scene has them. */
static const char scene_text[] =
    "uniform ivec2 target;\n"
    "uniform ivec4 shown;\n"
    "uniform ivec2 mode;\n" /* eye, whether there is a mask */
    "uniform ivec3 flat_colour;\n"
    "uniform sampler2D mask, image, video;\n"
    "out vec4 color;\n"
    "ivec2 columns(int width) {\n"
    "    int part = width / 2;\n"
    "    if (mode.x == 1 && part > 0) return ivec2(0, part);\n"
    "    return mode.x == 2 ? ivec2(part, width - part) : ivec2(0, width);\n"
    "}\n"
    "ivec2 texel(ivec2 p, ivec2 size) {\n"
    "    ivec2 c = columns(size.x);\n"
    "    return ivec2(c.x + p.x * c.y / shown.z, p.y * size.y / shown.w);\n"
    "}\n"
    "ivec3 fetch(sampler2D s, ivec2 p) {\n"
    "    return ivec3(texelFetch(s, texel(p, textureSize(s, 0)), 0).rgb * 255.0 + 0.5);\n"
    "}\n"
    "bool opaque(ivec2 t, ivec2 size) {\n"
    "    if (t.x < 0 || t.y < 0 || t.x >= size.x || t.y >= size.y) return false;\n"
    "    return texelFetch(mask, t, 0).r > 0.5;\n"
    "}\n"
    "bool on_edge(ivec2 t, ivec2 size) {\n"
    "    return opaque(t, size) && !(opaque(t + ivec2(1, 0), size) &&\n"
    "        opaque(t - ivec2(1, 0), size) && opaque(t + ivec2(0, 1), size) &&\n"
    "        opaque(t - ivec2(0, 1), size));\n"
    "}\n"
    "ivec3 behind(ivec2 p) {\n"
    "#if GROUND == 1\n"
    "    return flat_colour;\n"
    "#elif GROUND == 2\n"
    "    return fetch(image, p);\n"
    "#elif GROUND == 3\n"
    "    return fetch(video, p) / 4;\n"
    "#else\n"
    "    return ivec3((p.x / 32 + p.y / 32) % 2 == 0 ? 102 : 153);\n"
    "#endif\n"
    "}\n"
    "ivec3 front(ivec2 p) {\n"
    "#if VIDEO\n"
    "    return fetch(video, p);\n"
    "#else\n"
    "    int t = p.y * 255 / shown.w;\n"
    "    return ivec3(255 - t / 4, 214 - t / 2, 150 + t / 3);\n"
    "#endif\n"
    "}\n"
    "vec3 colour_of(ivec2 p, ivec2 size) {\n"
    "#if SOFT\n"
    "    vec2 at = (vec2(p) + 0.5) / vec2(shown.zw);\n"
    "    ivec2 c = columns(size.x);\n"
    "    float a = texture(mask, vec2((float(c.x) + at.x * float(c.y)) / float(size.x), at.y)).r;\n"
    "#if VIEW == 1\n"
    "    return vec3(a * 255.0);\n"
    "#else\n"
    "    return mix(vec3(behind(p)), vec3(front(p)), a);\n"
    "#endif\n"
    "#else\n"
    "    ivec2 t = texel(p, size);\n"
    "    bool inside = mode.y == 1 && opaque(t, size);\n"
    "#if VIEW == 0\n"
    "    return vec3(inside ? front(p) : behind(p));\n"
    "#elif VIEW == 1\n"
    "    return vec3(inside ? 255.0 : 0.0);\n"
    "#else\n"
    "#if VIEW == 2\n"
    "    if (inside && on_edge(t, size)) return vec3(255.0, 64.0, 32.0);\n"
    "#endif\n"
    "    return vec3(VIDEO == 1 ? front(p) : behind(p));\n"
    "#endif\n"
    "#endif\n"
    "}\n"
    "void main() {\n"
    "    ivec2 p = ivec2(int(gl_FragCoord.x), target.y - 1 - int(gl_FragCoord.y)) - shown.xy;\n"
    "    color = vec4(0.0, 0.0, 0.0, 1.0);\n"
    "    if (p.x < 0 || p.y < 0 || p.x >= shown.z || p.y >= shown.w) return;\n"
    "    ivec2 size = textureSize(mask, 0);\n"
    "    color.rgb = colour_of(p, size) / 255.0;\n"
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
    GLuint scene_programs[KINDS]; /* 0: not made yet */
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
    const bool soft = s->linear && r->mask.name && s->view <= VIEW_MASK, video = s->video != NULL;
    const unsigned kind =
        (((unsigned)s->view * BACKGROUND_COUNT + (unsigned)s->background) * 2 + soft) * 2 + video;
    if (r->scene_programs[kind])
        return r->scene_programs[kind];
    snprintf(defines, sizeof(defines),
             "#define VIEW %d\n#define GROUND %d\n#define SOFT %d\n#define VIDEO %d\n",
             (int)s->view, (int)s->background, soft, video);
    const GLuint made = gl_calls_program(c, defines, vertex_text, scene_text);
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
    r->panel_program = gl_calls_program(c, "", vertex_text, panel_text);
    r->line_program = gl_calls_program(c, "", line_vertex_text, line_text);
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
        for (int i = 0; i < KINDS; i++)
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
    renderer_times t = {.gpu_ms = r->gpu_ms, .library_ms = -1.0};
    if (r->gl && as_gl_get_stats(r->gl, &stats) == AS_OK) {
        t.library_ms = (double)stats.update.p50_ns / 1e6;
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
