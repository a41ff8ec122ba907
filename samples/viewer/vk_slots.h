/* SPDX-License-Identifier: MIT
 *
 * What pictures need while the GPU draws them: two in turn, so that one can be prepared while the
 * other is drawn. One thread.
 */
#ifndef VIEWER_VK_SLOTS_H
#define VIEWER_VK_SLOTS_H

#include "vk_programs.h"

enum { VK_SLOTS = 2, VK_SLOT_PANELS = 8 };

/* Its owner records, fills the buffers (which the slots free), submits with the fence and sets
 * is_busy. */
typedef struct vk_slot {
    VkCommandPool pool;
    VkCommandBuffer commands;
    VkFence fence;
    bool is_busy;         /* the fence will be signalled */
    VkSemaphore acquired; /* binary */
    VkQueryPool queries;  /* timestamps of begin and end; null: the queue has none */
    VkDescriptorSet scene_set, panel_sets[VK_SLOT_PANELS];
    vk_buffer staging, lines;
} vk_slot;

typedef struct vk_slots {
    VkDescriptorPool sets;
    vk_slot each[VK_SLOTS];
    unsigned next;
    double gpu_ms; /* between the timestamps, of the latest picture that is known; negative: none */
} vk_slots;

/* `s` is zeroed before. false: `why` is a sentence; vk_slots_close frees what is there. */
bool vk_slots_open(const vk_device *d, const vk_programs *p, vk_slots *s, char *why,
                   size_t capacity);
/* After vk_slots_wait_all. */
void vk_slots_close(const vk_device *d, vk_slots *s);

/* The slot whose turn it is, once the GPU is done with it; NULL: `why`. */
vk_slot *vk_slots_next(const vk_device *d, vk_slots *s, char *why, size_t capacity);
/* Wait until the GPU is done with one, and with all. false: the device is lost; `why`. */
bool vk_slots_wait(const vk_device *d, vk_slots *s, vk_slot *one, char *why, size_t capacity);
bool vk_slots_wait_all(const vk_device *d, vk_slots *s, char *why, size_t capacity);

#endif
