/* SPDX-License-Identifier: MIT
 *
 * Frames as Vulkan images: VK_FORMAT_R8_UNORM, made on the GPU from a frame's polylines, equal to
 * the CPU's masks bit for bit. Texel row 0 is the mask's top row; a texel is 0.0 or 1.0.
 *
 *     as_vk_device *device = NULL;
 *     as_vk *vk = NULL;
 *     as_vk_image image;
 *     const as_vk_import import = {.struct_size = sizeof import, ... the renderer's own ...};
 *     const as_vk_params params = {.struct_size = sizeof params};
 *     if (as_vk_device_import(&import, &device, &error) != AS_OK ||
 *         as_vk_attach(stream, device, &params, &vk, &error) != AS_OK) ... error.text says why ...
 *     for each picture:
 *         if (as_vk_get_frame(vk, n, NULL, AS_TIMEBOX, &image, &error) == AS_OK) {
 *             ... sample image.view in a submission that waits for image.semaphore, image.value ...
 *             as_vk_release(vk, &image, &done);
 *         }
 *     as_vk_detach(&vk);
 *     as_vk_device_unref(&device);
 *
 * What is needed: Vulkan 1.1 and a queue with compute. Timeline semaphores, subgroup operations,
 * stores to R8 images and 64-bit integers are used where the device has them and they are enabled.
 * The library does not link to libvulkan: all it calls comes from get_instance_proc_addr.
 *
 * Threads. An as_vk_device: any thread. An as_vk: one thread at a time; which one may change.
 * Decoding goes on in the stream's workers; the calling thread copies some KB, records and submits.
 * The library submits to the queue it was given, between lock_queue and unlock_queue, and makes its
 * own command buffers; it does not wait for the device or for a queue to be idle (but see
 * as_vk_device_unref for software drivers).
 *
 * A lost device is told once as AS_ERROR_GPU; every later call on it fails likewise, at once, and
 * detach and unref free what they can.
 */
#ifndef ALPHASTREAM_VULKAN_H
#define ALPHASTREAM_VULKAN_H

#include "stream.h"

AS_BEGIN_DECLS

/* Vulkan's handles, so that this header needs none of Vulkan's. They are the same types that
 * vulkan_core.h declares, which may be included before or after; enumerations and flags are passed
 * as uint32_t. Source: Vulkan 1.3 specification, "Object Model". */
typedef struct VkInstance_T *VkInstance;
typedef struct VkPhysicalDevice_T *VkPhysicalDevice;
typedef struct VkDevice_T *VkDevice;
typedef struct VkQueue_T *VkQueue;
#if defined(__LP64__) || defined(_WIN64) || (defined(__x86_64__) && !defined(__ILP32__)) ||        \
    defined(_M_X64) || defined(__ia64) || defined(_M_IA64) || defined(__aarch64__) ||              \
    defined(__powerpc64__) || (defined(__riscv) && __riscv_xlen == 64)
typedef struct VkImage_T *VkImage;
typedef struct VkImageView_T *VkImageView;
typedef struct VkSemaphore_T *VkSemaphore;
typedef struct VkPipelineCache_T *VkPipelineCache;
#else
typedef uint64_t VkImage;
typedef uint64_t VkImageView;
typedef uint64_t VkSemaphore;
typedef uint64_t VkPipelineCache;
#endif

/* A Vulkan device that the library draws on, imported or its own. */
typedef struct as_vk_device as_vk_device;
/* A stream's frames as images on an as_vk_device. */
typedef struct as_vk as_vk;

/* PFN_vkVoidFunction. */
typedef void (*as_vk_void_function)(void);
/* vkGetInstanceProcAddr; on 32-bit Windows it is __stdcall. */
#if defined(_WIN32) && !defined(_WIN64)
typedef as_vk_void_function(__stdcall *as_vk_get_proc)(VkInstance instance, const char *name);
#else
typedef as_vk_void_function (*as_vk_get_proc)(VkInstance instance, const char *name);
#endif

/* Abilities of a device; combined by |. In `avoid`: do without, as if the device had it not. */
typedef uint32_t as_vk_ability;
enum {
    AS_VK_TIMELINE = 1, /* timeline semaphores (VK_KHR_timeline_semaphore or Vulkan 1.2) */
    AS_VK_SUBGROUP = 2, /* ballots of subgroups in compute shaders */
    AS_VK_INT64 = 4,    /* 64-bit integers in shaders (shaderInt64) */
    /* R8_UNORM images can be stored to (shaderStorageImageExtendedFormats) */
    AS_VK_STORAGE_IMAGE = 8,
    AS_VK_EXPORT = 16 /* memory can be exported (VK_KHR_external_memory_fd) */
};

