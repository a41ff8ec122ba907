/* SPDX-License-Identifier: MIT
 *
 * play: a stream against the clock, without a window.
 *
 * Picture k is due at start + k / (fps * speed). Its frame is asked for then; if the call gives up,
 * the stream goes on working on it and tells by an event when it is there.
 */
#include "cmd.h"

#include "backend.h"
#include "backend_gl.h"
#include "backend_vulkan.h"
#include "message.h"
#include "play_report.h"
#include "pool.h"
#include "source_open.h"
#include "system.h"

#include <inttypes.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#define SECOND UINT64_C(1000000000)
#define STATUS_EVERY (SECOND / 4)

/* The library's own patience over a network ends later than that of an open, and says why. */
enum { TIMEBOX_US = 12000, OPEN_MS = 60000, MOST_WAITING = 1024 };

/* A picture whose frame is not there yet. */
typedef struct waiting {
    uint64_t number; /* of the picture */
    uint64_t frame;
    uint64_t end_ns; /* when the next one is due */
} waiting;

typedef struct player {
    const options *o;
    as_source *source;
    as_stream *stream;
    as_frame *shown;
    backend *gpu; /* NULL: the CPU draws */
    frames_list frames;
    uint64_t position; /* in them */
    bool changed;      /* the content was replaced; how many frames it has now is to be seen */
    uint64_t random;
    uint64_t start_ns, end_ns;
    double next_seek_ns; /* after the start */
    uint64_t status_ns, status_came;
    bool status;
    play_report report;

    pthread_mutex_t lock; /* over what events touch: */
    waiting waits[MOST_WAITING];
    size_t wait_count;
    play_counts counts;
} player;

static volatile sig_atomic_t interrupted;

static void interrupt(int number)
{
    (void)number;
    interrupted = 1;
}

static uint64_t clock_ns(clockid_t clock)
{
    struct timespec t;
    clock_gettime(clock, &t);
    return (uint64_t)t.tv_sec * SECOND + (uint64_t)t.tv_nsec;
}

static uint64_t now_ns(void)
{
    return clock_ns(CLOCK_MONOTONIC);
}

/* Returns false when interrupted. */
static bool sleep_until(uint64_t ns)
{
    system_sleep_until(ns, &interrupted);
    return !interrupted;
}

/* When picture `number` is due, in ns after the start. */
static double due_after(const player *p, uint64_t number)
{
    const play_options *play = &p->o->play;
    const double speed = play->speed < 0 ? -play->speed : play->speed;
    return (double)number * (double)SECOND * play->fps_den / play->fps_num / speed;
}

/* ------------------------------------------------------------------------------ counting ---- */

static void expect(player *p, const waiting *w)
{
    pthread_mutex_lock(&p->lock);
    p->counts.due++;
    if (p->wait_count == MOST_WAITING) /* the oldest stays missing */
        memmove(&p->waits[0], &p->waits[1], --p->wait_count * sizeof(p->waits[0]));
    p->waits[p->wait_count++] = *w;
    pthread_mutex_unlock(&p->lock);
}

/* Under the lock: what became of waits[i]. */
static void settle(player *p, size_t i, uint64_t at_ns, as_result result)
{
    play_counts *c = &p->counts;
    if (result == AS_OK) {
        const bool on_time = p->o->play.flat_out || at_ns < p->waits[i].end_ns;
        c->on_time += on_time;
        c->late += !on_time;
        if (!on_time && p->waits[i].number + 1 > c->last_late)
            c->last_late = p->waits[i].number + 1;
    } else {
        const bool bad = message_is_bad_frame(result);
        c->bad += bad;
        c->failed += !bad;
    }
    p->waits[i] = p->waits[--p->wait_count];
}

/* Names a bad frame, up to a number of them. */
static void report_failure(player *p, uint64_t frame, as_result result, const as_error *error)
{
    pthread_mutex_lock(&p->lock);
    const bool named = p->counts.bad + p->counts.failed <= POOL_MOST_NAMED;
    pthread_mutex_unlock(&p->lock);
    if (!named)
        return;
    if (error)
        message_fail(error);
    else
        message_error("frame %" PRIu64 ": %s", frame, as_result_text(result));
}

