/* SPDX-License-Identifier: MIT
 *
 * What the tests of the caches of HTTP sources share: content that can be computed, a folder, and a
 * system that writes and reads files badly. Include it first: its pread and pwrite stand before
 * those of the C library.
 */
#ifndef TEST_CACHE_FIXTURE_H
#define TEST_CACHE_FIXTURE_H

#define _FILE_OFFSET_BITS 64 /* as the library has it: the functions it calls are meant */

#include "tests/support/check.h"
#include "tests/support/failing_alloc.h"
#include "tests/support/random.h"

#include "core/base/mem.h"
#include "core/io/http_plan.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))
#define UNIT ((size_t)AS_UNIT_BYTES)

static char folder[256];

/* ------------------------------------------------------------------------------- bad files ---- */

static struct {
    bool on;          /* false: everything works, and several threads may use files */
    size_t most;      /* bytes that one call moves at most; 0: all */
    unsigned nth;     /* this call from now on ... */
    int write, read;  /* ... gives this errno; 0: it works */
    unsigned between; /* every such call is interrupted; 0: none */
    unsigned calls;
} faults;

static inline int next_fault(int number)
{
    if (!faults.on)
        return 0;
    faults.calls++;
    if (number != 0 && faults.calls > faults.nth)
        return number;
    return faults.between != 0 && faults.calls % faults.between == 0 ? EINTR : 0;
}

ssize_t pwrite(int fd, const void *bytes, size_t size, off_t offset)
{
    const int number = next_fault(faults.write);
    if (number != 0 || lseek(fd, offset, SEEK_SET) < 0) {
        errno = number != 0 ? number : errno;
        return -1;
    }
    return write(fd, bytes, faults.most != 0 && size > faults.most ? faults.most : size);
}

ssize_t pread(int fd, void *bytes, size_t size, off_t offset)
{
    const int number = next_fault(faults.read);
    if (number != 0 || lseek(fd, offset, SEEK_SET) < 0) {
        errno = number != 0 ? number : errno;
        return -1;
    }
    return read(fd, bytes, faults.most != 0 && size > faults.most ? faults.most : size);
}

static inline void begin_faults(void)
{
    memset(&faults, 0, sizeof(faults));
    faults.on = true;
}

static inline void end_faults(void)
{
    memset(&faults, 0, sizeof(faults));
}

/* ---------------------------------------------------------------------------------- folder ---- */

static inline int setup(void **state)
{
    (void)state;
    test_make_folder(folder, sizeof(folder));
    return 0;
}

static inline int teardown(void **state)
{
    test_remove_folder(folder);
    return test_nothing_alive(state);
}

static inline const char *path_of(const char *name)
{
    static char paths[16][600];
    static unsigned next;
    char *path = paths[next++ % 16];
    snprintf(path, sizeof(paths[0]), "%s/%s", folder, name);
    return path;
}

static inline size_t entries_of(const char *path)
{
    size_t count = 0;
    DIR *entries = opendir(path);
    assert_non_null(entries);
    while (readdir(entries))
        count++;
    closedir(entries);
    return count - 2;
}

/* --------------------------------------------------------------------------------- content ---- */

static inline uint8_t byte_at(uint64_t offset, uint64_t version)
{
    const uint64_t mixed = (offset / 8 + version * 0x632BE59BD9B4E019u) * 0x9E3779B97F4A7C15u;
    return (uint8_t)((mixed ^ mixed >> 29) >> offset % 8 * 8);
}

static inline void fill_content(uint8_t *out, uint64_t offset, size_t length, uint64_t version)
{
    for (size_t i = 0; i < length; i++)
        out[i] = byte_at(offset + i, version);
}

static inline bool is_content(const uint8_t *bytes, uint64_t offset, size_t length,
                              uint64_t version)
{
    size_t i = 0;
    while (i < length && bytes[i] == byte_at(offset + i, version))
        i++;
    return i == length;
}

#endif
