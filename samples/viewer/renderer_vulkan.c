/* SPDX-License-Identifier: MIT
 *
 * Masks as images of the library, bound directly, on the device and the queue that the library
 * draws them on. The shader that makes the picture is OpenGL's.
 */
#include "renderer.h"

#include "vk_programs.h"
#include "vk_screen.h"
#include "vk_slots.h"
#include "wireframe.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { BLANK, IMAGE, VIDEO, PANELS, PICTURES = PANELS + VK_SLOT_PANELS };

/* A picture of the scene on the GPU. */
typedef struct held_picture {
    vk_image image;
    uint64_t serial;        /* of what is in it */
    const picture *to_copy; /* before this picture is drawn; NULL: it is there already */
    VkDeviceSize at;        /* in the staging buffer */
} held_picture;

/* An image beside the window. */
typedef struct target {
    vk_image image;
    VkFramebuffer framebuffer;
    vk_buffer buffer; /* what of it was read */
} target;

/* Where a picture is drawn. */
typedef struct place {
    vk_pass *pass;
    VkFramebuffer framebuffer;
    VkExtent2D extent;
    VkSemaphore acquired, drawn; /* null: nothing to wait for, nobody waits */
    VkBuffer copy;               /* null: the pixels are not wanted */
} place;

struct renderer {
    vk_device d;
    bool is_ready; /* the device is there */
    vk_programs programs;
    vk_pass screen_pass, target_pass;
    vk_screen screen;
    target target;
    vk_slots slots;
    held_picture pictures[PICTURES];
    wireframe wires;
    as_vk *vk;
    as_vk_image mask; /* view null: none yet */
    char description[320];
};

/* --------------------------------------------------------------------------- life, masks ---- */

static void free_target(renderer *r)
{
    if (r->target.framebuffer)
        r->d.c.DestroyFramebuffer(r->d.handle, r->target.framebuffer, NULL);
    vk_image_free(&r->d, &r->target.image);
    vk_buffer_free(&r->d, &r->target.buffer);
    r->target.framebuffer = VK_NULL_HANDLE;
}

static void vulkan_end(renderer *r)
{
    char why[128];
    if (r->is_ready) {
        (void)vk_slots_wait_all(&r->d, &r->slots, why,
                                sizeof(why)); /* a lost device is done, too */
        as_vk_release(r->vk, &r->mask, NULL, NULL);
        as_vk_detach(&r->vk);
        vk_screen_close(&r->d, &r->screen);
        free_target(r);
        for (int i = 0; i < PICTURES; i++)
            vk_image_free(&r->d, &r->pictures[i].image);
        vk_slots_close(&r->d, &r->slots);
        vk_pass_close(&r->d, &r->screen_pass);
        vk_pass_close(&r->d, &r->target_pass);
        vk_programs_close(&r->d, &r->programs);
    }
    vk_device_close(&r->d);
    wireframe_free(&r->wires);
    free(r);
}

static bool start(renderer *r, const renderer_params *params, char *why, size_t capacity)
{
    const VkPhysicalDeviceProperties *p = &r->d.properties;
    if (!vk_device_open(&r->d, params->surface, params->validate, why, capacity))
        return false;
    r->is_ready = true;
    snprintf(r->description, sizeof(r->description), "Vulkan %u.%u.%u, %s",
             VK_API_VERSION_MAJOR(p->apiVersion), VK_API_VERSION_MINOR(p->apiVersion),
             VK_API_VERSION_PATCH(p->apiVersion), p->deviceName);
    return vk_programs_open(&r->d, &r->programs, why, capacity) &&
           vk_pass_open(&r->d, &r->programs, VK_FORMAT_R8G8B8A8_UNORM,
                        VK_IMAGE_LAYOUT_TRANSFER_SRC_OPTIMAL, &r->target_pass, why, capacity) &&
           (!params->surface ||
            (vk_screen_open(&r->d, &r->screen, why, capacity) &&
             vk_pass_open(&r->d, &r->programs, r->screen.format.format,
                          VK_IMAGE_LAYOUT_PRESENT_SRC_KHR, &r->screen_pass, why, capacity))) &&
           vk_slots_open(&r->d, &r->programs, &r->slots, why, capacity);
}

