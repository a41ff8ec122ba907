/* SPDX-License-Identifier: MIT
 *
 * What the rasterizer's files share with each other and with shaders/raster.glsl.
 */
#ifndef AS_GPU_VULKAN_RASTER_INTERNAL_H
#define AS_GPU_VULKAN_RASTER_INTERNAL_H

#include "gpu/vulkan/raster.h"

/* ---------------------------------------------------------------------------- programs.c ----- */

/* Push constants, as in raster.glsl. */
typedef struct as_vulkan_push {
    uint32_t chunks, channels, steps, first;
    uint32_t width, height, stride, lanes;
    uint32_t from_width, from_height, to_width, to_height;
    uint32_t x_whole, x_part, y_whole, y_part;
} as_vulkan_push;

/* Buffers of the set, as in raster.glsl: as many as each device has for a shader. The image is in a
 * set of its own, which is bound only when it is stored to: drivers look at all descriptors of a
 * set, even at one of an image that is gone. */
enum {
    AS_VULKAN_BIND_UPLOAD,
    AS_VULKAN_BIND_BITS,
    AS_VULKAN_BIND_ARENA,
    AS_VULKAN_BIND_JOBS, /* and packed pixels */
    AS_VULKAN_BINDINGS
};

typedef struct as_vulkan_programs {
    VkDescriptorSetLayout set_layout, image_layout;
    VkPipelineLayout layout;
    VkPipelineCache cache;
    bool own_cache;
    VkPipeline segments, fill, pack, store; /* store: with AS_VULKAN_CAP_STORE */
} as_vulkan_programs;

/* Into zeroed *programs; after a failure they are to be destroyed as well. */
as_result as_vulkan_programs_create(as_vulkan_device *device, const as_vulkan_raster_params *params,
                                    as_vulkan_programs *programs, as_error *error);
void as_vulkan_programs_destroy(as_vulkan_device *device, as_vulkan_programs *programs);

/* -------------------------------------------------------------------------------- plan.c ----- */

enum {
    AS_VULKAN_CHUNK_STEPS = 63,
    AS_VULKAN_MOST_BATCHES = 256,
    AS_VULKAN_MOST_UPLOAD = 64 << 20 /* bytes of a frame */
};

/* Where the parts of a frame's upload lie, in words. */
typedef struct as_vulkan_upload {
    uint32_t channels, chunks, steps;
    size_t bytes;
    uint64_t points; /* of the frame */
} as_vulkan_upload;

/* Boxes that are in the arena together. */
typedef struct as_vulkan_batch {
    uint32_t first_chunk, chunks, jobs;
} as_vulkan_batch;

/* What there is room for. */
typedef struct as_vulkan_room {
    uint32_t arena_words; /* at least one canvas */
    uint32_t jobs;        /* at least as_vulkan_most_jobs of one canvas */
    uint32_t lanes;
} as_vulkan_room;

typedef struct as_vulkan_plan {
    as_vulkan_batch batches[AS_VULKAN_MOST_BATCHES];
    uint32_t batches_count;
    uint32_t first_row, end_row; /* of the canvas, that may get pixels; equal: none */
    uint64_t box_words;          /* that are filled: all boxes */
    uint64_t bytes;              /* written */
} as_vulkan_plan;

/* 32-bit words of a canvas row. */
static inline uint32_t as_vulkan_stride(uint32_t width)
{
    return 2 * (uint32_t)as_ras_stride(width);
}

/* Jobs that boxes of so many words in all can need, but for one for each box. */
static inline uint32_t as_vulkan_most_jobs(uint32_t words)
{
    return words / 32 + 1;
}

/* false: more than AS_VULKAN_MOST_UPLOAD bytes; `points` is valid all the same. */
bool as_vulkan_upload_layout(const as_polystream *stream, as_vulkan_upload *out_upload);
/* Writes the upload to `map` (upload->bytes). false: the frame is one for core/raster. */
bool as_vulkan_plan_write(const as_vulkan_draw *draw, const as_vulkan_upload *upload,
                          const as_vulkan_room *room, uint32_t *map, as_vulkan_plan *out_plan);

/* ----------------------------------------------------------------------------- scratch.c ----- */

/* Device memory that all frames of a rasterizer share; each grows and is never shrunk. */
typedef struct as_vulkan_scratch {
    as_vulkan_buffer bits, arena;
    as_vulkan_buffer jobs;          /* and then packed pixels */
    uint32_t generation;            /* counts new buffers */
    bool unknown;                   /* what the arena and bits hold; else zero but: */
    uint64_t dirty_from, dirty_end; /* words of bits that may be other than 0 */
    as_vulkan_buffer *retired;      /* frames under way may use them */
    uint32_t retired_count;
} as_vulkan_scratch;

/* Makes room for a canvas and for packed pixels (0: none). */
as_result as_vulkan_scratch_fit(as_vulkan_device *device, as_vulkan_scratch *scratch,
                                uint64_t canvas_words, uint64_t arena_bytes, uint64_t packed_bytes,
                                as_error *error);
/* With no frame under way. */
void as_vulkan_scratch_drop_retired(as_vulkan_device *device, as_vulkan_scratch *scratch);
void as_vulkan_scratch_destroy(as_vulkan_device *device, as_vulkan_scratch *scratch);

/* ---------------------------------------------------------------------------- commands.c ----- */

/* One frame's commands. */
typedef struct as_vulkan_recording {
    as_vulkan_device *device;
    const as_vulkan_programs *programs;
    as_vulkan_scratch *scratch;
    VkCommandBuffer commands;
    VkDescriptorSet set, image_set; /* image_set: where it is stored */
    VkBuffer upload;
    const as_vulkan_plan *plan; /* NULL: */
    VkBufferCopy bits_copy;     /* the canvas's bits lie in the upload; size 0: it is blank */
    as_vulkan_push push;        /* but `first` */
    bool pushed;                /* the commands have it, with this `first` */
    const as_vulkan_target *target;
    bool store;
    VkQueryPool queries; /* or VK_NULL_HANDLE */
    uint32_t query;      /* the first of two */
    uint32_t dispatches; /* counted */
} as_vulkan_recording;

/* Between Begin- and EndCommandBuffer. */
void as_vulkan_record(as_vulkan_recording *recording);

/* ------------------------------------------------------------------------------ raster.c ----- */

/* From the next frame on. */
void as_vulkan_raster_use(as_vulkan_raster *raster, as_vulkan_way way);
/* Takes an image that frames under way are drawn into; it goes with the rasterizer. */
void as_vulkan_raster_keep(as_vulkan_raster *raster, const as_vulkan_image *image);

/* ----------------------------------------------------------------------------- measure.c ----- */

/* Has the way used that is faster on this device. The first time, or while that is not known, it
 * makes a blank image both ways; where the queue is so busy that this takes long, it leaves the way
 * as it is. */
as_result as_vulkan_raster_measure(as_vulkan_device *device, as_vulkan_raster *raster,
                                   as_error *error);

#endif
