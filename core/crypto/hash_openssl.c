/* SPDX-License-Identifier: MIT */
#include "core/crypto/crypto.h"

#include <openssl/err.h>
#include <openssl/evp.h>

bool as_crypto_sha256(const void *data, size_t size, uint8_t out[AS_SHA256_BYTES])
{
    unsigned length = 0;
    (void)ERR_set_mark();
    const int good = EVP_Digest(size ? data : "", size, out, &length, EVP_sha256(), NULL);
    (void)ERR_pop_to_mark();
    return good == 1 && length == AS_SHA256_BYTES;
}
