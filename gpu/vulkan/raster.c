/* SPDX-License-Identifier: MIT
 *
 * Slots, and what of a frame happens on the CPU.
 */
#include "core/base/clock.h"
#include "core/base/mem.h"
#include "gpu/vulkan/raster_internal.h"

#include <inttypes.h>

enum {
    ARENA_BYTES = 8 << 20,
    PACKED_BYTES = 32 << 20, /* at most; a larger image is made in bands of rows */
    LEAST_UPLOAD = 64 << 10,
    MOST_LANES = 32 /* of shaders/fill.comp */
};

/* A frame under way. */
typedef struct slot {
    VkCommandPool pool;
    VkCommandBuffer commands;
    VkDescriptorSet set, image_set;
    as_vulkan_buffer upload;
    uint32_t generation; /* of the scratch buffers in `set`; 0: none */
    uint64_t point;      /* of its submission */
    bool recorded;       /* and not submitted */
    bool timed;          /* and its time was not picked up yet */
} slot;

struct as_vulkan_raster {
    as_vulkan_device *device;
    as_vulkan_programs programs;
    as_vulkan_scratch scratch;
    as_vulkan_plan plan;
    as_canvas *canvas; /* for frames that the CPU draws; NULL: there was none yet */
    as_vulkan_image kept;
    VkDescriptorPool sets;
    VkQueryPool queries;
    uint64_t arena_bytes;
    uint64_t last_point;
    uint32_t lanes;             /* of as_vulkan_push */
    uint32_t slots_count, next; /* slots are taken in turn */
    uint32_t first_recorded, recorded_count;
    bool times; /* frames are timed */
    as_vulkan_raster_numbers numbers;
    void (*timed)(void *user, uint64_t gpu_ns);
    void *user;
    slot slots[AS_VULKAN_MOST_SLOTS];
};

/* ------------------------------------------------------------------------------ create ------- */

static as_result create_sets(as_vulkan_raster *r, as_error *error)
{
    const as_vulkan_functions *f = &r->device->f;
    const VkDescriptorPoolSize sizes[] = {
        {VK_DESCRIPTOR_TYPE_STORAGE_BUFFER, AS_VULKAN_BINDINGS * r->slots_count},
        {VK_DESCRIPTOR_TYPE_STORAGE_IMAGE, r->slots_count}};
    const VkDescriptorPoolCreateInfo pool = {.sType = VK_STRUCTURE_TYPE_DESCRIPTOR_POOL_CREATE_INFO,
                                             .maxSets = 2 * r->slots_count,
                                             .poolSizeCount = 2,
                                             .pPoolSizes = sizes};
    VkResult result = f->CreateDescriptorPool(r->device->device, &pool, NULL, &r->sets);
    if (result != VK_SUCCESS)
        r->sets = VK_NULL_HANDLE;
    const VkDescriptorSetLayout layouts[] = {r->programs.set_layout, r->programs.image_layout};
    for (uint32_t i = 0; i < r->slots_count && result == VK_SUCCESS; i++) {
        VkDescriptorSet sets[2] = {VK_NULL_HANDLE, VK_NULL_HANDLE};
        const VkDescriptorSetAllocateInfo info = {
            .sType = VK_STRUCTURE_TYPE_DESCRIPTOR_SET_ALLOCATE_INFO,
            .descriptorPool = r->sets,
            .descriptorSetCount = 2,
            .pSetLayouts = layouts};
        result = f->AllocateDescriptorSets(r->device->device, &info, sets);
        r->slots[i].set = sets[0];
        r->slots[i].image_set = sets[1];
    }
    return as_vulkan_check(r->device, result, "descriptor sets", error);
}

static as_result create_slot(as_vulkan_raster *r, slot *s, as_error *error)
{
    const as_vulkan_functions *f = &r->device->f;
    const VkCommandPoolCreateInfo pool = {.sType = VK_STRUCTURE_TYPE_COMMAND_POOL_CREATE_INFO,
                                          .flags = VK_COMMAND_POOL_CREATE_TRANSIENT_BIT,
                                          .queueFamilyIndex = r->device->family};
    VkResult result = f->CreateCommandPool(r->device->device, &pool, NULL, &s->pool);
    if (result != VK_SUCCESS) {
        s->pool = VK_NULL_HANDLE;
        return as_vulkan_check(r->device, result, "a command pool", error);
    }
    const VkCommandBufferAllocateInfo info = {.sType =
                                                  VK_STRUCTURE_TYPE_COMMAND_BUFFER_ALLOCATE_INFO,
                                              .commandPool = s->pool,
                                              .level = VK_COMMAND_BUFFER_LEVEL_PRIMARY,
                                              .commandBufferCount = 1};
    result = f->AllocateCommandBuffers(r->device->device, &info, &s->commands);
    return as_vulkan_check(r->device, result, "a command buffer", error);
}