static renderer *vulkan_init(const renderer_params *params, char *why, size_t capacity)
{
    renderer *r = calloc(1, sizeof(*r));
    if (!r) {
        snprintf(why, capacity, "out of memory");
        return NULL;
    }
    if (start(r, params, why, capacity))
        return r;
    vulkan_end(r);
    return NULL;
}

static as_result vulkan_use(renderer *r, as_stream *stream, as_error *error)
{
    const as_vk_params params = {.struct_size = sizeof(params)};
    char why[128];
    (void)vk_slots_wait_all(&r->d, &r->slots, why,
                            sizeof(why)); /* the next picture tells what is wrong */
    as_vk_release(r->vk, &r->mask, NULL, NULL);
    as_vk_detach(&r->vk);
    wireframe_take(&r->wires, NULL);
    return stream ? as_vk_attach(stream, r->d.library, &params, &r->vk, error) : AS_OK;
}

static as_result vulkan_get(renderer *r, uint64_t index, uint64_t timeout_ns, as_error *error)
{
    as_vk_image next;
    const as_result result = as_vk_get_frame(r->vk, index, NULL, timeout_ns, &next, error);
    if (result == AS_OK) {
        /* All that uses it was submitted to the library's queue. */
        as_vk_release(r->vk, &r->mask, NULL, NULL);
        r->mask = next;
    }
    return result;
}

static void vulkan_set_strip(renderer *r, const as_frame_info *strip)
{
    wireframe_take(&r->wires, strip);
}

static void vulkan_resize(renderer *r, int width, int height)
{
    (void)width;
    (void)height;
    r->screen.stale = true;
}

/* ---------------------------------------------------------------------- what is uploaded ---- */

static const picture *wanted(const scene *s, int i)
{
    static uint8_t nothing[4];
    static const picture blank = {nothing, 1, 1, 1};
    const int n = i - PANELS;
    switch (i) {
    case BLANK: return &blank;
    case IMAGE: return s->image;
    case VIDEO: return s->video;
    default:
        return n < s->panel_count && s->panels[n].visible && s->panels[n].picture.pixels
                   ? &s->panels[n].picture
                   : NULL;
    }
}

/* An image of the picture's size; what the GPU still draws from another size is waited for. */
static bool fit_image(renderer *r, held_picture *h, const picture *p, char *why, size_t capacity)
{
    if (h->image.view && h->image.width == p->width && h->image.height == p->height)
        return true;
    if (!vk_slots_wait_all(&r->d, &r->slots, why, capacity))
        return false;
    vk_image_free(&r->d, &h->image);
    h->serial = 0;
    return vk_image_make(&r->d, p->width, p->height,
                         VK_IMAGE_USAGE_SAMPLED_BIT | VK_IMAGE_USAGE_TRANSFER_DST_BIT, &h->image,
                         why, capacity);
}

static bool grow(renderer *r, vk_buffer *b, VkDeviceSize size, VkBufferUsageFlags usage, char *why,
                 size_t capacity)
{
    if (size <= b->size)
        return true;
    vk_buffer_free(&r->d, b);
    return vk_buffer_make(&r->d, size + size / 2, usage, b, why, capacity);
}

/* Puts the pictures that have changed, and the lines, where the commands find them. */
static bool stage(renderer *r, vk_slot *w, const scene *s, char *why, size_t capacity)
{
    VkDeviceSize size = 0;
    const size_t lines = s->view == VIEW_STRIPS ? r->wires.count * 4 * sizeof(float) : 0;
    for (int i = 0; i < PICTURES; i++) {
        held_picture *h = &r->pictures[i];
        const picture *p = wanted(s, i);
        h->to_copy = NULL;
        if (!p)
            continue;
        if (!fit_image(r, h, p, why, capacity))
            return false;
        if (h->serial == p->serial)
            continue;
        h->to_copy = p;
        h->at = size;
        size += (VkDeviceSize)p->width * p->height * 4;
    }
    if (!grow(r, &w->staging, size, VK_BUFFER_USAGE_TRANSFER_SRC_BIT, why, capacity) ||
        !grow(r, &w->lines, lines, VK_BUFFER_USAGE_VERTEX_BUFFER_BIT, why, capacity))
        return false;
    for (int i = 0; i < PICTURES; i++) {
        const picture *p = r->pictures[i].to_copy;
        if (p)
            memcpy((uint8_t *)w->staging.map + r->pictures[i].at, p->pixels,
                   (size_t)p->width * p->height * 4);
    }
    if (lines)
        memcpy(w->lines.map, r->wires.lines, lines);
    return true;
}

