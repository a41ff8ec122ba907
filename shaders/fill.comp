// SPDX-License-Identifier: MIT
//
// Even-odd fill: prefix XOR along the rows of a channel's box, ORed into the bits; the box becomes
// zero. 1 to 32 lanes take a row together, as many words of it at a time.
#version 450
#extension GL_GOOGLE_include_directive : require
#ifdef SUBGROUP
#extension GL_KHR_shader_subgroup_ballot : require
#endif

layout(local_size_x = 64) in;

#include "raster.glsl"

// Votes of the groups of lanes; of three rounds, so that one barrier in each is enough: a round's are
// zeroed while the next but one before it reads.
shared uint votes[3][64];

// The votes of the lanes of a group, bit i of its lane i.
uint ballot(bool vote, uint group, uint lane, uint count, uint round, bool whole_subgroups)
{
#ifdef SUBGROUP
    if (whole_subgroups) {
        const uint first_lane = gl_SubgroupInvocationID - lane;
        return bitfieldExtract(subgroupBallot(vote)[first_lane >> 5], int(first_lane & 31u),
                               int(count));
    }
#endif
    const uint now = round % 3u;
    if (vote)
        atomicOr(votes[now][group], 1u << lane);
    barrier();
    const uint result = votes[now][group];
    if (lane == 0u)
        votes[(round + 2u) % 3u][group] = 0u;
    return result;
}

void main()
{
    const uint job = first + gl_WorkGroupID.x;
    const Channel channel = channel_at(jobs[job]);
    const uint count = lanes_for(channel.words), rows = 64u / count;
    uint thread = gl_LocalInvocationIndex;
    bool whole_subgroups = false;
#ifdef SUBGROUP
    // Some drivers run subgroups that are smaller than they say.
    whole_subgroups = gl_NumSubgroups * gl_SubgroupSize == 64u && gl_SubgroupSize >= count;
    if (whole_subgroups)
        thread = gl_SubgroupID * gl_SubgroupSize + gl_SubgroupInvocationID;
#endif
    const uint group = thread / count, lane = thread % count;
    const uint row = (job - channel.first_job) * rows + group;
    const uint box = channel.arena + row * channel.words;
    const uint to = (channel.first_row + row) * stride + channel.first_word;
    if (!whole_subgroups) {
        for (uint i = 0u; i < 3u; i++)
            votes[i][thread] = 0u;
        barrier();
    }
    bool inverted = false; // by the words before these
    for (uint from = 0u, round = 0u; from < channel.words; from += count, round++) {
        const uint word = from + lane;
        const bool is_there = word < channel.words && row < channel.rows;
        uint t = is_there ? arena[box + word] : 0u;
        if (t != 0u)
            arena[box + word] = 0u;
        t ^= t << 1;
        t ^= t << 2;
        t ^= t << 4;
        t ^= t << 8;
        t ^= t << 16;
        const uint odd = ballot(t >> 31 != 0u, group, lane, count, round, whole_subgroups);
        const uint before = bitfieldExtract(odd, 0, int(lane));
        if (((bitCount(before) & 1) != 0) != inverted)
            t = ~t;
        inverted = inverted != ((bitCount(odd) & 1) != 0);
        const uint left = width - 32u * (channel.first_word + word); // pixels, if that is few
        if (is_there && left < 32u)
            t &= (1u << left) - 1u;
        if (is_there && t != 0u)
            atomicOr(bits[to + word], t);
    }
}