static as_result create_queries(as_vulkan_raster *r, as_error *error)
{
    const VkQueryPoolCreateInfo info = {.sType = VK_STRUCTURE_TYPE_QUERY_POOL_CREATE_INFO,
                                        .queryType = VK_QUERY_TYPE_TIMESTAMP,
                                        .queryCount = 2 * r->slots_count};
    if (!(r->device->caps & AS_VULKAN_CAP_TIMESTAMP))
        return AS_OK;
    const VkResult result =
        r->device->f.CreateQueryPool(r->device->device, &info, NULL, &r->queries);
    if (result != VK_SUCCESS)
        r->queries = VK_NULL_HANDLE;
    return as_vulkan_check(r->device, result, "timestamps", error);
}

static as_result create(as_vulkan_raster *r, const as_vulkan_raster_params *params, as_error *error)
{
    as_result result = as_vulkan_programs_create(r->device, params, &r->programs, error);
    if (result == AS_OK)
        result = create_sets(r, error);
    if (result == AS_OK)
        result = create_queries(r, error);
    for (uint32_t i = 0; i < r->slots_count && result == AS_OK; i++)
        result = create_slot(r, &r->slots[i], error);
    return result;
}

as_result as_vulkan_raster_create(as_vulkan_device *device, const as_vulkan_raster_params *params,
                                  as_vulkan_raster **out_raster, as_error *error)
{
    as_result result = as_vulkan_usable(device, error);
    if (result != AS_OK)
        return result;
    as_vulkan_raster *r = as_mem_calloc(1, sizeof(*r));
    if (!r)
        return as_err_no_memory(error, sizeof(*r), "a Vulkan rasterizer");
    const bool can_store = (device->caps & AS_VULKAN_CAP_STORE) != 0;
    r->device = device;
    r->slots_count = params->slots;
    r->arena_bytes = params->arena_bytes ? params->arena_bytes : ARENA_BYTES;
    r->lanes = MOST_LANES;
    if ((device->caps & AS_VULKAN_CAP_SUBGROUP) && device->subgroup_size < MOST_LANES)
        r->lanes = device->subgroup_size;
    r->numbers.way =
        can_store && params->way != AS_VULKAN_WAY_COPY ? AS_VULKAN_WAY_STORE : AS_VULKAN_WAY_COPY;
    r->times = true;
    result = create(r, params, error);
    if (result == AS_OK && can_store && params->way == AS_VULKAN_WAY_AUTO)
        result = as_vulkan_raster_measure(device, r, error);
    if (result != AS_OK) {
        as_vulkan_raster_destroy(r);
        return result;
    }
    for (uint32_t i = 0; i < r->slots_count; i++)
        r->slots[i].timed = false;
    r->times = params->times;
    r->timed = params->timed;
    r->user = params->user;
    *out_raster = r;
    return result;
}

void as_vulkan_raster_use(as_vulkan_raster *raster, as_vulkan_way way)
{
    raster->numbers.way = way;
}

void as_vulkan_raster_keep(as_vulkan_raster *raster, const as_vulkan_image *image)
{
    raster->kept = *image;
}

void as_vulkan_raster_destroy(as_vulkan_raster *raster)
{
    if (!raster)
        return;
    as_vulkan_device *device = raster->device;
    as_vulkan_drain(device, raster->last_point);
    for (uint32_t i = 0; i < raster->slots_count; i++) {
        if (raster->slots[i].pool)
            device->f.DestroyCommandPool(device->device, raster->slots[i].pool, NULL);
        as_vulkan_buffer_destroy(device, &raster->slots[i].upload);
    }
    if (raster->queries)
        device->f.DestroyQueryPool(device->device, raster->queries, NULL);
    if (raster->sets)
        device->f.DestroyDescriptorPool(device->device, raster->sets, NULL);
    as_vulkan_image_destroy(device, &raster->kept);
    as_vulkan_scratch_destroy(device, &raster->scratch);
    as_vulkan_programs_destroy(device, &raster->programs);
    if (raster->canvas)
        as_ras_destroy(raster->canvas);
    as_mem_free(raster);
}

