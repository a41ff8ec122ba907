/* SPDX-License-Identifier: MIT
 *
 * The library for C++17: handles that close themselves, results that carry their error, spans.
 * Header only, over the C functions, whose headers say what each call does and which errors it
 * gives. Nothing throws and nothing needs exceptions or RTTI. Calls are wrapped from sources to
 * frames; of OpenGL and Vulkan there are handles, for use with the C functions. CV_* is C alone.
 *
 *     auto stream = alphastream::stream::open("people.asvp");
 *     if (!stream)
 *         return complain(stream.text());
 *     for (uint64_t n = 0; n < stream->metadata()->frame_count; n++)
 *         if (auto frame = stream->get_frame(n, AS_TIMEBOX))
 *             for (uint32_t y = 0; y < frame->height(); y++)
 *                 ... frame->row(y), 0 or 255 a pixel ...
 *
 * Handles are moved, not copied; what one was moved out of is empty. Calls on an empty handle are
 * allowed: those that can fail give AS_ERROR_ARGUMENT, the others 0, nullptr or an empty span.
 * Threads: as the C functions behind; moving or closing a handle is for one thread at a time.
 */
#ifndef ALPHASTREAM_ALPHASTREAM_HPP
#define ALPHASTREAM_ALPHASTREAM_HPP

#include "alphastream.h"

#include <cstddef>
#include <cstdint>
#include <type_traits>
#include <utility>

/* All of the wrapper. */
namespace alphastream
{

/* A struct of the library's with struct_size set and 0, the default, everywhere else:
 *     auto params = alphastream::sized<as_stream_params>();
 *     params.location = "people.asvp"; */
template <class Struct> Struct sized() noexcept
{
    Struct value = {};
    value.struct_size = sizeof(Struct);
    return value;
}

/* Elements that lie in somebody else's memory: valid as long as that is. */
template <class T> class span
{
  public:
    /* Of nothing. */
    constexpr span() noexcept = default;
    /* `size` elements from `data` on. */
    constexpr span(T *data, std::size_t size) noexcept : data_(data), size_(size)
    {
    }
    /* All of an array. */
    template <std::size_t N> constexpr span(T (&array)[N]) noexcept : data_(array), size_(N)
    {
    }
    /* Of anything with data() and size() and elements of this type: std::vector, std::array, ... */
    template <class Container,
              class Element = std::remove_pointer_t<decltype(std::declval<Container &>().data())>,
              class = std::enable_if_t<std::is_convertible_v<Element (*)[], T (*)[]>>>
    constexpr span(Container &&container) noexcept
        : data_(container.data()), size_(container.size())
    {
    }

    /* The first element; nullptr of an empty span. */
    constexpr T *data() const noexcept
    {
        return data_;
    }
    /* How many elements. */
    constexpr std::size_t size() const noexcept
    {
        return size_;
    }
    /* Whether there are none. */
    constexpr bool empty() const noexcept
    {
        return size_ == 0;
    }
    /* For loops: the first element. */
    constexpr T *begin() const noexcept
    {
        return data_;
    }
    /* For loops: behind the last element. */
    constexpr T *end() const noexcept
    {
        return data_ + size_;
    }
    /* `index` below size(). */
    constexpr T &operator[](std::size_t index) const noexcept
    {
        return data_[index];
    }

  private:
    T *data_ = nullptr;
    std::size_t size_ = 0;
};

/* Bytes that are only read. */
using bytes = span<const std::uint8_t>;

/* How a call ended. True is success. */
class [[nodiscard]] status
{
  public:
    /* Whether the call succeeded. */
    explicit operator bool() const noexcept
    {
        return error_.code == AS_OK;
    }
    /* AS_OK, or the error's number (result.h). */
    as_result code() const noexcept
    {
        return error_.code;
    }
    /* The sentence: what failed, where, what to do; "" of a success. Belongs to this object. */
    const char *text() const noexcept
    {
        const bool told = error_.code == AS_OK || error_.text[0] != 0;
        return told ? error_.text : as_result_text(error_.code);
    }
    /* All that is known of a failure; belongs to this object. */
    const as_error &error() const noexcept
    {
        return error_;
    }

