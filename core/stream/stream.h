/* SPDX-License-Identifier: MIT
 *
 * The stream object and how its files share it.
 *
 *   open.c      making and ending a stream
 *   get.c       a caller asks for a frame and waits
 *   schedule.c  what workers shall do next: demands, L0 in play order, hints, prefetch
 *   work.c      what workers do: read the index, fetch a polystream, draw a frame
 *   failures.c  frames that cannot be had
 *   ahead.c     what a source that takes hints is asked to read ahead
 *   reopen.c    the source's content was replaced
 *   events.c    callback and descriptor
 *   cached.c    which frames the caches have
 *
 * One lock guards everything but what has its own (outputs, slots, queues). Lock order: stream,
 * then outputs, slots, or the pool's; no callback runs under any of them, nor does a source's
 * function.
 *
 * Work is of three kinds, each known by its as_task while it is queued or runs, so that nothing is
 * done twice: OPEN, FETCH (a polystream into L1) and DRAW (a frame into an output). Who wants a
 * frame is a demand; it outlives the call that timed out, so that the frame is finished for the
 * next one. Little is queued at a time: whenever something ends or the head moves, as_st_pump looks
 * what is most urgent now.
 *
 * Nothing is done in vain: a DRAW keeps its polystream from the moment it is wanted, whatever L1
 * evicts meanwhile, and what is drawn for a caller who waits stays until that caller has looked,
 * whatever else needs a buffer.
 */
#ifndef AS_STREAM_STREAM_H
#define AS_STREAM_STREAM_H

#include "alphastream/stream.h"
#include "core/base/slots.h"
#include "core/base/thread.h"
#include "core/base/wake.h"
#include "core/base/work.h"
#include "core/cache/lru.h"
#include "core/cache/outputs.h"
#include "core/base/buffer.h"
#include "core/format/format.h"
#include "core/raster/canvas.h"
#include "core/stream/predict.h"
#include "core/stream/timebase.h"
#include "core/stream/times.h"

#include <stdatomic.h>

enum {
    AS_ST_SIZES = 4,         /* outputs (kinds and sizes) that are prepared ahead at once */
    AS_ST_IDLE_DEMANDS = 16, /* demands kept that nobody waits for */
    AS_ST_FAILURES = 128,    /* remembered; more than L0 may want at once */
    AS_ST_HINTS = 8,         /* ranges of as_stream_request that are remembered */
    AS_ST_RANGES = 64,       /* in one hint to the source */
    AS_ST_WAITED = 64        /* ready frames that are kept for callers who wait */
};

typedef enum as_st_kind { AS_ST_OPEN, AS_ST_FETCH, AS_ST_DRAW, AS_ST_WARM } as_st_kind;

/* Work that is queued or runs. OPEN and FETCH: key is as_st_whole. WARM: of frame 0. */
typedef struct as_task {
    as_st_kind kind;
    as_output_key key;
    as_priority priority;
    bool queued; /* it has an item in its queue; false, while it does not run: the pump tries again
                  */
    bool running;
    bool wanted;         /* a FETCH that a DRAW waits for */
    bool notify;         /* a FETCH that was asked for ahead: an event tells when it is done */
    bool given_up;       /* the source gave the FETCH up once, for no reason that is known */
    uint64_t generation; /* the path's, when it began to run */
    uint64_t started_ns; /* when it began to run */
    as_blob *blob;       /* what a DRAW draws */
} as_task;

/* A frame that somebody asked for and did not get yet. */
typedef struct as_demand {
    as_output_key key;
    uint32_t waiters; /* callers inside as_st_get */
    uint32_t urgent;  /* of these, with a timeout of more than 0 */
    bool notify;      /* an event tells when it is there */
    uint64_t stamp;
    as_blob *blob; /* of as_st_whole: the polystream, kept for who waits for it; else NULL */
} as_demand;

typedef struct as_failure {
    bool used;
    as_output_key key; /* as_st_whole: its polystream; else its drawing at this size */
    uint64_t at_ns;
    as_error error;
} as_failure;

typedef struct as_hint {
    uint64_t next, end;
} as_hint;

