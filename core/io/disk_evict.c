/* SPDX-License-Identifier: MIT
 *
 * Two passes: the first adds up and finds the time before which files must go, the second deletes
 * them. Names need not be remembered in between, and a file that was used meanwhile stays.
 */
#define _FILE_OFFSET_BITS 64 /* inodes and times of any file system on 32-bit systems */

#include "core/io/disk_evict.h"

#include "core/base/mem.h"

#include <dirent.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

enum {
    BLOCK_BYTES = 4096,
    UNFINISHED_SECONDS = 60 * 60,
    FIRST_AGES = 1024,
    MOST_AGES = 32 * 1024,     /* beyond them the older half is kept ... */
    SURE_AGES = MOST_AGES / 2, /* ... and only so many are the oldest of all */
};

typedef struct age {
    int64_t time; /* nanoseconds */
    uint64_t room;
} age;

typedef struct tidying {
    int directory;
    const as_disk_key *key;
    int64_t now;
    /* First pass. */
    uint64_t total;
    age *ages; /* of the oldest units */
    size_t count, capacity;
    bool dropped; /* some were more than MOST_AGES */
    bool failed;  /* out of memory */
    /* Second pass. */
    uint64_t excess, freed;
    int64_t latest;        /* the time of the last one that must go: all before it go ... */
    uint64_t excess_there; /* ... and so many bytes of those of that very time */
} tidying;

uint64_t as_disk_room(uint64_t size)
{
    return (size + BLOCK_BYTES - 1) / BLOCK_BYTES * BLOCK_BYTES;
}

static int64_t nanoseconds(const struct timespec *time)
{
    const int64_t most = INT64_MAX / 1000000000 - 1;
    if (time->tv_sec > most || time->tv_sec < -most)
        return time->tv_sec > 0 ? INT64_MAX : INT64_MIN; /* nonsense that a file system may hold */
    return (int64_t)time->tv_sec * 1000000000 + time->tv_nsec;
}

static int by_time(const void *a, const void *b)
{
    const int64_t x = ((const age *)a)->time, y = ((const age *)b)->time;
    return x < y ? -1 : x > y;
}

/* Makes room for one more age. */
static bool make_room(tidying *t)
{
    if (t->count == MOST_AGES) {
        qsort(t->ages, t->count, sizeof(*t->ages), by_time);
        t->count = SURE_AGES;
        t->dropped = true;
    }
    if (t->count < t->capacity)
        return true;
    const size_t capacity = t->capacity ? 2 * t->capacity : FIRST_AGES;
    age *ages = as_mem_grow(t->ages, t->count * sizeof(*ages), capacity * sizeof(*ages));
    if (!ages)
        return false;
    t->ages = ages;
    t->capacity = capacity;
    return true;
}

static void count_file(tidying *t, const char *name, const struct stat *info)
{
    const as_disk_kind kind = as_disk_kind_of(t->key, name);
    const int64_t time = nanoseconds(&info->st_mtim);
    if (kind == AS_DISK_UNFINISHED && t->now / 1000000000 - time / 1000000000 <= UNFINISHED_SECONDS)
        return;
    if (kind != AS_DISK_UNIT) {
        (void)unlinkat(t->directory, name, 0);
        return;
    }
    const uint64_t room = as_disk_room((uint64_t)info->st_size);
    t->total += room;
    if (make_room(t))
        t->ages[t->count++] = (age){time, room};
    else
        t->failed = true;
}

static void delete_old_file(tidying *t, const char *name, const struct stat *info)
{
    const int64_t time = nanoseconds(&info->st_mtim);
    const uint64_t room = as_disk_room((uint64_t)info->st_size);
    if (time > t->latest || (time == t->latest && t->excess_there == 0) ||
        as_disk_kind_of(t->key, name) != AS_DISK_UNIT || unlinkat(t->directory, name, 0) != 0)
        return;
    t->freed += room;
    if (time == t->latest)
        t->excess_there -= room < t->excess_there ? room : t->excess_there;
}

/* Calls `visit` for every regular file that is the cache's. */
static bool walk(tidying *t, void (*visit)(tidying *t, const char *name, const struct stat *info))
{
    struct stat info;
    const int fd = openat(t->directory, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    DIR *entries = fd < 0 ? NULL : fdopendir(fd);
    if (!entries) {
        if (fd >= 0)
            (void)close(fd);
        return false;
    }
    /* NOLINTNEXTLINE(concurrency-mt-unsafe): nobody else has `entries` */
    for (const struct dirent *entry; (entry = readdir(entries));)
        if (as_disk_kind_of(t->key, entry->d_name) != AS_DISK_FOREIGN &&
            fstatat(t->directory, entry->d_name, &info, AT_SYMLINK_NOFOLLOW) == 0 &&
            S_ISREG(info.st_mode))
            visit(t, entry->d_name, &info);
    (void)closedir(entries);
    return true;
}

/* Sets what the second pass needs to delete the oldest that take `excess` bytes together, as far as
 * they are known: the rest goes in another round. */
static void find_latest(tidying *t)
{
    uint64_t before = 0, sum = 0; /* those before `latest`; those up to it */
    qsort(t->ages, t->count, sizeof(*t->ages), by_time);
    if (t->dropped && t->count > SURE_AGES)
        t->count = SURE_AGES;
    for (size_t i = 0; i < t->count && sum < t->excess; i++) {
        if (i == 0 || t->ages[i].time != t->latest)
            before = sum;
        t->latest = t->ages[i].time;
        sum += t->ages[i].room;
    }
    t->excess_there = t->excess - before;
}

/* false: there is no more to do. */
static bool tidy_once(tidying *t, uint64_t target)
{
    t->total = t->freed = 0;
    t->count = 0;
    t->dropped = false;
    if (!walk(t, count_file) || t->failed || t->total <= target)
        return false;
    t->excess = t->total - target;
    find_latest(t);
    return walk(t, delete_old_file) && t->freed > 0 && t->freed < t->excess;
}

void as_disk_tidy(int directory, const as_disk_key *key, const struct timespec *now,
                  uint64_t target)
{
    tidying t = {.directory = directory, .key = key, .now = nanoseconds(now)};
    while (tidy_once(&t, target)) {
    }
    as_mem_free(t.ages);
}
