/* SPDX-License-Identifier: MIT
 *
 * What tests compute without the library's own code: by the libraries that it is built with.
 */
#ifndef TEST_CODEC_H
#define TEST_CODEC_H

#include <stddef.h>
#include <stdint.h>

/* Both give what they promise, or 0. */
int codec_sha256(const void *bytes, size_t size, uint8_t out[32]);
/* A zlib stream of the bytes: malloc'd memory, its size, or NULL. */
uint8_t *codec_deflate(const void *bytes, size_t size, size_t *out_size);

#endif
