/* SPDX-License-Identifier: MIT
 *
 * Random containers through the writer, a source in memory and a stream into textures, which must
 * equal the masks of as_stream_get_frame. A trial is made from its seed alone: what fails is
 * repeated by giving the seed it prints.
 */
#include "tests/support/random.h"
#include "tests/support/records.h"
#include "tests/unit/gl_fixture.h"

enum {
    SLOTS = 8,                       /* textures in flight at most */
    MODES = 4,                       /* scale and combine */
    SIZES = 4,                       /* asked for in one trial */
    OWN = 400,                       /* the side of the caller's texture, and the largest mask */
    ROUNDS = TEST_SANITIZED ? 1 : 2, /* quick; of SLOTS * MODES trials each */
    FULL_ROUNDS = 20,
    GETS = TEST_SANITIZED ? 10 : 40
};

static test_gl *context;
static char folder[256];

typedef struct trial {
    uint64_t seed;
    test_random random;
    uint64_t frames;
    uint32_t canvas_width, canvas_height;
    uint32_t sizes[SIZES][2];
    uint32_t textures; /* in flight, and of the pool */
    as_stream *stream;
    as_gl *gl;
    as_gl_texture held[SLOTS];
    GLuint own; /* a texture of the test's */
    bool own_shows;
    uint64_t pixels; /* that were not transparent */
} trial;

static int setup(void **state)
{
    (void)state;
    context = test_gl_create(NULL);
    test_make_folder(folder, sizeof(folder));
    return 0;
}

static int teardown(void **state)
{
    test_remove_folder(folder);
    test_gl_destroy(context);
    return test_nothing_alive(state);
}

/* ------------------------------------------------------------------------------ containers -- */

/* 1, a multiple of 64, one beside it, or anything. */
static uint32_t random_side(test_random *random, uint32_t most)
{
    const uint32_t words = (uint32_t)test_random_in(random, 1, most / 64);
    switch (test_random_in(random, 0, 5)) {
    case 0: return 1;
    case 1: return words * 64;
    case 2: return words * 64 + (words * 64 < most ? 1 : 0);
    case 3: return words * 64 - 1;
    default: return (uint32_t)test_random_in(random, 1, most);
    }
}

/* Of its own, or now and then the one before once more. */
static test_payload random_frame(trial *t, const test_payload *before)
{
    if (before->size == 0 || test_random_in(&t->random, 0, 7) != 0)
        return test_random_payload(&t->random, t->canvas_width, t->canvas_height);
    const test_payload again = {.bytes = malloc(before->size), .size = before->size};
    assert_non_null(again.bytes);
    memcpy(again.bytes, before->bytes, before->size);
    return again;
}

static void write_container(trial *t, const char *path, const as_writer_params *params)
{
    as_writer *writer = NULL;
    as_error error;
    test_payload before = {.size = 0};
    assert_ok(as_writer_create(path, params, &writer, &error), &error);
    for (uint64_t i = 0; i < t->frames; i++) {
        test_payload payload = random_frame(t, &before);
        assert_ok(as_writer_add_payload(writer, payload.bytes, payload.size, &error), &error);
        test_payload_free(&before);
        before = payload;
    }
    test_payload_free(&before);
    assert_ok(as_writer_finish(&writer, &error), &error);
}

static void release_bytes(void *user, const void *data)
{
    (void)user;
    free((void *)(uintptr_t)data);
}

static as_source *open_bytes(const char *path)
{
    const as_memory_params params = {.struct_size = sizeof(params), .release = release_bytes};
    as_source *source = NULL;
    as_error error;
    size_t size;
    uint8_t *bytes = test_read_file(path, &size);
    assert_ok(as_source_open_memory(bytes, size, &params, &source, &error), &error);
    return source;
}

static void open_random_stream(trial *t, as_scale_mode scale, as_combine combine)
{
    char path[320];
    const bool encrypted = test_random_in(&t->random, 0, 1) == 1;
    const as_key_params key = {.struct_size = sizeof(key),
                               .passphrase = "random",
                               .passphrase_size = 6,
                               .file_name = "random.asvr"};
    const as_writer_params writer = {.struct_size = sizeof(writer),
                                     .format = encrypted ? AS_FORMAT_ASVR : AS_FORMAT_ASVP,
                                     .key = encrypted ? &key : NULL};
    snprintf(path, sizeof(path), "%s/random", folder);
    write_container(t, path, &writer);
    as_stream_params params = {.struct_size = sizeof(params),
                               .canvas_width = t->canvas_width,
                               .canvas_height = t->canvas_height,
                               .scale = scale,
                               .combine = combine,
                               .source = open_bytes(path),
                               .key = encrypted ? &key : NULL,
                               .l1_frames = 8, /* some are evicted and come again */
                               .threads = 2};
    t->stream = open_stream(&params);
    as_source_close(&params.source);
}

