/* SPDX-License-Identifier: MIT
 *
 * Videos by FFmpeg's libraries: the best video stream of whatever they can open.
 */
#include "video.h"

#include <libavcodec/avcodec.h>
#include <libavformat/avformat.h>
#include <libavutil/mem.h>
#include <libavutil/time.h>
#include <libswscale/swscale.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { MOST_PIXELS = 16384, PADDING = 64, EARLIER_SECONDS = 10 };

/* How pictures lie in the file, as of a phone that was held upright. Column p and row q of what is
 * decoded become row and column (swap) or column and row, each counted from the other end (flip).
 */
typedef struct turn {
    bool swap, flip_p, flip_q;
} turn;

typedef struct reader {
    const char *path;
    AVFormatContext *format;
    AVIOContext *io; /* of `format`, opened before it; NULL: its own */
    AVCodecContext *codec;
    AVStream *stream;
    AVPacket *packet;
    AVFrame *current, *pending;
    struct SwsContext *scaler;
    uint8_t *rows; /* what the scaler writes, padded */
    unsigned capacity;
    const video_watch *watch;
    bool opened;                   /* FFmpeg frees the file of one that cannot be opened */
    int64_t progress_us, received; /* when bytes came last, and how many came until then */
    double waited;                 /* seconds since, when it was asked last */
    bool gave_up;                  /* the watch did not want to wait for more */
    int64_t start;                 /* when the first picture is due, in the stream's time base */
    bool has_start;                /* false: nothing was read yet */
    bool counts;                   /* the file has no times: pictures are counted */
    int64_t number;                /* of the next picture, then */
    bool needs_key;                /* pictures up to the first key picture are left out */
    bool fed_key;                  /* the packet of one was there, whether it can be read or not */
    bool ended;                    /* no more packets: the decoder gives what it still has */
    turn turn;
} reader;

static const AVRational nanoseconds = {1, 1000000000};

static void ffmpeg_close(void *user)
{
    reader *r = user;
    sws_freeContext(r->scaler);
    av_freep(&r->rows);
    av_frame_free(&r->current);
    av_frame_free(&r->pending);
    av_packet_free(&r->packet);
    avcodec_free_context(&r->codec);
    r->opened = false; /* closing a connection asks is_stuck once more */
    avformat_close_input(&r->format);
    AVIOContext *io = r->io;
    r->io = NULL;
    avio_close(io);
    free(r);
}

/* Asked by FFmpeg while it waits for bytes: 1 ends the wait. */
static int is_stuck(void *user)
{
    reader *r = user;
    const int64_t now = av_gettime_relative();
    const AVIOContext *io = r->opened ? r->format->pb : r->io;
    const int64_t received = io ? io->bytes_read : 0;
    if (received != r->received) {
        r->received = received;
        r->progress_us = now;
    }
    r->waited = (double)(now - r->progress_us) / 1e6;
    r->gave_up = r->gave_up || r->watch->is_over(r->watch->user, r->waited);
    return r->gave_up;
}

/* Before each call that may wait. */
static void begin_wait(reader *r)
{
    r->gave_up = false;
    r->progress_us = av_gettime_relative();
}

/* Nine numbers of 16.16, p' = m0 p + m3 q + ..., q' = m1 p + m4 q + ...; NULL: none. */
static const int32_t *display_matrix(const AVStream *stream)
{
    size_t size = 0;
#if LIBAVFORMAT_VERSION_INT < AV_VERSION_INT(60, 15, 100)
    const uint8_t *data = av_stream_get_side_data(stream, AV_PKT_DATA_DISPLAYMATRIX, &size);
#else
    const AVPacketSideData *side =
        av_packet_side_data_get(stream->codecpar->coded_side_data,
                                stream->codecpar->nb_coded_side_data, AV_PKT_DATA_DISPLAYMATRIX);
    const uint8_t *data = side ? side->data : NULL;
    size = side ? side->size : 0;
#endif
    return size >= 9 * sizeof(int32_t) ? (const int32_t *)(const void *)data : NULL;
}

/* false: by an angle that is no multiple of 90 degrees. */
static bool read_turn(const AVStream *stream, turn *out)
{
    const int32_t *m = display_matrix(stream);
    *out = (turn){0};
    if (!m || (!m[0] && !m[1] && !m[3] && !m[4]))
        return true;
    out->swap = m[1] && m[3];
    out->flip_p = out->swap ? m[1] < 0 : m[0] < 0;
    out->flip_q = out->swap ? m[3] < 0 : m[4] < 0;
    return out->swap ? !m[0] && !m[4] : m[0] && m[4] && !m[1] && !m[3];
}

