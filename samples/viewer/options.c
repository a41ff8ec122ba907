/* SPDX-License-Identifier: MIT */
#include "options.h"

#include "samples/common/command_line.h"

#include <alphastream/alphastream.h>

#include <errno.h>
#include <getopt.h>
#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { MOST_WINDOW = 16384, MOST_FPS_PART = 1000000 };

static const char help_text[] =
    "usage: alphastream-viewer [options] [SOURCE]\n"
    "\n"
    "Plays a stream of masks; SOURCE is a path or a URL. Without one, drop a file on the window.\n"
    "H shows the keys.\n"
    "\n"
    "  --renderer gl|vulkan|cpu   what draws (default: gl)\n"
    "  --window WxH               size of the window (default: 1280x640)\n"
    "  --fullscreen               fills the screen\n"
    "  --view cutout|mask|outline|strips\n"
    "                             what is shown (default: cutout)\n"
    "  --eye both|left|right      halves of side-by-side pictures (default: both)\n"
    "  --background checker|RRGGBB|FILE.png|video\n"
    "                             behind what is cut out (default: checker)\n"
    "  --video FILE               the colour video: its frames say which mask is due\n"
    "  --linear                   soft edges\n"
    "  --no-hud                   begins without the overlays\n"
    "  --font FILE                font of the overlays\n"
    "\n"
    "  --fps R                    masks per second: 60, 59.94, 30000/1001 (default: 60)\n"
    "  --speed X                  0.25 to 4 (default: 1)\n"
    "  --start N                  the first frame\n"
    "  --paused                   begins paused\n"
    "  --no-loop                  stops at the end\n"
    "  --size WxH, --canvas WxH   of masks and of the canvas (default: 2048x1024)\n"
    "  --scale nearest|vector     sample the canvas, or scale the points (default: nearest)\n"
    "  --combine union|parity     channels united, or even-odd over all (default: union)\n"
    "\n"
    "  --headless                 without a window; needs --frames or --script\n"
    "  --frames N                 shows frames 0 (or --start) and on, N of them, once each, then "
    "exits\n"
    "  --screenshot FILE          writes the last picture, without overlays and soft edges, as "
    "PNG\n"
    "  --script FILE              does what it says (docs/viewer.md)\n"
    "  --log-state                prints what is shown whenever it changes\n"
    "  --json FILE                writes what the pictures cost, and their rate\n"
    "  --validate                 vulkan: under the validation layer, whose first message ends it\n"
    "\n"
    "  --passphrase-file F        of an encrypted container (default: ALPHASTREAM_PASSPHRASE,\n"
    "                             ALPHASTREAM_PASSPHRASE_FILE)\n"
    "  --scene N, --stream-version V, --name S\n"
    "                             of its key (default: 0, 1.5.0, the source's)\n"
    "  --header \"NAME: VALUE\"     of every request to an http or https URL; may be repeated\n"
    "  --cache-dir D              keeps there what was fetched\n"
    "\n"
    "  --help, --version\n"
    "\n"
    "Exit codes: 0 done; 1 the data was bad, or a passphrase; 2 wrong use, nothing to draw with, "
    "or\n"
    "a file that cannot be written; 3 the source cannot be reached or read.\n";

static const char *const view_names[] = {"cutout", "mask", "outline", "strips"};
static const char *const eye_names[] = {"both", "left", "right"};
static const char *const background_names[] = {"checker", "colour", "image", "video"};

const char *options_view_name(view_kind view)
{
    return view_names[view];
}

const char *options_eye_name(eye_kind eye)
{
    return eye_names[eye];
}

const char *options_background_name(background_kind background)
{
    return background_names[background];
}

enum {
    FIRST = 256,
    RENDERER,
    WINDOW,
    FULLSCREEN,
    VIEW,
    EYE,
    BACKGROUND,
    VIDEO,
    LINEAR,
    NO_HUD,
    FONT,
    FPS,
    SPEED,
    START,
    PAUSED,
    NO_LOOP,
    SIZE,
    CANVAS,
    SCALE,
    COMBINE,
    HEADLESS,
    FRAMES,
    SCREENSHOT,
    SCRIPT,
    LOG_STATE,
    JSON,
    VALIDATE,
    PASSPHRASE_FILE,
    SCENE,
    STREAM_VERSION,
    NAME,
    HEADER,
    CACHE_DIR,
    PASSPHRASE /* refused; without it, it would be the beginning of another's name */
};

