/* SPDX-License-Identifier: MIT */
#include "vk_screen.h"

#include <stdio.h>

enum { MOST_FORMATS = 64 };
/* Where nobody sees the window, a system may keep all images: keys go on working. */
#define NEXT_WAIT_NS UINT64_C(100000000)

static bool is_plain(VkFormat format)
{
    return format == VK_FORMAT_B8G8R8A8_UNORM || format == VK_FORMAT_R8G8B8A8_UNORM;
}

bool vk_screen_open(const vk_device *d, vk_screen *s, char *why, size_t capacity)
{
    VkSurfaceFormatKHR formats[MOST_FORMATS];
    uint32_t count = MOST_FORMATS;
    const VkResult result =
        d->c.GetPhysicalDeviceSurfaceFormatsKHR(d->physical, d->surface, &count, formats);
    if (result < 0)
        return vk_device_failed("vkGetPhysicalDeviceSurfaceFormatsKHR", result, why, capacity);
    for (uint32_t i = 0; i < count; i++)
        if (is_plain(formats[i].format) &&
            formats[i].colorSpace == VK_COLOR_SPACE_SRGB_NONLINEAR_KHR) {
            s->format = formats[i];
            return true;
        }
    snprintf(why, capacity,
             "the window takes no pictures of 8 bits a colour from Vulkan; use --renderer gl");
    return false;
}

static void free_images(const vk_device *d, vk_screen *s)
{
    for (uint32_t i = 0; i < VK_SCREEN_IMAGES; i++) {
        if (s->framebuffers[i])
            d->c.DestroyFramebuffer(d->handle, s->framebuffers[i], NULL);
        if (s->views[i])
            d->c.DestroyImageView(d->handle, s->views[i], NULL);
        if (s->drawn[i])
            d->c.DestroySemaphore(d->handle, s->drawn[i], NULL);
        s->framebuffers[i] = VK_NULL_HANDLE;
        s->views[i] = VK_NULL_HANDLE;
        s->drawn[i] = VK_NULL_HANDLE;
    }
}

void vk_screen_close(const vk_device *d, vk_screen *s)
{
    if (d->c.QueueWaitIdle)
        d->c.QueueWaitIdle(d->queue);
    free_images(d, s);
    if (s->chain)
        d->c.DestroySwapchainKHR(d->handle, s->chain, NULL);
    *s = (vk_screen){0};
}

/* The surface's own size, or within its limits what the window has. */
static VkExtent2D choose_extent(const VkSurfaceCapabilitiesKHR *can, int width, int height)
{
    VkExtent2D e = can->currentExtent;
    if (e.width != UINT32_MAX)
        return e;
    e = (VkExtent2D){(uint32_t)width, (uint32_t)height};
    e.width = e.width < can->minImageExtent.width ? can->minImageExtent.width : e.width;
    e.width = e.width > can->maxImageExtent.width ? can->maxImageExtent.width : e.width;
    e.height = e.height < can->minImageExtent.height ? can->minImageExtent.height : e.height;
    e.height = e.height > can->maxImageExtent.height ? can->maxImageExtent.height : e.height;
    return e;
}

static VkCompositeAlphaFlagBitsKHR choose_alpha(const VkSurfaceCapabilitiesKHR *can)
{
    const VkCompositeAlphaFlagsKHR all = can->supportedCompositeAlpha;
    return all & VK_COMPOSITE_ALPHA_OPAQUE_BIT_KHR
               ? VK_COMPOSITE_ALPHA_OPAQUE_BIT_KHR
               : (VkCompositeAlphaFlagBitsKHR)(all & (~all + 1)); /* the lowest */
}

static VkResult make_chain(const vk_device *d, vk_screen *s, const VkSurfaceCapabilitiesKHR *can)
{
    const VkSwapchainKHR before = s->chain;
    const uint32_t wanted = can->minImageCount + 1;
    const VkSwapchainCreateInfoKHR info = {
        .sType = VK_STRUCTURE_TYPE_SWAPCHAIN_CREATE_INFO_KHR,
        .surface = d->surface,
        .minImageCount =
            can->maxImageCount && wanted > can->maxImageCount ? can->maxImageCount : wanted,
        .imageFormat = s->format.format,
        .imageColorSpace = s->format.colorSpace,
        .imageExtent = s->extent,
        .imageArrayLayers = 1,
        .imageUsage = VK_IMAGE_USAGE_COLOR_ATTACHMENT_BIT,
        .preTransform = can->currentTransform,
        .compositeAlpha = choose_alpha(can),
        .presentMode = VK_PRESENT_MODE_FIFO_KHR,
        .clipped = VK_TRUE,
        .oldSwapchain = before};
    s->chain = VK_NULL_HANDLE;
    const VkResult result = d->c.CreateSwapchainKHR(d->handle, &info, NULL, &s->chain);
    if (before)
        d->c.DestroySwapchainKHR(d->handle, before, NULL);
    if (result != VK_SUCCESS)
        return result;
    s->count = VK_SCREEN_IMAGES;
    return d->c.GetSwapchainImagesKHR(d->handle, s->chain, &s->count, s->images);
}

