/* SPDX-License-Identifier: MIT
 *
 * vulkan.h: a stream's polystreams become images. Arguments are checked here, the work is in
 * gpu/vulkan.
 */
#include "core/api/params.h"
#include "core/api/stream.h"
#include "core/api/vk_device.h"
#include "core/base/clock.h"
#include "core/base/mem.h"
#include "core/stream/times.h"
#include "gpu/vulkan/images.h"

#include <inttypes.h>
#include <string.h>

enum { STANDARD_IMAGES = 4, LEAST_SLOTS = 2 };

#define POOL_USAGE                                                                                 \
    (VK_IMAGE_USAGE_SAMPLED_BIT | VK_IMAGE_USAGE_TRANSFER_SRC_BIT |                                \
     VK_IMAGE_USAGE_TRANSFER_DST_BIT | VK_IMAGE_USAGE_STORAGE_BIT |                                \
     VK_IMAGE_USAGE_COLOR_ATTACHMENT_BIT | VK_IMAGE_USAGE_INPUT_ATTACHMENT_BIT)

struct as_vk {
    as_vk_device *device;
    as_vulkan_images *images;
    as_stream *stream; /* NULL: a CV handle's */
    VkImageUsageFlags usage;
    bool exported, keep_processing;
    as_times update, gpu;
    uint64_t frames, shown_already, points, channels, upload_bytes, last_dispatches;
    as_vulkan_raster_numbers at_start; /* what measuring took */
};

/* ------------------------------------------------------------------------------- attach ---- */

static as_result take_params(const as_vk_device *device, as_vk_params *p,
                             const as_vk_params *params, as_error *error)
{
    const uint32_t caps = device->device->caps;
    const as_result result = as_api_params(p, sizeof(*p), params, "as_vk_params", error);
    if (result != AS_OK)
        return result;
    if (p->images == 0)
        p->images = STANDARD_IMAGES;
    if (p->images > AS_VULKAN_MOST_IMAGES)
        return as_err_set(error, AS_ERROR_ARGUMENT,
                          "as_vk_params.images is %" PRIu32 ", outside its range of 1 to %d",
                          p->images, AS_VULKAN_MOST_IMAGES);
    if (p->write < AS_VK_WRITE_AUTO || p->write > AS_VK_WRITE_COPY)
        return as_err_set(error, AS_ERROR_ARGUMENT,
                          "as_vk_params.write is %" PRId32 ", none of AS_VK_WRITE_*", p->write);
    if (p->usage & ~(uint32_t)POOL_USAGE)
        return as_err_set(error, AS_ERROR_ARGUMENT,
                          "as_vk_params.usage is 0x%" PRIx32 "; only transfers, sampling, storage, "
                          "color and input attachments (0x%x) are for R8 images",
                          p->usage, (unsigned)POOL_USAGE);
    if (p->write == AS_VK_WRITE_STORE && !(caps & AS_VULKAN_CAP_STORE))
        return as_err_set(
            error, AS_ERROR_GPU,
            "AS_VK_WRITE_STORE, and this device cannot store to R8 images: enable its "
            "feature shaderStorageImageExtendedFormats, or use AS_VK_WRITE_AUTO");
    if (p->export_memory && !(caps & AS_VULKAN_CAP_EXPORT))
        return as_err_set(error, AS_ERROR_GPU,
                          "export_memory, and this device exports none: enable its extension "
                          "VK_KHR_external_memory_fd, and name it in as_vk_import.extensions");
    return AS_OK;
}

static void add_gpu_time(void *user, uint64_t ns)
{
    as_times_add(&((as_vk *)user)->gpu, ns);
}

