/* SPDX-License-Identifier: MIT */
#include "tests/support/process.h"

#include "tests/support/check.h"

#include <dirent.h>
#include <pthread.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#define PF_EXITING 4u /* the kernel's */

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

/* How many of a folder's entries count; -1: there is no such folder. */
static int entries(const char *path, bool (*counts)(const char *name))
{
#if defined(_WIN32) /* under wine there are such paths, but they tell of wine's own */
    path = "";
#endif
    DIR *folder = opendir(path);
    if (!folder)
        return -1;
    int count = 0;
    for (struct dirent *entry; (entry = readdir(folder));)
        count += entry->d_name[0] != '.' && counts(entry->d_name);
    closedir(folder);
    return count - 1; /* the folder's own descriptor, or this thread */
}

static bool counts_always(const char *name)
{
    return name[0] != '\0';
}

/* A thread that was joined is listed for a moment more, with PF_EXITING among its flags. */
static bool is_living(const char *thread)
{
    char path[300], line[512];
    unsigned flags = PF_EXITING;
    snprintf(path, sizeof(path), "/proc/self/task/%s/stat", thread);
    FILE *file = fopen(path, "r");
    if (!file)
        return false;
    line[fread(line, 1, sizeof(line) - 1, file)] = '\0';
    fclose(file);
    const char *rest = strrchr(line, ')'); /* the name before it may have anything in it */
    return rest && sscanf(rest + 1, " %*c %*d %*d %*d %*d %*d %u", &flags) == 1 &&
           !(flags & PF_EXITING);
}

int test_descriptors(void)
{
    return entries("/proc/self/fd", counts_always);
}

#if defined(__SANITIZE_THREAD__)
static void *do_nothing(void *arg)
{
    return arg;
}
#endif

int test_threads(void)
{
#if defined(__SANITIZE_THREAD__)
    /* From the first thread that is made the sanitizer has one, too: it is to be there always. */
    static bool was_made;
    if (!was_made)
        test_run_thread(do_nothing, NULL);
    was_made = true;
#endif
    return entries("/proc/self/task", is_living);
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
