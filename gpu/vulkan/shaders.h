/* SPDX-License-Identifier: MIT
 *
 * The compute shaders as SPIR-V, from a file that the build makes of shaders/ (gpu/CMakeLists.txt).
 */
#ifndef AS_GPU_VULKAN_SHADERS_H
#define AS_GPU_VULKAN_SHADERS_H

#include <stddef.h>
#include <stdint.h>

typedef struct as_vk_shader {
    const uint32_t *words;
    size_t size; /* bytes */
} as_vk_shader;

extern const as_vk_shader as_vk_segments, as_vk_segments_int64;
extern const as_vk_shader as_vk_fill, as_vk_fill_subgroup;
extern const as_vk_shader as_vk_sample_pack, as_vk_sample_store;

#endif
