/* SPDX-License-Identifier: MIT
 *
 * alphastream.hpp, used for everything it has: what comes out must be what the C functions give,
 * and every object must be closed just once. Compiled by test_cpp.sh, also without exceptions and
 * RTTI.
 *
 *     wrapper SOURCE FOLDER      writes the mask of frame 315 to standard output
 */
#include <alphastream/alphastream.hpp>

#include <array>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <string>
#include <vector>

namespace
{

namespace as = alphastream;

constexpr std::uint32_t WIDTH = 2048, HEIGHT = 1024;
int failures = 0;

#define CHECK(condition)                                                                           \
    do {                                                                                           \
        if (!(condition)) {                                                                        \
            std::fprintf(stderr, "line %d: not so: %s\n", __LINE__, #condition);                   \
            failures++;                                                                            \
        }                                                                                          \
    } while (0)
/* A status or result of success. */
#define CHECK_OK(value)                                                                            \
    do {                                                                                           \
        const auto &checked = (value);                                                             \
        if (!checked) {                                                                            \
            std::fprintf(stderr, "line %d: %s: %s\n", __LINE__, #value, checked.text());           \
            failures++;                                                                            \
        }                                                                                          \
    } while (0)

static_assert(!std::is_copy_constructible_v<as::stream> && !std::is_copy_assignable_v<as::stream>);
static_assert(std::is_nothrow_move_constructible_v<as::stream>);
static_assert(std::is_nothrow_move_assignable_v<as::result<as::frame>>);
static_assert(std::is_convertible_v<as::span<std::uint8_t>, as::bytes>);
static_assert(!std::is_convertible_v<as::bytes, as::span<std::uint8_t>>);
static_assert(!std::is_convertible_v<std::vector<int> &, as::bytes>);
static_assert(std::is_convertible_v<const as::buffer &, as::bytes>);

/* Lives as long as the sources made of it: their memory, and how often it was given back. */
struct lent {
    std::vector<std::uint8_t> content;
    int released = 0;
};

void release_lent(void *user, const void *)
{
    static_cast<lent *>(user)->released++;
}

lent load(const char *path)
{
    lent file;
    auto opened = as::source::open(path);
    CHECK_OK(opened);
    const auto size = opened->size();
    CHECK_OK(size);
    file.content.resize(std::size_t(*size));
    auto read = opened->read(0, file.content);
    CHECK_OK(read);
    CHECK(*read == file.content.size() && *read > 1000);
    return file;
}

as::result<as::source> lend(lent &file)
{
    auto params = as::sized<as_memory_params>();
    params.release = release_lent;
    params.user = &file;
    return as::source::open_memory(file.content, &params);
}

/* ------------------------------------------------------------------------------- handles ---- */

void test_sources(const char *path)
{
    lent file = load(path);
    {
        auto opened = lend(file);
        CHECK_OK(opened);
        as::source first = std::move(*opened);
        CHECK(first && !*opened);
        as::source second(std::move(first));
        CHECK(second && !first && file.released == 0);
        first = std::move(second);
        CHECK(first && !second && file.released == 0);
        as_source *raw = first.release();
        CHECK(raw && !first);
        second.reset(raw);
        CHECK(second.get() == raw);
        as::source &same = second;
        second = std::move(same);
        CHECK(second.get() == raw && file.released == 0);
        second = as::source();
        CHECK(!second && file.released == 1);
    }
    CHECK(file.released == 1);

    auto opened = lend(file);
    auto container = as::container::open(*opened);
    CHECK_OK(container);
    opened->reset();
    CHECK(file.released == 1); /* the container keeps it */
    as::buffer payload;
    CHECK_OK(container->read_payload(0, payload));
    container = as::result<as::container>();
    CHECK(file.released == 2);

    std::array<std::uint8_t, 4> start{};
    opened = lend(file);
    CHECK_OK(opened->read(0, start));
    CHECK(std::memcmp(start.data(), "ASVP", 4) == 0);
    as_byte_range range[1];
    auto count = opened->cached(range);
    CHECK(count && *count == 1 && range[0].offset == 0 && range[0].length == file.content.size());
    CHECK(opened->version() == 0 && std::strcmp(opened->name(), "") == 0);
    CHECK(opened->http_stats().code() == AS_ERROR_UNSUPPORTED);
    opened->prefetch({}, 0, 1);
    opened->cancel();
    CHECK(opened->read(0, start).code() == AS_ERROR_CANCELLED);
}

as_result read_zeros(void *user, uint64_t, void *buffer, size_t length, size_t *out_read,
                     as_error *)
{
    ++*static_cast<int *>(user);
    std::memset(buffer, 0, length);
    *out_read = length;
    return AS_OK;
}

void close_zeros(void *user)
{
    *static_cast<int *>(user) += 1000;
}

void test_custom_source()
{
    int calls = 0;
    auto functions = as::sized<as_source_vtable>();
    functions.read = read_zeros;
    functions.close = close_zeros;
    {
        auto source = as::source::open_custom(functions, &calls, "zeros");
        CHECK_OK(source);
        std::uint8_t byte[1] = {1};
        CHECK_OK(source->read(7, byte));
        CHECK(byte[0] == 0 && calls == 1 && std::strcmp(source->name(), "zeros") == 0);
        CHECK(as::container::open(*source).code() == AS_ERROR_DECODE);
        CHECK(calls < 1000);
    }
    CHECK(calls > 1000 && calls < 2000);
}

void test_empty()
{
    as::buffer buffer;
    std::uint8_t byte[1];
    const as::source source;
    CHECK(!source && !source.get());
    CHECK(source.read(0, byte).code() == AS_ERROR_ARGUMENT);
    CHECK(source.size().code() == AS_ERROR_ARGUMENT && source.version() == 0);
    CHECK(as::container::open(source).code() == AS_ERROR_ARGUMENT);
    const as::container container;
    CHECK(container.info().code() == AS_ERROR_ARGUMENT);
    CHECK(container.read_payload(0, buffer).code() == AS_ERROR_ARGUMENT && buffer.size() == 0);
    as::writer writer;
    CHECK(writer.add_payload({}).code() == AS_ERROR_ARGUMENT);
    CHECK(writer.finish().code() == AS_ERROR_ARGUMENT);
    as::canvas canvas;
    CHECK(canvas.draw({}).code() == AS_ERROR_ARGUMENT);
    const as::frame frame;
    CHECK(!frame.share() && frame.width() == 0 && frame.row(0).empty() && frame.pixels().empty());
    CHECK(frame.vertices().empty() && frame.canvas().code() == AS_ERROR_ARGUMENT);
    const auto nothing = frame.canvas();
    CHECK(nothing.text()[0] != 0);
    CHECK(nothing.error().frame == AS_NO_FRAME && nothing.error().offset == AS_NO_OFFSET);
    const as::stream stream;
    const auto none = stream.get_frame(0, 0);
    CHECK(none.code() == AS_ERROR_ARGUMENT && none.text()[0] != 0 && !*none);
    CHECK(stream.metadata().code() == AS_ERROR_ARGUMENT);
    CHECK(stream.event_fd() == -1 && stream.drain_events() == 0);
    CHECK(stream.play().code() == AS_ERROR_ARGUMENT);
}

void test_errors(const char *folder)
{
    const std::string missing = std::string(folder) + "/none.asvp";
    const auto source = as::source::open(missing.c_str());
    CHECK(!source && !*source && source.code() == AS_ERROR_TRANSPORT);
    CHECK(std::strstr(source.text(), "none.asvp") && source.error().code == source.code());
    const auto stream = as::stream::open(missing.c_str());
    CHECK(stream.code() == AS_ERROR_TRANSPORT && std::strstr(stream.text(), "none.asvp"));
    CHECK(as::stream::open(as::sized<as_stream_params>()).code() == AS_ERROR_ARGUMENT);
    CHECK(as::canvas::create(0, 1).code() == AS_ERROR_ARGUMENT);
    CHECK(std::strcmp(as::status().text(), "") == 0 && as::status());
    CHECK(as::status().error().frame == AS_NO_FRAME);
}

/* ------------------------------------------------------------------------------- reading ---- */

/* The mask of a frame, by container and canvas. */
std::vector<std::uint8_t> draw(const as::container &container, std::uint64_t index)
{
    std::vector<std::uint8_t> pixels(std::size_t(WIDTH) * HEIGHT);
    as::buffer payload;
    auto canvas = as::canvas::create(WIDTH, HEIGHT);
    CHECK_OK(container.read_payload(index, payload));
    CHECK_OK(canvas->draw(payload));
    CHECK_OK(canvas->to_r8(pixels, WIDTH, HEIGHT));
    return pixels;
}

void test_canvas(const as::container &container)
{
    as::buffer payload, vertices;
    CHECK_OK(container.read_payload(90, payload));
    auto canvas = as::canvas::create(WIDTH, HEIGHT);
    CHECK_OK(canvas->draw(payload));
    const auto view = canvas->view();
    CHECK(view && view->width == WIDTH && view->height == HEIGHT && view->words);
    const auto counted = canvas->runs({});
    CHECK(counted && *counted > 1);
    std::vector<as_run> runs(*counted);
    const auto cut = canvas->runs({runs.data(), 1});
    CHECK(cut.code() == AS_ERROR_LIMIT && *cut == runs.size());
    CHECK(*canvas->runs(runs) == runs.size());
    CHECK(runs[0].x0 < runs[0].x1);
    CHECK_OK(as::triangle_strip(payload, vertices));
    CHECK(vertices.floats().size() > 6 && vertices.floats().size() % 2 == 0);
    as::buffer moved = std::move(vertices);
    CHECK(vertices.size() == 0 && !vertices.data() && moved.size() > 0);
    vertices = std::move(moved);
    CHECK(moved.size() == 0 && vertices.size() > 0);
    CHECK(canvas->draw(as::bytes(payload.data(), 3)).code() == AS_ERROR_DECODE);
}

void test_writer(const as::container &container, const char *folder)
{
    const std::string path = std::string(folder) + "/copy.asvp";
    {
        auto dropped = as::writer::create(path.c_str());
        as::buffer payload;
        CHECK_OK(container.read_payload(0, payload));
        CHECK_OK(dropped->add_payload(payload));
    }
    CHECK(as::source::open_file(path.c_str()).code() == AS_ERROR_TRANSPORT);

    auto writer = as::writer::create(path.c_str());
    as::buffer block;
    for (std::uint64_t i = 0; i < 3; i++) {
        CHECK_OK(container.read_block(i, block));
        CHECK_OK(writer->add_block(block));
    }
    CHECK(writer->add_payload(as::bytes(block.data(), 1)).code() == AS_ERROR_DECODE);
    CHECK_OK(writer->finish());
    CHECK(!*writer);
    auto copy = as::container::open(*as::source::open_file(path.c_str()));
    CHECK_OK(copy);
    CHECK(copy->info()->frame_count == 3 && copy->info()->encrypted == 0);
    CHECK(copy->frame_range(2)->length == container.frame_range(2)->length);
    CHECK(copy->frame_range(3).code() == AS_ERROR_OUT_OF_RANGE);
    CHECK(draw(*copy, 2) == draw(container, 2));
}

/* -------------------------------------------------------------------------------- streams ---- */

bool same(const as::frame &frame, const std::vector<std::uint8_t> &pixels)
{
    if (frame.width() != WIDTH || frame.height() != HEIGHT)
        return false;
    for (std::uint32_t y = 0; y < HEIGHT; y++)
        if (frame.row(y).size() != WIDTH ||
            std::memcmp(frame.row(y).data(), &pixels[std::size_t(y) * WIDTH], WIDTH) != 0)
            return false;
    return true;
}

void test_frames(const as::container &container, const char *path)
{
    auto opened = as::stream::open(path);
    CHECK_OK(opened);
    as::stream stream = std::move(*opened);
    CHECK(stream && !*opened);
    const auto about = stream.metadata();
    CHECK(about && about->frame_count == container.info()->frame_count && about->width == WIDTH);
    for (std::uint64_t i = 0; i < about->frame_count; i += 45) {
        auto frame = stream.get_frame(i, AS_WAIT_FOREVER);
        CHECK_OK(frame);
        CHECK(frame->index() == i && same(*frame, draw(container, i)));
    }
    const auto past = stream.get_frame(about->frame_count, AS_WAIT_FOREVER);
    CHECK(past.code() == AS_ERROR_OUT_OF_RANGE && std::strstr(past.text(), "past the end"));
    CHECK(!*past && past.error().frame == about->frame_count);

    auto small = stream.get_frame(90, AS_WAIT_FOREVER, 64, 32);
    CHECK(small && small->width() == 64 && small->row(31).size() == 64 && small->row(32).empty());
    CHECK(small->pixels().size() == std::size_t(small->info().stride) * 31 + 64);
    auto strip = stream.get_strip(90, AS_WAIT_FOREVER);
    as::buffer payload, vertices;
    CHECK_OK(container.read_payload(90, payload));
    CHECK_OK(as::triangle_strip(payload, vertices));
    CHECK(strip && strip->vertices().size() == vertices.floats().size() && strip->row(0).empty());
    CHECK(std::memcmp(strip->vertices().data(), vertices.data(), vertices.size()) == 0);
    auto bits = stream.get_canvas(90, AS_WAIT_FOREVER);
    CHECK(bits && bits->canvas() && bits->canvas()->width == WIDTH && bits->pixels().empty());
    CHECK(small->canvas().code() == AS_ERROR_ARGUMENT);

    /* Kept beyond its stream, by two. */
    as::frame kept = *stream.get_frame(315, AS_WAIT_FOREVER);
    as::frame shared = kept.share();
    stream.reset();
    kept.reset();
    CHECK(!stream && same(shared, draw(container, 315)));
    for (std::uint32_t y = 0; y < shared.height(); y++)
        CHECK(std::fwrite(shared.row(y).data(), 1, WIDTH, stdout) == WIDTH);
}

/* Handles for the C functions; here without any driver, so that all is refused. */
void test_gpu(const as::stream &stream)
{
    auto gl_params = as::sized<as_gl_params>();
    gl_params.get_proc_address = [](void *, const char *) -> as_gl_proc { return nullptr; };
    as::gl gl;
    const auto attached = as::status::of(
        [&](as_error *error) { return as_gl_attach(stream.get(), &gl_params, gl.put(), error); });
    CHECK(!gl && attached.text()[0] != 0);
    CHECK(attached.code() == AS_ERROR_GPU || attached.code() == AS_ERROR_UNSUPPORTED);
    auto create = as::sized<as_vk_create>();
    create.get_instance_proc_addr = [](VkInstance, const char *) -> as_vk_void_function {
        return nullptr;
    };
    as::vk_device device;
    as::vk vk;
    const auto created = as::status::of(
        [&](as_error *error) { return as_vk_device_create(&create, device.put(), error); });
    CHECK(!created && !device && created.text()[0] != 0);
    const auto shown = as::status::of([&](as_error *error) {
        return as_vk_attach(stream.get(), device.get(), nullptr, vk.put(), error);
    });
    CHECK(!shown && !vk);
}

void test_stream_calls(lent &file)
{
    auto source = lend(file);
    auto params = as::sized<as_stream_params>();
    params.source = source->get();
    auto stream = as::stream::open(params);
    CHECK_OK(stream);
    source->reset();
    CHECK_OK(stream->set_rate({25, 1}));
    CHECK(stream->get_rate()->num == 25 && stream->get_rate()->den == 1);
    CHECK(stream->set_rate({0, 1}).code() == AS_ERROR_ARGUMENT);
    CHECK(*stream->frame_at(40000000) == 1 && *stream->time_of(2) == 80000000);
    CHECK_OK(stream->seek(100));
    CHECK_OK(stream->pause());
    CHECK(*stream->position() >= 4000000000);
    CHECK_OK(stream->sync(8000000000));
    CHECK_OK(stream->play());
    CHECK(stream->seek(100000).code() == AS_ERROR_OUT_OF_RANGE);
    CHECK_OK(stream->request(5, 2));
    CHECK_OK(stream->get_frame(5, AS_WAIT_FOREVER));
    as_frame_range ranges[64];
    const auto count = stream->cached(AS_TIER_SOURCE, ranges);
    CHECK(count && *count == 1 && ranges[0].first == 0 && ranges[0].end == 720);
    CHECK(stream->stats()->decoded > 0 && stream->event_fd() >= 0);
    CHECK(stream->http_stats().code() == AS_ERROR_UNSUPPORTED);
    test_gpu(*stream);
    CHECK(file.released == 0);
    stream = as::result<as::stream>();
    CHECK(file.released == 1);

    params = as::sized<as_stream_params>();
    params.bytes = file.content.data();
    params.bytes_size = file.content.size();
    auto later = as::stream::open_async(params);
    CHECK_OK(later);
}

/* ------------------------------------------------------------------------------- memory ---- */

void *allocate(void *, size_t size, size_t alignment)
{
    return std::aligned_alloc(alignment, (size + alignment - 1) / alignment * alignment);
}

void release(void *, void *memory)
{
    std::free(memory);
}

} // namespace

int main(int argc, char **argv)
{
    if (argc != 3)
        return 2;
    auto memory = as::sized<as_allocator>();
    memory.allocate = allocate;
    memory.release = release;
    CHECK(as_set_allocator(&memory) == AS_OK);
    {
        const auto container = as::container::open(*as::source::open(argv[1]));
        CHECK_OK(container);
        CHECK(container->info()->frame_count == 720);
        CHECK(as_set_allocator(nullptr) == AS_ERROR_ARGUMENT);
        test_sources(argv[1]);
        test_custom_source();
        test_empty();
        test_errors(argv[2]);
        test_canvas(*container);
        test_writer(*container, argv[2]);
        test_frames(*container, argv[1]);
        lent file = load(argv[1]);
        test_stream_calls(file);
    }
    /* Refused while the library holds memory: everything is closed. */
    CHECK(as_set_allocator(nullptr) == AS_OK);
    return failures != 0;
}