static as_result create_images(as_vk *vk, const as_vk_params *p, as_error *error)
{
    static const as_vulkan_way ways[] = {[AS_VK_WRITE_AUTO] = AS_VULKAN_WAY_AUTO,
                                         [AS_VK_WRITE_STORE] = AS_VULKAN_WAY_STORE,
                                         [AS_VK_WRITE_COPY] = AS_VULKAN_WAY_COPY};
    const uint32_t slots = p->images < LEAST_SLOTS            ? LEAST_SLOTS
                           : p->images > AS_VULKAN_MOST_SLOTS ? AS_VULKAN_MOST_SLOTS
                                                              : p->images;
    const as_vulkan_images_params params = {.images = p->images,
                                            .usage = p->usage,
                                            .exported = p->export_memory != 0,
                                            .raster = {.slots = slots,
                                                       .way = ways[p->write],
                                                       .shared_cache = vk->device->cache,
                                                       .times = p->gpu_times != 0,
                                                       .timed = add_gpu_time,
                                                       .user = vk}};
    const as_result result =
        as_vulkan_images_create(vk->device->device, &params, &vk->images, error);
    if (result != AS_OK)
        return result;
    vk->usage = p->usage | VK_IMAGE_USAGE_SAMPLED_BIT | VK_IMAGE_USAGE_TRANSFER_SRC_BIT |
                VK_IMAGE_USAGE_TRANSFER_DST_BIT;
    vk->exported = p->export_memory != 0;
    vk->keep_processing = p->keep_processing != 0;
    vk->at_start = as_vulkan_images_count(vk->images).raster;
    return AS_OK;
}

as_vk *as_api_vk_create(as_vk_device *device, const as_vk_params *params, as_error *error)
{
    as_vk_params p;
    if (take_params(device, &p, params, error) != AS_OK)
        return NULL;
    as_vk *vk = as_mem_calloc(1, sizeof(*vk));
    if (!vk) {
        as_err_no_memory(error, sizeof(*vk), "an as_vk");
        return NULL;
    }
    vk->device = as_api_vk_ref(device);
    if (create_images(vk, &p, error) != AS_OK)
        as_vk_detach(&vk);
    return vk;
}

as_result as_vk_attach(as_stream *stream, as_vk_device *device, const as_vk_params *params,
                       as_vk **out_vk, as_error *error)
{
    as_error local;
    error = as_api_error(error, &local);
    if (out_vk)
        *out_vk = NULL;
    if (!stream || !device || !out_vk)
        return as_err_set(error, AS_ERROR_ARGUMENT, "as_vk_attach: %s is NULL",
                          !stream   ? "stream"
                          : !device ? "device"
                                    : "out_vk");
    as_vk *vk = as_api_vk_create(device, params, error);
    if (!vk)
        return error->code;
    vk->stream = stream;
    if (!vk->keep_processing)
        as_st_prefer(stream, AS_OUTPUT_NONE);
    *out_vk = vk;
    return AS_OK;
}

void as_vk_detach(as_vk **vk)
{
    if (!vk || !*vk)
        return;
    if ((*vk)->stream && !(*vk)->keep_processing)
        as_st_prefer_no_more((*vk)->stream, AS_OUTPUT_NONE);
    as_vulkan_images_destroy((*vk)->images);
    as_vk_device_unref(&(*vk)->device);
    as_mem_free(*vk);
    *vk = NULL;
}

/* ------------------------------------------------------------------------------ request ---- */

/* May an image of this usage be in that layout? */
static bool has_layout(VkImageUsageFlags usage, uint32_t layout)
{
    switch (layout) {
    case VK_IMAGE_LAYOUT_GENERAL: return true;
    case VK_IMAGE_LAYOUT_COLOR_ATTACHMENT_OPTIMAL:
        return (usage & VK_IMAGE_USAGE_COLOR_ATTACHMENT_BIT) != 0;
    case VK_IMAGE_LAYOUT_SHADER_READ_ONLY_OPTIMAL:
        return (usage & (VK_IMAGE_USAGE_SAMPLED_BIT | VK_IMAGE_USAGE_INPUT_ATTACHMENT_BIT)) != 0;
    case VK_IMAGE_LAYOUT_TRANSFER_SRC_OPTIMAL:
        return (usage & VK_IMAGE_USAGE_TRANSFER_SRC_BIT) != 0;
    case VK_IMAGE_LAYOUT_TRANSFER_DST_OPTIMAL:
        return (usage & VK_IMAGE_USAGE_TRANSFER_DST_BIT) != 0;
    default: return false;
    }
}

