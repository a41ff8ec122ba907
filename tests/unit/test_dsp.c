/* SPDX-License-Identifier: MIT
 *
 * Every version of the inner loops that this machine has, against C's.
 */
#include "core/cpu/cpu.h"
#include "core/raster/canvas.h"
#include "tests/support/check.h"
#include "tests/support/dsp_checks.h"
#include "tests/support/guard.h"
#include "tests/support/random.h"

#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

typedef void check_fn(dsp_check *check);

typedef struct total {
    check_fn *fn;
    size_t failures;
} total;

static void check_table(dsp_check *check, void *user)
{
    total *t = user;
    t->fn(check);
    t->failures += check->failures;
}

static void check_all(const char *what, check_fn *fn)
{
    const dsp_check given = {.seed = test_seed(what), .brief = TEST_SANITIZED};
    total t = {fn, 0};
    const size_t tables = dsp_for_tables(&given, check_table, &t);
    printf("%s: %zu tables\n", what, tables);
    assert_true(tables > 0 || as_cpu_detect() == 0);
    assert_int_equal(t.failures, 0);
}

static void test_bounds(void **state)
{
    (void)state;
    check_all("bounds", dsp_check_bounds);
}

static void test_fill(void **state)
{
    (void)state;
    check_all("fill", dsp_check_fill);
}

static void test_expand(void **state)
{
    (void)state;
    check_all("expand", dsp_check_expand);
}

static void test_sample(void **state)
{
    (void)state;
    check_all("sample", dsp_check_sample);
}

static void test_stream(void **state)
{
    (void)state;
    check_all("stream", dsp_check_stream);
}

static void test_differ(void **state)
{
    (void)state;
    check_all("differ", dsp_check_differ);
}

static void test_find(void **state)
{
    (void)state;
    check_all("find", dsp_check_find);
}

static void test_rewrite(void **state)
{
    (void)state;
    check_all("rewrite", dsp_check_rewrite);
}

static void test_update(void **state)
{
    (void)state;
    check_all("update", dsp_check_update);
    dsp_check plain = {.name = "c", .dsp = as_ras_dsp_c, .seed = test_seed("update in C")};
    plain.brief = TEST_SANITIZED;
    dsp_check_update(&plain);
    assert_int_equal(plain.failures, 0);
}

static void test_r8(void **state)
{
    (void)state;
    check_all("r8", dsp_check_r8);
}

/* ------------------------------------------------------------------ do the checks see anything? --
 */

static void bounds_off(const uint8_t *steps, size_t count, as_bounds *bounds)
{
    as_ras_dsp_c.bounds(steps, count, bounds);
    bounds->bottom += count == 300;
}

static void fill_off(uint64_t *bits, uint64_t *toggle, size_t stride, size_t words, size_t rows,
                     uint64_t last_mask)
{
    const uint64_t last = toggle[(rows - 1) * stride + words - 1];
    as_ras_dsp_c.fill(bits, toggle, stride, words, rows, last_mask);
    if (words == 299)
        toggle[(rows - 1) * stride + words - 1] = last;
}

static void expand_off(uint8_t *pixels, const uint64_t *bits, size_t width)
{
    as_ras_dsp_c.expand(pixels, bits, width);
    if (width == 299)
        pixels[298] ^= 1;
}

static void sample_off(uint8_t *pixels, const uint64_t *bits, const as_ras_sampling *sampling)
{
    as_ras_dsp_c.sample(pixels, bits, sampling);
    if (sampling->width % 16 == 15)
        pixels[sampling->width - 1] ^= 1;
}

static void stream_off(uint8_t *pixels, const uint8_t *row, size_t size)
{
    memcpy(pixels, row, size - (size == 300));
}

static bool differ_off(uint64_t *shown, const uint64_t *bits, size_t words, uint64_t *difference,
                       uint64_t *changed)
{
    const bool differs = as_ras_dsp_c.differ(shown, bits, words, difference, changed);
    changed[0] &= ~UINT64_C(2);
    difference[words - 1] &= ~(UINT64_C(1) << 5);
    return differs;
}

static void find_off(const uint64_t *difference, const as_ras_sampling *sampling, uint64_t *wanted)
{
    as_ras_dsp_c.find(difference, sampling, wanted);
    wanted[0] &= ~UINT64_C(2);
}

static void rewrite_off(const as_ras_lines *lines, const uint64_t *bits,
                        const as_ras_sampling *sampling)
{
    as_ras_dsp_c.rewrite(lines, bits, sampling);
    if (sampling->width % 64 == 63 && (lines->wanted[0] & 1))
        lines->pixels[0] ^= 1;
}

static void test_differences_are_seen(void **state)
{
    (void)state;
    const dsp_check sound = {.name = "off", .dsp = as_ras_dsp_c, .seed = 1, .quiet = true};
    static check_fn *const checks[] = {
        dsp_check_bounds, dsp_check_fill, dsp_check_expand,  dsp_check_sample, dsp_check_stream,
        dsp_check_differ, dsp_check_find, dsp_check_rewrite, dsp_check_r8,     dsp_check_update};
    enum { WITHOUT_WINDOW = 8 };
    for (size_t i = 0; i < sizeof(checks) / sizeof(*checks); i++) {
        dsp_check good = sound, bad = sound;
        bad.dsp.bounds = bounds_off;
        bad.dsp.fill = fill_off;
        bad.dsp.expand = expand_off;
        bad.dsp.sample = sample_off;
        bad.dsp.stream = stream_off;
        bad.dsp.differ = differ_off;
        bad.dsp.find = find_off;
        bad.dsp.rewrite = rewrite_off;
        bad.dsp.window = i < WITHOUT_WINDOW ? 0 : 16; /* so that they come to sample and rewrite */
        good.brief = true;
        checks[i](&good);
        assert_int_equal(good.failures, 0);
        checks[i](&bad);
        if (bad.failures == 0)
            fail_msg("check %zu sees no difference", i);
    }
}

