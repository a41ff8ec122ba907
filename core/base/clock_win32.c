/* SPDX-License-Identifier: MIT */
#include "core/base/clock.h"

#include <windows.h>

uint64_t as_clock_ns(void)
{
    LARGE_INTEGER frequency, now;
    /* Neither can fail since Windows XP. */
    (void)QueryPerformanceFrequency(&frequency);
    (void)QueryPerformanceCounter(&now);
    const uint64_t per_second = (uint64_t)frequency.QuadPart, ticks = (uint64_t)now.QuadPart;
    return ticks / per_second * 1000000000u + ticks % per_second * 1000000000u / per_second;
}
