/* SPDX-License-Identifier: MIT */
#include "sha256.h"

#include <openssl/evp.h>

bool sha256(const void *bytes, size_t size, uint8_t out[SHA256_SIZE])
{
    return EVP_Digest(bytes, size, out, NULL, EVP_sha256(), NULL) == 1;
}
