/* SPDX-License-Identifier: MIT */
#include "sheet.h"

#include "message.h"
#include "output.h"
#include "pool.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { GAP = 6, CHANNELS = 3, MOST_SIDE = 16384, OVERSAMPLING = 4 };
enum { DIGIT_WIDTH = 5, DIGIT_HEIGHT = 7, TILE_PER_DIGIT_PIXEL = 240 };

typedef struct color {
    uint8_t c[CHANNELS];
} color;

static const color BACKGROUND = {{0x11, 0x14, 0x1a}};
static const color TILE = {{0x26, 0x38, 0x4b}};
static const color BAD_TILE = {{0x5a, 0x26, 0x2b}};
static const color MASK = {{0xf4, 0xee, 0xe1}};
static const color LABEL = {{0x9d, 0xb8, 0xd2}};

/* Rows of five bits, the leftmost is the highest. */
static const uint8_t digits[10][DIGIT_HEIGHT] = {
    {0x0e, 0x11, 0x13, 0x15, 0x19, 0x11, 0x0e}, {0x04, 0x0c, 0x04, 0x04, 0x04, 0x04, 0x0e},
    {0x0e, 0x11, 0x01, 0x02, 0x04, 0x08, 0x1f}, {0x1f, 0x02, 0x04, 0x02, 0x01, 0x11, 0x0e},
    {0x02, 0x06, 0x0a, 0x12, 0x1f, 0x02, 0x02}, {0x1f, 0x10, 0x1e, 0x01, 0x01, 0x11, 0x0e},
    {0x06, 0x08, 0x10, 0x1e, 0x11, 0x11, 0x0e}, {0x1f, 0x01, 0x02, 0x04, 0x08, 0x08, 0x08},
    {0x0e, 0x11, 0x11, 0x0e, 0x11, 0x11, 0x0e}, {0x0e, 0x11, 0x11, 0x0f, 0x01, 0x02, 0x0c}};

typedef struct drawing {
    uint32_t tile_width, tile_height;
    uint32_t columns, rows;
    uint32_t width, height;
    uint8_t *pixels; /* RGB */
} drawing;

/* Averages the mask down (or repeats it up) to a tile. */
static void shrink(const uint8_t *mask, uint32_t width, uint32_t height, uint8_t *tile,
                   uint32_t tile_width, uint32_t tile_height)
{
    for (uint32_t y = 0; y < tile_height; y++) {
        const uint32_t y0 = (uint32_t)((uint64_t)y * height / tile_height);
        const uint32_t end = (uint32_t)((uint64_t)(y + 1) * height / tile_height);
        const uint32_t y1 = end > y0 ? end : y0 + 1;
        for (uint32_t x = 0; x < tile_width; x++) {
            const uint32_t x0 = (uint32_t)((uint64_t)x * width / tile_width);
            const uint32_t right = (uint32_t)((uint64_t)(x + 1) * width / tile_width);
            const uint32_t x1 = right > x0 ? right : x0 + 1;
            uint64_t sum = 0;
            for (uint32_t v = y0; v < y1; v++)
                for (uint32_t u = x0; u < x1; u++)
                    sum += mask[(size_t)v * width + u];
            *tile++ = (uint8_t)(sum / ((uint64_t)(y1 - y0) * (x1 - x0)));
        }
    }
}

static as_result make_tile(renderer *r, const void *user, uint64_t frame, byte_array *out,
                           as_error *error)
{
    const drawing *d = user;
    as_result result = bytes_resize(out, (size_t)d->tile_width * d->tile_height, error);
    if (result == AS_OK)
        result = render_scratch(r, frame, error);
    if (result == AS_OK)
        shrink(r->pixels.data, r->o->width, r->o->height, out->data, d->tile_width, d->tile_height);
    return result;
}

static uint8_t *pixel_at(const drawing *d, uint32_t x, uint32_t y)
{
    return d->pixels + ((size_t)y * d->width + x) * CHANNELS;
}

/* Moves a pixel towards `to`, by `share` of 255. */
static void blend(uint8_t *pixel, const color *to, unsigned share)
{
    for (int i = 0; i < CHANNELS; i++)
        pixel[i] = (uint8_t)((pixel[i] * (255 - share) + to->c[i] * share + 127) / 255);
}

static void draw_digit(const drawing *d, int digit, uint32_t left, uint32_t top, uint32_t scale)
{
    for (uint32_t y = 0; y < DIGIT_HEIGHT * scale; y++)
        for (uint32_t x = 0; x < DIGIT_WIDTH * scale; x++)
            if (digits[digit][y / scale] >> (DIGIT_WIDTH - 1 - x / scale) & 1)
                blend(pixel_at(d, left + x, top + y), &LABEL, 255);
}

/* The frame's number on a plate in the lower left corner, if the tile has room for it. */
static void draw_label(const drawing *d, uint64_t frame, uint32_t left, uint32_t top)
{
    char text[24];
    snprintf(text, sizeof(text), "%" PRIu64, frame);
    const uint32_t count = (uint32_t)strlen(text);
    const uint32_t scale =
        d->tile_width < 2 * TILE_PER_DIGIT_PIXEL ? 1 : d->tile_width / TILE_PER_DIGIT_PIXEL;
    const uint32_t margin = 3 * scale, step = (DIGIT_WIDTH + 1) * scale;
    const uint32_t width = count * step - scale + 2 * margin;
    const uint32_t height = DIGIT_HEIGHT * scale + 2 * margin;
    if (width > d->tile_width || height > d->tile_height)
        return;
    top += d->tile_height - height;
    for (uint32_t y = 0; y < height; y++)
        for (uint32_t x = 0; x < width; x++)
            blend(pixel_at(d, left + x, top + y), &BACKGROUND, 200);
    for (uint32_t i = 0; i < count; i++)
        draw_digit(d, text[i] - '0', left + margin + i * step, top + margin, scale);
}

