/* SPDX-License-Identifier: MIT
 *
 * Encrypted content that is replaced: opened anew with the key that is kept, without a passphrase.
 * Containers without a stream, which say that they are out of date. And many changes while many
 * threads ask: no frame is older than the content its caller knew of.
 */
#include "tests/support/random.h"
#include "tests/support/stream_fixture.h"

#include <stdatomic.h>

enum { WIDTH = 320, HEIGHT = 200, FRAMES = 60, VERSIONS = 2 };
#define NAME "test.asvp" /* of the test's source */

static truth plain[VERSIONS];
static char folder[256];
static as_error error;

static int setup(void **state)
{
    (void)state;
    test_make_folder(folder, sizeof(folder));
    for (size_t i = 0; i < VERSIONS; i++) {
        truth_of_bytes(&plain[i], test_padded_triangles(FRAMES, 500, 1000 * i), WIDTH, HEIGHT);
        truth_draw_all(&plain[i], WIDTH, HEIGHT);
    }
    return 0;
}

static int teardown(void **state)
{
    for (size_t i = 0; i < VERSIONS; i++)
        truth_free(&plain[i]);
    test_remove_folder(folder);
    return test_nothing_alive(state);
}

/* The same frames, encrypted; malloc'd. */
static uint8_t *encrypted(const truth *t, const char *passphrase, size_t *out_size)
{
    char path[300];
    as_writer *writer = NULL;
    as_buffer block = {0};
    const as_key_params key = {.struct_size = sizeof(key),
                               .scene_id = 7,
                               .passphrase = passphrase,
                               .passphrase_size = strlen(passphrase),
                               .file_name = NAME};
    const as_writer_params params = {
        .struct_size = sizeof(params), .format = AS_FORMAT_ASVR, .key = &key};
    snprintf(path, sizeof(path), "%s/x.asvr", folder);
    assert_ok(as_writer_create(path, &params, &writer, &error), &error);
    for (uint64_t i = 0; i < t->frames; i++) {
        assert_ok(as_container_read_block(t->container, i, &block, &error), &error);
        assert_ok(as_writer_add_block(writer, block.data, block.size, &error), &error);
    }
    assert_ok(as_writer_finish(&writer, &error), &error);
    as_buffer_free(&block);
    return test_read_file(path, out_size);
}

typedef struct fixture {
    test_source control;
    as_source *source;
    as_stream *stream;
} fixture;

static as_stream_params on_source(fixture *f, const void *bytes, size_t size)
{
    *f = (fixture){.stream = NULL};
    test_source_init(&f->control, bytes, size, true);
    f->control.versioned = true;
    f->source = test_source_open(&f->control);
    as_stream_params params = truth_params(&plain[0]);
    params.bytes = NULL;
    params.bytes_size = 0;
    params.source = f->source;
    return params;
}

static void end(fixture *f)
{
    as_stream_close(&f->stream);
    as_source_close(&f->source);
    test_source_destroy(&f->control);
}

static as_result get(fixture *f, uint64_t index)
{
    as_frame *frame = NULL;
    const as_result result = as_stream_get_frame(f->stream, index, 0, 0, AS_WAIT_FOREVER, &frame);
    as_stream_last_error(f->stream, &error);
    as_frame_unref(&frame);
    return result;
}

static void replace(fixture *f, const void *bytes, size_t size)
{
    test_source_replace(&f->control, bytes, size);
    assert_int_equal(get(f, 0), AS_ERROR_CHANGED);
}

static void open_with_passphrase(fixture *f, as_stream_params *params, const char *passphrase)
{
    char copy[32];
    snprintf(copy, sizeof(copy), "%s", passphrase);
    const as_key_params key = {.struct_size = sizeof(key),
                               .scene_id = 7,
                               .passphrase = copy,
                               .passphrase_size = strlen(copy)};
    params->key = &key;
    f->stream = open_stream(params);
    memset(copy, 0, sizeof(copy)); /* nobody has it any more */
    params->key = NULL;
}

static uint32_t is_encrypted(fixture *f)
{
    as_stream_metadata m = {.struct_size = sizeof(m)};
    assert_int_equal(as_stream_get_metadata(f->stream, &m), AS_OK);
    return m.encrypted;
}

