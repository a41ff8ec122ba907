/* SPDX-License-Identifier: MIT
 *
 * The play head estimates the host's clock as a straight line and moves towards it.
 *
 * Line: a Kalman filter over (a, b), the host's media time at the last sync and its rate. A sync
 * with residual r = media - (a + b dt) and variance R gives, with F = (1 dt; 0 1) and H = (1 0),
 *
 *     P <- (1 + dt / 10 s) F P F'            k = P H' / (p00 + R)
 *     (a, b) <- F (a, b) + k r               P <- (I - k H) P
 *
 * Next to nothing is known at first, so this is the least squares line through all syncs; the
 * factor makes it forget with a time constant of 10 s. The jitter of real clocks (scheduling,
 * rounding) is often spread evenly between two bounds, and then large residuals tell more than
 * small ones. Where their mean square s and mean fourth power (1.8 s^2 when even, 3 s^2 when
 * Gaussian) show this, r min(1, r^2 / 3s)^2 takes the place of r: the line of least sixth powers,
 * in the scale that leaves a shift of the line its full weight; R is then 3/11 of what it was. One
 * stray sync counts little; twelve in a row off on the same side mean that the host's clock was set
 * or changed its rate, and the line starts anew.
 *
 * Head: moves at rate b, and up to 5 % faster or slower while it is off the line (more when it is
 * over 25 ms off, at most half the rate), so it never turns back.
 */
#include "core/stream/timebase.h"

#include "core/base/int128.h"

#include <string.h>

#define MS 1e6                                /* ns */
static const double jump_from = 100 * MS;     /* a sync further away is a seek */
static const double step_from = 10 * MS;      /* while the head stands, one so far away moves it */
static const double gentle = 25 * MS;         /* further off the line, the slew goes beyond 5 % */
static const double memory = 10000 * MS;      /* of the filter */
static const double sync_noise = 5 * MS * MS; /* a jitter of +-4 ms, evenly spread */
static const double least_noise = MS * MS;    /* no jitter worth caring about */
static const double known_rate = 0.005;       /* p11's root after play(): how far b may be off */
static const double doubted_rate = 0.1;       /* ... after the host's clock left its line */
static const double unknown_rate = 2;         /* ... when nobody told a speed */
static const double least_doubt = 1e-14;      /* p11: never quite certain */
static const double most_speed = 16, most_rate = 20;
static const uint64_t still_ns = 100000000;  /* a media time unchanged so long stands still */
static const uint64_t again_ns = 1000000000; /* two jumps within: the speed told is wrong */

static double magnitude(double value)
{
    return value < 0 ? -value : value;
}

static double within(double value, double most)
{
    return value > most ? most : value < -most ? -most : value;
}

/* ------------------------------------------------------------------------------- points ---- */

static double points_apart(const as_media_point *a, const as_media_point *b)
{
    return (double)((as_int128)a->media - b->media) + (a->fraction - b->fraction);
}

static void point_add(as_media_point *point, double ns)
{
    const double most = 1e30; /* far beyond the ends, yet it converts */
    const double sum = point->fraction + within(ns, most);
    as_int128 whole = (as_int128)sum;
    whole -= (double)whole > sum;
    point->fraction = sum - (double)whole;
    if (point->fraction >= 1) { /* the sum was negative and tiny */
        whole++;
        point->fraction = 0;
    }
    const as_int128 media = point->media + whole;
    if (media < INT64_MIN || media > INT64_MAX)
        point->fraction = 0;
    point->media = media < INT64_MIN ? INT64_MIN : media > INT64_MAX ? INT64_MAX : (int64_t)media;
}

/* Along a line; now_ns is not before the point's. */
static void point_move(as_media_point *point, uint64_t now_ns, double rate)
{
    point_add(point, rate * (double)(now_ns - point->at_ns));
    point->at_ns = now_ns;
}

static as_media_point point_at(uint64_t now_ns, int64_t media_ns)
{
    return (as_media_point){.at_ns = now_ns, .media = media_ns};
}

/* --------------------------------------------------------------------------------- line ---- */

/* Knows nothing but the rate, give or take `doubt`. */
static void line_reset(as_playhead *head, double rate, double doubt)
{
    head->line = head->head;
    head->rate = rate;
    head->p00 = head->p01 = 0;
    head->p11 = doubt * doubt;
    head->noise = sync_noise;
    head->noise4 = 3 * sync_noise * sync_noise;
    head->syncs = 0;
    head->streak = 0;
}

