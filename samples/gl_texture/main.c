/* SPDX-License-Identifier: MIT
 *
 * Binds masks as OpenGL textures: cuts a picture out and lays it over a checkerboard, as a player
 * lays its video over the camera's picture. Draws without a window, into a file.
 *
 *     gl_texture SOURCE OUT.ppm [--gl-api core|es] [FRAME...]     (the last frame is written)
 */
#include "samples/common/frames.h"
#include "samples/common/headless_gl.h"

#include <alphastream/gl.h>

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

enum { WIDTH = 1024, HEIGHT = 512 };

/* One triangle that covers the target. OpenGL's row 0 is the bottom of a window, texel row 0 of a
 * mask its top: for a window, v would be 1.0 - v. Here row 0 of the target is the file's top. */
static const char vertex_text[] =
    "out vec2 uv;\n"
    "void main() {\n"
    "    uv = vec2(gl_VertexID == 1 ? 2.0 : 0.0, gl_VertexID == 2 ? 2.0 : 0.0);\n"
    "    gl_Position = vec4(uv * 2.0 - 1.0, 0.0, 1.0);\n"
    "}\n";
static const char checker_text[] =
    "out vec4 color;\n"
    "void main() {\n"
    "    ivec2 square = ivec2(gl_FragCoord.xy) / 32;\n"
    "    color = vec4(vec3((square.x + square.y) % 2 == 0 ? 0.4 : 0.6), 1.0);\n"
    "}\n";
/* The video's colour is a gradient here. Its alpha is straight: blended with GL_SRC_ALPHA. Colour
 * times alpha (premultiplied) would want GL_ONE instead, and be too dark at soft edges if not. */
static const char video_text[] = "uniform sampler2D mask;\n"
                                 "in vec2 uv;\n"
                                 "out vec4 color;\n"
                                 "void main() {\n"
                                 "    color = vec4(uv, 1.0 - uv.x, texture(mask, uv).r);\n"
                                 "}\n";

typedef struct player {
    headless_gl *context;
    const headless_gl_functions *c;
    GLuint checker, video;
    GLuint framebuffer;
    as_stream *stream;
    as_gl *gl;
    uint8_t pixels[WIDTH * HEIGHT * 4];
} player;

static bool set_up(player *p)
{
    const headless_gl_functions *c = p->c = headless_gl_calls(p->context);
    GLuint array = 0, target = 0;
    p->checker = headless_gl_program(p->context, vertex_text, checker_text);
    p->video = headless_gl_program(p->context, vertex_text, video_text);
    c->GenVertexArrays(1, &array);
    c->BindVertexArray(array);
    c->GenTextures(1, &target);
    c->BindTexture(GL_TEXTURE_2D, target);
    c->TexImage2D(GL_TEXTURE_2D, 0, GL_RGBA8, WIDTH, HEIGHT, 0, GL_RGBA, GL_UNSIGNED_BYTE, NULL);
    c->GenFramebuffers(1, &p->framebuffer);
    c->BindFramebuffer(GL_FRAMEBUFFER, p->framebuffer);
    c->FramebufferTexture2D(GL_FRAMEBUFFER, GL_COLOR_ATTACHMENT0, GL_TEXTURE_2D, target, 0);
    c->Viewport(0, 0, WIDTH, HEIGHT);
    c->BlendFunc(GL_SRC_ALPHA, GL_ONE_MINUS_SRC_ALPHA);
    return p->checker && p->video && c->GetError() == GL_NO_ERROR;
}

static bool draw(player *p, uint64_t index)
{
    const headless_gl_functions *c = p->c;
    as_gl_texture mask;
    as_error error;
    if (as_gl_get_frame(p->gl, index, NULL, AS_WAIT_FOREVER, &mask, &error) != AS_OK) {
        fprintf(stderr, "gl_texture: %s\n", error.text);
        return false;
    }
    c->UseProgram(p->checker);
    c->DrawArrays(GL_TRIANGLES, 0, 3);

    c->Enable(GL_BLEND);
    c->UseProgram(p->video);
    c->BindTexture(GL_TEXTURE_2D, mask.name); /* texture unit 0, where the sampler looks */
    c->TexParameteri(GL_TEXTURE_2D, GL_TEXTURE_MIN_FILTER, GL_LINEAR);
    c->TexParameteri(GL_TEXTURE_2D, GL_TEXTURE_MAG_FILTER, GL_LINEAR);
    c->DrawArrays(GL_TRIANGLES, 0, 3);
    c->Disable(GL_BLEND);

    as_gl_release(p->gl, &mask, NULL); /* the commands above were given before */
    return true;
}

static bool write_picture(player *p, const char *path)
{
    FILE *file = fopen(path, "wb");
    if (!file)
        return false;
    p->c->ReadPixels(0, 0, WIDTH, HEIGHT, GL_RGBA, GL_UNSIGNED_BYTE, p->pixels);
    fprintf(file, "P6\n%d %d\n255\n", WIDTH, HEIGHT);
    for (size_t i = 0; i < (size_t)WIDTH * HEIGHT; i++)
        fwrite(p->pixels + 4 * i, 1, 3, file);
    const bool good = ferror(file) == 0 && p->c->GetError() == GL_NO_ERROR;
    return fclose(file) == 0 && good;
}

static int play(player *p, const char *path, int count, char **indices)
{
    as_gl_stats stats = {.struct_size = sizeof(stats)};
    bool good = count > 0 || draw(p, 0);
    for (int i = 0; i < count && good; i++)
        good = draw(p, strtoull(indices[i], NULL, 10));
    if (!good || as_gl_get_stats(p->gl, &stats) != AS_OK)
        return 1;
    printf("%" PRIu64 " frames, %" PRIu64 " bytes uploaded, %" PRIu64 " draws\n", stats.frames,
           stats.upload_bytes, stats.draws);
    if (write_picture(p, path))
        return 0;
    fprintf(stderr, "gl_texture: %s cannot be written\n", path);
    return 1;
}

static int open_and_play(player *p, const char *source, const char *path, int count, char **indices)
{
    as_error error;
    const as_stream_params stream = {
        .struct_size = sizeof(stream), .location = source, .processing = AS_PROCESS_CANVASES};
    const as_gl_params gl = {
        .struct_size = sizeof(gl), .get_proc_address = headless_gl_address, .user = p->context};
    if (as_stream_open(&stream, &p->stream, &error) == AS_OK &&
        as_gl_attach(p->stream, &gl, &p->gl, &error) == AS_OK)
        return play(p, path, count, indices);
    fprintf(stderr, "gl_texture: %s\n", error.text);
    return 1;
}

int main(int argc, char **argv)
{
    static player p;
    char why[256];
    int code = 2;
    bool es = false;
    int count = argc - 3;
    char **frames = argv + 3;
    if (argc < 3 || !take_gl_api(&count, &frames, &es) || !are_frames(count, frames)) {
        fprintf(stderr, "usage: gl_texture SOURCE OUT.ppm [--gl-api core|es] [FRAME...]\n");
        return 2;
    }
    p.context = headless_gl_create(es, why, sizeof(why));
    if (!p.context)
        fprintf(stderr, "gl_texture: %s\n", why);
    else if (!set_up(&p))
        fprintf(stderr, "gl_texture: %s cannot draw this\n", headless_gl_name(p.context));
    else
        code = open_and_play(&p, argv[1], argv[2], count, frames);
    as_gl_detach(&p.gl);
    as_stream_close(&p.stream);
    headless_gl_destroy(p.context);
    return code;
}
