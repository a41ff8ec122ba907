/* SPDX-License-Identifier: MIT */
#include "gpu/vulkan/images.h"

#include "core/base/mem.h"

#include <inttypes.h>
#include <string.h>

enum {
    MOST_ENTRIES = AS_VULKAN_MOST_IMAGES + AS_VULKAN_MOST_FOREIGN,
    MOST_WAITS = AS_VULKAN_MOST_SEMAPHORES - 1, /* of one submission */
    MOST_RETIRED = 2 * MOST_ENTRIES
};

/* Given up, and the GPU may still use it. */
typedef struct retired {
    as_vulkan_image image;
    uint64_t point;
} retired;

struct as_vulkan_images {
    as_vulkan_device *device;
    as_vulkan_raster *raster;
    uint32_t most;
    VkImageUsageFlags usage;
    bool exported;
    as_vulkan_entry *entries[MOST_ENTRIES];
    uint32_t entries_count, entries_made; /* behind those in use lie some to be used again */
    retired retired[MOST_RETIRED];
    uint32_t retired_count;
    uint64_t clock;
    uint64_t last_point;
    uint64_t submits;
};

/* ------------------------------------------------------------------------------ create ------- */

static as_vulkan_image_kind pool_kind(const as_vulkan_images *images, uint32_t width,
                                      uint32_t height)
{
    return (as_vulkan_image_kind){width, height, images->usage, images->exported};
}

as_result as_vulkan_images_create(as_vulkan_device *device, const as_vulkan_images_params *params,
                                  as_vulkan_images **out_images, as_error *error)
{
    as_vulkan_images *images = as_mem_calloc(1, sizeof(*images));
    if (!images)
        return as_err_no_memory(error, sizeof(*images), "a pool of images");
    images->device = device;
    images->most = params->images;
    images->usage = params->usage;
    images->exported = params->exported;
    const as_vulkan_image_kind kind = pool_kind(images, 1, 1);
    as_result result = as_vulkan_image_check(device, &kind, error);
    if (result == AS_OK)
        result = as_vulkan_raster_create(device, &params->raster, &images->raster, error);
    if (result == AS_OK)
        *out_images = images;
    else
        as_mem_free(images);
    return result;
}

static void free_entry(as_vulkan_entry *entry)
{
    as_mem_free(entry->waits);
    as_mem_free(entry->holders);
    as_mem_free(entry);
}

/* Leaves what is to be destroyed: nothing of the caller's. */
static void disown(as_vulkan_entry *entry)
{
    if (!entry->foreign)
        return;
    entry->image.image = VK_NULL_HANDLE;
    if (!entry->own_view)
        entry->image.view = VK_NULL_HANDLE;
}

void as_vulkan_images_destroy(as_vulkan_images *images)
{
    if (!images)
        return;
    as_vulkan_raster_destroy(images->raster);
    as_vulkan_drain(images->device, images->last_point);
    for (uint32_t i = 0; i < images->retired_count; i++)
        as_vulkan_image_destroy(images->device, &images->retired[i].image);
    for (uint32_t i = 0; i < images->entries_count; i++) {
        as_vulkan_entry *entry = images->entries[i];
        disown(entry);
        as_vulkan_image_destroy(images->device, &entry->image);
    }
    for (uint32_t i = 0; i < images->entries_made; i++)
        free_entry(images->entries[i]);
    as_mem_free(images);
}

/* ------------------------------------------------------------------------ semaphores --------- */

/* The waits that one submission cannot hold go ahead of it, by themselves. */
static as_result submit_waits(as_vulkan_images *images, as_vulkan_entry *entry, uint32_t leave,
                              uint64_t *out_point, as_error *error)
{
    as_result result = AS_OK;
    while (entry->waits_count > leave && result == AS_OK) {
        const uint32_t count = entry->waits_count < MOST_WAITS ? entry->waits_count : MOST_WAITS;
        const uint32_t rest = entry->waits_count - count;
        const as_vulkan_submission waits = {.waits = entry->waits + rest, .waits_count = count};
        result = as_vulkan_submit(images->device, &waits, out_point, error);
        if (result != AS_OK)
            break;
        images->submits++;
        images->last_point = *out_point;
        entry->waits_count = rest;
    }
    return result;
}

