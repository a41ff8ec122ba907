/* SPDX-License-Identifier: MIT
 *
 * The commands of one frame: clear, for each batch segments and fill, then pixels.
 */
#include "gpu/vulkan/raster_internal.h"

enum {
    MOST_GROUPS = 65535, /* of one dispatch, on any device */
    GROUP_WIDTH = 32,    /* of shaders/sample.comp */
    GROUP_HEIGHT = 4
};

#define COMPUTE VK_PIPELINE_STAGE_COMPUTE_SHADER_BIT
#define TRANSFER VK_PIPELINE_STAGE_TRANSFER_BIT

/* With the image's transition, or NULL. */
static void barrier_with(const as_vulkan_recording *r, VkPipelineStageFlags from,
                         VkAccessFlags from_access, VkPipelineStageFlags to,
                         VkAccessFlags to_access, const VkImageMemoryBarrier *image)
{
    const VkMemoryBarrier memory = {.sType = VK_STRUCTURE_TYPE_MEMORY_BARRIER,
                                    .srcAccessMask = from_access,
                                    .dstAccessMask = to_access};
    r->device->f.CmdPipelineBarrier(r->commands, from, to, 0, 1, &memory, 0, NULL, image ? 1 : 0,
                                    image);
}

static void barrier(const as_vulkan_recording *r, VkPipelineStageFlags from,
                    VkAccessFlags from_access, VkPipelineStageFlags to, VkAccessFlags to_access)
{
    barrier_with(r, from, from_access, to, to_access, NULL);
}

/* A pass is done before the next one. */
static void between_passes(const as_vulkan_recording *r)
{
    barrier(r, COMPUTE, VK_ACCESS_SHADER_WRITE_BIT, COMPUTE,
            VK_ACCESS_SHADER_READ_BIT | VK_ACCESS_SHADER_WRITE_BIT);
}

static void dispatch(as_vulkan_recording *r, uint32_t first, uint32_t x, uint32_t y)
{
    if (!r->pushed || r->push.first != first) {
        r->push.first = first;
        r->device->f.CmdPushConstants(r->commands, r->programs->layout, VK_SHADER_STAGE_COMPUTE_BIT,
                                      0, sizeof(r->push), &r->push);
        r->pushed = true;
    }
    r->device->f.CmdDispatch(r->commands, x, y, 1);
    r->dispatches++;
}

static void bind(const as_vulkan_recording *r, VkPipeline pipeline)
{
    r->device->f.CmdBindPipeline(r->commands, VK_PIPELINE_BIND_POINT_COMPUTE, pipeline);
}

/* `count` workgroups of a row, in as many dispatches as that takes. */
static void run(as_vulkan_recording *r, VkPipeline pipeline, uint32_t first, uint32_t count)
{
    bind(r, pipeline);
    while (count != 0) {
        const uint32_t now = count < MOST_GROUPS ? count : MOST_GROUPS;
        dispatch(r, first, now, 1);
        first += now;
        count -= now;
    }
}

/* ------------------------------------------------------------------------------- canvas ------ */

/* The arena and what of the bits is used become zero. */
static void clear(const as_vulkan_recording *r)
{
    const as_vulkan_functions *f = &r->device->f;
    const as_vulkan_scratch *s = r->scratch;
    /* Behind the frames before, whatever they do with what this one writes. */
    barrier(r, COMPUTE | TRANSFER, VK_ACCESS_SHADER_WRITE_BIT | VK_ACCESS_TRANSFER_WRITE_BIT,
            COMPUTE | TRANSFER,
            VK_ACCESS_SHADER_READ_BIT | VK_ACCESS_SHADER_WRITE_BIT | VK_ACCESS_TRANSFER_WRITE_BIT);
    if (s->unknown) {
        f->CmdFillBuffer(r->commands, s->bits.buffer, 0, VK_WHOLE_SIZE, 0);
        f->CmdFillBuffer(r->commands, s->arena.buffer, 0, VK_WHOLE_SIZE, 0);
    } else if (s->dirty_from != s->dirty_end) {
        f->CmdFillBuffer(r->commands, s->bits.buffer, 4 * s->dirty_from,
                         4 * (s->dirty_end - s->dirty_from), 0);
    } else {
        return;
    }
    barrier(r, TRANSFER, VK_ACCESS_TRANSFER_WRITE_BIT, COMPUTE | TRANSFER,
            VK_ACCESS_SHADER_READ_BIT | VK_ACCESS_SHADER_WRITE_BIT | VK_ACCESS_TRANSFER_WRITE_BIT);
}

