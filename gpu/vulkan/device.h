/* SPDX-License-Identifier: MIT
 *
 * A Vulkan device to work on, the caller's or an own one, with one queue; what it can do; points in
 * time on that queue; buffers and images. Vulkan 1.1 is enough; what is newer or optional is used
 * where it is there and switched on (`caps`).
 *
 * All functions may be called from any thread, as_vulkan_device_destroy last.
 */
#ifndef AS_GPU_VULKAN_DEVICE_H
#define AS_GPU_VULKAN_DEVICE_H

#include "core/base/thread.h"
#include "gpu/vulkan/functions.h"

#include <stdatomic.h>

typedef struct as_vulkan_device as_vulkan_device;

/* What is used where it is there; without it another way leads to the same pixels. */
enum {
    AS_VULKAN_CAP_TIMELINE = 1,   /* timeline semaphores; else a fence for each submission */
    AS_VULKAN_CAP_SUBGROUP = 2,   /* ballots in compute shaders; else shared memory */
    AS_VULKAN_CAP_INT64 = 4,      /* 64-bit integers in shaders; else pairs of 32-bit ones */
    AS_VULKAN_CAP_STORE = 8,      /* R8 storage images; else a buffer that is copied to the image */
    AS_VULKAN_CAP_TIMESTAMP = 16, /* the queue has them; else no GPU times */
    AS_VULKAN_CAP_EXPORT = 32,    /* memory of images as a file descriptor; else it stays inside */
    AS_VULKAN_CAPS = 63
};

/* Around every use of the queue, in the thread that uses it; both NULL: nobody else uses it. Calls
 * that submit must not be made with the lock held. */
typedef struct as_vulkan_lock {
    void (*lock)(void *user);
    void (*unlock)(void *user);
    void *user;
} as_vulkan_lock;

/* A device of the caller's. It must have been created for Vulkan 1.1 or newer, and outlive the
 * as_vulkan_device. */
typedef struct as_vulkan_import {
    PFN_vkGetInstanceProcAddr get_instance_proc_addr;
    VkInstance instance;
    VkPhysicalDevice physical;
    VkDevice device;
    VkQueue queue;
    uint32_t family; /* of the queue; with compute */
    as_vulkan_lock lock;
    /* As given to vkCreateDevice. What is not named here counts as not enabled. */
    const VkPhysicalDeviceFeatures2 *features; /* with its chain; NULL: none */
    const char *const *extensions;
    uint32_t extensions_count;
    uint32_t api_version; /* 0: 1.1. Of the instance's VkApplicationInfo */
    uint32_t without;     /* AS_VULKAN_CAP_* not to be used */
} as_vulkan_import;

/* For a device of our own. */
typedef struct as_vulkan_create {
    PFN_vkGetInstanceProcAddr get_instance_proc_addr; /* what needs no instance works with NULL */
    const VkInstanceCreateInfo *instance; /* layers, extensions, chain; NULL: none. Its application
                                             info is not used */
    /* The first of these that is set decides among devices of Vulkan 1.1 with a compute queue:
     * `choose` (true: this one; asked in the driver's order), the UUID, the LUID; else discrete
     * before integrated before virtual ones before processors. */
    bool (*choose)(void *user, VkPhysicalDevice device,
                   const VkPhysicalDeviceProperties *properties,
                   const VkPhysicalDeviceIDProperties *ids);
    void *user;
    const uint8_t *uuid; /* VK_UUID_SIZE bytes, or NULL */
    const uint8_t *luid; /* VK_LUID_SIZE bytes, or NULL */
    /* Extensions to be enabled where the device has them; as_vulkan_has_extension tells. */
    const char *const *extensions;
    uint32_t extensions_count;
    uint32_t without;
} as_vulkan_create;

/* One submission that waits for its end when the device has no timeline semaphores. */
typedef struct as_vulkan_pending {
    VkFence fence;
    uint64_t point;
    uint32_t waiters; /* threads that wait for the fence; it is not taken back */
} as_vulkan_pending;

enum { AS_VULKAN_MOST_PENDING = 1024 };

