/* SPDX-License-Identifier: MIT
 *
 * A model of how a frame is acquired, released, evicted and closed, as core/api/cv_handle.c
 * (sessions), core/stream/get.c and work.c (waiting, drawing), core/cache/outputs.c and frame.c
 * (buffers) and core/stream/open.c (the end) have it: what each does under one lock is one step
 * here.
 *
 *   caller   enters the session and the stream, looks for the frame, leaves a demand, waits, helps
 * to draw; holds the frame, gives it back, also when all else is gone worker   takes a buffer,
 * evicting what nobody holds or waits for; draws; publishes; wakes closer   ends the session while
 * the others are busy (CV_destroy)
 *
 * What is nobody else's, such as freeing what was taken out of all lists, belongs to the step
 * before. What the model leaves out: reading (polystreams are there), sizes (there is one),
 * budgets, deadlines but for waits that end at any time, and the worker pool's own locking.
 */
#ifndef MODEL_FRAMES_H
#define MODEL_FRAMES_H

#include <stdbool.h>
#include <stdint.h>

enum {
    MODEL_CALLERS = 2,
    MODEL_WORKERS = 1,
    MODEL_THREADS = MODEL_CALLERS + MODEL_WORKERS + 1, /* the closer is the last */
    MODEL_FRAMES = 3,
    MODEL_IDLE = 1,    /* buffers that nobody holds: as_outputs_params.per_size */
    MODEL_BUFFERS = 3, /* these, and those held */
    MODEL_CHOICES = 4  /* most ways in which a thread may go on */
};

/* Mistakes that the properties have to show. */
typedef enum model_mistake {
    MODEL_RIGHT,
    MODEL_FORGETS_NEWS,     /* who looked without the lock does not look again before waiting */
    MODEL_KEEPS_ROOM,       /* who leaves does not say that his frame need not be kept */
    MODEL_MISSES_ROOM,      /* who found no buffer does not ask whether one has come meanwhile */
    MODEL_SILENT_DRAW,      /* who has drawn wakes nobody */
    MODEL_SILENT_CLOSE,     /* closing wakes nobody who waits for a frame */
    MODEL_SILENT_LEAVE,     /* the last to leave a session does not say so */
    MODEL_HASTY_SESSION,    /* closing does not wait for callers */
    MODEL_HASTY_WORK,       /* closing does not wait for running work */
    MODEL_EVICTS_HELD,      /* a buffer that is held may be drawn on */
    MODEL_FREES_HELD,       /* closing frees buffers that are held */
    MODEL_UNCOUNTED_FRAMES, /* a held frame does not keep the pool */
    MODEL_MISTAKES
} model_mistake;

typedef struct model_rules {
    model_mistake mistake;
    uint8_t most_held; /* frames: 1 .. 2 */
    uint8_t gets;      /* of each caller */
    bool timeouts, helping;
    bool late_close; /* the session ends when all frames are given back: nobody is woken by that */
} model_rules;

typedef struct model_thread {
    uint8_t at; /* where in its program */
    uint8_t frame, result, gets;
    uint8_t buffer; /* held or being filled */
    uint8_t doomed; /* buffers to free: bits */
    uint8_t plan;   /* frames that were waited for when the drawing began: bits */
    uint8_t demanded, helped;
} model_thread;

typedef struct model_buffer {
    uint8_t state, frame, content, held;
} model_buffer;

/* Everything; compared byte by byte, so without padding. Sets of threads and frames are bits. */
typedef struct model {
    uint8_t session, session_calls, session_wait;
    uint8_t stream, closing, calls;
    uint8_t asleep;    /* threads that wait for `changed` */
    uint8_t news;      /* threads since whose last look something has changed */
    uint8_t room_news; /* likewise since their drawing began: buffers may have come free */
    uint8_t demands, notified;
    uint8_t waiters[MODEL_FRAMES], task[MODEL_FRAMES], items[MODEL_FRAMES];
    uint8_t ending, running;
    uint8_t pool, closed, references, frames_held;
    uint8_t ready[MODEL_BUFFERS], ready_count; /* newest first */
    model_buffer buffers[MODEL_BUFFERS];
    model_thread threads[MODEL_THREADS];
} model;

typedef struct model_step {
    model next;
    const char *wrong; /* NULL: nothing */
} model_step;

void model_begin(model *m);
/* How `thread` may go on; 0: it waits, or has ended. */
unsigned model_steps(const model_rules *rules, const model *m, unsigned thread,
                     model_step out[MODEL_CHOICES]);
bool model_has_ended(const model *m, unsigned thread);
/* In words, for whoever has to understand a way into trouble. Static. */
const char *model_where(const model *m, unsigned thread);

#endif
