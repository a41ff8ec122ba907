/* SPDX-License-Identifier: MIT
 *
 * The OpenGL backend, with both ways to upload, on the context of ALPHASTREAM_TEST_GL.
 */
#include "tests/support/gl_context.h"
#include "tests/unit/gpu_front.h"

static test_gl *context;
static as_gl_upload upload;

static void *make(uint32_t textures, uint32_t room)
{
    const as_gpu_opengl_params params = {.get_proc_address = test_gl_load,
                                         .textures = textures,
                                         .segment_rects = room,
                                         .upload = upload};
    as_gpu *gpu = NULL;
    as_error error;
    assert_ok(as_gpu_opengl_create(&params, &gpu, &error), &error);
    assert_int_equal(gpu->persistent, upload == AS_GL_UPLOAD_PERSISTENT);
    return gpu;
}

static as_result try_make_gpu(as_gpu **out_gpu, as_error *error)
{
    const as_gpu_opengl_params params = {
        .get_proc_address = test_gl_load, .textures = 2, .upload = upload};
    return as_gpu_opengl_create(&params, out_gpu, error);
}

static as_result try_make(void **out_gpu, as_error *error)
{
    as_gpu *gpu = NULL;
    const as_result result = try_make_gpu(&gpu, error);
    *out_gpu = gpu;
    return result;
}

static uint8_t *read(void *gpu, const gpu_image *image)
{
    const as_gpu_texture *texture = image->handle;
    (void)gpu;
    return test_gl_read(context, texture->name, texture->width, texture->height);
}

static void setup_maker(void)
{
    GLint most;
    context = test_gl_create(NULL);
    context->f.gl.GetIntegerv(GL_MAX_TEXTURE_SIZE, &most);
    gpu_under_test =
        (gpu_maker){GPU_FRONT, .make = make, .try_make = try_make, .read = read,
                    .max_size = most < AS_SIZE_MAX_PIXELS ? (uint32_t)most : AS_SIZE_MAX_PIXELS};
    print_message("%s, %s\n", (const char *)context->f.gl.GetString(GL_VERSION),
                  (const char *)context->f.gl.GetString(GL_RENDERER));
}

static int setup_persistent(void **state)
{
    (void)state;
    upload = AS_GL_UPLOAD_PERSISTENT;
    setup_maker();
    return 0;
}

static int setup_orphaned(void **state)
{
    (void)state;
    upload = AS_GL_UPLOAD_ORPHANED;
    setup_maker();
    return 0;
}

static int teardown(void **state)
{
    test_gl_destroy(context);
    return test_nothing_alive(state);
}

static void test_no_persistent(void **state)
{
    as_gpu *gpu = NULL;
    as_error error;
    (void)state;
    upload = AS_GL_UPLOAD_PERSISTENT;
    assert_fails(try_make_gpu(&gpu, &error), AS_ERROR_GPU, &error, "AS_GL_UPLOAD_AUTO");
    upload = AS_GL_UPLOAD_AUTO;
    assert_ok(try_make_gpu(&gpu, &error), &error);
    assert_false(gpu->persistent);
    as_gpu_destroy(gpu, false);
}

/* Memory that begins at the same address again when all of it was freed. */
typedef struct arena {
    _Alignas(64) unsigned char bytes[1 << 17];
    size_t used, blocks;
} arena;

static void *arena_allocate(void *user, size_t size, size_t alignment)
{
    arena *a = user;
    const size_t at = (a->used + alignment - 1) / alignment * alignment;
    if (alignment > 64 || at > sizeof(a->bytes) || size > sizeof(a->bytes) - at)
        return NULL;
    a->used = at + size;
    a->blocks++;
    return a->bytes + at;
}

static void arena_release(void *user, void *memory)
{
    arena *a = user;
    (void)memory;
    if (--a->blocks == 0)
        a->used = 0;
}

/* An abandoned device leaves its objects behind; the next one, in another context, has its address
 * and its names here. */
static void test_left_behind(void **state)
{
    static arena memory;
    const as_allocator allocator = {.struct_size = sizeof(allocator),
                                    .allocate = arena_allocate,
                                    .release = arena_release,
                                    .user = &memory};
    as_gpu *gpu = NULL;
    as_error error;
    (void)state;
    upload = AS_GL_UPLOAD_AUTO;
    test_gl *other = test_gl_create(NULL);
    assert_int_equal(as_set_allocator(&allocator), AS_OK);
    test_gl_current(context);
    assert_ok(try_make_gpu(&gpu, &error), &error);
    const as_gpu *const before = gpu;
    as_gpu_destroy(gpu, true);
    test_gl_current(other);
    assert_ok(try_make_gpu(&gpu, &error), &error);
    assert_ptr_equal(gpu, before);
    test_gl_current(context);
    assert_fails(gpu->backend->check(gpu, &error), AS_ERROR_GPU, &error,
                 "another OpenGL context is current");
    test_gl_current(other);
    assert_ok(gpu->backend->check(gpu, &error), &error);
    as_gpu_destroy(gpu, false);
    assert_int_equal(as_set_allocator(NULL), AS_OK);
    test_gl_destroy(other);
    test_gl_current(context);
}

int main(void)
{
    const struct CMUnitTest tests[] = {GPU_BODY_TESTS, GPU_FRONT_TESTS};
    const struct CMUnitTest once[] = {cmocka_unit_test(test_left_behind)};
    const struct CMUnitTest bare[] = {cmocka_unit_test(test_no_persistent)};
    int failed = cmocka_run_group_tests_name("gpu_gl orphaned", tests, setup_orphaned, teardown);
    failed += cmocka_run_group_tests_name("gpu_gl contexts", once, setup_orphaned, teardown);
    if (test_gl_is_bare())
        failed += cmocka_run_group_tests_name("gpu_gl bare", bare, setup_orphaned, teardown);
    else
        failed +=
            cmocka_run_group_tests_name("gpu_gl persistent", tests, setup_persistent, teardown);
    return failed;
}
