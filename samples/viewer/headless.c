/* SPDX-License-Identifier: MIT */
#include "headless.h"

#include "report.h"

#include <poll.h>
#include <stdio.h>

enum { PICTURES_PER_SECOND = 60, OPEN_WAIT_MS = 50 };

static void wait_for_event(as_stream *stream)
{
    struct pollfd p = {.fd = as_stream_event_fd(stream), .events = POLLIN};
    if (poll(&p, p.fd >= 0, OPEN_WAIT_MS) > 0)
        as_stream_drain_events(stream);
}

static bool play(app *a)
{
    const int64_t step = 1000000000 / PICTURES_PER_SECOND;
    bool settled = true;
    while (!a->quit) {
        if (a->player.state == AS_NOT_READY && a->player.stream)
            wait_for_event(a->player.stream);
        /* The clock stands still while a mask or the video is waited for. */
        if (!app_picture(a, settled ? step : 0))
            return false;
        settled = app_is_settled(a);
        if (!a->options.frames && settled && script_is_done(&a->script) &&
            a->player.state != AS_NOT_READY)
            a->quit = true;
    }
    return true;
}

int headless_run(app *a)
{
    char why[APP_TEXT];
    const renderer_params params = {
        .width = a->options.width, .height = a->options.height, .validate = a->options.validate};
    a->renderer = a->options.renderer->init(&params, why, sizeof(why));
    if (!a->renderer) {
        fprintf(stderr, "alphastream-viewer: %s\n", why);
        return 2;
    }
    a->scene.width = a->options.width;
    a->scene.height = a->options.height;
    bool good = app_start(a, 1.0F) && play(a);
    if (good)
        app_log_total(a);
    if (good && a->options.json)
        good = report_write(a, a->options.json);
    if (good && a->options.screenshot)
        good = app_screenshot(a, a->options.screenshot);
    app_end(a);
    return good ? a->exit_code : 2;
}
