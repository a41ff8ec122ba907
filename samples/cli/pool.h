/* SPDX-License-Identifier: MIT
 *
 * Frames through several threads and out in order. Workers fill a ring of results; the calling
 * thread consumes them one after another, however they were finished.
 */
#ifndef CLI_POOL_H
#define CLI_POOL_H

#include "render.h"

enum { POOL_MOST_NAMED = 100 }; /* bad frames named; the rest is counted */

typedef struct pool_result {
    uint64_t position; /* in the list of frames */
    uint64_t frame;
    as_result result;
    as_error error;  /* if result is not AS_OK */
    byte_array data; /* what work made; of no meaning if result is not AS_OK */
} pool_result;

/* In a worker, several at once, each with a renderer of its own. */
typedef as_result pool_work_fn(renderer *r, const void *user, uint64_t frame, byte_array *out,
                               as_error *error);

/* In the calling thread, in order. Also called for a bad frame, which was reported by then. Any
 * code but CLI_DONE ends the run. */
typedef int pool_consume_fn(void *user, const pool_result *result);

typedef struct pool_params {
    as_container *container;
    as_source *source; /* of the container; told which frames come next, unless gpu draws */
    backend *gpu;      /* NULL, or what draws: then all in the calling thread */
    const options *o;  /* threads, progress, and what the renderer draws */
    const frames_list *frames;
    const char *verb;        /* before the progress bar */
    size_t bytes_per_result; /* about; bounds how far the workers run ahead */
    pool_work_fn *work;
    pool_consume_fn *consume; /* may be NULL */
    void *user;               /* for both */
} pool_params;

/* Runs the frames. Returns CLI_DONE; CLI_DATA if a frame was bad; the code of an error that
 * concerns more than one frame; or what consume ended with. *out_bad: bad frames met. */
int pool_run(const pool_params *params, uint64_t *out_bad);

#endif
