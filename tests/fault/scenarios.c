/* SPDX-License-Identifier: MIT */
#include "tests/fault/scenarios.h"

#include "core/base/mem.h"
#include "core/base/thread.h"
#include "tests/support/check.h"
#include "tests/support/process.h"

#include <inttypes.h>
#include <time.h>

enum { PLAYED = 4, RECOVERY_SECONDS = 60 };

#define DENSE UINT64_C(4) /* after so many, the next power of two */

typedef struct run {
    const fault_case *c;
    const fault_place *place;
    uint64_t n;
    bool lasting;
    mask_hasher hasher;
    char folder[256], copy[300]; /* a container that is written, over the one before */
} run;

static void complain(const run *r, const char *step, as_result result, const char *text)
{
    fail_msg("%s, call %" PRIu64 " of %s%s: %s gave %d: %s", r->place->name, r->n,
             link_fault_name(r->c->call), r->lasting ? " and all later ones" : "", step,
             (int)result, text);
}

/* true: it worked. Errors have to be of an allowed kind, and say why. */
static bool judge(const run *r, const char *step, as_result result, const as_error *error)
{
    if (result == AS_OK)
        return true;
    for (const as_result *allowed = r->c->allowed; *allowed != AS_OK; allowed++)
        if (*allowed == result) {
            if (error->code != result || strlen(error->text) < 20)
                complain(r, step, result, "an error without words");
            return false;
        }
    complain(r, step, result, error->text);
    return false;
}

/* ------------------------------------------------------------------------------------ steps --- */

static as_result open_stream(run *r, as_stream **out, as_error *error)
{
    const mask_content *c = r->place->content;
    const as_file_params file = {.struct_size = sizeof(file), .map = r->place->mapped};
    as_stream_params params = {.struct_size = sizeof(params),
                               .canvas_width = c->canvas_width,
                               .canvas_height = c->canvas_height,
                               .width = c->width,
                               .height = c->height,
                               .key = c->key,
                               .http = r->place->http,
                               .threads = 2,
                               .data_timeout_ms = 20000,
                               .init_timeout_ms = 20000};
    as_source *source = NULL;
    as_result result = AS_OK;
    if (r->place->mapped)
        result = as_source_open_file(r->place->location, &file, &source, error);
    else
        params.location = r->place->location;
    params.source = source;
    if (result == AS_OK)
        result = as_stream_open(&params, out, error);
    as_source_close(&source);
    return result;
}

static as_result get_form(as_stream *stream, const mask_content *c, mask_form form, uint64_t index,
                          as_frame **out)
{
    switch (form) {
    case MASK_R8: return as_stream_get_frame(stream, index, 0, 0, AS_WAIT_FOREVER, out);
    case MASK_R8_OTHER:
        return as_stream_get_frame(stream, index, c->other_width, c->other_height, AS_WAIT_FOREVER,
                                   out);
    case MASK_CANVAS: return as_stream_get_canvas(stream, index, 0, 0, AS_WAIT_FOREVER, out);
    default: return as_stream_get_strip(stream, index, AS_WAIT_FOREVER, out);
    }
}

static as_result get(run *r, as_stream *stream, mask_form form, uint64_t index)
{
    as_frame *frame = NULL;
    as_error error = {.code = AS_OK};
    const as_result result = get_form(stream, r->place->content, form, index, &frame);
    if (result != AS_OK)
        (void)as_stream_last_error(stream, &error);
    /* Not even for an error of this thread there may be room: then it is the stream's. */
    if (judge(r, "a get", result, &error) &&
        mask_hash_frame(frame) != mask_content_hash(r->place->content, &r->hasher, form, index))
        complain(r, "a get", result, "the frame shows something else");
    assert_true((frame != NULL) == (result == AS_OK));
    as_frame_unref(&frame);
    return result;
}

static void play(run *r, as_stream *stream)
{
    const uint64_t frames = r->place->content->frames;
    for (uint64_t i = 0; i < PLAYED; i++)
        (void)get(r, stream, MASK_R8, i);
    (void)!as_stream_seek(stream, frames / 2);
    (void)get(r, stream, MASK_R8, frames / 2);
    (void)get(r, stream, MASK_CANVAS, frames - 1);
    (void)get(r, stream, MASK_STRIP, 7);
    (void)get(r, stream, MASK_R8_OTHER, frames / 3);
    const int32_t fd = as_stream_event_fd(stream);
    assert_true(fd >= 0 || (fd == -1 && link_fault_fired()));
}

static void write_copy(run *r, as_container *container)
{
    const as_writer_params params = {.struct_size = sizeof(params),
                                     .format =
                                         r->place->content->key ? AS_FORMAT_ASVR : AS_FORMAT_ASVP,
                                     .key = r->place->content->key};
    as_writer *writer = NULL;
    as_error error;
    as_buffer payload = {0};
    if (!judge(r, "a writer", as_writer_create(r->copy, &params, &writer, &error), &error))
        return;
    bool good = true;
    for (uint64_t i = 0; good && i < 3; i++)
        good =
            judge(r, "a read", as_container_read_payload(container, i, &payload, &error), &error) &&
            judge(r, "an addition",
                  as_writer_add_payload(writer, payload.data, payload.size, &error), &error);
    as_buffer_free(&payload);
    if (good)
        (void)judge(r, "an end", as_writer_finish(&writer, &error), &error);
    as_writer_abort(&writer);
}

