/* SPDX-License-Identifier: MIT */
#include "options.h"

#include "location.h"
#include "message.h"
#include "options_http.h"
#include "options_play.h"
#include "system.h"

#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { DEFAULT_WIDTH = 2048, DEFAULT_HEIGHT = 1024, DEFAULT_MOST_THREADS = 8 };
enum { DEFAULT_SHEET_FRAMES = 12, MOST_SHEET_FRAMES = 1024 };
enum { DEFAULT_TILE = 480, LEAST_TILE = 16, MOST_TILE = 4096 };

/* Values of getopt_long beyond characters. */
enum {
    OPERAND = 1, /* what getopt_long gives for an operand, as the option string begins with '-' */
    NEXT = 256,
    SIZE,
    CANVAS,
    SCALE,
    COMBINE,
    BACKEND,
    GL_API,
    DEVICE,
    FRAMES,
    THREADS,
    SCENE,
    STREAM_VERSION,
    NAME,
    PASSPHRASE_FILE,
    LOG_LEVEL,
    PROGRESS,
    JSON,
    KEEP_GOING,
    SHEET,
    SHEET_FRAMES,
    TILE,
    TO,
    TO_SCENE,
    TO_STREAM_VERSION,
    TO_NAME,
    TO_PASSPHRASE_FILE,
    EXCHANGES,
    PASSPHRASE,      /* refused; without it, it would be the beginning of another's name */
    HTTP,            /* and on: http_option */
    PLAY = HTTP + 16 /* and on: play_option */
};

static const struct option long_options[] = {
    {"help", no_argument, NULL, 'h'},
    {"version", no_argument, NULL, 'V'},
    {"output", required_argument, NULL, 'o'},
    {"quiet", no_argument, NULL, 'q'},
    {"size", required_argument, NULL, SIZE},
    {"canvas", required_argument, NULL, CANVAS},
    {"scale", required_argument, NULL, SCALE},
    {"combine", required_argument, NULL, COMBINE},
    {"backend", required_argument, NULL, BACKEND},
    {"gl-api", required_argument, NULL, GL_API},
    {"device", required_argument, NULL, DEVICE},
    {"frames", required_argument, NULL, FRAMES},
    {"threads", required_argument, NULL, THREADS},
    {"scene", required_argument, NULL, SCENE},
    {"stream-version", required_argument, NULL, STREAM_VERSION},
    {"name", required_argument, NULL, NAME},
    {"passphrase-file", required_argument, NULL, PASSPHRASE_FILE},
    {"passphrase", optional_argument, NULL, PASSPHRASE},
    {"to-passphrase", optional_argument, NULL, PASSPHRASE},
    {"log-level", required_argument, NULL, LOG_LEVEL},
    {"progress", required_argument, NULL, PROGRESS},
    {"header", required_argument, NULL, HTTP + HTTP_HEADER},
    {"proxy", required_argument, NULL, HTTP + HTTP_PROXY},
    {"cacert", required_argument, NULL, HTTP + HTTP_CACERT},
    {"insecure", no_argument, NULL, HTTP + HTTP_INSECURE},
    {"cache-dir", required_argument, NULL, HTTP + HTTP_CACHE_DIR},
    {"json", no_argument, NULL, JSON},
    {"http", no_argument, NULL, EXCHANGES},
    {"keep-going", no_argument, NULL, KEEP_GOING},
    {"sheet", no_argument, NULL, SHEET},
    {"sheet-frames", required_argument, NULL, SHEET_FRAMES},
    {"tile", required_argument, NULL, TILE},
    {"to", required_argument, NULL, TO},
    {"to-scene", required_argument, NULL, TO_SCENE},
    {"to-stream-version", required_argument, NULL, TO_STREAM_VERSION},
    {"to-name", required_argument, NULL, TO_NAME},
    {"to-passphrase-file", required_argument, NULL, TO_PASSPHRASE_FILE},
    {"fps", required_argument, NULL, PLAY + PLAY_FPS},
    {"seconds", required_argument, NULL, PLAY + PLAY_SECONDS},
    {"speed", required_argument, NULL, PLAY + PLAY_SPEED},
    {"seek-every", required_argument, NULL, PLAY + PLAY_SEEK_EVERY},
    {"seed", required_argument, NULL, PLAY + PLAY_SEED},
    {"start", required_argument, NULL, PLAY + PLAY_START},
    {"loop", no_argument, NULL, PLAY + PLAY_LOOP},
    {"flat-out", no_argument, NULL, PLAY + PLAY_FLAT_OUT},
    {"l0", required_argument, NULL, PLAY + PLAY_L0},
    {"l1", required_argument, NULL, PLAY + PLAY_L1},
    {NULL, 0, NULL, 0}};

