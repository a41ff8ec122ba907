/* SPDX-License-Identifier: MIT
 *
 * Command lines of the tool, run in this process: arguments, a line each, in a folder with a few
 * small containers. Playing is short, and pictures are small, whatever the input says.
 */
#define _GNU_SOURCE
#include "tests/fuzz/cli_main.h"
#include "tests/fuzz/folder.h"
#include "tests/fuzz/fuzz.h"
#include "tests/fuzz/guard_files.h"
#include "tests/support/check.h"

#include <ctype.h>
#include <fcntl.h>
#include <getopt.h>
#include <unistd.h>

enum { MOST_ARGUMENTS = 16, MOST_LENGTH = 200, MOST_DIGITS = 3, MOST_CODE = 3 };

static int home = -1; /* the working directory */
static FILE *nowhere;

static void write_in_folder(const char *name, const void *bytes, size_t size)
{
    char path[FUZZ_PATH];
    fuzz_folder_path(path, name);
    test_write_file(path, bytes, size);
}

/* a.asvp, its twin b.asvr with the passphrase in `key`, bad.asvp. */
static void fill_folder(void)
{
    static const char headers[] = "X-One: 1\nX-Two: 2\n";
    test_bytes blocks[3], plain = test_three_frames(blocks);
    as_container *container = NULL;
    as_error error;
    FUZZ_CHECK(test_open_bytes(plain.data, plain.size, "", NULL, &container, &error) == AS_OK);
    test_bytes encrypted = fuzz_encrypt(plain.data, plain.size, container);
    as_container_close(&container);
    fuzz_folder_clear();
    write_in_folder("a.asvp", plain.data, plain.size);
    write_in_folder("b.asvr", encrypted.data, encrypted.size);
    write_in_folder("bad.asvp", plain.data, plain.size - 9);
    write_in_folder("key", "fuzz\n", 5);
    write_in_folder("headers", headers, sizeof(headers) - 1);
    test_free_blocks(blocks, 3);
    test_bytes_free(&plain);
    test_bytes_free(&encrypted);
}

static void begin(void)
{
    home = open(".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    nowhere = fopen("/dev/null", "w");
    FUZZ_CHECK(home >= 0 && nowhere);
    FUZZ_CHECK(dup2(fileno(nowhere), STDOUT_FILENO) == STDOUT_FILENO);
    (void)unsetenv("ALPHASTREAM_PASSPHRASE");
    (void)unsetenv("ALPHASTREAM_PASSPHRASE_FILE");
    fill_folder();
}

/* Sizes of three digits each. */
static void shorten_sizes(char *text)
{
    size_t digits = 0, out = 0;
    if (!strchr(text, 'x'))
        return;
    for (const char *c = text; *c; c++) {
        digits = isdigit((unsigned char)*c) ? digits + 1 : 0;
        if (digits <= MOST_DIGITS)
            text[out++] = *c;
    }
    text[out] = '\0';
}

/* The arguments of the input behind those given, in malloc'd memory. */
static int take_arguments(fuzz_bytes *in, char **argv, int argc)
{
    static const char play_longer[] = "--se", play_shorter[] = "--st"; /* --start */
    while (in->left != 0 && argc < MOST_ARGUMENTS) {
        const uint8_t *end = memchr(in->at, '\n', in->left);
        fuzz_bytes line = fuzz_take(in, end ? (size_t)(end - in->at) + 1 : in->left);
        line.left -= end != NULL;
        char *text = fuzz_text(&line, MOST_LENGTH);
        shorten_sizes(text);
        if (strncmp(text, play_longer, sizeof(play_longer) - 1) == 0)
            memcpy(text, play_shorter, sizeof(play_shorter) - 1);
        argv[argc++] = text;
    }
    return argc;
}

static void run(int argc, char **argv)
{
    FILE *const out = stdout, *const err = stderr;
    FUZZ_CHECK(chdir(fuzz_folder()) == 0);
    optind = 0; /* glibc: begin anew */
    fuzz_guard_begin();
    stdout = stderr = nowhere;
    const int code = fuzz_cli_main(argc, argv);
    stdout = out;
    stderr = err;
    const bool changed = fuzz_guard_end();
    FUZZ_CHECK(fchdir(home) == 0);
    FUZZ_CHECK(code >= 0 && code <= MOST_CODE);
    if (changed)
        fill_folder();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const char *const always[] = {"alphastream", "--canvas=64x32", "--seconds=0.01"};
    fuzz_bytes in = {data, size};
    char *argv[MOST_ARGUMENTS + 1] = {NULL}, *given[MOST_ARGUMENTS];
    bool plays = false;
    if (home < 0)
        begin();
    const int argc = take_arguments(&in, argv, 3);
    for (int i = 3; i < argc; i++)
        plays = plays || strcmp(argv[i], "play") == 0;
    for (int i = 0; i < 3; i++)
        argv[i] = strdup(always[i]);
    memcpy(given, argv, sizeof(given)); /* getopt sorts argv */
    /* Only play takes --seconds. */
    if (!plays)
        memmove(argv + 2, argv + 3, sizeof(*argv) * (size_t)(argc - 2));
    run(plays ? argc : argc - 1, argv);
    for (int i = 0; i < argc; i++)
        free(given[i]);
    fuzz_check_nothing_alive();
    return 0;
}