    /* What call(as_error *), a function of the library's, comes to. Fit for those that this header
     * does not wrap. */
    template <class Call> static status of(Call &&call) noexcept
    {
        status made;
        made.error_.code = call(&made.error_);
        return made;
    }

  protected:
    /* What the call wrote; some write none, and then nothing is concerned. */
    as_error error_ = {AS_OK, 0, AS_NO_FRAME, AS_NO_OFFSET, {}};
};

/* A value, or why there is none: then it is what the failed call left of a T made of nothing (an
 * empty handle, zeros), which tells something where the function says so: source::cached,
 * canvas::runs, stream::cached. */
template <class T> class [[nodiscard]] result : public status
{
  public:
    /* The value; of a failed call what it left. */
    T &operator*() &noexcept
    {
        return value_;
    }
    /* The value, only read. */
    const T &operator*() const &noexcept
    {
        return value_;
    }
    /* The value, to be moved out of a result that goes away. */
    T &&operator*() &&noexcept
    {
        return std::move(value_);
    }
    /* Members of the value. */
    T *operator->() noexcept
    {
        return &value_;
    }
    /* Members of the value, only read. */
    const T *operator->() const noexcept
    {
        return &value_;
    }

    /* As status::of, of call(T &, as_error *). What a failed call wrote is given, too. */
    template <class Call> static result of(Call &&call) noexcept
    {
        result made;
        made.error_.code = call(made.value_, &made.error_);
        return made;
    }

  private:
    T value_ = {};
};

/* Owns one object of the C interface; Close is what ends it. */
template <class Object, void (*Close)(Object **)> class handle
{
  public:
    /* Empty. */
    handle() noexcept = default;
    /* Takes over `object`, which may be NULL. */
    explicit handle(Object *object) noexcept : object_(object)
    {
    }
    /* Leaves `other` empty. */
    handle(handle &&other) noexcept : object_(other.release())
    {
    }
    /* Closes what there is; leaves `other` empty. */
    handle &operator=(handle &&other) noexcept
    {
        Object *taken = other.release();
        reset(taken);
        return *this;
    }
    ~handle()
    {
        reset();
    }

    /* For C functions that this header does not wrap; it stays this handle's. */
    Object *get() const noexcept
    {
        return object_;
    }
    /* Whether it has an object. */
    explicit operator bool() const noexcept
    {
        return object_ != nullptr;
    }
    /* The object is the caller's from now on, and the handle empty. */
    Object *release() noexcept
    {
        return std::exchange(object_, nullptr);
    }
    /* Closes what there is and takes over `object`. */
    void reset(Object *object = nullptr) noexcept
    {
        Object *old = std::exchange(object_, object);
        Close(&old);
    }
    /* Closes what there is; for functions that write a new object. */
    Object **put() noexcept
    {
        reset();
        return &object_;
    }

  private:
    Object *object_ = nullptr;
};

/* Bytes that the library writes: payloads, blocks, vertices (container.h, as_buffer). Used again
 * and again it keeps its memory. */
class buffer
{
  public:
    /* Empty, without memory. */
    buffer() noexcept = default;
    /* Leaves `other` empty. */
    buffer(buffer &&other) noexcept : buffer_(std::exchange(other.buffer_, as_buffer{}))
    {
    }
    /* Gives back what there is; leaves `other` empty. */
    buffer &operator=(buffer &&other) noexcept
    {
        as_buffer taken = std::exchange(other.buffer_, as_buffer{});
        as_buffer_free(&buffer_);
        buffer_ = taken;
        return *this;
    }
    ~buffer()
    {
        as_buffer_free(&buffer_);
    }

