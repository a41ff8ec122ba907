/* SPDX-License-Identifier: MIT
 *
 * Draws frames as triangle strips with plain OpenGL, for renderers that rasterize themselves, and
 * compares what came out with the mask: equal everywhere but on outlines. The strip is the area
 * inside the polylines; the mask also holds every pixel that a polyline runs through, and which of
 * the pixels whose centre lies on an edge belong to a triangle is OpenGL's business. Where
 * polylines cross others or run in pairs, outlines lie inside the mask: they are counted apart,
 * since the mask alone does not tell them.
 *
 *     gl_strip SOURCE [--gl-api core|es] [FRAME...]
 */
#include "samples/common/frames.h"
#include "samples/common/headless_gl.h"

#include <alphastream/alphastream.h>

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

enum { WIDTH = 2048, HEIGHT = 1024 };

/* Pixel centres lie on whole numbers in the library, on halves in OpenGL. Row 0 is the top one. */
static const char vertex_text[] =
    "uniform vec2 size;\n"
    "layout(location = 0) in vec2 position;\n"
    "void main() { gl_Position = vec4((position + 0.5) * 2.0 / size - 1.0, 0.0, 1.0); }\n";
static const char fragment_text[] = "out vec4 mask;\n"
                                    "void main() { mask = vec4(1.0); }\n";

typedef struct drawing {
    headless_gl *gl;
    const headless_gl_functions *c;
    GLuint texture, framebuffer;
    uint8_t pixels[WIDTH * HEIGHT]; /* what the strip covers */
    as_stream *stream;
} drawing;

/* One program, one buffer, one R8 texture as the target: bound here, for good. */
static bool set_up(drawing *d)
{
    const headless_gl_functions *c = d->c = headless_gl_calls(d->gl);
    GLuint array = 0, buffer = 0;
    const GLuint program = headless_gl_program(d->gl, vertex_text, fragment_text);
    c->UseProgram(program);
    c->Uniform2f(c->GetUniformLocation(program, "size"), WIDTH, HEIGHT);
    c->GenVertexArrays(1, &array);
    c->BindVertexArray(array);
    c->GenBuffers(1, &buffer);
    c->BindBuffer(GL_ARRAY_BUFFER, buffer);
    c->VertexAttribPointer(0, 2, GL_FLOAT, GL_FALSE, 0, NULL);
    c->EnableVertexAttribArray(0);
    c->GenTextures(1, &d->texture);
    c->BindTexture(GL_TEXTURE_2D, d->texture);
    c->TexImage2D(GL_TEXTURE_2D, 0, GL_R8, WIDTH, HEIGHT, 0, GL_RED, GL_UNSIGNED_BYTE, NULL);
    c->GenFramebuffers(1, &d->framebuffer);
    c->Viewport(0, 0, WIDTH, HEIGHT);
    return program != 0 && c->GetError() == GL_NO_ERROR;
}

static bool draw_strip(drawing *d, const as_frame_info *info)
{
    const headless_gl_functions *c = d->c;
    c->BindFramebuffer(GL_FRAMEBUFFER, d->framebuffer);
    c->FramebufferTexture2D(GL_FRAMEBUFFER, GL_COLOR_ATTACHMENT0, GL_TEXTURE_2D, d->texture, 0);
    c->ClearColor(0, 0, 0, 0);
    c->Clear(GL_COLOR_BUFFER_BIT);
    c->BufferData(GL_ARRAY_BUFFER, (GLsizeiptr)(info->floats * sizeof(float)), info->vertices,
                  GL_STREAM_DRAW);
    c->DrawArrays(GL_TRIANGLE_STRIP, 0, (GLsizei)(info->floats / 2));
    return headless_gl_read_red(d->gl, d->texture, WIDTH, HEIGHT, d->pixels);
}

