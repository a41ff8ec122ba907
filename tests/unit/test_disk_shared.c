/* SPDX-License-Identifier: MIT
 *
 * core/io/disk_cache used by several processes and threads at once: every read misses or is right.
 */
#include "tests/unit/disk_fixture.h"

#include <pthread.h>
#include <signal.h>
#include <sys/wait.h>

enum { PROCESSES = 3, THREADS = 4, MOST_UNITS = 24, URLS = 2 };

static const uint64_t tight = 1024 * 1024; /* room for 15 units */

/* Version `version` of each URL has a content of its own. */
static uint64_t content_of(uint64_t url, uint64_t version)
{
    return url * 1000 + version;
}

/* The unit's length goes with its number, so that every file is asked for as it was written. */
static size_t length_of(uint64_t unit)
{
    return unit % 3 == 0 ? UNIT : 1 + (size_t)unit * 2000;
}

typedef struct player {
    test_random random;
    as_disk_cache *cache;
    uint64_t content;
    uint64_t hits, wrong;
    uint8_t bytes[AS_UNIT_BYTES];
} player;

/* Without assertions: it runs in children and threads. */
static void play(player *p)
{
    const uint64_t unit = (uint64_t)test_random_in(&p->random, 0, MOST_UNITS - 1);
    const size_t length = length_of(unit);
    switch (test_random_in(&p->random, 0, 3)) {
    case 0: (void)as_disk_has(p->cache, unit); break;
    case 1:
        fill_content(p->bytes, unit * UNIT, length, p->content);
        as_disk_write(p->cache, unit, p->bytes, length);
        break;
    default:
        if (as_disk_read(p->cache, unit, p->bytes, length)) {
            p->hits++;
            p->wrong += !is_content(p->bytes, unit * UNIT, length, p->content);
        }
    }
}

static bool open_some(player *p, const char *path, uint64_t versions)
{
    static const as_log silence;
    char url[64], validator[64];
    as_error problem;
    const uint64_t which = (uint64_t)test_random_in(&p->random, 0, URLS - 1);
    const uint64_t version = (uint64_t)test_random_in(&p->random, 1, (int64_t)versions);
    snprintf(url, sizeof(url), "https://cdn.example/%d", (int)which);
    snprintf(validator, sizeof(validator), "\"%d\"", (int)version);
    p->content = content_of(which, version);
    return as_disk_open(path, tight, url, validator, &silence, &p->cache, &problem) == AS_OK;
}

/* What a child process does; its exit status. */
static int play_alone(const char *path, uint64_t seed)
{
    static player p;
    p.random = test_random_from(seed);
    for (int opened = 0; opened < 10; opened++) {
        if (!open_some(&p, path, opened % 2 ? 2 : 1))
            return 1;
        for (int i = 0; i < 60; i++)
            play(&p);
        as_disk_close(p.cache);
    }
    return p.wrong != 0 ? 2 : p.hits == 0 ? 3 : 0;
}

static pid_t start(int (*entry)(const char *path, uint64_t seed), const char *path, uint64_t seed)
{
    fflush(NULL);
    const pid_t child = fork();
    assert_true(child >= 0);
    if (child == 0)
        _exit(entry(path, seed));
    return child;
}

static int end_of(pid_t child)
{
    int status = -1;
    assert_int_equal(waitpid(child, &status, 0), child);
    return WIFEXITED(status) ? WEXITSTATUS(status) : -WTERMSIG(status);
}

static void test_processes(void **state)
{
    (void)state;
    const char *path = path_of("processes");
    test_random random = test_random_from(test_seed("disk cache, processes"));
    for (int round = 0; round < 5; round++) {
        pid_t children[PROCESSES];
        int ends[PROCESSES];
        for (int i = 0; i < PROCESSES; i++)
            children[i] = start(play_alone, path, test_random_u64(&random));
        for (int i = 0; i < PROCESSES; i++)
            ends[i] = end_of(children[i]);
        for (int i = 0; i < PROCESSES; i++)
            assert_int_equal(ends[i], 0);
        assert_true(room_of(path) <= tight);
    }
    test_remove_folder(path);
}

static int ready[2]; /* a pipe on which a child tells that it has written */

static int write_until_killed(const char *path, uint64_t seed)
{
    static player p;
    p.random = test_random_from(seed);
    if (!open_some(&p, path, 1))
        return 1;
    for (uint64_t unit = 0;; unit = (unit + 1) % MOST_UNITS) {
        fill_content(p.bytes, unit * UNIT, length_of(unit), p.content);
        as_disk_write(p.cache, unit, p.bytes, length_of(unit));
        if (write(ready[1], "", 1) != 1)
            return 2;
    }
}

