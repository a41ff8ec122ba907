/* SPDX-License-Identifier: MIT
 *
 * The web servers that other tests rely on: they answer, tell what they were asked, and never
 * outlive the test. (What the fault server plays is tested in tests/support/test_fault_server.py.)
 */
#include "tests/support/http_fixture.h"

#include <arpa/inet.h>
#include <inttypes.h>
#include <netinet/in.h>
#include <signal.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

enum { CONTENT_BYTES = 5000, ANSWER_BYTES = 8192 };

static char content_path[HTTP_PATH];

static int setup(void **state)
{
    uint8_t content[CONTENT_BYTES];
    (void)state;
    http_start();
    for (size_t i = 0; i < sizeof(content); i++)
        content[i] = (uint8_t)('a' + i % 26);
    test_write_file(http_path(content_path, "a b%"), content, sizeof(content));
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    http_stop();
    return 0;
}

/* -1: refused. */
static int connect_to(uint16_t port)
{
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_port = htons(port)};
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    const int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    assert_true(fd >= 0);
    if (connect(fd, (struct sockaddr *)&address, sizeof(address)) == 0)
        return fd;
    close(fd);
    return -1;
}

/* Asks over a connection of its own and takes all of the answer; returns the status. */
static unsigned get(uint16_t port, const char *path, const char *headers, char out[ANSWER_BYTES])
{
    char request[1024];
    size_t size = 0;
    unsigned status = 0;
    const int fd = connect_to(port);
    assert_true(fd >= 0);
    const int length =
        snprintf(request, sizeof(request),
                 "GET %s HTTP/1.1\r\nHost: test\r\n%sConnection: close\r\n\r\n", path, headers);
    assert_int_equal(send(fd, request, (size_t)length, MSG_NOSIGNAL), length);
    for (ssize_t n; (n = recv(fd, out + size, ANSWER_BYTES - 1 - size, 0)) > 0;)
        size += (size_t)n;
    out[size] = '\0';
    close(fd);
    assert_int_equal(sscanf(out, "HTTP/1.1 %u", &status), 1);
    return status;
}

static void test_fault_server(void **state)
{
    (void)state;
    char url[HTTP_URL], origin[HTTP_URL], answer[ANSWER_BYTES], value[64];
    fault_scenario("a", content_path, "etag=\"v\"");
    fault_rule("a", "skip=1 status=503 header=Retry-After:1");
    fault_url(url, "a", "f.asvp");
    snprintf(origin, sizeof(origin), "http://127.0.0.1:%u/s/a/f.asvp", (unsigned)fault_port());
    assert_string_equal(url, origin);
    const uint16_t port = fault_listen("");
    assert_int_equal(get(fault_port(), "/s/a/f.asvp",
                         "Range: bytes=26-28\r\nAccept-Encoding: identity\r\n", answer),
                     206);
    assert_non_null(strstr(answer, "\r\n\r\nabc"));
    assert_int_equal(get(port, "/s/a/g", "Accept-Encoding: identity\r\nX: 1\r\nX: 2\r\n", answer),
                     503);
    fault_wait("a", "ended=2 open=0");

    fault_log log = fault_log_of("a");
    assert_int_equal(log.count, 2);
    const fault_request *first = &log.requests[0], *second = &log.requests[1];
    assert_string_equal(first->method, "GET");
    assert_string_equal(first->target, "/s/a/f.asvp");
    assert_int_equal(first->status, 206);
    assert_int_equal(first->first, 26);
    assert_int_equal(first->last, 28);
    assert_int_equal(first->sent, 3);
    assert_int_equal(first->port, fault_port());
    assert_int_equal(second->status, 503);
    assert_int_equal(second->port, port);
    assert_true(second->first == NO_BYTE && second->last == NO_BYTE);
    assert_true(first->begun_us <= first->ended_us && first->begun_us <= second->begun_us);
    assert_true(fault_header(second, "x", value, sizeof(value)));
    assert_string_equal(value, "1");
    assert_false(fault_header(second, "Range", value, sizeof(value)));
    assert_int_equal(fault_log_sent(&log), first->sent + second->sent);
    assert_null(fault_wrong_request(&log));
    fault_log_free(&log);
}

