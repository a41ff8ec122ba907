/* SPDX-License-Identifier: MIT
 *
 * Payloads to canvas, mask and runs: plain C, and another set of the processor's instructions that
 * the input chooses, must give what the naive renderer gives, frame after frame on one canvas.
 */
#include "tests/fuzz/fuzz.h"

#include "core/cpu/cpu.h"
#include "core/raster/r8.h"
#include "tests/support/naive_raster.h"

#include <stdlib.h>
#include <string.h>

enum { MOST_TABLES = 6, VARIANTS = 2, MOST_FRAMES = 3 };
enum { RAW = 1, PARITY = 2, SCALED = 4, OTHER_SIZE = 8, TABLE_SHIFT = 4 };

typedef struct setting {
    uint8_t flags;
    naive_params naive;
    uint32_t width, height; /* of the mask */
} setting;

static as_ras_dsp tables[MOST_TABLES];
static size_t table_count;

/* Plain C first, then what the machine has, and less of it in steps. */
static void make_tables(void)
{
    static const char *const wishes[MOST_TABLES] = {"c",       "sse41",   "neon", "-avx512,-avx2",
                                                    "-avx512", "-nothing"};
    const uint32_t have = as_cpu_detect();
    uint32_t seen[MOST_TABLES];
    for (size_t i = 0; i < MOST_TABLES; i++) {
        bool known = false;
        const uint32_t features = as_cpu_choose(wishes[i], have);
        for (size_t k = 0; k < table_count; k++)
            known = known || seen[k] == features;
        if (known)
            continue;
        seen[table_count] = features;
        tables[table_count] = as_ras_dsp_for(features);
        table_count++;
    }
}

static setting take_setting(fuzz_bytes *in)
{
    setting s = {.flags = fuzz_u8(in)};
    s.naive.width = s.width = fuzz_in(in, 1, 256);
    s.naive.height = s.height = fuzz_in(in, 1, 64);
    s.naive.parity = s.flags & PARITY;
    if (s.flags & SCALED) {
        s.naive.source_width = fuzz_in(in, 1, 512);
        s.naive.source_height = fuzz_in(in, 1, 256);
    }
    if (s.flags & OTHER_SIZE) {
        s.width = fuzz_in(in, 1, 512);
        s.height = fuzz_in(in, 1, 100);
    }
    return s;
}

static bool bit_at(const as_canvas_view *view, size_t x, size_t y)
{
    return view->words[y * view->stride_words + x / 64] >> (x % 64) & 1;
}

static void check_bits(const as_canvas_view *view, const uint8_t *wanted)
{
    for (size_t y = 0; y < view->height; y++) {
        for (size_t x = 0; x < view->width; x++)
            FUZZ_CHECK(bit_at(view, x, y) == (wanted[y * view->width + x] != 0));
        for (size_t x = view->width; x < 64 * view->stride_words; x++)
            FUZZ_CHECK(!bit_at(view, x, y));
    }
}

/* Runs: put together they are the mask; none touch. */
static void check_runs(const as_canvas *canvas, const uint8_t *wanted, size_t width, size_t height)
{
    size_t count = 0, again = 0, pixels = 0, inside = 0;
    as_error error;
    FUZZ_CHECK(as_canvas_get_runs(canvas, NULL, 0, &count, &error) == AS_OK);
    as_run *runs = malloc((count + 1) * sizeof(*runs));
    FUZZ_CHECK(runs && as_canvas_get_runs(canvas, runs, count, &again, &error) == AS_OK);
    FUZZ_CHECK(again == count);
    for (size_t i = 0; i < count; i++) {
        FUZZ_CHECK(runs[i].x0 < runs[i].x1 && runs[i].x1 <= width && runs[i].y < height);
        FUZZ_CHECK(i == 0 || runs[i].y > runs[i - 1].y ||
                   (runs[i].y == runs[i - 1].y && runs[i].x0 > runs[i - 1].x1));
        for (size_t x = runs[i].x0; x < runs[i].x1; x++)
            inside += wanted[runs[i].y * width + x] != 0;
        pixels += runs[i].x1 - runs[i].x0;
    }
    FUZZ_CHECK(inside == pixels);
    for (size_t i = 0; i < width * height; i++)
        pixels -= wanted[i] != 0;
    FUZZ_CHECK(pixels == 0);
    free(runs);
}

