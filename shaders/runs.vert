// SPDX-License-Identifier: MIT
//
// A rectangle of canvas pixels, as an instance of four vertices, at the mask's size.
//
// The mask samples the canvas by nearest neighbour: pixel X shows column floor(X * W / w). So
// column x begins at pixel ceil(x * w / W), and edges lie between pixels, computed in integers.

layout(location = 0) in uvec4 rect; // x0 (bit 15: becomes opaque), y0, x1, y1

uniform uvec4 sizes; // canvas width and height, mask width and height; each at most 2^14

flat out float alpha;

void main()
{
    uint x = (gl_VertexID & 1) == 0 ? rect.x & 0x7fffu : rect.z;
    uint y = gl_VertexID < 2 ? rect.y : rect.w;
    uvec2 pixel = (uvec2(x, y) * sizes.zw + sizes.xy - uvec2(1u)) / sizes.xy;
    // Row 0 of the texture is the mask's top row: y is not turned around.
    vec2 position = vec2(2 * ivec2(pixel) - ivec2(sizes.zw)) / vec2(sizes.zw);
    alpha = (rect.x & 0x8000u) != 0u ? 1.0 : 0.0;
    gl_Position = vec4(position, 0.0, 1.0);
}