/* ------------------------------------------------------------------------------ devices ---- */

/* The renderer's own device. All handles stay the caller's and must outlive the as_vk_device.
 * Zero = default everywhere. */
typedef struct as_vk_import {
    uint32_t struct_size; /* sizeof(as_vk_import) */
    uint32_t api_version; /* VkApplicationInfo.apiVersion of the instance; default 1.1 */
    as_vk_get_proc get_instance_proc_addr; /* required */
    VkInstance instance;                   /* required */
    VkPhysicalDevice physical_device;      /* required */
    VkDevice device;                       /* required */
    VkQueue queue;                         /* required: of queue_family, with compute */
    uint32_t queue_family;                 /* the queue's */
    uint32_t extension_count;              /* of `extensions` */
    const char *const *extensions;         /* the device extensions that are enabled */
    const void *features; /* a VkPhysicalDeviceFeatures2 with its pNext chain: the features that are
                             enabled. Default NULL: none */
    /* Held around every use of the queue. Default: the library's own lock, which orders only its
     * own submissions: leave them NULL where nobody else uses the queue. Both or neither. */
    void (*lock_queue)(void *user);
    void (*unlock_queue)(void *user); /* ends what lock_queue began */
    void *user;                       /* handed to both */
    VkPipelineCache pipeline_cache;   /* the caller's; default: the library's own */
    as_vk_ability avoid;              /* default 0 */
    uint32_t reserved;                /* 0 */
} as_vk_import;

/* A GPU that Vulkan lists. */
typedef struct as_vk_gpu {
    VkPhysicalDevice physical_device; /* NULL but in as_vk_device_info */
    uint32_t api_version;             /* as VK_MAKE_API_VERSION */
    uint32_t driver_version;          /* as the driver counts */
    uint32_t vendor_id, device_id;    /* as VkPhysicalDeviceProperties has them */
    uint32_t type;                    /* VkPhysicalDeviceType */
    uint32_t usable;                  /* 1: as_vk_device_create can use it */
    uint32_t has_luid;                /* 1: luid is valid */
    as_vk_ability abilities;          /* that could be used */
    uint8_t uuid[16];                 /* VkPhysicalDeviceIDProperties.deviceUUID */
    uint8_t luid[8];                  /* .deviceLUID */
    char name[256];                   /* deviceName, UTF-8 */
    char reason[160];                 /* usable 0: why not, a sentence */
} as_vk_gpu;

/* A device of the library's own, without a window. Zero = default everywhere. */
typedef struct as_vk_create {
    uint32_t struct_size;                  /* sizeof(as_vk_create) */
    as_vk_ability avoid;                   /* default 0 */
    as_vk_get_proc get_instance_proc_addr; /* required */
    /* Which of `count` GPUs to use (their physical_device is NULL): an index, or -1 for none of
     * them (AS_ERROR_GPU). Default: the GPU that uuid or luid names, else the first usable one,
     * hardware before software. */
    int32_t (*choose)(void *user, const as_vk_gpu *gpus, uint32_t count);
    void *user;                 /* handed to choose */
    const uint8_t *uuid;        /* 16 bytes, to match another API's device; default NULL */
    const uint8_t *luid;        /* 8 bytes, likewise */
    const void *pipeline_cache; /* bytes from as_vk_device_get_pipeline_cache, which are ignored if
                                   they are another GPU's or driver's; default NULL */
    size_t pipeline_cache_size; /* bytes at pipeline_cache */
} as_vk_create;

/* Makes an as_vk_device of the caller's device, or a new one; the caller's to be dropped with
 * as_vk_device_unref.
 * Errors: AS_ERROR_ARGUMENT (the text names the field); AS_ERROR_UNSUPPORTED: the library was built
 * without Vulkan; AS_ERROR_GPU: the device cannot do it, or refused something (the text says what);
 * AS_ERROR_OUT_OF_MEMORY: the host's or the GPU's. */
AS_API AS_NODISCARD as_result as_vk_device_import(const as_vk_import *import,
                                                  as_vk_device **out_device, as_error *error);
AS_API AS_NODISCARD as_result as_vk_device_create(const as_vk_create *create,
                                                  as_vk_device **out_device, as_error *error);

/* Drops the caller's reference and writes NULL; an as_vk holds one of its own. The last one waits
 * for what the library itself submitted, and frees. With a software driver (as_vk_gpu.type is
 * VK_PHYSICAL_DEVICE_TYPE_CPU) it makes one empty submission and waits for that, too, and so for
 * all that is in the queue: Mesa's goes on using a semaphore after it has signalled it. NULL and
 * NULL handles are ignored. */
