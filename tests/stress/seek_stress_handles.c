/* SPDX-License-Identifier: MIT */
#include "tests/stress/seek_stress.h"

#include <inttypes.h>

enum { NOT_INITIALIZED = -2, NOT_READY = -3, TOO_LATE = -4 };

static handle_slot *any_handle(actor *a)
{
    return &a->world->handles[below(a, HANDLES)];
}

static bool is_shared(const actor *a, const handle_slot *h)
{
    return h < &a->world->handles[SHARED_HANDLES];
}

/* A shared handle may show either of the plain contents of 2048 x 1024: the same one, from a file
 * and from memory. */
static bool init(actor *a, handle_slot *h)
{
    char timebox[16];
    snprintf(timebox, sizeof(timebox), "%u", (unsigned)(1 + below(a, 60)));
    mask_content *content = &a->world->contents[is_shared(a, h) ? 0 : 2 * below(a, 2)];
    atomic_store(&a->doing, "CV_init");
    bool good = CV_set_option(h->handle, "timebox_ms", timebox) &&
                CV_set_option(h->handle, "init_timeout_ms", "3600000") &&
                CV_set_option(h->handle, "data_timeout_ms", "3600000") &&
                CV_set_canvas_size(h->handle, content->canvas_width, content->canvas_height);
    if (good && one_in(a, 2))
        good = CV_init(h->handle, content->path, 0, content->width, content->height, NULL,
                       (unsigned)below(a, 100), (unsigned)below(a, 6), (unsigned)below(a, 40),
                       (unsigned)below(a, 2), 0, 0);
    else if (good)
        good = CV_init_memory(h->handle, content->bytes, content->size, NULL, 0, content->width,
                              content->height, NULL, 0, 0, 0, 0, 0, 0);
    if (!is_shared(a, h)) /* whose lock is held for reading only */
        h->content = content;
    a->counts.inits++;
    if (!good)
        wrong(a, "CV_init: %s", CV_get_last_error_text(h->handle));
    return good;
}

/* Under the lock that keeps all others away: handles of the kind that is not shared are opened
 * here, the others are destroyed in the midst of what they run. */
static void replace(actor *a, handle_slot *h)
{
    atomic_store(&a->doing, "waiting to replace a handle");
    if (atomic_exchange(&h->gate.wanted, true))
        return;
    pthread_rwlock_wrlock(&h->gate.guard);
    atomic_store(&a->doing, "CV_destroy");
    if (!h->handle || one_in(a, 4)) {
        CV_destroy(h->handle);
        h->handle = CV_create();
        h->content = NULL;
        if (!h->handle)
            wrong(a, "CV_create gives nothing");
    }
    if (h->handle && !is_shared(a, h))
        (void)init(a, h);
    atomic_store(&h->gate.wanted, false);
    pthread_rwlock_unlock(&h->gate.guard);
}

static void expect_code(actor *a, AlphaStreamHandle *handle, const char *call)
{
    const int code = CV_get_last_error_code(handle);
    a->counts.late += code == TOO_LATE || code == NOT_READY;
    if (code != NOT_INITIALIZED && code != TOO_LATE && code != NOT_READY)
        wrong(a, "%s: %d, %s", call, code, CV_get_last_error_text(handle));
}

static const mask_content *content_of(const actor *a, const handle_slot *h)
{
    return is_shared(a, h) ? &a->world->contents[0] : h->content;
}

static void expect_hash(actor *a, handle_slot *h, mask_form form, uint64_t index, uint64_t hash)
{
    mask_content *content = is_shared(a, h) ? &a->world->contents[0] : h->content;
    a->counts.masks++;
    if (hash != mask_content_hash(content, &a->hasher, form, index))
        wrong(a, "%s: frame %" PRIu64 " in form %d of a handle shows something else", content->path,
              index, (int)form);
}

static void acquire(actor *a, handle_slot *h, uint64_t index)
{
    atomic_store(&a->doing, "CV_Frame_Acquire");
    const CV_Frame *frame = CV_Frame_Acquire(h->handle, index);
    a->counts.gets++;
    if (!frame) {
        expect_code(a, h->handle, "CV_Frame_Acquire");
        return;
    }
    expect_hash(a, h, MASK_R8, index,
                mask_hash_r8(frame->data, frame->width, frame->height, frame->stride));
    CV_Frame_Release(frame);
}

/* What these give is valid until the next CV_init: of a shared handle it is not looked at. */
static void get(actor *a, handle_slot *h, uint64_t index)
{
    const mask_content *content = content_of(a, h);
    atomic_store(&a->doing, "CV_get_frame");
    const void *pixels = CV_get_frame(h->handle, index);
    a->counts.gets++;
    if (!pixels)
        expect_code(a, h->handle, "CV_get_frame");
    else if (!is_shared(a, h))
        expect_hash(a, h, MASK_R8, index,
                    mask_hash_r8(pixels, content->width, content->height, content->width));
}

static void get_strip(actor *a, handle_slot *h, uint64_t index)
{
    float *vertices = NULL;
    size_t count = 0;
    atomic_store(&a->doing, "CV_get_triangle_strip_vertices");
    a->counts.gets++;
    if (!CV_get_triangle_strip_vertices(h->handle, index, &vertices, &count))
        expect_code(a, h->handle, "CV_get_triangle_strip_vertices");
}

static void call_another(actor *a, handle_slot *h, uint64_t index)
{
    as_stream_stats stats = {.struct_size = sizeof(stats)};
    unsigned num, den;
    bool good = true;
    atomic_store(&a->doing, "calling something else of a handle");
    switch (below(a, 8)) {
    case 0: good = CV_set_rate(h->handle, 24 + (unsigned)below(a, 40), 1); break;
    case 1: good = CV_get_rate(h->handle, &num, &den); break;
    case 2: good = CV_sync(h->handle, (long long)(index * 16 * MILLISECOND)); break;
    case 3: good = CV_frame_at(h->handle, (long long)(index * MILLISECOND)) != AS_NO_FRAME; break;
    case 4: good = CV_get_stats(h->handle, &stats); break;
    case 5: (void)CV_get_total_frames(h->handle); break;
    case 6: (void)CV_get_frame_size(h->handle); break;
    default: CV_clear_error(h->handle);
    }
    a->counts.others++;
    if (!good)
        expect_code(a, h->handle, "another call");
}

static void use(actor *a, handle_slot *h)
{
    const uint64_t index = next_frame(a, content_of(a, h)->frames);
    switch (below(a, 5)) {
    case 0: call_another(a, h, index); break;
    case 1: get(a, h, index); break;
    case 2: get_strip(a, h, index); break;
    default: acquire(a, h, index);
    }
}

void act_on_handles(actor *a)
{
    handle_slot *h = any_handle(a);
    atomic_store(&a->doing, "choosing a handle");
    if (one_in(a, 24)) {
        replace(a, h);
        return;
    }
    if (!enter(&h->gate))
        return;
    const bool ready = h->handle && (is_shared(a, h) || h->content);
    if (ready && is_shared(a, h) && one_in(a, 6))
        (void)init(a, h);
    for (uint64_t i = below(a, 24); ready && i > 0 && !atomic_load(&h->gate.wanted); i--)
        use(a, h);
    leave(&h->gate);
    if (!ready)
        replace(a, h);
}
