/* SPDX-License-Identifier: MIT
 *
 * What xdotool cannot do to a window, for the tests of the viewer:
 *
 *     x_client read WINDOW FILE    its content, as PPM
 *     x_client drop WINDOW PATH    drags a file from a window of its own onto it (XDND, version 5)
 *     x_client close WINDOW        as the button of a window manager does
 *     x_client dpi N               what programs that start from now on find as the screen's
 *
 * Sources: ICCCM, "Window Deletion"; the Drag-and-Drop Protocol for the X Window System, version 5.
 */
#include <X11/Xatom.h>
#include <X11/Xlib.h>
#include <X11/Xutil.h>

#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { XDND_VERSION = 5 };

static bool say(const char *text)
{
    fprintf(stderr, "x_client: %s\n", text);
    return false;
}

static Atom atom(Display *display, const char *name)
{
    return XInternAtom(display, name, False);
}

static void send_message(Display *display, Window to, const char *type, const long *data)
{
    XEvent event = {.xclient = {.type = ClientMessage,
                                .window = to,
                                .message_type = atom(display, type),
                                .format = 32}};
    for (int i = 0; i < 5; i++)
        event.xclient.data.l[i] = data[i];
    XSendEvent(display, to, False, NoEventMask, &event);
    XFlush(display);
}

static bool close_window(Display *display, Window window)
{
    const long data[5] = {(long)atom(display, "WM_DELETE_WINDOW"), CurrentTime};
    send_message(display, window, "WM_PROTOCOLS", data);
    return true;
}

static bool set_dpi(Display *display, const char *dpi)
{
    char text[64];
    snprintf(text, sizeof(text), "Xft.dpi:\t%s\n", dpi);
    XChangeProperty(display, DefaultRootWindow(display), XA_RESOURCE_MANAGER, XA_STRING, 8,
                    PropModeReplace, (const unsigned char *)text, (int)strlen(text));
    return true;
}

/* --------------------------------------------------------------------------------- read ------ */

static bool read_window(Display *display, Window window, const char *path)
{
    XWindowAttributes a;
    bool good = false;
    if (!XGetWindowAttributes(display, window, &a))
        return say("the window is gone");
    XImage *image =
        XGetImage(display, window, 0, 0, (unsigned)a.width, (unsigned)a.height, AllPlanes, ZPixmap);
    FILE *file = fopen(path, "wb");
    if (image && file && image->red_mask == 0xff0000 && image->blue_mask == 0xff) {
        fprintf(file, "P6\n%d %d\n255\n", image->width, image->height);
        for (int y = 0; y < image->height; y++)
            for (int x = 0; x < image->width; x++) {
                const unsigned long p = XGetPixel(image, x, y);
                const unsigned char rgb[3] = {(unsigned char)(p >> 16), (unsigned char)(p >> 8),
                                              (unsigned char)p};
                fwrite(rgb, 1, sizeof(rgb), file);
            }
        good = !ferror(file);
    }
    if (image)
        XDestroyImage(image);
    if (file)
        good = fclose(file) == 0 && good;
    return good || say("the window cannot be read");
}

/* --------------------------------------------------------------------------------- drop ------ */

/* Waits for a message of that type; meanwhile the list of files is handed to whoever asks. */
static bool wait_for(Display *display, const char *type, const char *list, XEvent *out)
{
    const Atom wanted = atom(display, type);
    for (;;) {
        XNextEvent(display, out);
        if (out->type == ClientMessage && out->xclient.message_type == wanted)
            return true;
        if (out->type != SelectionRequest)
            continue;
        const XSelectionRequestEvent *r = &out->xselectionrequest;
        XEvent answer = {.xselection = {.type = SelectionNotify,
                                        .requestor = r->requestor,
                                        .selection = r->selection,
                                        .target = r->target,
                                        .property = r->property,
                                        .time = r->time}};
        XChangeProperty(display, r->requestor, r->property, r->target, 8, PropModeReplace,
                        (const unsigned char *)list, (int)strlen(list));
        XSendEvent(display, r->requestor, False, NoEventMask, &answer);
        XFlush(display);
    }
}

static bool drop(Display *display, Window window, const char *path)
{
    const Window root = DefaultRootWindow(display);
    const Window from = XCreateSimpleWindow(display, root, 0, 0, 1, 1, 0, 0, 0);
    const Atom copy = atom(display, "XdndActionCopy");
    char list[4200];
    int x = 0, y = 0;
    Window child = None;
    XEvent event;
    snprintf(list, sizeof(list), "file://%s\r\n", path);
    XSetSelectionOwner(display, atom(display, "XdndSelection"), from, CurrentTime);
    XTranslateCoordinates(display, window, root, 20, 20, &x, &y, &child);
    const long enter[5] = {(long)from, (long)XDND_VERSION << 24,
                           (long)atom(display, "text/uri-list")};
    const long position[5] = {(long)from, 0, (long)x << 16 | y, CurrentTime, (long)copy};
    const long dropped[5] = {(long)from, 0, CurrentTime};
    send_message(display, window, "XdndEnter", enter);
    send_message(display, window, "XdndPosition", position);
    wait_for(display, "XdndStatus", list, &event);
    if (!(event.xclient.data.l[1] & 1))
        return say("the window refuses the file");
    send_message(display, window, "XdndDrop", dropped);
    wait_for(display, "XdndFinished", list, &event);
    return (event.xclient.data.l[1] & 1) || say("the window did not take the file");
}

int main(int argc, char **argv)
{
    Display *display = XOpenDisplay(NULL);
    const char *verb = argc > 1 ? argv[1] : "";
    const Window window = argc > 2 ? strtoul(argv[2], NULL, 10) : None;
    bool good = false;
    if (!display) {
        say("there is no display");
        return 2;
    }
    if (strcmp(verb, "read") == 0 && argc == 4)
        good = read_window(display, window, argv[3]);
    else if (strcmp(verb, "drop") == 0 && argc == 4)
        good = drop(display, window, argv[3]);
    else if (strcmp(verb, "close") == 0 && argc == 3)
        good = close_window(display, window);
    else if (strcmp(verb, "dpi") == 0 && argc == 3)
        good = set_dpi(display, argv[2]);
    else
        say("usage: x_client read|drop|close WINDOW [FILE], or x_client dpi N");
    XCloseDisplay(display);
    return good ? 0 : 1;
}
