/* SPDX-License-Identifier: MIT
 *
 * alphastream: looks into AlphaStream containers, draws and plays their masks, rewrites
 * them.
 */
#include "backend.h"
#include "cmd.h"
#include "hash.h"
#include "help.h"
#include "message.h"
#include "system.h"

#include "samples/common/suggest.h"

#include <stdio.h>
#include <string.h>

typedef struct command {
    const char *name;
    const char *expected; /* its operands in words */
    int operands;         /* how many, the command's name not counted */
    unsigned accepted;    /* options of its own */
    int (*run)(const options *o);
    const command_help *help;
} command;

static const command commands[] = {
    {"info", "one SOURCE", 1, OPTION_JSON | OPTION_HTTP, cmd_info, &help_info},
    {"verify", "one SOURCE", 1, OPTION_JSON, cmd_verify, &help_verify},
    {"framehash", "one SOURCE", 1, 0, cmd_framehash, &help_framehash},
    {"decode", "one SOURCE", 1,
     OPTION_OUTPUT | OPTION_QUIET | OPTION_KEEP_GOING | OPTION_SHEET | OPTION_SHEET_FRAMES |
         OPTION_TILE,
     cmd_decode, &help_decode},
    {"play", "one SOURCE", 1, OPTION_JSON | OPTION_PLAY, cmd_play, &help_play},
    {"convert", "IN and OUT", 2, OPTION_TO | OPTION_TO_KEY, cmd_convert, &help_convert},
    {"gpus", "nothing", 0, OPTION_JSON, cmd_gpus, &help_gpus},
    {"doctor", "nothing", 0, OPTION_JSON, cmd_doctor, &help_doctor},
};
enum { COMMANDS = sizeof(commands) / sizeof(*commands) };

static const command *find_command(const char *name)
{
    for (size_t i = 0; i < COMMANDS; i++)
        if (strcmp(commands[i].name, name) == 0)
            return &commands[i];
    return NULL;
}

/* No command is called that. */
static int refuse_command(const char *name)
{
    const char *names[COMMANDS];
    for (size_t i = 0; i < COMMANDS; i++)
        names[i] = commands[i].name;
    const char *meant = suggest(name, names, COMMANDS);
    if (meant)
        return message_usage("there is no command \"%s\"; did you mean \"%s\"?", name, meant);
    return message_usage("there is no command \"%s\"; see alphastream --help", name);
}

/* Names the commands that do take the option of this bit. */
static int refuse_option(const command *c, const char *option, unsigned bit)
{
    char list[64] = "";
    for (size_t i = 0; i < COMMANDS; i++) {
        const size_t used = strlen(list);
        if (commands[i].accepted & bit)
            snprintf(list + used, sizeof(list) - used, "%s%s", used ? ", " : "", commands[i].name);
    }
    return message_usage("%s does not take %s, which is for %s; see alphastream %s --help", c->name,
                         option, list, c->name);
}

static int run_command(const command *c, const options *o)
{
    unsigned bit = 0;
    const char *refused = options_refused(o, c->accepted | OPTION_SIZE, &bit);
    if (refused)
        return refuse_option(c, refused, bit);
    if (o->operand_count - 1 < c->operands)
        return message_usage("%s needs %s; see alphastream %s --help", c->name, c->expected,
                             c->name);
    if (o->operand_count - 1 > c->operands)
        return message_usage("\"%s\" is one argument too many: %s takes %s; see alphastream %s "
                             "--help",
                             o->shown[c->operands + 1], c->name, c->expected, c->name);
    if (!backend_built(o->backend))
        return message_usage("this build has no %s backend; use --backend cpu", o->backend);
    if (o->gl_api_given && strcmp(o->backend, "gl") != 0)
        return message_usage("--gl-api needs --backend gl");
    if (o->device_given && strcmp(o->backend, "vulkan") != 0)
        return message_usage("--device needs --backend vulkan");
    return c->run(o);
}

static void print_version(void)
{
    static const struct {
        uint32_t feature;
        const char *name;
    } parts[] = {
        {AS_FEATURE_HTTP, "http"}, {AS_FEATURE_OPENGL, "gl"}, {AS_FEATURE_VULKAN, "vulkan"}};
    char http[64], tls[64];
    message_print("alphastream %s\nparts:", as_version_string());
    for (size_t i = 0; i < sizeof(parts) / sizeof(*parts); i++)
        message_print(" %c%s", as_features() & parts[i].feature ? '+' : '-', parts[i].name);
    message_print("\n");
    if (as_describe(AS_PART_HTTP, http, sizeof(http)) && as_describe(AS_PART_TLS, tls, sizeof(tls)))
        message_print("http: %s, %s\n", http, tls);
    message_print("crypto: %s\n", hash_library());
}

static int dispatch(const options *o)
{
    if (o->version) {
        print_version();
        return CLI_DONE;
    }
    /* "help COMMAND" is "COMMAND --help". */
    const int first = o->operand_count && strcmp(o->operands[0], "help") == 0;
    const command *c = o->operand_count > first ? find_command(o->operands[first]) : NULL;
    if (o->operand_count > first && !c)
        return refuse_command(o->shown[first]);
    if (o->help || first) {
        if (c)
            help_print_command(c->help);
        else
            help_print();
        return CLI_DONE;
    }
    if (!c)
        return message_usage("a command is missing; see alphastream --help");
    return run_command(c, o);
}

int main(int argc, char **argv)
{
    options o;
    system_start(&argc, &argv);
    int code = options_parse(argc, argv, &o);
    if (code == CLI_DONE)
        code = dispatch(&o);
    options_free(&o);
    return message_finish(code);
}