static void name_texture(const renderer *r, VkDescriptorSet set, uint32_t binding, VkImageView view,
                         bool linear)
{
    const VkDescriptorImageInfo image = {linear ? r->programs.soft : r->programs.exact,
                                         view ? view : r->pictures[BLANK].image.view,
                                         VK_IMAGE_LAYOUT_SHADER_READ_ONLY_OPTIMAL};
    const VkWriteDescriptorSet write = {.sType = VK_STRUCTURE_TYPE_WRITE_DESCRIPTOR_SET,
                                        .dstSet = set,
                                        .dstBinding = binding,
                                        .descriptorCount = 1,
                                        .descriptorType = VK_DESCRIPTOR_TYPE_COMBINED_IMAGE_SAMPLER,
                                        .pImageInfo = &image};
    r->d.c.UpdateDescriptorSets(r->d.handle, 1, &write, 0, NULL);
}

/* All bindings of a set, also those that a shader does not use: some drivers look at them. */
static void name_set(const renderer *r, VkDescriptorSet set, VkImageView mask, bool linear,
                     VkImageView image, VkImageView video)
{
    name_texture(r, set, BINDING_MASK, mask, linear);
    name_texture(r, set, BINDING_IMAGE, image, false);
    name_texture(r, set, BINDING_VIDEO, video, false);
}

static void name_textures(const renderer *r, const vk_slot *w, const scene *s)
{
    const held_picture *p = r->pictures;
    name_set(r, w->scene_set, r->mask.view, s->linear,
             s->image ? p[IMAGE].image.view : VK_NULL_HANDLE,
             s->video ? p[VIDEO].image.view : VK_NULL_HANDLE);
    for (int i = 0; i < VK_SLOT_PANELS; i++)
        if (wanted(s, PANELS + i))
            name_set(r, w->panel_sets[i], p[PANELS + i].image.view, false, VK_NULL_HANDLE,
                     VK_NULL_HANDLE);
}

/* ----------------------------------------------------------------------------- recording ---- */

static void change_layout(const renderer *r, VkCommandBuffer to, VkImage image, bool for_copy)
{
    const VkImageMemoryBarrier barrier = {
        .sType = VK_STRUCTURE_TYPE_IMAGE_MEMORY_BARRIER,
        .srcAccessMask = for_copy ? 0 : VK_ACCESS_TRANSFER_WRITE_BIT,
        .dstAccessMask = for_copy ? VK_ACCESS_TRANSFER_WRITE_BIT : VK_ACCESS_SHADER_READ_BIT,
        .oldLayout = for_copy ? VK_IMAGE_LAYOUT_UNDEFINED : VK_IMAGE_LAYOUT_TRANSFER_DST_OPTIMAL,
        .newLayout = for_copy ? VK_IMAGE_LAYOUT_TRANSFER_DST_OPTIMAL
                              : VK_IMAGE_LAYOUT_SHADER_READ_ONLY_OPTIMAL,
        .srcQueueFamilyIndex = VK_QUEUE_FAMILY_IGNORED,
        .dstQueueFamilyIndex = VK_QUEUE_FAMILY_IGNORED,
        .image = image,
        .subresourceRange = {VK_IMAGE_ASPECT_COLOR_BIT, 0, 1, 0, 1}};
    const VkPipelineStageFlags draws = VK_PIPELINE_STAGE_FRAGMENT_SHADER_BIT;
    const VkPipelineStageFlags copies = VK_PIPELINE_STAGE_TRANSFER_BIT;
    r->d.c.CmdPipelineBarrier(to, for_copy ? draws : copies, for_copy ? copies : draws, 0, 0, NULL,
                              0, NULL, 1, &barrier);
}

