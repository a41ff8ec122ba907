/* SPDX-License-Identifier: MIT
 *
 * as_stream and as_frame calls: the input is a program of them, as in cv.c, on streams over memory
 * and over sources whose reads fail and whose content is replaced. What a stream over memory gives
 * is compared with what canvas and container give without one.
 */
#include "tests/fuzz/budget.h"
#include "tests/fuzz/crew.h"
#include "tests/fuzz/fuzz.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>

enum {
    STREAMS = 2,
    CONTAINERS = 2,
    SLOTS = 3, /* frames of a thread */
    MOST_CALLS = 64,
    NEXT_TOO = 128,
    BUDGET = 24 << 20
};

typedef enum opcode {
    OPEN,
    OPEN_ASYNC,
    OPEN_SOURCE,
    CLOSE,
    GET_FRAME,
    GET_STRIP,
    GET_CANVAS,
    REQUEST,
    EVENTS,
    RATE,
    PLAY,
    SEEK,
    SYNC,
    TIMES,
    KNOWING,
    ERRORS,
    UNREF,
    SHARE,
    REPLACE,
    FAIL_READS,
    FAIL_MEMORY,
    OPCODES
} opcode;

typedef struct content {
    test_bytes bytes;
    as_container *container; /* NULL: they are none */
    as_container_info info;
} content;

/* A stream, and what it was opened with. */
typedef struct playing {
    as_stream *stream;
    as_stream_params params; /* no zeros that mean defaults */
    const content *content;  /* NULL: it may be replaced */
} playing;

typedef struct worker {
    opcode op;
    playing *p;
    uint32_t a, b;
    uint64_t index, wide;
    as_frame *frames[SLOTS];
} worker;

static content contents[CONTAINERS];
static playing streams[STREAMS];
static worker workers[FUZZ_CREW];
static _Thread_local volatile uint8_t sink;

/* -------------------------------------------------------------------- a source ---- */

/* One for all streams: what they read. */
static pthread_mutex_t source_lock = PTHREAD_MUTEX_INITIALIZER;
static const test_bytes *source_bytes;
static uint64_t source_version;
static uint32_t source_failures;

typedef struct own_source {
    bool cancelled;
} own_source;

static as_result own_read(void *user, uint64_t offset, void *buffer, size_t length,
                          size_t *out_read, as_error *error)
{
    own_source *source = user;
    as_result result = AS_OK;
    (void)error;
    *out_read = 0;
    (void)pthread_mutex_lock(&source_lock);
    if (source->cancelled) {
        result = AS_ERROR_CANCELLED;
    } else if (source_failures != 0) {
        source_failures--;
        result = AS_ERROR_TRANSPORT;
    } else if (offset < source_bytes->size) {
        const uint64_t there = source_bytes->size - offset;
        *out_read = length < there ? length : (size_t)there;
        memcpy(buffer, source_bytes->data + offset, *out_read);
    }
    (void)pthread_mutex_unlock(&source_lock);
    return result;
}

static as_result own_size(void *user, uint64_t *out_size, as_error *error)
{
    (void)user, (void)error;
    (void)pthread_mutex_lock(&source_lock);
    *out_size = source_bytes->size;
    (void)pthread_mutex_unlock(&source_lock);
    return AS_OK;
}

static uint64_t own_version(void *user)
{
    (void)user;
    (void)pthread_mutex_lock(&source_lock);
    const uint64_t version = source_version;
    (void)pthread_mutex_unlock(&source_lock);
    return version;
}

static void own_prefetch(void *user, const as_byte_range *ranges, size_t count, int32_t priority,
                         uint64_t generation)
{
    (void)user, (void)priority, (void)generation;
    for (size_t i = 0; i < count; i++)
        sink = (uint8_t)(ranges[i].offset + ranges[i].length);
}

static void own_cancel(void *user)
{
    (void)pthread_mutex_lock(&source_lock);
    ((own_source *)user)->cancelled = true;
    (void)pthread_mutex_unlock(&source_lock);
}

static void own_close(void *user)
{
    free(user);
}

