/* SPDX-License-Identifier: MIT
 *
 * What of a passphrase and its key is in the memory of a process that opens, plays and closes an
 * encrypted container: a child does so, and its parent reads all memory that the child can write,
 * which is what a core file would hold. The secrets are made after the fork.
 */
#include "tests/support/build_container.h"
#include "tests/support/check.h"

#include "core/crypto/crypto.h"

#include <fcntl.h>
#include <inttypes.h>
#include <openssl/evp.h>
#include <signal.h>
#include <stdbool.h>
#include <sys/types.h>
#include <sys/wait.h>
#include <unistd.h>

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))
#define WINDOW sizeof(uint64_t) /* so many bytes of a secret in a row are a leak */

enum {
    SECRET_BYTES = 32,
    MIXED_BYTES = 1024,     /* what scrypt begins with: 128 r */
    MOST_MAPPED = 64 << 20, /* larger mappings are a sanitizer's */
    CHUNK_BYTES = 1 << 20,
    PAGE = 4096,
    FRAMES = 12,
};

static const char name[] = "secret.asvr";

/* -------------------------------------------------------------------------------- the child -- */

typedef enum way {
    BYTES,  /* as_stream_open with the passphrase */
    PATH,   /* ... with the path of a file that it is in */
    WRONG,  /* ... with one that does not open the container */
    HANDLE, /* CV_set_passphrase and CV_init */
    WRITE,  /* a container is written */
} way;

/* What the parent tells the child. */
typedef struct task {
    way how;
    char path[512], key_path[512];
    uint8_t passphrase[SECRET_BYTES];
} task;

static void read_task(int from, task *t)
{
    char *at = (char *)t;
    for (size_t left = sizeof(*t); left > 0;) {
        const ssize_t n = read(from, at, left);
        if (n <= 0)
            _exit(3);
        at += n;
        left -= (size_t)n;
    }
}

static void must(bool good)
{
    if (!good)
        _exit(5);
}

/* Lets the parent look. */
static void pause_at(int to, int from, char step)
{
    must(write(to, &step, 1) == 1 && read(from, &step, 1) == 1);
}

static void play_stream(int from, int to, task *t)
{
    const as_key_params key = {.struct_size = sizeof(key),
                               .passphrase = t->how == PATH ? NULL : t->passphrase,
                               .passphrase_size = t->how == PATH ? 0 : sizeof(t->passphrase),
                               .passphrase_file = t->how == PATH ? t->key_path : NULL};
    const as_stream_params params = {.struct_size = sizeof(params),
                                     .location = t->path,
                                     .key = &key,
                                     .canvas_width = 320,
                                     .canvas_height = 200,
                                     .init_timeout_ms = 3600000,
                                     .threads = 2};
    as_stream *stream = NULL;
    const as_result result = as_stream_open(&params, &stream, NULL);
    as_crypto_wipe(t->passphrase, sizeof(t->passphrase));
    must(result == (t->how == WRONG ? AS_ERROR_DECODE : AS_OK));
    pause_at(to, from, 'o');
    for (uint64_t i = 0; stream && i < FRAMES; i++) {
        as_frame *frame = NULL;
        must(as_stream_get_frame(stream, i, 0, 0, AS_WAIT_FOREVER, &frame) == AS_OK);
        as_frame_unref(&frame);
    }
    pause_at(to, from, 'f');
    as_stream_close(&stream);
}

static void play_handle(int from, int to, task *t)
{
    AlphaStreamHandle *handle = CV_create();
    must(handle && CV_set_passphrase(handle, t->passphrase, sizeof(t->passphrase)));
    as_crypto_wipe(t->passphrase, sizeof(t->passphrase));
    must(CV_set_canvas_size(handle, 320, 200) && CV_set_option(handle, "timebox_ms", "60000") &&
         CV_init(handle, t->path, 0, 0, 0, NULL, 0, 0, 0, 0, 3600000, 3600000));
    pause_at(to, from, 'o');
    for (uint64_t i = 0; i < FRAMES; i++)
        must(CV_get_frame(handle, i) != NULL);
    pause_at(to, from, 'f');
    CV_destroy(handle);
}

