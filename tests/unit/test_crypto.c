/* SPDX-License-Identifier: MIT
 *
 * Keys, ciphers, hashes and where passphrases come from. The known answers without a source of
 * their own come from an independent implementation of docs/format.md.
 */
#include "tests/unit/crypto_fixture.h"

#include "core/base/heap.h"

#include <errno.h>

static void check_hex(const void *bytes, const char *hex)
{
    const uint8_t *got = bytes;
    for (size_t i = 0; hex[2 * i]; i++) {
        char text[3];
        snprintf(text, sizeof(text), "%02x", got[i]);
        if (memcmp(text, hex + 2 * i, 2) != 0)
            fail_msg("byte %zu is %s, wanted %.2s of %s", i, text, hex + 2 * i, hex);
    }
}

/* ----------------------------------------------------------------------------------- keys ---- */

static void test_key_known_answers(void **state)
{
    (void)state;
    static const struct {
        const char *passphrase;
        size_t size;
        uint32_t scene_id;
        const char *version, *name, *key;
    } rows[] = {
        /* RFC 7914, section 12, third vector: salt "SodiumChloride", its first 32 bytes. */
        {"pleaseletmein", 13, 0x69646F53, "umCh", "loride",
         "7023bdcb3afd7348461c06cd81fd38ebfda8fbba904f8e3ea9b543f6545da1f2"},
        {NULL, 0, 0, "1.5.0", "",
         "49c1610cccb6ac2e33b441fd949e36170bf790497e73b26ed1a2a67a948bcc8b"},
        {"\0\xFFpass", 7, 85342, "1.5.0", "pov_mask.asvr",
         "1ce11333b39aa1b89a5b30ba75772720ae3e354a3f25e3fc2acd2e5ab1fe850b"},
    };
    for (size_t i = 0; i < COUNT(rows); i++) {
        as_key key;
        as_error error;
        assert_ok(as_crypto_derive(&key, rows[i].passphrase, rows[i].size, rows[i].scene_id,
                                   rows[i].version, rows[i].name, &error),
                  &error);
        check_hex(key.bytes, rows[i].key);
        static const as_key zero;
        as_crypto_wipe(&key, sizeof(key));
        assert_same_bytes(&key, &zero, sizeof(key));
    }
    as_crypto_wipe(NULL, 0);
}

/* -------------------------------------------------------------------------------- ciphers ---- */

static void test_cipher_known_answers(void **state)
{
    (void)state;
    static const struct {
        bool zero_key;
        uint32_t key_id;
        const char *stream; /* the first 80 bytes: more than one block */
    } rows[] = {
        /* The first vector of the original ChaCha20: all-zero key and nonce. */
        {true, 0,
         "76b8e0ada0f13d90405d6ae55386bd28bdd219b8a08ded1aa836efcc8b770dc7"
         "da41597c5157488d7724e03fb8d84a376a43b8f41518a11cc387b669b2ee6586"
         "9f07e7be5551387a98ba977c732d080d"},
        {false, 0,
         "39fd2b7dd9c5196a8dbd0377b8dc4a498a35d86fbcde6accb2cc7d4cd8ea2492"
         "2b23cce7a26023ab3f0eef693ac87f64258235eab1f7a32dc22762a0485b410c"
         "18b84231ade6a6d113615c61af434e27"},
        {false, 1,
         "2e180680f4d93645d1b9381fc0b02e6fd028c32dcfba0b5bdfed66789e8b3a57"
         "2b764517da68b3678425ed2a04eed24cf7af3e0b138bc0414f38eeaf7bbc9179"
         "5370017609db476d86d1a0c7c5c5e393"},
        {false, 0x01020304,
         "2133eb3b65bdcb59b91c74eb3c49294a8a9da1ba6e3b4520f5642a49bf847d61"
         "7ed94c4fe9b27985e15dcad31ef2063296b8bef3c1682a75da9a35eff74ec465"
         "d72dc72940e097debc8f79f6581254f3"},
        {false, AS_KEY_ID_TABLE,
         "f22d7a53e82c1f53cdb8cc672d3eab62dfb2e89f23ef7a0f2078dfd96fefd6ab"
         "dd16066a3c5d51c8debb1ed4e8e12a10c521767bda2d7cf9b47e94deec6270d4"
         "09920c9bae04d4e29636abb2728602ae"},
    };
    as_error error;
    as_cipher *cipher;
    assert_ok(as_crypto_cipher_create(&cipher, &error), &error);
    for (size_t i = 0; i < COUNT(rows); i++) {
        as_key key = rows[i].zero_key ? (as_key){{0}} : counting_key();
        const uint8_t zeros[80] = {0};
        uint8_t stream[80];
        assert_ok(as_crypto_cipher_start(cipher, &key, rows[i].key_id, &error), &error);
        assert_ok(as_crypto_cipher_apply(cipher, zeros, stream, 80, &error), &error);
        check_hex(stream, rows[i].stream);
        assert_ok(as_crypto_cipher_start(cipher, &key, rows[i].key_id, &error), &error);
        assert_ok(as_crypto_cipher_apply(cipher, stream, stream, 80, &error), &error);
        assert_same_bytes(stream, zeros, 80);
        assert_ok(as_crypto_cipher_apply(cipher, NULL, NULL, 0, &error), &error);
    }
    as_crypto_cipher_destroy(cipher);
}

