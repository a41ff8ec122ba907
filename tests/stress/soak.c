/* SPDX-License-Identifier: MIT
 *
 * Play with seeks over HTTP while the server does wrong at random, for as long as wanted: every
 * mask is right, and memory, descriptors and threads stay what they were. Ends with 1 otherwise.
 *
 *     test_soak [--minutes N | --seconds N] [--round SECONDS] [--seed N]
 *
 * In rounds: trouble, then a sound server, from which everybody must get frames again; then what
 * was opened for the round is closed, and one sample is taken.
 */
#include "tests/stress/soak.h"

#include "core/base/mem.h"
#include "core/base/thread.h"
#include "tests/support/http_chaos.h"
#include "tests/support/process.h"

#include <inttypes.h>
#include <sys/stat.h>
#include <time.h>

#define WALKERS "samples/data/walkers.asvp"

enum { REPEATS = 20, RULES = 6, FRAMES_TO_RECOVER = 5 };

typedef struct options {
    uint64_t seconds, round_seconds, seed;
    size_t rounds; /* at least */
} options;

static uint64_t content_size;
static char content_path[HTTP_PATH], cache_path[HTTP_PATH];
static soak_player players[SOAK_KINDS];
static soak_figures figures;
static atomic_bool stop;

/* The sample's frames again and again: more than the caches of the players hold. */
static void write_long_content(mask_content *content)
{
    const as_writer_params params = {.struct_size = sizeof(params), .format = AS_FORMAT_ASVP};
    as_writer *writer = NULL;
    as_buffer block = {0};
    as_error error;
    assert_ok(as_writer_create(http_path(content_path, "long.asvp"), &params, &writer, &error),
              &error);
    for (uint64_t i = 0; i < content->frames * REPEATS; i++) {
        const uint64_t index = i % content->frames;
        assert_ok(as_container_read_block(content->container, index, &block, &error), &error);
        assert_ok(as_writer_add_block(writer, block.data, block.size, &error), &error);
    }
    as_buffer_free(&block);
    assert_ok(as_writer_finish(&writer, &error), &error);
    struct stat status;
    assert_int_equal(stat(content_path, &status), 0);
    content_size = (uint64_t)status.st_size;
}

static void draw_all(mask_content *content)
{
    mask_hasher hasher = {.room = 0};
    for (uint64_t i = 0; i < content->frames; i++)
        (void)mask_content_hash(content, &hasher, MASK_R8, i);
    mask_hasher_free(&hasher);
}

/* ------------------------------------------------------------------------------------- rounds --
 */

static void make_trouble(test_random *random)
{
    char fault[HTTP_CHAOS_FAULT];
    fault_tell("clear soak");
    for (int i = 0; i < RULES; i++)
        fault_tell("rule soak skip=%u times=%u %s", (unsigned)(test_random_u64(random) % 6),
                   (unsigned)(1 + test_random_u64(random) % 3),
                   http_chaos_fault(random, content_size, fault));
    if (test_random_u64(random) % 10 == 0) {
        fault_tell("offline %u", (unsigned)fault_port());
        fault_tell("online %u", (unsigned)fault_port());
    }
}

/* A second without trouble after each of it. This is how long it goes on, no wait for anything. */
static void play_round(uint64_t seconds, test_random *random)
{
    const struct timespec second = {.tv_sec = 1};
    atomic_store(&stop, false);
    for (size_t i = 0; i < SOAK_KINDS; i++)
        assert_int_equal(pthread_create(&players[i].thread, NULL, soak_play, &players[i]), 0);
    for (uint64_t i = 0; i < seconds; i++) {
        if (i % 2 == 0) {
            make_trouble(random);
        } else {
            fault_tell("clear soak");
            fault_tell("release soak");
        }
        nanosleep(&second, NULL);
    }
    atomic_store(&stop, true);
    for (size_t i = 0; i < SOAK_KINDS; i++)
        assert_int_equal(pthread_join(players[i].thread, NULL), 0);
}

static bool recover(void)
{
    fault_tell("clear soak");
    fault_tell("release soak");
    fault_scenario("soak", content_path, "etag=\"v1\"");
    for (size_t i = 0; i < SOAK_KINDS; i++)
        if (!soak_recovers(&players[i], FRAMES_TO_RECOVER)) {
            fprintf(stderr, "player %zu gets no frame of a sound server\n", i);
            return false;
        }
    return true;
}

