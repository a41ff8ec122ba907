/* SPDX-License-Identifier: MIT
 *
 * core/io/chunks under random operations, against a model that is too simple to be wrong: units in
 * an array, by use.
 */
#include "tests/unit/chunks_fixture.h"

#define UNITS 40 /* numbers 0 .. UNITS - 1, spread over the content */

typedef struct model_unit {
    uint64_t number; /* before spreading */
    size_t filled;
    bool spilled;
} model_unit;

typedef struct model {
    model_unit units[UNITS]; /* the newest first */
    size_t count;
    uint64_t in_memory, most, spilled, most_spilled;
    uint64_t first, end; /* the window, before spreading */
    uint64_t size;       /* of the content, in bytes of units that are not spread; 0: not known */
    bool keep_all;
    uint64_t spread; /* > 1: no units are adjacent */
} model;

static size_t position(const model *m, uint64_t number)
{
    size_t i = 0;
    while (i < m->count && m->units[i].number != number)
        i++;
    return i;
}

static size_t filled_of(const model *m, uint64_t number)
{
    const size_t at = position(m, number);
    return at < m->count ? m->units[at].filled : 0;
}

static void move_to_front(model *m, size_t at)
{
    const model_unit unit = m->units[at];
    memmove(m->units + 1, m->units, at * sizeof(*m->units));
    m->units[0] = unit;
}

static size_t oldest_in_memory(const model *m)
{
    size_t at = m->count;
    while (m->units[--at].spilled) {
    }
    return at;
}

/* Makes room in memory for one unit. */
static as_result model_make_room(model *m)
{
    if (m->in_memory < m->most) {
        m->in_memory++;
        return AS_OK;
    }
    size_t at = oldest_in_memory(m);
    uint64_t tries = m->in_memory;
    while (tries > 0 && m->units[at].number >= m->first && m->units[at].number < m->end) {
        move_to_front(m, at);
        at = oldest_in_memory(m);
        tries--;
    }
    if (tries == 0 && !m->keep_all)
        return AS_ERROR_LIMIT;
    if (m->keep_all) {
        if (m->spilled == m->most_spilled)
            return AS_ERROR_LIMIT;
        m->spilled++;
        m->units[at].spilled = true;
        return AS_OK;
    }
    memmove(m->units + at, m->units + at + 1, (m->count - at - 1) * sizeof(*m->units));
    m->count--;
    return AS_OK;
}

static as_result model_write(model *m, uint64_t number, size_t from, size_t length, size_t *out_new)
{
    size_t at = position(m, number);
    const size_t filled = filled_of(m, number);
    *out_new = 0;
    if ((m->size != 0 && number * UNIT + from + length > m->size) || (length != 0 && from > filled))
        return AS_ERROR_ARGUMENT;
    if (length == 0 || from + length <= filled)
        return AS_OK;
    if (at == m->count) {
        const as_result result = model_make_room(m);
        if (result != AS_OK)
            return result;
        at = m->count++;
        m->units[at] = (model_unit){.number = number};
    }
    *out_new = from + length - filled;
    m->units[at].filled = from + length;
    if (!m->units[at].spilled)
        move_to_front(m, at);
    return AS_OK;
}

static void step_write(model *m, as_chunks *chunks, test_random *random)
{
    const uint64_t number = (uint64_t)test_random_in(random, 0, UNITS - 1);
    const size_t filled = filled_of(m, number);
    size_t from = filled, length;
    if (test_random_in(random, 0, 3) == 0) /* over what is there, or past it */
        from =
            (size_t)test_random_in(random, 0, (int64_t)(filled < UNIT - 9 ? filled + 9 : filled));
    length = (size_t)test_random_in(random, 0, (int64_t)(UNIT - from));
    if (test_random_in(random, 0, 1))
        length = UNIT - from;
    if (m->size != 0 && number == m->size / UNIT && from + length > m->size % UNIT &&
        from <= m->size % UNIT)
        length = m->size % UNIT - from;
    size_t wanted, fresh;
    const as_result result = model_write(m, number, from, length, &wanted);
    assert_int_equal(put(chunks, number * m->spread * UNIT + from, length, &fresh), result);
    assert_int_equal(fresh, wanted);
}

static void step_read(model *m, as_chunks *chunks, test_random *random)
{
    const uint64_t number = (uint64_t)test_random_in(random, 0, UNITS - 1);
    const size_t at = position(m, number), filled = filled_of(m, number);
    if (filled == 0)
        return;
    const size_t from = (size_t)test_random_in(random, 0, (int64_t)filled - 1);
    const size_t length = (size_t)test_random_in(random, 1, (int64_t)(filled - from));
    check_bytes(chunks, number * m->spread * UNIT + from, length);
    if (!m->units[at].spilled)
        move_to_front(m, at);
}

static void step_other(model *m, as_chunks *chunks, test_random *random)
{
    switch (test_random_in(random, 0, 40)) {
    case 0:
        as_chunks_clear(chunks);
        *m = (model){.most = m->most, .most_spilled = m->most_spilled, .spread = m->spread};
        break;
    case 1:
        as_chunks_keep_all(chunks);
        m->keep_all = true;
        break;
    case 2:
        if (m->spread == 1 && m->count == 0) {
            m->size = (uint64_t)test_random_in(random, 1, UNITS * (int64_t)UNIT);
            as_chunks_set_size(chunks, m->size);
        }
        break;
    default:
        m->first = (uint64_t)test_random_in(random, 0, UNITS);
        m->end = m->first + (uint64_t)test_random_in(random, 0, (int64_t)m->most + 1);
        as_chunks_set_window(chunks, m->first * m->spread, m->end * m->spread);
    }
}

