/* SPDX-License-Identifier: MIT */
#include "core/crypto/scrypt.h"

#include "core/base/bytes.h"
#include "core/base/error.h"
#include "core/base/mem.h"

#include <string.h>

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

    const as_result result =
        as_crypto_scrypt(out_key, passphrase, passphrase_size, salt, salt_size, error);
    as_mem_free(salt);
    return result;
}