static as_result check_layout(const char *field, VkImageUsageFlags usage, uint32_t layout,
                              as_error *error)
{
    if (has_layout(usage, layout))
        return AS_OK;
    return as_err_set(error, AS_ERROR_ARGUMENT,
                      "%s is %" PRIu32 ", and an image of usage 0x%" PRIx32 " cannot be in that "
                      "layout; take one that goes with its usage",
                      field, layout, usage);
}

static as_result check_image(const as_vk *vk, const as_vk_request *r, as_error *error)
{
    const bool stores = (r->image_usage & VK_IMAGE_USAGE_STORAGE_BIT) != 0;
    const bool copies = (r->image_usage & VK_IMAGE_USAGE_TRANSFER_DST_BIT) != 0;
    const bool can_store = (vk->device->device->caps & AS_VULKAN_CAP_STORE) != 0;
    if (!r->image) {
        if (r->image_width || r->image_height || r->image_usage || r->image_layout || r->wait ||
            r->image_view)
            return as_err_set(error, AS_ERROR_ARGUMENT,
                              "as_vk_request.image is NULL and others of its fields are not; give "
                              "an image, or leave them zero");
        return AS_OK;
    }
    if (r->image_width < r->width || r->image_height < r->height)
        return as_err_set(error, AS_ERROR_ARGUMENT,
                          "as_vk_request.image is %" PRIu32 " x %" PRIu32
                          " pixels, too small for a mask of %" PRIu32 " x %" PRIu32,
                          r->image_width, r->image_height, r->width, r->height);
    if (!copies && !(stores && can_store))
        return as_err_set(error, AS_ERROR_ARGUMENT,
                          "as_vk_request.image_usage is 0x%" PRIx32 "; make the image with "
                          "VK_IMAGE_USAGE_TRANSFER_DST_BIT%s",
                          r->image_usage, can_store ? " or VK_IMAGE_USAGE_STORAGE_BIT" : "");
    if (r->image_layout == VK_IMAGE_LAYOUT_UNDEFINED ||
        r->image_layout == VK_IMAGE_LAYOUT_PREINITIALIZED)
        return AS_OK;
    return check_layout("as_vk_request.image_layout", r->image_usage, r->image_layout, error);
}

/* A semaphore with a value is a timeline semaphore. */
static as_result check_value(const as_vk *vk, const char *field, uint64_t value, as_error *error)
{
    if (value == 0 || (vk->device->device->caps & AS_VULKAN_CAP_TIMELINE))
        return AS_OK;
    return as_err_set(error, AS_ERROR_ARGUMENT,
                      "%s is set, and timeline semaphores are not in use on this device; use a "
                      "binary one, and 0",
                      field);
}

static as_result check_family(const as_vk *vk, const as_vk_request *r, as_error *error)
{
    const uint32_t families = vk->device->device->families;
    if (!r->transfer || r->queue_family < families || r->queue_family == VK_QUEUE_FAMILY_EXTERNAL)
        return AS_OK;
    return as_err_set(error, AS_ERROR_ARGUMENT,
                      "as_vk_request.queue_family is %" PRIu32 "; the device has %" PRIu32
                      " families",
                      r->queue_family, families);
}

static as_result take_request(const as_vk *vk, const as_stream *stream,
                              const as_vk_request *request, as_vulkan_wish *out, as_error *error)
{
    as_vk_request r;
    const as_vk_request standard = {.struct_size = sizeof(standard)};
    as_result result =
        as_api_params(&r, sizeof(r), request ? request : &standard, "as_vk_request", error);
    if (result == AS_OK)
        result = as_api_take_size(stream, &r.width, &r.height, error);
    if (result == AS_OK)
        result = check_image(vk, &r, error);
    if (result == AS_OK)
        result = check_value(vk, "as_vk_request.wait_value", r.wait_value, error);
    if (result == AS_OK)
        result = check_family(vk, &r, error);
    if (result != AS_OK)
        return result;
    if (r.layout == VK_IMAGE_LAYOUT_UNDEFINED)
        r.layout = VK_IMAGE_LAYOUT_SHADER_READ_ONLY_OPTIMAL;
    *out = (as_vulkan_wish){.width = r.width,
                            .height = r.height,
                            .layout = (VkImageLayout)r.layout,
                            .family = r.transfer ? r.queue_family : vk->device->device->family,
                            .image = r.image,
                            .image_usage = r.image_usage,
                            .image_layout = (VkImageLayout)r.image_layout,
                            .wait = r.wait,
                            .wait_value = r.wait_value,
                            .image_view = r.image_view};
    return check_layout("as_vk_request.layout", r.image ? r.image_usage : vk->usage, r.layout,
                        error);
}

