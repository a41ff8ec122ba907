/* SPDX-License-Identifier: MIT
 *
 * Keys and passphrases where OpenSSL and POSIX are: what OpenSSL refuses, more than it takes at
 * once, passphrases from pipes and devices and without permission.
 */
#include "tests/unit/crypto_fixture.h"

#include <errno.h>
#include <fcntl.h>
#include <openssl/crypto.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

static size_t openssl_refuses_from = SIZE_MAX; /* OpenSSL gets no more than this at once */

static void *openssl_malloc(size_t size, const char *file, int line)
{
    (void)file, (void)line;
    return size < openssl_refuses_from ? malloc(size) : NULL;
}

static void *openssl_realloc(void *memory, size_t size, const char *file, int line)
{
    (void)file, (void)line;
    return size < openssl_refuses_from ? realloc(memory, size) : NULL;
}

static void openssl_free(void *memory, const char *file, int line)
{
    (void)file, (void)line;
    free(memory);
}

static as_result derive(as_key *key, as_error *error)
{
    return as_crypto_derive(key, "secret", 6, 1, "1.5.0", "name", error);
}

/* The host may have errors of its own in OpenSSL's queue: ours go, its stay. */
static void test_openssl_refusals(void **state)
{
    (void)state;
    as_error error;
    as_key key, zero = {{0}};
    as_cipher *cipher = NULL;
    for (int with_error = 0; with_error < 2; with_error++) {
        if (with_error)
            ERR_raise(ERR_LIB_USER, 123);
        unsigned long before = ERR_peek_last_error();
        openssl_refuses_from = 1 << 20;
        assert_fails(derive(&key, &error), AS_ERROR_OUT_OF_MEMORY, &error, "deriving the key");
        openssl_refuses_from = 0;
        assert_fails(as_crypto_cipher_create(&cipher, &error), AS_ERROR_OUT_OF_MEMORY, &error,
                     "OpenSSL's part of a cipher");
        assert_null(cipher);
        openssl_refuses_from = SIZE_MAX;
        assert_int_equal(ERR_peek_last_error(), before);

        assert_int_equal(EVP_set_default_properties(NULL, "provider=none"), 1);
        memset(&key, 7, sizeof(key));
        assert_fails(derive(&key, &error), AS_ERROR_UNSUPPORTED, &error, "OpenSSL refused");
        assert_same_bytes(&key, &zero, sizeof(key));
        assert_fails(as_crypto_cipher_create(&cipher, &error), AS_ERROR_UNSUPPORTED, &error,
                     "OpenSSL refused to set up ChaCha20");
        assert_null(cipher);
        assert_int_equal(EVP_set_default_properties(NULL, ""), 1);
        assert_int_equal(ERR_peek_last_error(), before);

        uint8_t byte = 0;
        assert_ok(as_crypto_cipher_create(&cipher, &error), &error);
        assert_fails(as_crypto_cipher_apply(cipher, &byte, &byte, 1, &error), AS_ERROR_UNSUPPORTED,
                     &error, "refused to apply");
        as_crypto_cipher_destroy(cipher);
        assert_int_equal(ERR_peek_last_error(), before);
        assert_int_equal(error.frame, AS_NO_FRAME);
        assert_int_equal(error.offset, AS_NO_OFFSET);
    }
    ERR_clear_error();
    as_crypto_cipher_destroy(NULL);
}

static void test_success_leaves_no_openssl_errors(void **state)
{
    (void)state;
    as_error error;
    as_key key;
    as_cipher *cipher;
    uint8_t byte = 0;
    assert_ok(derive(&key, &error), &error);
    assert_ok(as_crypto_cipher_create(&cipher, &error), &error);
    assert_ok(as_crypto_cipher_start(cipher, &key, 0, &error), &error);
    assert_ok(as_crypto_cipher_apply(cipher, &byte, &byte, 1, &error), &error);
    as_crypto_cipher_destroy(cipher);
    assert_int_equal(ERR_peek_error(), 0);
}

static void test_sha256_without_memory(void **state)
{
    (void)state;
    uint8_t hash[AS_SHA256_BYTES];
    assert_true(as_crypto_sha256("abc", 3, hash));
    openssl_refuses_from = 0;
    const bool without_memory = as_crypto_sha256("abc", 3, hash);
    openssl_refuses_from = SIZE_MAX;
    assert_false(without_memory);
    assert_int_equal(ERR_peek_error(), 0);
}

