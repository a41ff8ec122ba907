/* SPDX-License-Identifier: MIT */
#include "core/base/clock.h"
#include "core/base/error.h"
#include "gpu/opengl/device.h"

static size_t ring_bytes(const as_gl_ring *ring)
{
    return ring->segment_bytes * AS_GL_SEGMENTS;
}

as_result as_gl_ring_create(as_gl_device *d, size_t segment_bytes, as_error *error)
{
    const GladGLContext *gl = &d->f.gl;
    as_gl_ring *ring = &d->ring;
    const GLbitfield access = GL_MAP_WRITE_BIT | AS_GL_MAP_PERSISTENT_BIT | AS_GL_MAP_COHERENT_BIT;
    ring->segment_bytes = segment_bytes;
    const GLsizeiptr size = (GLsizeiptr)ring_bytes(ring);
    gl->GenBuffers(1, &ring->buffer);
    gl->BindBuffer(GL_ARRAY_BUFFER, ring->buffer);
    if (d->base.persistent) {
        d->f.extra.buffer_storage(GL_ARRAY_BUFFER, size, NULL, access);
        ring->map = gl->MapBufferRange(GL_ARRAY_BUFFER, 0, size, access);
    } else {
        gl->BufferData(GL_ARRAY_BUFFER, size, NULL, GL_STREAM_DRAW);
    }
    const as_result result = as_gl_check(d, "making an upload buffer", error);
    if (result == AS_OK && d->base.persistent && !ring->map)
        return as_err_set(error, AS_ERROR_GPU, "the driver does not map the upload buffer");
    return result;
}

void as_gl_ring_destroy(as_gl_device *d)
{
    for (int i = 0; i < AS_GL_SEGMENTS; i++)
        if (d->ring.fences[i])
            d->f.gl.DeleteSync(d->ring.fences[i]);
    d->f.gl.DeleteBuffers(1, &d->ring.buffer); /* which unmaps it */
}

static as_result stalled(as_gl_ring *ring, uint64_t since, as_error *error)
{
    ring->stalled_since = since;
    return as_err_set(error, AS_ERROR_GPU,
                      "the GPU has not finished what it was given for %.1f s; ask again later, or "
                      "detach and attach to a new context",
                      (double)(as_clock_ns() - since) / 1e9);
}

/* Until the GPU is behind the fence. Once that took too long, it is only asked, until it is. */
static as_result wait_for(as_gl_device *d, GLsync fence, as_error *error)
{
    const GladGLContext *gl = &d->f.gl;
    const uint64_t start = as_clock_ns();
    const uint64_t since = d->ring.stalled_since;
    GLenum state = gl->ClientWaitSync(fence, GL_SYNC_FLUSH_COMMANDS_BIT, 0);
    if (state == GL_TIMEOUT_EXPIRED && since == 0) {
        d->base.numbers.upload_waits++;
        do /* a driver may have a limit of its own to one wait */
            state = gl->ClientWaitSync(fence, GL_SYNC_FLUSH_COMMANDS_BIT, d->most_wait_ns / 10);
        while (state == GL_TIMEOUT_EXPIRED && as_clock_ns() - start < d->most_wait_ns);
    }
    if (state == GL_TIMEOUT_EXPIRED)
        return stalled(&d->ring, since != 0 ? since : start, error);
    if (state == GL_ALREADY_SIGNALED || state == GL_CONDITION_SATISFIED) {
        d->ring.stalled_since = 0;
        return AS_OK;
    }
    const as_result result = as_gl_check(d, "waiting for the GPU", error);
    return result != AS_OK ? result
                           : as_err_set(error, AS_ERROR_GPU,
                                        "waiting for the GPU failed; detach and attach again");
}

static uint32_t after(const as_gl_ring *ring)
{
    return (ring->segment + 1) % AS_GL_SEGMENTS;
}

as_result as_gl_ring_check(as_gl_device *d, as_error *error)
{
    /* What was waited for in vain is still there. */
    return d->ring.stalled_since == 0 ? AS_OK : wait_for(d, d->ring.fences[after(&d->ring)], error);
}

/* On to the next segment, once the GPU has read what was in it. Orphaning makes that needless for
 * the content, but the wait keeps the driver from piling up buffers. */
static as_result next_segment(as_gl_device *d, as_error *error)
{
    as_gl_ring *ring = &d->ring;
    const uint32_t next = after(ring);
    if (ring->fences[next]) {
        const as_result result = wait_for(d, ring->fences[next], error);
        if (result != AS_OK)
            return result;
        d->f.gl.DeleteSync(ring->fences[next]);
        ring->fences[next] = NULL;
    }
    ring->fences[ring->segment] = d->f.gl.FenceSync(GL_SYNC_GPU_COMMANDS_COMPLETE, 0);
    ring->segment = next;
    ring->used = 0;
    if (!ring->map && next == 0)
        d->f.gl.BufferData(GL_ARRAY_BUFFER, (GLsizeiptr)ring_bytes(ring), NULL, GL_STREAM_DRAW);
    return AS_OK;
}

as_result as_gl_ring_room(as_gl_device *d, uint64_t wanted, as_rect **out_rects, size_t *out_count,
                          as_error *error)
{
    as_gl_ring *ring = &d->ring;
    const size_t most = ring->segment_bytes / sizeof(as_rect);
    const size_t count = wanted < most ? (size_t)wanted : most;
    const size_t bytes = count * sizeof(as_rect);
    as_result result = AS_OK;
    if (bytes > ring->segment_bytes - ring->used)
        result = next_segment(d, error);
    if (result != AS_OK)
        return result;
    const size_t offset = ring->segment * ring->segment_bytes + ring->used;
    void *rects =
        ring->map
            ? ring->map + offset
            : d->f.gl.MapBufferRange(GL_ARRAY_BUFFER, (GLintptr)offset, (GLsizeiptr)bytes,
                                     GL_MAP_WRITE_BIT | GL_MAP_UNSYNCHRONIZED_BIT |
                                         GL_MAP_INVALIDATE_RANGE_BIT | GL_MAP_FLUSH_EXPLICIT_BIT);
    if (!rects) {
        result = as_gl_check(d, "mapping the upload buffer", error);
        return result != AS_OK
                   ? result
                   : as_err_set(error, AS_ERROR_GPU, "the driver does not map the upload buffer");
    }
    *out_rects = rects;
    *out_count = count;
    return AS_OK;
}

as_result as_gl_ring_commit(as_gl_device *d, size_t bytes, size_t *out_offset, as_error *error)
{
    as_gl_ring *ring = &d->ring;
    *out_offset = ring->segment * ring->segment_bytes + ring->used;
    ring->used += bytes;
    if (ring->map)
        return AS_OK;
    if (bytes != 0)
        d->f.gl.FlushMappedBufferRange(GL_ARRAY_BUFFER, 0, (GLsizeiptr)bytes);
    if (d->f.gl.UnmapBuffer(GL_ARRAY_BUFFER))
        return AS_OK;
    return as_err_set(error, AS_ERROR_GPU,
                      "the driver lost the upload buffer's content; ask for the frame again");
}
