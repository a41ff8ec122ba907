/* SPDX-License-Identifier: MIT
 *
 * Pictures made without a GPU, from the stream's R8 masks. In a window OpenGL only shows the
 * finished pixels.
 */
#include "renderer.h"

#include "gl_calls.h"
#include "wireframe.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Which column of a picture each column of the target shows. */
typedef struct columns {
    uint32_t *at;
    uint32_t capacity;
} columns;

struct renderer {
    uint8_t *pixels; /* RGBA, the picture */
    size_t capacity; /* bytes there */
    columns mask_columns, image_columns, video_columns;
    as_stream *stream;
    as_frame *frame; /* NULL: none yet */
    as_frame_info mask;
    wireframe wires;
    uint64_t upload_total;
    bool windowed;
    gl_calls c;
    GLuint texture, framebuffer;
    char description[192];
};

static const char description_alone[] = "CPU, without a window";

static bool start_window(renderer *r, const renderer_params *params, char *why, size_t capacity)
{
    const char *missing = NULL;
    if (!gl_calls_load(&r->c, params->address, params->address_user, &missing)) {
        snprintf(why, capacity, "the OpenGL driver lacks gl%s, which shows the finished pictures",
                 missing);
        return false;
    }
    r->windowed = true;
    snprintf(r->description, sizeof(r->description), "CPU, shown by %s",
             (const char *)r->c.GetString(GL_RENDERER));
    return true;
}

static void cpu_end(renderer *r)
{
    if (r->windowed) {
        r->c.DeleteTextures(1, &r->texture);
        r->c.DeleteFramebuffers(1, &r->framebuffer);
    }
    as_frame_unref(&r->frame);
    wireframe_free(&r->wires);
    free(r->mask_columns.at);
    free(r->image_columns.at);
    free(r->video_columns.at);
    free(r->pixels);
    free(r);
}

static renderer *cpu_init(const renderer_params *params, char *why, size_t capacity)
{
    renderer *r = calloc(1, sizeof(*r));
    if (!r) {
        snprintf(why, capacity, "out of memory");
        return NULL;
    }
    snprintf(r->description, sizeof(r->description), "%s", description_alone);
    if (params->address && !start_window(r, params, why, capacity)) {
        cpu_end(r);
        return NULL;
    }
    return r;
}

static as_result cpu_use(renderer *r, as_stream *stream, as_error *error)
{
    (void)error;
    as_frame_unref(&r->frame);
    wireframe_take(&r->wires, NULL);
    r->stream = stream;
    r->upload_total = 0;
    return AS_OK;
}

static as_result cpu_get(renderer *r, uint64_t index, uint64_t timeout_ns, as_error *error)
{
    as_frame *next = NULL;
    as_frame_info info;
    as_result result = as_stream_get_frame(r->stream, index, 0, 0, timeout_ns, &next);
    if (result == AS_OK)
        result = as_frame_get_info(next, &info);
    if (result != AS_OK) {
        as_stream_last_error(r->stream, error);
        as_frame_unref(&next);
        return result;
    }
    as_frame_unref(&r->frame);
    r->frame = next;
    r->mask = info;
    return AS_OK;
}

static void cpu_set_strip(renderer *r, const as_frame_info *strip)
{
    wireframe_take(&r->wires, strip);
}

/* --------------------------------------------------------------------------- composition ---- */

static bool map_columns(columns *c, const scene *s, uint32_t width)
{
    const uint32_t shown = (uint32_t)s->shown.width;
    uint32_t first = 0;
    const uint32_t count = scene_columns(width, s->eye, &first);
    if (shown > c->capacity) {
        uint32_t *grown = realloc(c->at, shown * sizeof(*grown));
        if (!grown)
            return false;
        c->at = grown;
        c->capacity = shown;
    }
    for (uint32_t x = 0; x < shown; x++)
        c->at[x] = first + (uint32_t)((uint64_t)x * count / shown);
    return true;
}

static uint32_t map_row(const scene *s, uint32_t height, int y)
{
    return (uint32_t)((uint64_t)y * height / (uint64_t)s->shown.height);
}