static as_source *make_source(uint32_t kind)
{
    as_source_vtable table = {.struct_size = sizeof(table),
                              .read = own_read,
                              .cancel = own_cancel,
                              .close = own_close,
                              .version = own_version};
    if (kind & 1)
        table.size = own_size;
    if (kind & 2)
        table.prefetch = own_prefetch;
    own_source *own = calloc(1, sizeof(*own));
    as_source *source = NULL;
    as_error error;
    FUZZ_CHECK(own);
    if (as_source_open_custom(&table, own, "own", &source, &error) != AS_OK)
        free(own);
    return source;
}

/* ------------------------------------------------------------------ what is right ---- */

static bool is_nearest(const as_stream_params *p)
{
    return p->scale == AS_SCALE_NEAREST;
}

/* The canvas that a mask of width x height is sampled from; NULL: it cannot be drawn. */
static as_canvas *right_canvas(const playing *p, uint64_t index, uint32_t width, uint32_t height,
                               as_buffer *payload)
{
    const as_stream_params *s = &p->params;
    const bool nearest = is_nearest(s);
    const as_raster_params params = {.struct_size = sizeof(params),
                                     .combine = s->combine,
                                     .source_width = nearest ? 0 : s->canvas_width,
                                     .source_height = nearest ? 0 : s->canvas_height};
    as_canvas *canvas = NULL;
    as_error error;
    if (as_canvas_create(nearest ? s->canvas_width : width, nearest ? s->canvas_height : height,
                         &canvas, &error) == AS_OK &&
        as_canvas_draw(canvas, payload->data, payload->size, &params, &error) != AS_OK)
        as_canvas_destroy(&canvas);
    (void)index;
    return canvas;
}

static void compare_mask(const as_canvas *canvas, const as_frame_info *info)
{
    const size_t size = (size_t)info->width * info->height;
    uint8_t *wanted = malloc(size);
    as_error error;
    FUZZ_CHECK(wanted);
    FUZZ_CHECK(as_canvas_to_r8(canvas, wanted, size, info->width, info->height, 0, &error) ==
               AS_OK);
    for (size_t y = 0; y < info->height; y++)
        FUZZ_CHECK(memcmp(wanted + y * info->width, info->data + y * info->stride, info->width) ==
                   0);
    free(wanted);
}

static void compare_bits(const as_canvas *canvas, const as_frame *frame)
{
    as_canvas_view got, wanted;
    as_error error;
    FUZZ_CHECK(as_frame_get_canvas(frame, &got) == AS_OK);
    FUZZ_CHECK(as_canvas_get_view(canvas, &wanted, &error) == AS_OK);
    FUZZ_CHECK(got.width == wanted.width && got.height == wanted.height);
    for (size_t y = 0; y < wanted.height; y++)
        FUZZ_CHECK(memcmp(got.words + y * got.stride_words, wanted.words + y * wanted.stride_words,
                          wanted.stride_words * sizeof(uint64_t)) == 0);
}

static void compare_strip(const playing *p, const as_buffer *payload, const as_frame_info *info)
{
    const as_raster_params params = {.struct_size = sizeof(params), .combine = p->params.combine};
    as_buffer wanted = {0};
    as_error error;
    if (as_triangle_strip(payload->data, payload->size, 0, 0, &params, &wanted, &error) == AS_OK) {
        FUZZ_CHECK(info->floats * sizeof(float) == wanted.size);
        FUZZ_CHECK(wanted.size == 0 || memcmp(info->vertices, wanted.data, wanted.size) == 0);
    } else {
        FUZZ_CHECK(fuzz_budget_refused());
    }
    as_buffer_free(&wanted);
}

