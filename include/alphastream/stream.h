/* SPDX-License-Identifier: MIT
 *
 * Streams: a container opened for playing. Frames are fetched, decoded and drawn ahead of the play
 * head by the library's worker threads, so that as_stream_get_frame usually hands over a pointer.
 *
 *     as_stream *stream = NULL;
 *     as_frame *frame = NULL;
 *     as_frame_info info;
 *     as_error error;
 *     const as_stream_params params = {.struct_size = sizeof params, .location = "people.asvp"};
 *     if (as_stream_open(&params, &stream, &error) != AS_OK) ... error.text says why ...
 *     for (uint64_t n = 0; n < count; n++) {
 *         if (as_stream_get_frame(stream, n, 0, 0, AS_TIMEBOX, &frame) == AS_OK &&
 *             as_frame_get_info(frame, &info) == AS_OK)
 *             ... info.data, info.width, info.height, info.stride ...
 *         as_frame_unref(&frame);
 *     }
 *     as_stream_close(&stream);
 *
 * Everything here is thread-safe: any function from any thread, several at once; only
 * as_stream_close needs that no other call on the stream is under way or follows.
 *
 * fork. The threads behind streams stay with the parent. A child that was forked while the process
 * had a stream open must make no call of the library before it calls exec, not even
 * as_stream_close, which would wait for them for ever; memory of frames that it has stays readable.
 *
 * Errors. Every function returns its result. The sentence behind the last failure of the calling
 * thread on this stream is kept for as_stream_last_error; a successful call clears it.
 */
#ifndef ALPHASTREAM_STREAM_H
#define ALPHASTREAM_STREAM_H

#include "container.h"
#include "frame.h"
#include "raster.h"

AS_BEGIN_DECLS

/* A container opened for playing. */
typedef struct as_stream as_stream;

/* Timeouts in nanoseconds for as_stream_get_frame; any other value counts as it is. */
#define AS_TIMEBOX UINT64_MAX            /* the stream's timebox (12 ms) */
#define AS_WAIT_FOREVER (UINT64_MAX - 1) /* until it is there, fails, or the stream closes */

/* How a frame gets the output's size (docs/raster.md). */
typedef int32_t as_scale_mode;
enum {
    AS_SCALE_NEAREST = 0, /* the canvas is sampled: out[y][x] = canvas[y * H / h][x * W / w] */
    AS_SCALE_VECTOR = 1   /* points are scaled, then drawn at the output's size: smooth edges */
};

/* What workers prepare ahead; the rest is still made when asked for. BITMASK, TRIANGLES and
 * CANVASES can be combined by |. */
typedef int32_t as_processing;
enum {
    AS_PROCESS_BITMASK = 1,   /* R8 masks */
    AS_PROCESS_TRIANGLES = 2, /* triangle strips */
    AS_PROCESS_BOTH = 3,
    AS_PROCESS_ON_DEMAND = 4, /* nothing: polystreams alone are fetched ahead */
    AS_PROCESS_CANVASES = 8   /* bit canvases */
};

/* Frame memory from the caller (pinned, shared, ...). All three may be called from any thread. From
 * allocate to release only the library writes the memory: a frame is put there by changing what
 * differs from the frame that was there before. */
typedef struct as_frame_allocator {
    uint32_t struct_size; /* sizeof(as_frame_allocator) */
    uint32_t reserved;    /* 0 */
    /* `size` bytes at a multiple of 64, or NULL (the frame fails with AS_ERROR_OUT_OF_MEMORY). */
    void *(*allocate)(void *user, size_t size);
    /* Takes back what allocate gave, with the same size. */
    void (*release)(void *user, void *memory, size_t size);
    /* Optional: the last buffer is released and neither function is called any more. Not called
     * after an open that failed. */
    void (*done)(void *user);
    void *user; /* handed to all three */
} as_frame_allocator;

/* Frame `index` that was asked for (as_stream_request, or a get that did not wait for it) is there,
 * or failed with `result`. A get's event is lost when a later get or seek goes elsewhere. On a
 * worker thread, outside all locks; it may call any function of the stream but as_stream_close, and
 * should be quick. Also once with index AS_NO_FRAME when an asynchronous open is done; and with
 * AS_NO_FRAME and AS_ERROR_CHANGED when the source's content was replaced (frames asked for before
 * have no event any more), then with AS_NO_FRAME whenever reading the new index has ended. */
