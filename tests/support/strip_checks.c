/* SPDX-License-Identifier: MIT */
#include "tests/support/strip_checks.h"

#include "core/base/buffer.h"
#include "core/raster/strip.h"
#include "tests/support/check.h"

#include <math.h>

as_result test_strip_make(const test_payload *payload, as_combine combine, const as_scale *scale,
                          as_buffer *out, as_error *error)
{
    as_polystream stream;
    as_result result = as_polystream_parse(&stream, payload->bytes, payload->size, 4194303, error);
    if (result != AS_OK)
        return result;
    return as_ras_strip(&stream, combine, scale->from_width ? scale : NULL, out, error);
}

/* Twice the signed area of triangle `i`, as the strip's order turns it. */
static double turn(const float *v, size_t i)
{
    const float *a = v + 2 * i;
    double area = ((double)a[2] - a[0]) * ((double)a[5] - a[1]) -
                  ((double)a[4] - a[0]) * ((double)a[3] - a[1]);
    return i & 1 ? -area : area;
}

/* Half-open on both axes, each side taken from its upper end: of triangles side by side exactly
 * one owns a point on their border. */
static bool side_is_left(const float *a, const float *b, double x, double y)
{
    if (a[1] > b[1]) {
        const float *other = a;
        a = b, b = other;
    }
    return a[1] <= y && y < b[1] &&
           a[0] + (y - a[1]) * ((double)b[0] - a[0]) / ((double)b[1] - a[1]) <= x;
}

static size_t covered(const float *v, size_t vertices, double x, double y)
{
    size_t times = 0;
    for (size_t i = 0; i + 2 < vertices; i++) {
        const float *a = v + 2 * i, *b = a + 2, *c = a + 4;
        times += side_is_left(a, b, x, y) ^ side_is_left(b, c, x, y) ^ side_is_left(a, c, x, y);
    }
    return times;
}

/* 1 inside, 0 outside, at samples not closer than 0.001 to an edge. */
static void check_samples(const naive_figure *f, const float *v, size_t vertices,
                          test_random *random, int samples, bool pixels)
{
    for (int i = 0; i < samples; i++) {
        double x =
            f->left - 2 +
            (double)test_random_in(random, 0, 1 << 20) / (1 << 20) * (f->right - f->left + 4);
        double y =
            f->top - 2 +
            (double)test_random_in(random, 0, 1 << 20) / (1 << 20) * (f->bottom - f->top + 4);
        double near = (double[]){0, 1.0 / 3, 1.0 / 7}[i % 3];
        if (near != 0 || pixels) /* around the points, or right on the pixels */
            x = floor(x) + (pixels ? 0 : near), y = floor(y) + (pixels ? 0 : 1.0 / 3 - near / 2);
        if (naive_distance(f, x, y) < 1e-3)
            continue;
        size_t times = covered(v, vertices, x, y);
        if (times != (naive_is_inside(f, x, y) ? 1 : 0))
            fail_msg("(%.9g, %.9g) is covered %zu times and %s", x, y, times,
                     naive_is_inside(f, x, y) ? "inside" : "outside");
    }
}

/* All triangles turn the same way, and near 0 coordinates are no finer than 1/65536. */
static double strip_area(const float *v, size_t vertices)
{
    double area = 0;
    for (size_t i = 0; i < 2 * vertices; i++)
        if (fabsf(v[i]) < 128 && v[i] * 65536 != floorf(v[i] * 65536))
            fail_msg("coordinate %zu is %.9g", i, (double)v[i]);
    for (size_t i = 0; i + 2 < vertices; i++) {
        double twice = turn(v, i);
        if (!(twice >= 0))
            fail_msg("triangle %zu turns the other way", i);
        area += twice / 2;
    }
    return area;
}

size_t test_strip_check(const test_payload *payload, as_combine combine, const as_scale *scale,
                        test_random *random, int samples)
{
    as_error error;
    as_buffer out = {0}, again = {0};
    assert_ok(test_strip_make(payload, combine, scale, &out, &error), &error);
    assert_ok(test_strip_make(payload, combine, scale, &again, &error), &error);
    assert_int_equal(out.size, again.size);
    assert_same_bytes(again.data, out.data, out.size);
    assert_int_equal(out.size % (4 * sizeof(float)), 0);
    const float *v = (const float *)(const void *)out.data;
    size_t vertices = out.size / (2 * sizeof(float));
    naive_figure f = naive_figure_of(payload, combine, scale);
    double want = naive_area(&f), got = strip_area(v, vertices);
    /* A corner on a side moves by half a unit in the last place, which goes with its coordinates;
     * the area by that times the side's length. */
    double wide = fmax(fmax(fabs(f.left), fabs(f.right)), fmax(fabs(f.top), fabs(f.bottom)));
    double each = wide <= 5000 && f.longest <= 256 ? 1e-3 : 6e-8 * wide * f.longest;
    if (!(fabs(got - want) <= each * ((double)vertices + 20)))
        fail_msg("area %.9g, wanted %.9g, with %zu vertices", got, want, vertices);
    check_samples(&f, v, vertices, random, samples, false);
    check_samples(&f, v, vertices, random, samples / 2, true);
    naive_figure_free(&f);
    as_buf_free(&out);
    as_buf_free(&again);
    return vertices;
}
