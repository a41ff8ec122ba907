/* SPDX-License-Identifier: MIT
 *
 * The part of a key's derivation that a library of cryptography does.
 */
#ifndef AS_CRYPTO_SCRYPT_H
#define AS_CRYPTO_SCRYPT_H

#include "core/crypto/crypto.h"

#include <stddef.h>

#define AS_SCRYPT_N 16384
#define AS_SCRYPT_R 8
#define AS_SCRYPT_P 1

/* Errors as as_crypto_derive; the key is wiped then. */
as_result as_crypto_scrypt(as_key *out_key, const void *passphrase, size_t passphrase_size,
                           const uint8_t *salt, size_t salt_size, as_error *error);

#endif
