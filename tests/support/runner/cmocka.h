/* SPDX-License-Identifier: MIT
 *
 * Where cmocka is not there: as much of its interface as our tests use, run by runner.c. Include
 * <setjmp.h>, <stdarg.h>, <stddef.h> and <stdint.h> first, as for cmocka's own.
 */
#ifndef TEST_RUNNER_CMOCKA_H
#define TEST_RUNNER_CMOCKA_H

typedef int (*runner_fixture)(void **state);

typedef struct CMUnitTest {
    const char *name;
    void (*test)(void **state);
    runner_fixture setup, teardown; /* NULL: none */
} CMUnitTest;

#define cmocka_unit_test(f)                                                                        \
    {                                                                                              \
#f, f, NULL, NULL                                                                          \
    }
#define cmocka_unit_test_teardown(f, teardown)                                                     \
    {                                                                                              \
#f, f, NULL, teardown                                                                      \
    }
#define cmocka_unit_test_setup_teardown(f, setup, teardown)                                        \
    {                                                                                              \
#f, f, setup, teardown                                                                     \
    }

/* How many tests (and teardowns) failed: what main returns. */
#define cmocka_run_group_tests(tests, setup, teardown)                                             \
    cmocka_run_group_tests_name(#tests, tests, setup, teardown)
#define cmocka_run_group_tests_name(name, tests, setup, teardown)                                  \
    runner_run(name, tests, sizeof(tests) / sizeof((tests)[0]), setup, teardown)
int runner_run(const char *group, const CMUnitTest *tests, size_t count, runner_fixture setup,
               runner_fixture teardown);

#if defined(__MINGW32__)
#define RUNNER_PRINTF __attribute__((format(gnu_printf, 1, 2)))
#elif defined(__GNUC__)
#define RUNNER_PRINTF __attribute__((format(printf, 1, 2)))
#else
#define RUNNER_PRINTF
#endif

void print_message(const char *format, ...) RUNNER_PRINTF;
void print_error(const char *format, ...) RUNNER_PRINTF;
/* Ends the test that calls it; on another thread than the test's, the whole program. */
_Noreturn void _fail(const char *file, int line);
_Noreturn void _skip(const char *file, int line);

#define fail() _fail(__FILE__, __LINE__)
#define skip() _skip(__FILE__, __LINE__)
#define fail_msg(...)                                                                              \
    do {                                                                                           \
        print_error("ERROR: " __VA_ARGS__);                                                        \
        print_error("\n");                                                                         \
        _fail(__FILE__, __LINE__);                                                                 \
    } while (0)

void runner_true(int is_true, const char *text, const char *file, int line);
void runner_numbers(uintmax_t a, uintmax_t b, int equal, const char *file, int line);
void runner_range(uintmax_t value, uintmax_t from, uintmax_t to, const char *file, int line);
void runner_strings(const char *a, const char *b, int equal, const char *file, int line);
void runner_memory(const void *a, const void *b, size_t size, int equal, const char *file,
                   int line);

#define assert_true(c) runner_true(!!(c), #c, __FILE__, __LINE__)
#define assert_false(c) runner_true(!(c), "!(" #c ")", __FILE__, __LINE__)
#define assert_non_null(c) runner_true((c) != NULL, #c " != NULL", __FILE__, __LINE__)
#define assert_null(c) runner_true((c) == NULL, #c " == NULL", __FILE__, __LINE__)
#define assert_int_equal(a, b) runner_numbers((uintmax_t)(a), (uintmax_t)(b), 1, __FILE__, __LINE__)
#define assert_int_not_equal(a, b)                                                                 \
    runner_numbers((uintmax_t)(a), (uintmax_t)(b), 0, __FILE__, __LINE__)
#define assert_ptr_equal(a, b) runner_numbers((uintptr_t)(a), (uintptr_t)(b), 1, __FILE__, __LINE__)
#define assert_ptr_not_equal(a, b)                                                                 \
    runner_numbers((uintptr_t)(a), (uintptr_t)(b), 0, __FILE__, __LINE__)
#define assert_in_range(value, from, to)                                                           \
    runner_range((uintmax_t)(value), (uintmax_t)(from), (uintmax_t)(to), __FILE__, __LINE__)
#define assert_string_equal(a, b) runner_strings(a, b, 1, __FILE__, __LINE__)
#define assert_string_not_equal(a, b) runner_strings(a, b, 0, __FILE__, __LINE__)
#define assert_memory_equal(a, b, size) runner_memory(a, b, size, 1, __FILE__, __LINE__)
#define assert_memory_not_equal(a, b, size) runner_memory(a, b, size, 0, __FILE__, __LINE__)

#endif
