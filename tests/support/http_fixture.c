/* SPDX-License-Identifier: MIT */
#include "tests/support/http_fixture.h"

#include "tests/support/http_child.h"

#include <dirent.h>
#include <errno.h>
#include <inttypes.h>
#include <pthread.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#define SERVER_SCRIPT "tests/support/fault_server.py"

enum { COMMAND_BYTES = 16384, LINE_BYTES = 8192 };

static char folder[HTTP_PATH / 2];
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER; /* of the conversation with the server */
static FILE *server;                                     /* both ways; NULL: not started */
static pid_t server_pid;
static uint16_t server_port;

/* -------------------------------------------------------------------------------- process -- */

static uint16_t port_of(const char *line)
{
    unsigned port = 0;
    if (sscanf(line, "port %u", &port) != 1 || port == 0 || port > UINT16_MAX)
        fail_msg("the fault server said '%s' instead of its port", line);
    return (uint16_t)port;
}

static void start_server(void)
{
    char line[LINE_BYTES] = "nothing";
    char program[] = "python3", script[] = SERVER_SCRIPT;
    char *arguments[] = {program, script, folder, NULL};
    int ends[2];
    assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends), 0);
    server_pid = test_child_start(arguments, ends[1], "python3");
    close(ends[1]);
    server = fdopen(ends[0], "r+");
    assert_non_null(server);
    setvbuf(server, NULL, _IOLBF, 0);
    if (!fgets(line, sizeof(line), server))
        fail_msg("the fault server did not start; tests run in the top folder of the checkout");
    server_port = port_of(line);
}

void http_start(void)
{
    static const char *const proxies[] = {"http_proxy", "https_proxy", "HTTPS_PROXY", "all_proxy",
                                          "ALL_PROXY",  "no_proxy",    "NO_PROXY",    NULL};
    for (const char *const *name = proxies; *name; name++)
        unsetenv(*name);
    test_make_folder(folder, sizeof(folder));
    start_server();
}

static void remove_tree(const char *path)
{
    DIR *opened = opendir(path);
    assert_non_null(opened);
    for (struct dirent *entry; (entry = readdir(opened));) {
        char name[HTTP_PATH];
        struct stat found;
        if (strcmp(entry->d_name, ".") == 0 || strcmp(entry->d_name, "..") == 0)
            continue;
        const int n = snprintf(name, sizeof(name), "%s/%s", path, entry->d_name);
        assert_true(n > 0 && (size_t)n < sizeof(name));
        if (lstat(name, &found) == 0 && S_ISDIR(found.st_mode))
            remove_tree(name);
        else
            unlink(name);
    }
    closedir(opened);
    assert_int_equal(rmdir(path), 0);
}

void http_stop(void)
{
    if (server) {
        shutdown(fileno(server), SHUT_RDWR);
        fclose(server);
        server = NULL;
    }
    if (server_pid > 0)
        test_child_stop(server_pid, 0);
    server_pid = 0;
    nginx_stop_all();
    if (folder[0])
        remove_tree(folder);
    folder[0] = '\0';
}

char *http_path(char out[HTTP_PATH], const char *name)
{
    const int n = snprintf(out, HTTP_PATH, "%s/%s", folder, name);
    assert_true(n > 0 && n < HTTP_PATH);
    return out;
}

/* ------------------------------------------------------------------------------- commands -- */

/* The answer, or NULL: the server is gone. *out_wrong: the last line is its complaint. */
static char *converse(const char *command, bool *out_wrong)
{
    char line[LINE_BYTES];
    size_t size = 0, capacity = 4096;
    char *answer = calloc(1, capacity);
    assert_non_null(answer);
    *out_wrong = false;
    /* A stream that is read and written wants a call between the two. */
    fseek(server, 0, SEEK_CUR);
    const int fd = fileno(server);
    for (size_t sent = 0, length = strlen(command); sent < length;) {
        const ssize_t n = send(fd, command + sent, length - sent, MSG_NOSIGNAL);
        if (n <= 0) {
            free(answer);
            return NULL;
        }
        sent += (size_t)n;
    }
    while (fgets(line, sizeof(line), server)) {
        const size_t length = strlen(line);
        if (strcmp(line, "ok\n") == 0)
            return answer;
        if (size + length >= capacity) {
            capacity = 2 * capacity + length;
            char *larger = realloc(answer, capacity);
            assert_non_null(larger);
            answer = larger;
        }
        memcpy(answer + size, line, length + 1);
        size += length;
        *out_wrong = strncmp(line, "error ", 6) == 0;
        if (*out_wrong)
            return answer;
    }
    free(answer);
    return NULL;
}

