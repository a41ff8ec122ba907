/* SPDX-License-Identifier: MIT */
#include "backend_vulkan.h"

#include "message.h"
#include "samples/common/vulkan_host.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

struct backend_vulkan {
    as_vk_device *device;
    as_vk *vk;
    vulkan_reader *reader;
    as_vk_image shown;
    char name[320];
};

bool backend_vulkan_built(void)
{
    return true;
}

/* `before` begins the sentence that says why there is none. */
static as_vk_get_proc load(const char *before)
{
    char why[256];
    const as_vk_get_proc get_proc = vulkan_load(why, sizeof(why));
    if (!get_proc)
        (void)message_usage("%s%s", before, why);
    return get_proc;
}

/* --device N; there are `count`. */
typedef struct choice {
    uint32_t wanted, count;
} choice;

static int32_t choose(void *user, const as_vk_gpu *gpus, uint32_t count)
{
    choice *c = user;
    (void)gpus;
    c->count = count;
    return c->wanted < count ? (int32_t)c->wanted : -1;
}

static int say_unusable(const options *o, const choice *c, const as_error *error)
{
    if (!o->device_given)
        return message_usage("--backend vulkan: %s; or use --backend cpu", error->text);
    if (c->wanted >= c->count)
        return message_usage("--backend vulkan --device %" PRIu32 ": Vulkan knows %" PRIu32
                             " GPUs, counted from 0; alphastream gpus lists them",
                             c->wanted, c->count);
    return message_usage("--backend vulkan --device %" PRIu32 ": %s; alphastream gpus lists others",
                         c->wanted, error->text);
}

static int create_device(backend_vulkan *v, const options *o, as_vk_get_proc get_proc)
{
    as_error error = {0};
    choice chosen = {.wanted = o->device};
    const as_vk_create create = {.struct_size = sizeof(create),
                                 .get_instance_proc_addr = get_proc,
                                 .choose = o->device_given ? choose : NULL,
                                 .user = &chosen};
    as_vk_device_info info = {.struct_size = sizeof(info)};
    if (as_vk_device_create(&create, &v->device, &error) != AS_OK)
        return say_unusable(o, &chosen, &error);
    if (as_vk_device_get_info(v->device, &info) != AS_OK)
        return message_usage("--backend vulkan: the device tells nothing of itself");
    const vulkan_queue queue = {get_proc,    info.instance, info.physical_device,
                                info.device, info.queue,    info.queue_family};
    v->reader = vulkan_reader_create(&queue, (VkDeviceSize)o->width * o->height);
    if (!v->reader)
        return message_usage("--backend vulkan: the driver has no memory to read masks back; use a "
                             "smaller --size");
    snprintf(v->name, sizeof(v->name), "Vulkan %" PRIu32 ".%" PRIu32 ", %s",
             VK_API_VERSION_MAJOR(info.gpu.api_version), VK_API_VERSION_MINOR(info.gpu.api_version),
             info.gpu.name);
    return CLI_DONE;
}

int backend_vulkan_open(const options *o, backend_vulkan **out)
{
    const as_vk_get_proc get_proc = load("--backend vulkan: ");
    *out = NULL;
    if (!get_proc)
        return CLI_USAGE;
    *out = calloc(1, sizeof(**out));
    if (!*out)
        return message_usage("out of memory");
    const int code = create_device(*out, o, get_proc);
    if (code != CLI_DONE)
        backend_vulkan_close(out);
    return code;
}

int backend_vulkan_attach(backend_vulkan *v, as_stream *stream)
{
    const as_vk_params params = {.struct_size = sizeof(params), .gpu_times = 1};
    as_error error = {0};
    if (as_vk_attach(stream, v->device, &params, &v->vk, &error) == AS_OK)
        return CLI_DONE;
    return message_usage("--backend vulkan: %s", error.text);
}

as_result backend_vulkan_show(backend_vulkan *v, uint64_t frame, uint64_t timeout_ns,
                              as_error *error)
{
    const as_vk_request request = {.struct_size = sizeof(request),
                                   .layout = VK_IMAGE_LAYOUT_TRANSFER_SRC_OPTIMAL};
    as_vk_image image;
    as_result result = as_vk_get_frame(v->vk, frame, &request, timeout_ns, &image, error);
    if (result != AS_OK)
        return result;
    (void)as_vk_release(v->vk, &v->shown, NULL, NULL);
    v->shown = image;
    return as_vk_wait(v->vk, &v->shown, AS_WAIT_FOREVER, error);
}

as_result backend_vulkan_read(backend_vulkan *v, uint64_t frame, uint8_t *pixels, as_error *error)
{
    const as_result result = backend_vulkan_show(v, frame, AS_WAIT_FOREVER, error);
    if (result != AS_OK || vulkan_reader_read(v->reader, &v->shown, pixels))
        return result;
    *error = (as_error){.code = AS_ERROR_GPU,
                        .frame = frame,
                        .offset = AS_NO_OFFSET,
                        .text = "the driver does not give back an image's pixels"};
    return error->code;
}

void backend_vulkan_stats(const backend_vulkan *v, as_vk_stats *stats)
{
    *stats = (as_vk_stats){.struct_size = sizeof(*stats)};
    if (as_vk_get_stats(v->vk, stats) != AS_OK)
        *stats = (as_vk_stats){.struct_size = sizeof(*stats)};
}

const char *backend_vulkan_name(const backend_vulkan *v)
{
    return v->name;
}

void backend_vulkan_close(backend_vulkan **vulkan)
{
    backend_vulkan *v = *vulkan;
    if (!v)
        return;
    as_vk_detach(&v->vk);
    vulkan_reader_destroy(v->reader);
    as_vk_device_unref(&v->device);
    free(v);
    *vulkan = NULL;
}

int backend_vulkan_list(as_vk_gpu **out_gpus, uint32_t *out_count)
{
    enum { ROOM = 32 };
    as_error error = {0};
    const as_vk_get_proc get_proc = load("");
    *out_gpus = NULL;
    *out_count = 0;
    if (!get_proc)
        return CLI_USAGE;
    *out_gpus = calloc(ROOM, sizeof(**out_gpus));
    if (!*out_gpus)
        return message_usage("out of memory");
    if (as_vk_list_gpus(get_proc, *out_gpus, ROOM, out_count, &error) != AS_OK)
        return message_usage("%s", error.text);
    *out_count = *out_count > ROOM ? ROOM : *out_count;
    return CLI_DONE;
}
