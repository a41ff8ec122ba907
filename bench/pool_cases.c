/* SPDX-License-Identifier: MIT
 *
 * The pool without a consumer: how many frames two workers make in the time in which one makes one
 * (`pool`). Nobody takes frames, and no thread but workers runs: each frame that is there asks,
 * from its event, for the next one, WINDOW of which are under way at any time. Up and down the
 * stream, in order, with so few polystreams in L1 that each frame is inflated again.
 *
 * How much of two cores there is depends on who else uses the machine. So each round measures, one
 * right after the other, one worker, two workers, and two processes of one worker each, which is
 * what the machine would give; the figures are medians of the rounds. Workers and processes are
 * kept on a core each, since a crowded machine may well let two run on one.
 */
#include "bench.h"

#include "core/base/thread.h"

#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

enum { WINDOW = 8, ROUNDS = 9, MOST_PROCESSES = 2 };

/* ----------------------------------------------------------------------------- one process ---- */

typedef struct production {
    as_stream *stream;
    uint64_t frames, next;
    bool backward;
    atomic_uint due; /* so many are to be asked for; who finds 0 does it, and for those that come */
    atomic_uint_fast64_t made;
    atomic_bool failed;
} production;

static uint64_t next_index(production *p)
{
    const uint64_t index = p->next;
    if (p->frames > 1) {
        if (index == (p->backward ? 0 : p->frames - 1))
            p->backward = !p->backward;
        p->next = p->backward ? index - 1 : index + 1;
    }
    return index;
}

/* Until one is under way; those that are there already are made, too. */
static void ask_for_one(production *p)
{
    as_result result = AS_OK;
    while (result == AS_OK) {
        as_frame *frame = NULL;
        result = as_stream_get_frame(p->stream, next_index(p), 0, 0, 0, &frame);
        as_frame_unref(&frame);
        if (result == AS_OK)
            atomic_fetch_add(&p->made, 1);
        else if (result != AS_NOT_READY)
            atomic_store(&p->failed, true);
    }
}

/* In order, by one thread at a time, and no other waits for it. */
static void ask(production *p)
{
    if (atomic_fetch_add(&p->due, 1) != 0)
        return;
    do
        ask_for_one(p);
    while (atomic_fetch_sub(&p->due, 1) != 1);
}

static void on_event(void *user, uint64_t index, as_result result)
{
    production *p = user;
    (void)index;
    if (result == AS_OK)
        atomic_fetch_add(&p->made, 1);
    else
        atomic_store(&p->failed, true);
    ask(p);
}

typedef struct reading {
    double made, wall, cpu;
    bool failed;
} reading;

static reading read_now(production *p)
{
    return (reading){(double)atomic_load(&p->made), bench_wall_us(), bench_process_cpu_us(),
                     atomic_load(&p->failed)};
}

static void sleep_us(double us)
{
    nanosleep(&(struct timespec){(time_t)(us / 1e6), (long)((uint64_t)us % 1000000 * 1000)}, NULL);
}

static bool open_stream(const bench_case *c, uint32_t workers, production *p)
{
    const as_stream_params params = {.struct_size = sizeof(params),
                                     .location = c->stream->path,
                                     .width = c->size.width,
                                     .height = c->size.height,
                                     .l1_frames = 32,
                                     .prefetch_frames = 16,
                                     .threads = workers,
                                     .raster_tasks = workers,
                                     .pin_threads = 1,
                                     .event = on_event,
                                     .event_user = p};
    as_error error = {0};
    if (as_stream_open(&params, &p->stream, &error) == AS_OK)
        return true;
    bench_message("%s: %s", c->name, error.text);
    return false;
}

/* Tells the parent when buffers are touched and workers busy, measures when it says so, and goes on
 * working until it hangs up. */
static bool produce(const bench_case *c, uint32_t workers, double us, int parent)
{
    production p = {.frames = c->frames};
    char word = 0;
    if (!open_stream(c, workers, &p))
        return false;
    for (int i = 0; i < WINDOW; i++)
        ask(&p);
    while (read_now(&p).made < 10 * WINDOW && !read_now(&p).failed)
        sleep_us(1000);
    bool ok = write(parent, &word, 1) == 1 && read(parent, &word, 1) == 1;
    const reading begun = read_now(&p);
    sleep_us(us);
    const reading ended = read_now(&p);
    const reading out = {ended.made - begun.made, ended.wall - begun.wall, ended.cpu - begun.cpu,
                         ended.failed};
    ok = ok && write(parent, &out, sizeof(out)) == (ssize_t)sizeof(out);
    (void)!read(parent, &word, 1);
    for (unsigned none = 0; !atomic_compare_exchange_strong(&p.due, &none, 1); none = 0)
        sleep_us(100); /* nobody uses the stream any more */
    as_stream_close(&p.stream);
    return ok;
}

