/* SPDX-License-Identifier: MIT
 *
 * Masks drawn by Vulkan, seen by OpenGL: images of the library's pool are exported as descriptors
 * of memory, imported as textures, and used by both; no pixel is copied. Each is compared with the
 * mask that the CPU makes. Without a window.
 *
 *     gl_vk_share SOURCE FRAME...
 */
#include "samples/common/frames.h"
#include "samples/common/headless_gl.h"
#include "samples/common/vulkan_host.h"

#include <GL/glext.h>
#include <alphastream/alphastream.h>

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

enum { WIDTH = 1024, HEIGHT = 512, IMAGES = 2 };

/* Of GL_EXT_memory_object and GL_EXT_memory_object_fd, loaded by name. */
static struct {
    PFNGLGETUNSIGNEDBYTEI_VEXTPROC GetUnsignedBytei_v;
    PFNGLCREATEMEMORYOBJECTSEXTPROC CreateMemoryObjects;
    PFNGLMEMORYOBJECTPARAMETERIVEXTPROC MemoryObjectParameteriv;
    PFNGLIMPORTMEMORYFDEXTPROC ImportMemoryFd;
    PFNGLTEXSTORAGEMEM2DEXTPROC TexStorageMem2D;
} ext;

/* An image of the pool, and the texture that has its memory. */
typedef struct shared {
    VkImage image;
    GLuint memory, texture;
} shared;

typedef struct program {
    headless_gl *gl;
    as_stream *stream;
    as_vk_device *device;
    as_vk *vk;
    as_vk_image shown; /* kept until the next one is there */
    shared shared[IMAGES];
    int count;
} program;

static bool say(const char *text)
{
    fprintf(stderr, "gl_vk_share: %s\n", text);
    return false;
}

static bool load_extensions(headless_gl *gl)
{
#define LOAD(type, name) (ext.name = (type)headless_gl_address(gl, "gl" #name "EXT"))
    return LOAD(PFNGLGETUNSIGNEDBYTEI_VEXTPROC, GetUnsignedBytei_v) &&
           LOAD(PFNGLCREATEMEMORYOBJECTSEXTPROC, CreateMemoryObjects) &&
           LOAD(PFNGLMEMORYOBJECTPARAMETERIVEXTPROC, MemoryObjectParameteriv) &&
           LOAD(PFNGLIMPORTMEMORYFDEXTPROC, ImportMemoryFd) &&
           LOAD(PFNGLTEXSTORAGEMEM2DEXTPROC, TexStorageMem2D);
}

/* Vulkan on the GPU that OpenGL runs on: the same UUID. */
static bool start(program *p, const char *location)
{
    char why[256];
    uint8_t uuid[GL_UUID_SIZE_EXT];
    as_error error;
    if (!(p->gl = headless_gl_create(false, why, sizeof(why))))
        return say(why);
    if (!load_extensions(p->gl))
        return say("this OpenGL cannot import memory (GL_EXT_memory_object_fd)");
    ext.GetUnsignedBytei_v(GL_DEVICE_UUID_EXT, 0, uuid);
    const as_vk_create create = {.struct_size = sizeof(create),
                                 .get_instance_proc_addr = vulkan_load(why, sizeof(why)),
                                 .uuid = uuid};
    const as_vk_params params = {
        .struct_size = sizeof(params), .images = IMAGES, .export_memory = 1};
    const as_stream_params stream = {.struct_size = sizeof(stream),
                                     .location = location,
                                     .width = WIDTH,
                                     .height = HEIGHT,
                                     .processing = AS_PROCESS_ON_DEMAND};
    if (!create.get_instance_proc_addr)
        return say(why);
    return (as_vk_device_create(&create, &p->device, &error) == AS_OK &&
            as_stream_open(&stream, &p->stream, &error) == AS_OK &&
            as_vk_attach(p->stream, p->device, &params, &p->vk, &error) == AS_OK) ||
           say(error.text);
}

/* The textures go with the context, the memory when neither API has it any more. */
static void end(program *p)
{
    as_vk_detach(&p->vk);
    as_vk_device_unref(&p->device);
    as_stream_close(&p->stream);
    headless_gl_destroy(p->gl);
}

/* Once for each image of the pool: they are used again and again. */
static const shared *import(program *p, const as_vk_image *image)
{
    const headless_gl_functions *c = headless_gl_calls(p->gl);
    as_vk_memory memory = {.struct_size = sizeof(memory)};
    as_error error;
    for (int i = 0; i < p->count; i++)
        if (p->shared[i].image == image->image)
            return &p->shared[i];
    if (p->count == IMAGES || as_vk_export_memory(p->vk, image, &memory, &error) != AS_OK)
        return NULL;
    shared *s = &p->shared[p->count++];
    const GLint dedicated = (GLint)memory.dedicated;
    s->image = image->image;
    ext.CreateMemoryObjects(1, &s->memory);
    ext.MemoryObjectParameteriv(s->memory, GL_DEDICATED_MEMORY_OBJECT_EXT, &dedicated);
    ext.ImportMemoryFd(s->memory, memory.size, GL_HANDLE_TYPE_OPAQUE_FD_EXT, memory.fd); /* its */
    c->GenTextures(1, &s->texture);
    c->BindTexture(GL_TEXTURE_2D, s->texture);
    c->TexParameteri(GL_TEXTURE_2D, GL_TEXTURE_TILING_EXT, GL_OPTIMAL_TILING_EXT);
    ext.TexStorageMem2D(GL_TEXTURE_2D, 1, GL_R8, WIDTH, HEIGHT, s->memory, memory.offset);
    return c->GetError() == GL_NO_ERROR ? s : NULL;
}

/* Ownership goes to OpenGL and comes back; each waits on the host until the other is done. OpenGL's
 * end can be a semaphore instead that both know (as_vk_done, GL_EXT_semaphore_fd). */
static bool show(program *p, uint64_t index)
{
    static uint8_t pixels[WIDTH * HEIGHT];
    const as_vk_request request = {.struct_size = sizeof(request),
                                   .layout = VK_IMAGE_LAYOUT_GENERAL,
                                   .transfer = 1,
                                   .queue_family = VK_QUEUE_FAMILY_EXTERNAL};
    as_vk_image image;
    as_error error;
    if (as_vk_get_frame(p->vk, index, &request, AS_WAIT_FOREVER, &image, &error) != AS_OK ||
        as_vk_wait(p->vk, &image, AS_WAIT_FOREVER, &error) != AS_OK)
        return say(error.text);
    const shared *s = import(p, &image);
    const bool read = s && headless_gl_read_red(p->gl, s->texture, WIDTH, HEIGHT, pixels);
    headless_gl_calls(p->gl)->Finish();
    as_vk_release(p->vk, &p->shown, NULL, NULL);
    p->shown = image;
    const bool same = read && is_mask(p->stream, index, pixels, WIDTH, HEIGHT);
    printf("frame %" PRIu64 ": texture %d is %sits mask\n", index, s ? (int)(s - p->shared) : -1,
           same ? "" : "not ");
    return same;
}

int main(int argc, char **argv)
{
    static program p;
    bool good = argc > 1 && are_frames(argc - 2, argv + 2);
    if (!good)
        fprintf(stderr, "usage: gl_vk_share SOURCE FRAME...\n");
    const bool started = good && start(&p, argv[1]);
    good = started;
    for (int i = 2; i < argc && good; i++)
        good = show(&p, strtoull(argv[i], NULL, 10));
    end(&p);
    return good ? 0 : started ? 1 : 2;
}