    /* The first byte; valid until the next call that writes here. */
    const std::uint8_t *data() const noexcept
    {
        return buffer_.data;
    }
    /* How many bytes. */
    std::size_t size() const noexcept
    {
        return buffer_.size;
    }
    /* What triangle_strip wrote: x, y, x, y. */
    span<const float> floats() const noexcept
    {
        return {reinterpret_cast<const float *>(buffer_.data), buffer_.size / sizeof(float)};
    }
    /* For C functions that this header does not wrap; it stays this object's. */
    as_buffer *get() noexcept
    {
        return &buffer_;
    }

  private:
    as_buffer buffer_ = {};
};

/* Where the bytes of a container come from (source.h). What is opened on a source keeps it alive.
 */
class source : public handle<as_source, as_source_close>
{
  public:
    using handle::handle;

    /* A path or URL. */
    static result<source> open(const char *location,
                               const as_source_params *params = nullptr) noexcept
    {
        return result<source>::of([&](source &made, as_error *error) {
            return as_source_open(location, params, made.put(), error);
        });
    }
    static result<source> open_file(const char *path,
                                    const as_file_params *params = nullptr) noexcept
    {
        return result<source>::of([&](source &made, as_error *error) {
            return as_source_open_file(path, params, made.put(), error);
        });
    }
    static result<source> open_http(const char *url,
                                    const as_http_params *params = nullptr) noexcept
    {
        return result<source>::of([&](source &made, as_error *error) {
            return as_source_open_http(url, params, made.put(), error);
        });
    }
    /* Borrowed until the last object on the source is closed, unless params say otherwise. */
    static result<source> open_memory(bytes content,
                                      const as_memory_params *params = nullptr) noexcept
    {
        return result<source>::of([&](source &made, as_error *error) {
            return as_source_open_memory(content.data(), content.size(), params, made.put(), error);
        });
    }
    /* The program's own functions; `user` belongs to the source after success alone. */
    static result<source> open_custom(const as_source_vtable &functions, void *user,
                                      const char *name = nullptr) noexcept
    {
        return result<source>::of([&](source &made, as_error *error) {
            return as_source_open_custom(&functions, user, name, made.put(), error);
        });
    }

    /* How many bytes were read: fewer than out.size() at the end. */
    result<std::size_t> read(std::uint64_t offset, span<std::uint8_t> out) const noexcept
    {
        return result<std::size_t>::of([&](std::size_t &count, as_error *error) {
            return as_source_read(get(), offset, out.data(), out.size(), &count, error);
        });
    }
    /* Or AS_SIZE_UNKNOWN. */
    result<std::uint64_t> size() const noexcept
    {
        return result<std::uint64_t>::of([&](std::uint64_t &size, as_error *error) {
            return as_source_size(get(), &size, error);
        });
    }
    /* Ranges at hand, in `ranges` as far as they fit (else AS_ERROR_LIMIT); the value counts all.
     */
    result<std::size_t> cached(span<as_byte_range> ranges) const noexcept
    {
        return result<std::size_t>::of([&](std::size_t &count, as_error *error) {
            return as_source_get_cached(get(), ranges.data(), ranges.size(), &count, error);
        });
    }
    result<as_http_stats> http_stats() const noexcept
    {
        return result<as_http_stats>::of([&](as_http_stats &stats, as_error *error) {
            stats = sized<as_http_stats>();
            return as_source_get_http_stats(get(), &stats, error);
        });
    }
    const char *name() const noexcept
    {
        return as_source_name(get());
    }
    std::uint64_t version() const noexcept
    {
        return as_source_version(get());
    }
    void prefetch(span<const as_byte_range> ranges, std::int32_t priority,
                  std::uint64_t generation) const noexcept
    {
        as_source_prefetch(get(), ranges.data(), ranges.size(), priority, generation);
    }
    void cancel() const noexcept
    {
        as_source_cancel(get());
    }
};

/* An ASVP or ASVR read frame by frame, without a stream (container.h). */
class container : public handle<as_container, as_container_close>
{
  public:
    using handle::handle;

