/* SPDX-License-Identifier: MIT
 *
 * alphastream: looks into AlphaStream containers, draws and plays their masks, rewrites
 * them.
 */
#include "backend.h"
#include "cmd.h"
#include "help.h"
#include "message.h"
#include "system.h"

#include <string.h>

typedef struct command {
    const char *name;
    const char *expected; /* its operands in words */
    int operands;         /* how many, the command's name not counted */
    unsigned accepted;    /* options of its own */
    int (*run)(const options *o);
    const char *help;
} command;

static const command commands[] = {
    {"info", "one SOURCE", 1, OPTION_JSON | OPTION_HTTP, cmd_info, help_info},
    {"verify", "one SOURCE", 1, 0, cmd_verify, help_verify},
    {"framehash", "one SOURCE", 1, 0, cmd_framehash, help_framehash},
    {"decode", "one SOURCE", 1,
     OPTION_OUTPUT | OPTION_QUIET | OPTION_KEEP_GOING | OPTION_SHEET | OPTION_SHEET_FRAMES |
         OPTION_TILE,
     cmd_decode, help_decode},
    {"play", "one SOURCE", 1, OPTION_JSON | OPTION_PLAY, cmd_play, help_play},
    {"convert", "IN and OUT", 2, OPTION_TO | OPTION_TO_KEY, cmd_convert, help_convert},
    {"gpus", "nothing", 0, OPTION_JSON, cmd_gpus, help_gpus},
};

static const command *find_command(const char *name)
{
    for (size_t i = 0; i < sizeof(commands) / sizeof(*commands); i++)
        if (strcmp(commands[i].name, name) == 0)
            return &commands[i];
    return NULL;
}

static int run_command(const command *c, const options *o)
{
    const char *refused = options_refused(o, c->accepted | OPTION_SIZE);
    if (refused)
        return message_usage("%s does not take %s; see alphastream %s --help", c->name, refused,
                             c->name);
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

static int dispatch(const options *o)
{
    const command *c = o->operand_count ? find_command(o->operands[0]) : NULL;
    if (o->version) {
        message_print("alphastream %s\n", as_version_string());
        return CLI_DONE;
    }
    if (o->operand_count && !c)
        return message_usage("there is no command \"%s\"; see alphastream --help", o->shown[0]);
    if (o->help) {
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