/* In a child: does touching this byte end it? */
static bool faults(volatile uint8_t *byte)
{
    const pid_t child = fork();
    assert_true(child >= 0);
    if (child == 0) {
        (void)close(2); /* a sanitizer's report */
        (void)signal(SIGSEGV, SIG_DFL);
        *byte = 1;
        _exit(0);
    }
    int status;
    assert_int_equal(waitpid(child, &status, 0), child);
    return !WIFEXITED(status) || WEXITSTATUS(status) != 0;
}

static void test_guards_guard(void **state)
{
    (void)state;
    test_guard guard = test_guard_new(100);
    assert_non_null(guard.start);
    assert_true(faults(guard.start - 1));
    assert_false(faults(guard.start));
    assert_false(faults(guard.start + guard.size - 1));
    assert_true(faults(guard.start + guard.size));
    test_guard_free(&guard);
}

/* Which sizes have tables for shuffles: as the header says. */
static void test_sampling_tables(void **state)
{
    (void)state;
    as_ras_sampling *s = calloc(1, sizeof(*s));
    assert_non_null(s);
    as_ras_sampling_set(s, 2048, 6720, 0);
    assert_int_equal(s->window, 0);
    as_ras_sampling_set(s, 2048, 6720, 16);
    assert_int_equal(s->window, 16);
    as_ras_sampling_set(s, 2048, 293, 16);
    assert_int_equal(s->window, 16);
    as_ras_sampling_set(s, 2048, 292, 16); /* over seven bits a pixel */
    assert_int_equal(s->window, 0);
    as_ras_sampling_set(s, 64, 6720, 16); /* shorter than a window */
    assert_int_equal(s->window, 0);
    as_ras_sampling_set(s, 65, 16384, 16);
    assert_int_equal(s->window, 16);
    as_ras_sampling_set(s, 448, 6720, 64);
    assert_int_equal(s->window, 0);
    as_ras_sampling_set(s, 449, 6720, 64);
    assert_int_equal(s->window, 64);
    free(s);
}

/* Every bit that the tables point to is in its window, at all ratios. */
static void test_sampling_tables_point_right(void **state)
{
    (void)state;
    test_random random = test_random_from(test_seed("tables"));
    as_ras_sampling *s = calloc(1, sizeof(*s));
    assert_non_null(s);
    for (int round = 0; round < (TEST_SANITIZED ? 100 : 1000); round++) {
        const uint32_t window = round & 1 ? 64 : 16;
        const uint32_t from = (uint32_t)test_random_in(&random, 8 * window, 16384);
        const uint32_t to = (uint32_t)test_random_in(&random, (from + 6) / 7, 16384);
        as_ras_sampling_set(s, from, to, window);
        assert_int_equal(s->window, window);
        for (uint32_t x = 0; x < to; x++) {
            const uint64_t wanted = (uint64_t)x * from / to;
            const uint32_t first = s->first[x / window];
            if (s->index[x] >= window || first + window > as_ras_stride(from) * 8 ||
                first + s->index[x] != wanted / 8 || s->mask[x] != 1 << wanted % 8)
                fail_msg("%u to %u, window %u, pixel %u", from, to, window, x);
        }
    }
    free(s);
}

/* The same table however often and by whomever it is asked for, of what as_cpu_features says. */
static void test_selected_table(void **state)
{
    (void)state;
    const as_ras_dsp *dsp = as_ras_dsp_select(), wanted = as_ras_dsp_for(as_cpu_features());
    assert_ptr_equal(as_ras_dsp_select(), dsp);
    assert_true(dsp->bounds == wanted.bounds && dsp->fill == wanted.fill);
    assert_true(dsp->expand == wanted.expand && dsp->sample == wanted.sample);
    assert_true(dsp->stream == wanted.stream && dsp->settle == wanted.settle);
    assert_true(dsp->differ == wanted.differ && dsp->find == wanted.find);
    assert_true(dsp->rewrite == wanted.rewrite);
    assert_int_equal(dsp->window, wanted.window);
    const as_ras_dsp none = as_ras_dsp_for(0);
    assert_true(none.fill == as_ras_dsp_c.fill && none.window == 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_guards_guard),    cmocka_unit_test(test_differences_are_seen),
        cmocka_unit_test(test_bounds),          cmocka_unit_test(test_fill),
        cmocka_unit_test(test_expand),          cmocka_unit_test(test_sample),
        cmocka_unit_test(test_stream),          cmocka_unit_test(test_r8),
        cmocka_unit_test(test_differ),          cmocka_unit_test(test_find),
        cmocka_unit_test(test_rewrite),         cmocka_unit_test(test_update),
        cmocka_unit_test(test_sampling_tables), cmocka_unit_test(test_sampling_tables_point_right),
        cmocka_unit_test(test_selected_table),
    };
    return cmocka_run_group_tests_name("dsp", tests, NULL, test_nothing_alive);
}