    static result<container> open(const source &from,
                                  const as_container_params *params = nullptr) noexcept
    {
        return result<container>::of([&](container &made, as_error *error) {
            return as_container_open(from.get(), params, made.put(), error);
        });
    }

    result<as_container_info> info() const noexcept
    {
        return result<as_container_info>::of([&](as_container_info &info, as_error *error) {
            return as_container_get_info(get(), &info, error);
        });
    }
    result<as_byte_range> frame_range(std::uint64_t index) const noexcept
    {
        return result<as_byte_range>::of([&](as_byte_range &range, as_error *error) {
            return as_container_frame_range(get(), index, &range, error);
        });
    }
    /* Replaces what `out` held. */
    status read_payload(std::uint64_t index, buffer &out) const noexcept
    {
        return status::of([&](as_error *error) {
            return as_container_read_payload(get(), index, out.get(), error);
        });
    }
    status read_block(std::uint64_t index, buffer &out) const noexcept
    {
        return status::of([&](as_error *error) {
            return as_container_read_block(get(), index, out.get(), error);
        });
    }
};

/* Writes a container. Thrown away, with nothing at its path, unless finish succeeds. */
class writer : public handle<as_writer, as_writer_abort>
{
  public:
    using handle::handle;

    static result<writer> create(const char *path,
                                 const as_writer_params *params = nullptr) noexcept
    {
        return result<writer>::of([&](writer &made, as_error *error) {
            return as_writer_create(path, params, made.put(), error);
        });
    }

    status add_payload(bytes payload) noexcept
    {
        return status::of([&](as_error *error) {
            return as_writer_add_payload(get(), payload.data(), payload.size(), error);
        });
    }
    status add_block(bytes block) noexcept
    {
        return status::of([&](as_error *error) {
            return as_writer_add_block(get(), block.data(), block.size(), error);
        });
    }
    /* Empties the handle, whatever comes out. */
    status finish() noexcept
    {
        as_writer *object = release();
        return status::of([&](as_error *error) { return as_writer_finish(&object, error); });
    }
};

/* A mask drawn from a payload, one bit a pixel (raster.h). */
class canvas : public handle<as_canvas, as_canvas_destroy>
{
  public:
    using handle::handle;

    static result<canvas> create(std::uint32_t width, std::uint32_t height) noexcept
    {
        return result<canvas>::of([&](canvas &made, as_error *error) {
            return as_canvas_create(width, height, made.put(), error);
        });
    }

    status draw(bytes payload, const as_raster_params *params = nullptr) noexcept
    {
        return status::of([&](as_error *error) {
            return as_canvas_draw(get(), payload.data(), payload.size(), params, error);
        });
    }
    /* Valid until the next draw. */
    result<as_canvas_view> view() const noexcept
    {
        return result<as_canvas_view>::of([&](as_canvas_view &view, as_error *error) {
            return as_canvas_get_view(get(), &view, error);
        });
    }
    /* `stride` in bytes; 0: width. */
    status to_r8(span<std::uint8_t> pixels, std::uint32_t width, std::uint32_t height,
                 std::size_t stride = 0) const noexcept
    {
        return status::of([&](as_error *error) {
            return as_canvas_to_r8(get(), pixels.data(), pixels.size(), width, height, stride,
                                   error);
        });
    }
    /* As source::cached: as many as fit, and how many there are. */
    result<std::size_t> runs(span<as_run> out) const noexcept
    {
        return result<std::size_t>::of([&](std::size_t &count, as_error *error) {
            return as_canvas_get_runs(get(), out.data(), out.size(), &count, error);
        });
    }
};

/* The triangle strip of a payload, into `out`, which gives it as floats(). */
inline status triangle_strip(bytes payload, buffer &out, const as_raster_params *params = nullptr,
                             std::uint32_t width = 0, std::uint32_t height = 0) noexcept
{
    return status::of([&](as_error *error) {
        return as_triangle_strip(payload.data(), payload.size(), width, height, params, out.get(),
                                 error);
    });
}

/* What a stream handed out (frame.h). Spans belong to the frame, and stay as they are while one
 * handle of it is left; it may outlive its stream. */
class frame : public handle<as_frame, as_frame_unref>
{
  public:
    using handle::handle;

