/* SPDX-License-Identifier: MIT
 *
 * Drivers that refuse, run out of memory or lose their context: each is AS_ERROR_GPU with its
 * reason, and what comes after it is right.
 */
#include "gpu/opengl/device.h"
#include "tests/support/failing_alloc.h"
#include "tests/support/gl_faults.h"
#include "tests/unit/gl_fixture.h"

enum { WIDTH = 320, HEIGHT = 200, FRAMES = 40, CONTEXT_LOST = 0x0507, GUILTY = 0x8253 };

static test_gl *context;
static truth small;
static as_stream *stream;

static int setup(void **state)
{
    (void)state;
    context = test_gl_create(NULL);
    truth_of_bytes(&small, test_triangles(FRAMES), WIDTH, HEIGHT);
    truth_draw_all(&small, WIDTH, HEIGHT);
    truth_rest(&small);
    const as_stream_params params = truth_params(&small);
    stream = open_stream(&params);
    return 0;
}

static int teardown(void **state)
{
    as_stream_close(&stream);
    truth_free(&small);
    test_gl_destroy(context);
    return test_nothing_alive(state);
}

static int clean(void **state)
{
    (void)state;
    test_gl_fault = (test_gl_faults){.version = NULL};
    test_gl_no_errors(context);
    return 0;
}

static as_result try_attach(as_gl_upload upload, as_gl **out_gl, as_error *error)
{
    const as_gl_params params = {
        .struct_size = sizeof(params), .get_proc_address = test_gl_load_faulty, .upload = upload};
    return as_gl_attach(stream, &params, out_gl, error);
}

static as_gl *attach_faulty(as_gl_upload upload)
{
    as_gl *gl = NULL;
    as_error error;
    assert_ok(try_attach(upload, &gl, &error), &error);
    return gl;
}

/* ---------------------------------------------------------------------------------- attach -- */

static void refuse_attach(const char *part)
{
    as_gl *gl = (as_gl *)&small;
    as_error error;
    assert_fails(try_attach(AS_GL_UPLOAD_AUTO, &gl, &error), AS_ERROR_GPU, &error, part);
    assert_null(gl);
    test_gl_fault = (test_gl_faults){.version = NULL};
    test_gl_no_errors(context);
}

static void test_too_old(void **state)
{
    static const char *const versions[] = {"2.1 Mesa 7",
                                           "3.2 (Core Profile)",
                                           "1.4",
                                           "OpenGL ES 2.0 (x)",
                                           "OpenGL ES-CM 1.1",
                                           "unknown",
                                           "",
                                           "OpenGL ES"};
    (void)state;
    for (size_t i = 0; i < COUNT(versions); i++) {
        test_gl_fault.version = versions[i];
        refuse_attach(versions[i]);
    }
}

static void test_functions_missing(void **state)
{
    static const char *const required[] = {"glDrawArraysInstanced", "glVertexAttribDivisor",
                                           "glGetIntegerv", "glMapBufferRange"};
    static const char *const optional[] = {"glBufferStorage",     "glEnablei",
                                           "glViewportIndexedfv", "glClipControl",
                                           "glBufferStorageEXT",  "glGetFloati_v"};
    (void)state;
    test_gl_fault.missing = "glGetString";
    refuse_attach("no OpenGL context is current");
    for (size_t i = 0; i < COUNT(required); i++) {
        test_gl_fault.missing = required[i];
        refuse_attach("get_proc_address does not know functions");
    }
    for (size_t i = 0; i < COUNT(optional); i++) {
        test_gl_fault.missing = optional[i];
        as_gl *gl = attach_faulty(AS_GL_UPLOAD_AUTO);
        check_frame(context, gl, &small, i, NULL);
        as_gl_detach(&gl);
    }
}

static void test_attach_refused(void **state)
{
    (void)state;
    test_gl_fault.no_compile = true;
    refuse_attach("does not compile a shader");
    test_gl_fault.no_link = true;
    refuse_attach("does not link");
    if (!test_gl_is_bare()) {
        test_gl_fault.no_map = true;
        refuse_attach("does not map");
    }
}

