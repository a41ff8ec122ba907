/* SPDX-License-Identifier: MIT */
#include "core/base/error.h"
#include "gpu/opengl/device.h"

#include <string.h>

/* The first line of what the driver has to say. */
static void cut_line(char *text)
{
    text[strcspn(text, "\r\n")] = '\0';
}

static GLuint compile(as_gl_device *d, GLenum kind, const char *text, as_error *error)
{
    const GladGLContext *gl = &d->f.gl;
    const char *parts[] = {d->f.es
                               ? "#version 300 es\nprecision highp float;\nprecision highp int;\n"
                               : "#version 330 core\n",
                           text};
    GLint good = GL_FALSE;
    char log[256] = "";
    const GLuint shader = gl->CreateShader(kind);
    gl->ShaderSource(shader, 2, parts, NULL);
    gl->CompileShader(shader);
    gl->GetShaderiv(shader, GL_COMPILE_STATUS, &good);
    if (good)
        return shader;
    gl->GetShaderInfoLog(shader, sizeof(log), NULL, log);
    cut_line(log);
    gl->DeleteShader(shader);
    as_err_set(error, AS_ERROR_GPU, "the driver does not compile a shader: %s",
               log[0] ? log : "it does not say why");
    return 0;
}

static as_result link(as_gl_device *d, GLuint vertex, GLuint fragment, as_error *error)
{
    const GladGLContext *gl = &d->f.gl;
    GLint good = GL_FALSE;
    char log[256] = "";
    d->program = gl->CreateProgram();
    gl->AttachShader(d->program, vertex);
    gl->AttachShader(d->program, fragment);
    gl->LinkProgram(d->program);
    gl->DetachShader(d->program, vertex);
    gl->DetachShader(d->program, fragment);
    gl->GetProgramiv(d->program, GL_LINK_STATUS, &good);
    d->sizes = gl->GetUniformLocation(d->program, "sizes");
    if (good)
        return AS_OK;
    gl->GetProgramInfoLog(d->program, sizeof(log), NULL, log);
    cut_line(log);
    return as_err_set(error, AS_ERROR_GPU, "the driver does not link the shaders: %s",
                      log[0] ? log : "it does not say why");
}

/* Attribute 0: rectangles, whose place is told at each draw. The last one: see errors.c. */
static void make_vertex_array(as_gl_device *d)
{
    const GladGLContext *gl = &d->f.gl;
    gl->GenVertexArrays(1, &d->vertex_array);
    gl->BindVertexArray(d->vertex_array);
    gl->BindBuffer(GL_ARRAY_BUFFER, d->ring.buffer);
    gl->EnableVertexAttribArray(0);
    gl->VertexAttribDivisor(0, 1);
    gl->VertexAttribPointer(AS_GL_MARK, 1, GL_BYTE, GL_FALSE, 0, d);
}

as_result as_gl_program_create(as_gl_device *d, as_error *error)
{
    const GladGLContext *gl = &d->f.gl;
    const GLuint vertex = compile(d, GL_VERTEX_SHADER, as_gl_runs_vert, error);
    const GLuint fragment = vertex ? compile(d, GL_FRAGMENT_SHADER, as_gl_runs_frag, error) : 0;
    as_result result = fragment ? link(d, vertex, fragment, error) : AS_ERROR_GPU;
    if (vertex)
        gl->DeleteShader(vertex);
    if (fragment)
        gl->DeleteShader(fragment);
    if (result == AS_OK)
        make_vertex_array(d);
    return result;
}
