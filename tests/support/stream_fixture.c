/* SPDX-License-Identifier: MIT */
#include "tests/support/stream_fixture.h"

#include "core/raster/r8.h"

#include <inttypes.h>

/* ----------------------------------------------------------------------------- expectation -- */

static void truth_open(truth *t, uint32_t width, uint32_t height)
{
    as_container_info info;
    as_error error;
    t->canvas_width = width;
    t->canvas_height = height;
    assert_ok(test_open_bytes(t->bytes, t->size, "", NULL, &t->container, &error), &error);
    assert_ok(as_container_get_info(t->container, &info, &error), &error);
    t->frames = info.frame_count;
}

void truth_of_file(truth *t, const char *path, uint32_t width, uint32_t height)
{
    *t = (truth){.scale = AS_SCALE_NEAREST};
    t->bytes = test_read_file(path, &t->size);
    truth_open(t, width, height);
}

void truth_of_bytes(truth *t, test_bytes bytes, uint32_t width, uint32_t height)
{
    *t = (truth){.bytes = bytes.data, .size = bytes.size};
    truth_open(t, width, height);
}

void truth_rest(truth *t)
{
    as_container_close(&t->container);
}

void truth_free(truth *t)
{
    for (size_t i = 0; i < TRUTH_SIZES; i++) {
        for (uint64_t n = 0; t->sizes[i].masks && n < t->frames; n++)
            free(t->sizes[i].masks[n]);
        free(t->sizes[i].masks);
    }
    as_container_close(&t->container);
    free(t->bytes);
    *t = (truth){.size = 0};
}

static truth_size *size_of(truth *t, uint32_t width, uint32_t height)
{
    for (size_t i = 0; i < TRUTH_SIZES; i++) {
        truth_size *s = &t->sizes[i];
        if (s->masks && s->width == width && s->height == height)
            return s;
        if (s->masks)
            continue;
        s->width = width;
        s->height = height;
        s->masks = calloc(t->frames, sizeof(*s->masks));
        assert_non_null(s->masks);
        return s;
    }
    fail_msg("too many sizes");
    return NULL;
}

static uint8_t *draw(truth *t, uint64_t index, uint32_t width, uint32_t height)
{
    const bool vector = t->scale == AS_SCALE_VECTOR;
    const as_raster_params params = {.struct_size = sizeof(params),
                                     .combine = t->combine,
                                     .source_width = vector ? t->canvas_width : 0,
                                     .source_height = vector ? t->canvas_height : 0};
    const size_t size = (size_t)width * height;
    as_buffer payload = {0};
    as_canvas *canvas;
    as_error error;
    uint8_t *mask = NULL;
    if (as_container_read_payload(t->container, index, &payload, &error) == AS_OK) {
        mask = malloc(size);
        assert_non_null(mask);
        assert_ok(as_canvas_create(vector ? width : t->canvas_width,
                                   vector ? height : t->canvas_height, &canvas, &error),
                  &error);
        assert_ok(as_canvas_draw(canvas, payload.data, payload.size, &params, &error), &error);
        assert_ok(as_canvas_to_r8(canvas, mask, size, width, height, 0, &error), &error);
        as_canvas_destroy(&canvas);
    }
    as_buffer_free(&payload);
    return mask;
}

const uint8_t *truth_mask(truth *t, uint64_t index, uint32_t width, uint32_t height)
{
    truth_size *s = size_of(t, width, height);
    if (!s->masks[index])
        s->masks[index] = draw(t, index, width, height);
    return s->masks[index];
}

void truth_draw_all(truth *t, uint32_t width, uint32_t height)
{
    for (uint64_t i = 0; i < t->frames; i++)
        (void)truth_mask(t, i, width, height);
}

as_byte_range truth_range(const truth *t, uint64_t index)
{
    as_byte_range range;
    as_error error;
    assert_ok(as_container_frame_range(t->container, index, &range, &error), &error);
    return range;
}

