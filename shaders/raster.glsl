// SPDX-License-Identifier: MIT
//
// What the compute shaders share with gpu/vulkan/raster_internal.h: buffers and push constants.

layout(std430, set = 0, binding = 0) readonly buffer Upload { uint upload[]; };
layout(std430, set = 0, binding = 1) buffer Bits { uint bits[]; };
layout(std430, set = 0, binding = 2) buffer Arena { uint arena[]; };
layout(std430, set = 0, binding = 3) buffer Jobs { uint jobs[]; }; // and then packed pixels

layout(push_constant) uniform Push {
    uint chunks;   // where the chunks begin in `upload`, in words; likewise:
    uint channels;
    uint steps;
    uint first;    // chunk, job or row of workgroup 0
    uint width;    // of the canvas
    uint height;
    uint stride;   // words of a row of `bits`
    uint lanes;    // most lanes that fill one row: 1 .. 32, a power of two
    uint from_width; // vector mode; else 0
    uint from_height;
    uint to_width; // of the image
    uint to_height;
    uint x_whole, x_part; // canvas column of column x: x * x_whole + high(x * x_part)
    uint y_whole, y_part;
};

// A channel, 5 words of `upload`.
struct Channel {
    uint first_word, words; // its box: columns, in words of 32 pixels; no words: no fill
    uint first_row, rows;
    uint arena;     // where its box begins
    ivec2 start;    // its first point
    uint first_job;
};

Channel channel_at(uint index)
{
    const uint at = channels + 5u * index;
    const uint columns = upload[at], lines = upload[at + 1u], point = upload[at + 3u];
    return Channel(columns & 0xFFFFu, columns >> 16, lines & 0xFFFFu, lines >> 16,
                   upload[at + 2u], ivec2(point & 0xFFFFu, point >> 16), upload[at + 4u]);
}

// Lanes that fill a row of so many words together.
uint lanes_for(uint words)
{
    uint n = 1u;
    while (n < words && n < lanes)
        n *= 2u;
    return n;
}