/* What a source that takes hints is told (ahead.c). */
typedef struct as_st_ahead {
    bool takes;          /* it has a prefetch function; never changes */
    bool telling;        /* a thread is calling it, and looks again afterwards */
    bool due;            /* something is wanted that has nothing to do with the path */
    uint64_t generation; /* of the path: newer with every jump */
    /* When it was told last: */
    uint64_t told_generation, told_gets, told_reach;
    as_predictor told_path;
    uint64_t count;
    as_byte_range ranges[AS_ST_RANGES];
} as_st_ahead;

typedef struct as_size_in_use {
    as_output_key key; /* of frame 0 */
    uint64_t stamp;    /* gets when it was used last */
} as_size_in_use;

typedef enum as_st_state { AS_ST_OPENING, AS_ST_READY, AS_ST_FAILED } as_st_state;

typedef struct as_st_slot { /* of one thread */
    as_error error;
} as_st_slot;

typedef struct as_frame_memory as_frame_memory; /* open.c */

typedef struct as_st_canvas { /* a worker's while it draws */
    as_canvas *canvas;        /* NULL: none yet */
    as_blob *shows;           /* what is drawn on it; NULL: that is not known */
    const void *thread;       /* that drew on it last (work.c) */
} as_st_canvas;

struct as_stream {
    as_stream_params params; /* complete; pointers are not used after the open */
    as_source *source;
    as_work_group *group;
    as_work_group *io_group; /* of a caller's source; else NULL, and group reads too */
    as_work_queue *io_queue, *draw_queue;
    as_outputs *outputs;
    as_frame_memory *frame_memory; /* of the outputs; NULL: the library's */
    as_slots *slots;

    as_mutex lock;
    as_cond changed; /* a task ended, the state changed */
    as_st_state state;
    as_error open_error;
    as_key_params key; /* its pointers are copies, for the OPEN task, which wipes and frees them */
    as_container *container;    /* NULL until ready; the old one while it is opened anew */
    uint64_t frames;            /* 0 until ready; likewise */
    atomic_uint_fast64_t epoch; /* so often was the content replaced */
    uint64_t failed_version;    /* of the source, when it could not be opened anew */
    bool change_untold;         /* the next get says AS_ERROR_CHANGED */
    bool change_unsent;         /* the next OPEN begins with an event that says it */
    bool announced;             /* the end of the open is an event */
    bool reading;               /* there may be reads to cancel */
    bool closing;
    uint32_t calls;   /* callers inside as_st_get */
    uint64_t changes; /* `changed` was signalled so often */

    as_lru *l1;
    as_predictor predictor;
    bool initial;           /* the head is where the stream was opened */
    uint64_t checked_ahead; /* so many frames ahead are known to be in L1 or on their way */
    bool ready_stalled;    /* L0 has no room, or drawing failed: nothing more until the next call */
    uint64_t room_changes; /* output buffers may have become free so often */
    as_st_ahead ahead;
    as_timebase timebase;
    as_playhead playhead;

    as_task *tasks; /* order means nothing; all their memory is had at the open */
    size_t task_count, task_capacity;
    bool starved;     /* a queue or the list was full: who makes room pumps */
    uint32_t most_io; /* fetches that may run at once */
    as_demand *demands;
    size_t demand_count, demand_capacity;
    as_failure failures[AS_ST_FAILURES];
    uint64_t failure_count; /* ever */
    uint64_t retry_ns; /* then the oldest of those that pass by themselves is forgotten; 0: none */
    as_hint hints[AS_ST_HINTS];
    uint32_t hint_count;
    as_processing processing; /* params', and what as_st_prefer makes of it */
    as_output_kind preferred;
    as_size_in_use sizes[AS_ST_SIZES];
    uint32_t size_count;
    uint64_t gets;
    as_st_canvas *canvases; /* idle ones; raster_tasks at most, and one of a caller who helps */
    uint32_t canvas_count;
    bool helped; /* by a caller, who draws */

    as_error latest_error; /* of any thread's last call */
    atomic_bool latest_failed;
    as_wake wake;    /* closed: not asked for yet */
    uint64_t events; /* since the last drain */

