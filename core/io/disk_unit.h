/* SPDX-License-Identifier: MIT
 *
 * One file of the disk cache: its name, and reading and writing it.
 *
 * "as-", 32 hexadecimal digits for the URL, "-", 16 for the version of its content, "-", 16 for the
 * unit's number. In it a seal of 32 bytes, then the unit. The seal is the SHA-256 of the full hash
 * of URL and version, of the unit's number and length and of its content's SHA-256.
 *
 * Thread-safe; nothing is allocated.
 */
#ifndef AS_IO_DISK_UNIT_H
#define AS_IO_DISK_UNIT_H

#include "core/crypto/crypto.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <time.h>

enum { AS_DISK_NAME = 80 };

/* One version of one URL. */
typedef struct as_disk_key {
    uint8_t hash[AS_SHA256_BYTES];
    char prefix[AS_DISK_NAME]; /* of its units' names, up to and with the last "-" */
} as_disk_key;

typedef enum as_disk_kind {
    AS_DISK_FOREIGN,    /* not the cache's: never touched */
    AS_DISK_UNIT,       /* of whatever URL */
    AS_DISK_OUTDATED,   /* a unit of the key's URL, of another version */
    AS_DISK_UNFINISHED, /* as_fd_create's */
} as_disk_kind;

/* false: OpenSSL refused. */
bool as_disk_key_make(as_disk_key *key, const char *url, const char *validator);
/* What a name in the directory stands for. */
as_disk_kind as_disk_kind_of(const as_disk_key *key, const char *name);

/* The number of the unit of this very version that a file's name stands for; false: it is none. */
bool as_disk_unit_number(const as_disk_key *key, const char *name, uint64_t *out_unit);

/* These work in the directory open as `directory`. */
bool as_disk_unit_exists(int directory, const as_disk_key *key, uint64_t unit);
/* A file that is not this very unit of `length` bytes, whole and its owner's, is deleted. A read
 * counts as a use: the file's time becomes now. false: not there; `to` has been scribbled on. */
bool as_disk_unit_read(int directory, const as_disk_key *key, uint64_t unit, void *to,
                       size_t length);
/* 0 or an errno; *out_time: what the file system thinks the time is. */
int as_disk_unit_write(int directory, const as_disk_key *key, uint64_t unit, const void *data,
                       size_t length, struct timespec *out_time);

#endif