static void draw_plan(as_vulkan_recording *r)
{
    for (uint32_t i = 0; i < r->plan->batches_count; i++) {
        const as_vulkan_batch *batch = &r->plan->batches[i];
        if (batch->chunks == 0)
            continue;
        if (r->dispatches != 0)
            between_passes(r);
        run(r, r->programs->segments, batch->first_chunk, batch->chunks);
        if (batch->jobs == 0)
            continue;
        between_passes(r);
        run(r, r->programs->fill, 0, batch->jobs);
    }
}

static void copy_bits(const as_vulkan_recording *r)
{
    if (r->bits_copy.size != 0)
        r->device->f.CmdCopyBuffer(r->commands, r->upload, r->scratch->bits.buffer, 1,
                                   &r->bits_copy);
}

/* ------------------------------------------------------------------------------- pixels ------ */

typedef struct image_use {
    VkPipelineStageFlags stage;
    VkAccessFlags access;
    VkImageLayout layout;
    uint32_t family;
} image_use;

static VkImageMemoryBarrier transition(const as_vulkan_recording *r, const image_use *from,
                                       const image_use *to)
{
    return (VkImageMemoryBarrier){.sType = VK_STRUCTURE_TYPE_IMAGE_MEMORY_BARRIER,
                                  .srcAccessMask = from->access,
                                  .dstAccessMask = to->access,
                                  .oldLayout = from->layout,
                                  .newLayout = to->layout,
                                  .srcQueueFamilyIndex = from->family,
                                  .dstQueueFamilyIndex = to->family,
                                  .image = r->target->image,
                                  .subresourceRange = {VK_IMAGE_ASPECT_COLOR_BIT, 0, 1, 0, 1}};
}

static void image_barrier(const as_vulkan_recording *r, const image_use *from, const image_use *to)
{
    const VkImageMemoryBarrier image = transition(r, from, to);
    r->device->f.CmdPipelineBarrier(r->commands, from->stage, to->stage, 0, 0, NULL, 0, NULL, 1,
                                    &image);
}

static uint32_t groups(uint32_t count, uint32_t size)
{
    return (count + size - 1) / size;
}

/* Behind whatever wrote the bits. */
static void store_pixels(as_vulkan_recording *r, const image_use *before, const image_use *use)
{
    const VkImageMemoryBarrier image = transition(r, before, use);
    barrier_with(r, COMPUTE | TRANSFER | before->stage,
                 VK_ACCESS_SHADER_WRITE_BIT | VK_ACCESS_TRANSFER_WRITE_BIT, COMPUTE,
                 VK_ACCESS_SHADER_READ_BIT, &image);
    r->device->f.CmdBindDescriptorSets(r->commands, VK_PIPELINE_BIND_POINT_COMPUTE,
                                       r->programs->layout, 1, 1, &r->image_set, 0, NULL);
    bind(r, r->programs->store);
    dispatch(r, 0, groups(r->target->width, GROUP_WIDTH), groups(r->target->height, GROUP_HEIGHT));
}

static void copy_rows(const as_vulkan_recording *r, uint32_t first, uint32_t rows)
{
    const VkBufferImageCopy region = {.bufferRowLength = 4 * groups(r->target->width, 4),
                                      .imageSubresource = {VK_IMAGE_ASPECT_COLOR_BIT, 0, 0, 1},
                                      .imageOffset = {0, (int32_t)first, 0},
                                      .imageExtent = {r->target->width, rows, 1}};
    r->device->f.CmdCopyBufferToImage(r->commands, r->scratch->jobs.buffer, r->target->image,
                                      VK_IMAGE_LAYOUT_TRANSFER_DST_OPTIMAL, 1, &region);
}

