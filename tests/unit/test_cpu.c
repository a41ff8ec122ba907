/* SPDX-License-Identifier: MIT
 *
 * Features of the processor, and what wishes leave of them.
 */
#include "core/base/arch.h"
#include "core/base/thread.h"
#include "core/cpu/cpu.h"
#include "tests/support/check.h"

enum { ALL = (1 << AS_CPU_FEATURES) - 1 };

static void test_wishes(void **state)
{
    (void)state;
    const uint32_t sse_avx = AS_CPU_SSE41 | AS_CPU_AVX2;
    assert_int_equal(as_cpu_choose(NULL, ALL), ALL);
    assert_int_equal(as_cpu_choose("", ALL), ALL);
    assert_int_equal(as_cpu_choose("c", ALL), 0);
    assert_int_equal(as_cpu_choose("avx2", ALL), AS_CPU_AVX2);
    assert_int_equal(as_cpu_choose("c,avx2", ALL), AS_CPU_AVX2);
    assert_int_equal(as_cpu_choose("sse41,avx2", ALL), sse_avx);
    assert_int_equal(as_cpu_choose("sse41,pclmul,avx2,avx512,neon,pmull", ALL), ALL);
    assert_int_equal(as_cpu_choose("-avx512", ALL), ALL - AS_CPU_AVX512);
    assert_int_equal(as_cpu_choose("-avx512,-neon", ALL), ALL - AS_CPU_AVX512 - AS_CPU_NEON);
    assert_int_equal(as_cpu_choose("sse41,avx2,pclmul,-pclmul", ALL), sse_avx);
    assert_int_equal(as_cpu_choose("-pclmul,sse41,avx2,pclmul", ALL), sse_avx);
}

static void test_only_what_is_there(void **state)
{
    (void)state;
    assert_int_equal(as_cpu_choose("avx2,avx512", AS_CPU_AVX2), AS_CPU_AVX2);
    assert_int_equal(as_cpu_choose("neon", AS_CPU_AVX2), 0);
    assert_int_equal(as_cpu_choose("-neon", AS_CPU_AVX2), AS_CPU_AVX2);
}

static void test_unknown_names_are_passed_over(void **state)
{
    (void)state;
    static const char *const wishes[] = {"avx", "avx22", "AVX2", "cc", ",,,", "-", "-c", "-avx"};
    for (size_t i = 0; i < sizeof(wishes) / sizeof(*wishes); i++)
        assert_int_equal(as_cpu_choose(wishes[i], ALL), ALL);
    assert_int_equal(as_cpu_choose("avx,,avx2,", ALL), AS_CPU_AVX2);
}

static void test_names_are_those_of_wishes(void **state)
{
    (void)state;
    for (uint32_t i = 0; i < AS_CPU_FEATURES; i++)
        assert_int_equal(as_cpu_choose(as_cpu_name(i), ALL), 1 << i);
}

/* Each step includes those its functions may use beside it. */
static void test_detected_features_are_complete(void **state)
{
    (void)state;
    const uint32_t found = as_cpu_detect();
    assert_int_equal(found & ~(uint32_t)ALL, 0);
    if (found & AS_CPU_AVX512)
        assert_true(found & AS_CPU_AVX2);
    if (found & AS_CPU_AVX2)
        assert_true(found & AS_CPU_PCLMUL);
    if (found & AS_CPU_PCLMUL)
        assert_true(found & AS_CPU_SSE41);
#if AS_ARCH_X86
    /* The compiler's run-time library asks the processor by itself. */
    assert_int_equal(!!(found & AS_CPU_SSE41),
                     __builtin_cpu_supports("ssse3") && __builtin_cpu_supports("sse4.1"));
    assert_int_equal(!!(found & AS_CPU_PCLMUL), !!__builtin_cpu_supports("pclmul"));
    assert_int_equal(!!(found & AS_CPU_AVX2), !!__builtin_cpu_supports("avx2"));
    assert_int_equal(!!(found & AS_CPU_AVX512),
                     __builtin_cpu_supports("avx512bw") && __builtin_cpu_supports("avx512vl") &&
                         __builtin_cpu_supports("avx512dq") &&
                         __builtin_cpu_supports("avx512vbmi") && __builtin_cpu_supports("gfni"));
#elif AS_ARCH_ARM64
    assert_true(found & AS_CPU_NEON);
#endif
}

static void ask(void *user)
{
    *(uint32_t *)user = as_cpu_features();
}

static void test_all_threads_see_the_same(void **state)
{
    (void)state;
    enum { THREADS = 8 };
    as_thread threads[THREADS];
    uint32_t seen[THREADS];
    for (int i = 0; i < THREADS; i++)
        assert_true(as_thread_start(&threads[i], "ask", ask, &seen[i]));
    for (int i = 0; i < THREADS; i++)
        as_thread_join(&threads[i]);
    for (int i = 0; i < THREADS; i++)
        assert_int_equal(seen[i], as_cpu_choose(getenv("ALPHASTREAM_CPU"), as_cpu_detect()));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_wishes),
        cmocka_unit_test(test_only_what_is_there),
        cmocka_unit_test(test_unknown_names_are_passed_over),
        cmocka_unit_test(test_names_are_those_of_wishes),
        cmocka_unit_test(test_detected_features_are_complete),
        cmocka_unit_test(test_all_threads_see_the_same),
    };
    return cmocka_run_group_tests_name("cpu", tests, NULL, test_nothing_alive);
}
