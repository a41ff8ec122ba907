/* SPDX-License-Identifier: MIT */
#include "gl_calls.h"

bool gl_calls_load(gl_calls *c, void (*(*address)(void *user, const char *name))(void), void *user,
                   const char **missing)
{
#define GL_CALLS_LOAD(type, name)                                                                  \
    c->name = (type)address(user, "gl" #name);                                                     \
    if (!c->name) {                                                                                \
        *missing = #name;                                                                          \
        return false;                                                                              \
    }
    GL_CALLS(GL_CALLS_LOAD)
#undef GL_CALLS_LOAD
    return true;
}

GLuint gl_calls_program(const gl_calls *c, const char *defines, const char *vertex,
                        const char *fragment)
{
    static const char head[] = "#version 330 core\n";
    const char *const texts[2][3] = {{head, defines, vertex}, {head, defines, fragment}};
    const GLuint program = c->CreateProgram();
    GLint linked = 0;
    for (int i = 0; i < 2; i++) {
        const GLuint shader = c->CreateShader(i == 0 ? GL_VERTEX_SHADER : GL_FRAGMENT_SHADER);
        c->ShaderSource(shader, 3, texts[i], NULL);
        c->CompileShader(shader);
        c->AttachShader(program, shader);
        c->DeleteShader(shader); /* goes with the program */
    }
    c->LinkProgram(program);
    c->GetProgramiv(program, GL_LINK_STATUS, &linked);
    if (linked)
        return program;
    c->DeleteProgram(program);
    return 0;
}