/* On one of the stream's threads: a frame that was given up is there, or failed. */
static void on_event(void *user, uint64_t frame, as_result result)
{
    player *p = user;
    const uint64_t now = now_ns();
    bool any = false;
    if (result == AS_ERROR_CANCELLED) /* the end came first: that is no failure of the frame */
        return;
    pthread_mutex_lock(&p->lock);
    for (size_t i = 0; i < p->wait_count;) {
        if (p->waits[i].frame == frame) {
            settle(p, i, now, result);
            any = true;
        } else {
            i++;
        }
    }
    pthread_mutex_unlock(&p->lock);
    if (any && result != AS_OK)
        report_failure(p, frame, result, NULL);
}

/* Picture w is settled, unless an event was faster. */
static void settle_picture(player *p, const waiting *w, as_result result)
{
    const uint64_t now = now_ns();
    pthread_mutex_lock(&p->lock);
    for (size_t i = p->wait_count; i-- > 0;)
        if (p->waits[i].number == w->number) {
            settle(p, i, now, result);
            break;
        }
    pthread_mutex_unlock(&p->lock);
}

/* ------------------------------------------------------------------------------- playing ---- */

/* One try. The frame before stays until the next is there, as on a screen. */
static as_result try_frame(player *p, uint64_t index, uint64_t timeout, as_error *error)
{
    as_frame *frame = NULL;
    if (p->gpu)
        return backend_show(p->gpu, index, timeout, error);
    const as_result result = as_stream_get_frame(p->stream, index, 0, 0, timeout, &frame);
    if (result == AS_OK) {
        as_frame_unref(&p->shown);
        p->shown = frame;
    } else {
        (void)as_stream_last_error(p->stream, error);
    }
    return result;
}

static as_result get_frame(player *p, const waiting *w, as_error *error)
{
    const bool flat_out = p->o->play.flat_out;
    as_result result;
    do {
        const uint64_t start = now_ns();
        /* Nobody waits for a picture whose time is over; the stream makes it all the same. */
        const uint64_t timeout = flat_out ? SECOND : start >= w->end_ns ? 0 : AS_TIMEBOX;
        result = try_frame(p, w->frame, timeout, error);
        latency_add(&p->report.get, now_ns() - start);
    } while (flat_out && result == AS_TIMEOUT && !interrupted);
    return result;
}

static void show(player *p, const waiting *w)
{
    as_error error = {0};
    expect(p, w);
    const as_result result = get_frame(p, w, &error);
    if (result == AS_TIMEOUT || result == AS_NOT_READY)
        return;
    settle_picture(p, w, result);
    p->changed = p->changed || result == AS_ERROR_CHANGED;
    if (result != AS_OK)
        report_failure(p, w->frame, result, &error);
}

/* The new content may have other frames; a list of the user's stays as it is. */
static void follow_change(player *p)
{
    as_stream_metadata m = {.struct_size = sizeof(m)};
    frames_list frames = {0};
    if (!p->changed)
        return;
    if (as_stream_get_metadata(p->stream, &m) != AS_OK) { /* not read yet */
        as_stream_clear_error(p->stream);
        return;
    }
    p->changed = false;
    if (p->o->frames_given || m.frame_count == 0 || !frames_all(m.frame_count, &frames))
        return;
    frames_free(&p->frames);
    p->frames = frames;
    p->report.metadata = m;
    if (p->position >= frames.total)
        p->position = frames.total - 1;
}

static uint64_t random_below(player *p, uint64_t below)
{
    uint64_t x = p->random += UINT64_C(0x9E3779B97F4A7C15); /* splitmix64 */
    x = (x ^ x >> 30) * UINT64_C(0xBF58476D1CE4E5B9);
    x = (x ^ x >> 27) * UINT64_C(0x94D049BB133111EB);
    return (x ^ x >> 31) % below;
}

static void seek(player *p, uint64_t position)
{
    p->position = position;
    /* A frame that does not exist shows when it is asked for. */
    if (as_stream_seek(p->stream, frames_at(&p->frames, position)) != AS_OK)
        as_stream_clear_error(p->stream);
}

/* Returns false at the end. */
static bool advance(player *p)
{
    const bool backward = p->o->play.speed < 0;
    const uint64_t last = p->frames.total - 1;
    if (p->position == (backward ? 0 : last)) {
        p->position = backward ? last : 0;
        return p->o->play.loop;
    }
    p->position += backward ? UINT64_MAX : 1;
    return true;
}