static int open_decoder(reader *r)
{
    const AVCodec *codec = NULL;
    const int index = av_find_best_stream(r->format, AVMEDIA_TYPE_VIDEO, -1, -1, &codec, 0);
    if (index < 0)
        return index;
    r->stream = r->format->streams[index];
    r->codec = avcodec_alloc_context3(codec);
    r->packet = av_packet_alloc();
    r->current = av_frame_alloc();
    r->pending = av_frame_alloc();
    if (!r->codec || !r->packet || !r->current || !r->pending)
        return AVERROR(ENOMEM);
    const int code = avcodec_parameters_to_context(r->codec, r->stream->codecpar);
    if (code < 0)
        return code;
    r->codec->pkt_timebase = r->stream->time_base;
    r->codec->thread_count = 0; /* as many as there are cores */
    return avcodec_open2(r->codec, codec, NULL);
}

static int open_file(reader *r, const char *path)
{
    AVDictionary *options = NULL;
    /* Only connections know it: one that breaks is made anew, a few times. */
    int code = av_dict_set(&options, "reconnect", "1", 0);
    if (code >= 0)
        code = av_dict_set(&options, "reconnect_delay_max", "4", 0);
    if (code >= 0 && (strncmp(path, "http://", 7) == 0 || strncmp(path, "https://", 8) == 0))
        code = avio_open2(&r->io, path, AVIO_FLAG_READ, &r->format->interrupt_callback, &options);
    r->format->pb = r->io;
    if (code >= 0)
        code = avformat_open_input(&r->format, path, NULL, &options);
    av_dict_free(&options);
    r->opened = code >= 0;
    if (code >= 0)
        code = avformat_find_stream_info(r->format, NULL);
    return code >= 0 ? open_decoder(r) : code;
}

static void explain(const reader *r, int code, char *why, size_t capacity)
{
    char text[AV_ERROR_MAX_STRING_SIZE] = "";
    if (r->gave_up)
        snprintf(why, capacity,
                 "the video %.200s cannot be read: nothing came for %.0f s; look whether its "
                 "server answers",
                 r->path, r->waited);
    else {
        (void)av_strerror(code, text, sizeof(text)); /* what it does not know it says in general */
        snprintf(why, capacity, "the video %.200s cannot be read: %s", r->path, text);
    }
}

static bool is_small(const AVStream *stream)
{
    return stream->codecpar->width <= MOST_PIXELS && stream->codecpar->height <= MOST_PIXELS;
}

static void *ffmpeg_open(const char *path, const video_watch *watch, char *why, size_t capacity)
{
    reader *r = calloc(1, sizeof(*r));
    if (r)
        r->format = avformat_alloc_context();
    if (!r || !r->format) {
        snprintf(why, capacity, "out of memory for %.200s", path);
        free(r);
        return NULL;
    }
    av_log_set_level(AV_LOG_FATAL);
    r->path = path;
    r->watch = watch;
    r->format->interrupt_callback = (AVIOInterruptCB){is_stuck, r};
    begin_wait(r);
    const int code = open_file(r, path);
    const bool fits = code < 0 || is_small(r->stream);
    if (code >= 0 && fits && read_turn(r->stream, &r->turn))
        return r;
    if (!fits)
        snprintf(why, capacity,
                 "the video %.200s has pictures of %d x %d; at most %d each way are shown", path,
                 r->stream->codecpar->width, r->stream->codecpar->height, MOST_PIXELS);
    else if (code >= 0)
        snprintf(why, capacity,
                 "the video %.200s is to be turned by an angle that is no multiple of 90 degrees; "
                 "turn its pictures with: ffmpeg -i FILE OUT",
                 path);
    else
        explain(r, code, why, capacity);
    ffmpeg_close(r);
    return NULL;
}

/* Whether bytes should have come from a server that did not. Files, and what is damaged, are read
 * as far as they go. */
static bool is_cut(const reader *r, int code)
{
    AVIOContext *io = r->format->pb;
    const bool remote = strstr(r->path, "://") && strncmp(r->path, "file:", 5) != 0;
    if (r->gave_up || !remote || !io || code == AVERROR_INVALIDDATA)
        return r->gave_up;
    return code != AVERROR_EOF || (io->eof_reached && avio_tell(io) < avio_size(io));
}

