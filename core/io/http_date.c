/* SPDX-License-Identifier: MIT
 *
 * HTTP dates (RFC 9110, 5.6.7): by hand, since strptime follows the host's locale and timegm is no
 * C11. The three forms differ in where the parts stand, not in how each is written; names of days
 * are not held against the date.
 */
#include "core/io/http_head.h"

#include <string.h>

enum { MOST_FIELDS = 8 };

/* What stands between blanks, commas, and hyphens. */
typedef struct fields {
    const char *at[MOST_FIELDS];
    size_t length[MOST_FIELDS];
    size_t count;
} fields;

static bool separates(char c)
{
    return c == ' ' || c == ',' || c == '-';
}

static bool split(const char *text, size_t length, fields *out)
{
    out->count = 0;
    for (size_t i = 0; i < length;) {
        if (separates(text[i])) {
            i++;
            continue;
        }
        if (out->count == MOST_FIELDS)
            return false;
        const size_t start = i;
        while (i < length && !separates(text[i]))
            i++;
        out->at[out->count] = text + start;
        out->length[out->count++] = i - start;
    }
    return true;
}

/* `least` to `most` digits and nothing else. */
static bool take_number(const char *text, size_t length, size_t least, size_t most, int64_t *out)
{
    *out = 0;
    if (length < least || length > most)
        return false;
    for (size_t i = 0; i < length; i++) {
        if (text[i] < '0' || text[i] > '9')
            return false;
        *out = *out * 10 + (text[i] - '0');
    }
    return true;
}

/* 1 .. 12 */
static bool take_month(const char *text, size_t length, int64_t *out)
{
    static const char names[] = "JanFebMarAprMayJunJulAugSepOctNovDec";
    for (int64_t i = 0; i < 12; i++)
        if (length == 3 && memcmp(text, names + 3 * i, 3) == 0) {
            *out = i + 1;
            return true;
        }
    return false;
}

/* hh:mm:ss as seconds */
static bool take_time(const char *text, size_t length, int64_t *out)
{
    int64_t hour, minute, second;
    if (length != 8 || text[2] != ':' || text[5] != ':' || !take_number(text, 2, 2, 2, &hour) ||
        !take_number(text + 3, 2, 2, 2, &minute) || !take_number(text + 6, 2, 2, 2, &second))
        return false;
    *out = (hour * 60 + minute) * 60 + second;
    return hour < 24 && minute < 60 && second <= 60; /* 60: a leap second */
}

static bool is_leap(int64_t year)
{
    return (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;
}

/* Days from 1970 to the first of January. */
static int64_t days_before(int64_t year)
{
    const int64_t y = year - 1;
    return 365 * (year - 1970) + (y / 4 - y / 100 + y / 400) - (1969 / 4 - 1969 / 100 + 1969 / 400);
}

static bool days_of(int64_t year, int64_t month, int64_t day, int64_t *out)
{
    static const int lengths[12] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
    const int64_t leap = is_leap(year);
    if (day < 1 || day > lengths[month - 1] + (month == 2 ? leap : 0))
        return false;
    *out = days_before(year) + day - 1 + (month > 2 ? leap : 0);
    for (int64_t i = 0; i < month - 1; i++)
        *out += lengths[i];
    return true;
}

/* A year of two digits is of this century as the clock has it, but never more than 50 years
 * ahead. */
static int64_t whole_year(int64_t year, int64_t unix_s)
{
    int64_t now = unix_s > 0 ? 1970 + unix_s / 86400 * 400 / 146097 : 1970;
    if (now > 9999)
        now = 9999;
    year += now / 100 * 100;
    return year > now + 50 ? year - 100 : year;
}

bool as_http_date(const char *text, size_t length, int64_t unix_s, int64_t *out_unix_s)
{
    fields f;
    if (!split(text, length, &f) || f.count < 5)
        return false;
    /* "Sun Nov  6 08:49:37 1994" (asctime) has the month before the day and the year at the end;
     * "Sun, 06 Nov 1994 08:49:37 GMT" and "Sunday, 06-Nov-94 08:49:37 GMT" have the zone there. */
    const bool zone = f.count == 6;
    const size_t day_at = zone ? 1 : 2, month_at = zone ? 2 : 1, year_at = zone ? 3 : 4;
    const size_t time_at = zone ? 4 : 3;
    if (f.count > 6 || (zone && (f.length[5] != 3 || memcmp(f.at[5], "GMT", 3) != 0)))
        return false;
    int64_t day, month, year, seconds, days;
    if (!take_number(f.at[day_at], f.length[day_at], 1, 2, &day) ||
        !take_month(f.at[month_at], f.length[month_at], &month) ||
        !take_number(f.at[year_at], f.length[year_at], zone ? 2 : 4, 4, &year) ||
        !take_time(f.at[time_at], f.length[time_at], &seconds) || f.length[year_at] == 3)
        return false;
    if (f.length[year_at] == 2)
        year = whole_year(year, unix_s);
    if (!days_of(year, month, day, &days))
        return false;
    *out_unix_s = days * 86400 + seconds;
    return true;
}
