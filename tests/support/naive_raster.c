/* SPDX-License-Identifier: MIT */
#include "tests/support/naive_raster.h"

#include <stdlib.h>
#include <string.h>

__extension__ typedef __int128 wide;

typedef struct segment {
    int64_t x0, y0, x1, y1;
} segment;

typedef struct segments {
    segment *items;
    size_t count, capacity;
} segments;

static void push(segments *list, segment s)
{
    if (list->count == list->capacity) {
        list->capacity = list->capacity * 2 + 16;
        list->items = realloc(list->items, list->capacity * sizeof(segment));
        if (!list->items)
            abort();
    }
    list->items[list->count++] = s;
}

static wide floor_div(wide num, wide den)
{
    wide q = num / den;
    return q * den > num ? q - 1 : q;
}

static int64_t round_half_even(wide num, wide den)
{
    if (den < 0) {
        num = -num;
        den = -den;
    }
    wide low = floor_div(num, den), twice = 2 * (num - low * den);
    if (twice > den || (twice == den && low % 2 != 0))
        low++;
    return (int64_t)low;
}

/* Liang-Barsky as docs/raster.md has it, t as the fraction num / den with den > 0. */
static bool clip(segment *s, int64_t right, int64_t bottom)
{
    const int64_t dx = s->x1 - s->x0, dy = s->y1 - s->y0;
    const int64_t p[4] = {-dx, dx, -dy, dy};
    const int64_t q[4] = {s->x0, right - s->x0, s->y0, bottom - s->y0};
    wide n1 = 0, d1 = 1, n2 = 1, d2 = 1;
    for (int i = 0; i < 4; i++) {
        if (p[i] == 0) {
            if (q[i] < 0)
                return false;
            continue;
        }
        const wide n = p[i] < 0 ? -(wide)q[i] : q[i], d = p[i] < 0 ? -(wide)p[i] : p[i];
        if (p[i] < 0 && n * d1 > n1 * d) {
            n1 = n;
            d1 = d;
        }
        if (p[i] > 0 && n * d2 < n2 * d) {
            n2 = n;
            d2 = d;
        }
    }
    if (n1 * d2 > n2 * d1)
        return false;
    *s = (segment){
        round_half_even(s->x0 * d1 + n1 * dx, d1), round_half_even(s->y0 * d1 + n1 * dy, d1),
        round_half_even(s->x0 * d2 + n2 * dx, d2), round_half_even(s->y0 * d2 + n2 * dy, d2)};
    return true;
}

static void draw_line(uint8_t *mask, uint32_t width, uint32_t height, segment s)
{
    if (!clip(&s, (int64_t)width - 1, (int64_t)height - 1))
        return;
    int64_t x = s.x0, y = s.y0;
    const int64_t dx = llabs(s.x1 - x), dy = llabs(s.y1 - y);
    int64_t err = dx - dy;
    for (;;) {
        mask[(size_t)y * width + (size_t)x] = 255;
        if (x == s.x1 && y == s.y1)
            return;
        const int64_t e2 = 2 * err;
        if (e2 > -dy) {
            err -= dy;
            x += x < s.x1 ? 1 : -1;
        }
        if (e2 < dx) {
            err += dx;
            y += y < s.y1 ? 1 : -1;
        }
    }
}

static int compare(const void *a, const void *b)
{
    const int64_t x = *(const int64_t *)a, y = *(const int64_t *)b;
    return (x > y) - (x < y);
}

static void fill(uint8_t *mask, uint32_t width, uint32_t height, const segments *list)
{
    int64_t *xs = malloc((list->count + 1) * sizeof(*xs));
    if (!xs)
        abort();
    for (int64_t y = 0; y < height; y++) {
        size_t count = 0;
        for (size_t i = 0; i < list->count; i++) {
            const segment s = list->items[i];
            const int64_t top = s.y0 < s.y1 ? s.y0 : s.y1, end = s.y0 < s.y1 ? s.y1 : s.y0;
            if (top <= y && y < end)
                xs[count++] = round_half_even(
                    (wide)s.x0 * (s.y1 - s.y0) + (wide)(y - s.y0) * (s.x1 - s.x0), s.y1 - s.y0);
        }
        qsort(xs, count, sizeof(*xs), compare);
        for (size_t i = 0; i + 1 < count; i += 2) {
            const int64_t from = xs[i] < 0 ? 0 : xs[i];
            const int64_t to = xs[i + 1] >= width ? (int64_t)width - 1 : xs[i + 1];
            if (from <= to)
                memset(mask + (size_t)y * width + from, 255, (size_t)(to - from + 1));
        }
    }
    free(xs);
}

static uint32_t u32(const uint8_t *p)
{
    return p[0] | (uint32_t)p[1] << 8 | (uint32_t)p[2] << 16 | (uint32_t)p[3] << 24;
}

static int64_t scaled(int64_t v, uint32_t to, uint32_t from)
{
    return from == 0 ? v : v < 0 ? -(-v * to / from) : v * to / from;
}

/* Appends a record's segments; returns its number of points. */
static size_t read_record(const uint8_t *r, size_t size, const naive_params *p, segments *list)
{
    if (size < 4)
        return 0;
    const size_t points = 1 + (size - 4) / 2;
    int64_t x = r[0] | r[1] << 8, y = r[2] | r[3] << 8;
    const int64_t fx = scaled(x, p->width, p->source_width);
    const int64_t fy = scaled(y, p->height, p->source_height);
    int64_t px = fx, py = fy;
    for (size_t i = 1; i < points; i++) {
        x += (int8_t)r[2 + 2 * i];
        y += (int8_t)r[3 + 2 * i];
        const int64_t nx = scaled(x, p->width, p->source_width);
        const int64_t ny = scaled(y, p->height, p->source_height);
        push(list, (segment){px, py, nx, ny});
        px = nx;
        py = ny;
    }
    if (points >= 3 && (px != fx || py != fy))
        push(list, (segment){px, py, fx, fy});
    return points;
}

uint8_t *naive_raster(const uint8_t *payload, size_t size, const naive_params *p)
{
    uint8_t *mask = calloc(p->width, p->height);
    segments all = {0};
    if (!mask)
        abort();
    const uint32_t channels = u32(payload);
    size_t at = 4 + 4 * (size_t)channels;
    for (uint32_t c = 0; c < channels && at <= size; c++) {
        const size_t record = u32(payload + 4 + 4 * (size_t)c);
        segments own = {0};
        const size_t points = read_record(payload + at, record, p, &own);
        at += record;
        for (size_t i = 0; i < own.count; i++)
            draw_line(mask, p->width, p->height, own.items[i]);
        if (points >= 3 && p->parity)
            for (size_t i = 0; i < own.count; i++)
                push(&all, own.items[i]);
        else if (points >= 3)
            fill(mask, p->width, p->height, &own);
        free(own.items);
    }
    fill(mask, p->width, p->height, &all);
    free(all.items);
    return mask;
}

uint8_t *naive_resize(const uint8_t *mask, uint32_t width, uint32_t height, uint32_t to_width,
                      uint32_t to_height)
{
    uint8_t *out = malloc((size_t)to_width * to_height);
    if (!out)
        abort();
    for (uint64_t y = 0; y < to_height; y++)
        for (uint64_t x = 0; x < to_width; x++)
            out[y * to_width + x] = mask[y * height / to_height * width + x * width / to_width];
    return out;
}
