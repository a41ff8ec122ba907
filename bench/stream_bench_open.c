/* SPDX-License-Identifier: MIT
 *
 * --open: a long container; --timebox: a slow source.
 */
#include "stream_bench.h"

#include <inttypes.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { LONG_FRAMES = 216000, OPENS = 9, MOST_POINTS = 64 };

static const char passphrase[] = "alphastream-stream-bench";

static const as_key_params long_key = {.struct_size = sizeof(long_key),
                                       .passphrase = passphrase,
                                       .passphrase_size = sizeof(passphrase) - 1,
                                       .file_name = "long"};

/* ------------------------------------------------------------------------- the container ---- */

typedef struct long_file {
    char path[64];
    as_container_format format;
} long_file;

static uint32_t next_random(uint32_t *state)
{
    *state = *state * UINT32_C(1664525) + UINT32_C(1013904223);
    return *state >> 8;
}

/* One channel of a random number of points: frames of many sizes, so that the table does not shrink
 * to nothing. */
static size_t make_payload(uint8_t *payload, uint32_t *random)
{
    const uint32_t points = 1 + next_random(random) % MOST_POINTS;
    const uint32_t record = 4 + 2 * points;
    memset(payload, 0, 12);
    payload[0] = 1;
    payload[4] = (uint8_t)record;
    payload[9] = 2; /* x 512 */
    payload[11] = 2;
    for (uint32_t i = 0; i < 2 * points; i++)
        payload[12 + i] = (uint8_t)next_random(random);
    return 8 + record;
}

static void write_long(const bench_args *args, const void *user)
{
    const long_file *file = user;
    const as_writer_params params = {
        .struct_size = sizeof(params), .format = file->format, .key = &long_key, .level = 1};
    as_writer *writer = NULL;
    as_error error = {0};
    uint8_t payload[12 + 2 * MOST_POINTS];
    uint32_t random = 1;
    (void)args;
    as_result result = as_writer_create(file->path, &params, &writer, &error);
    for (int i = 0; i < LONG_FRAMES && result == AS_OK; i++) {
        const size_t size = make_payload(payload, &random);
        result = as_writer_add_payload(writer, payload, size, &error);
    }
    if (result == AS_OK)
        result = as_writer_finish(&writer, &error);
    if (result != AS_OK)
        bench_die("%s", error.text);
}

/* --------------------------------------------------------------------------------- heap ---- */

static atomic_size_t heap_now, heap_peak;

enum { BLOCK_HEADER = 2 * sizeof(void *) };

/* Size and start stand just before what is handed out. */
static void *count_allocate(void *user, size_t size, size_t alignment)
{
    (void)user;
    char *start = malloc(size + alignment + BLOCK_HEADER);
    if (!start)
        return NULL;
    char *memory = start + BLOCK_HEADER;
    memory += (alignment - (uintptr_t)memory % alignment) % alignment;
    memcpy(memory - BLOCK_HEADER, &size, sizeof(size));
    memcpy(memory - sizeof(start), &start, sizeof(start));
    const size_t now = atomic_fetch_add(&heap_now, size) + size;
    size_t peak = atomic_load(&heap_peak);
    while (now > peak && !atomic_compare_exchange_weak(&heap_peak, &peak, now))
        continue;
    return memory;
}

static void count_release(void *user, void *memory)
{
    size_t size;
    char *start;
    (void)user;
    memcpy(&size, (char *)memory - BLOCK_HEADER, sizeof(size));
    memcpy(&start, (char *)memory - sizeof(start), sizeof(start));
    atomic_fetch_sub(&heap_now, size);
    free(start);
}

/* --------------------------------------------------------------------------------- open ---- */

static const uint64_t settle_time = 200000000;

static double open_ms(const long_file *file, as_stream **stream)
{
    const as_stream_params params = {
        .struct_size = sizeof(params), .location = file->path, .key = &long_key};
    as_error error = {0};
    const uint64_t start = bench_now();
    if (as_stream_open(&params, stream, &error) != AS_OK)
        bench_die("%s", error.text);
    return 1e3 * bench_seconds(bench_now() - start);
}

static void run_open(const bench_args *args, const void *user)
{
    const long_file *file = user;
    const char *name = file->format == AS_FORMAT_ASVR ? "ASVR" : "ASVP";
    const as_allocator allocator = {
        .struct_size = sizeof(allocator), .allocate = count_allocate, .release = count_release};
    as_stream *stream = NULL;
    double best = 1e300, worst = 0;
    (void)args;
    if (as_set_allocator(&allocator) != AS_OK)
        bench_die("the allocator was refused");
    const bench_memory before = bench_memory_now();
    const double first = open_ms(file, &stream);
    const size_t opened = atomic_load(&heap_peak);
    bench_sleep_until(bench_now() + settle_time); /* the first frames are made meanwhile */
    const size_t peak = atomic_load(&heap_peak);
    const bench_memory after = bench_memory_now();
    as_stream_stats stats = {.struct_size = sizeof(stats)};
    if (as_stream_get_stats(stream, &stats) != AS_OK)
        bench_die("no statistics");
    as_stream_close(&stream);
    for (int i = 0; i < OPENS; i++) {
        const double ms = open_ms(file, &stream);
        as_stream_close(&stream);
        best = ms < best ? ms : best;
        worst = ms > worst ? ms : worst;
    }
    printf("  %s, %d frames: first open %.2f ms, %d more %.2f to %.2f ms\n", name, LONG_FRAMES,
           first, OPENS, best, worst);
    printf("  %s, %d frames: heap peak of the open %.2f MiB; with the first frames ready %.2f MiB "
           "(%.2f of it pixels); process's peak + %.2f MiB\n",
           name, LONG_FRAMES, bench_mib(opened), bench_mib(peak), bench_mib(stats.l0_bytes),
           bench_mib(after.peak > before.resident ? after.peak - before.resident : 0));
}

