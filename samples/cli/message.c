/* SPDX-License-Identifier: MIT */
#include "message.h"

#include "text.h"

#include <errno.h>
#include <pthread.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { LINE_SIZE = 16384, STATUS_SIZE = 128 }; /* the longest path, and why it is of no use */

/* Workers log while the main thread reports: one line at a time. */
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static char status[STATUS_SIZE];
static char *diverted; /* where sentences go, or NULL */
static size_t diverted_size;
static int stdout_error; /* errno of the first failed write to standard output */

static void erase_status(void)
{
    if (status[0])
        fputs("\r\033[K", stderr);
}

/* What is not for a terminal becomes '?'. */
static void write_line(const char *prefix, const char *format, va_list args)
{
    char line[LINE_SIZE];
    vsnprintf(line, sizeof(line), format, args);
    for (char *c = line; *c;) {
        const size_t length = text_printable(c);
        if (length == 0)
            *c = '?';
        c += length ? length : 1;
    }
    pthread_mutex_lock(&lock);
    if (diverted) {
        if (!diverted[0])
            snprintf(diverted, diverted_size, "%s", line);
    } else {
        erase_status();
        fprintf(stderr, "%s%s\n%s", prefix, line, status);
        fflush(stderr);
    }
    pthread_mutex_unlock(&lock);
}

void message_error(const char *format, ...)
{
    va_list args;
    va_start(args, format);
    write_line("alphastream: ", format, args);
    va_end(args);
}

int message_usage(const char *format, ...)
{
    va_list args;
    va_start(args, format);
    write_line("alphastream: ", format, args);
    va_end(args);
    return CLI_USAGE;
}

void message_note(const char *format, ...)
{
    va_list args;
    va_start(args, format);
    write_line("", format, args);
    va_end(args);
}

void message_log(void *user, as_log_level level, const char *message)
{
    static const char *const names[] = {"", "error: ", "warning: ", "info: ", "debug: "};
    (void)user;
    message_error("%s%s", level >= AS_LOG_ERROR && level <= AS_LOG_DEBUG ? names[level] : "",
                  message);
}

bool message_is_bad_frame(as_result result)
{
    return command_exit_code(result) == CLI_DATA;
}

int message_fail(const as_error *error)
{
    message_error("%s", error->text[0] ? error->text : as_result_text(error->code));
    return command_exit_code(error->code);
}

void message_divert(char *text, size_t size)
{
    pthread_mutex_lock(&lock);
    diverted = text;
    diverted_size = size;
    if (text)
        text[0] = '\0';
    pthread_mutex_unlock(&lock);
}

void message_status(const char *text)
{
    pthread_mutex_lock(&lock);
    erase_status();
    snprintf(status, sizeof(status), "%s", text);
    fputs(status, stderr);
    fflush(stderr);
    pthread_mutex_unlock(&lock);
}

bool message_print(const char *format, ...)
{
    if (stdout_error)
        return false;
    va_list args;
    va_start(args, format);
    pthread_mutex_lock(&lock);
    /* On a terminal the bar stands where this line goes. */
    const bool over_status = status[0] && isatty(STDOUT_FILENO);
    if (over_status)
        erase_status();
    if (vprintf(format, args) < 0 || (over_status && fflush(stdout) != 0))
        stdout_error = errno ? errno : EIO;
    if (over_status)
        fputs(status, stderr);
    pthread_mutex_unlock(&lock);
    va_end(args);
    return !stdout_error;
}

bool message_print_name(const char *name)
{
    bool printed = true;
    while (*name && printed) {
        const size_t length = text_printable(name);
        printed = length ? message_print("%.*s", (int)length, name) : message_print("?");
        name += length ? length : 1;
    }
    return printed;
}

static bool colours(void)
{
    const char *no = getenv("NO_COLOR"), *terminal = getenv("TERM");
    return isatty(STDOUT_FILENO) && !(no && *no) && terminal && *terminal &&
           strcmp(terminal, "dumb") != 0;
}

bool message_print_coloured(message_colour colour, const char *word)
{
    static const char *const codes[] = {"", "\033[32m", "\033[31m", "\033[33m"};
    return colour != COLOUR_NONE && colours() ? message_print("%s%s\033[m", codes[colour], word)
                                              : message_print("%s", word);
}

bool message_is_closed(int system_error)
{
    return system_error == EPIPE || system_error == EBADF;
}

int message_finish(int code)
{
    if (!stdout_error && fflush(stdout) != 0)
        stdout_error = errno ? errno : EIO;
    if (!stdout_error)
        return code;
    if (!message_is_closed(stdout_error))
        message_error("writing to standard output failed: %s; check free space",
                      strerror(stdout_error));
    return CLI_USAGE;
}
