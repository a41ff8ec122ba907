/* SPDX-License-Identifier: MIT */
#include "tests/stress/seek_stress.h"

#include "tests/support/gl_context.h"

#include <inttypes.h>

enum { TEXTURES = 4 };

static void expect_texture(actor *a, test_gl *gl, mask_content *content, mask_form form,
                           uint32_t name, uint64_t index)
{
    const bool other = form == MASK_R8_OTHER;
    const uint32_t width = other ? content->other_width : content->width;
    const uint32_t height = other ? content->other_height : content->height;
    atomic_store(&a->doing, "looking at a texture");
    uint8_t *pixels = test_gl_read(gl, name, width, height);
    const uint64_t hash = mask_hash_r8(pixels, width, height, width);
    free(pixels);
    a->counts.masks++;
    a->counts.textures++;
    if (hash != mask_content_hash(content, &a->hasher, form, index))
        wrong(a, "%s: the texture of frame %" PRIu64 " shows something else", content->path, index);
}

static void get_texture(actor *a, test_gl *context, as_gl *gl, const slot *s)
{
    static const uint64_t timeouts[] = {0, AS_TIMEBOX, AS_WAIT_FOREVER};
    const mask_form form = one_in(a, 3) ? MASK_R8_OTHER : MASK_R8;
    const bool other = form == MASK_R8_OTHER;
    const uint64_t index = next_frame(a, s->content->frames);
    const as_gl_request request = {.struct_size = sizeof(request),
                                   .width = other ? s->content->other_width : 0,
                                   .height = other ? s->content->other_height : 0};
    as_gl_texture texture;
    as_error error;
    atomic_store(&a->doing, "getting a texture");
    const as_result result =
        as_gl_get_frame(gl, index, &request, timeouts[below(a, 3)], &texture, &error);
    a->counts.gets++;
    if (result == AS_OK)
        expect_texture(a, context, s->content, form, texture.name, index);
    else if (!is_no_frame(a, result))
        wrong(a, "a texture came to %d: %s", (int)result, error.text);
    as_gl_release(gl, &texture, NULL);
}

static void use_slot(actor *a, test_gl *context, slot *s)
{
    const as_gl_params params = {.struct_size = sizeof(params),
                                 .get_proc_address = test_gl_load,
                                 .textures = TEXTURES,
                                 .keep_processing = one_in(a, 2)};
    as_gl *gl = NULL;
    as_error error;
    if (!enter(&s->gate))
        return;
    if (s->stream) {
        atomic_store(&a->doing, "attaching");
        if (as_gl_attach(s->stream, &params, &gl, &error) != AS_OK)
            wrong(a, "as_gl_attach: %s", error.text);
        for (uint64_t i = below(a, 16); gl && i > 0 && !atomic_load(&s->gate.wanted); i--)
            get_texture(a, context, gl, s);
        atomic_store(&a->doing, "detaching");
        as_gl_detach(&gl);
    }
    leave(&s->gate);
}

void act_on_textures(actor *a)
{
    test_gl *context = a->context;
    test_gl_current(context);
    while (!atomic_load(&a->world->stop))
        use_slot(a, context, &a->world->slots[below(a, SLOTS)]);
    test_gl_current(NULL);
}

static void use_handle(actor *a, test_gl *context, handle_slot *h)
{
    const bool shared = h < &a->world->handles[SHARED_HANDLES];
    mask_content *content = shared ? &a->world->contents[0] : h->content;
    if (!h->handle || !content)
        return;
    if (one_in(a, 8))
        CV_gl_detach(h->handle);
    for (uint64_t i = below(a, 16); i > 0 && !atomic_load(&h->gate.wanted); i--) {
        const uint64_t index = next_frame(a, content->frames);
        atomic_store(&a->doing, "CV_gl_get_frame_texture");
        const uint32_t name = CV_gl_get_frame_texture(h->handle, index, NULL);
        const int code = CV_get_last_error_code(h->handle);
        a->counts.gets++;
        if (name != 0)
            expect_texture(a, context, content, MASK_R8, name, index);
        else if (code == -2) /* not attached, or nothing open */
            (void)CV_gl_attach(h->handle, test_gl_load_plain);
        else if (code != -3 && code != -4)
            wrong(a, "CV_gl_get_frame_texture: %s", CV_get_last_error_text(h->handle));
    }
}

void act_on_handle_textures(actor *a)
{
    test_gl *context = a->context;
    test_gl_current(context);
    while (!atomic_load(&a->world->stop)) {
        handle_slot *h = &a->world->handles[below(a, HANDLES)];
        if (enter(&h->gate)) {
            use_handle(a, context, h);
            leave(&h->gate);
        }
    }
    test_gl_current(NULL); /* what is attached still CV_destroy gives up to the context */
}

test_gl *make_context(void)
{
    test_gl *context = test_gl_create(NULL);
    test_gl_current(NULL);
    return context;
}

void end_context(test_gl *context)
{
    test_gl_current(context);
    test_gl_destroy(context);
}
