/* SPDX-License-Identifier: MIT
 *
 * Telling the host that a frame is there: by callback, and by a pipe for event loops. The pipe
 * holds at most one byte: readable or not is all it says.
 */
#if defined(__linux__) && !defined(_GNU_SOURCE)
#define _GNU_SOURCE /* pipe2 */
#endif

#include "core/stream/stream.h"

#include <fcntl.h>
#include <unistd.h>

void as_st_count_event(as_stream *stream)
{
    if (stream->events++ == 0 && stream->event_fds[1] >= 0)
        (void)!write(stream->event_fds[1], "", 1); /* an empty pipe has room for one byte */
}

void as_st_send_event(const as_stream *stream, as_st_event event)
{
    if (stream->params.event)
        stream->params.event(stream->params.event_user, event.index, event.result);
}

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

int32_t as_st_event_fd(as_stream *stream)
{
    int fds[2];
    as_mutex_lock(&stream->lock);
    if (stream->event_fds[0] < 0 && make_pipe(fds)) {
        stream->event_fds[0] = fds[0];
        stream->event_fds[1] = fds[1];
        if (stream->events != 0)
            (void)!write(fds[1], "", 1);
    }
    const int32_t fd = stream->event_fds[0];
    as_mutex_unlock(&stream->lock);
    return fd;
}

uint64_t as_st_drain_events(as_stream *stream)
{
    char byte;
    as_mutex_lock(&stream->lock);
    const uint64_t events = stream->events;
    stream->events = 0;
    if (stream->event_fds[0] >= 0)
        (void)!read(stream->event_fds[0], &byte, 1);
    as_mutex_unlock(&stream->lock);
    return events;
}
