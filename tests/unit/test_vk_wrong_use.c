/* SPDX-License-Identifier: MIT
 *
 * Wrong use of vulkan.h, and drivers that refuse or fail: each is a result with a sentence, says
 * nothing to the validation layer, and leaves the rest usable.
 */
#include "core/base/mem.h"
#include "tests/support/failing_alloc.h"
#include "tests/unit/vk_triangles.h"

enum { WIDTH = 64, HEIGHT = 40, FRAMES = 12 };

static as_stream *stream;
static as_vk_device *device;
static as_error error;

static int setup(void **state)
{
    (void)state;
    (void)open_triangles(FRAMES, WIDTH, HEIGHT);
    const as_stream_params params = truth_params(&small);
    stream = open_stream(&params);
    device = import_device(context, 0);
    return 0;
}

static int teardown(void **state)
{
    as_vk_device_unref(&device);
    as_stream_close(&stream);
    return close_triangles(state);
}

/* ------------------------------------------------------------------------------ faults ------- */

/* The driver with one function that fails, from its n-th call on or at that alone. */
static struct faults {
    const char *function; /* NULL: none */
    uint32_t passes;
    bool once;
    VkResult result;
} faults;

static bool fails(const char *function)
{
    if (!faults.function || strcmp(function, faults.function) != 0)
        return false;
    if (faults.passes > 0) {
        faults.passes--;
        return false;
    }
    if (faults.once)
        faults.function = NULL;
    return true;
}

static VKAPI_ATTR VkResult VKAPI_CALL allocate_memory(VkDevice on, const VkMemoryAllocateInfo *info,
                                                      const VkAllocationCallbacks *callbacks,
                                                      VkDeviceMemory *out)
{
    return fails("vkAllocateMemory") ? faults.result
                                     : context->f.AllocateMemory(on, info, callbacks, out);
}

static VKAPI_ATTR VkResult VKAPI_CALL queue_submit(VkQueue queue, uint32_t count,
                                                   const VkSubmitInfo *infos, VkFence fence)
{
    return fails("vkQueueSubmit") ? faults.result
                                  : context->f.QueueSubmit(queue, count, infos, fence);
}

static VKAPI_ATTR VkResult VKAPI_CALL create_view(VkDevice on, const VkImageViewCreateInfo *info,
                                                  const VkAllocationCallbacks *callbacks,
                                                  VkImageView *out)
{
    return fails("vkCreateImageView") ? faults.result
                                      : context->f.CreateImageView(on, info, callbacks, out);
}

static VKAPI_ATTR VkResult VKAPI_CALL create_cache(VkDevice on,
                                                   const VkPipelineCacheCreateInfo *info,
                                                   const VkAllocationCallbacks *callbacks,
                                                   VkPipelineCache *out)
{
    return fails("vkCreatePipelineCache")
               ? faults.result
               : context->f.CreatePipelineCache(on, info, callbacks, out);
}

static PFN_vkVoidFunction VKAPI_CALL load_of_device(VkDevice on, const char *name)
{
    if (strcmp(name, "vkAllocateMemory") == 0)
        return (PFN_vkVoidFunction)allocate_memory;
    if (strcmp(name, "vkQueueSubmit") == 0)
        return (PFN_vkVoidFunction)queue_submit;
    if (strcmp(name, "vkCreateImageView") == 0)
        return (PFN_vkVoidFunction)create_view;
    if (strcmp(name, "vkCreatePipelineCache") == 0)
        return (PFN_vkVoidFunction)create_cache;
    return context->f.GetDeviceProcAddr(on, name);
}

static PFN_vkVoidFunction VKAPI_CALL load_faulty(VkInstance instance, const char *name)
{
    if (strcmp(name, "vkGetDeviceProcAddr") == 0)
        return (PFN_vkVoidFunction)load_of_device;
    return context->load(instance, name);
}

static as_vk_device *import_faulty(as_vk_ability avoid)
{
    as_vk_import import = import_of(context, avoid);
    as_vk_device *faulty = NULL;
    import.get_instance_proc_addr = load_faulty;
    assert_ok(as_vk_device_import(&import, &faulty, &error), &error);
    return faulty;
}

static void set_fault(const char *function, uint32_t passes, bool once, VkResult result)
{
    faults = (struct faults){function, passes, once, result};
}

/* ------------------------------------------------------------------------------ devices ------ */

