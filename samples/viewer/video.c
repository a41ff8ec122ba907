/* SPDX-License-Identifier: MIT */
#include "video_queue.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* So far behind the clock waits for the video; before that, pictures are left out. */
#define LATE_NS INT64_C(100000000)

struct video {
    video_queue *queue;
    video_entry current;
    picture shown;
    int64_t shown_pts;
    int64_t sought; /* where the latest seek led */
    bool has_current;
    bool is_shown;   /* the current one */
    bool is_seeking; /* no answer yet */
    bool was_refused;
    bool is_settled, is_late, is_ready;
    char problem[VIDEO_TEXT];
};

static const video_reader *reader_of(const char *path)
{
    const size_t length = strlen(path);
    const bool is_url = strstr(path, "://") || strncmp(path, "file:", 5) == 0;
    if (strcmp(path, "-") == 0 || (!is_url && length > 4 && strcmp(path + length - 4, ".y4m") == 0))
        return &video_y4m;
#ifdef VIEWER_WITH_FFMPEG
    return &video_ffmpeg;
#else
    return NULL;
#endif
}

video *video_open(const char *path, char *why, size_t capacity)
{
    const video_reader *reader = reader_of(path);
    video *v = NULL;
    if (!reader) {
        snprintf(why, capacity,
                 "%s needs FFmpeg, without which this viewer was built; pipe the video in: ffmpeg "
                 "-i FILE -f yuv4mpegpipe - | alphastream-viewer --video - ...",
                 path);
        return NULL;
    }
    v = calloc(1, sizeof(*v));
    if (!v) {
        snprintf(why, capacity, "out of memory for %s", path);
        return NULL;
    }
    v->queue = video_queue_start(reader, path, why, capacity);
    if (!v->queue) {
        free(v);
        return NULL;
    }
    return v;
}

void video_close(video *v)
{
    if (!v)
        return;
    video_queue_end(v->queue);
    free(v->current.picture.pixels);
    free(v->shown.pixels);
    free(v);
}

bool video_is_refused(video *v, char *why, size_t capacity)
{
    video_queue *q = v->queue;
    pthread_mutex_lock(&q->lock);
    const bool refused = q->state == VIDEO_REFUSED;
    if (refused)
        snprintf(why, capacity, "%s", q->why);
    pthread_mutex_unlock(&q->lock);
    return refused;
}

void video_wait_open(video *v)
{
    video_queue *q = v->queue;
    pthread_mutex_lock(&q->lock);
    while (q->state == VIDEO_OPENING)
        pthread_cond_wait(&q->news, &q->lock);
    pthread_mutex_unlock(&q->lock);
}

/* ------------------------------------------------------------------- with the queue's lock ---- */

static void ask(video *v, int64_t media_ns)
{
    video_queue *q = v->queue;
    v->sought = q->target = media_ns;
    v->is_seeking = true;
    v->was_refused = false;
    q->asked++;
    pthread_cond_broadcast(&q->work);
}

static void take_answer(video *v)
{
    const video_queue *q = v->queue;
    if (!v->is_seeking || q->answered != q->asked)
        return;
    v->is_seeking = false;
    v->was_refused = q->refused;
    v->has_current = v->has_current && q->refused;
}

static bool is_empty(const video_queue *q)
{
    return q->count == 0 && q->ended;
}

/* Where a seek was refused, gave no picture (then all there is from there on was read in vain), or
 * one from long before, it is tried again before that place, and only now and then behind it. */
static bool is_elsewhere(const video *v, int64_t media_ns)
{
    return media_ns < v->sought || media_ns - v->sought >= VIDEO_FAR_NS;
}

/* NULL: none. */
static const video_entry *first_entry(const video_queue *q)
{
    return q->count > 0 ? &q->entries[q->first] : NULL;
}

/* What comes next leaves out what is due: that was not to be shown when it was read. */
static bool is_left_out(const video *v, int64_t media_ns)
{
    const video_entry *e = first_entry(v->queue);
    return e && media_ns < e->since && (!v->has_current || media_ns >= e->from);
}

static bool should_seek(const video *v, int64_t media_ns)
{
    const video_queue *q = v->queue;
    if (v->is_seeking)
        return is_elsewhere(v, media_ns);
    if (!v->has_current && is_empty(q))
        return is_elsewhere(v, media_ns);
    const bool is_back = (v->has_current && media_ns < v->current.since && v->current.since > 0) ||
                         is_left_out(v, media_ns);
    const bool is_far =
        v->has_current && v->current.next >= 0 && v->current.next + VIDEO_FAR_NS < media_ns;
    return (is_back && !v->was_refused) || ((is_back || is_far) && is_elsewhere(v, media_ns));
}