/* Each glGetError of an attach and two frames reports a failure, once or from then on. */
static void test_each_error(void **state)
{
    (void)state;
    for (int kind = 0; kind < 4; kind++) {
        const bool lost = kind % 2, lasts = kind / 2;
        for (uint64_t n = 1;; n++) {
            as_gl_texture texture;
            as_error error;
            as_gl *gl = NULL;
            test_gl_fault = (test_gl_faults){.error_at = n,
                                             .error_lasts = lasts,
                                             .error_code = lost ? CONTEXT_LOST : GL_OUT_OF_MEMORY};
            as_result result = try_attach(AS_GL_UPLOAD_ORPHANED, &gl, &error);
            for (uint64_t index = 0; index < 2 && result == AS_OK; index++) {
                result = as_gl_get_frame(gl, index, NULL, AS_WAIT_FOREVER, &texture, &error);
                as_gl_release(gl, &texture, NULL);
            }
            const bool reached = test_gl_fault.errors_asked >= n;
            assert_true(result == AS_OK || (reached && result == AS_ERROR_GPU));
            test_gl_fault.error_lasts = false;
            if (gl && !lost)
                check_frame(context, gl, &small, 3, NULL);
            as_gl_detach(&gl);
            if (!reached)
                break;
        }
    }
}

/* ---------------------------------------------------------------------------------- frames -- */

static void refuse_frame(as_gl *gl, uint64_t index, const char *part)
{
    as_gl_texture texture;
    as_error error;
    assert_fails(as_gl_get_frame(gl, index, NULL, AS_WAIT_FOREVER, &texture, &error), AS_ERROR_GPU,
                 &error, part);
    assert_null(texture.handle);
    assert_int_equal(error.frame, index);
    const test_gl_faults none = {.version = NULL};
    test_gl_fault = none;
}

static void test_no_memory_for_textures(void **state)
{
    as_gl *gl = attach_faulty(AS_GL_UPLOAD_AUTO);
    (void)state;
    test_gl_fault.no_texture_memory = true;
    refuse_frame(gl, 0, "out of memory (GL_OUT_OF_MEMORY)");
    assert_int_equal(gl_stats_of(gl).textures, 0);
    test_gl_fault.no_framebuffer = true;
    refuse_frame(gl, 0, "does not draw into GL_R8");
    assert_int_equal(gl_stats_of(gl).textures, 0);
    check_frame(context, gl, &small, 0, NULL);
    as_gl_detach(&gl);
}

/* What a driver answers to a call in the middle is told by name. */
static void test_errors_have_names(void **state)
{
    static const struct {
        GLenum code;
        const char *name;
    } rows[] = {{GL_INVALID_ENUM, "GL_INVALID_ENUM (0x0500)"},
                {GL_INVALID_VALUE, "GL_INVALID_VALUE (0x0501)"},
                {GL_INVALID_OPERATION, "GL_INVALID_OPERATION (0x0502)"},
                {GL_INVALID_FRAMEBUFFER_OPERATION, "GL_INVALID_FRAMEBUFFER_OPERATION (0x0506)"},
                {0x7777, "an unknown error (0x7777)"}};
    (void)state;
    for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
        as_gl *gl = attach_faulty(AS_GL_UPLOAD_ORPHANED);
        as_result result = AS_OK;
        for (uint64_t n = 1; result == AS_OK; n++) {
            as_gl_texture texture;
            as_error error;
            test_gl_fault = (test_gl_faults){.error_at = n, .error_code = rows[i].code};
            result = as_gl_get_frame(gl, n % 2, NULL, AS_WAIT_FOREVER, &texture, &error);
            assert_true(result == AS_OK ? test_gl_fault.errors_asked != 0
                                        : strstr(error.text, rows[i].name) != NULL);
            as_gl_release(gl, &texture, NULL);
            assert_true(n < 1000);
        }
        assert_int_equal(result, AS_ERROR_GPU);
        test_gl_fault = (test_gl_faults){.version = NULL};
        check_frame(context, gl, &small, 0, NULL);
        as_gl_detach(&gl);
    }
}

