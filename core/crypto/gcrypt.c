/* SPDX-License-Identifier: MIT
 *
 * scrypt, ChaCha20 and SHA-256 of libgcrypt, where OpenSSL is not there.
 */
#include "core/base/bytes.h"
#include "core/base/error.h"
#include "core/base/mem.h"
#include "core/base/thread.h"
#include "core/crypto/scrypt.h"

#include <gcrypt.h>
#include <string.h>

#define IV_BYTES 16  /* block counter, then nonce */
#define IV_KEY_ID 12 /* where the key id lies in it */

struct as_cipher {
    gcry_cipher_hd_t handle;
};

/* Before the first use of libgcrypt, unless the host has done it. */
static void prepare(void)
{
    static as_mutex lock = AS_MUTEX_INITIALIZER(AS_LOCK_TABLES);
    as_mutex_lock(&lock);
    if (!gcry_control(GCRYCTL_INITIALIZATION_FINISHED_P)) {
        (void)gcry_check_version(NULL);
        (void)gcry_control(GCRYCTL_DISABLE_SECMEM, 0);
        (void)gcry_control(GCRYCTL_INITIALIZATION_FINISHED, 0);
    }
    as_mutex_unlock(&lock);
}

static as_result say_refused(as_error *error, gcry_error_t number, const char *what)
{
    if (gcry_err_code(number) == GPG_ERR_ENOMEM)
        return as_err_set(error, AS_ERROR_OUT_OF_MEMORY, "out of memory in libgcrypt, to %s", what);
    return as_err_set(error, AS_ERROR_UNSUPPORTED,
                      "libgcrypt refused to %s (%s), which encrypted containers need; use one that "
                      "offers it",
                      what, gcry_strerror(number));
}

void as_crypto_wipe(void *memory, size_t size)
{
    static void *(*const volatile set)(void *memory, int value, size_t size) = memset;
    if (memory)
        (void)set(memory, 0, size);
}

bool as_crypto_sha256(const void *data, size_t size, uint8_t out[AS_SHA256_BYTES])
{
    prepare();
    gcry_md_hash_buffer(GCRY_MD_SHA256, out, size ? data : "", size);
    return true;
}

as_result as_crypto_scrypt(as_key *out_key, const void *passphrase, size_t passphrase_size,
                           const uint8_t *salt, size_t salt_size, as_error *error)
{
    prepare();
    /* libgcrypt takes N as the algorithm's variant and p as the iterations; its r is 8. */
    const gcry_error_t number = gcry_kdf_derive(
        passphrase_size ? passphrase : "", passphrase_size, GCRY_KDF_SCRYPT, AS_SCRYPT_N, salt,
        salt_size, AS_SCRYPT_P, sizeof(out_key->bytes), out_key->bytes);
    if (number == 0)
        return AS_OK;
    as_crypto_wipe(out_key, sizeof(*out_key));
    return say_refused(error, number, "derive a key with scrypt");
}

as_result as_crypto_cipher_create(as_cipher **out_cipher, as_error *error)
{
    *out_cipher = NULL;
    as_cipher *cipher = as_mem_alloc(sizeof(*cipher));
    if (!cipher)
        return as_err_no_memory(error, sizeof(*cipher), "a cipher");
    prepare();
    const gcry_error_t number =
        gcry_cipher_open(&cipher->handle, GCRY_CIPHER_CHACHA20, GCRY_CIPHER_MODE_STREAM, 0);
    if (number != 0) {
        as_mem_free(cipher);
        return say_refused(error, number, "set up ChaCha20");
    }
    *out_cipher = cipher;
    return AS_OK;
}

as_result as_crypto_cipher_start(as_cipher *cipher, const as_key *key, uint32_t key_id,
                                 as_error *error)
{
    uint8_t iv[IV_BYTES] = {0};
    as_put_u32(iv + IV_KEY_ID, key_id);
    gcry_error_t number = gcry_cipher_setkey(cipher->handle, key->bytes, sizeof(key->bytes));
    if (number == 0)
        number = gcry_cipher_setiv(cipher->handle, iv, sizeof(iv));
    as_crypto_wipe_traces();
    return number == 0 ? AS_OK : say_refused(error, number, "start ChaCha20");
}

as_result as_crypto_cipher_apply(as_cipher *cipher, const void *in, void *out, size_t size,
                                 as_error *error)
{
    if (size == 0)
        return AS_OK;
    const gcry_error_t number = in == out
                                    ? gcry_cipher_encrypt(cipher->handle, out, size, NULL, 0)
                                    : gcry_cipher_encrypt(cipher->handle, out, size, in, size);
    as_crypto_wipe_traces();
    return number == 0 ? AS_OK : say_refused(error, number, "apply ChaCha20");
}

void as_crypto_cipher_destroy(as_cipher *cipher)
{
    if (!cipher)
        return;
    gcry_cipher_close(cipher->handle); /* wipes the key and keystream it holds */
    as_mem_free(cipher);
}