/* The rate that may be expected before any sync. */
static void line_forget(as_playhead *head)
{
    if (head->trusted)
        line_reset(head, head->speed, known_rate);
    else
        line_reset(head, 0, unknown_rate);
}

static void line_first(as_playhead *head, const as_media_point *said)
{
    head->line = *said;
    head->p00 = sync_noise;
    head->syncs = 1;
}

/* Keeps the moments of the residuals, and how often in a row they were far off on the same side.
 * One that is far out counts as if it were three standard deviations off. */
static void line_watch(as_playhead *head, double residual)
{
    const double noise = head->noise > least_noise ? head->noise : least_noise;
    const double square = residual * residual;
    const double counted = square < 9 * noise ? square : 9 * noise;
    const double part = 1.0 / (head->syncs < 120 ? head->syncs + 8 : 128);
    const int32_t side = residual > 0 ? 1 : -1;
    if (square < 2.25 * noise)
        head->streak = 0;
    else
        head->streak = head->streak * side > 0 ? head->streak + side : side;
    if (head->streak < -1 || head->streak > 1)
        return; /* the line is wrong, not the syncs */
    head->noise += part * (counted - head->noise);
    head->noise4 += part * (counted * counted - head->noise4);
}

/* The residual as the filter should see it, and its variance R. */
static double line_weigh(const as_playhead *head, double residual, double *out_variance)
{
    const double square = residual * residual;
    const double noise = head->noise > least_noise ? head->noise : least_noise;
    *out_variance = sync_noise;
    if (head->syncs < 48)
        return residual;
    if (square > 9 * noise && head->streak >= -1 && head->streak <= 1) /* a stray one */
        return 9 * noise / residual;
    if (head->noise < least_noise || head->noise4 > 2.4 * noise * noise)
        return residual;
    const double u = square / (3 * noise);
    *out_variance = sync_noise * 3 / 11;
    return u < 1 ? residual * u * u : residual;
}

/* P and the line, brought to now_ns. */
static void line_predict(as_playhead *head, uint64_t now_ns)
{
    const double dt = (double)(now_ns - head->line.at_ns);
    const double aged = 1 + dt / memory;
    head->p00 = aged * (head->p00 + dt * (2 * head->p01 + dt * head->p11));
    head->p01 = aged * (head->p01 + dt * head->p11);
    head->p11 = aged * head->p11;
    point_move(&head->line, now_ns, head->rate);
}

/* One step of the filter. Returns the residual. */
static double line_sync(as_playhead *head, const as_media_point *said)
{
    if (head->syncs == 0) {
        line_first(head, said);
        return 0;
    }
    line_predict(head, said->at_ns);
    const double residual = points_apart(said, &head->line);
    double variance;
    line_watch(head, residual);
    const double weighed = line_weigh(head, residual, &variance);
    const double known = head->p00 + variance;
    const double k0 = head->p00 / known, k1 = head->p01 / known;
    point_add(&head->line, k0 * weighed);
    head->rate = within(head->rate + k1 * weighed, most_rate);
    head->p11 -= k1 * head->p01;
    head->p11 = head->p11 > least_doubt ? head->p11 : least_doubt;
    head->p01 *= variance / known;
    head->p00 *= variance / known;
    if (head->syncs < UINT32_MAX)
        head->syncs++;
    return residual;
}

/* --------------------------------------------------------------------------------- head ---- */

static double gap(const as_playhead *head)
{
    as_media_point line = head->line;
    point_move(&line, head->head.at_ns, head->rate);
    return points_apart(&line, &head->head);
}

/* How fast the gap of now may be closed. */
static void choose_slew(as_playhead *head)
{
    const double rate = magnitude(head->rate), off = magnitude(gap(head));
    const double least = 0.05 * rate, most = 0.5 * rate;
    const double slew = 0.05 * off / gentle;
    head->slew = slew < least ? least : slew > most ? most : slew;
}

/* The head at now_ns. The way is the same however often this is called in between. */
static void advance(as_playhead *head, uint64_t now_ns)
{
    if (now_ns <= head->head.at_ns)
        return;
    if (!head->playing || head->rate * head->direction <= 0) {
        head->head.at_ns = now_ns;
        return;
    }
    const double most = head->slew * (double)(now_ns - head->head.at_ns);
    point_move(&head->head, now_ns, head->rate);
    const double off = gap(head);
    point_add(&head->head, within(off, most));
}

