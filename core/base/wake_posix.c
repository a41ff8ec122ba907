/* SPDX-License-Identifier: MIT */
#if defined(__linux__) && !defined(_GNU_SOURCE)
#define _GNU_SOURCE /* pipe2 */
#endif

#include "core/base/wake.h"

#include <fcntl.h>
#include <unistd.h>

#if defined(__linux__)
/* At once, so that a program which another thread starts meanwhile does not inherit them. */
static bool make_pipe(int fds[2])
{
    return pipe2(fds, O_CLOEXEC | O_NONBLOCK) == 0;
}
#else
static bool prepare_fd(int fd)
{
    return fcntl(fd, F_SETFD, FD_CLOEXEC) == 0 && fcntl(fd, F_SETFL, O_NONBLOCK) == 0;
}

static bool make_pipe(int fds[2])
{
    if (pipe(fds) != 0)
        return false;
    if (prepare_fd(fds[0]) && prepare_fd(fds[1]))
        return true;
    (void)close(fds[0]);
    (void)close(fds[1]);
    return false;
}
#endif

bool as_wake_open(as_wake *wake)
{
    int fds[2];
    if (!make_pipe(fds))
        return false;
    *wake = (as_wake){.readable = fds[0], .writable = fds[1]};
    return true;
}

void as_wake_close(as_wake *wake)
{
    if (wake->readable < 0)
        return;
    (void)close(wake->readable);
    (void)close(wake->writable);
    *wake = AS_WAKE_CLOSED;
}

void as_wake_set(const as_wake *wake)
{
    if (wake->writable >= 0)
        (void)!write(wake->writable, "", 1); /* an empty pipe has room for one byte */
}

void as_wake_clear(const as_wake *wake)
{
    char byte;
    if (wake->readable >= 0)
        (void)!read(wake->readable, &byte, 1);
}
