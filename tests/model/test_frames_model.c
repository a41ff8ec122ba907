/* SPDX-License-Identifier: MIT
 *
 * Every order in which callers, a worker and the end of a session may come to their locks
 * (frames.h). In each of them
 *
 *   nothing is used after it was freed, and what is freed is nobody's;
 *   a frame in a caller's hands shows what was asked for, also when all else is gone;
 *   whoever waits is woken: no state is a dead end but the one in which all have ended;
 *   from each state everybody can come to an end, and then all memory is freed.
 *
 * That each of these can be missed is shown by rules with one mistake each.
 */
#include "tests/model/frames.h"
#include "tests/support/check.h"

#define NOWHERE UINT32_MAX

enum { SLOTS = 1 << 22, MOST_STATES = SLOTS / 2 };

typedef struct edge {
    uint32_t from, to;
} edge;

/* All states that were found, in order: breadth first, so that a way into trouble is a short one.
 */
typedef struct space {
    model *states;
    uint32_t *parents;
    uint8_t *movers; /* who made the step from the parent */
    uint32_t *slots; /* by hash: index + 1; 0: empty */
    edge *edges;
    uint32_t count;
    size_t edge_count, edge_capacity;
    const char *wrong; /* what came out, where, by whose step */
    uint32_t wrong_at;
    unsigned wrong_mover;
} space;

static void *must(void *memory)
{
    assert_non_null(memory);
    return memory;
}

static uint32_t hash_of(const model *m)
{
    const uint8_t *bytes = (const uint8_t *)m;
    uint64_t h = UINT64_C(0xcbf29ce484222325);
    for (size_t i = 0; i < sizeof(*m); i++)
        h = (h ^ bytes[i]) * UINT64_C(0x100000001b3);
    return (uint32_t)(h >> 20);
}

static uint32_t find_or_add(space *s, const model *m, uint32_t parent, unsigned mover)
{
    uint32_t at = hash_of(m) % SLOTS;
    while (s->slots[at] != 0) {
        if (memcmp(&s->states[s->slots[at] - 1], m, sizeof(*m)) == 0)
            return s->slots[at] - 1;
        at = (at + 1) % SLOTS;
    }
    if (s->count == MOST_STATES)
        fail_msg("more than %d states", MOST_STATES);
    s->states[s->count] = *m;
    s->parents[s->count] = parent;
    s->movers[s->count] = (uint8_t)mover;
    s->slots[at] = ++s->count;
    return s->count - 1;
}

static void add_edge(space *s, uint32_t from, uint32_t to)
{
    if (s->edge_count == s->edge_capacity) {
        s->edge_capacity = s->edge_capacity ? 2 * s->edge_capacity : 1 << 20;
        s->edges = must(realloc(s->edges, s->edge_capacity * sizeof(*s->edges)));
    }
    s->edges[s->edge_count++] = (edge){from, to};
}

static void note(space *s, const char *wrong, uint32_t at, unsigned mover)
{
    if (s->wrong)
        return;
    s->wrong = wrong;
    s->wrong_at = at;
    s->wrong_mover = mover;
}

static bool all_have_ended(const model *m)
{
    for (unsigned i = 0; i < MODEL_THREADS; i++)
        if (!model_has_ended(m, i))
            return false;
    return true;
}

static void go_on_from(space *s, const model_rules *rules, uint32_t at)
{
    model_step steps[MODEL_CHOICES];
    const model m = s->states[at];
    unsigned moves = 0;
    for (unsigned thread = 0; thread < MODEL_THREADS; thread++) {
        const unsigned count = model_steps(rules, &m, thread, steps);
        for (unsigned i = 0; i < count; i++) {
            if (steps[i].wrong)
                note(s, steps[i].wrong, at, thread);
            add_edge(s, at, find_or_add(s, &steps[i].next, at, thread));
        }
        moves += count;
    }
    if (moves != 0)
        return;
    if (!all_have_ended(&m))
        note(s, "nobody can go on", at, MODEL_THREADS);
    else if (m.stream || m.pool || m.session_calls || m.frames_held)
        note(s, "something is left at the end", at, MODEL_THREADS);
}

/* Marks what leads to the end, backward, until nothing is added. */
static void check_ends(space *s)
{
    uint8_t *ends = must(calloc(s->count, 1));
    for (uint32_t i = 0; i < s->count; i++)
        ends[i] = all_have_ended(&s->states[i]);
    for (bool more = true; more;) {
        more = false;
        for (size_t i = s->edge_count; i-- > 0;)
            if (ends[s->edges[i].to] && !ends[s->edges[i].from]) {
                ends[s->edges[i].from] = 1;
                more = true;
            }
    }
    for (uint32_t i = 0; i < s->count; i++)
        if (!ends[i])
            note(s, "from here nothing leads to the end", i, MODEL_THREADS);
    free(ends);
}

