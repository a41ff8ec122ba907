/* SPDX-License-Identifier: MIT
 *
 * A plug-in for engines with render events, as Unity: what it exports, under the names by which
 * that engine looks for it. Declared anew here; nothing of the engine's headers is needed.
 */
#ifndef RENDER_EVENTS_PLUGIN_H
#define RENDER_EVENTS_PLUGIN_H

#include <stdint.h>

/* Numbers of events that are ours; the engine's own are small. */
enum { MASKS_SHOW = 0x41530001, MASKS_END = 0x41530002 };

/* Goes with MASKS_SHOW; the script leaves it alone until the event has run. */
typedef struct masks_picture {
    int64_t media_ns; /* in: where the video is */
    uint64_t frame;   /* out: what the texture shows */
    uint32_t texture; /* in: GL_R8, of the stream's size, drawn by nobody else. Unity: of a
                         Texture2D (TextureFormat.R8, no mipmaps, linear), GetNativeTexturePtr */
    int32_t code;  /* out: an as_result; if it is not AS_OK the texture shows what it did before */
    char why[512]; /* out: then a sentence */
} masks_picture;

/* The engine loads and unloads the plug-in. Its interfaces are not used. */
void UnityPluginLoad(void *interfaces);
void UnityPluginUnload(void);
/* The engine's events, on its render thread; those that are not ours are left alone. */
void UnityRenderingExtEvent(int event_id, void *data);

/* For scripts, in any thread. The function for GL.IssuePluginEventAndData: the one above. */
void (*masks_render_event(void))(int event_id, void *data);
/* An as_result; `why` takes a sentence of less than `size` bytes. */
int32_t masks_open(const char *location, char *why, int32_t size);
/* After MASKS_END; where that did not come the context is taken for gone. */
void masks_close(void);

#endif
