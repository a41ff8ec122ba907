/* SPDX-License-Identifier: MIT */
#include "core/base/checked.h"
#include "core/base/mem.h"
#include "core/io/io_internal.h"

#include <inttypes.h>
#include <stdatomic.h>
#include <string.h>

struct as_source {
    atomic_uint_fast32_t references;
    atomic_bool cancelled;
    atomic_uint_fast64_t generations; /* given out */
    bool local;                       /* set before anybody else has it */
    as_source_vtable vtable;
    void *user;
    char name[];
};

as_result as_io_open_custom(const as_source_vtable *vtable, void *user, const char *name,
                            as_source **out_source, as_error *error)
{
    size_t name_size = strlen(name) + 1;
    as_source *source = as_mem_alloc(sizeof(*source) + name_size);
    if (!source)
        return as_err_no_memory(error, sizeof(*source) + name_size, "a source");
    memset(source, 0, sizeof(*source));
    atomic_init(&source->references, 1);
    atomic_init(&source->cancelled, false);
    atomic_init(&source->generations, 0);
    size_t known = vtable->struct_size < sizeof(*vtable) ? vtable->struct_size : sizeof(*vtable);
    memcpy(&source->vtable, vtable, known);
    source->user = user;
    memcpy(source->name, name, name_size);
    *out_source = source;
    return AS_OK;
}

/* AS_OK down to AS_ERROR_CHANGED, the newest result, are numbered without a gap. */
static bool is_known(as_result result)
{
    return result == AS_ERROR_OUT_OF_RANGE || (result <= AS_OK && result >= AS_ERROR_CHANGED);
}

static as_result say_cancelled(const as_source *source, uint64_t offset, as_error *error)
{
    char shown[AS_IO_SHOWN];
    as_result result = as_err_set(error, AS_ERROR_CANCELLED,
                                  "reading \"%s\" was cancelled; open the source anew to read on",
                                  as_io_shown(shown, source->name, strlen(source->name)));
    error->offset = offset;
    return result;
}

/* Makes a whole error of what an implementation left in `given`. */
static as_result pass_on(const as_source *source, as_result result, const char *what,
                         uint64_t offset, as_error *given, as_error *error)
{
    char shown[AS_IO_SHOWN];
    const char *name = as_io_shown(shown, source->name, strlen(source->name));
    int32_t system_error = given->system_error;
    given->text[sizeof(given->text) - 1] = '\0';
    if (!is_known(result))
        as_err_set(error, AS_ERROR_TRANSPORT,
                   "%s the source \"%s\" gave the unknown result %" PRId32 "; its implementation "
                   "must return one of as_result%s%s",
                   what, name, result, given->text[0] ? ". It said: " : "", given->text);
    else if (given->text[0] == '\0')
        as_err_set(error, result,
                   "%s the source \"%s\" failed without saying why (%s); ask whoever implements it",
                   what, name, as_result_text(result));
    else
        as_err_set(error, result, "%s", given->text);
    error->system_error = system_error;
    error->offset = offset;
    return error->code;
}

as_result as_io_read(as_source *source, uint64_t offset, void *buffer, size_t length,
                     size_t *out_read, as_error *error)
{
    *out_read = 0;
    if (length == 0)
        return AS_OK;
    uint64_t end;
    if (!as_add_u64(offset, length, &end)) {
        as_err_set(error, AS_ERROR_ARGUMENT,
                   "%zu bytes at offset %" PRIu64 " reach past the largest offset there is; check "
                   "what the offset was computed from",
                   length, offset);
        error->offset = offset;
        return error->code;
    }
    if (atomic_load(&source->cancelled))
        return say_cancelled(source, offset, error);

    as_error given = {0};
    size_t got = 0;
    as_result result = source->vtable.read(source->user, offset, buffer, length, &got, &given);
    /* The promise to a canceller also covers a read that was too far gone to notice. */
    if (atomic_load(&source->cancelled))
        return say_cancelled(source, offset, error);
    if (result != AS_OK)
        return pass_on(source, result, "reading", offset, &given, error);
    if (got > length) {
        char shown[AS_IO_SHOWN];
        as_err_set(error, AS_ERROR_TRANSPORT,
                   "the source \"%s\" claims to have read %zu bytes where %zu were asked for; its "
                   "implementation must be mended",
                   as_io_shown(shown, source->name, strlen(source->name)), got, length);
        error->offset = offset;
        return error->code;
    }
    *out_read = got;
    return AS_OK;
}

as_result as_io_size(as_source *source, uint64_t *out_size, as_error *error)
{
    *out_size = AS_SIZE_UNKNOWN;
    if (!source->vtable.size)
        return AS_OK;
    as_error given = {0};
    uint64_t size = AS_SIZE_UNKNOWN;
    as_result result = source->vtable.size(source->user, &size, &given);
    if (result != AS_OK)
        return pass_on(source, result, "asked for its size,", AS_NO_OFFSET, &given, error);
    *out_size = size;
    return AS_OK;
}

uint64_t as_io_version(as_source *source)
{
    return source->vtable.version ? source->vtable.version(source->user) : 0;
}

as_result as_io_cached(as_source *source, as_byte_range *ranges, size_t capacity, size_t *out_count,
                       as_error *error)
{
    uint64_t size;
    *out_count = 0;
    if (as_io_http_cached(source, ranges, capacity, out_count) || !source->local)
        return AS_OK;
    const as_result result = as_io_size(source, &size, error);
    if (result != AS_OK)
        return result;
    *out_count = size != 0;
    if (size != 0 && capacity != 0)
        ranges[0] = (as_byte_range){0, size};
    return AS_OK;
}

void as_io_mark_local(as_source *source)
{
    source->local = true;
}

bool as_io_is_local(const as_source *source)
{
    return source->local;
}

void *as_io_user(const as_source *source,
                 /* cppcheck-suppress constParameter ; a function is const already */
                 as_result (*read)(void *user, uint64_t offset, void *buffer, size_t length,
                                   size_t *out_read, as_error *error))
{
    return source->vtable.read == read ? source->user : NULL;
}

const char *as_io_name(const as_source *source)
{
    return source->name;
}

void as_io_prefetch(as_source *source, const as_byte_range *ranges, size_t count, int32_t priority,
                    uint64_t generation)
{
    if (source->vtable.prefetch && count != 0 && !atomic_load(&source->cancelled))
        source->vtable.prefetch(source->user, ranges, count, priority, generation);
}

bool as_io_takes_hints(const as_source *source)
{
    return source->vtable.prefetch;
}

uint64_t as_io_next_generation(as_source *source)
{
    return atomic_fetch_add_explicit(&source->generations, 1, memory_order_relaxed) + 1;
}

bool as_io_is_cancelled(const as_source *source)
{
    return atomic_load(&source->cancelled);
}

void as_io_cancel(as_source *source)
{
    atomic_store(&source->cancelled, true);
    if (source->vtable.cancel)
        source->vtable.cancel(source->user);
}

as_source *as_io_ref(as_source *source)
{
    (void)atomic_fetch_add_explicit(&source->references, 1, memory_order_relaxed);
    return source;
}

void as_io_unref(as_source *source)
{
    if (!source || atomic_fetch_sub_explicit(&source->references, 1, memory_order_acq_rel) != 1)
        return;
    if (source->vtable.close)
        source->vtable.close(source->user);
    as_mem_free(source);
}
