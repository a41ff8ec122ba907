/* SPDX-License-Identifier: MIT
 *
 * Telling the host that a frame is there: by callback, and by a descriptor for event loops.
 */
#include "core/stream/stream.h"

void as_st_count_event(as_stream *stream)
{
    if (stream->events++ == 0)
        as_wake_set(&stream->wake);
}

void as_st_send_event(const as_stream *stream, as_st_event event)
{
    if (stream->params.event)
        stream->params.event(stream->params.event_user, event.index, event.result);
}

int32_t as_st_event_fd(as_stream *stream)
{
    as_mutex_lock(&stream->lock);
    if (stream->wake.readable < 0 && as_wake_open(&stream->wake) && stream->events != 0)
        as_wake_set(&stream->wake);
    const int32_t fd = stream->wake.readable;
    as_mutex_unlock(&stream->lock);
    return fd;
}

uint64_t as_st_drain_events(as_stream *stream)
{
    as_mutex_lock(&stream->lock);
    const uint64_t events = stream->events;
    stream->events = 0;
    as_wake_clear(&stream->wake);
    as_mutex_unlock(&stream->lock);
    return events;
}
