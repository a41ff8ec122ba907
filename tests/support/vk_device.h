/* SPDX-License-Identifier: MIT
 *
 * A Vulkan device without a window, watched by the validation layer with synchronization checks, in
 * and between submissions: any message of it fails the test. It is Mesa's software driver, or with
 * ALPHASTREAM_TEST_VK_DEVICE=N the GPU of that number in `alphastream gpus`; tests and library see
 * that one alone.
 */
#ifndef TEST_VK_DEVICE_H
#define TEST_VK_DEVICE_H

#include "gpu/vulkan/device.h"
#include "tests/support/check.h"

typedef struct test_vk {
    PFN_vkGetInstanceProcAddr load;
    VkInstance instance;
    VkDebugUtilsMessengerEXT messenger;
    VkPhysicalDevice physical;
    VkDevice device;
    VkQueue queue;
    uint32_t family;
    VkQueue other_queue; /* of another family with compute; VK_NULL_HANDLE: there is none */
    uint32_t other_family;
    uint32_t families;
    uint32_t caps; /* AS_VULKAN_CAP_*: what the device has */
    as_vulkan_functions f;
    VkPhysicalDeviceTimelineSemaphoreFeatures timeline;
    VkPhysicalDeviceFeatures2 features; /* as enabled: all of what the library uses that it has */
} test_vk;

/* Fails the test where there is no driver or no layer. */
test_vk *test_vk_open(void);
/* Fails the test when there was a message. NULL is ignored. */
void test_vk_close(test_vk *vk);
/* The same for the messages alone; test_vk_forgive returns their number and forgets them. */
void test_vk_no_messages(void);
unsigned test_vk_forgive(void);

/* The loader's entry point, with the environment set. */
PFN_vkGetInstanceProcAddr test_vk_loader(void);
/* For as_vulkan_create: layer and messages of creation and destruction. Static. */
const VkInstanceCreateInfo *test_vk_instance_info(void);

as_vulkan_import test_vk_import(test_vk *vk, uint32_t without);

/* A timeline semaphore that the host signals: what waits for `value` stays where it is until then.
 */
typedef struct test_vk_gate {
    VkSemaphore semaphore;
    uint64_t value;
} test_vk_gate;

test_vk_gate test_vk_gate_make(test_vk *vk);
void test_vk_gate_open(test_vk *vk, const test_vk_gate *gate);
/* Nothing may wait any more. */
void test_vk_gate_free(test_vk *vk, test_vk_gate *gate);

/* The pixels of an R8 image in VK_IMAGE_LAYOUT_TRANSFER_SRC_OPTIMAL, made visible to transfers
 * earlier on the queue; malloc'd. */
uint8_t *test_vk_read(as_vulkan_device *device, VkImage image, uint32_t width, uint32_t height);

#endif
