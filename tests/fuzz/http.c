/* SPDX-License-Identifier: MIT
 *
 * An HTTP source before a server that does what the input says (transport.h): reads, also within
 * other reads' waits as if by other threads, hints, cancelling. Every read ends; what it gives is
 * the content of one version, as long as the server was honest.
 */
#include "tests/fuzz/budget.h"
#include "tests/fuzz/fuzz.h"
#include "tests/fuzz/transport.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum {
    MOST_READ = 300000,
    MOST_OPERATIONS = 40,
    MOST_DEPTH = 3,
    MOST_RANGES = 8,
    BUDGET = 64 << 20
};

typedef enum opcode {
    READ,
    READ_SOME,
    HINT,
    SEEK,
    STEP,
    PASS,
    LOOK,
    CANCEL,
    NOTHING,
    OPCODES
} opcode;

static as_source *source;
static fuzz_bytes *program;
static uint64_t generation;
static uint32_t depth, operations;

static uint64_t take_place(void)
{
    return (uint64_t)fuzz_u16(program) * 64;
}

static void operation_read(size_t most)
{
    const uint64_t offset = take_place();
    const size_t length = 1 + fuzz_u32(program) % most;
    uint8_t *bytes = malloc(length);
    size_t got = 0;
    as_error error = {0};
    FUZZ_CHECK(bytes);
    const as_result result = as_source_read(source, offset, bytes, length, &got, &error);
    FUZZ_CHECK_RESULT(result, &error);
    FUZZ_CHECK(result != AS_ERROR_ARGUMENT && got <= length);
    FUZZ_CHECK(result == AS_OK || got == 0);
    if (result == AS_OK)
        FUZZ_CHECK(fuzz_transport_is_content(offset, bytes, got));
    free(bytes);
}

static void operation_hint(bool seek)
{
    as_byte_range ranges[MOST_RANGES];
    const size_t count = fuzz_u8(program) % (MOST_RANGES + 1);
    for (size_t i = 0; i < count; i++)
        ranges[i] = (as_byte_range){take_place(), fuzz_size(program) * 64};
    generation += seek;
    as_source_prefetch(source, ranges, count, 0, generation);
}

static void operation_look(void)
{
    as_http_stats stats = {.struct_size = sizeof(stats)};
    as_byte_range ranges[MOST_RANGES];
    uint64_t size;
    size_t count = 0;
    as_error error = {0};
    FUZZ_CHECK(as_source_get_http_stats(source, &stats, &error) == AS_OK);
    FUZZ_CHECK(as_source_size(source, &size, &error) == AS_OK);
    const as_result result = as_source_get_cached(source, ranges, MOST_RANGES, &count, &error);
    FUZZ_CHECK(result == (count > MOST_RANGES ? AS_ERROR_LIMIT : AS_OK));
    for (size_t i = 0; i < count && i < MOST_RANGES; i++) {
        FUZZ_CHECK(ranges[i].length != 0 && ranges[i].offset + ranges[i].length > ranges[i].offset);
        FUZZ_CHECK(size == AS_SIZE_UNKNOWN || ranges[i].offset + ranges[i].length <= size);
        FUZZ_CHECK(i == 0 || ranges[i].offset > ranges[i - 1].offset + ranges[i - 1].length);
    }
}

static void operate(void)
{
    switch ((opcode)(fuzz_u8(program) % OPCODES)) {
    case READ: operation_read(MOST_READ); break;
    case READ_SOME: operation_read(5000); break;
    case HINT: operation_hint(false); break;
    case SEEK: operation_hint(true); break;
    case STEP: (void)fuzz_transport_step(); break;
    case PASS: fuzz_transport_pass((uint64_t)fuzz_u8(program) * 50000000); break;
    case LOOK: operation_look(); break;
    case CANCEL:
        if (fuzz_u8(program) == 1)
            as_source_cancel(source);
        break;
    default: break;
    }
}

/* Another thread, while one waits. */
static void meanwhile(void)
{
    if (program->left == 0 || depth >= MOST_DEPTH || operations >= MOST_OPERATIONS)
        return;
    if (fuzz_u8(program) % 8 != 1)
        return;
    operations++;
    depth++;
    operate();
    depth--;
}

static as_result refresh(void *user, const char *url, uint32_t status, char *out_url,
                         size_t capacity)
{
    const uint8_t how = fuzz_u8(program);
    (void)user;
    FUZZ_CHECK(strlen(url) != 0 && status != 0);
    if (how & 1)
        return AS_ERROR_TRANSPORT;
    if (how & 2)
        memset(out_url, 'x', capacity);
    else
        (void)snprintf(out_url, capacity, how & 4 ? "not a URL" : "http://host/new%" PRIu8, how);
    return AS_OK;
}

static void exchanged(void *user, const as_http_exchange *exchange)
{
    (void)user;
    FUZZ_CHECK(exchange->struct_size == sizeof(*exchange));
    FUZZ_CHECK(exchange->first_byte_ns <= exchange->total_ns);
}

static as_http_params take_params(void)
{
    as_http_params p = {.struct_size = sizeof(p), .proxy = "", .exchange = exchanged};
    const uint8_t flags = fuzz_u8(program);
    p.requests = 1 + flags % 4;
    p.retries = flags & 4 ? AS_HTTP_NO_RETRIES : 2;
    p.cache_bytes = flags & 8 ? 1 << 20 : 4 << 20;
    p.chunk_bytes = flags & 16 ? 65536 : 1 << 20;
    p.spill_bytes = flags & 32 ? AS_HTTP_NO_SPILL : 1 << 20;
    p.bandwidth = flags & 64 ? 200000 : 0;
    p.refresh = flags & 128 ? refresh : NULL;
    return p;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    fuzz_bytes in = {data, size};
    as_error error = {0};
    program = &in;
    fuzz_budget_begin(BUDGET);
    const as_http_params params = take_params();
    const uint64_t content = (uint64_t)fuzz_u16(&in) * 64;
    generation = operations = depth = 0;
    fuzz_transport_begin(&in, content, fuzz_u8(&in) % 4 != 0);
    fuzz_transport_on_wait(meanwhile);
    FUZZ_CHECK(as_source_open_http("http://user:secret@host/a.asvp?key", &params, &source,
                                   &error) == AS_OK);
    while (in.left != 0 && operations++ < MOST_OPERATIONS)
        operate();
    fuzz_transport_on_wait(NULL);
    operation_read(MOST_READ);
    as_source_close(&source);
    fuzz_check_nothing_alive();
    return 0;
}