/* What options_refused calls the bits of options.given. */
static const struct {
    unsigned bit;
    const char *name;
} given_names[] = {{OPTION_JSON, "--json"},     {OPTION_OUTPUT, "-o"},
                   {OPTION_QUIET, "--quiet"},   {OPTION_KEEP_GOING, "--keep-going"},
                   {OPTION_SHEET, "--sheet"},   {OPTION_SHEET_FRAMES, "--sheet-frames"},
                   {OPTION_TILE, "--tile"},     {OPTION_TO, "--to"},
                   {OPTION_TO_KEY, "--to-..."}, {OPTION_PLAY, "--fps"},
                   {OPTION_HTTP, "--http"}};

bool options_number(const char *text, uint64_t low, uint64_t high, uint64_t *out)
{
    return frames_read_number(&text, out) && !*text && *out >= low && *out <= high;
}

static int take_number(const char *name, const char *text, uint32_t low, uint32_t high,
                       uint32_t *out)
{
    uint64_t value = 0;
    if (!options_number(text, low, high, &value))
        return message_usage("%s \"%s\" is not a whole number from %lu to %lu", name, text,
                             (unsigned long)low, (unsigned long)high);
    *out = (uint32_t)value;
    return CLI_DONE;
}

static int take_size(const char *name, const char *text, uint32_t *width, uint32_t *height)
{
    char left[16];
    const size_t length = strcspn(text, "x");
    uint64_t w = 0, h = 0;
    if (length < sizeof(left) && text[length] == 'x') {
        memcpy(left, text, length);
        left[length] = '\0';
        if (options_number(left, 1, AS_SIZE_MAX_PIXELS, &w) &&
            options_number(text + length + 1, 1, AS_SIZE_MAX_PIXELS, &h)) {
            *width = (uint32_t)w;
            *height = (uint32_t)h;
            return CLI_DONE;
        }
    }
    return message_usage("%s \"%s\" is not WIDTHxHEIGHT with both from 1 to %d, such as 2048x1024",
                         name, text, AS_SIZE_MAX_PIXELS);
}

/* `words` ends with NULL; *out is the index of the one that `text` is. */
static int take_word(const char *name, const char *text, const char *const *words, int *out)
{
    char list[128] = "";
    for (int i = 0; words[i]; i++) {
        if (strcmp(text, words[i]) == 0) {
            *out = i;
            return CLI_DONE;
        }
        if (i > 0)
            strncat(list, words[i + 1] ? ", " : " or ", sizeof(list) - strlen(list) - 1);
        strncat(list, words[i], sizeof(list) - strlen(list) - 1);
    }
    return message_usage("%s \"%s\" is not %s", name, text, list);
}

static int take_frames(options *o, const char *text)
{
    const char *wrong = frames_parse(text, &o->frames);
    o->frames_given = true;
    return wrong ? message_usage("--frames \"%s\" cannot be used: %s", text, wrong) : CLI_DONE;
}

