/* SPDX-License-Identifier: MIT
 *
 * CV_* calls: the input is a program of them, on several handles, by several threads, one call
 * after another or some at once, with memory that runs out here and there.
 *
 * First two containers, then calls: an opcode (NEXT_TOO: the next call does not wait for this one),
 * a byte for thread and handle, the arguments.
 */
#include "tests/fuzz/budget.h"
#include "tests/fuzz/crew.h"
#include "tests/fuzz/fuzz.h"

#include <limits.h>
#include <stdlib.h>
#include <string.h>

enum {
    HANDLES = 3, /* and NULL */
    CONTAINERS = 2,
    SLOTS = 3, /* counted frames of a thread */
    MOST_CALLS = 64,
    MOST_TEXT = 40,
    NEXT_TOO = 128,
    BUDGET = 24 << 20
};

typedef enum opcode {
    CREATE,
    DESTROY,
    INIT_MEMORY,
    INIT_ENCRYPTED,
    INIT_LOCATION,
    GET_FRAME,
    GET_STRIP,
    ACQUIRE,
    RELEASE,
    OPTION,
    PASSPHRASE,
    FILE_NAME,
    CANVAS_SIZE,
    SET_RATE,
    GET_RATE,
    SYNC,
    FRAME_AT,
    STATS,
    TOTALS,
    GL,
    VULKAN,
    FAIL_MEMORY,
    OPCODES
} opcode;

/* What one thread is to do, and what it keeps. */
typedef struct worker {
    opcode op;
    AlphaStreamHandle *handle;
    bool alone; /* no other call runs */
    uint32_t a, b, c, d;
    uint64_t wide;
    char *name, *value;
    const test_bytes *bytes;
    const CV_Frame *frames[SLOTS];
} worker;

static AlphaStreamHandle *handles[HANDLES + 1];
static worker workers[FUZZ_CREW];
static _Thread_local volatile uint8_t sink; /* what is read is used */

static const char *const options[] = {
    "canvas_width",    "canvas_height",   "scale",       "combine",     "processing",
    "fps_num",         "fps_den",         "l0_frames",   "l1_frames",   "frames_per_picture",
    "l1_bytes",        "l0_bytes",        "held_frames", "start_frame", "prefetch_frames",
    "init_frames",     "threads",         "io_requests", "timebox_us",  "raster_tasks",
    "timebox_ms",      "init_timeout_ms", "pin_threads", "http_header", "data_timeout_ms",
    "network_ahead_ms"};
static const char *const values[] = {
    "0",   "1",    "2",     "3", "17",        "64",       "65536", "vector",    "nearest", "parity",
    "all", "both", "union", "",  "triangles", "canvases", "-1",    "on_demand", "1048576"};

static const char *pick(const char *const *texts, size_t count, uint32_t which, const char *other)
{
    return which < count ? texts[which] : other;
}

static unsigned side_of(uint32_t choice)
{
    static const unsigned sides[] = {0, 1, 16, 33, 64, 128, 300, 16384, 16385};
    return sides[choice % (sizeof(sides) / sizeof(*sides))];
}

/* -------------------------------------------------------------------------- the calls ---- */

/* What every call leaves behind: no error, or one with a sentence. Without memory for this thread's
 * own, the handle's latest is seen. */
static void check(AlphaStreamHandle *handle, bool good)
{
    const int code = CV_get_last_error_code(handle);
    const char *text = CV_get_last_error_text(handle);
    FUZZ_CHECK(text);
    FUZZ_CHECK(strlen(text) < sizeof(((as_error *)0)->text));
    if (!handle) {
        FUZZ_CHECK(!good && code == -1);
    } else if (!fuzz_budget_refused()) {
        FUZZ_CHECK(good == (code == 0));
        FUZZ_CHECK(good == (text[0] == '\0'));
    }
}

static void touch(const void *bytes, size_t size)
{
    uint8_t all = 0;
    for (size_t i = 0; i < size; i++)
        all |= ((const uint8_t *)bytes)[i];
    sink = all;
}

static void call_init(worker *w)
{
    const unsigned width = side_of(w->a), height = side_of(w->a >> 8);
    const unsigned lengths[] = {w->b & 7, w->b >> 8 & 31, w->b >> 16 & 15};
    const unsigned timeout = w->c & 1 ? 1 : 0;
    const char *version = w->c & 2 ? "" : w->c & 4 ? "1.5.0" : NULL;
    bool good;
    if (w->op == INIT_LOCATION)
        good = CV_init(w->handle, w->c & 8 ? NULL : w->name, w->d, width, height, version, w->d,
                       lengths[0], lengths[1], lengths[2], timeout, timeout);
    else
        good = CV_init_memory(w->handle, w->bytes->data, w->bytes->size,
                              w->c & 8 ? "other" : "fuzz.asvr", 7, width, height, version, w->d,
                              lengths[0], lengths[1], lengths[2], timeout, timeout);
    check(w->handle, good);
}

