/* SPDX-License-Identifier: MIT
 *
 * The overlays with text: figures and graphs, keys, messages.
 */
#ifndef VIEWER_HUD_H
#define VIEWER_HUD_H

#include "text.h"

typedef struct app app;

/* Each makes its panel of a->panels anew. All need a->font. */
void hud_paint_figures(app *a);
/* Writes the figures as PNG, and with --log-state prints each line of them: "figures FILE: ...".
 * Without a window, too. */
void hud_write_figures(app *a, const char *path);
void hud_paint_keys(app *a);
/* What went wrong, what was done, or the frame number that is being typed; hidden if nothing. */
void hud_paint_message(app *a);

#endif