/* Drivers differ in whether a level before GL_TEXTURE_BASE_LEVEL can be drawn into. */
static void test_base_level(void **state)
{
    const GladGLContext *f = &context->f.gl;
    as_gl_request request = ask(0, 0);
    as_gl_texture texture;
    as_error error;
    (void)state;
    as_gl *gl = attach_faulty(AS_GL_UPLOAD_AUTO);
    request.texture = test_gl_make_texture(context, GL_R8, WIDTH, HEIGHT, 0);
    test_gl_fault.no_framebuffer = true;
    assert_fails(as_gl_get_frame(gl, 0, &request, AS_WAIT_FOREVER, &texture, &error),
                 AS_ERROR_ARGUMENT, &error, "is not GL_R8");
    f->BindTexture(GL_TEXTURE_2D, request.texture);
    f->TexParameteri(GL_TEXTURE_2D, GL_TEXTURE_BASE_LEVEL, 1);
    assert_fails(as_gl_get_frame(gl, 0, &request, AS_WAIT_FOREVER, &texture, &error),
                 AS_ERROR_ARGUMENT, &error, "GL_TEXTURE_BASE_LEVEL");
    f->BindTexture(GL_TEXTURE_2D, 0);
    f->DeleteTextures(1, &request.texture);
    as_gl_detach(&gl);
}

/* Mesa's software drivers have no attachments for several views. */
static void test_several_views(void **state)
{
    const GladGLContext *f = &context->f.gl;
    as_gl_request request = ask(0, 0);
    as_gl_texture texture;
    as_error error;
    (void)state;
    GLuint name = test_gl_make_texture(context, GL_R8, WIDTH, HEIGHT, 0);
    f->GenFramebuffers(1, &request.framebuffer);
    f->BindFramebuffer(GL_FRAMEBUFFER, request.framebuffer);
    f->FramebufferTexture2D(GL_FRAMEBUFFER, GL_COLOR_ATTACHMENT0, GL_TEXTURE_2D, name, 0);
    f->BindFramebuffer(GL_FRAMEBUFFER, 0);
    test_gl_fault.several_views = true;
    as_gl *gl = attach_faulty(AS_GL_UPLOAD_AUTO);
    assert_fails(as_gl_get_frame(gl, 0, &request, AS_WAIT_FOREVER, &texture, &error),
                 AS_ERROR_ARGUMENT, &error, "has layered attachments");
    test_gl_fault.several_views = false;
    as_gl_detach(&gl);
    f->DeleteFramebuffers(1, &request.framebuffer);
    f->DeleteTextures(1, &name);
}

/* A texture whose drawing failed is drawn in full the next time. */
static void test_drawing_fails(void **state)
{
    as_gl *gl = attach_faulty(AS_GL_UPLOAD_ORPHANED);
    (void)state;
    check_frame(context, gl, &small, 0, NULL);
    test_gl_fault.no_map = true;
    refuse_frame(gl, 1, "does not map the upload buffer");
    check_frame(context, gl, &small, 1, NULL);
    test_gl_fault.unmap_loses = true;
    refuse_frame(gl, 2, "lost the upload buffer's content");
    check_frame(context, gl, &small, 2, NULL);
    assert_int_equal(gl_stats_of(gl).drawn_in_full, 3);
    assert_int_equal(gl_stats_of(gl).textures, 1);
    as_gl_detach(&gl);
}

/* A ring of the smallest segments comes around soon. */
static as_gpu *small_ring(void)
{
    const as_gpu_opengl_params params = {
        .get_proc_address = test_gl_load_faulty, .textures = 1, .segment_rects = 1};
    as_gpu *gpu = NULL;
    as_error error;
    assert_ok(as_gpu_opengl_create(&params, &gpu, &error), &error);
    return gpu;
}

