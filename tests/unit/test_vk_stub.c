/* SPDX-License-Identifier: MIT
 *
 * A build without Vulkan: the same functions, and each says what to build.
 */
#include "alphastream/alphastream.h"
#include "tests/support/check.h"

static as_vk_void_function no_function(VkInstance instance, const char *name)
{
    (void)instance;
    (void)name;
    return NULL;
}

static void test_functions(void **state)
{
    const as_vk_import import = {.struct_size = sizeof(import)};
    const as_vk_create create = {.struct_size = sizeof(create)};
    as_vk_device *device = NULL;
    as_vk *vk = NULL;
    as_vk_image image;
    as_vk_memory memory = {.struct_size = sizeof(memory)};
    as_vk_stats stats = {.struct_size = sizeof(stats)};
    as_vk_device_info info = {.struct_size = sizeof(info)};
    size_t size = 1;
    uint32_t count = 1;
    as_error error;
    (void)state;
    assert_int_equal(as_features() & AS_FEATURE_VULKAN, 0);
#define REFUSES(call) assert_fails(call, AS_ERROR_UNSUPPORTED, &error, "ALPHASTREAM_WITH_VULKAN")
    REFUSES(as_vk_device_import(&import, &device, &error));
    REFUSES(as_vk_device_create(&create, &device, &error));
    assert_int_equal(as_vk_device_create(&create, &device, NULL), AS_ERROR_UNSUPPORTED);
    REFUSES(as_vk_list_gpus(no_function, NULL, 0, &count, &error));
    REFUSES(as_vk_device_get_pipeline_cache(device, NULL, &size, &error));
    REFUSES(as_vk_attach(NULL, device, NULL, &vk, &error));
    REFUSES(as_vk_get_frame(vk, 0, NULL, 0, &image, &error));
    REFUSES(as_vk_wait(vk, &image, 0, &error));
    REFUSES(as_vk_export_memory(vk, &image, &memory, &error));
#undef REFUSES
    assert_int_equal(as_vk_get_stats(vk, &stats), AS_ERROR_UNSUPPORTED);
    assert_int_equal(as_vk_device_get_info(device, &info), AS_ERROR_UNSUPPORTED);
    assert_int_equal(as_vk_release(vk, &image, NULL, NULL), AS_OK);
    as_vk_device_lock_queue(device);
    as_vk_device_unlock_queue(device);
    as_vk_detach(&vk);
    as_vk_device_unref(&device);
    assert_int_equal(count, 0);
    assert_int_equal(size, 0);
}

static void test_handle(void **state)
{
    const as_vk_import import = {.struct_size = sizeof(import)};
    AlphaStreamHandle *h = CV_create();
    as_vk_image image;
    (void)state;
    assert_non_null(h);
    assert_false(CV_vk_attach(h, &import));
    assert_int_equal(CV_get_last_error_code(h), -7);
    assert_false(CV_vk_get_frame_image(h, 0, &image));
    assert_int_equal(CV_get_last_error_code(h), -2);
    assert_true(CV_vk_release_frame_image(h, &image, NULL));
    CV_vk_detach(h);
    CV_destroy(h);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_functions),
        cmocka_unit_test(test_handle),
    };
    return cmocka_run_group_tests_name("vk_stub", tests, NULL, test_nothing_alive);
}
