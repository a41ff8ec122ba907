/* SPDX-License-Identifier: MIT */
#include "help.h"

#include "message.h"

static const char overview[] =
    "usage: alphastream COMMAND SOURCE [options]\n"
    "\n"
    "  info      SOURCE [--json]     what the container is\n"
    "  verify    SOURCE [--json]     every frame inflated and parsed\n"
    "  framehash SOURCE              the SHA-256 of each mask\n"
    "  decode    SOURCE -o OUT       masks to .png, .pgm, .y4m, .gray or standard output\n"
    "  play      SOURCE [--json]     plays against the clock and tells how smooth it was\n"
    "  convert   IN OUT              plain (ASVP) to encrypted (ASVR) and back\n"
    "  gpus      [--json]            the GPUs that --backend vulkan could use\n"
    "  doctor    [--json]            what works on this machine, and whether it draws exactly\n"
    "\n"
    "SOURCE is a path, a URL (http, https, file), or - for standard input. \"alphastream COMMAND\n"
    "--help\" says more; --version prints the version, and which parts this build has.\n"
    "\n"
    "Exit codes: 0 done; 1 the data was bad, or the passphrase missing or wrong, or doctor found "
    "a\n"
    "fault; 2 wrong use, an unusable backend, an output that cannot be written; 3 the source "
    "cannot\n"
    "be reached.\n";

static const char common_drawing[] =
    "\n"
    "options of all commands:\n"
    "  --frames LIST              indices and ranges, 0,5,9-12 (default: all)\n"
    "  --size WxH                 size of the masks, 1 to 16384 each way (default: the canvas's)\n"
    "  --canvas WxH               size of the canvas (default: 2048x1024)\n"
    "  --scale nearest|vector     sample the canvas, or scale the points (default: nearest)\n"
    "  --combine union|parity     channels united, or even-odd over all (default: union)\n"
    "  --backend cpu|gl|vulkan    what draws; gl, vulkan: without a window, into textures or\n"
    "                             images that are read back (default: cpu)\n"
    "  --gl-api core|es           OpenGL core profile or OpenGL ES (default: core)\n"
    "  --device N                 of vulkan: a GPU's number in alphastream gpus (default: the "
    "first\n"
    "                             usable one, hardware before software)\n"
    "  --threads N                threads that decode, 1 to 64 (default: one a core, up to 8)\n";

static const char common_http[] =
    "  --header \"NAME: VALUE\"     a header of every request; @FILE: one on each line of it;\n"
    "                             may be given several times\n"
    "  --proxy URL                a proxy; \"\": none (default: http_proxy, https_proxy, ...)\n"
    "  --cacert F                 certificate authorities, PEM (default: the system's)\n"
    "  --insecure                 accepts any certificate\n"
    "  --cache-dir D              keeps what was fetched there (default: nowhere)\n"
    "                             these five are for http and https URLs; others ignore them\n";

static const char common_rest[] =
    "  --scene N                  scene id of an encrypted container (default: 0)\n"
    "  --stream-version V         its version string (default: 1.5.0)\n"
    "  --name S                   its file name when it was made (default: the source's)\n"
    "  --passphrase-file F        a file with its passphrase; \"hex:...\" in it is decoded\n"
    "                             (default: ALPHASTREAM_PASSPHRASE, ALPHASTREAM_PASSPHRASE_FILE)\n"
    "  --log-level L              none, error, warn, info or debug (default: warn)\n"
    "  --progress auto|always|never\n"
    "                             a bar; auto: on a terminal, for anything over a second\n";

static const char info_text[] =
    "usage: alphastream info SOURCE [--json] [--http]\n"
    "\n"
    "Prints what a container is: plain or encrypted, frames, sizes.\n"
    "\n"
    "  --json                     the same as one JSON object\n"
    "  --http                     of an http or https URL, also the requests "
    "it took: ranges, bytes,\n"
    "                             times; even if it could not be opened\n";

static const char verify_text[] =
    "usage: alphastream verify SOURCE [options]\n"
    "\n"
    "Inflates and parses every frame, names the first 100 bad ones, counts the rest.\n"
    "\n"
    "  --json                     the result as one JSON object\n";

static const char framehash_text[] =
    "usage: alphastream framehash SOURCE [options]\n"
    "\n"
    "Prints \"INDEX SHA256\" of each mask's bytes, a line each. A bad frame's line is left out.\n";

static const char decode_text[] =
    "usage: alphastream decode SOURCE -o OUT [options]\n"
    "\n"
    "Writes masks. OUT decides the form:\n"
    "  NAME-%05d.png, .pgm        a picture a frame, numbered by its index; without %d for\n"
    "                             exactly one frame; %% is a percent sign\n"
    "  NAME.y4m                   one YUV4MPEG2 video, monochrome, 60 frames per second\n"
    "  NAME.gray, or -            the bytes of one frame after another, to a file or standard\n"
    "                             output\n"
    "  NAME.png with --sheet      one contact sheet of evenly spaced frames\n"
    "\n"
    "  -o, --output OUT           where to\n"
    "  --sheet                    make a contact sheet\n"
    "  --sheet-frames N           frames on it, 1 to 1024 (default: 12)\n"
    "  --tile W                   width of each on it, 16 to 4096 pixels (default: 480)\n"
    "  --keep-going               .y4m, .gray, -: an empty mask for a bad frame, not the end\n"
    "  -q, --quiet                no summary\n";