/* --------------------------------------------------------------------------------- get ---- */

static void count_drawn(as_vk *vk, const as_polystream *polystream)
{
    const as_vulkan_raster_numbers n = as_vulkan_images_count(vk->images).raster;
    vk->points += n.last_points;
    vk->channels += polystream->channels;
    vk->upload_bytes += n.last_upload_bytes;
    vk->last_dispatches = n.last_dispatches;
}

static as_result draw_blob(as_vk *vk, const as_stream *stream, const as_blob *blob,
                           const as_vulkan_wish *wish, uint64_t timeout_ns,
                           const as_vulkan_entry **out_entry, as_error *error)
{
    const as_stream_params *p = &stream->params;
    const as_output_key at = as_st_canvas_key(stream, wish->index, wish->width, wish->height);
    const as_scale scale = {p->canvas_width, p->canvas_height, at.width, at.height};
    const bool same = p->canvas_width == at.width && p->canvas_height == at.height;
    as_polystream polystream;
    /* It was checked when it was read, with the same limit. */
    as_result result = as_polystream_parse(&polystream, as_blob_data(blob), as_blob_size(blob),
                                           p->limits.channels, error);
    if (result != AS_OK)
        return result;
    const as_vulkan_draw what = {.stream = &polystream,
                                 .canvas_width = at.width,
                                 .canvas_height = at.height,
                                 .scale = same ? NULL : &scale,
                                 .combine = p->combine};
    result = as_vulkan_images_draw(vk->images, wish, &what, timeout_ns, out_entry, error);
    if (result == AS_OK)
        count_drawn(vk, &polystream);
    return result;
}

/* With the time that the calling thread spends on it but for waiting for the frame. */
static as_result draw(as_vk *vk, as_stream *stream, const as_vulkan_wish *wish, uint64_t timeout_ns,
                      const as_vulkan_entry **out_entry, as_error *error)
{
    const uint64_t begun = as_clock_ns();
    as_blob *blob;
    if (timeout_ns == AS_TIMEBOX)
        timeout_ns = (uint64_t)stream->params.timebox_us * 1000;
    as_result result = as_st_get_polystream(stream, wish->index, timeout_ns, &blob, error);
    if (result != AS_OK)
        return result;
    const uint64_t start = as_clock_ns(), gone = start - begun;
    const uint64_t left = timeout_ns >= AS_WAIT_FOREVER ? UINT64_MAX
                          : timeout_ns > gone           ? timeout_ns - gone
                                                        : 0;
    result = draw_blob(vk, stream, blob, wish, left, out_entry, error);
    as_blob_unref(blob);
    as_times_add(&vk->update, as_clock_ns() - start);
    return result == AS_OK ? result : as_err_at_frame(error, wish->index);
}

static as_vk_image describe(const as_vk *vk, const as_vulkan_wish *wish,
                            const as_vulkan_entry *entry)
{
    const as_vulkan_device *d = vk->device->device;
    return (as_vk_image){.index = wish->index,
                         .image = entry->image.image,
                         .view = entry->foreign ? VK_NULL_HANDLE : entry->image.view,
                         .format = VK_FORMAT_R8_UNORM,
                         .width = wish->width,
                         .height = wish->height,
                         .layout = (uint32_t)entry->layout,
                         .queue_family = entry->family,
                         .semaphore = d->timeline,
                         .value = d->timeline ? entry->point : 0,
                         .serial = entry->holders[entry->held - 1],
                         .handle = (void *)(uintptr_t)entry};
}

