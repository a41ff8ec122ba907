/* SPDX-License-Identifier: MIT
 *
 * Calls of libcurl that fail, and of the system below a cache on disk.
 */
#include "tests/fault/scenarios.h"
#include "tests/support/http_source.h"

static mask_content torture;
static as_http_params http;
static char url[HTTP_URL], cache[HTTP_PATH];

static const as_result trouble[] = {AS_ERROR_OUT_OF_MEMORY, AS_ERROR_TRANSPORT, AS_OK};
static const as_result none[] = {AS_OK};

static int setup(void **state)
{
    (void)state;
    http_start();
    torture = (mask_content){.path = "tests/data/torture.asvp",
                             .canvas_width = 320,
                             .canvas_height = 200,
                             .width = 320,
                             .height = 200,
                             .other_width = 100,
                             .other_height = 60};
    mask_content_open(&torture);
    fault_scenario("link", torture.path, "etag=\"v1\"");
    fault_url(url, "link", "x.asvp");
    http = http_quick();
    return 0;
}

static int teardown(void **state)
{
    mask_content_close(&torture);
    http_stop();
    return test_nothing_alive(state);
}

static void test_curl(void **state)
{
    static const link_call calls[] = {
        LINK_CURL_EASY_INIT,     LINK_CURL_EASY_SETOPT,  LINK_CURL_EASY_GETINFO,
        LINK_CURL_URL,           LINK_CURL_URL_SET,      LINK_CURL_URL_GET,
        LINK_CURL_MULTI_INIT,    LINK_CURL_MULTI_SETOPT, LINK_CURL_MULTI_ADD,
        LINK_CURL_MULTI_PERFORM, LINK_CURL_MULTI_POLL,   LINK_THREAD_CREATE,
        LINK_MUTEX_INIT,         LINK_COND_INIT};
    const fault_place place = {
        .name = "a URL", .content = &torture, .location = url, .http = &http};
    (void)state;
    for (size_t i = 0; i < sizeof(calls) / sizeof(*calls); i++)
        assert_true(fault_play(&(fault_case){calls[i], trouble, 0}, &place) != 0);
    /* A thread that could be woken once can be woken again, but for a moment. */
    assert_true(fault_play(&(fault_case){LINK_CURL_MULTI_WAKEUP, trouble, 1}, &place) != 0);
}

/* What is not on disk comes from the server. */
static void test_cache_on_disk(void **state)
{
    /* The first five are made with every open; of the others there may be none each, for what is
     * on disk already depends on timing. */
    static const link_call calls[] = {LINK_OPENAT, LINK_DIGEST, LINK_MKDIR,  LINK_FDOPENDIR,
                                      LINK_CLOSE,  LINK_PWRITE, LINK_PREAD,  LINK_FSTAT,
                                      LINK_RENAME, LINK_UNLINK, LINK_FSTATAT};
    uint64_t others = 0;
    char name[40];
    as_http_params own = http;
    const fault_place place = {.name = "a cached URL",
                               .content = &torture,
                               .location = url,
                               .http = &own,
                               .only_read = true};
    (void)state;
    for (size_t i = 0; i < sizeof(calls) / sizeof(*calls); i++) {
        snprintf(name, sizeof(name), "cache of %zu", i);
        own.cache_dir = http_path(cache, name);
        const uint64_t failures = fault_play(&(fault_case){calls[i], none, 0}, &place);
        assert_true(failures != 0 || i >= 5);
        others += i >= 5 ? failures : 0;
    }
    assert_true(others != 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_curl),
        cmocka_unit_test(test_cache_on_disk),
    };
    return cmocka_run_group_tests_name("faults of libcurl", tests, setup, teardown);
}
