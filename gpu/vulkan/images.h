/* SPDX-License-Identifier: MIT
 *
 * Images that show frames: a pool of our own, and the caller's. An image of the pool is drawn anew
 * when nobody holds it; the drawing waits on the GPU for what its holders said their last use is.
 * Memory is given up only when the GPU has passed it.
 *
 * An as_vulkan_images belongs to one thread at a time.
 */
#ifndef AS_GPU_VULKAN_IMAGES_H
#define AS_GPU_VULKAN_IMAGES_H

#include "gpu/vulkan/raster.h"

#define AS_VULKAN_MOST_IMAGES 64  /* of the pool */
#define AS_VULKAN_MOST_FOREIGN 64 /* of the caller's, held at once */

typedef struct as_vulkan_images as_vulkan_images;

typedef struct as_vulkan_images_params {
    uint32_t images;         /* of the pool at most, 1 .. AS_VULKAN_MOST_IMAGES */
    VkImageUsageFlags usage; /* of the pool's, besides what the library needs */
    bool exported;           /* the pool's memory can be exported */
    as_vulkan_raster_params raster;
} as_vulkan_images_params;

/* A frame and where it is wanted. */
typedef struct as_vulkan_wish {
    uint64_t content, index; /* both together name what is shown */
    uint32_t width, height;
    VkImageLayout layout; /* to leave it in */
    uint32_t family;      /* to give it to; the device's own: nothing to give */
    /* The caller's image, else VK_NULL_HANDLE. STORAGE (with AS_VULKAN_CAP_STORE) or TRANSFER_DST
     * are in its usage. */
    VkImage image;
    VkImageView image_view; /* for stores; VK_NULL_HANDLE: one is made for this drawing */
    VkImageUsageFlags image_usage;
    VkImageLayout image_layout;
    VkSemaphore wait; /* behind the caller's last use of it; VK_NULL_HANDLE: none */
    uint64_t wait_value;
} as_vulkan_wish;

/* One image; read only. */
typedef struct as_vulkan_entry {
    as_vulkan_image image; /* the caller's: its handle, and a view for stores */
    uint64_t content, index;
    uint64_t point; /* of its drawing */
    uint64_t used;  /* larger is later */
    VkImageLayout layout;
    uint32_t family;
    bool own_view;              /* of a caller's image: made here */
    bool foreign, known;        /* known: it shows that frame, in that layout */
    uint32_t *holders;          /* a number for each of `held` */
    as_vulkan_semaphore *waits; /* before it is drawn again */
    uint32_t held, waits_count;
    uint32_t capacity; /* of either; there is room for a wait of each holder */
} as_vulkan_entry;

/* AS_ERROR_GPU: also where the pool's images cannot be; AS_ERROR_OUT_OF_MEMORY. */
as_result as_vulkan_images_create(as_vulkan_device *device, const as_vulkan_images_params *params,
                                  as_vulkan_images **out_images, as_error *error);
/* Waits for what was submitted here. NULL is ignored. */
void as_vulkan_images_destroy(as_vulkan_images *images);

/* The image of the pool that is as wished already, held once more, by the last of its holders.
 * AS_NOT_READY: none is;
 * AS_ERROR_GPU: the device is lost; AS_ERROR_OUT_OF_MEMORY. */
as_result as_vulkan_images_find(as_vulkan_images *images, const as_vulkan_wish *wish,
                                const as_vulkan_entry **out_entry, as_error *error);
/* Draws as wished and submits; the image is held once more. AS_TIMEOUT: too much is under way;
 * AS_ERROR_ARGUMENT: the caller's image is held; AS_ERROR_LIMIT: all images are, or the frame is
 * more than the rasterizer's limits; AS_ERROR_GPU, AS_ERROR_OUT_OF_MEMORY. */
as_result as_vulkan_images_draw(as_vulkan_images *images, const as_vulkan_wish *wish,
                                const as_vulkan_draw *draw, uint64_t timeout_ns,
                                const as_vulkan_entry **out_entry, as_error *error);

/* The entry of that address if this holder has it, else NULL. No two holders have a number in
 * common, of whatever as_vulkan_images. */
const as_vulkan_entry *as_vulkan_images_held(const as_vulkan_images *images, const void *entry,
                                             uint32_t holder);
/* Of a holder that has it. `layout` is what the image is in then; `last` the end of the holder's
 * use, or its semaphore VK_NULL_HANDLE. That of a caller's image is not kept. */
void as_vulkan_images_release(as_vulkan_images *images, const as_vulkan_entry *held,
                              uint32_t holder, VkImageLayout layout,
                              const as_vulkan_semaphore *last);
/* A new file descriptor of the memory behind a held image of a pool that is exported. AS_ERROR_GPU.
 */
as_result as_vulkan_images_export(as_vulkan_images *images, const as_vulkan_entry *entry,
                                  int *out_fd, as_error *error);

typedef struct as_vulkan_images_numbers {
    uint64_t images, image_bytes, held;
    uint64_t submits;
    as_vulkan_raster_numbers raster;
} as_vulkan_images_numbers;
as_vulkan_images_numbers as_vulkan_images_count(as_vulkan_images *images);

#endif
