#version 450
// SPDX-License-Identifier: MIT
#extension GL_GOOGLE_include_directive : require

layout(constant_id = 0) const int VIEW = 0;
layout(constant_id = 1) const int GROUND = 0;
layout(constant_id = 2) const int SOFT = 0;
layout(constant_id = 3) const int VIDEO = 0;

layout(push_constant) uniform values
{
    ivec4 shown;
    ivec3 flat_colour;
    ivec2 mode;
};

layout(binding = 0) uniform sampler2D mask;
layout(binding = 1) uniform sampler2D image;
layout(binding = 2) uniform sampler2D video;

layout(location = 0) out vec4 color;

#include "scene.glsl"

void main()
{
    color = colour_at(ivec2(gl_FragCoord.xy));
}