/* A frame that was had is the right one. */
static void compare(const worker *w, const as_frame *frame, uint32_t width, uint32_t height)
{
    as_frame_info info;
    as_buffer payload = {0};
    as_error error = {0};
    FUZZ_CHECK(as_frame_get_info(frame, &info) == AS_OK && info.index == w->index);
    if (!w->p->content)
        return;
    const as_result result =
        as_container_read_payload(w->p->content->container, w->index, &payload, &error);
    FUZZ_CHECK(result == AS_OK || fuzz_budget_refused());
    as_canvas *canvas = NULL;
    if (result == AS_OK && w->op == GET_STRIP)
        compare_strip(w->p, &payload, &info);
    else if (result == AS_OK)
        canvas = right_canvas(w->p, w->index, width ? width : w->p->params.width,
                              width ? height : w->p->params.height, &payload);
    if (canvas && w->op == GET_CANVAS)
        compare_bits(canvas, frame);
    else if (canvas)
        compare_mask(canvas, &info);
    as_canvas_destroy(&canvas);
    as_buffer_free(&payload);
}

/* ---------------------------------------------------------------------- the calls ---- */

static void check(const worker *w, as_result result)
{
    as_error error = {0};
    const as_result last = as_stream_last_error(w->p->stream, &error);
    if (!w->p->stream)
        FUZZ_CHECK(result == AS_ERROR_ARGUMENT && last == AS_ERROR_ARGUMENT);
    else if (!fuzz_budget_refused())
        FUZZ_CHECK(last == result && (result == AS_OK) == (error.text[0] == '\0'));
}

static uint64_t timeout_of(uint32_t choice)
{
    static const uint64_t timeouts[] = {0, 1, 1000000, AS_TIMEBOX, AS_WAIT_FOREVER};
    return timeouts[choice % (sizeof(timeouts) / sizeof(*timeouts))];
}

static void call_get(worker *w)
{
    as_frame **slot = &w->frames[w->b % SLOTS];
    const uint64_t timeout = timeout_of(w->b >> 4);
    const uint32_t width = w->a & 1 ? w->a >> 1 & 127 : 0, height = w->a & 1 ? w->a >> 8 : 0;
    as_stream *stream = w->p->stream;
    as_result result;
    as_frame_unref(slot);
    if (w->op == GET_FRAME)
        result = as_stream_get_frame(stream, w->index, width, height, timeout, slot);
    else if (w->op == GET_CANVAS)
        result = as_stream_get_canvas(stream, w->index, width, height, timeout, slot);
    else
        result = as_stream_get_strip(stream, w->index, timeout, slot);
    check(w, result);
    FUZZ_CHECK((result == AS_OK) == (*slot != NULL));
    if (result == AS_OK)
        compare(w, *slot, width, height);
    else if (stream && w->p->content && w->index < w->p->content->info.frame_count)
        FUZZ_CHECK(result != AS_ERROR_OUT_OF_RANGE);
}

static void call_times(const worker *w)
{
    as_stream *stream = w->p->stream;
    uint64_t index = 0;
    int64_t ns = 0;
    check(w, as_stream_position(stream, &ns));
    check(w, as_stream_frame_at(stream, (int64_t)w->wide, &index));
    const as_result result = as_stream_time_of(stream, w->index, &ns);
    check(w, result);
    if (result != AS_OK)
        return;
    check(w, as_stream_frame_at(stream, ns, &index));
    /* The rate may be changed meanwhile by another thread, but not what is a whole picture. */
    FUZZ_CHECK(index % w->p->params.frames_per_picture == 0);
}

static void call_knowing(const worker *w)
{
    as_stream_metadata metadata = {.struct_size = sizeof(metadata)};
    as_stream_stats stats = {.struct_size = sizeof(stats)};
    as_http_stats http = {.struct_size = sizeof(http)};
    uint32_t num = 0, den = 0;
    const as_result result = as_stream_get_metadata(w->p->stream, &metadata);
    check(w, result);
    if (result == AS_OK && w->p->content)
        FUZZ_CHECK(metadata.frame_count == w->p->content->info.frame_count);
    check(w, as_stream_get_stats(w->p->stream, &stats));
    check(w, as_stream_get_rate(w->p->stream, &num, &den));
    FUZZ_CHECK(as_stream_get_http_stats(w->p->stream, &http) != AS_OK);
}

