/* SPDX-License-Identifier: MIT
 *
 * Sources: the counted front, memory, callers' own ones, arguments.
 */
#include "tests/unit/io_fixture.h"

#include <errno.h>
#include <pthread.h>

/* --------------------------------------------------------------------------------- memory ---- */

typedef struct releases {
    int count;
    const void *data;
} releases;

static void count_release(void *user, const void *data)
{
    ((releases *)user)->count++;
    ((releases *)user)->data = data;
}

static void test_memory(void **state)
{
    (void)state;
    for (uint32_t copy = 0; copy < 2; copy++) {
        as_error error;
        as_source *source = NULL;
        releases seen = {0};
        const as_memory_params params = {.struct_size = sizeof(params),
                                         .copy = copy,
                                         .name = "m",
                                         .release = count_release,
                                         .user = &seen};
        uint8_t *bytes = malloc(FILE_BYTES);
        assert_non_null(bytes);
        memcpy(bytes, content, FILE_BYTES);
        assert_ok(as_source_open_memory(bytes, FILE_BYTES, &params, &source, &error), &error);
        if (copy)
            memset(bytes, 0, FILE_BYTES);
        check_many_ranges(source);
        assert_string_equal(as_source_name(source), "m");
        as_source *held = as_io_ref(source);
        as_source_close(&source);
        assert_null(source);
        assert_int_equal(seen.count, 0);
        check_range(held, 5, 100, FILE_BYTES);
        as_io_unref(held);
        assert_int_equal(seen.count, 1);
        assert_ptr_equal(seen.data, bytes);
        free(bytes);
    }
}

static void test_empty_memory(void **state)
{
    (void)state;
    for (uint32_t copy = 0; copy < 2; copy++) {
        as_error error;
        as_source *source = NULL;
        const as_memory_params params = {.struct_size = sizeof(params), .copy = copy};
        assert_ok(as_source_open_memory(NULL, 0, &params, &source, &error), &error);
        check_range(source, 0, 10, 0);
        check_range(source, 10, 10, 0);
        check_size(source, 0);
        assert_string_equal(as_source_name(source), "");
        as_source_close(&source);
    }
    as_source *source = NULL;
    as_error error;
    assert_ok(as_source_open_memory(content, 10, NULL, &source, &error), &error);
    check_range(source, 3, 10, 10);
    as_source_close(&source);
    const as_memory_params huge = {.struct_size = sizeof(huge), .copy = 1};
    assert_fails(as_source_open_memory(content, SIZE_MAX, &huge, &source, &error),
                 AS_ERROR_OUT_OF_MEMORY, &error, "copy of the container");
}

/* --------------------------------------------------------------------------------- custom ---- */

typedef struct custom {
    as_result result;
    size_t claimed; /* what *out_read is set to */
    const char *text;
    int32_t system_error;
    int reads, sizes, prefetches, cancels, closes;
    as_byte_range range;
    int32_t priority;
    uint64_t generation;
    as_source *cancelled_during_read; /* NULL: none */
} custom;

static as_result custom_fail(custom *c, as_error *error)
{
    if (c->text)
        snprintf(error->text, sizeof(error->text), "%s", c->text);
    error->system_error = c->system_error;
    return c->result;
}

static as_result custom_read(void *user, uint64_t offset, void *buffer, size_t length,
                             size_t *out_read, as_error *error)
{
    custom *c = user;
    (void)offset;
    c->reads++;
    memset(buffer, 0x5A, length);
    *out_read = c->claimed;
    if (c->cancelled_during_read)
        as_source_cancel(c->cancelled_during_read);
    return custom_fail(c, error);
}

static as_result custom_size(void *user, uint64_t *out_size, as_error *error)
{
    custom *c = user;
    c->sizes++;
    *out_size = 4321;
    return custom_fail(c, error);
}

static void custom_prefetch(void *user, const as_byte_range *ranges, size_t count, int32_t priority,
                            uint64_t generation)
{
    custom *c = user;
    c->prefetches += (int)count;
    c->range = ranges[0];
    c->priority = priority;
    c->generation = generation;
}