static void refuse(const as_vk_import *import, as_result wanted, const char *part)
{
    as_vk_device *none = device;
    assert_fails(as_vk_device_import(import, &none, &error), wanted, &error, part);
    assert_null(none);
    none = device;
    assert_int_equal(as_vk_device_import(import, &none, NULL), wanted);
}

static void nothing(void *user)
{
    (void)user;
}

static void test_import(void **state)
{
    const as_vk_import good = import_of(context, 0);
    const VkPhysicalDeviceFeatures2 unnamed = {.pNext = NULL};
    static const char *const holes[] = {"VK_KHR_timeline_semaphore", NULL};
    as_vk_import i = good;
    (void)state;
#define REFUSE(field, value, wanted, part)                                                         \
    i = good;                                                                                      \
    i.field = value;                                                                               \
    refuse(&i, wanted, part)
    REFUSE(struct_size, 0, AS_ERROR_ARGUMENT, "struct_size");
    REFUSE(get_instance_proc_addr, NULL, AS_ERROR_ARGUMENT, "get_instance_proc_addr");
    REFUSE(instance, NULL, AS_ERROR_ARGUMENT, "instance");
    REFUSE(physical_device, NULL, AS_ERROR_ARGUMENT, "physical_device");
    REFUSE(device, NULL, AS_ERROR_ARGUMENT, "as_vk_import.device");
    REFUSE(queue, NULL, AS_ERROR_ARGUMENT, "queue");
    REFUSE(queue_family, 7, AS_ERROR_ARGUMENT, "queue family 7");
    REFUSE(lock_queue, nothing, AS_ERROR_ARGUMENT, "unlock_queue");
    REFUSE(unlock_queue, nothing, AS_ERROR_ARGUMENT, "lock_queue");
    REFUSE(extensions, NULL, AS_ERROR_ARGUMENT, "extension_count");
    REFUSE(extensions, holes, AS_ERROR_ARGUMENT, "extensions[1]");
    REFUSE(extension_count, UINT32_MAX, AS_ERROR_ARGUMENT, "extension_count");
    REFUSE(features, &unnamed, AS_ERROR_ARGUMENT, "sType");
    REFUSE(avoid, 64, AS_ERROR_ARGUMENT, "avoid");
    REFUSE(api_version, VK_API_VERSION_1_0, AS_ERROR_GPU, "1.1 or newer");
#undef REFUSE
    refuse(NULL, AS_ERROR_ARGUMENT, "import is NULL");
    assert_fails(as_vk_device_import(&good, NULL, &error), AS_ERROR_ARGUMENT, &error, "out_device");
}

static int32_t take(void *user, const as_vk_gpu *gpus, uint32_t count)
{
    assert_true(count >= 1);
    assert_int_equal(gpus[0].usable, 1);
    assert_null(gpus[0].physical_device);
    return *(int32_t *)user;
}

static void refuse_create(const as_vk_create *create, as_result wanted, const char *part)
{
    as_vk_device *none = device;
    assert_fails(as_vk_device_create(create, &none, &error), wanted, &error, part);
    assert_null(none);
}

/* What a device of the library's is to use. */
static as_vk_ability abilities_of(const test_vk *vk)
{
    return (vk->caps & AS_VULKAN_CAP_TIMELINE ? AS_VK_TIMELINE : 0) |
           (vk->caps & AS_VULKAN_CAP_SUBGROUP ? AS_VK_SUBGROUP : 0) |
           (vk->caps & AS_VULKAN_CAP_INT64 ? AS_VK_INT64 : 0) |
           (vk->caps & AS_VULKAN_CAP_STORE ? AS_VK_STORAGE_IMAGE : 0) |
           (vk->caps & AS_VULKAN_CAP_EXPORT ? AS_VK_EXPORT : 0);
}

