/* SPDX-License-Identifier: MIT
 *
 * Calls of other libraries that fail on demand: the linker leads them here (--wrap,
 * tests/stress.cmake).
 *
 *     for (uint64_t n = 0; link_fault_arm(LINK_PREAD, n, false), scenario(), link_fault_fired();
 * n++) {} link_fault_disarm();
 */
#ifndef FAULT_LINK_FAULTS_H
#define FAULT_LINK_FAULTS_H

#include <stdbool.h>
#include <stdint.h>

typedef enum link_call {
    /* The system's: errors as when there is nothing left, or as of a broken disk. */
    LINK_THREAD_CREATE,
    LINK_MUTEX_INIT,
    LINK_COND_INIT,
    LINK_KEY_CREATE,
    LINK_SETSPECIFIC,
    LINK_OPEN,
    LINK_OPENAT,
    LINK_FSTAT,
    LINK_PREAD,
    LINK_MMAP,
    LINK_PIPE,
    LINK_PWRITE,
    LINK_FSYNC,
    LINK_RENAME,
    LINK_READ,
    LINK_CLOSE,
    LINK_UNLINK,
    LINK_MKDIR,
    LINK_FDOPENDIR,
    LINK_FSTATAT,
    LINK_FCHMOD,
    /* libdeflate, OpenSSL */
    LINK_DECOMPRESSOR,
    LINK_COMPRESSOR,
    LINK_CIPHER_NEW,
    LINK_CIPHER_INIT,
    LINK_CIPHER_UPDATE,
    LINK_SCRYPT,
    LINK_DIGEST,
    /* libcurl */
    LINK_CURL_GLOBAL_INIT,
    LINK_CURL_EASY_INIT,
    LINK_CURL_EASY_SETOPT,
    LINK_CURL_EASY_GETINFO,
    LINK_CURL_SLIST,
    LINK_CURL_URL,
    LINK_CURL_URL_SET,
    LINK_CURL_URL_GET,
    LINK_CURL_MULTI_INIT,
    LINK_CURL_MULTI_SETOPT,
    LINK_CURL_MULTI_ADD,
    LINK_CURL_MULTI_PERFORM,
    LINK_CURL_MULTI_POLL,
    LINK_CURL_MULTI_WAKEUP,
    LINK_CALLS
} link_call;

/* The n-th call of that kind from now on (counted from 0) fails; with `lasting`, all later ones do,
 * too. */
void link_fault_arm(link_call call, uint64_t n, bool lasting);
/* All calls are themselves again. */
void link_fault_disarm(void);
/* Has a call failed since it was armed? */
bool link_fault_fired(void);
/* Calls of any kind that have failed, ever. */
uint64_t link_fault_count(void);
const char *link_fault_name(link_call call);

#endif
