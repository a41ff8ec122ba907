/* SPDX-License-Identifier: MIT
 *
 * core/base/thread.h: locks, conditions, timed waits, threads.
 */
#include "core/base/clock.h"
#include "core/base/mem.h"
#include "core/base/thread.h"
#include "tests/support/check.h"
#include "tests/support/failing_alloc.h"

#include <signal.h>
#if defined(__linux__)
#include <sys/prctl.h>
#endif

#if defined(__has_feature)
#if __has_feature(thread_sanitizer)
#define WATCHED 1
#endif
#endif
#if defined(__SANITIZE_THREAD__)
#define WATCHED 1
#endif

#define MS UINT64_C(1000000)
#define THREADS 4

/* What the threads of a test share; checks are made by the test's own thread. */
typedef struct shared {
    as_mutex lock;
    as_cond changed;
    uint64_t count;
    unsigned waiting;
    bool open;
} shared;

static shared make_shared(void)
{
    shared s = {0};
    assert_true(as_mutex_init(&s.lock, AS_LOCK_LAST));
    assert_true(as_cond_init(&s.changed));
    return s;
}

static void end_shared(shared *s)
{
    as_cond_destroy(&s->changed);
    as_mutex_destroy(&s->lock);
}

static void count_up(void *user)
{
    shared *s = user;
    for (int i = 0; i < 10000; i++) {
        as_mutex_lock(&s->lock);
        s->count++;
        as_mutex_unlock(&s->lock);
    }
}

static void test_locks_exclude(void **state)
{
    (void)state;
    shared s = make_shared();
    as_thread threads[THREADS];
    for (int i = 0; i < THREADS; i++)
        assert_true(as_thread_start(&threads[i], "counter", count_up, &s));
    for (int i = 0; i < THREADS; i++)
        as_thread_join(&threads[i]);
    assert_true(s.count == THREADS * 10000);
    end_shared(&s);
}

static void wait_for_open(void *user)
{
    shared *s = user;
    as_mutex_lock(&s->lock);
    s->waiting++;
    as_cond_broadcast(&s->changed);
    while (!s->open)
        (void)as_cond_wait_until(&s->changed, &s->lock, AS_NO_DEADLINE);
    s->count++;
    as_mutex_unlock(&s->lock);
}

static void test_broadcast_wakes_all(void **state)
{
    (void)state;
    shared s = make_shared();
    as_thread threads[THREADS];
    for (int i = 0; i < THREADS; i++)
        assert_true(as_thread_start(&threads[i], "waiter", wait_for_open, &s));
    as_mutex_lock(&s.lock);
    while (s.waiting != THREADS)
        assert_true(as_cond_wait_until(&s.changed, &s.lock, AS_NO_DEADLINE));
    s.open = true;
    as_cond_broadcast(&s.changed);
    as_mutex_unlock(&s.lock);
    for (int i = 0; i < THREADS; i++)
        as_thread_join(&threads[i]);
    assert_int_equal(s.count, THREADS);
    end_shared(&s);
}

static void open_and_signal(void *user)
{
    shared *s = user;
    as_mutex_lock(&s->lock);
    s->open = true;
    as_cond_signal(&s->changed);
    as_mutex_unlock(&s->lock);
}

/* Deadlines so far away that they do not fit a time_t of 32 bits among them. */
static void test_signals_come_before_far_deadlines(void **state)
{
    (void)state;
    const uint64_t deadlines[] = {as_clock_ns() + 3600000 * MS, UINT64_MAX / 4, AS_NO_DEADLINE - 1,
                                  AS_NO_DEADLINE};
    for (size_t i = 0; i < sizeof(deadlines) / sizeof(*deadlines); i++) {
        shared s = make_shared();
        as_thread thread;
        as_mutex_lock(&s.lock);
        assert_true(as_thread_start(&thread, "opener", open_and_signal, &s));
        while (!s.open)
            assert_true(as_cond_wait_until(&s.changed, &s.lock, deadlines[i]));
        as_mutex_unlock(&s.lock);
        as_thread_join(&thread);
        end_shared(&s);
    }
}

static void test_waits_end_at_the_deadline(void **state)
{
    (void)state;
    shared s = make_shared();
    uint64_t least_late = UINT64_MAX;
    unsigned early = 0;
    as_mutex_lock(&s.lock);
    for (int i = 0; i < 10; i++) {
        const uint64_t deadline = as_clock_ns() + 3 * MS + (uint64_t)i * 123457;
        while (as_cond_wait_until(&s.changed, &s.lock, deadline))
            early++;
        const uint64_t now = as_clock_ns();
        assert_true(now >= deadline);
        if (now - deadline < least_late)
            least_late = now - deadline;
    }
    as_mutex_unlock(&s.lock);
    assert_true(early < 10); /* it sleeps, on the right clock, rather than spins */
    /* A busy machine may hold one wait up, not every one of them. */
    assert_true(least_late < 20 * MS);
    end_shared(&s);
}

static void test_deadlines_in_the_past(void **state)
{
    (void)state;
    shared s = make_shared();
    as_mutex_lock(&s.lock);
    const uint64_t past[] = {0, 1, 999999999, 1000000000, as_clock_ns() - 1, as_clock_ns()};
    for (size_t i = 0; i < sizeof(past) / sizeof(*past); i++)
        assert_false(as_cond_wait_until(&s.changed, &s.lock, past[i]));
    as_mutex_unlock(&s.lock);
    end_shared(&s);
}

#if !defined(_WIN32) /* which has no signals */

typedef struct seen {
    sigset_t mask;
    char name[16];
} seen;