static const struct option long_options[] = {
    {"help", no_argument, NULL, 'h'},
    {"version", no_argument, NULL, 'V'},
    {"renderer", required_argument, NULL, RENDERER},
    {"window", required_argument, NULL, WINDOW},
    {"fullscreen", no_argument, NULL, FULLSCREEN},
    {"view", required_argument, NULL, VIEW},
    {"eye", required_argument, NULL, EYE},
    {"background", required_argument, NULL, BACKGROUND},
    {"video", required_argument, NULL, VIDEO},
    {"linear", no_argument, NULL, LINEAR},
    {"no-hud", no_argument, NULL, NO_HUD},
    {"font", required_argument, NULL, FONT},
    {"fps", required_argument, NULL, FPS},
    {"speed", required_argument, NULL, SPEED},
    {"start", required_argument, NULL, START},
    {"paused", no_argument, NULL, PAUSED},
    {"no-loop", no_argument, NULL, NO_LOOP},
    {"size", required_argument, NULL, SIZE},
    {"canvas", required_argument, NULL, CANVAS},
    {"scale", required_argument, NULL, SCALE},
    {"combine", required_argument, NULL, COMBINE},
    {"headless", no_argument, NULL, HEADLESS},
    {"frames", required_argument, NULL, FRAMES},
    {"screenshot", required_argument, NULL, SCREENSHOT},
    {"script", required_argument, NULL, SCRIPT},
    {"log-state", no_argument, NULL, LOG_STATE},
    {"json", required_argument, NULL, JSON},
    {"validate", no_argument, NULL, VALIDATE},
    {"passphrase-file", required_argument, NULL, PASSPHRASE_FILE},
    {"passphrase", optional_argument, NULL, PASSPHRASE},
    {"scene", required_argument, NULL, SCENE},
    {"stream-version", required_argument, NULL, STREAM_VERSION},
    {"name", required_argument, NULL, NAME},
    {"header", required_argument, NULL, HEADER},
    {"cache-dir", required_argument, NULL, CACHE_DIR},
    {NULL, 0, NULL, 0}};

static int refuse(const char *name, const char *value, const char *wanted)
{
    fprintf(stderr, "alphastream-viewer: --%s \"%s\" is not %s\n", name, value, wanted);
    return 2;
}

bool options_number(const char *text, uint64_t low, uint64_t high, uint64_t *out)
{
    char *end = NULL;
    if (!*text || text[strspn(text, "0123456789")] != '\0')
        return false;
    errno = 0;
    *out = strtoull(text, &end, 10);
    return errno == 0 && *out >= low && *out <= high;
}

static int take_size(const char *name, const char *text, uint32_t *width, uint32_t *height)
{
    const char *cross = strchr(text, 'x');
    char left[8];
    uint64_t w = 0, h = 0;
    if (cross && (size_t)(cross - text) < sizeof(left)) {
        memcpy(left, text, (size_t)(cross - text));
        left[cross - text] = '\0';
        if (options_number(left, 1, MOST_WINDOW, &w) &&
            options_number(cross + 1, 1, MOST_WINDOW, &h)) {
            *width = (uint32_t)w;
            *height = (uint32_t)h;
            return 0;
        }
    }
    return refuse(name, text, "WIDTHxHEIGHT with 1 to 16384 each");
}

static int take_choice(const char *name, const char *text, const char *const *names, int count,
                       const char *wanted, int *out)
{
    for (int i = 0; i < count; i++)
        if (strcmp(text, names[i]) == 0) {
            *out = i;
            return 0;
        }
    return refuse(name, text, wanted);
}

static int take_vulkan(options *o)
{
#ifdef VIEWER_WITH_VULKAN
    o->renderer = &renderer_vulkan;
    return 0;
#else
    (void)o;
    fputs("alphastream-viewer: --renderer vulkan: this viewer was built without Vulkan; use gl or "
          "cpu\n",
          stderr);
    return 2;
#endif
}

static int take_renderer(options *o, const char *text)
{
    if (strcmp(text, "gl") == 0)
        o->renderer = &renderer_gl;
    else if (strcmp(text, "cpu") == 0)
        o->renderer = &renderer_cpu;
    else if (strcmp(text, "vulkan") == 0)
        return take_vulkan(o);
    else
        return refuse("renderer", text, "gl, vulkan or cpu");
    return 0;
}

