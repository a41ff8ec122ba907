/* SPDX-License-Identifier: MIT
 *
 * What the samples must print: checksums of a container's masks, made without a stream (container.h
 * and raster.h, whose results tests/unit/test_golden.c compares with those of another renderer).
 *
 *     expected SOURCE [SCENE]      "frame INDEX SUM" of every 45th and every 100th frame, and
 *                                  "total FRAMES frames, 0 bad, SUM" over the sums of all frames
 */
#include <alphastream/alphastream.h>

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { WIDTH = 2048, HEIGHT = 1024 };
#define SUM_START UINT64_C(14695981039346656037)

static uint8_t pixels[WIDTH * HEIGHT];

/* FNV-1a of 64 bits, but eight bytes at a time; sizes here are multiples of that, or the rest is
 * left out. */
static uint64_t add_to_sum(uint64_t sum, const void *bytes, size_t size)
{
    for (size_t i = 0; i + 8 <= size; i += 8) {
        uint64_t word;
        memcpy(&word, (const uint8_t *)bytes + i, sizeof(word));
        sum = (sum ^ word) * UINT64_C(1099511628211);
    }
    return sum;
}

static as_result draw(as_container *container, as_canvas *canvas, uint64_t index, as_error *error)
{
    as_buffer payload = {0};
    as_result result = as_container_read_payload(container, index, &payload, error);
    if (result == AS_OK)
        result = as_canvas_draw(canvas, payload.data, payload.size, NULL, error);
    if (result == AS_OK)
        result = as_canvas_to_r8(canvas, pixels, sizeof(pixels), WIDTH, HEIGHT, 0, error);
    as_buffer_free(&payload);
    return result;
}

static as_result print_sums(as_container *container, as_canvas *canvas, as_error *error)
{
    as_container_info info;
    uint64_t total = SUM_START;
    as_result result = as_container_get_info(container, &info, error);
    for (uint64_t i = 0; result == AS_OK && i < info.frame_count; i++) {
        result = draw(container, canvas, i, error);
        const uint64_t sum = add_to_sum(SUM_START, pixels, sizeof(pixels));
        total = add_to_sum(total, &sum, sizeof(sum));
        if (i % 45 == 0 || i % 100 == 0)
            printf("frame %" PRIu64 " %016" PRIx64 "\n", i, sum);
    }
    if (result == AS_OK)
        printf("total %" PRIu64 " frames, 0 bad, %016" PRIx64 "\n", info.frame_count, total);
    return result;
}

int main(int argc, char **argv)
{
    as_source *source = NULL;
    as_container *container = NULL;
    as_canvas *canvas = NULL;
    as_error error;
    const as_key_params key = {.struct_size = sizeof(key),
                               .scene_id = argc > 2 ? (uint32_t)strtoul(argv[2], NULL, 10) : 0};
    const as_container_params params = {.struct_size = sizeof(params), .key = &key};
    as_result result = argc < 2 ? AS_ERROR_ARGUMENT : AS_OK;
    if (result == AS_OK)
        result = as_source_open(argv[1], NULL, &source, &error);
    if (result == AS_OK)
        result = as_container_open(source, &params, &container, &error);
    if (result == AS_OK)
        result = as_canvas_create(WIDTH, HEIGHT, &canvas, &error);
    if (result == AS_OK)
        result = print_sums(container, canvas, &error);
    if (result != AS_OK)
        fprintf(stderr, "%s\n", argc < 2 ? "usage: expected SOURCE [SCENE]" : error.text);
    as_canvas_destroy(&canvas);
    as_container_close(&container);
    as_source_close(&source);
    return result == AS_OK ? 0 : 1;
}
