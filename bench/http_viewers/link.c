/* SPDX-License-Identifier: MIT
 *
 * What one viewer meets on a link: how long the first mask takes, how long one takes after a seek
 * to where nothing has been fetched, and whether playing at 60 frames per second is ever late.
 */
#include "http_viewers.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { WIDTH = 256, HEIGHT = 128, MOST_OPENS = 100, MOST_SEEKS = 1000, MOST_CACHED = 4096 };
#define APART (UINT64_C(1) << 20) /* bytes between a place sought and what is there */

typedef struct place {
    as_source *source;
    as_stream *stream;
} place;

typedef struct setting {
    const char *url;
    double opens, seeks, seconds, settle, seed;
    sums masks;
    as_container *local;
    uint64_t file_bytes;
} setting;

static place open_place(const setting *s)
{
    as_error error = {0};
    place p = {.source = open_url(s->url, NULL)};
    const as_stream_params params = {.struct_size = sizeof(params),
                                     .source = p.source,
                                     .width = WIDTH,
                                     .height = HEIGHT,
                                     .init_timeout_ms = 60000};
    if (as_stream_open(&params, &p.stream, &error) != AS_OK)
        die("%s", error.text);
    return p;
}

static void close_place(place *p)
{
    as_stream_close(&p->stream);
    as_source_close(&p->source);
}

/* The frame, waited for up to timeout_ns; its mask must be right. */
static as_result get(const setting *s, const place *p, uint64_t frame, uint64_t timeout_ns)
{
    as_frame *mask = NULL;
    const as_result result = as_stream_get_frame(p->stream, frame, 0, 0, timeout_ns, &mask);
    if (result != AS_OK && result != AS_TIMEOUT && result != AS_NOT_READY)
        die_of_stream(p->stream);
    if (result == AS_OK && sum_of_frame(mask) != s->masks.of_frame[frame])
        die("frame %" PRIu64 " is wrong", frame);
    as_frame_unref(&mask);
    return result;
}

/* -------------------------------------------------------------------------------- opens ---- */

static void measure_opens(const setting *s)
{
    samples *first = samples_new(MOST_OPENS);
    uint64_t requests = 0;
    for (unsigned i = 0; i < (unsigned)s->opens; i++) {
        const uint64_t start = now_ns();
        place p = open_place(s);
        (void)get(s, &p, 0, AS_WAIT_FOREVER);
        samples_add(first, ms_of(now_ns() - start));
        const as_http_stats stats = stats_of(p.source);
        requests = stats.requests > requests ? stats.requests : requests;
        close_place(&p);
    }
    printf("\"open\": {\"first_mask_ms\": ");
    samples_print(first);
    printf(", \"most_requests\": %" PRIu64 "}", requests);
    samples_free(first);
}

/* -------------------------------------------------------------------------------- seeks ---- */

/* Is nothing there near the frame's bytes? */
static bool is_cold(const setting *s, const place *p, uint64_t frame)
{
    static as_byte_range cached[MOST_CACHED];
    as_byte_range wanted = {0};
    size_t count = 0;
    if (as_container_frame_range(s->local, frame, &wanted, NULL) != AS_OK ||
        as_source_get_cached(p->source, cached, MOST_CACHED, &count, NULL) != AS_OK)
        return false;
    for (size_t i = 0; i < count; i++)
        if (wanted.offset + APART > cached[i].offset &&
            wanted.offset < cached[i].offset + cached[i].length + APART)
            return false;
    return true;
}

static uint64_t pick_cold(const setting *s, const place *p, uint64_t *random)
{
    for (int tries = 0; tries < 10000; tries++) {
        const uint64_t frame = random_next(random) % s->masks.count;
        if (is_cold(s, p, frame))
            return frame;
    }
    die("no frame is left to seek to; use a longer container or fewer --seeks");
}

/* Plays from `frame`, which is there, for so many seconds; the times of gets go to `gets`, which of
 * them was the last that was late to *last. Returns how many were. */
static uint64_t play(const setting *s, const place *p, uint64_t frame, double seconds,
                     samples *gets, uint64_t *last)
{
    const uint64_t start = now_ns(), pictures = (uint64_t)(seconds * FPS);
    uint64_t late = 0;
    for (uint64_t k = 1; k < pictures && frame + k < s->masks.count; k++) {
        const uint64_t end = start + (k + 1) * SECOND / FPS;
        sleep_until(start + k * SECOND / FPS);
        const uint64_t asked = now_ns();
        const as_result result = get(s, p, frame + k, asked < end ? end - asked : 0);
        if (gets)
            samples_add(gets, ms_of(now_ns() - asked));
        late += result != AS_OK;
        *last = result != AS_OK ? k : *last;
    }
    return late;
}

