/* SPDX-License-Identifier: MIT */
#include <inttypes.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tests/support/runner/cmocka.h"

enum { FAILED = 1, SKIPPED = 2 };

/* Where a test that runs on this thread ends early; NULL: none does. */
static _Thread_local jmp_buf *here;

void print_message(const char *format, ...)
{
    va_list args;
    va_start(args, format);
    vprintf(format, args);
    va_end(args);
    fflush(stdout);
}

void print_error(const char *format, ...)
{
    va_list args;
    va_start(args, format);
    vfprintf(stderr, format, args);
    va_end(args);
    fflush(stderr);
}

void _fail(const char *file, int line)
{
    print_error("%s:%d: failed\n", file, line);
    if (!here) {
        print_error("on a thread that is not the test's: giving up\n");
        _Exit(EXIT_FAILURE);
    }
    longjmp(*here, FAILED);
}

void _skip(const char *file, int line)
{
    (void)file;
    (void)line;
    if (!here)
        _Exit(EXIT_FAILURE);
    longjmp(*here, SKIPPED);
}

void runner_true(int is_true, const char *text, const char *file, int line)
{
    if (is_true)
        return;
    print_error("%s\n", text);
    _fail(file, line);
}

void runner_numbers(uintmax_t a, uintmax_t b, int equal, const char *file, int line)
{
    if ((a == b) == equal)
        return;
    print_error("%#" PRIxMAX " %s %#" PRIxMAX "\n", a, equal ? "!=" : "==", b);
    _fail(file, line);
}

void runner_range(uintmax_t value, uintmax_t from, uintmax_t to, const char *file, int line)
{
    if (value >= from && value <= to)
        return;
    print_error("%" PRIuMAX " is not within %" PRIuMAX " .. %" PRIuMAX "\n", value, from, to);
    _fail(file, line);
}

void runner_strings(const char *a, const char *b, int equal, const char *file, int line)
{
    if ((strcmp(a, b) == 0) == equal)
        return;
    print_error("\"%s\" %s \"%s\"\n", a, equal ? "!=" : "==", b);
    _fail(file, line);
}

void runner_memory(const void *a, const void *b, size_t size, int equal, const char *file, int line)
{
    if ((memcmp(a, b, size) == 0) == equal)
        return;
    print_error("%zu bytes %s\n", size, equal ? "differ" : "are the same");
    _fail(file, line);
}

/* 0, FAILED or SKIPPED. */
static int run_body(const CMUnitTest *test, void **state)
{
    jmp_buf end;
    here = &end;
    const int ended = setjmp(end);
    if (ended == 0)
        test->test(state);
    here = NULL;
    return ended;
}

/* A fixture; false: it failed. NULL is none. */
static int run_fixture(runner_fixture fixture, void **state)
{
    jmp_buf end;
    volatile int good = 1;
    if (!fixture)
        return 1;
    here = &end;
    if (setjmp(end) == 0)
        good = fixture(state) == 0;
    else
        good = 0;
    here = NULL;
    return good;
}

static int run_test(const CMUnitTest *test, void **state)
{
    int ended = FAILED;
    print_message("[ RUN      ] %s\n", test->name);
    if (run_fixture(test->setup, state))
        ended = run_body(test, state);
    if (!run_fixture(test->teardown, state))
        ended = FAILED;
    print_message("%s %s\n",
                  ended == FAILED    ? "[  FAILED  ]"
                  : ended == SKIPPED ? "[  SKIPPED ]"
                                     : "[       OK ]",
                  test->name);
    return ended;
}

int runner_run(const char *group, const CMUnitTest *tests, size_t count, runner_fixture setup,
               runner_fixture teardown)
{
    void *shared = NULL;
    size_t failed = 0, skipped = 0;
    if (!run_fixture(setup, &shared)) {
        print_error("%s: the setup failed\n", group);
        return 1;
    }
    for (size_t i = 0; i < count; i++) {
        void *state = shared;
        const int ended = run_test(&tests[i], &state);
        failed += ended == FAILED;
        skipped += ended == SKIPPED;
    }
    if (!run_fixture(teardown, &shared)) {
        print_error("%s: the teardown failed\n", group);
        failed++;
    }
    print_message("%s: %zu tests, %zu failed, %zu skipped\n", group, count, failed, skipped);
    return failed != 0;
}