/* Also what the raster has recorded; after a failure that is dropped. */
static as_result submit(as_vulkan_images *images, as_vulkan_entry *entry, as_error *error)
{
    uint64_t point = 0;
    as_result result = submit_waits(images, entry, MOST_WAITS, &point, error);
    const as_vulkan_submission semaphores = {.waits = entry->waits,
                                             .waits_count = entry->waits_count};
    if (result != AS_OK) {
        as_vulkan_raster_drop(images->raster);
        return result;
    }
    result = as_vulkan_raster_submit(images->raster, &semaphores, &point, error);
    if (result != AS_OK)
        return result;
    images->submits++;
    images->last_point = point;
    entry->waits_count = 0;
    entry->point = point;
    return AS_OK;
}

/* ------------------------------------------------------------------------------ retire ------- */

static void drop_retired(as_vulkan_images *images)
{
    for (uint32_t i = images->retired_count; i-- > 0;) {
        if (!as_vulkan_is_reached(images->device, images->retired[i].point))
            continue;
        as_vulkan_image_destroy(images->device, &images->retired[i].image);
        images->retired[i] = images->retired[--images->retired_count];
    }
}

/* There is room: as_vulkan_images_draw saw to it. */
static void retire(as_vulkan_images *images, const as_vulkan_image *image, uint64_t point)
{
    images->retired[images->retired_count++] = (retired){*image, point};
}

static void forget(as_vulkan_images *images, as_vulkan_entry *entry)
{
    uint32_t at = 0;
    while (images->entries[at] != entry)
        at++;
    images->entries[at] = images->entries[--images->entries_count];
    images->entries[images->entries_count] = entry;
}

/* Gives up an image of the pool that nobody holds, behind all that was submitted so far: its
 * holder's use, too, may be on this queue. */
static as_result evict(as_vulkan_images *images, as_vulkan_entry *entry, as_error *error)
{
    const as_vulkan_submission nothing = {.commands = NULL};
    uint64_t point = 0;
    as_result result = submit_waits(images, entry, 0, &point, error);
    if (result == AS_OK && point == 0) {
        result = as_vulkan_submit(images->device, &nothing, &point, error);
        images->submits += result == AS_OK;
    }
    if (result != AS_OK)
        return result;
    images->last_point = point;
    retire(images, &entry->image, point);
    forget(images, entry);
    return AS_OK;
}

/* -------------------------------------------------------------------------------- take ------- */

static bool is_as_wished(const as_vulkan_images *images, const as_vulkan_entry *entry,
                         const as_vulkan_wish *wish)
{
    return entry->known && !entry->foreign && entry->content == wish->content &&
           entry->index == wish->index && entry->image.width == wish->width &&
           entry->image.height == wish->height && entry->layout == wish->layout &&
           entry->family == images->device->family;
}

/* Room for one more holder, and for what all of them may give back. */
static as_result reserve(as_vulkan_entry *entry, as_error *error)
{
    const uint32_t needed = entry->waits_count + entry->held + 1;
    const uint32_t capacity = needed + 4;
    if (needed <= entry->capacity)
        return AS_OK;
    uint32_t *holders =
        as_mem_grow(entry->holders, entry->held * sizeof(*holders), capacity * sizeof(*holders));
    if (!holders)
        return as_err_no_memory(error, capacity * sizeof(*holders), "an image's holders");
    entry->holders = holders;
    as_vulkan_semaphore *waits =
        as_mem_grow(entry->waits, entry->waits_count * sizeof(*waits), capacity * sizeof(*waits));
    if (!waits)
        return as_err_no_memory(error, capacity * sizeof(*waits), "an image's semaphores");
    entry->waits = waits;
    entry->capacity = capacity;
    return AS_OK;
}

static void hold(as_vulkan_images *images, as_vulkan_entry *entry)
{
    static atomic_uint last;
    entry->holders[entry->held++] = atomic_fetch_add(&last, 1) + 1;
    entry->used = ++images->clock;
}

/* A binary semaphore may be signalled again only when somebody has waited for it. */
static as_result consume_binary(as_vulkan_images *images, as_vulkan_entry *entry, as_error *error)
{
    uint64_t point;
    for (uint32_t i = 0; i < entry->waits_count; i++)
        if (entry->waits[i].value == 0)
            return submit_waits(images, entry, 0, &point, error);
    return AS_OK;
}