bool truth_shows(truth *t, const as_frame *frame, uint64_t index, uint32_t width, uint32_t height)
{
    as_frame_info info;
    const uint8_t *mask = truth_mask(t, index, width, height);
    if (as_frame_get_info(frame, &info) != AS_OK || info.index != index || info.width != width ||
        info.height != height || info.stride != width || info.vertices || info.floats != 0 ||
        (uintptr_t)info.data % 64 != 0) {
        print_error("the frame's description is wrong: index %" PRIu64 ", wanted %" PRIu64 "\n",
                    info.index, index);
        return false;
    }
    if (mask && memcmp(info.data, mask, (size_t)width * height) == 0)
        return true;
    print_error("frame %" PRIu64 " at %" PRIu32 " x %" PRIu32 " does not show its mask\n", index,
                width, height);
    for (uint64_t i = 0; i < t->frames; i++)
        if (i != index && t->sizes[0].masks && t->sizes[0].width == width &&
            t->sizes[0].height == height && t->sizes[0].masks[i] &&
            memcmp(info.data, t->sizes[0].masks[i], (size_t)width * height) == 0)
            print_error("it shows frame %" PRIu64 "\n", i);
    return false;
}

void truth_expect(truth *t, as_stream *stream, uint64_t index, uint32_t width, uint32_t height)
{
    as_frame *frame = NULL;
    as_error error = {.code = AS_OK};
    const as_result result =
        as_stream_get_frame(stream, index, width, height, AS_WAIT_FOREVER, &frame);
    as_stream_last_error(stream, &error);
    assert_ok(result, &error);
    assert_true(truth_shows(t, frame, index, width, height));
    as_frame_unref(&frame);
    assert_null(frame);
}

/* Are these the bits of the row, and none past its end? */
static bool is_row(const uint64_t *words, size_t count, const uint8_t *row, uint32_t width)
{
    for (size_t i = 0; i < count; i++) {
        uint64_t word = 0;
        for (uint32_t bit = 0; bit < 64 && 64 * i + bit < width; bit++)
            word |= (uint64_t)(row[64 * i + bit] & 1) << bit;
        if (words[i] != word)
            return false;
    }
    return true;
}

bool truth_shows_canvas(truth *t, const as_frame *frame, uint64_t index, uint32_t width,
                        uint32_t height)
{
    const bool vector = t->scale == AS_SCALE_VECTOR;
    const uint32_t w = vector ? width : t->canvas_width, h = vector ? height : t->canvas_height;
    const uint8_t *mask = truth_mask(t, index, w, h);
    as_frame_info info;
    as_canvas_view view;
    if (as_frame_get_info(frame, &info) != AS_OK || info.index != index || info.width != w ||
        info.height != h || info.stride != 0 || info.data || info.vertices || info.floats != 0 ||
        as_frame_get_canvas(frame, &view) != AS_OK || view.width != w || view.height != h ||
        view.stride_words != (w + 63) / 64 || (uintptr_t)view.words % 64 != 0) {
        print_error("the canvas's description is wrong: index %" PRIu64 ", wanted %" PRIu64 "\n",
                    info.index, index);
        return false;
    }
    for (uint32_t y = 0; mask && y < h; y++)
        if (!is_row(view.words + y * view.stride_words, view.stride_words, mask + (size_t)y * w,
                    w)) {
            print_error("frame %" PRIu64 " differs in row %" PRIu32 " of its canvas\n", index, y);
            return false;
        }
    return mask;
}

void truth_expect_canvas(truth *t, as_stream *stream, uint64_t index, uint32_t width,
                         uint32_t height)
{
    as_frame *frame = NULL;
    as_error error = {.code = AS_OK};
    const as_result result =
        as_stream_get_canvas(stream, index, width, height, AS_WAIT_FOREVER, &frame);
    as_stream_last_error(stream, &error);
    assert_ok(result, &error);
    assert_true(truth_shows_canvas(t, frame, index, width, height));
    as_frame_unref(&frame);
    assert_null(frame);
}

