#version 450
// SPDX-License-Identifier: MIT

layout(push_constant) uniform values
{
    vec4 place; // offset, scale
    ivec2 target;
};

layout(location = 0) in vec2 at;

void main()
{
    vec2 p = (place.xy + place.zw * at) / vec2(target);
    gl_Position = vec4(p * 2.0 - 1.0, 0.0, 1.0);
}