as_result as_vulkan_images_find(as_vulkan_images *images, const as_vulkan_wish *wish,
                                const as_vulkan_entry **out_entry, as_error *error)
{
    as_result result = as_vulkan_usable(images->device, error);
    if (result != AS_OK)
        return result;
    if (wish->image || wish->family != images->device->family)
        return AS_NOT_READY;
    for (uint32_t i = 0; i < images->entries_count; i++) {
        as_vulkan_entry *entry = images->entries[i];
        if (!is_as_wished(images, entry, wish))
            continue;
        result = consume_binary(images, entry, error);
        if (result == AS_OK)
            result = reserve(entry, error);
        if (result != AS_OK)
            return result;
        hold(images, entry);
        *out_entry = entry;
        return AS_OK;
    }
    return AS_NOT_READY;
}

/* One more, of no content. NULL: the error says why, here and below. */
static as_vulkan_entry *add(as_vulkan_images *images, const as_vulkan_entry *like, as_error *error)
{
    if (images->entries_count == images->entries_made) {
        as_vulkan_entry *more = as_mem_calloc(1, sizeof(*more));
        if (!more) {
            as_err_no_memory(error, sizeof(*more), "an image");
            return NULL;
        }
        images->entries[images->entries_made++] = more;
    }
    as_vulkan_entry *entry = images->entries[images->entries_count];
    const as_vulkan_entry before = *entry;
    *entry = *like;
    entry->holders = before.holders; /* their memory */
    entry->waits = before.waits;
    entry->capacity = before.capacity;
    if (reserve(entry, error) != AS_OK)
        return NULL;
    images->entries_count++;
    return entry;
}

/* Can the caller's image be taken? */
static bool is_free(const as_vulkan_images *images, VkImage image, as_error *error)
{
    uint32_t count = 0;
    for (uint32_t i = 0; i < images->entries_count; i++) {
        count += images->entries[i]->foreign;
        if (images->entries[i]->image.image != image)
            continue;
        as_err_set(error, AS_ERROR_ARGUMENT,
                   "as_vk_request.image is still held; release it before the next frame is drawn "
                   "into it");
        return false;
    }
    if (count == AS_VULKAN_MOST_FOREIGN)
        as_err_set(error, AS_ERROR_LIMIT, "%d images of yours are held; release one",
                   AS_VULKAN_MOST_FOREIGN);
    return count < AS_VULKAN_MOST_FOREIGN;
}

static as_vulkan_entry *take_foreign(as_vulkan_images *images, const as_vulkan_wish *wish,
                                     as_vulkan_way way, as_error *error)
{
    as_vulkan_entry fresh = {.image = {.image = wish->image, .view = wish->image_view},
                             .foreign = true};
    if (!is_free(images, wish->image, error))
        return NULL;
    fresh.own_view = way == AS_VULKAN_WAY_STORE && !wish->image_view;
    if (fresh.own_view &&
        as_vulkan_view_create(images->device, wish->image, &fresh.image.view, error) != AS_OK)
        return NULL;
    as_vulkan_entry *entry = add(images, &fresh, error);
    if (!entry) {
        disown(&fresh);
        as_vulkan_image_destroy(images->device, &fresh.image);
        return NULL;
    }
    if (wish->wait && entry->waits) /* add() has made room */
        entry->waits[entry->waits_count++] =
            (as_vulkan_semaphore){wish->wait, wish->wait_value, VK_PIPELINE_STAGE_ALL_COMMANDS_BIT};
    return entry;
}

static as_result make_room(as_vulkan_images *images, as_error *error)
{
    as_vulkan_entry *oldest = NULL;
    uint32_t count = 0;
    for (uint32_t i = 0; i < images->entries_count; i++) {
        as_vulkan_entry *entry = images->entries[i];
        if (entry->foreign)
            continue;
        count++;
        if (entry->held == 0 && (!oldest || entry->used < oldest->used))
            oldest = entry;
    }
    if (count < images->most)
        return AS_OK;
    if (oldest)
        return evict(images, oldest, error);
    return as_err_set(error, AS_ERROR_LIMIT,
                      "all %" PRIu32 " images are held; release one or raise `images`",
                      images->most);
}

