/* SPDX-License-Identifier: MIT */
#include "tests/support/naive_strip.h"

#include "core/base/bytes.h"
#include "tests/support/check.h"

#include <math.h>

struct naive_segment {
    double x0, y0, x1, y1; /* y0 < y1 */
    uint32_t channel;
};

static void add_segment(naive_figure *f, int64_t x0, int64_t y0, int64_t x1, int64_t y1,
                        uint32_t channel)
{
    if (y0 == y1)
        return;
    naive_segment s = {.channel = channel};
    s.x0 = (double)(y0 < y1 ? x0 : x1), s.y0 = (double)(y0 < y1 ? y0 : y1);
    s.x1 = (double)(y0 < y1 ? x1 : x0), s.y1 = (double)(y0 < y1 ? y1 : y0);
    f->left = f->count == 0 ? s.x0 : f->left;
    f->right = f->count == 0 ? s.x0 : f->right;
    f->top = f->count == 0 || s.y0 < f->top ? s.y0 : f->top;
    f->bottom = f->count == 0 || s.y1 > f->bottom ? s.y1 : f->bottom;
    f->left = fmin(f->left, fmin(s.x0, s.x1));
    f->right = fmax(f->right, fmax(s.x0, s.x1));
    f->longest = fmax(f->longest, fmax(fabs(s.x1 - s.x0), s.y1 - s.y0));
    f->segments[f->count++] = s;
}

static int64_t scaled(int64_t v, uint32_t to, uint32_t from)
{
    return from == 0 ? v : v < 0 ? -(-v * to / from) : v * to / from;
}

naive_figure naive_figure_of(const test_payload *payload, as_combine combine, const as_scale *scale)
{
    naive_figure f = {.segments = malloc((payload->size + 1) * sizeof(naive_segment))};
    assert_non_null(f.segments);
    f.channels = as_get_u32(payload->bytes);
    const uint8_t *record = payload->bytes + 4 + 4 * (size_t)f.channels;
    for (uint32_t i = 0; i < f.channels; i++) {
        uint32_t size = as_get_u32(payload->bytes + 4 + 4 * (size_t)i);
        const uint8_t *bytes = record;
        record += size;
        if (size < 8)
            continue;
        int64_t x = as_get_u16(bytes), y = as_get_u16(bytes + 2);
        int64_t first_x = scaled(x, scale->to_width, scale->from_width), before_x = first_x;
        int64_t first_y = scaled(y, scale->to_height, scale->from_height), before_y = first_y;
        for (uint32_t k = 4; k + 1 < size; k += 2) {
            x += (int8_t)bytes[k], y += (int8_t)bytes[k + 1];
            int64_t sx = scaled(x, scale->to_width, scale->from_width);
            int64_t sy = scaled(y, scale->to_height, scale->from_height);
            add_segment(&f, before_x, before_y, sx, sy, combine == AS_COMBINE_PARITY ? 0 : i);
            before_x = sx, before_y = sy;
        }
        add_segment(&f, before_x, before_y, first_x, first_y, combine == AS_COMBINE_PARITY ? 0 : i);
    }
    return f;
}

void naive_figure_free(naive_figure *f)
{
    free(f->segments);
    *f = (naive_figure){.count = 0};
}

static double x_of(const naive_segment *s, double y)
{
    return s->x0 + (y - s->y0) * (s->x1 - s->x0) / (s->y1 - s->y0);
}

bool naive_is_inside(const naive_figure *f, double x, double y)
{
    uint8_t *odd = calloc((size_t)f->channels + 1, 1);
    assert_non_null(odd);
    for (size_t i = 0; i < f->count; i++) {
        const naive_segment *s = &f->segments[i];
        if (s->y0 <= y && y < s->y1 && x_of(s, y) <= x)
            odd[s->channel] ^= 1;
    }
    bool inside = memchr(odd, 1, (size_t)f->channels + 1) != NULL;
    free(odd);
    return inside;
}

