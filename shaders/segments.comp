// SPDX-License-Identifier: MIT
//
// Outline pixels and crossings (docs/raster.md). A workgroup takes a chunk of at most 63 steps of a
// channel, a lane a segment, the lane behind the last step the closing one. Long segments are drawn
// by the whole workgroup. Scaled coordinates stay below 2^29 (gpu/vulkan/plan.c).
#version 450
#extension GL_GOOGLE_include_directive : require
#ifdef INT64
#extension GL_EXT_shader_explicit_arithmetic_types_int64 : require
#endif

layout(local_size_x = 64) in;

#include "raster.glsl"

const uint ALONE = 32u; // pixels or rows that a lane draws by itself

shared int sums[64];
shared ivec4 long_segments[64];
shared uint long_count;

Channel channel;

// Quotient and rest of a * b / c; a <= c < 2^31, so that the quotient fits.
uvec2 multiply_divide(uint a, uint b, uint c)
{
    uint high, low;
    umulExtended(a, b, high, low);
    if (high == 0u) {
        const uint whole = low / c;
        return uvec2(whole, low - whole * c);
    }
#ifdef INT64
    const uint64_t product = (uint64_t(high) << 32) | uint64_t(low);
    const uint64_t quotient = product / uint64_t(c);
    return uvec2(uint(quotient), uint(product - quotient * uint64_t(c)));
#else
    uint quotient = 0u;
    for (int i = 0; i < 32; i++) { // high, the rest so far, is below c
        high = high << 1 | low >> 31;
        low <<= 1;
        quotient <<= 1;
        if (high >= c) {
            high -= c;
            quotient |= 1u;
        }
    }
    return uvec2(quotient, high);
#endif
}

// start + delta * num / den to the nearest integer, ties to even; num <= den.
int along(int start, int delta, uint num, uint den)
{
    if (num == 0u)
        return start;
    const uvec2 division = multiply_divide(num, uint(abs(delta)), den);
    int whole = start + int(division.x);
    uint rest = division.y;
    if (delta < 0) {
        whole = start - int(division.x);
        if (rest != 0u) {
            whole--;
            rest = den - rest;
        }
    }
    const uint twice = 2u * rest;
    return whole + int(twice > den || (twice == den && (whole & 1) != 0));
}

// ------------------------------------------------------------------------------ outline --------

// a.x / a.y < b.x / b.y
bool less(uvec2 a, uvec2 b)
{
    uint left_high, left_low, right_high, right_low;
    umulExtended(a.x, b.y, left_high, left_low);
    umulExtended(b.x, a.y, right_high, right_low);
    return left_high < right_high || (left_high == right_high && left_low < right_low);
}

// Narrows u1 .. u2 to the inner side of one border; false: nothing is left.
bool clip_border(int p, int q, inout uvec2 u1, inout uvec2 u2)
{
    if (p == 0)
        return q >= 0;
    if (p < 0) {
        if (q >= 0)
            return true;
        const uvec2 t = uvec2(uint(-q), uint(-p));
        if (less(u2, t))
            return false;
        if (less(u1, t))
            u1 = t;
    } else {
        if (q < 0)
            return false;
        const uvec2 t = uvec2(uint(q), uint(p));
        if (less(t, u1))
            return false;
        if (less(t, u2))
            u2 = t;
    }
    return true;
}

bool is_inside(ivec2 p)
{
    return uint(p.x) < width && uint(p.y) < height;
}

// The part of a segment on the canvas; false: there is none.
bool clip(inout ivec4 s)
{
    if (is_inside(s.xy) && is_inside(s.zw))
        return true;
    const ivec2 most = ivec2(int(width) - 1, int(height) - 1), d = s.zw - s.xy;
    const ivec2 low = min(s.xy, s.zw), high = max(s.xy, s.zw);
    if (high.x < 0 || high.y < 0 || low.x > most.x || low.y > most.y)
        return false;
    uvec2 u1 = uvec2(0u, 1u), u2 = uvec2(1u, 1u);
    if (!clip_border(-d.x, s.x, u1, u2) || !clip_border(d.x, most.x - s.x, u1, u2) ||
        !clip_border(-d.y, s.y, u1, u2) || !clip_border(d.y, most.y - s.y, u1, u2))
        return false;
    s = ivec4(along(s.x, d.x, u1.x, u1.y), along(s.y, d.y, u1.x, u1.y),
              along(s.x, d.x, u2.x, u2.y), along(s.y, d.y, u2.x, u2.y));
    return true;
}

// By one lane; `skip`: without the first pixel.
void draw_outline(ivec4 s, bool skip)
{
    ivec2 p = s.xy;
    const ivec2 d = abs(s.zw - s.xy);
    const ivec2 direction = ivec2(s.x < s.z ? 1 : -1, s.y < s.w ? 1 : -1);
    int error = d.x - d.y;
    uint word = 0u, mask = 0u; // pixels of one word are set at once
    for (;;) {
        if (!skip) {
            const uint at = uint(p.y) * stride + (uint(p.x) >> 5);
            if (at != word && mask != 0u) {
                atomicOr(bits[word], mask);
                mask = 0u;
            }
            word = at;
            mask |= 1u << (uint(p.x) & 31u);
        }
        skip = false;
        if (p == s.zw)
            break;
        const int twice = 2 * error;
        if (twice > -d.y) {
            error -= d.y;
            p.x += direction.x;
        }
        if (twice < d.x) {
            error += d.x;
            p.y += direction.y;
        }
    }
    if (mask != 0u)
        atomicOr(bits[word], mask);
}