    /* One more handle of the same frame. */
    frame share() const noexcept
    {
        return frame(as_frame_ref(get()));
    }
    as_frame_info info() const noexcept
    {
        as_frame_info info = {};
        if (as_frame_get_info(get(), &info) != AS_OK)
            info = {};
        return info;
    }
    /* The frame's number in its container. */
    std::uint64_t index() const noexcept
    {
        return info().index;
    }
    /* Pixels in a row. */
    std::uint32_t width() const noexcept
    {
        return info().width;
    }
    /* Rows. */
    std::uint32_t height() const noexcept
    {
        return info().height;
    }
    /* The pixels of row `y`, 0 or 255; empty past the last, and of a frame without pixels. */
    bytes row(std::uint32_t y) const noexcept
    {
        const as_frame_info about = info();
        if (!about.data || y >= about.height)
            return {};
        return {about.data + std::size_t(y) * about.stride, about.width};
    }
    /* All rows, info().stride bytes from one to the next. */
    bytes pixels() const noexcept
    {
        const as_frame_info about = info();
        if (!about.data)
            return {};
        return {about.data, std::size_t(about.stride) * (about.height - 1) + about.width};
    }
    /* Of a frame from get_strip: x, y, x, y. */
    span<const float> vertices() const noexcept
    {
        const as_frame_info about = info();
        return {about.vertices, std::size_t(about.floats)};
    }
    /* Of a frame from get_canvas. */
    result<as_canvas_view> canvas() const noexcept
    {
        return result<as_canvas_view>::of(
            [&](as_canvas_view &view, as_error *) { return as_frame_get_canvas(get(), &view); });
    }
};

/* Pictures per second as a fraction. */
struct rate {
    std::uint32_t num; /* pictures */
    std::uint32_t den; /* in so many seconds */
};

/* A container opened for playing (stream.h). Thread-safe, but for closing and moving. */
class stream : public handle<as_stream, as_stream_close>
{
  public:
    using handle::handle;

    static result<stream> open(const as_stream_params &params) noexcept
    {
        return result<stream>::of([&](stream &made, as_error *error) {
            return as_stream_open(&params, made.put(), error);
        });
    }
    /* A path or URL, with defaults. */
    static result<stream> open(const char *location) noexcept
    {
        as_stream_params params = sized<as_stream_params>();
        params.location = location;
        return open(params);
    }
    static result<stream> open_async(const as_stream_params &params) noexcept
    {
        return result<stream>::of([&](stream &made, as_error *error) {
            return as_stream_open_async(&params, made.put(), error);
        });
    }

    /* Timeouts in nanoseconds, AS_TIMEBOX or AS_WAIT_FOREVER; sizes of 0: the stream's. */
    result<frame> get_frame(std::uint64_t index, std::uint64_t timeout_ns, std::uint32_t width = 0,
                            std::uint32_t height = 0) const noexcept
    {
        return ask<frame>([&](frame &out) {
            return as_stream_get_frame(get(), index, width, height, timeout_ns, out.put());
        });
    }
    result<frame> get_strip(std::uint64_t index, std::uint64_t timeout_ns) const noexcept
    {
        return ask<frame>(
            [&](frame &out) { return as_stream_get_strip(get(), index, timeout_ns, out.put()); });
    }
    result<frame> get_canvas(std::uint64_t index, std::uint64_t timeout_ns, std::uint32_t width = 0,
                             std::uint32_t height = 0) const noexcept
    {
        return ask<frame>([&](frame &out) {
            return as_stream_get_canvas(get(), index, width, height, timeout_ns, out.put());
        });
    }
    status request(std::uint64_t first, std::uint64_t count) const noexcept
    {
        return tell([&] { return as_stream_request(get(), first, count); });
    }
    std::int32_t event_fd() const noexcept
    {
        return as_stream_event_fd(get());
    }
    std::uint64_t drain_events() const noexcept
    {
        return as_stream_drain_events(get());
    }

