/* SPDX-License-Identifier: MIT */
#include "gpu/vulkan/device.h"

#include <inttypes.h>

uint32_t as_vulkan_memory_type(const as_vulkan_device *device, uint32_t bits,
                               VkMemoryPropertyFlags wanted, VkMemoryPropertyFlags needed)
{
    for (int pass = 0; pass < 2; pass++) {
        const VkMemoryPropertyFlags flags = pass == 0 ? wanted | needed : needed;
        for (uint32_t i = 0; i < device->memory.memoryTypeCount; i++)
            if ((bits >> i & 1) && (device->memory.memoryTypes[i].propertyFlags & flags) == flags)
                return i;
    }
    return UINT32_MAX;
}

/* Of a place: what memory for it should and must be. */
static const struct kind {
    VkMemoryPropertyFlags wanted, needed;
    const char *name;
} kinds[] = {
    [AS_VULKAN_PLACE_DEVICE] = {VK_MEMORY_PROPERTY_DEVICE_LOCAL_BIT, 0, "a buffer of the GPU"},
    [AS_VULKAN_PLACE_UPLOAD] = {VK_MEMORY_PROPERTY_DEVICE_LOCAL_BIT,
                                VK_MEMORY_PROPERTY_HOST_VISIBLE_BIT |
                                    VK_MEMORY_PROPERTY_HOST_COHERENT_BIT,
                                "a buffer for uploads"},
    [AS_VULKAN_PLACE_READ] = {VK_MEMORY_PROPERTY_HOST_CACHED_BIT,
                              VK_MEMORY_PROPERTY_HOST_VISIBLE_BIT |
                                  VK_MEMORY_PROPERTY_HOST_COHERENT_BIT,
                              "a buffer for reading back"}};

/* Memory of the wanted type, or where its heap is full, of any that will do. */
static VkResult allocate(as_vulkan_device *device, const VkMemoryRequirements *needs,
                         const struct kind *kind, const void *next, VkDeviceMemory *out_memory)
{
    VkMemoryAllocateInfo info = {.sType = VK_STRUCTURE_TYPE_MEMORY_ALLOCATE_INFO,
                                 .pNext = next,
                                 .allocationSize = needs->size};
    const uint32_t best =
        as_vulkan_memory_type(device, needs->memoryTypeBits, kind->wanted, kind->needed);
    if (best == UINT32_MAX)
        return VK_ERROR_FEATURE_NOT_PRESENT;
    info.memoryTypeIndex = best;
    VkResult result = device->f.AllocateMemory(device->device, &info, NULL, out_memory);
    if (result != VK_ERROR_OUT_OF_DEVICE_MEMORY)
        return result;
    info.memoryTypeIndex = as_vulkan_memory_type(device, needs->memoryTypeBits & ~(1U << best),
                                                 kind->needed, kind->needed);
    if (info.memoryTypeIndex == UINT32_MAX)
        return result;
    return device->f.AllocateMemory(device->device, &info, NULL, out_memory);
}

/* ------------------------------------------------------------------------------ buffers ------ */

static VkResult create_buffer(as_vulkan_device *device, VkBufferUsageFlags usage,
                              as_vulkan_place place, as_vulkan_buffer *b)
{
    const VkBufferCreateInfo info = {
        .sType = VK_STRUCTURE_TYPE_BUFFER_CREATE_INFO, .size = b->size, .usage = usage};
    VkMemoryRequirements needs;
    VkResult result = device->f.CreateBuffer(device->device, &info, NULL, &b->buffer);
    if (result != VK_SUCCESS) {
        b->buffer = VK_NULL_HANDLE;
        return result;
    }
    device->f.GetBufferMemoryRequirements(device->device, b->buffer, &needs);
    result = allocate(device, &needs, &kinds[place], NULL, &b->memory);
    if (result != VK_SUCCESS) {
        b->memory = VK_NULL_HANDLE;
        return result;
    }
    result = device->f.BindBufferMemory(device->device, b->buffer, b->memory, 0);
    if (result == VK_SUCCESS && place != AS_VULKAN_PLACE_DEVICE)
        result = device->f.MapMemory(device->device, b->memory, 0, VK_WHOLE_SIZE, 0, &b->map);
    return result;
}