void truth_expect_strip(truth *t, as_stream *stream, uint64_t index)
{
    const as_raster_params params = {.struct_size = sizeof(params), .combine = t->combine};
    as_buffer payload = {0}, wanted = {0};
    as_frame *frame = NULL;
    as_frame_info info;
    as_error error = {.code = AS_OK};
    assert_ok(as_container_read_payload(t->container, index, &payload, &error), &error);
    assert_ok(as_triangle_strip(payload.data, payload.size, 0, 0, &params, &wanted, &error),
              &error);
    assert_int_equal(as_stream_get_strip(stream, index, AS_WAIT_FOREVER, &frame), AS_OK);
    assert_int_equal(as_frame_get_info(frame, &info), AS_OK);
    assert_int_equal(info.index, index);
    assert_int_equal(info.width, t->canvas_width);
    assert_int_equal(info.height, t->canvas_height);
    assert_int_equal(info.stride, 0);
    assert_null(info.data);
    assert_int_equal(info.floats * sizeof(float), wanted.size);
    assert_true(wanted.size == 0 ? !info.vertices
                                 : memcmp(info.vertices, wanted.data, wanted.size) == 0);
    as_frame_unref(&frame);
    as_buffer_free(&payload);
    as_buffer_free(&wanted);
}

test_bytes test_triangles(size_t count)
{
    return test_padded_triangles(count, 0, 0);
}

test_bytes test_padded_triangles(size_t count, size_t padding, size_t first)
{
    test_bytes *blocks = calloc(count + 1, sizeof(*blocks));
    uint8_t *unused = calloc(1, padding + 1);
    assert_non_null(blocks);
    assert_non_null(unused);
    for (size_t i = 0; i < count; i++) {
        const size_t n = first + i;
        const uint32_t x = (uint32_t)(n % 300), y = (uint32_t)(n / 300 % 180);
        const uint8_t record[8] = {(uint8_t)x, (uint8_t)(x >> 8), (uint8_t)y, 0, 9, 1, 0xFE, 8};
        test_bytes payload = {0};
        test_bytes_add_u32(&payload, 1);
        test_bytes_add_u32(&payload, sizeof(record));
        test_bytes_add(&payload, record, sizeof(record));
        blocks[i] = test_block((uint32_t)payload.size, payload.data, payload.size);
        test_bytes_add(&blocks[i], unused, padding);
        test_bytes_free(&payload);
    }
    test_bytes out = test_container(blocks, count);
    test_free_blocks(blocks, count);
    free(unused);
    free(blocks);
    return out;
}

void truth_damage(truth *t, uint64_t index)
{
    const as_byte_range range = truth_range(t, index);
    memset(t->bytes + range.offset + 4, 0xA5, (size_t)range.length - 4);
}

size_t test_mask_bytes(uint32_t width, uint32_t height)
{
    return (size_t)width * height + as_ras_shown_bytes(width, height);
}

as_stream_params truth_params(const truth *t)
{
    return (as_stream_params){.struct_size = sizeof(as_stream_params),
                              .canvas_width = t->canvas_width,
                              .canvas_height = t->canvas_height,
                              .scale = t->scale,
                              .combine = t->combine,
                              .bytes = t->bytes,
                              .bytes_size = t->size,
                              .threads = 2,
                              .init_timeout_ms = 120000, /* a busy machine decides nothing */
                              .data_timeout_ms = 120000};
}

as_stream *open_stream(const as_stream_params *params)
{
    as_stream *stream = NULL;
    as_error error = {.code = AS_OK};
    assert_ok(as_stream_open(params, &stream, &error), &error);
    assert_non_null(stream);
    return stream;
}

as_stream_stats stats_of(as_stream *stream)
{
    as_stream_stats stats = {.struct_size = sizeof(stats)};
    assert_int_equal(as_stream_get_stats(stream, &stats), AS_OK);
    return stats;
}

/* --------------------------------------------------------------------------------- source -- */

/* Reads are told apart by where they begin: that of the header may reach into the frames. */
static bool within(uint64_t offset, uint64_t from, uint64_t to)
{
    return offset >= from && offset < to;
}

bool test_hint_names(const test_hint *hint, as_byte_range range)
{
    for (size_t i = 0; i < hint->count; i++)
        if (range.offset >= hint->ranges[i].offset &&
            range.offset + range.length <= hint->ranges[i].offset + hint->ranges[i].length)
            return true;
    return false;
}