static space explore(const model_rules *rules)
{
    space s = {.states = must(malloc(MOST_STATES * sizeof(*s.states))),
               .parents = must(malloc(MOST_STATES * sizeof(*s.parents))),
               .movers = must(malloc(MOST_STATES)),
               .slots = must(calloc(SLOTS, sizeof(*s.slots)))};
    model first;
    model_begin(&first);
    (void)find_or_add(&s, &first, NOWHERE, MODEL_THREADS);
    for (uint32_t at = 0; at < s.count && !s.wrong; at++)
        go_on_from(&s, rules, at);
    if (!s.wrong)
        check_ends(&s);
    return s;
}

static void end_space(space *s)
{
    free(s->states);
    free(s->parents);
    free(s->movers);
    free(s->slots);
    free(s->edges);
}

static void print_way(const space *s, uint32_t at)
{
    if (s->parents[at] == NOWHERE)
        return;
    print_way(s, s->parents[at]);
    print_message("  thread %u %s\n", s->movers[at],
                  model_where(&s->states[s->parents[at]], s->movers[at]));
}

static void expect_right(model_rules rules)
{
    space s = explore(&rules);
    print_message("most held %d, %d gets, timeouts %d, helping %d: %u states, %zu steps\n",
                  rules.most_held, rules.gets, rules.timeouts, rules.helping, s.count,
                  s.edge_count);
    if (s.wrong) {
        print_way(&s, s.wrong_at);
        fail_msg("%s (thread %u)", s.wrong, s.wrong_mover);
    }
    end_space(&s);
}

/* A session that ends at any time or, so that only others can wake who waits, at the end; frames
 * for one caller alone or for both. */
static void test_all_orders_are_right(void **state)
{
    (void)state;
    for (int late = 0; late <= 1; late++)
        for (uint8_t most_held = 1; most_held <= 2; most_held++)
            expect_right((model_rules){.most_held = most_held, .gets = 2, .late_close = late != 0});
}

static void test_callers_may_help(void **state)
{
    (void)state;
    expect_right((model_rules){.most_held = 2, .gets = 1, .helping = true});
    expect_right((model_rules){.most_held = 2, .gets = 2, .helping = true, .late_close = true});
}

static void test_waits_may_end_at_any_time(void **state)
{
    (void)state;
    expect_right((model_rules){.most_held = 2, .gets = 1, .timeouts = true});
    expect_right((model_rules){.most_held = 2, .gets = 2, .timeouts = true, .late_close = true});
}

static void test_mistakes_show(void **state)
{
    static const struct {
        model_mistake mistake;
        bool late_close;
        const char *words;
    } mistakes[] = {{MODEL_FORGETS_NEWS, true, "nobody can go on"},
                    {MODEL_KEEPS_ROOM, true, "nobody can go on"},
                    {MODEL_MISSES_ROOM, true, "nobody can go on"},
                    {MODEL_SILENT_DRAW, true, "nobody can go on"},
                    {MODEL_SILENT_CLOSE, false, "nobody can go on"},
                    {MODEL_SILENT_LEAVE, false, "nobody can go on"},
                    {MODEL_HASTY_SESSION, false, "used after"},
                    {MODEL_HASTY_WORK, false, "with work that runs"},
                    {MODEL_EVICTS_HELD, true, "in a caller's hands"},
                    {MODEL_FREES_HELD, false, "in a caller's hands"},
                    {MODEL_UNCOUNTED_FRAMES, false, "without its buffers"}};
    (void)state;
    assert_int_equal(sizeof(mistakes) / sizeof(*mistakes), MODEL_MISTAKES - 1);
    for (size_t i = 0; i < MODEL_MISTAKES - 1; i++) {
        const model_rules rules = {.mistake = mistakes[i].mistake,
                                   .most_held = 2,
                                   .gets = 2,
                                   .late_close = mistakes[i].late_close};
        space s = explore(&rules);
        print_message("mistake %d: %s after %u states\n", (int)rules.mistake,
                      s.wrong ? s.wrong : "nothing is wrong", s.count);
        assert_non_null(s.wrong);
        if (!strstr(s.wrong, mistakes[i].words)) {
            print_way(&s, s.wrong_at);
            fail_msg("it should have been: %s", mistakes[i].words);
        }
        end_space(&s);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_all_orders_are_right),
        cmocka_unit_test(test_callers_may_help),
        cmocka_unit_test(test_waits_may_end_at_any_time),
        cmocka_unit_test(test_mistakes_show),
    };
    return cmocka_run_group_tests_name("model of frames", tests, NULL, NULL);
}
