/* SPDX-License-Identifier: MIT */
#if !defined(_GNU_SOURCE)
#define _GNU_SOURCE /* pipe2 */
#endif

#include "tests/fault/link_faults.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <libdeflate.h>
#include <openssl/evp.h>
#include <pthread.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stddef.h>
#include <stdio.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#if TEST_FEATURES & 1
#include <curl/curl.h>
#endif

static atomic_int armed = -1;
static atomic_bool is_lasting, fired;
static atomic_uint_fast64_t count, fail_at, failures;

void link_fault_arm(link_call call, uint64_t n, bool lasting)
{
    atomic_store(&count, 0);
    atomic_store(&fired, false);
    atomic_store(&fail_at, n);
    atomic_store(&is_lasting, lasting);
    atomic_store(&armed, (int)call);
}

void link_fault_disarm(void)
{
    atomic_store(&armed, -1);
}

bool link_fault_fired(void)
{
    return atomic_load(&fired);
}

uint64_t link_fault_count(void)
{
    return atomic_load(&failures);
}

static bool fails(link_call call)
{
    if (atomic_load(&armed) != (int)call)
        return false;
    const uint64_t n = atomic_fetch_add(&count, 1), at = atomic_load(&fail_at);
    if (n != at && !(n > at && atomic_load(&is_lasting)))
        return false;
    atomic_fetch_add(&failures, 1);
    atomic_store(&fired, true);
    return true;
}

const char *link_fault_name(link_call call)
{
    static const char *const names[LINK_CALLS] = {"pthread_create",
                                                  "pthread_mutex_init",
                                                  "pthread_cond_init",
                                                  "pthread_key_create",
                                                  "pthread_setspecific",
                                                  "open",
                                                  "openat",
                                                  "fstat",
                                                  "pread",
                                                  "mmap",
                                                  "pipe2",
                                                  "pwrite",
                                                  "fsync",
                                                  "rename",
                                                  "read",
                                                  "close",
                                                  "unlink",
                                                  "mkdir",
                                                  "fdopendir",
                                                  "fstatat",
                                                  "fchmod",
                                                  "libdeflate_alloc_decompressor",
                                                  "libdeflate_alloc_compressor",
                                                  "EVP_CIPHER_CTX_new",
                                                  "EVP_EncryptInit_ex",
                                                  "EVP_EncryptUpdate",
                                                  "EVP_PBE_scrypt",
                                                  "EVP_Digest",
                                                  "curl_global_init",
                                                  "curl_easy_init",
                                                  "curl_easy_setopt",
                                                  "curl_easy_getinfo",
                                                  "curl_slist_append",
                                                  "curl_url",
                                                  "curl_url_set",
                                                  "curl_url_get",
                                                  "curl_multi_init",
                                                  "curl_multi_setopt",
                                                  "curl_multi_add_handle",
                                                  "curl_multi_perform",
                                                  "curl_multi_poll",
                                                  "curl_multi_wakeup"};
    return names[call];
}

/* A function of that kind: what it gives when it fails, else what the real one gives. */
#define WRAP(type, name, parameters, arguments, call, failure)                                     \
    type __real_##name parameters;                                                                 \
    type __wrap_##name parameters;                                                                 \
    type __wrap_##name parameters                                                                  \
    {                                                                                              \
        return fails(call) ? (failure) : __real_##name arguments;                                  \
    }

static int fail_with(int number)
{
    errno = number;
    return -1;
}

/* --------------------------------------------------------------------------------- system ---- */

WRAP(int, pthread_create,
     (pthread_t * thread, const pthread_attr_t *attributes, void *(*body)(void *), void *user),
     (thread, attributes, body, user), LINK_THREAD_CREATE, EAGAIN)
WRAP(int, pthread_mutex_init, (pthread_mutex_t * mutex, const pthread_mutexattr_t *attributes),
     (mutex, attributes), LINK_MUTEX_INIT, EAGAIN)
WRAP(int, pthread_cond_init, (pthread_cond_t * cond, const pthread_condattr_t *attributes),
     (cond, attributes), LINK_COND_INIT, EAGAIN)
