/* SPDX-License-Identifier: MIT */
#include "sha256.h"

#include <gcrypt.h>

bool sha256(const void *bytes, size_t size, uint8_t out[SHA256_SIZE])
{
    gcry_md_hash_buffer(GCRY_MD_SHA256, out, bytes, size);
    return true;
}
