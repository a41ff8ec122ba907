/* SPDX-License-Identifier: MIT
 *
 * The chunk cache: what can be read is what was written, wherever it lies; memory stays within the
 * budget; the ranges told are those that can be read.
 */
#include "tests/fuzz/budget.h"
#include "tests/fuzz/fuzz.h"

#include "core/io/chunks.h"

#include <string.h>

enum {
    MOST_UNITS = 64,
    MOST_PIECE = 2 * AS_UNIT_BYTES,
    MOST_OPERATIONS = 80,
    MOST_RANGES = 80,
    MEMORY = 16 << 20
};

typedef enum opcode {
    WRITE,
    FILL,
    READ,
    SIZE,
    WINDOW,
    KEEP_ALL,
    CLEAR,
    FAIL_MEMORY,
    OPCODES
} opcode;

static uint8_t bytes[MOST_PIECE];
static uint64_t budget, most_spilled;
static uint8_t version;
static uint64_t written, size_told; /* what a caller must keep to */

static void write_at(as_chunks *chunks, uint64_t offset, size_t length)
{
    size_t fresh = 77;
    as_error error = {0};
    if (offset >= size_told)
        return;
    if (length > size_told - offset)
        length = (size_t)(size_told - offset);
    fuzz_content(version, offset, bytes, length);
    const as_result result = as_chunks_write(chunks, offset, bytes, length, &fresh, &error);
    FUZZ_CHECK_RESULT(result, &error);
    FUZZ_CHECK(fresh <= length);
    FUZZ_CHECK(result != AS_ERROR_OUT_OF_MEMORY || fuzz_budget_refused());
    if (fresh != 0 && offset + length > written)
        written = offset + length;
    if (result == AS_OK && length != 0)
        FUZZ_CHECK(as_chunks_filled(chunks, (offset + length - 1) / AS_UNIT_BYTES) != 0);
}

static void read_at(as_chunks *chunks, uint64_t offset, size_t most)
{
    as_error error = {0};
    const size_t ready = (size_t)as_chunks_ready(chunks, offset, most);
    FUZZ_CHECK(ready <= most);
    if (ready == 0)
        return;
    memset(bytes, 0, ready);
    FUZZ_CHECK(as_chunks_read(chunks, offset, bytes, ready, &error) == AS_OK);
    FUZZ_CHECK(fuzz_is_content(version, offset, bytes, ready));
}

static void check_ranges(const as_chunks *chunks)
{
    as_byte_range ranges[MOST_RANGES];
    uint64_t total = 0, filled = 0;
    const size_t count = as_chunks_ranges(chunks, ranges, MOST_RANGES);
    FUZZ_CHECK(count <= MOST_RANGES);
    for (size_t i = 0; i < count; i++) {
        FUZZ_CHECK(i == 0 || ranges[i].offset > ranges[i - 1].offset + ranges[i - 1].length);
        FUZZ_CHECK(as_chunks_ready(chunks, ranges[i].offset, UINT64_MAX) == ranges[i].length);
        total += ranges[i].length;
    }
    for (uint64_t unit = 0; unit <= MOST_UNITS + 2; unit++) {
        size_t length = 0;
        filled += as_chunks_filled(chunks, unit);
        if (as_chunks_unit(chunks, unit, &length))
            FUZZ_CHECK(as_chunks_has(chunks, unit) && length == as_chunks_filled(chunks, unit));
    }
    FUZZ_CHECK(total == filled);
    FUZZ_CHECK(as_chunks_memory(chunks) <= (budget < AS_UNIT_BYTES ? AS_UNIT_BYTES : budget));
    FUZZ_CHECK(as_chunks_spilled(chunks) <= most_spilled);
}

static void operate(as_chunks *chunks, fuzz_bytes *in)
{
    const opcode op = (opcode)(fuzz_u8(in) % OPCODES);
    const uint64_t unit = fuzz_u8(in) % MOST_UNITS, place = unit * AS_UNIT_BYTES + fuzz_u16(in);
    switch (op) {
    case WRITE: write_at(chunks, place, fuzz_u32(in) % MOST_PIECE); break;
    case FILL:
        write_at(chunks, unit * AS_UNIT_BYTES + as_chunks_filled(chunks, unit),
                 fuzz_u8(in) & 1 ? AS_UNIT_BYTES : fuzz_u16(in));
        break;
    case READ: read_at(chunks, place, 1 + fuzz_u32(in) % (MOST_PIECE - 1)); break;
    case SIZE:
        if (size_told == UINT64_MAX && place >= written) {
            size_told = place;
            as_chunks_set_size(chunks, place);
        }
        break;
    case WINDOW: as_chunks_set_window(chunks, unit, unit + fuzz_u8(in)); break;
    case KEEP_ALL: as_chunks_keep_all(chunks); break;
    case CLEAR:
        as_chunks_clear(chunks);
        version++;
        written = 0;
        size_told = UINT64_MAX;
        break;
    default: fuzz_budget_fail((uint32_t)unit % 4, 1); break;
    }
    check_ranges(chunks);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    fuzz_bytes in = {data, size};
    fuzz_budget_begin(MEMORY);
    budget = fuzz_u8(&in) % 16 * UINT64_C(65536);
    const uint64_t spill = fuzz_u8(&in) % 8 * UINT64_C(65536);
    most_spilled = spill;
    version = 0;
    written = 0;
    size_told = UINT64_MAX;
    as_chunks *chunks = as_chunks_create(budget, spill);
    FUZZ_CHECK(chunks);
    for (int i = 0; i < MOST_OPERATIONS && in.left != 0; i++)
        operate(chunks, &in);
    as_chunks_destroy(chunks);
    fuzz_check_nothing_alive();
    return 0;
}