static const char convert_text[] =
    "usage: alphastream convert IN OUT [options]\n"
    "\n"
    "Rewrites a container: OUT's extension, .asvp (plain) or .asvr (encrypted), says as what.\n"
    "Frames are not compressed anew. --frames picks some. A bad frame ends it, with nothing\n"
    "written.\n"
    "\n"
    "--scene, --stream-version, --name and --passphrase-file belong to the encrypted side, whose\n"
    "name defaults to the last part of its path. If both sides are encrypted they belong to IN,\n"
    "and the --to- options to OUT; what these leave open, but for the name, OUT takes over from\n"
    "IN.\n"
    "\n"
    "  --to asvp|asvr             what OUT becomes, whatever its extension\n"
    "  --to-scene N, --to-stream-version V, --to-name S, --to-passphrase-file F\n"
    "                             the key of OUT\n";

static const char play_text[] =
    "usage: alphastream play SOURCE [options]\n"
    "\n"
    "Plays without a window. Each frame is asked for when it is due. On time: there before the "
    "next\n"
    "is due; late: there later; missing: never there, or bad. One that is not ready is waited for\n"
    "at most 12 ms, or until the next is due if that is sooner. At the end, or when interrupted,\n"
    "prints the counts, times, hit rates, CPU and memory.\n"
    "\n"
    "  --fps R                    pictures per second: 60, 59.94, 30000/1001 (default: 60)\n"
    "  --speed X                  times R, 0.001 to 16; negative: backward, from the end\n"
    "                             (default: 1)\n"
    "  --seconds S                how long (default: to the end)\n"
    "  --start N                  the first frame, not with --frames\n"
    "  --loop                     at the end on from the other end\n"
    "  --seek-every S             goes to a random frame every S seconds\n"
    "  --seed N                   which random frames (default: 1)\n"
    "  --flat-out                 no clock: as fast as frames come\n"
    "  --l0 N                     finished frames kept ready, 1 to 64 (default: 4)\n"
    "  --l1 N                     polystreams cached, 2 to 1048576 (default: 512)\n"
    "  --json                     the numbers as one JSON object\n";

static const char gpus_text[] =
    "usage: alphastream gpus [--json]\n"
    "\n"
    "Lists the GPUs that Vulkan knows, what --backend vulkan would use of each, or why it cannot.\n"
    "\n"
    "  --json                     the same as one JSON array\n";

static const char doctor_text[] =
    "usage: alphastream doctor [--json]\n"
    "\n"
    "Tells what the library uses here: instruction sets, OpenGL, each GPU of Vulkan, HTTP, TLS, "
    "and\n"
    "whether a passphrase is configured (never which). Processor, OpenGL and GPUs draw built-in\n"
    "frames, and pass if every pixel is right. Exits with 1 if one fails; what is not there is no\n"
    "failure.\n"
    "\n"
    "  --json                     the same as one JSON object\n";

const command_help help_info = {info_text, false,
                                "  alphastream info people.asvp\n"
                                "  alphastream info --json https://media.example/people.asvp\n"};
const command_help help_verify = {
    verify_text, false,
    "  alphastream verify people.asvp\n"
    "  alphastream verify --json people.asvr --passphrase-file key.txt --scene 7\n"};
const command_help help_framehash = {framehash_text, false,
                                     "  alphastream framehash people.asvp --frames 0,315\n"};
const command_help help_decode = {
    decode_text, false,
    "  alphastream decode people.asvp --frames 0-9 -o frame-%05d.png\n"
    "  alphastream decode people.asvp --size 512x256 -o people.y4m\n"
    "  alphastream decode people.asvp --sheet -o sheet.png\n"};
const command_help help_convert = {
    convert_text, false,
    "  alphastream convert people.asvp people.asvr --passphrase-file key.txt --scene 7\n"};
const command_help help_play = {play_text, false,
                                "  alphastream play people.asvp --size 6720x3360 --seconds 5\n"
                                "  alphastream play people.asvp --backend vulkan\n"};
const command_help help_gpus = {gpus_text, true, "  alphastream gpus\n"};
const command_help help_doctor = {doctor_text, true,
                                  "  alphastream doctor\n"
                                  "  alphastream doctor --json\n"};

void help_print(void)
{
    message_print("%s", overview);
}

void help_print_command(const command_help *help)
{
    message_print("%s", help->text);
    if (!help->alone)
        message_print("%s%s%s", common_drawing, common_rest, common_http);
    message_print("\nexamples:\n%s", help->examples);
}
