/* SPDX-License-Identifier: MIT
 *
 * What all backends have to do, done by the Vulkan images: canvases are drawn from polystreams that
 * have a record for each run of pixels.
 */
#include "gpu/vulkan/images.h"

#include "tests/support/records.h"
#include "tests/support/vk_device.h"
#include "tests/unit/gpu_body.h"

static test_vk *vk;
static uint32_t without;
static as_vulkan_way way;

/* A device with one pool. */
typedef struct pool {
    as_vulkan_device *device;
    as_vulkan_images *images;
} pool;

static void destroy(void *gpu)
{
    pool *p = gpu;
    as_vulkan_images_destroy(p->images);
    as_vulkan_device_destroy(p->device);
    free(p);
}

static as_result open_pool(uint32_t images, pool **out_pool, as_error *error)
{
    const as_vulkan_import import = test_vk_import(vk, without);
    const as_vulkan_images_params params = {.images = images, .raster = {.slots = 2, .way = way}};
    pool *p = calloc(1, sizeof(*p));
    assert_non_null(p);
    as_result result = as_vulkan_device_import(&import, &p->device, error);
    if (result == AS_OK)
        result = as_vulkan_images_create(p->device, &params, &p->images, error);
    *out_pool = p;
    if (result == AS_OK)
        return result;
    destroy(p);
    *out_pool = NULL;
    return result;
}

/* Rectangles are not its way. */
static void *make(uint32_t images, uint32_t room)
{
    pool *p = NULL;
    as_error error;
    (void)room;
    assert_ok(open_pool(images, &p, &error), &error);
    return p;
}

static as_result try_make(void **out_gpu, as_error *error)
{
    pool *p = NULL;
    const as_result result = open_pool(2, &p, error);
    *out_gpu = p;
    return result;
}

static test_payload payload_of(const bits *b)
{
    test_records records = {0};
    for (uint32_t y = 0; y < b->view.height; y++)
        for (uint32_t x = 0, end; x < b->view.width; x = end + 1) {
            end = x;
            while (end < b->view.width && bits_get(b, end, y))
                end++;
            const test_point run[2] = {{(int32_t)x, (int32_t)y}, {(int32_t)end - 1, (int32_t)y}};
            if (end > x)
                test_records_add(&records, run, 2);
        }
    return test_records_finish(&records);
}

static as_vulkan_wish wish_of(const pool *p, const as_gpu_request *request)
{
    return (as_vulkan_wish){.content = request->stream,
                            .index = request->index,
                            .width = request->width,
                            .height = request->height,
                            .layout = VK_IMAGE_LAYOUT_TRANSFER_SRC_OPTIMAL,
                            .family = p->device->family};
}

static gpu_image image_of(const as_vulkan_entry *entry)
{
    return (gpu_image){.handle = (void *)(uintptr_t)entry,
                       .serial = entry->holders[entry->held - 1],
                       .width = entry->image.width,
                       .height = entry->image.height};
}

static as_result find(void *gpu, const as_gpu_request *request, gpu_image *out_image,
                      as_error *error)
{
    const pool *p = gpu;
    const as_vulkan_wish wish = wish_of(p, request);
    const as_vulkan_entry *entry = NULL;
    const as_result result = as_vulkan_images_find(p->images, &wish, &entry, error);
    if (result == AS_OK)
        *out_image = image_of(entry);
    return result;
}

static as_result show(void *gpu, const as_gpu_request *request, const bits *b, gpu_image *out_image,
                      as_error *error)
{
    const pool *p = gpu;
    const as_vulkan_wish wish = wish_of(p, request);
    const as_vulkan_entry *entry = NULL;
    test_payload payload = payload_of(b);
    as_polystream stream;
    assert_ok(as_polystream_parse(&stream, payload.bytes, payload.size, 1 << 20, error), error);
    const as_vulkan_draw draw = {
        .stream = &stream, .canvas_width = b->view.width, .canvas_height = b->view.height};
    const as_result result =
        as_vulkan_images_draw(p->images, &wish, &draw, UINT64_MAX, &entry, error);
    if (result == AS_OK)
        *out_image = image_of(entry);
    test_payload_free(&payload);
    return result;
}

static void release(void *gpu, const gpu_image *image)
{
    const pool *p = gpu;
    const as_vulkan_semaphore none = {.semaphore = VK_NULL_HANDLE};
    const as_vulkan_entry *entry = as_vulkan_images_held(p->images, image->handle, image->serial);
    if (entry)
        as_vulkan_images_release(p->images, entry, image->serial, entry->layout, &none);
}

static uint8_t *read(void *gpu, const gpu_image *image)
{
    const as_vulkan_entry *entry = image->handle;
    return test_vk_read(((pool *)gpu)->device, entry->image.image, image->width, image->height);
}

static gpu_counts count(void *gpu)
{
    const as_vulkan_images_numbers n = as_vulkan_images_count(((pool *)gpu)->images);
    return (gpu_counts){n.images, n.held};
}

static int open_vk(void)
{
    VkPhysicalDeviceProperties properties;
    vk = test_vk_open();
    vk->f.GetPhysicalDeviceProperties(vk->physical, &properties);
    const uint32_t most = properties.limits.maxImageDimension2D;
    gpu_under_test = (gpu_maker){.make = make,
                                 .try_make = try_make,
                                 .destroy = destroy,
                                 .find = find,
                                 .show = show,
                                 .release = release,
                                 .read = read,
                                 .count = count,
                                 .max_size = most};
    return 0;
}

static int open_store(void **state)
{
    (void)state;
    without = 0;
    way = AS_VULKAN_WAY_STORE;
    return open_vk();
}

static int open_bare(void **state)
{
    (void)state;
    without = AS_VULKAN_CAPS;
    way = AS_VULKAN_WAY_COPY;
    return open_vk();
}

static int close_vk(void **state)
{
    test_vk_close(vk);
    return test_nothing_alive(state);
}

int main(void)
{
    const struct CMUnitTest tests[] = {GPU_BODY_TESTS};
    const int failed = cmocka_run_group_tests_name("vk_body store", tests, open_store, close_vk);
    return failed + cmocka_run_group_tests_name("vk_body bare", tests, open_bare, close_vk);
}
