/* SPDX-License-Identifier: MIT
 *
 * Frames as Vulkan images: the pixels, the pool, several users of a device, what the stream
 * prepares, statistics.
 */
#include "tests/support/random.h"
#include "tests/unit/vk_triangles.h"

#include "core/base/clock.h"
#include "core/stream/stream.h"

enum { WIDTH = 320, HEIGHT = 200, FRAMES = 60 };

static int setup(void **state)
{
    (void)state;
    return open_triangles(FRAMES, WIDTH, HEIGHT);
}

/* ---------------------------------------------------------------------------------- pixels -- */

static void check_mode(as_scale_mode scale, as_combine combine, as_vk_ability avoid,
                       as_vk_write write)
{
    static const uint32_t sizes[][2] = {{0, 0}, {641, 399}, {111, 66}, {1, 1}};
    truth t;
    truth_of_file(&t, "tests/data/torture.asvp", WIDTH, HEIGHT);
    t.scale = scale;
    t.combine = combine;
    const as_stream_params params = truth_params(&t);
    as_stream *stream = open_stream(&params);
    as_vk_device *device = import_device(context, avoid);
    as_vk *vk = attach(stream, device, 0, write);
    for (uint64_t index = 0; index < t.frames; index += TEST_SANITIZED ? 7 : 1)
        for (size_t i = 0; i < COUNT(sizes); i++) {
            const as_vk_request request = ask(sizes[i][0], sizes[i][1]);
            check_frame(reader, vk, &t, index, &request);
        }
    as_vk_detach(&vk);
    as_vk_device_unref(&device);
    as_stream_close(&stream);
    truth_free(&t);
}

static void test_modes(void **state)
{
    const as_vk_ability all =
        AS_VK_TIMELINE | AS_VK_SUBGROUP | AS_VK_INT64 | AS_VK_STORAGE_IMAGE | AS_VK_EXPORT;
    (void)state;
    check_mode(AS_SCALE_NEAREST, AS_COMBINE_UNION, 0, AS_VK_WRITE_STORE);
    check_mode(AS_SCALE_NEAREST, AS_COMBINE_PARITY, AS_VK_TIMELINE, AS_VK_WRITE_COPY);
    check_mode(AS_SCALE_VECTOR, AS_COMBINE_UNION, all, AS_VK_WRITE_AUTO);
    check_mode(AS_SCALE_VECTOR, AS_COMBINE_PARITY, 0, AS_VK_WRITE_AUTO);
}

static void test_sample(void **state)
{
    truth t;
    (void)state;
    truth_of_file(&t, "samples/data/walkers.asvp", 2048, 1024);
    const as_stream_params params = truth_params(&t);
    as_stream *stream = open_stream(&params);
    as_vk_device *device = import_device(context, 0);
    as_vk *vk = attach(stream, device, 0, AS_VK_WRITE_AUTO);
    for (uint64_t index = 0; index < t.frames; index += TEST_SANITIZED ? 97 : 23)
        check_frame(reader, vk, &t, index, NULL);
    as_vk_detach(&vk);
    as_vk_device_unref(&device);
    as_stream_close(&stream);
    truth_free(&t);
}

/* -------------------------------------------------------------------------------- in flight -- */

/* An image in the caller's hands, and perhaps a reading of it that nobody has waited for. */
typedef struct place {
    as_vk_image image;
    test_reading reading;
    uint64_t index;
    bool busy;
} place;

static void finish(place *p, truth *t)
{
    if (!p->busy)
        return;
    uint8_t *pixels = test_reader_finish(reader, &p->reading);
    const uint8_t *wanted = truth_mask(t, p->index, p->reading.width, p->reading.height);
    assert_same_bytes(pixels, wanted, (size_t)p->reading.width * p->reading.height);
    free(pixels);
    p->busy = false;
}

/* Random frames, sizes and releases: an image is given back while the GPU may still read it, with a
 * semaphore or in the order of the queue. */