static bool is_opaque(const as_frame_info *m, int64_t x, int64_t y)
{
    if (x < 0 || y < 0 || x >= m->width || y >= m->height)
        return false;
    return m->data[(size_t)y * m->stride + (size_t)x] != 0;
}

static bool is_edge(const as_frame_info *m, int64_t x, int64_t y)
{
    return is_opaque(m, x, y) && !(is_opaque(m, x + 1, y) && is_opaque(m, x - 1, y) &&
                                   is_opaque(m, x, y + 1) && is_opaque(m, x, y - 1));
}

static void set(uint8_t *out, int red, int green, int blue)
{
    out[0] = (uint8_t)red;
    out[1] = (uint8_t)green;
    out[2] = (uint8_t)blue;
}

static const uint8_t *fetch(const picture *p, const columns *c, const scene *s, int x, int y)
{
    return p->pixels + 4 * ((size_t)map_row(s, p->height, y) * p->width + c->at[x]);
}

/* (x, y) from here on is counted from the corner of what is shown. */
static void behind(const renderer *r, const scene *s, int x, int y, uint8_t *out)
{
    const int grey = (x / 32 + y / 32) % 2 == 0 ? 102 : 153;
    if (s->background == BACKGROUND_COLOUR) {
        set(out, s->colour[0], s->colour[1], s->colour[2]);
    } else if (s->background == BACKGROUND_IMAGE && s->image) {
        memcpy(out, fetch(s->image, &r->image_columns, s, x, y), 3);
    } else if (s->background == BACKGROUND_VIDEO && s->video) {
        const uint8_t *texel = fetch(s->video, &r->video_columns, s, x, y);
        set(out, texel[0] / 4, texel[1] / 4, texel[2] / 4);
    } else {
        set(out, grey, grey, grey);
    }
}

static void front(const renderer *r, const scene *s, int x, int y, uint8_t *out)
{
    if (s->video) {
        memcpy(out, fetch(s->video, &r->video_columns, s, x, y), 3);
        return;
    }
    const int t = (int)((int64_t)y * 255 / s->shown.height);
    set(out, 255 - t / 4, 214 - t / 2, 150 + t / 3);
}

/* The mask between its texels, as GL_LINEAR has it; 0 .. 1. */
static float sample(const as_frame_info *m, const scene *s, int x, int y)
{
    uint32_t first = 0;
    const uint32_t count = scene_columns(m->width, s->eye, &first);
    const float u = (float)first - 0.5F + ((float)x + 0.5F) * (float)count / (float)s->shown.width;
    const float v = ((float)y + 0.5F) * (float)m->height / (float)s->shown.height - 0.5F;
    const float left = floorf(u), top = floorf(v);
    float corner[4];
    for (int i = 0; i < 4; i++) {
        int64_t cx = (int64_t)left + i % 2, cy = (int64_t)top + i / 2;
        cx = cx < 0 ? 0 : cx >= m->width ? m->width - 1 : cx;
        cy = cy < 0 ? 0 : cy >= m->height ? m->height - 1 : cy;
        corner[i] = is_opaque(m, cx, cy) ? 1.0F : 0.0F;
    }
    const float above = corner[0] + (corner[1] - corner[0]) * (u - left);
    const float below = corner[2] + (corner[3] - corner[2]) * (u - left);
    return above + (below - above) * (v - top);
}

static void soft(const renderer *r, const scene *s, int x, int y, uint8_t *out)
{
    const float a = sample(&r->mask, s, x, y);
    uint8_t low[3] = {0, 0, 0}, high[3] = {255, 255, 255};
    if (s->view == VIEW_CUTOUT) {
        behind(r, s, x, y, low);
        front(r, s, x, y, high);
    }
    for (int i = 0; i < 3; i++)
        out[i] = (uint8_t)((float)low[i] + ((float)high[i] - (float)low[i]) * a + 0.5F);
}