typedef void (*as_stream_event_fn)(void *user, uint64_t index, as_result result);

/* Zero = default everywhere. A value outside its range fails the open with AS_ERROR_ARGUMENT and a
 * text that names option and range. */
typedef struct as_stream_params {
    uint32_t struct_size; /* sizeof(as_stream_params) */

    uint32_t width;           /* output pixels, 1 .. 16384; default 0: that of the canvas */
    uint32_t height;          /* likewise; both or neither */
    uint32_t canvas_width;    /* 1 .. 16384; default 2048 */
    uint32_t canvas_height;   /* 1 .. 16384; default 1024 */
    as_scale_mode scale;      /* default AS_SCALE_NEAREST */
    as_combine combine;       /* default AS_COMBINE_UNION */
    as_processing processing; /* default AS_PROCESS_BITMASK */

    /* Where the bytes come from: exactly one of location, source, bytes. */
    const char *location; /* a path or URL (as_source_open) */
    as_source *source;    /* the stream keeps its own reference, and cancels the source on close. An
                             open that fails leaves it usable, but for AS_TIMEOUT, which cancels it */
    const void *bytes;    /* a whole container in memory, borrowed until the stream is closed */
    size_t bytes_size;    /* of `bytes` */
    const as_key_params *key; /* for encrypted containers; default NULL (container.h) */
    as_limits limits;         /* container.h */

    uint32_t fps_num;  /* pictures per second as a fraction, each 1 .. 1000000; default 60 / 1 */
    uint32_t fps_den;  /* the fraction's denominator */
    int64_t offset_ns; /* picture 0 is due at this media time; default 0 */
    uint32_t frames_per_picture; /* 1 .. 16; default 1. 2: left and right eye alternate */

    uint32_t l0_frames; /* finished frames kept ready, per size; 1 .. 64; default 4 */
    uint32_t l1_frames; /* polystreams cached; 2 .. 1048576; default 512 */
    uint64_t l1_bytes;  /* budget of L1; 1 MiB .. 64 GiB; default 256 MiB */
    uint64_t l0_bytes;  /* budget of all output buffers and of the bits by which they remember what
                           they show; default 0: only counts bound them. A frame that does not fit
                           beside those held fails with AS_ERROR_LIMIT */
    uint32_t prefetch_frames; /* how far L1 reads ahead; 1 .. 65536; default 120, never more than
                                 l1_frames - 1 */
    uint32_t held_frames;     /* frames callers may hold at once; 1 .. 4096; default 16 */
    uint32_t start_frame;     /* prepared first; default 0 */
    uint32_t init_frames;     /* the open waits until this many from start_frame are in L1; default
                                 0; at most l1_frames */

    uint32_t threads;      /* workers this stream uses at once; 1 .. 64; default: logical cores, at
                              most 8 */
    uint32_t io_requests;  /* reads under way at once; 1 .. 64; default 4. A caller's source has so
                              many  threads of its own; files and memory are read by the workers, of
                              which,  where there are several, one is kept from reading */
    uint32_t raster_tasks; /* frames drawn at once; 1 .. 64; default 2. By workers, but for a frame
                              that a caller waits for: without an `event` function it may be drawn
                              in that caller's thread, if there is time enough */
    uint32_t pin_threads;  /* 1: workers stay on one core each (of the pool this stream starts);
                              default 0 */

    uint32_t timebox_us;       /* AS_TIMEBOX; 1 .. 60000000; default 12000 */
    uint32_t init_timeout_ms;  /* of as_stream_open; 1 .. 3600000; default 4000 */
    uint32_t data_timeout_ms;  /* of one read from the source; 1 .. 3600000; default 4000 */
    uint32_t network_ahead_ms; /* how far ahead of the play head a source with `prefetch` is asked
                                  to read, in time of play at the stream's rate; 1 .. 3600000, at
                                  least prefetch_frames and at most 65536 frames; default 10000 */

    const as_frame_allocator *frame_allocator; /* default NULL: the library's memory */
    as_stream_event_fn event;                  /* default NULL */
    void *event_user;                          /* handed to event */
    as_log log;                                /* default: silence */
    const as_http_params *http; /* where location is an http(s) URL; default NULL: defaults. Its log
                                   defaults to the stream's */
} as_stream_params;