static void check_flight(as_vk_ability avoid, uint32_t count, test_random *random, truth *t)
{
    static const uint32_t sizes[][2] = {{0, 0}, {0, 0}, {0, 0}, {97, 203}};
    enum { MOST = 8, GETS = TEST_SANITIZED ? 16 : 40 };
    const as_stream_params params = truth_params(t);
    as_stream *stream = open_stream(&params);
    as_vk_device *device = import_device(context, avoid);
    as_vk *vk = attach(stream, device, count, AS_VK_WRITE_AUTO);
    place places[MOST] = {{.index = 0}};
    for (int n = 0; n < GETS; n++) {
        place *p = &places[test_random_in(random, 0, count - 1)];
        const uint32_t *size = sizes[test_random_in(random, 0, COUNT(sizes) - 1)];
        const as_vk_request request = ask(size[0], size[1]);
        if (p->busy) {
            const as_vk_done done = test_reader_done(reader, &p->reading);
            const bool told = !avoid && test_random_in(random, 0, 1) == 0;
            release(vk, &p->image, told ? &done : NULL);
            finish(p, t);
        }
        p->index = (uint64_t)test_random_in(random, 0, (int64_t)t->frames - 1);
        p->image = get(vk, p->index, &request);
        p->reading = test_reader_start(reader, &p->image, p->image.width, p->image.height);
        p->busy = true;
    }
    assert_true(vk_stats_of(vk).images <= count);
    for (uint32_t i = 0; i < count; i++) {
        finish(&places[i], t);
        release(vk, &places[i].image, NULL);
    }
    as_vk_detach(&vk);
    as_vk_device_unref(&device);
    as_stream_close(&stream);
}

static void test_flight(void **state)
{
    test_random random = test_random_from(test_seed("flight"));
    truth t;
    (void)state;
    truth_of_file(&t, "tests/data/torture.asvp", WIDTH, HEIGHT);
    for (uint32_t count = 1; count <= 8; count++)
        check_flight(count % 2 ? 0 : AS_VK_TIMELINE, count, &random, &t);
    truth_free(&t);
}

/* ------------------------------------------------------------------------------------ pool -- */

static void test_pool(void **state)
{
    const as_stream_params params = truth_params(&small);
    as_stream *stream = open_stream(&params);
    as_vk_device *device = import_device(context, 0);
    as_vk *vk = attach(stream, device, 2, AS_VK_WRITE_AUTO);
    as_vk_image third;
    as_error error;
    (void)state;
    assert_int_equal(vk_stats_of(vk).images, 0);
    as_vk_image first = get(vk, 3, NULL), second = get(vk, 4, NULL), again = get(vk, 3, NULL);
    assert_ptr_equal(again.image, first.image); /* shown once, held twice */
    assert_ptr_not_equal(first.image, second.image);
    assert_int_equal(first.width, WIDTH);
    assert_int_equal(first.height, HEIGHT);
    assert_int_equal(first.layout, VK_IMAGE_LAYOUT_SHADER_READ_ONLY_OPTIMAL);
    assert_int_equal(first.queue_family, context->family);
    assert_non_null(first.view);
    assert_non_null(first.semaphore);
    assert_true(second.value > first.value);
    assert_fails(as_vk_get_frame(vk, 5, NULL, AS_WAIT_FOREVER, &third, &error), AS_ERROR_LIMIT,
                 &error, "release one");
    assert_null(third.handle);
    as_vk_stats stats = vk_stats_of(vk);
    assert_int_equal(stats.images, 2);
    assert_true(stats.image_bytes >= 2 * WIDTH * HEIGHT);
    assert_int_equal(stats.held, 3);
    assert_int_equal(stats.frames, 3);
    assert_int_equal(stats.shown_already, 1);
    release(vk, &first, NULL);
    assert_fails(as_vk_get_frame(vk, 5, NULL, AS_WAIT_FOREVER, &third, &error), AS_ERROR_LIMIT,
                 &error, "all 2 images are held");
    const VkImage name = again.image;
    release(vk, &again, NULL);
    third = get(vk, 5, NULL);
    assert_ptr_equal(third.image, name);
    expect(reader, &third, &small);
    expect(reader, &second, &small);
    release(vk, &third, NULL);
    release(vk, &third, NULL); /* zeroed: nothing */
    release(vk, &second, NULL);
    assert_int_equal(vk_stats_of(vk).held, 0);
    as_vk_detach(&vk);
    assert_null(vk);
    as_vk_device_unref(&device);
    assert_null(device);
    as_stream_close(&stream);
}

