/* SPDX-License-Identifier: MIT */
#include "tests/stress/soak.h"

#include "tests/support/process.h"

#include <inttypes.h>
#include <time.h>

#define PICTURE_NS (SECOND / 60)

enum { RECOVERY_SECONDS = 60 };

static uint64_t below(soak_player *p, uint64_t end)
{
    return test_random_u64(&p->random) % end;
}

static uint64_t frames_of(const soak_player *p)
{
    return p->content->frames * p->repeats;
}

static void wait_until(uint64_t then_ns)
{
    const uint64_t now = test_now_ns();
    if (now >= then_ns)
        return;
    const struct timespec pause = {.tv_sec = (time_t)((then_ns - now) / SECOND),
                                   .tv_nsec = (long)((then_ns - now) % SECOND)};
    nanosleep(&pause, NULL);
}

/* -------------------------------------------------------------------------------------- opens --
 */

static bool open_stream_of(soak_player *p)
{
    as_http_params http = http_quick();
    http.stall_timeout_ms = 500;
    http.connect_timeout_ms = 5000;
    http.proxy = "";
    http.cache_bytes = 1024 * 1024;
    http.cache_dir = p->cache_dir;
    http.cache_dir_bytes = 2 * 1024 * 1024;
    const as_stream_params params = {.struct_size = sizeof(params),
                                     .location = p->url,
                                     .http = &http,
                                     .width = p->content->width,
                                     .height = p->content->height,
                                     .init_timeout_ms = 10000,
                                     .threads = 2};
    as_error error;
    const as_result result = as_stream_open(&params, &p->stream, &error);
    if (result == AS_OK || result == AS_ERROR_TRANSPORT || result == AS_TIMEOUT ||
        result == AS_ERROR_CHANGED)
        return result == AS_OK;
    fprintf(stderr, "the open came to %d: %s\n", (int)result, error.text);
    p->counts.wrong++;
    return false;
}

static bool open_handle_of(soak_player *p)
{
    if (!p->handle)
        p->handle = CV_create();
    if (p->handle && CV_init(p->handle, p->url, 0, p->content->width, p->content->height, NULL, 0,
                             0, 0, 0, 10000, 10000))
        return true;
    const int code = CV_get_last_error_code(p->handle);
    if (code != AS_ERROR_TRANSPORT && code != AS_TIMEOUT) {
        fprintf(stderr, "CV_init: %s\n", CV_get_last_error_text(p->handle));
        p->counts.wrong++;
    }
    CV_destroy(p->handle);
    p->handle = NULL;
    return false;
}

static bool is_open(soak_player *p)
{
    if (p->stream || p->handle)
        return true;
    const bool good = p->kind == SOAK_HANDLE ? open_handle_of(p) : open_stream_of(p);
    p->counts.opens++;
    p->counts.refused += !good;
    return good;
}

void soak_close(soak_player *p)
{
    as_stream_close(&p->stream);
    CV_destroy(p->handle);
    p->handle = NULL;
}

/* ------------------------------------------------------------------------------------- frames --
 */

static void count_outcome(soak_player *p, as_result result, const char *text)
{
    switch (result) {
    case AS_OK: break;
    case AS_TIMEOUT:
    case AS_NOT_READY: p->counts.late++; break;
    case AS_ERROR_CHANGED: p->counts.changed++; break;
    case AS_ERROR_TRANSPORT: p->counts.failed++; break;
    default:
        fprintf(stderr, "frame %" PRIu64 " came to %d: %s\n", p->position, (int)result, text);
        p->counts.wrong++;
    }
}

static void compare(soak_player *p, uint64_t index, uint64_t hash)
{
    p->counts.masks++;
    if (hash != mask_content_hash(p->content, &p->hasher, MASK_R8, index % p->content->frames)) {
        fprintf(stderr, "frame %" PRIu64 " shows something else\n", index);
        p->counts.wrong++;
    }
}

static as_result get_from_handle(soak_player *p, uint64_t index)
{
    const mask_content *c = p->content;
    const void *pixels = CV_get_frame(p->handle, index);
    if (pixels)
        compare(p, index, mask_hash_r8(pixels, c->width, c->height, c->width));
    const int code = CV_get_last_error_code(p->handle);
    count_outcome(p, code, CV_get_last_error_text(p->handle));
    return code;
}

static as_result get(soak_player *p, uint64_t index, uint64_t timeout_ns)
{
    as_frame *frame = NULL;
    as_error error;
    if (p->handle)
        return get_from_handle(p, index);
    const as_result result = as_stream_get_frame(p->stream, index, 0, 0, timeout_ns, &frame);
    (void)as_stream_last_error(p->stream, &error);
    count_outcome(p, result, error.text);
    if (frame)
        compare(p, index, mask_hash_frame(frame));
    as_frame_unref(&frame);
    return result;
}

/* --------------------------------------------------------------------------------------- play --
 */

static void seek(soak_player *p)
{
    static const int steps[] = {1, 1, 1, -1, 2};
    p->step = steps[below(p, sizeof(steps) / sizeof(*steps))];
    p->position = below(p, 6) ? below(p, frames_of(p)) : frames_of(p) - 1 - below(p, 4);
    p->counts.seeks++;
    if (p->stream && below(p, 2))
        (void)!as_stream_seek(p->stream, p->position);
    if (p->stream && below(p, 4) == 0)
        (void)!as_stream_set_rate(p->stream, 30 + (uint32_t)below(p, 60), 1);
}

void *soak_play(void *player)
{
    soak_player *p = player;
    uint64_t due = test_now_ns();
    p->step = p->step ? p->step : 1;
    while (!atomic_load(p->stop)) {
        if (below(p, 60) == 0)
            seek(p);
        if (is_open(p)) {
            p->counts.pictures++;
            (void)get(p, p->position, AS_TIMEBOX);
        }
        p->position = (p->position + frames_of(p) + (uint64_t)(int64_t)p->step) % frames_of(p);
        due += PICTURE_NS;
        if (test_now_ns() > due + SECOND) /* what was missed is not made up for */
            due = test_now_ns();
        wait_until(due);
    }
    return NULL;
}

bool soak_recovers(soak_player *p, unsigned count)
{
    const uint64_t until = test_now_ns() + RECOVERY_SECONDS * SECOND;
    while (count > 0 && test_now_ns() < until) {
        p->position = below(p, frames_of(p));
        as_result result = AS_NOT_READY;
        while (result != AS_OK && test_now_ns() < until) {
            if (is_open(p))
                result = get(p, p->position, SECOND);
            if (result != AS_OK) /* a source rests after a failure */
                wait_until(test_now_ns() + 10 * MILLISECOND);
        }
        count -= result == AS_OK;
    }
    return count == 0;
}
