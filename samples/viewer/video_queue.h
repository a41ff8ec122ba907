/* SPDX-License-Identifier: MIT
 *
 * What the two threads of a video share: the one that decodes fills a small queue, in order; the
 * one that draws takes from it and asks for other places.
 */
#ifndef VIEWER_VIDEO_QUEUE_H
#define VIEWER_VIDEO_QUEUE_H

#include "video.h"

#include <pthread.h>
#include <time.h>

enum { VIDEO_QUEUE = 3 };

/* Further ahead than this it is quicker to seek than to decode what lies between. */
#define VIDEO_FAR_NS INT64_C(1000000000)

typedef struct video_entry {
    picture picture;
    int64_t pts, next; /* when it is due, and when the one after it; next -1: there is none */
    /* From when on it is what to show, earlier than pts where there is none before; and from when
     * on no other entry is: pictures between the two were left out. */
    int64_t since, from;
    bool good; /* false: it cannot be converted, and the one before stays due */
} video_entry;

typedef enum video_state { VIDEO_OPENING, VIDEO_OPEN, VIDEO_REFUSED } video_state;

typedef struct video_queue {
    /* Read by the thread that decodes; do not change. */
    const video_reader *reader;
    char *path;
    pthread_t thread;

    pthread_mutex_t lock; /* for all up to `duration` */
    pthread_cond_t work;  /* for who decodes: room, a seek, the end */
    pthread_cond_t news;  /* for who draws: whatever changed */
    bool closing, finished;
    video_state state;
    char why[VIDEO_TEXT]; /* refused, or no bytes come; "": all is well */
    video_entry entries[VIDEO_QUEUE];
    unsigned first, count;
    bool ended;                      /* no more comes after the last entry */
    uint64_t asked, taken, answered; /* numbers of seeks */
    bool refused;   /* the answer: the place stays as it was; else the queue began anew */
    int64_t target; /* of the latest seek */
    int64_t wanted; /* what is due; earlier pictures need not be converted */
    int64_t duration;

    /* Of the thread that decodes. */
    void *user; /* of the reader; NULL: closed */
    picture spare;
    bool fresh; /* nothing was read since it was opened, or went elsewhere */
    bool has_pending;
    int64_t pending_pts;
    int64_t resume;           /* where to go on when it has to be opened again */
    int64_t after;            /* pictures up to here are there already */
    int64_t place;            /* where the reader was sent, when it is fresh */
    int64_t back;             /* how far before `resume` it is sent next, where that was too late */
    bool has_from, has_since; /* of the next entry, as it is known already */
    int64_t from, since;
} video_queue;

/* The time `ns` from now, for waits on `work` and `news`. */
struct timespec video_queue_after(uint64_t ns);

/* NULL: `why` is a sentence. */
video_queue *video_queue_start(const video_reader *reader, const char *path, char *why,
                               size_t capacity);
/* Ends the thread; where that does not end at once, as while it looks up the name of a host, it is
 * left to itself with the queue. NULL is ignored. */
void video_queue_end(video_queue *q);

#endif
