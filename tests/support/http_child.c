/* SPDX-License-Identifier: MIT */
#include "tests/support/http_child.h"

#include <signal.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

enum { PATH_BYTES = 1024, STOP_SECONDS = 20 };

static bool find_program(char out[PATH_BYTES], const char *name)
{
    static const char *const system_folders = "/usr/local/sbin:/usr/sbin:/sbin:/usr/bin:/bin";
    const char *lists[] = {getenv("PATH"), system_folders};
    for (size_t i = 0; i < 2; i++)
        for (const char *at = lists[i]; at && *at;) {
            const size_t length = strcspn(at, ":");
            const int n = snprintf(out, PATH_BYTES, "%.*s/%s", (int)length, at, name);
            if (n > 0 && n < PATH_BYTES && access(out, X_OK) == 0)
                return true;
            at += length + (at[length] == ':');
        }
    return false;
}

/* After fork: only what is safe in a process that had threads. */
static void become(const char *program, char *const arguments[], int fd, pid_t parent)
{
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    if (getppid() != parent)
        _exit(127); /* it died before prctl */
    if (fd >= 0 && (dup2(fd, STDIN_FILENO) < 0 || dup2(fd, STDOUT_FILENO) < 0))
        _exit(127);
    execv(program, arguments);
    _exit(127);
}

pid_t test_child_start(char *const arguments[], int fd, const char *package)
{
    char program[PATH_BYTES];
    if (!find_program(program, arguments[0]))
        fail_msg("%s was not found; this test needs it. Install it (Debian: apt-get install %s, or "
                 "run scripts/install-deps)",
                 arguments[0], package);
    const pid_t parent = getpid();
    const pid_t pid = fork();
    if (pid == 0)
        become(program, arguments, fd, parent);
    assert_true(pid > 0);
    return pid;
}

bool test_child_ended(pid_t pid)
{
    return waitpid(pid, NULL, WNOHANG) != 0;
}

void test_child_stop(pid_t pid, int signal)
{
    const struct timespec pause = {.tv_nsec = 5 * 1000 * 1000};
    if (signal)
        kill(pid, signal);
    for (int i = 0; i < STOP_SECONDS * 200; i++) {
        if (test_child_ended(pid))
            return;
        nanosleep(&pause, NULL);
    }
    kill(pid, SIGKILL);
    waitpid(pid, NULL, 0);
    fail_msg("process %d did not end when asked to", (int)pid);
}
