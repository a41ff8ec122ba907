/* SPDX-License-Identifier: MIT */
#include "progress.h"

#include "message.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

enum { BAR_WIDTH = 30 };

static const double REFRESH_SECONDS = 0.1;

double progress_now(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

void progress_start(progress *p, const char *verb, uint64_t total, option_when when)
{
    *p = (progress){.verb = verb,
                    .total = total,
                    .started = progress_now(),
                    .patience = when == WHEN_ALWAYS ? 0.0 : 1.0,
                    .enabled = total > 0 && (when == WHEN_ALWAYS ||
                                             (when == WHEN_AUTO && isatty(STDERR_FILENO)))};
}

void progress_step(progress *p, uint64_t done)
{
    if (!p->enabled)
        return;
    const double now = progress_now();
    if (now - p->started < p->patience || (p->shown > 0 && now - p->shown < REFRESH_SECONDS))
        return;
    p->shown = now;
    char bar[BAR_WIDTH + 1], text[128];
    const size_t filled = (size_t)(done * BAR_WIDTH / p->total);
    memset(bar, '.', BAR_WIDTH);
    memset(bar, '#', filled);
    bar[BAR_WIDTH] = '\0';
    const double left = done ? (now - p->started) / (double)done * (double)(p->total - done) : 0;
    snprintf(text, sizeof(text), "%s [%s] %" PRIu64 "/%" PRIu64 " frames, %.0f s left", p->verb,
             bar, done, p->total, left);
    message_status(text);
}

void progress_end(progress *p)
{
    if (p->shown > 0)
        message_status("");
    p->enabled = false;
}