/* Sets every field to its default and struct_size to `size`, for callers in other languages. */
AS_API void as_stream_params_init(as_stream_params *params, size_t size);

/* Opens and reads the index; waits for init_frames as well, at most init_timeout_ms. When the index
 * is read by then the open succeeds, and what is missing keeps arriving.
 * Errors: those of as_source_open and as_container_open; AS_ERROR_ARGUMENT (with the option);
 * AS_TIMEOUT: the index was not read in time; AS_ERROR_OUT_OF_MEMORY. */
AS_API AS_NODISCARD as_result as_stream_open(const as_stream_params *params, as_stream **out_stream,
                                             as_error *error);

/* As as_stream_open, but returns at once: until the index is read, calls that need it return
 * AS_NOT_READY, and if it cannot be read they return why. */
AS_API AS_NODISCARD as_result as_stream_open_async(const as_stream_params *params,
                                                   as_stream **out_stream, as_error *error);

/* Cancels what is under way, waits for it, frees the stream and writes NULL. Frames that callers
 * hold stay valid. NULL and NULL handles are ignored. Waits for a source without `cancel`. */
AS_API void as_stream_close(as_stream **stream);

/* ------------------------------------------------------------------------------- frames ---- */

/* Frame `index` at width x height (both 0: the stream's size), waiting at most timeout_ns. Never
 * another frame than the one asked for. *out_frame is the caller's, to be released with
 * as_frame_unref; NULL after an error.
 * Errors: AS_ERROR_ARGUMENT; AS_ERROR_OUT_OF_RANGE; AS_TIMEOUT: not there in time, it has been
 * raised to the front, ask again; AS_NOT_READY: with a timeout of 0, it comes along with what is
 * prepared next; or while the index is not read; AS_ERROR_DECODE, AS_ERROR_TRANSPORT: of this
 * frame; AS_ERROR_CHANGED: once, to the first get after the source's content was replaced: ask
 * again, and the frames are those of the new content, of which there may be more or fewer
 * (docs/streams.md); AS_ERROR_LIMIT: held_frames are held, or the budget is too small;
 * AS_ERROR_OUT_OF_MEMORY; AS_ERROR_CANCELLED: the stream is closing. */
AS_API AS_NODISCARD as_result as_stream_get_frame(as_stream *stream, uint64_t index, uint32_t width,
                                                  uint32_t height, uint64_t timeout_ns,
                                                  as_frame **out_frame);

/* Frame `index` as a triangle strip in canvas pixels (as_triangle_strip). Otherwise as
 * as_stream_get_frame. */
AS_API AS_NODISCARD as_result as_stream_get_strip(as_stream *stream, uint64_t index,
                                                  uint64_t timeout_ns, as_frame **out_frame);

/* Frame `index` as a bit canvas, one bit a pixel (as_frame_get_canvas), from which a mask of
 * width x height (both 0: the stream's size) is sampled as by as_canvas_to_r8. With
 * AS_SCALE_NEAREST the canvas has the stream's canvas size, whatever the mask's; with
 * AS_SCALE_VECTOR it has the mask's. Otherwise as as_stream_get_frame. */
AS_API AS_NODISCARD as_result as_stream_get_canvas(as_stream *stream, uint64_t index,
                                                   uint32_t width, uint32_t height,
                                                   uint64_t timeout_ns, as_frame **out_frame);

/* A hint: frames first .. first + count - 1 will be wanted soon. They are fetched into L1 before
 * ordinary prefetch, at most prefetch_frames of them; the event callback tells of each. Up to 8
 * ranges are remembered; a ninth replaces the oldest, whose events are lost.
 * Errors: AS_ERROR_ARGUMENT, AS_ERROR_OUT_OF_RANGE (first is past the end), AS_NOT_READY. */
AS_API AS_NODISCARD as_result as_stream_request(as_stream *stream, uint64_t first, uint64_t count);

/* A descriptor that is readable while events are pending, for poll, epoll and the like; the stream
 * owns it. An event is what the event callback is called for. as_stream_drain_events makes it
 * unreadable again and returns how many events there were. -1: no descriptor could be had.  */
AS_API int32_t as_stream_event_fd(as_stream *stream);
/* Takes all pending events and returns how many there were; 0 for NULL. */
AS_API uint64_t as_stream_drain_events(as_stream *stream);

/* -------------------------------------------------------------------------------- time ---- */

