/* SPDX-License-Identifier: MIT
 *
 * A program written against the closed libalphastream.so: it loads the library when it runs, looks
 * its functions up by name, and knows nothing of this project's headers.
 *
 *     cv_client LIBRARY SOURCE [SCENE]
 */
#include <dlfcn.h>
#include <inttypes.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

typedef struct AlphaStreamHandle AlphaStreamHandle;

static struct {
    AlphaStreamHandle *(*create)(void);
    void (*destroy)(AlphaStreamHandle *);
    const char *(*get_name)(AlphaStreamHandle *);
    const char *(*get_version)(AlphaStreamHandle *);
    int (*get_last_error_code)(AlphaStreamHandle *);
    const char *(*get_last_error_text)(AlphaStreamHandle *);
    unsigned (*get_total_frames)(AlphaStreamHandle *);
    unsigned (*get_frame_size)(AlphaStreamHandle *);
    bool (*init)(AlphaStreamHandle *, const char *base_url, unsigned scene_id, unsigned width,
                 unsigned height, const char *version, unsigned start_frame,
                 unsigned l0_buffer_length, unsigned l1_buffer_length,
                 unsigned l1_buffer_init_length, unsigned init_timeout_ms,
                 unsigned data_timeout_ms);
    const void *(*get_frame)(AlphaStreamHandle *, unsigned long long frame_index);
    bool (*get_triangle_strip_vertices)(AlphaStreamHandle *, unsigned long long frame_index,
                                        float **out_vertices, size_t *out_count);
} CV;

/* A pointer to an object becomes one to a function, as POSIX wants it. */
static bool look_up(void *library, const char *name, void *function)
{
    void *symbol = dlsym(library, name);
    if (!symbol) {
        fprintf(stderr, "the library has no %s\n", name);
        return false;
    }
    memcpy(function, &symbol, sizeof(symbol));
    return true;
}

static bool look_all_up(void *library)
{
#define LOOK_UP(name) look_up(library, "CV_" #name, &CV.name)
    return LOOK_UP(create) && LOOK_UP(destroy) && LOOK_UP(get_name) && LOOK_UP(get_version) &&
           LOOK_UP(get_last_error_code) && LOOK_UP(get_last_error_text) &&
           LOOK_UP(get_total_frames) && LOOK_UP(get_frame_size) && LOOK_UP(init) &&
           LOOK_UP(get_frame) && LOOK_UP(get_triangle_strip_vertices);
#undef LOOK_UP
}

/* FNV-1a of 64 bits, but eight bytes at a time; the default size is a multiple of that. */
static uint64_t sum_of(const uint8_t *bytes, size_t size)
{
    uint64_t sum = UINT64_C(14695981039346656037);
    for (size_t i = 0; i + 8 <= size; i += 8) {
        uint64_t word;
        memcpy(&word, bytes + i, sizeof(word));
        sum = (sum ^ word) * UINT64_C(1099511628211);
    }
    return sum;
}

static void complain(AlphaStreamHandle *handle, const char *what)
{
    fprintf(stderr, "%s: error %d: %s\n", what, CV.get_last_error_code(handle),
            CV.get_last_error_text(handle));
}

/* -4: not there in time; ask again. */
static const uint8_t *get_frame(AlphaStreamHandle *handle, unsigned index)
{
    const void *frame = NULL;
    for (int i = 0; i < 500 && !frame; i++) {
        frame = CV.get_frame(handle, index);
        if (!frame && CV.get_last_error_code(handle) != -4)
            break;
    }
    return frame;
}

static bool show_frames(AlphaStreamHandle *handle)
{
    const unsigned total = CV.get_total_frames(handle), size = CV.get_frame_size(handle);
    printf("%u frames of %u bytes\n", total, size);
    for (unsigned i = 0; i < total; i += 45) {
        const uint8_t *frame = get_frame(handle, i);
        if (!frame) {
            complain(handle, "CV_get_frame");
            return false;
        }
        printf("frame %u %016" PRIx64 "\n", i, sum_of(frame, size));
    }
    return true;
}

static bool show_strip(AlphaStreamHandle *handle)
{
    float *vertices = NULL;
    size_t count = 0;
    bool done = false;
    for (int i = 0; i < 500 && !done; i++) {
        done = CV.get_triangle_strip_vertices(handle, 0, &vertices, &count);
        if (!done && CV.get_last_error_code(handle) != -4)
            break;
    }
    if (done)
        printf("strip of frame 0: %zu floats\n", count);
    else
        complain(handle, "CV_get_triangle_strip_vertices");
    return done;
}

static bool show_wrong_index(AlphaStreamHandle *handle)
{
    const unsigned past = CV.get_total_frames(handle);
    const void *frame = CV.get_frame(handle, past);
    printf("frame %u: error %d: %s\n", past, CV.get_last_error_code(handle),
           CV.get_last_error_text(handle));
    return !frame && CV.get_last_error_code(handle) == 3;
}

static int run(const char *source, unsigned scene)
{
    AlphaStreamHandle *handle = CV.create();
    bool done = handle;
    printf("%s %s\n", CV.get_name(handle), CV.get_version(handle));
    if (done && !CV.init(handle, source, scene, 0, 0, "1.5.0", 0, 0, 0, 0, 0, 0)) {
        complain(handle, "CV_init");
        done = false;
    }
    done = done && show_frames(handle) && show_strip(handle) && show_wrong_index(handle);
    CV.destroy(handle);
    return done ? 0 : 1;
}

int main(int argc, char **argv)
{
    if (argc < 3 || argc > 4) {
        fprintf(stderr, "usage: cv_client LIBRARY SOURCE [SCENE]\n");
        return 2;
    }
    void *library = dlopen(argv[1], RTLD_NOW | RTLD_LOCAL);
    if (!library) {
        fprintf(stderr, "%s\n", dlerror());
        return 2;
    }
    const int status = look_all_up(library)
                           ? run(argv[2], argc > 3 ? (unsigned)strtoul(argv[3], NULL, 10) : 0)
                           : 2;
    dlclose(library);
    return status;
}
