/* SPDX-License-Identifier: MIT */
#include "video_queue.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* For so long nothing may come: in general, and when one wants to be elsewhere. */
#define PATIENCE_SECONDS 10.0
#define SEEK_PATIENCE_SECONDS 1.0
/* After bytes stopped coming it is tried again so often. */
#define RETRY_NS UINT64_C(1000000000)
/* Waits for bytes end within a tenth of a second. */
#define END_NS UINT64_C(500000000)

struct timespec video_queue_after(uint64_t ns)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    ns += (uint64_t)t.tv_nsec;
    t.tv_sec += (time_t)(ns / 1000000000);
    t.tv_nsec = (long)(ns % 1000000000);
    return t;
}

static bool is_over(void *user, double seconds)
{
    video_queue *q = user;
    pthread_mutex_lock(&q->lock);
    const bool over = q->closing || seconds > PATIENCE_SECONDS ||
                      (q->asked != q->taken && seconds > SEEK_PATIENCE_SECONDS);
    pthread_mutex_unlock(&q->lock);
    return over;
}

/* ----------------------------------------------------------- with the lock, left for reading ----
 */

static void refuse(video_queue *q, const char *why)
{
    q->state = VIDEO_REFUSED;
    snprintf(q->why, sizeof(q->why), "%s", why);
    pthread_cond_broadcast(&q->news);
}

/* The reader was sent to `place`, and nothing was read there yet. */
static void begin_reading(video_queue *q, int64_t place)
{
    q->fresh = true;
    q->has_pending = false;
    q->place = place;
    q->back = VIDEO_FAR_NS;
    q->has_from = q->has_since = false;
}

static bool open_reader(video_queue *q, const video_watch *watch, char *why, size_t capacity)
{
    pthread_mutex_unlock(&q->lock);
    q->user = q->reader->open(q->path, watch, why, capacity);
    const int64_t duration = q->user ? q->reader->duration(q->user) : 0;
    pthread_mutex_lock(&q->lock);
    q->duration = q->user ? duration : q->duration;
    begin_reading(q, 0);
    return q->user != NULL;
}

static void close_reader(video_queue *q)
{
    pthread_mutex_unlock(&q->lock);
    if (q->user)
        q->reader->close(q->user);
    pthread_mutex_lock(&q->lock);
    q->user = NULL;
}

/* Nothing is known of what lies at `target`. */
static void begin_at(video_queue *q, int64_t target)
{
    q->count = 0;
    q->ended = false;
    q->resume = target;
    q->after = INT64_MIN;
}

/* Once bytes have stopped coming: says so, and opens the video anew where it was. */
static void recover(video_queue *q, const video_watch *watch, char *why, size_t capacity)
{
    const struct timespec again = video_queue_after(RETRY_NS);
    close_reader(q);
    if (q->state == VIDEO_OPENING) {
        refuse(q, why);
        return;
    }
    /* Else it is one that was not waited for any longer. */
    if (q->asked == q->taken)
        snprintf(q->why, sizeof(q->why), "%s", why);
    pthread_cond_broadcast(&q->news);
    int code = 0;
    while (!q->closing && q->asked == q->taken && code != ETIMEDOUT)
        code = pthread_cond_timedwait(&q->work, &q->lock, &again);
    if (q->asked != q->taken) {
        q->answered = q->taken = q->asked;
        q->refused = false;
        begin_at(q, q->target);
    }
    if (q->closing || !open_reader(q, watch, why, capacity))
        return;
    const int64_t resume = q->resume;
    pthread_mutex_unlock(&q->lock);
    const video_result result = q->reader->seek(q->user, resume, why, capacity);
    pthread_mutex_lock(&q->lock);
    if (result == VIDEO_CUT)
        close_reader(q);
    else if (result == VIDEO_GOOD)
        begin_reading(q, resume);
}

static video_result answer_seek(video_queue *q, char *why, size_t capacity)
{
    const uint64_t number = q->taken = q->asked;
    const int64_t target = q->target;
    pthread_mutex_unlock(&q->lock);
    const video_result result = q->reader->seek(q->user, target, why, capacity);
    pthread_mutex_lock(&q->lock);
    if (result != VIDEO_END) {
        begin_at(q, target);
        begin_reading(q, target);
    }
    q->answered = number;
    q->refused = result == VIDEO_END;
    pthread_cond_broadcast(&q->news);
    return result == VIDEO_CUT ? VIDEO_CUT : VIDEO_GOOD;
}

static void push(video_queue *q, const video_entry *e)
{
    video_entry *to = &q->entries[(q->first + q->count) % VIDEO_QUEUE];
    q->spare = to->picture;
    *to = *e;
    q->count++;
    q->after = q->resume = e->pts;
    q->has_from = q->has_since = false;
    q->state = VIDEO_OPEN;
    q->why[0] = '\0';
}

/* The first picture after the reader was sent somewhere. Where the file leads to one that is too
 * late it is sent further back, and is fresh still. Without the lock. */
static video_result read_first(video_queue *q, char *why, size_t capacity)
{
    video_result result = q->reader->step(q->user, &q->pending_pts, why, capacity);
    const bool late = result == VIDEO_GOOD && q->pending_pts > q->resume;
    q->has_pending = result == VIDEO_GOOD;
    q->fresh = false;
    if (q->place <= 0 || (!late && result != VIDEO_NO_KEY))
        return result;
    q->place = q->resume > q->back ? q->resume - q->back : 0;
    q->back *= 2;
    const video_result sought = q->reader->seek(q->user, q->place, why, capacity);
    q->fresh = sought == VIDEO_GOOD;
    q->has_pending = q->has_pending && sought == VIDEO_END;
    return sought == VIDEO_END ? result : sought;
}