static void call_get_frame(worker *w)
{
    const uint8_t *mask = CV_get_frame(w->handle, w->wide);
    check(w->handle, mask != NULL);
    /* Another call may end the session that it belongs to. */
    if (mask && w->alone)
        touch(mask, CV_get_frame_size(w->handle));
}

static void call_get_strip(worker *w)
{
    float *vertices = NULL;
    size_t count = 0;
    const bool good =
        CV_get_triangle_strip_vertices(w->handle, w->wide, w->a & 1 ? NULL : &vertices, &count);
    check(w->handle, good);
    if (good && w->alone)
        touch(vertices, count * sizeof(float));
}

static void call_acquire(worker *w)
{
    const CV_Frame **slot = &w->frames[w->a % SLOTS];
    CV_Frame_Release(*slot);
    *slot = CV_Frame_Acquire(w->handle, w->wide);
    check(w->handle, *slot != NULL);
    if (!*slot)
        return;
    const CV_Frame *frame = *slot;
    FUZZ_CHECK(frame->index == w->wide && frame->stride >= frame->width);
    touch(frame->data, (size_t)frame->stride * (frame->height - 1) + frame->width);
}

static void call_release(worker *w)
{
    const CV_Frame **slot = &w->frames[w->a % SLOTS];
    if (*slot)
        touch((*slot)->data, (*slot)->width);
    CV_Frame_Release(*slot);
    *slot = NULL;
}

static void call_rate(worker *w)
{
    unsigned num = 0, den = 0;
    if (w->op == SET_RATE) {
        check(w->handle, CV_set_rate(w->handle, w->a, w->b));
        return;
    }
    const bool good = CV_get_rate(w->handle, &num, w->a & 1 ? NULL : &den);
    check(w->handle, good);
    FUZZ_CHECK(!good || (num != 0 && den != 0));
}

static void call_knowing(worker *w)
{
    as_stream_stats stats = {.struct_size = w->a & 1 ? (uint32_t)w->wide : sizeof(stats)};
    if (w->op == STATS) {
        /* No more is written than the caller said that there is. */
        if (stats.struct_size > sizeof(stats))
            stats.struct_size = sizeof(stats);
        check(w->handle, CV_get_stats(w->handle, &stats));
        return;
    }
    sink = (uint8_t)(CV_get_total_frames(w->handle) + CV_get_frame_size(w->handle));
    FUZZ_CHECK(strcmp(CV_get_name(w->handle), "libalphastream") == 0);
    FUZZ_CHECK(CV_get_version(w->handle)[0] != '\0');
}

static as_gl_proc no_function(const char *name)
{
    (void)name;
    return NULL;
}

static void call_gpu(worker *w)
{
    const as_vk_import import = {.struct_size = (uint32_t)(w->wide % (sizeof(import) + 1))};
    as_vk_image image = {0};
    void *fence = NULL;
    if (w->op == GL && (w->a & 1)) {
        check(w->handle, CV_gl_attach(w->handle, w->a & 2 ? no_function : NULL));
    } else if (w->op == GL) {
        check(w->handle, CV_gl_get_frame_texture(w->handle, w->wide, &fence) != 0);
        CV_gl_detach(w->handle);
    } else if (w->a & 1) {
        check(w->handle, CV_vk_attach(w->handle, w->a & 4 ? NULL : &import));
    } else {
        check(w->handle, CV_vk_get_frame_image(w->handle, w->wide, &image));
        (void)CV_vk_release_frame_image(w->handle, &image, NULL);
        CV_vk_detach(w->handle);
    }
}

static void call(void *job)
{
    worker *w = job;
    switch (w->op) {
    case INIT_MEMORY:
    case INIT_ENCRYPTED:
    case INIT_LOCATION: call_init(w); break;
    case GET_FRAME: call_get_frame(w); break;
    case GET_STRIP: call_get_strip(w); break;
    case ACQUIRE: call_acquire(w); break;
    case RELEASE: call_release(w); break;
    case OPTION: check(w->handle, CV_set_option(w->handle, w->name, w->value)); break;
    case PASSPHRASE:
        check(w->handle, CV_set_passphrase(w->handle, w->a & 1 ? "fuzz" : w->name,
                                           w->a & 1 ? 4 : strlen(w->name)));
        break;
    case FILE_NAME: check(w->handle, CV_set_file_name(w->handle, w->a & 1 ? NULL : w->name)); break;
    case CANVAS_SIZE:
        check(w->handle, CV_set_canvas_size(w->handle, side_of(w->a), side_of(w->a >> 8)));
        break;
    case SET_RATE:
    case GET_RATE: call_rate(w); break;
    case SYNC: check(w->handle, CV_sync(w->handle, (long long)w->wide)); break;
    case FRAME_AT:
        check(w->handle, CV_frame_at(w->handle, (long long)w->wide) != ULLONG_MAX);
        break;
    case STATS:
    case TOTALS: call_knowing(w); break;
    case GL:
    case VULKAN: call_gpu(w); break;
    case FAIL_MEMORY: fuzz_budget_fail(w->a % 64, 1 + w->b % 8); break;
    default: break;
    }
}