static void test_create(void **state)
{
    static const uint8_t other[16] = {1, 2, 3};
    const as_vk_create good = {.struct_size = sizeof(good),
                               .get_instance_proc_addr = context->load};
    as_vk_create c = good;
    int32_t chosen = -1;
    as_vk_device *own = NULL;
    as_vk_device_info info = {.struct_size = sizeof(info)};
    (void)state;
    refuse_create(NULL, AS_ERROR_ARGUMENT, "create is NULL");
    c.get_instance_proc_addr = NULL;
    refuse_create(&c, AS_ERROR_ARGUMENT, "get_instance_proc_addr");
    c = good;
    c.struct_size = 3;
    refuse_create(&c, AS_ERROR_ARGUMENT, "struct_size");
    c = good;
    c.avoid = 1 << 20;
    refuse_create(&c, AS_ERROR_ARGUMENT, "avoid");
    c = good;
    c.pipeline_cache_size = 9;
    refuse_create(&c, AS_ERROR_ARGUMENT, "pipeline_cache");
    c = good;
    c.uuid = other;
    refuse_create(&c, AS_ERROR_GPU, "the one asked for");
    c = good;
    c.choose = take;
    c.user = &chosen;
    refuse_create(&c, AS_ERROR_GPU, "took none");
    chosen = 1000;
    refuse_create(&c, AS_ERROR_ARGUMENT, "gave 1000");
    chosen = 0;
    c.pipeline_cache = "no pipelines, but more than the 32 bytes of a header"; /* ignored */
    c.pipeline_cache_size = 50;
    assert_ok(as_vk_device_create(&c, &own, &error), &error);
    assert_int_equal(as_vk_device_get_info(own, &info), AS_OK);
    assert_int_equal(info.gpu.usable, 1);
    assert_int_equal(info.lost, 0);
    assert_true(info.gpu.name[0] != '\0' && info.max_width >= 4096);
    assert_int_equal(info.abilities, abilities_of(context));
    assert_int_equal(as_vk_device_get_info(own, NULL), AS_ERROR_ARGUMENT);
    assert_int_equal(as_vk_device_get_info(NULL, &info), AS_ERROR_ARGUMENT);
    as_vk_device_lock_queue(own);
    as_vk_device_unlock_queue(own);
    as_vk_device_lock_queue(NULL);
    as_vk_device_unlock_queue(NULL);
    as_vk_device_unref(&own);
    as_vk_device_unref(&own);
    as_vk_device_unref(NULL);
}

static void test_list(void **state)
{
    as_vk_gpu gpus[4];
    uint32_t count = 9;
    VkPhysicalDeviceProperties properties;
    context->f.GetPhysicalDeviceProperties(context->physical, &properties);
    (void)state;
    assert_fails(as_vk_list_gpus(NULL, gpus, 4, &count, &error), AS_ERROR_ARGUMENT, &error,
                 "get_instance_proc_addr");
    assert_int_equal(count, 0);
    assert_fails(as_vk_list_gpus(context->load, NULL, 4, &count, &error), AS_ERROR_ARGUMENT, &error,
                 "gpus");
    assert_fails(as_vk_list_gpus(context->load, gpus, 4, NULL, &error), AS_ERROR_ARGUMENT, &error,
                 "out_count");
    assert_ok(as_vk_list_gpus(context->load, NULL, 0, &count, &error), &error);
    assert_int_equal(count, 1);
    assert_ok(as_vk_list_gpus(context->load, gpus, 4, &count, &error), &error);
    assert_int_equal(gpus[0].usable, 1);
    assert_int_equal(gpus[0].type, properties.deviceType);
    assert_string_equal(gpus[0].reason, "");
}

static void test_pipeline_cache(void **state)
{
    const as_vk_create create = {.struct_size = sizeof(create),
                                 .get_instance_proc_addr = context->load};
    as_vk_device *own = NULL;
    size_t size = 0, room;
    (void)state;
    assert_ok(as_vk_device_create(&create, &own, &error), &error);
    as_vk *vk = attach(stream, own, 1, AS_VK_WRITE_COPY);
    assert_fails(as_vk_device_get_pipeline_cache(NULL, NULL, &size, &error), AS_ERROR_ARGUMENT,
                 &error, "device");
    assert_fails(as_vk_device_get_pipeline_cache(own, NULL, NULL, &error), AS_ERROR_ARGUMENT,
                 &error, "size");
    assert_ok(as_vk_device_get_pipeline_cache(own, NULL, &size, &error), &error);
    assert_true(size >= 32);
    uint8_t *bytes = malloc(size);
    assert_non_null(bytes);
    room = 5;
    assert_fails(as_vk_device_get_pipeline_cache(own, bytes, &room, &error), AS_ERROR_LIMIT, &error,
                 "does not fit");
    assert_ok(as_vk_device_get_pipeline_cache(own, bytes, &size, &error), &error);
    as_vk_detach(&vk);
    as_vk_device_unref(&own);
    as_vk_create again = create;
    again.pipeline_cache = bytes;
    again.pipeline_cache_size = size;
    assert_ok(as_vk_device_create(&again, &own, &error), &error);
    vk = attach(stream, own, 1, AS_VK_WRITE_COPY);
    as_vk_image image = get(vk, 1, NULL);
    assert_ok(as_vk_wait(vk, &image, AS_WAIT_FOREVER, &error), &error);
    as_vk_detach(&vk);
    as_vk_device_unref(&own);
    free(bytes);
}