as_result as_api_vk_get(as_vk *vk, as_stream *stream, uint64_t number, uint64_t index,
                        const as_vk_request *request, uint64_t timeout_ns, as_vk_image *out_image,
                        as_error *error)
{
    as_vulkan_wish wish;
    const as_vulkan_entry *entry = NULL;
    as_result result = take_request(vk, stream, request, &wish, error);
    if (result != AS_OK)
        return result;
    wish.index = index;
    wish.content = number << 32 | (as_st_content(stream) & UINT32_MAX);
    if (!vk->keep_processing) /* also after another as_vk of the stream was detached */
        as_st_prefer(stream, AS_OUTPUT_NONE);
    result = as_vulkan_images_find(vk->images, &wish, &entry, error);
    if (result == AS_OK)
        vk->shown_already++;
    if (result == AS_NOT_READY)
        result = draw(vk, stream, &wish, timeout_ns, &entry, error);
    if (result != AS_OK)
        return result;
    vk->frames++;
    *out_image = describe(vk, &wish, entry);
    return AS_OK;
}

as_result as_vk_get_frame(as_vk *vk, uint64_t index, const as_vk_request *request,
                          uint64_t timeout_ns, as_vk_image *out_image, as_error *error)
{
    as_error local;
    error = as_api_error(error, &local);
    if (out_image)
        *out_image = (as_vk_image){.index = 0};
    if (!vk || !out_image)
        return as_err_set(error, AS_ERROR_ARGUMENT, "as_vk_get_frame: %s is NULL",
                          vk ? "out_image" : "vk");
    return as_api_vk_get(vk, vk->stream, 1, index, request, timeout_ns, out_image, error);
}

/* -------------------------------------------------------------------------- held images ---- */

/* The held entry, or NULL, and the error says why. */
static const as_vulkan_entry *find_held(const as_vk *vk, const as_vk_image *image,
                                        const char *function, as_error *error)
{
    const as_vulkan_entry *entry = NULL;
    if (!vk || !image)
        as_err_set(error, AS_ERROR_ARGUMENT, "%s: %s is NULL", function, vk ? "image" : "vk");
    else if (!(entry = as_vulkan_images_held(vk->images, image->handle, image->serial)))
        as_err_set(error, AS_ERROR_ARGUMENT,
                   "%s: the image is not held: it was released before, or is another as_vk's; get "
                   "it first",
                   function);
    return entry;
}

static as_result take_done(const as_vk *vk, const as_vulkan_entry *entry, const as_vk_done *done,
                           as_vk_done *out, as_error *error)
{
    const as_vk_done standard = {.struct_size = sizeof(standard)};
    as_result result =
        as_api_params(out, sizeof(*out), done ? done : &standard, "as_vk_done", error);
    if (result == AS_OK && !out->semaphore && out->value != 0)
        return as_err_set(error, AS_ERROR_ARGUMENT,
                          "as_vk_done.value is set and its semaphore is NULL");
    if (result == AS_OK && out->semaphore && entry->foreign)
        return as_err_set(error, AS_ERROR_ARGUMENT,
                          "as_vk_done.semaphore is for images of the pool; give it to the next "
                          "request for this image, as its `wait`");
    if (result == AS_OK)
        result = check_value(vk, "as_vk_done.value", out->value, error);
    if (result == AS_OK && out->layout == VK_IMAGE_LAYOUT_UNDEFINED)
        out->layout = (uint32_t)entry->layout;
    else if (result == AS_OK && !entry->foreign)
        result = check_layout("as_vk_done.layout", vk->usage, out->layout, error);
    return result;
}

as_result as_vk_release(as_vk *vk, as_vk_image *image, const as_vk_done *done, as_error *error)
{
    as_error local;
    as_vk_done d;
    error = as_api_error(error, &local);
    if (!vk || !image)
        return AS_OK;
    if (!image->handle) {
        *image = (as_vk_image){.index = 0};
        return AS_OK;
    }
    const as_vulkan_entry *entry = find_held(vk, image, "as_vk_release", error);
    if (!entry)
        return error->code;
    const as_result result = take_done(vk, entry, done, &d, error);
    if (result != AS_OK)
        return result;
    const as_vulkan_semaphore last = {d.semaphore, d.value, VK_PIPELINE_STAGE_ALL_COMMANDS_BIT};
    as_vulkan_images_release(vk->images, entry, image->serial, (VkImageLayout)d.layout, &last);
    *image = (as_vk_image){.index = 0};
    return AS_OK;
}

