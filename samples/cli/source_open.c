/* SPDX-License-Identifier: MIT */
#include "source_open.h"

#include "message.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define STDIN_MOST ((size_t)1 << 30)
#define STDIN_FIRST ((size_t)1 << 20)

static void release_bytes(void *user, const void *data)
{
    (void)data;
    free(user);
}

/* Reads standard input to its end into *bytes, which the caller frees. */
static int read_stdin(uint8_t **bytes, size_t *size)
{
    size_t capacity = 0;
    for (;;) {
        if (*size == capacity) {
            if (capacity > STDIN_MOST) {
                message_error("standard input has more than 1 GiB; save it to a file and name that "
                              "instead of -");
                return CLI_SOURCE;
            }
            /* One byte past the limit tells a full gibibyte from more. */
            capacity = !capacity                    ? STDIN_FIRST
                       : capacity >= STDIN_MOST / 2 ? STDIN_MOST + 1
                                                    : capacity * 2;
            uint8_t *grown = realloc(*bytes, capacity);
            if (!grown)
                return message_usage("out of memory: standard input needs %zu bytes; save it to a "
                                     "file and name that instead of -",
                                     capacity);
            *bytes = grown;
        }
        const ssize_t n = read(STDIN_FILENO, *bytes + *size, capacity - *size);
        if (n == 0)
            return CLI_DONE;
        if (n < 0 && errno != EINTR) {
            message_error("reading standard input failed: %s; check what it is connected to",
                          strerror(errno));
            return CLI_SOURCE;
        }
        *size += n > 0 ? (size_t)n : 0;
    }
}

static int open_stdin(const options *o, as_source **source)
{
    uint8_t *bytes = NULL;
    size_t size = 0;
    int code = read_stdin(&bytes, &size);
    if (code == CLI_DONE) {
        const as_memory_params params = {.struct_size = sizeof(params),
                                         .name = o->key.name ? o->key.name : "",
                                         .release = release_bytes,
                                         .user = bytes};
        as_error error = {0};
        if (as_source_open_memory(bytes, size, &params, source, &error) == AS_OK)
            return CLI_DONE;
        code = message_fail(&error);
    }
    free(bytes);
    return code;
}

void source_key_params(const key_options *key, const key_options *fallback, as_key_params *params)
{
    static const key_options none = {0};
    if (!fallback)
        fallback = &none;
    *params = (as_key_params){
        .struct_size = sizeof(*params),
        .scene_id = key->scene_given ? key->scene : fallback->scene,
        .version = key->stream_version ? key->stream_version : fallback->stream_version,
        .file_name = key->name,
        .passphrase_file = key->passphrase_file ? key->passphrase_file : fallback->passphrase_file};
}

/* The library takes an empty variable for none. */
static bool is_set(const char *variable)
{
    const char *value = getenv(variable);
    return value && *value;
}

bool source_lacks_passphrase(const options *o, const as_error *error)
{
    return error->code == AS_ERROR_DECODE && !o->key.passphrase_file &&
           !is_set("ALPHASTREAM_PASSPHRASE") && !is_set("ALPHASTREAM_PASSPHRASE_FILE") &&
           strstr(error->text, "passphrase");
}

/* Does the text have this name in quotes? */
static bool names(const char *text, const char *name)
{
    const size_t length = strlen(name);
    for (const char *at = strstr(text, name); at; at = strstr(at + 1, name))
        if (length == 0 || (at > text && at[-1] == '"' && at[length] == '"'))
            return true;
    return false;
}

/* What is wrong with content does not say where it lies, and the library does not know this tool's
 * way of giving a passphrase. */
int source_say_not_opened(const options *o, const as_error *error)
{
    const bool unnamed = error->code == AS_ERROR_DECODE && !names(error->text, o->shown[1]);
    message_error("%s%s%s%s", unnamed ? o->shown[1] : "", unnamed ? ": " : "",
                  error->text[0] ? error->text : as_result_text(error->code),
                  source_lacks_passphrase(o, error) ? SOURCE_PASSPHRASE_HINT : "");
    return command_exit_code(error->code);
}

int source_open_bytes(const options *o, const char *location, exchanges *recorder,
                      as_source **source)
{
    as_error error = {0};
    /* It warns of what reads fail with, which is told here when they do. */
    const as_log_level level = o->log_level_given ? o->log_level : AS_LOG_ERROR;
    if (strcmp(location, "-") == 0)
        return open_stdin(o, source);
    const as_http_params http = {.struct_size = sizeof(http),
                                 .headers = o->http.headers,
                                 .header_count = o->http.header_count,
                                 .proxy = o->http.proxy,
                                 .ca_file = o->http.ca_file,
                                 .insecure = o->http.insecure,
                                 .cache_dir = o->http.cache_dir,
                                 .exchange = recorder ? exchanges_add : NULL,
                                 .user = recorder,
                                 .log = {.fn = message_log, .level = level}};
    const as_source_params params = {.struct_size = sizeof(params), .http = &http};
    if (as_source_open(location, &params, source, &error) == AS_OK)
        return CLI_DONE;
    /* What the library says to programmers. */
    char *advice = strstr(error.text, ", or bytes of your own through");
    if (advice)
        snprintf(advice, (size_t)(error.text + sizeof(error.text) - advice),
                 ", or - for standard input");
    return message_fail(&error);
}

int source_open(const options *o, const char *location, opened *out)
{
    as_error error = {0};
    const int code = source_open_bytes(o, location, out->exchanges, &out->source);
    if (code != CLI_DONE)
        return code;
    as_key_params key;
    source_key_params(&o->key, NULL, &key);
    const as_container_params params = {.struct_size = sizeof(params),
                                        .key = &key,
                                        .log = {.fn = message_log, .level = o->log_level}};
    if (as_container_open(out->source, &params, &out->container, &error) != AS_OK ||
        as_container_get_info(out->container, &out->info, &error) != AS_OK)
        return source_say_not_opened(o, &error);
    return CLI_DONE;
}

int source_open_drawing(const options *o, const char *location, opened *out)
{
    int code = backend_open(o, &out->gpu); /* first: without it nothing needs to be read */
    if (code == CLI_DONE)
        code = source_open(o, location, out);
    if (code == CLI_DONE && out->gpu)
        code = backend_attach_source(out->gpu, o, out->source);
    return code;
}

int source_frames(const options *o, uint64_t count, frames_list *list)
{
    uint64_t index = 0;
    if (o->frames_given && frames_reach(&o->frames, count, &index))
        return message_usage("--frames names frame %" PRIu64 ", which is past the end: there are "
                             "%" PRIu64 " frames, counted from 0",
                             index, count);
    const bool made = o->frames_given ? frames_copy(&o->frames, list) : frames_all(count, list);
    return made ? CLI_DONE : message_usage("out of memory: the list of frames");
}

void source_close(opened *in)
{
    backend_close(&in->gpu);
    as_container_close(&in->container);
    as_source_close(&in->source);
}