static int place_tile(void *user, const pool_result *result)
{
    const drawing *d = user;
    const bool good = result->result == AS_OK;
    const uint32_t column = (uint32_t)(result->position % d->columns);
    const uint32_t row = (uint32_t)(result->position / d->columns);
    const uint32_t left = GAP + column * (d->tile_width + GAP);
    const uint32_t top = GAP + row * (d->tile_height + GAP);
    for (uint32_t y = 0; y < d->tile_height; y++) {
        for (uint32_t x = 0; x < d->tile_width; x++) {
            uint8_t *pixel = pixel_at(d, left + x, top + y);
            blend(pixel, good ? &TILE : &BAD_TILE, 255);
            if (good)
                blend(pixel, &MASK, result->data.data[(size_t)y * d->tile_width + x]);
        }
    }
    draw_label(d, result->frame, left, top);
    return CLI_DONE;
}

static uint64_t side(uint64_t count, uint32_t tile)
{
    return GAP + count * ((uint64_t)tile + GAP);
}

/* Chooses the grid whose picture is nearest to a square, the wider one of two alike, among those
 * that leave as few tiles as possible empty up to a tenth. */
static void choose_grid(drawing *d, uint32_t count)
{
    double best = 0;
    for (uint32_t columns = 1; columns <= count; columns++) {
        const uint32_t rows = (count + columns - 1) / columns;
        const double width = (double)side(columns, d->tile_width);
        const double height = (double)side(rows, d->tile_height);
        const double shape = width > height ? width / height : height / width;
        const double waste = (double)(columns * rows - count) / count;
        const double score = shape * (1 + 5 * waste);
        /* The grids of 3 x 4 and 4 x 3 differ by the gaps alone: a little is no reason. */
        if (columns == 1 || score < best * 1.02) {
            best = score;
            d->columns = columns;
            d->rows = rows;
        }
    }
}

static int lay_out(drawing *d, const options *o, uint32_t count)
{
    d->tile_width = o->tile_width;
    const uint64_t tile_height =
        ((uint64_t)o->tile_width * o->canvas_height + o->canvas_width / 2) / o->canvas_width;
    d->tile_height = tile_height ? (uint32_t)tile_height : 1;
    choose_grid(d, count);
    const uint64_t width = side(d->columns, d->tile_width);
    const uint64_t height = side(d->rows, d->tile_height);
    if (width > MOST_SIDE || height > MOST_SIDE)
        return message_usage("the sheet would have %" PRIu64 " x %" PRIu64
                             " pixels, over %d; use a smaller --tile or fewer --sheet-frames",
                             width, height, MOST_SIDE);
    d->width = (uint32_t)width;
    d->height = (uint32_t)height;
    d->pixels = malloc((size_t)d->width * d->height * CHANNELS);
    if (!d->pixels)
        return message_usage("out of memory: a sheet of %" PRIu64 " x %" PRIu64
                             " pixels; use a smaller --tile",
                             width, height);
    for (size_t i = 0; i < (size_t)d->width * d->height; i++)
        memcpy(d->pixels + i * CHANNELS, BACKGROUND.c, CHANNELS);
    return CLI_DONE;
}

/* Masks are drawn larger than their tiles and averaged: smooth edges from masks of 0 and 255. */
static options drawn_larger(const options *o, const drawing *d)
{
    options larger = *o;
    larger.width = o->canvas_width;
    larger.height = o->canvas_height;
    if (o->vector && d->tile_width * OVERSAMPLING <= AS_SIZE_MAX_PIXELS &&
        d->tile_height * OVERSAMPLING <= AS_SIZE_MAX_PIXELS) {
        larger.width = d->tile_width * OVERSAMPLING;
        larger.height = d->tile_height * OVERSAMPLING;
    }
    return larger;
}

static int draw_all(const opened *in, const options *o, const frames_list *picked, drawing *d,
                    uint64_t *bad)
{
    const options larger = drawn_larger(o, d);
    const pool_params params = {.container = in->container,
                                .gpu = in->gpu,
                                .source = in->source,
                                .o = &larger,
                                .frames = picked,
                                .verb = "sheet",
                                .bytes_per_result = (size_t)d->tile_width * d->tile_height,
                                .work = make_tile,
                                .consume = place_tile,
                                .user = d};
    return pool_run(&params, bad);
}

int sheet_make(const opened *in, const options *o, const frames_list *frames, sheet *out,
               byte_array *png)
{
    drawing d = {0};
    frames_list picked = {0};
    as_error error = {0};
    int code = CLI_DONE;
    if (frames->total == 0) {
        message_error("the container has no frames to make a sheet of");
        return CLI_DATA;
    }
    if (!frames_pick(frames, o->sheet_frames, &picked))
        code = message_usage("out of memory: the list of frames");
    if (code == CLI_DONE)
        code = lay_out(&d, o, (uint32_t)picked.total);
    if (code == CLI_DONE)
        code = draw_all(in, o, &picked, &d, &out->bad);
    if ((code == CLI_DONE || code == CLI_DATA) &&
        output_encode_png(d.width, d.height, CHANNELS, d.pixels, png, &error) != AS_OK)
        code = message_fail(&error);
    out->width = d.width;
    out->height = d.height;
    out->frames = picked.total;
    free(d.pixels);
    frames_free(&picked);
    return code;
}
