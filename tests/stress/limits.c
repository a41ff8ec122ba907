/* SPDX-License-Identifier: MIT
 *
 * The largest there is: a stream of a whole day, payloads of 16 MiB, masks of 16384 x 16384, 256
 * streams at once. Everything is played and checked, and the memory that the library takes from its
 * allocator is what docs/tuning.md says. Smaller forms of the same run where ALPHASTREAM_TEST_FULL
 * is not set.
 */
#include "tests/support/failing_alloc.h"
#include "tests/support/random.h"
#include "tests/support/stream_fixture.h"

#include "core/base/mem.h"

#include <inttypes.h>

#define MIB ((uint64_t)1 << 20)

static bool full;

/* KiB of the process that are in memory; 0: the system does not say. */
static uint64_t resident(void)
{
    uint64_t kib = 0;
    char line[200];
    FILE *file = fopen("/proc/self/status", "r");
    while (file && fgets(line, sizeof(line), file))
        if (sscanf(line, "VmRSS: %" SCNu64, &kib) == 1)
            break;
    if (file)
        fclose(file);
    return kib;
}

static void print_memory(const char *what)
{
    print_message("    %s: %" PRIu64 " bytes now, at most %" PRIu64 "; resident: %" PRIu64 " KiB\n",
                  what, test_alloc_bytes(), test_alloc_peak(), resident());
}

static void assert_at_most(uint64_t value, uint64_t most)
{
    if (value > most)
        fail_msg("%" PRIu64 " bytes, more than %" PRIu64, value, most);
}

/* ---------------------------------------------------------------------------- a whole day -- */

/* Frame i is one square, of which place and size say i: made as it is read, 35 bytes a frame. */
enum { COLUMNS = 2000, ROWS = 1000, LEAST_SIDE = 4, BLOCK = 35 };

typedef struct day {
    test_bytes head;
    uint64_t frames;
} day;

static void make_block(uint8_t out[BLOCK], uint64_t index)
{
    const unsigned x = (unsigned)(index % COLUMNS), y = (unsigned)(index / COLUMNS % ROWS);
    const uint8_t side = (uint8_t)(LEAST_SIDE + index / COLUMNS / ROWS), back = (uint8_t)-side;
    const uint8_t payload[20] = {1,          0,
                                 0,          0,
                                 12,         0,
                                 0,          0, /* one record of 12 bytes */
                                 (uint8_t)x, (uint8_t)(x >> 8),
                                 (uint8_t)y, (uint8_t)(y >> 8), /* its first point */
                                 side,       0,
                                 0,          side,
                                 back,       0,
                                 0,          back};
    static const uint8_t before[] = {20, 0, 0, 0, 0x78, 1, 1, 20, 0, 0xEB, 0xFF}; /* stored */
    unsigned a = 1, b = 0;
    for (size_t i = 0; i < sizeof(payload); i++) {
        a = (a + payload[i]) % 65521;
        b = (b + a) % 65521;
    }
    const uint8_t sum[] = {(uint8_t)(b >> 8), (uint8_t)b, (uint8_t)(a >> 8), (uint8_t)a};
    memcpy(out, before, sizeof(before));
    memcpy(out + sizeof(before), payload, sizeof(payload));
    memcpy(out + sizeof(before) + sizeof(payload), sum, sizeof(sum));
}

static as_result read_day(void *user, uint64_t offset, void *buffer, size_t length,
                          size_t *out_read, as_error *error)
{
    const day *d = user;
    const uint64_t size = d->head.size + d->frames * BLOCK;
    uint8_t *to = buffer;
    (void)error;
    *out_read = 0;
    while (*out_read < length && offset < size) {
        uint8_t block[BLOCK];
        const uint8_t *from = d->head.data + offset;
        uint64_t n = offset < d->head.size ? d->head.size - offset : 0;
        if (n == 0) {
            const uint64_t at = offset - d->head.size;
            make_block(block, at / BLOCK);
            from = block + at % BLOCK;
            n = BLOCK - at % BLOCK;
        }
        n = n < length - *out_read ? n : length - *out_read;
        memcpy(to + *out_read, from, (size_t)n);
        *out_read += (size_t)n;
        offset += n;
    }
    return AS_OK;
}

static as_result size_of_day(void *user, uint64_t *out_size, as_error *error)
{
    const day *d = user;
    (void)error;
    *out_size = d->head.size + d->frames * BLOCK;
    return AS_OK;
}

