/* SPDX-License-Identifier: MIT */
#include "tests/support/codec.h"

#include <openssl/evp.h>

int codec_sha256(const void *bytes, size_t size, uint8_t out[32])
{
    return EVP_Digest(bytes, size, out, NULL, EVP_sha256(), NULL) == 1;
}
