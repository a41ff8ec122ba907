/* SPDX-License-Identifier: MIT
 *
 * doctor: what the library uses on this machine, and whether it draws exactly.
 */
#include "cmd.h"

#include "backend_gl.h"
#include "backend_vulkan.h"
#include "hash.h"
#include "json.h"
#include "message.h"
#include "self_test.h"
#include "system.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { PART_TEXT = 128 };

/* Where a passphrase comes from; the library asks in this order, too. */
typedef struct passphrase_state {
    const char *from; /* an option or a variable; NULL: not configured */
    char why[512];    /* why it cannot be used; "" where it can */
} passphrase_state;

typedef struct findings {
    char cpu[PART_TEXT], http[PART_TEXT], tls[PART_TEXT];
    self_test cpu_test, gl_test, es_test;
    as_vk_gpu *gpus;
    self_test *gpu_tests; /* as many */
    uint32_t gpu_count;
    char no_gpus[512]; /* why Vulkan lists none */
    passphrase_state passphrase;
} findings;

static const char *const verdicts[] = {"pass", "FAIL", "unusable"};
static const message_colour verdict_colours[] = {COLOUR_GOOD, COLOUR_BAD, COLOUR_DOUBT};

/* ---------------------------------------------------------------- finding ---- */

static void test_backend(const options *o, const char *backend, bool es, uint32_t device,
                         self_test *test)
{
    options own = *o;
    own.backend = backend;
    own.gl_es = es;
    own.device = device;
    own.device_given = true;
    self_test_run(&own, test);
}

static void test_gl(const options *o, bool es, self_test *test)
{
    if (backend_gl_built()) {
        test_backend(o, "gl", es, 0, test);
        return;
    }
    *test = (self_test){.verdict = SELF_TEST_UNUSABLE, .why = "this build has no OpenGL"};
}

static int test_gpus(const options *o, findings *f)
{
    message_divert(f->no_gpus, sizeof(f->no_gpus));
    (void)backend_vulkan_list(&f->gpus, &f->gpu_count);
    message_divert(NULL, 0);
    if (f->gpu_count == 0 && !f->no_gpus[0])
        snprintf(f->no_gpus, sizeof(f->no_gpus), "no GPU that Vulkan knows; install a driver");
    f->gpu_tests = calloc(f->gpu_count + 1, sizeof(*f->gpu_tests));
    if (!f->gpu_tests)
        return message_usage("out of memory");
    for (uint32_t i = 0; i < f->gpu_count; i++) {
        self_test *test = &f->gpu_tests[i];
        if (f->gpus[i].usable) {
            test_backend(o, "vulkan", false, i, test);
            continue;
        }
        test->verdict = SELF_TEST_UNUSABLE;
        snprintf(test->why, sizeof(test->why), "%s", f->gpus[i].reason);
    }
    return CLI_DONE;
}

/* Whether a file can be read; what is in it nobody learns. */
static void check_file(const char *path, passphrase_state *p)
{
    if (!system_can_read(path))
        snprintf(p->why, sizeof(p->why), "the file cannot be read: %s; check its path and rights",
                 strerror(errno));
}

static void find_passphrase(const options *o, passphrase_state *p)
{
    const char *file = getenv("ALPHASTREAM_PASSPHRASE_FILE");
    const char *value = getenv("ALPHASTREAM_PASSPHRASE");
    if (o->key.passphrase_file) {
        p->from = "--passphrase-file";
        check_file(o->key.passphrase_file, p);
    } else if (value && *value) {
        p->from = "ALPHASTREAM_PASSPHRASE";
    } else if (file && *file) {
        p->from = "ALPHASTREAM_PASSPHRASE_FILE";
        check_file(file, p);
    }
}

static bool failed(const findings *f)
{
    bool fails = f->cpu_test.verdict != SELF_TEST_PASS || f->gl_test.verdict == SELF_TEST_FAIL ||
                 f->es_test.verdict == SELF_TEST_FAIL || f->passphrase.why[0];
    for (uint32_t i = 0; i < f->gpu_count; i++)
        fails = fails || f->gpu_tests[i].verdict == SELF_TEST_FAIL;
    return fails;
}

/* ---------------------------------------------------------------- text ---- */

static void print_line(const char *name, const char *text)
{
    message_print("%-14s ", name);
    message_print_name(text);
    message_print("\n");
}

static void print_test(const char *name, const char *what, const self_test *test)
{
    if (what[0])
        print_line(name, what);
    message_print("%-14s ", what[0] ? "" : name);
    message_print_coloured(verdict_colours[test->verdict], verdicts[test->verdict]);
    if (test->verdict == SELF_TEST_PASS)
        message_print(": %" PRIu64 " frames, every pixel\n", test->frames);
    else
        message_print(": %s\n", test->why);
}