static char *ask(const char *format, va_list arguments)
{
    char command[COMMAND_BYTES];
    const int n = vsnprintf(command, sizeof(command) - 1, format, arguments);
    assert_true(n > 0 && (size_t)n < sizeof(command) - 1);
    command[n] = '\n';
    command[n + 1] = '\0';
    bool wrong;
    pthread_mutex_lock(&lock);
    char *answer = converse(command, &wrong);
    pthread_mutex_unlock(&lock);
    if (!answer)
        fail_msg("the fault server ended during '%s'", command);
    if (wrong) {
        print_error("the fault server: %s", answer);
        free(answer);
        fail();
    }
    return answer;
}

char *fault_ask(const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    char *answer = ask(format, arguments);
    va_end(arguments);
    return answer;
}

void fault_tell(const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    free(ask(format, arguments));
    va_end(arguments);
}

/* A path as the value of a command. */
static char *escaped(char out[3 * HTTP_PATH], const char *path)
{
    size_t size = 0;
    assert_true(strlen(path) < HTTP_PATH);
    for (; *path; path++)
        size += (size_t)snprintf(out + size, 4, strchr(" %\t\n", *path) ? "%%%02x" : "%c",
                                 (unsigned char)*path);
    return out;
}

void fault_scenario(const char *id, const char *path, const char *settings)
{
    char value[3 * HTTP_PATH];
    fault_tell("scenario %s file=%s %s", id, escaped(value, path), settings);
}

void fault_content(const char *id, const char *path, const char *settings)
{
    char value[3 * HTTP_PATH];
    fault_tell("set %s file=%s %s", id, escaped(value, path), settings);
}

void fault_rule(const char *id, const char *rule)
{
    fault_tell("rule %s %s", id, rule);
}

void fault_wait(const char *id, const char *counts)
{
    fault_tell("wait %s %s", id, counts);
}

uint16_t fault_listen(const char *options)
{
    char *answer = fault_ask("listen %s", options);
    const uint16_t port = port_of(answer);
    free(answer);
    return port;
}

uint16_t fault_port(void)
{
    return server_port;
}

char *fault_ca_file(char out[HTTP_PATH])
{
    char *answer = fault_ask("certificates");
    const char *end = strstr(answer, " certificate=");
    assert_true(strncmp(answer, "ca=", 3) == 0 && end && end - answer < HTTP_PATH);
    snprintf(out, HTTP_PATH, "%.*s", (int)(end - answer) - 3, answer + 3);
    free(answer);
    return out;
}

char *fault_origin(char out[HTTP_URL], const char *scheme, uint16_t port)
{
    snprintf(out, HTTP_URL, "%s://127.0.0.1:%u", scheme, (unsigned)port);
    return out;
}

char *fault_url_at(char out[HTTP_URL], const char *origin, const char *id, const char *file)
{
    const int n = snprintf(out, HTTP_URL, "%s/s/%s/%s", origin, id, file);
    assert_true(n > 0 && n < HTTP_URL);
    return out;
}

char *fault_url(char out[HTTP_URL], const char *id, const char *file)
{
    char origin[HTTP_URL];
    return fault_url_at(out, fault_origin(origin, "http", server_port), id, file);
}

/* ------------------------------------------------------------------------------------ log -- */

static uint64_t byte_or_none(int64_t value)
{
    return value < 0 ? NO_BYTE : (uint64_t)value;
}