static int take_drawing(options *o, int option, const char *text)
{
    static const char *const scales[] = {"nearest", "vector", NULL};
    static const char *const combines[] = {"union", "parity", NULL};
    static const char *const backends[] = {"cpu", "vulkan", "gl", NULL};
    static const char *const gl_apis[] = {"core", "es", NULL};
    int word = 0, code = CLI_DONE;
    switch (option) {
    case SIZE: o->given |= OPTION_SIZE; return take_size("--size", text, &o->width, &o->height);
    case CANVAS: return take_size("--canvas", text, &o->canvas_width, &o->canvas_height);
    case SCALE:
        code = take_word("--scale", text, scales, &word);
        o->vector = word == 1;
        return code;
    case COMBINE:
        code = take_word("--combine", text, combines, &word);
        o->combine = word == 1 ? AS_COMBINE_PARITY : AS_COMBINE_UNION;
        return code;
    case BACKEND:
        code = take_word("--backend", text, backends, &word);
        o->backend = backends[word];
        return code;
    case DEVICE:
        o->device_given = true;
        return take_number("--device", text, 0, MOST_DEVICE, &o->device);
    default:
        code = take_word("--gl-api", text, gl_apis, &word);
        o->gl_es = word == 1;
        o->gl_api_given = true;
        return code;
    }
}

static int take_running(options *o, int option, const char *text)
{
    static const char *const levels[] = {"none", "error", "warn", "info", "debug", NULL};
    static const char *const whens[] = {"auto", "always", "never", NULL};
    int word = 0, code = CLI_DONE;
    uint32_t number = 0;
    switch (option) {
    case FRAMES: return take_frames(o, text);
    case THREADS:
        code = take_number("--threads", text, 1, MOST_THREADS, &number);
        o->threads = number;
        return code;
    case LOG_LEVEL:
        code = take_word("--log-level", text, levels, &word);
        o->log_level_given = true;
        o->log_level = (as_log_level)word; /* AS_LOG_NONE is 0, the others follow in this order */
        return code;
    default:
        code = take_word("--progress", text, whens, &word);
        o->progress = (option_when)word;
        return code;
    }
}

static int take_key(key_options *key, int option, const char *name, const char *text)
{
    switch (option) {
    case SCENE: key->scene_given = true; return take_number(name, text, 0, UINT32_MAX, &key->scene);
    case STREAM_VERSION: key->stream_version = text; return CLI_DONE;
    case NAME: key->name = text; return CLI_DONE;
    default: key->passphrase_file = text; return CLI_DONE;
    }
}

static int take_to_key(options *o, int option, const char *text)
{
    static const char *const names[] = {"--to-scene", "--to-stream-version", "--to-name",
                                        "--to-passphrase-file"};
    o->given |= OPTION_TO_KEY;
    o->to_key_option = names[option - TO_SCENE];
    return take_key(&o->to_key, option - TO_SCENE + SCENE, o->to_key_option, text);
}

static int take_own(options *o, int option, const char *text)
{
    static const char *const formats[] = {"asvp", "asvr", NULL};
    int word = 0, code = CLI_DONE;
    uint32_t number = 0;
    switch (option) {
    case 'o':
        o->given |= OPTION_OUTPUT;
        o->output = text;
        return CLI_DONE;
    case 'q': o->given |= OPTION_QUIET; return CLI_DONE;
    case JSON: o->given |= OPTION_JSON; return CLI_DONE;
    case EXCHANGES: o->given |= OPTION_HTTP; return CLI_DONE;
    case KEEP_GOING: o->given |= OPTION_KEEP_GOING; return CLI_DONE;
    case SHEET: o->given |= OPTION_SHEET; return CLI_DONE;
    case SHEET_FRAMES:
        o->given |= OPTION_SHEET_FRAMES;
        code = take_number("--sheet-frames", text, 1, MOST_SHEET_FRAMES, &number);
        o->sheet_frames = number;
        return code;
    case TILE:
        o->given |= OPTION_TILE;
        code = take_number("--tile", text, LEAST_TILE, MOST_TILE, &number);
        o->tile_width = number;
        return code;
    default:
        o->given |= OPTION_TO;
        code = take_word("--to", text, formats, &word);
        o->to = word == 0 ? AS_FORMAT_ASVP : AS_FORMAT_ASVR;
        return code;
    }
}

