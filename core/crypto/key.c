/* SPDX-License-Identifier: MIT */
#include "core/crypto/crypto.h"

#include "core/base/bytes.h"
#include "core/base/error.h"
#include "core/base/mem.h"

#include <openssl/crypto.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <string.h>

#define SCRYPT_N 16384
#define SCRYPT_R 8
#define SCRYPT_P 1
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
        return as_err_no_memory(error, (uint64_t)128 * SCRYPT_N * SCRYPT_R, "deriving the key");
    return as_err_set(error, AS_ERROR_UNSUPPORTED,
                      "OpenSSL refused to derive the key of an encrypted container with scrypt; "
                      "use an OpenSSL whose default provider is loaded and offers it");
}

as_result as_crypto_derive(as_key *out_key, const void *passphrase, size_t passphrase_size,
                           uint32_t scene_id, const char *version, const char *name,
                           as_error *error)
{
    size_t version_size = strlen(version), name_size = strlen(name);
    size_t salt_size = 4 + version_size + name_size;
    uint8_t *salt = as_mem_alloc(salt_size);
    if (!salt)
        return as_err_no_memory(error, salt_size, "the salt of a key");
    as_put_u32(salt, scene_id);
    memcpy(salt + 4, version, version_size);
    memcpy(salt + 4 + version_size, name, name_size);

    /* What OpenSSL has to say goes into our sentence; the host's own OpenSSL errors stay. */
    (void)ERR_set_mark();
    as_result result = AS_OK;
    if (EVP_PBE_scrypt(passphrase_size ? passphrase : "", passphrase_size, salt, salt_size,
                       SCRYPT_N, SCRYPT_R, SCRYPT_P, SCRYPT_MAX_BYTES, out_key->bytes,
                       sizeof(out_key->bytes)) != 1) {
        result = say_refused(error);
        as_crypto_wipe(out_key, sizeof(*out_key));
    }
    (void)ERR_pop_to_mark();
    as_mem_free(salt);
    return result;
}
