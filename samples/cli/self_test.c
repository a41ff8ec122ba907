/* SPDX-License-Identifier: MIT */
#include "self_test.h"

#include "backend_gl.h"
#include "backend_vulkan.h"
#include "hash.h"
#include "message.h"
#include "render.h"
#include "source_open.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Embedded (CMakeLists.txt). */
extern const unsigned char self_test_ties[], self_test_torture[];

enum { MOST_FRAMES = 120 };

/* `digest` is the SHA-256 of the hashes of all frames' masks in golden.tsv, one after another; the
 * test of this command makes it from there. */
typedef struct self_test_case {
    const char *name;
    const unsigned char *data;
    size_t size;
    uint32_t canvas_width, canvas_height, width, height;
    bool vector;
    as_combine combine;
    const char *digest;
} self_test_case;

static const self_test_case cases[] = {
    {"ties, union", self_test_ties, SELF_TEST_TIES_SIZE, 160, 120, 160, 120, false,
     AS_COMBINE_UNION, "b7670bb0da51d49ddd4127fe50778903089c4b2389b68c01ef536b9ebd2fbcb7"},
    {"ties, parity", self_test_ties, SELF_TEST_TIES_SIZE, 160, 120, 160, 120, false,
     AS_COMBINE_PARITY, "996a25cc5aa7dd68b7be923bdf23b123ebfe7dc8390f65404b55cecf4c197228"},
    {"torture, nearest", self_test_torture, SELF_TEST_TORTURE_SIZE, 320, 200, 533, 77, false,
     AS_COMBINE_UNION, "30ed5dba5e21e4bdd4d95d297b3b6f9145ba0a7b5882d0157e16ef5de0143e23"},
    {"torture, vector", self_test_torture, SELF_TEST_TORTURE_SIZE, 320, 200, 400, 320, true,
     AS_COMBINE_UNION, "ce624d190cedc8aec12d9cabf944c222ef442e6aa26ded3fcde62d08fc5b465d"}};

typedef struct hashes {
    uint8_t bytes[MOST_FRAMES][HASH_SIZE];
    size_t count;
} hashes;

static options options_of(const options *o, const self_test_case *c)
{
    options own = *o;
    own.canvas_width = c->canvas_width;
    own.canvas_height = c->canvas_height;
    own.width = c->width;
    own.height = c->height;
    own.vector = c->vector;
    own.combine = c->combine;
    own.threads = 1;
    own.key = (key_options){0};
    return own;
}

static void take_name(self_test *test, const backend *gpu)
{
    if (gpu)
        snprintf(test->name, sizeof(test->name), "%s",
                 gpu->gl ? backend_gl_name(gpu->gl) : backend_vulkan_name(gpu->vulkan));
}

/* The hashes of all frames of `in`. */
static as_result draw(const options *o, opened *in, hashes *out, as_error *error)
{
    renderer r = {.container = in->container, .gpu = in->gpu, .o = o};
    as_result result = AS_OK;
    for (out->count = 0; result == AS_OK && out->count < in->info.frame_count; out->count++) {
        result = render_scratch(&r, out->count, error);
        if (result == AS_OK)
            result = hash_bytes(r.pixels.data, r.pixels.size, out->bytes[out->count], error);
    }
    render_free(&r);
    return result;
}

static as_result open_case(const self_test_case *c, opened *in, as_error *error)
{
    as_result result = as_source_open_memory(c->data, c->size, NULL, &in->source, error);
    if (result == AS_OK)
        result = as_container_open(in->source, NULL, &in->container, error);
    if (result == AS_OK)
        result = as_container_get_info(in->container, &in->info, error);
    if (result == AS_OK && in->info.frame_count > MOST_FRAMES)
        result = AS_ERROR_LIMIT;
    return result;
}

/* What the case's frames give by o->backend. Sentences of the backend end in test->why. */
static self_test_verdict run_case(const options *o, const self_test_case *c, hashes *out,
                                  self_test *test)
{
    const options own = options_of(o, c);
    opened in = {0};
    as_error error = {0};
    self_test_verdict verdict = SELF_TEST_UNUSABLE;
    message_divert(test->why, sizeof(test->why));
    if (backend_open(&own, &in.gpu) == CLI_DONE) {
        take_name(test, in.gpu);
        verdict = SELF_TEST_FAIL;
        if (open_case(c, &in, &error) == AS_OK &&
            (!in.gpu || backend_attach_source(in.gpu, &own, in.source) == CLI_DONE) &&
            draw(&own, &in, out, &error) == AS_OK)
            verdict = SELF_TEST_PASS;
    }
    source_close(&in);
    message_divert(NULL, 0);
    if (verdict == SELF_TEST_FAIL && !test->why[0])
        snprintf(test->why, sizeof(test->why), "%s: %s", c->name,
                 error.text[0] ? error.text : as_result_text(error.code));
    return verdict;
}

static bool matches(const hashes *drawn, const char *digest)
{
    uint8_t hash[HASH_SIZE];
    char text[HASH_TEXT];
    as_error error;
    if (hash_bytes(drawn->bytes, drawn->count * HASH_SIZE, hash, &error) != AS_OK)
        return false;
    hash_text(hash, text);
    return strcmp(text, digest) == 0;
}

/* The first frame of which the CPU draws something else. */
static void name_difference(const options *o, const self_test_case *c, const hashes *drawn,
                            self_test *test)
{
    options cpu = *o;
    self_test reference = {0};
    hashes *expected = malloc(sizeof(*expected));
    size_t frame = drawn->count;
    cpu.backend = "cpu";
    if (expected && run_case(&cpu, c, expected, &reference) == SELF_TEST_PASS)
        for (frame = 0; frame < drawn->count; frame++)
            if (memcmp(drawn->bytes[frame], expected->bytes[frame], HASH_SIZE) != 0)
                break;
    free(expected);
    if (frame < drawn->count)
        snprintf(test->why, sizeof(test->why),
                 "%s: frame %zu has other pixels than by the CPU; report it with this output",
                 c->name, frame);
    else
        snprintf(test->why, sizeof(test->why),
                 "%s: the masks are not those of the reference; report it with this output",
                 c->name);
}

void self_test_run(const options *o, self_test *test)
{
    const size_t count = sizeof(cases) / sizeof(*cases);
    *test = (self_test){.verdict = SELF_TEST_PASS};
    hashes *drawn = malloc(sizeof(*drawn));
    if (!drawn) {
        test->verdict = SELF_TEST_UNUSABLE;
        snprintf(test->why, sizeof(test->why), "out of memory");
        return;
    }
    for (size_t i = 0; i < count && test->verdict == SELF_TEST_PASS; i++) {
        test->verdict = run_case(o, &cases[i], drawn, test);
        if (test->verdict != SELF_TEST_PASS)
            break;
        test->frames += drawn->count;
        if (!matches(drawn, cases[i].digest)) {
            test->verdict = SELF_TEST_FAIL;
            name_difference(o, &cases[i], drawn, test);
        }
    }
    free(drawn);
    if (test->verdict == SELF_TEST_PASS)
        test->why[0] = '\0'; /* warnings, perhaps */
}
