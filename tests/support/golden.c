/* SPDX-License-Identifier: MIT */
#include "tests/support/golden.h"

#include "tests/support/build_container.h"
#include "tests/support/check.h"

#include <inttypes.h>

void golden_path(const golden_row *row, char *path, size_t size)
{
    snprintf(path, size, "%s/%s",
             strcmp(row->file, "walkers.asvp") == 0 ? "samples/data" : "tests/data", row->file);
}

static bool is_vector(const golden_row *row)
{
    return strcmp(row->scale, "vector") == 0;
}

as_stream_params golden_params(const golden_row *row, const char *path, as_key_params *key)
{
    const bool parity = strcmp(row->combine, "parity") == 0;
    *key = test_closeup_key();
    return (as_stream_params){.struct_size = sizeof(as_stream_params),
                              .location = path,
                              .key = key,
                              .width = row->width,
                              .height = row->height,
                              .canvas_width = row->canvas_width,
                              .canvas_height = row->canvas_height,
                              .scale = is_vector(row) ? AS_SCALE_VECTOR : AS_SCALE_NEAREST,
                              .combine = parity ? AS_COMBINE_PARITY : AS_COMBINE_UNION,
                              .processing = AS_PROCESS_ON_DEMAND,
                              .prefetch_frames = 1,
                              .init_timeout_ms = 60000};
}

static bool has_same_modes(const golden_row *a, const golden_row *b)
{
    return strcmp(a->scale, b->scale) == 0 && strcmp(a->combine, b->combine) == 0;
}

bool golden_is_same_stream(const golden_row *a, const golden_row *b)
{
    return strcmp(a->file, b->file) == 0 && a->canvas_width == b->canvas_width &&
           a->canvas_height == b->canvas_height && has_same_modes(a, b);
}

static size_t read_rows(golden_row *rows, size_t capacity)
{
    FILE *tsv = fopen("tests/data/golden.tsv", "r");
    char line[512];
    size_t count = 0;
    assert_non_null(tsv);
    while (fgets(line, sizeof(line), tsv)) {
        if (line[0] == '#' || strncmp(line, "file\t", 5) == 0)
            continue;
        assert_true(count < capacity);
        golden_row *r = &rows[count++];
        const int got = sscanf(
            line, "%63s %" SCNu64 " %" SCNu32 "x%" SCNu32 " %" SCNu32 "x%" SCNu32 " %15s %15s %64s",
            r->file, &r->frame, &r->canvas_width, &r->canvas_height, &r->width, &r->height,
            r->scale, r->combine, r->sha256);
        assert_int_equal(got, 9);
    }
    fclose(tsv);
    return count;
}

/* Is there none of its size and modes among the rows before it? */
static bool is_first(const golden_row *rows, size_t at)
{
    for (size_t i = 0; i < at; i++)
        if (rows[i].width == rows[at].width && rows[i].height == rows[at].height &&
            has_same_modes(&rows[i], &rows[at]))
            return false;
    return true;
}

void golden_check(const char *way, bool one_of_each,
                  void (*hash)(const golden_row *row, char out_hex[65]))
{
    static golden_row rows[GOLDEN_ROWS];
    size_t checked = 0, wrong = 0;
    assert_int_equal(read_rows(rows, GOLDEN_ROWS), GOLDEN_ROWS);
    for (size_t i = 0; i < GOLDEN_ROWS; i++) {
        const golden_row *r = &rows[i];
        char hex[65];
        if (one_of_each && !is_first(rows, i))
            continue;
        hash(r, hex);
        checked++;
        if (strcmp(hex, r->sha256) != 0) {
            wrong++;
            print_error(
                "%s, frame %" PRIu64 ", %" PRIu32 "x%" PRIu32 " %s %s: got %.12s, not %.12s\n",
                r->file, r->frame, r->width, r->height, r->scale, r->combine, hex, r->sha256);
        }
    }
    printf("golden, %s: %zu rows, %zu differ\n", way, checked, wrong);
    assert_int_equal(wrong, 0);
}
