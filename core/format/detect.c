/* SPDX-License-Identifier: MIT
 *
 * Header and sizes table, and which of the two containers it is. ASVR carries no mark of its own:
 * whatever is not a plain container is decrypted and looked at again.
 */
#include "core/format/format.h"

#include "core/base/bytes.h"
#include "core/base/log.h"
#include "core/base/mem.h"
#include "core/io/io.h"

#include <inttypes.h>
#include <string.h>

/* How far a first look reads: enough to tell ciphertext from other files. */
enum { LOOK_BYTES = 512 };

typedef struct look {
    uint8_t bytes[LOOK_BYTES];
    size_t size; /* fewer than LOOK_BYTES: the source ends there */
    as_inflater *inflater;
    as_buffer table; /* the table as stored */
} look;

/* T may exceed the inflated limit by what deflate adds to data that does not compress. */
static uint64_t most_table_bytes(const as_container *container)
{
    return container->limits.table_bytes + ((uint64_t)1 << 20);
}

/* Sets info.table_bytes from a (decrypted) header and the two bytes after it, or says why not. */
static as_result check_header(as_container *container, const uint8_t *head, as_error *error)
{
    const uint64_t table = as_get_u32(head + 12), end = AS_HEADER_BYTES + table;
    if (table == 0)
        return as_err_set(error, AS_ERROR_DECODE, "its header states a sizes table of 0 bytes");
    if (table > most_table_bytes(container))
        return as_err_set(error, AS_ERROR_DECODE,
                          "its header states a sizes table of %" PRIu64
                          " bytes, over the limit of %" PRIu64 " (limits.table_bytes)",
                          table, most_table_bytes(container));
    if (container->info.source_bytes != AS_SIZE_UNKNOWN && end > container->info.source_bytes)
        return as_err_set(error, AS_ERROR_DECODE,
                          "its header states a sizes table of %" PRIu64
                          " bytes, but the source ends after %" PRIu64 " bytes",
                          table, container->info.source_bytes);
    if (!as_fmt_is_zlib_header(head + AS_HEADER_BYTES))
        return as_err_set(error, AS_ERROR_DECODE,
                          "the sizes table does not begin with a zlib header");
    container->info.table_bytes = table;
    return AS_OK;
}

/* Reads the stored table. Its length is the word of the header, so memory grows with what really
 * arrives. */
static as_result read_table(const as_container *container, as_buffer *out, as_error *error)
{
    const size_t wanted = (size_t)container->info.table_bytes;
    out->size = 0;
    while (out->size < wanted) {
        size_t step = out->size < ((size_t)1 << 16) ? (size_t)1 << 16 : out->size;
        if (step > wanted - out->size)
            step = wanted - out->size;
        if (as_buf_reserve(out, out->size + step, wanted) != AS_OK)
            return as_err_no_memory(error, out->size + step, "the sizes table");
        size_t got = 0;
        const as_result result = as_fmt_read(container, AS_HEADER_BYTES + out->size,
                                             out->data + out->size, step, &got, error);
        if (result != AS_OK)
            return result;
        out->size += got;
        if (got < step)
            return as_err_set(
                error, AS_ERROR_DECODE,
                "the source ends within the sizes table, after %" PRIu64 " of %" PRIu64 " bytes",
                AS_HEADER_BYTES + (uint64_t)out->size, AS_HEADER_BYTES + (uint64_t)wanted);
    }
    return AS_OK;
}

static as_result inflate_table(as_container *container, look *l, uint32_t stated, as_error *error)
{
    const size_t maximum = (size_t)container->limits.table_bytes;
    size_t guess = stated <= maximum / 8 ? 8 * (size_t)stated : 0;
    if (guess / 1040 > l->table.size) /* deflate cannot expand that far */
        guess = 0;
    if (guess < 4 * l->table.size)
        guess = 4 * l->table.size;
    if (guess < 4096)
        guess = 4096;
    as_result result = as_fmt_inflate_table(l->inflater, l->table.data, l->table.size,
                                            &container->offset_bytes, guess, maximum, 8, error);
    if (result == AS_ERROR_DECODE) {
        as_error why = *error;
        return as_err_set(error, result, "the sizes table is damaged: %s", why.text);
    }
    if (result == AS_OK && container->offset_bytes.size % 8 != 0)
        return as_err_set(error, AS_ERROR_DECODE,
                          "the sizes table inflates to %zu bytes, which is not a multiple of 8",
                          container->offset_bytes.size);
    return result;
}