static as_source *open_day(day *d, uint64_t frames)
{
    static const as_source_vtable vtable = {
        .struct_size = sizeof(vtable), .read = read_day, .size = size_of_day};
    test_bytes sizes = {0}, table = {0};
    as_source *source = NULL;
    as_error error;
    d->frames = frames;
    for (uint64_t i = 0; i < frames; i++)
        test_bytes_add_u64(&sizes, BLOCK);
    test_bytes_add_zlib(&table, sizes.data, sizes.size);
    d->head =
        test_container_head("ASVP", (uint32_t)frames, (uint32_t)table.size, table.data, table.size);
    test_bytes_free(&sizes);
    test_bytes_free(&table);
    test_alloc_fail_at(UINT64_MAX);
    assert_ok(as_source_open_custom(&vtable, d, "day.asvp", &source, &error), &error);
    return source;
}

/* The square of that frame and nothing else. */
static void expect_square(as_stream *stream, uint64_t index)
{
    const uint64_t x = index % COLUMNS, y = index / COLUMNS % ROWS,
                   side = LEAST_SIDE + index / COLUMNS / ROWS;
    as_frame *frame = NULL;
    as_frame_info info;
    as_error error;
    uint64_t opaque = 0, inside = 0;
    assert_ok(as_stream_get_frame(stream, index, 0, 0, AS_WAIT_FOREVER, &frame),
              (as_stream_last_error(stream, &error), &error));
    assert_ok(as_frame_get_info(frame, &info), &error);
    assert_int_equal(info.index, index);
    const uint8_t *pixels = info.data;
    for (size_t row = 0; row < info.height; row++)
        for (const uint8_t *p = pixels + row * info.stride, *end = p + info.width;
             (p = memchr(p, 255, (size_t)(end - p))) != NULL; p++)
            opaque++;
    for (uint64_t row = y; row <= y + side; row++)
        for (uint64_t column = x; column <= x + side; column++)
            inside += pixels[row * info.stride + column] == 255;
    assert_int_equal(inside, (side + 1) * (side + 1));
    assert_int_equal(opaque, inside);
    as_frame_unref(&frame);
}

/* 8 bytes a frame; while the index is made, the table as stored and once more what it inflates to.
 */
static void test_index_of_a_day(void **state)
{
    (void)state;
    const uint64_t frames = full ? 24 * 3600 * 60 : 24 * 3600;
    day d = {{0}, 0};
    as_error error;
    as_container *container = NULL;
    as_source *source = open_day(&d, frames);
    assert_ok(as_container_open(source, NULL, &container, &error), &error);
    print_memory("index");
    assert_at_most(test_alloc_bytes(), 8 * frames + 64 * 1024);
    assert_at_most(test_alloc_peak(), 8 * frames + d.head.size + 512 * 1024);
    as_container_close(&container);
    as_source_close(&source);
    test_alloc_restore();
    test_bytes_free(&d.head);
}

static void test_a_day_is_played(void **state)
{
    (void)state;
    const uint64_t frames = full ? 24 * 3600 * 60 : 24 * 3600;
    day d = {{0}, 0};
    as_source *source = open_day(&d, frames);
    const as_stream_params params = {.struct_size = sizeof(params),
                                     .source = source,
                                     .init_timeout_ms = 3600000,
                                     .data_timeout_ms = 3600000,
                                     .threads = 2};
    as_stream *stream = open_stream(&params);
    test_random random = test_random_from(test_seed("a day"));
    as_source_close(&source);
    for (uint64_t i = 0; i < 60; i++)
        expect_square(stream, i);
    for (int i = 0; i < (full ? 300 : 30); i++) {
        const uint64_t index = (uint64_t)test_random_in(&random, 0, (int64_t)frames - 3);
        for (uint64_t k = 0; k < 3; k++)
            expect_square(stream, index + k);
    }
    for (uint64_t i = frames; i-- > frames - 60;) /* and backward from the end */
        expect_square(stream, i);
    as_frame *frame = NULL;
    assert_int_equal(as_stream_get_frame(stream, frames, 0, 0, AS_WAIT_FOREVER, &frame),
                     AS_ERROR_OUT_OF_RANGE);
    print_memory("a day, played");
    /* The index and what a stream at 2048 x 1024 takes by default. */
    assert_at_most(test_alloc_bytes(), 8 * frames + 20 * MIB);
    assert_at_most(test_alloc_peak(), 8 * frames + d.head.size + 20 * MIB);
    as_stream_close(&stream);
    test_alloc_restore();
    test_bytes_free(&d.head);
}