static void record_copies(renderer *r, const vk_slot *w)
{
    for (int i = 0; i < PICTURES; i++) {
        held_picture *h = &r->pictures[i];
        if (!h->to_copy)
            continue;
        const VkBufferImageCopy region = {.bufferOffset = h->at,
                                          .imageSubresource = {VK_IMAGE_ASPECT_COLOR_BIT, 0, 0, 1},
                                          .imageExtent = {h->image.width, h->image.height, 1}};
        change_layout(r, w->commands, h->image.handle, true);
        r->d.c.CmdCopyBufferToImage(w->commands, w->staging.handle, h->image.handle,
                                    VK_IMAGE_LAYOUT_TRANSFER_DST_OPTIMAL, 1, &region);
        change_layout(r, w->commands, h->image.handle, false);
        h->serial = h->to_copy->serial;
    }
}

/* The part of a box that is inside of the target. */
static VkRect2D clip(box b, VkExtent2D extent)
{
    const int left = b.x > 0 ? b.x : 0, top = b.y > 0 ? b.y : 0;
    const int64_t right = (int64_t)b.x + b.width, bottom = (int64_t)b.y + b.height;
    const int64_t width = (right < extent.width ? right : extent.width) - left;
    const int64_t height = (bottom < extent.height ? bottom : extent.height) - top;
    if (width <= 0 || height <= 0)
        return (VkRect2D){{0, 0}, {0, 0}};
    return (VkRect2D){{left, top}, {(uint32_t)width, (uint32_t)height}};
}

static void push(const renderer *r, const vk_slot *w, const void *values, uint32_t size)
{
    r->d.c.CmdPushConstants(w->commands, r->programs.layout,
                            VK_SHADER_STAGE_VERTEX_BIT | VK_SHADER_STAGE_FRAGMENT_BIT, 0, size,
                            values);
}

static void bind(const renderer *r, const vk_slot *w, VkPipeline pipeline, VkDescriptorSet set)
{
    const vk_calls *c = &r->d.c;
    c->CmdBindPipeline(w->commands, VK_PIPELINE_BIND_POINT_GRAPHICS, pipeline);
    if (set)
        c->CmdBindDescriptorSets(w->commands, VK_PIPELINE_BIND_POINT_GRAPHICS, r->programs.layout,
                                 0, 1, &set, 0, NULL);
}

static void record_lines(const renderer *r, const vk_slot *w, const scene *s, const place *p)
{
    const vk_calls *c = &r->d.c;
    const wireframe_map m = wireframe_place(&r->wires, s);
    const vk_line_values values = {{m.offset_x, m.offset_y, m.scale_x, m.scale_y},
                                   {s->width, s->height}};
    const VkDeviceSize from = 0;
    const VkRect2D inside = clip(s->shown, p->extent);
    bind(r, w, p->pass->line, VK_NULL_HANDLE);
    push(r, w, &values, sizeof(values));
    c->CmdSetScissor(w->commands, 0, 1, &inside);
    c->CmdBindVertexBuffers(w->commands, 0, 1, &w->lines.handle, &from);
    c->CmdDraw(w->commands, (uint32_t)(2 * r->wires.count), 1, 0, 0);
}

static void record_panels(const renderer *r, const vk_slot *w, const scene *s, const place *p)
{
    for (int i = 0; i < VK_SLOT_PANELS; i++) {
        const picture *one = wanted(s, PANELS + i);
        if (!one)
            continue;
        const panel *n = &s->panels[i];
        const vk_panel_values values = {{n->x, n->y}};
        const VkRect2D inside =
            clip((box){n->x, n->y, (int)one->width, (int)one->height}, p->extent);
        bind(r, w, p->pass->panel, w->panel_sets[i]);
        push(r, w, &values, sizeof(values));
        r->d.c.CmdSetScissor(w->commands, 0, 1, &inside);
        r->d.c.CmdDraw(w->commands, 3, 1, 0, 0);
    }
}

