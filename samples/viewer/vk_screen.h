/* SPDX-License-Identifier: MIT
 *
 * The images of a window's surface, drawn into in turn. One thread.
 */
#ifndef VIEWER_VK_SCREEN_H
#define VIEWER_VK_SCREEN_H

#include "vk_device.h"

enum { VK_SCREEN_IMAGES = 16 };

typedef struct vk_screen {
    VkSurfaceFormatKHR format;
    VkSwapchainKHR chain; /* null: none yet */
    VkExtent2D extent;    /* of the images */
    uint32_t count;       /* images */
    VkImage images[VK_SCREEN_IMAGES];
    VkImageView views[VK_SCREEN_IMAGES];
    VkFramebuffer framebuffers[VK_SCREEN_IMAGES];
    VkSemaphore drawn[VK_SCREEN_IMAGES]; /* binary: what is shown waits for it */
    bool stale;                          /* the surface has changed */
} vk_screen;

typedef enum vk_screen_state { VK_SCREEN_READY, VK_SCREEN_LATER, VK_SCREEN_FAILED } vk_screen_state;

/* Chooses s->format, which stays. `s` is zeroed before. false: `why` is a sentence. */
bool vk_screen_open(const vk_device *d, vk_screen *s, char *why, size_t capacity);
/* The work that uses its images must be over. */
void vk_screen_close(const vk_device *d, vk_screen *s);

/* The next image to draw into, in `pass`: `acquired` is signalled when that may begin, and must be
 * waited for by what is submitted. Where the surface has changed, images of its size (or of width x
 * height, if it takes the window's) are made anew. VK_SCREEN_LATER: there is none now, as when the
 * window is minimized; try again with the next picture. */
vk_screen_state vk_screen_next(const vk_device *d, vk_screen *s, VkRenderPass pass, int width,
                               int height, VkSemaphore acquired, uint32_t *out_index, char *why,
                               size_t capacity);
/* Shows image `index` once s->drawn[index] is signalled. */
bool vk_screen_show(const vk_device *d, vk_screen *s, uint32_t index, char *why, size_t capacity);

#endif
