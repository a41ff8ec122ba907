/* SPDX-License-Identifier: MIT
 *
 * Rewrites a container: plain to encrypted or back, by what the names end in (.asvp, .asvr). Frames
 * keep their compressed bytes. The tool's `alphastream convert` does this with more options.
 *
 *     container_convert IN OUT [SCENE]
 *
 * Passphrases come from the environment, ALPHASTREAM_PASSPHRASE; SCENE is of the encrypted side.
 */
#include <alphastream/alphastream.h>

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

/* Each block is checked as it is read; a bad one ends the conversion, and OUT stays as it was. */
static as_result copy_frames(as_container *in, as_writer *out, uint64_t *out_count, as_error *error)
{
    as_container_info info;
    as_buffer block = {0};
    as_result result = as_container_get_info(in, &info, error);
    for (uint64_t i = 0; result == AS_OK && i < info.frame_count; i++) {
        result = as_container_read_block(in, i, &block, error);
        if (result == AS_OK)
            result = as_writer_add_block(out, block.data, block.size, error);
    }
    as_buffer_free(&block);
    *out_count = result == AS_OK ? info.frame_count : 0;
    return result;
}

/* The key of either side: its file's name goes into it, which defaults to the path's last part. */
static as_result convert(const char *from, const char *to, uint32_t scene, uint64_t *out_count,
                         as_error *error)
{
    const as_key_params key = {.struct_size = sizeof(key), .scene_id = scene};
    const as_container_params in_params = {.struct_size = sizeof(in_params), .key = &key};
    const as_writer_params out_params = {.struct_size = sizeof(out_params), .key = &key};
    as_source *source = NULL;
    as_container *in = NULL;
    as_writer *out = NULL;
    as_result result = as_source_open(from, NULL, &source, error);
    if (result == AS_OK)
        result = as_container_open(source, &in_params, &in, error);
    if (result == AS_OK)
        result = as_writer_create(to, &out_params, &out, error);
    if (result == AS_OK)
        result = copy_frames(in, out, out_count, error);
    if (result == AS_OK)
        result = as_writer_finish(&out, error); /* OUT is there now, whole */
    as_writer_abort(&out);
    as_container_close(&in);
    as_source_close(&source);
    return result;
}

int main(int argc, char **argv)
{
    as_error error;
    uint64_t count = 0;
    if (argc < 3 || argc > 4) {
        fprintf(stderr, "usage: container_convert IN OUT [SCENE]\n");
        return 2;
    }
    const uint32_t scene = argc > 3 ? (uint32_t)strtoul(argv[3], NULL, 10) : 0;
    if (convert(argv[1], argv[2], scene, &count, &error) != AS_OK) {
        fprintf(stderr, "%s\n", error.text);
        return 1;
    }
    printf("%" PRIu64 " frames\n", count);
    return 0;
}
