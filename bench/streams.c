/* SPDX-License-Identifier: MIT */
#include "bench.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

const bench_size bench_sizes[BENCH_SIZES] = {{512, 256}, {2048, 1024}, {3840, 1920}, {6720, 3360}};

static uint32_t get_u32(const uint8_t *bytes)
{
    return bytes[0] | (uint32_t)bytes[1] << 8 | (uint32_t)bytes[2] << 16 | (uint32_t)bytes[3] << 24;
}

/* ------------------------------------------------------------------------------- polylines -----
 */

static bool lines_allocate(bench_lines *lines, size_t points, size_t channels)
{
    *lines = (bench_lines){.points = malloc((points + 1) * sizeof(*lines->points)),
                           .ends = malloc((channels + 1) * sizeof(*lines->ends)),
                           .channels = channels};
    if (lines->points && lines->ends)
        return true;
    bench_lines_free(lines);
    return false;
}

void bench_lines_free(bench_lines *lines)
{
    free(lines->points);
    free(lines->ends);
    *lines = (bench_lines){0};
}

/* One record of points at `to`; returns where the next one's go. */
static bench_point *parse_record(const uint8_t *record, size_t bytes, bench_point *to)
{
    if (bytes < 4)
        return to;
    bench_point at = {record[0] | record[1] << 8, record[2] | record[3] << 8};
    *to++ = at;
    for (size_t k = 4; k + 2 <= bytes; k += 2) {
        at.x += (int8_t)record[k];
        at.y += (int8_t)record[k + 1];
        *to++ = at;
    }
    return to;
}

/* The payload was read by the library, which checked it. */
static bool parse_lines(const uint8_t *payload, size_t size, bench_lines *lines)
{
    const size_t channels = get_u32(payload);
    const uint8_t *record = payload + 4 + 4 * channels;
    if (!lines_allocate(lines, size / 2, channels))
        return false;
    bench_point *to = lines->points;
    for (size_t i = 0; i < channels; i++) {
        const size_t bytes = get_u32(payload + 4 + 4 * i);
        to = parse_record(record, bytes, to);
        lines->ends[i] = (size_t)(to - lines->points);
        record += bytes;
    }
    return true;
}

bench_lines bench_lines_scaled(const bench_lines *lines, bench_size size)
{
    const size_t points = lines->channels ? lines->ends[lines->channels - 1] : 0;
    bench_lines scaled;
    if (!lines_allocate(&scaled, points, lines->channels))
        return scaled;
    memcpy(scaled.ends, lines->ends, lines->channels * sizeof(*lines->ends));
    for (size_t i = 0; i < points; i++)
        scaled.points[i] = (bench_point){
            (int32_t)((int64_t)lines->points[i].x * size.width / BENCH_CANVAS_WIDTH),
            (int32_t)((int64_t)lines->points[i].y * size.height / BENCH_CANVAS_HEIGHT)};
    return scaled;
}

/* --------------------------------------------------------------------------------- reading -----
 */

static bool read_frames(bench_stream *s, as_container *container, size_t most, as_error *error)
{
    s->frames = s->total < most ? s->total : most;
    s->indices = calloc(s->frames + 1, sizeof(*s->indices));
    s->payloads = calloc(s->frames + 1, sizeof(*s->payloads));
    s->lines = calloc(s->frames + 1, sizeof(*s->lines));
    if (!s->indices || !s->payloads || !s->lines)
        return false;
    for (size_t i = 0; i < s->frames; i++) {
        s->indices[i] = i * s->total / s->frames;
        if (as_container_read_payload(container, s->indices[i], &s->payloads[i], error) != AS_OK ||
            !parse_lines(s->payloads[i].data, s->payloads[i].size, &s->lines[i]))
            return false;
        if (s->lines[i].channels)
            s->points += (double)s->lines[i].ends[s->lines[i].channels - 1] / (double)s->frames;
    }
    return s->frames > 0;
}

bool bench_stream_open(bench_stream *stream, const char *name, const char *path, size_t frames)
{
    as_source *source = NULL;
    as_container *container = NULL;
    as_container_info info = {0};
    as_error error = {.text = "out of memory or without frames"};
    if (stream->path != path)
        snprintf(stream->path, sizeof(stream->path), "%s", path);
    snprintf(stream->name, sizeof(stream->name), "%s", name);
    as_result result = as_source_open(stream->path, NULL, &source, &error);
    if (result == AS_OK)
        result = as_container_open(source, NULL, &container, &error);
    as_source_close(&source);
    if (result == AS_OK)
        result = as_container_get_info(container, &info, &error);
    stream->total = info.frame_count;
    const bool ok = result == AS_OK && read_frames(stream, container, frames, &error);
    if (!ok)
        bench_message("%s: %s", path, error.text);
    as_container_close(&container);
    return ok;
}

static bool write_container(const bench_stream *stream, const char *kind, as_error *error)
{
    const as_writer_params params = {.struct_size = sizeof(params), .format = AS_FORMAT_ASVP};
    as_writer *writer = NULL;
    as_result result = as_writer_create(stream->path, &params, &writer, error);
    const size_t frames = bench_generated_frames(kind);
    for (size_t i = 0; i < frames && result == AS_OK; i++) {
        size_t size;
        uint8_t *payload = bench_generate(kind, i, &size);
        result =
            payload ? as_writer_add_payload(writer, payload, size, error) : AS_ERROR_OUT_OF_MEMORY;
        free(payload);
    }
    if (result == AS_OK)
        result = as_writer_finish(&writer, error);
    as_writer_abort(&writer);
    return result == AS_OK;
}

bool bench_stream_generate(bench_stream *stream, const char *kind, size_t frames)
{
    const char *folder = getenv("TMPDIR");
    as_error error = {.text = "out of memory"};
    const int length = snprintf(stream->path, sizeof(stream->path), "%s/alphastream-bench-XXXXXX",
                                folder ? folder : "/tmp");
    const int fd = length < (int)sizeof(stream->path) ? mkstemp(stream->path) : -1;
    if (fd < 0) {
        bench_message("no temporary file in %s", folder ? folder : "/tmp");
        return false;
    }
    close(fd);
    stream->temporary = true;
    if (!write_container(stream, kind, &error)) {
        bench_message("%s", error.text);
        return false;
    }
    return bench_stream_open(stream, kind, stream->path, frames);
}

bool bench_stream_walks(const bench_stream *stream)
{
    return stream->temporary && strncmp(stream->name, "walk", 4) == 0;
}

void bench_stream_close(bench_stream *stream)
{
    for (size_t i = 0; stream->payloads && i < stream->frames; i++)
        as_buffer_free(&stream->payloads[i]);
    for (size_t i = 0; stream->lines && i < stream->frames; i++)
        bench_lines_free(&stream->lines[i]);
    free(stream->indices);
    free(stream->payloads);
    free(stream->lines);
    if (stream->temporary)
        unlink(stream->path);
    *stream = (bench_stream){0};
}