AS_API void as_vk_device_unref(as_vk_device **device);

/* The GPUs that can be listed, usable or not. At most `room` of them are written to `gpus` (NULL
 * for room 0); *out_count is how many there are. Their physical_device is NULL: the instance that
 * it belonged to is gone. Errors: as as_vk_device_create; no GPU at all is AS_OK and 0. */
AS_API AS_NODISCARD as_result as_vk_list_gpus(as_vk_get_proc get_instance_proc_addr,
                                              as_vk_gpu *gpus, uint32_t room, uint32_t *out_count,
                                              as_error *error);

/* What an as_vk_device runs on; handles of a created device belong to the library and are for use
 * beside it (a renderer may create its swapless resources on them). */
typedef struct as_vk_device_info {
    uint32_t struct_size;             /* set by the caller: sizeof(as_vk_device_info) */
    as_vk_ability abilities;          /* that are in use */
    VkInstance instance;              /* on which all else lives */
    VkPhysicalDevice physical_device; /* the GPU */
    VkDevice device;                  /* the device drawn on */
    VkQueue queue;                    /* that submissions go to */
    uint32_t queue_family;            /* the queue's */
    uint32_t max_width, max_height;   /* of an image, pixels */
    uint32_t lost;                    /* 1: the device is lost */
    as_vk_gpu gpu;                    /* what Vulkan says of it */
} as_vk_device_info;
/* Fills *out_info. Thread-safe. Errors: AS_ERROR_ARGUMENT. */
AS_API AS_NODISCARD as_result as_vk_device_get_info(const as_vk_device *device,
                                                    as_vk_device_info *out_info);

/* Around the caller's own use of a created device's queue (Vulkan wants one thread at a time
 * there). For an imported device these are lock_queue and unlock_queue. NULL is ignored. */
AS_API void as_vk_device_lock_queue(as_vk_device *device);
AS_API void as_vk_device_unlock_queue(as_vk_device *device);

/* The pipeline cache as bytes, to be given to the next as_vk_device_create. *size is the room at
 * `bytes` and becomes what was written; bytes NULL: what is needed. Errors: AS_ERROR_ARGUMENT,
 * AS_ERROR_GPU, AS_ERROR_LIMIT: not enough room. */
AS_API AS_NODISCARD as_result as_vk_device_get_pipeline_cache(as_vk_device *device, void *bytes,
                                                              size_t *size, as_error *error);

/* ------------------------------------------------------------------------------- images ---- */

/* How pixels reach an image. */
typedef int32_t as_vk_write;
enum {
    AS_VK_WRITE_AUTO = 0,  /* what is faster, measured by as_vk_attach */
    AS_VK_WRITE_STORE = 1, /* the shader stores to the image (usage STORAGE) */
    AS_VK_WRITE_COPY = 2   /* to a buffer, copied to the image (usage TRANSFER_DST) */
};

/* Zero = default everywhere. */
typedef struct as_vk_params {
    uint32_t struct_size; /* sizeof(as_vk_params) */
    uint32_t images;   /* the pool makes at most so many, all sizes together, each when it is first
                          needed; 1 .. 64; default 4. An image keeps its size: where all are there
                          and none of the wanted size is free, one of another size makes way, which
                          allocates memory; so have one for each that is held, of each size */
    as_vk_write write; /* default AS_VK_WRITE_AUTO */
    uint32_t usage;    /* VkImageUsageFlags of the pool's images, besides sampling and transfers:
                          storage, color attachment, input attachment; default 0 */
    uint32_t export_memory;   /* 1: the pool's images can be exported (AS_VK_EXPORT must be in use,
                                 or attaching is AS_ERROR_GPU); default 0 */
    uint32_t keep_processing; /* 1: the stream goes on preparing what its `processing` says; default
                                 0: it fetches for images and makes pixels only when asked */
    uint32_t gpu_times;       /* 1: as_vk_stats.gpu is measured. With some drivers that costs
                                 as_vk_get_frame more than all else, so default 0 */
} as_vk_params;

/* Makes frames of `stream` available as images on `device`; one device may serve many streams. With
 * AS_VK_WRITE_AUTO the first one of a device measures with some submissions of its own, behind what
 * is in the queue, for at most 0.2 s; where that is not enough, it stores, and the next one
 * measures. Errors: as as_vk_device_import. */