/* ------------------------------------------------------------------------------- attach ------ */

static void test_attach(void **state)
{
    const as_vk_params good = {.struct_size = sizeof(good)};
    as_vk_device *bare = import_device(context, AS_VK_STORAGE_IMAGE | AS_VK_EXPORT);
    as_vk_params p = good;
    as_vk *vk = NULL;
    (void)state;
    assert_fails(as_vk_attach(NULL, device, &p, &vk, &error), AS_ERROR_ARGUMENT, &error, "stream");
    assert_fails(as_vk_attach(stream, NULL, &p, &vk, &error), AS_ERROR_ARGUMENT, &error, "device");
    assert_fails(as_vk_attach(stream, device, &p, NULL, &error), AS_ERROR_ARGUMENT, &error,
                 "out_vk");
#define REFUSE(on, field, value, wanted, part)                                                     \
    p = good;                                                                                      \
    p.field = value;                                                                               \
    assert_fails(as_vk_attach(stream, on, &p, &vk, &error), wanted, &error, part);                 \
    assert_null(vk)
    REFUSE(device, struct_size, 0, AS_ERROR_ARGUMENT, "struct_size");
    REFUSE(device, images, 65, AS_ERROR_ARGUMENT, "range of 1 to 64");
    REFUSE(device, write, 3, AS_ERROR_ARGUMENT, "AS_VK_WRITE_");
    REFUSE(device, usage, VK_IMAGE_USAGE_DEPTH_STENCIL_ATTACHMENT_BIT, AS_ERROR_ARGUMENT, "usage");
    REFUSE(bare, write, AS_VK_WRITE_STORE, AS_ERROR_GPU, "shaderStorageImageExtendedFormats");
    REFUSE(bare, export_memory, 1, AS_ERROR_GPU, "VK_KHR_external_memory_fd");
#undef REFUSE
    as_vk_device_unref(&bare);
    assert_ok(as_vk_attach(stream, device, NULL, &vk, &error), &error);
    as_vk_detach(&vk);
    as_vk_detach(&vk);
    as_vk_detach(NULL);
}

/* -------------------------------------------------------------------------------- get -------- */

static void refuse_get(as_vk *vk, const as_vk_request *request, as_result wanted, const char *part)
{
    as_vk_image image = {.index = 1};
    assert_fails(as_vk_get_frame(vk, 1, request, AS_WAIT_FOREVER, &image, &error), wanted, &error,
                 part);
    assert_null(image.handle);
    assert_int_equal(image.index, 0);
}

