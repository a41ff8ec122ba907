/* SPDX-License-Identifier: MIT */
#include "http_viewers.h"

#include <stdio.h>
#include <stdlib.h>

/* Every pass over the recording in another order, so that the sizes table does not shrink to
 * nothing, as it would if it repeated itself. */
static void shuffle(uint64_t *frames, uint64_t count, uint64_t *random)
{
    for (uint64_t i = count; i > 1; i--) {
        const uint64_t j = random_next(random) % i, frame = frames[i - 1];
        frames[i - 1] = frames[j];
        frames[j] = frame;
    }
}

static as_result copy(as_container *container, uint64_t count, uint64_t *order, uint64_t wanted,
                      as_writer *writer, as_error *error)
{
    as_buffer block = {0};
    uint64_t random = 1;
    as_result result = AS_OK;
    for (uint64_t i = 0; i < wanted && result == AS_OK; i++) {
        if (i % count == 0)
            shuffle(order, count, &random);
        result = as_container_read_block(container, order[i % count], &block, error);
        if (result == AS_OK)
            result = as_writer_add_block(writer, block.data, block.size, error);
    }
    as_buffer_free(&block);
    return result;
}

int command_long(int argc, char **argv)
{
    as_source *source = NULL;
    as_container *container = NULL;
    as_container_info info = {0};
    as_writer *writer = NULL;
    as_error error = {0};
    const as_writer_params params = {.struct_size = sizeof(params), .format = AS_FORMAT_ASVP};
    const double seconds = argc == 3 ? strtod(argv[2], NULL) : 0;
    if (!(seconds >= 1 && seconds <= 36000))
        die("long needs IN, OUT and 1 to 36000 seconds");
    if (as_source_open(argv[0], NULL, &source, &error) != AS_OK ||
        as_container_open(source, NULL, &container, &error) != AS_OK ||
        as_container_get_info(container, &info, &error) != AS_OK)
        die("%s", error.text);
    uint64_t *order = calloc(info.frame_count + 1, sizeof(*order));
    if (!order || info.frame_count == 0)
        die("out of memory, or %s has no frames", argv[0]);
    for (uint64_t i = 0; i < info.frame_count; i++)
        order[i] = i;
    if (as_writer_create(argv[1], &params, &writer, &error) != AS_OK ||
        copy(container, info.frame_count, order, (uint64_t)(seconds * FPS), writer, &error) !=
            AS_OK ||
        as_writer_finish(&writer, &error) != AS_OK)
        die("%s", error.text);
    free(order);
    as_container_close(&container);
    as_source_close(&source);
    return 0;
}
