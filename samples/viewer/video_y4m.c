/* SPDX-License-Identifier: MIT
 *
 * YUV4MPEG2 of 8 bits: 4:2:0, 4:4:4 and monochrome, from a file or a pipe.
 */
#include "video.h"

#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { MOST_PIXELS = 16384, MOST_HEADER = 1024, BUFFER = 1 << 16, LOOK_MS = 50 };

typedef struct y4m {
    int file; /* descriptor */
    const video_watch *watch;
    uint8_t buffer[BUFFER]; /* read ahead: from `at` to `filled` */
    size_t at, filled;
    uint32_t width, height, rate_num, rate_den;
    uint32_t chroma_width, chroma_height; /* of each chroma plane; 0: monochrome */
    size_t size;                          /* bytes of a picture */
    uint8_t *current, *pending;
    uint64_t next;   /* number of the next picture in the file */
    off_t first;     /* where picture 0 begins; -1: cannot seek */
    uint64_t frames; /* in the file; 0: not known */
} y4m;

/* Waits for bytes as long as the watch wants; a pipe may keep quiet for ever. false: the end. */
static bool refill(y4m *y)
{
    struct pollfd p = {.fd = y->file, .events = POLLIN};
    while (poll(&p, 1, LOOK_MS) <= 0)
        if (y->watch->is_over(y->watch->user, 0.0))
            return false;
    const ssize_t count = read(y->file, y->buffer, BUFFER);
    y->at = 0;
    y->filled = count > 0 ? (size_t)count : 0;
    return count > 0;
}

static bool read_bytes(y4m *y, uint8_t *to, size_t count)
{
    while (count > 0) {
        if (y->at == y->filled && !refill(y))
            return false;
        const size_t there = y->filled - y->at, part = there < count ? there : count;
        memcpy(to, y->buffer + y->at, part);
        y->at += part;
        to += part;
        count -= part;
    }
    return true;
}

static bool read_line(y4m *y, char *line, size_t capacity)
{
    for (size_t i = 0; i < capacity; i++) {
        if (!read_bytes(y, (uint8_t *)line + i, 1))
            return false;
        if (line[i] == '\n') {
            line[i] = '\0';
            return true;
        }
    }
    return false;
}

static bool go_to(y4m *y, off_t place)
{
    if (lseek(y->file, place, SEEK_SET) != place)
        return false;
    y->at = y->filled = 0;
    return true;
}

/* "420", "420jpeg", "420mpeg2", "420paldv", "444" or "mono"; not "420p10" and its like. */
static bool take_colours(y4m *y, const char *name)
{
    static const char *const halved[] = {"420", "420jpeg", "420mpeg2", "420paldv"};
    if (strcmp(name, "mono") == 0)
        return true;
    y->chroma_width = y->width;
    y->chroma_height = y->height;
    if (strcmp(name, "444") == 0)
        return true;
    y->chroma_width = (y->width + 1) / 2;
    y->chroma_height = (y->height + 1) / 2;
    for (size_t i = 0; i < sizeof(halved) / sizeof(halved[0]); i++)
        if (strcmp(name, halved[i]) == 0)
            return true;
    return false;
}

static bool parse_header(y4m *y, char *line)
{
    const char *colours = "420";
    char *rest = NULL, *word = strtok_r(line, " ", &rest);
    if (!word || strcmp(word, "YUV4MPEG2") != 0)
        return false;
    while ((word = strtok_r(NULL, " ", &rest)) != NULL) {
        char *end = NULL;
        if (word[0] == 'W')
            y->width = (uint32_t)strtoul(word + 1, NULL, 10);
        else if (word[0] == 'H')
            y->height = (uint32_t)strtoul(word + 1, NULL, 10);
        else if (word[0] == 'F') {
            y->rate_num = (uint32_t)strtoul(word + 1, &end, 10);
            y->rate_den = *end == ':' ? (uint32_t)strtoul(end + 1, NULL, 10) : 0;
        } else if (word[0] == 'C')
            colours = word + 1;
    }
    return y->width >= 1 && y->width <= MOST_PIXELS && y->height >= 1 && y->height <= MOST_PIXELS &&
           y->rate_num >= 1 && y->rate_num <= 1000000 && y->rate_den >= 1 &&
           y->rate_den <= 1000000 && take_colours(y, colours);
}

static void y4m_close(void *user)
{
    y4m *y = user;
    if (y->file > STDIN_FILENO)
        close(y->file);
    free(y->current);
    free(y->pending);
    free(y);
}

/* Of a file: how many pictures there are, all with a bare "FRAME" line, as everybody writes them.
 */
static void measure(y4m *y)
{
    struct stat about;
    const off_t read_to = lseek(y->file, 0, SEEK_CUR);
    y->first = -1;
    if (read_to < 0 || fstat(y->file, &about) != 0 || !S_ISREG(about.st_mode))
        return;
    y->first = read_to - (off_t)(y->filled - y->at);
    y->frames = (uint64_t)(about.st_size - y->first) / (y->size + strlen("FRAME\n"));
}