static void test_requests(void **state)
{
    const VkImageUsageFlags usage = VK_IMAGE_USAGE_STORAGE_BIT | VK_IMAGE_USAGE_TRANSFER_SRC_BIT;
    as_vulkan_image own =
        test_image_create(reader, WIDTH, HEIGHT, usage, VK_IMAGE_LAYOUT_UNDEFINED, 0);
    const as_vk_request good = ask(0, 0);
    as_vk_request r = good;
    as_vk_image image;
    as_vk_device *bare = import_device(context, AS_VK_STORAGE_IMAGE | AS_VK_TIMELINE);
    as_vk *vk = attach(stream, device, 1, AS_VK_WRITE_AUTO);
    as_vk *plain = attach(stream, bare, 1, AS_VK_WRITE_AUTO);
    (void)state;
    assert_fails(as_vk_get_frame(NULL, 1, NULL, 0, &image, &error), AS_ERROR_ARGUMENT, &error,
                 "vk");
    assert_fails(as_vk_get_frame(vk, 1, NULL, 0, NULL, &error), AS_ERROR_ARGUMENT, &error,
                 "out_image");
    assert_fails(as_vk_get_frame(vk, FRAMES, NULL, AS_WAIT_FOREVER, &image, &error),
                 AS_ERROR_OUT_OF_RANGE, &error, "12");
#define REFUSE(on, field, value, wanted, part)                                                     \
    r = good;                                                                                      \
    r.field = value;                                                                               \
    refuse_get(on, &r, wanted, part)
    REFUSE(vk, struct_size, 1, AS_ERROR_ARGUMENT, "struct_size");
    REFUSE(vk, width, 5, AS_ERROR_ARGUMENT, "each side must be");
    REFUSE(vk, height, 5, AS_ERROR_ARGUMENT, "each side must be");
    REFUSE(vk, layout, VK_IMAGE_LAYOUT_COLOR_ATTACHMENT_OPTIMAL, AS_ERROR_ARGUMENT, "layout");
    REFUSE(vk, layout, VK_IMAGE_LAYOUT_DEPTH_STENCIL_ATTACHMENT_OPTIMAL, AS_ERROR_ARGUMENT,
           "layout");
    REFUSE(vk, layout, VK_IMAGE_LAYOUT_PRESENT_SRC_KHR, AS_ERROR_ARGUMENT, "layout");
    REFUSE(vk, wait, reader->device->timeline, AS_ERROR_ARGUMENT, "image is NULL");
    REFUSE(vk, image_usage, usage, AS_ERROR_ARGUMENT, "image is NULL");
    REFUSE(plain, wait_value, 3, AS_ERROR_ARGUMENT, "timeline semaphores are not in use");
#undef REFUSE
    r = ask(20000, 10);
    refuse_get(vk, &r, AS_ERROR_ARGUMENT, "16384");
    r = good;
    r.transfer = 1;
    char part[32];
    snprintf(part, sizeof(part), "has %u families", (unsigned)context->families);
    r.queue_family = context->families;
    refuse_get(vk, &r, AS_ERROR_ARGUMENT, part);
    r = good;
    r.layout = VK_IMAGE_LAYOUT_GENERAL;
    r.image = own.image;
    r.image_width = WIDTH - 1;
    r.image_height = HEIGHT;
    r.image_usage = usage;
    refuse_get(vk, &r, AS_ERROR_ARGUMENT, "too small");
    r.image_width = WIDTH;
    r.image_usage = VK_IMAGE_USAGE_SAMPLED_BIT;
    refuse_get(vk, &r, AS_ERROR_ARGUMENT, "TRANSFER_DST_BIT or VK_IMAGE_USAGE_STORAGE_BIT");
    r.image_usage = usage;
    refuse_get(plain, &r, AS_ERROR_ARGUMENT, "make the image with VK_IMAGE_USAGE_TRANSFER_DST_BIT");
    r.layout = 0; /* the default needs SAMPLED */
    refuse_get(vk, &r, AS_ERROR_ARGUMENT, "layout");
    r.layout = VK_IMAGE_LAYOUT_GENERAL;
    r.image_layout = VK_IMAGE_LAYOUT_SHADER_READ_ONLY_OPTIMAL;
    refuse_get(vk, &r, AS_ERROR_ARGUMENT, "image_layout");
    check_frame(reader, vk, &small, 3, NULL);
    as_vk_detach(&plain);
    as_vk_detach(&vk);
    as_vk_device_unref(&bare);
    as_vulkan_image_destroy(reader->device, &own);
}

