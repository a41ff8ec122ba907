/* SPDX-License-Identifier: MIT
 *
 * An instance, a device and a queue of Vulkan for the viewer, and the library's use of them. One
 * thread.
 */
#ifndef VIEWER_VK_DEVICE_H
#define VIEWER_VK_DEVICE_H

#include "renderer.h"
#include "vk_calls.h"

/* What a window has for Vulkan. */
struct renderer_surface {
    const char *const *extensions; /* of the instance */
    uint32_t extension_count;
    /* A surface, which is destroyed by whom it is given to. */
    VkResult (*create)(void *user, VkInstance instance, VkSurfaceKHR *out_surface);
    void *user;
};

typedef struct vk_device {
    as_vk_get_proc get_proc;
    vk_calls c;
    VkInstance instance;
    VkDebugUtilsMessengerEXT messenger; /* null: not validated */
    unsigned messages;                  /* of the validation layer so far */
    VkSurfaceKHR surface;               /* null: no window */
    VkPhysicalDevice physical;
    VkPhysicalDeviceProperties properties;
    VkPhysicalDeviceMemoryProperties memory;
    VkPhysicalDeviceTimelineSemaphoreFeatures timeline;
    VkPhysicalDeviceFeatures2 features; /* that are enabled */
    VkDevice handle;
    VkQueue queue; /* draws, computes, and presents where there is a surface */
    uint32_t family;
    uint32_t timestamp_bits; /* 0: the queue has no timestamps */
    as_vk_device *library;
} vk_device;

/* The first GPU that can draw what the window needs, hardware before software. With `validate` the
 * validation layer looks on, and says on standard error what it finds. `d` is zeroed before. false:
 * `why` is a sentence; vk_device_close frees what is there. */
bool vk_device_open(vk_device *d, const struct renderer_surface *surface, bool validate, char *why,
                    size_t capacity);
void vk_device_close(vk_device *d);

/* Writes a sentence with the call's name and result; false. */
bool vk_device_failed(const char *call, VkResult result, char *why, size_t capacity);

/* Memory that the host sees, mapped. */
typedef struct vk_buffer {
    VkBuffer handle;
    VkDeviceMemory memory;
    VkDeviceSize size;
    void *map;
} vk_buffer;

/* RGBA, 8 bits each, in memory of the device. */
typedef struct vk_image {
    VkImage handle;
    VkDeviceMemory memory;
    VkImageView view;
    uint32_t width, height;
} vk_image;

/* Make what `out`, zeroed, then holds; after false the free functions take what is there. */
bool vk_buffer_make(const vk_device *d, VkDeviceSize size, VkBufferUsageFlags usage, vk_buffer *out,
                    char *why, size_t capacity);
bool vk_image_make(const vk_device *d, uint32_t width, uint32_t height, VkImageUsageFlags usage,
                   vk_image *out, char *why, size_t capacity);
/* The GPU's use must be over. They zero what they are given. */
void vk_buffer_free(const vk_device *d, vk_buffer *b);
void vk_image_free(const vk_device *d, vk_image *i);

#endif