    struct as_st_stats {
        uint64_t l0_hits, l0_misses, draws, fetched_to_draw;
        uint64_t evictions, decoded, drawn, dropped, failed, late, seeks, bytes_read, changes;
        as_times read, decode, draw, get;
    } stats;
};

/* open.c: params are complete and checked. */
as_result as_st_create(const as_stream_params *params, bool announced, as_stream **out_stream,
                       as_error *error);
/* Waits until the index is read and init_frames are in L1. */
as_result as_st_wait_open(as_stream *stream, as_error *error);
void as_st_close(as_stream *stream);
/* The same for an open that failed: the caller's frame allocator is not told. */
void as_st_abandon(as_stream *stream);
void as_st_free_key(as_stream *stream); /* wipes the passphrase */

/* get.c. What public calls ask for; no lock is needed. width x height: of the mask. */
as_output_key as_st_mask_key(uint64_t index, uint32_t width, uint32_t height);
as_output_key as_st_strip_key(uint64_t index);
as_output_key as_st_canvas_key(const as_stream *stream, uint64_t index, uint32_t width,
                               uint32_t height);
as_result as_st_get(as_stream *stream, as_output_key key, uint64_t timeout_ns, as_frame **out_frame,
                    as_error *error);
/* The frame's polystream itself, under the same rules but for held_frames, which does not count it.
 * *out_blob is the caller's to unref, NULL after an error. */
as_result as_st_get_polystream(as_stream *stream, uint64_t index, uint64_t timeout_ns,
                               as_blob **out_blob, as_error *error);
/* Changes when the source's content is replaced: what was got before is of the old one. Takes the
 * lock. */
uint64_t as_st_content(as_stream *stream);
/* AS_OK, AS_NOT_READY or why the open failed. Under the lock. */
as_result as_st_check_ready(const as_stream *stream, as_error *error);
as_result as_st_check_index(const as_stream *stream, uint64_t index, as_error *error);

/* schedule.c */
/* A stream that serves textures: of AS_OUTPUT_CANVAS: canvases (of the stream's output) are
 * prepared ahead; of AS_OUTPUT_NONE: polystreams alone. The R8 output of the stream's size is not,
 * until somebody gets one from then on; what was prepared of it and is not held is freed.
 * AS_OUTPUT_R8: back to the processing type of the params. A stream that is AS_PROCESS_ON_DEMAND
 * prepares nothing either way. Takes the lock; to set what is set already does nothing. */
void as_st_prefer(as_stream *stream, as_output_kind kind);
/* Back to AS_OUTPUT_R8, if it is `kind` that is preferred now. */
void as_st_prefer_no_more(as_stream *stream, as_output_kind kind);

/* From here on: under the lock. */
void as_st_pump(as_stream *stream);
/* A caller asked for `index`: learns, and on a jump drops what is no longer wanted. */
void as_st_note(as_stream *stream, uint64_t index);
/* The head is put somewhere: prepares from there. */
void as_st_jump(as_stream *stream, uint64_t index);
/* Play goes backward, or forward, from here on. */
void as_st_turn(as_stream *stream, bool backward);
/* Outputs like `key` are in use. */
void as_st_use_size(as_stream *stream, as_output_key key);
/* So are those the processing type names, of the stream's size. */
void as_st_use_processed(as_stream *stream);
/* Has buffers allocated for what is prepared ahead. */
void as_st_warm(as_stream *stream);
/* The demand for `key`, made if need be; NULL: out of memory. Valid until the lock is released. */
as_demand *as_st_demand(as_stream *stream, as_output_key key);
as_demand *as_st_find_demand(as_stream *stream, as_output_key key);
void as_st_drop_demand(as_stream *stream, as_demand *demand);
as_task *as_st_find_task(as_stream *stream, as_st_kind kind, as_output_key key);
/* Puts work into its queue, or raises what is there already. NULL: there is no room. */
as_task *as_st_enqueue(as_stream *stream, as_st_kind kind, as_output_key key, as_priority priority);
void as_st_end_task(as_stream *stream, as_st_kind kind, as_output_key key);
/* Tells whoever waits for `changed`. */
void as_st_signal(as_stream *stream);
/* Stands for everything that is made of a frame: its polystream. */
as_output_key as_st_whole(uint64_t index);
/* The content is another: drops whatever is queued, and who does not wait. */
void as_st_drop_work(as_stream *stream);
/* What a queue's item stands for. */
as_st_kind as_st_unpack(const as_work_item *item, as_output_key *out_key);
/* Which ready frames are wanted: what somebody waits for and has not fetched yet, and, with `path`,
 * what lies just ahead and is of a size in use. A copy, for use without the lock. */
