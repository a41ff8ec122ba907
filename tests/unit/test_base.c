/* SPDX-License-Identifier: MIT
 *
 * core/base: results, error texts, logging, memory, buffers, byte readers, checked arithmetic.
 */
#include "core/base/bits.h"
#include "core/base/buffer.h"
#include "core/base/bytes.h"
#include "core/base/checked.h"
#include "core/base/clock.h"
#include "core/base/error.h"
#include "core/base/log.h"
#include "core/base/mem.h"
#include "core/cpu/cpu.h"
#include "tests/support/check.h"
#include "tests/support/failing_alloc.h"

#include <stdbool.h>

static void test_results_have_fixed_numbers(void **state)
{
    (void)state;
    const struct {
        as_result result;
        int number;
    } fixed[] = {{AS_OK, 0},
                 {AS_ERROR_OUT_OF_RANGE, 3},
                 {AS_ERROR_ARGUMENT, -1},
                 {AS_ERROR_NOT_INITIALIZED, -2},
                 {AS_NOT_READY, -3},
                 {AS_TIMEOUT, -4},
                 {AS_ERROR_DECODE, -5},
                 {AS_ERROR_TRANSPORT, -6},
                 {AS_ERROR_UNSUPPORTED, -7},
                 {AS_ERROR_OUT_OF_MEMORY, -8},
                 {AS_ERROR_GPU, -9},
                 {AS_ERROR_LIMIT, -10},
                 {AS_ERROR_CANCELLED, -11},
                 {AS_ERROR_CHANGED, -12}};
    const size_t count = sizeof(fixed) / sizeof(*fixed);
    for (size_t i = 0; i < count; i++) {
        assert_int_equal(fixed[i].result, fixed[i].number);
        assert_string_not_equal(as_result_text(fixed[i].result), "unknown result");
        for (size_t k = 0; k < i; k++)
            assert_string_not_equal(as_result_text(fixed[i].result),
                                    as_result_text(fixed[k].result));
    }
    assert_string_equal(as_result_text(-1000), "unknown result");
}

static void test_error_layout_is_fixed(void **state)
{
    (void)state;
    assert_int_equal(sizeof(as_error), 512);
    assert_int_equal(offsetof(as_error, text), 24);
}

static void test_long_errors_are_cut_at_a_character(void **state)
{
    (void)state;
    as_error error;
    char text[1200];
    for (size_t shift = 0; shift < 4; shift++) {
        memset(text, 'a', shift);
        for (size_t i = shift; i + 4 < sizeof(text); i += 3)
            memcpy(text + i, "\xE2\x82\xAC", 4); /* a euro sign: three bytes */
        assert_int_equal(as_err_set(&error, AS_ERROR_LIMIT, "%s", text), AS_ERROR_LIMIT);
        size_t n = strlen(error.text);
        assert_true(n >= sizeof(error.text) - 4 && n < sizeof(error.text));
        assert_int_equal((n - shift) % 3, 0);
        as_err_at_frame(&error, 12345678901234567890u);
        n = strlen(error.text);
        assert_int_equal((n - shift - strlen("frame 12345678901234567890: ")) % 3, 0);
        assert_memory_equal(error.text, "frame 12345678901234567890: ", 28);
        assert_true(error.frame == 12345678901234567890u);
    }
}

typedef struct heard {
    int count;
    as_log_level level;
    char text[128];
} heard;

static void hear(void *user, as_log_level level, const char *message)
{
    heard *h = user;
    h->count++;
    h->level = level;
    snprintf(h->text, sizeof(h->text), "%s", message);
}

/* What others chose must not move a terminal's cursor, or break who reads UTF-8. */
static void test_texts_are_clean(void **state)
{
    (void)state;
    static const struct {
        const char *given, *wanted;
    } rows[] = {
        {"\xC3\xA4 \xE2\x82\xAC \xF0\x9F\x98\x80 %~", "\xC3\xA4 \xE2\x82\xAC \xF0\x9F\x98\x80 %~"},
        {"a\nb\rc\td\x1B[2Je\x7F", "a?b?c?d?[2Je?"},
        {"\xC2\x9B"
         "1m\xC2\xA0",
         "??1m\xC2\xA0"}, /* C1, and the first character behind it */
        {"\xE4 Latin-1", "? Latin-1"},
        {"\x80\xBF", "??"},
        {"\xC0\xAF \xC1\xBF \xE0\x9F\xBF \xF0\x8F\xBF\xBF", "?? ?? ??? ????"}, /* too long */
        {"\xED\xA0\x80 \xF4\x90\x80\x80 \xF5\x80\x80\x80 \xFF", "??? ???? ???? ?"},
        {"\xED\x9F\xBF \xF4\x8F\xBF\xBF", "\xED\x9F\xBF \xF4\x8F\xBF\xBF"},
        {"end \xE2\x82", "end ??"},
    };
    for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
        as_error error;
        heard h = {0};
        const as_log log = {.fn = hear, .user = &h, .level = AS_LOG_WARN};
        (void)as_err_set(&error, AS_ERROR_LIMIT, "%s", rows[i].given);
        assert_string_equal(error.text, rows[i].wanted);
        as_log_write(&log, AS_LOG_WARN, "%s", rows[i].given);
        assert_string_equal(h.text, rows[i].wanted);
    }
}