/* ---------------------------------------------------------------------------- many processes ----
 */

typedef struct process {
    pid_t id;
    int end; /* of the line to it */
} process;

/* With one worker: on this core. */
static bool start(const bench_case *c, uint32_t workers, unsigned core, double us, process *out)
{
    int ends[2];
    if (socketpair(AF_UNIX, SOCK_STREAM, 0, ends) != 0)
        return false;
    fflush(stdout);
    out->id = fork();
    if (out->id == 0) {
        close(ends[0]);
        if (workers == 1)
            (void)as_thread_pin(core);
        _exit(!produce(c, workers, us, ends[1]));
    }
    close(ends[1]);
    out->end = ends[0];
    return out->id > 0;
}

/* Frames a microsecond, and microseconds of CPU a frame, of some processes at once; false: one
 * failed. */
static bool measure_at_once(const bench_case *c, unsigned processes, uint32_t workers, double us,
                            double *rate, double *cpu)
{
    process all[MOST_PROCESSES];
    unsigned started = 0;
    double made = 0, used = 0;
    char word = 0;
    bool ok = true;
    while (started < processes && ok) {
        all[started].end = -1;
        ok = start(c, workers, started, us, &all[started]);
        started += ok;
    }
    for (unsigned i = 0; i < started; i++)
        ok = read(all[i].end, &word, 1) == 1 && ok;
    for (unsigned i = 0; i < started && ok; i++)
        ok = write(all[i].end, &word, 1) == 1;
    *rate = 0;
    for (unsigned i = 0; i < started && ok; i++) {
        reading r;
        ok = read(all[i].end, &r, sizeof(r)) == (ssize_t)sizeof(r) && !r.failed && r.made > 0;
        *rate += ok ? r.made / r.wall : 0;
        made += ok ? r.made : 0;
        used += ok ? r.cpu : 0;
    }
    for (unsigned i = 0; i < started; i++) {
        (void)shutdown(all[i].end, SHUT_RDWR); /* the processes after it have this end, too */
        close(all[i].end);
        (void)waitpid(all[i].id, NULL, 0);
    }
    *cpu = ok ? used / made : 0;
    return ok;
}

/* ------------------------------------------------------------------------------------ rounds ----
 */

static int compare(const void *a, const void *b)
{
    const double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

static double median_of(const double *values)
{
    double sorted[ROUNDS];
    memcpy(sorted, values, sizeof(sorted));
    qsort(sorted, ROUNDS, sizeof(*sorted), compare);
    return sorted[ROUNDS / 2];
}

typedef struct rounds {
    double rate[ROUNDS], cpu[ROUNDS];
    double times[ROUNDS]; /* the rate of the same round's one worker */
} rounds;

static bool measure_rounds(const bench_case *c, double us, rounds *one, rounds *two, rounds *apart)
{
    for (int i = 0; i < ROUNDS; i++) {
        if (!measure_at_once(c, 1, 1, us, &one->rate[i], &one->cpu[i]) ||
            !measure_at_once(c, 1, 2, us, &two->rate[i], &two->cpu[i]) ||
            !measure_at_once(c, 2, 1, us, &apart->rate[i], &apart->cpu[i]))
            return false;
        two->times[i] = two->rate[i] / one->rate[i];
        apart->times[i] = apart->rate[i] / one->rate[i];
    }
    return true;
}

static void measure_pool(bench_case *c, const bench_settings *settings, bench_result *out)
{
    rounds one, two, apart;
    if (!measure_rounds(c, settings->seconds * 1e6, &one, &two, &apart)) {
        out->failure = "failed";
        return;
    }
    double passes[ROUNDS], samples[ROUNDS];
    for (int i = 0; i < ROUNDS; i++)
        passes[i] = samples[i] = 1 / two.rate[i];
    bench_statistics(passes, ROUNDS, samples, ROUNDS, out);
    out->cpu = median_of(two.cpu);
    out->scaling = (bench_scaling){.one = 1e6 * median_of(one.rate),
                                   .two = 1e6 * median_of(two.rate),
                                   .times = median_of(two.times),
                                   .apart = median_of(apart.times),
                                   .cpu_one = median_of(one.cpu),
                                   .cpu_apart = median_of(apart.cpu)};
}

void bench_add_pool(bench *b)
{
    for (size_t i = 0; i < b->stream_count; i++) {
        const bench_stream *stream = &b->streams[i];
        if (!bench_stream_walks(stream))
            bench_add(b, "pool",
                      (bench_case){.stream = stream,
                                   .size = bench_sizes[BENCH_SIZES - 1],
                                   .frames = stream->total,
                                   .measure = measure_pool});
    }
}
