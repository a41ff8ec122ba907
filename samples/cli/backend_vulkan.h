/* SPDX-License-Identifier: MIT
 *
 * --backend vulkan: frames drawn as images on a device of the tool's own. For one thread.
 */
#ifndef CLI_BACKEND_VULKAN_H
#define CLI_BACKEND_VULKAN_H

#include "options.h"

#include <alphastream/vulkan.h>

typedef struct backend_vulkan backend_vulkan;

/* Whether this build has it. */
bool backend_vulkan_built(void);

/* As those of backend.h; all but open want it opened. */
int backend_vulkan_open(const options *o, backend_vulkan **out);
int backend_vulkan_attach(backend_vulkan *vulkan, as_stream *stream);
as_result backend_vulkan_read(backend_vulkan *vulkan, uint64_t frame, uint8_t *pixels,
                              as_error *error);
as_result backend_vulkan_show(backend_vulkan *vulkan, uint64_t frame, uint64_t timeout_ns,
                              as_error *error);
void backend_vulkan_stats(const backend_vulkan *vulkan, as_vk_stats *stats);
/* "Vulkan 1.3, name of the device". */
const char *backend_vulkan_name(const backend_vulkan *vulkan);
void backend_vulkan_close(backend_vulkan **vulkan);

/* gpus: the list, in malloc'd memory. Returns an exit code. */
int backend_vulkan_list(as_vk_gpu **out_gpus, uint32_t *out_count);

#endif