/* ------------------------------------------------------------------------- before commands --- */

static void pick_up_time(as_vulkan_raster *r, uint32_t index)
{
    slot *s = &r->slots[index];
    uint64_t times[2];
    if (!s->timed)
        return;
    s->timed = false;
    if (r->device->f.GetQueryPoolResults(r->device->device, r->queries, 2 * index, 2, sizeof(times),
                                         times, sizeof(*times),
                                         VK_QUERY_RESULT_64_BIT) != VK_SUCCESS)
        return;
    const uint32_t bits = r->device->timestamp_bits;
    const uint64_t mask = bits < 64 ? (UINT64_C(1) << bits) - 1 : UINT64_MAX;
    const double period = (double)r->device->properties.limits.timestampPeriod;
    r->numbers.last_gpu_ns = (uint64_t)((double)((times[1] - times[0]) & mask) * period);
    r->numbers.gpu_ns += r->numbers.last_gpu_ns;
    r->numbers.gpu_frames++;
    if (r->timed)
        r->timed(r->user, r->numbers.last_gpu_ns);
}

/* The next slot, not in use any more; NULL: the error is filled. */
static slot *take_slot(as_vulkan_raster *r, uint64_t timeout_ns, as_error *error)
{
    slot *s = &r->slots[r->next];
    if (as_vulkan_usable(r->device, error) != AS_OK)
        return NULL;
    if (s->recorded) {
        (void)as_err_set(error, AS_ERROR_LIMIT,
                         "all %" PRIu32 " slots hold frames that were recorded and not submitted",
                         r->slots_count);
        return NULL;
    }
    as_result result = as_vulkan_reached(r->device, s->point, error);
    if (result == AS_NOT_READY) {
        r->numbers.slot_waits++;
        result = as_vulkan_wait(r->device, s->point, timeout_ns, error);
    }
    if (result != AS_OK)
        return NULL;
    pick_up_time(r, r->next);
    if (r->recorded_count == 0 && r->scratch.retired_count != 0 &&
        as_vulkan_is_reached(r->device, r->last_point))
        as_vulkan_scratch_drop_retired(r->device, &r->scratch);
    return s;
}

static bool fits_device(const as_vulkan_raster *r, const as_vulkan_target *t)
{
    const uint32_t most = r->device->properties.limits.maxImageDimension2D;
    return t->width != 0 && t->height != 0 && t->width <= most && t->height <= most;
}

static as_result fit_upload(as_vulkan_raster *r, slot *s, size_t bytes, as_error *error)
{
    as_vulkan_buffer larger;
    uint64_t size = LEAST_UPLOAD;
    if (bytes <= s->upload.size)
        return AS_OK;
    while (size < bytes)
        size *= 2;
    const as_result result = as_vulkan_buffer_create(
        r->device, size, VK_BUFFER_USAGE_STORAGE_BUFFER_BIT | VK_BUFFER_USAGE_TRANSFER_SRC_BIT,
        AS_VULKAN_PLACE_UPLOAD, &larger, error);
    if (result != AS_OK)
        return result;
    as_vulkan_buffer_destroy(r->device, &s->upload);
    s->upload = larger;
    s->generation = 0;
    return AS_OK;
}

static as_vulkan_way way_to(const as_vulkan_raster *r, const as_vulkan_target *target)
{
    return target->way == AS_VULKAN_WAY_AUTO ? r->numbers.way : target->way;
}

static as_result fit_scratch(as_vulkan_raster *r, const as_vulkan_draw *draw,
                             const as_vulkan_target *target, as_error *error)
{
    const uint64_t row = ((uint64_t)target->width + 3) / 4 * 4;
    uint64_t packed = 0;
    if (way_to(r, target) == AS_VULKAN_WAY_COPY) {
        packed = row * target->height;
        packed = packed > PACKED_BYTES ? PACKED_BYTES : packed;
    }
    return as_vulkan_scratch_fit(r->device, &r->scratch,
                                 (uint64_t)as_vulkan_stride(draw->canvas_width) *
                                     draw->canvas_height,
                                 r->arena_bytes, packed, error);
}

