/* SPDX-License-Identifier: MIT */
#include "tests/support/dsp_checks.h"

#include "core/cpu/cpu.h"
#include "tests/support/dsp_slots.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

enum { WILD, UNIT, MOST_LEFT, MOST_RIGHT, TO_AND_FRO, STEP_KINDS };

static void make_steps(test_random *random, int kind, uint8_t *steps, size_t count)
{
    for (size_t i = 0; i < 2 * count; i++) {
        const uint64_t any = test_random_u64(random);
        switch (kind) {
        case UNIT: steps[i] = (uint8_t)(any % 3 - 1); break;
        case MOST_LEFT: steps[i] = 0x80; break;
        case MOST_RIGHT: steps[i] = 0x7f; break;
        case TO_AND_FRO: steps[i] = any & 1 ? 0x80 : 0x7f; break;
        default: steps[i] = (uint8_t)any; break;
        }
    }
}

/* -------------------------------------------------------------------------------- checks -------
 */

static as_bounds random_bounds(test_random *random)
{
    enum { FAR = 1 << 29 };
    as_bounds b = {.last_x = (int32_t)test_random_in(random, -FAR, FAR),
                   .last_y = (int32_t)test_random_in(random, -FAR, FAR)};
    b.left = b.last_x - (int32_t)test_random_in(random, 0, 300);
    b.right = b.last_x + (int32_t)test_random_in(random, 0, 300);
    b.top = b.last_y - (int32_t)test_random_in(random, 0, 300);
    b.bottom = b.last_y + (int32_t)test_random_in(random, 0, 300);
    b.rows = test_random_u64(random) >> 20;
    b.columns = test_random_u64(random) >> 20;
    return b;
}

static bool same_bounds(const as_bounds *a, const as_bounds *b)
{
    return a->left == b->left && a->top == b->top && a->right == b->right &&
           a->bottom == b->bottom && a->last_x == b->last_x && a->last_y == b->last_y &&
           a->rows == b->rows && a->columns == b->columns && a->lengths == b->lengths;
}

void dsp_check_bounds(dsp_check *check)
{
    enum { MOST = 5000 };
    test_random random = test_random_from(check->seed);
    slot steps;
    open_slot(&steps, 2 * MOST);
    begin_faults();
    for (int i = 0; i < (check->brief ? 400 : 6000); i++) {
        const size_t count =
            i % 10 == 9 ? (size_t)test_random_in(&random, 300, MOST) : (size_t)(i / 10 % 301);
        const int kind = (int)test_random_in(&random, 0, STEP_KINDS - 1);
        const size_t gap = (size_t)test_random_in(&random, 0, 17);
        const bool at_end = i & 1;
        now_checking(check, "bounds, %zu steps of kind %d, gap %zu, at_end %d", count, kind, gap,
                     at_end);
        place(&steps, 2 * count, gap, at_end);
        make_steps(&random, kind, steps.at, count);
        as_bounds wanted = random_bounds(&random), got = wanted;
        as_ras_dsp_c.bounds(steps.at, count, &wanted);
        check->dsp.bounds(steps.at, count, &got);
        expect(check, same_bounds(&got, &wanted));
    }
    end_faults();
    test_guard_free(&steps.guard);
}

typedef struct fill_case {
    size_t words, rows, stride;
    uint64_t last_mask;
    int kind;
    bool at_end;
} fill_case;

static fill_case random_fill(test_random *random, size_t words)
{
    fill_case c = {.words = words,
                   .rows = (size_t)test_random_in(random, 1, 4),
                   .last_mask = ~UINT64_C(0) >> test_random_in(random, 0, 63),
                   .kind = (int)test_random_in(random, 0, BITS_KINDS - 1),
                   .at_end = test_random_in(random, 0, 1)};
    c.stride = words + (size_t)test_random_in(random, 0, 9);
    if (test_random_in(random, 0, 1))
        c.last_mask = ~UINT64_C(0);
    return c;
}

