/* SPDX-License-Identifier: MIT
 *
 * Every row of tests/data/golden.tsv, from the container through the Vulkan rasterizer. One image,
 * eight slots; a row is read back before the next one is drawn.
 */
#include "tests/support/build_container.h"
#include "tests/support/golden.h"
#include "tests/support/vk_frames.h"

enum { MOST_FILES = 8 };

static struct {
    char name[64];
    as_container *container;
} files[MOST_FILES];
static size_t files_count;
static test_vk *vk;
static vk_bench bench;

static as_container *open_container(const golden_row *row)
{
    char path[128];
    as_source *source;
    as_error error;
    for (size_t i = 0; i < files_count; i++)
        if (strcmp(files[i].name, row->file) == 0)
            return files[i].container;
    assert_true(files_count < MOST_FILES);
    golden_path(row, path, sizeof(path));
    const as_key_params key = test_closeup_key();
    const as_container_params params = {.struct_size = sizeof(params), .key = &key};
    snprintf(files[files_count].name, sizeof(files[files_count].name), "%s", row->file);
    assert_ok(as_source_open(path, NULL, &source, &error), &error);
    assert_ok(as_container_open(source, &params, &files[files_count].container, &error), &error);
    as_source_close(&source);
    return files[files_count++].container;
}

static void mask_hash(const golden_row *r, char out_hex[65])
{
    const bool vector = strcmp(r->scale, "vector") == 0;
    as_buffer payload = {0};
    as_error error;
    uint64_t point;
    assert_ok(as_container_read_payload(open_container(r), r->frame, &payload, &error), &error);
    vk_frame f = {.payload = {payload.data, payload.size},
                  .canvas_width = vector ? r->width : r->canvas_width,
                  .canvas_height = vector ? r->height : r->canvas_height,
                  .source_width = vector ? r->canvas_width : 0,
                  .source_height = vector ? r->canvas_height : 0,
                  .width = r->width,
                  .height = r->height,
                  .combine =
                      strcmp(r->combine, "parity") == 0 ? AS_COMBINE_PARITY : AS_COMBINE_UNION};
    vk_frame_add(&bench, &f);
    assert_ok(as_vulkan_raster_submit(bench.raster, NULL, &point, &error), &error);
    uint8_t *pixels = test_vk_read(bench.device, f.image.image, f.width, f.height);
    test_sha256(pixels, (size_t)f.width * f.height, out_hex);
    free(pixels);
    as_vulkan_image_destroy(bench.device, &f.image);
    as_buffer_free(&payload);
}

static void check_way(const char *what, uint32_t without, as_vulkan_way way, bool one_of_each)
{
    bench = vk_bench_open(vk, without, way, 8, 0);
    golden_check(what, one_of_each, mask_hash);
    assert_int_equal(as_vulkan_raster_count(bench.raster).drawn_by_cpu, 0);
    vk_bench_close(&bench);
}

static void test_golden_copied(void **state)
{
    (void)state;
    check_way("Vulkan, copied", 0, AS_VULKAN_WAY_COPY, TEST_SANITIZED);
}

static void test_golden_stored(void **state)
{
    (void)state;
    check_way("Vulkan, stored", 0, AS_VULKAN_WAY_STORE, true);
}

static void test_golden_bare(void **state)
{
    (void)state;
    check_way("Vulkan, bare 1.1", AS_VULKAN_CAPS, AS_VULKAN_WAY_AUTO, true);
}

static int open_vk(void **state)
{
    (void)state;
    vk = test_vk_open();
    return 0;
}

static int close_all(void **state)
{
    for (size_t i = 0; i < files_count; i++)
        as_container_close(&files[i].container);
    test_vk_close(vk);
    return test_nothing_alive(state);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_golden_copied),
                                       cmocka_unit_test(test_golden_stored),
                                       cmocka_unit_test(test_golden_bare)};
    return cmocka_run_group_tests_name("vk_golden", tests, open_vk, close_all);
}