/* One keystream taken in random pieces, in place and not, is the same as at once. */
static void test_cipher_goes_on(void **state)
{
    (void)state;
    enum { SIZE = 200000 };
    test_random random = test_random_from(test_seed("cipher pieces"));
    as_error error;
    as_cipher *cipher;
    as_key key = counting_key();
    uint8_t *zeros = calloc(1, SIZE), *stream = calloc(1, SIZE);
    assert_true(zeros && stream);
    assert_ok(as_crypto_cipher_create(&cipher, &error), &error);
    for (int round = 0; round < 4; round++) {
        memset(stream, 0, SIZE);
        assert_ok(as_crypto_cipher_start(cipher, &key, AS_KEY_ID_TABLE, &error), &error);
        for (size_t at = 0; at < SIZE;) {
            int64_t most = test_random_in(&random, 0, 2) ? 300 : 30000;
            size_t part = round == 0 ? SIZE : (size_t)test_random_in(&random, 0, most);
            part = part < SIZE - at ? part : SIZE - at;
            const uint8_t *in = round % 2 ? stream + at : zeros + at;
            assert_ok(as_crypto_cipher_apply(cipher, in, stream + at, part, &error), &error);
            at += part;
        }
        char hex[65];
        test_sha256(stream, SIZE, hex);
        assert_string_equal(hex,
                            "7e24731a30c0bc7213ed4578c7aa8df74ff6a058fd8a8ff49f43131863112e30");
    }
    as_crypto_cipher_destroy(cipher);
    free(zeros);
    free(stream);
}

/* --------------------------------------------------------------------------------- hashes ---- */

static void test_sha256_known_answers(void **state)
{
    (void)state;
    static const struct {
        const char *text, *hash; /* FIPS 180-2, appendix B; the empty one: NIST's vectors */
    } rows[] = {
        {"abc", "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"},
        {"abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq",
         "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1"},
        {"", "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"},
    };
    uint8_t hash[AS_SHA256_BYTES];
    for (size_t i = 0; i < COUNT(rows); i++) {
        assert_true(as_crypto_sha256(rows[i].text, strlen(rows[i].text), hash));
        check_hex(hash, rows[i].hash);
    }
    assert_true(as_crypto_sha256(NULL, 0, hash));
    check_hex(hash, rows[2].hash);
}

/* ---------------------------------------------------------------------------- passphrases ---- */

static void test_passphrase_params(void **state)
{
    (void)state;
    set_variables("not this", "nor this");
    as_key_params params = {
        .struct_size = sizeof(params), .passphrase = "hex:00\0\n", .passphrase_size = 8};
    check_found(&params, "hex:00\0\n", 8); /* raw bytes are never decoded */
    params.passphrase_size = 0;
    check_found(&params, "", 0);
    params.passphrase_file = "x";
    check_not_found(&params, AS_ERROR_ARGUMENT, "both passphrase and passphrase_file");
    params = (as_key_params){.struct_size = sizeof(params), .passphrase_size = 5};
    check_not_found(&params, AS_ERROR_ARGUMENT, "as_key_params.passphrase is NULL");
    params.passphrase_file = "x";
    check_not_found(&params, AS_ERROR_ARGUMENT, "passphrase_size is 5");
    set_variables(NULL, NULL);
}