struct as_vulkan_device {
    as_vulkan_functions f;
    VkInstance instance;
    VkPhysicalDevice physical;
    VkDevice device;
    VkQueue queue;
    uint32_t family;
    uint32_t families; /* that the device has */
    uint32_t caps;     /* AS_VULKAN_CAP_* in use */
    bool own;          /* instance and device are ours */
    as_vulkan_lock lock;
    VkPhysicalDeviceProperties properties;
    VkPhysicalDeviceIDProperties ids;
    VkPhysicalDeviceMemoryProperties memory;
    uint32_t subgroup_size;                      /* AS_VULKAN_CAP_SUBGROUP */
    uint32_t timestamp_bits;                     /* AS_VULKAN_CAP_TIMESTAMP */
    char (*enabled)[VK_MAX_EXTENSION_NAME_SIZE]; /* extensions */
    uint32_t enabled_count;
    atomic_bool lost;
    atomic_bool lost_told;
    atomic_int measured; /* the as_vulkan_way that was found to be faster; 0: not yet */

    as_mutex mutex; /* for what follows; taken within the caller's lock */
    uint64_t submitted;
    uint64_t reached;           /* at least this point was */
    VkSemaphore timeline;       /* or VK_NULL_HANDLE: */
    as_vulkan_pending *pending; /* a ring, oldest first; it grows */
    uint32_t pending_first, pending_count, pending_capacity;
    VkFence *free_fences; /* at most so many, too */
    uint32_t free_fences_count;
};

/* AS_ERROR_ARGUMENT: a NULL, or a family that is none or cannot compute; AS_ERROR_GPU: too old, or
 * the driver refused something; AS_ERROR_OUT_OF_MEMORY. */
as_result as_vulkan_device_import(const as_vulkan_import *import, as_vulkan_device **out_device,
                                  as_error *error);
/* The same; AS_ERROR_GPU also where no device is as asked for. */
as_result as_vulkan_device_create(const as_vulkan_create *create, as_vulkan_device **out_device,
                                  as_error *error);
/* Waits for what was submitted here; all buffers and images must be gone. NULL is ignored. */
void as_vulkan_device_destroy(as_vulkan_device *device);

enum { AS_VULKAN_MOST_DEVICES = 32 }; /* that are looked at */

/* An instance without a device, for as_vulkan_probe; goes with as_vulkan_device_destroy.
 * AS_NOT_READY: there is no driver. Errors as as_vulkan_device_create. */
as_result as_vulkan_look(const as_vulkan_create *create, as_vulkan_device **out_device,
                         as_error *error);
/* Fills in a zeroed device what can be known before there is one: versions, names, a family, and
 * the caps that an own one would have. `f`: of the instance. AS_ERROR_GPU: it cannot be used. In
 * either case as_vulkan_probe_end follows. */
as_result as_vulkan_probe(const as_vulkan_functions *f, VkPhysicalDevice physical,
                          as_vulkan_device *out_device, as_error *error);
void as_vulkan_probe_end(as_vulkan_device *device);
bool as_vulkan_has_extension(const as_vulkan_device *device, const char *name);

/* errors.c: what `result` of doing `what` means; AS_OK for all that are no errors. A lost device is
 * told once in full; as_vulkan_usable fails from then on. */
as_result as_vulkan_check(as_vulkan_device *device, VkResult result, const char *what,
                          as_error *error);
/* AS_ERROR_GPU: the device is lost. */
as_result as_vulkan_usable(as_vulkan_device *device, as_error *error);

/* ------------------------------------------------------------------------ queue and time ---- */

/* A semaphore to wait for or to signal; `value` for timeline ones, else ignored. */
typedef struct as_vulkan_semaphore {
    VkSemaphore semaphore;
    uint64_t value;
    VkPipelineStageFlags stage; /* of a wait */
} as_vulkan_semaphore;

enum { AS_VULKAN_MOST_SEMAPHORES = 16 };

typedef struct as_vulkan_submission {
    const VkCommandBuffer *commands;
    uint32_t commands_count;
    const as_vulkan_semaphore *waits, *signals; /* at most AS_VULKAN_MOST_SEMAPHORES - 1 each */
    uint32_t waits_count, signals_count;
} as_vulkan_submission;