static void test_log_levels(void **state)
{
    (void)state;
    heard h = {0};
    as_log log = {.fn = hear, .user = &h, .level = AS_LOG_WARN};
    as_log_write(&log, AS_LOG_INFO, "not wanted");
    assert_int_equal(h.count, 0);
    as_log_write(&log, AS_LOG_WARN, "frame %d", 5);
    assert_int_equal(h.count, 1);
    assert_int_equal(h.level, AS_LOG_WARN);
    assert_string_equal(h.text, "frame 5");
    log.fn = NULL;
    as_log_write(&log, AS_LOG_ERROR, "silence");
    assert_int_equal(h.count, 1);
}

static void test_memory(void **state)
{
    (void)state;
    test_alloc_fail_at(UINT64_MAX);
    uint8_t *a = as_mem_alloc(100);
    uint8_t *b = as_mem_calloc(10, 10);
    assert_non_null(a);
    assert_non_null(b);
    assert_int_equal((uintptr_t)a % AS_MEM_ALIGN, 0);
    for (int i = 0; i < 100; i++)
        assert_int_equal(b[i], 0);
    memset(a, 9, 100);
    a = as_mem_grow(a, 100, 5000);
    assert_non_null(a);
    assert_int_equal(a[99], 9);
    assert_null(as_mem_calloc(SIZE_MAX / 2, 3));
    assert_int_equal(as_mem_live(), 2);
    /* An allocator cannot change under live memory. */
    assert_int_equal(as_set_allocator(NULL), AS_ERROR_ARGUMENT);
    as_mem_free(a);
    as_mem_free(b);
    as_mem_free(NULL);
    assert_int_equal(as_mem_live(), 0);
    assert_int_equal(test_alloc_bytes(), 0);
    test_alloc_restore();
    const as_allocator incomplete = {.struct_size = sizeof(incomplete)};
    assert_int_equal(as_set_allocator(&incomplete), AS_ERROR_ARGUMENT);
    const as_allocator no_size = {0};
    assert_int_equal(as_set_allocator(&no_size), AS_ERROR_ARGUMENT);
}

static void test_buffers_keep_their_maximum(void **state)
{
    (void)state;
    as_buffer b = {0};
    assert_int_equal(as_buf_append(&b, "abc", 3, 10), AS_OK);
    assert_int_equal(as_buf_append(&b, "defghij", 7, 10), AS_OK);
    assert_int_equal(as_buf_append(&b, "k", 1, 10), AS_ERROR_LIMIT);
    assert_int_equal(as_buf_append(&b, "k", SIZE_MAX, 10), AS_ERROR_LIMIT);
    assert_int_equal(b.size, 10);
    assert_memory_equal(b.data, "abcdefghij", 10);
    assert_int_equal(as_buf_reserve(&b, 11, 10), AS_ERROR_LIMIT);
    assert_int_equal(as_buf_reserve(&b, 1000, 1000), AS_OK);
    assert_int_equal(b.capacity, 1000);
    assert_memory_equal(b.data, "abcdefghij", 10);
    assert_int_equal(as_buf_fit(&b, 2000, 1999), AS_ERROR_LIMIT);
    assert_int_equal(as_buf_fit(&b, 1500, 2000), AS_OK);
    assert_int_equal(b.size, 0);
    assert_int_equal(b.capacity, 1500);
    as_buf_free(&b);
    test_alloc_fail_at(0);
    assert_int_equal(as_buf_append(&b, "abc", 3, 10), AS_ERROR_OUT_OF_MEMORY);
    assert_null(b.data);
    test_alloc_restore();
}