static void test_key_is_kept(void **state)
{
    (void)state;
    fixture f;
    size_t sizes[VERSIONS];
    uint8_t *files[VERSIONS];
    for (size_t i = 0; i < VERSIONS; i++)
        files[i] = encrypted(&plain[i], "secret", &sizes[i]);
    as_stream_params params = on_source(&f, files[0], sizes[0]);
    open_with_passphrase(&f, &params, "secret");
    truth_expect(&plain[0], f.stream, 3, WIDTH, HEIGHT);
    replace(&f, files[1], sizes[1]);
    truth_expect(&plain[1], f.stream, 3, WIDTH, HEIGHT);
    assert_int_equal(is_encrypted(&f), 1);
    /* Also past one that needs no key. */
    replace(&f, plain[0].bytes, plain[0].size);
    truth_expect(&plain[0], f.stream, 3, WIDTH, HEIGHT);
    assert_int_equal(is_encrypted(&f), 0);
    replace(&f, files[1], sizes[1]);
    truth_expect(&plain[1], f.stream, FRAMES - 1, WIDTH, HEIGHT);
    end(&f);
    for (size_t i = 0; i < VERSIONS; i++)
        free(files[i]);
}

static void test_another_key(void **state)
{
    (void)state;
    fixture f;
    size_t size, other_size;
    uint8_t *file = encrypted(&plain[0], "secret", &size);
    uint8_t *other = encrypted(&plain[1], "another", &other_size);
    as_stream_params params = on_source(&f, file, size);
    open_with_passphrase(&f, &params, "secret");
    truth_expect(&plain[0], f.stream, 0, WIDTH, HEIGHT);
    replace(&f, other, other_size);
    for (int i = 0; i < 3; i++) {
        assert_int_equal(get(&f, 0), AS_ERROR_DECODE);
        test_assert_text(error.text, "does not open with the key of the one before", "get",
                         __FILE__, __LINE__);
        test_assert_text(error.text, "close the stream and open it", "get", __FILE__, __LINE__);
    }
    test_source_replace(&f.control, file, size);
    truth_expect(&plain[0], f.stream, 0, WIDTH, HEIGHT);
    end(&f);
    free(file);
    free(other);
}

/* The stream opened a plain container: whatever passphrase there was is gone. */
static void test_no_key(void **state)
{
    (void)state;
    fixture f;
    size_t size;
    uint8_t *file = encrypted(&plain[1], "secret", &size);
    as_stream_params params = on_source(&f, plain[0].bytes, plain[0].size);
    open_with_passphrase(&f, &params, "secret");
    truth_expect(&plain[0], f.stream, 0, WIDTH, HEIGHT);
    replace(&f, file, size);
    assert_int_equal(get(&f, 0), AS_ERROR_DECODE);
    test_assert_text(error.text, "no passphrase is kept", "get", __FILE__, __LINE__);
    test_source_replace(&f.control, plain[0].bytes, plain[0].size);
    truth_expect(&plain[0], f.stream, 0, WIDTH, HEIGHT);
    end(&f);
    free(file);
}

/* ------------------------------------------------------------------------ without a stream -- */

static void assert_out_of_date(as_container *container, uint64_t index)
{
    as_buffer buffer = {0};
    assert_fails(as_container_read_payload(container, index, &buffer, &error), AS_ERROR_CHANGED,
                 &error, "open the container anew");
    assert_int_equal(buffer.size, 0);
    assert_int_equal(error.frame, index);
    assert_fails(as_container_read_block(container, index, &buffer, &error), AS_ERROR_CHANGED,
                 &error, "open the container anew");
    assert_int_equal(buffer.size, 0);
    as_buffer_free(&buffer);
}

static void test_container_alone(void **state)
{
    (void)state;
    fixture f;
    as_container *container = NULL;
    as_container_info info;
    as_buffer payload = {0};
    (void)on_source(&f, plain[0].bytes, plain[0].size);
    assert_ok(as_container_open(f.source, NULL, &container, &error), &error);
    assert_ok(as_container_read_payload(container, 3, &payload, &error), &error);
    assert_int_equal(as_source_version(f.source), 0);
    test_source_replace(&f.control, plain[1].bytes, plain[1].size / 2);
    assert_int_equal(as_source_version(f.source), 1);
    for (uint64_t i = 0; i < FRAMES; i += 10) /* not "cut short": that is of no account */
        assert_out_of_date(container, i);
    assert_ok(as_container_get_info(container, &info, &error), &error);
    assert_int_equal(info.frame_count, FRAMES);
    as_container_close(&container);
    test_source_replace(&f.control, plain[1].bytes, plain[1].size);
    assert_ok(as_container_open(f.source, NULL, &container, &error), &error);
    assert_ok(as_container_read_payload(container, 3, &payload, &error), &error);
    as_container_close(&container);
    /* Header and table must be of one version too. */
    test_source_keep_changing(&f.control, 1);
    assert_fails(as_container_open(f.source, NULL, &container, &error), AS_ERROR_CHANGED, &error,
                 "replaced");
    assert_null(container);
    assert_ok(as_container_open(f.source, NULL, &container, &error), &error);
    as_container_close(&container);
    as_buffer_free(&payload);
    end(&f);
}