/* Planes: bits and toggle as C leaves them, then as the version does. */
static void check_one_fill(dsp_check *check, test_random *random, const fill_case *c,
                           slot planes[4])
{
    const size_t size = 8 * ((c->rows - 1) * c->stride + c->words);
    for (int i = 0; i < 2; i++) {
        place(&planes[i], size, 8 * (size_t)test_random_in(random, 0, 7), c->at_end);
        fill_random(random, planes[i].from, planes[i].span);
    }
    for (size_t y = 0; y < c->rows; y++)
        make_bits(random, c->kind, (uint64_t *)(void *)planes[1].at + y * c->stride, c->words);
    copy_slot(&planes[2], &planes[0]);
    copy_slot(&planes[3], &planes[1]);
    as_ras_dsp_c.fill((uint64_t *)(void *)planes[0].at, (uint64_t *)(void *)planes[1].at, c->stride,
                      c->words, c->rows, c->last_mask);
    check->dsp.fill((uint64_t *)(void *)planes[2].at, (uint64_t *)(void *)planes[3].at, c->stride,
                    c->words, c->rows, c->last_mask);
    expect(check, same_slots(&planes[0], &planes[2]) && same_slots(&planes[1], &planes[3]));
}

void dsp_check_fill(dsp_check *check)
{
    test_random random = test_random_from(check->seed);
    slot planes[4];
    for (int i = 0; i < 4; i++)
        open_slot(&planes[i], sizeof(uint64_t) * 4 * (300 + 9));
    begin_faults();
    for (int round = 0; round < (check->brief ? 600 : 9000); round++) {
        const fill_case c = random_fill(&random, 1 + (size_t)round / 2 % (round % 2 ? 300 : 40));
        now_checking(check,
                     "fill, %zu words, %zu rows, stride %zu, last_mask %" PRIx64
                     ", kind %d, at_end %d",
                     c.words, c.rows, c.stride, c.last_mask, c.kind, c.at_end);
        check_one_fill(check, &random, &c, planes);
    }
    end_faults();
    for (int i = 0; i < 4; i++)
        test_guard_free(&planes[i].guard);
}

void dsp_check_expand(dsp_check *check)
{
    test_random random = test_random_from(check->seed);
    row_slots r;
    open_rows(&r, 256, 16384);
    begin_faults();
    for (int round = 0; round < (check->brief ? 2 * 300 : 2 * 64 * 300); round++) {
        const size_t width = round % 64 == 63 ? (size_t)test_random_in(&random, 301, 16384)
                                              : (size_t)(1 + round % 300);
        const size_t gap = (size_t)(round / 300 % 64);
        const int kind = (int)test_random_in(&random, 0, BITS_KINDS - 1);
        const bool at_end = test_random_in(&random, 0, 1);
        now_checking(check, "expand, %zu pixels, gap %zu, kind %d, at_end %d", width, gap, kind,
                     at_end);
        place_rows(&r, &random, kind, (width + 63) / 64, width, gap, at_end);
        const uint64_t *bits = (const uint64_t *)(void *)r.bits.at;
        as_ras_dsp_c.expand(r.wanted.at, bits, width);
        check->dsp.expand(r.got.at, bits, width);
        expect(check, same_slots(&r.got, &r.wanted));
    }
    end_faults();
    close_rows(&r);
}

void dsp_check_sample(dsp_check *check)
{
    test_random random = test_random_from(check->seed);
    as_ras_sampling *sampling = calloc(1, sizeof(*sampling));
    row_slots r;
    size_t done = 0;
    open_rows(&r, 256, 16384);
    begin_faults();
    for (int round = 0; sampling && round < (check->brief ? 500 : 5000); round++) {
        uint32_t from, to;
        random_sizes(&random, round, &from, &to);
        as_ras_sampling_set(sampling, from, to, check->dsp.window);
        if (check->dsp.window != 0 && sampling->window == 0)
            continue; /* another way is taken then */
        done++;
        const size_t gap = (size_t)test_random_in(&random, 0, 63);
        const int kind = (int)test_random_in(&random, 0, BITS_KINDS - 1);
        const bool at_end = test_random_in(&random, 0, 1);
        now_checking(check, "sample, %" PRIu32 " to %" PRIu32 ", gap %zu, kind %d, at_end %d", from,
                     to, gap, kind, at_end);
        place_rows(&r, &random, kind, as_ras_stride(from), to, gap, at_end);
        const uint64_t *bits = (const uint64_t *)(void *)r.bits.at;
        as_ras_dsp_c.sample(r.wanted.at, bits, sampling);
        check->dsp.sample(r.got.at, bits, sampling);
        expect(check, same_slots(&r.got, &r.wanted));
    }
    end_faults();
    now_checking(check, "sample, %zu rounds had tables", done);
    expect(check, done >= 100);
    close_rows(&r);
    free(sampling);
}