/* ----------------------------------------------------------------------- payloads of 16 MiB -- */

/* One outline that goes round squares until `size` bytes are full. */
static test_bytes large_payload(uint32_t number, uint32_t size)
{
    static const int8_t steps[4][2] = {{1, 0}, {0, 1}, {-1, 0}, {0, -1}};
    test_bytes payload = {0};
    test_bytes_add_u32(&payload, 1);
    test_bytes_add_u32(&payload, size - 8);
    test_bytes_add_u32(&payload, (10 + number) | (uint32_t)20 << 16);
    for (uint32_t i = 0; payload.size < size; i++)
        test_bytes_add(&payload, steps[i / (50 + number) % 4], 2);
    assert_int_equal(payload.size, size);
    return payload;
}

enum { DIFFERENT = 5, LARGE_FRAMES = 40, LARGE_THREADS = 2 };

static test_bytes large_container(uint32_t size)
{
    test_bytes blocks[LARGE_FRAMES], made[DIFFERENT];
    for (uint32_t i = 0; i < DIFFERENT; i++) {
        test_bytes payload = large_payload(i, size);
        made[i] = test_block(size, payload.data, payload.size);
        test_bytes_free(&payload);
    }
    for (size_t i = 0; i < LARGE_FRAMES; i++)
        blocks[i] = made[i % DIFFERENT];
    const test_bytes container = test_container(blocks, LARGE_FRAMES);
    test_free_blocks(made, DIFFERENT);
    return container;
}

/* Read-ahead keeps to l1_bytes; beside that, each thread that decodes has a payload under way, and
 * one that draws keeps its own in memory when L1 lets go of it. */
static void test_large_payloads(void **state)
{
    (void)state;
    const uint32_t size = full ? 16u << 20 : 1u << 20;
    truth t;
    truth_of_bytes(&t, large_container(size), 320, 200);
    for (uint64_t i = 0; i < DIFFERENT; i++)
        (void)truth_mask(&t, i, 320, 200);
    truth_rest(&t);
    for (int budget = 0; budget < 2; budget++) {
        as_stream_params params = truth_params(&t);
        params.threads = LARGE_THREADS;
        params.l1_bytes = budget == 0 ? 4 * (uint64_t)size : 0;
        params.init_timeout_ms = params.data_timeout_ms = 3600000;
        const uint64_t l1_bytes = params.l1_bytes ? params.l1_bytes : 256 * MIB;
        test_alloc_fail_at(UINT64_MAX);
        as_stream *stream = open_stream(&params);
        for (uint64_t i = 0; i < LARGE_FRAMES; i += 1 + i % 3) {
            as_frame *frame = NULL;
            assert_int_equal(as_stream_get_frame(stream, i, 0, 0, AS_WAIT_FOREVER, &frame), AS_OK);
            as_frame_info info;
            assert_int_equal(as_frame_get_info(frame, &info), AS_OK);
            assert_same_bytes(info.data, truth_mask(&t, i % DIFFERENT, 320, 200), 320 * 200);
            as_frame_unref(&frame);
            assert_at_most(stats_of(stream).l1_bytes, l1_bytes);
        }
        print_memory(budget == 0 ? "large payloads, small L1" : "large payloads, default L1");
        assert_at_most(test_alloc_peak(), l1_bytes + 2 * (uint64_t)LARGE_THREADS * size + 4 * MIB);
        as_stream_close(&stream);
        test_alloc_restore();
    }
    truth_free(&t);
}

/* One byte more than the format allows, where everything else is in order. */
static void test_payload_past_the_limit(void **state)
{
    (void)state;
    const uint32_t size = (16u << 20) + 2;
    as_error error;
    as_container *container = NULL;
    as_buffer payload = {0};
    test_bytes large = large_payload(0, size);
    test_bytes block = test_block(size, large.data, large.size);
    test_bytes bytes = test_container(&block, 1);
    test_bytes_free(&large);
    test_bytes_free(&block);
    test_alloc_fail_at(UINT64_MAX);
    assert_ok(test_open_bytes(bytes.data, bytes.size, "", NULL, &container, &error), &error);
    assert_fails(as_container_read_payload(container, 0, &payload, &error), AS_ERROR_DECODE, &error,
                 "16777216");
    assert_at_most(test_alloc_peak(), 1 * MIB); /* nothing was taken for it */
    as_container_close(&container);
    as_buffer_free(&payload);
    test_alloc_restore();
    test_bytes_free(&bytes);
}