/* A hint of a newer generation than was known when the read began does not name it. Under the lock.
 */
static bool is_unwanted(const test_source *s, uint64_t generation, as_byte_range range)
{
    if (!s->gives_up || s->hint_count == 0)
        return false;
    const test_hint *last = &s->hints[(s->hint_count - 1) % TEST_SOURCE_HINTS];
    return last->generation > generation && !test_hint_names(last, range);
}

static bool is_held(const test_source *s, uint64_t version, uint64_t offset)
{
    return s->gated && !s->cancelled && s->passes == 0 && s->version == version &&
           within(offset, s->gate_from, s->gate_to);
}

static as_result outcome(test_source *s, uint64_t number, uint64_t version, uint64_t offset)
{
    if (s->gated && s->passes != 0 && within(offset, s->gate_from, s->gate_to)) {
        s->passes--;
        pthread_cond_broadcast(&s->changed);
    }
    if (s->changing != 0) {
        s->changing--;
        s->version++;
    }
    if (s->cancelled)
        return AS_ERROR_CANCELLED;
    if (s->version != version || within(offset, s->change_from, s->change_to))
        return AS_ERROR_CHANGED;
    if (number == s->fail_at || within(offset, s->fail_from, s->fail_to)) {
        s->failed++;
        return AS_ERROR_TRANSPORT;
    }
    return within(offset, s->give_up_from, s->give_up_to) ? AS_ERROR_CANCELLED : AS_OK;
}

static as_result read_source(void *user, uint64_t offset, void *buffer, size_t length,
                             size_t *out_read, as_error *error)
{
    test_source *s = user;
    pthread_mutex_lock(&s->lock);
    const uint64_t number = s->reads++, version = s->version;
    const uint64_t generation =
        s->hint_count ? s->hints[(s->hint_count - 1) % TEST_SOURCE_HINTS].generation : 0;
    const as_byte_range range = {offset, length};
    s->offsets[number % TEST_SOURCE_LOG] = offset;
    s->blocked++;
    pthread_cond_broadcast(&s->changed);
    while (is_held(s, version, offset) && !is_unwanted(s, generation, range))
        pthread_cond_wait(&s->changed, &s->lock);
    const bool given_up = is_held(s, version, offset);
    s->blocked--;
    const as_result result = given_up ? AS_ERROR_CANCELLED : outcome(s, number, version, offset);
    s->given_up += given_up;
    const uint64_t size = s->size;
    const uint8_t *bytes = s->bytes;
    pthread_mutex_unlock(&s->lock);
    if (result == AS_ERROR_TRANSPORT)
        snprintf(error->text, sizeof(error->text), "the test's source failed as it was told to");
    if (result != AS_OK)
        return result;
    *out_read = offset >= size ? 0 : length < size - offset ? length : (size_t)(size - offset);
    if (*out_read)
        memcpy(buffer, bytes + offset, *out_read);
    return AS_OK;
}

static void hint_source(void *user, const as_byte_range *ranges, size_t count, int32_t priority,
                        uint64_t generation)
{
    test_source *s = user;
    pthread_mutex_lock(&s->lock);
    test_hint *hint = &s->hints[s->hint_count++ % TEST_SOURCE_HINTS];
    *hint = (test_hint){.priority = priority, .generation = generation};
    hint->count = count < TEST_SOURCE_RANGES ? count : TEST_SOURCE_RANGES;
    memcpy(hint->ranges, ranges, hint->count * sizeof(*ranges));
    void (*const on_hint)(void *user) = s->on_hint;
    void *const hint_user = s->hint_user;
    pthread_cond_broadcast(&s->changed);
    pthread_mutex_unlock(&s->lock);
    if (on_hint)
        on_hint(hint_user);
}

static uint64_t version_of_source(void *user)
{
    test_source *s = user;
    pthread_mutex_lock(&s->lock);
    const uint64_t version = s->version;
    pthread_mutex_unlock(&s->lock);
    return version;
}

static as_result size_source(void *user, uint64_t *out_size, as_error *error)
{
    test_source *s = user;
    (void)error;
    pthread_mutex_lock(&s->lock);
    *out_size = s->size;
    pthread_mutex_unlock(&s->lock);
    return AS_OK;
}