/* The play head: which frame is due now, by the library's monotonic clock. It steers what is
 * prepared where it jumps or goes far from the frames asked for (docs/streams.md); it never changes
 * what as_stream_get_frame returns. */

/* Pictures per second, 1 .. 1000000 each; the play head keeps its frame. Errors:
 * AS_ERROR_ARGUMENT. */
AS_API AS_NODISCARD as_result as_stream_set_rate(as_stream *stream, uint32_t fps_num,
                                                 uint32_t fps_den);
/* The rate in force. Errors: AS_ERROR_ARGUMENT. */
AS_API AS_NODISCARD as_result as_stream_get_rate(as_stream *stream, uint32_t *out_fps_num,
                                                 uint32_t *out_fps_den);

/* Lets the play head run at `speed` times real time (-16 .. 16; negative: backward; 0 is
 * as_stream_pause). Errors: AS_ERROR_ARGUMENT. */
AS_API AS_NODISCARD as_result as_stream_play(as_stream *stream, double speed);
/* The play head stands still. Errors: AS_ERROR_ARGUMENT. */
AS_API AS_NODISCARD as_result as_stream_pause(as_stream *stream);

/* Puts the play head on frame `index` and prepares from there. Errors: AS_ERROR_ARGUMENT,
 * AS_ERROR_OUT_OF_RANGE, AS_NOT_READY, or why the open failed. */
AS_API AS_NODISCARD as_result as_stream_seek(as_stream *stream, uint64_t index);

/* The host's media clock says media_ns now (call it once per picture). The play head follows it
 * smoothly, never jumping back; a difference over 100 ms is a seek and jumps at once, either way.
 * Errors: AS_ERROR_ARGUMENT. */
AS_API AS_NODISCARD as_result as_stream_sync(as_stream *stream, int64_t media_ns);

/* *out_media_ns: the play head's media time now. Errors: AS_ERROR_ARGUMENT. */
AS_API AS_NODISCARD as_result as_stream_position(as_stream *stream, int64_t *out_media_ns);

/* The frame due at media time media_ns: floor((media_ns - offset) * fps + 1/2) *
 * frames_per_picture, 0 before the first; it may be past the end. Exact in integers. Errors:
 * AS_ERROR_ARGUMENT. */
AS_API AS_NODISCARD as_result as_stream_frame_at(as_stream *stream, int64_t media_ns,
                                                 uint64_t *out_index);

/* The media time at which frame `index` is due, to the nearest nanosecond:
 * offset + index / frames_per_picture / fps. as_stream_frame_at of it gives the first frame of that
 * picture. Errors: AS_ERROR_ARGUMENT, also when the time does not fit. */
AS_API AS_NODISCARD as_result as_stream_time_of(as_stream *stream, uint64_t index,
                                                int64_t *out_media_ns);

/* ------------------------------------------------------------------------------- knowing ---- */

/* What is known of a stream. */
typedef struct as_stream_metadata {
    uint32_t struct_size;                 /* set by the caller: sizeof(as_stream_metadata) */
    uint32_t encrypted;                   /* 1: ASVR */
    uint64_t frame_count;                 /* of the sizes table */
    int64_t duration_ns;                  /* of all pictures at the present rate */
    uint32_t width, height;               /* output */
    uint32_t canvas_width, canvas_height; /* pixels that points live on */
    uint32_t fps_num, fps_den;            /* pictures per second, in force */
    uint32_t frames_per_picture;          /* as opened with */
    uint32_t stated_count;   /* by the header; 0 = none. Differs from frame_count: a warning */
    uint64_t source_bytes;   /* AS_SIZE_UNKNOWN: not known */
    uint64_t missing_frames; /* frames whose bytes lie past the end of the source */
} as_stream_metadata;

/* Errors: AS_ERROR_ARGUMENT, AS_NOT_READY, or why the open failed. */
AS_API AS_NODISCARD as_result as_stream_get_metadata(as_stream *stream,
                                                     as_stream_metadata *out_metadata);

/* Times of one stage, over the last 1024 and all. */
typedef struct as_stage_times {
    uint64_t count;          /* of all */
    uint64_t total_ns;       /* of all */
    uint64_t p50_ns, p99_ns; /* of the last 1024 */
    uint64_t max_ns;         /* of all */
} as_stage_times;

