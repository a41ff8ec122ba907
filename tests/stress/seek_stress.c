/* SPDX-License-Identifier: MIT
 *
 * Many threads seek in several streams in every way while these are opened, closed and changed;
 * each mask is compared with a hash of what it has to show. Ends with 1 when anything was wrong.
 *
 *     test_seek_stress [--seconds N] [--threads N] [--seed N]
 */
#include "tests/stress/seek_stress.h"

#include "core/base/mem.h"
#include "core/base/thread.h"

#include <dirent.h>
#include <inttypes.h>
#include <time.h>

enum { PATIENCE_SECONDS = 300 };

typedef struct options {
    uint64_t seconds, threads, seed;
} options;

static world the_world;
static actor actors[MOST_ACTORS];

void wrong(actor *a, const char *format, ...)
{
    char text[512];
    va_list args;
    va_start(args, format);
    vsnprintf(text, sizeof(text), format, args);
    va_end(args);
    a->wrongs++;
    fprintf(stderr, "thread %u, %s: %s\n", a->number, atomic_load(&a->doing), text);
    atomic_store(&a->world->stop, true);
}

uint64_t below(actor *a, uint64_t end)
{
    return test_random_u64(&a->random) % end;
}

bool one_in(actor *a, uint64_t n)
{
    return below(a, n) == 0;
}

bool enter(gate *g)
{
    return !atomic_load_explicit(&g->wanted, memory_order_relaxed) &&
           pthread_rwlock_tryrdlock(&g->guard) == 0;
}

void leave(gate *g)
{
    pthread_rwlock_unlock(&g->guard);
}

uint64_t next_frame(actor *a, uint64_t frames)
{
    const uint64_t at = a->position % frames;
    switch (below(a, 12)) {
    case 0: a->position = below(a, frames); break;                        /* anywhere */
    case 1: a->position = frames - 1 - below(a, 3); break;                /* the end */
    case 2: a->position = at + below(a, 60); break;                       /* a bit ahead */
    case 3: a->position = at > 60 ? at - below(a, 60) : 0; break;         /* back */
    case 4: a->position = 0; break;                                       /* the start */
    default: a->position = a->number % 3 == 1 ? at + frames - 1 : at + 1; /* on, back */
    }
    a->position %= frames;
    return a->position;
}

bool is_no_frame(actor *a, as_result result)
{
    a->counts.late += result == AS_TIMEOUT || result == AS_NOT_READY;
    a->counts.full += result == AS_ERROR_LIMIT;
    return result == AS_TIMEOUT || result == AS_NOT_READY || result == AS_ERROR_LIMIT;
}

/* ----------------------------------------------------------------------------------- threads -- */

static void *run(void *user)
{
    actor *a = user;
    while (!atomic_load_explicit(&a->world->stop, memory_order_relaxed))
        a->act(a);
    atomic_store(&a->doing, "giving back");
    give_back(a);
    mask_hasher_free(&a->hasher);
    atomic_store(&a->ended, true);
    return NULL;
}

static void start_actors(const options *given)
{
    for (unsigned i = 0; i < given->threads; i++) {
        actor *a = &actors[i];
        a->world = &the_world;
        a->number = i;
        a->random = test_random_from(given->seed + i * UINT64_C(1000003));
        a->act = i % 3 == 2 ? act_on_handles : act_on_streams;
#if TEST_FEATURES & 2
        if (i + 1 == given->threads)
            a->act = act_on_textures;
        else if (i + 2 == given->threads)
            a->act = act_on_handle_textures;
        if (i + 2 >= given->threads)
            a->context = make_context();
#endif
        atomic_store(&a->doing, "starting");
        assert_int_equal(pthread_create(&a->thread, NULL, run, a), 0);
    }
}

/* In steps, so that a failure ends it early. This is the length of the run, no wait for anything.
 */
static void let_run(uint64_t seconds)
{
    const struct timespec step = {.tv_nsec = 50 * 1000 * 1000};
    const uint64_t until = test_now_ns() + seconds * SECOND;
    while (!atomic_load(&the_world.stop) && test_now_ns() < until)
        nanosleep(&step, NULL);
    atomic_store(&the_world.stop, true);
}

/* Who does not end hangs: a state to look at is worth more than patience. */
static void end_actors(uint64_t threads)
{
    const struct timespec step = {.tv_nsec = 50 * 1000 * 1000};
    const uint64_t until = test_now_ns() + PATIENCE_SECONDS * SECOND;
    for (size_t i = 0; i < threads; i++) {
        while (!atomic_load(&actors[i].ended)) {
            if (test_now_ns() >= until) {
                fprintf(stderr, "thread %zu hangs: %s\n", i, atomic_load(&actors[i].doing));
                abort();
            }
            nanosleep(&step, NULL);
        }
        assert_int_equal(pthread_join(actors[i].thread, NULL), 0);
#if TEST_FEATURES & 2
        if (actors[i].context)
            end_context(actors[i].context);
#endif
    }
}

/* ------------------------------------------------------------------------------------- world -- */

static const as_key_params *closeup_key(void)
{
    static as_key_params key;
    key = test_closeup_key();
    return &key;
}

