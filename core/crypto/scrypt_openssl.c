/* SPDX-License-Identifier: MIT */
#include "core/crypto/scrypt.h"

#include "core/base/error.h"

#include <openssl/crypto.h>
#include <openssl/err.h>
#include <openssl/evp.h>

#define SCRYPT_MAX_BYTES ((uint64_t)64 * 1024 * 1024)

void as_crypto_wipe(void *memory, size_t size)
{
    if (memory)
        OPENSSL_cleanse(memory, size);
}

/* Called between ERR_set_mark and ERR_pop_to_mark. */
static as_result say_refused(as_error *error)
{
    if (ERR_GET_REASON(ERR_peek_last_error()) == ERR_R_MALLOC_FAILURE)
        return as_err_no_memory(error, (uint64_t)128 * AS_SCRYPT_N * AS_SCRYPT_R,
                                "deriving the key");
    return as_err_set(error, AS_ERROR_UNSUPPORTED,
                      "OpenSSL refused to derive the key of an encrypted container with scrypt; "
                      "use an OpenSSL whose default provider is loaded and offers it");
}

as_result as_crypto_scrypt(as_key *out_key, const void *passphrase, size_t passphrase_size,
                           const uint8_t *salt, size_t salt_size, as_error *error)
{
    /* What OpenSSL has to say goes into our sentence; the host's own OpenSSL errors stay. */
    (void)ERR_set_mark();
    as_result result = AS_OK;
    if (EVP_PBE_scrypt(passphrase_size ? passphrase : "", passphrase_size, salt, salt_size,
                       AS_SCRYPT_N, AS_SCRYPT_R, AS_SCRYPT_P, SCRYPT_MAX_BYTES, out_key->bytes,
                       sizeof(out_key->bytes)) != 1) {
        result = say_refused(error);
        as_crypto_wipe(out_key, sizeof(*out_key));
    }
    (void)ERR_pop_to_mark();
    return result;
}