static void look_around(void *user)
{
    seen *s = user;
    (void)pthread_sigmask(SIG_BLOCK, NULL, &s->mask);
#if defined(__linux__)
    (void)prctl(PR_GET_NAME, s->name, 0, 0, 0);
#endif
}

static void test_threads_have_names_and_no_signals(void **state)
{
    (void)state;
    const struct {
        const char *given, *shown;
    } names[] = {{"short", "short"},
                 {"fifteen letters", "fifteen letters"},
                 {"one too many ...!", "one too many .."}};
    for (size_t i = 0; i < sizeof(names) / sizeof(*names); i++) {
        seen s = {.name = ""};
        sigset_t before, after;
        as_thread thread;
        char name[32];
        snprintf(name, sizeof(name), "%s", names[i].given);
        assert_int_equal(pthread_sigmask(SIG_BLOCK, NULL, &before), 0);
        assert_true(as_thread_start(&thread, name, look_around, &s));
        memset(name, 0, sizeof(name));
        assert_int_equal(pthread_sigmask(SIG_BLOCK, NULL, &after), 0);
        as_thread_join(&thread);
        const int blocked[] = {SIGINT, SIGTERM, SIGHUP, SIGUSR1, SIGCHLD, SIGALRM, SIGPIPE};
        for (size_t k = 0; k < sizeof(blocked) / sizeof(*blocked); k++) {
            assert_int_equal(sigismember(&s.mask, blocked[k]), 1);
            assert_int_equal(sigismember(&before, blocked[k]), sigismember(&after, blocked[k]));
        }
        assert_int_equal(sigismember(&s.mask, SIGSEGV), 0);
        assert_int_equal(sigismember(&s.mask, SIGBUS), 0);
#if defined(__linux__)
        assert_string_equal(s.name, names[i].shown);
#endif
    }
}

#endif

typedef struct pinned {
    unsigned core, cores_after;
    bool done, beyond;
} pinned;

static void pin(void *user)
{
    pinned *p = user;
    p->beyond = as_thread_pin(as_thread_cores());
    p->done = as_thread_pin(p->core);
    p->cores_after = as_thread_cores();
}

static void test_threads_stay_on_a_core(void **state)
{
    (void)state;
    const unsigned cores = as_thread_cores();
    assert_true(cores >= 1);
    for (unsigned i = 0; i < cores && i < 4; i++) {
        pinned p = {.core = i};
        as_thread thread;
        assert_true(as_thread_start(&thread, "pinned", pin, &p));
        as_thread_join(&thread);
        assert_false(p.beyond);
        assert_int_equal(p.cores_after, p.done ? 1 : cores);
#if defined(__linux__)
        assert_true(p.done);
#endif
    }
    assert_int_equal(as_thread_cores(), cores);
}

static void do_nothing(void *user)
{
    (void)user;
}

/* One of each kind; how many came about before the first failure. */
static int make_one_each(void)
{
    as_mutex mutex;
    as_cond cond;
    as_thread thread;
    int made = 0;
    if (as_mutex_init(&mutex, AS_LOCK_LAST)) {
        made++;
        if (as_cond_init(&cond)) {
            made++;
            if (as_thread_start(&thread, "nothing", do_nothing, NULL)) {
                made++;
                as_thread_join(&thread);
            }
            as_cond_destroy(&cond);
        }
        as_mutex_destroy(&mutex);
    }
    return made;
}

static void test_each_kind_fails_on_demand(void **state)
{
    (void)state;
    int n = 0;
    for (;; n++) {
        as_thread_test_fail_at((uint64_t)n);
        const int made = make_one_each();
        if (!as_thread_test_failed())
            break;
        assert_int_equal(made, n);
        assert_int_equal(as_mem_live(), 0);
    }
    assert_int_equal(n, 3);
    as_thread_test_fail_at(UINT64_MAX);
    assert_int_equal(make_one_each(), 3);
    assert_false(as_thread_test_failed());
    test_alloc_fail_at(0);
    assert_int_equal(make_one_each(), 2);
    test_alloc_restore();
}

static void test_misuse_is_counted(void **state)
{
    (void)state;
#if defined(WATCHED)
    skip(); /* ThreadSanitizer would report the wrong unlock, as it should */
#else
    if (!as_thread_test_checked()) {
        assert_true(as_thread_test_misuses() == 0);
        return;
    }
    const uint64_t before = as_thread_test_misuses();
    as_mutex mutex;
    assert_true(as_mutex_init(&mutex, AS_LOCK_LAST));
    as_mutex_unlock(&mutex);
    assert_true(as_thread_test_misuses() == before + 1);
    as_mutex_lock(&mutex);
    as_mutex_unlock(&mutex);
    as_mutex_destroy(&mutex);
    assert_true(as_thread_test_misuses() == before + 1);
#endif
}

static int nothing_alive_or_misused(void **state)
{
    return as_thread_test_misuses() == 0 ? test_nothing_alive(state) : -1;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_locks_exclude),
        cmocka_unit_test(test_broadcast_wakes_all),
        cmocka_unit_test(test_signals_come_before_far_deadlines),
        cmocka_unit_test(test_waits_end_at_the_deadline),
        cmocka_unit_test(test_deadlines_in_the_past),
#if !defined(_WIN32)
        cmocka_unit_test(test_threads_have_names_and_no_signals),
#endif
        cmocka_unit_test(test_threads_stay_on_a_core),
        cmocka_unit_test(test_each_kind_fails_on_demand),
    };
    const struct CMUnitTest wrong[] = {cmocka_unit_test(test_misuse_is_counted)};
    int failed = cmocka_run_group_tests_name("thread", tests, NULL, nothing_alive_or_misused);
    failed += cmocka_run_group_tests_name("thread misuse", wrong, NULL, test_nothing_alive);
    return failed;
}