static void write_set(as_vulkan_raster *r, slot *s, const as_vulkan_target *target)
{
    const as_vulkan_scratch *scratch = &r->scratch;
    const VkBuffer buffers[] = {s->upload.buffer, scratch->bits.buffer, scratch->arena.buffer,
                                scratch->jobs.buffer};
    VkDescriptorBufferInfo infos[AS_VULKAN_BINDINGS];
    VkWriteDescriptorSet writes[AS_VULKAN_BINDINGS + 1];
    const VkDescriptorImageInfo image = {.imageView = target->view,
                                         .imageLayout = VK_IMAGE_LAYOUT_GENERAL};
    uint32_t count = 0;
    for (uint32_t i = 0; i < AS_VULKAN_BINDINGS; i++) {
        if (s->generation == scratch->generation || !buffers[i])
            continue;
        infos[i] = (VkDescriptorBufferInfo){buffers[i], 0, VK_WHOLE_SIZE};
        writes[count++] =
            (VkWriteDescriptorSet){.sType = VK_STRUCTURE_TYPE_WRITE_DESCRIPTOR_SET,
                                   .dstSet = s->set,
                                   .dstBinding = i,
                                   .descriptorCount = 1,
                                   .descriptorType = VK_DESCRIPTOR_TYPE_STORAGE_BUFFER,
                                   .pBufferInfo = &infos[i]};
    }
    if (way_to(r, target) == AS_VULKAN_WAY_STORE)
        writes[count++] = (VkWriteDescriptorSet){.sType = VK_STRUCTURE_TYPE_WRITE_DESCRIPTOR_SET,
                                                 .dstSet = s->image_set,
                                                 .descriptorCount = 1,
                                                 .descriptorType = VK_DESCRIPTOR_TYPE_STORAGE_IMAGE,
                                                 .pImageInfo = &image};
    s->generation = scratch->generation;
    if (count != 0)
        r->device->f.UpdateDescriptorSets(r->device->device, count, writes, 0, NULL);
}

/* -------------------------------------------------------------------------------- content ---- */

/* What sampling multiplies with: shaders/sample.comp. */
static void set_sampling(uint32_t canvas, uint32_t size, uint32_t *out_whole, uint32_t *out_part)
{
    const uint64_t rest = canvas % size;
    *out_whole = canvas / size;
    *out_part = (uint32_t)(((rest << 32) + size - 1) / size);
}

static as_vulkan_push make_push(const as_vulkan_raster *r, const as_vulkan_draw *draw,
                                const as_vulkan_target *target, const as_vulkan_upload *upload)
{
    as_vulkan_push p = {.chunks = upload->chunks,
                        .channels = upload->channels,
                        .steps = upload->steps,
                        .width = draw->canvas_width,
                        .height = draw->canvas_height,
                        .stride = as_vulkan_stride(draw->canvas_width),
                        .lanes = r->lanes,
                        .from_width = draw->scale ? draw->scale->from_width : 0,
                        .from_height = draw->scale ? draw->scale->from_height : 0,
                        .to_width = target->width,
                        .to_height = target->height};
    set_sampling(p.width, p.to_width, &p.x_whole, &p.x_part);
    set_sampling(p.height, p.to_height, &p.y_whole, &p.y_part);
    return p;
}

/* core/raster's canvas of the frame. */
static as_result draw_on_cpu(as_vulkan_raster *r, const as_vulkan_draw *draw, as_error *error)
{
    as_result result = AS_OK;
    if (r->canvas &&
        (r->canvas->width != draw->canvas_width || r->canvas->height != draw->canvas_height)) {
        as_ras_destroy(r->canvas);
        r->canvas = NULL;
    }
    if (!r->canvas)
        result = as_ras_create(draw->canvas_width, draw->canvas_height, &r->canvas, error);
    if (result == AS_OK)
        result = as_ras_draw(r->canvas, draw->stream, draw->combine, draw->scale, error);
    return result;
}

