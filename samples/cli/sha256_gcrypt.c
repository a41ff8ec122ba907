/* SPDX-License-Identifier: MIT */
#include "sha256.h"

#include <gcrypt.h>
#include <stdio.h>

bool sha256(const void *bytes, size_t size, uint8_t out[SHA256_SIZE])
{
    gcry_md_hash_buffer(GCRY_MD_SHA256, out, bytes, size);
    return true;
}

const char *sha256_library(void)
{
    static char text[64];
    snprintf(text, sizeof(text), "libgcrypt %s", gcry_check_version(NULL));
    return text;
}
