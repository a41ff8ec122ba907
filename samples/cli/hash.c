/* SPDX-License-Identifier: MIT */
#include "hash.h"

#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <stdio.h>

as_result hash_bytes(const void *data, size_t size, uint8_t *hash, as_error *error)
{
    if (EVP_Digest(data, size, hash, NULL, EVP_sha256(), NULL) == 1)
        return AS_OK;
    *error = (as_error){.code = AS_ERROR_NOT_INITIALIZED};
    snprintf(error->text, sizeof(error->text), "OpenSSL gives no SHA-256; check its configuration");
    return error->code;
}

void hash_text(const uint8_t *hash, char *text)
{
    for (int i = 0; i < HASH_SIZE; i++)
        snprintf(text + 2 * i, 3, "%02x", hash[i]);
}

const char *hash_library(void)
{
    return OpenSSL_version(OPENSSL_VERSION);
}
