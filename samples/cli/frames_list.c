/* SPDX-License-Identifier: MIT */
#include "frames_list.h"

#include <stdlib.h>

bool frames_read_number(const char **text, uint64_t *out)
{
    uint64_t value = 0;
    const char *c = *text;
    if (*c < '0' || *c > '9')
        return false;
    for (; *c >= '0' && *c <= '9'; c++) {
        const uint64_t digit = (uint64_t)(*c - '0');
        if (value > (UINT64_MAX - digit) / 10)
            return false;
        value = value * 10 + digit;
    }
    *text = c;
    *out = value;
    return true;
}

/* `count` is not 0. */
static const char *add(frames_list *list, uint64_t first, uint64_t count)
{
    if (count > FRAMES_MOST || list->total + count > FRAMES_MOST)
        return "it names more than 16777216 frames";
    if ((list->range_count & (list->range_count - 1)) == 0) { /* full at every power of two */
        const size_t capacity = list->range_count ? list->range_count * 2 : 1;
        frames_range *ranges = realloc(list->ranges, capacity * sizeof(*ranges));
        if (!ranges)
            return "out of memory";
        list->ranges = ranges;
    }
    list->ranges[list->range_count++] =
        (frames_range){.first = first, .count = count, .position = list->total};
    list->total += count;
    return NULL;
}

const char *frames_parse(const char *text, frames_list *list)
{
    static const char malformed[] = "it is not a list of indices and ranges such as 0,5,9-12";
    frames_free(list);
    for (;;) {
        uint64_t first = 0, last = 0;
        if (!frames_read_number(&text, &first))
            return malformed;
        last = first;
        if (*text == '-') {
            text++;
            if (!frames_read_number(&text, &last))
                return malformed;
        }
        if (last < first)
            return "a range in it ends before it begins";
        if (last - first >= FRAMES_MOST)
            return "it names more than 16777216 frames";
        const char *wrong = add(list, first, last - first + 1);
        if (wrong || !*text)
            return wrong;
        if (*text++ != ',')
            return malformed;
    }
}

bool frames_all(uint64_t count, frames_list *list)
{
    frames_free(list);
    return count == 0 || add(list, 0, count) == NULL;
}

uint64_t frames_at(const frames_list *list, uint64_t position)
{
    size_t low = 0, high = list->range_count - 1;
    while (low < high) {
        const size_t middle = high - (high - low) / 2;
        if (list->ranges[middle].position <= position)
            low = middle;
        else
            high = middle - 1;
    }
    return list->ranges[low].first + (position - list->ranges[low].position);
}

bool frames_pick(const frames_list *list, uint64_t most, frames_list *picked)
{
    const uint64_t count = list->total < most ? list->total : most;
    frames_free(picked);
    for (uint64_t i = 0; i < count; i++)
        if (add(picked, frames_at(list, i * list->total / count), 1))
            return false;
    return true;
}

bool frames_reach(const frames_list *list, uint64_t end, uint64_t *out_index)
{
    for (size_t i = 0; i < list->range_count; i++) {
        *out_index = list->ranges[i].first + (list->ranges[i].count - 1);
        if (*out_index >= end)
            return true;
    }
    return false;
}

bool frames_copy(const frames_list *list, frames_list *copy)
{
    frames_free(copy);
    for (size_t i = 0; i < list->range_count; i++)
        if (add(copy, list->ranges[i].first, list->ranges[i].count))
            return false;
    return true;
}

void frames_free(frames_list *list)
{
    free(list->ranges);
    *list = (frames_list){0};
}