/* One frame in an image, held by many, each with a last use of its own. */
static void test_many_holders(void **state)
{
    enum { HOLDERS = 40 };
    const as_stream_params params = truth_params(&small);
    as_stream *stream = open_stream(&params);
    as_vk_device *device = import_device(context, 0);
    as_vk *vk = attach(stream, device, 1, AS_VK_WRITE_AUTO);
    test_reader *readers[HOLDERS];
    as_vk_image images[HOLDERS];
    test_reading readings[HOLDERS];
    (void)state;
    for (size_t i = 0; i < HOLDERS; i++) {
        readers[i] = test_reader_open(context, 0);
        images[i] = get(vk, 9, NULL);
        readings[i] = test_reader_start(readers[i], &images[i], WIDTH, HEIGHT);
    }
    for (size_t i = HOLDERS; i-- > 0;) {
        const as_vk_done done = test_reader_done(readers[i], &readings[i]);
        release(vk, &images[i], &done);
    }
    check_frame(reader, vk, &small, 10, NULL);
    for (size_t i = 0; i < HOLDERS; i++) {
        uint8_t *pixels = test_reader_finish(readers[i], &readings[i]);
        assert_same_bytes(pixels, truth_mask(&small, 9, WIDTH, HEIGHT), WIDTH * HEIGHT);
        free(pixels);
        test_reader_close(readers[i]);
    }
    as_vk_detach(&vk);
    as_vk_device_unref(&device);
    as_stream_close(&stream);
}

/* ------------------------------------------------------------------------------------ users -- */

/* A device of the library's own, and a reader beside it on its queue. */
static as_vk_device *create_device(as_vk_device_info *info, test_reader **out_reader)
{
    const as_vk_create create = {.struct_size = sizeof(create),
                                 .get_instance_proc_addr = context->load};
    as_vk_device *device = NULL;
    as_error error;
    info->struct_size = sizeof(*info);
    assert_ok(as_vk_device_create(&create, &device, &error), &error);
    assert_int_equal(as_vk_device_get_info(device, info), AS_OK);
    assert_ptr_not_equal(info->device, context->device);
    const as_vulkan_import import = {.get_instance_proc_addr = context->load,
                                     .instance = info->instance,
                                     .physical = info->physical_device,
                                     .device = info->device,
                                     .queue = info->queue,
                                     .family = info->queue_family};
    *out_reader = test_reader_open_on(&import, import.family);
    return device;
}

/* Two VkDevices with streams on each, in turn: nothing of one is used with the other. */
static void test_two_devices(void **state)
{
    enum { DEVICES = 2, STREAMS = 4 };
    as_vk_device_info info;
    test_reader *readers[DEVICES] = {reader};
    as_vk_device *devices[DEVICES] = {import_device(context, 0)};
    const as_stream_params params = truth_params(&small);
    as_stream *streams[STREAMS];
    as_vk *vks[STREAMS];
    as_vk_image images[STREAMS];
    as_error error;
    (void)state;
    devices[1] = create_device(&info, &readers[1]);
    for (size_t i = 0; i < STREAMS; i++) {
        streams[i] = open_stream(&params);
        vks[i] = attach(streams[i], devices[i % DEVICES], 2, AS_VK_WRITE_AUTO);
    }
    for (uint64_t n = 0; n < 20; n++) {
        for (size_t i = 0; i < STREAMS; i++)
            images[i] = get(vks[i], (n * (i + 1)) % FRAMES, NULL);
        for (size_t i = STREAMS; i-- > 0;) {
            /* The reader beside the own device knows no timelines. */
            assert_ok(as_vk_wait(vks[i], &images[i], AS_WAIT_FOREVER, &error), &error);
            images[i].semaphore = i % DEVICES ? VK_NULL_HANDLE : images[i].semaphore;
            expect(readers[i % DEVICES], &images[i], &small);
            release(vks[i], &images[i], NULL);
        }
    }
    for (size_t i = 0; i < STREAMS; i++) {
        as_vk_detach(&vks[i]);
        as_stream_close(&streams[i]);
    }
    test_reader_close(readers[1]);
    as_vk_device_unref(&devices[0]);
    as_vk_device_unref(&devices[1]);
}