WRAP(int, pthread_key_create, (pthread_key_t * key, void (*end)(void *)), (key, end),
     LINK_KEY_CREATE, EAGAIN)
WRAP(int, pthread_mutexattr_init, (pthread_mutexattr_t * attributes), (attributes), LINK_MUTEX_INIT,
     ENOMEM)
WRAP(int, pthread_condattr_init, (pthread_condattr_t * attributes), (attributes), LINK_COND_INIT,
     ENOMEM)
WRAP(int, pthread_setspecific, (pthread_key_t key, const void *value), (key, value),
     LINK_SETSPECIFIC, ENOMEM)
WRAP(int, fstat, (int fd, struct stat *out), (fd, out), LINK_FSTAT, fail_with(EIO))
WRAP(int, fstat64, (int fd, struct stat *out), (fd, out), LINK_FSTAT, fail_with(EIO))
WRAP(ssize_t, pread, (int fd, void *to, size_t size, off_t at), (fd, to, size, at), LINK_PREAD,
     fail_with(EIO))
WRAP(ssize_t, pread64, (int fd, void *to, size_t size, off_t at), (fd, to, size, at), LINK_PREAD,
     fail_with(EIO))
WRAP(int, pipe2, (int fds[2], int flags), (fds, flags), LINK_PIPE, fail_with(EMFILE))
WRAP(ssize_t, pwrite, (int fd, const void *from, size_t size, off_t at), (fd, from, size, at),
     LINK_PWRITE, fail_with(ENOSPC))
WRAP(ssize_t, pwrite64, (int fd, const void *from, size_t size, off_t at), (fd, from, size, at),
     LINK_PWRITE, fail_with(ENOSPC))
WRAP(int, fsync, (int fd), (fd), LINK_FSYNC, fail_with(EIO))
WRAP(int, rename, (const char *from, const char *to), (from, to), LINK_RENAME, fail_with(EIO))
WRAP(int, renameat, (int from_fd, const char *from, int to_fd, const char *to),
     (from_fd, from, to_fd, to), LINK_RENAME, fail_with(EIO))
WRAP(ssize_t, read, (int fd, void *to, size_t size), (fd, to, size), LINK_READ, fail_with(EIO))
WRAP(int, unlink, (const char *path), (path), LINK_UNLINK, fail_with(EIO))
WRAP(int, unlinkat, (int fd, const char *path, int flags), (fd, path, flags), LINK_UNLINK,
     fail_with(EIO))
WRAP(int, mkdir, (const char *path, mode_t mode), (path, mode), LINK_MKDIR, fail_with(ENOSPC))
WRAP(int, fstatat, (int fd, const char *path, struct stat *out, int flags), (fd, path, out, flags),
     LINK_FSTATAT, fail_with(EIO))
WRAP(int, fstatat64, (int fd, const char *path, struct stat *out, int flags),
     (fd, path, out, flags), LINK_FSTATAT, fail_with(EIO))
WRAP(int, fchmod, (int fd, mode_t mode), (fd, mode), LINK_FCHMOD, fail_with(EPERM))

/* The descriptor is gone all the same. */
int __real_close(int fd);
int __wrap_close(int fd);
int __wrap_close(int fd)
{
    const int result = __real_close(fd);
    return fails(LINK_CLOSE) ? fail_with(EIO) : result;
}

DIR *__real_fdopendir(int fd);
DIR *__wrap_fdopendir(int fd);
DIR *__wrap_fdopendir(int fd)
{
    if (!fails(LINK_FDOPENDIR))
        return __real_fdopendir(fd);
    errno = ENOMEM;
    return NULL;
}

#define WRAP_MMAP(name)                                                                            \
    void *__real_##name(void *at, size_t size, int protection, int flags, int fd, off_t offset);   \
    void *__wrap_##name(void *at, size_t size, int protection, int flags, int fd, off_t offset);   \
    void *__wrap_##name(void *at, size_t size, int protection, int flags, int fd, off_t offset)    \
    {                                                                                              \
        if (!fails(LINK_MMAP))                                                                     \
            return __real_##name(at, size, protection, flags, fd, offset);                         \
        errno = ENOMEM;                                                                            \
        return MAP_FAILED;                                                                         \
    }