static double speed_of(const worker *w)
{
    double speed;
    if (w->a & 1)
        return (double)(int16_t)w->b / 256;
    memcpy(&speed, &w->wide, sizeof(speed));
    return speed;
}

static void call_share(worker *w)
{
    as_frame *one = w->frames[w->a % SLOTS], *shared = as_frame_ref(one);
    as_canvas_view view;
    FUZZ_CHECK(shared == one);
    const as_result result = as_frame_get_canvas(one, &view);
    FUZZ_CHECK(result == AS_ERROR_ARGUMENT || (result == AS_OK && view.words));
    as_frame_unref(&w->frames[w->b % SLOTS]);
    w->frames[w->b % SLOTS] = shared;
}

static void call_other(worker *w)
{
    (void)pthread_mutex_lock(&source_lock);
    if (w->op == REPLACE) {
        source_bytes = &contents[w->a % CONTAINERS].bytes;
        source_version++;
    } else if (w->op == FAIL_READS) {
        source_failures = w->a % 8;
    } else if (w->op == FAIL_MEMORY) {
        fuzz_budget_fail(w->a % 64, 1 + w->b % 8);
    }
    (void)pthread_mutex_unlock(&source_lock);
}

static void call(void *job)
{
    worker *w = job;
    as_stream *stream = w->p->stream;
    as_error error;
    switch (w->op) {
    case GET_FRAME:
    case GET_STRIP:
    case GET_CANVAS: call_get(w); break;
    case REQUEST: check(w, as_stream_request(stream, w->index, w->wide)); break;
    case EVENTS:
        (void)as_stream_event_fd(stream);
        sink = (uint8_t)as_stream_drain_events(stream);
        break;
    case RATE: check(w, as_stream_set_rate(stream, w->a, w->b)); break;
    case PLAY:
        check(w, w->a & 2 ? as_stream_pause(stream) : as_stream_play(stream, speed_of(w)));
        break;
    case SEEK: check(w, as_stream_seek(stream, w->index)); break;
    case SYNC: check(w, as_stream_sync(stream, (int64_t)w->wide)); break;
    case TIMES: call_times(w); break;
    case KNOWING: call_knowing(w); break;
    case ERRORS:
        as_stream_clear_error(stream);
        (void)as_stream_last_error(stream, &error);
        break;
    case UNREF: as_frame_unref(&w->frames[w->a % SLOTS]); break;
    case SHARE: call_share(w); break;
    default: call_other(w); break;
    }
}

/* -------------------------------------------------------------------------- opening ---- */

static as_stream_params take_params(fuzz_bytes *in)
{
    as_stream_params p = {.struct_size = sizeof(p)};
    p.canvas_width = fuzz_in(in, 1, 200);
    p.canvas_height = fuzz_in(in, 1, 100);
    if (fuzz_u8(in) & 1) {
        p.width = fuzz_in(in, 1, 200);
        p.height = fuzz_in(in, 1, 100);
    }
    p.scale = (as_scale_mode)(fuzz_u8(in) % 2);
    p.combine = (as_combine)(fuzz_u8(in) % 2);
    p.processing = (as_processing)(fuzz_u8(in) % 13);
    p.fps_num = fuzz_u8(in);
    p.offset_ns = (int8_t)fuzz_u8(in) * INT64_C(1000000);
    p.frames_per_picture = fuzz_u8(in) % 4;
    p.l0_frames = fuzz_u8(in) % 8;
    p.l1_frames = fuzz_u8(in) % 16;
    p.l0_bytes = fuzz_u16(in) * UINT64_C(16);
    p.prefetch_frames = fuzz_u8(in);
    p.held_frames = fuzz_u8(in) % 8;
    p.start_frame = fuzz_u8(in) % 16;
    p.init_frames = fuzz_u8(in) % 8;
    p.threads = fuzz_u8(in) % 5;
    p.io_requests = fuzz_u8(in) % 5;
    p.raster_tasks = fuzz_u8(in) % 4;
    return p;
}