static void exact(const renderer *r, const scene *s, int x, int y, uint32_t row, uint8_t *out)
{
    const uint32_t column = r->frame ? r->mask_columns.at[x] : 0;
    const bool inside = r->frame && is_opaque(&r->mask, column, row);
    if (s->view == VIEW_MASK)
        set(out, inside ? 255 : 0, inside ? 255 : 0, inside ? 255 : 0);
    else if (s->view == VIEW_OUTLINE && inside && is_edge(&r->mask, column, row))
        set(out, 255, 64, 32);
    else if (s->view == VIEW_CUTOUT ? inside : s->video != NULL)
        front(r, s, x, y, out);
    else
        behind(r, s, x, y, out);
}

/* What of the shown part lies in the target; width or height may be below 1. */
static box clip(const scene *s)
{
    const box *b = &s->shown;
    const int left = b->x > 0 ? b->x : 0, top = b->y > 0 ? b->y : 0;
    const int right = b->x + b->width < s->width ? b->x + b->width : s->width;
    const int bottom = b->y + b->height < s->height ? b->y + b->height : s->height;
    return (box){left, top, right - left, bottom - top};
}

/* The row y of the target, as far as it is `inside`. */
static void compose_row(const renderer *r, const scene *s, const box *inside, int y)
{
    const int shown_y = y - s->shown.y, first = inside->x - s->shown.x;
    const uint32_t row = r->frame ? map_row(s, r->mask.height, shown_y) : 0;
    const bool is_soft = s->linear && r->frame && s->view <= VIEW_MASK;
    uint8_t *out = r->pixels + 4 * ((size_t)y * (size_t)s->width + (size_t)inside->x);
    for (int x = first; x < first + inside->width; x++, out += 4) {
        if (is_soft)
            soft(r, s, x, shown_y, out);
        else
            exact(r, s, x, shown_y, row, out);
    }
}

/* From `from` on along a line; false: none of it is inside 0 .. size. */
static bool clip_axis(double from, double step, double low, double high, double *begin, double *end)
{
    if (fabs(step) < 1e-12)
        return from >= low && from < high;
    double a = (low - from) / step, b = (high - from) / step;
    if (a > b) {
        const double kept = a;
        a = b;
        b = kept;
    }
    *begin = a > *begin ? a : *begin;
    *end = b < *end ? b : *end;
    return *begin <= *end;
}

static void draw_line(renderer *r, const scene *s, const box *b, const wireframe_map *m,
                      const float *line)
{
    const double x = m->offset_x + m->scale_x * line[0], y = m->offset_y + m->scale_y * line[1];
    const double dx = m->scale_x * (line[2] - line[0]), dy = m->scale_y * (line[3] - line[1]);
    double begin = 0.0, end = 1.0;
    if (!clip_axis(x, dx, b->x, b->x + b->width, &begin, &end) ||
        !clip_axis(y, dy, b->y, b->y + b->height, &begin, &end))
        return;
    const double length = fmax(fabs(dx), fabs(dy)) * (end - begin);
    const int steps = (int)ceil(length);
    for (int i = 0; i <= steps; i++) {
        const double t = begin + (end - begin) * (steps ? (double)i / steps : 0.0);
        const int px = (int)(x + dx * t), py = (int)(y + dy * t);
        if (px < b->x || py < b->y || px >= b->x + b->width || py >= b->y + b->height)
            continue;
        set(r->pixels + 4 * ((size_t)py * (size_t)s->width + (size_t)px), 255, 191, 26);
    }
}

static void draw_lines(renderer *r, const scene *s, const box *inside)
{
    const wireframe_map m = wireframe_place(&r->wires, s);
    for (size_t i = 0; i < r->wires.count; i++)
        draw_line(r, s, inside, &m, r->wires.lines + 4 * i);
}

static void draw_panel(renderer *r, const scene *s, const panel *p)
{
    for (uint32_t row = 0; row < p->picture.height; row++) {
        const int64_t y = (int64_t)p->y + row;
        if (y < 0 || y >= s->height)
            continue;
        for (uint32_t column = 0; column < p->picture.width; column++) {
            const int64_t x = (int64_t)p->x + column;
            if (x < 0 || x >= s->width)
                continue;
            const uint8_t *from = p->picture.pixels + 4 * ((size_t)row * p->picture.width + column);
            uint8_t *to = r->pixels + 4 * ((size_t)y * (size_t)s->width + (size_t)x);
            for (int i = 0; i < 3; i++)
                to[i] = (uint8_t)(from[i] + to[i] * (255 - from[3]) / 255);
        }
    }
}