static void *y4m_open(const char *path, const video_watch *watch, char *why, size_t capacity)
{
    char line[MOST_HEADER];
    y4m *y = calloc(1, sizeof(*y));
    if (!y) {
        snprintf(why, capacity, "out of memory for %s", path);
        return NULL;
    }
    if (strcmp(path, "-") == 0 && isatty(STDIN_FILENO)) {
        snprintf(
            why, capacity,
            "the video is to come from standard input, which is a terminal: pipe it in, or name "
            "a file");
        y4m_close(y);
        return NULL;
    }
    y->watch = watch;
    y->file = strcmp(path, "-") == 0 ? STDIN_FILENO : open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    if (y->file < 0) {
        snprintf(why, capacity, "the video %s cannot be read", path);
        y4m_close(y);
        return NULL;
    }
    if (!read_line(y, line, sizeof(line)) || !parse_header(y, line)) {
        snprintf(why, capacity, "%s is not a YUV4MPEG2 video of 8 bits, 420, 444 or mono", path);
        y4m_close(y);
        return NULL;
    }
    y->size = (size_t)y->width * y->height + 2 * (size_t)y->chroma_width * y->chroma_height;
    y->current = malloc(y->size);
    y->pending = malloc(y->size);
    if (!y->current || !y->pending) {
        snprintf(why, capacity, "out of memory for %s", path);
        y4m_close(y);
        return NULL;
    }
    measure(y);
    return y;
}

static video_result y4m_step(void *user, int64_t *out_pts_ns, char *why, size_t capacity)
{
    char line[MOST_HEADER];
    y4m *y = user;
    uint8_t *kept = y->current;
    (void)why; /* files and pipes end */
    (void)capacity;
    y->current = y->pending;
    y->pending = kept;
    if (!read_line(y, line, sizeof(line)) || strncmp(line, "FRAME", 5) != 0 ||
        !read_bytes(y, y->pending, y->size))
        return VIDEO_END;
    *out_pts_ns = (int64_t)((double)y->next * 1e9 * y->rate_den / y->rate_num + 0.5);
    y->next++;
    return VIDEO_GOOD;
}

static video_result y4m_seek(void *user, int64_t pts_ns, char *why, size_t capacity)
{
    y4m *y = user;
    const double number = (double)(pts_ns < 0 ? 0 : pts_ns) * y->rate_num / y->rate_den / 1e9;
    uint64_t to = number >= 1.0 ? (uint64_t)number - 1 : 0; /* one too early does no harm */
    (void)why;
    (void)capacity;
    if (y->first < 0 || y->frames == 0)
        return VIDEO_END;
    to = to < y->frames ? to : y->frames - 1;
    if (!go_to(y, y->first + (off_t)(to * (y->size + strlen("FRAME\n")))))
        return VIDEO_END;
    y->next = to;
    return VIDEO_GOOD;
}

static uint8_t clamp(int value)
{
    return (uint8_t)(value < 0 ? 0 : value > 255 ? 255 : value);
}

/* BT.601, 16 .. 235, in 1/65536. */
static void set_colour(uint8_t *out, int luma, int blue, int red)
{
    const int y = 76309 * (luma - 16) + 32768, u = blue - 128, v = red - 128;
    out[0] = clamp((y + 104597 * v) / 65536);
    out[1] = clamp((y - 25675 * u - 53279 * v) / 65536);
    out[2] = clamp((y + 132201 * u) / 65536);
}

static bool y4m_convert(void *user, picture *out)
{
    const y4m *y = user;
    const uint8_t *blue = y->current + (size_t)y->width * y->height;
    const uint8_t *red = blue + (size_t)y->chroma_width * y->chroma_height;
    if (!out->pixels) {
        out->pixels = malloc((size_t)y->width * y->height * 4);
        out->width = y->width;
        out->height = y->height;
    }
    if (!out->pixels)
        return false;
    for (uint32_t row = 0; row < y->height; row++)
        for (uint32_t column = 0; column < y->width; column++) {
            const size_t at = (size_t)row * y->width + column;
            uint8_t *to = out->pixels + 4 * at;
            to[3] = 255;
            if (!y->chroma_width) {
                to[0] = to[1] = to[2] = y->current[at];
                continue;
            }
            const size_t chroma = (size_t)(row * y->chroma_height / y->height) * y->chroma_width +
                                  column * y->chroma_width / y->width;
            set_colour(to, y->current[at], blue[chroma], red[chroma]);
        }
    return true;
}

static int64_t y4m_duration(void *user)
{
    const y4m *y = user;
    return (int64_t)((double)y->frames * 1e9 * y->rate_den / y->rate_num + 0.5);
}

const video_reader video_y4m = {.open = y4m_open,
                                .step = y4m_step,
                                .seek = y4m_seek,
                                .convert = y4m_convert,
                                .duration = y4m_duration,
                                .close = y4m_close};