static void test_releases(void **state)
{
    as_vk *vk = attach(stream, device, 2, AS_VK_WRITE_AUTO);
    as_vk *other = attach(stream, device, 1, AS_VK_WRITE_AUTO);
    as_vk_image image = get(vk, 1, NULL), copy = image, none = {.index = 0};
    as_vk_done done = {.struct_size = sizeof(done), .value = 4};
    (void)state;
    assert_fails(as_vk_release(vk, &image, &done, &error), AS_ERROR_ARGUMENT, &error,
                 "semaphore is NULL");
    done = (as_vk_done){.struct_size = 2};
    assert_fails(as_vk_release(vk, &image, &done, &error), AS_ERROR_ARGUMENT, &error,
                 "struct_size");
    done = (as_vk_done){.struct_size = sizeof(done),
                        .layout = VK_IMAGE_LAYOUT_COLOR_ATTACHMENT_OPTIMAL};
    assert_fails(as_vk_release(vk, &image, &done, &error), AS_ERROR_ARGUMENT, &error, "layout");
    assert_int_equal(vk_stats_of(vk).held, 1); /* still */
    assert_int_equal(as_vk_release(NULL, &image, NULL, NULL), AS_OK);
    assert_int_equal(as_vk_release(vk, NULL, NULL, NULL), AS_OK);
    assert_int_equal(as_vk_release(vk, &none, NULL, NULL), AS_OK);
    assert_ok(as_vk_wait(vk, &image, AS_WAIT_FOREVER, &error), &error);
    release(vk, &image, NULL);
    image = copy;
    assert_fails(as_vk_release(vk, &image, NULL, &error), AS_ERROR_ARGUMENT, &error,
                 "released before");
    assert_int_equal(vk_stats_of(vk).held, 0);
    assert_fails(as_vk_wait(vk, &copy, 0, &error), AS_ERROR_ARGUMENT, &error, "not held");
    assert_fails(as_vk_wait(vk, NULL, 0, &error), AS_ERROR_ARGUMENT, &error, "image is NULL");
    assert_fails(as_vk_wait(NULL, &copy, 0, &error), AS_ERROR_ARGUMENT, &error, "vk is NULL");
    image = get(vk, 2, NULL);
    copy = image;
    assert_fails(as_vk_release(other, &copy, NULL, &error), AS_ERROR_ARGUMENT, &error,
                 "another as_vk's");
    assert_int_equal(vk_stats_of(vk).held, 1);
    as_vk_detach(&vk);
    assert_int_equal(as_vk_release(vk, &image, NULL, NULL), AS_OK); /* after detach: NULL */
    refuse_get(vk, NULL, AS_ERROR_ARGUMENT, "vk is NULL");
    assert_int_equal(as_vk_get_stats(vk, NULL), AS_ERROR_ARGUMENT);
    as_vk_detach(&other);
}

/* --------------------------------------------------------------------- drivers that fail ----- */

static void test_no_device_memory(void **state)
{
    as_vk_device *faulty = import_faulty(0);
    as_vk *vk = attach(stream, faulty, 2, AS_VK_WRITE_COPY);
    as_vk_image image;
    uint32_t n = 0;
    (void)state;
    for (bool done = false; !done; n++) {
        set_fault("vkAllocateMemory", n, false, VK_ERROR_OUT_OF_DEVICE_MEMORY);
        const as_result result = as_vk_get_frame(vk, 1, NULL, AS_WAIT_FOREVER, &image, &error);
        done = result == AS_OK;
        if (!done) {
            assert_int_equal(result, AS_ERROR_OUT_OF_MEMORY);
            test_assert_text(error.text, "out of device memory", "get", __FILE__, __LINE__);
            assert_int_equal(vk_stats_of(vk).held, 0);
        }
    }
    assert_true(n > 2); /* the image, scratch, staging */
    set_fault(NULL, 0, false, VK_SUCCESS);
    expect(reader, &image, &small);
    as_vk_detach(&vk);
    as_vk_device_unref(&faulty);
}

static void test_refused(void **state)
{
    static const char *const functions[] = {"vkQueueSubmit", "vkCreateImageView"};
    as_vk_device *faulty = import_faulty(0);
    as_vk_import import = import_of(context, 0);
    (void)state;
    for (size_t i = 0; i < COUNT(functions); i++) {
        as_vk *vk = attach(stream, faulty, 2, AS_VK_WRITE_STORE);
        set_fault(functions[i], 0, true, VK_ERROR_OUT_OF_HOST_MEMORY);
        refuse_get(vk, NULL, AS_ERROR_OUT_OF_MEMORY, "out of host memory");
        check_frame(reader, vk, &small, 1, NULL); /* it was that once */
        as_vk_detach(&vk);
    }
    as_vk_device_unref(&faulty);
    import.get_instance_proc_addr = load_faulty;
    set_fault("vkCreatePipelineCache", 0, true, VK_ERROR_OUT_OF_HOST_MEMORY);
    as_vk_device *none = NULL;
    assert_fails(as_vk_device_import(&import, &none, &error), AS_ERROR_OUT_OF_MEMORY, &error,
                 "pipeline cache");
    assert_null(none);
}

