/* SPDX-License-Identifier: MIT
 *
 * The OpenGL backend, with both ways to upload, on the context of ALPHASTREAM_TEST_GL.
 */
#include "tests/support/gl_context.h"
#include "tests/unit/gpu_body.h"

static test_gl *context;
static as_gl_upload upload;

static as_gpu *make(uint32_t textures, uint32_t room)
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

static as_result try_make(as_gpu **out_gpu, as_error *error)
{
    const as_gpu_opengl_params params = {
        .get_proc_address = test_gl_load, .textures = 2, .upload = upload};
    return as_gpu_opengl_create(&params, out_gpu, error);
}

static uint8_t *read(const as_gpu_texture *texture)
{
    return test_gl_read(context, texture->name, texture->width, texture->height);
}

static void setup_maker(void)
{
    GLint most;
    context = test_gl_create(NULL);
    context->f.gl.GetIntegerv(GL_MAX_TEXTURE_SIZE, &most);
    gpu_under_test = (gpu_maker){make, try_make, read,
                                 most < AS_SIZE_MAX_PIXELS ? (uint32_t)most : AS_SIZE_MAX_PIXELS};
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
    assert_fails(try_make(&gpu, &error), AS_ERROR_GPU, &error, "AS_GL_UPLOAD_AUTO");
    upload = AS_GL_UPLOAD_AUTO;
    assert_ok(try_make(&gpu, &error), &error);
    assert_false(gpu->persistent);
    as_gpu_destroy(gpu, false);
}

int main(void)
{
    const struct CMUnitTest tests[] = {GPU_BODY_TESTS};
    const struct CMUnitTest bare[] = {cmocka_unit_test(test_no_persistent)};
    int failed = cmocka_run_group_tests_name("gpu_gl orphaned", tests, setup_orphaned, teardown);
    if (test_gl_is_bare())
        failed += cmocka_run_group_tests_name("gpu_gl bare", bare, setup_orphaned, teardown);
    else
        failed +=
            cmocka_run_group_tests_name("gpu_gl persistent", tests, setup_persistent, teardown);
    return failed;
}
