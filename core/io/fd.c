/* SPDX-License-Identifier: MIT */
#define _FILE_OFFSET_BITS 64 /* files over 2 GiB on 32-bit systems */

#include "core/io/fd.h"

#include "core/base/clock.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdio.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

static bool passes_limit(uint64_t offset, size_t length)
{
    struct rlimit limit;
    if (offset > INT64_MAX || length > (uint64_t)INT64_MAX - offset)
        return true;
    return getrlimit(RLIMIT_FSIZE, &limit) == 0 && limit.rlim_cur != RLIM_INFINITY &&
           offset + length > limit.rlim_cur;
}

int as_fd_write(int fd, uint64_t offset, const void *data, size_t length)
{
    const uint8_t *from = data;
    if (passes_limit(offset, length))
        return EFBIG;
    while (length > 0) {
        const ssize_t n = pwrite(fd, from, length, (off_t)offset);
        if (n < 0 && errno == EINTR)
            continue;
        if (n <= 0)
            return n < 0 ? errno : EIO;
        from += n;
        offset += (uint64_t)n;
        length -= (size_t)n;
    }
    return 0;
}

int as_fd_read(int fd, uint64_t offset, void *to, size_t length)
{
    uint8_t *at = to;
    while (length > 0) {
        const ssize_t n = pread(fd, at, length, (off_t)offset);
        if (n < 0 && errno == EINTR)
            continue;
        if (n <= 0)
            return n < 0 ? errno : EIO;
        at += n;
        offset += (uint64_t)n;
        length -= (size_t)n;
    }
    return 0;
}

int as_fd_create(int directory, char out_name[AS_FD_NAME], int *out_fd)
{
    static atomic_uint_fast32_t turn; /* for threads that come at the same nanosecond */
    int tries = 100;
    do { /* the names need not be secret, only new */
        const uint64_t who =
            (uint64_t)(uint32_t)getpid() << 32 | (uint32_t)atomic_fetch_add(&turn, 1);
        snprintf(out_name, AS_FD_NAME, "as-%016" PRIx64 "%016" PRIx64 ".tmp", as_clock_ns(), who);
        *out_fd = openat(directory, out_name, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW,
                         S_IRUSR | S_IWUSR);
    } while (*out_fd < 0 && (errno == EEXIST || errno == EINTR) && --tries > 0);
    return *out_fd < 0 ? errno : 0;
}