static void test_waiting(void **state)
{
    uint64_t words[8] = {0, 5, 0, 5, 0, 5, 0, 5};
    const as_canvas_view canvas = {.words = words, .stride_words = 1, .width = 64, .height = 8};
    as_gpu_request request = {.stream = 1, .width = 64, .height = 8};
    as_gpu_texture *texture;
    as_error error;
    (void)state;
    as_gpu *gpu = small_ring();
    test_gl_fault.wait_result = GL_TIMEOUT_EXPIRED;
    test_gl_fault.timeouts = 3;
    assert_ok(as_gpu_show(gpu, &request, &canvas, &texture, &error), &error);
    assert_int_equal(gpu->numbers.draws, 8);
    assert_true(gpu->numbers.upload_waits >= 1); /* a busy driver makes others wait, too */
    as_gpu_release(gpu, texture, NULL);
    test_gl_fault.wait_result = GL_WAIT_FAILED;
    request.index = 1;
    words[0] = UINT64_C(0x5555555555555555);
    assert_fails(as_gpu_show(gpu, &request, &canvas, &texture, &error), AS_ERROR_GPU, &error,
                 "waiting for the GPU failed");
    test_gl_fault.wait_result = 0;
    assert_ok(as_gpu_show(gpu, &request, &canvas, &texture, &error), &error);
    as_gpu_destroy(gpu, false);
}

/* A GPU that has stopped is waited for once; later it is only asked, and it may go on. */
static void test_stopped(void **state)
{
    enum { ROWS = 8 };
    uint64_t words[ROWS] = {0, 5, 0, 5, 0, 5, 0, 5};
    const as_canvas_view canvas = {.words = words, .stride_words = 1, .width = 64, .height = ROWS};
    as_gpu_request request = {.stream = 1, .width = 64, .height = ROWS};
    as_gpu_texture *texture;
    as_error error;
    (void)state;
    as_gpu *gpu = small_ring();
    uint64_t *most_wait_ns = &((as_gl_device *)gpu)->most_wait_ns;
    *most_wait_ns = 1000;
    test_gl_fault.wait_result = GL_TIMEOUT_EXPIRED;
    test_gl_fault.timeouts = UINT64_MAX;
    assert_fails(as_gpu_show(gpu, &request, &canvas, &texture, &error), AS_ERROR_GPU, &error,
                 "has not finished");
    assert_true(test_gl_fault.waits > 0);
    assert_int_equal(gpu->numbers.upload_waits, 1);
    const uint64_t waits = test_gl_fault.waits, draws = gpu->numbers.draws;
    const uint64_t clears = gpu->numbers.clears;
    for (request.index = 1; request.index < 4; request.index++)
        assert_fails(as_gpu_show(gpu, &request, &canvas, &texture, &error), AS_ERROR_GPU, &error,
                     "has not finished");
    uint64_t nothing[ROWS] = {0};
    const as_canvas_view empty = {.words = nothing, .stride_words = 1, .width = 64, .height = ROWS};
    assert_fails(as_gpu_show(gpu, &request, &empty, &texture, &error), AS_ERROR_GPU, &error,
                 "has not finished");
    assert_int_equal(test_gl_fault.waits, waits);
    assert_int_equal(gpu->numbers.draws, draws);
    assert_int_equal(gpu->numbers.clears, clears);
    assert_int_equal(gpu->numbers.upload_waits, 1);

    test_gl_fault.timeouts = 0; /* it goes on */
    context->f.gl.Finish();
    *most_wait_ns = AS_GL_MOST_WAIT_NS;
    assert_ok(as_gpu_show(gpu, &request, &canvas, &texture, &error), &error);
    uint8_t *pixels = test_gl_read(context, texture->name, 64, ROWS);
    for (int i = 0; i < 64 * ROWS; i++)
        assert_int_equal(pixels[i], words[i / 64] >> i % 64 & 1 ? 255 : 0);
    free(pixels);
    as_gpu_release(gpu, texture, NULL);

    test_gl_fault.timeouts = UINT64_MAX; /* and stops again */
    *most_wait_ns = 1000;
    words[0] = UINT64_C(0x5555555555555555);
    request.index++;
    test_gl_fault.waits = 0;
    assert_fails(as_gpu_show(gpu, &request, &canvas, &texture, &error), AS_ERROR_GPU, &error,
                 "has not finished");
    assert_true(test_gl_fault.waits > 0);
    as_gpu_destroy(gpu, false);
}