static void cancel_source(void *user)
{
    test_source *s = user;
    pthread_mutex_lock(&s->lock);
    s->cancelled = true;
    pthread_cond_broadcast(&s->changed);
    pthread_mutex_unlock(&s->lock);
}

static void close_source(void *user)
{
    test_source *s = user;
    pthread_mutex_lock(&s->lock);
    s->closed = true;
    pthread_mutex_unlock(&s->lock);
}

void test_source_init(test_source *s, const void *bytes, size_t size, bool cancellable)
{
    *s = (test_source){
        .bytes = bytes, .size = size, .cancellable = cancellable, .fail_at = UINT64_MAX};
    assert_int_equal(pthread_mutex_init(&s->lock, NULL), 0);
    assert_int_equal(pthread_cond_init(&s->changed, NULL), 0);
}

void test_source_destroy(test_source *s)
{
    pthread_cond_destroy(&s->changed);
    pthread_mutex_destroy(&s->lock);
}

as_source *test_source_open(test_source *s)
{
    const as_source_vtable vtable = {.struct_size = sizeof(vtable),
                                     .read = read_source,
                                     .size = size_source,
                                     .prefetch = s->hinted ? hint_source : NULL,
                                     .version = s->versioned ? version_of_source : NULL,
                                     .cancel = s->cancellable ? cancel_source : NULL,
                                     .close = close_source};
    as_source *source = NULL;
    as_error error;
    assert_ok(as_source_open_custom(&vtable, s, "test.asvp", &source, &error), &error);
    return source;
}

void test_source_gate(test_source *s, uint64_t from, uint64_t to)
{
    pthread_mutex_lock(&s->lock);
    s->gated = true;
    s->gate_from = from;
    s->gate_to = to;
    s->passes = 0;
    pthread_mutex_unlock(&s->lock);
}

void test_source_open_gate(test_source *s)
{
    pthread_mutex_lock(&s->lock);
    s->gated = false;
    pthread_cond_broadcast(&s->changed);
    pthread_mutex_unlock(&s->lock);
}

void test_source_pass(test_source *s)
{
    pthread_mutex_lock(&s->lock);
    s->passes++;
    pthread_cond_broadcast(&s->changed);
    pthread_mutex_unlock(&s->lock);
}

void test_source_serve(test_source *s)
{
    pthread_mutex_lock(&s->lock);
    while (s->gated) {
        if (s->blocked != 0 && s->passes == 0) {
            s->passes = 1;
            pthread_cond_broadcast(&s->changed);
        }
        pthread_cond_wait(&s->changed, &s->lock);
    }
    pthread_mutex_unlock(&s->lock);
}

void test_source_wait_blocked(test_source *s, uint32_t count)
{
    pthread_mutex_lock(&s->lock);
    while (s->blocked < count)
        pthread_cond_wait(&s->changed, &s->lock);
    pthread_mutex_unlock(&s->lock);
}

void test_source_wait_reads(test_source *s, uint64_t count)
{
    pthread_mutex_lock(&s->lock);
    while (s->reads < count)
        pthread_cond_wait(&s->changed, &s->lock);
    pthread_mutex_unlock(&s->lock);
}

void test_source_fail_at(test_source *s, uint64_t n)
{
    pthread_mutex_lock(&s->lock);
    s->fail_at = n;
    pthread_mutex_unlock(&s->lock);
}

void test_source_fail_range(test_source *s, uint64_t from, uint64_t to)
{
    pthread_mutex_lock(&s->lock);
    s->fail_from = from;
    s->fail_to = to;
    pthread_mutex_unlock(&s->lock);
}

void test_source_give_up_range(test_source *s, uint64_t from, uint64_t to)
{
    pthread_mutex_lock(&s->lock);
    s->give_up_from = from;
    s->give_up_to = to;
    pthread_mutex_unlock(&s->lock);
}

void test_source_change_range(test_source *s, uint64_t from, uint64_t to)
{
    pthread_mutex_lock(&s->lock);
    s->change_from = from;
    s->change_to = to;
    pthread_mutex_unlock(&s->lock);
}

