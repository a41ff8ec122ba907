/* SPDX-License-Identifier: MIT */
#include "core/format/output.h"

#include "core/base/clock.h"
#include "core/base/mem.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static as_result fail(as_error *error, int system_error, const char *what, const char *path)
{
    return as_err_errno(error, AS_ERROR_TRANSPORT, system_error,
                        "%s \"%.200s\" failed: %s; check the folder, its permissions and free "
                        "space",
                        what, path, strerror(system_error));
}

const char *as_out_base_name(const char *path)
{
    const char *name = path;
    for (const char *p = path; *p; p++)
        if (*p == '/' || *p == '\\')
            name = p + 1;
    return name;
}

as_result as_out_check_target(const char *path, as_error *error)
{
    struct stat status;
    if (stat(path, &status) != 0) {
        if (errno == ENOENT)
            return AS_OK; /* a missing folder shows when the spool is opened */
        return fail(error, errno, "writing", path);
    }
    if (!S_ISREG(status.st_mode))
        return as_err_set(error, AS_ERROR_TRANSPORT,
                          "\"%.200s\" exists and is not a regular file; choose another name", path);
    return AS_OK;
}

/* Where the folder in `path` ends. */
static size_t folder_length(const char *path)
{
    const char *slash = strrchr(path, '/');
    return slash ? (size_t)(slash - path) + 1 : 0;
}

/* Creates a file that did not exist, beside `path`. The names need not be secret, only new; they
 * are short, for the destination's own may be as long as the file system allows. */
static as_result create_beside(as_output_file *out, const char *path, mode_t mode, as_error *error)
{
    const size_t folder = folder_length(path), size = folder + 64;
    char *name = as_mem_alloc(size);
    if (!name)
        return as_err_no_memory(error, size, "a path");
    *out = (as_output_file){.fd = -1};
    memcpy(name, path, folder);
    int tries = 100;
    do {
        const uint64_t unique = as_clock_ns() ^ (uint64_t)(uintptr_t)name;
        snprintf(name + folder, size - folder, ".alphastream-%ld-%" PRIx64 ".tmp", (long)getpid(),
                 unique);
        out->fd = open(name, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, mode);
    } while (out->fd < 0 && (errno == EEXIST || errno == EINTR) && --tries > 0);
    if (out->fd < 0) {
        const int system_error = errno;
        as_mem_free(name);
        return fail(error, system_error, "creating a temporary file for", path);
    }
    out->name = name;
    return AS_OK;
}

as_result as_out_open_spool(as_output_file *out, const char *path, as_error *error)
{
    const as_result result = create_beside(out, path, S_IRUSR | S_IWUSR, error);
    if (result != AS_OK)
        return result;
    if (unlink(out->name) != 0) {
        const int system_error = errno;
        as_out_discard(out);
        return fail(error, system_error, "creating a temporary file for", path);
    }
    as_mem_free(out->name);
    out->name = NULL;
    return AS_OK;
}

as_result as_out_open_temporary(as_output_file *out, const char *path, as_error *error)
{
    struct stat old;
    const as_result result = create_beside(out, path, 0666, error); /* less the umask, as any */
    /* One that is replaced keeps its permissions; a file system without them is no reason to fail.
     */
    if (result == AS_OK && stat(path, &old) == 0)
        (void)!fchmod(out->fd, old.st_mode & 07777);
    return result;
}

as_result as_out_write(as_output_file *out, const void *bytes, size_t size, as_error *error)
{
    const uint8_t *at = bytes;
    while (size > 0) {
        const ssize_t n = write(out->fd, at, size);
        if (n < 0 && errno == EINTR)
            continue;
        if (n <= 0)
            return as_err_errno(error, AS_ERROR_TRANSPORT, n < 0 ? errno : EIO,
                                "writing the container failed: %s; check free space",
                                strerror(n < 0 ? errno : EIO));
        at += n;
        size -= (size_t)n;
        out->written += (uint64_t)n;
    }
    return AS_OK;
}

as_result as_out_read_back(const as_output_file *out, uint64_t offset, void *bytes, size_t size,
                           as_error *error)
{
    uint8_t *at = bytes;
    while (size > 0) {
        const ssize_t n = pread(out->fd, at, size, (off_t)offset);
        if (n < 0 && errno == EINTR)
            continue;
        if (n <= 0)
            return as_err_errno(error, AS_ERROR_TRANSPORT, n < 0 ? errno : EIO,
                                "reading back the frames written so far failed: %s",
                                strerror(n < 0 ? errno : EIO));
        at += n;
        size -= (size_t)n;
        offset += (uint64_t)n;
    }
    return AS_OK;
}

/* So that the new name survives a power cut. Some file systems cannot; the file is in place all the
 * same. */
static void sync_folder(const char *path)
{
    const size_t length = folder_length(path);
    char *folder = as_mem_alloc(length + 2);
    if (!folder)
        return;
    memcpy(folder, path, length);
    memcpy(folder + length, length ? "" : ".", length ? 1 : 2);
    const int fd = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (fd >= 0) {
        (void)fsync(fd);
        (void)close(fd);
    }
    as_mem_free(folder);
}

as_result as_out_publish(as_output_file *out, const char *path, as_error *error)
{
    if (fsync(out->fd) != 0)
        return fail(error, errno, "writing", path);
    const int fd = out->fd;
    out->fd = -1;
    if (close(fd) != 0 && errno != EINTR)
        return fail(error, errno, "writing", path);
    if (rename(out->name, path) != 0)
        return fail(error, errno, "writing", path);
    as_mem_free(out->name);
    out->name = NULL;
    sync_folder(path);
    return AS_OK;
}

void as_out_discard(as_output_file *out)
{
    if (out->fd >= 0)
        (void)close(out->fd);
    out->fd = -1;
    if (out->name) {
        (void)unlink(out->name);
        as_mem_free(out->name);
        out->name = NULL;
    }
}