/* ------------------------------------------------------------------------ 16384 x 16384 -- */

/* Every pixel of the mask, from the small one: nearest neighbour. */
static void expect_enlarged(const as_frame *frame, const uint8_t *small, uint32_t side)
{
    as_frame_info info;
    uint64_t wrong = 0;
    assert_int_equal(as_frame_get_info(frame, &info), AS_OK);
    assert_int_equal(info.width, side);
    assert_int_equal(info.height, side);
    for (uint64_t y = 0; y < side; y++) {
        const uint8_t *row = (const uint8_t *)info.data + y * info.stride;
        const uint8_t *from = small + y * 200 / side * 320;
        for (uint64_t x = 0; x < side; x++)
            wrong += row[x] != from[x * 320 / side];
    }
    assert_int_equal(wrong, 0);
}

static void test_large_masks(void **state)
{
    (void)state;
    const uint32_t side = full ? AS_SIZE_MAX_PIXELS : 2048;
    truth t;
    truth_of_bytes(&t, test_triangles(8), 320, 200);
    for (uint64_t i = 0; i < 8; i++)
        (void)truth_mask(&t, i, 320, 200);
    truth_rest(&t);
    const uint64_t one = (uint64_t)side * side + 64 * 1024; /* with what it remembers */
    as_stream_params params = truth_params(&t);
    params.width = params.height = side;
    params.threads = 2;
    as_frame *frame = NULL, *second = NULL;
    as_error error;

    /* No room for a single one, and no memory is taken to find out. */
    params.l0_bytes = (uint64_t)side * side - 1;
    test_alloc_fail_at(UINT64_MAX);
    as_stream *stream = open_stream(&params);
    assert_int_equal(as_stream_get_frame(stream, 0, 0, 0, AS_WAIT_FOREVER, &frame), AS_ERROR_LIMIT);
    assert_null(frame);
    assert_int_equal(as_stream_last_error(stream, &error), AS_ERROR_LIMIT);
    assert_non_null(strstr(error.text, "l0_bytes"));
    assert_at_most(test_alloc_peak(), 2 * MIB);
    /* A smaller one fits. */
    assert_int_equal(as_stream_get_frame(stream, 3, 320, 200, AS_WAIT_FOREVER, &frame), AS_OK);
    assert_true(truth_shows(&t, frame, 3, 320, 200));
    as_frame_unref(&frame);
    as_stream_close(&stream);
    test_alloc_restore();

    /* Room for one: while it is held there is none for another. */
    params.l0_bytes = one;
    test_alloc_fail_at(UINT64_MAX);
    stream = open_stream(&params);
    for (uint64_t i = 0; i < 3; i++) {
        assert_int_equal(as_stream_get_frame(stream, i, 0, 0, AS_WAIT_FOREVER, &frame), AS_OK);
        assert_int_equal(as_stream_get_frame(stream, i + 1, 0, 0, AS_WAIT_FOREVER, &second),
                         AS_ERROR_LIMIT);
        expect_enlarged(frame, truth_mask(&t, i, 320, 200), side);
        as_frame_unref(&frame);
    }
    print_memory("one large mask");
    assert_at_most(test_alloc_peak(), one + 2 * MIB);
    as_stream_close(&stream);
    test_alloc_restore();
    truth_free(&t);
}

/* The canvas as large as the mask: bits for each drawing worker beside the pixels. */
static void test_large_canvas(void **state)
{
    (void)state;
    const uint32_t side = full ? AS_SIZE_MAX_PIXELS : 2048;
    const uint64_t pixels = (uint64_t)side * side;
    truth t;
    as_frame *frame = NULL;
    as_frame_info info;
    truth_of_bytes(&t, test_triangles(4), 320, 200);
    const uint8_t *small = truth_mask(&t, 2, 320, 200);
    truth_rest(&t);
    as_stream_params params = truth_params(&t);
    params.width = params.height = params.canvas_width = params.canvas_height = side;
    params.l0_frames = 1;
    params.raster_tasks = 1;
    params.threads = 1;
    params.l0_bytes = pixels + pixels / 8 + 64 * 1024;
    test_alloc_fail_at(UINT64_MAX);
    as_stream *stream = open_stream(&params);
    assert_int_equal(as_stream_get_frame(stream, 2, 0, 0, AS_WAIT_FOREVER, &frame), AS_OK);
    assert_int_equal(as_frame_get_info(frame, &info), AS_OK);
    for (size_t y = 0; y < side; y += y < 200 ? 1 : side / 16) {
        const uint8_t *row = (const uint8_t *)info.data + y * info.stride;
        if (y < 200)
            assert_memory_equal(row, small + y * 320, 320);
        assert_null(memchr(row + (y < 200 ? 320 : 0), 255, side - (y < 200 ? 320 : 0)));
    }
    as_frame_unref(&frame);
    print_memory("a large canvas");
    /* The mask, what it remembers, and 2 1/2 bits a pixel for the worker and for the caller. */
    assert_at_most(test_alloc_peak(),
                   pixels + pixels / 8 + 2 * (pixels / 4 + pixels / 16) + 2 * MIB);
    as_stream_close(&stream);
    test_alloc_restore();
    truth_free(&t);
}