static as_result try_plain(as_container *container, look *l, as_error *error)
{
    as_result result = check_header(container, l->bytes, error);
    if (result == AS_OK)
        result = read_table(container, &l->table, error);
    if (result == AS_OK)
        result = inflate_table(container, l, as_get_u32(l->bytes + 8), error);
    if (result == AS_OK)
        container->info.stated_count = as_get_u32(l->bytes + 8);
    return result;
}

static as_result try_decrypted(as_container *container, look *l, as_cipher *cipher, as_error *error)
{
    uint8_t head[AS_HEADER_BYTES + 2];
    as_result result = as_crypto_cipher_start(cipher, &container->key, AS_KEY_ID_TABLE, error);
    if (result == AS_OK)
        result = as_crypto_cipher_apply(cipher, l->bytes, head, sizeof(head), error);
    if (result == AS_OK)
        result = check_header(container, head, error);
    if (result == AS_OK)
        result = read_table(container, &l->table, error);
    /* One keystream over both: start again, past the header. */
    if (result == AS_OK)
        result = as_crypto_cipher_start(cipher, &container->key, AS_KEY_ID_TABLE, error);
    if (result == AS_OK)
        result = as_crypto_cipher_apply(cipher, head, head, AS_HEADER_BYTES, error);
    if (result == AS_OK)
        result = as_crypto_cipher_apply(cipher, l->table.data, l->table.data, l->table.size, error);
    if (result == AS_OK)
        result = inflate_table(container, l, 0, error);
    container->info.encrypted = result == AS_OK;
    return result;
}

/* Ciphertext has no structure: among n random bytes about 256 * (1 - e^(-n/256)) values differ.
 * Other files of this size have far fewer. */
static bool looks_encrypted(const look *l)
{
    bool seen[256] = {false};
    size_t n = l->size < 256 ? l->size : 256, differ = 0;
    /* cppcheck-suppress knownConditionTrueFalse ; it takes l->size for 0 */
    for (size_t i = 0; i < n; i++) {
        differ += !seen[l->bytes[i]];
        seen[l->bytes[i]] = true;
    }
    /* 256 random bytes have 162 +- 6 different ones, 32 have 30. */
    return n >= AS_HEADER_BYTES + 2 && differ * 100 >= n * (n > 128 ? 54 : n > 64 ? 70 : 80);
}

/* What to say of bytes that are no plain container and do not open encrypted. */
static as_result not_a_container(as_error *error)
{
    return as_err_set(
        error, AS_ERROR_DECODE,
        "not an AlphaStream container: neither a plain one (ASVP) nor bytes that look "
        "encrypted (ASVR); check that this is the right file");
}

/* With container->key. AS_ERROR_DECODE: *why says what was wrong; any other failure: *error does.
 */
static as_result try_key(as_container *container, look *l, as_error *why, as_error *error)
{
    as_cipher *cipher = NULL;
    as_result result = as_crypto_cipher_create(&cipher, error);
    if (result != AS_OK)
        return result;
    result = try_decrypted(container, l, cipher, why);
    as_crypto_cipher_destroy(cipher);
    container->has_key = container->has_key || result == AS_OK;
    if (result != AS_OK && result != AS_ERROR_DECODE)
        *error = *why;
    return result;
}

static as_result try_passphrase(as_container *container, const as_key_params *params, look *l,
                                const as_passphrase *passphrase, as_error *error)
{
    const uint32_t scene = params ? params->scene_id : 0;
    const char *version = params && params->version ? params->version : "1.5.0";
    const char *name =
        params && params->file_name ? params->file_name : as_io_name(container->source);
    as_error why = {.code = AS_OK};
    as_result result = as_crypto_derive(&container->key, passphrase->bytes, passphrase->size, scene,
                                        version, name, error);
    if (result == AS_OK)
        result = try_key(container, l, &why, error);
    if (result != AS_ERROR_DECODE)
        return result;
    if (!looks_encrypted(l))
        return not_a_container(error);
    return as_err_set(error, result,
                      "looks encrypted, but does not open: wrong passphrase, scene (%" PRIu32
                      "), version (\"%.40s\") or file name (\"%.80s\"), or not an AlphaStream "
                      "container (decrypted, %s)",
                      scene, version, name, why.text);
}