static void record_pass(const renderer *r, const vk_slot *w, const scene *s, const place *p,
                        VkPipeline pipeline)
{
    const vk_calls *c = &r->d.c;
    const VkClearValue black = {.color = {.float32 = {0, 0, 0, 1}}};
    const VkRenderPassBeginInfo begin = {.sType = VK_STRUCTURE_TYPE_RENDER_PASS_BEGIN_INFO,
                                         .renderPass = p->pass->handle,
                                         .framebuffer = p->framebuffer,
                                         .renderArea = {{0, 0}, p->extent},
                                         .clearValueCount = 1,
                                         .pClearValues = &black};
    const VkViewport viewport = {0, 0, (float)s->width, (float)s->height, 0, 1};
    const VkRect2D all = clip((box){0, 0, s->width, s->height}, p->extent);
    const vk_scene_values values = {{s->shown.x, s->shown.y, s->shown.width, s->shown.height},
                                    {s->colour[0], s->colour[1], s->colour[2], 0},
                                    {(int32_t)s->eye, r->mask.view != NULL}};
    c->CmdBeginRenderPass(w->commands, &begin, VK_SUBPASS_CONTENTS_INLINE);
    bind(r, w, pipeline, w->scene_set);
    push(r, w, &values, sizeof(values));
    c->CmdSetViewport(w->commands, 0, 1, &viewport);
    c->CmdSetScissor(w->commands, 0, 1, &all);
    c->CmdDraw(w->commands, 3, 1, 0, 0);
    if (s->view == VIEW_STRIPS && r->wires.count > 0)
        record_lines(r, w, s, p);
    record_panels(r, w, s, p);
    c->CmdEndRenderPass(w->commands);
}

static void record_read(const renderer *r, const vk_slot *w, VkBuffer to)
{
    const VkBufferImageCopy region = {
        .imageSubresource = {VK_IMAGE_ASPECT_COLOR_BIT, 0, 0, 1},
        .imageExtent = {r->target.image.width, r->target.image.height, 1}};
    const VkMemoryBarrier for_host = {.sType = VK_STRUCTURE_TYPE_MEMORY_BARRIER,
                                      .srcAccessMask = VK_ACCESS_TRANSFER_WRITE_BIT,
                                      .dstAccessMask = VK_ACCESS_HOST_READ_BIT};
    r->d.c.CmdCopyImageToBuffer(w->commands, r->target.image.handle,
                                VK_IMAGE_LAYOUT_TRANSFER_SRC_OPTIMAL, to, 1, &region);
    r->d.c.CmdPipelineBarrier(w->commands, VK_PIPELINE_STAGE_TRANSFER_BIT,
                              VK_PIPELINE_STAGE_HOST_BIT, 0, 1, &for_host, 0, NULL, 0, NULL);
}

static VkResult record(renderer *r, const vk_slot *w, const scene *s, const place *p,
                       VkPipeline pipeline)
{
    const vk_calls *c = &r->d.c;
    const VkCommandBufferBeginInfo begin = {.sType = VK_STRUCTURE_TYPE_COMMAND_BUFFER_BEGIN_INFO,
                                            .flags = VK_COMMAND_BUFFER_USAGE_ONE_TIME_SUBMIT_BIT};
    VkResult result = c->ResetCommandPool(r->d.handle, w->pool, 0);
    if (result == VK_SUCCESS)
        result = c->BeginCommandBuffer(w->commands, &begin);
    if (result != VK_SUCCESS)
        return result;
    if (w->queries) {
        c->CmdResetQueryPool(w->commands, w->queries, 0, 2);
        c->CmdWriteTimestamp(w->commands, VK_PIPELINE_STAGE_TOP_OF_PIPE_BIT, w->queries, 0);
    }
    record_copies(r, w);
    record_pass(r, w, s, p, pipeline);
    if (w->queries)
        c->CmdWriteTimestamp(w->commands, VK_PIPELINE_STAGE_BOTTOM_OF_PIPE_BIT, w->queries, 1);
    if (p->copy)
        record_read(r, w, p->copy);
    return c->EndCommandBuffer(w->commands);
}