void dsp_check_stream(dsp_check *check)
{
    test_random random = test_random_from(check->seed);
    row_slots r;
    open_rows(&r, 1024, 8192);
    begin_faults();
    for (int round = 0; round < (check->brief ? 301 : 64 * 301); round++) {
        const size_t size =
            round % 64 == 63 ? (size_t)test_random_in(&random, 300, 8192) : (size_t)(round % 301);
        const size_t gap = (size_t)(round / 301);
        const bool at_end = test_random_in(&random, 0, 1);
        now_checking(check, "stream, %zu bytes, gap %zu, at_end %d", size, gap, at_end);
        place_rows(&r, &random, BLANK, 1, size, gap, at_end);
        place(&r.bits, size, (size_t)test_random_in(&random, 0, 63), at_end);
        fill_random(&random, r.bits.from, r.bits.span);
        as_ras_dsp_c.stream(r.wanted.at, r.bits.at, size);
        check->dsp.stream(r.got.at, r.bits.at, size);
        check->dsp.settle();
        expect(check, same_slots(&r.got, &r.wanted));
    }
    end_faults();
    close_rows(&r);
}

static void check_one_r8(dsp_check *check, test_random *random, bool large, slot *wanted, slot *got)
{
    const uint32_t most = large ? 3000 : 300;
    const uint32_t from_width = (uint32_t)test_random_in(random, 1, most);
    const uint32_t from_height = (uint32_t)test_random_in(random, 1, most);
    const uint32_t width = (uint32_t)test_random_in(random, large ? 2100 : 1, most);
    const uint32_t height = (uint32_t)test_random_in(random, large ? 2000 : 1, large ? 2200 : 40);
    const size_t stride = width + (size_t)test_random_in(random, 0, 70);
    const bool at_end = test_random_in(random, 0, 1);
    as_canvas *canvas = random_canvas(random, from_width, from_height);
    now_checking(
        check, "r8, %" PRIu32 " x %" PRIu32 " to %" PRIu32 " x %" PRIu32 ", stride %zu, at_end %d",
        from_width, from_height, width, height, stride, at_end);
    place(wanted, stride * (height - 1) + width, (size_t)test_random_in(random, 0, 63), at_end);
    fill_random(random, wanted->from, wanted->span);
    copy_slot(got, wanted);
    canvas->dsp = &as_ras_dsp_c;
    as_ras_to_r8(canvas, wanted->at, width, height, stride);
    canvas->dsp = &check->dsp;
    as_ras_to_r8(canvas, got->at, width, height, stride);
    expect(check, same_slots(got, wanted));
    as_ras_destroy(canvas);
}

void dsp_check_r8(dsp_check *check)
{
    enum { MOST_BYTES = (3000 + 70) * 2200 };
    test_random random = test_random_from(check->seed);
    slot wanted, got;
    open_slot(&wanted, MOST_BYTES);
    open_slot(&got, MOST_BYTES);
    begin_faults();
    for (int round = 0; round < (check->brief ? 62 : 310); round++)
        check_one_r8(check, &random, round % 62 == 61, &wanted, &got);
    end_faults();
    test_guard_free(&wanted.guard);
    test_guard_free(&got.guard);
}

size_t dsp_for_tables(const dsp_check *given, void (*each)(dsp_check *check, void *user),
                      void *user)
{
    const uint32_t have = as_cpu_detect();
    size_t count = 0;
    for (uint32_t i = 0; i <= AS_CPU_FEATURES; i++) {
        const uint32_t features = i < AS_CPU_FEATURES ? have & UINT32_C(1) << i : have;
        if (features == 0)
            continue;
        dsp_check check = *given;
        check.name = i < AS_CPU_FEATURES ? as_cpu_name(i) : "all";
        check.dsp = as_ras_dsp_for(features);
        each(&check, user);
        count++;
    }
    return count;
}
