/* SPDX-License-Identifier: MIT
 *
 * Memory of Vulkan images in another API: imported by OpenGL, it shows the same masks.
 */
#include "tests/support/gl_context.h"
#include "tests/unit/vk_fixture.h"

#include <unistd.h>

/* Of GL_EXT_memory_object and GL_EXT_memory_object_fd; the library's table has none of them. */
enum {
    TEXTURE_TILING = 0x9580,
    DEDICATED_MEMORY_OBJECT = 0x9581,
    OPTIMAL_TILING = 0x9584,
    HANDLE_TYPE_OPAQUE_FD = 0x9586
};
typedef void (*create_memory)(GLsizei count, GLuint *memory);
typedef void (*delete_memory)(GLsizei count, const GLuint *memory);
typedef void (*memory_parameter)(GLuint memory, GLenum name, const GLint *value);
typedef void (*import_memory)(GLuint memory, GLuint64 size, GLenum type, GLint fd);
typedef void (*texture_storage)(GLenum target, GLsizei levels, GLenum format, GLsizei width,
                                GLsizei height, GLuint memory, GLuint64 offset);

enum { WIDTH = 320, HEIGHT = 200, FRAMES = 20 };

static test_vk *context;
static test_gl *gl;
static truth small;

static int setup(void **state)
{
    (void)state;
    context = test_vk_open();
    gl = test_gl_create(NULL);
    truth_of_bytes(&small, test_triangles(FRAMES), WIDTH, HEIGHT);
    truth_draw_all(&small, WIDTH, HEIGHT);
    truth_rest(&small);
    return 0;
}

static int teardown(void **state)
{
    truth_free(&small);
    test_gl_destroy(gl);
    test_vk_close(context);
    return test_nothing_alive(state);
}

static GLuint import(const as_vk_memory *memory, GLuint *out_object)
{
    const GLint dedicated = (GLint)memory->dedicated;
    GLuint texture;
    ((create_memory)test_gl_load(NULL, "glCreateMemoryObjectsEXT"))(1, out_object);
    ((memory_parameter)test_gl_load(NULL, "glMemoryObjectParameterivEXT"))(
        *out_object, DEDICATED_MEMORY_OBJECT, &dedicated);
    ((import_memory)test_gl_load(NULL, "glImportMemoryFdEXT"))(*out_object, memory->size,
                                                               HANDLE_TYPE_OPAQUE_FD, memory->fd);
    gl->f.gl.GenTextures(1, &texture);
    gl->f.gl.BindTexture(GL_TEXTURE_2D, texture);
    gl->f.gl.TexParameteri(GL_TEXTURE_2D, TEXTURE_TILING, OPTIMAL_TILING);
    ((texture_storage)test_gl_load(NULL, "glTexStorageMem2DEXT"))(
        GL_TEXTURE_2D, 1, GL_R8, WIDTH, HEIGHT, *out_object, memory->offset);
    return texture;
}

static as_vk *attach_exported(as_stream *stream, as_vk_device *device)
{
    const as_vk_params params = {.struct_size = sizeof(params), .images = 2, .export_memory = 1};
    as_vk *vk = NULL;
    as_error error;
    assert_ok(as_vk_attach(stream, device, &params, &vk, &error), &error);
    return vk;
}

static void test_opengl_sees_it(void **state)
{
    const as_stream_params params = truth_params(&small);
    as_stream *stream = open_stream(&params);
    as_vk_device *device = import_device(context, 0);
    as_vk *vk = attach_exported(stream, device);
    as_vk_memory memory = {.struct_size = sizeof(memory)};
    GLuint object = 0;
    as_vk_request request = ask(0, 0);
    as_error error;
    (void)state;
    request.transfer = 1;
    request.queue_family = VK_QUEUE_FAMILY_EXTERNAL;
    request.layout = VK_IMAGE_LAYOUT_GENERAL;
    as_vk_image image = get(vk, 0, &request);
    assert_ok(as_vk_export_memory(vk, &image, &memory, &error), &error);
    assert_true(memory.fd >= 0);
    assert_null(memory.handle);
    assert_true(memory.size >= WIDTH * HEIGHT);
    assert_int_equal(memory.tiling, VK_IMAGE_TILING_OPTIMAL);
    const VkImage first = image.image;
    const GLuint texture = import(&memory, &object); /* takes the descriptor over */
    test_gl_no_errors(gl);
    for (uint64_t n = 0; n < 8; n++) {
        if (n != 0)
            image = get(vk, n, &request);
        assert_ok(as_vk_wait(vk, &image, AS_WAIT_FOREVER, &error), &error);
        if (image.image == first) {
            uint8_t *pixels = test_gl_read(gl, texture, WIDTH, HEIGHT);
            assert_same_bytes(pixels, truth_mask(&small, n, WIDTH, HEIGHT), WIDTH * HEIGHT);
            free(pixels);
            gl->f.gl.Finish();
        } else {
            assert_int_equal(n % 2, 1); /* the two of them take turns */
        }
        assert_int_equal(as_vk_release(vk, &image, NULL, &error), AS_OK);
    }
    gl->f.gl.DeleteTextures(1, &texture);
    ((delete_memory)test_gl_load(NULL, "glDeleteMemoryObjectsEXT"))(1, &object);
    test_gl_no_errors(gl);
    as_vk_detach(&vk);
    as_vk_device_unref(&device);
    as_stream_close(&stream);
}

static void test_exported_descriptors(void **state)
{
    const as_stream_params params = truth_params(&small);
    as_stream *stream = open_stream(&params);
    as_vk_device *device = import_device(context, 0), *without;
    as_vk *vk = attach_exported(stream, device), *plain;
    as_vk_memory first = {.struct_size = sizeof(first)}, second = first;
    const as_vk_params own = {.struct_size = sizeof(own), .export_memory = 1};
    as_error error;
    (void)state;
    as_vk_image image = get(vk, 0, NULL), other;
    assert_ok(as_vk_export_memory(vk, &image, &first, &error), &error);
    assert_ok(as_vk_export_memory(vk, &image, &second, &error), &error);
    assert_int_not_equal(first.fd, second.fd); /* each is the caller's */
    close(first.fd);
    close(second.fd);
    first.struct_size = 1;
    assert_fails(as_vk_export_memory(vk, &image, &first, &error), AS_ERROR_ARGUMENT, &error,
                 "struct_size");
    assert_fails(as_vk_export_memory(vk, &image, NULL, &error), AS_ERROR_ARGUMENT, &error,
                 "out_memory");
    other = image;
    release(vk, &image, NULL);
    first.struct_size = sizeof(first);
    assert_fails(as_vk_export_memory(vk, &other, &first, &error), AS_ERROR_ARGUMENT, &error,
                 "not held");
    plain = attach(stream, device, 1, AS_VK_WRITE_AUTO);
    other = get(plain, 0, NULL);
    assert_fails(as_vk_export_memory(plain, &other, &first, &error), AS_ERROR_UNSUPPORTED, &error,
                 "export_memory");
    as_vk_detach(&plain);
    without = import_device(context, AS_VK_EXPORT);
    assert_fails(as_vk_attach(stream, without, &own, &plain, &error), AS_ERROR_GPU, &error,
                 "VK_KHR_external_memory_fd");
    as_vk_device_unref(&without);
    as_vk_detach(&vk);
    as_vk_device_unref(&device);
    as_stream_close(&stream);
    test_vk_no_messages();
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_opengl_sees_it),
        cmocka_unit_test(test_exported_descriptors),
    };
    return cmocka_run_group_tests_name("vk_export", tests, setup, teardown);
}
