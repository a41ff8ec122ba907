/* SPDX-License-Identifier: MIT */
#include "hash.h"

#include "sha256.h"

#include <stdio.h>

as_result hash_bytes(const void *data, size_t size, uint8_t *hash, as_error *error)
{
    if (sha256(data, size, hash))
        return AS_OK;
    *error = (as_error){.code = AS_ERROR_NOT_INITIALIZED};
    snprintf(error->text, sizeof(error->text),
             "the library for SHA-256 refuses; check its configuration");
    return error->code;
}

void hash_text(const uint8_t *hash, char *text)
{
    for (int i = 0; i < HASH_SIZE; i++)
        snprintf(text + 2 * i, 3, "%02x", hash[i]);
}

const char *hash_library(void)
{
    return sha256_library();
}