/* Behind the mask's drawing, and the screen's use of the image. */
static VkResult submit(renderer *r, vk_slot *w, const place *p)
{
    VkSemaphore waits[2];
    VkPipelineStageFlags stages[2];
    uint64_t values[2] = {0, 0};
    const uint64_t none = 0;
    uint32_t count = 0;
    if (r->mask.semaphore) {
        waits[count] = r->mask.semaphore;
        values[count] = r->mask.value;
        stages[count++] = VK_PIPELINE_STAGE_FRAGMENT_SHADER_BIT;
    }
    if (p->acquired) {
        waits[count] = p->acquired;
        stages[count++] = VK_PIPELINE_STAGE_COLOR_ATTACHMENT_OUTPUT_BIT;
    }
    const VkTimelineSemaphoreSubmitInfo timeline = {
        .sType = VK_STRUCTURE_TYPE_TIMELINE_SEMAPHORE_SUBMIT_INFO,
        .waitSemaphoreValueCount = count,
        .pWaitSemaphoreValues = values,
        .signalSemaphoreValueCount = p->drawn != VK_NULL_HANDLE,
        .pSignalSemaphoreValues = &none};
    const VkSubmitInfo info = {.sType = VK_STRUCTURE_TYPE_SUBMIT_INFO,
                               .pNext = r->mask.semaphore ? &timeline : NULL,
                               .waitSemaphoreCount = count,
                               .pWaitSemaphores = waits,
                               .pWaitDstStageMask = stages,
                               .commandBufferCount = 1,
                               .pCommandBuffers = &w->commands,
                               .signalSemaphoreCount = p->drawn != VK_NULL_HANDLE,
                               .pSignalSemaphores = &p->drawn};
    const VkResult result = r->d.c.QueueSubmit(r->d.queue, 1, &info, w->fence);
    w->is_busy = result == VK_SUCCESS;
    return result;
}

/* ------------------------------------------------------------------------------- drawing ---- */

static bool draw_at(renderer *r, vk_slot *w, const scene *s, const place *p, char *why,
                    size_t capacity)
{
    const scene_kind kind = scene_kind_of(s, r->mask.view != NULL);
    const VkPipeline pipeline = vk_pass_scene(&r->d, &r->programs, p->pass, kind, why, capacity);
    if (!pipeline)
        return false;
    name_textures(r, w, s);
    VkResult result = record(r, w, s, p, pipeline);
    if (result == VK_SUCCESS)
        result = submit(r, w, p);
    return result == VK_SUCCESS || vk_device_failed("drawing", result, why, capacity);
}

/* The target in the size of the scene. */
static bool fit_target(renderer *r, const scene *s, place *p, char *why, size_t capacity)
{
    target *t = &r->target;
    const uint32_t width = (uint32_t)s->width, height = (uint32_t)s->height;
    *p = (place){.pass = &r->target_pass, .extent = {width, height}};
    if (!t->framebuffer || t->image.width != width || t->image.height != height) {
        if (!vk_slots_wait_all(&r->d, &r->slots, why, capacity))
            return false;
        free_target(r);
        if (!vk_image_make(&r->d, width, height,
                           VK_IMAGE_USAGE_COLOR_ATTACHMENT_BIT | VK_IMAGE_USAGE_TRANSFER_SRC_BIT,
                           &t->image, why, capacity))
            return false;
        const VkFramebufferCreateInfo info = {.sType = VK_STRUCTURE_TYPE_FRAMEBUFFER_CREATE_INFO,
                                              .renderPass = r->target_pass.handle,
                                              .attachmentCount = 1,
                                              .pAttachments = &t->image.view,
                                              .width = width,
                                              .height = height,
                                              .layers = 1};
        const VkResult result = r->d.c.CreateFramebuffer(r->d.handle, &info, NULL, &t->framebuffer);
        if (result != VK_SUCCESS)
            return vk_device_failed("vkCreateFramebuffer", result, why, capacity);
    }
    p->framebuffer = t->framebuffer;
    return true;
}

