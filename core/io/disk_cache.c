/* SPDX-License-Identifier: MIT */
#include "core/io/disk_cache.h"

#include "core/base/file.h"
#include "core/base/log.h"
#include "core/base/mem.h"
#include "core/base/thread.h"
#include "core/io/disk_evict.h"
#include "core/io/io_internal.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdatomic.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* The directory is tidied with the first write and whenever this process has written a sixteenth of
 * the budget since, down to seven eighths of it: then two processes that write at once stay within
 * the budget, without knowing of each other. */
enum { TIDY_PART = 16, FREE_PART = 8 };

struct as_disk_cache {
    int directory;
    uint64_t budget;
    as_disk_key key;
    as_log log;
    atomic_bool told;
    char shown[AS_IO_SHOWN]; /* the directory for sentences */
    as_mutex lock;           /* of what follows */
    uint64_t written;        /* bytes since the directory was tidied */
    bool tidying;            /* some thread is at it */
};

static int open_directory(const char *path)
{
    int fd;
    do {
        fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    } while (fd < 0 && errno == EINTR);
    return fd;
}

/* Makes the directory and those above it; 0 or an errno. `path` is as it was afterwards. */
static int make_directories(char *path)
{
    for (char *at = path; *at; at++) {
        const char next = at[1];
        if (*at == '/' || (next != '/' && next != '\0'))
            continue;
        at[1] = '\0'; /* the end of a name */
        const int number = mkdir(path, S_IRWXU) == 0 || errno == EEXIST ? 0 : errno;
        at[1] = next;
        if (number != 0)
            return number;
    }
    return 0;
}

static int open_or_make(char *path, int *out_fd)
{
    *out_fd = open_directory(path);
    if (*out_fd < 0 && errno == ENOENT) {
        const int number = make_directories(path);
        if (number != 0)
            return number;
        *out_fd = open_directory(path);
    }
    if (*out_fd < 0)
        return errno;
    return faccessat(*out_fd, ".", R_OK | W_OK | X_OK, AT_EACCESS) == 0 ? 0 : errno;
}

static as_result prepare(as_disk_cache *cache, const char *directory, const char *url,
                         const char *validator, as_error *error)
{
    if (!as_disk_key_make(&cache->key, url, validator))
        return as_err_set(error, AS_ERROR_UNSUPPORTED,
                          "OpenSSL refused to compute SHA-256, which the disk cache needs; use an "
                          "OpenSSL whose default provider is loaded, or no cache_dir");
    char reason[128], *path = as_mem_strdup(directory);
    if (!path)
        return as_err_no_memory(error, strlen(directory) + 1, "a path");
    const int number = open_or_make(path, &cache->directory);
    as_mem_free(path);
    if (number == 0)
        return AS_OK;
    return as_err_errno(error, AS_ERROR_TRANSPORT, number,
                        "the directory \"%s\" for the disk cache cannot be made or used: %s; check "
                        "as_http_params.cache_dir and its permissions",
                        cache->shown, as_file_reason(number, reason, sizeof(reason)));
}

as_result as_disk_open(const char *directory, uint64_t budget_bytes, const char *url,
                       const char *validator, const as_log *log, as_disk_cache **out_cache,
                       as_error *error)
{
    as_disk_cache *cache = as_mem_calloc(1, sizeof(*cache));
    if (!cache)
        return as_err_no_memory(error, sizeof(*cache), "a disk cache");
    if (!as_mutex_init(&cache->lock, AS_LOCK_DISK_CACHE)) {
        as_mem_free(cache);
        return as_err_no_memory(error, sizeof(as_mutex), "the lock of a disk cache");
    }
    cache->directory = -1;
    cache->budget = budget_bytes;
    cache->log = *log;
    atomic_init(&cache->told, false);
    cache->written = UINT64_MAX; /* the first write tidies */
    (void)as_io_shown(cache->shown, directory, strlen(directory));
    const as_result result = prepare(cache, directory, url, validator, error);
    if (result == AS_OK)
        *out_cache = cache;
    else
        as_disk_close(cache);
    return result;
}

void as_disk_close(as_disk_cache *cache)
{
    if (!cache)
        return;
    if (cache->directory >= 0)
        (void)close(cache->directory);
    as_mutex_destroy(&cache->lock);
    as_mem_free(cache);
}

void as_disk_list(as_disk_cache *cache, uint8_t *bits, uint64_t units)
{
    uint64_t unit;
    const int fd = openat(cache->directory, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    DIR *entries = fd < 0 ? NULL : fdopendir(fd);
    if (!entries) {
        if (fd >= 0)
            (void)close(fd);
        return;
    }
    /* NOLINTNEXTLINE(concurrency-mt-unsafe): nobody else has `entries` */
    for (const struct dirent *entry; (entry = readdir(entries));)
        if (as_disk_unit_number(&cache->key, entry->d_name, &unit) && unit < units)
            bits[unit / 8] = (uint8_t)(bits[unit / 8] | 1u << (unit % 8));
    (void)closedir(entries);
}

bool as_disk_has(as_disk_cache *cache, uint64_t unit)
{
    return as_disk_unit_exists(cache->directory, &cache->key, unit);
}

bool as_disk_read(as_disk_cache *cache, uint64_t unit, void *to, size_t length)
{
    return as_disk_unit_read(cache->directory, &cache->key, unit, to, length);
}

/* Counts a file written; true: it is time to tidy, and this thread's turn. */
static bool must_tidy(as_disk_cache *cache, uint64_t room)
{
    as_mutex_lock(&cache->lock);
    cache->written += room < UINT64_MAX - cache->written ? room : UINT64_MAX - cache->written;
    const bool mine = !cache->tidying && cache->written >= cache->budget / TIDY_PART;
    if (mine) {
        cache->tidying = true;
        cache->written = 0;
    }
    as_mutex_unlock(&cache->lock);
    return mine;
}

void as_disk_write(as_disk_cache *cache, uint64_t unit, const void *data, size_t length)
{
    struct timespec now;
    char reason[128];
    const int number = as_disk_unit_write(cache->directory, &cache->key, unit, data, length, &now);
    if (number != 0) {
        if (!atomic_exchange(&cache->told, true))
            as_log_write(&cache->log, AS_LOG_WARN,
                         "the disk cache in \"%s\" cannot be written: %s; reading goes on without "
                         "what it would have kept",
                         cache->shown, as_file_reason(number, reason, sizeof(reason)));
        return;
    }
    if (!must_tidy(cache, as_disk_room(length + AS_SHA256_BYTES)))
        return;
    as_disk_tidy(cache->directory, &cache->key, &now, cache->budget - cache->budget / FREE_PART);
    as_mutex_lock(&cache->lock);
    cache->tidying = false;
    as_mutex_unlock(&cache->lock);
}