static int take_background(options *o, const char *text)
{
    char *end = NULL;
    if (strcmp(text, "checker") == 0)
        o->background = BACKGROUND_CHECKER;
    else if (strcmp(text, "video") == 0)
        o->background = BACKGROUND_VIDEO;
    else if (strlen(text) == 6 && text[strspn(text, "0123456789abcdefABCDEF")] == '\0') {
        const unsigned long rgb = strtoul(text, &end, 16);
        o->background = BACKGROUND_COLOUR;
        o->colour[0] = (uint8_t)(rgb >> 16 & 255);
        o->colour[1] = (uint8_t)(rgb >> 8 & 255);
        o->colour[2] = (uint8_t)(rgb & 255);
    } else {
        o->background = BACKGROUND_IMAGE;
        o->image = text;
    }
    return 0;
}

/* "60", "59.94" (which is 60000/1001, as 29.97 and 23.976 are of their kind) or "30000/1001". */
static int take_fps(options *o, const char *text)
{
    static const struct {
        const char *text;
        uint32_t num;
    } ntsc[] = {{"59.94", 60000}, {"29.97", 30000}, {"23.976", 24000}};
    uint64_t num = 0, den = 1;
    char left[16] = "";
    const char *slash = strchr(text, '/');
    for (size_t i = 0; i < sizeof(ntsc) / sizeof(ntsc[0]); i++)
        if (strcmp(text, ntsc[i].text) == 0) {
            o->fps_num = ntsc[i].num;
            o->fps_den = 1001;
            return 0;
        }
    const size_t length = slash ? (size_t)(slash - text) : strlen(text);
    if (length < sizeof(left)) {
        memcpy(left, text, length);
        left[length] = '\0';
    }
    if (!options_number(left, 1, MOST_FPS_PART, &num) ||
        (slash && !options_number(slash + 1, 1, MOST_FPS_PART, &den)))
        return refuse("fps", text, "a rate such as 60, 59.94 or 30000/1001");
    o->fps_num = (uint32_t)num;
    o->fps_den = (uint32_t)den;
    return 0;
}

static int take_speed(options *o, const char *text)
{
    char *end = NULL;
    o->speed = strtod(text, &end);
    if (end == text || *end || !isfinite(o->speed) || o->speed < 0.25 || o->speed > 4.0)
        return refuse("speed", text, "a number from 0.25 to 4");
    return 0;
}

static int take_number(const char *name, const char *text, uint64_t low, uint64_t high,
                       uint64_t *out)
{
    char wanted[64];
    if (options_number(text, low, high, out))
        return 0;
    snprintf(wanted, sizeof(wanted), "a whole number from %" PRIu64 " to %" PRIu64, low, high);
    return refuse(name, text, wanted);
}

static int take_header(options *o, const char *text)
{
    if (o->header_count == OPTIONS_HEADERS)
        return refuse("header", text, "possible: there are too many of them");
    o->headers[o->header_count++] = text;
    return 0;
}

static int take_window(options *o, const char *text)
{
    uint32_t width = 0, height = 0;
    const int code = take_size("window", text, &width, &height);
    if (code == 0) {
        o->width = (int)width;
        o->height = (int)height;
    }
    return code;
}

static int take_key(options *o, int option, const char *text)
{
    uint64_t number = 0;
    int code = 0;
    switch (option) {
    case PASSPHRASE_FILE: o->key.passphrase_file = text; break;
    case STREAM_VERSION: o->key.version = text; break;
    case NAME: o->key.file_name = text; break;
    default:
        code = take_number("scene", text, 0, UINT32_MAX, &number);
        o->key.scene_id = (uint32_t)number;
        break;
    }
    return code;
}

static int take_drawing(options *o, int option, const char *text)
{
    static const char *const scales[] = {"nearest", "vector"};
    static const char *const combines[] = {"union", "parity"};
    int choice = 0, code = 0;
    switch (option) {
    case VIEW:
        code = take_choice("view", text, view_names, VIEW_COUNT, "cutout, mask, outline or strips",
                           &choice);
        o->view = (view_kind)choice;
        break;
    case EYE:
        code = take_choice("eye", text, eye_names, EYE_COUNT, "both, left or right", &choice);
        o->eye = (eye_kind)choice;
        break;
    case SCALE:
        code = take_choice("scale", text, scales, 2, "nearest or vector", &choice);
        o->scale = choice;
        break;
    default:
        code = take_choice("combine", text, combines, 2, "union or parity", &choice);
        o->combine = choice;
        break;
    }
    return code;
}

static void print_version(void)
{
    const uint32_t features = as_features();
#ifdef VIEWER_WITH_FFMPEG
    const char ffmpeg = '+';
#else
    const char ffmpeg = '-';
#endif
    printf("alphastream-viewer %s\nparts: %chttp +gl %cvulkan %cffmpeg\n", as_version_string(),
           features & AS_FEATURE_HTTP ? '+' : '-', features & AS_FEATURE_VULKAN ? '+' : '-',
           ffmpeg);
}

