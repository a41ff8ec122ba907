/* SPDX-License-Identifier: MIT
 *
 * The shaders as SPIR-V, from a file that the build makes of shaders/ (CMakeLists.txt).
 */
#ifndef VIEWER_VK_SHADERS_H
#define VIEWER_VK_SHADERS_H

#include <stddef.h>
#include <stdint.h>

typedef struct vk_shader {
    const uint32_t *words;
    size_t size; /* bytes */
} vk_shader;

extern const vk_shader vk_shader_whole_vert, vk_shader_scene_frag, vk_shader_panel_frag;
extern const vk_shader vk_shader_line_vert, vk_shader_line_frag;

#endif
