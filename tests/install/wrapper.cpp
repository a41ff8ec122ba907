/* SPDX-License-Identifier: MIT
 *
 * What consumer.c does, by the C++ wrapper and a stream.
 *
 *     wrapper SOURCE FRAME
 */
#include <alphastream/alphastream.hpp>

#include <cstdio>
#include <cstdlib>

static int say(const char *what)
{
    std::fprintf(stderr, "%s\n", what);
    return 1;
}

int main(int argc, char **argv)
{
    if (argc != 3)
        return say("usage: wrapper SOURCE FRAME");
    const auto stream = alphastream::stream::open(argv[1]);
    if (!stream)
        return say(stream.text());
    const auto frame = stream->get_frame(std::strtoull(argv[2], nullptr, 10), AS_WAIT_FOREVER);
    if (!frame)
        return say(frame.text());
    for (std::uint32_t y = 0; y < frame->height(); y++)
        if (std::fwrite(frame->row(y).data(), frame->width(), 1, stdout) != 1)
            return say("cannot write");
    return 0;
}