static void custom_cancel(void *user)
{
    ((custom *)user)->cancels++;
}

static void custom_close(void *user)
{
    ((custom *)user)->closes++;
}

static const as_source_vtable custom_vtable = {.struct_size = sizeof(as_source_vtable),
                                               .read = custom_read,
                                               .size = custom_size,
                                               .prefetch = custom_prefetch,
                                               .cancel = custom_cancel,
                                               .close = custom_close};

static as_source *open_custom(const as_source_vtable *vtable, custom *c)
{
    as_error error;
    as_source *source = NULL;
    assert_ok(as_source_open_custom(vtable, c, "own.asvr", &source, &error), &error);
    assert_non_null(source);
    return source;
}

static void test_custom_results(void **state)
{
    (void)state;
    static const struct {
        custom has;
        as_result wanted;
        const char *text;
    } rows[] = {
        {{.result = AS_ERROR_CHANGED, .text = "the file is another one now"},
         AS_ERROR_CHANGED,
         "the file is another one now"},
        {{.result = AS_ERROR_TRANSPORT, .system_error = EIO, .claimed = 3},
         AS_ERROR_TRANSPORT,
         "\"own.asvr\" failed without saying why (source or destination failed)"},
        {{.result = AS_ERROR_OUT_OF_RANGE}, AS_ERROR_OUT_OF_RANGE, "without saying why"},
        {{.result = AS_ERROR_CANCELLED}, AS_ERROR_CANCELLED, "without saying why"},
        {{.result = 1}, AS_ERROR_TRANSPORT, "\"own.asvr\" gave the unknown result 1;"},
        {{.result = -13, .text = "told you"}, AS_ERROR_TRANSPORT, "It said: told you"},
        {{.claimed = 11}, AS_ERROR_TRANSPORT, "claims to have read 11 bytes where 10 were"},
        {{.claimed = SIZE_MAX}, AS_ERROR_TRANSPORT, "claims to have read"},
    };
    for (size_t i = 0; i < COUNT(rows); i++) {
        custom c = rows[i].has;
        as_source *source = open_custom(&custom_vtable, &c);
        as_error error;
        memset(&error, 0x11, sizeof(error));
        uint8_t buffer[10];
        size_t got = 99;
        assert_fails(as_source_read(source, 55, buffer, 10, &got, &error), rows[i].wanted, &error,
                     rows[i].text);
        assert_int_equal(got, 0);
        assert_int_equal(error.frame, AS_NO_FRAME);
        assert_int_equal(error.offset, 55);
        assert_int_equal(error.system_error, c.system_error);
        uint64_t size = 1;
        if (c.result != AS_OK) {
            assert_fails(as_source_size(source, &size, &error), rows[i].wanted, &error, "");
            assert_int_equal(size, AS_SIZE_UNKNOWN);
            assert_int_equal(error.offset, AS_NO_OFFSET);
        }
        assert_int_not_equal(as_source_read(source, 55, buffer, 10, &got, NULL), AS_OK);
        as_source_close(&source);
        assert_int_equal(c.closes, 1);
    }
}