static void show_status(player *p, uint64_t now, uint64_t frame)
{
    as_stream_stats stats = {.struct_size = sizeof(stats)};
    char text[128];
    if (!p->status || now < p->status_ns + STATUS_EVERY ||
        as_stream_get_stats(p->stream, &stats) != AS_OK)
        return;
    pthread_mutex_lock(&p->lock);
    const play_counts c = p->counts;
    pthread_mutex_unlock(&p->lock);
    const uint64_t come = c.on_time + c.late;
    const double passed = (double)(now - p->status_ns) / (double)SECOND;
    snprintf(text, sizeof(text),
             "play frame %" PRIu64 ", %.1f fps, %" PRIu64 " late, %" PRIu64
             " missing, L0 %.1f %%, L1 %.1f %%",
             frame, (double)(come - p->status_came) / passed, c.late, c.due - come,
             play_hit_percent(stats.l0_hits, stats.l0_misses),
             play_hit_percent(stats.l1_hits, stats.l1_misses));
    p->status_ns = now;
    p->status_came = come;
    message_status(text);
}

/* Picture `number`, `after` ns after the start. */
static void play_picture(player *p, uint64_t number, double after)
{
    const play_options *play = &p->o->play;
    follow_change(p);
    if (play->seek_every > 0 && after >= p->next_seek_ns) {
        p->next_seek_ns += play->seek_every * (double)SECOND;
        p->counts.seeks++;
        seek(p, random_below(p, p->frames.total));
    }
    p->end_ns = p->start_ns + (uint64_t)due_after(p, number + 1);
    const waiting w = {number, frames_at(&p->frames, p->position), p->end_ns};
    show(p, &w);
    show_status(p, now_ns(), w.frame);
}

/* Returns how it ended. */
static const char *play_pictures(player *p)
{
    const play_options *play = &p->o->play;
    const double most = play->seconds > 0 ? play->seconds * (double)SECOND : 1e300;
    for (uint64_t number = 0;; number++) {
        const double due = due_after(p, number);
        const double after = play->flat_out ? (double)(now_ns() - p->start_ns) : due;
        if (after >= most)
            return "time";
        if (interrupted || (!play->flat_out && !sleep_until(p->start_ns + (uint64_t)due)))
            return "interrupt";
        play_picture(p, number, after);
        if (!advance(p))
            return "end";
    }
}

static void play_all(player *p)
{
    const play_options *play = &p->o->play;
    const uint64_t total = p->frames.total;
    p->next_seek_ns = play->seek_every * (double)SECOND;
    p->random = play->seed;
    p->report.ended = "end";
    if (total > 0 && as_stream_play(p->stream, play->speed) == AS_OK) {
        const uint64_t first = play->start_given ? play->start : play->speed < 0 ? total - 1 : 0;
        seek(p, first);
        const uint64_t cpu = clock_ns(CLOCK_PROCESS_CPUTIME_ID);
        p->start_ns = p->status_ns = now_ns();
        p->report.ended = play_pictures(p);
        if (!play->flat_out && !interrupted)
            (void)sleep_until(p->end_ns); /* the last picture's time */
        p->report.seconds = (double)(now_ns() - p->start_ns) / (double)SECOND;
        p->report.cpu_seconds = (double)(clock_ns(CLOCK_PROCESS_CPUTIME_ID) - cpu) / (double)SECOND;
    }
    if (p->status)
        message_status("");
}

/* ------------------------------------------------------------------------------- opening ---- */