/* One canvas and a mask that follows it. */
typedef struct variant {
    as_canvas *canvas;
    as_ras_shown *shown;
    uint8_t *followed, *fresh;
} variant;

static variant variant_create(const setting *s, const as_ras_dsp *dsp)
{
    variant v = {.followed = malloc((size_t)s->width * s->height),
                 .fresh = malloc((size_t)s->width * s->height)};
    as_error error;
    FUZZ_CHECK(as_canvas_create(s->naive.width, s->naive.height, &v.canvas, &error) == AS_OK);
    v.canvas->dsp = dsp;
    v.shown = as_ras_shown_create(s->naive.width, s->naive.height);
    FUZZ_CHECK(v.followed && v.fresh && v.shown);
    return v;
}

static void variant_destroy(variant *v)
{
    as_canvas_destroy(&v->canvas);
    as_ras_shown_destroy(v->shown);
    free(v->followed);
    free(v->fresh);
}

static void check_masks(variant *v, const setting *s, const uint8_t *wanted)
{
    const size_t size = (size_t)s->width * s->height;
    as_error error;
    FUZZ_CHECK(as_canvas_to_r8(v->canvas, v->fresh, size, s->width, s->height, 0, &error) == AS_OK);
    FUZZ_CHECK(memcmp(v->fresh, wanted, size) == 0);
    as_ras_update_r8(v->canvas, v->shown, v->followed, s->width, s->height, s->width);
    FUZZ_CHECK(memcmp(v->followed, wanted, size) == 0);
}

/* false: the payload is malformed. */
static bool draw(variant *v, const setting *s, const test_bytes *payload)
{
    const as_raster_params params = {.struct_size = sizeof(params),
                                     .combine =
                                         s->naive.parity ? AS_COMBINE_PARITY : AS_COMBINE_UNION,
                                     .source_width = s->naive.source_width,
                                     .source_height = s->naive.source_height};
    as_error error = {0};
    const as_result result =
        as_canvas_draw(v->canvas, payload->data, payload->size, &params, &error);
    FUZZ_CHECK_RESULT(result, &error);
    FUZZ_CHECK(result == AS_OK || ((s->flags & RAW) && result == AS_ERROR_DECODE));
    return result == AS_OK;
}

static void check_frame(variant *variants, const setting *s, const test_bytes *payload)
{
    const naive_params *n = &s->naive;
    as_canvas_view views[VARIANTS];
    const bool good = draw(&variants[0], s, payload);
    uint8_t *wanted = good ? naive_raster(payload->data, payload->size, n)
                           : calloc((size_t)n->width * n->height, 1);
    FUZZ_CHECK(wanted);
    uint8_t *mask = naive_resize(wanted, n->width, n->height, s->width, s->height);
    for (size_t i = 0; i < VARIANTS; i++) {
        as_error error;
        FUZZ_CHECK(i == 0 || draw(&variants[i], s, payload) == good);
        FUZZ_CHECK(as_canvas_get_view(variants[i].canvas, &views[i], &error) == AS_OK);
        check_masks(&variants[i], s, mask);
    }
    check_bits(&views[0], wanted);
    FUZZ_CHECK(memcmp(views[0].words, views[1].words,
                      views[0].stride_words * views[0].height * sizeof(uint64_t)) == 0);
    check_runs(variants[0].canvas, wanted, n->width, n->height);
    free(wanted);
    free(mask);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    fuzz_bytes in = {data, size};
    const setting s = take_setting(&in);
    if (table_count == 0)
        make_tables();
    const size_t other = table_count < 2 ? 0 : 1 + (s.flags >> TABLE_SHIFT) % (table_count - 1);
    variant variants[VARIANTS] = {variant_create(&s, &tables[0]),
                                  variant_create(&s, &tables[other])};
    for (int frame = 0; frame < MOST_FRAMES && in.left != 0; frame++) {
        test_bytes payload = {0};
        if (s.flags & RAW) {
            const fuzz_bytes raw =
                fuzz_take(&in, frame < MOST_FRAMES - 1 ? fuzz_u16(&in) : in.left);
            test_bytes_add(&payload, raw.at, raw.left);
        } else {
            payload = fuzz_payload(&in, 12);
        }
        if (payload.size != 0)
            check_frame(variants, &s, &payload);
        test_bytes_free(&payload);
    }
    for (size_t i = 0; i < VARIANTS; i++)
        variant_destroy(&variants[i]);
    fuzz_check_nothing_alive();
    return 0;
}