as_result as_vulkan_buffer_create(as_vulkan_device *device, VkDeviceSize size,
                                  VkBufferUsageFlags usage, as_vulkan_place place,
                                  as_vulkan_buffer *out_buffer, as_error *error)
{
    as_vulkan_buffer b = {.size = size};
    as_result result = as_vulkan_usable(device, error);
    if (result != AS_OK)
        return result;
    if ((usage & VK_BUFFER_USAGE_STORAGE_BUFFER_BIT) &&
        size > device->properties.limits.maxStorageBufferRange)
        return as_err_set(
            error, AS_ERROR_GPU, "%s of %" PRIu64 " bytes; this device's limit is %" PRIu32,
            kinds[place].name, (uint64_t)size, device->properties.limits.maxStorageBufferRange);
    const VkResult created = create_buffer(device, usage, place, &b);
    result = as_vulkan_check(device, created, kinds[place].name, error);
    if (result == AS_OK)
        *out_buffer = b;
    else
        as_vulkan_buffer_destroy(device, &b);
    return result;
}

void as_vulkan_buffer_destroy(as_vulkan_device *device, as_vulkan_buffer *buffer)
{
    if (buffer->buffer)
        device->f.DestroyBuffer(device->device, buffer->buffer, NULL);
    if (buffer->memory) /* unmaps as well */
        device->f.FreeMemory(device->device, buffer->memory, NULL);
    *buffer = (as_vulkan_buffer){0};
}

/* ------------------------------------------------------------------------------- images ------ */

static VkImageUsageFlags image_usage(const as_vulkan_device *device,
                                     const as_vulkan_image_kind *kind)
{
    return kind->usage | VK_IMAGE_USAGE_SAMPLED_BIT | VK_IMAGE_USAGE_TRANSFER_DST_BIT |
           VK_IMAGE_USAGE_TRANSFER_SRC_BIT |
           (device->caps & AS_VULKAN_CAP_STORE ? VK_IMAGE_USAGE_STORAGE_BIT : 0);
}

/* For before creating: an image that is too large is no error to a driver, but undefined. */
as_result as_vulkan_image_check(as_vulkan_device *device, const as_vulkan_image_kind *kind,
                                as_error *error)
{
    const uint32_t width = kind->width, height = kind->height;
    const VkPhysicalDeviceExternalImageFormatInfo external = {
        .sType = VK_STRUCTURE_TYPE_PHYSICAL_DEVICE_EXTERNAL_IMAGE_FORMAT_INFO,
        .handleType = VK_EXTERNAL_MEMORY_HANDLE_TYPE_OPAQUE_FD_BIT};
    const VkPhysicalDeviceImageFormatInfo2 info = {
        .sType = VK_STRUCTURE_TYPE_PHYSICAL_DEVICE_IMAGE_FORMAT_INFO_2,
        .pNext = kind->exported ? &external : NULL,
        .format = VK_FORMAT_R8_UNORM,
        .type = VK_IMAGE_TYPE_2D,
        .tiling = VK_IMAGE_TILING_OPTIMAL,
        .usage = image_usage(device, kind)};
    VkExternalImageFormatProperties memory = {
        .sType = VK_STRUCTURE_TYPE_EXTERNAL_IMAGE_FORMAT_PROPERTIES};
    VkImageFormatProperties2 found = {.sType = VK_STRUCTURE_TYPE_IMAGE_FORMAT_PROPERTIES_2,
                                      .pNext = kind->exported ? &memory : NULL};
    const as_result result = as_vulkan_check(
        device, device->f.GetPhysicalDeviceImageFormatProperties2(device->physical, &info, &found),
        "R8 images", error);
    if (result != AS_OK)
        return result;
    const VkExtent3D most = found.imageFormatProperties.maxExtent;
    if (width != 0 && height != 0 && width <= most.width && height <= most.height)
        return AS_OK;
    return as_err_set(error, AS_ERROR_GPU,
                      "an image of %" PRIu32 " x %" PRIu32
                      " pixels; this device's are 1 x 1 to %" PRIu32 " x %" PRIu32
                      ": ask for such a size",
                      width, height, most.width, most.height);
}