static int open_stream(player *p)
{
    const options *o = p->o;
    const double period_us = due_after(p, 1) / 1e3;
    as_key_params key;
    as_error error = {0};
    source_key_params(&o->key, NULL, &key);
    const as_stream_params params = {.struct_size = sizeof(params),
                                     .width = o->width,
                                     .height = o->height,
                                     .canvas_width = o->canvas_width,
                                     .canvas_height = o->canvas_height,
                                     .scale = o->vector ? AS_SCALE_VECTOR : AS_SCALE_NEAREST,
                                     .combine = o->combine,
                                     .processing = backend_processing(o),
                                     .source = p->source,
                                     .key = &key,
                                     .fps_num = o->play.fps_num,
                                     .fps_den = o->play.fps_den,
                                     .l0_frames = o->play.l0,
                                     .l1_frames = o->play.l1,
                                     .threads = o->threads,
                                     .timebox_us = period_us >= TIMEBOX_US ? TIMEBOX_US
                                                   : period_us >= 1        ? (uint32_t)period_us
                                                                           : 1,
                                     .init_timeout_ms = OPEN_MS,
                                     .event = on_event,
                                     .event_user = p,
                                     .log = {.fn = message_log, .level = o->log_level}};
    int code = backend_open(o, &p->gpu);
    if (code == CLI_DONE && as_stream_open(&params, &p->stream, &error) != AS_OK)
        code = source_say_not_opened(o, &error);
    if (code == CLI_DONE && p->gpu)
        code = backend_attach(p->gpu, p->stream);
    return code;
}

static int list_frames(player *p)
{
    const options *o = p->o;
    as_stream_metadata *m = &p->report.metadata;
    m->struct_size = sizeof(*m);
    if (as_stream_get_metadata(p->stream, m) != AS_OK) {
        as_error error = {0};
        (void)as_stream_last_error(p->stream, &error);
        return message_fail(&error);
    }
    const int code = source_frames(o, m->frame_count, &p->frames);
    if (code == CLI_DONE && o->play.start_given && o->play.start >= m->frame_count)
        return message_usage("--start %" PRIu32 " is past the end: the stream has %" PRIu64
                             " frames, counted from 0",
                             o->play.start, m->frame_count);
    return code;
}

static int print_report(player *p)
{
    play_report *r = &p->report;
    r->stats.struct_size = sizeof(r->stats);
    r->http.struct_size = sizeof(r->http);
    r->over_http = as_source_get_http_stats(p->source, &r->http, NULL) == AS_OK;
    if (as_stream_get_stats(p->stream, &r->stats) != AS_OK)
        as_stream_clear_error(p->stream);
    as_frame_unref(&p->shown);
    if (p->gpu && p->gpu->gl) {
        backend_gl_stats(p->gpu->gl, &r->gl);
        snprintf(r->gl_name, sizeof(r->gl_name), "%s", backend_gl_name(p->gpu->gl));
    } else if (p->gpu) {
        backend_vulkan_stats(p->gpu->vulkan, &r->vulkan);
        snprintf(r->vulkan_name, sizeof(r->vulkan_name), "%s", backend_vulkan_name(p->gpu->vulkan));
    }
    backend_close(&p->gpu);
    as_stream_close(&p->stream); /* no events any more */
    r->counts = p->counts;
    r->peak_bytes = system_peak_bytes();
    const uint64_t failures = r->counts.bad + r->counts.failed;
    if (failures > POOL_MOST_NAMED)
        message_error("%" PRIu64 " more failures are not named", failures - POOL_MOST_NAMED);
    if (p->o->given & OPTION_JSON)
        play_print_json(r);
    else
        play_print_table(r);
    return r->counts.bad ? CLI_DATA : r->counts.failed ? CLI_SOURCE : CLI_DONE;
}

int cmd_play(const options *o)
{
    if (o->frames_given && o->play.start_given)
        return message_usage("--start and --frames both say where to begin; use one of them");
    player *p = calloc(1, sizeof(*p));
    if (!p)
        return message_usage("out of memory");
    p->o = p->report.o = o;
    p->report.source = o->shown[1];
    p->status = o->progress == WHEN_ALWAYS || (o->progress == WHEN_AUTO && isatty(STDERR_FILENO));
    pthread_mutex_init(&p->lock, NULL);
    int code = source_open_bytes(o, o->operands[1], NULL, &p->source);
    if (code == CLI_DONE)
        code = open_stream(p);
    if (code == CLI_DONE)
        code = list_frames(p);
    system_catch(interrupt,
                 false); /* before, when there is nothing to report, SIGINT just ends the program */
    if (code == CLI_DONE) {
        play_all(p);
        code = print_report(p);
    }
    backend_close(&p->gpu);
    as_stream_close(&p->stream);
    as_source_close(&p->source);
    frames_free(&p->frames);
    pthread_mutex_destroy(&p->lock);
    free(p);
    return code;
}
