/* SPDX-License-Identifier: MIT
 *
 * A loader that watches what the library asks of the driver: objects that are made, barriers of
 * images. One device is watched at a time, by one thread.
 */
#ifndef TEST_VK_SPY_H
#define TEST_VK_SPY_H

#include "tests/support/vk_device.h"

typedef struct test_vk_barrier {
    VkImage image;
    VkPipelineStageFlags from_stage;
    VkAccessFlags from_access;
    VkImageLayout from_layout, to_layout;
    uint32_t from_family, to_family;
} test_vk_barrier;

enum { TEST_VK_BARRIERS = 64 };

typedef struct test_vk_seen {
    unsigned objects;     /* made by vkCreate*, vkAllocate*; of these: */
    unsigned views;       /* vkCreateImageView */
    unsigned allocations; /* vkAllocateMemory */
    unsigned submits;
    unsigned barriers_count; /* since it was zeroed; the first ones are kept */
    test_vk_barrier barriers[TEST_VK_BARRIERS];
} test_vk_seen;

extern test_vk_seen test_vk_seen_now;

/* For the library; a function that makes objects and is not watched fails the test. */
PFN_vkGetInstanceProcAddr test_vk_spy_loader(void);

#endif
