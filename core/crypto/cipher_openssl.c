/* SPDX-License-Identifier: MIT */
#include "core/crypto/crypto.h"

#include "core/base/bytes.h"
#include "core/base/error.h"
#include "core/base/mem.h"

#include <openssl/err.h>
#include <openssl/evp.h>

#define IV_BYTES 16            /* OpenSSL's order: block counter, then nonce */
#define IV_KEY_ID 12           /* where the key id lies in it */
#define UPDATE_BYTES (1 << 30) /* at most in one call, whose sizes are int */

struct as_cipher {
    EVP_CIPHER_CTX *context;
};

static as_result say_refused(as_error *error, const char *what)
{
    return as_err_set(error, AS_ERROR_UNSUPPORTED,
                      "OpenSSL refused to %s ChaCha20, which encrypted containers need; use an "
                      "OpenSSL whose default provider is loaded and offers it",
                      what);
}

as_result as_crypto_cipher_create(as_cipher **out_cipher, as_error *error)
{
    *out_cipher = NULL;
    as_cipher *cipher = as_mem_alloc(sizeof(*cipher));
    if (!cipher)
        return as_err_no_memory(error, sizeof(*cipher), "a cipher");
    cipher->context = EVP_CIPHER_CTX_new();
    if (!cipher->context) {
        as_mem_free(cipher);
        return as_err_no_memory(error, sizeof(*cipher), "OpenSSL's part of a cipher");
    }
    (void)ERR_set_mark();
    as_result result = AS_OK;
    if (EVP_EncryptInit_ex(cipher->context, EVP_chacha20(), NULL, NULL, NULL) != 1)
        result = say_refused(error, "set up");
    (void)ERR_pop_to_mark();
    if (result != AS_OK)
        as_crypto_cipher_destroy(cipher);
    else
        *out_cipher = cipher;
    return result;
}

as_result as_crypto_cipher_start(as_cipher *cipher, const as_key *key, uint32_t key_id,
                                 as_error *error)
{
    uint8_t iv[IV_BYTES] = {0};
    as_put_u32(iv + IV_KEY_ID, key_id);
    (void)ERR_set_mark();
    int good = EVP_EncryptInit_ex(cipher->context, NULL, NULL, key->bytes, iv);
    (void)ERR_pop_to_mark();
    as_crypto_wipe_traces();
    return good == 1 ? AS_OK : say_refused(error, "start");
}

static as_result apply(as_cipher *cipher, const uint8_t *from, uint8_t *to, size_t size,
                       as_error *error)
{
    while (size != 0) {
        int part = size < UPDATE_BYTES ? (int)size : UPDATE_BYTES;
        int done = 0;
        (void)ERR_set_mark();
        int good = EVP_EncryptUpdate(cipher->context, to, &done, from, part);
        (void)ERR_pop_to_mark();
        if (good != 1 || done != part)
            return say_refused(error, "apply");
        from += part;
        to += part;
        size -= (size_t)part;
    }
    return AS_OK;
}

as_result as_crypto_cipher_apply(as_cipher *cipher, const void *in, void *out, size_t size,
                                 as_error *error)
{
    const as_result result = apply(cipher, in, out, size, error);
    as_crypto_wipe_traces(); /* ChaCha20 in vector code leaves the key on the stack */
    return result;
}

void as_crypto_cipher_destroy(as_cipher *cipher)
{
    if (!cipher)
        return;
    EVP_CIPHER_CTX_free(cipher->context); /* wipes the key and keystream it holds */
    as_mem_free(cipher);
}
