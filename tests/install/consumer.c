/* SPDX-License-Identifier: MIT
 *
 * A program of somebody else's, written for the installed headers; also C++. Draws a frame of a
 * container and writes its mask's bytes to standard output.
 *
 *     consumer SOURCE FRAME
 */
#include <alphastream/alphastream.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { WIDTH = 2048, HEIGHT = 1024 };

static uint8_t pixels[WIDTH * HEIGHT];

static int say(const char *what)
{
    fprintf(stderr, "%s\n", what);
    return 1;
}

static as_result draw(const char *location, uint64_t frame, as_error *error)
{
    as_source *source = NULL;
    as_container *container = NULL;
    as_canvas *canvas = NULL;
    as_buffer payload;
    memset(&payload, 0, sizeof(payload));
    as_result result = as_source_open(location, NULL, &source, error);
    if (result == AS_OK)
        result = as_container_open(source, NULL, &container, error);
    if (result == AS_OK)
        result = as_container_read_payload(container, frame, &payload, error);
    if (result == AS_OK)
        result = as_canvas_create(WIDTH, HEIGHT, &canvas, error);
    if (result == AS_OK)
        result = as_canvas_draw(canvas, payload.data, payload.size, NULL, error);
    if (result == AS_OK)
        result = as_canvas_to_r8(canvas, pixels, sizeof(pixels), WIDTH, HEIGHT, 0, error);
    as_canvas_destroy(&canvas);
    as_buffer_free(&payload);
    as_container_close(&container);
    as_source_close(&source);
    return result;
}

int main(int argc, char **argv)
{
    as_error error;
    if (argc != 3)
        return say("usage: consumer SOURCE FRAME");
    if (as_version_number() != AS_VERSION_NUMBER)
        return say("headers and library are of different versions");
    if (draw(argv[1], strtoull(argv[2], NULL, 10), &error) != AS_OK)
        return say(error.text);
    return fwrite(pixels, sizeof(pixels), 1, stdout) == 1 ? 0 : say("cannot write");
}