static void test_passphrase_environment(void **state)
{
    (void)state;
    const as_key_params none = {.struct_size = sizeof(none), .scene_id = 7};
    static const struct {
        const char *value, *wanted;
        size_t size;
    } good[] = {
        {"a literal text\n", "a literal text\n", 15},
        {"hex:00fFA0", "\0\xFF\xA0", 3},
        {"hex:", "", 0},
        {"Hex:00", "Hex:00", 6},
        {"hex", "hex", 3},
    };
    static const char *const bad[] = {"hex:0",   "hex:0g",  "hex:g0",
                                      "hex:00 ", "hex: 00", "hex:s3cret"};
    for (size_t i = 0; i < COUNT(good); i++) {
        set_variables(good[i].value, "/nowhere"); /* the text goes before the file */
        check_found(NULL, good[i].wanted, good[i].size);
        check_found(&none, good[i].wanted, good[i].size);
    }
    for (size_t i = 0; i < COUNT(bad); i++) {
        set_variables(bad[i], NULL);
        check_not_found(&none, AS_ERROR_ARGUMENT,
                        "variable ALPHASTREAM_PASSPHRASE begins with hex:");
    }
    test_write_file(path_of("from-variable"), "hex:4142\n", 9);
    set_variables("", path_of("from-variable"));
    check_found(NULL, "AB", 2);
    set_variables(NULL, path_of("gone"));
    check_not_found(&none, AS_ERROR_DECODE, "variable ALPHASTREAM_PASSPHRASE_FILE: \"");

    for (int empty = 0; empty < 2; empty++) {
        as_error error;
        as_passphrase found = {.size = 1};
        set_variables(empty ? "" : NULL, empty ? "" : NULL);
        assert_ok(as_crypto_find_passphrase(&none, &found, &error), &error);
        assert_null(found.bytes);
        assert_int_equal(found.size, 0);
        as_crypto_passphrase_free(&found);
    }
    set_variables(NULL, NULL);
}

static void test_passphrase_files(void **state)
{
    (void)state;
    static const struct {
        const char *content;
        size_t length;
        const char *wanted;
        size_t size;
    } rows[] = {
        {"plain", 5, "plain", 5},
        {"one\n", 4, "one", 3},
        {"dos\r\n", 5, "dos", 3},
        {"two\n\n", 5, "two\n", 4},
        {"cr\r", 3, "cr\r", 3},
        {"\n", 1, "", 0},
        {"\r\n", 2, "", 0},
        {"", 0, "", 0},
        {"\n\r\n", 3, "\n", 1},
        {"a\0b\n", 4, "a\0b", 3},
        {"hex:6162", 8, "ab", 2},
        {"hex:6162\n", 9, "ab", 2},
        {"hex:6162\r\n", 10, "ab", 2},
        {"hex:\n", 5, "", 0},
        {" hex:61", 7, " hex:61", 7},
    };
    const as_key_params params = {.struct_size = sizeof(params),
                                  .passphrase_file = path_of("passphrase")};
    set_variables("not this", "nor this");
    for (size_t i = 0; i < COUNT(rows); i++) {
        test_write_file(params.passphrase_file, rows[i].content, rows[i].length);
        check_found(&params, rows[i].wanted, rows[i].size);
    }
    test_write_file(params.passphrase_file, "hex:6162\n\n", 10);
    check_not_found(&params, AS_ERROR_ARGUMENT,
                    "the passphrase in as_key_params.passphrase_file begins with hex:");
    test_write_file(params.passphrase_file, "hex:s3cret", 10);
    check_not_found(&params, AS_ERROR_ARGUMENT, "pairs of hexadecimal digits");

    char *large = malloc(65537);
    assert_non_null(large);
    memset(large, 'x', 65537);
    test_write_file(params.passphrase_file, large, 65536);
    check_found(&params, large, 65536);
    test_write_file(params.passphrase_file, large, 65537);
    check_not_found(&params, AS_ERROR_DECODE, "over 64 KiB");
    free(large);
    set_variables(NULL, NULL);
}

static void test_passphrase_unreadable(void **state)
{
    (void)state;
    as_error error;
    as_passphrase found;
    as_key_params params = {.struct_size = sizeof(params), .passphrase_file = path_of("missing")};
    assert_fails(as_crypto_find_passphrase(&params, &found, &error), AS_ERROR_DECODE, &error,
                 "check the path in as_key_params.passphrase_file: \"");
    assert_int_equal(error.system_error, ENOENT);
    params.passphrase_file = "";
    check_not_found(&params, AS_ERROR_DECODE, "the passphrase file could not be read: ");
    params.passphrase_file = folder;
    assert_fails(as_crypto_find_passphrase(&params, &found, &error), AS_ERROR_DECODE, &error,
                 folder);
}

/* -------------------------------------------------------------------------- out of memory ---- */

static void everything(void)
{
    as_error error = {0};
    as_passphrase found;
    as_cipher *cipher = NULL;
    as_key key = counting_key();
    const as_key_params params = {.struct_size = sizeof(params),
                                  .passphrase_file = path_of("memory")};
    as_result result = as_crypto_find_passphrase(&params, &found, &error);
    if (result == AS_OK)
        result = as_crypto_cipher_create(&cipher, &error);
    if (result == AS_OK)
        result = as_crypto_cipher_start(cipher, &key, 0, &error);
    if (result == AS_OK)
        result = as_crypto_derive(&key, found.bytes, found.size, 0, "", "", &error);
    if (result != AS_OK) {
        assert_int_equal(result, AS_ERROR_OUT_OF_MEMORY);
        assert_int_equal(error.code, AS_ERROR_OUT_OF_MEMORY);
        assert_non_null(strstr(error.text, "out of memory"));
    }
    as_crypto_cipher_destroy(cipher);
    as_crypto_passphrase_free(&found);
}