static void add_frames(as_writer *writer)
{
    for (uint32_t i = 0; i < FRAMES; i++) {
        test_bytes payload = test_small_payload(i);
        must(as_writer_add_payload(writer, payload.data, payload.size, NULL) == AS_OK);
        test_bytes_free(&payload);
    }
}

static void write_frames(int from, int to, task *t)
{
    const as_key_params key = {.struct_size = sizeof(key),
                               .passphrase = t->passphrase,
                               .passphrase_size = sizeof(t->passphrase)};
    const as_writer_params params = {.struct_size = sizeof(params), .key = &key};
    as_writer *writer;
    must(as_writer_create(t->path, &params, &writer, NULL) == AS_OK);
    as_crypto_wipe(t->passphrase, sizeof(t->passphrase));
    pause_at(to, from, 'o');
    add_frames(writer);
    pause_at(to, from, 'f');
    must(as_writer_finish(&writer, NULL) == AS_OK);
}

static void be_child(int from, int to)
{
    static task t;
    pause_at(to, from, 'b');
    read_task(from, &t);
    pause_at(to, from, 'g');
    if (t.how == PATH) /* the library has only the file */
        as_crypto_wipe(t.passphrase, sizeof(t.passphrase));
    if (t.how == HANDLE)
        play_handle(from, to, &t);
    else if (t.how == WRITE)
        write_frames(from, to, &t);
    else
        play_stream(from, to, &t);
    pause_at(to, from, 'c');
    _exit(0);
}

/* -------------------------------------------------------------------------------- searching -- */

enum { PASSPHRASE, INNER, OUTER, KEY, KEY_WORDS, MIXED, NEEDLES };

enum { SLOTS = 1 << 13 }; /* several times the rows there are */

/* Secrets, as all rows of 8 bytes of them: a hash table. */
typedef struct search {
    const char *what[NEEDLES];
    uint64_t found[NEEDLES];
    uint64_t rows[SLOTS];
    int8_t kinds[SLOTS]; /* of a row; -1: the slot is empty */
} search;

static size_t slot_of(uint64_t row)
{
    return (size_t)(row * UINT64_C(0x9E3779B97F4A7C15) >> 51);
}

static void add_row(search *s, int kind, const uint8_t *bytes)
{
    uint64_t row;
    memcpy(&row, bytes, WINDOW);
    size_t slot = slot_of(row);
    while (s->kinds[slot] >= 0)
        slot = (slot + 1) % SLOTS;
    s->rows[slot] = row;
    s->kinds[slot] = (int8_t)kind;
}

static void add_secret(search *s, int kind, const char *what, const uint8_t *secret, size_t size,
                       uint8_t mask)
{
    uint8_t row[WINDOW];
    s->what[kind] = what;
    for (size_t at = 0; at + WINDOW <= size; at++) {
        for (size_t i = 0; i < WINDOW; i++)
            row[i] = secret[at + i] ^ mask;
        add_row(s, kind, row);
    }
}

/* The key's words twice in a row each, as vector code spreads them. */
static void add_words(search *s, const as_key *key)
{
    uint8_t row[WINDOW];
    s->what[KEY_WORDS] = "words of the key, repeated";
    for (size_t at = 0; at < sizeof(key->bytes); at += WINDOW / 2) {
        memcpy(row, key->bytes + at, WINDOW / 2);
        memcpy(row + WINDOW / 2, key->bytes + at, WINDOW / 2);
        add_row(s, KEY_WORDS, row);
    }
}

static const uint8_t zeros[PAGE + WINDOW];

static void look_at(search *s, const uint8_t *bytes, size_t size, uint64_t address)
{
    for (size_t at = 0; at + WINDOW <= size; at++) {
        if (at % PAGE == 0 && size - at >= PAGE + WINDOW &&
            memcmp(bytes + at, zeros, PAGE + WINDOW) == 0) {
            at += PAGE - 1; /* most pages were never used */
            continue;
        }
        uint64_t row;
        memcpy(&row, bytes + at, sizeof(row));
        for (size_t slot = slot_of(row); s->kinds[slot] >= 0; slot = (slot + 1) % SLOTS) {
            const int kind = s->kinds[slot];
            if (s->rows[slot] != row)
                continue;
            if (s->found[kind]++ == 0)
                print_message("    first at %#" PRIx64 ": %s\n", address + at, s->what[kind]);
            break;
        }
    }
}

