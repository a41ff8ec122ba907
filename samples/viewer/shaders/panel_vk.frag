#version 450
// SPDX-License-Identifier: MIT

layout(push_constant) uniform values
{
    ivec2 corner; // top left
};

layout(binding = 0) uniform sampler2D panel;

layout(location = 0) out vec4 color;

void main()
{
    color = texelFetch(panel, ivec2(gl_FragCoord.xy) - corner, 0);
}