static void test_out_of_memory(void **state)
{
    (void)state;
    uint64_t n = 0;
    test_write_file(path_of("memory"), "hex:6162", 8);
    for (; test_alloc_fail_at(n), everything(), test_alloc_failed(); n++)
        assert_int_equal(as_mem_live(), 0);
#if defined(_WIN32)
    assert_int_equal(n, 5); /* the path in UTF-16, and as elsewhere: */
#else
    assert_int_equal(n, 4); /* file, passphrase, cipher, salt */
#endif
    test_alloc_restore();
}

/* --------------------------------------------------------------------------------- wiping ---- */

static const char *const secrets[] = {"correct horse battery", "636f727265637420686f72736520"};
static int leaks, releases;

/* The size of a block stands in front of it, 64 bytes before. */
static void *watched_allocate(void *user, size_t size, size_t alignment)
{
    (void)user;
    void *block = as_heap_alloc(size + 64, alignment);
    if (!block)
        return NULL;
    memset(block, 0, size + 64);
    memcpy(block, &size, sizeof(size));
    return (char *)block + 64;
}

/* Looks for any 6 bytes in a row of a secret in memory that is given back. */
static void watched_release(void *user, void *memory)
{
    (void)user;
    size_t size;
    char *block = (char *)memory - 64;
    memcpy(&size, block, sizeof(size));
    releases++;
    for (size_t s = 0; s < COUNT(secrets); s++)
        for (size_t part = 0; part + 6 <= strlen(secrets[s]); part++)
            for (size_t at = 0; at + 6 <= size; at++)
                leaks += memcmp((char *)memory + at, secrets[s] + part, 6) == 0;
    as_heap_free(block);
}

static void test_nothing_left_behind(void **state)
{
    (void)state;
    static const char *const contents[] = {
        "correct horse battery\n",
        "hex:636f727265637420686f727365206261747465727921\n",
        "hex:636f727265637420686f727365206261747465727", /* half a byte at the end */
        "hex:636f727265637420686f7273652062617474657279xx",
    };
    const as_allocator watched = {
        .struct_size = sizeof(watched), .allocate = watched_allocate, .release = watched_release};
    const as_key_params params = {.struct_size = sizeof(params),
                                  .passphrase_file = path_of("wiped")};
    assert_int_equal(as_set_allocator(&watched), AS_OK);
    for (size_t i = 0; i < COUNT(contents); i++) {
        as_error error;
        as_passphrase found;
        as_key key;
        test_write_file(params.passphrase_file, contents[i], strlen(contents[i]));
        if (i < 2) {
            assert_ok(as_crypto_find_passphrase(&params, &found, &error), &error);
            assert_memory_equal(found.bytes, secrets[0], strlen(secrets[0]));
            assert_ok(as_crypto_derive(&key, found.bytes, found.size, 0, "1.5.0", "n", &error),
                      &error);
            as_crypto_passphrase_free(&found);
        } else {
            check_not_found(&params, AS_ERROR_ARGUMENT, "hex:");
        }
        set_variables(contents[i], NULL);
        assert_int_equal(as_crypto_find_passphrase(NULL, &found, &error),
                         i == 0 ? AS_OK : AS_ERROR_ARGUMENT);
        as_crypto_passphrase_free(&found);
        set_variables(NULL, NULL);
    }
    assert_int_equal(leaks, 0);
    assert_true(releases >= 12);

    /* The watch works: a block with a secret in it is noticed. */
    char *block = as_mem_alloc(32);
    assert_non_null(block);
    memcpy(block + 7, "horse ba", 8);
    as_mem_free(block);
    assert_true(leaks > 0);
    assert_int_equal(as_set_allocator(NULL), AS_OK);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_key_known_answers), cmocka_unit_test(test_cipher_known_answers),
        cmocka_unit_test(test_cipher_goes_on),    cmocka_unit_test(test_sha256_known_answers),
        cmocka_unit_test(test_passphrase_params), cmocka_unit_test(test_passphrase_environment),
        cmocka_unit_test(test_passphrase_files),  cmocka_unit_test(test_passphrase_unreadable),
        cmocka_unit_test(test_out_of_memory),     cmocka_unit_test(test_nothing_left_behind),
    };
    return cmocka_run_group_tests_name("crypto", tests, setup, teardown);
}