as_result as_vk_wait(as_vk *vk, const as_vk_image *image, uint64_t timeout_ns, as_error *error)
{
    as_error local;
    error = as_api_error(error, &local);
    const as_vulkan_entry *entry = find_held(vk, image, "as_vk_wait", error);
    if (!entry)
        return error->code;
    if (timeout_ns == AS_TIMEBOX && vk->stream)
        timeout_ns = (uint64_t)vk->stream->params.timebox_us * 1000;
    else if (timeout_ns == AS_WAIT_FOREVER)
        timeout_ns = UINT64_MAX;
    return as_vulkan_wait(vk->device->device, entry->point, timeout_ns, error);
}

as_result as_vk_export_memory(as_vk *vk, const as_vk_image *image, as_vk_memory *out_memory,
                              as_error *error)
{
    as_error local;
    int fd = -1;
    error = as_api_error(error, &local);
    if (!out_memory)
        return as_err_set(error, AS_ERROR_ARGUMENT, "as_vk_export_memory: out_memory is NULL");
    const as_vulkan_entry *entry = find_held(vk, image, "as_vk_export_memory", error);
    if (!entry)
        return error->code;
    if (entry->foreign)
        return as_err_set(error, AS_ERROR_ARGUMENT,
                          "as_vk_export_memory: the image is your own, and so is its memory");
    if (!vk->exported)
        return as_err_set(error, AS_ERROR_UNSUPPORTED,
                          "the pool's memory cannot be exported; set as_vk_params.export_memory");
    as_vk_memory m = {.fd = -1, .size = entry->image.memory_size, .dedicated = 1};
    const VkPhysicalDeviceIDProperties *ids = &vk->device->device->ids;
    memcpy(m.device_uuid, ids->deviceUUID, sizeof(m.device_uuid));
    memcpy(m.driver_uuid, ids->driverUUID, sizeof(m.driver_uuid));
    as_result result = as_api_give(out_memory, &m, sizeof(m), "as_vk_memory", error);
    if (result == AS_OK)
        result = as_vulkan_images_export(vk->images, entry, &fd, error);
    if (result == AS_OK)
        out_memory->fd = fd;
    return result;
}

/* ------------------------------------------------------------------------------ knowing ---- */

as_result as_vk_get_stats(as_vk *vk, as_vk_stats *out_stats)
{
    as_error error;
    if (!vk || !out_stats)
        return AS_ERROR_ARGUMENT;
    const as_vulkan_images_numbers n = as_vulkan_images_count(vk->images);
    as_vk_stats s = {.write =
                         n.raster.way == AS_VULKAN_WAY_STORE ? AS_VK_WRITE_STORE : AS_VK_WRITE_COPY,
                     .images = n.images,
                     .image_bytes = n.image_bytes,
                     .held = n.held,
                     .scratch_bytes = n.raster.scratch_bytes,
                     .staging_bytes = n.raster.staging_bytes,
                     .frames = vk->frames,
                     .shown_already = vk->shown_already,
                     .drawn_by_cpu = n.raster.drawn_by_cpu,
                     .points = vk->points,
                     .channels = vk->channels,
                     .upload_bytes = vk->upload_bytes,
                     .submits = n.submits,
                     .dispatches = n.raster.dispatches - vk->at_start.dispatches,
                     .upload_waits = n.raster.slot_waits - vk->at_start.slot_waits,
                     .last_upload_bytes = vk->upload_bytes ? n.raster.last_upload_bytes : 0,
                     .last_dispatches = vk->last_dispatches};
    as_times_sum_up(&vk->update, &s.update);
    as_times_sum_up(&vk->gpu, &s.gpu);
    return as_api_give(out_stats, &s, sizeof(s), "as_vk_stats", &error);
}