/* Uploads the canvas's rows that may hold pixels, as 32-bit words. */
static as_result upload_canvas(as_vulkan_raster *r, slot *s, as_vulkan_recording *recording,
                               as_error *error)
{
    const as_canvas *canvas = r->canvas;
    const size_t rows = canvas->dirty_bottom > canvas->dirty_top
                            ? (size_t)(canvas->dirty_bottom - canvas->dirty_top)
                            : 0;
    const size_t first = rows ? (size_t)canvas->dirty_top * canvas->stride : 0;
    const size_t words = rows * canvas->stride;
    r->plan.first_row = rows ? (uint32_t)canvas->dirty_top : 0;
    r->plan.end_row = r->plan.first_row + (uint32_t)rows;
    r->plan.bytes = 8 * words;
    const as_result result = fit_upload(r, s, 8 * words, error);
    if (result != AS_OK)
        return result;
    uint32_t *to = s->upload.map;
    for (size_t i = 0; i < words; i++) {
        to[2 * i] = (uint32_t)canvas->bits[first + i];
        to[2 * i + 1] = (uint32_t)(canvas->bits[first + i] >> 32);
    }
    recording->bits_copy = (VkBufferCopy){0, 8 * first, 8 * words};
    r->numbers.drawn_by_cpu++;
    return AS_OK;
}

/* The plan and its upload, or the canvas drawn here and its. */
static as_result make_content(as_vulkan_raster *r, slot *s, const as_vulkan_draw *draw,
                              const as_vulkan_target *target, as_vulkan_recording *recording,
                              as_error *error)
{
    as_vulkan_upload upload = {0};
    const as_vulkan_room room = {.arena_words = (uint32_t)(r->scratch.arena.size / 4),
                                 .jobs = (uint32_t)(r->scratch.jobs.size / 4),
                                 .lanes = r->lanes};
    const bool fits = as_vulkan_upload_layout(draw->stream, &upload);
    r->numbers.last_points = upload.points;
    as_result result = fits ? fit_upload(r, s, upload.bytes ? upload.bytes : 4, error) : AS_OK;
    if (result != AS_OK)
        return result;
    recording->push = make_push(r, draw, target, &upload);
    if (fits && as_vulkan_plan_write(draw, &upload, &room, s->upload.map, &r->plan)) {
        recording->plan = &r->plan;
        return AS_OK;
    }
    result = draw_on_cpu(r, draw, error);
    return result == AS_OK ? upload_canvas(r, s, recording, error) : result;
}

/* --------------------------------------------------------------------------------- record ---- */

static as_result record_commands(as_vulkan_raster *r, slot *s, as_vulkan_recording *recording,
                                 as_error *error)
{
    const as_vulkan_functions *f = &r->device->f;
    const VkCommandBufferBeginInfo begin = {.sType = VK_STRUCTURE_TYPE_COMMAND_BUFFER_BEGIN_INFO,
                                            .flags = VK_COMMAND_BUFFER_USAGE_ONE_TIME_SUBMIT_BIT};
    VkResult result = f->ResetCommandPool(r->device->device, s->pool, 0);
    if (result == VK_SUCCESS)
        result = f->BeginCommandBuffer(s->commands, &begin);
    if (result == VK_SUCCESS) {
        as_vulkan_record(recording);
        result = f->EndCommandBuffer(s->commands);
    }
    return as_vulkan_check(r->device, result, "recording commands", error);
}

/* The frame is there: what the scratch holds after it, and the counts. */
static void settle(as_vulkan_raster *r, slot *s, const as_vulkan_recording *recording)
{
    const uint64_t stride = recording->push.stride;
    r->scratch.unknown = false;
    r->scratch.dirty_from = r->plan.first_row * stride;
    r->scratch.dirty_end = r->plan.end_row * stride;
    s->recorded = true;
    if (r->recorded_count++ == 0)
        r->first_recorded = r->next;
    r->next = (r->next + 1) % r->slots_count;
    r->numbers.frames++;
    r->numbers.batches += r->plan.batches_count;
    r->numbers.dispatches += recording->dispatches;
    r->numbers.last_dispatches = recording->dispatches;
    r->numbers.last_upload_bytes = r->plan.bytes;
    r->numbers.upload_bytes += r->plan.bytes;
}

