/* SPDX-License-Identifier: MIT */
#define _FILE_OFFSET_BITS 64 /* inodes and times of any file system on 32-bit systems */

#include "core/io/disk_unit.h"

#include "core/base/bytes.h"
#include "core/io/fd.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { URL_DIGITS = 32, VERSION_DIGITS = 16, UNIT_DIGITS = 16 };

static const char name_start[] = "as-", unfinished_end[] = ".tmp";

static void put_hex(char *out, const uint8_t *bytes, size_t digits)
{
    static const char hex[] = "0123456789abcdef";
    for (size_t i = 0; i < digits; i++)
        out[i] = hex[i % 2 ? bytes[i / 2] & 15 : bytes[i / 2] >> 4];
}

bool as_disk_key_make(as_disk_key *key, const char *url, const char *validator)
{
    uint8_t both[2 * AS_SHA256_BYTES];
    if (!as_crypto_sha256(url, strlen(url), both) ||
        !as_crypto_sha256(validator, strlen(validator), both + AS_SHA256_BYTES) ||
        !as_crypto_sha256(both, sizeof(both), key->hash))
        return false;
    char *at = key->prefix;
    memcpy(at, name_start, sizeof(name_start) - 1);
    at += sizeof(name_start) - 1;
    put_hex(at, both, URL_DIGITS);
    at += URL_DIGITS;
    *at++ = '-';
    /* Of the hash of both: a validator alone could be guessed from its hash. */
    put_hex(at, key->hash, VERSION_DIGITS);
    at += VERSION_DIGITS;
    *at++ = '-';
    *at = '\0';
    return true;
}

/* What follows `digits` lower-case hexadecimal digits in `text`; NULL: there are fewer of them, or
 * no text. */
static const char *after_hex(const char *text, size_t digits)
{
    return text && strspn(text, "0123456789abcdef") == digits ? text + digits : NULL;
}

static const char *after_dash(const char *text)
{
    return text && *text == '-' ? text + 1 : NULL;
}

as_disk_kind as_disk_kind_of(const as_disk_key *key, const char *name)
{
    const size_t start = sizeof(name_start) - 1;
    if (strncmp(name, name_start, start) != 0)
        return AS_DISK_FOREIGN;
    const char *url = after_hex(name + start, URL_DIGITS);
    if (url && strcmp(url, unfinished_end) == 0)
        return AS_DISK_UNFINISHED;
    const char *version = after_hex(after_dash(url), VERSION_DIGITS);
    const char *unit = after_hex(after_dash(version), UNIT_DIGITS);
    if (!unit || *unit != '\0')
        return AS_DISK_FOREIGN;
    const bool same_url = memcmp(name, key->prefix, start + URL_DIGITS) == 0;
    const bool same_version = strncmp(name, key->prefix, strlen(key->prefix)) == 0;
    return same_url && !same_version ? AS_DISK_OUTDATED : AS_DISK_UNIT;
}

bool as_disk_unit_number(const as_disk_key *key, const char *name, uint64_t *out_unit)
{
    const size_t start = strlen(key->prefix);
    if (strncmp(name, key->prefix, start) != 0)
        return false;
    const char *end = after_hex(name + start, UNIT_DIGITS);
    if (!end || *end != '\0')
        return false;
    *out_unit = strtoull(name + start, NULL, 16);
    return true;
}

static void name_of(const as_disk_key *key, uint64_t unit, char out[AS_DISK_NAME])
{
    snprintf(out, AS_DISK_NAME, "%.60s%016" PRIx64, key->prefix, unit);
}

bool as_disk_unit_exists(int directory, const as_disk_key *key, uint64_t unit)
{
    char name[AS_DISK_NAME];
    struct stat info;
    name_of(key, unit, name);
    return fstatat(directory, name, &info, AT_SYMLINK_NOFOLLOW) == 0 && S_ISREG(info.st_mode);
}

