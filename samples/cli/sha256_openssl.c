/* SPDX-License-Identifier: MIT */
#include "sha256.h"

#include <openssl/crypto.h>
#include <openssl/evp.h>

bool sha256(const void *bytes, size_t size, uint8_t out[SHA256_SIZE])
{
    return EVP_Digest(bytes, size, out, NULL, EVP_sha256(), NULL) == 1;
}

const char *sha256_library(void)
{
    return OpenSSL_version(OPENSSL_VERSION);
}
