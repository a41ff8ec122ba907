/* SPDX-License-Identifier: MIT
 *
 * The source's content was replaced by another (as_source_vtable.version, AS_ERROR_CHANGED from a
 * read). Everything known of the old one is forgotten and its index is read anew by an OPEN task.
 * What a worker was doing meanwhile is told apart by the stream's epoch.
 *
 * There is no end to changes, so each step on from one waits for something: the first is followed
 * by an OPEN; another, before anybody has heard of the first, and an OPEN that fails, wait for the
 * next get.
 */
#include "core/stream/stream.h"

bool as_st_is_reopening(const as_stream *stream)
{
    return stream->state == AS_ST_OPENING && stream->container;
}

as_result as_st_check_frame(as_stream *stream, uint64_t index, as_error *error)
{
    if (stream->change_untold && !stream->closing) {
        stream->change_untold = false;
        return as_err_set(error, AS_ERROR_CHANGED,
                          "the source's content was replaced by another, whose frame index is read "
                          "now; ask again, and ask for the number of frames anew");
    }
    const as_result result = as_st_check_ready(stream, error);
    return result == AS_OK ? as_st_check_index(stream, index, error) : result;
}

/* Does what was wrong pass by itself, with the same content? */
static bool is_passing(as_result result)
{
    return result == AS_ERROR_TRANSPORT || result == AS_TIMEOUT || result == AS_ERROR_OUT_OF_MEMORY;
}

static void open_anew(as_stream *stream)
{
    stream->state = AS_ST_OPENING;
    /* There is room: nothing else is queued. */
    (void)as_st_enqueue(stream, AS_ST_OPEN, as_st_whole(0), AS_PRIORITY_WAITED);
}

static void forget_content(as_stream *stream)
{
    as_lru_clear(stream->l1);
    for (size_t i = 0; i < AS_ST_FAILURES; i++)
        stream->failures[i].used = false;
    stream->failure_count = stream->retry_ns = 0;
    stream->hint_count = 0;
    stream->ready_stalled = false;
    as_st_drop_work(stream);
}

void as_st_content_changed(as_stream *stream, const as_container *container)
{
    if (stream->state != AS_ST_READY || stream->closing || container != stream->container)
        return;
    const bool again = stream->change_untold;
    stream->state = AS_ST_OPENING;
    stream->change_untold = true;
    stream->change_unsent = !again;
    stream->stats.changes++;
    (void)atomic_fetch_add(&stream->epoch, 1); /* first: an output taken before is invalidated */
    forget_content(stream);
    as_mutex_unlock(&stream->lock);
    as_outputs_invalidate(stream->outputs);
    as_mutex_lock(&stream->lock);
    if (again) {
        stream->state = AS_ST_FAILED;
        stream->failed_version = container->version;
        as_err_set(&stream->open_error, AS_ERROR_TRANSPORT,
                   "the source's content was replaced twice before anybody asked for a frame; its "
                   "index is read when asked for: ask again");
    } else {
        open_anew(stream);
    }
    as_st_signal(stream);
}

void as_st_notice_version(as_stream *stream, uint64_t version)
{
    if (!stream->container || stream->closing)
        return;
    if (stream->state == AS_ST_READY && version > stream->container->version)
        as_st_content_changed(stream, stream->container);
    if (stream->state == AS_ST_FAILED &&
        (is_passing(stream->open_error.code) || version > stream->failed_version))
        open_anew(stream);
}

as_container *as_st_reopened(as_stream *stream, as_container *container, uint64_t version,
                             const as_error *error)
{
    if (!container) {
        stream->state = AS_ST_FAILED;
        stream->failed_version = version;
        stream->open_error = *error;
        return NULL;
    }
    as_container *old = stream->container;
    stream->container = container;
    stream->frames = container->info.frame_count;
    stream->state = AS_ST_READY;
    return old;
}