static void test_custom_passes_on(void **state)
{
    (void)state;
    custom c = {.claimed = 4};
    as_source *source = open_custom(&custom_vtable, &c);
    as_error error, before;
    memset(&error, 0x22, sizeof(error));
    before = error;
    uint8_t buffer[10];
    size_t got = 0;
    assert_int_equal(as_source_read(source, 0, buffer, 10, &got, &error), AS_OK);
    assert_int_equal(got, 4);
    assert_int_equal(as_source_read(source, UINT64_MAX, NULL, 0, &got, &error), AS_OK);
    assert_int_equal(got, 0);
    assert_int_equal(c.reads, 1);
    check_size(source, 4321);
    assert_same_bytes(&error, &before, sizeof(error)); /* success leaves it alone */
    assert_fails(as_source_read(source, UINT64_MAX - 8, buffer, 10, &got, &error),
                 AS_ERROR_ARGUMENT, &error, "past the largest offset");
    assert_int_equal(error.offset, UINT64_MAX - 8);
    assert_int_equal(c.reads, 1);

    const as_byte_range ranges[2] = {{7, 8}, {9, 10}};
    as_source_prefetch(source, ranges, 2, -3, 99);
    as_source_prefetch(source, ranges, 0, 0, 0);
    as_source_prefetch(source, NULL, 2, 0, 0);
    assert_int_equal(c.prefetches, 2);
    assert_int_equal(c.range.offset, 7);
    assert_int_equal(c.priority, -3);
    assert_int_equal(c.generation, 99);
    assert_string_equal(as_source_name(source), "own.asvr");

    as_source_cancel(source);
    as_source_cancel(source);
    assert_int_equal(c.cancels, 2);
    as_source_prefetch(source, ranges, 2, 0, 100);
    assert_int_equal(c.prefetches, 2);
    assert_fails(as_source_read(source, 3, buffer, 10, &got, &error), AS_ERROR_CANCELLED, &error,
                 "reading \"own.asvr\" was cancelled");
    assert_int_equal(error.offset, 3);
    assert_int_equal(c.reads, 1);
    as_source_close(&source);
    assert_int_equal(c.closes, 1);
}

static void test_custom_without_options(void **state)
{
    (void)state;
    custom c = {.claimed = 10};
    const as_byte_range range = {0, 1};
    uint8_t buffer[10];
    size_t got;
    as_error error;
    as_source_vtable vtable = custom_vtable;
    vtable.struct_size = offsetof(as_source_vtable, size); /* an older version had no more */
    as_source *source = open_custom(&vtable, &c);
    check_size(source, AS_SIZE_UNKNOWN);
    as_source_prefetch(source, &range, 1, 0, 0);
    assert_ok(as_source_read(source, 0, buffer, 10, &got, &error), &error);
    as_source_cancel(source);
    assert_fails(as_source_read(source, 0, buffer, 10, &got, &error), AS_ERROR_CANCELLED, &error,
                 "open the source anew");
    as_source_close(&source);
    assert_int_equal(c.reads + c.sizes + c.prefetches + c.cancels + c.closes, 1);
    assert_ok(as_io_open_custom(&vtable, &c, "", &source, &error), &error); /* inside, too */
    check_size(source, AS_SIZE_UNKNOWN);
    as_source_close(&source);
    assert_int_equal(c.sizes + c.closes, 0);

    c = (custom){.claimed = 10};
    source = open_custom(&vtable, &c);
    c.cancelled_during_read = source; /* a read that ends well all the same */
    assert_fails(as_source_read(source, 0, buffer, 10, &got, &error), AS_ERROR_CANCELLED, &error,
                 "cancelled");
    assert_int_equal(got, 0);
    as_source_close(&source);
}

/* -------------------------------------------------------------------------------- threads ---- */

typedef struct gate {
    pthread_mutex_t lock;
    pthread_cond_t changed;
    bool blocked, cancelled;
} gate;

static as_result gate_read(void *user, uint64_t offset, void *buffer, size_t length,
                           size_t *out_read, as_error *error)
{
    gate *g = user;
    (void)offset, (void)buffer, (void)length, (void)out_read, (void)error;
    pthread_mutex_lock(&g->lock);
    g->blocked = true;
    pthread_cond_broadcast(&g->changed);
    while (!g->cancelled)
        pthread_cond_wait(&g->changed, &g->lock);
    pthread_mutex_unlock(&g->lock);
    return AS_ERROR_CANCELLED;
}

static void gate_cancel(void *user)
{
    gate *g = user;
    pthread_mutex_lock(&g->lock);
    g->cancelled = true;
    pthread_cond_broadcast(&g->changed);
    pthread_mutex_unlock(&g->lock);
}