/* Likewise; as many rows at a time as the buffer holds. */
static void pack_pixels(as_vulkan_recording *r, const image_use *before, const image_use *use)
{
    const VkImageMemoryBarrier image = transition(r, before, use);
    const uint32_t words = groups(r->target->width, 4), height = r->target->height;
    const uint64_t room = r->scratch->jobs.size / 4 / words / GROUP_HEIGHT * GROUP_HEIGHT;
    const uint32_t band = room < height ? (uint32_t)room : height;
    barrier(r, COMPUTE | TRANSFER, VK_ACCESS_SHADER_WRITE_BIT | VK_ACCESS_TRANSFER_WRITE_BIT,
            COMPUTE, VK_ACCESS_SHADER_READ_BIT | VK_ACCESS_SHADER_WRITE_BIT);
    bind(r, r->programs->pack);
    for (uint32_t first = 0; first < height; first += band) {
        const uint32_t rows = height - first < band ? height - first : band;
        if (first != 0)
            barrier(r, TRANSFER, 0, COMPUTE, 0);
        dispatch(r, first, groups(words, GROUP_WIDTH), groups(rows, GROUP_HEIGHT));
        barrier_with(r, COMPUTE | (first == 0 ? before->stage : 0), VK_ACCESS_SHADER_WRITE_BIT,
                     TRANSFER, VK_ACCESS_TRANSFER_READ_BIT, first == 0 ? &image : NULL);
        copy_rows(r, first, rows);
    }
}

static void make_pixels(as_vulkan_recording *r)
{
    const as_vulkan_target *t = r->target;
    const image_use before = {t->before_stage ? t->before_stage : VK_PIPELINE_STAGE_TOP_OF_PIPE_BIT,
                              t->before_access, t->before_layout, VK_QUEUE_FAMILY_IGNORED};
    const image_use stored = {COMPUTE, VK_ACCESS_SHADER_WRITE_BIT, VK_IMAGE_LAYOUT_GENERAL,
                              VK_QUEUE_FAMILY_IGNORED};
    const image_use copied = {TRANSFER, VK_ACCESS_TRANSFER_WRITE_BIT,
                              VK_IMAGE_LAYOUT_TRANSFER_DST_OPTIMAL, VK_QUEUE_FAMILY_IGNORED};
    image_use after = {t->after_stage ? t->after_stage : VK_PIPELINE_STAGE_BOTTOM_OF_PIPE_BIT,
                       t->after_access, t->after_layout, VK_QUEUE_FAMILY_IGNORED};
    if (r->store)
        store_pixels(r, &before, &stored);
    else
        pack_pixels(r, &before, &copied);
    image_barrier(r, r->store ? &stored : &copied, &after);
    if (t->after_family == VK_QUEUE_FAMILY_IGNORED)
        return;
    /* In that layout already, so that who acquires it need not know the one above. */
    const image_use theirs = {VK_PIPELINE_STAGE_BOTTOM_OF_PIPE_BIT, 0, t->after_layout,
                              t->after_family};
    after.family = r->device->family;
    image_barrier(r, &after, &theirs);
}

static void timestamp(const as_vulkan_recording *r, VkPipelineStageFlagBits stage, uint32_t which)
{
    if (r->queries)
        r->device->f.CmdWriteTimestamp(r->commands, stage, r->queries, r->query + which);
}

void as_vulkan_record(as_vulkan_recording *r)
{
    const as_vulkan_functions *f = &r->device->f;
    if (r->queries)
        f->CmdResetQueryPool(r->commands, r->queries, r->query, 2);
    timestamp(r, VK_PIPELINE_STAGE_TOP_OF_PIPE_BIT, 0);
    f->CmdBindDescriptorSets(r->commands, VK_PIPELINE_BIND_POINT_COMPUTE, r->programs->layout, 0, 1,
                             &r->set, 0, NULL);
    clear(r);
    if (r->plan)
        draw_plan(r);
    else
        copy_bits(r);
    make_pixels(r);
    timestamp(r, VK_PIPELINE_STAGE_BOTTOM_OF_PIPE_BIT, 1);
}
