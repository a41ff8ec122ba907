/* SPDX-License-Identifier: MIT */
#ifndef CLI_SHA256_H
#define CLI_SHA256_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { SHA256_SIZE = 32 };

/* false: the library that computes it refuses, or has no memory. */
bool sha256(const void *bytes, size_t size, uint8_t out[SHA256_SIZE]);
/* That library's name and version: "OpenSSL 3.0.15 3 Sep 2024". */
const char *sha256_library(void);

#endif
