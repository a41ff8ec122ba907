/* SPDX-License-Identifier: MIT
 *
 * Threads of a test, and what this process has and uses.
 */
#ifndef TEST_PROCESS_H
#define TEST_PROCESS_H

#include <stddef.h>
#include <stdint.h>

#define SECOND UINT64_C(1000000000)
#define MILLISECOND UINT64_C(1000000)

/* Runs body(arg) on `count` threads (at most 16), each with its element of an array, and waits for
 * them. */
void test_run_threads(void *(*body)(void *), void *args, size_t size, size_t count);
void test_run_thread(void *(*body)(void *), void *arg);

/* Open descriptors and living threads of this process, less the calling one; threads that were
 * joined do not count, although the system may list them a moment longer. -1: it does not say. */
int test_descriptors(void);
int test_threads(void);
/* Processor time this process has used, in nanoseconds. */
uint64_t test_cpu_ns(void);
uint64_t test_now_ns(void);

#endif