static void test_lost(void **state)
{
    as_gl_texture held;
    (void)state;
    test_gl_fault.reports_resets = true;
    as_gl *gl = attach_faulty(AS_GL_UPLOAD_AUTO);
    held = get(gl, 0, NULL);
    test_gl_fault.reset_status = GUILTY;
    as_error error;
    as_gl_texture texture;
    assert_fails(as_gl_get_frame(gl, 1, NULL, AS_WAIT_FOREVER, &texture, &error), AS_ERROR_GPU,
                 &error, "context is lost");
    test_gl_fault.reset_status = GL_NO_ERROR; /* too late */
    assert_fails(as_gl_get_frame(gl, 1, NULL, AS_WAIT_FOREVER, &texture, &error), AS_ERROR_GPU,
                 &error, "attach");
    as_gl_release(gl, &held, NULL);
    as_gl_detach(&gl);
    gl = attach_faulty(AS_GL_UPLOAD_AUTO);
    check_frame(context, gl, &small, 1, NULL);
    as_gl_detach(&gl);
}

/* ---------------------------------------------------------------------------------- memory -- */

/* Each allocation of an attach, a new texture and an update fails once. */
static void test_allocations(void **state)
{
    (void)state;
    as_stream_close(&stream);
    for (uint64_t n = 0;; n++) {
        as_gl_texture texture = {0};
        as_error error;
        as_gl *gl = NULL;
        test_alloc_fail_at(n);
        const as_stream_params params = truth_params(&small);
        as_result result = as_stream_open(&params, &stream, &error);
        if (result == AS_OK)
            result = try_attach(AS_GL_UPLOAD_AUTO, &gl, &error);
        for (uint64_t index = 0; index < 2 && result == AS_OK; index++) {
            as_gl_release(gl, &texture, NULL);
            result = as_gl_get_frame(gl, index, NULL, AS_WAIT_FOREVER, &texture, &error);
        }
        const bool failed = test_alloc_failed();
        assert_true(result == AS_OK || (failed && result == AS_ERROR_OUT_OF_MEMORY));
        if (result == AS_OK)
            expect(context, &texture, &small);
        as_gl_detach(&gl);
        as_stream_close(&stream);
        if (!failed)
            break;
    }
    test_alloc_restore();
    const as_stream_params params = truth_params(&small);
    stream = open_stream(&params);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_teardown(test_too_old, clean),
        cmocka_unit_test_teardown(test_functions_missing, clean),
        cmocka_unit_test_teardown(test_attach_refused, clean),
        cmocka_unit_test_teardown(test_each_error, clean),
        cmocka_unit_test_teardown(test_no_memory_for_textures, clean),
        cmocka_unit_test_teardown(test_errors_have_names, clean),
        cmocka_unit_test_teardown(test_base_level, clean),
        cmocka_unit_test_teardown(test_several_views, clean),
        cmocka_unit_test_teardown(test_drawing_fails, clean),
        cmocka_unit_test_teardown(test_waiting, clean),
        cmocka_unit_test_teardown(test_stopped, clean),
        cmocka_unit_test_teardown(test_lost, clean),
        cmocka_unit_test_teardown(test_allocations, clean),
    };
    return cmocka_run_group_tests_name("gl_faults", tests, setup, teardown);
}