static void test_cancel_from_outside(void **state)
{
    (void)state;
    static const as_source_vtable vtable = {
        .struct_size = sizeof(vtable), .read = gate_read, .cancel = gate_cancel};
    gate g = {.blocked = false};
    pthread_mutex_init(&g.lock, NULL);
    pthread_cond_init(&g.changed, NULL);
    as_error error;
    uint8_t buffer[4];
    reader r = {.buffer = buffer, .length = sizeof(buffer)};
    assert_ok(as_source_open_custom(&vtable, &g, NULL, &r.source, &error), &error);
    assert_string_equal(as_source_name(r.source), "");
    pthread_t thread;
    assert_int_equal(pthread_create(&thread, NULL, read_once, &r), 0);
    pthread_mutex_lock(&g.lock);
    while (!g.blocked)
        pthread_cond_wait(&g.changed, &g.lock);
    pthread_mutex_unlock(&g.lock);
    as_source_cancel(r.source);
    pthread_join(thread, NULL);
    assert_int_equal(r.result, AS_ERROR_CANCELLED);
    assert_int_equal(r.error.code, AS_ERROR_CANCELLED);
    assert_non_null(strstr(r.error.text, "cancelled"));
    as_source_close(&r.source);
    pthread_cond_destroy(&g.changed);
    pthread_mutex_destroy(&g.lock);
}

/* ------------------------------------------------------------------------------ arguments ---- */

static void test_arguments(void **state)
{
    (void)state;
    as_error e;
    custom c = {0};
    as_source *s = (as_source *)&e;
    as_source *open = open_custom(&custom_vtable, &c);
    uint8_t byte;
    size_t got = 5;
    uint64_t size;
    const as_result argument = AS_ERROR_ARGUMENT;
    assert_fails(as_source_open(NULL, NULL, &s, &e), argument, &e, "location is NULL");
    assert_null(s);
    assert_fails(as_source_open("x", NULL, NULL, &e), argument, &e, "out_source is NULL");
    assert_fails(as_source_open_file(NULL, NULL, &s, &e), argument, &e, "path is NULL");
    assert_fails(as_source_open_file("x", NULL, NULL, &e), argument, &e, "out_source is NULL");
    assert_fails(as_source_open_memory(NULL, 1, NULL, &s, &e), argument, &e, "data is NULL");
    assert_fails(as_source_open_memory("", 1, NULL, NULL, &e), argument, &e, "out_source");
    assert_fails(as_source_open_custom(NULL, NULL, "", &s, &e), argument, &e, "vtable is NULL");
    assert_fails(as_source_open_custom(&custom_vtable, NULL, "", NULL, &e), argument, &e,
                 "out_source is NULL");
    assert_fails(as_source_read(NULL, 0, &byte, 1, &got, &e), argument, &e, "source is NULL");
    assert_int_equal(got, 0);
    assert_fails(as_source_read(open, 0, NULL, 1, &got, &e), argument, &e, "buffer is NULL");
    assert_fails(as_source_read(open, 0, &byte, 1, NULL, &e), argument, &e, "out_read is NULL");
    assert_fails(as_source_size(NULL, &size, &e), argument, &e, "source is NULL");
    assert_fails(as_source_size(open, NULL, &e), argument, &e, "out_size is NULL");
    assert_int_equal(as_source_open(NULL, NULL, &s, NULL), argument);
    assert_int_equal(as_source_read(NULL, 0, &byte, 1, &got, NULL), argument);
    assert_int_equal(as_source_size(NULL, &size, NULL), argument);
    assert_string_equal(as_source_name(NULL), "");
    as_source_cancel(NULL);
    as_source_prefetch(NULL, NULL, 0, 0, 0);
    as_source_close(NULL);
    as_source_close(&s);
    as_source_close(&open);
    as_source_close(&open);
    assert_int_equal(c.reads + c.sizes, 0);
    assert_int_equal(c.closes, 1);
}

