/* SPDX-License-Identifier: MIT
 *
 * convert: a container's frame blocks, as they are, into another container.
 */
#include "cmd.h"

#include "ahead.h"
#include "location.h"
#include "message.h"
#include "output.h"
#include "progress.h"
#include "source_open.h"

#include <string.h>

/* The format that OUT gets: --to, or by its extension. */
static int choose_format(const options *o, as_container_format *format)
{
    const char *path = o->operands[2];
    if (!*path)
        return message_usage("OUT is empty; give a file name");
    if (location_is_http(path))
        return message_usage("\"%s\" is a URL, to which nothing can be written; give a file name "
                             "as OUT",
                             o->shown[2]);
    *format = o->to                                 ? o->to
              : output_has_extension(path, ".asvp") ? AS_FORMAT_ASVP
              : output_has_extension(path, ".asvr") ? AS_FORMAT_ASVR
                                                    : 0;
    if (!*format)
        return message_usage("\"%s\" ends in neither .asvp nor .asvr; say what it becomes with "
                             "--to asvp or --to asvr",
                             path);
    if (*format == AS_FORMAT_ASVP && (o->given & OPTION_TO_KEY))
        return message_usage("%s describes an encrypted OUT, but \"%s\" becomes a plain one; use "
                             "--to asvr, or leave it away",
                             o->to_key_option, path);
    return CLI_DONE;
}

/* The key of an encrypted OUT. If IN is plain, the common options are OUT's; if not, they are IN's
 * and OUT takes over what the --to- options leave open. The name is never taken over: it defaults
 * to OUT's own. */
static void choose_key(const options *o, const opened *in, as_key_params *key)
{
    source_key_params(&o->to_key, &o->key, key);
    if (!in->info.encrypted && !key->file_name)
        key->file_name = o->key.name;
}

/* Writing fails with 2 whatever the reason, but for a passphrase that is missing or a block that
 * is bad. */
static int fail_writing(const as_error *error)
{
    message_fail(error);
    return error->code == AS_ERROR_DECODE ? CLI_DATA : CLI_USAGE;
}

static int copy_frames(const options *o, const opened *in, const frames_list *frames,
                       as_writer *writer)
{
    as_buffer block = {0};
    as_error error = {0};
    progress bar;
    ahead next = {.source = in->source, .container = in->container, .frames = frames};
    int code = CLI_DONE;
    progress_start(&bar, "convert", frames->total, o->progress);
    for (uint64_t i = 0; i < frames->total && code == CLI_DONE; i++) {
        ahead_at(&next, i);
        if (as_container_read_block(in->container, frames_at(frames, i), &block, &error) != AS_OK)
            code = message_fail(&error);
        else if (as_writer_add_block(writer, block.data, block.size, &error) != AS_OK)
            code = fail_writing(&error);
        progress_step(&bar, i + 1);
    }
    progress_end(&bar);
    as_buffer_free(&block);
    return code;
}

static int convert(const options *o, const opened *in, const frames_list *frames,
                   as_container_format format)
{
    as_key_params key;
    as_writer *writer = NULL;
    as_error error = {0};
    choose_key(o, in, &key);
    const as_writer_params params = {.struct_size = sizeof(params),
                                     .format = format,
                                     .key = format == AS_FORMAT_ASVR ? &key : NULL};
    if (as_writer_create(o->operands[2], &params, &writer, &error) != AS_OK) {
        if (!source_lacks_passphrase(o, &error))
            return fail_writing(&error);
        message_error("%s" SOURCE_PASSPHRASE_HINT, error.text);
        return CLI_DATA;
    }
    int code = copy_frames(o, in, frames, writer);
    if (code == CLI_DONE && as_writer_finish(&writer, &error) != AS_OK)
        code = fail_writing(&error);
    as_writer_abort(&writer);
    return code;
}

int cmd_convert(const options *o)
{
    opened in = {0};
    frames_list frames = {0};
    as_container_format format = 0;
    int code = choose_format(o, &format);
    if (code == CLI_DONE)
        code = source_open(o, o->operands[1], &in);
    if (code == CLI_DONE)
        code = source_frames(o, in.info.frame_count, &frames);
    if (code == CLI_DONE)
        code = convert(o, &in, &frames, format);
    frames_free(&frames);
    source_close(&in);
    return code;
}
