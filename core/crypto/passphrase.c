/* SPDX-License-Identifier: MIT */
#include "core/crypto/crypto.h"

#include "core/base/error.h"
#include "core/base/file.h"
#include "core/base/mem.h"

#include <errno.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#define FILE_MOST ((size_t)64 * 1024)
#define HEX_PREFIX "hex:"

/* An empty passphrase has memory too: NULL means that there is none. */
static as_result make_room(as_passphrase *out, size_t size, as_error *error)
{
    out->bytes = as_mem_alloc(size ? size : 1);
    if (!out->bytes)
        return as_err_no_memory(error, size, "a passphrase");
    out->size = size;
    return AS_OK;
}

static as_result take_bytes(as_passphrase *out, const void *bytes, size_t size, as_error *error)
{
    as_result result = make_room(out, size, error);
    if (result == AS_OK && size != 0)
        as_crypto_copy(out->bytes, bytes, size);
    return result;
}

static int hex_digit(char c)
{
    if (c >= '0' && c <= '9')
        return c - '0';
    if (c >= 'a' && c <= 'f')
        return c - 'a' + 10;
    return c >= 'A' && c <= 'F' ? c - 'A' + 10 : -1;
}

static as_result take_hex(as_passphrase *out, const char *digits, size_t count, const char *where,
                          as_error *error)
{
    as_result result = make_room(out, count / 2, error);
    if (result != AS_OK)
        return result;
    bool good = count % 2 == 0;
    for (size_t i = 0; good && i < count; i += 2) {
        int high = hex_digit(digits[i]), low = hex_digit(digits[i + 1]);
        good = high >= 0 && low >= 0;
        out->bytes[i / 2] = (uint8_t)(high < 0 || low < 0 ? 0 : high * 16 + low);
    }
    if (good)
        return AS_OK;
    as_crypto_passphrase_free(out);
    return as_err_set(error, AS_ERROR_ARGUMENT,
                      "the passphrase in %s begins with hex: but does not go on with pairs of "
                      "hexadecimal digits alone; mend it",
                      where);
}

/* The rule that file and environment share. */
static as_result take_text(as_passphrase *out, const char *text, size_t size, const char *where,
                           as_error *error)
{
    const size_t prefix = strlen(HEX_PREFIX);
    if (size >= prefix && memcmp(text, HEX_PREFIX, prefix) == 0)
        return take_hex(out, text + prefix, size - prefix, where, error);
    return take_bytes(out, text, size, error);
}

/* The path comes last in these sentences: it is what may be cut. */
static as_result say_unreadable(as_error *error, int number, const char *where, const char *path)
{
    char reason[128];
    if (number == ENOMEM)
        return as_err_no_memory(error, strlen(path), "opening the passphrase file");
    return as_err_errno(error, AS_ERROR_DECODE, number,
                        "the passphrase file could not be read: %s; check the path in %s: \"%s\"",
                        as_file_reason(number, reason, sizeof(reason)), where, path);
}

/* Reads at most FILE_MOST + 1 bytes. */
static as_result read_file(const char *path, char *buffer, size_t *out_size, const char *where,
                           as_error *error)
{
    size_t size = 0, n = 1;
    as_file file;
    int number = as_file_open_waiting(path, &file);
    if (number != 0)
        return say_unreadable(error, number, where, path);
    while (number == 0 && n != 0 && size < FILE_MOST + 1) {
        number = as_file_read_on(file, buffer + size, FILE_MOST + 1 - size, &n);
        size += n;
    }
    (void)as_file_close(file);
    *out_size = size;
    if (number != 0)
        return say_unreadable(error, number, where, path);
    if (size > FILE_MOST)
        return as_err_set(error, AS_ERROR_DECODE,
                          "the passphrase file is over 64 KiB, the most it may have; check the "
                          "path in %s: \"%s\"",
                          where, path);
    return AS_OK;
}

static as_result take_file(as_passphrase *out, const char *path, const char *where, as_error *error)
{
    char *buffer = as_mem_alloc(FILE_MOST + 1);
    if (!buffer)
        return as_err_no_memory(error, FILE_MOST + 1, "reading the passphrase file");
    size_t size = 0;
    as_result result = read_file(path, buffer, &size, where, error);
    if (result == AS_OK) {
        size_t kept = size;
        if (kept > 0 && buffer[kept - 1] == '\n') {
            kept--;
            if (kept > 0 && buffer[kept - 1] == '\r')
                kept--;
        }
        result = take_text(out, buffer, kept, where, error);
    }
    as_crypto_wipe(buffer, size);
    as_mem_free(buffer);
    return result;
}

/* A variable set to nothing counts as not set: that is how shells are told to forget one. */
static const char *get_variable(const char *name)
{
    /* NOLINTNEXTLINE(concurrency-mt-unsafe): races with hosts that change their environment */
    const char *value = getenv(name);
    return value && value[0] ? value : NULL;
}

static as_result take_environment(as_passphrase *out, as_error *error)
{
    const char *text = get_variable("ALPHASTREAM_PASSPHRASE");
    if (text)
        return take_text(out, text, strlen(text), "the environment variable ALPHASTREAM_PASSPHRASE",
                         error);
    const char *path = get_variable("ALPHASTREAM_PASSPHRASE_FILE");
    if (path)
        return take_file(out, path, "the environment variable ALPHASTREAM_PASSPHRASE_FILE", error);
    return AS_OK;
}

as_result as_crypto_find_passphrase(const as_key_params *params, as_passphrase *out,
                                    as_error *error)
{
    *out = (as_passphrase){0};
    if (!params || (!params->passphrase && !params->passphrase_file && !params->passphrase_size))
        return take_environment(out, error);
    if (params->passphrase && params->passphrase_file)
        return as_err_set(
            error, AS_ERROR_ARGUMENT,
            "as_key_params has both passphrase and passphrase_file; give one of them");
    if (params->passphrase)
        return take_bytes(out, params->passphrase, params->passphrase_size, error);
    if (params->passphrase_size)
        return as_err_set(error, AS_ERROR_ARGUMENT,
                          "as_key_params.passphrase is NULL, but passphrase_size is %zu; pass the "
                          "bytes, or size 0",
                          params->passphrase_size);
    return take_file(out, params->passphrase_file, "as_key_params.passphrase_file", error);
}

void as_crypto_passphrase_free(as_passphrase *passphrase)
{
    as_crypto_wipe(passphrase->bytes, passphrase->size);
    as_mem_free(passphrase->bytes);
    *passphrase = (as_passphrase){0};
}