/* ------------------------------------------------------------------------------ many changes -- */

enum { ASKERS = 3 };

typedef struct asker {
    fixture *f;
    atomic_bool *stop;
    uint64_t random;
    uint64_t frames, changes;
    bool wrong;
} asker;

/* Does it show what was there at some time from number `since` to now? */
static bool may_show(const asker *a, const as_frame *frame, uint64_t index, uint64_t since)
{
    as_frame_info info;
    if (as_frame_get_info(frame, &info) != AS_OK || info.index != index)
        return false;
    const uint64_t now = as_source_version(a->f->source);
    for (uint64_t n = since; n <= now && n < since + VERSIONS; n++)
        if (memcmp(info.data, truth_mask(&plain[n % VERSIONS], index, WIDTH, HEIGHT),
                   (size_t)WIDTH * HEIGHT) == 0)
            return true;
    return false;
}

static void *ask(void *user)
{
    asker *a = user;
    test_random random = test_random_from(a->random);
    for (uint64_t n = 0; !atomic_load(a->stop); n++) {
        as_frame *frame = NULL;
        const uint64_t index = test_random_in(&random, 0, 3)
                                   ? n % FRAMES
                                   : (uint64_t)test_random_in(&random, 0, FRAMES - 1);
        const uint64_t since = as_source_version(a->f->source); /* even: content 0 */
        const as_result result =
            as_stream_get_frame(a->f->stream, index, 0, 0, AS_WAIT_FOREVER, &frame);
        if (result == AS_OK) {
            a->frames++;
            a->wrong = a->wrong || !may_show(a, frame, index, since);
        } else if (result == AS_ERROR_CHANGED) {
            a->changes++;
        } else if (result != AS_ERROR_TRANSPORT) {
            a->wrong = true;
        }
        as_frame_unref(&frame);
    }
    return NULL;
}

static void test_many_changes(void **state)
{
    (void)state;
    fixture f;
    atomic_bool stop = false;
    pthread_t threads[ASKERS];
    asker askers[ASKERS];
    const uint64_t seed = test_seed("stream changed");
    as_stream_params params = on_source(&f, plain[0].bytes, plain[0].size);
    params.l0_frames = 3;
    params.prefetch_frames = 8;
    f.stream = open_stream(&params);
    for (uint64_t i = 0; i < ASKERS; i++) {
        askers[i] = (asker){.f = &f, .stop = &stop, .random = seed + i};
        assert_int_equal(pthread_create(&threads[i], NULL, ask, &askers[i]), 0);
    }
    /* Counted from before a content comes, which makes as many reads anew: afterwards it may be
     * here whole already, and nothing is read. */
    for (unsigned n = 1, reads = 0; n <= (TEST_SANITIZED ? 40 : 200); n++) {
        const truth *next = &plain[n % VERSIONS];
        test_source_wait_reads(&f.control, reads + 5);
        reads = test_source_reads(&f.control);
        test_source_replace(&f.control, next->bytes, next->size);
    }
    atomic_store(&stop, true);
    uint64_t frames = 0, changes = 0;
    for (int i = 0; i < ASKERS; i++) {
        pthread_join(threads[i], NULL);
        assert_false(askers[i].wrong);
        frames += askers[i].frames;
        changes += askers[i].changes;
    }
    print_message("%u changes told, %u frames\n", (unsigned)changes, (unsigned)frames);
    assert_true(frames > 0);
    assert_true(changes > 0);
    assert_true(changes <= stats_of(f.stream).changes);
    end(&f);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_key_is_kept),  cmocka_unit_test(test_another_key),
        cmocka_unit_test(test_no_key),       cmocka_unit_test(test_container_alone),
        cmocka_unit_test(test_many_changes),
    };
    return cmocka_run_group_tests_name("stream changed, keys", tests, setup, teardown);
}