/* The next packet of the stream to the decoder; after the last one it is told so. */
static video_result feed(reader *r, char *why, size_t capacity)
{
    while (!r->ended) {
        begin_wait(r);
        const int code = av_read_frame(r->format, r->packet);
        if (code < 0 && is_cut(r, code)) {
            explain(r, code, why, capacity);
            return VIDEO_CUT;
        }
        if (code < 0) {
            r->ended = true;
            return avcodec_send_packet(r->codec, NULL) >= 0 ? VIDEO_GOOD : VIDEO_END;
        }
        const bool ours = r->packet->stream_index == r->stream->index;
        r->fed_key = r->fed_key || (ours && (r->packet->flags & AV_PKT_FLAG_KEY));
        /* A packet that is damaged is left out; pictures go on with the next. */
        if (ours)
            (void)avcodec_send_packet(r->codec, r->packet);
        av_packet_unref(r->packet);
        if (ours)
            return VIDEO_GOOD;
    }
    return VIDEO_END;
}

static bool is_key(const AVFrame *f)
{
#if LIBAVUTIL_VERSION_INT < AV_VERSION_INT(58, 7, 100)
    return f->key_frame != 0;
#else
    return (f->flags & AV_FRAME_FLAG_KEY) != 0;
#endif
}

/* The first picture says what kind of times the file has. Those of packets are when they are to be
 * decoded, which tells no picture's time where the order is another. */
static void take_start(reader *r)
{
    const AVRational rate = r->stream->avg_frame_rate;
    r->has_start = true;
    r->start = r->pending->best_effort_timestamp;
    r->counts = r->pending->pts == AV_NOPTS_VALUE && rate.num > 0 && rate.den > 0;
}

/* Whether the pending picture is one to be given out, and when that is due. */
static bool take_time(reader *r, int64_t *out_pts_ns)
{
    const AVFrame *f = r->pending;
    if (!r->has_start)
        take_start(r);
    if (r->counts) {
        *out_pts_ns = av_rescale_q(r->number++, av_inv_q(r->stream->avg_frame_rate), nanoseconds);
        return true;
    }
    if (f->best_effort_timestamp == AV_NOPTS_VALUE || r->start == AV_NOPTS_VALUE)
        return false;
    r->needs_key = r->needs_key && !is_key(f);
    *out_pts_ns =
        av_rescale_q(f->best_effort_timestamp - r->start, r->stream->time_base, nanoseconds);
    return !r->needs_key;
}

static video_result ffmpeg_step(void *user, int64_t *out_pts_ns, char *why, size_t capacity)
{
    reader *r = user;
    bool had_any = false;
    av_frame_unref(r->current);
    av_frame_move_ref(r->current, r->pending);
    for (;;) {
        const int code = avcodec_receive_frame(r->codec, r->pending);
        if (code >= 0 && take_time(r, out_pts_ns))
            return VIDEO_GOOD;
        if (code >= 0) {
            had_any = true;
            av_frame_unref(r->pending);
            continue;
        }
        const video_result result = code == AVERROR(EAGAIN) ? feed(r, why, capacity) : VIDEO_END;
        if (result == VIDEO_END && r->needs_key && (had_any || !r->fed_key))
            return VIDEO_NO_KEY;
        if (result != VIDEO_GOOD)
            return result;
    }
}

/* Down to a whole tick: a picture that is due later shall not be found. */
static int64_t tick_of(const reader *r, int64_t pts_ns)
{
    return r->start + av_rescale_q_rnd(pts_ns, nanoseconds, r->stream->time_base, AV_ROUND_DOWN);
}

static int go_to(const reader *r, int64_t tick)
{
    return av_seek_frame(r->format, r->stream->index, tick, AVSEEK_FLAG_BACKWARD);
}

/* Some containers look for when a picture is to be decoded, which is before it is due; others
 * refuse what is before the first one; raw streams know no times. */
static int go_to_start(const reader *r)
{
    const int64_t start = r->start == AV_NOPTS_VALUE ? 0 : r->start;
    const int64_t seconds = av_rescale_q(EARLIER_SECONDS, (AVRational){1, 1}, r->stream->time_base);
    int code = go_to(r, start - seconds);
    if (code < 0 && !r->gave_up)
        code = go_to(r, start);
    if (code < 0 && !r->gave_up && r->counts)
        code = av_seek_frame(r->format, -1, 0, AVSEEK_FLAG_BYTE);
    return code;
}