/* Content that took the place of another: the key is kept, what it was made of is not. */
static as_result try_kept_key(as_container *container, look *l, as_error *error)
{
    as_error why = {.code = AS_OK};
    as_result result = AS_ERROR_DECODE;
    if (container->has_key)
        result = try_key(container, l, &why, error);
    if (result != AS_ERROR_DECODE)
        return result;
    if (!looks_encrypted(l))
        return not_a_container(error);
    if (!container->has_key)
        return as_err_set(error, result,
                          "the content was replaced by one that looks encrypted, and no passphrase "
                          "is kept for it; close the stream and open it with one");
    return as_err_set(
        error, result,
        "the content was replaced by one that looks encrypted, but does not open with "
        "the key of the one before; close the stream and open it with passphrase, "
        "scene, version and file name of the new content (decrypted, %s)",
        why.text);
}

/* How the bytes look decides words alone: whoever has a passphrase gets it tried. */
static as_result detect_encrypted(as_container *container, const as_key_params *params, look *l,
                                  as_error *error)
{
    as_passphrase passphrase = {0};
    if (container->reopened)
        return try_kept_key(container, l, error);
    as_result result = as_crypto_find_passphrase(params, &passphrase, error);
    if (result != AS_OK)
        return looks_encrypted(l) ? result : not_a_container(error);
    if (passphrase.bytes)
        result = try_passphrase(container, params, l, &passphrase, error);
    else if (looks_encrypted(l))
        result = as_err_set(error, AS_ERROR_DECODE,
                            "looks encrypted, and no passphrase was given: pass the one of whoever "
                            "made the file (key params, ALPHASTREAM_PASSPHRASE or "
                            "ALPHASTREAM_PASSPHRASE_FILE)");
    else
        result = not_a_container(error);
    as_crypto_passphrase_free(&passphrase);
    return result;
}

static as_result detect(as_container *container, const as_key_params *key, look *l, as_error *error)
{
    /* In this order: a server tells the size with the first bytes. */
    as_result result = as_fmt_read(container, 0, l->bytes, sizeof(l->bytes), &l->size, error);
    if (result == AS_OK)
        result = as_fmt_size(container, &container->info.source_bytes, error);
    if (result != AS_OK)
        return result;
    if (l->size == 0)
        return as_err_set(error, AS_ERROR_DECODE,
                          "the source is empty: not an AlphaStream "
                          "container; check that it was written at all");
    const bool marked = l->size >= 4 && memcmp(l->bytes, "ASVP", 4) == 0;
    if (l->size < AS_HEADER_BYTES + 2)
        return as_err_set(
            error, AS_ERROR_DECODE,
            "%s: the source ends after %zu bytes, a container's header alone has 16; "
            "check that it is complete",
            marked ? "a damaged plain container (ASVP)" : "not an AlphaStream container", l->size);
    as_error why; /* the caller's stays as it is when the container turns out to be encrypted */
    result = try_plain(container, l, &why);
    if (result != AS_OK && result != AS_ERROR_DECODE)
        *error = why;
    if (result != AS_ERROR_DECODE)
        return result;
    if (marked)
        return as_err_set(error, result,
                          "a damaged plain container (ASVP): %s; fetch or write it again",
                          why.text);
    as_log_write(&container->log, AS_LOG_DEBUG, "not a plain container: %s", why.text);
    return detect_encrypted(container, key, l, error);
}

as_result as_fmt_detect(as_container *container, const as_key_params *key, as_error *error)
{
    look l = {.size = 0};
    as_result result = as_fmt_inflater_create(&l.inflater, error);
    if (result == AS_OK)
        result = detect(container, key, &l, error);
    as_fmt_inflater_destroy(l.inflater);
    as_buf_free(&l.table);
    return result;
}
