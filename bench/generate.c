/* SPDX-License-Identifier: MIT
 *
 * Streams made by rule: the same bytes in every run.
 *
 *     people   4 silhouettes of 1150 points, steps of up to 8 pixels
 *     heavy    12 of 3000 points
 *     noise    16 channels of 512 random points, all over the canvas
 *     walkN    one channel of N points that wander about: what ten times the points cost
 */
#include "bench.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

const char *const bench_generated_names[] = {"people",    "heavy",      "noise",       "walk1000",
                                             "walk10000", "walk100000", "walk1000000", NULL};

enum { GENERATED_FRAMES = 60, WALKED_POINTS = 100000, WAVES = 4 };

typedef struct kind {
    size_t channels, points, frames;
} kind;

static kind kind_of(const char *name)
{
    if (strcmp(name, "people") == 0)
        return (kind){4, 1150, GENERATED_FRAMES};
    if (strcmp(name, "heavy") == 0)
        return (kind){12, 3000, GENERATED_FRAMES};
    if (strcmp(name, "noise") == 0)
        return (kind){16, 512, GENERATED_FRAMES};
    const size_t points = strtoul(name + strlen("walk"), NULL, 10);
    return (kind){1, points, 1 + WALKED_POINTS / points};
}

static uint32_t next_random(uint32_t *state, uint32_t below)
{
    *state = *state * UINT32_C(1664525) + UINT32_C(1013904223);
    return (uint32_t)((uint64_t)(*state >> 8) * below >> 24);
}

static int clamp(int v, int low, int high)
{
    return v < low ? low : v > high ? high : v;
}

static void put_first(uint8_t *record, int x, int y)
{
    record[0] = (uint8_t)x;
    record[1] = (uint8_t)(x >> 8);
    record[2] = (uint8_t)y;
    record[3] = (uint8_t)(y >> 8);
}

/* ------------------------------------------------------------------------------ silhouettes ----
 */

typedef struct outline {
    double x, y, rx, ry;
    double waves[WAVES], phases[WAVES];
} outline;

static const double frequencies[WAVES] = {3, 7, 61, 97};

static bench_point outline_at(const outline *o, double angle)
{
    double radius = 1;
    for (int i = 0; i < WAVES; i++)
        radius += o->waves[i] * sin(frequencies[i] * angle + o->phases[i]);
    return (bench_point){(int32_t)lrint(o->x + o->rx * radius * cos(angle)),
                         (int32_t)lrint(o->y + o->ry * radius * sin(angle))};
}

/* Walks through the frames, swaying. */
static outline silhouette(const kind *k, size_t channel, size_t frame)
{
    uint32_t random = (uint32_t)(1 + channel);
    const double place = ((double)channel + 0.5) / (double)k->channels;
    outline o = {.x = BENCH_CANVAS_WIDTH * place + 20 * sin((double)frame * 0.05),
                 .y = BENCH_CANVAS_HEIGHT / 2.0 + next_random(&random, 60),
                 .rx = k->channels > 4 ? 110 : 150,
                 .ry = 330,
                 .waves = {0.10, 0.06, 0.04, 0.03}};
    for (int i = 0; i < WAVES; i++)
        o.phases[i] = next_random(&random, 628) / 100.0 + 0.03 * (double)(frame * (size_t)(i + 1));
    return o;
}

static void put_silhouette(uint8_t *record, const kind *k, size_t channel, size_t frame)
{
    enum { MOST_STEP = 8 };
    const outline o = silhouette(k, channel, frame);
    bench_point at = outline_at(&o, 0);
    put_first(record, at.x, at.y);
    for (size_t i = 1; i < k->points; i++) {
        const bench_point to = outline_at(&o, 6.283185307179586 * (double)i / (double)k->points);
        const int dx = clamp(to.x - at.x, -MOST_STEP, MOST_STEP);
        const int dy = clamp(to.y - at.y, -MOST_STEP, MOST_STEP);
        record[2 + 2 * i] = (uint8_t)dx;
        record[3 + 2 * i] = (uint8_t)dy;
        at.x += dx;
        at.y += dy;
    }
}

/* ------------------------------------------------------------------------------------ noise ----
 */

/* Random steps of up to `most` each way that stay within the canvas. */
static void put_noise(uint8_t *record, size_t points, uint32_t most, uint32_t random)
{
    int x = (int)next_random(&random, BENCH_CANVAS_WIDTH);
    int y = (int)next_random(&random, BENCH_CANVAS_HEIGHT);
    put_first(record, x, y);
    for (size_t i = 1; i < points; i++) {
        int dx = (int)next_random(&random, 2 * most + 1) - (int)most;
        int dy = (int)next_random(&random, 2 * most + 1) - (int)most;
        dx = x + dx < 0 || x + dx >= BENCH_CANVAS_WIDTH ? -dx : dx;
        dy = y + dy < 0 || y + dy >= BENCH_CANVAS_HEIGHT ? -dy : dy;
        record[2 + 2 * i] = (uint8_t)dx;
        record[3 + 2 * i] = (uint8_t)dy;
        x += dx;
        y += dy;
    }
}

size_t bench_generated_frames(const char *name)
{
    return kind_of(name).frames;
}

uint8_t *bench_generate(const char *name, size_t frame, size_t *out_size)
{
    const kind k = kind_of(name);
    const size_t record = 2 + 2 * k.points, head = 4 + 4 * k.channels;
    *out_size = head + k.channels * record;
    uint8_t *payload = calloc(*out_size, 1);
    if (!payload)
        return NULL;
    payload[0] = (uint8_t)k.channels;
    for (size_t i = 0; i < k.channels; i++) {
        uint8_t *to = payload + head + i * record;
        const uint32_t seed = (uint32_t)(7919 * (1 + frame) + i);
        for (int byte = 0; byte < 4; byte++)
            payload[4 + 4 * i + (size_t)byte] = (uint8_t)(record >> 8 * byte);
        if (strcmp(name, "noise") == 0)
            put_noise(to, k.points, 127, seed);
        else if (strncmp(name, "walk", 4) == 0)
            put_noise(to, k.points, 3, seed);
        else
            put_silhouette(to, &k, i, frame);
    }
    return payload;
}