/* What a process leaves that is killed in the middle of its writes. */
static void test_crashes(void **state)
{
    (void)state;
    const char *path = path_of("crashes");
    test_random random = test_random_from(test_seed("disk cache, crashes"));
    uint64_t hits = 0;
    for (int round = 0; round < 20; round++) {
        char byte;
        player p = {.random = test_random_from((uint64_t)round)};
        assert_int_equal(pipe(ready), 0);
        const pid_t child = start(write_until_killed, path, (uint64_t)round);
        for (int64_t n = test_random_in(&random, 1, 30); n > 0; n--)
            assert_int_equal(read(ready[0], &byte, 1), 1);
        assert_int_equal(kill(child, SIGKILL), 0);
        assert_int_equal(end_of(child), -SIGKILL);
        close(ready[0]);
        close(ready[1]);
        assert_true(open_some(&p, path, 1));
        for (uint64_t unit = 0; unit < MOST_UNITS; unit++) {
            /* None is damaged: what has a name is whole. */
            const bool there = as_disk_has(p.cache, unit);
            assert_int_equal(as_disk_read(p.cache, unit, p.bytes, length_of(unit)), there);
            assert_true(!there || is_content(p.bytes, unit * UNIT, length_of(unit), p.content));
            hits += there;
        }
        as_disk_close(p.cache);
    }
    assert_true(hits >= 20);
    test_remove_folder(path);
}

static void *play_in_thread(void *user)
{
    for (int i = 0; i < 400; i++)
        play(user);
    return NULL;
}

/* Two threads share one cache, two another one of the same directory. */
static void test_threads(void **state)
{
    (void)state;
    static player players[THREADS];
    const char *path = path_of("threads");
    const uint64_t seed = test_seed("disk cache, threads");
    pthread_t threads[THREADS];
    for (size_t i = 0; i < THREADS; i++) {
        players[i] = (player){.random = test_random_from(seed + i / 2)};
        if (i % 2 == 0)
            assert_true(open_some(&players[i], path, 1));
        players[i].cache = players[i - i % 2].cache;
        players[i].content = players[i - i % 2].content;
        players[i].random = test_random_from(seed * 31 + i);
    }
    for (size_t i = 0; i < THREADS; i++)
        assert_int_equal(pthread_create(&threads[i], NULL, play_in_thread, &players[i]), 0);
    for (size_t i = 0; i < THREADS; i++)
        assert_int_equal(pthread_join(threads[i], NULL), 0);
    for (size_t i = 0; i < THREADS; i++) {
        assert_true(players[i].wrong == 0);
        assert_true(players[i].hits > 0);
        if (i % 2 == 0)
            as_disk_close(players[i].cache);
    }
    assert_true(room_of(path) <= tight + 2 * ROOM);
    test_remove_folder(path);
}

/* The directory goes while others use it. */
static int remove_again_and_again(const char *path, uint64_t seed)
{
    (void)seed;
    for (int i = 0; i < 20; i++) {
        DIR *entries = opendir(path);
        if (!entries)
            continue;
        for (struct dirent *entry; (entry = readdir(entries));)
            (void)unlinkat(dirfd(entries), entry->d_name, 0);
        closedir(entries);
        (void)rmdir(path);
    }
    return 0;
}

static int play_on(const char *path, uint64_t seed)
{
    static player p;
    p.random = test_random_from(seed);
    for (int opened = 0; opened < 20; opened++) {
        if (!open_some(&p, path, 1)) /* it went between making and opening */
            continue;
        for (int i = 0; i < 30; i++)
            play(&p);
        as_disk_close(p.cache);
    }
    return p.wrong != 0;
}

static void test_a_directory_that_others_remove(void **state)
{
    (void)state;
    const char *path = path_of("removed");
    test_random random = test_random_from(test_seed("disk cache, removed"));
    const pid_t remover = start(remove_again_and_again, path, 0);
    const pid_t players[2] = {start(play_on, path, test_random_u64(&random)),
                              start(play_on, path, test_random_u64(&random))};
    const int ends[3] = {end_of(remover), end_of(players[0]), end_of(players[1])};
    for (int i = 0; i < 3; i++)
        assert_int_equal(ends[i], 0);
    if (access(path, F_OK) == 0)
        test_remove_folder(path);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_processes),
        cmocka_unit_test(test_crashes),
        cmocka_unit_test(test_threads),
        cmocka_unit_test(test_a_directory_that_others_remove),
    };
    return cmocka_run_group_tests_name("disk_shared", tests, setup, teardown);
}
