/* SPDX-License-Identifier: MIT */
#define _GNU_SOURCE
#include "tests/fuzz/guard_files.h"

#include "tests/fuzz/folder.h"
#include "tests/fuzz/fuzz.h"

#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>

enum { LONGEST_SLEEP_S = 0 };

static atomic_bool guarding, changed;

void fuzz_guard_begin(void)
{
    atomic_store(&changed, false);
    atomic_store(&guarding, true);
}

bool fuzz_guard_end(void)
{
    atomic_store(&guarding, false);
    return atomic_load(&changed);
}

/* Below the folder, which is the working directory, or a plain name in an open one? */
static bool is_inside(const char *path)
{
    const char *folder = fuzz_folder();
    const size_t length = strlen(folder);
    if (strstr(path, ".."))
        return false;
    return path[0] != '/' ||
           (strncmp(path, folder, length) == 0 && (path[length] == '/' || path[length] == '\0'));
}

static bool may(const char *path, bool writes)
{
    if (!atomic_load(&guarding))
        return true;
    if (!is_inside(path)) {
        errno = EACCES;
        return false;
    }
    if (writes)
        atomic_store(&changed, true);
    return true;
}

static bool writes_with(int flags)
{
    return (flags & O_ACCMODE) != O_RDONLY || (flags & O_CREAT);
}

/* ---------------------------------------------------------------- in place of the C library's ----
 */

FILE *__wrap_fopen(const char *path, const char *mode);
FILE *__real_fopen(const char *path, const char *mode);
int __wrap_open(const char *path, int flags, ...);
int __real_open(const char *path, int flags, ...);
int __wrap_open64(const char *path, int flags, ...);
int __wrap_openat(int directory, const char *path, int flags, ...);
int __real_openat(int directory, const char *path, int flags, ...);
int __wrap_openat64(int directory, const char *path, int flags, ...);
int __wrap_mkdir(const char *path, mode_t mode);
int __real_mkdir(const char *path, mode_t mode);
int __wrap_rename(const char *from, const char *to);
int __real_rename(const char *from, const char *to);
int __wrap_renameat(int from_directory, const char *from, int to_directory, const char *to);
int __real_renameat(int from_directory, const char *from, int to_directory, const char *to);
int __wrap_unlink(const char *path);
int __real_unlink(const char *path);
int __wrap_unlinkat(int directory, const char *path, int flags);
int __real_unlinkat(int directory, const char *path, int flags);
int __wrap_clock_nanosleep(clockid_t clock, int flags, const struct timespec *until,
                           struct timespec *left);
int __real_clock_nanosleep(clockid_t clock, int flags, const struct timespec *until,
                           struct timespec *left);

FILE *__wrap_fopen(const char *path, const char *mode)
{
    return may(path, mode[0] != 'r' || strchr(mode, '+')) ? __real_fopen(path, mode) : NULL;
}

#define TAKE_MODE(flags, mode)                                                                     \
    unsigned mode = 0;                                                                             \
    if ((flags) & (O_CREAT | O_TMPFILE)) {                                                         \
        va_list list;                                                                              \
        va_start(list, flags);                                                                     \
        mode = va_arg(list, unsigned);                                                             \
        va_end(list);                                                                              \
    }

int __wrap_open(const char *path, int flags, ...)
{
    TAKE_MODE(flags, mode)
    return may(path, writes_with(flags)) ? __real_open(path, flags, mode) : -1;
}

int __wrap_open64(const char *path, int flags, ...)
{
    TAKE_MODE(flags, mode)
    return may(path, writes_with(flags)) ? __real_open(path, flags | O_LARGEFILE, mode) : -1;
}

int __wrap_openat(int directory, const char *path, int flags, ...)
{
    TAKE_MODE(flags, mode)
    return may(path, writes_with(flags)) ? __real_openat(directory, path, flags, mode) : -1;
}

int __wrap_openat64(int directory, const char *path, int flags, ...)
{
    TAKE_MODE(flags, mode)
    return may(path, writes_with(flags)) ? __real_openat(directory, path, flags | O_LARGEFILE, mode)
                                         : -1;
}

int __wrap_mkdir(const char *path, mode_t mode)
{
    return may(path, true) ? __real_mkdir(path, mode) : -1;
}

int __wrap_rename(const char *from, const char *to)
{
    return may(from, true) && may(to, true) ? __real_rename(from, to) : -1;
}

int __wrap_renameat(int from_directory, const char *from, int to_directory, const char *to)
{
    return may(from, true) && may(to, true)
               ? __real_renameat(from_directory, from, to_directory, to)
               : -1;
}

int __wrap_unlink(const char *path)
{
    return may(path, true) ? __real_unlink(path) : -1;
}

int __wrap_unlinkat(int directory, const char *path, int flags)
{
    return may(path, true) ? __real_unlinkat(directory, path, flags) : -1;
}

/* Whoever would sleep for a second or more does not. */
int __wrap_clock_nanosleep(clockid_t clock, int flags, const struct timespec *until,
                           struct timespec *left)
{
    struct timespec now = {0};
    if (flags & TIMER_ABSTIME)
        (void)clock_gettime(clock, &now);
    if (atomic_load(&guarding) && until->tv_sec - now.tv_sec > LONGEST_SLEEP_S)
        return 0;
    return __real_clock_nanosleep(clock, flags, until, left);
}
