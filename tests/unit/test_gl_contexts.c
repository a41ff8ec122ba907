/* SPDX-License-Identifier: MIT
 *
 * Contexts: none, another one, one that is gone; sharing textures and fences; threads.
 */
#include "tests/unit/gl_fixture.h"

#include "core/base/mem.h"

#include <pthread.h>

enum { WIDTH = 320, HEIGHT = 200, FRAMES = 40 };

static truth small;
static as_stream *stream;

static int setup(void **state)
{
    (void)state;
    truth_of_bytes(&small, test_triangles(FRAMES), WIDTH, HEIGHT);
    truth_draw_all(&small, WIDTH, HEIGHT);
    const as_stream_params params = truth_params(&small);
    stream = open_stream(&params);
    return 0;
}

static int teardown(void **state)
{
    as_stream_close(&stream);
    truth_free(&small);
    return test_nothing_alive(state);
}

static void refuse(as_gl *gl, const char *part)
{
    as_gl_texture texture;
    as_error error;
    assert_fails(as_gl_get_frame(gl, 7, NULL, AS_WAIT_FOREVER, &texture, &error), AS_ERROR_GPU,
                 &error, part);
    assert_null(texture.handle);
}

/* ----------------------------------------------------------------------------- wrong ones -- */

static void refuse_attach(const char *part)
{
    const as_gl_params params = {.struct_size = sizeof(params), .get_proc_address = test_gl_load};
    as_error error;
    as_gl *gl = NULL;
    assert_fails(as_gl_attach(stream, &params, &gl, &error), AS_ERROR_GPU, &error, part);
    assert_null(gl);
}

static void test_none_or_old(void **state)
{
    (void)state;
    test_gl_current(NULL);
    refuse_attach("no OpenGL context is current in this thread");
    test_gl *old = test_gl_create_es1();
    refuse_attach("version \"OpenGL ES-CM 1.1");
    test_gl_destroy(old);
}

static void test_not_current(void **state)
{
    (void)state;
    test_gl *context = test_gl_create(NULL);
    as_gl *gl = attach(stream, 0, AS_GL_UPLOAD_AUTO);
    as_gl_texture shown = get(gl, 7, NULL);
    test_gl_current(NULL);
    refuse(gl, "no OpenGL context is current"); /* also of what is shown already */
    as_gl_release(gl, &shown, NULL);            /* needs none */
    assert_int_equal(gl_stats_of(gl).held, 0);
    test_gl_current(context);
    check_frame(context, gl, &small, 8, NULL);
    as_gl_detach(&gl);
    test_gl_destroy(context);
}

/* Vertex arrays and textures under every name that the library may have. */
enum { NAMES = 16 };

static void make_lookalikes(test_gl *context, GLuint *textures)
{
    GLuint arrays[NAMES];
    context->f.gl.GenVertexArrays(NAMES, arrays);
    for (int i = 0; i < NAMES; i++) {
        context->f.gl.BindVertexArray(arrays[i]);
        textures[i] = test_gl_make_texture(context, GL_R8, 4, 4, (uint8_t)i);
    }
    context->f.gl.BindVertexArray(0);
}

static void test_foreign(void **state)
{
    GLuint textures[NAMES];
    (void)state;
    test_gl *context = test_gl_create(NULL);
    as_gl *gl = attach(stream, 0, AS_GL_UPLOAD_AUTO);
    check_frame(context, gl, &small, 1, NULL);
    test_gl *other = test_gl_create(NULL);
    refuse(gl, "another OpenGL context is current");
    make_lookalikes(other, textures);
    refuse(gl, "another OpenGL context is current");
    test_gl_current(context);
    test_gl *sharing = test_gl_create(context);
    refuse(gl, "another OpenGL context is current");
    test_gl_destroy(sharing);
    test_gl_current(other);
    as_gl_detach(&gl); /* abandons: nothing of this context is touched */
    assert_null(gl);
    for (int i = 0; i < NAMES; i++) {
        uint8_t *pixels = test_gl_read(other, textures[i], 4, 4);
        assert_int_equal(pixels[15], i);
        free(pixels);
    }
    test_gl_destroy(other);
    test_gl_destroy(context);
}