static uint64_t model_ready(const model *m, uint64_t number, size_t from)
{
    size_t filled = filled_of(m, number);
    if (filled <= from)
        return 0;
    uint64_t ready = filled - from;
    while (m->spread == 1 && filled == UNIT) {
        filled = filled_of(m, ++number);
        ready += filled;
    }
    return ready;
}

static void check_unit(const model *m, const as_chunks *chunks, uint64_t number)
{
    const uint64_t unit = number * m->spread;
    const size_t filled = filled_of(m, number);
    const bool at_end = m->size != 0 && number == m->size / UNIT && filled == m->size % UNIT;
    const bool whole = filled != 0 && (filled == UNIT || at_end);
    const size_t at = position(m, number);
    size_t length = 0;
    assert_int_equal(as_chunks_filled(chunks, unit), filled);
    assert_int_equal(as_chunks_has(chunks, unit), whole);
    const uint8_t *bytes = as_chunks_unit(chunks, unit, &length);
    assert_int_equal(bytes != NULL, whole && !m->units[at].spilled);
    assert_int_equal(length, bytes ? filled : 0);
    for (size_t from = 0; from <= filled; from += filled / 2 + 1)
        assert_true(as_chunks_ready(chunks, unit * UNIT + from, UINT64_MAX) ==
                    model_ready(m, number, from));
    const uint64_t ready = model_ready(m, number, 0);
    assert_true(as_chunks_ready(chunks, unit * UNIT, 10) == (ready < 10 ? ready : 10));
}

static void check_all(const model *m, const as_chunks *chunks)
{
    as_byte_range ranges[UNITS + 1];
    const size_t count = as_chunks_ranges(chunks, ranges, COUNT(ranges));
    size_t next = 0;
    bool joined = false;
    for (uint64_t number = 0; number < UNITS; number++) {
        check_unit(m, chunks, number);
        const size_t filled = filled_of(m, number);
        if (filled != 0 && !joined) {
            assert_true(next < count);
            assert_true(ranges[next].offset == number * m->spread * UNIT);
            assert_true(ranges[next].length == model_ready(m, number, 0));
            next++;
        }
        joined = m->spread == 1 && filled == UNIT;
    }
    assert_int_equal(next, count);
    assert_true(as_chunks_memory(chunks) == m->in_memory * UNIT);
    assert_true(as_chunks_spilled(chunks) == m->spilled * UNIT);
}

static void test_random_operations_against_a_model(void **state)
{
    (void)state;
    test_random random = test_random_from(test_seed("chunks"));
    const uint64_t spreads[] = {1, 2, 1, (uint64_t)1 << 32, 0x9E3779B97Fu};
    for (size_t round = 0; round < 40; round++) {
        model m = {.most = (uint64_t)test_random_in(&random, 1, 12),
                   .most_spilled = (uint64_t)test_random_in(&random, 0, UNITS),
                   .spread = spreads[round % COUNT(spreads)]};
        as_chunks *chunks = as_chunks_create(m.most * UNIT, m.most_spilled * UNIT);
        assert_non_null(chunks);
        for (int i = 0; i < 400; i++) {
            const int64_t what = test_random_in(&random, 0, 99);
            if (what < 60)
                step_write(&m, chunks, &random);
            else if (what < 90)
                step_read(&m, chunks, &random);
            else
                step_other(&m, chunks, &random);
            check_all(&m, chunks);
        }
        as_chunks_destroy(chunks);
        assert_int_equal(as_mem_live(), 0);
    }
}

/* Long runs of bytes in pieces of any size, over many units, as a server without ranges sends. */
static void test_streams_in_pieces(void **state)
{
    (void)state;
    test_random random = test_random_from(test_seed("chunks, streams"));
    for (int round = 0; round < 4; round++) {
        as_chunks *chunks =
            as_chunks_create((uint64_t)test_random_in(&random, 1, 9) * UNIT, (uint64_t)100 * UNIT);
        uint64_t at = 0;
        assert_non_null(chunks);
        as_chunks_keep_all(chunks);
        while (at < 40 * UNIT) {
            const size_t length = (size_t)test_random_in(&random, 1, 3 * (int64_t)UNIT);
            put_new(chunks, at, length);
            at += length;
            const uint64_t from = (uint64_t)test_random_in(&random, 0, (int64_t)at - 1);
            const uint64_t most = at - from < 3 * UNIT ? at - from : 3 * UNIT;
            check_bytes(chunks, from, (size_t)test_random_in(&random, 1, (int64_t)most));
            assert_true(as_chunks_ready(chunks, 0, UINT64_MAX) == at);
        }
        as_chunks_destroy(chunks);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_random_operations_against_a_model),
        cmocka_unit_test(test_streams_in_pieces),
    };
    return cmocka_run_group_tests_name("chunks_model", tests, setup, teardown);
}