/* Has the mask another value next to (x, y), or does it end there? */
static bool is_edge(const as_frame_info *mask, uint32_t x, uint32_t y)
{
    const uint8_t *at = mask->data + (size_t)y * mask->stride + x;
    if (x == 0 || y == 0 || x == mask->width - 1 || y == mask->height - 1)
        return true;
    for (int dy = -1; dy <= 1; dy++)
        for (int dx = -1; dx <= 1; dx++)
            if (at[dy * (ptrdiff_t)mask->stride + dx] != *at)
                return true;
    return false;
}

/* Returns how many pixels the strip covers that are not in the mask: there must be none. */
static uint64_t compare(const drawing *d, const as_frame_info *mask)
{
    uint64_t in_mask = 0, in_strip = 0, edge = 0, inside = 0, outside = 0;
    for (uint32_t y = 0; y < mask->height; y++)
        for (uint32_t x = 0; x < mask->width; x++) {
            const bool a = mask->data[(size_t)y * mask->stride + x] != 0;
            const bool b = d->pixels[(size_t)y * WIDTH + x] != 0;
            in_mask += a;
            in_strip += b;
            outside += b && !a;
            if (a && !b)
                *(is_edge(mask, x, y) ? &edge : &inside) += 1;
        }
    printf("frame %" PRIu64 ": mask %" PRIu64 " pixels, strip %" PRIu64
           "; only in the mask: %" PRIu64 " on its edge, %" PRIu64
           " inside; only in the strip: %" PRIu64 "\n",
           mask->index, in_mask, in_strip, edge, inside, outside);
    return outside;
}

static int draw_frame(drawing *d, uint64_t index)
{
    as_frame *strip = NULL, *mask = NULL;
    as_frame_info strip_info, mask_info;
    as_error error;
    int code = 1;
    if (as_stream_get_strip(d->stream, index, AS_WAIT_FOREVER, &strip) != AS_OK ||
        as_stream_get_frame(d->stream, index, 0, 0, AS_WAIT_FOREVER, &mask) != AS_OK) {
        (void)as_stream_last_error(d->stream, &error);
        fprintf(stderr, "gl_strip: %s\n", error.text);
    } else if (as_frame_get_info(strip, &strip_info) == AS_OK &&
               as_frame_get_info(mask, &mask_info) == AS_OK) {
        if (draw_strip(d, &strip_info))
            code = compare(d, &mask_info) == 0 ? 0 : 1;
        else
            fprintf(stderr, "gl_strip: drawing frame %" PRIu64 " failed\n", index);
    }
    as_frame_unref(&strip);
    as_frame_unref(&mask);
    return code;
}

int main(int argc, char **argv)
{
    char why[256];
    as_error error;
    static drawing d;
    bool es = false;
    int count = argc - 2;
    char **frames = argv + 2;
    if (argc < 2 || !take_gl_api(&count, &frames, &es) || !are_frames(count, frames)) {
        fprintf(stderr, "usage: gl_strip SOURCE [--gl-api core|es] [FRAME...]\n");
        return 2;
    }
    const as_stream_params params = {.struct_size = sizeof(params),
                                     .location = argv[1],
                                     .canvas_width = WIDTH,
                                     .canvas_height = HEIGHT,
                                     .processing = AS_PROCESS_BOTH};
    int code = 2;
    d.gl = headless_gl_create(es, why, sizeof(why));
    if (!d.gl)
        fprintf(stderr, "gl_strip: %s\n", why);
    else if (!set_up(&d))
        fprintf(stderr, "gl_strip: %s cannot draw this\n", headless_gl_name(d.gl));
    else if (as_stream_open(&params, &d.stream, &error) != AS_OK)
        fprintf(stderr, "gl_strip: %s\n", error.text);
    else
        code = count == 0 ? draw_frame(&d, 0) : 0;
    for (int i = 0; i < count && code != 2; i++)
        code |= draw_frame(&d, strtoull(frames[i], NULL, 10));
    as_stream_close(&d.stream);
    headless_gl_destroy(d.gl);
    return code;
}
