/* SPDX-License-Identifier: MIT
 *
 * A get_proc_address whose functions fail on demand, for what no software driver does by itself.
 */
#ifndef TEST_GL_FAULTS_H
#define TEST_GL_FAULTS_H

#include "tests/support/gl_context.h"

/* Zeroed: nothing is wrong. Read at each call, but `missing` only while functions are loaded. */
typedef struct test_gl_faults {
    const char *version; /* what GL_VERSION is instead */
    const char *missing; /* a function that is not there */
    uint64_t
        error_at;     /* this glGetError, counted from 1 after a reset, gives error_code; 0: none */
    bool error_lasts; /* all later ones do, too */
    GLenum error_code;
    uint64_t errors_asked; /* calls of glGetError so far */
    bool no_compile, no_link, no_framebuffer, no_map, unmap_loses, no_texture_memory;
    bool reports_resets; /* the context says that it does */
    bool several_views;  /* it has GL_OVR_multiview, and attachments have two */
    GLenum reset_status;
    GLenum wait_result; /* 0: the true one; GL_TIMEOUT_EXPIRED: so the first `timeouts` times */
    uint64_t timeouts;
    uint64_t waits; /* calls of glClientWaitSync so far that were to wait */
} test_gl_faults;

extern test_gl_faults test_gl_fault;

as_gl_proc test_gl_load_faulty(void *user, const char *name);

#endif