static void begin_trial(trial *t, uint64_t seed)
{
    *t = (trial){.seed = seed, .random = test_random_from(seed)};
    const uint32_t mode = (uint32_t)(seed % MODES);
    t->textures = (uint32_t)(seed / MODES % SLOTS) + 1;
    t->frames = (uint64_t)test_random_in(&t->random, 1, 24);
    t->canvas_width = random_side(&t->random, OWN);
    t->canvas_height = random_side(&t->random, OWN);
    for (int i = 1; i < SIZES; i++) /* the first stays 0: the stream's */
        for (int k = 0; k < 2; k++)
            t->sizes[i][k] = random_side(&t->random, OWN);
    open_random_stream(t, mode & 1 ? AS_SCALE_VECTOR : AS_SCALE_NEAREST,
                       mode & 2 ? AS_COMBINE_PARITY : AS_COMBINE_UNION);
    t->gl = attach(t->stream, t->textures,
                   test_random_in(&t->random, 0, 1) ? AS_GL_UPLOAD_AUTO : AS_GL_UPLOAD_ORPHANED);
    t->own = test_gl_make_texture(context, GL_R8, OWN, OWN, 0x55);
}

static void end_trial(trial *t)
{
    as_gl_detach(&t->gl);
    as_stream_close(&t->stream);
    context->f.gl.DeleteTextures(1, &t->own);
    test_gl_no_errors(context);
}

/* ---------------------------------------------------------------------------------- frames -- */

static void expect_the_mask(trial *t, const as_gl_texture *texture)
{
    const size_t size = (size_t)texture->width * texture->height;
    as_frame *frame = NULL;
    as_frame_info info;
    assert_int_equal(as_stream_get_frame(t->stream, texture->index, texture->width, texture->height,
                                         AS_WAIT_FOREVER, &frame),
                     AS_OK);
    assert_int_equal(as_frame_get_info(frame, &info), AS_OK);
    assert_int_equal(info.stride, texture->width);
    uint8_t *pixels = test_gl_read(context, texture->name, texture->width, texture->height);
    if (memcmp(pixels, info.data, size) != 0)
        print_error("frame %" PRIu64 " at %" PRIu32 " x %" PRIu32 " from a canvas of %" PRIu32
                    " x %" PRIu32 ", %" PRIu32 " textures: ALPHASTREAM_TEST_SEED=%" PRIu64 "\n",
                    texture->index, texture->width, texture->height, t->canvas_width,
                    t->canvas_height, t->textures, t->seed);
    assert_same_bytes(pixels, info.data, size);
    for (size_t i = 0; i < size; i++)
        t->pixels += pixels[i] != 0;
    free(pixels);
    as_frame_unref(&frame);
}

static bool holds_own(const trial *t)
{
    for (uint32_t i = 0; i < t->textures; i++)
        if (t->held[i].handle && t->held[i].name == t->own)
            return true;
    return false;
}

/* One of those in flight goes, another frame comes in its place, and the others stay as they are.
 */
static void replace_one(trial *t)
{
    const uint32_t *size = t->sizes[test_random_in(&t->random, 0, SIZES - 1)];
    const uint32_t at = (uint32_t)test_random_in(&t->random, 0, t->textures - 1);
    const uint64_t index = (uint64_t)test_random_in(&t->random, 0, (int64_t)t->frames - 1);
    as_gl_request request = ask(size[0], size[1]);
    as_gl_release(t->gl, &t->held[at], NULL);
    if (test_random_in(&t->random, 0, 4) == 0 && !holds_own(t)) {
        request.texture = t->own;
        request.unchanged = t->own_shows;
        t->own_shows = true;
    }
    t->held[at] = get(t->gl, index, &request);
    expect_the_mask(t, &t->held[at]);
    const as_gl_texture *other = &t->held[test_random_in(&t->random, 0, t->textures - 1)];
    if (other->handle)
        expect_the_mask(t, other);
}

static void test_random_containers(void **state)
{
    static trial t;
    const uint64_t seed = test_seed("containers");
    const uint64_t rounds = is_full_run() && !TEST_SANITIZED ? FULL_ROUNDS : ROUNDS;
    uint64_t pixels = 0;
    (void)state;
    for (uint64_t i = 0; i < rounds * SLOTS * MODES; i++) {
        begin_trial(&t, seed + i);
        for (int n = 0; n < GETS; n++)
            replace_one(&t);
        assert_in_range(gl_stats_of(t.gl).textures, 0, t.textures);
        end_trial(&t);
        pixels += t.pixels;
    }
    assert_int_not_equal(pixels, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_random_containers)};
    return cmocka_run_group_tests_name("gl_random", tests, setup, teardown);
}
