/* SPDX-License-Identifier: MIT
 *
 * The viewer's video between who draws and who decodes (samples/viewer/video.h), over a reader that
 * stops where it is told to: which picture is current after going to and fro meanwhile.
 */
#include "tests/support/check.h"

#include "samples/viewer/video.h"

#include <pthread.h>
#include <stdlib.h>

enum { PICTURES = 1000, RATE = 60, KEYS = 100, NOWHERE = 1 << 30 };
#define WAIT_NS                                                                                    \
    UINT64_C(60000000000) /* after which something hangs; nothing is measured with it              \
                           */

/* 60 pictures a second, each hundredth of which can be begun with. */
static struct fake {
    pthread_mutex_t lock;
    pthread_cond_t changed;
    int gate;      /* step waits before it reads this picture */
    bool waits;    /* it does */
    int next;      /* picture */
    int current;   /* the one before the pending one */
    bool is_late;  /* seeks lead to the key picture behind */
    bool is_fixed; /* cannot seek */
    int no_key;    /* after seeks to here or later no picture can be read; 0: all can */
    bool is_broken;
    int bad, last_bad; /* pictures that cannot be converted */
} fake;

static int64_t time_of(int number)
{
    return (int64_t)number * 1000000000 / RATE + (number * 1000000000LL % RATE != 0);
}

static void *fake_open(const char *path, const video_watch *watch, char *why, size_t capacity)
{
    (void)path;
    (void)watch;
    (void)why;
    (void)capacity;
    fake.next = 0;
    fake.is_broken = false;
    return &fake;
}

static video_result fake_step(void *user, int64_t *out_pts_ns, char *why, size_t capacity)
{
    struct fake *f = user;
    (void)why;
    (void)capacity;
    pthread_mutex_lock(&f->lock);
    f->current = f->next - 1;
    while (f->next == f->gate) {
        f->waits = true;
        pthread_cond_broadcast(&f->changed);
        pthread_cond_wait(&f->changed, &f->lock);
    }
    f->waits = false;
    const video_result result = f->is_broken          ? VIDEO_NO_KEY
                                : f->next >= PICTURES ? VIDEO_END
                                                      : VIDEO_GOOD;
    *out_pts_ns = time_of(f->next);
    f->next += result == VIDEO_GOOD;
    pthread_mutex_unlock(&f->lock);
    return result;
}

static video_result fake_seek(void *user, int64_t pts_ns, char *why, size_t capacity)
{
    struct fake *f = user;
    const int number = (int)(pts_ns * RATE / 1000000000);
    (void)why;
    (void)capacity;
    if (f->is_fixed)
        return VIDEO_END;
    pthread_mutex_lock(&f->lock);
    f->next = (number + (f->is_late ? KEYS - 1 : 0)) / KEYS * KEYS;
    f->is_broken = f->next >= PICTURES || (f->no_key && number >= f->no_key);
    pthread_mutex_unlock(&f->lock);
    return VIDEO_GOOD;
}

static bool fake_convert(void *user, picture *out)
{
    const struct fake *f = user;
    (void)out;
    return f->current < f->bad || f->current > f->last_bad;
}

static int64_t fake_duration(void *user)
{
    (void)user;
    return time_of(PICTURES);
}

static void fake_close(void *user)
{
    (void)user;
}

/* Instead of the one that reads files. */
const video_reader video_y4m = {.open = fake_open,
                                .step = fake_step,
                                .seek = fake_seek,
                                .convert = fake_convert,
                                .duration = fake_duration,
                                .close = fake_close};

/* --------------------------------------------------------------------------------- the tests ----
 */

static int setup(void **state)
{
    (void)state;
    fake = (struct fake){.gate = NOWHERE, .bad = NOWHERE, .last_bad = NOWHERE};
    pthread_mutex_init(&fake.lock, NULL);
    pthread_cond_init(&fake.changed, NULL);
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    pthread_mutex_destroy(&fake.lock);
    pthread_cond_destroy(&fake.changed);
    return 0;
}

static video *open_video(void)
{
    char why[VIDEO_TEXT];
    video *v = video_open("fake.y4m", why, sizeof(why));
    assert_non_null(v);
    return v;
}

