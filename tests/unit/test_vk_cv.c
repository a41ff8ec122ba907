/* SPDX-License-Identifier: MIT
 *
 * Vulkan images through the CV_* functions.
 */
#include "tests/support/vk_reader.h"
#include "tests/unit/cv_fixture.h"

static test_vk *context;
static test_reader *reader;

static int setup(void **state)
{
    (void)state;
    context = test_vk_open();
    return 0;
}

static int teardown(void **state)
{
    test_vk_close(context);
    return test_nothing_alive(state);
}

static int open_reader(void **state)
{
    (void)state;
    reader = test_reader_open(context, 0);
    return 0;
}

static int close_reader(void **state)
{
    test_reader_close(reader);
    test_vk_no_messages();
    return test_nothing_alive(state);
}

static as_vk_import import(void)
{
    static const char *const extensions[] = {VK_KHR_TIMELINE_SEMAPHORE_EXTENSION_NAME};
    return (as_vk_import){.struct_size = sizeof(as_vk_import),
                          .get_instance_proc_addr = context->load,
                          .instance = context->instance,
                          .physical_device = context->physical,
                          .device = context->device,
                          .queue = context->queue,
                          .queue_family = context->family,
                          .extension_count = 1,
                          .extensions = extensions,
                          .features = &context->features};
}

static void attach(AlphaStreamHandle *h)
{
    const as_vk_import i = import();
    assert_done(h, CV_vk_attach(h, &i));
}

static void expect(const as_vk_image *image, const char *path, uint64_t index)
{
    uint8_t *wanted = exact_mask(path, index, WIDTH, HEIGHT);
    test_reading reading = test_reader_start(reader, image, WIDTH, HEIGHT);
    uint8_t *pixels = test_reader_finish(reader, &reading);
    assert_int_equal(image->index, index);
    assert_same_bytes(pixels, wanted, WIDTH * HEIGHT);
    free(pixels);
    free(wanted);
}

static as_vk_image get(AlphaStreamHandle *h, const char *path, uint64_t index)
{
    as_vk_image image;
    assert_done(h, CV_vk_get_frame_image(h, index, &image));
    expect(&image, path, index);
    return image;
}

static void release(AlphaStreamHandle *h, as_vk_image *image)
{
    assert_done(h, CV_vk_release_frame_image(h, image, NULL));
    assert_null(image->handle);
}

static void test_frames(void **state)
{
    (void)state;
    AlphaStreamHandle *h = opened(WALKERS);
    as_vk_image images[4], fifth;
    attach(h);
    for (uint64_t n = 300; n < 308; n += 4) {
        for (uint64_t i = 0; i < 4; i++)
            images[i] = get(h, WALKERS, n + i);
        assert_false(CV_vk_get_frame_image(h, 500, &fifth));
        assert_error(h, -5, "images are held");
        assert_null(fifth.image);
        for (uint64_t i = 4; i-- > 0;) {
            expect(&images[i], WALKERS, n + i);
            release(h, &images[i]);
        }
    }
    release(h, &images[0]); /* a second time */
    assert_false(CV_vk_get_frame_image(h, 720, &fifth));
    assert_error(h, 3, "past the end");
    CV_destroy(h); /* attached */
}

/* Before CV_init, over several sessions, and with images held meanwhile. */
static void test_sessions(void **state)
{
    (void)state;
    AlphaStreamHandle *h = create();
    as_vk_image image, held;
    attach(h);
    assert_false(CV_vk_get_frame_image(h, 0, &image));
    assert_error(h, -2, "CV_init");
    assert_done(h, init(h, WALKERS));
    held = get(h, WALKERS, 5);
    assert_done(h, init(h, TORTURE));
    image = get(h, TORTURE, 5); /* another frame 5 */
    assert_ptr_not_equal(image.image, held.image);
    expect(&held, WALKERS, 5);
    release(h, &held);
    release(h, &image);
    attach(h); /* in place of the one before */
    image = get(h, TORTURE, 6);
    CV_vk_detach(h);
    assert_done(h, CV_vk_release_frame_image(h, &image, NULL)); /* after detach: nothing */
    assert_false(CV_vk_get_frame_image(h, 5, &image));
    assert_error(h, -2, "CV_vk_attach");
    CV_vk_detach(h);
    CV_destroy(h);
}

static void test_wrong_use(void **state)
{
    (void)state;
    AlphaStreamHandle *h = opened(WALKERS);
    as_vk_import i = import();
    as_vk_image image;
    as_vk_done done = {.struct_size = 1};
    i.queue = NULL;
    assert_false(CV_vk_attach(h, &i));
    assert_error(h, -1, "as_vk_import.queue");
    assert_false(CV_vk_attach(h, NULL));
    assert_error(h, -1, "NULL");
    attach(h);
    assert_false(CV_vk_get_frame_image(h, 1, NULL));
    assert_error(h, -1, "out_image");
    image = get(h, WALKERS, 1);
    assert_false(CV_vk_release_frame_image(h, &image, &done));
    assert_error(h, -1, "struct_size");
    release(h, &image);
    assert_false(CV_vk_attach(NULL, &i));
    assert_false(CV_vk_get_frame_image(NULL, 1, &image));
    assert_false(CV_vk_release_frame_image(NULL, &image, NULL));
    CV_vk_detach(NULL);
    CV_destroy(h);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_frames, open_reader, close_reader),
        cmocka_unit_test_setup_teardown(test_sessions, open_reader, close_reader),
        cmocka_unit_test_setup_teardown(test_wrong_use, open_reader, close_reader),
    };
    return cmocka_run_group_tests_name("vk_cv", tests, setup, teardown);
}
