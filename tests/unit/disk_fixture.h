/* SPDX-License-Identifier: MIT
 *
 * Disk caches in a folder of the test's, and looking into that folder behind their back.
 */
#ifndef TEST_DISK_FIXTURE_H
#define TEST_DISK_FIXTURE_H

#include "tests/unit/cache_fixture.h"

#include "core/io/disk_cache.h"

#define BUDGET ((uint64_t)64 * 1024 * 1024)
#define URL "https://cdn.example/v/85342/pov_mask.asvr?token=s3cret"
#define VALIDATOR "\"etag-of-version-1\""
#define ROOM ((uint64_t)17 * 4096) /* what a whole unit takes */

static as_error error;
static uint8_t scratch[AS_UNIT_BYTES];
static int log_lines;
static char log_text[1024];

static inline void count_line(void *user, as_log_level level, const char *message)
{
    (void)user;
    log_lines++;
    assert_int_equal(level, AS_LOG_WARN);
    snprintf(log_text, sizeof(log_text), "%s", message);
}

static inline as_disk_cache *open_cache(const char *path, uint64_t budget, const char *url,
                                        const char *validator)
{
    const as_log log = {.fn = count_line, .level = AS_LOG_WARN};
    as_disk_cache *cache = NULL;
    log_lines = 0;
    assert_ok(as_disk_open(path, budget, url, validator, &log, &cache, &error), &error);
    return cache;
}

static inline void write_unit(as_disk_cache *cache, uint64_t unit, size_t length, uint64_t version)
{
    fill_content(scratch, unit * UNIT, length, version);
    as_disk_write(cache, unit, scratch, length);
}

/* Is the unit there? If so, it is right. */
static inline bool read_unit(as_disk_cache *cache, uint64_t unit, size_t length, uint64_t version)
{
    memset(scratch, 0xEE, sizeof(scratch));
    if (!as_disk_read(cache, unit, scratch, length))
        return false;
    assert_true(is_content(scratch, unit * UNIT, length, version));
    return true;
}

/* The path of the file of the unit, whose number its name ends with. */
static inline const char *file_of(const char *path, uint64_t unit)
{
    static char paths[4][900];
    static unsigned next;
    char *found = paths[next++ % 4], wanted[20];
    snprintf(wanted, sizeof(wanted), "-%016llx", (unsigned long long)unit);
    found[0] = '\0';
    DIR *entries = opendir(path);
    assert_non_null(entries);
    for (struct dirent *entry; (entry = readdir(entries));) {
        const size_t length = strlen(entry->d_name);
        if (length > 17 && strcmp(entry->d_name + length - 17, wanted) == 0)
            snprintf(found, sizeof(paths[0]), "%s/%s", path, entry->d_name);
    }
    closedir(entries);
    return found;
}

static inline void set_age(const char *path, int64_t seconds)
{
    const time_t then = time(NULL) - (time_t)seconds;
    const struct timespec times[2] = {{.tv_sec = then}, {.tv_sec = then}};
    assert_int_equal(utimensat(AT_FDCWD, path, times, AT_SYMLINK_NOFOLLOW), 0);
}

/* What the files of the folder take, in blocks of 4 KiB. */
static inline uint64_t room_of(const char *path)
{
    uint64_t sum = 0;
    struct stat info;
    char name[900];
    DIR *entries = opendir(path);
    assert_non_null(entries);
    for (struct dirent *entry; (entry = readdir(entries));) {
        snprintf(name, sizeof(name), "%s/%s", path, entry->d_name);
        if (lstat(name, &info) == 0 && S_ISREG(info.st_mode))
            sum += ((uint64_t)info.st_size + 4095) / 4096 * 4096;
    }
    closedir(entries);
    return sum;
}

#endif