/* Without a stream: reads, and writes another container. */
static void convert(run *r)
{
    const as_file_params file = {.struct_size = sizeof(file), .map = r->place->mapped};
    const as_container_params params = {.struct_size = sizeof(params),
                                        .key = r->place->content->key};
    const as_source_params source_params = {.struct_size = sizeof(source_params),
                                            .http = r->place->http};
    as_source *source = NULL;
    as_container *container = NULL;
    as_error error;
    const as_result opened =
        r->place->mapped ? as_source_open_file(r->place->location, &file, &source, &error)
                         : as_source_open(r->place->location, &source_params, &source, &error);
    if (judge(r, "a source", opened, &error) &&
        judge(r, "a container", as_container_open(source, &params, &container, &error), &error) &&
        !r->place->only_read)
        write_copy(r, container);
    as_container_close(&container);
    as_source_close(&source);
}

static void use_handle(run *r)
{
    const mask_content *c = r->place->content;
    AlphaStreamHandle *handle = CV_create();
    if (!handle)
        return;
    CV_set_canvas_size(handle, c->canvas_width, c->canvas_height);
    if (c->key && c->key->passphrase)
        CV_set_passphrase(handle, c->key->passphrase, c->key->passphrase_size);
    const bool opened = CV_init(handle, r->place->location, c->key ? c->key->scene_id : 0, c->width,
                                c->height, NULL, 0, 0, 0, 0, 0, 0);
    const void *pixels = opened ? CV_get_frame(handle, 0) : NULL;
    if (pixels && mask_hash_r8(pixels, c->width, c->height, c->width) !=
                      mask_content_hash(r->place->content, &r->hasher, MASK_R8, 0))
        complain(r, "CV_get_frame", AS_OK, "the frame shows something else");
    if (!pixels && strlen(CV_get_last_error_text(handle)) < 10)
        complain(r, "a handle", CV_get_last_error_code(handle), "an error without words");
    CV_destroy(handle);
}

/* Whatever failed is over: the stream gets on, perhaps after a while, for sources rest. */
static void recover(run *r, as_stream *stream)
{
    const struct timespec moment = {.tv_nsec = 5 * 1000 * 1000};
    const uint64_t until = test_now_ns() + RECOVERY_SECONDS * SECOND;
    for (uint64_t i = 0; i < 2 * PLAYED; i += 3)
        while (get(r, stream, MASK_R8, i) != AS_OK) {
            if (test_now_ns() > until)
                complain(r, "a get", AS_ERROR_TRANSPORT, "it does not recover");
            nanosleep(&moment, NULL);
        }
}

/* ---------------------------------------------------------------------------------- all ------- */

static void run_once(run *r)
{
    as_stream *stream = NULL;
    as_error error;
    link_fault_arm(r->c->call, r->n, r->lasting);
    if (judge(r, "the open", open_stream(r, &stream, &error), &error))
        play(r, stream);
    else
        assert_null(stream);
    convert(r);
    use_handle(r);
    link_fault_disarm();
    if (!stream)
        assert_ok(open_stream(r, &stream, &error), &error);
    recover(r, stream);
    as_stream_close(&stream);
}

static void expect_nothing_left(const run *r, uint64_t blocks, int descriptors, int threads)
{
    const struct timespec moment = {.tv_nsec = 1000 * 1000};
    for (int i = 0; i < 2000 && (test_threads() != threads || test_descriptors() != descriptors);
         i++)
        nanosleep(&moment, NULL); /* what was joined is gone a moment later */
    if (as_mem_live() != blocks || test_descriptors() != descriptors || test_threads() != threads)
        fail_msg("%s, call %" PRIu64 " of %s%s: %" PRIu64 " blocks, %d descriptors, %d threads are "
                 "left; before: %" PRIu64 ", %d, %d",
                 r->place->name, r->n, link_fault_name(r->c->call),
                 r->lasting ? " and all later ones" : "", as_mem_live(), test_descriptors(),
                 test_threads(), blocks, descriptors, threads);
}

uint64_t fault_play(const fault_case *c, const fault_place *place)
{
    const uint64_t failures = link_fault_count();
    const char *wish = getenv("ALPHASTREAM_TEST_FULL");
    const uint64_t dense = wish && strcmp(wish, "1") == 0 ? UINT64_MAX : DENSE;
    run r = {.c = c, .place = place};
    test_make_folder(r.folder, sizeof(r.folder));
    snprintf(r.copy, sizeof(r.copy), "%s/copy.asvp", r.folder);
    test_write_file(r.copy, "x", 1);
    /* Hashes are computed now, so that nothing of that fails. */
    for (mask_form form = 0; form < MASK_FORMS; form++)
        for (uint64_t i = 0; i < place->content->frames; i++)
            (void)mask_content_hash(place->content, &r.hasher, form, i);
    mask_hasher_free(&r.hasher);
    const uint64_t blocks = as_mem_live();
    const int descriptors = test_descriptors(), threads = test_threads();
    for (int lasting = 0; lasting <= 1; lasting++)
        for (r.n = 0, r.lasting = lasting;
             r.n == 0 || (link_fault_fired() && !(lasting && c->lasting && r.n >= c->lasting));
             r.n += r.n < dense ? 1 : r.n) {
            run_once(&r);
            expect_nothing_left(&r, blocks, descriptors, threads);
        }
    test_remove_folder(r.folder);
    const uint64_t played = link_fault_count() - failures;
    print_message("  %s, %s: %" PRIu64 " failures\n", place->name, link_fault_name(c->call),
                  played);
    return played;
}