static bool compose(renderer *r, const scene *s, char *why, size_t capacity)
{
    const size_t size = (size_t)s->width * (size_t)s->height * 4;
    if (size > r->capacity) {
        uint8_t *grown = realloc(r->pixels, size);
        if (!grown) {
            snprintf(why, capacity, "out of memory for a picture of %d x %d", s->width, s->height);
            return false;
        }
        r->pixels = grown;
        r->capacity = size;
    }
    if ((r->frame && !map_columns(&r->mask_columns, s, r->mask.width)) ||
        (s->image && !map_columns(&r->image_columns, s, s->image->width)) ||
        (s->video && !map_columns(&r->video_columns, s, s->video->width))) {
        snprintf(why, capacity, "out of memory");
        return false;
    }
    memset(r->pixels, 0, size);
    const box inside = clip(s);
    for (int y = inside.y; y < inside.y + inside.height; y++)
        compose_row(r, s, &inside, y);
    if (s->view == VIEW_STRIPS)
        draw_lines(r, s, &inside);
    for (int i = 0; i < s->panel_count; i++)
        if (s->panels[i].visible && s->panels[i].picture.pixels)
            draw_panel(r, s, &s->panels[i]);
    return true;
}

/* ------------------------------------------------------------------------------- showing ---- */

/* A copy between framebuffers, upside down, as OpenGL counts rows from the bottom. */
static bool show(renderer *r, const scene *s, char *why, size_t capacity)
{
    const gl_calls *c = &r->c;
    if (!r->texture) {
        c->GenTextures(1, &r->texture);
        c->GenFramebuffers(1, &r->framebuffer);
    }
    c->ActiveTexture(GL_TEXTURE0);
    c->BindTexture(GL_TEXTURE_2D, r->texture);
    c->PixelStorei(GL_UNPACK_ALIGNMENT, 4);
    c->TexImage2D(GL_TEXTURE_2D, 0, GL_RGBA8, s->width, s->height, 0, GL_RGBA, GL_UNSIGNED_BYTE,
                  r->pixels);
    c->BindFramebuffer(GL_READ_FRAMEBUFFER, r->framebuffer);
    c->FramebufferTexture2D(GL_READ_FRAMEBUFFER, GL_COLOR_ATTACHMENT0, GL_TEXTURE_2D, r->texture,
                            0);
    c->BindFramebuffer(GL_DRAW_FRAMEBUFFER, 0);
    c->BlitFramebuffer(0, 0, s->width, s->height, 0, s->height, s->width, 0, GL_COLOR_BUFFER_BIT,
                       GL_NEAREST);
    r->upload_total += (uint64_t)s->width * (uint64_t)s->height * 4;
    const GLenum code = c->GetError();
    if (code == GL_NO_ERROR)
        return true;
    snprintf(why, capacity, "OpenGL error 0x%04x while showing a picture", code);
    return false;
}

static bool cpu_draw(renderer *r, const scene *s, char *why, size_t capacity)
{
    return compose(r, s, why, capacity) && (!r->windowed || show(r, s, why, capacity));
}

static bool cpu_read_back(renderer *r, const scene *s, uint8_t *rgb, char *why, size_t capacity)
{
    if (!compose(r, s, why, capacity))
        return false;
    for (size_t i = 0; i < (size_t)s->width * (size_t)s->height; i++)
        memcpy(rgb + 3 * i, r->pixels + 4 * i, 3);
    return true;
}

static renderer_times cpu_times(renderer *r)
{
    return (renderer_times){.gpu_ms = -1.0, .upload_total = r->upload_total};
}

static const char *cpu_description(renderer *r)
{
    return r->description;
}

const renderer_ops renderer_cpu = {.name = "cpu",
                                   .init = cpu_init,
                                   .use = cpu_use,
                                   .get = cpu_get,
                                   .set_strip = cpu_set_strip,
                                   .draw = cpu_draw,
                                   .read_back = cpu_read_back,
                                   .times = cpu_times,
                                   .description = cpu_description,
                                   .end = cpu_end};
