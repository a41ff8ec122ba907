/* SPDX-License-Identifier: MIT
 *
 *     perf_gate_cases CASE
 *
 * One of the fixed cases whose instructions gate.py counts: those of gate_measured() and of what it
 * calls, on recorded frames. Run in the top folder of the source tree.
 */
#include "alphastream/alphastream.h"

#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { CANVAS_WIDTH = 2048, CANVAS_HEIGHT = 1024, FRAMES = 8, FIRST = 100, STEP = 50 };

typedef struct gate {
    as_container *container;
    as_canvas *canvas;
    as_buffer payloads[FRAMES];
    uint8_t *pixels;
    uint32_t width, height;
    uint64_t total; /* frames of the container */
} gate;

typedef as_result measured_fn(gate *g, int frame);

static as_result inflate_frame(gate *g, int frame)
{
    const uint64_t index = (uint64_t)(FIRST + frame * STEP) % g->total;
    return as_container_read_payload(g->container, index, &g->payloads[frame], NULL);
}

static as_result draw_frame(gate *g, int frame)
{
    return as_canvas_draw(g->canvas, g->payloads[frame].data, g->payloads[frame].size, NULL, NULL);
}

/* Points of the usual canvas on a larger one: steps of several pixels. */
static as_result vector_frame(gate *g, int frame)
{
    const as_raster_params params = {.struct_size = sizeof(params),
                                     .source_width = CANVAS_WIDTH,
                                     .source_height = CANVAS_HEIGHT};
    return as_canvas_draw(g->canvas, g->payloads[frame].data, g->payloads[frame].size, &params,
                          NULL);
}

static as_result r8_frame(gate *g, int frame)
{
    const as_result result = draw_frame(g, frame);
    return result == AS_OK ? as_canvas_to_r8(g->canvas, g->pixels, (size_t)g->width * g->height,
                                             g->width, g->height, 0, NULL)
                           : result;
}

static as_result strip_frame(gate *g, int frame)
{
    as_buffer vertices = {0};
    const as_result result = as_triangle_strip(g->payloads[frame].data, g->payloads[frame].size, 0,
                                               0, NULL, &vertices, NULL);
    as_buffer_free(&vertices);
    return result;
}

/* Named for callgrind, which counts while it runs. */
static as_result gate_measured(measured_fn *measured, gate *g)
{
    as_result result = AS_OK;
    for (int i = 0; i < FRAMES && result == AS_OK; i++)
        result = measured(g, i);
    return result;
}

static const struct {
    const char *name, *stream;
    measured_fn *measured;
    uint32_t width, height;
} cases[] = {
    {"inflate-closeup", "tests/data/closeup.asvp", inflate_frame, 1, 1},
    {"canvas-closeup", "tests/data/closeup.asvp", draw_frame, 1, 1},
    {"canvas-walkers", "samples/data/walkers.asvp", draw_frame, 1, 1},
    {"canvas-torture", "tests/data/torture.asvp", draw_frame, 1, 1},
    {"vector-closeup", "tests/data/closeup.asvp", vector_frame, 6720, 3360},
    {"r8-closeup", "tests/data/closeup.asvp", r8_frame, CANVAS_WIDTH, CANVAS_HEIGHT},
    {"r8-scaled-closeup", "tests/data/closeup.asvp", r8_frame, 3840, 1920},
    {"strip-closeup", "tests/data/closeup.asvp", strip_frame, 1, 1},
};
enum { CASES = sizeof(cases) / sizeof(*cases) };

static as_result prepare(gate *g, int number, as_error *error)
{
    const bool vector = cases[number].measured == vector_frame;
    as_source *source = NULL;
    as_container_info info = {.frame_count = 1};
    g->width = cases[number].width;
    g->height = cases[number].height;
    g->pixels = malloc((size_t)g->width * g->height);
    as_result result = g->pixels ? AS_OK : AS_ERROR_OUT_OF_MEMORY;
    if (result == AS_OK)
        result = as_source_open(cases[number].stream, NULL, &source, error);
    if (result == AS_OK)
        result = as_container_open(source, NULL, &g->container, error);
    as_source_close(&source);
    if (result == AS_OK)
        result = as_container_get_info(g->container, &info, error);
    g->total = info.frame_count;
    if (result == AS_OK)
        result = as_canvas_create(vector ? g->width : CANVAS_WIDTH,
                                  vector ? g->height : CANVAS_HEIGHT, &g->canvas, error);
    for (int i = 0; i < FRAMES && result == AS_OK; i++)
        result = inflate_frame(g, i);
    return result;
}

int main(int argc, char **argv)
{
    gate g = {0};
    as_result (*volatile measure)(measured_fn *, gate *) = gate_measured; /* not inlined */
    as_error error = {.text = "could not read a frame"};
    int number = 0;
    if (argc == 2 && strcmp(argv[1], "--list") == 0) {
        for (int i = 0; i < CASES; i++)
            printf("%s\n", cases[i].name);
        return 0;
    }
    while (argc == 2 && number < CASES && strcmp(argv[1], cases[number].name) != 0)
        number++;
    if (argc != 2 || number == CASES) {
        fprintf(stderr, "usage: perf_gate_cases --list | CASE\n");
        return 2;
    }
    as_result result = prepare(&g, number, &error);
    if (result == AS_OK)
        result = measure(cases[number].measured, &g);
    if (result != AS_OK)
        fprintf(stderr, "perf_gate_cases: %s: %s\n", argv[1], error.text);
    for (int i = 0; i < FRAMES; i++)
        as_buffer_free(&g.payloads[i]);
    free(g.pixels);
    as_canvas_destroy(&g.canvas);
    as_container_close(&g.container);
    return result != AS_OK;
}
