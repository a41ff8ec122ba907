/* SPDX-License-Identifier: MIT
 *
 * Calls of the system, of libdeflate and OpenSSL that fail: threads, locks, reads, maps, ...
 */
#include "tests/fault/scenarios.h"
#include "tests/support/build_container.h"
#include "tests/support/check.h"

static mask_content torture, closeup;
static as_key_params key;

static const as_result memory[] = {AS_ERROR_OUT_OF_MEMORY, AS_OK};
static const as_result transport[] = {AS_ERROR_TRANSPORT, AS_OK};
static const as_result refused[] = {AS_ERROR_UNSUPPORTED, AS_OK};
static const as_result undecoded[] = {AS_ERROR_DECODE, AS_OK};
static const as_result none[] = {AS_OK};

static int setup(void **state)
{
    (void)state;
    key = test_closeup_key();
    torture = (mask_content){.path = "tests/data/torture.asvp",
                             .canvas_width = 320,
                             .canvas_height = 200,
                             .width = 320,
                             .height = 200,
                             .other_width = 100,
                             .other_height = 60};
    closeup = (mask_content){.path = "tests/data/closeup.asvr",
                             .key = &key,
                             .canvas_width = 256,
                             .canvas_height = 128,
                             .width = 64,
                             .height = 32,
                             .other_width = 40,
                             .other_height = 20};
    mask_content_open(&torture);
    mask_content_open(&closeup);
    return 0;
}

static int teardown(void **state)
{
    mask_content_close(&torture);
    mask_content_close(&closeup);
    return test_nothing_alive(state);
}

static void play_all(const fault_case *cases, size_t count, const fault_place *place)
{
    for (size_t i = 0; i < count; i++)
        assert_true(fault_play(&cases[i], place) != 0);
}

static void test_file(void **state)
{
    static const fault_case cases[] = {
        {LINK_THREAD_CREATE, memory, 0}, {LINK_MUTEX_INIT, memory, 0},  {LINK_COND_INIT, memory, 0},
        {LINK_KEY_CREATE, memory, 0},    {LINK_SETSPECIFIC, memory, 0}, {LINK_OPEN, transport, 0},
        {LINK_FSTAT, transport, 0},      {LINK_PREAD, transport, 0},    {LINK_PIPE, transport, 0},
        {LINK_PWRITE, transport, 0},     {LINK_FSYNC, transport, 0},    {LINK_RENAME, transport, 0},
        {LINK_CLOSE, transport, 0},      {LINK_UNLINK, transport, 0},   {LINK_FCHMOD, none, 0},
        {LINK_DECOMPRESSOR, memory, 0},  {LINK_COMPRESSOR, memory, 0}};
    const fault_place place = {.name = "a file", .content = &torture, .location = torture.path};
    (void)state;
    play_all(cases, sizeof(cases) / sizeof(*cases), &place);
}

static void test_mapped_file(void **state)
{
    static const fault_case cases[] = {
        {LINK_MMAP, transport, 0}, {LINK_OPEN, transport, 0}, {LINK_FSTAT, transport, 0}};
    const fault_place place = {
        .name = "a mapped file", .content = &torture, .location = torture.path, .mapped = true};
    (void)state;
    play_all(cases, sizeof(cases) / sizeof(*cases), &place);
}

static void test_encrypted_file(void **state)
{
    static const fault_case cases[] = {{LINK_CIPHER_NEW, memory, 0},
                                       {LINK_CIPHER_INIT, refused, 0},
                                       {LINK_CIPHER_UPDATE, refused, 0},
                                       {LINK_SCRYPT, refused, 0}};
    const fault_place place = {
        .name = "an encrypted file", .content = &closeup, .location = closeup.path};
    (void)state;
    play_all(cases, sizeof(cases) / sizeof(*cases), &place);
}

static void test_passphrase_file(void **state)
{
    static const fault_case cases[] = {{LINK_READ, undecoded, 0}, {LINK_CLOSE, transport, 0}};
    char folder[256], path[300];
    mask_content from_file = closeup;
    as_key_params own = {
        .struct_size = sizeof(own), .scene_id = key.scene_id, .passphrase_file = path};
    const fault_place place = {
        .name = "a file's passphrase", .content = &from_file, .location = closeup.path};
    (void)state;
    test_make_folder(folder, sizeof(folder));
    snprintf(path, sizeof(path), "%s/key", folder);
    test_write_file(path, key.passphrase, key.passphrase_size);
    from_file.key = &own;
    play_all(cases, sizeof(cases) / sizeof(*cases), &place);
    test_remove_folder(folder);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_file),
        cmocka_unit_test(test_mapped_file),
        cmocka_unit_test(test_encrypted_file),
        cmocka_unit_test(test_passphrase_file),
    };
    return cmocka_run_group_tests_name("faults of other libraries", tests, setup, teardown);
}