static void set_gate(int number)
{
    pthread_mutex_lock(&fake.lock);
    fake.gate = number;
    pthread_cond_broadcast(&fake.changed);
    pthread_mutex_unlock(&fake.lock);
}

static void wait_at_gate(void)
{
    pthread_mutex_lock(&fake.lock);
    while (!fake.waits)
        pthread_cond_wait(&fake.changed, &fake.lock);
    pthread_mutex_unlock(&fake.lock);
}

static void check_leads(video *v, int number, int shown)
{
    video_go(v, time_of(number), WAIT_NS);
    assert_true(video_is_settled(v));
    assert_string_equal(video_problem(v), "");
    assert_int_equal(video_pts(v), time_of(shown));
}

static void test_seeks(void **state)
{
    static const int places[] = {0, 1, 500, 499, 999, 0, 40, 39, 300, 150, 2000};
    (void)state;
    for (int late = 0; late < 2; late++) {
        fake.is_late = late != 0;
        video *v = open_video();
        for (size_t i = 0; i < sizeof(places) / sizeof(places[0]); i++)
            check_leads(v, places[i], places[i] < PICTURES ? places[i] : PICTURES - 1);
        video_close(v);
    }
}

static void test_back_while_decoding(void **state)
{
    (void)state;
    video *v = open_video();
    check_leads(v, 0, 0);
    set_gate(500);
    video_go(v, time_of(500), 0);
    wait_at_gate(); /* the seek has been answered */
    video_go(v, time_of(500), 0);
    assert_false(video_is_settled(v));
    video_go(v, time_of(100), 0);
    assert_false(video_is_settled(v));
    set_gate(NOWHERE);
    check_leads(v, 100, 100);
    video_close(v);
}

static void test_back_into_what_was_left_out(void **state)
{
    (void)state;
    video *v = open_video();
    check_leads(v, 0, 0);
    set_gate(45);
    video_go(v, time_of(50), 0);
    wait_at_gate();
    video_go(v, time_of(20), 0);
    assert_false(video_is_settled(v));
    set_gate(NOWHERE);
    check_leads(v, 20, 20);
    check_leads(v, 44, 44);
    video_close(v);
}

static void test_no_key(void **state)
{
    (void)state;
    fake.no_key = 300;
    video *v = open_video();
    check_leads(v, 350, 350);
    check_leads(v, 0, 0);
    check_leads(v, 990, 990);
    video_close(v);
}

static void test_no_way_back(void **state)
{
    (void)state;
    fake.is_fixed = true;
    video *v = open_video();
    check_leads(v, 0, 0);
    check_leads(v, 30, 30);
    check_leads(v, 10, 30);
    check_leads(v, 31, 31);
    video_close(v);
}

static void test_bad_pictures(void **state)
{
    (void)state;
    fake.bad = 150;
    fake.last_bad = 152;
    video *v = open_video();
    check_leads(v, 151, 153);
    check_leads(v, 154, 154);
    check_leads(v, 149, 149);
    video_go(v, time_of(149), 0);
    check_leads(v, 150, 149);
    video_close(v);
}

static void test_nothing_at_a_place(void **state)
{
    (void)state;
    fake.bad = 300;
    video *v = open_video();
    video_go(v, time_of(400), WAIT_NS);
    while (!video_is_settled(v))
        video_go(v, time_of(400), WAIT_NS);
    assert_true(video_is_ready(v));
    assert_non_null(strstr(video_problem(v), "no picture"));
    check_leads(v, 100, 100);
    video_close(v);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_seeks, setup, teardown),
        cmocka_unit_test_setup_teardown(test_back_while_decoding, setup, teardown),
        cmocka_unit_test_setup_teardown(test_back_into_what_was_left_out, setup, teardown),
        cmocka_unit_test_setup_teardown(test_no_key, setup, teardown),
        cmocka_unit_test_setup_teardown(test_no_way_back, setup, teardown),
        cmocka_unit_test_setup_teardown(test_bad_pictures, setup, teardown),
        cmocka_unit_test_setup_teardown(test_nothing_at_a_place, setup, teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