static VkResult make_image(const vk_device *d, vk_screen *s, VkRenderPass pass, uint32_t i)
{
    const VkImageViewCreateInfo view = {
        .sType = VK_STRUCTURE_TYPE_IMAGE_VIEW_CREATE_INFO,
        .image = s->images[i],
        .viewType = VK_IMAGE_VIEW_TYPE_2D,
        .format = s->format.format,
        .subresourceRange = {VK_IMAGE_ASPECT_COLOR_BIT, 0, 1, 0, 1}};
    const VkFramebufferCreateInfo framebuffer = {.sType = VK_STRUCTURE_TYPE_FRAMEBUFFER_CREATE_INFO,
                                                 .renderPass = pass,
                                                 .attachmentCount = 1,
                                                 .pAttachments = &s->views[i],
                                                 .width = s->extent.width,
                                                 .height = s->extent.height,
                                                 .layers = 1};
    const VkSemaphoreCreateInfo semaphore = {.sType = VK_STRUCTURE_TYPE_SEMAPHORE_CREATE_INFO};
    VkResult result = d->c.CreateImageView(d->handle, &view, NULL, &s->views[i]);
    if (result == VK_SUCCESS)
        result = d->c.CreateFramebuffer(d->handle, &framebuffer, NULL, &s->framebuffers[i]);
    if (result == VK_SUCCESS)
        result = d->c.CreateSemaphore(d->handle, &semaphore, NULL, &s->drawn[i]);
    return result;
}

static vk_screen_state failed(const char *call, VkResult result, char *why, size_t capacity)
{
    vk_device_failed(call, result, why, capacity);
    return VK_SCREEN_FAILED;
}

/* New images for what the surface is now. */
static vk_screen_state renew(const vk_device *d, vk_screen *s, VkRenderPass pass, int width,
                             int height, char *why, size_t capacity)
{
    VkSurfaceCapabilitiesKHR can;
    VkResult result = d->c.GetPhysicalDeviceSurfaceCapabilitiesKHR(d->physical, d->surface, &can);
    if (result != VK_SUCCESS)
        return failed("vkGetPhysicalDeviceSurfaceCapabilitiesKHR", result, why, capacity);
    const VkExtent2D extent = choose_extent(&can, width, height);
    if (extent.width == 0 || extent.height == 0)
        return VK_SCREEN_LATER;
    d->c.QueueWaitIdle(d->queue);
    free_images(d, s);
    s->extent = extent;
    result = make_chain(d, s, &can);
    for (uint32_t i = 0; result == VK_SUCCESS && i < s->count; i++)
        result = make_image(d, s, pass, i);
    if (result != VK_SUCCESS)
        return failed("a swapchain", result, why, capacity);
    s->stale = false;
    return VK_SCREEN_READY;
}

vk_screen_state vk_screen_next(const vk_device *d, vk_screen *s, VkRenderPass pass, int width,
                               int height, VkSemaphore acquired, uint32_t *out_index, char *why,
                               size_t capacity)
{
    for (int tries = 0; tries < 2; tries++) {
        if (!s->chain || s->stale) {
            const vk_screen_state state = renew(d, s, pass, width, height, why, capacity);
            if (state != VK_SCREEN_READY)
                return state;
        }
        const VkResult result = d->c.AcquireNextImageKHR(d->handle, s->chain, NEXT_WAIT_NS,
                                                         acquired, VK_NULL_HANDLE, out_index);
        s->stale = result == VK_ERROR_OUT_OF_DATE_KHR || result == VK_SUBOPTIMAL_KHR;
        if (result == VK_SUCCESS || result == VK_SUBOPTIMAL_KHR)
            return VK_SCREEN_READY;
        if (result == VK_TIMEOUT || result == VK_NOT_READY)
            return VK_SCREEN_LATER;
        if (result != VK_ERROR_OUT_OF_DATE_KHR)
            return failed("vkAcquireNextImageKHR", result, why, capacity);
    }
    return VK_SCREEN_LATER; /* it changes all the time */
}

bool vk_screen_show(const vk_device *d, vk_screen *s, uint32_t index, char *why, size_t capacity)
{
    const VkPresentInfoKHR info = {.sType = VK_STRUCTURE_TYPE_PRESENT_INFO_KHR,
                                   .waitSemaphoreCount = 1,
                                   .pWaitSemaphores = &s->drawn[index],
                                   .swapchainCount = 1,
                                   .pSwapchains = &s->chain,
                                   .pImageIndices = &index};
    const VkResult result = d->c.QueuePresentKHR(d->queue, &info);
    if (result == VK_ERROR_OUT_OF_DATE_KHR || result == VK_SUBOPTIMAL_KHR)
        s->stale = true;
    else if (result != VK_SUCCESS)
        return vk_device_failed("vkQueuePresentKHR", result, why, capacity);
    return true;
}
