/* SPDX-License-Identifier: MIT
 *
 * The DLL and its import library: a program without any of the library's own object files.
 */
#include "alphastream/alphastream.h"

#include <stdio.h>
#include <string.h>

int main(void)
{
    as_error error;
    as_canvas *canvas = NULL;
    as_source *source = NULL;
    uint8_t pixels[16 * 16];
    if (strcmp(as_version_string(), AS_VERSION_STRING) != 0)
        return printf("version\n"), 1;
    if (as_canvas_create(16, 16, &canvas, &error) != AS_OK ||
        as_canvas_to_r8(canvas, pixels, sizeof(pixels), 16, 16, 0, &error) != AS_OK)
        return printf("%s\n", error.text), 1;
    as_canvas_destroy(&canvas);
    if (as_source_open("Z:\\no\\such\\file.asvp", NULL, &source, &error) != AS_ERROR_TRANSPORT ||
        !strstr(error.text, "there is no file"))
        return printf("%s\n", error.text), 1;
    return 0;
}
