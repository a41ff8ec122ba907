/* SPDX-License-Identifier: MIT */
#include "options_play.h"

#include "message.h"

#include <stdlib.h>
#include <string.h>

enum { MOST_RATE = 1000000, MOST_L0 = 64, LEAST_L1 = 2, MOST_L1 = 1048576, MOST_DECIMALS = 6 };

static const double most_speed = 16, least_speed = 0.001, least_seconds = 0.001, most_seconds = 1e6;

void options_play_defaults(options *o)
{
    o->play = (play_options){.fps_num = 60, .fps_den = 1, .speed = 1, .seed = 1};
}

static uint64_t common_divisor(uint64_t a, uint64_t b)
{
    while (b) {
        const uint64_t rest = a % b;
        a = b;
        b = rest;
    }
    return a;
}

static bool set_rate(play_options *play, uint64_t num, uint64_t den)
{
    const uint64_t divisor = common_divisor(num, den);
    if (divisor == 0 || num == 0 || den == 0 || num / divisor > MOST_RATE ||
        den / divisor > MOST_RATE)
        return false;
    play->fps_num = (uint32_t)(num / divisor);
    play->fps_den = (uint32_t)(den / divisor);
    return true;
}

/* Rates of television are written 59.94, 29.97 or 23.976, and mean 60, 30 or 24 / 1.001. `value` is
 * the number times `scale`, 100 or more. Returns the whole rate, or 0. */
static uint64_t television_rate(uint64_t value, uint64_t scale)
{
    static const uint64_t rates[] = {24, 30, 48, 60, 72, 90, 120, 240};
    for (size_t i = 0; scale >= 100 && i < sizeof(rates) / sizeof(*rates); i++)
        if ((rates[i] * 1000 * scale * 2 + 1001) / (2 * 1001) == value)
            return rates[i];
    return 0;
}

static bool read_rate(const char *text, play_options *play)
{
    uint64_t whole = 0, other = 0, scale = 1;
    if (!frames_read_number(&text, &whole) || whole > MOST_RATE)
        return false;
    if (!*text)
        return set_rate(play, whole, 1);
    const char separator = *text++;
    const char *digits = text;
    if (!frames_read_number(&text, &other) || *text || other > MOST_RATE)
        return false;
    if (separator == '/')
        return set_rate(play, whole, other);
    if (separator != '.' || text - digits > MOST_DECIMALS)
        return false;
    for (; digits < text; digits++)
        scale *= 10;
    const uint64_t value = whole * scale + other, television = television_rate(value, scale);
    return television ? set_rate(play, television * 1000, 1001) : set_rate(play, value, scale);
}

/* A decimal number; strtod alone would also take "inf", "0x1p3" and spaces. */
static bool read_decimal(const char *text, double *out)
{
    char *end;
    if (!*text || text[strspn(text, "0123456789.-")])
        return false;
    *out = strtod(text, &end);
    return !*end;
}

static int take_seconds(const char *name, const char *text, double *out)
{
    if (read_decimal(text, out) && *out >= least_seconds && *out <= most_seconds)
        return CLI_DONE;
    return message_usage("%s \"%s\" is not a number of seconds from 0.001 to 1000000", name, text);
}

static int take_speed(const char *text, double *out)
{
    if (read_decimal(text, out) && *out >= -most_speed && *out <= most_speed &&
        (*out >= least_speed || *out <= -least_speed))
        return CLI_DONE;
    return message_usage("--speed \"%s\" is not a number from 0.001 to 16, or -0.001 to -16 for "
                         "backward",
                         text);
}

static int take_whole(const char *name, const char *text, uint64_t low, uint64_t high,
                      uint64_t *out)
{
    if (options_number(text, low, high, out))
        return CLI_DONE;
    return message_usage("%s \"%s\" is not a whole number from %llu to %llu", name, text,
                         (unsigned long long)low, (unsigned long long)high);
}

static int take_u32(const char *name, const char *text, uint32_t low, uint32_t high, uint32_t *out)
{
    uint64_t value = 0;
    const int code = take_whole(name, text, low, high, &value);
    *out = (uint32_t)value;
    return code;
}

int options_take_play(options *o, play_option option, const char *text)
{
    static const char *const names[] = {
        [PLAY_FPS] = "--fps",     [PLAY_SECONDS] = "--seconds",
        [PLAY_SPEED] = "--speed", [PLAY_SEEK_EVERY] = "--seek-every",
        [PLAY_SEED] = "--seed",   [PLAY_START] = "--start",
        [PLAY_LOOP] = "--loop",   [PLAY_FLAT_OUT] = "--flat-out",
        [PLAY_L0] = "--l0",       [PLAY_L1] = "--l1"};
    play_options *play = &o->play;
    const char *name = names[option];
    o->given |= OPTION_PLAY;
    o->play_option = name;
    switch (option) {
    case PLAY_FPS:
        return read_rate(text, play) ? CLI_DONE
                                     : message_usage("--fps \"%s\" is not a rate such as 60, 59.94 "
                                                     "or 30000/1001, each number up to %d",
                                                     text, MOST_RATE);
    case PLAY_SECONDS: return take_seconds(name, text, &play->seconds);
    case PLAY_SPEED: return take_speed(text, &play->speed);
    case PLAY_SEEK_EVERY: return take_seconds(name, text, &play->seek_every);
    case PLAY_SEED: return take_whole(name, text, 0, UINT64_MAX, &play->seed);
    case PLAY_START:
        play->start_given = true;
        return take_u32(name, text, 0, UINT32_MAX, &play->start);
    case PLAY_LOOP: play->loop = true; return CLI_DONE;
    case PLAY_FLAT_OUT: play->flat_out = true; return CLI_DONE;
    case PLAY_L0: return take_u32(name, text, 1, MOST_L0, &play->l0);
    case PLAY_L1: return take_u32(name, text, LEAST_L1, MOST_L1, &play->l1);
    }
    return CLI_DONE;
}
