/* SPDX-License-Identifier: MIT */
#define _DEFAULT_SOURCE /* SO_REUSEPORT */

#include "tests/support/http_child.h"
#include "tests/support/http_fixture.h"

#include <arpa/inet.h>
#include <inttypes.h>
#include <netinet/in.h>
#include <signal.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

enum { CONFIG_BYTES = 8192, READY_SECONDS = 20 };

struct nginx {
    nginx *next;
    pid_t pid;
    uint16_t port;
    int place; /* keeps the port */
    char folder[HTTP_PATH];
};

static nginx *running;

/* One process that stays in front; nothing outside its folder. */
static const char *const config_text = "daemon off;\n"
                                       "master_process off;\n"
                                       "pid nginx.pid;\n"
                                       "error_log error.log warn;\n"
                                       "events { worker_connections 1024; }\n"
                                       "http {\n"
                                       "client_body_temp_path body;\n"
                                       "proxy_temp_path proxy;\n"
                                       "fastcgi_temp_path fastcgi;\n"
                                       "uwsgi_temp_path uwsgi;\n"
                                       "scgi_temp_path scgi;\n"
                                       "log_format test '$connection $request_method $status "
                                       "$body_bytes_sent $request_uri $http_range';\n"
                                       "access_log access.log test;\n"
                                       "%s\n"
                                       "server {\n"
                                       "listen 127.0.0.1:%u reuseport %s;\n"
                                       "root @FOLDER;\n"
                                       "location = /ready { access_log off; return 204; }\n"
                                       "%s\n"
                                       "}\n"
                                       "}\n";

static void path_in(const nginx *n, char out[HTTP_PATH], const char *name)
{
    const int length = snprintf(out, HTTP_PATH, "%s/%s", n->folder, name);
    assert_true(length > 0 && length < HTTP_PATH);
}

/* The text with the files' folder for each @FOLDER. */
static void write_config(const nginx *n, const char *text)
{
    char files[HTTP_PATH], path[HTTP_PATH];
    path_in(n, path, "nginx.conf");
    http_path(files, "");
    FILE *file = fopen(path, "w");
    assert_non_null(file);
    for (const char *at; (at = strstr(text, "@FOLDER")); text = at + strlen("@FOLDER"))
        fprintf(file, "%.*s%s", (int)(at - text), text, files);
    fprintf(file, "%s", text);
    assert_int_equal(fclose(file), 0);
}

/* A socket that has a free port and does not listen: nginx may share the port, nobody else gets it.
 */
static int take_port(uint16_t *out_port)
{
    struct sockaddr_in address = {.sin_family = AF_INET};
    socklen_t size = sizeof(address);
    const int yes = 1, fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    assert_true(fd >= 0);
    assert_int_equal(setsockopt(fd, SOL_SOCKET, SO_REUSEPORT, &yes, sizeof(yes)), 0);
    assert_int_equal(bind(fd, (struct sockaddr *)&address, size), 0);
    assert_int_equal(getsockname(fd, (struct sockaddr *)&address, &size), 0);
    *out_port = ntohs(address.sin_port);
    return fd;
}

static void show_log(const nginx *n)
{
    char path[HTTP_PATH];
    size_t size;
    path_in(n, path, "error.log");
    if (access(path, R_OK) != 0)
        return;
    char *text = (char *)test_read_file(path, &size);
    print_error("%s", text);
    free(text);
}

/* Does it answer at all? Whatever it answers (over TLS, a complaint). */
static bool answers(uint16_t port)
{
    static const char request[] = "GET /ready HTTP/1.0\r\n\r\n";
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_port = htons(port)};
    char answer[64];
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    const int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    assert_true(fd >= 0);
    const bool there = connect(fd, (struct sockaddr *)&address, sizeof(address)) == 0 &&
                       send(fd, request, sizeof(request) - 1, MSG_NOSIGNAL) > 0 &&
                       recv(fd, answer, sizeof(answer), 0) > 0;
    close(fd);
    return there;
}

static void wait_until_ready(nginx *n)
{
    const struct timespec moment = {.tv_nsec = 2 * 1000 * 1000};
    for (int i = 0; i < READY_SECONDS * 500; i++) {
        if (answers(n->port))
            return;
        if (test_child_ended(n->pid)) {
            n->pid = 0;
            break;
        }
        nanosleep(&moment, NULL);
    }
    show_log(n);
    fail_msg("nginx did not start");
}

nginx *nginx_start(const char *http, const char *server, const char *listen_options)
{
    static unsigned count;
    char name[32], text[CONFIG_BYTES];
    nginx *n = calloc(1, sizeof(*n));
    assert_non_null(n);
    snprintf(name, sizeof(name), "nginx-%u", count++);
    http_path(n->folder, name);
    assert_int_equal(mkdir(n->folder, 0700), 0);
    n->place = take_port(&n->port);
    const int length =
        snprintf(text, sizeof(text), config_text, http, (unsigned)n->port, listen_options, server);
    assert_true(length > 0 && (size_t)length < sizeof(text));
    write_config(n, text);
    char program[] = "nginx", p[] = "-p", e[] = "-e", error_log[] = "error.log", c[] = "-c",
         config[] = "nginx.conf";
    char *arguments[] = {program, p, n->folder, e, error_log, c, config, NULL};
    n->pid = test_child_start(arguments, -1, "nginx-light");
    n->next = running;
    running = n;
    wait_until_ready(n);
    return n;
}

uint16_t nginx_port(const nginx *n)
{
    return n->port;
}

/* false: it is of wait_until_ready. */
static bool parse_line(fault_request *r, const char *line)
{
    char range[64] = "";
    if (sscanf(line, "%" SCNu32 " %15s %" SCNu32 " %" SCNu64 " %1023s %63s", &r->connection,
               r->method, &r->status, &r->sent, r->target, range) < 5)
        fail_msg("a log line that makes no sense: %s", line);
    r->first = r->last = NO_BYTE;
    sscanf(range, "bytes=%" SCNu64 "-%" SCNu64, &r->first, &r->last);
    return strcmp(r->target, "/ready") != 0;
}

static void end(nginx *n)
{
    nginx **at = &running;
    while (*at != n)
        at = &(*at)->next;
    *at = n->next;
    close(n->place);
    if (n->pid > 0)
        test_child_stop(n->pid, SIGTERM);
}

fault_log nginx_stop(nginx **n)
{
    fault_log log = {NULL, 0};
    char path[HTTP_PATH], line[2048];
    end(*n);
    path_in(*n, path, "access.log");
    FILE *file = fopen(path, "r");
    assert_non_null(file);
    while (fgets(line, sizeof(line), file)) {
        fault_request *larger = realloc(log.requests, (log.count + 1) * sizeof(*larger));
        assert_non_null(larger);
        log.requests = larger;
        memset(&larger[log.count], 0, sizeof(*larger));
        log.count += parse_line(&larger[log.count], line);
    }
    fclose(file);
    free(*n);
    *n = NULL;
    return log;
}

void nginx_stop_all(void)
{
    while (running) {
        nginx *n = running;
        end(n);
        free(n);
    }
}