static unsigned play_rounds(const options *given)
{
    test_random random = test_random_from(given->seed);
    const uint64_t start = test_now_ns();
    unsigned wrong = !soak_recovers(&players[SOAK_STEADY], FRAMES_TO_RECOVER);
    const int threads = test_threads(); /* of the steady stream: none has ended */
    while (wrong == 0 && figures.count < SOAK_SAMPLES &&
           (figures.count < given->rounds || test_now_ns() < start + given->seconds * SECOND)) {
        play_round(given->round_seconds, &random);
        wrong += !recover();
        soak_close(&players[SOAK_DISK]);
        soak_close(&players[SOAK_HANDLE]);
        const soak_sample sample = soak_measure(start, threads);
        figures.samples[figures.count++] = sample;
        for (size_t i = 0; i < SOAK_KINDS; i++)
            wrong += players[i].counts.wrong != 0;
        printf("%.0f s: %.0f KiB, of which %.0f in blocks in use, %d descriptors, %d threads\n",
               sample.seconds, sample.rss_kib, sample.used_kib, sample.descriptors, sample.threads);
        fflush(stdout);
    }
    return wrong;
}

/* ------------------------------------------------------------------------------------ the end --
 */

static void print_counts(void)
{
    static const char *const names[SOAK_KINDS] = {"steady", "disk", "handle"};
    for (size_t i = 0; i < SOAK_KINDS; i++) {
        const soak_counts *c = &players[i].counts;
        printf("%s: %" PRIu64 " pictures, %" PRIu64 " masks compared, %" PRIu64 " late, %" PRIu64
               " failed, %" PRIu64 " changed; %" PRIu64 " seeks, %" PRIu64 " opens (%" PRIu64
               " refused); %" PRIu64 " wrong\n",
               names[i], c->pictures, c->masks, c->late, c->failed, c->changed, c->seeks, c->opens,
               c->refused, c->wrong);
    }
}

/* Nothing is open any more: all is as it was before. */
static unsigned judge_end(const soak_sample *before)
{
    const soak_sample after = soak_measure(0, before->threads);
    const uint64_t blocks = as_mem_live();
    printf("at the end %d descriptors and %d threads, before %d and %d; %" PRIu64
           " blocks of memory\n",
           after.descriptors, after.threads, before->descriptors, before->threads, blocks);
    return (after.descriptors != before->descriptors) + (after.threads != before->threads) +
           (blocks != 0) + (as_thread_test_misuses() != 0);
}

static bool take_options(options *given, int count, char **words)
{
    *given = (options){.seconds = 4, .round_seconds = 2};
    bool seeded = false;
    for (int i = 1; i + 1 < count; i += 2) {
        char *rest;
        const uint64_t number = strtoull(words[i + 1], &rest, 0);
        if (*words[i + 1] == '\0' || *rest != '\0')
            return false;
        if (strcmp(words[i], "--seconds") == 0) {
            given->seconds = number;
        } else if (strcmp(words[i], "--minutes") == 0) {
            given->seconds = number * 60;
            given->rounds = SOAK_ROUNDS; /* however slow the machine is */
        } else if (strcmp(words[i], "--round") == 0 && number > 0) {
            given->round_seconds = number;
        } else if (strcmp(words[i], "--seed") == 0) {
            given->seed = number;
        } else {
            return false;
        }
        seeded = seeded || strcmp(words[i], "--seed") == 0;
    }
    if (count % 2 == 0)
        return false;
    if (!seeded)
        given->seed = test_seed("soak");
    return true;
}

int main(int count, char **words)
{
    mask_content content = {
        .path = WALKERS, .canvas_width = 2048, .canvas_height = 1024, .width = 512, .height = 256};
    char url[HTTP_URL];
    options given;
    if (!take_options(&given, count, words)) {
        fprintf(stderr, "usage: %s [--minutes N | --seconds N] [--round SECONDS] [--seed N]\n",
                words[0]);
        return 2;
    }
    http_start();
    mask_content_open(&content);
    write_long_content(&content);
    draw_all(&content);
    as_container_close(&content.container);
    fault_scenario("soak", content_path, "etag=\"v1\"");
    fault_url(url, "soak", "long.asvp");
    http_path(cache_path, "cache");
    for (size_t i = 0; i < SOAK_KINDS; i++)
        players[i] = (soak_player){.kind = (soak_kind)i,
                                   .url = url,
                                   .cache_dir = i == SOAK_DISK ? cache_path : NULL,
                                   .content = &content,
                                   .repeats = REPEATS,
                                   .stop = &stop,
                                   .random = test_random_from(given.seed + i + 1)};
    const soak_sample before = soak_measure(0, 0);
    unsigned wrong = play_rounds(&given);
    soak_close(&players[SOAK_STEADY]);
    print_counts();
    wrong += soak_judge(&figures) + judge_end(&before);
    for (size_t i = 0; i < SOAK_KINDS; i++)
        wrong += players[i].counts.masks == 0;
    mask_content_close(&content);
    http_stop();
    printf(wrong ? "soak: FAILED\n" : "soak: ok\n");
    return wrong != 0;
}