/* The one of this size that was used longest ago: the GPU is done with it soonest. */
static as_vulkan_entry *find_free(const as_vulkan_images *images, const as_vulkan_wish *wish)
{
    as_vulkan_entry *best = NULL;
    for (uint32_t i = 0; i < images->entries_count; i++) {
        as_vulkan_entry *entry = images->entries[i];
        if (!entry->foreign && entry->held == 0 && entry->image.width == wish->width &&
            entry->image.height == wish->height && (!best || entry->used < best->used))
            best = entry;
    }
    return best;
}

/* Where memory is short, that of images which were given up comes first. */
static as_result create_own(as_vulkan_images *images, const as_vulkan_image_kind *kind,
                            uint64_t timeout_ns, as_vulkan_image *out_image, as_error *error)
{
    const as_result result = as_vulkan_image_create(images->device, kind, out_image, error);
    if (result != AS_ERROR_OUT_OF_MEMORY || images->retired_count == 0)
        return result;
    const as_error refused = *error;
    const as_result waited = as_vulkan_wait(images->device, images->last_point, timeout_ns, error);
    if (waited == AS_TIMEOUT)
        *error = refused;
    if (waited != AS_OK)
        return error->code;
    drop_retired(images);
    return as_vulkan_image_create(images->device, kind, out_image, error);
}

static as_vulkan_entry *take_own(as_vulkan_images *images, const as_vulkan_wish *wish,
                                 uint64_t timeout_ns, as_error *error)
{
    as_vulkan_entry fresh = {.foreign = false};
    as_vulkan_entry *entry = find_free(images, wish);
    if (entry)
        return reserve(entry, error) == AS_OK ? entry : NULL;
    const as_vulkan_image_kind kind = pool_kind(images, wish->width, wish->height);
    if (as_vulkan_image_check(images->device, &kind, error) != AS_OK ||
        make_room(images, error) != AS_OK ||
        create_own(images, &kind, timeout_ns, &fresh.image, error) != AS_OK)
        return NULL;
    entry = add(images, &fresh, error);
    if (!entry)
        as_vulkan_image_destroy(images->device, &fresh.image);
    return entry;
}

/* -------------------------------------------------------------------------------- draw ------- */

/* How pixels get into the caller's image: as they get into others, if its usage allows that. */
static as_vulkan_way way_to(as_vulkan_images *images, const as_vulkan_wish *wish)
{
    if (!wish->image)
        return AS_VULKAN_WAY_AUTO;
    const as_vulkan_way usual = as_vulkan_raster_count(images->raster).way;
    const bool can_store = (wish->image_usage & VK_IMAGE_USAGE_STORAGE_BIT) &&
                           (images->device->caps & AS_VULKAN_CAP_STORE);
    const bool can_copy = (wish->image_usage & VK_IMAGE_USAGE_TRANSFER_DST_BIT) != 0;
    if (usual == AS_VULKAN_WAY_STORE)
        return can_store ? AS_VULKAN_WAY_STORE : AS_VULKAN_WAY_COPY;
    return can_copy ? AS_VULKAN_WAY_COPY : AS_VULKAN_WAY_STORE;
}

static as_result draw_into(as_vulkan_images *images, as_vulkan_entry *entry,
                           const as_vulkan_wish *wish, as_vulkan_way way,
                           const as_vulkan_draw *draw, uint64_t timeout_ns, as_error *error)
{
    const bool used = entry->foreign || entry->point != 0;
    const as_vulkan_target target = {
        .image = entry->image.image,
        .view = entry->image.view,
        .way = way,
        .width = wish->width,
        .height = wish->height,
        .before_layout = entry->foreign ? wish->image_layout : VK_IMAGE_LAYOUT_UNDEFINED,
        .before_stage = used ? VK_PIPELINE_STAGE_ALL_COMMANDS_BIT : 0,
        .before_access = used ? VK_ACCESS_MEMORY_READ_BIT | VK_ACCESS_MEMORY_WRITE_BIT : 0,
        .after_layout = wish->layout,
        .after_stage = VK_PIPELINE_STAGE_ALL_COMMANDS_BIT,
        .after_access = VK_ACCESS_MEMORY_READ_BIT | VK_ACCESS_MEMORY_WRITE_BIT,
        .after_family =
            wish->family == images->device->family ? VK_QUEUE_FAMILY_IGNORED : wish->family};
    as_result result = as_vulkan_raster_record(images->raster, draw, &target, timeout_ns, error);
    entry->known = false;
    if (result == AS_OK)
        result = submit(images, entry, error);
    if (result != AS_OK)
        return result;
    entry->content = wish->content;
    entry->index = wish->index;
    entry->layout = wish->layout;
    entry->family = wish->family;
    entry->known = true;
    return AS_OK;
}