/* --------------------------------------------------------------------------- 256 streams -- */

enum { MOST_STREAMS = 256, STREAM_THREADS = 4 };

typedef enum origin { FROM_FILES, FROM_MEMORY, FROM_SOURCES } origin;

static as_stream *open_one(truth *t, origin from, const char *path, test_source *source)
{
    as_stream_params params = truth_params(t);
    params.threads = STREAM_THREADS;
    params.l0_frames = 2;
    params.io_requests = 1;
    params.init_timeout_ms = params.data_timeout_ms = 3600000;
    if (from != FROM_MEMORY)
        params.bytes = NULL;
    params.bytes_size = from == FROM_MEMORY ? t->size : 0;
    params.location = from == FROM_FILES ? path : NULL;
    if (from == FROM_SOURCES) {
        test_source_init(source, t->bytes, t->size, true);
        params.source = test_source_open(source);
    }
    as_stream *stream = open_stream(&params);
    as_source_close(&params.source);
    return stream;
}

static void check_many_streams(truth *t, origin from, const char *path, int count)
{
    static as_stream *streams[MOST_STREAMS];
    test_source *sources = calloc((size_t)count, sizeof(*sources));
    assert_non_null(sources);
    const int descriptors = test_descriptors(), threads = test_threads();
    test_alloc_fail_at(UINT64_MAX);
    for (int i = 0; i < count; i++)
        streams[i] = open_one(t, from, path, &sources[i]);
    for (uint64_t n = 0; n < 4; n++)
        for (int i = 0; i < count; i++)
            truth_expect(t, streams[i], (n + (uint64_t)i) % t->frames, 320, 200);
    const int used = test_descriptors() - descriptors, more = test_threads() - threads;
    print_message("    %d streams: %d descriptors, %d threads\n", count, used, more);
    print_memory("many streams");
    assert_int_equal(used, from == FROM_FILES ? count : 0);
    /* One pool for all; a caller's source has its reading threads beside. */
    assert_int_equal(more, STREAM_THREADS + (from == FROM_SOURCES ? count : 0));
    assert_at_most(test_alloc_peak() / (uint64_t)count, 700000);
    for (int i = 0; i < count; i++)
        as_stream_close(&streams[i]);
    assert_int_equal(as_mem_live(), 0);
    assert_int_equal(test_descriptors(), descriptors);
    assert_int_equal(test_threads(), threads);
    test_alloc_restore();
    for (int i = 0; from == FROM_SOURCES && i < count; i++)
        test_source_destroy(&sources[i]);
    free(sources);
}

static void test_many_streams(void **state)
{
    (void)state;
    char folder[400], path[512];
    truth t;
    truth_of_bytes(&t, test_triangles(40), 320, 200);
    truth_draw_all(&t, 320, 200);
    truth_rest(&t);
    test_make_folder(folder, sizeof(folder));
    snprintf(path, sizeof(path), "%s/many.asvp", folder);
    test_write_file(path, t.bytes, t.size);
    for (origin from = FROM_FILES; from <= FROM_SOURCES; from++)
        check_many_streams(&t, from, path, full ? MOST_STREAMS : 24);
    test_remove_folder(folder);
    truth_free(&t);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_index_of_a_day), cmocka_unit_test(test_a_day_is_played),
        cmocka_unit_test(test_large_payloads), cmocka_unit_test(test_payload_past_the_limit),
        cmocka_unit_test(test_large_masks),    cmocka_unit_test(test_large_canvas),
        cmocka_unit_test(test_many_streams),
    };
    const char *wish = getenv("ALPHASTREAM_TEST_FULL");
    full = wish && wish[0] && strcmp(wish, "0") != 0;
    return cmocka_run_group_tests_name("limits", tests, NULL, test_nothing_alive);
}
