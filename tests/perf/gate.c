/* SPDX-License-Identifier: MIT
 *
 *     perf_gate_cases CASE
 *
 * One of the fixed cases whose instructions gate.py counts: those of gate_measured() and of what it
 * calls, on recorded frames and on some made by rule. Run in the top folder of the source tree.
 */
#include "alphastream/alphastream.h"

#include "core/base/mem.h"
#include "core/raster/r8.h"

#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { CANVAS_WIDTH = 2048, CANVAS_HEIGHT = 1024, FRAMES = 8, FIRST = 100, STEP = 50, MASKS = 3 };

typedef struct gate {
    as_container *container;
    as_canvas *canvas;
    as_buffer payloads[FRAMES];
    uint8_t *pixels;
    uint8_t *masks[MASKS];      /* of deltas, written in turn, */
    as_ras_shown *shown[MASKS]; /* and what they show */
    uint32_t width, height;
    uint64_t total; /* frames of the container */
    int step;       /* from frame to frame */
} gate;

typedef as_result measured_fn(gate *g, int frame);

static as_result inflate_frame(gate *g, int frame)
{
    const uint64_t index = (uint64_t)(FIRST + frame * g->step) % g->total;
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

/* Brings a mask from the frame that it shows to one MASKS later. */
static as_result delta_frame(gate *g, int frame)
{
    const int mask = frame % MASKS;
    const as_result result = draw_frame(g, frame);
    if (result == AS_OK)
        as_ras_update_r8(g->canvas, g->shown[mask], g->masks[mask], g->width, g->height, g->width);
    return result;
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
    {"canvas-people", NULL, draw_frame, 1, 1},
    {"delta-closeup", "tests/data/closeup.asvp", delta_frame, CANVAS_WIDTH, CANVAS_HEIGHT},
    {"delta-scaled-closeup", "tests/data/closeup.asvp", delta_frame, 6720, 3360},
    {"strip-closeup", "tests/data/closeup.asvp", strip_frame, 1, 1},
};
enum { CASES = sizeof(cases) / sizeof(*cases) };

/* Four silhouettes of 1150 points with steps of up to 8 pixels, as bench/generate.c's people have;
 * made with whole numbers, which are the same everywhere: octagons whose points are moved a bit. */
static as_result make_people(gate *g, int frame)
{
    enum { CHANNELS = 4, POINTS = 1150, RECORD = 2 + 2 * POINTS, SIDES = 8 };
    enum { HEAD = 4 + 4 * CHANNELS, SIZE = HEAD + CHANNELS * RECORD };
    static const int8_t along[SIDES][2] = {{2, 0},  {1, 1},   {0, 2},  {-1, 1},
                                           {-2, 0}, {-1, -1}, {0, -2}, {1, -1}};
    uint8_t *bytes = as_mem_calloc(1, SIZE);
    if (!bytes)
        return AS_ERROR_OUT_OF_MEMORY;
    g->payloads[frame] = (as_buffer){bytes, SIZE, SIZE};
    bytes[0] = CHANNELS;
    uint32_t random = (uint32_t)frame + 1;
    for (int i = 0; i < CHANNELS; i++) {
        uint8_t *record = bytes + HEAD + i * RECORD;
        const int x = 200 + 440 * i, y = 200;
        int dx = 0, dy = 0;
        bytes[4 + 4 * i] = RECORD & 255;
        bytes[5 + 4 * i] = RECORD >> 8;
        record[0] = x & 255;
        record[1] = (uint8_t)(x >> 8);
        record[2] = y;
        for (int k = 0; k < POINTS - 1; k++) {
            const int8_t *step = along[k * SIDES / POINTS];
            random = random * UINT32_C(1664525) + UINT32_C(1013904223);
            const int to_x = (int)(random >> 24) % 7, to_y = (int)(random >> 16 & 255) % 7;
            record[4 + 2 * k] = (uint8_t)(step[0] + to_x - dx);
            record[5 + 2 * k] = (uint8_t)(step[1] + to_y - dy);
            dx = to_x;
            dy = to_y;
        }
    }
    return AS_OK;
}

/* Masks that show the last frames, as if all had been played before. */
static as_result make_masks(gate *g)
{
    as_result result = AS_OK;
    for (int i = 0; i < MASKS; i++) {
        g->masks[i] = as_mem_calloc(g->width, g->height);
        g->shown[i] = as_ras_shown_create(CANVAS_WIDTH, CANVAS_HEIGHT);
        if (!g->masks[i] || !g->shown[i])
            return AS_ERROR_OUT_OF_MEMORY;
    }
    for (int i = FRAMES - MASKS; i < FRAMES && result == AS_OK; i++)
        result = delta_frame(g, i);
    return result;
}

static as_result open_stream(gate *g, const char *path, as_error *error)
{
    as_source *source = NULL;
    as_container_info info = {.frame_count = 1};
    as_result result = as_source_open(path, NULL, &source, error);
    if (result == AS_OK)
        result = as_container_open(source, NULL, &g->container, error);
    as_source_close(&source);
    if (result == AS_OK)
        result = as_container_get_info(g->container, &info, error);
    g->total = info.frame_count;
    return result;
}

static as_result prepare(gate *g, int number, as_error *error)
{
    const char *stream = cases[number].stream;
    const bool vector = cases[number].measured == vector_frame;
    const bool delta = cases[number].measured == delta_frame;
    g->width = cases[number].width;
    g->height = cases[number].height;
    g->step = delta ? 1 : STEP;
    g->pixels = malloc((size_t)g->width * g->height);
    as_result result = g->pixels ? AS_OK : AS_ERROR_OUT_OF_MEMORY;
    if (result == AS_OK && stream)
        result = open_stream(g, stream, error);
    if (result == AS_OK)
        result = as_canvas_create(vector ? g->width : CANVAS_WIDTH,
                                  vector ? g->height : CANVAS_HEIGHT, &g->canvas, error);
    for (int i = 0; i < FRAMES && result == AS_OK; i++)
        result = stream ? inflate_frame(g, i) : make_people(g, i);
    return result == AS_OK && delta ? make_masks(g) : result;
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
    for (int i = 0; i < MASKS; i++) {
        as_mem_free(g.masks[i]);
        as_ras_shown_destroy(g.shown[i]);
    }
    free(g.pixels);
    as_canvas_destroy(&g.canvas);
    as_container_close(&g.container);
    return result != AS_OK;
}