as_result as_vulkan_images_draw(as_vulkan_images *images, const as_vulkan_wish *wish,
                                const as_vulkan_draw *draw, uint64_t timeout_ns,
                                const as_vulkan_entry **out_entry, as_error *error)
{
    const as_vulkan_way way = way_to(images, wish);
    drop_retired(images);
    /* So that each held image can be retired without a wait. */
    if (images->retired_count + images->entries_count >= MOST_RETIRED) {
        const as_result waited =
            as_vulkan_wait(images->device, images->last_point, timeout_ns, error);
        if (waited != AS_OK)
            return waited;
        drop_retired(images);
    }
    as_vulkan_entry *entry = wish->image ? take_foreign(images, wish, way, error)
                                         : take_own(images, wish, timeout_ns, error);
    if (!entry)
        return error->code;
    const as_result result = draw_into(images, entry, wish, way, draw, timeout_ns, error);
    if (result == AS_OK) {
        hold(images, entry);
        *out_entry = entry;
    } else if (entry->foreign) {
        disown(entry);
        as_vulkan_image_destroy(images->device, &entry->image);
        forget(images, entry);
    }
    return result;
}

/* ----------------------------------------------------------------------------- holders ------- */

const as_vulkan_entry *as_vulkan_images_held(const as_vulkan_images *images, const void *entry,
                                             uint32_t holder)
{
    for (uint32_t i = 0; i < images->entries_count; i++) {
        const as_vulkan_entry *e = images->entries[i];
        for (uint32_t k = 0; e == entry && k < e->held; k++)
            if (e->holders[k] == holder)
                return e;
    }
    return NULL;
}

void as_vulkan_images_release(as_vulkan_images *images, const as_vulkan_entry *held,
                              uint32_t holder, VkImageLayout layout,
                              const as_vulkan_semaphore *last)
{
    uint32_t at = 0, k = 0;
    while (images->entries[at] != held)
        at++;
    as_vulkan_entry *entry = images->entries[at];
    while (entry->holders[k] != holder)
        k++;
    entry->holders[k] = entry->holders[--entry->held];
    /* In another layout it will be later than at `point`. */
    entry->known &= layout == entry->layout;
    if (entry->foreign) {
        disown(entry);
        if (entry->own_view)
            retire(images, &entry->image, entry->point);
        forget(images, entry);
        return;
    }
    if (!last->semaphore)
        return;
    for (uint32_t i = 0; i < entry->waits_count; i++) {
        as_vulkan_semaphore *w = &entry->waits[i];
        if (last->value == 0 || w->semaphore != last->semaphore)
            continue;
        w->value = w->value > last->value ? w->value : last->value;
        return;
    }
    entry->waits[entry->waits_count++] = *last;
}

as_result as_vulkan_images_export(as_vulkan_images *images, const as_vulkan_entry *entry,
                                  int *out_fd, as_error *error)
{
    const VkMemoryGetFdInfoKHR info = {.sType = VK_STRUCTURE_TYPE_MEMORY_GET_FD_INFO_KHR,
                                       .memory = entry->image.memory,
                                       .handleType = VK_EXTERNAL_MEMORY_HANDLE_TYPE_OPAQUE_FD_BIT};
    const as_result result = as_vulkan_usable(images->device, error);
    if (result != AS_OK)
        return result;
    return as_vulkan_check(images->device,
                           images->device->f.GetMemoryFdKHR(images->device->device, &info, out_fd),
                           "a file descriptor of an image's memory", error);
}

as_vulkan_images_numbers as_vulkan_images_count(as_vulkan_images *images)
{
    as_vulkan_images_numbers n = {.submits = images->submits,
                                  .raster = as_vulkan_raster_count(images->raster)};
    for (uint32_t i = 0; i < images->entries_count; i++) {
        n.held += images->entries[i]->held;
        if (images->entries[i]->foreign)
            continue;
        n.images++;
        n.image_bytes += images->entries[i]->image.memory_size;
    }
    return n;
}
