// SPDX-License-Identifier: MIT
//
// From bits to pixels, by nearest neighbour: stored into the image (STORE) or packed, four in a word,
// rows of whole words.
#version 450
#extension GL_GOOGLE_include_directive : require

layout(local_size_x = 32, local_size_y = 4) in;

#include "raster.glsl"

#ifdef STORE
layout(set = 1, binding = 0, r8) uniform writeonly image2D image;
#endif

// floor(v * canvas / size): with canvas = whole * size + rest and part = ceil(rest * 2^32 / size), the
// product is too large by less than v / 2^32, which is less than 1 / size.
uint source(uint v, uint whole, uint part)
{
    uint high, low;
    umulExtended(v, part, high, low);
    return v * whole + high;
}

bool is_set(uint row, uint x)
{
    const uint column = source(x, x_whole, x_part);
    return (bits[row + (column >> 5)] >> (column & 31u) & 1u) != 0u;
}

void main()
{
    const uvec2 p = gl_GlobalInvocationID.xy;
    const uint y = p.y + first;
    if (y >= to_height)
        return;
    const uint row = source(y, y_whole, y_part) * stride;
#ifdef STORE
    if (p.x < to_width)
        imageStore(image, ivec2(p.x, y), vec4(is_set(row, p.x) ? 1.0 : 0.0));
#else
    const uint words = (to_width + 3u) / 4u;
    if (p.x >= words)
        return;
    uint pixels = 0u;
    for (uint i = 0u; i < 4u; i++) {
        const uint x = 4u * p.x + i;
        if (x < to_width && is_set(row, x))
            pixels |= 255u << (8u * i);
    }
    jobs[p.y * words + p.x] = pixels; // they are done
#endif
}
