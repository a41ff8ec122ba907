/* SPDX-License-Identifier: MIT */
#include "tests/support/mask_hash.h"

#include "tests/support/build_container.h"
#include "tests/support/check.h"

/* FNV-1a over words of eight bytes; never 0, which stands for "not computed". */
typedef struct hash {
    uint64_t value;
} hash;

static const hash begun = {UINT64_C(0xcbf29ce484222325)};

static void add(hash *h, const void *bytes, size_t size)
{
    const uint8_t *at = bytes;
    uint64_t value = h->value;
    for (; size >= 8; at += 8, size -= 8) {
        uint64_t word;
        memcpy(&word, at, 8);
        value = (value ^ word) * UINT64_C(0x100000001b3);
        value ^= value >> 29;
    }
    for (; size != 0; at++, size--)
        value = (value ^ *at) * UINT64_C(0x100000001b3);
    h->value = value;
}

static uint64_t end(const hash *h)
{
    return h->value != 0 ? h->value : 1;
}

uint64_t mask_hash_r8(const uint8_t *pixels, uint32_t width, uint32_t height, size_t stride)
{
    hash h = begun;
    for (uint32_t y = 0; y < height; y++)
        add(&h, pixels + y * stride, width);
    return end(&h);
}

static uint64_t hash_view(const as_canvas_view *view)
{
    hash h = begun;
    for (uint32_t y = 0; y < view->height; y++)
        add(&h, view->words + y * view->stride_words, (view->width + 63) / 64 * 8);
    return end(&h);
}

static uint64_t hash_vertices(const void *floats, size_t size)
{
    hash h = begun;
    if (size != 0)
        add(&h, floats, size);
    return end(&h);
}

uint64_t mask_hash_frame(const as_frame *frame)
{
    as_frame_info info;
    as_canvas_view view;
    if (as_frame_get_canvas(frame, &view) == AS_OK)
        return hash_view(&view);
    assert_int_equal(as_frame_get_info(frame, &info), AS_OK);
    if (info.data)
        return mask_hash_r8(info.data, info.width, info.height, info.stride);
    return hash_vertices(info.vertices, (size_t)info.floats * sizeof(float));
}

void mask_content_open(mask_content *c)
{
    as_container_info info;
    as_error error;
    const as_container_params params = {.struct_size = sizeof(params), .key = c->key};
    c->bytes = test_read_file(c->path, &c->size);
    const char *slash = strrchr(c->path, '/');
    assert_ok(test_open_bytes(c->bytes, c->size, slash ? slash + 1 : c->path,
                              c->key ? &params : NULL, &c->container, &error),
              &error);
    assert_ok(as_container_get_info(c->container, &info, &error), &error);
    c->frames = info.frame_count;
    for (size_t i = 0; i < MASK_FORMS; i++) {
        c->hashes[i] = calloc((size_t)c->frames, sizeof(*c->hashes[i]));
        assert_non_null(c->hashes[i]);
    }
}

void mask_content_close(mask_content *c)
{
    as_container_close(&c->container);
    for (size_t i = 0; i < MASK_FORMS; i++)
        free(c->hashes[i]);
    free(c->bytes);
}

void mask_hasher_free(mask_hasher *hasher)
{
    as_canvas_destroy(&hasher->canvas);
    as_buffer_free(&hasher->payload);
    as_buffer_free(&hasher->vertices);
    free(hasher->pixels);
    *hasher = (mask_hasher){.room = 0};
}

static void draw(mask_hasher *hasher, uint32_t width, uint32_t height)
{
    as_error error;
    if (hasher->width != width || hasher->height != height) {
        as_canvas_destroy(&hasher->canvas);
        assert_ok(as_canvas_create(width, height, &hasher->canvas, &error), &error);
        hasher->width = width;
        hasher->height = height;
    }
    assert_ok(
        as_canvas_draw(hasher->canvas, hasher->payload.data, hasher->payload.size, NULL, &error),
        &error);
}

static uint64_t hash_of_r8(mask_hasher *hasher, uint32_t width, uint32_t height)
{
    const size_t size = (size_t)width * height;
    as_error error;
    if (hasher->room < size) {
        free(hasher->pixels);
        hasher->pixels = malloc(size);
        assert_non_null(hasher->pixels);
        hasher->room = size;
    }
    assert_ok(as_canvas_to_r8(hasher->canvas, hasher->pixels, size, width, height, 0, &error),
              &error);
    return mask_hash_r8(hasher->pixels, width, height, width);
}

static uint64_t compute(const mask_content *c, mask_hasher *hasher, mask_form form, uint64_t index)
{
    as_canvas_view view;
    as_error error;
    assert_ok(as_container_read_payload(c->container, index, &hasher->payload, &error), &error);
    if (form == MASK_STRIP) {
        assert_ok(as_triangle_strip(hasher->payload.data, hasher->payload.size, c->canvas_width,
                                    c->canvas_height, NULL, &hasher->vertices, &error),
                  &error);
        return hash_vertices(hasher->vertices.data, hasher->vertices.size);
    }
    draw(hasher, c->canvas_width, c->canvas_height);
    if (form == MASK_R8)
        return hash_of_r8(hasher, c->width, c->height);
    if (form == MASK_R8_OTHER)
        return hash_of_r8(hasher, c->other_width, c->other_height);
    assert_ok(as_canvas_get_view(hasher->canvas, &view, &error), &error);
    return hash_view(&view);
}

uint64_t mask_content_hash(mask_content *c, mask_hasher *hasher, mask_form form, uint64_t index)
{
    uint64_t value = atomic_load_explicit(&c->hashes[form][index], memory_order_relaxed);
    if (value == 0) { /* two threads may compute it, and come to the same */
        value = compute(c, hasher, form, index);
        atomic_store_explicit(&c->hashes[form][index], value, memory_order_relaxed);
    }
    return value;
}
