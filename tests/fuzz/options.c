/* SPDX-License-Identifier: MIT
 *
 * Options by name and value, a line each ("name=value"), and parameters of streams of any value:
 * what is taken is in range, what is not comes with a sentence that names the option.
 */
#include "tests/fuzz/fuzz.h"

#include "core/stream/options.h"

#include <stdlib.h>
#include <string.h>

enum { MOST_LINES = 20 };

/* After as_options_complete everything has a value within its range: then once more is the same. */
static void check_params(as_stream_params params)
{
    as_error error = {0};
    const as_result result = as_options_complete(&params, &error);
    FUZZ_CHECK_RESULT(result, &error);
    if (result != AS_OK)
        return;
    as_stream_params again = params;
    FUZZ_CHECK(as_options_complete(&again, &error) == AS_OK);
    FUZZ_CHECK(memcmp(&again, &params, sizeof(params)) == 0);
    FUZZ_CHECK(params.width >= 1 && params.width <= AS_SIZE_MAX_PIXELS);
    FUZZ_CHECK(params.init_frames <= params.l1_frames);
    FUZZ_CHECK(params.prefetch_frames < params.l1_frames);
}

static void check_numbers(fuzz_bytes *in)
{
    as_stream_params params;
    as_stream_params_init(&params, sizeof(params));
    check_params(params);
    uint32_t *const fields[] = {&params.width,           &params.height,
                                &params.canvas_width,    &params.canvas_height,
                                &params.fps_num,         &params.fps_den,
                                &params.l0_frames,       &params.l1_frames,
                                &params.prefetch_frames, &params.held_frames,
                                &params.start_frame,     &params.init_frames,
                                &params.threads,         &params.io_requests,
                                &params.raster_tasks,    &params.timebox_us,
                                &params.init_timeout_ms, &params.data_timeout_ms,
                                &params.pin_threads,     &params.frames_per_picture,
                                &params.network_ahead_ms};
    const size_t count = sizeof(fields) / sizeof(*fields);
    for (int i = fuzz_u8(in) % 8; i > 0; i--)
        *fields[fuzz_u8(in) % count] = (uint32_t)fuzz_size(in);
    params.scale = (as_scale_mode)(int8_t)fuzz_u8(in);
    params.combine = (as_combine)(int8_t)fuzz_u8(in);
    params.processing = (as_processing)(int8_t)fuzz_u8(in);
    params.l1_bytes = fuzz_size(in);
    params.l0_bytes = fuzz_size(in);
    check_params(params);
}

static void check_line(AlphaStreamHandle *handle, as_stream_params *params, char *line)
{
    char *value = strchr(line, '=');
    as_error error = {0};
    if (value)
        *value++ = '\0';
    const bool good = CV_set_option(handle, line, value);
    FUZZ_CHECK(good == (CV_get_last_error_code(handle) == 0));
    FUZZ_CHECK(good == (CV_get_last_error_text(handle)[0] == '\0'));
    if (!value)
        return;
    const as_result result = as_options_set(params, line, value, &error);
    FUZZ_CHECK_RESULT(result, &error);
    FUZZ_CHECK(good || result != AS_OK); /* the handle knows those of HTTP, too */
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    fuzz_bytes in = {data, size};
    as_stream_params params = {.struct_size = sizeof(params)};
    AlphaStreamHandle *handle = CV_create();
    FUZZ_CHECK(handle);
    check_numbers(&in);
    for (int i = 0; i < MOST_LINES && in.left != 0; i++) {
        const uint8_t *end = memchr(in.at, '\n', in.left);
        fuzz_bytes text = fuzz_take(&in, end ? (size_t)(end - in.at) + 1 : in.left);
        text.left -= end != NULL;
        char *line = fuzz_text(&text, text.left);
        check_line(handle, &params, line);
        free(line);
    }
    CV_destroy(handle);
    check_params(params);
    fuzz_check_nothing_alive();
    return 0;
}