static void start(as_playhead *head)
{
    head->playing = true;
    head->direction = head->rate < 0 ? -1 : 1;
    choose_slew(head);
}

void as_playhead_init(as_playhead *head)
{
    memset(head, 0, sizeof(*head));
    line_forget(head);
}

int64_t as_playhead_position(as_playhead *head, uint64_t now_ns)
{
    advance(head, now_ns);
    return head->head.media;
}

void as_playhead_play(as_playhead *head, uint64_t now_ns, double speed)
{
    if (speed != speed)
        return;
    if (speed == 0) {
        as_playhead_pause(head, now_ns);
        return;
    }
    speed = within(speed, most_speed);
    if (head->playing && head->trusted && speed == head->speed)
        return;
    advance(head, now_ns);
    head->paused = head->heard = head->jumped = false;
    head->trusted = true;
    head->speed = speed;
    line_forget(head);
    start(head);
}

void as_playhead_pause(as_playhead *head, uint64_t now_ns)
{
    advance(head, now_ns);
    head->paused = true;
    head->playing = false;
}

void as_playhead_seek(as_playhead *head, uint64_t now_ns, int64_t media_ns)
{
    head->head = point_at(now_ns, media_ns);
    head->heard = head->jumped = false;
    if (head->playing)
        line_reset(head, head->rate, known_rate);
    else
        line_forget(head);
}

/* -------------------------------------------------------------------------------- syncs ---- */

/* Has the host said the same for still_ns? */
static bool stands_still(as_playhead *head, uint64_t now_ns, int64_t media_ns)
{
    if (!head->heard || head->heard_media != media_ns) {
        head->heard = true;
        head->heard_media = media_ns;
        head->heard_from_ns = now_ns;
    }
    return now_ns - head->heard_from_ns >= still_ns;
}

static void step_to(as_playhead *head, const as_media_point *said)
{
    if (magnitude(points_apart(said, &head->head)) >= step_from)
        head->head = *said;
}

/* The head stands, not paused: does the host's clock run again? At least three syncs that move, and
 * a rate that jitter alone does not explain. */
static void sync_standing(as_playhead *head, const as_media_point *said, bool same, bool far)
{
    const bool second = head->syncs == 1;
    if (same)
        line_forget(head);
    const double residual = line_sync(head, said);
    if ((!second && magnitude(residual) > jump_from) || magnitude(head->rate) >= most_rate) {
        line_forget(head);
        line_first(head, said);
    }
    if (head->syncs >= 3 && head->rate * head->rate > 16 * head->p11) {
        if (far)
            head->head = head->line;
        start(head);
    } else {
        step_to(head, said);
    }
}

static void sync_jump(as_playhead *head, const as_media_point *said)
{
    if (head->jumped && said->at_ns - head->jumped_ns < again_ns)
        head->trusted = false;
    head->jumped = true;
    head->jumped_ns = said->at_ns;
    head->head = *said;
    head->playing = head->trusted;
    line_forget(head);
    line_first(head, said);
    if (head->playing)
        start(head);
}

static void sync_playing(as_playhead *head, const as_media_point *said)
{
    line_sync(head, said);
    if (head->streak >= 12 || head->streak <= -12) { /* the host's clock was set a little */
        line_reset(head, head->rate, doubted_rate);
        line_first(head, said);
    }
    choose_slew(head);
}

bool as_playhead_sync(as_playhead *head, uint64_t now_ns, int64_t media_ns)
{
    if (now_ns < head->head.at_ns)
        now_ns = head->head.at_ns;
    advance(head, now_ns);
    const as_media_point said = point_at(now_ns, media_ns);
    const bool far = magnitude(points_apart(&said, &head->head)) > jump_from;
    const bool same = head->heard && head->heard_media == media_ns;
    const bool still = stands_still(head, now_ns, media_ns);
    if (head->paused) {
        step_to(head, &said);
    } else if (!head->playing) {
        sync_standing(head, &said, same, far);
    } else if (still) {
        head->playing = false;
        line_forget(head);
        line_first(head, &said);
        step_to(head, &said);
    } else if (far) {
        sync_jump(head, &said);
    } else {
        sync_playing(head, &said);
    }
    return far;
}