static void test_byte_readers(void **state)
{
    (void)state;
    const uint8_t bytes[] = {0xFF, 0x01, 0x82, 0x03, 0x84, 0x05, 0x86, 0x07, 0x88};
    uint8_t out[9] = {0};
    assert_int_equal(as_get_u16(bytes + 1), 0x8201);
    assert_int_equal(as_get_u32(bytes + 1), 0x84038201u);
    assert_true(as_get_u64(bytes + 1) == 0x8807860584038201u);
    as_put_u32(out + 1, 0x84038201u);
    assert_memory_equal(out + 1, bytes + 1, 4);
    as_put_u64(out + 1, 0x8807860584038201u);
    assert_memory_equal(out + 1, bytes + 1, 8);
}

static void test_checked_arithmetic(void **state)
{
    (void)state;
    uint64_t sum;
    size_t product;
    assert_true(as_add_u64(UINT64_MAX - 1, 1, &sum));
    assert_true(sum == UINT64_MAX);
    assert_false(as_add_u64(UINT64_MAX, 1, &sum));
    assert_true(as_mul_size(SIZE_MAX / 3, 3, &product));
    assert_false(as_mul_size(SIZE_MAX / 3 + 1, 3, &product));
    assert_true(as_mul_size(0, SIZE_MAX, &product));
    assert_int_equal(product, 0);
    assert_int_equal(as_ctz64((uint64_t)1 << 63), 63);
    assert_int_equal(as_popcount64(UINT64_MAX), 64);
}

static void test_clock_never_goes_back(void **state)
{
    (void)state;
    uint64_t before = as_clock_ns();
    for (int i = 0; i < 10000; i++) {
        const uint64_t now = as_clock_ns();
        assert_true(now >= before);
        before = now;
    }
}

static void test_version(void **state)
{
    (void)state;
    char text[32];
    assert_int_equal(as_version_number(), AS_VERSION_NUMBER);
    assert_string_equal(as_version_string(), AS_VERSION_STRING);
    snprintf(text, sizeof(text), "%d.%d.%d", AS_VERSION_MAJOR, AS_VERSION_MINOR, AS_VERSION_PATCH);
    assert_string_equal(as_version_string(), text);
    assert_int_equal(as_features(), TEST_FEATURES);
}

/* Whole, cut at every length, and measured without any room. */
static void check_described(as_part part, const char *whole)
{
    char text[64];
    const size_t length = strlen(whole);
    assert_int_equal(as_describe(part, NULL, 0), length);
    for (size_t size = 1; size < sizeof(text); size++) {
        memset(text, 'x', sizeof(text));
        assert_int_equal(as_describe(part, text, size), length);
        assert_int_equal(strlen(text), length < size ? length : size - 1);
        assert_memory_equal(text, whole, strlen(text));
        assert_int_equal(text[size], 'x');
    }
}

static void test_describe(void **state)
{
    (void)state;
    char text[64], cpu[64] = "";
    const bool http = (as_features() & AS_FEATURE_HTTP) != 0;
    const uint32_t features = as_cpu_features();
    for (uint32_t i = 0; i < AS_CPU_FEATURES; i++) {
        if (features >> i & 1) {
            strncat(cpu, cpu[0] ? " " : "", sizeof(cpu) - strlen(cpu) - 1);
            strncat(cpu, as_cpu_name(i), sizeof(cpu) - strlen(cpu) - 1);
        }
    }
    check_described(AS_PART_CPU, cpu[0] ? cpu : "c");
    for (as_part part = AS_PART_HTTP; part <= AS_PART_TLS; part++) {
        assert_int_equal(as_describe(part, text, sizeof(text)) > 0, http);
        check_described(part, text);
    }
    if (http) {
        (void)as_describe(AS_PART_HTTP, text, sizeof(text));
        assert_memory_equal(text, "libcurl ", strlen("libcurl "));
    }
    check_described((as_part)0, "");
    check_described((as_part)99, "");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_results_have_fixed_numbers),
        cmocka_unit_test(test_describe),
        cmocka_unit_test(test_error_layout_is_fixed),
        cmocka_unit_test(test_long_errors_are_cut_at_a_character),
        cmocka_unit_test(test_texts_are_clean),
        cmocka_unit_test(test_log_levels),
        cmocka_unit_test(test_memory),
        cmocka_unit_test(test_buffers_keep_their_maximum),
        cmocka_unit_test(test_byte_readers),
        cmocka_unit_test(test_checked_arithmetic),
        cmocka_unit_test(test_clock_never_goes_back),
        cmocka_unit_test(test_version),
    };
    return cmocka_run_group_tests_name("base", tests, NULL, test_nothing_alive);
}