/* Several streams on one VkDevice, which is known twice. */
static void test_streams_and_imports(void **state)
{
    enum { STREAMS = 3 };
    as_stream *streams[STREAMS];
    as_vk *vks[STREAMS];
    as_vk_image images[STREAMS];
    as_vk_device *devices[2] = {import_device(context, 0), import_device(context, AS_VK_TIMELINE)};
    const as_stream_params params = truth_params(&small);
    (void)state;
    for (size_t i = 0; i < STREAMS; i++) {
        streams[i] = open_stream(&params);
        vks[i] = attach(streams[i], devices[i == 2], 2, AS_VK_WRITE_AUTO);
    }
    as_vk_device_unref(&devices[0]); /* each as_vk holds one of its own */
    for (uint64_t n = 0; n < 20; n++) {
        for (size_t i = 0; i < STREAMS; i++)
            images[i] = get(vks[i], (n * (i + 1)) % FRAMES, NULL);
        assert_int_equal(images[2].value, 0);
        for (size_t i = STREAMS; i-- > 0;) {
            expect(reader, &images[i], &small);
            release(vks[i], &images[i], NULL);
        }
    }
    as_vk_detach(&vks[0]);
    check_frame(reader, vks[1], &small, 1, NULL);
    for (size_t i = 0; i < STREAMS; i++) {
        as_vk_detach(&vks[i]);
        as_stream_close(&streams[i]);
    }
    as_vk_device_unref(&devices[1]);
}

/* Threads with an as_vk each, on one device: the library's own lock keeps them apart at the queue.
 */
typedef struct user {
    as_stream *stream;
    as_vk *vk;
    as_result result;
} user;

static void *get_many(void *argument)
{
    user *u = argument;
    as_error error;
    for (uint64_t n = 0; n < 40 && u->result == AS_OK; n++) {
        as_vk_image image;
        u->result = as_vk_get_frame(u->vk, n, NULL, AS_WAIT_FOREVER, &image, &error);
        if (u->result == AS_OK && n % 3 == 0)
            u->result = as_vk_wait(u->vk, &image, AS_WAIT_FOREVER, &error);
        if (u->result == AS_OK)
            u->result = as_vk_release(u->vk, &image, NULL, &error);
    }
    return NULL;
}

static void check_threads(as_vk_ability avoid)
{
    enum { USERS = 3 };
    const as_stream_params params = truth_params(&small);
    as_vk_device *device = import_device(context, avoid);
    user users[USERS];
    pthread_t threads[USERS];
    for (size_t i = 0; i < USERS; i++) {
        users[i] = (user){.stream = open_stream(&params), .result = AS_OK};
        users[i].vk = attach(users[i].stream, device, 2, AS_VK_WRITE_AUTO);
    }
    for (size_t i = 0; i < USERS; i++)
        assert_int_equal(pthread_create(&threads[i], NULL, get_many, &users[i]), 0);
    for (size_t i = 0; i < USERS; i++)
        pthread_join(threads[i], NULL);
    for (size_t i = 0; i < USERS; i++) {
        assert_int_equal(users[i].result, AS_OK);
        check_frame(reader, users[i].vk, &small, 39, NULL);
        as_vk_detach(&users[i].vk);
        as_stream_close(&users[i].stream);
    }
    as_vk_device_unref(&device);
}

static void test_users_in_threads(void **state)
{
    (void)state;
    check_threads(0);
    check_threads(AS_VK_TIMELINE);
}

/* The library waits for a use that is known, but has not been submitted yet. */
static void test_use_to_come(void **state)
{
    const as_stream_params params = truth_params(&small);
    as_stream *stream = open_stream(&params);
    as_vk_device *device = import_device(context, 0);
    as_vk *vk = attach(stream, device, 1, AS_VK_WRITE_AUTO);
    as_vk_image image = get(vk, 1, NULL);
    const PFN_vkSignalSemaphore signal = (PFN_vkSignalSemaphore)context->f.GetDeviceProcAddr(
        context->device, "vkSignalSemaphoreKHR");
    const as_vk_done done = {.struct_size = sizeof(done),
                             .semaphore = reader->device->timeline,
                             .value = reader->device->submitted + 1};
    const VkSemaphoreSignalInfo info = {.sType = VK_STRUCTURE_TYPE_SEMAPHORE_SIGNAL_INFO,
                                        .semaphore = done.semaphore,
                                        .value = done.value};
    as_error error;
    (void)state;
    assert_ok(as_vk_wait(vk, &image, AS_WAIT_FOREVER, &error), &error);
    release(vk, &image, &done);
    image = get(vk, 2, NULL);
    assert_fails(as_vk_wait(vk, &image, 1000000, &error), AS_TIMEOUT, &error, "in time");
    assert_int_equal(signal(context->device, &info), VK_SUCCESS);
    reader->device->submitted++;
    assert_ok(as_vk_wait(vk, &image, AS_WAIT_FOREVER, &error), &error);
    expect(reader, &image, &small);
    as_vk_detach(&vk); /* still held */
    as_vk_device_unref(&device);
    as_stream_close(&stream);
}