/* Submits; *out_point is the moment at which all of it is done. Points grow by 1 and are reached in
 * order. AS_ERROR_GPU, AS_ERROR_OUT_OF_MEMORY; AS_ERROR_LIMIT: AS_VULKAN_MOST_PENDING are under way
 * on a device without timeline semaphores. Then nothing was submitted. */
as_result as_vulkan_submit(as_vulkan_device *device, const as_vulkan_submission *submission,
                           uint64_t *out_point, as_error *error);
/* AS_OK: reached (0 always is). AS_NOT_READY: not yet. AS_ERROR_GPU. */
as_result as_vulkan_reached(as_vulkan_device *device, uint64_t point, as_error *error);
/* The same for who has nobody to tell an error: that the device is lost is left for others to tell.
 */
bool as_vulkan_is_reached(as_vulkan_device *device, uint64_t point);
/* The same after at most `timeout_ns` (UINT64_MAX: for ever); AS_TIMEOUT: not yet. */
as_result as_vulkan_wait(as_vulkan_device *device, uint64_t point, uint64_t timeout_ns,
                         as_error *error);
/* Before what is used until `point` is destroyed: waits whatever became of the device. */
void as_vulkan_drain(as_vulkan_device *device, uint64_t point);
/* For as_vulkan_device_destroy, with nothing under way. */
void as_vulkan_fences_destroy(as_vulkan_device *device);

/* ------------------------------------------------------------------- buffers and images ---- */

typedef struct as_vulkan_buffer {
    VkBuffer buffer; /* VK_NULL_HANDLE: none */
    VkDeviceMemory memory;
    VkDeviceSize size;
    void *map; /* of host memory, coherent, mapped for good */
} as_vulkan_buffer;

typedef enum as_vulkan_place {
    AS_VULKAN_PLACE_DEVICE, /* the GPU's own */
    AS_VULKAN_PLACE_UPLOAD, /* written by the host; the GPU's own where the host can write that */
    AS_VULKAN_PLACE_READ    /* read by the host, cached where that can be */
} as_vulkan_place;

/* A buffer of any content. AS_ERROR_GPU: larger than the device can have; AS_ERROR_OUT_OF_MEMORY.
 */
as_result as_vulkan_buffer_create(as_vulkan_device *device, VkDeviceSize size,
                                  VkBufferUsageFlags usage, as_vulkan_place place,
                                  as_vulkan_buffer *out_buffer, as_error *error);
/* Of a zeroed buffer: nothing. Leaves a zeroed one. The GPU must be done with it. */
void as_vulkan_buffer_destroy(as_vulkan_device *device, as_vulkan_buffer *buffer);

/* The type for memory with these bits, of kind `wanted` or failing that with all of `needed`;
 * UINT32_MAX: there is none. */
uint32_t as_vulkan_memory_type(const as_vulkan_device *device, uint32_t bits,
                               VkMemoryPropertyFlags wanted, VkMemoryPropertyFlags needed);

typedef struct as_vulkan_image {
    VkImage image;
    VkImageView view;
    VkDeviceMemory memory;
    VkDeviceSize memory_size;
    uint32_t width, height;
} as_vulkan_image;

typedef struct as_vulkan_image_kind {
    uint32_t width, height;  /* 1 or more */
    VkImageUsageFlags usage; /* besides sampling, transfers and (CAP_STORE) storage */
    bool exported;           /* with memory of its own that can be exported; AS_VULKAN_CAP_EXPORT */
} as_vulkan_image_kind;

/* Can there be such images? AS_ERROR_GPU: larger than the device can have, or a usage that it has
 * not for R8. */
as_result as_vulkan_image_check(as_vulkan_device *device, const as_vulkan_image_kind *kind,
                                as_error *error);
/* An R8 image with one level and optimal tiling. AS_ERROR_GPU: as as_vulkan_image_check;
 * AS_ERROR_OUT_OF_MEMORY. */
as_result as_vulkan_image_create(as_vulkan_device *device, const as_vulkan_image_kind *kind,
                                 as_vulkan_image *out_image, as_error *error);
/* A view as those images have, of any R8 image. */
as_result as_vulkan_view_create(as_vulkan_device *device, VkImage image, VkImageView *out_view,
                                as_error *error);
void as_vulkan_image_destroy(as_vulkan_device *device, as_vulkan_image *image);

#endif
