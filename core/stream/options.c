/* SPDX-License-Identifier: MIT */
#include "core/stream/options.h"

#include "core/base/error.h"

#include <errno.h>
#include <inttypes.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

typedef struct option {
    const char *name;
    size_t offset;
    size_t size; /* 4 or 8 bytes, unsigned; 0: a word of `words` */
    uint64_t standard, low, high;
    const char *const *words; /* numbered from 0; an empty one is no choice */
} option;

static const char *const scale_words[] = {"nearest", "vector", NULL};
static const char *const combine_words[] = {"union", "parity", NULL};
static const char *const processing_words[] = {
    "",
    [AS_PROCESS_BITMASK] = "bitmask",
    [AS_PROCESS_TRIANGLES] = "triangles",
    [AS_PROCESS_BOTH] = "both",
    [AS_PROCESS_ON_DEMAND] = "on_demand",
    "",
    "",
    "",
    [AS_PROCESS_CANVASES] = "canvases",
    [AS_PROCESS_CANVASES | AS_PROCESS_BITMASK] = "bitmask+canvases",
    [AS_PROCESS_CANVASES | AS_PROCESS_TRIANGLES] = "triangles+canvases",
    [AS_PROCESS_CANVASES | AS_PROCESS_BOTH] = "all",
    NULL};

#define FIELD(name) #name, offsetof(as_stream_params, name)
#define U32 sizeof(uint32_t)
#define U64 sizeof(uint64_t)

/* width and height are left out: they come in pairs, and CV_init has them as arguments. */
static const option options[] = {
    {FIELD(canvas_width), U32, 2048, 1, AS_SIZE_MAX_PIXELS, NULL},
    {FIELD(canvas_height), U32, 1024, 1, AS_SIZE_MAX_PIXELS, NULL},
    {FIELD(scale), 0, AS_SCALE_NEAREST, AS_SCALE_NEAREST, AS_SCALE_VECTOR, scale_words},
    {FIELD(combine), 0, AS_COMBINE_UNION, AS_COMBINE_UNION, AS_COMBINE_PARITY, combine_words},
    {FIELD(processing), 0, AS_PROCESS_BITMASK, AS_PROCESS_BITMASK,
     AS_PROCESS_BOTH | AS_PROCESS_CANVASES, processing_words},
    {FIELD(fps_num), U32, 60, 1, 1000000, NULL},
    {FIELD(fps_den), U32, 1, 1, 1000000, NULL},
    {FIELD(frames_per_picture), U32, 1, 1, 16, NULL},
    {FIELD(l0_frames), U32, 4, 1, 64, NULL},
    {FIELD(l1_frames), U32, 512, 2, 1048576, NULL},
    {FIELD(l1_bytes), U64, UINT64_C(256) << 20, UINT64_C(1) << 20, UINT64_C(64) << 30, NULL},
    {FIELD(l0_bytes), U64, 0, 0, UINT64_MAX, NULL},
    {FIELD(prefetch_frames), U32, 120, 1, 65536, NULL},
    {FIELD(held_frames), U32, 16, 1, 4096, NULL},
    {FIELD(start_frame), U32, 0, 0, UINT32_MAX, NULL},
    {FIELD(init_frames), U32, 0, 0, 1048576, NULL},
    {FIELD(threads), U32, 0, 0, 64, NULL},
    {FIELD(io_requests), U32, 4, 1, 64, NULL},
    {FIELD(raster_tasks), U32, 2, 1, 64, NULL},
    {FIELD(pin_threads), U32, 0, 0, 1, NULL},
    {FIELD(timebox_us), U32, 12000, 1, 60000000, NULL},
    {FIELD(init_timeout_ms), U32, 4000, 1, 3600000, NULL},
    {FIELD(data_timeout_ms), U32, 4000, 1, 3600000, NULL},
    {FIELD(network_ahead_ms), U32, 10000, 1, 3600000, NULL},
};
enum { OPTIONS = sizeof(options) / sizeof(*options) };

/* Other spellings CV_set_option takes. */
static const struct {
    const char *name, *field;
    uint64_t factor;
} aliases[] = {{"timebox_ms", "timebox_us", 1000}};

const char *as_options_name(size_t i)
{
    return i < OPTIONS ? options[i].name : NULL;
}

static uint64_t get(const as_stream_params *params, const option *o)
{
    const char *field = (const char *)params + o->offset;
    uint32_t small;
    uint64_t large;
    if (o->size == U64) {
        memcpy(&large, field, sizeof(large));
        return large;
    }
    memcpy(&small, field, sizeof(small));
    return small;
}

static void set(as_stream_params *params, const option *o, uint64_t value)
{
    char *field = (char *)params + o->offset;
    const uint32_t small = (uint32_t)value;
    if (o->size == U64)
        memcpy(field, &value, sizeof(value));
    else
        memcpy(field, &small, sizeof(small));
}