AS_API AS_NODISCARD as_result as_vk_attach(as_stream *stream, as_vk_device *device,
                                           const as_vk_params *params, as_vk **out_vk,
                                           as_error *error);

/* Waits for what the as_vk itself submitted (and for no one else's work), frees its images and
 * writes NULL. The caller's use of the images must be over: held ones become invalid. Call it
 * before as_stream_close. NULL and NULL handles are ignored. */
AS_API void as_vk_detach(as_vk **vk);

/* Where and how a frame is wanted. Zero = default everywhere. */
typedef struct as_vk_request {
    uint32_t struct_size;  /* sizeof(as_vk_request) */
    uint32_t width;        /* 1 .. 16384 and within the device's limits; default 0: the stream's */
    uint32_t height;       /* likewise; both or neither */
    uint32_t layout;       /* VkImageLayout to leave the image in: GENERAL, or the OPTIMAL one of a
                              usage that the image has; default
                              VK_IMAGE_LAYOUT_SHADER_READ_ONLY_OPTIMAL */
    uint32_t transfer;     /* 1: ownership goes to queue_family: the caller's submission begins with
                              the matching acquire barrier, from `layout` to `layout`
                              (docs/vulkan.md). Default 0 */
    uint32_t queue_family; /* read where transfer is 1; VK_QUEUE_FAMILY_EXTERNAL is one, too */
    /* An image of the caller's instead of the pool's: 2D, one sample, VK_FORMAT_R8_UNORM, its
     * first level and layer. The mask takes columns 0 .. width - 1 and rows 0 .. height - 1. */
    VkImage image;
    uint32_t image_width, image_height; /* of the image; at least width and height */
    uint32_t image_usage;   /* it was made with; STORAGE or TRANSFER_DST must be among them */
    uint32_t image_layout;  /* it is in now, and the queue's family owns it; default
                               VK_IMAGE_LAYOUT_UNDEFINED: what is around the mask may be lost */
    VkSemaphore wait;       /* the caller's last use of the image signals it; default: that was in
                               the same queue, before. A timeline semaphore with wait_value, or a
                               binary one with 0, which the library consumes unless the call fails;
                               as as_vk_done.semaphore */
    uint64_t wait_value;    /* that `wait` reaches */
    VkImageView image_view; /* of image, 2D, identity swizzle, for stores: valid until that drawing
                               is done. Default: where the shader stores, each call makes one of
                               its own */
} as_vk_request;

/* An image that shows a frame. Give it back with as_vk_release, also if it is the caller's. */
typedef struct as_vk_image {
    uint64_t index;        /* of the frame */
    VkImage image;         /* the pool's or the caller's */
    VkImageView view;      /* 2D, identity swizzle; of a caller's image NULL */
    uint32_t format;       /* VK_FORMAT_R8_UNORM */
    uint32_t width;        /* pixels */
    uint32_t height;       /* rows */
    uint32_t layout;       /* once `value` is reached */
    uint32_t queue_family; /* that owns it then */
    uint32_t serial;       /* the library's, of this get */
    /* The drawing is done when this timeline semaphore reaches `value`; wait for it in every
     * submission that uses the image. 0 where AS_VK_TIMELINE is not in use: later submissions to
     * the same queue are behind the drawing anyway; before any other use call as_vk_wait. The
     * library's: valid until as_vk_detach. */
    VkSemaphore semaphore;
    uint64_t value; /* of the semaphore */
    void *handle;   /* the library's */
} as_vk_image;

/* Frame `index` as an image, waiting at most timeout_ns (as as_stream_get_frame) for it to be
 * decoded; the drawing itself is queued, not waited for. `request` may be NULL. Images of the pool
 * are to be read only. Where one of them shows the frame already in the layout that is wanted, also
 * one that is held, that one is returned, but not where its ownership is or was transferred. After
 * an error *out_image is zeroed and nothing is held.
 * Errors: those of as_stream_get_frame; AS_ERROR_ARGUMENT: also an image that is not as described;
 * AS_ERROR_LIMIT: also when all images of the pool are held, or the frame needs more of the device
 * than its limits allow; AS_TIMEOUT: also when the GPU was not done with earlier frames in time;
 * AS_ERROR_GPU: the size is over the device's limits, or the device is lost;
 * AS_ERROR_OUT_OF_MEMORY: the host's or the GPU's. The as_vk stays usable, but for a lost device.
 */
AS_API AS_NODISCARD as_result as_vk_get_frame(as_vk *vk, uint64_t index,
                                              const as_vk_request *request, uint64_t timeout_ns,
                                              as_vk_image *out_image, as_error *error);

