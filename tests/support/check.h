/* SPDX-License-Identifier: MIT
 *
 * cmocka in one include, and checks that say more when they fail.
 */
#ifndef TEST_CHECK_H
#define TEST_CHECK_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "alphastream/alphastream.h"

/* 1: a sanitizer makes all of this slow; tests of many rounds make fewer. */
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
#define TEST_SANITIZED 1
#elif defined(__has_feature)
#if __has_feature(address_sanitizer) || __has_feature(thread_sanitizer)
#define TEST_SANITIZED 1
#endif
#endif
#ifndef TEST_SANITIZED
#define TEST_SANITIZED 0
#endif

/* `call` must give AS_OK; otherwise the result and error->text are shown. */
#define assert_ok(call, error) test_assert_result((call), AS_OK, (error), #call, __FILE__, __LINE__)
/* `call` must give `wanted`, and error->text must be a sentence with `part` in it. */
#define assert_fails(call, wanted, error, part)                                                    \
    do {                                                                                           \
        (error)->text[0] = '\0';                                                                   \
        test_assert_result((call), (wanted), (error), #call, __FILE__, __LINE__);                  \
        test_assert_text((error)->text, (part), #call, __FILE__, __LINE__);                        \
    } while (0)
/* Equal bytes, or the first difference with its surroundings. */
#define assert_same_bytes(got, wanted, size)                                                       \
    test_assert_bytes((got), (wanted), (size), __FILE__, __LINE__)

void test_assert_result(as_result got, as_result wanted, const as_error *error, const char *call,
                        const char *file, int line);
void test_assert_text(const char *text, const char *part, const char *call, const char *file,
                      int line);
void test_assert_bytes(const void *got, const void *wanted, size_t size, const char *file,
                       int line);

/* The whole file in malloc'd memory; fails the test when it cannot be read. */
uint8_t *test_read_file(const char *path, size_t *out_size);
void test_write_file(const char *path, const void *bytes, size_t size);
/* A fresh folder under $TMPDIR or /tmp; test_remove_folder removes it with its plain files. */
void test_make_folder(char *out_path, size_t size);
void test_remove_folder(const char *path);
/* SHA-256 as 64 hexadecimal digits. */
void test_sha256(const void *bytes, size_t size, char out_hex[65]);
/* Group teardown: fails when the library still holds memory. */
int test_nothing_alive(void **state);

#endif
