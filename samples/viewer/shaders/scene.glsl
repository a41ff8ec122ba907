// SPDX-License-Identifier: MIT
//
// What a pixel of a picture is, by docs/viewer.md, with integers and texelFetch, so that it is the
// same on every driver. Whoever includes this has declared
//
//     int VIEW, GROUND, SOFT, VIDEO      constants: view_kind, background_kind, 0 or 1, 0 or 1
//     ivec4 shown                        scene.shown
//     ivec2 mode                         eye_kind, whether there is a mask
//     ivec3 flat_colour
//     sampler2D mask, image, video

ivec2 columns(int width)
{
    int part = width / 2;
    if (mode.x == 1 && part > 0)
        return ivec2(0, part);
    return mode.x == 2 ? ivec2(part, width - part) : ivec2(0, width);
}

ivec2 texel(ivec2 p, ivec2 size)
{
    ivec2 c = columns(size.x);
    return ivec2(c.x + p.x * c.y / shown.z, p.y * size.y / shown.w);
}

ivec3 fetch(sampler2D s, ivec2 p)
{
    return ivec3(texelFetch(s, texel(p, textureSize(s, 0)), 0).rgb * 255.0 + 0.5);
}

bool opaque(ivec2 t, ivec2 size)
{
    if (t.x < 0 || t.y < 0 || t.x >= size.x || t.y >= size.y)
        return false;
    return texelFetch(mask, t, 0).r > 0.5;
}

bool on_edge(ivec2 t, ivec2 size)
{
    return opaque(t, size) && !(opaque(t + ivec2(1, 0), size) && opaque(t - ivec2(1, 0), size) &&
                                opaque(t + ivec2(0, 1), size) && opaque(t - ivec2(0, 1), size));
}

ivec3 behind(ivec2 p)
{
    if (GROUND == 1)
        return flat_colour;
    if (GROUND == 2)
        return fetch(image, p);
    if (GROUND == 3)
        return fetch(video, p) / 4;
    return ivec3((p.x / 32 + p.y / 32) % 2 == 0 ? 102 : 153);
}

ivec3 front(ivec2 p)
{
    if (VIDEO == 1)
        return fetch(video, p);
    int t = p.y * 255 / shown.w;
    return ivec3(255 - t / 4, 214 - t / 2, 150 + t / 3);
}

vec3 soft(ivec2 p, ivec2 size)
{
    vec2 at = (vec2(p) + 0.5) / vec2(shown.zw);
    ivec2 c = columns(size.x);
    float x = (float(c.x) + at.x * float(c.y)) / float(size.x);
    float a = textureLod(mask, vec2(x, at.y), 0.0).r;
    if (VIEW == 1)
        return vec3(a * 255.0);
    return mix(vec3(behind(p)), vec3(front(p)), a);
}

ivec3 exact(ivec2 p, ivec2 size)
{
    ivec2 t = texel(p, size);
    bool inside = mode.y == 1 && opaque(t, size);
    if (VIEW == 0)
        return inside ? front(p) : behind(p);
    if (VIEW == 1)
        return ivec3(inside ? 255 : 0);
    if (VIEW == 2 && inside && on_edge(t, size))
        return ivec3(255, 64, 32);
    return VIDEO == 1 ? front(p) : behind(p);
}

// Pixel `at` of the target, counted from its top left.
vec4 colour_at(ivec2 at)
{
    ivec2 p = at - shown.xy;
    if (p.x < 0 || p.y < 0 || p.x >= shown.z || p.y >= shown.w)
        return vec4(0.0, 0.0, 0.0, 1.0);
    ivec2 size = textureSize(mask, 0);
    return vec4((SOFT == 1 ? soft(p, size) : vec3(exact(p, size))) / 255.0, 1.0);
}
