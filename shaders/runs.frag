// SPDX-License-Identifier: MIT
//
// All vertices of an instance say the same.

flat in float alpha;

layout(location = 0) out vec4 color;

void main()
{
    color = vec4(alpha);
}
