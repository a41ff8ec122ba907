/* SPDX-License-Identifier: MIT */
#include "gl_calls.h"

enum { MOST_PARTS = 4 };

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

static void add_shader(const gl_calls *c, GLuint program, GLenum kind, const char *const *parts,
                       int count)
{
    const char *texts[1 + MOST_PARTS] = {"#version 330 core\n"};
    const GLuint shader = c->CreateShader(kind);
    for (int i = 0; i < count; i++)
        texts[1 + i] = parts[i];
    c->ShaderSource(shader, 1 + count, texts, NULL);
    c->CompileShader(shader);
    c->AttachShader(program, shader);
    c->DeleteShader(shader); /* goes with the program */
}

GLuint gl_calls_program(const gl_calls *c, const char *vertex, const char *const *fragment,
                        int parts)
{
    const GLuint program = c->CreateProgram();
    GLint linked = 0;
    add_shader(c, program, GL_VERTEX_SHADER, &vertex, 1);
    add_shader(c, program, GL_FRAGMENT_SHADER, fragment, parts);
    c->LinkProgram(program);
    c->GetProgramiv(program, GL_LINK_STATUS, &linked);
    if (linked)
        return program;
    c->DeleteProgram(program);
    return 0;
}