/* What a stream holds and did so far. */
typedef struct as_stream_stats {
    uint32_t struct_size;          /* set by the caller: sizeof(as_stream_stats) */
    uint32_t threads;              /* workers of the process's pool */
    uint64_t l0_hits, l0_misses;   /* gets that found their frame ready, or had to wait */
    uint64_t l1_hits, l1_misses;   /* the same for polystreams, when a frame is drawn */
    uint64_t evictions;            /* polystreams pushed out of L1 */
    uint64_t decoded;              /* polystreams inflated and checked */
    uint64_t drawn;                /* masks, canvases and strips made */
    uint64_t dropped;              /* pieces of work given up because of a seek */
    uint64_t failed;               /* frames that failed in the background */
    uint64_t late;                 /* gets that ended in AS_TIMEOUT */
    uint64_t seeks;                /* changes of direction or position that were taken as a seek */
    uint64_t bytes_read;           /* from the source */
    uint64_t l1_frames, l1_bytes;  /* resident now */
    uint64_t l0_buffers, l0_bytes; /* output buffers, held ones included */
    uint64_t held_frames;          /* by callers */
    uint64_t queued_io, queued_raster; /* work waiting now */
    int64_t stride;                    /* learned: 1 forward, -1 reverse, k every k-th frame */
    as_stage_times read;               /* from the source */
    as_stage_times decode;             /* decrypt, inflate, check */
    as_stage_times draw;               /* polystream to canvas (to pixels), or to a strip */
    as_stage_times get;                /* as_stream_get_frame, whole call */
    uint64_t changes;                  /* times the source's content was found replaced */
} as_stream_stats;

/* Where frames can be on their way to a caller. */
typedef int32_t as_tier;
enum {
    AS_TIER_L0 = 0,    /* finished: a mask, canvas or strip of any size, held by callers or not */
    AS_TIER_L1 = 1,    /* decoded: the polystream is in memory */
    AS_TIER_SOURCE = 2 /* the container's bytes are here without the network: in the chunk cache of
                          an HTTP source, in memory or on disk; of files and memory, all that are
                          there; of a caller's source, none. as_source_get_cached tells bytes */
};

/* Frames first .. end - 1. */
typedef struct as_frame_range {
    uint64_t first, end; /* `end` is the frame behind the last */
} as_frame_range;

/* Which frames are in a tier now, as ranges in ascending order that neither overlap nor touch: the
 * first `capacity` of them (`ranges` may be NULL for 0); *out_count is how many there are. Counts
 * as no use of any frame. Locks are held for a few thousand steps at a time, so that nobody waits
 * long for a frame meanwhile; what comes or goes during the call may be told or not. Takes 1 bit of
 * memory a frame while it runs, and 16 bytes for each range of bytes where it asks a source.
 * Errors: AS_ERROR_ARGUMENT, also for a tier that does not exist; AS_NOT_READY: the index is not
 * read, or the content was replaced meanwhile; why the open failed; AS_ERROR_LIMIT: more than
 * capacity, those are written; AS_ERROR_OUT_OF_MEMORY; AS_ERROR_TRANSPORT: the size of a file
 * cannot be had. */
AS_API AS_NODISCARD as_result as_stream_get_cached(as_stream *stream, as_tier tier,
                                                   as_frame_range *ranges, size_t capacity,
                                                   size_t *out_count);

/* Errors: AS_ERROR_ARGUMENT. */
AS_API AS_NODISCARD as_result as_stream_get_stats(as_stream *stream, as_stream_stats *out_stats);

/* What the stream's source did, where that is an HTTP source; of any other, AS_ERROR_UNSUPPORTED.
 * Errors: also AS_ERROR_ARGUMENT. */
AS_API AS_NODISCARD as_result as_stream_get_http_stats(as_stream *stream, as_http_stats *out_stats);

/* Copies the error of the calling thread's last call on this stream (of a thread that made none:
 * the stream's most recent); code AS_OK and an empty text when that call succeeded. Background work
 * never shows here. NULL stream: AS_ERROR_ARGUMENT in *out_error. Returns out_error->code. */
AS_API as_result as_stream_last_error(as_stream *stream, as_error *out_error);
/* as_stream_last_error of the calling thread gives success again. NULL is ignored. */
AS_API void as_stream_clear_error(as_stream *stream);

AS_END_DECLS

#endif