static void measure_seeks(const setting *s)
{
    samples *times = samples_new(MOST_SEEKS);
    uint64_t random = (uint64_t)s->seed, late = 0, last = 0, at_once = 0, settled = 0;
    place p = open_place(s);
    (void)get(s, &p, 0, AS_WAIT_FOREVER);
    late += play(s, &p, 0, s->settle, NULL, &last);
    const as_http_stats before = stats_of(p.source);
    for (unsigned i = 0; i < (unsigned)s->seeks; i++) {
        const uint64_t frame = pick_cold(s, &p, &random);
        const uint64_t requests = stats_of(p.source).requests, start = now_ns();
        if (as_stream_seek(p.stream, frame) != AS_OK)
            die_of_stream(p.stream);
        (void)get(s, &p, frame, AS_WAIT_FOREVER);
        samples_add(times, ms_of(now_ns() - start));
        const uint64_t here = stats_of(p.source).requests - requests;
        at_once = here > at_once ? here : at_once;
        late += play(s, &p, frame, s->settle, NULL, &last);
    }
    const as_http_stats after = stats_of(p.source);
    settled = after.requests - before.requests;
    printf("\"seek\": {\"mask_ms\": ");
    samples_print(times);
    printf(", \"seeks\": %.0f, \"seconds_after_each\": %g, \"most_requests_to_the_mask\": %" PRIu64
           ", \"requests\": %" PRIu64 ", \"received\": %" PRIu64 ", \"late\": %" PRIu64 "}",
           s->seeks, s->settle, at_once, settled, after.received - before.received, late);
    close_place(&p);
    samples_free(times);
}

/* --------------------------------------------------------------------------------- play ---- */

static void measure_play(const setting *s)
{
    const double most = (double)s->masks.count / FPS;
    const double seconds = s->seconds > 0 && s->seconds < most ? s->seconds : most;
    samples *gets = samples_new((size_t)(seconds * FPS) + 1);
    place p = open_place(s);
    (void)get(s, &p, 0, AS_WAIT_FOREVER);
    uint64_t last = 0;
    const uint64_t late = play(s, &p, 0, seconds, gets, &last);
    const as_http_stats stats = stats_of(p.source);
    printf("\"play\": {\"seconds\": %.3f, \"due\": %zu, \"late\": %" PRIu64
           ", \"last_late\": %" PRIu64 ", ",
           seconds, samples_count(gets), late, last);
    print_http(&stats);
    printf("\"whole\": %s, \"file_bytes\": %" PRIu64 ", \"get_ms\": ",
           seconds >= most ? "true" : "false", s->file_bytes);
    samples_print(gets);
    printf("}");
    close_place(&p);
    samples_free(gets);
}

static void open_local(setting *s, const char *path)
{
    as_source *source = NULL;
    as_error error = {0};
    if (as_source_open_file(path, NULL, &source, &error) != AS_OK ||
        as_source_size(source, &s->file_bytes, &error) != AS_OK ||
        as_container_open(source, NULL, &s->local, &error) != AS_OK)
        die("%s", error.text);
    as_source_close(&source);
    s->masks = sums_of_file(path, WIDTH, HEIGHT);
    if (s->masks.count == 0)
        die("%s has no frames", path);
}

int command_link(int argc, char **argv)
{
    setting s = {.opens = 5, .seconds = 0, .settle = 1, .seed = 1};
    const char *path = NULL;
    for (int i = 0; i < argc; i++) {
        if (take_number(argv, &i, "--opens", 0, MOST_OPENS, &s.opens) ||
            take_number(argv, &i, "--seeks", 0, MOST_SEEKS, &s.seeks) ||
            take_number(argv, &i, "--settle", 0, 1e4, &s.settle) ||
            take_number(argv, &i, "--seconds", 0, 1e6, &s.seconds) ||
            take_number(argv, &i, "--seed", 0, 1e9, &s.seed))
            continue;
        if (path || argv[i][0] == '-')
            die("link does not take \"%s\"", argv[i]);
        if (s.url)
            path = argv[i];
        else
            s.url = argv[i];
    }
    if (!path)
        die("link needs a URL and the same content as a file");
    open_local(&s, path);
    printf("{");
    measure_opens(&s);
    if (s.seeks > 0) {
        printf(", ");
        measure_seeks(&s);
    }
    printf(", ");
    measure_play(&s);
    printf("}\n");
    as_container_close(&s.local);
    free(s.masks.of_frame);
    return 0;
}