/* One that cannot be converted leaves the one before due. */
static void take_one(video *v)
{
    video_queue *q = v->queue;
    video_entry *e = &q->entries[q->first];
    if (e->good) {
        const video_entry kept = v->current;
        v->current = *e;
        e->picture = kept.picture;
        v->has_current = true;
        v->is_shown = false;
    } else {
        v->current.next = e->next;
    }
    q->first = (q->first + 1) % VIDEO_QUEUE;
    q->count--;
    pthread_cond_broadcast(&q->work);
}

/* Where there is no way back, the first one that comes is as good as any. */
static void take_pictures(video *v, int64_t media_ns)
{
    const video_queue *q = v->queue;
    const video_entry *e = first_entry(q);
    while (e && (e->since <= media_ns || (!v->has_current && v->was_refused))) {
        take_one(v);
        e = first_entry(q);
    }
    if (e)
        v->current.next = v->was_refused ? e->since : e->from;
    else if (q->ended)
        v->current.next = -1;
}

/* The current picture is what to show; without a way back, until its time has come again. */
static bool is_due(const video *v, int64_t media_ns)
{
    const video_entry *c = &v->current;
    return v->has_current && (c->next < 0 || media_ns < c->next) &&
           (c->since <= media_ns || c->since <= 0 || v->was_refused);
}

static void judge(video *v, int64_t media_ns)
{
    const video_queue *q = v->queue;
    const bool is_lost = q->state == VIDEO_OPEN && !v->has_current && is_empty(q);
    v->is_settled =
        q->state == VIDEO_REFUSED || (!v->is_seeking && (is_due(v, media_ns) || is_lost));
    v->is_ready = v->is_ready || (v->is_settled && q->state == VIDEO_OPEN);
    v->is_late = !v->is_settled &&
                 (v->is_seeking || !v->has_current || media_ns - v->current.next > LATE_NS);
    v->problem[0] = '\0';
    if (!v->is_settled)
        snprintf(v->problem, sizeof(v->problem), "%s", q->why);
    else if (is_lost)
        snprintf(v->problem, sizeof(v->problem),
                 "the video is damaged: it has no picture that can be read from %.3f s on; go "
                 "back, or get the file anew",
                 (double)v->sought / 1e9);
}

static void look(video *v, int64_t media_ns)
{
    take_answer(v);
    if (!v->is_seeking && !should_seek(v, media_ns))
        take_pictures(v, media_ns);
    if (v->queue->state == VIDEO_OPEN && should_seek(v, media_ns))
        ask(v, media_ns);
    judge(v, media_ns);
}

/* ---------------------------------------------------------------------------------------------- */

void video_go(video *v, int64_t media_ns, uint64_t timeout_ns)
{
    video_queue *q = v->queue;
    const struct timespec latest = video_queue_after(timeout_ns);
    int code = timeout_ns ? 0 : ETIMEDOUT;
    pthread_mutex_lock(&q->lock);
    q->wanted = media_ns;
    look(v, media_ns);
    while (!v->is_settled && !*v->problem && code != ETIMEDOUT) {
        code = pthread_cond_timedwait(&q->news, &q->lock, &latest);
        look(v, media_ns);
    }
    pthread_mutex_unlock(&q->lock);
}

bool video_is_settled(const video *v)
{
    return v->is_settled;
}

bool video_is_late(const video *v)
{
    return v->is_late;
}

bool video_is_ready(const video *v)
{
    return v->is_ready;
}

const char *video_problem(const video *v)
{
    return v->problem;
}

void video_show(video *v)
{
    const uint64_t serial = v->shown.serial + 1;
    if (!v->has_current || v->is_shown)
        return;
    const picture kept = v->shown;
    v->shown = v->current.picture;
    v->shown.serial = serial;
    v->current.picture = kept;
    v->shown_pts = v->current.pts;
    v->is_shown = true;
}

int64_t video_shown_pts(const video *v)
{
    return v->shown_pts;
}

const picture *video_picture(const video *v)
{
    return &v->shown;
}

bool video_has_picture(const video *v)
{
    return v->has_current || v->shown.pixels;
}

int64_t video_pts(const video *v)
{
    return v->has_current ? v->current.pts : v->shown_pts;
}

int64_t video_next_pts(const video *v)
{
    return v->has_current ? v->current.next : -1;
}

int64_t video_duration(const video *v)
{
    pthread_mutex_lock(&v->queue->lock);
    const int64_t duration = v->queue->duration;
    pthread_mutex_unlock(&v->queue->lock);
    return duration;
}