static as_result record(as_vulkan_raster *r, slot *s, const as_vulkan_draw *draw,
                        const as_vulkan_target *target, as_error *error)
{
    as_vulkan_recording recording = {.device = r->device,
                                     .programs = &r->programs,
                                     .scratch = &r->scratch,
                                     .commands = s->commands,
                                     .set = s->set,
                                     .image_set = s->image_set,
                                     .target = target,
                                     .store = way_to(r, target) == AS_VULKAN_WAY_STORE,
                                     .queries = r->times ? r->queries : VK_NULL_HANDLE,
                                     .query = 2 * r->next};
    if (!fits_device(r, target))
        return as_err_set(error, AS_ERROR_GPU,
                          "an image of %" PRIu32 " x %" PRIu32
                          " pixels; this device's have sides of 1 to %" PRIu32,
                          target->width, target->height,
                          r->device->properties.limits.maxImageDimension2D);
    as_result result = fit_scratch(r, draw, target, error);
    if (result == AS_OK)
        result = make_content(r, s, draw, target, &recording, error);
    if (result != AS_OK)
        return result;
    recording.upload = s->upload.buffer;
    write_set(r, s, target);
    result = record_commands(r, s, &recording, error);
    if (result != AS_OK)
        return result;
    settle(r, s, &recording);
    return AS_OK;
}

as_result as_vulkan_raster_record(as_vulkan_raster *raster, const as_vulkan_draw *draw,
                                  const as_vulkan_target *target, uint64_t timeout_ns,
                                  as_error *error)
{
    slot *s = take_slot(raster, timeout_ns, error);
    if (!s)
        return error->code;
    const uint64_t begun = as_clock_ns();
    const as_result result = record(raster, s, draw, target, error);
    raster->numbers.last_record_ns = as_clock_ns() - begun;
    raster->numbers.record_ns += raster->numbers.last_record_ns;
    return result;
}

void as_vulkan_raster_drop(as_vulkan_raster *raster)
{
    for (uint32_t i = 0; i < raster->recorded_count; i++)
        raster->slots[(raster->first_recorded + i) % raster->slots_count].recorded = false;
    raster->scratch.unknown |= raster->recorded_count != 0;
    raster->recorded_count = 0;
}

as_result as_vulkan_raster_submit(as_vulkan_raster *raster, const as_vulkan_submission *semaphores,
                                  uint64_t *out_point, as_error *error)
{
    VkCommandBuffer commands[AS_VULKAN_MOST_SLOTS];
    as_vulkan_submission submission = {0};
    uint64_t point = 0;
    const uint64_t begun = as_clock_ns();
    if (semaphores)
        submission = *semaphores;
    for (uint32_t i = 0; i < raster->recorded_count; i++)
        commands[i] = raster->slots[(raster->first_recorded + i) % raster->slots_count].commands;
    submission.commands = commands;
    submission.commands_count = raster->recorded_count;
    const as_result result = as_vulkan_submit(raster->device, &submission, &point, error);
    if (result != AS_OK) {
        as_vulkan_raster_drop(raster);
        return result;
    }
    for (uint32_t i = 0; i < raster->recorded_count; i++) {
        slot *s = &raster->slots[(raster->first_recorded + i) % raster->slots_count];
        s->recorded = false;
        s->timed = raster->times && raster->queries;
        s->point = point;
    }
    raster->recorded_count = 0;
    raster->last_point = point;
    *out_point = point;
    raster->numbers.record_ns += as_clock_ns() - begun;
    return AS_OK;
}

as_vulkan_raster_numbers as_vulkan_raster_count(as_vulkan_raster *raster)
{
    const as_vulkan_scratch *scratch = &raster->scratch;
    for (uint32_t i = 0; i < raster->slots_count; i++)
        if (raster->slots[i].timed && as_vulkan_is_reached(raster->device, raster->slots[i].point))
            pick_up_time(raster, i);
    raster->numbers.scratch_bytes = scratch->bits.size + scratch->arena.size + scratch->jobs.size;
    raster->numbers.staging_bytes = 0;
    for (uint32_t i = 0; i < raster->slots_count; i++)
        raster->numbers.staging_bytes += raster->slots[i].upload.size;
    return raster->numbers;
}

as_result as_vulkan_raster_cache(as_vulkan_raster *raster, void *data, size_t *size,
                                 as_error *error)
{
    return as_vulkan_check(raster->device,
                           raster->device->f.GetPipelineCacheData(
                               raster->device->device, raster->programs.cache, size, data),
                           "the pipeline cache's data", error);
}