/* Pieces overlap by what a row may reach over; a page that cannot be read has no secret. */
static void look_in(search *s, int memory, uint64_t begin, uint64_t end)
{
    static uint8_t chunk[CHUNK_BYTES];
    for (uint64_t at = begin; at < end;) {
        const size_t most = end - at < sizeof(chunk) ? (size_t)(end - at) : sizeof(chunk);
        const ssize_t n = pread(memory, chunk, most, (off_t)at);
        if (n <= 0) {
            at += PAGE;
            continue;
        }
        look_at(s, chunk, (size_t)n, at);
        at += (size_t)n > WINDOW && at + (size_t)n < end ? (size_t)n - WINDOW + 1 : (size_t)n;
    }
}

/* All that the process can write; the bytes looked at. */
static uint64_t look_everywhere(search *s, pid_t process)
{
    char path[64], line[600], rights[8];
    uint64_t begin, end, sum = 0;
    memset(s->found, 0, sizeof(s->found));
    snprintf(path, sizeof(path), "/proc/%d/mem", (int)process);
    const int memory = open(path, O_RDONLY | O_CLOEXEC);
    snprintf(path, sizeof(path), "/proc/%d/maps", (int)process);
    FILE *maps = fopen(path, "r");
    assert_true(memory >= 0 && maps);
    while (fgets(line, sizeof(line), maps)) {
        if (sscanf(line, "%" SCNx64 "-%" SCNx64 " %7s", &begin, &end, rights) != 3)
            fail_msg("unexpected line: %s", line);
        if (rights[1] != 'w' || end - begin > MOST_MAPPED)
            continue;
        look_in(s, memory, begin, end);
        sum += end - begin;
    }
    fclose(maps);
    close(memory);
    return sum;
}

/* ---------------------------------------------------------------------------------- the test -- */

typedef struct child {
    pid_t process;
    int to, from;
} child;

static child start_child(void)
{
    int down[2], up[2];
    assert_int_equal(pipe(down), 0);
    assert_int_equal(pipe(up), 0);
    fflush(NULL);
    const pid_t process = fork();
    assert_true(process >= 0);
    if (process == 0) {
        close(down[1]);
        close(up[0]);
        be_child(down[0], up[1]);
    }
    close(down[0]);
    close(up[1]);
    return (child){process, down[1], up[0]};
}

static void wait_for(const child *c, char step)
{
    char got = 0;
    assert_int_equal(read(c->from, &got, 1), 1);
    assert_int_equal(got, step);
}

static void go_on(const child *c)
{
    assert_int_equal(write(c->to, "", 1), 1);
}

static void expect(search *s, const child *c, char step, const bool wanted[NEEDLES])
{
    wait_for(c, step);
    const uint64_t bytes = look_everywhere(s, c->process);
    print_message("    step %c, %" PRIu64 " KiB:", step, bytes >> 10);
    for (int k = 0; k < NEEDLES; k++)
        print_message(" %s %" PRIu64 ";", s->what[k], s->found[k]);
    print_message("\n");
    for (int k = 0; k < NEEDLES; k++)
        if (wanted[k] != (s->found[k] != 0))
            fail_msg("at step %c: %s was found %" PRIu64 " times", step, s->what[k], s->found[k]);
    go_on(c);
}

static void make_secret(uint8_t secret[SECRET_BYTES])
{
    const int fd = open("/dev/urandom", O_RDONLY | O_CLOEXEC);
    assert_int_equal(read(fd, secret, SECRET_BYTES), SECRET_BYTES);
    close(fd);
    secret[0] = 'x'; /* not the beginning of "hex:", nor the end of a line */
    secret[SECRET_BYTES - 1] = 'x';
}

static void write_container(const char *path, const uint8_t passphrase[SECRET_BYTES])
{
    as_error error;
    as_writer *writer;
    const as_key_params key = {
        .struct_size = sizeof(key), .passphrase = passphrase, .passphrase_size = SECRET_BYTES};
    const as_writer_params params = {.struct_size = sizeof(params), .key = &key};
    assert_ok(as_writer_create(path, &params, &writer, &error), &error);
    add_frames(writer);
    assert_ok(as_writer_finish(&writer, &error), &error);
}