/* Where pictures are counted, that is done from the start. */
static video_result ffmpeg_seek(void *user, int64_t pts_ns, char *why, size_t capacity)
{
    reader *r = user;
    int64_t unused = 0;
    if (!r->has_start && ffmpeg_step(r, &unused, why, capacity) == VIDEO_CUT)
        return VIDEO_CUT;
    const bool to_start = pts_ns <= 0 || r->counts || r->start == AV_NOPTS_VALUE;
    begin_wait(r);
    const int code = to_start ? go_to_start(r) : go_to(r, tick_of(r, pts_ns));
    if (code < 0 && r->gave_up)
        explain(r, code, why, capacity);
    if (code < 0)
        return r->gave_up ? VIDEO_CUT : VIDEO_END;
    avcodec_flush_buffers(r->codec);
    av_frame_unref(r->pending);
    r->ended = false;
    r->needs_key = !to_start;
    r->fed_key = false;
    r->number = 0;
    return VIDEO_GOOD;
}

/* Bytes of a row of the scaler's target. It writes whole vectors: up to 16 pixels at a time. */
static size_t padded_row(const AVFrame *f)
{
    return 4 * (((size_t)f->width + 15) & ~(size_t)15);
}

/* The scaler's target, and the picture without its gaps. */
static bool make_room(reader *r, picture *out, const AVFrame *f)
{
    const uint32_t width = (uint32_t)(r->turn.swap ? f->height : f->width);
    const uint32_t height = (uint32_t)(r->turn.swap ? f->width : f->height);
    if (f->width < 1 || f->height < 1 || f->width > MOST_PIXELS || f->height > MOST_PIXELS)
        return false;
    av_fast_malloc(&r->rows, &r->capacity, padded_row(f) * (size_t)f->height + PADDING);
    if (!r->rows)
        return false;
    if (out->pixels && out->width == width && out->height == height)
        return true;
    uint8_t *pixels = malloc((size_t)width * height * 4);
    if (!pixels)
        return false;
    free(out->pixels);
    out->pixels = pixels;
    out->width = width;
    out->height = height;
    return true;
}

/* The scaler's rows as they are to be seen. */
static void copy_turned(const reader *r, const AVFrame *f, picture *out)
{
    const turn *t = &r->turn;
    const size_t row = padded_row(f), last_p = (size_t)f->width - 1, last_q = (size_t)f->height - 1;
    for (size_t y = 0; y < out->height; y++) {
        uint8_t *to = out->pixels + y * 4 * out->width;
        if (!t->swap && !t->flip_p) {
            memcpy(to, r->rows + (t->flip_q ? last_q - y : y) * row, 4 * (size_t)out->width);
            continue;
        }
        for (size_t x = 0; x < out->width; x++) {
            const size_t p = t->swap ? y : x, q = t->swap ? x : y;
            memcpy(to + 4 * x,
                   r->rows + (t->flip_q ? last_q - q : q) * row + 4 * (t->flip_p ? last_p - p : p),
                   4);
        }
    }
}

static bool ffmpeg_convert(void *user, picture *out)
{
    reader *r = user;
    const AVFrame *f = r->current;
    if (!make_room(r, out, f))
        return false;
    r->scaler =
        sws_getCachedContext(r->scaler, f->width, f->height, (enum AVPixelFormat)f->format,
                             f->width, f->height, AV_PIX_FMT_RGBA, SWS_POINT, NULL, NULL, NULL);
    if (!r->scaler)
        return false;
    const int *matrix = sws_getCoefficients((int)f->colorspace);
    /* Refused for pictures that are RGB already, which need no matrix. */
    (void)sws_setColorspaceDetails(r->scaler, matrix, f->color_range == AVCOL_RANGE_JPEG, matrix, 1,
                                   0, 1 << 16, 1 << 16);
    uint8_t *const planes[4] = {r->rows};
    const int strides[4] = {(int)padded_row(f)};
    if (sws_scale(r->scaler, (const uint8_t *const *)f->data, f->linesize, 0, f->height, planes,
                  strides) != f->height)
        return false;
    copy_turned(r, f, out);
    return true;
}

static int64_t ffmpeg_duration(void *user)
{
    const reader *r = user;
    if (r->stream->duration != AV_NOPTS_VALUE)
        return av_rescale_q(r->stream->duration, r->stream->time_base, nanoseconds);
    return r->format->duration == AV_NOPTS_VALUE ? 0 : r->format->duration * 1000;
}

const video_reader video_ffmpeg = {.open = ffmpeg_open,
                                   .step = ffmpeg_step,
                                   .seek = ffmpeg_seek,
                                   .convert = ffmpeg_convert,
                                   .duration = ffmpeg_duration,
                                   .close = ffmpeg_close};