int bench_part_open(const bench_args *args)
{
    const char *folder = getenv("TMPDIR");
    int failed = 0;
    printf("opening a long container\n");
    for (as_container_format format = AS_FORMAT_ASVP; format <= AS_FORMAT_ASVR; format++) {
        long_file file = {.format = format};
        const int length = snprintf(file.path, sizeof(file.path), "%s/alphastream-bench-XXXXXX",
                                    folder ? folder : "/tmp");
        const int fd = length < (int)sizeof(file.path) ? mkstemp(file.path) : -1;
        if (fd < 0) {
            fprintf(stderr, "alphastream-stream-bench: no temporary file in %s\n",
                    folder ? folder : "/tmp");
            return 1;
        }
        close(fd);
        failed |= bench_child(args, write_long, &file) || bench_child(args, run_open, &file);
        unlink(file.path);
    }
    return failed;
}

/* ------------------------------------------------------------------------------ timebox ---- */

/* The stream's bytes, each read of which takes DELAY once it is slow. */
typedef struct slow_source {
    as_source *inner;
    atomic_bool slow, cancelled;
} slow_source;

static const uint64_t slow_delay = 40000000, slow_slice = 2000000;

static as_result slow_read(void *user, uint64_t offset, void *buffer, size_t length,
                           size_t *out_read, as_error *error)
{
    slow_source *source = user;
    const uint64_t end = bench_now() + slow_delay;
    while (atomic_load(&source->slow) && !atomic_load(&source->cancelled) && bench_now() < end)
        bench_sleep_until(bench_now() + slow_slice);
    if (atomic_load(&source->cancelled))
        return AS_ERROR_CANCELLED;
    return as_source_read(source->inner, offset, buffer, length, out_read, error);
}

static as_result slow_size(void *user, uint64_t *out_size, as_error *error)
{
    return as_source_size(((slow_source *)user)->inner, out_size, error);
}

static void slow_cancel(void *user)
{
    atomic_store(&((slow_source *)user)->cancelled, true);
}

static as_stream *open_slow(const bench_args *args, slow_source *slow)
{
    static const as_source_vtable vtable = {
        .struct_size = sizeof(vtable), .read = slow_read, .size = slow_size, .cancel = slow_cancel};
    as_source *source = NULL;
    as_stream *stream = NULL;
    as_error error = {0};
    if (as_source_open(args->path, NULL, &slow->inner, &error) != AS_OK ||
        as_source_open_custom(&vtable, slow, as_source_name(slow->inner), &source, &error) != AS_OK)
        bench_die("%s", error.text);
    /* Little is cached, so that almost every frame has to be read. */
    const as_stream_params params = {
        .struct_size = sizeof(params), .source = source, .l0_frames = 1, .l1_frames = 2};
    if (as_stream_open(&params, &stream, &error) != AS_OK)
        bench_die("%s", error.text);
    as_source_close(&source);
    return stream;
}

/* Random frames that are not there; what is measured is the time over `timeout`. */
static void overrun(as_stream *stream, uint64_t frames, uint64_t timeout, int calls,
                    const char *name)
{
    samples over;
    uint32_t random = 1;
    int came = 0;
    const uint64_t wanted = timeout == AS_TIMEBOX ? 12000000 : timeout;
    samples_init(&over, (size_t)calls);
    for (int i = 0; i < calls; i++) {
        as_frame *frame = NULL;
        const uint64_t index = next_random(&random) % frames, start = bench_now();
        const as_result result = as_stream_get_frame(stream, index, 0, 0, timeout, &frame);
        const uint64_t took = bench_now() - start;
        if (result == AS_OK)
            came++;
        else if (result != AS_TIMEOUT)
            bench_die("frame %" PRIu64 ": %s", index, as_result_text(result));
        else
            samples_add(&over, took > wanted ? took - wanted : 0);
        as_frame_unref(&frame);
    }
    printf("  %s, %d gets, %d came: past it by ", name, calls, came);
    samples_print(&over, "");
    samples_free(&over);
}

static void run_timebox(const bench_args *args, const void *user)
{
    slow_source slow = {0};
    as_stream *stream = open_slow(args, &slow);
    as_stream_metadata metadata = {.struct_size = sizeof(metadata)};
    (void)user;
    if (as_stream_get_metadata(stream, &metadata) != AS_OK || metadata.frame_count == 0)
        bench_die("%s has no frames", args->path);
    atomic_store(&slow.slow, true);
    overrun(stream, metadata.frame_count, AS_TIMEBOX, 400, "timebox of 12 ms");
    overrun(stream, metadata.frame_count, 2000000, 2000, "timeout of 2 ms");
    as_stream_close(&stream);
    as_source_close(&slow.inner);
}

int bench_part_timebox(const bench_args *args)
{
    printf("a source that takes %.0f ms a read, as_stream_get_frame\n",
           1e3 * bench_seconds(slow_delay));
    return bench_child(args, run_timebox, NULL);
}