/* `total` bytes of address space that show the same `window` bytes of a file again and again. */
static uint8_t *map_repeated(const char *name, size_t window, size_t total)
{
    int fd = open(path_of(name), O_RDWR | O_CREAT | O_TRUNC, 0600);
    assert_true(fd >= 0);
    assert_int_equal(ftruncate(fd, (off_t)window), 0);
    uint8_t *all = mmap(NULL, total, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
    assert_true((void *)all != MAP_FAILED);
    for (size_t at = 0; at < total; at += window) {
        size_t part = total - at < window ? total - at : window;
        void *got = mmap(all + at, part, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_FIXED, fd, 0);
        assert_ptr_equal(got, all + at);
    }
    close(fd);
    return all;
}

/* The keystream of `key` and key id 0 from block `block` on, from OpenSSL alone. */
static void stream_at(const as_key *key, uint32_t block, uint8_t out[64])
{
    uint8_t iv[16] = {0};
    int done;
    memset(out, 0, 64);
    as_put_u32(iv, block);
    EVP_CIPHER_CTX *context = EVP_CIPHER_CTX_new();
    assert_non_null(context);
    assert_int_equal(EVP_EncryptInit_ex(context, EVP_chacha20(), NULL, key->bytes, iv), 1);
    assert_int_equal(EVP_EncryptUpdate(context, out, &done, out, 64), 1);
    EVP_CIPHER_CTX_free(context);
}

/* More than an int can count, in 64 MiB of memory. */
static void test_cipher_beyond_int(void **state)
{
    (void)state;
    const size_t window = (size_t)32 << 20, two_gib = (size_t)1 << 31, total = two_gib + (1 << 20);
    uint8_t *in = map_repeated("in", window, total), *out = map_repeated("out", window, total);
    as_error error;
    as_cipher *cipher;
    as_key key = counting_key();
    assert_ok(as_crypto_cipher_create(&cipher, &error), &error);
    assert_ok(as_crypto_cipher_start(cipher, &key, 0, &error), &error);
    assert_ok(as_crypto_cipher_apply(cipher, in, out, total, &error), &error);
    as_crypto_cipher_destroy(cipher);
    const size_t looked_at[] = {two_gib - 64, two_gib, total - 64};
    for (size_t i = 0; i < COUNT(looked_at); i++) {
        uint8_t wanted[64];
        stream_at(&key, (uint32_t)(looked_at[i] / 64), wanted);
        assert_same_bytes(out + looked_at[i], wanted, 64);
    }
    munmap(in, total);
    munmap(out, total);
}

static void test_passphrase_from_a_pipe(void **state)
{
    (void)state;
    int ends[2];
    char name[64];
    assert_int_equal(pipe(ends), 0);
    assert_int_equal(write(ends[1], "piped\n", 6), 6);
    close(ends[1]);
    snprintf(name, sizeof(name), "/dev/fd/%d", ends[0]); /* what a shell's <(...) gives */
    const as_key_params from_pipe = {.struct_size = sizeof(from_pipe), .passphrase_file = name};
    check_found(&from_pipe, "piped", 5);
    close(ends[0]);
}

static int find_without_permission(void)
{
    as_error error;
    as_passphrase found;
    const as_key_params params = {.struct_size = sizeof(params),
                                  .passphrase_file = path_of("locked")};
    if (geteuid() == 0 && seteuid(65534) != 0)
        return 2;
    if (as_crypto_find_passphrase(&params, &found, &error) == AS_ERROR_DECODE &&
        error.system_error == EACCES && strstr(error.text, "could not be read") && !found.bytes)
        return 0;
    fprintf(stderr, "%s\n", error.text);
    return 1;
}

static void test_passphrase_unreadable(void **state)
{
    (void)state;
    as_error error;
    as_passphrase found;
    as_key_params params = {.struct_size = sizeof(params)};
    params.passphrase_file = folder;
    assert_fails(as_crypto_find_passphrase(&params, &found, &error), AS_ERROR_DECODE, &error,
                 folder);
    assert_int_equal(error.system_error, EISDIR);
    params.passphrase_file = "/dev/zero";
    check_not_found(&params, AS_ERROR_DECODE, "over 64 KiB");

    assert_int_equal(chmod(folder, 0755), 0);
    test_write_file(path_of("locked"), "s3cret", 6);
    assert_int_equal(chmod(path_of("locked"), 0), 0);
    fflush(NULL);
    pid_t child = fork();
    assert_true(child >= 0);
    if (child == 0)
        _exit(find_without_permission());
    int status = -1;
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_true(WIFEXITED(status));
    assert_int_equal(WEXITSTATUS(status), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_success_leaves_no_openssl_errors),
        cmocka_unit_test(test_openssl_refusals),
        cmocka_unit_test(test_sha256_without_memory),
        cmocka_unit_test(test_cipher_beyond_int),
        cmocka_unit_test(test_passphrase_from_a_pipe),
        cmocka_unit_test(test_passphrase_unreadable),
    };
    /* Only possible before OpenSSL has allocated anything. */
    if (CRYPTO_set_mem_functions(openssl_malloc, openssl_realloc, openssl_free) != 1)
        return 1;
    return cmocka_run_group_tests_name("crypto_system", tests, setup, teardown);
}
