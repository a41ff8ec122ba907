/* SPDX-License-Identifier: MIT */
#include "tests/support/vk_reader.h"

#define FUNCTION(reader, name)                                                                     \
    ((PFN_vk##name)(reader)->device->f.GetDeviceProcAddr((reader)->device->device, "vk" #name))

test_reader *test_reader_open(test_vk *vk, uint32_t without)
{
    const as_vulkan_import import = test_vk_import(vk, without);
    return test_reader_open_on(&import, import.family);
}

test_reader *test_reader_open_on(const as_vulkan_import *import, uint32_t from_family)
{
    const VkCommandPoolCreateInfo pool = {.sType = VK_STRUCTURE_TYPE_COMMAND_POOL_CREATE_INFO,
                                          .queueFamilyIndex = import->family};
    test_reader *reader = calloc(1, sizeof(*reader));
    as_error error;
    assert_non_null(reader);
    assert_ok(as_vulkan_device_import(import, &reader->device, &error), &error);
    reader->from_family = from_family;
    assert_int_equal(
        reader->device->f.CreateCommandPool(reader->device->device, &pool, NULL, &reader->pool),
        VK_SUCCESS);
    return reader;
}

void test_reader_close(test_reader *reader)
{
    as_error error;
    if (!reader)
        return;
    assert_ok(as_vulkan_wait(reader->device, reader->device->submitted, UINT64_MAX, &error),
              &error);
    reader->device->f.DestroyCommandPool(reader->device->device, reader->pool, NULL);
    as_vulkan_device_destroy(reader->device);
    free(reader);
}

static VkCommandBuffer begin(test_reader *reader)
{
    const as_vulkan_functions *f = &reader->device->f;
    const VkCommandBufferAllocateInfo info = {.sType =
                                                  VK_STRUCTURE_TYPE_COMMAND_BUFFER_ALLOCATE_INFO,
                                              .commandPool = reader->pool,
                                              .commandBufferCount = 1};
    const VkCommandBufferBeginInfo start = {.sType = VK_STRUCTURE_TYPE_COMMAND_BUFFER_BEGIN_INFO,
                                            .flags = VK_COMMAND_BUFFER_USAGE_ONE_TIME_SUBMIT_BIT};
    VkCommandBuffer commands;
    assert_int_equal(f->AllocateCommandBuffers(reader->device->device, &info, &commands),
                     VK_SUCCESS);
    assert_int_equal(f->BeginCommandBuffer(commands, &start), VK_SUCCESS);
    return commands;
}

static void move(test_reader *reader, VkCommandBuffer commands, VkImage image, VkImageLayout from,
                 VkAccessFlags done, VkImageLayout to, VkAccessFlags next)
{
    const VkImageMemoryBarrier barrier = {
        .sType = VK_STRUCTURE_TYPE_IMAGE_MEMORY_BARRIER,
        .srcAccessMask = done,
        .dstAccessMask = next,
        .oldLayout = from,
        .newLayout = to,
        .srcQueueFamilyIndex = VK_QUEUE_FAMILY_IGNORED,
        .dstQueueFamilyIndex = VK_QUEUE_FAMILY_IGNORED,
        .image = image,
        .subresourceRange = {VK_IMAGE_ASPECT_COLOR_BIT, 0, 1, 0, 1}};
    reader->device->f.CmdPipelineBarrier(commands, VK_PIPELINE_STAGE_TRANSFER_BIT,
                                         VK_PIPELINE_STAGE_TRANSFER_BIT, 0, 0, NULL, 0, NULL, 1,
                                         &barrier);
}

/* What the library has released to this family. */
static void acquire(test_reader *reader, VkCommandBuffer commands, const as_vk_image *image)
{
    const VkImageMemoryBarrier barrier = {
        .sType = VK_STRUCTURE_TYPE_IMAGE_MEMORY_BARRIER,
        .dstAccessMask = VK_ACCESS_TRANSFER_READ_BIT,
        .oldLayout = (VkImageLayout)image->layout,
        .newLayout = (VkImageLayout)image->layout,
        .srcQueueFamilyIndex = reader->from_family,
        .dstQueueFamilyIndex = image->queue_family,
        .image = image->image,
        .subresourceRange = {VK_IMAGE_ASPECT_COLOR_BIT, 0, 1, 0, 1}};
    assert_int_equal(image->queue_family, reader->device->family);
    reader->device->f.CmdPipelineBarrier(commands, VK_PIPELINE_STAGE_TRANSFER_BIT,
                                         VK_PIPELINE_STAGE_TRANSFER_BIT, 0, 0, NULL, 0, NULL, 1,
                                         &barrier);
}

static uint64_t submit(test_reader *reader, VkCommandBuffer commands, VkSemaphore semaphore,
                       uint64_t value)
{
    const as_vulkan_semaphore wait = {semaphore, value, VK_PIPELINE_STAGE_TRANSFER_BIT};
    const as_vulkan_submission submission = {.commands = &commands,
                                             .commands_count = 1,
                                             .waits = &wait,
                                             .waits_count = semaphore ? 1 : 0};
    uint64_t point = 0;
    as_error error;
    assert_int_equal(reader->device->f.EndCommandBuffer(commands), VK_SUCCESS);
    assert_ok(as_vulkan_submit(reader->device, &submission, &point, &error), &error);
    return point;
}

test_reading test_reader_start(test_reader *reader, const as_vk_image *image, uint32_t width,
                               uint32_t height)
{
    const VkImageLayout layout = (VkImageLayout)image->layout;
    const VkBufferImageCopy region = {.imageSubresource = {VK_IMAGE_ASPECT_COLOR_BIT, 0, 0, 1},
                                      .imageExtent = {width, height, 1}};
    const VkMemoryBarrier barrier = {.sType = VK_STRUCTURE_TYPE_MEMORY_BARRIER,
                                     .srcAccessMask = VK_ACCESS_TRANSFER_WRITE_BIT,
                                     .dstAccessMask = VK_ACCESS_HOST_READ_BIT};
    test_reading r = {.commands = begin(reader), .width = width, .height = height};
    as_error error;
    assert_ok(as_vulkan_buffer_create(reader->device, (VkDeviceSize)width * height,
                                      VK_BUFFER_USAGE_TRANSFER_DST_BIT, AS_VULKAN_PLACE_READ,
                                      &r.buffer, &error),
              &error);
    if (reader->device->family != reader->from_family)
        acquire(reader, r.commands, image);
    /* The drawing's last barrier has made its writes available; where that one moved the image to
     * no other layout, the validation layer wants to find them in this one all the same. */
    move(reader, r.commands, image->image, layout, VK_ACCESS_MEMORY_WRITE_BIT,
         VK_IMAGE_LAYOUT_TRANSFER_SRC_OPTIMAL, VK_ACCESS_TRANSFER_READ_BIT);
    FUNCTION(reader, CmdCopyImageToBuffer)
    (r.commands, image->image, VK_IMAGE_LAYOUT_TRANSFER_SRC_OPTIMAL, r.buffer.buffer, 1, &region);
    move(reader, r.commands, image->image, VK_IMAGE_LAYOUT_TRANSFER_SRC_OPTIMAL, 0, layout, 0);
    reader->device->f.CmdPipelineBarrier(r.commands, VK_PIPELINE_STAGE_TRANSFER_BIT,
                                         VK_PIPELINE_STAGE_HOST_BIT, 0, 1, &barrier, 0, NULL, 0,
                                         NULL);
    r.point = submit(reader, r.commands, image->semaphore, image->value);
    return r;
}

uint8_t *test_reader_finish(test_reader *reader, test_reading *r)
{
    const size_t size = (size_t)r->width * r->height;
    uint8_t *pixels = malloc(size);
    as_error error;
    assert_non_null(pixels);
    assert_ok(as_vulkan_wait(reader->device, r->point, UINT64_MAX, &error), &error);
    memcpy(pixels, r->buffer.map, size);
    FUNCTION(reader, FreeCommandBuffers)(reader->device->device, reader->pool, 1, &r->commands);
    as_vulkan_buffer_destroy(reader->device, &r->buffer);
    return pixels;
}

as_vk_done test_reader_done(const test_reader *reader, const test_reading *reading)
{
    as_vk_done done = {.struct_size = sizeof(done)};
    if (reader->device->timeline) {
        done.semaphore = reader->device->timeline;
        done.value = reading->point;
    }
    return done;
}

static void create_image(test_reader *reader, VkImageUsageFlags usage, as_vulkan_image *image)
{
    const as_vulkan_functions *f = &reader->device->f;
    const VkImageCreateInfo info = {.sType = VK_STRUCTURE_TYPE_IMAGE_CREATE_INFO,
                                    .imageType = VK_IMAGE_TYPE_2D,
                                    .format = VK_FORMAT_R8_UNORM,
                                    .extent = {image->width, image->height, 1},
                                    .mipLevels = 1,
                                    .arrayLayers = 1,
                                    .samples = VK_SAMPLE_COUNT_1_BIT,
                                    .usage = usage};
    VkMemoryRequirements needs;
    assert_int_equal(f->CreateImage(reader->device->device, &info, NULL, &image->image),
                     VK_SUCCESS);
    f->GetImageMemoryRequirements(reader->device->device, image->image, &needs);
    const VkMemoryAllocateInfo memory = {
        .sType = VK_STRUCTURE_TYPE_MEMORY_ALLOCATE_INFO,
        .allocationSize = needs.size,
        .memoryTypeIndex = as_vulkan_memory_type(reader->device, needs.memoryTypeBits, 0, 0)};
    assert_int_equal(f->AllocateMemory(reader->device->device, &memory, NULL, &image->memory),
                     VK_SUCCESS);
    assert_int_equal(f->BindImageMemory(reader->device->device, image->image, image->memory, 0),
                     VK_SUCCESS);
}

as_vulkan_image test_image_create(test_reader *reader, uint32_t width, uint32_t height,
                                  VkImageUsageFlags usage, VkImageLayout layout, uint8_t value)
{
    as_vulkan_image image = {.width = width, .height = height};
    const VkClearColorValue color = {.float32 = {(float)value / 255}};
    const VkImageSubresourceRange all = {VK_IMAGE_ASPECT_COLOR_BIT, 0, 1, 0, 1};
    as_error error;
    create_image(reader, usage, &image);
    if (layout == VK_IMAGE_LAYOUT_UNDEFINED)
        return image;
    VkCommandBuffer commands = begin(reader);
    VkImageLayout now = VK_IMAGE_LAYOUT_UNDEFINED;
    if (usage & VK_IMAGE_USAGE_TRANSFER_DST_BIT) {
        now = VK_IMAGE_LAYOUT_TRANSFER_DST_OPTIMAL;
        move(reader, commands, image.image, VK_IMAGE_LAYOUT_UNDEFINED, 0, now,
             VK_ACCESS_TRANSFER_WRITE_BIT);
        FUNCTION(reader, CmdClearColorImage)(commands, image.image, now, &color, 1, &all);
    }
    if (now != layout)
        move(reader, commands, image.image, now, VK_ACCESS_TRANSFER_WRITE_BIT, layout, 0);
    const uint64_t point = submit(reader, commands, VK_NULL_HANDLE, 0);
    assert_ok(as_vulkan_wait(reader->device, point, UINT64_MAX, &error), &error);
    FUNCTION(reader, FreeCommandBuffers)(reader->device->device, reader->pool, 1, &commands);
    return image;
}
