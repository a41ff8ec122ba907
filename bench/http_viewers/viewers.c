/* SPDX-License-Identifier: MIT
 *
 * Viewers who join at random times, play, and seek now and then. At a speed over 1 everything is
 * that much faster, so that an hour of viewing does not take an hour; what is requested for a
 * second of media stays the same, but lateness then says nothing about real viewers.
 *
 * What matters is what goes over the wire: masks are drawn on a canvas of 64 x 32.
 */
#include "http_viewers.h"

#include <inttypes.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>

enum { MOST_VIEWERS = 1000, CANVAS_WIDTH = 64, CANVAS_HEIGHT = 32, READERS = 2 };

typedef struct setting {
    const char *url;
    double viewers, seconds, speed, join, seek_every, seed;
    uint64_t start_ns;
    samples *first; /* from joining to the first mask */
} setting;

typedef struct viewer {
    pthread_t thread;
    const setting *s;
    uint64_t random;
    as_stream *stream;
    uint64_t frames; /* of the content */
    uint64_t due, late, seeks;
    as_http_stats http;
} viewer;

static uint64_t after(const setting *s, uint64_t start, double media_seconds)
{
    return start + (uint64_t)(media_seconds / s->speed * (double)SECOND);
}

static double next_seek(viewer *v, double media)
{
    return v->s->seek_every > 0 ? media + v->s->seek_every * (0.5 + random_unit(&v->random))
                                : 1e300;
}

static void open_viewer(viewer *v, as_source *source)
{
    as_error error = {0};
    as_frame *frame = NULL;
    as_stream_metadata metadata = {.struct_size = sizeof(metadata)};
    const as_stream_params params = {.struct_size = sizeof(params),
                                     .source = source,
                                     .canvas_width = CANVAS_WIDTH,
                                     .canvas_height = CANVAS_HEIGHT,
                                     .io_requests = READERS,
                                     .init_timeout_ms = 60000};
    const uint64_t joined = now_ns();
    if (as_stream_open(&params, &v->stream, &error) != AS_OK)
        die("%s", error.text);
    if (as_stream_get_metadata(v->stream, &metadata) != AS_OK ||
        as_stream_get_frame(v->stream, 0, 0, 0, AS_WAIT_FOREVER, &frame) != AS_OK ||
        as_stream_play(v->stream, v->s->speed) != AS_OK)
        die_of_stream(v->stream);
    samples_add(v->s->first, ms_of(now_ns() - joined));
    as_frame_unref(&frame);
    v->frames = metadata.frame_count;
}

static void show(viewer *v, uint64_t frame, uint64_t end_ns)
{
    as_frame *shown = NULL;
    const uint64_t now = now_ns();
    const as_result result =
        as_stream_get_frame(v->stream, frame, 0, 0, now < end_ns ? end_ns - now : 0, &shown);
    if (result != AS_OK && result != AS_TIMEOUT && result != AS_NOT_READY)
        die_of_stream(v->stream);
    v->due++;
    v->late += result != AS_OK;
    as_frame_unref(&shown);
}

static void play(viewer *v)
{
    const setting *s = v->s;
    const uint64_t start = now_ns(), pictures = (uint64_t)(s->seconds * FPS);
    double seek = next_seek(v, 0);
    uint64_t frame = 0;
    for (uint64_t k = 0; k < pictures; k++) {
        const double media = (double)k / FPS;
        sleep_until(after(s, start, media));
        if (media >= seek) {
            frame = random_next(&v->random) % v->frames;
            if (as_stream_seek(v->stream, frame) != AS_OK)
                die_of_stream(v->stream);
            v->seeks++;
            seek = next_seek(v, media);
        }
        show(v, frame, after(s, start, (double)(k + 1) / FPS));
        frame = frame + 1 < v->frames ? frame + 1 : 0;
    }
}

static void *watch(void *user)
{
    viewer *v = user;
    const as_http_params http = {.struct_size = sizeof(http)};
    sleep_until(after(v->s, v->s->start_ns, v->s->join * random_unit(&v->random)));
    as_source *source = open_url(v->s->url, &http);
    open_viewer(v, source);
    play(v);
    v->http = stats_of(source);
    as_stream_close(&v->stream);
    as_source_close(&source);
    return NULL;
}

static void print_totals(const setting *s, const viewer *viewers, double wall, double cpu,
                         double network_cpu)
{
    as_http_stats all = {0};
    uint64_t due = 0, late = 0, seeks = 0;
    for (size_t i = 0; i < (size_t)s->viewers; i++) {
        const viewer *v = &viewers[i];
        all.requests += v->http.requests;
        all.retries += v->http.retries;
        all.received += v->http.received;
        all.useful += v->http.useful;
        all.delivered += v->http.delivered;
        all.connections += v->http.connections;
        due += v->due;
        late += v->late;
        seeks += v->seeks;
    }
    printf("{\"viewers\": %.0f, \"media_seconds\": %.3f, \"speed\": %g, \"seed\": %.0f, ",
           s->viewers, s->viewers * s->seconds, s->speed, s->seed);
    printf("\"due\": %" PRIu64 ", \"late\": %" PRIu64 ", \"seeks\": %" PRIu64 ", ", due, late,
           seeks);
    print_http(&all);
    printf("\"wall_seconds\": %.3f, \"cpu_seconds\": %.3f, \"network_cpu_seconds\": %.3f, ", wall,
           cpu, network_cpu);
    printf("\"first_ms\": ");
    samples_print(s->first);
    printf("}\n");
}

static void run(setting *s)
{
    const size_t count = (size_t)s->viewers;
    viewer *viewers = calloc(count, sizeof(*viewers));
    uint64_t random = (uint64_t)s->seed;
    if (!viewers)
        die("out of memory");
    s->first = samples_new(count);
    s->start_ns = now_ns();
    /* Keeps the network thread, whose CPU time is read at the end, from ending with the last
     * viewer. */
    as_source *keeper = open_url(s->url, NULL);
    const uint64_t cpu = process_cpu_ns();
    for (size_t i = 0; i < count; i++) {
        viewers[i].s = s;
        viewers[i].random = random_next(&random);
        if (pthread_create(&viewers[i].thread, NULL, watch, &viewers[i]) != 0)
            die("no thread for viewer %zu", i);
    }
    for (size_t i = 0; i < count; i++)
        pthread_join(viewers[i].thread, NULL);
    print_totals(s, viewers, seconds_of(now_ns() - s->start_ns), seconds_of(process_cpu_ns() - cpu),
                 seconds_of(thread_cpu_ns(NETWORK_THREAD)));
    as_source_close(&keeper);
    samples_free(s->first);
    free(viewers);
}

int command_viewers(int argc, char **argv)
{
    setting s = {.viewers = 1, .seconds = 60, .speed = 1, .seed = 1};
    for (int i = 0; i < argc; i++) {
        if (take_number(argv, &i, "--viewers", 1, MOST_VIEWERS, &s.viewers) ||
            take_number(argv, &i, "--seconds", 1, 1e6, &s.seconds) ||
            take_number(argv, &i, "--speed", 0.1, 16, &s.speed) ||
            take_number(argv, &i, "--join", 0, 1e6, &s.join) ||
            take_number(argv, &i, "--seek-every", 0, 1e6, &s.seek_every) ||
            take_number(argv, &i, "--seed", 0, 1e9, &s.seed))
            continue;
        if (s.url || argv[i][0] == '-')
            die("viewers does not take \"%s\"", argv[i]);
        s.url = argv[i];
    }
    if (!s.url)
        die("viewers needs a URL");
    run(&s);
    return 0;
}