static void check_lost(as_vk_ability avoid)
{
    as_vk_device *faulty = import_faulty(avoid);
    as_vk *vk = attach(stream, faulty, 2, AS_VK_WRITE_AUTO);
    as_vk_device_info info = {.struct_size = sizeof(info)};
    as_vk_image held = get(vk, 1, NULL);
    as_vk *more = NULL;
    set_fault("vkQueueSubmit", 0, false, VK_ERROR_DEVICE_LOST);
    const as_vk_request other = ask(10, 10);
    refuse_get(vk, &other, AS_ERROR_GPU, "VK_ERROR_DEVICE_LOST");
    set_fault(NULL, 0, false, VK_SUCCESS);
    refuse_get(vk, NULL, AS_ERROR_GPU, "lost before");
    assert_int_equal(as_vk_device_get_info(faulty, &info), AS_OK);
    assert_int_equal(info.lost, 1);
    assert_fails(as_vk_attach(stream, faulty, NULL, &more, &error), AS_ERROR_GPU, &error, "lost");
    assert_ok(as_vk_release(vk, &held, NULL, &error), &error);
    /* It is not lost in truth: what it was given before is done with before things go. */
    assert_ok(as_vulkan_submit(reader->device, &(const as_vulkan_submission){.waits_count = 0},
                               &reader->device->submitted, &error),
              &error);
    assert_ok(as_vulkan_wait(reader->device, reader->device->submitted, UINT64_MAX, &error),
              &error);
    as_vk_detach(&vk);
    as_vk_device_unref(&faulty);
}

static void test_lost(void **state)
{
    (void)state;
    check_lost(0);
    check_lost(AS_VK_TIMELINE);
}

/* ------------------------------------------------------------------------------ memory ------- */

/* From opening to closing; false: something failed, with a sentence. */
static bool use_all(void)
{
    const as_vk_import import = import_of(context, 0);
    const as_vk_params params = {.struct_size = sizeof(params), .write = AS_VK_WRITE_COPY};
    const as_stream_params source = truth_params(&small);
    const as_vk_request other = ask(20, 10);
    as_stream *s = NULL;
    as_vk_device *d = NULL;
    as_vk *vk = NULL;
    as_vk_image image = {.index = 0}, second = {.index = 0}, third = {.index = 0};
    error.text[0] = '\0';
    const bool done = as_stream_open(&source, &s, &error) == AS_OK &&
                      as_vk_device_import(&import, &d, &error) == AS_OK &&
                      as_vk_attach(s, d, &params, &vk, &error) == AS_OK &&
                      as_vk_get_frame(vk, 5, NULL, AS_WAIT_FOREVER, &image, &error) == AS_OK &&
                      as_vk_get_frame(vk, 5, NULL, AS_WAIT_FOREVER, &second, &error) == AS_OK &&
                      as_vk_get_frame(vk, 6, &other, AS_WAIT_FOREVER, &third, &error) == AS_OK;
    if (!done)
        assert_true(strlen(error.text) > 10);
    assert_int_equal(as_vk_release(vk, &image, NULL, &error), AS_OK);
    as_vk_detach(&vk);
    as_vk_device_unref(&d);
    as_stream_close(&s);
    return done;
}

static void test_every_allocation(void **state)
{
    uint64_t n = 0, failures = 0;
    (void)state;
    /* Nothing of the library may be alive when its allocator is changed. */
    as_vk_device_unref(&device);
    as_stream_close(&stream);
    test_reader_close(reader);
    do {
        test_alloc_fail_at(n++);
        failures += !use_all();
        assert_int_equal(as_mem_live(), 0);
    } while (test_alloc_failed());
    test_alloc_restore();
    printf("%" PRIu64 " allocations, %" PRIu64 " failures\n", n - 1, failures);
    assert_true(failures >= 5 && failures < n);
    const as_stream_params params = truth_params(&small);
    reader = test_reader_open(context, 0);
    stream = open_stream(&params);
    device = import_device(context, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_teardown(test_import, no_messages),
        cmocka_unit_test_teardown(test_create, no_messages),
        cmocka_unit_test_teardown(test_list, no_messages),
        cmocka_unit_test_teardown(test_pipeline_cache, no_messages),
        cmocka_unit_test_teardown(test_attach, no_messages),
        cmocka_unit_test_teardown(test_requests, no_messages),
        cmocka_unit_test_teardown(test_releases, no_messages),
        cmocka_unit_test_teardown(test_no_device_memory, no_messages),
        cmocka_unit_test_teardown(test_refused, no_messages),
        cmocka_unit_test_teardown(test_lost, no_messages),
        cmocka_unit_test_teardown(test_every_allocation, no_messages),
    };
    return cmocka_run_group_tests_name("vk_wrong_use", tests, setup, teardown);
}
