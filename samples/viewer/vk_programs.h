/* SPDX-License-Identifier: MIT
 *
 * Render passes and pipelines of the viewer's shaders. One thread.
 */
#ifndef VIEWER_VK_PROGRAMS_H
#define VIEWER_VK_PROGRAMS_H

#include "vk_device.h"

/* Bindings of the one kind of set that there is; a panel's texture is in the first. */
enum { BINDING_MASK, BINDING_IMAGE, BINDING_VIDEO, BINDINGS };

/* Push constants, as the shaders declare them. */
typedef struct vk_scene_values {
    int32_t shown[4];
    int32_t flat_colour[4];
    int32_t mode[2];
} vk_scene_values;
typedef struct vk_panel_values {
    int32_t corner[2];
} vk_panel_values;
typedef struct vk_line_values {
    float place[4];
    int32_t target[2];
} vk_line_values;

/* Where pictures go, and what draws there. */
typedef struct vk_pass {
    VkRenderPass handle; /* clears to black, leaves the image in the layout it was made for */
    VkPipeline scenes[SCENE_KINDS]; /* null: not made yet */
    VkPipeline panel, line;
} vk_pass;

typedef struct vk_programs {
    VkDescriptorSetLayout set;
    VkPipelineLayout layout;
    VkSampler exact, soft;
    VkShaderModule whole, scene, panel, line_vertex, line;
} vk_programs;

/* Both structures are zeroed before. false: `why` is a sentence; what is there is freed by the
 * close functions, when the GPU's use is over. */
bool vk_programs_open(const vk_device *d, vk_programs *p, char *why, size_t capacity);
void vk_programs_close(const vk_device *d, vk_programs *p);
bool vk_pass_open(const vk_device *d, const vk_programs *p, VkFormat format, VkImageLayout layout,
                  vk_pass *out, char *why, size_t capacity);
void vk_pass_close(const vk_device *d, vk_pass *pass);

/* The pipeline for a kind of picture, made when it is first asked for; null: `why`. */
VkPipeline vk_pass_scene(const vk_device *d, const vk_programs *p, vk_pass *pass, scene_kind kind,
                         char *why, size_t capacity);

#endif