static bool seal_of(const as_disk_key *key, uint64_t unit, const void *data, size_t length,
                    uint8_t out[AS_SHA256_BYTES])
{
    static const char purpose[] = "libalphastream cached unit 1";
    uint8_t text[sizeof(purpose) + sizeof(key->hash) + 16 + AS_SHA256_BYTES], *at = text;
    memcpy(at, purpose, sizeof(purpose));
    at += sizeof(purpose);
    memcpy(at, key->hash, sizeof(key->hash));
    at += sizeof(key->hash);
    as_put_u64(at, unit);
    as_put_u64(at + 8, length);
    return as_crypto_sha256(data, length, at + 16) && as_crypto_sha256(text, sizeof(text), out);
}

typedef enum found { FOUND_GOOD, FOUND_BAD, FOUND_UNCERTAIN } found;

/* Somebody else's file was planted: whoever can write files here could seal them too. */
static bool is_own_file(int fd, size_t size)
{
    struct stat info;
    return fstat(fd, &info) == 0 && S_ISREG(info.st_mode) && info.st_uid == geteuid() &&
           (uint64_t)info.st_size == size;
}

static found read_and_check(int fd, const as_disk_key *key, uint64_t unit, void *to, size_t length)
{
    uint8_t stored[AS_SHA256_BYTES], wanted[AS_SHA256_BYTES];
    if (!is_own_file(fd, sizeof(stored) + length) ||
        as_fd_read(fd, 0, stored, sizeof(stored)) != 0 ||
        as_fd_read(fd, sizeof(stored), to, length) != 0)
        return FOUND_BAD;
    if (!seal_of(key, unit, to, length, wanted))
        return FOUND_UNCERTAIN;
    return memcmp(stored, wanted, sizeof(stored)) == 0 ? FOUND_GOOD : FOUND_BAD;
}

bool as_disk_unit_read(int directory, const as_disk_key *key, uint64_t unit, void *to,
                       size_t length)
{
    static const struct timespec now[2] = {{.tv_nsec = UTIME_OMIT}, {.tv_nsec = UTIME_NOW}};
    char name[AS_DISK_NAME];
    int fd;
    name_of(key, unit, name);
    do { /* O_NONBLOCK: a fifo without a writer would block here */
        fd = openat(directory, name, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY);
    } while (fd < 0 && errno == EINTR);
    found what = fd < 0 && errno == ELOOP ? FOUND_BAD : FOUND_UNCERTAIN; /* ELOOP: a symlink */
    if (fd >= 0) {
        what = read_and_check(fd, key, unit, to, length);
        if (what == FOUND_GOOD)
            (void)!futimens(fd, now);
        (void)close(fd);
    }
    if (what == FOUND_BAD)
        (void)unlinkat(directory, name, 0);
    return what == FOUND_GOOD;
}

int as_disk_unit_write(int directory, const as_disk_key *key, uint64_t unit, const void *data,
                       size_t length, struct timespec *out_time)
{
    char name[AS_DISK_NAME], temporary[AS_FD_NAME];
    uint8_t seal[AS_SHA256_BYTES];
    struct stat info;
    int fd;
    if (!seal_of(key, unit, data, length, seal))
        return ENOMEM;
    name_of(key, unit, name);
    int number = as_fd_create(directory, temporary, &fd);
    if (number != 0)
        return number;
    number = as_fd_write(fd, 0, seal, sizeof(seal));
    if (number == 0)
        number = as_fd_write(fd, sizeof(seal), data, length);
    if (number == 0 && fstat(fd, &info) != 0)
        number = errno;
    if (close(fd) != 0 && errno != EINTR && number == 0) /* network file systems write here */
        number = errno;
    if (number == 0 && renameat(directory, temporary, directory, name) != 0)
        number = errno;
    if (number == 0)
        *out_time = info.st_mtim;
    else
        (void)unlinkat(directory, temporary, 0);
    return number;
}