WRAP_MMAP(mmap)
WRAP_MMAP(mmap64)

/* The mode is there only when a file may be made; more than were given are not read. */
static unsigned mode_of(int flags, va_list args)
{
    return flags & (O_CREAT | O_TMPFILE) ? va_arg(args, unsigned) : 0;
}

#define WRAP_OPEN(name)                                                                            \
    int __real_##name(const char *path, int flags, ...);                                           \
    int __wrap_##name(const char *path, int flags, ...);                                           \
    int __wrap_##name(const char *path, int flags, ...)                                            \
    {                                                                                              \
        va_list args;                                                                              \
        va_start(args, flags);                                                                     \
        const unsigned mode = mode_of(flags, args);                                                \
        va_end(args);                                                                              \
        return fails(LINK_OPEN) ? fail_with(EMFILE) : __real_##name(path, flags, mode);            \
    }
WRAP_OPEN(open)
WRAP_OPEN(open64)

#define WRAP_OPENAT(name)                                                                          \
    int __real_##name(int folder, const char *path, int flags, ...);                               \
    int __wrap_##name(int folder, const char *path, int flags, ...);                               \
    int __wrap_##name(int folder, const char *path, int flags, ...)                                \
    {                                                                                              \
        va_list args;                                                                              \
        va_start(args, flags);                                                                     \
        const unsigned mode = mode_of(flags, args);                                                \
        va_end(args);                                                                              \
        return fails(LINK_OPENAT) ? fail_with(EMFILE) : __real_##name(folder, path, flags, mode);  \
    }
WRAP_OPENAT(openat)
WRAP_OPENAT(openat64)

/* --------------------------------------------------------------------- libdeflate, OpenSSL ---- */

WRAP(struct libdeflate_decompressor *, libdeflate_alloc_decompressor, (void), (), LINK_DECOMPRESSOR,
     NULL)
WRAP(struct libdeflate_compressor *, libdeflate_alloc_compressor, (int level), (level),
     LINK_COMPRESSOR, NULL)
WRAP(EVP_CIPHER_CTX *, EVP_CIPHER_CTX_new, (void), (), LINK_CIPHER_NEW, NULL)
WRAP(int, EVP_EncryptInit_ex,
     (EVP_CIPHER_CTX * context, const EVP_CIPHER *cipher, ENGINE *engine, const unsigned char *key,
      const unsigned char *iv),
     (context, cipher, engine, key, iv), LINK_CIPHER_INIT, 0)
WRAP(int, EVP_EncryptUpdate,
     (EVP_CIPHER_CTX * context, unsigned char *to, int *done, const unsigned char *from, int size),
     (context, to, done, from, size), LINK_CIPHER_UPDATE, 0)
WRAP(int, EVP_PBE_scrypt,
     (const char *pass, size_t pass_size, const unsigned char *salt, size_t salt_size, uint64_t n,
      uint64_t r, uint64_t p, uint64_t most, unsigned char *key, size_t key_size),
     (pass, pass_size, salt, salt_size, n, r, p, most, key, key_size), LINK_SCRYPT, 0)
WRAP(int, EVP_Digest,
     (const void *data, size_t size, unsigned char *to, unsigned *to_size, const EVP_MD *kind,
      ENGINE *engine),
     (data, size, to, to_size, kind, engine), LINK_DIGEST, 0)

/* -------------------------------------------------------------------------------- libcurl ---- */

#if TEST_FEATURES & 1

#undef curl_easy_setopt
#undef curl_easy_getinfo
#undef curl_multi_setopt

WRAP(CURLcode, curl_global_init, (long flags), (flags), LINK_CURL_GLOBAL_INIT, CURLE_OUT_OF_MEMORY)
WRAP(CURL *, curl_easy_init, (void), (), LINK_CURL_EASY_INIT, NULL)
WRAP(struct curl_slist *, curl_slist_append, (struct curl_slist * list, const char *text),
     (list, text), LINK_CURL_SLIST, NULL)