static void count_event(void *user, uint64_t index, as_result result)
{
    (void)user;
    sink = (uint8_t)(index + (uint32_t)result);
}

/* Zeros become what they mean, for the comparison. */
static void complete(as_stream_params *p)
{
    if (p->width == 0) {
        p->width = p->canvas_width;
        p->height = p->canvas_height;
    }
    if (p->frames_per_picture == 0)
        p->frames_per_picture = 1;
}

static void open_stream_now(opcode op, playing *p, fuzz_bytes *in)
{
    const uint8_t kind = fuzz_u8(in);
    const content *from = &contents[kind % CONTAINERS];
    as_error error = {0};
    fuzz_crew_wait();
    as_stream_close(&p->stream);
    *p = (playing){.params = take_params(in)};
    if (kind & 8)
        p->params.event = count_event;
    if (op == OPEN_SOURCE) {
        p->params.source = make_source(kind >> 4);
    } else {
        p->params.bytes = from->bytes.data;
        p->params.bytes_size = from->bytes.size;
        p->content = from->container ? from : NULL;
    }
    as_source *source = p->params.source;
    const as_result result = op == OPEN_ASYNC || (kind & 4)
                                 ? as_stream_open_async(&p->params, &p->stream, &error)
                                 : as_stream_open(&p->params, &p->stream, &error);
    FUZZ_CHECK_RESULT(result, &error);
    FUZZ_CHECK((result == AS_OK) == (p->stream != NULL));
    as_source_close(&source);
    complete(&p->params);
}

static void run_program(fuzz_bytes *in)
{
    for (int i = 0; i < MOST_CALLS && in->left != 0; i++) {
        const uint8_t code = fuzz_u8(in), who = fuzz_u8(in);
        const size_t thread = (who & 15) % FUZZ_CREW;
        const opcode op = (opcode)((code & (NEXT_TOO - 1)) % OPCODES);
        playing *p = &streams[(who >> 4) % STREAMS];
        if (op == OPEN || op == OPEN_ASYNC || op == OPEN_SOURCE) {
            open_stream_now(op, p, in);
        } else if (op == CLOSE) {
            fuzz_crew_wait();
            as_stream_close(&p->stream);
        } else {
            worker *w = &workers[thread];
            fuzz_crew_wait_for(thread); /* its arguments may be in use */
            w->op = op;
            w->p = p;
            w->a = fuzz_u16(in);
            w->b = fuzz_u8(in);
            w->index = fuzz_size(in);
            w->wide = op == SYNC || op == TIMES || op == PLAY ? fuzz_u64(in) : fuzz_u8(in);
            if (code & NEXT_TOO)
                fuzz_crew_start(thread, call, w);
            else
                fuzz_crew_run(thread, call, w);
        }
    }
    fuzz_crew_wait();
}

static void clean_up(void)
{
    for (size_t i = 0; i < STREAMS; i++)
        as_stream_close(&streams[i].stream);
    for (size_t i = 0; i < FUZZ_CREW; i++)
        for (size_t k = 0; k < SLOTS; k++)
            as_frame_unref(&workers[i].frames[k]);
    fuzz_crew_end();
    for (size_t i = 0; i < CONTAINERS; i++) {
        as_container_close(&contents[i].container);
        test_bytes_free(&contents[i].bytes);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    fuzz_bytes in = {data, size};
    as_error error;
    fuzz_budget_begin(UINT64_C(1) << 40);
    for (size_t i = 0; i < CONTAINERS; i++) {
        content *c = &contents[i];
        *c = (content){.bytes = fuzz_container(&in, fuzz_u8(&in) % 8, i == 1)};
        if (test_open_bytes(c->bytes.data, c->bytes.size, "", NULL, &c->container, &error) == AS_OK)
            FUZZ_CHECK(as_container_get_info(c->container, &c->info, &error) == AS_OK);
    }
    source_bytes = &contents[0].bytes;
    source_version = 1;
    source_failures = 0;
    fuzz_budget_begin(BUDGET);
    run_program(&in);
    clean_up();
    fuzz_check_nothing_alive();
    return 0;
}
