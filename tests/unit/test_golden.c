/* SPDX-License-Identifier: MIT
 *
 * Every row of tests/data/golden.tsv: hashes of masks that an independent, slow, exact renderer
 * made (tests/data/README.md). Public headers only.
 */
#include "tests/support/check.h"

#include <stdbool.h>

#include <inttypes.h>

enum { MOST_FILES = 8 };

typedef struct row {
    char file[64], scale[16], combine[16], sha256[65];
    uint64_t frame;
    uint32_t canvas_width, canvas_height, width, height;
} row;

typedef struct open_file {
    char name[64];
    as_container *container;
} open_file;

static open_file files[MOST_FILES];
static size_t file_count;

static as_container *open_container(const char *name)
{
    uint8_t passphrase[32];
    char path[128];
    as_source *source;
    as_error error;
    for (size_t i = 0; i < file_count; i++)
        if (strcmp(files[i].name, name) == 0)
            return files[i].container;
    assert_true(file_count < MOST_FILES);
    for (size_t i = 0; i < sizeof(passphrase); i++)
        passphrase[i] = (uint8_t)i;
    snprintf(path, sizeof(path), "%s/%s",
             strcmp(name, "walkers.asvp") == 0 ? "samples/data" : "tests/data", name);
    const as_key_params key = {.struct_size = sizeof(key),
                               .scene_id = 85342,
                               .passphrase = passphrase,
                               .passphrase_size = sizeof(passphrase)};
    const as_container_params params = {.struct_size = sizeof(params), .key = &key};
    open_file *file = &files[file_count++];
    snprintf(file->name, sizeof(file->name), "%s", name);
    assert_ok(as_source_open(path, NULL, &source, &error), &error);
    assert_ok(as_container_open(source, &params, &file->container, &error), &error);
    as_source_close(&source);
    return file->container;
}

static int close_all(void **state)
{
    for (size_t i = 0; i < file_count; i++)
        as_container_close(&files[i].container);
    file_count = 0;
    return test_nothing_alive(state);
}

static void mask_hash(const row *r, char out_hex[65])
{
    const bool vector = strcmp(r->scale, "vector") == 0;
    const as_raster_params params = {
        .struct_size = sizeof(params),
        .combine = strcmp(r->combine, "parity") == 0 ? AS_COMBINE_PARITY : AS_COMBINE_UNION,
        .source_width = vector ? r->canvas_width : 0,
        .source_height = vector ? r->canvas_height : 0};
    const size_t size = (size_t)r->width * r->height;
    as_container *container = open_container(r->file);
    as_buffer payload = {0};
    as_canvas *canvas;
    as_error error;
    uint8_t *pixels = malloc(size);
    assert_non_null(pixels);
    assert_ok(as_container_read_payload(container, r->frame, &payload, &error), &error);
    assert_ok(as_canvas_create(vector ? r->width : r->canvas_width,
                               vector ? r->height : r->canvas_height, &canvas, &error),
              &error);
    assert_ok(as_canvas_draw(canvas, payload.data, payload.size, &params, &error), &error);
    assert_ok(as_canvas_to_r8(canvas, pixels, size, r->width, r->height, 0, &error), &error);
    test_sha256(pixels, size, out_hex);
    as_canvas_destroy(&canvas);
    as_buffer_free(&payload);
    free(pixels);
}

static void test_golden(void **state)
{
    (void)state;
    FILE *tsv = fopen("tests/data/golden.tsv", "r");
    char line[512];
    size_t rows = 0, wrong = 0;
    assert_non_null(tsv);
    while (fgets(line, sizeof(line), tsv)) {
        row r;
        char hex[65];
        if (line[0] == '#' || strncmp(line, "file\t", 5) == 0)
            continue;
        const int got = sscanf(
            line, "%63s %" SCNu64 " %" SCNu32 "x%" SCNu32 " %" SCNu32 "x%" SCNu32 " %15s %15s %64s",
            r.file, &r.frame, &r.canvas_width, &r.canvas_height, &r.width, &r.height, r.scale,
            r.combine, r.sha256);
        assert_int_equal(got, 9);
        mask_hash(&r, hex);
        rows++;
        if (strcmp(hex, r.sha256) != 0) {
            wrong++;
            print_error("differs, got %.12s: %s", hex, line);
        }
    }
    fclose(tsv);
    printf("golden: %zu rows, %zu differ\n", rows, wrong);
    assert_int_equal(wrong, 0);
    assert_int_equal(rows, 596);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_golden)};
    return cmocka_run_group_tests_name("golden", tests, NULL, close_all);
}