double naive_distance(const naive_figure *f, double x, double y)
{
    double least = INFINITY;
    for (size_t i = 0; i < f->count; i++) {
        const naive_segment *s = &f->segments[i];
        double dx = s->x1 - s->x0, dy = s->y1 - s->y0;
        double t = ((x - s->x0) * dx + (y - s->y0) * dy) / (dx * dx + dy * dy);
        t = t < 0 ? 0 : t > 1 ? 1 : t;
        least = fmin(least, hypot(s->x0 + t * dx - x, s->y0 + t * dy - y));
    }
    return least;
}

typedef struct crossing {
    double x;
    uint32_t channel;
} crossing;

static int by_x(const void *a, const void *b)
{
    double x = ((const crossing *)a)->x, y = ((const crossing *)b)->x;
    return x < y ? -1 : x > y;
}

static int by_value(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;
    return x < y ? -1 : x > y;
}

/* The length of the fill on the line at y, crossed by `count` segments. */
static double fill_length(naive_segment *const *segments, size_t count, double y, crossing *list,
                          uint8_t *odd)
{
    double length = 0;
    size_t inside = 0;
    for (size_t i = 0; i < count; i++)
        list[i] = (crossing){.x = x_of(segments[i], y), .channel = segments[i]->channel};
    qsort(list, count, sizeof(*list), by_x);
    for (size_t i = 0; i < count; i++) {
        if (inside != 0)
            length += list[i].x - list[i - 1].x;
        odd[list[i].channel] ^= 1;
        inside += odd[list[i].channel] ? 1 : (size_t)-1;
    }
    return length;
}

/* Between two rows at which nothing starts or ends: cut at every crossing of any two segments,
 * where the length becomes linear in y. */
static double slab_area(naive_segment *const *active, size_t count, double y0, double y1,
                        uint8_t *odd)
{
    double *ys = malloc((count * count + 2) * sizeof(*ys)), area = 0;
    crossing *list = malloc((count + 1) * sizeof(*list));
    assert_true(ys && list);
    size_t n = 0;
    ys[n++] = y0;
    for (size_t i = 0; i < count; i++) {
        for (size_t k = 0; k < i; k++) {
            double above = x_of(active[i], y0) - x_of(active[k], y0);
            double below = x_of(active[i], y1) - x_of(active[k], y1);
            if ((above < 0 && below > 0) || (above > 0 && below < 0))
                ys[n++] = y0 + (y1 - y0) * (above / (above - below));
        }
    }
    ys[n++] = y1;
    qsort(ys, n, sizeof(*ys), by_value);
    for (size_t i = 1; i < n; i++)
        area +=
            (ys[i] - ys[i - 1]) * fill_length(active, count, (ys[i] + ys[i - 1]) / 2, list, odd);
    free(list);
    free(ys);
    return area;
}

double naive_area(const naive_figure *f)
{
    double *ys = malloc((2 * f->count + 1) * sizeof(*ys)), area = 0;
    naive_segment **active = malloc((f->count + 1) * sizeof(*active));
    uint8_t *odd = calloc((size_t)f->channels + 1, 1);
    assert_true(ys && active && odd);
    for (size_t i = 0; i < f->count; i++)
        ys[2 * i] = f->segments[i].y0, ys[2 * i + 1] = f->segments[i].y1;
    qsort(ys, 2 * f->count, sizeof(*ys), by_value);
    for (size_t i = 1; i < 2 * f->count; i++) {
        size_t n = 0;
        if (ys[i] == ys[i - 1])
            continue;
        for (size_t k = 0; k < f->count; k++)
            if (f->segments[k].y0 <= ys[i - 1] && ys[i] <= f->segments[k].y1)
                active[n++] = &f->segments[k];
        area += slab_area(active, n, ys[i - 1], ys[i], odd);
    }
    free(odd);
    free(active);
    free(ys);
    return area;
}