static void test_params(void **state)
{
    (void)state;
    as_error e;
    as_source *s = NULL;
    const char *path = file_of("params", 10);
    const as_result argument = AS_ERROR_ARGUMENT;
    as_file_params file = {0};
    const as_source_params params = {.struct_size = sizeof(params), .file = &file};
    assert_fails(as_source_open_file(path, &file, &s, &e), argument, &e,
                 "set struct_size to sizeof(as_file_params)");
    assert_fails(as_source_open(path, &params, &s, &e), argument, &e, "sizeof(as_file_params)");
    file.struct_size = 7;
    assert_fails(as_source_open_file(path, &file, &s, &e), argument, &e, "struct_size is 7");
    file = (as_file_params){.struct_size = sizeof(file), .map = 2};
    assert_fails(as_source_open_file(path, &file, &s, &e), argument, &e, "as_file_params.map is 2");
    const as_source_params reserved = {.struct_size = sizeof(reserved), .reserved = 3};
    assert_fails(as_source_open(path, &reserved, &s, &e), argument, &e, "reserved is 3");
    as_memory_params memory = {.struct_size = sizeof(memory), .copy = 4};
    assert_fails(as_source_open_memory("", 1, &memory, &s, &e), argument, &e, "copy is 4");
    memory.struct_size = 0;
    assert_fails(as_source_open_memory("", 1, &memory, &s, &e), argument, &e,
                 "set struct_size to sizeof(as_memory_params)");
    as_source_vtable vtable = custom_vtable;
    vtable.reserved = 1;
    assert_fails(as_source_open_custom(&vtable, NULL, "", &s, &e), argument, &e, "reserved is 1");
    vtable = (as_source_vtable){.struct_size = sizeof(vtable)};
    assert_fails(as_source_open_custom(&vtable, NULL, "", &s, &e), argument, &e,
                 "vtable->read is NULL");

    struct {
        as_file_params known;
        uint32_t newer;
    } longer = {{.struct_size = sizeof(longer)}, 0};
    assert_ok(as_source_open_file(path, &longer.known, &s, &e), &e);
    as_source_close(&s);
    longer.newer = 1;
    assert_fails(as_source_open_file(path, &longer.known, &s, &e), AS_ERROR_UNSUPPORTED, &e,
                 "compiled for a newer library");
    assert_null(s);
}

/* -------------------------------------------------------------------------- out of memory ---- */

static releases oom_releases;

static as_result open_a_copy(as_source **out, as_error *error)
{
    const as_memory_params params = {.struct_size = sizeof(params), .copy = 1};
    return as_source_open_memory(content, FILE_BYTES, &params, out, error);
}

static as_result open_a_loan(as_source **out, as_error *error)
{
    const as_memory_params params = {
        .struct_size = sizeof(params), .release = count_release, .user = &oom_releases};
    oom_releases.count = 0;
    as_result result = as_source_open_memory(content, FILE_BYTES, &params, out, error);
    assert_int_equal(oom_releases.count, 0);
    return result;
}

static as_result content_read(void *user, uint64_t offset, void *buffer, size_t length,
                              size_t *out_read, as_error *error)
{
    (void)user, (void)error;
    size_t rest = offset < FILE_BYTES ? FILE_BYTES - (size_t)offset : 0;
    *out_read = length < rest ? length : rest;
    memcpy(buffer, content + offset, *out_read);
    return AS_OK;
}

static custom oom_custom;

static as_result open_an_own(as_source **out, as_error *error)
{
    static const as_source_vtable vtable = {
        .struct_size = sizeof(vtable), .read = content_read, .close = custom_close};
    oom_custom.closes = 0;
    as_result result = as_source_open_custom(&vtable, &oom_custom, "n", out, error);
    assert_int_equal(oom_custom.closes, 0);
    return result;
}

static void test_out_of_memory(void **state)
{
    (void)state;
    check_out_of_memory(open_a_copy);
    check_out_of_memory(open_a_loan);
    check_out_of_memory(open_an_own);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_memory),
        cmocka_unit_test(test_empty_memory),
        cmocka_unit_test(test_custom_results),
        cmocka_unit_test(test_custom_passes_on),
        cmocka_unit_test(test_custom_without_options),
        cmocka_unit_test(test_cancel_from_outside),
        cmocka_unit_test(test_arguments),
        cmocka_unit_test(test_params),
        cmocka_unit_test(test_out_of_memory),
    };
    return cmocka_run_group_tests_name("io", tests, setup, teardown);
}
