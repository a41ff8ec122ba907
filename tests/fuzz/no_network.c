/* SPDX-License-Identifier: MIT
 *
 * Inputs may name any URL, and no request may leave: HTTP sources cannot be opened. Linked in by
 * --wrap.
 */
#include "core/base/error.h"

struct as_http_user;
as_result __wrap_as_http_join(struct as_http_user *user, as_error *error);

as_result __wrap_as_http_join(struct as_http_user *user, as_error *error)
{
    (void)user;
    return as_err_set(error, AS_ERROR_OUT_OF_MEMORY, "there is no network here");
}
