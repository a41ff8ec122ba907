/* SPDX-License-Identifier: MIT */
#include "tests/support/process.h"

#include "tests/support/check.h"

#include <dirent.h>
#include <pthread.h>
#include <time.h>

void test_run_threads(void *(*body)(void *), void *args, size_t size, size_t count)
{
    pthread_t threads[16];
    assert_true(count <= sizeof(threads) / sizeof(*threads));
    for (size_t i = 0; i < count; i++)
        assert_int_equal(pthread_create(&threads[i], NULL, body, (char *)args + i * size), 0);
    for (size_t i = 0; i < count; i++)
        assert_int_equal(pthread_join(threads[i], NULL), 0);
}

void test_run_thread(void *(*body)(void *), void *arg)
{
    test_run_threads(body, arg, 0, 1);
}

static int entries(const char *path)
{
#if defined(_WIN32) /* under wine there are such paths, but they tell of wine's own */
    path = "";
#endif
    DIR *folder = opendir(path);
    if (!folder)
        return -1;
    int count = 0;
    while (readdir(folder))
        count++;
    closedir(folder);
    return count - 3; /* ".", "..", and the folder's own descriptor or this thread */
}

int test_descriptors(void)
{
    return entries("/proc/self/fd");
}

int test_threads(void)
{
    return entries("/proc/self/task");
}

static uint64_t clock_of(clockid_t id)
{
    struct timespec now = {0};
    assert_int_equal(clock_gettime(id, &now), 0);
    return (uint64_t)now.tv_sec * SECOND + (uint64_t)now.tv_nsec;
}

uint64_t test_cpu_ns(void)
{
    return clock_of(CLOCK_PROCESS_CPUTIME_ID);
}

uint64_t test_now_ns(void)
{
    return clock_of(CLOCK_MONOTONIC);
}
