/* SPDX-License-Identifier: MIT
 *
 * Which frames cannot be had, and why: so that nothing is tried again and again ahead of time. A
 * call for a frame forgives it; what may be an outage of the source is forgotten after a while.
 * Everything here is under the stream's lock.
 */
#include "core/stream/stream.h"

#include "core/base/clock.h"

#define RETRY_NS UINT64_C(1000000000) /* so long a failure of the source is believed */

static as_failure *find_failure(const as_stream *stream, as_output_key key)
{
    if (stream->failure_count == 0)
        return NULL;
    for (size_t i = 0; i < AS_ST_FAILURES; i++)
        if (stream->failures[i].used && as_output_is_same(stream->failures[i].key, key))
            return (as_failure *)(uintptr_t)&stream->failures[i];
    return NULL;
}

const as_failure *as_st_failure(const as_stream *stream, as_output_key key)
{
    const as_failure *failure = find_failure(stream, as_st_whole(key.index));
    return failure ? failure : find_failure(stream, key);
}

/* A malformed frame stays malformed. One whose bytes end too early (that is told with an offset)
 * may be in a file that is being written; all else deserves another try anyway. */
static bool is_final(const as_error *error)
{
    return error->code == AS_ERROR_DECODE && error->offset == AS_NO_OFFSET;
}

/* An outage ends by itself. */
static bool passes(const as_error *error)
{
    return error->code == AS_ERROR_TRANSPORT || error->code == AS_TIMEOUT;
}

static void forgive(as_stream *stream, as_output_key key)
{
    as_failure *failure = find_failure(stream, key);
    if (failure && !is_final(&failure->error))
        failure->used = false;
}

void as_st_forgive(as_stream *stream, as_output_key key)
{
    forgive(stream, as_st_whole(key.index));
    forgive(stream, key);
}

void as_st_remember_failure(as_stream *stream, as_output_key key, const as_error *error)
{
    as_failure *failure = find_failure(stream, key);
    if (!failure)
        failure = &stream->failures[stream->failure_count++ % AS_ST_FAILURES];
    *failure = (as_failure){.used = true, .key = key, .error = *error, .at_ns = as_clock_ns()};
    failure->error.frame = key.index;
    stream->stats.failed++;
    if (passes(error) && stream->retry_ns == 0)
        stream->retry_ns = failure->at_ns + RETRY_NS;
}

void as_st_forget_passed(as_stream *stream)
{
    if (stream->retry_ns == 0)
        return;
    const uint64_t now = as_clock_ns();
    if (now < stream->retry_ns)
        return;
    stream->retry_ns = 0;
    for (size_t i = 0; i < AS_ST_FAILURES; i++) {
        as_failure *failure = &stream->failures[i];
        if (!failure->used || !passes(&failure->error))
            continue;
        const uint64_t until = failure->at_ns + RETRY_NS;
        failure->used = now < until;
        if (failure->used && (stream->retry_ns == 0 || until < stream->retry_ns))
            stream->retry_ns = until;
    }
    stream->checked_ahead = 0;
    stream->ready_stalled = false;
}
