/* SPDX-License-Identifier: MIT
 *
 * What the tests of keys and passphrases share: a folder, environment variables, a passphrase found
 * or not.
 */
#ifndef TEST_CRYPTO_FIXTURE_H
#define TEST_CRYPTO_FIXTURE_H

#include "tests/support/check.h"
#include "tests/support/failing_alloc.h"
#include "tests/support/random.h"

#include "core/base/bytes.h"
#include "core/base/mem.h"
#include "core/crypto/crypto.h"

#include <stdbool.h>

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))
#define TEXT_VARIABLE "ALPHASTREAM_PASSPHRASE"
#define FILE_VARIABLE "ALPHASTREAM_PASSPHRASE_FILE"

static char folder[256];

static inline int setup(void **state)
{
    (void)state;
    test_make_folder(folder, sizeof(folder));
    unsetenv(TEXT_VARIABLE);
    unsetenv(FILE_VARIABLE);
    return 0;
}

static inline int teardown(void **state)
{
    test_remove_folder(folder);
    return test_nothing_alive(state);
}

static inline const char *path_of(const char *name)
{
    static char path[512];
    snprintf(path, sizeof(path), "%s/%s", folder, name);
    return path;
}

static inline as_key counting_key(void)
{
    as_key key;
    for (size_t i = 0; i < sizeof(key.bytes); i++)
        key.bytes[i] = (uint8_t)i;
    return key;
}

static inline void set_variables(const char *text, const char *path)
{
    if (text)
        setenv(TEXT_VARIABLE, text, 1);
    else
        unsetenv(TEXT_VARIABLE);
    if (path)
        setenv(FILE_VARIABLE, path, 1);
    else
        unsetenv(FILE_VARIABLE);
}

static inline void check_found(const as_key_params *params, const void *wanted, size_t size)
{
    as_error error;
    as_passphrase found;
    assert_ok(as_crypto_find_passphrase(params, &found, &error), &error);
    assert_non_null(found.bytes);
    assert_int_equal(found.size, size);
    assert_same_bytes(found.bytes, wanted, size);
    as_crypto_passphrase_free(&found);
    assert_null(found.bytes);
    assert_int_equal(found.size, 0);
}

static inline void check_not_found(const as_key_params *params, as_result wanted, const char *text)
{
    as_error error;
    as_passphrase found = {.size = 1};
    assert_fails(as_crypto_find_passphrase(params, &found, &error), wanted, &error, text);
    assert_null(found.bytes);
    assert_int_equal(found.size, 0);
    assert_null(strstr(error.text, "s3cret"));
}

#endif