static void build_world(void)
{
    world *w = &the_world;
    w->contents[0] = (mask_content){.path = "samples/data/walkers.asvp",
                                    .canvas_width = 2048,
                                    .canvas_height = 1024,
                                    .width = 256,
                                    .height = 128,
                                    .other_width = 111,
                                    .other_height = 77};
    w->contents[1] = w->contents[0];
    w->contents[1].path = "tests/data/closeup.asvr";
    w->contents[1].key = closeup_key();
    w->contents[2] = (mask_content){.path = "tests/data/torture.asvp",
                                    .canvas_width = 320,
                                    .canvas_height = 200,
                                    .width = 320,
                                    .height = 200,
                                    .other_width = 100,
                                    .other_height = 60};
    for (size_t i = 0; i < CONTENTS; i++)
        mask_content_open(&w->contents[i]);
    for (size_t i = 0; i < SLOTS; i++)
        assert_int_equal(pthread_rwlock_init(&w->slots[i].gate.guard, NULL), 0);
    for (size_t i = 0; i < HANDLES; i++)
        assert_int_equal(pthread_rwlock_init(&w->handles[i].gate.guard, NULL), 0);
    w->memory.fail_at = -1;
}

static void end_world(void)
{
    world *w = &the_world;
    for (size_t i = 0; i < SLOTS; i++) {
        close_slot(&w->slots[i]);
        pthread_rwlock_destroy(&w->slots[i].gate.guard);
    }
    for (size_t i = 0; i < HANDLES; i++) {
        CV_destroy(w->handles[i].handle);
        pthread_rwlock_destroy(&w->handles[i].gate.guard);
    }
    for (size_t i = 0; i < CONTENTS; i++)
        mask_content_close(&w->contents[i]);
}

static counts sum(uint64_t threads, uint64_t *out_wrongs)
{
    counts all = {0};
    *out_wrongs = 0;
    for (size_t i = 0; i < threads; i++) {
        const counts *c = &actors[i].counts;
        all.opens += c->opens;
        all.closes += c->closes;
        all.inits += c->inits;
        all.gets += c->gets;
        all.seeks += c->seeks;
        all.others += c->others;
        all.masks += c->masks;
        all.late += c->late;
        all.full += c->full;
        all.textures += c->textures;
        *out_wrongs += actors[i].wrongs;
    }
    return all;
}

/* Drivers keep theirs. */
static int library_threads(void)
{
    int found = 0;
    DIR *tasks = opendir("/proc/self/task");
    assert_non_null(tasks);
    for (const struct dirent *task; (task = readdir(tasks)) != NULL;) {
        char path[300], name[32] = "";
        snprintf(path, sizeof(path), "/proc/self/task/%s/comm", task->d_name);
        FILE *file = fopen(path, "r");
        found += file && fgets(name, sizeof(name), file) && strncmp(name, "as-", 3) == 0;
        if (file)
            fclose(file);
    }
    closedir(tasks);
    return found;
}

/* What is left behind counts as wrong. */
static uint64_t leftovers(void)
{
    const uint64_t bytes = as_mem_live();
    uint64_t wrongs = 0;
    if (bytes != 0) {
        fprintf(stderr, "%" PRIu64 " blocks of the library's memory are left\n", bytes);
        wrongs++;
    }
    if (atomic_load(&the_world.memory.blocks) != 0) {
        fprintf(stderr, "%d blocks of frame memory are left\n",
                atomic_load(&the_world.memory.blocks));
        wrongs++;
    }
    if (as_thread_test_misuses() != 0) {
        fprintf(stderr, "locks were misused\n");
        wrongs++;
    }
    if (library_threads() != 0) {
        fprintf(stderr, "%d of the library's threads are left\n", library_threads());
        wrongs++;
    }
    return wrongs;
}

/* --------------------------------------------------------------------------------- options -- */

static bool take_option(options *given, const char *name, const char *value)
{
    char *rest;
    const uint64_t number = strtoull(value, &rest, 0);
    if (*value == '\0' || *rest != '\0')
        return false;
    if (strcmp(name, "--seconds") == 0)
        given->seconds = number;
    else if (strcmp(name, "--seed") == 0)
        given->seed = number;
    else if (strcmp(name, "--threads") == 0 && number >= 4 && number <= MOST_ACTORS)
        given->threads = number;
    else
        return false;
    return true;
}

static bool take_options(options *given, int count, char **words)
{
    *given = (options){.seconds = 3, .threads = 10};
    bool seeded = false;
    for (int i = 1; i < count; i += 2) {
        if (i + 1 >= count || !take_option(given, words[i], words[i + 1]))
            return false;
        seeded = seeded || strcmp(words[i], "--seed") == 0;
    }
    if (seeded)
        printf("seek stress: seed %" PRIu64 "\n", given->seed);
    else
        given->seed = test_seed("seek stress");
    return true;
}

int main(int count, char **words)
{
    options given;
    if (!take_options(&given, count, words)) {
        fprintf(stderr, "usage: %s [--seconds N] [--threads 4..%d] [--seed N]\n", words[0],
                MOST_ACTORS);
        return 2;
    }
    uint64_t wrongs;
    build_world();
    start_actors(&given);
    let_run(given.seconds);
    end_actors(given.threads);
    end_world();
    const counts c = sum(given.threads, &wrongs);
    wrongs += leftovers();
    printf("%" PRIu64 " threads: %" PRIu64 " opens, %" PRIu64 " closes, %" PRIu64
           " inits of handles, %" PRIu64 " gets (%" PRIu64 " late, %" PRIu64 " full), %" PRIu64
           " seeks, %" PRIu64 " other calls, %" PRIu64 " events, %" PRIu64 " textures; %" PRIu64
           " masks compared, %" PRIu64 " wrong\n",
           given.threads, c.opens, c.closes, c.inits, c.gets, c.late, c.full, c.seeks, c.others,
           (uint64_t)atomic_load(&the_world.events), c.textures, c.masks, wrongs);
    if (c.masks == 0 && wrongs == 0) {
        fprintf(stderr, "not a single mask was compared\n");
        return 1;
    }
    return wrongs != 0;
}