static void parse_request(fault_request *r, const char *line)
{
    int64_t first, last;
    const int n =
        sscanf(line,
               "request %*u connection=%" SCNu32 " port=%" SCNu32 " method=%15s status=%" SCNu32
               " first=%" SCNd64 " last=%" SCNd64 " sent=%" SCNu64 " begun=%" SCNu64
               " ended=%" SCNu64 " end=%15s target=%1023s",
               &r->connection, &r->port, r->method, &r->status, &first, &last, &r->sent,
               &r->begun_us, &r->ended_us, r->end, r->target);
    if (n != 11)
        fail_msg("a log line that makes no sense: %s", line);
    r->first = byte_or_none(first);
    r->last = byte_or_none(last);
}

fault_log fault_log_of(const char *id)
{
    fault_log log = {NULL, 0};
    char *answer = fault_ask("log %s", id), *rest = NULL;
    for (char *line = strtok_r(answer, "\n", &rest); line; line = strtok_r(NULL, "\n", &rest)) {
        fault_request *last = log.count ? &log.requests[log.count - 1] : NULL;
        if (last && strncmp(line, "header ", 7) == 0) {
            const size_t used = strlen(last->headers);
            snprintf(last->headers + used, sizeof(last->headers) - used, "%s\n", line + 7);
            continue;
        }
        fault_request *larger = realloc(log.requests, (log.count + 1) * sizeof(*larger));
        assert_non_null(larger);
        log.requests = larger;
        memset(&larger[log.count], 0, sizeof(*larger));
        parse_request(&larger[log.count++], line);
    }
    free(answer);
    return log;
}

void fault_log_free(fault_log *log)
{
    free(log->requests);
    *log = (fault_log){NULL, 0};
}

static bool same_name(const char *a, const char *b, size_t length)
{
    for (size_t i = 0; i < length; i++)
        if ((a[i] | 0x20) != (b[i] | 0x20))
            return false;
    return true;
}

/* How many headers of that name there are; the first one's value to `out`. */
static size_t find_headers(const fault_request *request, const char *name, char *out, size_t size)
{
    const size_t length = strlen(name);
    size_t found = 0;
    for (const char *line = request->headers; *line; line += strcspn(line, "\n") + 1) {
        if (!same_name(line, name, length) || strncmp(line + length, ": ", 2) != 0)
            continue;
        const char *value = line + length + 2;
        if (found++ == 0)
            snprintf(out, size, "%.*s", (int)strcspn(value, "\n"), value);
    }
    return found;
}

bool fault_header(const fault_request *request, const char *name, char *out, size_t size)
{
    return find_headers(request, name, out, size) > 0;
}

static const char *wrong_with(const fault_request *r)
{
    char value[256];
    if (strcmp(r->method, "GET") != 0)
        return "its method is not GET";
    if (find_headers(r, "Range", value, sizeof(value)) > 1)
        return "it has several Range headers";
    if (fault_header(r, "Range", value, sizeof(value)) && r->first == NO_BYTE)
        return "its Range is not bytes=A-B";
    if (r->last != NO_BYTE && r->last < r->first)
        return "its range ends before it begins";
    if (!fault_header(r, "Accept-Encoding", value, sizeof(value)) || strcmp(value, "identity") != 0)
        return "it has no Accept-Encoding: identity";
    return NULL;
}

const char *fault_wrong_request(const fault_log *log)
{
    const char *what = NULL;
    for (size_t i = 0; i < log->count && !what; i++)
        what = wrong_with(&log->requests[i]);
    return what;
}

void fault_check_requests(const fault_log *log)
{
    for (size_t i = 0; i < log->count; i++) {
        const fault_request *r = &log->requests[i];
        const char *what = wrong_with(r);
        if (what)
            fail_msg("request %zu: %s: %s %s\n%s", i, what, r->method, r->target, r->headers);
    }
}

uint64_t fault_log_sent(const fault_log *log)
{
    uint64_t sent = 0;
    for (size_t i = 0; i < log->count; i++)
        sent += log->requests[i].sent;
    return sent;
}