/* From when on an entry is what to show. The first one is it from where one wanted to be, and what
 * cannot be converted before that leaves its place to it. */
static void place_entry(video_queue *q, video_entry *e, bool pushed)
{
    const bool is_first = q->after == INT64_MIN && !q->has_from && q->resume < e->pts;
    const int64_t begin = is_first ? q->resume : e->pts;
    e->from = q->has_from ? q->from : begin;
    e->since = q->has_since ? q->since : q->has_from ? e->pts : begin;
    q->from = e->from;
    q->has_from = true;
    q->since = e->since;
    q->has_since = !e->good && !pushed;
}

/* What was read goes into the queue, where it is of interest. */
static void take_entry(video_queue *q, video_entry *e, bool convert)
{
    const bool has_before = q->after != INT64_MIN;
    const bool pushed = convert && (e->good || has_before);
    if (e->pts > q->after)
        place_entry(q, e, pushed);
    if (pushed)
        push(q, e);
}

/* The next picture into the queue, where it is one of interest. */
static video_result read_one(video_queue *q, char *why, size_t capacity)
{
    const int64_t wanted = q->wanted;
    video_entry e = {.picture = q->spare, .next = -1, .good = true};
    video_result result = VIDEO_GOOD;
    pthread_mutex_unlock(&q->lock);
    if (q->fresh)
        result = read_first(q, why, capacity);
    const bool found = q->has_pending;
    e.pts = q->pending_pts;
    if (found) {
        result = q->reader->step(q->user, &q->pending_pts, why, capacity);
        q->has_pending = result == VIDEO_GOOD;
    }
    if (q->has_pending)
        e.next = q->pending_pts;
    /* From far behind, who draws may rather seek. */
    const bool past = q->has_pending && e.next <= wanted && e.next + VIDEO_FAR_NS > wanted;
    const bool taken = found && result != VIDEO_CUT && !past && e.pts > q->after;
    if (taken)
        e.good = q->reader->convert(q->user, &e.picture);
    pthread_mutex_lock(&q->lock);
    q->spare = e.picture;
    if (found && result != VIDEO_CUT)
        take_entry(q, &e, taken);
    q->ended = !q->has_pending && !q->fresh && result != VIDEO_CUT;
    if (q->ended && q->state == VIDEO_OPENING) {
        snprintf(why, capacity, "%.200s has no picture that can be shown", q->path);
        refuse(q, why);
    }
    pthread_cond_broadcast(&q->news);
    return result;
}

static void *decode(void *user)
{
    video_queue *q = user;
    const video_watch watch = {is_over, q};
    char why[VIDEO_TEXT] = "";
    pthread_mutex_lock(&q->lock);
    if (!open_reader(q, &watch, why, sizeof(why)))
        refuse(q, why);
    while (!q->closing && q->state != VIDEO_REFUSED) {
        video_result result = VIDEO_GOOD;
        if (!q->user)
            result = VIDEO_CUT;
        else if (q->asked != q->taken)
            result = answer_seek(q, why, sizeof(why));
        else if (q->ended || q->count == VIDEO_QUEUE)
            pthread_cond_wait(&q->work, &q->lock);
        else
            result = read_one(q, why, sizeof(why));
        if (result == VIDEO_CUT && !q->closing)
            recover(q, &watch, why, sizeof(why));
    }
    close_reader(q);
    q->finished = true;
    pthread_cond_broadcast(&q->news);
    pthread_mutex_unlock(&q->lock);
    return NULL;
}

/* --------------------------------------------------------------------------- start and end ---- */

static void free_queue(video_queue *q)
{
    for (int i = 0; i < VIDEO_QUEUE; i++)
        free(q->entries[i].picture.pixels);
    free(q->spare.pixels);
    free(q->path);
    pthread_mutex_destroy(&q->lock);
    pthread_cond_destroy(&q->work);
    pthread_cond_destroy(&q->news);
    free(q);
}

video_queue *video_queue_start(const video_reader *reader, const char *path, char *why,
                               size_t capacity)
{
    const size_t size = strlen(path) + 1;
    video_queue *q = calloc(1, sizeof(*q));
    char *copy = malloc(size);
    if (!q || !copy) {
        snprintf(why, capacity, "out of memory for %.200s", path);
        free(q);
        free(copy);
        return NULL;
    }
    q->reader = reader;
    q->path = memcpy(copy, path, size);
    q->after = INT64_MIN;
    pthread_mutex_init(&q->lock, NULL);
    /* A clock that is set shall not make waits longer. */
    pthread_condattr_t monotonic;
    pthread_condattr_init(&monotonic);
    pthread_condattr_setclock(&monotonic, CLOCK_MONOTONIC);
    pthread_cond_init(&q->work, &monotonic);
    pthread_cond_init(&q->news, &monotonic);
    pthread_condattr_destroy(&monotonic);
    if (pthread_create(&q->thread, NULL, decode, q) == 0)
        return q;
    snprintf(why, capacity, "no thread can be had to read %.200s", path);
    free_queue(q);
    return NULL;
}

void video_queue_end(video_queue *q)
{
    const struct timespec latest = video_queue_after(END_NS);
    if (!q)
        return;
    pthread_mutex_lock(&q->lock);
    q->closing = true;
    pthread_cond_broadcast(&q->work);
    int code = 0;
    while (!q->finished && code != ETIMEDOUT)
        code = pthread_cond_timedwait(&q->news, &q->lock, &latest);
    const bool finished = q->finished;
    pthread_mutex_unlock(&q->lock);
    if (!finished) {
        pthread_detach(q->thread);
        return;
    }
    pthread_join(q->thread, NULL);
    free_queue(q);
}
