/* SPDX-License-Identifier: MIT
 *
 * gpus: what --backend vulkan could use.
 */
#include "cmd.h"

#include "backend_vulkan.h"
#include "json.h"
#include "message.h"

#include <inttypes.h>
#include <stdlib.h>

/* Of VkPhysicalDeviceType. */
static const char *name_of_type(uint32_t type)
{
    static const char *const names[] = {"other", "integrated", "discrete", "virtual", "cpu"};
    return type < sizeof(names) / sizeof(*names) ? names[type] : names[0];
}

static const struct ability {
    as_vk_ability bit;
    const char *name;
} abilities[] = {{AS_VK_TIMELINE, "timeline"},
                 {AS_VK_SUBGROUP, "subgroup"},
                 {AS_VK_INT64, "int64"},
                 {AS_VK_STORAGE_IMAGE, "storage-image"},
                 {AS_VK_EXPORT, "export"}};

/* `quote` around each; of Vulkan's packed numbers the parts: 3 + 7 + 10 + 12 bits. */
static void print_abilities(as_vk_ability has, const char *quote, const char *between)
{
    const char *before = "";
    for (size_t i = 0; i < sizeof(abilities) / sizeof(*abilities); i++) {
        if (!(has & abilities[i].bit))
            continue;
        message_print("%s%s%s%s", before, quote, abilities[i].name, quote);
        before = between;
    }
}

static void print_version(uint32_t version)
{
    message_print("%" PRIu32 ".%" PRIu32 ".%" PRIu32, version >> 22 & 0x7f, version >> 12 & 0x3ff,
                  version & 0xfff);
}

static void print_hex(const uint8_t *bytes, size_t count)
{
    for (size_t i = 0; i < count; i++)
        message_print("%02x", bytes[i]);
}

static void print_text(uint32_t index, const as_vk_gpu *g)
{
    message_print("%-3" PRIu32 " ", index);
    message_print_name(g->name);
    message_print("\n    type       %s, vendor 0x%04" PRIx32 ", device 0x%04" PRIx32 "\n",
                  name_of_type(g->type), g->vendor_id, g->device_id);
    message_print("    Vulkan     ");
    print_version(g->api_version);
    message_print("\n    UUID       ");
    print_hex(g->uuid, sizeof(g->uuid));
    if (g->has_luid) {
        message_print("\n    LUID       ");
        print_hex(g->luid, sizeof(g->luid));
    }
    if (g->usable) {
        message_print("\n    usable     yes: ");
        print_abilities(g->abilities, "", ", ");
        message_print("\n");
    } else {
        message_print("\n    usable     no: %s\n", g->reason);
    }
}

static void print_json(uint32_t index, const as_vk_gpu *g)
{
    message_print("%s  {\"index\": %" PRIu32 ", \"name\": ", index ? ",\n" : "", index);
    json_print_string(g->name);
    message_print(", \"type\": \"%s\", \"vendor\": %" PRIu32 ", \"device\": %" PRIu32
                  ", \"driver\": %" PRIu32 ", \"vulkan\": \"",
                  name_of_type(g->type), g->vendor_id, g->device_id, g->driver_version);
    print_version(g->api_version);
    message_print("\", \"uuid\": \"");
    print_hex(g->uuid, sizeof(g->uuid));
    message_print("\", \"luid\": ");
    if (g->has_luid) {
        message_print("\"");
        print_hex(g->luid, sizeof(g->luid));
        message_print("\"");
    } else {
        message_print("null");
    }
    message_print(", \"usable\": %s, \"abilities\": [", g->usable ? "true" : "false");
    print_abilities(g->abilities, "\"", ", ");
    message_print("], \"reason\": ");
    if (g->usable)
        message_print("null");
    else
        json_print_string(g->reason);
    message_print("}");
}

int cmd_gpus(const options *o)
{
    const bool json = (o->given & OPTION_JSON) != 0;
    as_vk_gpu *gpus = NULL;
    uint32_t count = 0;
    const int code = backend_vulkan_list(&gpus, &count);
    if (code == CLI_DONE && json)
        message_print("[\n");
    for (uint32_t i = 0; code == CLI_DONE && i < count; i++)
        (json ? print_json : print_text)(i, &gpus[i]);
    if (code == CLI_DONE && json)
        message_print("%s]\n", count ? "\n" : "");
    else if (code == CLI_DONE && count == 0)
        message_print("no GPU that Vulkan knows; install a driver\n");
    free(gpus);
    return code;
}