/* ------------------------------------------------------------------------ the program ---- */

static void take_arguments(worker *w, fuzz_bytes *in, const test_bytes *plain,
                           const test_bytes *encrypted)
{
    free(w->name);
    free(w->value);
    w->name = w->value = NULL;
    w->a = fuzz_u16(in);
    switch (w->op) {
    case INIT_MEMORY:
    case INIT_ENCRYPTED:
    case INIT_LOCATION:
        w->b = fuzz_u32(in);
        w->c = fuzz_u8(in);
        w->d = fuzz_u8(in);
        w->bytes = (w->op == INIT_ENCRYPTED ? encrypted : plain) + w->c % CONTAINERS;
        break;
    case OPTION: {
        const uint32_t value = fuzz_u8(in);
        char *name = fuzz_text(in, w->a < 40 ? 0 : MOST_TEXT / 2);
        char *text = fuzz_text(in, value < 40 ? 0 : MOST_TEXT / 2);
        w->name = strdup(pick(options, sizeof(options) / sizeof(*options), w->a, name));
        w->value = strdup(pick(values, sizeof(values) / sizeof(*values), value, text));
        free(name);
        free(text);
        FUZZ_CHECK(w->name && w->value);
        return;
    }
    case SYNC:
    case FRAME_AT: w->wide = fuzz_u64(in); return;
    case GL:
    case VULKAN:
    case STATS:
    case ACQUIRE:
    case GET_FRAME:
    case GET_STRIP: w->wide = fuzz_size(in); return;
    case SET_RATE:
    case FAIL_MEMORY: w->b = fuzz_u32(in); return;
    default: break;
    }
    w->name = fuzz_text(in, w->op == INIT_LOCATION || w->op == FILE_NAME || w->op == PASSPHRASE
                                ? fuzz_u8(in) % MOST_TEXT
                                : 0);
}

/* Handles come and go while nothing else runs. */
static void change_handle(opcode op, size_t handle)
{
    fuzz_crew_wait();
    if (handle == HANDLES) {
        CV_destroy(NULL);
    } else if (op == DESTROY || handles[handle]) {
        CV_destroy(handles[handle]);
        handles[handle] = NULL;
    } else {
        handles[handle] = CV_create();
        FUZZ_CHECK(handles[handle] || fuzz_budget_refused());
    }
}

static void run_program(fuzz_bytes *in, const test_bytes *plain, const test_bytes *encrypted)
{
    bool alone = true; /* is the call before this one over? */
    for (int i = 0; i < MOST_CALLS && in->left != 0; i++) {
        const uint8_t code = fuzz_u8(in), who = fuzz_u8(in);
        const size_t thread = (who & 15) % FUZZ_CREW, handle = (who >> 4) % (HANDLES + 1);
        const opcode op = (opcode)((code & (NEXT_TOO - 1)) % OPCODES);
        if (op == CREATE || op == DESTROY) {
            change_handle(op, handle);
            alone = true;
            continue;
        }
        worker *w = &workers[thread];
        fuzz_crew_wait_for(thread); /* its arguments may be in use */
        w->op = op;
        w->handle = handles[handle];
        w->alone = alone && !(code & NEXT_TOO);
        take_arguments(w, in, plain, encrypted);
        alone = !(code & NEXT_TOO);
        if (alone)
            fuzz_crew_run(thread, call, w);
        else
            fuzz_crew_start(thread, call, w);
    }
}

static void clean_up(void)
{
    fuzz_crew_wait();
    for (size_t i = 0; i < HANDLES; i++) {
        CV_destroy(handles[i]);
        handles[i] = NULL;
    }
    for (size_t i = 0; i < FUZZ_CREW; i++) {
        for (size_t k = 0; k < SLOTS; k++)
            CV_Frame_Release(workers[i].frames[k]);
        free(workers[i].name);
        free(workers[i].value);
        workers[i] = (worker){.op = OPCODES};
    }
    fuzz_crew_end();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    fuzz_bytes in = {data, size};
    test_bytes plain[CONTAINERS], encrypted[CONTAINERS];
    fuzz_budget_begin(UINT64_C(1) << 40);
    for (size_t i = 0; i < CONTAINERS; i++) {
        plain[i] = fuzz_container(&in, fuzz_u8(&in) % 6, i == 1);
        as_container *container = NULL;
        as_error error;
        if (test_open_bytes(plain[i].data, plain[i].size, "", NULL, &container, &error) == AS_OK)
            encrypted[i] = fuzz_encrypt(plain[i].data, plain[i].size, container);
        else
            encrypted[i] = (test_bytes){0};
        as_container_close(&container);
    }
    fuzz_budget_begin(BUDGET);
    run_program(&in, plain, encrypted);
    clean_up();
    for (size_t i = 0; i < CONTAINERS; i++) {
        test_bytes_free(&plain[i]);
        test_bytes_free(&encrypted[i]);
    }
    fuzz_check_nothing_alive();
    return 0;
}