static void test_nginx(void **state)
{
    (void)state;
    char answer[ANSWER_BYTES];
    test_write_file(http_path(answer, "file"), "0123456789", 10);
    nginx *n = nginx_start("", "location /no/ { alias @FOLDER; max_ranges 0; }", "");
    nginx *other = nginx_start("", "", "");
    assert_int_equal(get(nginx_port(n), "/file", "Range: bytes=2-4\r\n", answer), 206);
    assert_non_null(strstr(answer, "\r\n\r\n234"));
    assert_int_equal(get(nginx_port(n), "/no/file", "Range: bytes=2-4\r\n", answer), 200);
    assert_int_equal(get(nginx_port(other), "/none", "", answer), 404);
    fault_log log = nginx_stop(&n);
    assert_null(n);
    assert_int_equal(log.count, 2);
    assert_int_equal(log.requests[0].status, 206);
    assert_int_equal(log.requests[0].first, 2);
    assert_int_equal(log.requests[0].last, 4);
    assert_int_equal(log.requests[0].sent, 3);
    assert_string_equal(log.requests[0].method, "GET");
    assert_string_equal(log.requests[1].target, "/no/file");
    assert_true(log.requests[0].connection != log.requests[1].connection);
    fault_log_free(&log);
    log = nginx_stop(&other);
    assert_int_equal(log.count, 1);
    assert_true(log.requests[0].first == NO_BYTE);
    fault_log_free(&log);
}

/* The library's requests are known by these; a checker that takes anything would be of no use. */
static bool blamed(const char *headers, const char *method)
{
    fault_request request = {.first = 0, .last = 9};
    const fault_log log = {&request, 1};
    snprintf(request.method, sizeof(request.method), "%s", method);
    snprintf(request.headers, sizeof(request.headers), "%s", headers);
    return fault_wrong_request(&log) != NULL;
}

static void test_checks_of_requests(void **state)
{
    (void)state;
    assert_false(blamed("Accept-Encoding: identity\nRange: bytes=0-9\n", "GET"));
    assert_true(blamed("Accept-Encoding: identity\nRange: bytes=0-9\n", "HEAD"));
    assert_true(blamed("Range: bytes=0-9\n", "GET"));
    assert_true(blamed("Accept-Encoding: gzip\nRange: bytes=0-9\n", "GET"));
    assert_true(blamed("Accept-Encoding: identity\nRange: bytes=0-9\nRange: bytes=0-9\n", "GET"));
}

/* This program, started anew: starts both servers, writes their ports, waits to be killed. */
static int hold_servers(int fd)
{
    http_start();
    const uint16_t ports[2] = {fault_port(), nginx_port(nginx_start("", "", ""))};
    if (write(fd, ports, sizeof(ports)) != (ssize_t)sizeof(ports))
        return 1;
    for (;;)
        pause();
}

/* A process that started both servers is killed: they end too. */
static void test_nothing_is_left(void **state)
{
    (void)state;
    uint16_t ports[2] = {0, 0};
    char text[16], folder[HTTP_PATH];
    int ends[2];
    http_path(folder, "");
    assert_int_equal(pipe(ends), 0);
    snprintf(text, sizeof(text), "%d", ends[1]);
    const pid_t pid = fork();
    if (pid == 0) {
        setenv("TMPDIR", folder, 1); /* it cannot remove its files */
        execl("/proc/self/exe", "test_http_fixture", text, (char *)NULL);
        _exit(127);
    }
    close(ends[1]);
    assert_int_equal(read(ends[0], ports, sizeof(ports)), sizeof(ports));
    close(ends[0]);
    for (size_t i = 0; i < 2; i++) {
        const int fd = connect_to(ports[i]);
        assert_true(fd >= 0);
        close(fd);
    }
    assert_int_equal(kill(pid, SIGKILL), 0);
    assert_int_equal(waitpid(pid, NULL, 0), pid);
    for (size_t i = 0; i < 2; i++)
        for (int fd; (fd = connect_to(ports[i])) >= 0; close(fd)) {
            const struct timespec moment = {.tv_nsec = 2 * 1000 * 1000};
            nanosleep(&moment, NULL); /* the kernel kills it; there is no event to wait for */
        }
}

int main(int count, char **arguments)
{
    if (count == 2)
        return hold_servers(atoi(arguments[1]));
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_fault_server),
        cmocka_unit_test(test_nginx),
        cmocka_unit_test(test_checks_of_requests),
        cmocka_unit_test(test_nothing_is_left),
    };
    return cmocka_run_group_tests(tests, setup, teardown);
}
