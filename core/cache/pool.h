/* SPDX-License-Identifier: MIT
 *
 * Inside of outputs.h, for outputs.c (filling), frame.c (handing out) and pool.c (what both need).
 *
 * One lock guards everything but the counts of frames and of the pool. Under it buffers are only
 * counted and moved between lists. Those to be freed ("doomed") gather in a list of the function
 * that took the lock, which frees them as it releases it; whoever calls counts in the pool, so it
 * lives that long.
 */
#ifndef AS_CACHE_POOL_H
#define AS_CACHE_POOL_H

#include "core/base/thread.h"
#include "core/cache/outputs.h"
#include "core/raster/r8.h"

#include <stdatomic.h>

/* All there is of one kind and size. Lives while it has buffers. */
typedef struct as_pool_group as_pool_group;
struct as_pool_group {
    as_pool_group *older;      /* used longer ago */
    as_output_key key;         /* of frame 0 */
    uint32_t idle;             /* ready and not held, or filling */
    uint32_t held;             /* buffers, however many frames are on each */
    uint32_t spare;            /* so many that idle + held + spare <= per_size + peak */
    uint32_t peak;             /* of held, in this window of holds and the one before */
    uint32_t peak_here, holds; /* in this window */
};

struct as_output {
    as_outputs *pool;
    as_pool_group *group;
    as_output *newer, *older; /* in the list of ready or of spare ones; doomed ones use `older` */
    as_output_key key;
    uint64_t epoch;      /* the pool's when it was taken: it shows the source as it was then */
    uint32_t frames;     /* handed out */
    bool seen;           /* one was */
    void *data;          /* NULL: a strip */
    size_t size;         /* of data */
    as_ras_shown *shown; /* what is in data; NULL: that is not remembered */
    as_buffer vertices;  /* of a strip */
    size_t bytes;        /* all of these, as the pool counts it */
};

struct as_frame {
    atomic_uint references;
    as_output *output;
    as_frame *next; /* of the unused ones */
};

typedef struct as_pool_list {
    as_output *newest, *oldest;
} as_pool_list;

struct as_outputs {
    atomic_size_t references; /* the stream, frames in callers' hands, filling buffers */
    as_outputs_params params;
    as_frame_allocator allocator; /* params.allocator, where not NULL */
    as_mutex lock;
    bool closed;
    uint64_t epoch;
    as_pool_group *groups; /* the last used first */
    as_pool_list ready;    /* by use; held ones too */
    as_pool_list spare;    /* by when they became spare */
    uint64_t buffers, bytes, held_bytes;
    uint32_t held_frames;
    as_frame *frames; /* all of them, most_held */
    as_frame *unused;
};

typedef struct as_pool_keeper {
    bool (*keep)(void *user, as_output_key key);
    void *user;
} as_pool_keeper;

/* Not under the lock. The last to drop the pool frees it. */
void as_pool_keep(as_outputs *pool);
void as_pool_drop(as_outputs *pool);
/* What a buffer for `key` takes for its content; 0 for a strip. */
size_t as_pool_size_of(as_output_key key);
/* The size of the canvas that is remembered beside the pixels; 0 x 0: none is. */
typedef struct as_pool_size {
    uint32_t width, height;
} as_pool_size;
as_pool_size as_pool_shown_of(const as_outputs *pool, as_output_key key);
/* Both together. */
size_t as_pool_bytes_of(const as_outputs *pool, as_output_key key);
/* Memory for pixels, or NULL. Not under the lock. */
void *as_pool_allocate(const as_outputs *pool, size_t size);
/* One that does not count (any more). Not under the lock. */
void as_pool_free_output(const as_outputs *pool, as_output *output);
/* Frees the doomed ones too. */
void as_pool_unlock(as_outputs *pool, as_output *doomed);

/* From here on: under the lock. */
void as_pool_list_add(as_pool_list *list, as_output *output);
void as_pool_list_remove(as_pool_list *list, as_output *output);
as_output *as_pool_find_ready(const as_outputs *pool, as_output_key key);
/* Neither held nor kept. */
bool as_pool_may_displace(const as_output *output, as_pool_keeper keep);

/* Takes it out of its list and all counts. Its group may be gone after this. */
void as_pool_doom_spare(as_outputs *pool, as_output *output, as_output **doomed);
void as_pool_doom_ready(as_outputs *pool, as_output *output, as_output **doomed);
/* The output is in no list, and in no count of its group; a strip is doomed, for it has nothing to
 * use again. The group may be gone after this. */
void as_pool_make_spare(as_outputs *pool, as_output *output, as_output **doomed);
/* Dooms the spare ones that are too many, those first that became spare first. */
void as_pool_trim(as_outputs *pool, as_pool_group *group, as_output **doomed);

/* The group of key's kind and size, made if need be, now the last used. The caller counts a buffer
 * into it, or calls as_pool_drop_group_if_empty. NULL: out of memory. */
as_pool_group *as_pool_group_of(as_outputs *pool, as_output_key key, as_pool_keeper keep,
                                as_output **doomed);
/* Leaves of a size only what is in use. The group may be gone after this. */
void as_pool_sweep_group(as_outputs *pool, as_pool_group *group, as_pool_keeper keep,
                         as_output **doomed);
void as_pool_use_group(as_outputs *pool, as_pool_group *group);
void as_pool_drop_group_if_empty(as_outputs *pool, as_pool_group *group);

#endif