static void print_text(const findings *f)
{
    message_print("%-14s %s\n", "alphastream", as_version_string());
    print_test("CPU", f->cpu, &f->cpu_test);
    print_test("OpenGL", f->gl_test.name, &f->gl_test);
    print_test("OpenGL ES", f->es_test.name, &f->es_test);
    for (uint32_t i = 0; i < f->gpu_count; i++) {
        char name[32];
        snprintf(name, sizeof(name), "Vulkan %" PRIu32, i);
        print_test(name, f->gpus[i].name, &f->gpu_tests[i]);
    }
    if (f->gpu_count == 0) {
        message_print("%-14s ", "Vulkan");
        message_print_coloured(COLOUR_DOUBT, verdicts[SELF_TEST_UNUSABLE]);
        message_print(": %s\n", f->no_gpus);
    }
    print_line("HTTP", f->http[0] ? f->http : "not in this build (ALPHASTREAM_WITH_HTTP)");
    if (f->tls[0])
        print_line("TLS", f->tls);
    print_line("crypto", hash_library());
    if (f->passphrase.why[0]) {
        message_print("%-14s ", "passphrase");
        message_print_coloured(COLOUR_BAD, "unusable");
        message_print(": of %s, %s\n", f->passphrase.from, f->passphrase.why);
    } else if (f->passphrase.from) {
        message_print("%-14s configured, by %s\n", "passphrase", f->passphrase.from);
    } else {
        print_line("passphrase", "not configured; encrypted containers need --passphrase-file, "
                                 "ALPHASTREAM_PASSPHRASE_FILE or ALPHASTREAM_PASSPHRASE");
    }
}

/* ---------------------------------------------------------------- JSON ---- */

static void print_json_text(const char *text)
{
    if (text && text[0])
        json_print_string(text);
    else
        message_print("null");
}

static void print_json_test(const char *name, const self_test *test)
{
    message_print("{\"name\": ");
    print_json_text(name);
    message_print(", \"exact\": %s, \"usable\": %s, \"frames\": %" PRIu64 ", \"reason\": ",
                  test->verdict == SELF_TEST_PASS ? "true" : "false",
                  test->verdict == SELF_TEST_UNUSABLE ? "false" : "true", test->frames);
    print_json_text(test->why);
    message_print("}");
}

static void print_json(const findings *f)
{
    static const struct {
        uint32_t bit;
        const char *name;
    } parts[] = {
        {AS_FEATURE_HTTP, "http"}, {AS_FEATURE_OPENGL, "gl"}, {AS_FEATURE_VULKAN, "vulkan"}};
    message_print("{\n  \"version\": \"%s\",\n  \"parts\": {", as_version_string());
    for (size_t i = 0; i < sizeof(parts) / sizeof(*parts); i++)
        message_print("%s\"%s\": %s", i ? ", " : "", parts[i].name,
                      as_features() & parts[i].bit ? "true" : "false");
    message_print("},\n  \"cpu\": ");
    print_json_test(f->cpu, &f->cpu_test);
    message_print(",\n  \"gl\": ");
    print_json_test(f->gl_test.name, &f->gl_test);
    message_print(",\n  \"gles\": ");
    print_json_test(f->es_test.name, &f->es_test);
    message_print(",\n  \"vulkan\": [");
    for (uint32_t i = 0; i < f->gpu_count; i++) {
        message_print("%s\n    ", i ? "," : "");
        print_json_test(f->gpus[i].name, &f->gpu_tests[i]);
    }
    message_print("%s],\n  \"vulkan_reason\": ", f->gpu_count ? "\n  " : "");
    print_json_text(f->no_gpus);
    message_print(",\n  \"http\": ");
    print_json_text(f->http);
    message_print(",\n  \"tls\": ");
    print_json_text(f->tls);
    message_print(",\n  \"crypto\": ");
    print_json_text(hash_library());
    message_print(",\n  \"passphrase\": {\"configured\": %s, \"by\": ",
                  f->passphrase.from ? "true" : "false");
    print_json_text(f->passphrase.from);
    message_print(", \"reason\": ");
    print_json_text(f->passphrase.why);
    message_print("},\n  \"good\": %s\n}\n", failed(f) ? "false" : "true");
}

int cmd_doctor(const options *o)
{
    findings f = {0};
    (void)as_describe(AS_PART_CPU, f.cpu, sizeof(f.cpu));
    (void)as_describe(AS_PART_HTTP, f.http, sizeof(f.http));
    (void)as_describe(AS_PART_TLS, f.tls, sizeof(f.tls));
    find_passphrase(o, &f.passphrase);
    test_backend(o, "cpu", false, 0, &f.cpu_test);
    test_gl(o, false, &f.gl_test);
    test_gl(o, true, &f.es_test);
    int code = test_gpus(o, &f);
    if (code == CLI_DONE) {
        (o->given & OPTION_JSON ? print_json : print_text)(&f);
        code = failed(&f) ? CLI_DATA : CLI_DONE;
    }
    free(f.gpus);
    free(f.gpu_tests);
    return code;
}
