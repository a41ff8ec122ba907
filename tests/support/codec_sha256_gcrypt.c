/* SPDX-License-Identifier: MIT */
#include "tests/support/codec.h"

#include <gcrypt.h>

int codec_sha256(const void *bytes, size_t size, uint8_t out[32])
{
    (void)gcry_check_version(NULL);
    gcry_md_hash_buffer(GCRY_MD_SHA256, out, bytes, size);
    return 1;
}