typedef struct as_st_plan {
    bool path;
    as_predictor predictor;
    uint64_t reach;
    as_output_key in_use[AS_ST_SIZES];
    size_t in_use_count;
    as_output_key waited[AS_ST_WAITED];
    size_t waited_count;
} as_st_plan;
void as_st_plan_now(const as_stream *stream, as_st_plan *out);
/* For as_outputs_take, with an as_st_plan. */
bool as_st_is_planned(void *plan, as_output_key key);

/* failures.c; all under the lock. */
/* Why `key` cannot be had: its polystream or its drawing. */
const as_failure *as_st_failure(const as_stream *stream, as_output_key key);
void as_st_remember_failure(as_stream *stream, as_output_key key, const as_error *error);
/* Another try for `key`, unless the failure is for good. */
void as_st_forgive(as_stream *stream, as_output_key key);
/* The source may be back: what failed for it a while ago is to be tried again, along with all that
 * is wanted. */
void as_st_forget_passed(as_stream *stream);

/* cached.c: as as_stream_get_cached, but *out_count may be more than capacity. No lock is needed.
 */
as_result as_st_cached(as_stream *stream, as_tier tier, as_frame_range *ranges, size_t capacity,
                       size_t *out_count, as_error *error);

/* ahead.c */
/* Where the head is now has nothing to do with where it was. */
void as_st_new_path(as_stream *stream);
/* Passes on what is wanted, if that is news. Under the lock, which it gives up meanwhile. */
void as_st_tell_source(as_stream *stream);

/* reopen.c; all under the lock. */
/* May the frame be asked for? AS_OK; AS_NOT_READY: the index is still being read; else why not. The
 * first to ask after a change gets AS_ERROR_CHANGED. */
as_result as_st_check_frame(as_stream *stream, uint64_t index, as_error *error);
/* Is it AS_NOT_READY because the source's content was replaced? */
bool as_st_is_reopening(const as_stream *stream);
/* The source says its content is of this version: if that is news, or reading its index failed for
 * a reason that passes, the index is read (again). Gives the lock up meanwhile. */
void as_st_notice_version(as_stream *stream, uint64_t version);
/* What was read through `container` is of an older version than the source's content: forgets all
 * that and opens it anew. Gives the lock up meanwhile. */
void as_st_content_changed(as_stream *stream, const as_container *container);
/* The outcome of an OPEN that is not the first, begun when the source was of this version; NULL: it
 * failed. Returns the container that is to be closed. */
as_container *as_st_reopened(as_stream *stream, as_container *container, uint64_t version,
                             const as_error *error);

/* work.c */
void as_st_run(void *user, const as_work_item *item, bool stale);
/* A caller who waits draws `key` itself, where no worker has begun to: cheaper than the hand-over
 * from thread to thread. Only where that surely takes less than `ns`, and no callback for events
 * would be called in its thread; one caller at a time. false: nothing was done. Under the lock, but
 * gives it up meanwhile. */
bool as_st_help(as_stream *stream, as_output_key key, uint64_t ns);

/* events.c */
typedef struct as_st_event {
    uint64_t index;
    as_result result;
} as_st_event;
/* Under the lock: counts it and makes the descriptor readable. */
void as_st_count_event(as_stream *stream);
/* Outside the lock. */
void as_st_send_event(const as_stream *stream, as_st_event event);
int32_t as_st_event_fd(as_stream *stream);
uint64_t as_st_drain_events(as_stream *stream);

#endif
