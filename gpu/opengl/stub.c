/* SPDX-License-Identifier: MIT
 *
 * In place of the OpenGL backend in builds without it.
 */
#include "core/base/error.h"
#include "gpu/opengl/opengl.h"

as_result as_gpu_opengl_create(const as_gpu_opengl_params *params, as_gpu **out_gpu,
                               as_error *error)
{
    (void)params;
    *out_gpu = NULL;
    return as_err_set(error, AS_ERROR_UNSUPPORTED,
                      "this libalphastream was built without OpenGL; build it with "
                      "-DALPHASTREAM_WITH_GL=ON");
}

bool as_gpu_opengl_is_there(void)
{
    return false;
}
