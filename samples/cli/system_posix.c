/* SPDX-License-Identifier: MIT */
#include "system.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

/* A standard descriptor that was closed would be given to the next file opened, and messages would
 * go into it. /dev/null takes its place, opened so that using it fails. */
static void occupy_standard_descriptors(void)
{
    for (int fd = STDIN_FILENO; fd <= STDERR_FILENO; fd++)
        if (fcntl(fd, F_GETFD) == -1 &&
            open("/dev/null", fd == STDIN_FILENO ? O_WRONLY : O_RDONLY) == -1)
            return;
}

void system_start(int *argc, char ***argv)
{
    struct sigaction ignore = {.sa_handler = SIG_IGN};
    (void)argc;
    (void)argv;
    occupy_standard_descriptors();
    sigemptyset(&ignore.sa_mask);
    sigaction(SIGPIPE, &ignore, NULL); /* writing to a closed pipe fails instead */
}

void system_sleep_until(uint64_t ns, const volatile sig_atomic_t *interrupted)
{
    const struct timespec t = {.tv_sec = (time_t)(ns / 1000000000),
                               .tv_nsec = (long)(ns % 1000000000)};
    while (!*interrupted && clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &t, NULL) == EINTR)
        continue;
}

unsigned system_cores(void)
{
    const long online = sysconf(_SC_NPROCESSORS_ONLN);
    return online > 0 ? (unsigned)online : 1;
}

uint64_t system_peak_bytes(void)
{
    struct rusage usage;
    return getrusage(RUSAGE_SELF, &usage) == 0 ? (uint64_t)usage.ru_maxrss * 1024 : 0;
}

void system_catch(void (*handler)(int number), bool any_end)
{
    static const int numbers[] = {SIGINT, SIGTERM, SIGHUP};
    struct sigaction action = {.sa_handler = handler, .sa_flags = SA_RESETHAND};
    struct sigaction before;
    if (any_end)
        sigfillset(&action.sa_mask);
    else
        sigemptyset(&action.sa_mask);
    for (size_t i = 0; i < (any_end ? sizeof(numbers) / sizeof(*numbers) : 1); i++)
        if (sigaction(numbers[i], NULL, &before) == 0 && before.sa_handler != SIG_IGN)
            sigaction(numbers[i], &action, NULL);
}

system_kind system_look(const char *path)
{
    struct stat status;
    if (stat(path, &status) != 0)
        return SYSTEM_NONE;
    return S_ISREG(status.st_mode) ? SYSTEM_FILE : SYSTEM_OTHER;
}

bool system_can_read(const char *path)
{
    char byte;
    const int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK);
    const bool can = fd >= 0 && read(fd, &byte, 1) >= 0;
    const int system_error = errno;
    if (fd >= 0)
        close(fd);
    errno = system_error;
    return can;
}

int system_create(const char *path, bool is_private)
{
    int fd;
    do {
        fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW,
                  is_private ? S_IRUSR | S_IWUSR : 0666);
    } while (fd < 0 && errno == EINTR);
    return fd;
}

/* Permissions of a link's target, or of another user's file, are not this user's. */
static bool look_at_own(const char *path, struct stat *status)
{
    return lstat(path, status) == 0 && S_ISREG(status->st_mode) && status->st_uid == geteuid();
}

bool system_is_kept_private(const char *path)
{
    struct stat old;
    return look_at_own(path, &old) || (stat(path, &old) == 0 && !(old.st_mode & S_IROTH));
}

void system_take_permissions(int fd, const char *path)
{
    struct stat old, now;
    if (!look_at_own(path, &old) || fstat(fd, &now) != 0)
        return;
    mode_t mode = old.st_mode & 0777;
    if (old.st_gid != now.st_gid && fchown(fd, (uid_t)-1, old.st_gid) != 0)
        mode &= ~(mode_t)S_IRWXG; /* they were another group's */
    (void)!fchmod(fd, mode);
}

bool system_replace(const char *from, const char *to)
{
    return rename(from, to) == 0;
}

void system_remove(const char *path)
{
    unlink(path);
}

FILE *system_open(const char *path)
{
    return fopen(path, "r");
}

size_t system_folder_length(const char *path)
{
    const char *slash = strrchr(path, '/');
    return slash ? (size_t)(slash - path) + 1 : 0;
}