static int take_operand(options *o, const char *text)
{
    char *shown = location_shown(text);
    int code = shown ? CLI_DONE : message_usage("out of memory");
    if (shown && o->operand_count == MOST_OPERANDS)
        code = message_usage("\"%s\" is one argument too many; see alphastream --help", shown);
    if (code != CLI_DONE) {
        free(shown);
        return code;
    }
    o->operands[o->operand_count] = text;
    o->shown[o->operand_count++] = shown;
    return CLI_DONE;
}

/* Says what getopt_long gave up on. */
static int refuse(const char *argument)
{
    char sentence[256];
    command_refuse_option(long_options, argument, "alphastream", sentence, sizeof(sentence));
    return message_usage("%s", sentence);
}

static int take(options *o, int option, char *const *argv)
{
    switch (option) {
    case OPERAND: return take_operand(o, optarg);
    case 'h': o->help = true; return CLI_DONE;
    case 'V': o->version = true; return CLI_DONE;
    case ':':
        return message_usage("option %s needs a value; see alphastream --help", argv[optind - 1]);
    case '?': return refuse(argv[optind - 1]);
    case SCENE:
    case STREAM_VERSION:
    case NAME:
    case PASSPHRASE_FILE: return take_key(&o->key, option, "--scene", optarg);
    case PASSPHRASE:
        return message_usage("a passphrase among the arguments is shown to whoever lists "
                             "processes; put it into a file and give --passphrase-file FILE");
    default:
        if (option >= SIZE && option <= DEVICE)
            return take_drawing(o, option, optarg);
        if (option >= FRAMES && option <= PROGRESS)
            return take_running(o, option, optarg);
        if (option >= HTTP && option < PLAY)
            return options_take_http(o, (http_option)(option - HTTP), optarg);
        if (option >= PLAY)
            return options_take_play(o, (play_option)(option - PLAY), optarg);
        if (option >= TO_SCENE && option <= TO_PASSPHRASE_FILE)
            return take_to_key(o, option, optarg);
        return take_own(o, option, optarg);
    }
}

static void set_defaults(options *o)
{
    const unsigned cores = system_cores();
    *o = (options){.canvas_width = DEFAULT_WIDTH,
                   .canvas_height = DEFAULT_HEIGHT,
                   .backend = "cpu",
                   .log_level = AS_LOG_WARN,
                   .sheet_frames = DEFAULT_SHEET_FRAMES,
                   .tile_width = DEFAULT_TILE};
    options_play_defaults(o);
    o->threads = cores < DEFAULT_MOST_THREADS ? cores : DEFAULT_MOST_THREADS;
}

int options_parse(int argc, char **argv, options *o)
{
    set_defaults(o);
    opterr = 0;
    int code = CLI_DONE, option = 0;
    while (code == CLI_DONE &&
           (option = getopt_long(argc, argv, "-:ho:qV", long_options, NULL)) != -1)
        code = take(o, option, argv);
    while (code == CLI_DONE && optind < argc) /* behind "--" */
        code = take_operand(o, argv[optind++]);
    if (!o->width) {
        o->width = o->canvas_width;
        o->height = o->canvas_height;
    }
    return code;
}

const char *options_refused(const options *o, unsigned accepted, unsigned *out_bit)
{
    const unsigned refused = o->given & ~accepted;
    for (size_t i = 0; i < sizeof(given_names) / sizeof(*given_names); i++)
        if (refused & given_names[i].bit) {
            *out_bit = given_names[i].bit;
            return given_names[i].bit == OPTION_TO_KEY ? o->to_key_option
                   : given_names[i].bit == OPTION_PLAY ? o->play_option
                                                       : given_names[i].name;
        }
    return NULL;
}

void options_free(options *o)
{
    for (int i = 0; i < o->operand_count; i++)
        free(o->shown[i]);
    options_free_http(o);
    frames_free(&o->frames);
}
