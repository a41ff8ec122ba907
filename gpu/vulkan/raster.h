/* SPDX-License-Identifier: MIT
 *
 * From polystreams to R8 images by compute shaders, equal to core/raster bit for bit.
 *
 *  - The CPU walks the records once (plan.c): boxes of channels, and the starts of chunks of at
 * most 63 steps. Uploaded are the steps as they stand in the payload, 16 bytes for each chunk and
 * 20 for each channel: at most 4 bytes a point and 32 a channel.
 *  - shaders/segments.comp: a workgroup for a chunk, a thread for a segment: points by prefix sums,
 *    outline pixels into the canvas's bits, crossings toggled in a plane as large as the channel's
 *    box.
 *  - shaders/fill.comp: prefix XOR along the rows of the boxes, into the bits; boxes are zeroed.
 *  - shaders/sample.comp: bits to pixels.
 *
 * Boxes lie in an arena; when it is full the passes run and the next boxes take their place. Frames
 * whose points lie absurdly far away, or that would fill too many boxes, are drawn by core/raster,
 * and their bits uploaded.
 *
 * An as_vulkan_raster belongs to one thread at a time; threads that draw at once have one each.
 * Frames of one are drawn in the order of recording, on the device's queue.
 */
#ifndef AS_GPU_VULKAN_RASTER_H
#define AS_GPU_VULKAN_RASTER_H

#include "core/base/polystream.h"
#include "core/raster/canvas.h"
#include "gpu/vulkan/device.h"

#define AS_VULKAN_MOST_SLOTS 16

typedef struct as_vulkan_raster as_vulkan_raster;

/* How pixels get into the image. */
typedef enum as_vulkan_way {
    AS_VULKAN_WAY_AUTO = 0, /* the faster one, measured at creation */
    AS_VULKAN_WAY_STORE,    /* by the shader (AS_VULKAN_CAP_STORE) */
    AS_VULKAN_WAY_COPY      /* packed into a buffer, which is copied */
} as_vulkan_way;

typedef struct as_vulkan_raster_params {
    uint32_t slots; /* frames in flight, 1 .. AS_VULKAN_MOST_SLOTS */
    as_vulkan_way way;
    VkPipelineCache shared_cache; /* used and not destroyed; VK_NULL_HANDLE: an own one, made of */
    const void *cache; /* as_vulkan_raster_cache's of an earlier time, or NULL; another driver's is
                          ignored */
    size_t cache_size;
    uint32_t arena_bytes; /* 0: 8 MiB. At least a canvas is taken */
    /* Frames are timed on the GPU (AS_VULKAN_CAP_TIMESTAMP). Asking a driver for the times can take
     * longer than all else that a frame takes on the CPU, and some wait for the queue then. */
    bool times;
    /* Told each time when it is known, within any call; NULL: nobody. */
    void (*timed)(void *user, uint64_t gpu_ns);
    void *user;
} as_vulkan_raster_params;

/* What to draw. */
typedef struct as_vulkan_draw {
    const as_polystream *stream;          /* read during the call only */
    uint32_t canvas_width, canvas_height; /* drawn on, 1 .. 16384 */
    const as_scale *scale;                /* vector mode, to the canvas's size; NULL: none */
    as_combine combine;
} as_vulkan_draw;

/* Where to: an R8 image with the usages of as_vulkan_image_create, owned by the queue's family. */
typedef struct as_vulkan_target {
    VkImage image;
    VkImageView view;            /* AS_VULKAN_WAY_STORE only */
    as_vulkan_way way;           /* AUTO: the rasterizer's */
    uint32_t width, height;      /* of the mask, at the image's upper left */
    VkImageLayout before_layout; /* VK_IMAGE_LAYOUT_UNDEFINED: its content is dropped */
    /* The image's earlier uses: what the drawing waits for on the queue. Both 0: nothing. */
    VkPipelineStageFlags before_stage;
    VkAccessFlags before_access;
    /* What comes after it. With a release to another family (`after_family` not
     * VK_QUEUE_FAMILY_IGNORED) that one must acquire it, from and to after_layout. */
    VkImageLayout after_layout;
    VkPipelineStageFlags after_stage;
    VkAccessFlags after_access;
    uint32_t after_family; /* VK_QUEUE_FAMILY_IGNORED: the same */
} as_vulkan_target;

typedef struct as_vulkan_raster_numbers {
    uint64_t frames, upload_bytes, batches;
    uint64_t drawn_by_cpu;       /* frames: see above */
    uint64_t record_ns;          /* CPU time of record and submit, all frames */
    uint64_t gpu_ns, gpu_frames; /* of frames that are timed and known to be done */
    uint64_t last_upload_bytes, last_record_ns, last_gpu_ns;
    uint64_t last_points, last_dispatches;
    uint64_t scratch_bytes; /* device memory */
    uint64_t staging_bytes; /* that uploads go through */
    uint64_t dispatches;    /* of frames recorded */
    uint64_t slot_waits;    /* times that the host waited for a slot */
    as_vulkan_way way;
} as_vulkan_raster_numbers;

/* Are these bytes for this device and driver? Others are not to be given to it. */
bool as_vulkan_is_cache(const as_vulkan_device *device, const void *data, size_t size);

/* AS_ERROR_GPU, AS_ERROR_OUT_OF_MEMORY. */
as_result as_vulkan_raster_create(as_vulkan_device *device, const as_vulkan_raster_params *params,
                                  as_vulkan_raster **out_raster, as_error *error);
/* Waits for its own frames. NULL is ignored. */
void as_vulkan_raster_destroy(as_vulkan_raster *raster);

/* Records one frame in a free slot; with all in flight it waits for the oldest at most timeout_ns.
 * AS_TIMEOUT: none got free; AS_ERROR_LIMIT: as core/raster, or all slots are recorded and not
 * submitted; AS_ERROR_GPU: also a target that is too large for the device; AS_ERROR_OUT_OF_MEMORY.
 * After a failure nothing of it is recorded. */
as_result as_vulkan_raster_record(as_vulkan_raster *raster, const as_vulkan_draw *draw,
                                  const as_vulkan_target *target, uint64_t timeout_ns,
                                  as_error *error);
/* Submits what was recorded since, as one submission with these semaphores (`commands` of it are
 * ignored; NULL: none). Errors as as_vulkan_submit: the frames are dropped. */
as_result as_vulkan_raster_submit(as_vulkan_raster *raster, const as_vulkan_submission *semaphores,
                                  uint64_t *out_point, as_error *error);
/* Drops them instead. */
void as_vulkan_raster_drop(as_vulkan_raster *raster);

/* Counters; picks up GPU times of frames that are done. */
as_vulkan_raster_numbers as_vulkan_raster_count(as_vulkan_raster *raster);
/* The pipeline cache's content: at most *size bytes of it, whose number is *size then; data NULL:
 * how many there are. */
as_result as_vulkan_raster_cache(as_vulkan_raster *raster, void *data, size_t *size,
                                 as_error *error);

#endif
