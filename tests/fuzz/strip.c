/* SPDX-License-Identifier: MIT
 *
 * Payloads to triangle strips: of small figures every check of test_strip, of any bytes that the
 * result is one of those promised, and the same again.
 */
#include "tests/fuzz/fuzz.h"

#include "tests/support/strip_checks.h"

#include <stdlib.h>
#include <string.h>

enum { RAW = 1, PARITY = 2, SCALED = 4, MOST_RECORD = 44, MOST_PLACE = 2047, SAMPLES = 30 };

static void check_raw(fuzz_bytes in, as_combine combine)
{
    const as_raster_params params = {.struct_size = sizeof(params), .combine = combine};
    as_buffer out = {0}, again = {0};
    as_error error = {0};
    const uint8_t none = 0;
    const void *payload = in.left ? in.at : &none;
    const as_result result = as_triangle_strip(payload, in.left, 0, 0, &params, &out, &error);
    FUZZ_CHECK_RESULT(result, &error);
    FUZZ_CHECK(result == AS_OK || result == AS_ERROR_DECODE || result == AS_ERROR_LIMIT);
    FUZZ_CHECK(result == AS_OK || out.size == 0);
    FUZZ_CHECK(as_triangle_strip(payload, in.left, 0, 0, &params, &again, &error) == result);
    FUZZ_CHECK(out.size == again.size && out.size % (2 * sizeof(float)) == 0);
    FUZZ_CHECK(out.size == 0 || memcmp(out.data, again.data, out.size) == 0);
    as_buffer_free(&out);
    as_buffer_free(&again);
}

/* Records that stay where floats are fine enough for the checks. */
static test_payload take_figure(fuzz_bytes *in)
{
    test_records records = {0};
    for (uint32_t i = fuzz_in(in, 1, 8); i > 0; i--) {
        uint8_t bytes[4 + MOST_RECORD];
        const uint32_t x = fuzz_in(in, 0, MOST_PLACE), y = fuzz_in(in, 0, MOST_PLACE);
        const fuzz_bytes steps = fuzz_take(in, fuzz_in(in, 0, MOST_RECORD));
        bytes[0] = (uint8_t)x, bytes[1] = (uint8_t)(x >> 8);
        bytes[2] = (uint8_t)y, bytes[3] = (uint8_t)(y >> 8);
        if (steps.left)
            memcpy(bytes + 4, steps.at, steps.left);
        test_records_add_raw(&records, bytes, 4 + steps.left);
    }
    return test_records_finish(&records);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    fuzz_bytes in = {data, size};
    const uint8_t flags = fuzz_u8(&in);
    const as_combine combine = flags & PARITY ? AS_COMBINE_PARITY : AS_COMBINE_UNION;
    if (flags & RAW) {
        check_raw(in, combine);
    } else {
        as_scale scale = {0};
        if (flags & SCALED)
            scale = (as_scale){.from_width = fuzz_in(&in, 1, 512),
                               .from_height = fuzz_in(&in, 1, 512),
                               .to_width = fuzz_in(&in, 1, 256),
                               .to_height = fuzz_in(&in, 1, 256)};
        test_random random = test_random_from(fuzz_u8(&in));
        test_payload payload = take_figure(&in);
        (void)test_strip_check(&payload, combine, &scale, &random, SAMPLES);
        test_payload_free(&payload);
    }
    fuzz_check_nothing_alive();
    return 0;
}
