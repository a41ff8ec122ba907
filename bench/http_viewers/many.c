/* SPDX-License-Identifier: MIT
 *
 * Many streams at once in one process, each paced at 60 frames per second by a thread of its own.
 * Every mask is compared with one drawn from the file.
 */
#include "http_viewers.h"

#include <inttypes.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

enum { WIDTH = 256, HEIGHT = 128, MOST_STREAMS = 512, READERS = 1 };

typedef struct setting {
    const char *url;
    double streams, seconds, seed;
    sums masks;
    samples *first;
} setting;

typedef struct player {
    pthread_t thread;
    setting *s;
    uint64_t random;
    as_source *source;
    as_stream *stream;
    uint64_t due, right, checking_ns;
    uint64_t late, late_at_start; /* the second: of them in the first second */
    as_http_stats http;
} player;

static uint64_t thread_now_ns(void)
{
    struct timespec t;
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &t);
    return (uint64_t)t.tv_sec * SECOND + (uint64_t)t.tv_nsec;
}

static void check(player *p, uint64_t frame, as_frame *mask)
{
    const uint64_t start = thread_now_ns();
    if (sum_of_frame(mask) != p->s->masks.of_frame[frame])
        die("frame %" PRIu64 " is wrong", frame);
    p->right++;
    p->checking_ns += thread_now_ns() - start;
}

/* A frame that is late is waited for all the same, and compared. */
static void show(player *p, uint64_t frame, uint64_t end_ns, bool at_start)
{
    as_frame *mask = NULL;
    const uint64_t now = now_ns();
    as_result result =
        as_stream_get_frame(p->stream, frame, 0, 0, now < end_ns ? end_ns - now : 0, &mask);
    p->due++;
    if (result == AS_TIMEOUT || result == AS_NOT_READY) {
        p->late++;
        p->late_at_start += at_start;
        result = as_stream_get_frame(p->stream, frame, 0, 0, AS_WAIT_FOREVER, &mask);
    }
    if (result != AS_OK)
        die_of_stream(p->stream);
    check(p, frame, mask);
    as_frame_unref(&mask);
}

static void open_player(player *p, uint64_t frame)
{
    as_error error = {0};
    as_frame *mask = NULL;
    p->source = open_url(p->s->url, NULL);
    const as_stream_params params = {.struct_size = sizeof(params),
                                     .source = p->source,
                                     .width = WIDTH,
                                     .height = HEIGHT,
                                     .io_requests = READERS,
                                     .start_frame = (uint32_t)frame,
                                     .init_timeout_ms = 60000};
    const uint64_t start = now_ns();
    if (as_stream_open(&params, &p->stream, &error) != AS_OK)
        die("%s", error.text);
    if (as_stream_get_frame(p->stream, frame, 0, 0, AS_WAIT_FOREVER, &mask) != AS_OK)
        die_of_stream(p->stream);
    samples_add(p->s->first, ms_of(now_ns() - start));
    as_frame_unref(&mask);
}

static void *run_player(void *user)
{
    player *p = user;
    setting *s = p->s;
    uint64_t frame = random_next(&p->random) % s->masks.count;
    open_player(p, frame);
    const uint64_t start = now_ns(), pictures = (uint64_t)(s->seconds * FPS);
    for (uint64_t k = 0; k < pictures; k++) {
        sleep_until(start + k * SECOND / FPS);
        show(p, frame, start + (k + 1) * SECOND / FPS, k < FPS);
        frame = frame + 1 < s->masks.count ? frame + 1 : 0;
    }
    p->http = stats_of(p->source);
    as_stream_close(&p->stream);
    return NULL;
}

/* Percent of a core that the network thread takes: at most in one second, from the start on. */
static double watch_network(double seconds)
{
    double most = 0;
    uint64_t before = thread_cpu_ns(NETWORK_THREAD), at = now_ns();
    for (unsigned i = 0; i < (unsigned)seconds; i++) {
        const uint64_t start = at;
        sleep_until(at + SECOND);
        const uint64_t cpu = thread_cpu_ns(NETWORK_THREAD);
        at = now_ns();
        const double part = 100 * seconds_of(cpu - before) / seconds_of(at - start);
        most = part > most ? part : most;
        before = cpu;
    }
    return most;
}

static void print_totals(const setting *s, const player *players, double wall, double cpu,
                         double network_most)
{
    as_http_stats all = {0};
    uint64_t due = 0, late = 0, at_start = 0, right = 0, checking = 0;
    for (size_t i = 0; i < (size_t)s->streams; i++) {
        const player *p = &players[i];
        all.requests += p->http.requests;
        all.retries += p->http.retries;
        all.received += p->http.received;
        all.useful += p->http.useful;
        all.delivered += p->http.delivered;
        all.connections += p->http.connections;
        due += p->due;
        late += p->late;
        at_start += p->late_at_start;
        right += p->right;
        checking += p->checking_ns;
    }
    const double own = cpu - seconds_of(checking);
    const double network = seconds_of(thread_cpu_ns(NETWORK_THREAD));
    printf("{\"streams\": %.0f, \"wall_seconds\": %.3f, \"due\": %" PRIu64 ", \"right\": %" PRIu64
           ", \"late\": %" PRIu64 ", \"late_in_first_second\": %" PRIu64 ", ",
           s->streams, wall, due, right, late, at_start);
    print_http(&all);
    printf("\"cpu_percent\": %.2f, \"cpu_percent_per_stream\": %.3f, \"network_percent\": %.2f, "
           "\"network_most_percent\": %.2f, ",
           100 * own / wall, 100 * own / wall / s->streams, 100 * network / wall, network_most);
    printf("\"first_ms\": ");
    samples_print(s->first);
    printf("}\n");
}

static void run(setting *s)
{
    const size_t count = (size_t)s->streams;
    player *players = calloc(count, sizeof(*players));
    uint64_t random = (uint64_t)s->seed;
    if (!players)
        die("out of memory");
    s->first = samples_new(count);
    const uint64_t start = now_ns(), cpu = process_cpu_ns();
    for (size_t i = 0; i < count; i++) {
        players[i].s = s;
        players[i].random = random_next(&random);
        if (pthread_create(&players[i].thread, NULL, run_player, &players[i]) != 0)
            die("no thread for stream %zu", i);
    }
    const double network_most = watch_network(s->seconds);
    for (size_t i = 0; i < count; i++)
        pthread_join(players[i].thread, NULL);
    /* The sources are still open, and so the network thread is still there. */
    print_totals(s, players, seconds_of(now_ns() - start), seconds_of(process_cpu_ns() - cpu),
                 network_most);
    for (size_t i = 0; i < count; i++)
        as_source_close(&players[i].source);
    samples_free(s->first);
    free(players);
}

int command_many(int argc, char **argv)
{
    setting s = {.streams = 64, .seconds = 30, .seed = 1};
    const char *path = NULL;
    for (int i = 0; i < argc; i++) {
        if (take_number(argv, &i, "--streams", 1, MOST_STREAMS, &s.streams) ||
            take_number(argv, &i, "--seconds", 1, 1e5, &s.seconds) ||
            take_number(argv, &i, "--seed", 0, 1e9, &s.seed))
            continue;
        if (path || argv[i][0] == '-')
            die("many does not take \"%s\"", argv[i]);
        if (s.url)
            path = argv[i];
        else
            s.url = argv[i];
    }
    if (!path)
        die("many needs a URL and the same content as a file");
    s.masks = sums_of_file(path, WIDTH, HEIGHT);
    if (s.masks.count == 0)
        die("%s has no frames", path);
    run(&s);
    free(s.masks.of_frame);
    return 0;
}
