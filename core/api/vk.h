/* SPDX-License-Identifier: MIT
 *
 * What the files behind vulkan.h and the images of cv.h share.
 */
#ifndef AS_API_VK_H
#define AS_API_VK_H

#include "alphastream/vulkan.h"

/* One more reference. */
as_vk_device *as_api_vk_ref(as_vk_device *device);

/* An as_vk of no stream, or NULL, and the error says why; holds a reference to the device. `params`
 * may be NULL. */
as_vk *as_api_vk_create(as_vk_device *device, const as_vk_params *params, as_error *error);
/* as_vk_get_frame, of any stream: `number` (not 0) names its content. */
as_result as_api_vk_get(as_vk *vk, as_stream *stream, uint64_t number, uint64_t index,
                        const as_vk_request *request, uint64_t timeout_ns, as_vk_image *out_image,
                        as_error *error);

#endif
