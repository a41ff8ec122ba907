/* SPDX-License-Identifier: MIT
 *
 * The compute shaders as SPIR-V, from a file that the build makes of shaders/ (gpu/CMakeLists.txt).
 */
#ifndef AS_GPU_VULKAN_SHADERS_H
#define AS_GPU_VULKAN_SHADERS_H

#include <stddef.h>
#include <stdint.h>

typedef struct as_vulkan_shader {
    const uint32_t *words;
    size_t size; /* bytes */
} as_vulkan_shader;

extern const as_vulkan_shader as_vulkan_segments, as_vulkan_segments_int64;
extern const as_vulkan_shader as_vulkan_fill, as_vulkan_fill_subgroup;
extern const as_vulkan_shader as_vulkan_sample_pack, as_vulkan_sample_store;

#endif
