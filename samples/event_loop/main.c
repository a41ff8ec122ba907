/* SPDX-License-Identifier: MIT
 *
 * Masks in a program that has one thread and an event loop (poll, epoll, libuv, ...): nothing here
 * waits inside of the library. It reads numbers of frames from standard input, a line each, and
 * prints their checksums, in that order.
 *
 *     event_loop SOURCE <NUMBERS
 */
#include <alphastream/alphastream.h>

#include <errno.h>
#include <inttypes.h>
#include <poll.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { MOST_WAITING = 64 };

typedef struct loop {
    as_stream *stream;
    bool opened, input_ended;
    char line[4096]; /* what was read and not understood yet */
    size_t length;
    uint64_t waiting[MOST_WAITING]; /* frames that were asked for */
    size_t waiting_count;
    uint64_t wakes; /* by the library */
} loop;

/* ----------------------------------------------------------------------- standard input ---- */

/* What is wanted later is named now: it is fetched while the first one is drawn. false: a line is
 * no number. */
static bool take_lines(loop *l)
{
    char *end;
    while (l->waiting_count < MOST_WAITING && (end = memchr(l->line, '\n', l->length))) {
        *end = '\0';
        if (!*l->line || l->line[strspn(l->line, "0123456789")] != '\0') {
            fprintf(stderr, "\"%s\" is not the number of a frame\n", l->line);
            return false;
        }
        const uint64_t index = strtoull(l->line, NULL, 10);
        l->waiting[l->waiting_count++] = index;
        if (l->opened && as_stream_request(l->stream, index, 1) != AS_OK)
            as_stream_clear_error(l->stream); /* it is told when the frame is its turn */
        end++;
        l->length -= (size_t)(end - l->line);
        memmove(l->line, end, l->length);
    }
    return true;
}

static void read_input(loop *l)
{
    const ssize_t got = read(STDIN_FILENO, l->line + l->length, sizeof(l->line) - l->length);
    if (got > 0) {
        l->length += (size_t)got;
    } else if (got == 0 || errno != EINTR) {
        l->input_ended = true;
        if (l->length != 0 && l->line[l->length - 1] != '\n') /* it is read with room for one */
            l->line[l->length++] = '\n';
    }
}

/* --------------------------------------------------------------------------- the stream ---- */

static void print_sum(const as_frame *frame)
{
    uint64_t sum = UINT64_C(14695981039346656037), word;
    as_frame_info info;
    if (as_frame_get_info(frame, &info) != AS_OK)
        return;
    for (size_t i = 0; i + 8 <= (size_t)info.stride * info.height; i += 8) {
        memcpy(&word, info.data + i, sizeof(word));
        sum = (sum ^ word) * UINT64_C(1099511628211); /* FNV-1a, eight bytes at a time */
    }
    printf("frame %" PRIu64 " %016" PRIx64 "\n", info.index, sum);
    fflush(stdout); /* whoever asks may wait for it */
}

/* All that is there, at once: an event may stand for several frames. With a timeout of 0 a get
 * returns in microseconds; what is not there is made, and an event tells when it is. false: failed.
 */
static bool serve(loop *l)
{
    as_stream_metadata about = {.struct_size = sizeof(about)};
    as_frame *frame = NULL;
    as_result result = AS_OK;
    if (!l->opened) {
        result = as_stream_get_metadata(l->stream, &about);
        l->opened = result == AS_OK;
    }
    while (result == AS_OK && l->waiting_count != 0) {
        result = as_stream_get_frame(l->stream, l->waiting[0], 0, 0, 0, &frame);
        if (result != AS_OK)
            break;
        print_sum(frame);
        as_frame_unref(&frame);
        l->waiting_count--;
        memmove(l->waiting, l->waiting + 1, l->waiting_count * sizeof(l->waiting[0]));
        if (!take_lines(l)) /* there is room again */
            return false;
    }
    if (result == AS_OK || result == AS_NOT_READY)
        return true;
    as_error error;
    as_stream_last_error(l->stream, &error);
    fprintf(stderr, "%s\n", error.text);
    return false;
}

static bool run(loop *l)
{
    const int wake = as_stream_event_fd(l->stream); /* the stream's: not to be closed */
    while (wake >= 0) {
        if (!take_lines(l) || !serve(l))
            return false;
        if (l->input_ended && l->waiting_count == 0 && l->opened)
            return true;
        const bool full = l->length == sizeof(l->line); /* as many wait as may, or no numbers */
        struct pollfd fds[] = {
            {.fd = wake, .events = POLLIN},
            {.fd = full || l->input_ended ? -1 : STDIN_FILENO, .events = POLLIN}};
        if (full && l->waiting_count == 0)
            return false;
        if (poll(fds, 2, -1) < 0 && errno != EINTR)
            return false;
        if (fds[0].revents)
            l->wakes += as_stream_drain_events(l->stream) != 0; /* before the next look at it */
        if (fds[1].revents)
            read_input(l);
    }
    fprintf(stderr, "there is no descriptor to wait for\n");
    return false;
}

int main(int argc, char **argv)
{
    static loop l;
    as_error error;
    if (argc != 2) {
        fprintf(stderr, "usage: event_loop SOURCE <NUMBERS\n");
        return 2;
    }
    const as_stream_params params = {.struct_size = sizeof(params), .location = argv[1]};
    if (as_stream_open_async(&params, &l.stream, &error) != AS_OK) { /* reads nothing yet */
        fprintf(stderr, "%s\n", error.text);
        return 1;
    }
    const bool good = run(&l);
    fprintf(stderr, "woken %" PRIu64 " times\n", l.wakes);
    as_stream_close(&l.stream);
    return good ? 0 : 1;
}