// By all lanes: that line makes a step of its longer side in each round, and has made j of the
// shorter one after k rounds, j the number of i >= 0 with (2i + 1) * longer < 2k * shorter.
void draw_outline_together(ivec4 s, uint lane)
{
    const uvec2 d = uvec2(abs(s.zw - s.xy));
    const ivec2 direction = sign(s.zw - s.xy);
    const bool wide = d.x >= d.y;
    const uint longer = wide ? d.x : d.y, shorter = wide ? d.y : d.x;
    for (uint k = lane; k <= longer; k += 64u) {
        const uint j = longer == 0u ? 0u : (2u * k * shorter + longer - 1u) / (2u * longer);
        const uvec2 p = uvec2(s.xy + direction * ivec2(wide ? k : j, wide ? j : k));
        atomicOr(bits[p.y * stride + (p.x >> 5)], 1u << (p.x & 31u));
    }
}

// ---------------------------------------------------------------------------- crossings --------

void toggle(int x, uint row)
{
    if (x >= int(width))
        return;
    const uint column = uint(max(x, 0)), bit = 1u << (column & 31u);
    atomicXor(arena[channel.arena + (row - channel.first_row) * channel.words + (column >> 5) -
                    channel.first_word],
              bit);
    if (x >= 0)
        atomicOr(bits[row * stride + (column >> 5)], bit);
}

// The rows of the canvas that a segment crosses: from, end.
ivec2 crossed_rows(ivec4 s)
{
    if (min(s.x, s.z) >= int(width)) // toggles nothing
        return ivec2(0);
    return ivec2(max(min(s.y, s.w), 0), min(max(s.y, s.w), int(height)));
}

void draw_crossings(ivec4 s, int from, int end, int by)
{
    const ivec2 upper = s.y < s.w ? s.xy : s.zw, lower = s.y < s.w ? s.zw : s.xy;
    for (int row = from; row < end; row += by)
        toggle(along(upper.x, lower.x - upper.x, uint(row - upper.y), uint(lower.y - upper.y)),
               uint(row));
}

// ------------------------------------------------------------------------------- chunks --------

int scaled(int v, uint to, uint from)
{
    const int size = int(uint(abs(v)) * to / from);
    return v < 0 ? -size : size;
}

ivec2 scaled_point(ivec2 p)
{
    return from_width == 0u
               ? p
               : ivec2(scaled(p.x, width, from_width), scaled(p.y, height, from_height));
}

// Steps add up in one integer, x in its lower half; 63 of them fit.
ivec2 unpacked(int sum)
{
    const int x = bitfieldExtract(sum, 0, 16);
    return ivec2(x, (sum - x) >> 16);
}

void add_up(uint lane, int step)
{
    sums[lane] = step;
    barrier();
    for (uint distance = 1u; distance < 64u; distance *= 2u) {
        const int before = lane >= distance ? sums[lane - distance] : 0;
        barrier();
        sums[lane] += before;
        barrier();
    }
}

void write_jobs(uint lane, uint index)
{
    const uint rows = 64u / lanes_for(channel.words);
    const uint count = (channel.rows + rows - 1u) / rows;
    for (uint i = lane; i < count; i += 64u)
        jobs[channel.first_job + i] = index;
}

void draw_segment(ivec4 s, bool skip)
{
    ivec4 clipped = s;
    const bool visible = clip(clipped);
    const ivec2 rows = channel.words != 0u ? crossed_rows(s) : ivec2(0);
    const ivec2 size = abs(clipped.zw - clipped.xy);
    const bool is_long = (visible && uint(max(size.x, size.y)) > ALONE) ||
                         rows.y - rows.x > int(ALONE);
    if (is_long) {
        long_segments[atomicAdd(long_count, 1u)] = s;
        return;
    }
    if (visible)
        draw_outline(clipped, skip);
    draw_crossings(s, rows.x, rows.y, 1);
}

void draw_segment_together(ivec4 s, uint lane)
{
    ivec4 clipped = s;
    if (clip(clipped))
        draw_outline_together(clipped, lane);
    if (channel.words != 0u) {
        const ivec2 rows = crossed_rows(s);
        draw_crossings(s, rows.x + int(lane), rows.y, 64);
    }
}

void main()
{
    const uint lane = gl_LocalInvocationIndex;
    const uint at = chunks + 4u * (first + gl_WorkGroupID.x);
    const ivec2 start = ivec2(int(upload[at]), int(upload[at + 1u]));
    const uint index = upload[at + 2u] >> 8, count = upload[at + 2u] & 127u;
    const uint flags = upload[at + 3u];
    const bool closed = (upload[at + 2u] & 128u) != 0u;
    const bool closes = (flags & 1u) != 0u, has_jobs = (flags & 2u) != 0u;
    channel = channel_at(index);
    if (!closed)
        channel.words = 0u; // whatever the others fill
    if (lane == 0u)
        long_count = 0u;

    int step = 0;
    if (lane < count) {
        const uint i = (flags >> 2) + lane;
        const int raw = int(upload[steps + (i >> 1)] >> (16u * (i & 1u)));
        step = bitfieldExtract(raw, 0, 8) + bitfieldExtract(raw, 8, 8) * 65536;
    }
    add_up(lane, step);

    const ivec2 from = start + unpacked(sums[lane] - step);
    const ivec2 to = lane < count ? start + unpacked(sums[lane]) : channel.start;
    if (lane < count || (lane == count && closes)) {
        const ivec4 s = ivec4(scaled_point(from), scaled_point(to));
        draw_segment(s, lane > 0u && is_inside(s.xy)); // the segment before has drawn it
    }
    barrier();
    for (uint i = 0u; i < long_count; i++)
        draw_segment_together(long_segments[i], lane);
    if (has_jobs)
        write_jobs(lane, index);
}
