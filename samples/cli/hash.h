/* SPDX-License-Identifier: MIT
 *
 * SHA-256.
 */
#ifndef CLI_HASH_H
#define CLI_HASH_H

#include "alphastream/result.h"

#include "sha256.h"

enum { HASH_SIZE = SHA256_SIZE, HASH_TEXT = 2 * HASH_SIZE + 1 };

/* AS_ERROR_NOT_INITIALIZED: the library that computes it refuses. */
as_result hash_bytes(const void *data, size_t size, uint8_t *hash, as_error *error);
/* In hexadecimal digits, HASH_TEXT of `text` with the NUL. */
void hash_text(const uint8_t *hash, char *text);
/* "OpenSSL 3.0.15 3 Sep 2024": also what reads encrypted containers. */
const char *hash_library(void);

#endif