/* Says what getopt_long gave up on. */
static int refuse_option(int option, const char *argument)
{
    char sentence[256];
    if (option == ':')
        snprintf(sentence, sizeof(sentence),
                 "option %s needs a value; see alphastream-viewer --help", argument);
    else
        command_refuse_option(long_options, argument, "alphastream-viewer", sentence,
                              sizeof(sentence));
    fprintf(stderr, "alphastream-viewer: %s\n", sentence);
    return CLI_USAGE;
}

static int take(options *o, int option, const char *text)
{
    switch (option) {
    case RENDERER: return take_renderer(o, text);
    case WINDOW: return take_window(o, text);
    case BACKGROUND: return take_background(o, text);
    case FPS: return take_fps(o, text);
    case SPEED: return take_speed(o, text);
    case START: return take_number("start", text, 0, UINT32_MAX, &o->start);
    case FRAMES: return take_number("frames", text, 1, UINT32_MAX, &o->frames);
    case SIZE: return take_size("size", text, &o->mask_width, &o->mask_height);
    case CANVAS: return take_size("canvas", text, &o->canvas_width, &o->canvas_height);
    case HEADER: return take_header(o, text);
    case VIEW:
    case EYE:
    case SCALE:
    case COMBINE: return take_drawing(o, option, text);
    case PASSPHRASE_FILE:
    case STREAM_VERSION:
    case NAME:
    case SCENE: return take_key(o, option, text);
    case FULLSCREEN: o->fullscreen = true; break;
    case VIDEO: o->video = text; break;
    case LINEAR: o->linear = true; break;
    case NO_HUD: o->hud = false; break;
    case FONT: o->font = text; break;
    case PAUSED: o->paused = true; break;
    case NO_LOOP: o->loop = false; break;
    case HEADLESS: o->headless = true; break;
    case SCREENSHOT: o->screenshot = text; break;
    case SCRIPT: o->script = text; break;
    case JSON: o->json = text; break;
    case LOG_STATE: o->log_state = true; break;
    case VALIDATE: o->validate = true; break;
    case CACHE_DIR: o->cache_dir = text; break;
    case PASSPHRASE:
        fputs("alphastream-viewer: a passphrase among the arguments is shown to whoever lists "
              "processes; put it into a file and give --passphrase-file FILE\n",
              stderr);
        return 2;
    case 'h': fputs(help_text, stdout); return OPTIONS_DONE;
    default: print_version(); return OPTIONS_DONE;
    }
    return 0;
}

static int check(const options *o)
{
    const char *wrong = NULL;
    if (o->location && !*o->location)
        wrong = "the SOURCE is empty; give a path or a URL";
    else if (o->headless && !o->location)
        wrong = "--headless needs a SOURCE";
    else if (o->headless && !o->frames && !o->script)
        wrong = "--headless needs --frames or --script, or it would never end";
    else if (o->headless && o->fullscreen)
        wrong = "--headless and --fullscreen exclude each other";
    else if (o->frames && !o->location)
        wrong = "--frames needs a SOURCE";
    else if (o->validate && strcmp(o->renderer->name, "vulkan") != 0)
        wrong = "--validate needs --renderer vulkan";
    else if (o->background == BACKGROUND_VIDEO && !o->video)
        wrong = "--background video needs --video";
    if (!wrong)
        return 0;
    fprintf(stderr, "alphastream-viewer: %s; see alphastream-viewer --help\n", wrong);
    return 2;
}

int options_read(options *o, int argc, char **argv)
{
    *o = (options){.renderer = &renderer_gl,
                   .width = 1280,
                   .height = 640,
                   .loop = true,
                   .hud = true,
                   .speed = 1.0,
                   .key = {.struct_size = sizeof(o->key)}};
    opterr = 0;
    for (;;) {
        const int option = getopt_long(argc, argv, ":hV", long_options, NULL);
        if (option == -1)
            break;
        const int code = option == '?' || option == ':' ? refuse_option(option, argv[optind - 1])
                                                        : take(o, option, optarg);
        if (code != 0)
            return code;
    }
    if (argc - optind > 1) {
        fprintf(stderr, "alphastream-viewer: one SOURCE at a time, not \"%s\" as well\n",
                argv[optind + 1]);
        return 2;
    }
    if (optind < argc)
        o->location = argv[optind];
    return check(o);
}
