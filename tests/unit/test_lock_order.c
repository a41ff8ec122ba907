/* SPDX-License-Identifier: MIT
 *
 * core/base/thread.h: locks that are taken in the wrong order end checked builds.
 */
#include "core/base/clock.h"
#include "core/base/thread.h"
#include "tests/support/check.h"

#include <fcntl.h>
#include <signal.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

enum { LOCKS = 3 };

static as_mutex locks[LOCKS]; /* the outermost first */

static int setup(void **state)
{
    static const as_lock_rank ranks[LOCKS] = {AS_LOCK_STREAM, AS_LOCK_OUTPUTS, AS_LOCK_SLOTS};
    (void)state;
    for (size_t i = 0; i < LOCKS; i++)
        assert_true(as_mutex_init(&locks[i], ranks[i]));
    return 0;
}

static int teardown(void **state)
{
    for (size_t i = 0; i < LOCKS; i++)
        as_mutex_destroy(&locks[i]);
    return as_thread_test_misuses() == 0 ? test_nothing_alive(state) : -1;
}

/* Does a child that runs it end by an assertion, or well? */
static bool asserts(void (*body)(void))
{
    int status = 0;
    fflush(NULL);
    const pid_t child = fork();
    assert_true(child >= 0);
    if (child == 0) {
        const struct rlimit no_core = {0, 0};
        (void)setrlimit(RLIMIT_CORE, &no_core);
        (void)signal(SIGABRT, SIG_DFL); /* cmocka may have a handler of its own */
        (void)dup2(open("/dev/null", O_WRONLY), STDERR_FILENO);
        body();
        _exit(0);
    }
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_true(WIFSIGNALED(status) ? WTERMSIG(status) == SIGABRT : WEXITSTATUS(status) == 0);
    return WIFSIGNALED(status);
}

static void lock_all(void)
{
    for (size_t i = 0; i < LOCKS; i++)
        as_mutex_lock(&locks[i]);
}

/* Unlocking has no order; nothing is held afterwards. */
static void in_order(void)
{
    lock_all();
    as_mutex_unlock(&locks[1]);
    as_mutex_unlock(&locks[0]);
    as_mutex_unlock(&locks[2]);
    as_mutex_lock(&locks[0]);
    as_mutex_unlock(&locks[0]);
}

static void wait_with_the_last(void)
{
    as_cond cond;
    (void)as_cond_init(&cond);
    lock_all();
    (void)as_cond_wait_until(&cond, &locks[2], as_clock_ns());
    as_mutex_unlock(&locks[2]);
    as_mutex_lock(&locks[2]);
}

static void out_of_order(void)
{
    as_mutex_lock(&locks[1]);
    as_mutex_lock(&locks[0]);
}

static void two_of_one_rank(void)
{
    as_mutex other;
    (void)as_mutex_init(&other, locks[1].rank);
    as_mutex_lock(&locks[1]);
    as_mutex_lock(&other);
}

static void again_under_a_later_one(void)
{
    in_order();
    as_mutex_lock(&locks[1]);
    as_mutex_lock(&locks[2]);
    as_mutex_unlock(&locks[1]);
    as_mutex_lock(&locks[1]);
}

static void wait_with_the_first(void)
{
    as_cond cond;
    (void)as_cond_init(&cond);
    lock_all();
    (void)as_cond_wait_until(&cond, &locks[0], as_clock_ns());
}

static void test_order_is_fine(void **state)
{
    (void)state;
    assert_false(asserts(in_order));
    assert_false(asserts(wait_with_the_last));
    in_order();
}

static void test_disorder_is_asserted(void **state)
{
    void (*const wrong[])(void) = {out_of_order, two_of_one_rank, again_under_a_later_one,
                                   wait_with_the_first};
    (void)state;
    if (TEST_SANITIZED) /* where the tests in which many threads meet are run */
        assert_true(as_thread_test_checked());
    for (size_t i = 0; i < sizeof(wrong) / sizeof(*wrong); i++)
        assert_true(asserts(wrong[i]) == as_thread_test_checked());
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_order_is_fine),
        cmocka_unit_test(test_disorder_is_asserted),
    };
    return cmocka_run_group_tests_name("lock order", tests, setup, teardown);
}