/* When the caller's use of an image ends. Zero = default everywhere. */
typedef struct as_vk_done {
    uint32_t struct_size; /* sizeof(as_vk_done) */
    uint32_t layout; /* the image is in then; default: as it was given. Another one: the frame is
                        drawn anew when it is got next */
    /* Signalled then: a timeline semaphore with `value`, or a binary one with 0, whose signal the
     * library consumes. What signals a timeline may still be to come, from another queue or from
     * the host; what signals it from the library's own queue must have been submitted, as for a
     * binary one: the library's wait for it in that queue may be the next submission. It must stay
     * valid until the library has waited: until the image was drawn anew, which makes its `value`
     * another (a get that finds the frame shown does not draw), and that drawing is done; or until
     * as_vk_detach. Default: the use is over already, or was submitted to the same queue before
     * this call. For images of the pool; for the caller's see as_vk_request.wait. */
    VkSemaphore semaphore;
    uint64_t value; /* of the semaphore */
} as_vk_done;

/* Gives an image back and zeroes *image; in any order. `done` may be NULL. NULL vk, NULL image and
 * zeroed images are ignored. Errors: AS_ERROR_ARGUMENT: *image is a copy of one that was released
 * before, or another as_vk's; or `done` is not as described, and the image stays held. */
AS_API as_result as_vk_release(as_vk *vk, as_vk_image *image, const as_vk_done *done,
                               as_error *error);

/* Waits on the host until the drawing into a held image is done. Errors: AS_TIMEOUT,
 * AS_ERROR_ARGUMENT, AS_ERROR_GPU. */
AS_API AS_NODISCARD as_result as_vk_wait(as_vk *vk, const as_vk_image *image, uint64_t timeout_ns,
                                         as_error *error);

/* ------------------------------------------------------------------------------- export ---- */

/* The memory behind an image of the pool, for another API or process. */
typedef struct as_vk_memory {
    uint32_t struct_size;  /* set by the caller: sizeof(as_vk_memory) */
    int32_t fd;            /* an opaque descriptor, the caller's to close or to import */
    void *handle;          /* for Win32 handles, which this version does not have: NULL */
    uint64_t size, offset; /* bytes of the allocation; where the image begins */
    uint32_t dedicated;    /* 1: the allocation is for this image alone */
    uint32_t tiling;       /* VkImageTiling */
    uint8_t device_uuid[16], driver_uuid[16]; /* an importer's must be the same */
} as_vk_memory;

/* A new descriptor at each call. Errors: AS_ERROR_ARGUMENT: not a held image of the pool;
 * AS_ERROR_UNSUPPORTED: export_memory was not asked for; AS_ERROR_GPU, AS_ERROR_OUT_OF_MEMORY. */
AS_API AS_NODISCARD as_result as_vk_export_memory(as_vk *vk, const as_vk_image *image,
                                                  as_vk_memory *out_memory, as_error *error);

/* ------------------------------------------------------------------------------ knowing ---- */

/* What an as_vk holds and did so far. */
typedef struct as_vk_stats {
    uint32_t struct_size;         /* set by the caller: sizeof(as_vk_stats) */
    as_vk_write write;            /* in use */
    uint64_t images;              /* of the pool, now */
    uint64_t image_bytes;         /* their memory */
    uint64_t held;                /* images in the caller's hands, its own included */
    uint64_t scratch_bytes;       /* device memory for bit planes and buffers */
    uint64_t staging_bytes;       /* memory that uploads go through */
    uint64_t frames;              /* gets that succeeded */
    uint64_t shown_already;       /* of these: nothing had to be drawn */
    uint64_t drawn_by_cpu;        /* frames: by the calling thread, and uploaded as bits (docs) */
    uint64_t points, channels;    /* of frames drawn */
    uint64_t upload_bytes;        /* all that was uploaded */
    uint64_t submits, dispatches; /* to the queue; of compute shaders */
    uint64_t upload_waits; /* times the thread waited for the GPU to give staging memory back */
    uint64_t last_upload_bytes, last_dispatches; /* of the latest get that drew */
    as_stage_times
        update;         /* as_vk_get_frame in the calling thread, but for the wait for the frame */
    as_stage_times gpu; /* between timestamps around the drawing; count 0: not supported, or
                           as_vk_params.gpu_times is 0 */
} as_vk_stats;

/* Errors: AS_ERROR_ARGUMENT. */
AS_API AS_NODISCARD as_result as_vk_get_stats(as_vk *vk, as_vk_stats *out_stats);

AS_END_DECLS

#endif