/* The slot that is used next, with all in it that `s` needs. NULL: `why`. */
static vk_slot *take_slot(renderer *r, const scene *s, char *why, size_t capacity)
{
    vk_slot *w = vk_slots_next(&r->d, &r->slots, why, capacity);
    return w && stage(r, w, s, why, capacity) ? w : NULL;
}

/* false: the layer that was asked to look on has found something, and said what. */
static bool is_valid(const renderer *r, char *why, size_t capacity)
{
    if (r->d.messages)
        snprintf(why, capacity, "Vulkan's validation layer had %u messages", r->d.messages);
    return r->d.messages == 0;
}

static bool draw_on_screen(renderer *r, const scene *s, char *why, size_t capacity)
{
    place p = {.pass = &r->screen_pass};
    uint32_t index = 0;
    vk_slot *w = take_slot(r, s, why, capacity);
    if (!w)
        return false;
    const vk_screen_state state = vk_screen_next(&r->d, &r->screen, p.pass->handle, s->width,
                                                 s->height, w->acquired, &index, why, capacity);
    if (state != VK_SCREEN_READY)
        return state == VK_SCREEN_LATER;
    p.framebuffer = r->screen.framebuffers[index];
    p.extent = r->screen.extent;
    p.acquired = w->acquired;
    p.drawn = r->screen.drawn[index];
    return draw_at(r, w, s, &p, why, capacity) &&
           vk_screen_show(&r->d, &r->screen, index, why, capacity);
}

static bool draw_beside(renderer *r, const scene *s, char *why, size_t capacity)
{
    place p;
    vk_slot *w = take_slot(r, s, why, capacity);
    return w && fit_target(r, s, &p, why, capacity) && draw_at(r, w, s, &p, why, capacity);
}

static bool vulkan_draw(renderer *r, const scene *s, char *why, size_t capacity)
{
    const bool drawn =
        r->d.surface ? draw_on_screen(r, s, why, capacity) : draw_beside(r, s, why, capacity);
    return drawn && is_valid(r, why, capacity);
}

static bool vulkan_read_back(renderer *r, const scene *s, uint8_t *rgb, char *why, size_t capacity)
{
    const size_t pixels = (size_t)s->width * (size_t)s->height;
    place p;
    vk_slot *w = take_slot(r, s, why, capacity);
    if (!w || !fit_target(r, s, &p, why, capacity))
        return false;
    if (!r->target.buffer.map &&
        !vk_buffer_make(&r->d, pixels * 4, VK_BUFFER_USAGE_TRANSFER_DST_BIT, &r->target.buffer, why,
                        capacity))
        return false;
    p.copy = r->target.buffer.handle;
    if (!draw_at(r, w, s, &p, why, capacity) || !vk_slots_wait(&r->d, &r->slots, w, why, capacity))
        return false;
    for (size_t i = 0; i < pixels; i++)
        memcpy(rgb + 3 * i, (const uint8_t *)r->target.buffer.map + 4 * i, 3);
    return is_valid(r, why, capacity);
}

static renderer_times vulkan_times(renderer *r)
{
    as_vk_stats stats = {.struct_size = sizeof(stats)};
    renderer_times t = {.gpu_ms = r->slots.gpu_ms};
    if (r->vk && as_vk_get_stats(r->vk, &stats) == AS_OK) {
        t.upload_bytes = stats.last_upload_bytes;
        t.upload_total = stats.upload_bytes;
    }
    return t;
}

static const char *vulkan_description(renderer *r)
{
    return r->description;
}

const renderer_ops renderer_vulkan = {.name = "vulkan",
                                      .shows = true,
                                      .init = vulkan_init,
                                      .use = vulkan_use,
                                      .resize = vulkan_resize,
                                      .get = vulkan_get,
                                      .set_strip = vulkan_set_strip,
                                      .draw = vulkan_draw,
                                      .read_back = vulkan_read_back,
                                      .times = vulkan_times,
                                      .description = vulkan_description,
                                      .end = vulkan_end};