void test_source_replace(test_source *s, const void *bytes, size_t size)
{
    pthread_mutex_lock(&s->lock);
    s->bytes = bytes;
    s->size = size;
    s->version++;
    pthread_cond_broadcast(&s->changed);
    pthread_mutex_unlock(&s->lock);
}

void test_source_keep_changing(test_source *s, uint64_t count)
{
    pthread_mutex_lock(&s->lock);
    s->changing = count;
    pthread_mutex_unlock(&s->lock);
}

test_hint test_source_hint(test_source *s, uint64_t number)
{
    pthread_mutex_lock(&s->lock);
    while (s->hint_count <= number)
        pthread_cond_wait(&s->changed, &s->lock);
    const test_hint hint = s->hints[(s->hint_count - 1) % TEST_SOURCE_HINTS];
    pthread_mutex_unlock(&s->lock);
    return hint;
}

test_hint test_source_hint_of(test_source *s, as_byte_range range)
{
    pthread_mutex_lock(&s->lock);
    while (s->hint_count == 0 ||
           !test_hint_names(&s->hints[(s->hint_count - 1) % TEST_SOURCE_HINTS], range))
        pthread_cond_wait(&s->changed, &s->lock);
    const test_hint hint = s->hints[(s->hint_count - 1) % TEST_SOURCE_HINTS];
    pthread_mutex_unlock(&s->lock);
    return hint;
}

void test_source_on_hint(test_source *s, void (*fn)(void *user), void *user)
{
    pthread_mutex_lock(&s->lock);
    s->on_hint = fn;
    s->hint_user = user;
    pthread_mutex_unlock(&s->lock);
}

uint64_t test_source_hints(test_source *s)
{
    pthread_mutex_lock(&s->lock);
    const uint64_t count = s->hint_count;
    pthread_mutex_unlock(&s->lock);
    return count;
}

uint64_t test_source_reads(test_source *s)
{
    pthread_mutex_lock(&s->lock);
    const uint64_t reads = s->reads;
    pthread_mutex_unlock(&s->lock);
    return reads;
}

uint32_t test_source_blocked(test_source *s)
{
    pthread_mutex_lock(&s->lock);
    const uint32_t blocked = s->blocked;
    pthread_mutex_unlock(&s->lock);
    return blocked;
}

uint32_t test_source_count(test_source *s, uint64_t since, uint64_t offset)
{
    uint32_t count = 0;
    pthread_mutex_lock(&s->lock);
    for (uint64_t i = since; i < s->reads && i < TEST_SOURCE_LOG; i++)
        count += s->offsets[i] == offset;
    pthread_mutex_unlock(&s->lock);
    return count;
}

/* --------------------------------------------------------------------------------- events -- */

void test_events_init(test_events *e)
{
    *e = (test_events){.count = 0};
    assert_int_equal(pthread_mutex_init(&e->lock, NULL), 0);
    assert_int_equal(pthread_cond_init(&e->changed, NULL), 0);
}

void test_events_destroy(test_events *e)
{
    pthread_cond_destroy(&e->changed);
    pthread_mutex_destroy(&e->lock);
}

void test_events_take(void *user, uint64_t index, as_result result)
{
    test_events *e = user;
    pthread_mutex_lock(&e->lock);
    e->indices[e->count % 256] = index;
    e->results[e->count % 256] = result;
    e->count++;
    pthread_cond_broadcast(&e->changed);
    pthread_mutex_unlock(&e->lock);
}

void test_events_wait(test_events *e, uint64_t count)
{
    pthread_mutex_lock(&e->lock);
    while (e->count < count)
        pthread_cond_wait(&e->changed, &e->lock);
    pthread_mutex_unlock(&e->lock);
}

uint32_t test_events_of(test_events *e, uint64_t index, as_result *out_result)
{
    uint32_t found = 0;
    pthread_mutex_lock(&e->lock);
    for (uint64_t i = 0; i < e->count && i < 256; i++) {
        if (e->indices[i] != index)
            continue;
        found++;
        if (out_result)
            *out_result = e->results[i];
    }
    pthread_mutex_unlock(&e->lock);
    return found;
}
