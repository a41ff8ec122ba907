/* SPDX-License-Identifier: MIT */
#define _FILE_OFFSET_BITS 64 /* files over 2 GiB on 32-bit systems */

#include "core/base/file.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

static int open_again(const char *path, int flags, mode_t mode, as_file *out_file)
{
    int fd;
    do {
        fd = open(path, flags | O_CLOEXEC, mode);
    } while (fd < 0 && errno == EINTR);
    *out_file = fd;
    return fd < 0 ? errno : 0;
}

int as_file_open(const char *path, as_file *out_file)
{
    /* O_NONBLOCK: a fifo without a writer would block here; regular files ignore it */
    return open_again(path, O_RDONLY | O_NONBLOCK | O_NOCTTY, 0, out_file);
}

int as_file_open_waiting(const char *path, as_file *out_file)
{
    return open_again(path, O_RDONLY | O_NOCTTY, 0, out_file);
}

int as_file_create(const char *path, bool of_owner, as_file *out_file)
{
    const mode_t mode = of_owner ? S_IRUSR | S_IWUSR : 0666; /* less the umask, as any */
    return open_again(path, O_RDWR | O_CREAT | O_EXCL | O_NOFOLLOW, mode, out_file);
}

int as_file_create_nameless(const char *path, as_file *out_file)
{
    int number = as_file_create(path, true, out_file);
    if (number == 0 && unlink(path) != 0) {
        number = errno;
        (void)close((int)*out_file);
        *out_file = AS_FILE_NONE;
    }
    return number;
}

int as_file_close(as_file file)
{
    return close((int)file) == 0 || errno == EINTR ? 0 : errno;
}

static as_file_info info_of(const struct stat *status)
{
    const mode_t mode = status->st_mode;
    const as_file_kind kind = S_ISREG(mode)                    ? AS_FILE_REGULAR
                              : S_ISDIR(mode)                  ? AS_FILE_FOLDER
                              : S_ISFIFO(mode)                 ? AS_FILE_PIPE
                              : S_ISCHR(mode) || S_ISBLK(mode) ? AS_FILE_DEVICE
                                                               : AS_FILE_OTHER;
    return (as_file_info){.kind = kind, .size = (uint64_t)status->st_size};
}

int as_file_get_info(as_file file, as_file_info *out_info)
{
    struct stat status;
    if (fstat((int)file, &status) != 0)
        return errno;
    *out_info = info_of(&status);
    return 0;
}

int as_file_look(const char *path, as_file_info *out_info)
{
    struct stat status;
    if (stat(path, &status) != 0)
        return errno;
    *out_info = info_of(&status);
    return 0;
}

/* What a read or write gave; false: make it again. */
static bool is_done(ssize_t n, size_t *out_moved, int *out_number)
{
    *out_moved = n < 0 ? 0 : (size_t)n;
    *out_number = n < 0 ? errno : 0;
    return n >= 0 || errno != EINTR;
}

int as_file_read_at(as_file file, uint64_t offset, void *to, size_t length, size_t *out_read)
{
    int number;
    while (!is_done(pread((int)file, to, length, (off_t)offset), out_read, &number)) {
    }
    return number;
}

int as_file_read_on(as_file file, void *to, size_t length, size_t *out_read)
{
    int number;
    while (!is_done(read((int)file, to, length), out_read, &number)) {
    }
    return number;
}

int as_file_write_at(as_file file, uint64_t offset, const void *from, size_t length,
                     size_t *out_written)
{
    int number;
    while (!is_done(pwrite((int)file, from, length, (off_t)offset), out_written, &number)) {
    }
    return number != 0 ? number : *out_written != 0 ? 0 : EIO;
}

int as_file_sync(as_file file)
{
    return fsync((int)file) == 0 ? 0 : errno;
}

int as_file_map(as_file file, size_t size, const void **out_memory)
{
    const void *memory = mmap(NULL, size, PROT_READ, MAP_PRIVATE, (int)file, 0);
    if (memory == MAP_FAILED)
        return errno;
    *out_memory = memory;
    return 0;
}

void as_file_unmap(const void *memory, size_t size)
{
    (void)munmap((void *)(uintptr_t)memory, size);
}

/* Rights that this user gave: those of a link's target, or of another user's file, are not his. */
static bool look_at_own(const char *path, struct stat *out_status)
{
    return lstat(path, out_status) == 0 && S_ISREG(out_status->st_mode) &&
           out_status->st_uid == geteuid();
}

bool as_file_is_kept_private(const char *path)
{
    struct stat old;
    return look_at_own(path, &old) || (stat(path, &old) == 0 && !(old.st_mode & S_IROTH));
}

void as_file_take_rights(as_file file, const char *path)
{
    struct stat old, now;
    if (!look_at_own(path, &old) || fstat((int)file, &now) != 0)
        return;
    mode_t mode = old.st_mode & 0777;
    if (old.st_gid != now.st_gid && fchown((int)file, (uid_t)-1, old.st_gid) != 0)
        mode &= ~(mode_t)S_IRWXG; /* they were another group's */
    (void)!fchmod((int)file, mode);
}

int as_file_replace(const char *from, const char *to)
{
    return rename(from, to) == 0 ? 0 : errno;
}

void as_file_remove(const char *path)
{
    (void)unlink(path);
}

void as_file_sync_folder(const char *folder)
{
    as_file file;
    if (open_again(folder[0] ? folder : ".", O_RDONLY | O_DIRECTORY, 0, &file) != 0)
        return;
    (void)as_file_sync(file);
    (void)as_file_close(file);
}

size_t as_file_folder_length(const char *path)
{
    const char *slash = strrchr(path, '/');
    return slash ? (size_t)(slash - path) + 1 : 0;
}

const char *as_file_reason(int number, char *out, size_t size)
{
    return strerror_r(number, out, size) == 0 ? out : "unknown reason";
}

uint32_t as_file_process(void)
{
    return (uint32_t)getpid();
}