static void make_search(search *s, const task *t)
{
    as_error error;
    as_key key;
    uint8_t salt[4 + 5 + sizeof(name)] = {0}, mixed[MIXED_BYTES];
    memcpy(salt + 4, "1.5.0", 5);
    memcpy(salt + 9, name, sizeof(name));
    assert_ok(
        as_crypto_derive(&key, t->passphrase, sizeof(t->passphrase), 0, "1.5.0", name, &error),
        &error);
    assert_int_equal(PKCS5_PBKDF2_HMAC((const char *)t->passphrase, sizeof(t->passphrase), salt,
                                       (int)sizeof(salt) - 1, 1, EVP_sha256(), sizeof(mixed),
                                       mixed),
                     1);
    memset(s, 0, sizeof(*s));
    memset(s->kinds, 0xFF, sizeof(s->kinds));
    add_secret(s, PASSPHRASE, "passphrase", t->passphrase, sizeof(t->passphrase), 0);
    add_secret(s, INNER, "its HMAC's inner block", t->passphrase, sizeof(t->passphrase), 0x36);
    add_secret(s, OUTER, "its outer block", t->passphrase, sizeof(t->passphrase), 0x5C);
    add_secret(s, KEY, "key", key.bytes, sizeof(key.bytes), 0);
    add_words(s, &key);
    add_secret(s, MIXED, "what scrypt begins with", mixed, sizeof(mixed), 0);
}

static void prepare(task *t, way how, const char *folder)
{
    uint8_t other[SECRET_BYTES];
    *t = (task){.how = how};
    snprintf(t->path, sizeof(t->path), "%s/%s", folder, name);
    snprintf(t->key_path, sizeof(t->key_path), "%s/key", folder);
    make_secret(t->passphrase);
    make_secret(other);
    if (how == PATH)
        test_write_file(t->key_path, t->passphrase, sizeof(t->passphrase));
    if (how != WRITE)
        write_container(t->path, how == WRONG ? other : t->passphrase);
}

static void check_memory(way how)
{
    static const bool nothing[NEEDLES] = {false}, given[NEEDLES] = {[PASSPHRASE] = true};
    /* A handle keeps the passphrase for its next CV_init. */
    const bool in_use[NEEDLES] = {[PASSPHRASE] = how == HANDLE, [KEY] = how != WRONG};
    static search s;
    static task t;
    char folder[400];
    int status;
    const child c = start_child();
    test_make_folder(folder, sizeof(folder));
    prepare(&t, how, folder);
    make_search(&s, &t);
    expect(&s, &c, 'b', nothing);
    assert_int_equal(write(c.to, &t, sizeof(t)), sizeof(t));
    expect(&s, &c, 'g', given); /* what is there is found */
    expect(&s, &c, 'o', in_use);
    expect(&s, &c, 'f', in_use);
    expect(&s, &c, 'c', nothing);
    assert_int_equal(waitpid(c.process, &status, 0), c.process);
    assert_int_equal(status, 0);
    close(c.to);
    close(c.from);
    test_remove_folder(folder);
    memset(&t, 0, sizeof(t)); /* the next child gets a copy of all this */
    memset(&s, 0, sizeof(s));
}

static void test_passphrase_given(void **state)
{
    (void)state;
    check_memory(BYTES);
}

static void test_passphrase_in_a_file(void **state)
{
    (void)state;
    check_memory(PATH);
}

static void test_wrong_passphrase(void **state)
{
    (void)state;
    check_memory(WRONG);
}

static void test_handle(void **state)
{
    (void)state;
    check_memory(HANDLE);
}

static void test_writer(void **state)
{
    (void)state;
    check_memory(WRITE);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_passphrase_given), cmocka_unit_test(test_passphrase_in_a_file),
        cmocka_unit_test(test_wrong_passphrase), cmocka_unit_test(test_handle),
        cmocka_unit_test(test_writer),
    };
    signal(SIGPIPE, SIG_IGN);
    return cmocka_run_group_tests_name("secrets", tests, NULL, test_nothing_alive);
}