/* The context goes first; a new one may have its address and its names. */
static void test_destroyed(void **state)
{
    GLuint textures[NAMES];
    (void)state;
    for (int round = 0; round < 3; round++) {
        test_gl *context = test_gl_create(NULL);
        as_gl *gl = attach(stream, 0, AS_GL_UPLOAD_AUTO);
        as_gl_texture held = get(gl, 7, NULL);
        test_gl_destroy(context);
        if (round > 0) {
            refuse(gl, "no OpenGL context is current");
            context = test_gl_create(NULL);
            make_lookalikes(context, textures);
            refuse(gl, "another OpenGL context is current");
        }
        as_gl_release(gl, &held, NULL);
        as_gl_detach(&gl);
        if (round > 0) {
            gl = attach(stream, 0, AS_GL_UPLOAD_AUTO);
            check_frame(context, gl, &small, 7, NULL);
            as_gl_detach(&gl);
            test_gl_destroy(context);
        }
    }
}

static void test_abandon(void **state)
{
    (void)state;
    test_gl *context = test_gl_create(NULL);
    as_gl *gl = attach(stream, 0, AS_GL_UPLOAD_AUTO);
    as_gl_texture texture = get(gl, 3, NULL);
    const uint32_t name = texture.name;
    as_gl_abandon(&gl);
    assert_null(gl);
    assert_true(context->f.gl.IsTexture(name)); /* left to the context */
    gl = attach(stream, 0, AS_GL_UPLOAD_AUTO);
    texture = get(gl, 3, NULL);
    assert_int_not_equal(texture.name, name);
    const uint32_t deleted = texture.name;
    as_gl_detach(&gl);
    assert_false(context->f.gl.IsTexture(deleted));
    test_gl_destroy(context);
}

/* Two on one stream, in two contexts, and two in one. */
static void test_several(void **state)
{
    (void)state;
    test_gl *a = test_gl_create(NULL);
    as_gl *on_a = attach(stream, 0, AS_GL_UPLOAD_AUTO),
          *too = attach(stream, 0, AS_GL_UPLOAD_ORPHANED);
    test_gl *b = test_gl_create(NULL);
    as_gl *on_b = attach(stream, 0, AS_GL_UPLOAD_AUTO);
    for (uint64_t index = 0; index < 6; index++) {
        check_frame(b, on_b, &small, index, NULL);
        test_gl_current(a);
        check_frame(a, on_a, &small, index, NULL);
        check_frame(a, too, &small, FRAMES - 1 - index, NULL);
        test_gl_current(b);
    }
    as_gl_detach(&on_b);
    test_gl_destroy(b);
    test_gl_current(a);
    as_gl_detach(&too);
    check_frame(a, on_a, &small, 9, NULL);
    as_gl_detach(&on_a);
    test_gl_destroy(a);
}

/* --------------------------------------------------------------------------------- sharing -- */

/* Another thread with a context that shares textures: reads what is handed to it, and gives a fence
 * of its own back. */
typedef struct reader {
    pthread_mutex_t lock;
    pthread_cond_t changed;
    test_gl *context;
    as_gl_texture texture; /* handed over; handle NULL: nothing */
    void *fence;           /* handed back */
    bool done, end;
} reader;

static void read_shared(reader *r)
{
    const GladGLContext *f = &r->context->f.gl;
    f->WaitSync(r->texture.fence, 0, GL_TIMEOUT_IGNORED);
    f->BindTexture(GL_TEXTURE_2D, r->texture.name);
    expect(r->context, &r->texture, &small);
    r->fence = f->FenceSync(GL_SYNC_GPU_COMMANDS_COMPLETE, 0);
    f->Flush();
}