/* -------------------------------------------------------------------------------- knowing -- */

/* Until nothing is queued or runs. Who ends without a result wakes nobody, so it looks again. */
static void wait_idle(as_stream *stream)
{
    as_mutex_lock(&stream->lock);
    while (stream->task_count != 0)
        (void)as_cond_wait_until(&stream->changed, &stream->lock, as_clock_ns() + MILLISECOND);
    as_mutex_unlock(&stream->lock);
}

static void test_prepared(void **state)
{
    (void)state;
    for (int keep = 0; keep < 2; keep++) {
        const as_stream_params params = truth_params(&small);
        as_stream *stream = open_stream(&params);
        as_vk_device *device = import_device(context, 0);
        const as_vk_params own = {.struct_size = sizeof(own), .keep_processing = (uint32_t)keep};
        as_vk *vk = NULL;
        as_error error;
        assert_ok(as_vk_attach(stream, device, &own, &vk, &error), &error);
        wait_idle(stream);
        const uint64_t drawn = stats_of(stream).drawn;
        for (uint64_t n = 20; n < 50; n++)
            check_frame(reader, vk, &small, n, NULL);
        wait_idle(stream);
        assert_int_equal(stats_of(stream).drawn > drawn, keep); /* pixels, by the CPU */
        assert_int_equal(stream->preferred, keep ? AS_OUTPUT_R8 : AS_OUTPUT_NONE);
        truth_expect(&small, stream, 7, WIDTH, HEIGHT); /* when asked for */
        as_vk_detach(&vk);
        assert_int_equal(stream->preferred, AS_OUTPUT_R8);
        as_vk_device_unref(&device);
        as_stream_close(&stream);
    }
}

static void test_stats(void **state)
{
    const as_stream_params params = truth_params(&small);
    as_stream *stream = open_stream(&params);
    as_vk_device *device = import_device(context, 0);
    as_vk *vk = attach(stream, device, 2, AS_VK_WRITE_COPY);
    as_vk_stats s = vk_stats_of(vk);
    (void)state;
    assert_int_equal(s.write, AS_VK_WRITE_COPY);
    assert_int_equal(s.dispatches + s.submits + s.upload_bytes + s.frames + s.gpu.count, 0);
    check_frame(reader, vk, &small, 4, NULL);
    check_frame(reader, vk, &small, 5, NULL);
    check_frame(reader, vk, &small, 5, NULL);
    s = vk_stats_of(vk);
    assert_int_equal(s.frames, 3);
    assert_int_equal(s.shown_already, 1);
    assert_int_equal(s.submits, 2);
    assert_int_equal(s.channels, 2);
    assert_int_equal(s.points, 6);
    assert_true(s.upload_bytes >= s.last_upload_bytes && s.last_upload_bytes > 0);
    assert_int_equal(s.dispatches, 2 * s.last_dispatches);
    assert_true(s.last_dispatches >= 3);
    assert_int_equal(s.update.count, 2);
    assert_int_equal(s.gpu.count, 0);
    assert_true(s.scratch_bytes > 0 && s.staging_bytes > 0);
    as_vk_detach(&vk);
    const as_vk_params timed = {.struct_size = sizeof(timed), .gpu_times = 1};
    as_error error;
    assert_ok(as_vk_attach(stream, device, &timed, &vk, &error), &error);
    check_frame(reader, vk, &small, 4, NULL);
    check_frame(reader, vk, &small, 5, NULL);
    assert_int_equal(vk_stats_of(vk).gpu.count, 2);
    as_vk_detach(&vk);
    as_vk_device_unref(&device);
    as_stream_close(&stream);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_teardown(test_modes, no_messages),
        cmocka_unit_test_teardown(test_sample, no_messages),
        cmocka_unit_test_teardown(test_flight, no_messages),
        cmocka_unit_test_teardown(test_pool, no_messages),
        cmocka_unit_test_teardown(test_many_holders, no_messages),
        cmocka_unit_test_teardown(test_two_devices, no_messages),
        cmocka_unit_test_teardown(test_streams_and_imports, no_messages),
        cmocka_unit_test_teardown(test_users_in_threads, no_messages),
        cmocka_unit_test_teardown(test_use_to_come, no_messages),
        cmocka_unit_test_teardown(test_prepared, no_messages),
        cmocka_unit_test_teardown(test_stats, no_messages),
    };
    return cmocka_run_group_tests_name("vk_frames", tests, setup, close_triangles);
}