    status set_rate(rate pictures) const noexcept
    {
        return tell([&] { return as_stream_set_rate(get(), pictures.num, pictures.den); });
    }
    result<rate> get_rate() const noexcept
    {
        return ask<rate>([&](rate &out) { return as_stream_get_rate(get(), &out.num, &out.den); });
    }
    status play(double speed = 1) const noexcept
    {
        return tell([&] { return as_stream_play(get(), speed); });
    }
    status pause() const noexcept
    {
        return tell([&] { return as_stream_pause(get()); });
    }
    status seek(std::uint64_t index) const noexcept
    {
        return tell([&] { return as_stream_seek(get(), index); });
    }
    status sync(std::int64_t media_ns) const noexcept
    {
        return tell([&] { return as_stream_sync(get(), media_ns); });
    }
    result<std::int64_t> position() const noexcept
    {
        return ask<std::int64_t>(
            [&](std::int64_t &out) { return as_stream_position(get(), &out); });
    }
    result<std::uint64_t> frame_at(std::int64_t media_ns) const noexcept
    {
        return ask<std::uint64_t>(
            [&](std::uint64_t &out) { return as_stream_frame_at(get(), media_ns, &out); });
    }
    result<std::int64_t> time_of(std::uint64_t index) const noexcept
    {
        return ask<std::int64_t>(
            [&](std::int64_t &out) { return as_stream_time_of(get(), index, &out); });
    }

    result<as_stream_metadata> metadata() const noexcept
    {
        return ask<as_stream_metadata>([&](as_stream_metadata &out) {
            out = sized<as_stream_metadata>();
            return as_stream_get_metadata(get(), &out);
        });
    }
    /* As source::cached, of frames. */
    result<std::size_t> cached(as_tier tier, span<as_frame_range> ranges) const noexcept
    {
        return ask<std::size_t>([&](std::size_t &count) {
            return as_stream_get_cached(get(), tier, ranges.data(), ranges.size(), &count);
        });
    }
    result<as_stream_stats> stats() const noexcept
    {
        return ask<as_stream_stats>([&](as_stream_stats &out) {
            out = sized<as_stream_stats>();
            return as_stream_get_stats(get(), &out);
        });
    }
    result<as_http_stats> http_stats() const noexcept
    {
        return ask<as_http_stats>([&](as_http_stats &out) {
            out = sized<as_http_stats>();
            return as_stream_get_http_stats(get(), &out);
        });
    }

  private:
    /* Functions of a stream keep their error in it, for the thread that called. */
    as_result explain(as_result code, as_error *error) const noexcept
    {
        if (code != AS_OK)
            as_stream_last_error(get(), error);
        return code;
    }
    template <class T, class Call> result<T> ask(Call &&call) const noexcept
    {
        return result<T>::of([&](T &out, as_error *error) { return explain(call(out), error); });
    }
    template <class Call> status tell(Call &&call) const noexcept
    {
        return status::of([&](as_error *error) { return explain(call(), error); });
    }
};

/* Frames as OpenGL textures (gl.h). To be closed before its stream, with its context current:
 *     alphastream::gl gl;
 *     auto attached = alphastream::status::of([&](as_error *error) {
 *         return as_gl_attach(stream->get(), &params, gl.put(), error);
 *     }); */
using gl = handle<as_gl, as_gl_detach>;
/* A Vulkan device, the library's or the caller's (vulkan.h). */
using vk_device = handle<as_vk_device, as_vk_device_unref>;
/* Frames as Vulkan images (vulkan.h). To be closed before its stream. */
using vk = handle<as_vk, as_vk_detach>;

} // namespace alphastream

#endif