static VkResult allocate_image(as_vulkan_device *device, bool exported, as_vulkan_image *i)
{
    const VkMemoryDedicatedAllocateInfo dedicated = {
        .sType = VK_STRUCTURE_TYPE_MEMORY_DEDICATED_ALLOCATE_INFO, .image = i->image};
    const VkExportMemoryAllocateInfo external = {
        .sType = VK_STRUCTURE_TYPE_EXPORT_MEMORY_ALLOCATE_INFO,
        .pNext = &dedicated,
        .handleTypes = VK_EXTERNAL_MEMORY_HANDLE_TYPE_OPAQUE_FD_BIT};
    VkMemoryRequirements needs;
    device->f.GetImageMemoryRequirements(device->device, i->image, &needs);
    i->memory_size = needs.size;
    const VkResult result = allocate(device, &needs, &kinds[AS_VULKAN_PLACE_DEVICE],
                                     exported ? &external : NULL, &i->memory);
    if (result == VK_SUCCESS)
        return device->f.BindImageMemory(device->device, i->image, i->memory, 0);
    i->memory = VK_NULL_HANDLE;
    return result;
}

static VkResult create_view(as_vulkan_device *device, VkImage image, VkImageView *out_view)
{
    const VkImageViewCreateInfo view = {
        .sType = VK_STRUCTURE_TYPE_IMAGE_VIEW_CREATE_INFO,
        .image = image,
        .viewType = VK_IMAGE_VIEW_TYPE_2D,
        .format = VK_FORMAT_R8_UNORM,
        .subresourceRange = {VK_IMAGE_ASPECT_COLOR_BIT, 0, 1, 0, 1}};
    const VkResult result = device->f.CreateImageView(device->device, &view, NULL, out_view);
    if (result != VK_SUCCESS)
        *out_view = VK_NULL_HANDLE;
    return result;
}

as_result as_vulkan_view_create(as_vulkan_device *device, VkImage image, VkImageView *out_view,
                                as_error *error)
{
    return as_vulkan_check(device, create_view(device, image, out_view), "a view of an image",
                           error);
}

static VkResult create_image(as_vulkan_device *device, const as_vulkan_image_kind *kind,
                             as_vulkan_image *i)
{
    const VkExternalMemoryImageCreateInfo external = {
        .sType = VK_STRUCTURE_TYPE_EXTERNAL_MEMORY_IMAGE_CREATE_INFO,
        .handleTypes = VK_EXTERNAL_MEMORY_HANDLE_TYPE_OPAQUE_FD_BIT};
    const VkImageCreateInfo info = {.sType = VK_STRUCTURE_TYPE_IMAGE_CREATE_INFO,
                                    .pNext = kind->exported ? &external : NULL,
                                    .imageType = VK_IMAGE_TYPE_2D,
                                    .format = VK_FORMAT_R8_UNORM,
                                    .extent = {i->width, i->height, 1},
                                    .mipLevels = 1,
                                    .arrayLayers = 1,
                                    .samples = VK_SAMPLE_COUNT_1_BIT,
                                    .tiling = VK_IMAGE_TILING_OPTIMAL,
                                    .usage = image_usage(device, kind),
                                    .initialLayout = VK_IMAGE_LAYOUT_UNDEFINED};
    VkResult result = device->f.CreateImage(device->device, &info, NULL, &i->image);
    if (result != VK_SUCCESS) {
        i->image = VK_NULL_HANDLE;
        return result;
    }
    result = allocate_image(device, kind->exported, i);
    return result == VK_SUCCESS ? create_view(device, i->image, &i->view) : result;
}

as_result as_vulkan_image_create(as_vulkan_device *device, const as_vulkan_image_kind *kind,
                                 as_vulkan_image *out_image, as_error *error)
{
    as_vulkan_image i = {.width = kind->width, .height = kind->height};
    as_result result = as_vulkan_usable(device, error);
    if (result == AS_OK)
        result = as_vulkan_image_check(device, kind, error);
    if (result != AS_OK)
        return result;
    const VkResult created = create_image(device, kind, &i);
    result = as_vulkan_check(device, created, "an image", error);
    if (result == AS_OK)
        *out_image = i;
    else
        as_vulkan_image_destroy(device, &i);
    return result;
}

void as_vulkan_image_destroy(as_vulkan_device *device, as_vulkan_image *image)
{
    if (image->view)
        device->f.DestroyImageView(device->device, image->view, NULL);
    if (image->image)
        device->f.DestroyImage(device->device, image->image, NULL);
    if (image->memory)
        device->f.FreeMemory(device->device, image->memory, NULL);
    *image = (as_vulkan_image){0};
}
