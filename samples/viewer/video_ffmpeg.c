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

enum { MOST_PIXELS = 16384, PADDING = 64 };

typedef struct reader {
    AVFormatContext *format;
    AVCodecContext *codec;
    AVStream *stream;
    AVPacket *packet;
    AVFrame *current, *pending;
    struct SwsContext *scaler;
    uint8_t *rows; /* what the scaler writes, padded */
    unsigned capacity;
    int64_t progress_us, received; /* when bytes came last, and how many came until then */
    bool gave_up;                  /* nothing came for PATIENCE_US */
    int64_t start;                 /* of the stream, in its time base */
    bool ended;                    /* no more packets: the decoder gives what it still has */
} reader;

/* For so long a server may send nothing. */
#define PATIENCE_US INT64_C(10000000)

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
    avformat_close_input(&r->format);
    free(r);
}

/* Asked by FFmpeg while it waits for bytes: 1 ends the wait. */
static int is_stuck(void *user)
{
    reader *r = user;
    const int64_t now = av_gettime_relative();
    const int64_t received = r->format && r->format->pb ? r->format->pb->bytes_read : 0;
    if (received != r->received) {
        r->received = received;
        r->progress_us = now;
    }
    r->gave_up = r->gave_up || now - r->progress_us > PATIENCE_US;
    return r->gave_up;
}

/* Before each call that may wait. */
static void begin_wait(reader *r)
{
    r->gave_up = false;
    r->progress_us = av_gettime_relative();
}

static int open_decoder(reader *r)
{
    const AVCodec *codec = NULL;
    const int index = av_find_best_stream(r->format, AVMEDIA_TYPE_VIDEO, -1, -1, &codec, 0);
    if (index < 0)
        return index;
    r->stream = r->format->streams[index];
    r->start = r->stream->start_time == AV_NOPTS_VALUE ? 0 : r->stream->start_time;
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

static void *ffmpeg_open(const char *path, char *why, size_t capacity)
{
    char text[AV_ERROR_MAX_STRING_SIZE] = "";
    reader *r = calloc(1, sizeof(*r));
    if (!r) {
        snprintf(why, capacity, "out of memory for %s", path);
        return NULL;
    }
    av_log_set_level(AV_LOG_FATAL);
    r->format = avformat_alloc_context();
    if (!r->format) {
        snprintf(why, capacity, "out of memory for %s", path);
        free(r);
        return NULL;
    }
    r->format->interrupt_callback = (AVIOInterruptCB){is_stuck, r};
    begin_wait(r);
    int code = avformat_open_input(&r->format, path, NULL, NULL);
    if (code >= 0)
        code = avformat_find_stream_info(r->format, NULL);
    if (code >= 0)
        code = open_decoder(r);
    if (code >= 0)
        return r;
    av_strerror(code, text, sizeof(text));
    snprintf(why, capacity, "the video %s cannot be read: %s", path,
             r->gave_up ? "nothing came for 10 s; look whether its server answers" : text);
    ffmpeg_close(r);
    return NULL;
}

/* The next packet of the stream to the decoder; after the last one it is told so. */
static bool feed(reader *r)
{
    while (!r->ended) {
        begin_wait(r);
        const int code = av_read_frame(r->format, r->packet);
        if (code < 0) {
            r->ended = true;
            return avcodec_send_packet(r->codec, NULL) >= 0;
        }
        const bool ours = r->packet->stream_index == r->stream->index;
        /* A packet that is damaged is left out; pictures go on with the next. */
        if (ours)
            (void)avcodec_send_packet(r->codec, r->packet);
        av_packet_unref(r->packet);
        if (ours)
            return true;
    }
    return false;
}

static bool ffmpeg_step(void *user, int64_t *out_pts_ns)
{
    reader *r = user;
    av_frame_unref(r->current);
    av_frame_move_ref(r->current, r->pending);
    for (;;) {
        const int code = avcodec_receive_frame(r->codec, r->pending);
        if (code >= 0 && r->pending->best_effort_timestamp != AV_NOPTS_VALUE)
            break;
        if (code >= 0)
            av_frame_unref(r->pending);
        else if (code != AVERROR(EAGAIN) || !feed(r))
            return false;
    }
    *out_pts_ns = av_rescale_q(r->pending->best_effort_timestamp - r->start, r->stream->time_base,
                               nanoseconds);
    return true;
}

static bool ffmpeg_seek(void *user, int64_t pts_ns)
{
    reader *r = user;
    const int64_t to =
        r->start + av_rescale_q(pts_ns < 0 ? 0 : pts_ns, nanoseconds, r->stream->time_base);
    begin_wait(r);
    if (av_seek_frame(r->format, r->stream->index, to, AVSEEK_FLAG_BACKWARD) < 0)
        return false;
    avcodec_flush_buffers(r->codec);
    av_frame_unref(r->pending);
    r->ended = false;
    return true;
}

/* Bytes of a row of the scaler's target. It writes whole vectors: up to 16 pixels at a time. */
static size_t padded_row(const AVFrame *f)
{
    return 4 * (((size_t)f->width + 15) & ~(size_t)15);
}

/* The scaler's target, and the picture without its gaps. */
static bool make_room(reader *r, picture *out, const AVFrame *f)
{
    const uint32_t width = (uint32_t)f->width, height = (uint32_t)f->height;
    if (f->width < 1 || f->height < 1 || f->width > MOST_PIXELS || f->height > MOST_PIXELS)
        return false;
    av_fast_malloc(&r->rows, &r->capacity, padded_row(f) * height + PADDING);
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
    for (size_t y = 0; y < out->height; y++)
        memcpy(out->pixels + y * 4 * out->width, r->rows + y * padded_row(f),
               4 * (size_t)out->width);
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