static as_result out_of_range(const option *o, uint64_t value, as_error *error)
{
    return as_err_set(error, AS_ERROR_ARGUMENT,
                      "option %s is %" PRIu64 ", outside its range of %" PRIu64 " to %" PRIu64,
                      o->name, value, o->low, o->high);
}

static void list_words(const option *o, char *list, size_t size)
{
    list[0] = '\0';
    for (size_t i = 0; o->words[i]; i++) {
        if (o->words[i][0] == '\0' || strlen(list) + strlen(o->words[i]) + 3 >= size)
            continue;
        strncat(list, list[0] ? ", " : "", 3);
        strncat(list, o->words[i], 32);
    }
}

static as_result no_choice(const option *o, uint64_t value, as_error *error)
{
    char list[128];
    list_words(o, list, sizeof(list));
    return as_err_set(error, AS_ERROR_ARGUMENT, "option %s is %" PRIu64 ", which is none of: %s",
                      o->name, value, list);
}

static as_result check_pairs(const as_stream_params *p, as_error *error)
{
    if (p->width < 1 || p->width > AS_SIZE_MAX_PIXELS || p->height < 1 ||
        p->height > AS_SIZE_MAX_PIXELS)
        return as_err_set(error, AS_ERROR_ARGUMENT,
                          "width and height are %" PRIu32 " x %" PRIu32
                          ", outside their range of 1 to %d; give both or neither",
                          p->width, p->height, AS_SIZE_MAX_PIXELS);
    if (p->init_frames > p->l1_frames)
        return as_err_set(error, AS_ERROR_ARGUMENT,
                          "option init_frames is %" PRIu32 ", outside its range of 0 to %" PRIu32
                          " (l1_frames)",
                          p->init_frames, p->l1_frames);
    return AS_OK;
}

as_result as_options_complete(as_stream_params *params, as_error *error)
{
    for (size_t i = 0; i < OPTIONS; i++) {
        const option *o = &options[i];
        uint64_t value = get(params, o);
        if (value == 0)
            value = o->standard;
        if (value < o->low || value > o->high)
            return out_of_range(o, value, error);
        if (o->words && o->words[value][0] == '\0')
            return no_choice(o, value, error);
        set(params, o, value);
    }
    if (params->width == 0 && params->height == 0) {
        params->width = params->canvas_width;
        params->height = params->canvas_height;
    }
    if (params->prefetch_frames > params->l1_frames - 1)
        params->prefetch_frames = params->l1_frames - 1;
    return check_pairs(params, error);
}

static bool parse_number(const char *text, uint64_t *out)
{
    char *end;
    if (*text < '0' || *text > '9')
        return false;
    errno = 0;
    const unsigned long long value = strtoull(text, &end, 10);
    *out = value;
    return *end == '\0' && errno == 0;
}

static as_result set_word(as_stream_params *params, const option *o, const char *value,
                          as_error *error)
{
    char list[128];
    for (uint64_t i = 0; o->words[i]; i++)
        if (o->words[i][0] != '\0' && strcmp(o->words[i], value) == 0) {
            set(params, o, i);
            return AS_OK;
        }
    list_words(o, list, sizeof(list));
    return as_err_set(error, AS_ERROR_ARGUMENT, "option %s is \"%.40s\", which is none of: %s",
                      o->name, value, list);
}

as_result as_options_set(as_stream_params *params, const char *name, const char *value,
                         as_error *error)
{
    const char *field = name;
    uint64_t factor = 1, number = 0;
    for (size_t i = 0; i < sizeof(aliases) / sizeof(*aliases); i++)
        if (strcmp(aliases[i].name, name) == 0) {
            field = aliases[i].field;
            factor = aliases[i].factor;
        }
    for (size_t i = 0; i < OPTIONS; i++) {
        const option *o = &options[i];
        if (strcmp(o->name, field) != 0)
            continue;
        const uint64_t low = (o->low + factor - 1) / factor;
        if (o->words)
            return set_word(params, o, value, error);
        if (!parse_number(value, &number))
            return as_err_set(error, AS_ERROR_ARGUMENT,
                              "option %s is \"%.40s\", which is not a number of %" PRIu64
                              " to %" PRIu64,
                              name, value, low, o->high / factor);
        if (number > o->high / factor || number * factor < o->low)
            return as_err_set(error, AS_ERROR_ARGUMENT,
                              "option %s is %" PRIu64 ", outside its range of %" PRIu64
                              " to %" PRIu64,
                              name, number, low, o->high / factor);
        set(params, o, number * factor);
        return AS_OK;
    }
    return as_err_set(error, AS_ERROR_ARGUMENT,
                      "there is no option \"%.80s\"; docs/streams.md lists them", name);
}