static void *run_reader(void *user)
{
    reader *r = user;
    pthread_mutex_lock(&r->lock);
    test_gl_current(r->context);
    for (;;) {
        while (!r->texture.handle && !r->end)
            pthread_cond_wait(&r->changed, &r->lock);
        if (r->end)
            break;
        read_shared(r);
        r->texture = (as_gl_texture){.index = 0};
        r->done = true;
        pthread_cond_broadcast(&r->changed);
    }
    test_gl_current(NULL);
    pthread_mutex_unlock(&r->lock);
    return NULL;
}

static void *hand_over(reader *r, const as_gl_texture *texture)
{
    pthread_mutex_lock(&r->lock);
    r->texture = *texture;
    r->done = false;
    pthread_cond_broadcast(&r->changed);
    while (!r->done)
        pthread_cond_wait(&r->changed, &r->lock);
    void *fence = r->fence;
    pthread_mutex_unlock(&r->lock);
    return fence;
}

static void test_shared(void **state)
{
    reader r = {.lock = PTHREAD_MUTEX_INITIALIZER, .changed = PTHREAD_COND_INITIALIZER};
    pthread_t thread;
    (void)state;
    test_gl *context = test_gl_create(NULL);
    r.context = test_gl_create(context);
    test_gl_current(NULL);
    assert_int_equal(pthread_create(&thread, NULL, run_reader, &r), 0);
    test_gl_current(context);
    as_gl *gl = attach(stream, 2, AS_GL_UPLOAD_AUTO);
    for (uint64_t index = 0; index < FRAMES; index++) {
        as_gl_texture texture = get(gl, index, NULL);
        context->f.gl.Flush();
        void *fence = hand_over(&r, &texture);
        as_gl_texture again = get(gl, index, NULL); /* each release may bring a fence */
        as_gl_release(gl, &again, context->f.gl.FenceSync(GL_SYNC_GPU_COMMANDS_COMPLETE, 0));
        as_gl_release(gl, &texture, fence);
    }
    assert_int_equal(gl_stats_of(gl).textures, 1);
    as_gl_detach(&gl); /* fences that were not waited for go as well */
    pthread_mutex_lock(&r.lock);
    r.end = true;
    pthread_cond_broadcast(&r.changed);
    pthread_mutex_unlock(&r.lock);
    assert_int_equal(pthread_join(thread, NULL), 0);
    test_gl_destroy(r.context);
    test_gl_destroy(context);
}

/* The context and its as_gl go from thread to thread. */
typedef struct turn {
    test_gl *context;
    as_gl *gl;
    uint64_t index;
} turn;

static void *take_turn(void *user)
{
    turn *t = user;
    test_gl_current(t->context);
    check_frame(t->context, t->gl, &small, t->index, NULL);
    test_gl_current(NULL);
    return NULL;
}

static void test_thread_changes(void **state)
{
    (void)state;
    turn t = {.context = test_gl_create(NULL)};
    t.gl = attach(stream, 0, AS_GL_UPLOAD_AUTO);
    test_gl_current(NULL);
    for (t.index = 0; t.index < 5; t.index++) {
        pthread_t thread;
        assert_int_equal(pthread_create(&thread, NULL, take_turn, &t), 0);
        assert_int_equal(pthread_join(thread, NULL), 0);
    }
    test_gl_current(t.context);
    as_gl_detach(&t.gl);
    test_gl_destroy(t.context);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_none_or_old), cmocka_unit_test(test_not_current),
        cmocka_unit_test(test_foreign),     cmocka_unit_test(test_destroyed),
        cmocka_unit_test(test_abandon),     cmocka_unit_test(test_several),
        cmocka_unit_test(test_shared),      cmocka_unit_test(test_thread_changes),
    };
    return cmocka_run_group_tests_name("gl_contexts", tests, setup, teardown);
}