WRAP(CURLU *, curl_url, (void), (), LINK_CURL_URL, NULL)
WRAP(CURLUcode, curl_url_set, (CURLU * url, CURLUPart part, const char *text, unsigned flags),
     (url, part, text, flags), LINK_CURL_URL_SET, CURLUE_OUT_OF_MEMORY)
WRAP(CURLUcode, curl_url_get, (const CURLU *url, CURLUPart part, char **text, unsigned flags),
     (url, part, text, flags), LINK_CURL_URL_GET, CURLUE_OUT_OF_MEMORY)
WRAP(CURLM *, curl_multi_init, (void), (), LINK_CURL_MULTI_INIT, NULL)
WRAP(CURLMcode, curl_multi_add_handle, (CURLM * multi, CURL *easy), (multi, easy),
     LINK_CURL_MULTI_ADD, CURLM_OUT_OF_MEMORY)
WRAP(CURLMcode, curl_multi_perform, (CURLM * multi, int *running), (multi, running),
     LINK_CURL_MULTI_PERFORM, CURLM_OUT_OF_MEMORY)
WRAP(CURLMcode, curl_multi_poll,
     (CURLM * multi, struct curl_waitfd fds[], unsigned fd_count, int timeout_ms, int *ready),
     (multi, fds, fd_count, timeout_ms, ready), LINK_CURL_MULTI_POLL, CURLM_OUT_OF_MEMORY)
WRAP(CURLMcode, curl_multi_wakeup, (CURLM * multi), (multi), LINK_CURL_MULTI_WAKEUP,
     CURLM_WAKEUP_FAILURE)

CURLcode __real_curl_easy_setopt(CURL *easy, CURLoption option, ...);
CURLcode __wrap_curl_easy_setopt(CURL *easy, CURLoption option, ...);
CURLcode __wrap_curl_easy_setopt(CURL *easy, CURLoption option, ...)
{
    typedef void (*function)(void);
    CURLcode code;
    va_list args;
    if (fails(LINK_CURL_EASY_SETOPT))
        return CURLE_OUT_OF_MEMORY;
    va_start(args, option);
    switch ((int)option / 10000 * 10000) {
    case CURLOPTTYPE_LONG: code = __real_curl_easy_setopt(easy, option, va_arg(args, long)); break;
    case CURLOPTTYPE_FUNCTIONPOINT:
        code = __real_curl_easy_setopt(easy, option, va_arg(args, function));
        break;
    case CURLOPTTYPE_OFF_T:
        code = __real_curl_easy_setopt(easy, option, va_arg(args, curl_off_t));
        break;
    default: code = __real_curl_easy_setopt(easy, option, va_arg(args, void *));
    }
    va_end(args);
    return code;
}

CURLcode __real_curl_easy_getinfo(CURL *easy, CURLINFO info, ...);
CURLcode __wrap_curl_easy_getinfo(CURL *easy, CURLINFO info, ...);
CURLcode __wrap_curl_easy_getinfo(CURL *easy, CURLINFO info, ...)
{
    va_list args;
    /* Without it nobody knows whose transfer has ended, and it cannot fail. */
    if (info != CURLINFO_PRIVATE && fails(LINK_CURL_EASY_GETINFO))
        return CURLE_OUT_OF_MEMORY;
    va_start(args, info);
    const CURLcode code = __real_curl_easy_getinfo(easy, info, va_arg(args, void *));
    va_end(args);
    return code;
}

CURLMcode __real_curl_multi_setopt(CURLM *multi, CURLMoption option, ...);
CURLMcode __wrap_curl_multi_setopt(CURLM *multi, CURLMoption option, ...);
CURLMcode __wrap_curl_multi_setopt(CURLM *multi, CURLMoption option, ...)
{
    va_list args;
    if (fails(LINK_CURL_MULTI_SETOPT))
        return CURLM_OUT_OF_MEMORY;
    va_start(args, option); /* the library sets numbers only */
    const CURLMcode code = __real_curl_multi_setopt(multi, option, va_arg(args, long));
    va_end(args);
    return code;
}

#endif
