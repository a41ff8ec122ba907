/* SPDX-License-Identifier: MIT */
#include "tests/model/frames.h"

#include <stddef.h>
#include <string.h>

enum { CLOSER = MODEL_CALLERS + MODEL_WORKERS, ALL = 0xff, GARBAGE = 0xee };

typedef enum place {
    ENDED,
    /* a caller */
    ENTER_SESSION,
    ENTER_STREAM,
    LOOK,
    LOOKED,
    LOOK_AGAIN,
    LOOKED_AGAIN,
    WAIT,
    LEAVE_SESSION,
    HOLD,
    UNREF,
    UNREF_DROP,
    /* whoever draws */
    TAKE,
    PUBLISH,
    PUBLISH_DROP,
    DRAWN,
    WAKE,
    TURN,
    /* a worker */
    TAKE_ITEM,
    BEGIN_ITEM,
    END_ITEM,
    /* the closer */
    END_SESSION,
    WAKE_CALLERS,
    WAIT_IDLE,
    ASLEEP_IDLE,
    CLOSE,
    DROP_QUEUES,
    WAIT_RUNNING,
    WAIT_CALLS,
    CLOSE_OUTPUTS,
    CLOSE_DROP,
    FREE_STREAM
} place;

static const char *const place_names[] = {"ended",
                                          "enters the session",
                                          "enters the stream",
                                          "looks",
                                          "has looked",
                                          "looks again",
                                          "has looked again",
                                          "waits",
                                          "leaves the session",
                                          "holds",
                                          "gives back",
                                          "drops",
                                          "takes a buffer",
                                          "publishes",
                                          "drops",
                                          "has drawn",
                                          "wakes",
                                          "turns",
                                          "takes an item",
                                          "begins an item",
                                          "ends an item",
                                          "ends the session",
                                          "wakes callers",
                                          "waits for callers",
                                          "sleeps for callers",
                                          "closes",
                                          "drops the queues",
                                          "waits for work",
                                          "waits for calls",
                                          "closes the outputs",
                                          "drops",
                                          "frees the stream"};

typedef enum outcome { NOT_READY, GOT, FULL, CANCELLED, TIMED_OUT } outcome;
typedef enum buffer_state { NONE, SPARE, FILLING, READY, DOOMED } buffer_state;
typedef enum task_state { NO_TASK, QUEUED, RUNNING } task_state;

/* One thread at work on one successor. */
typedef struct work {
    const model_rules *rules;
    model *m;
    model_thread *self;
    unsigned number;
    const char *wrong;
} work;

static void expect(work *w, bool good, const char *what)
{
    if (!good && !w->wrong)
        w->wrong = what;
}

static bool errs(const work *w, model_mistake mistake)
{
    return w->rules->mistake == mistake;
}

static void use_stream(work *w)
{
    expect(w, w->m->stream, "the stream is used after it was freed");
}

static void use_pool(work *w)
{
    expect(w, w->m->pool, "the output pool is used after it was freed");
}

/* -------------------------------------------------------------------------------- the pool ---- */

/* The newest, or MODEL_BUFFERS. */
static unsigned find_ready(const model *m, unsigned frame)
{
    for (unsigned i = 0; i < m->ready_count; i++)
        if (m->buffers[m->ready[i]].frame == frame)
            return m->ready[i];
    return MODEL_BUFFERS;
}

static void unlist(model *m, unsigned buffer)
{
    unsigned at = 0;
    while (at < m->ready_count && m->ready[at] != buffer)
        at++;
    if (at == m->ready_count)
        return;
    m->ready_count--;
    for (; at < m->ready_count; at++)
        m->ready[at] = m->ready[at + 1];
    m->ready[m->ready_count] = 0;
}

static void list(model *m, unsigned buffer)
{
    memmove(m->ready + 1, m->ready, m->ready_count);
    m->ready[0] = (uint8_t)buffer;
    m->ready_count++;
}

static unsigned idle_count(const model *m)
{
    unsigned count = 0;
    for (unsigned i = 0; i < MODEL_BUFFERS; i++)
        count += m->buffers[i].state == FILLING ||
                 (m->buffers[i].state == READY && m->buffers[i].held == 0);
    return count;
}

static void make_spare(work *w, unsigned buffer)
{
    w->m->buffers[buffer].state = w->m->closed ? DOOMED : SPARE;
    w->m->buffers[buffer].frame = 0;
    if (w->m->closed)
        w->self->doomed |= (uint8_t)(1u << buffer);
}

static void free_doomed(work *w)
{
    for (unsigned i = 0; i < MODEL_BUFFERS; i++)
        if (w->self->doomed >> i & 1) {
            expect(w, w->m->buffers[i].state == DOOMED, "a buffer in use is freed");
            w->m->buffers[i] = (model_buffer){.state = NONE};
        }
    w->self->doomed = 0;
}

static void drop_pool(work *w)
{
    use_pool(w);
    if (--w->m->references != 0)
        return;
    for (unsigned i = 0; i < MODEL_BUFFERS; i++)
        expect(w, w->m->buffers[i].state == NONE, "the pool goes without its buffers");
    expect(w, w->m->frames_held == 0, "the pool goes with frames in callers' hands");
    w->m->pool = 0;
}

/* as_outputs_get */
static outcome get(work *w)
{
    model *m = w->m;
    const unsigned buffer = find_ready(m, w->self->frame);
    use_pool(w);
    if (m->frames_held == w->rules->most_held)
        return FULL;
    if (buffer == MODEL_BUFFERS)
        return NOT_READY;
    m->buffers[buffer].held++;
    m->frames_held++;
    m->references += !errs(w, MODEL_UNCOUNTED_FRAMES);
    w->self->buffer = (uint8_t)buffer;
    return GOT;
}

/* as_output_frame_unref */
static void unref(work *w)
{
    model *m = w->m;
    const unsigned number = w->self->buffer;
    model_buffer *b = &m->buffers[number];
    use_pool(w);
    m->frames_held--;
    if (--b->held != 0)
        return;
    if (!m->closed && find_ready(m, b->frame) == number && idle_count(m) <= MODEL_IDLE)
        return;
    unlist(m, number);
    make_spare(w, number);
}

/* A buffer to draw on: a spare one, a new one, or the oldest that nobody holds or waits for. */
static unsigned choose(const work *w)
{
    const model *m = w->m;
    const bool may_add = idle_count(m) < MODEL_IDLE;
    for (unsigned i = 0; may_add && i < MODEL_BUFFERS; i++)
        if (m->buffers[i].state == SPARE)
            return i;
    for (unsigned i = 0; may_add && i < MODEL_BUFFERS; i++)
        if (m->buffers[i].state == NONE)
            return i;
    for (unsigned i = m->ready_count; i-- > 0;) {
        const model_buffer *b = &m->buffers[m->ready[i]];
        if ((b->held == 0 || errs(w, MODEL_EVICTS_HELD)) && !(w->self->plan >> b->frame & 1))
            return m->ready[i];
    }
    return MODEL_BUFFERS;
}

/* as_outputs_take */
static void take(work *w)
{
    use_pool(w);
    const unsigned buffer = choose(w);
    w->self->result = buffer == MODEL_BUFFERS ? NOT_READY : GOT;
    if (buffer == MODEL_BUFFERS)
        return;
    unlist(w->m, buffer);
    w->m->buffers[buffer].state = FILLING;
    w->m->buffers[buffer].frame = w->self->frame;
    w->m->references++;
    w->self->buffer = (uint8_t)buffer;
}

static void fill(work *w, unsigned content)
{
    model_buffer *b = &w->m->buffers[w->self->buffer];
    expect(w, b->state == FILLING, "a buffer is drawn on that is not being filled");
    b->content = (uint8_t)content;
}

/* as_outputs_publish */
static void publish(work *w)
{
    model *m = w->m;
    const unsigned number = w->self->buffer, twin = find_ready(m, w->self->frame);
    use_pool(w);
    if (m->closed) {
        make_spare(w, number);
        return;
    }
    if (twin != MODEL_BUFFERS && m->buffers[twin].held == 0) {
        unlist(m, twin);
        make_spare(w, twin);
    }
    m->buffers[number].state = READY;
    list(m, number);
}

/* as_outputs_close */
static void close_outputs(work *w)
{
    model *m = w->m;
    use_pool(w);
    m->closed = 1;
    for (unsigned i = 0; i < MODEL_BUFFERS; i++) {
        const model_buffer *b = &m->buffers[i];
        const bool idle = b->state == READY && (b->held == 0 || errs(w, MODEL_FREES_HELD));
        if (!idle && b->state != SPARE)
            continue;
        unlist(m, i);
        make_spare(w, i);
    }
}

/* ------------------------------------------------------------------------------ the stream ---- */

/* as_st_pump: a drawing for each frame that is wanted and neither there nor under way. */
static void pump(work *w)
{
    model *m = w->m;
    for (unsigned f = 0; !m->closing && f < MODEL_FRAMES; f++)
        if ((m->demands >> f & 1) && m->task[f] == NO_TASK && find_ready(m, f) == MODEL_BUFFERS) {
            m->task[f] = QUEUED;
            m->items[f] = 1; /* one that is left over serves as well */
        }
}

static void wake_all(model *m)
{
    m->asleep = 0;
}

static void make_room_known(model *m)
{
    m->room_news = ALL;
}

static void leave_stream(work *w)
{
    if (--w->m->calls == 0 && w->m->closing) {
        w->m->news = ALL;
        wake_all(w->m);
    }
    w->self->at = LEAVE_SESSION;
}

/* The end of wait_for. */
static void end_wait(work *w, outcome result)
{
    model *m = w->m;
    const unsigned bit = 1u << w->self->frame;
    w->self->result = (uint8_t)result;
    if (result == TIMED_OUT)
        m->notified |= (uint8_t)bit;
    if (--m->waiters[w->self->frame] == 0 && !(m->notified & bit))
        m->demands &= (uint8_t)~bit;
    if (!errs(w, MODEL_KEEPS_ROOM)) {
        make_room_known(m);
        pump(w);
    }
    leave_stream(w);
}

/* The loop of wait_until begins again, under the lock. */
static void turn(work *w)
{
    model *m = w->m;
    pump(w);
    m->news &= (uint8_t) ~(1u << w->number);
    if (m->closing)
        end_wait(w, CANCELLED);
    else
        w->self->at = LOOK_AGAIN;
}

/* begin_draw; false: not wanted any more. */
static bool begin_draw(work *w)
{
    model *m = w->m;
    const unsigned frame = w->self->frame;
    if (m->task[frame] != QUEUED || m->closing)
        return false;
    m->task[frame] = RUNNING;
    m->room_news &= (uint8_t) ~(1u << w->number);
    w->self->plan = 0;
    for (unsigned f = 0; f < MODEL_FRAMES; f++)
        if (m->waiters[f] != 0)
            w->self->plan |= (uint8_t)(1u << f);
    w->self->demanded = m->demands >> frame & 1;
    w->self->at = TAKE;
    return true;
}

/* The end of complete_draw: no_buffer, or what finish does under the lock. */
static void end_draw(work *w)
{
    model *m = w->m;
    const unsigned frame = w->self->frame, bit = 1u << frame;
    const bool room_news = (m->room_news >> w->number & 1) && !errs(w, MODEL_MISSES_ROOM);
    use_stream(w);
    m->task[frame] = NO_TASK;
    w->self->plan = w->self->buffer = 0;
    if (w->self->result == NOT_READY) {
        if (room_news || !w->self->demanded)
            pump(w);
        w->self->demanded = 0;
        w->self->at = w->number < MODEL_CALLERS ? TURN : END_ITEM;
        return;
    }
    w->self->demanded = 0;
    make_room_known(m);
    m->notified &= (uint8_t)~bit;
    if (m->waiters[frame] == 0)
        m->demands &= (uint8_t)~bit;
    if (!errs(w, MODEL_FORGETS_NEWS))
        m->news = ALL;
    pump(w);
    w->self->at = WAKE;
}

/* ------------------------------------------------------------------------------- a caller ----- */

static void next_get(work *w)
{
    model_thread *self = w->self;
    self->gets++;
    self->at = self->gets == w->rules->gets ? ENDED : ENTER_SESSION;
    self->frame = (uint8_t)((w->number + self->gets) % MODEL_FRAMES);
    self->result = self->buffer = self->plan = self->demanded = self->helped = 0;
}

static void enter_session(work *w)
{
    if (!w->m->session) {
        next_get(w);
        return;
    }
    w->m->session_calls++;
    w->self->at = ENTER_STREAM;
}

static void enter_stream(work *w)
{
    use_stream(w);
    w->m->calls++;
    w->self->at = LOOK;
    if (w->m->closing) {
        w->self->result = CANCELLED;
        leave_stream(w);
    }
}

static void looked(work *w)
{
    use_stream(w);
    if (w->self->result != NOT_READY) {
        pump(w);
        leave_stream(w);
        return;
    }
    w->m->demands |= (uint8_t)(1u << w->self->frame);
    w->m->waiters[w->self->frame]++;
    w->self->helped = 0;
    turn(w);
}

static void looked_again(work *w)
{
    model *m = w->m;
    model_thread *self = w->self;
    use_stream(w);
    if (self->result != NOT_READY) {
        end_wait(w, (outcome)self->result);
    } else if (m->news >> w->number & 1) {
        turn(w);
    } else if (m->closing) {
        end_wait(w, CANCELLED);
    } else if (w->rules->helping && !self->helped && begin_draw(w)) {
        self->helped = 1;
    } else {
        m->asleep |= (uint8_t)(1u << w->number);
        self->at = WAIT;
    }
}

static void leave_session(work *w)
{
    if (--w->m->session_calls == 0 && !errs(w, MODEL_SILENT_LEAVE))
        w->m->session_wait = 0;
    if (w->self->result == GOT)
        w->self->at = HOLD;
    else
        next_get(w);
}

static void hold(work *w)
{
    const model_buffer *b = &w->m->buffers[w->self->buffer];
    expect(w, b->state == READY, "a frame in a caller's hands was freed");
    expect(w, b->content == w->self->frame, "a frame in a caller's hands shows something else");
    w->self->at = UNREF;
}

static void step_caller(work *w)
{
    switch ((place)w->self->at) {
    case ENTER_SESSION: enter_session(w); break;
    case ENTER_STREAM: enter_stream(w); break;
    case LOOK:
    case LOOK_AGAIN:
        use_stream(w);
        w->self->result = (uint8_t)get(w);
        w->self->at++;
        break;
    case LOOKED: looked(w); break;
    case LOOKED_AGAIN: looked_again(w); break;
    case WAIT:
    case TURN:
        use_stream(w);
        turn(w);
        break;
    case LEAVE_SESSION: leave_session(w); break;
    case HOLD: hold(w); break;
    case UNREF:
        unref(w);
        free_doomed(w);
        w->self->at = UNREF_DROP;
        break;
    default:
        if (!errs(w, MODEL_UNCOUNTED_FRAMES))
            drop_pool(w);
        next_get(w);
    }
}

/* ------------------------------------------------------------------------------- drawing ------ */

static bool is_drawing(const model_thread *thread)
{
    return thread->at >= TAKE && thread->at <= WAKE;
}

static void step_drawing(work *w)
{
    const bool is_caller = w->number < MODEL_CALLERS;
    switch ((place)w->self->at++) {
    case TAKE:
        take(w);
        if (w->self->result == GOT)
            fill(w, GARBAGE);
        else
            w->self->at = DRAWN;
        break;
    case PUBLISH:
        fill(w, w->self->frame);
        publish(w);
        free_doomed(w);
        break;
    case PUBLISH_DROP: drop_pool(w); break;
    case DRAWN: end_draw(w); break;
    default: /* WAKE: not under the lock */
        use_stream(w);
        if (!errs(w, MODEL_SILENT_DRAW))
            wake_all(w->m);
        w->self->at = is_caller ? TURN : END_ITEM;
    }
}

/* ------------------------------------------------------------------------------- a worker ----- */

static unsigned step_worker(work *w, model_step out[MODEL_CHOICES])
{
    model *m = w->m;
    unsigned count = 0;
    if (w->self->at == TAKE_ITEM) { /* one of several may come first */
        for (unsigned f = 0; f < MODEL_FRAMES; f++) {
            if (m->items[f] == 0)
                continue;
            model next = *m;
            next.items[f]--;
            next.running++;
            next.threads[w->number].frame = (uint8_t)f;
            next.threads[w->number].at = BEGIN_ITEM;
            out[count++] = (model_step){.next = next};
        }
        if (!m->ending || m->running != 0)
            return count;
        w->self->at = ENDED;
    } else if (w->self->at == BEGIN_ITEM) {
        use_stream(w);
        if (!begin_draw(w))
            w->self->at = END_ITEM;
    } else {
        m->running--;
        *w->self = (model_thread){.at = TAKE_ITEM};
    }
    return MODEL_CHOICES;
}

/* ------------------------------------------------------------------------------ the closer ---- */

static void wait_calls(work *w)
{
    use_stream(w);
    if (w->m->calls == 0) {
        w->self->at = CLOSE_OUTPUTS;
        w->m->asleep &= (uint8_t) ~(1u << w->number);
    } else {
        w->m->asleep |= (uint8_t)(1u << w->number);
    }
}

static void begin_closing(work *w, bool tells)
{
    use_stream(w);
    w->m->closing = 1;
    if (errs(w, MODEL_SILENT_CLOSE))
        return;
    if (tells)
        w->m->news = ALL;
    wake_all(w->m);
}

static void free_stream(work *w)
{
    use_stream(w);
    expect(w, w->m->calls == 0 && w->m->asleep == 0, "the stream goes with callers in it");
    expect(w, w->m->running == 0, "the stream goes with work that runs");
    w->m->stream = 0;
}

static void step_closer(work *w)
{
    model *m = w->m;
    switch ((place)w->self->at++) {
    case END_SESSION: m->session = 0; break;
    case WAKE_CALLERS: begin_closing(w, false); break;
    case WAIT_IDLE:
        if (m->session_calls == 0 || errs(w, MODEL_HASTY_SESSION))
            w->self->at = CLOSE;
        else
            m->session_wait = 1;
        break;
    case ASLEEP_IDLE: w->self->at = WAIT_IDLE; break;
    case CLOSE: begin_closing(w, true); break;
    case DROP_QUEUES:
        m->ending = 1;
        memset(m->items, 0, sizeof(m->items));
        break;
    case WAIT_RUNNING: break;
    case WAIT_CALLS:
        w->self->at--;
        wait_calls(w);
        break;
    case CLOSE_OUTPUTS:
        close_outputs(w);
        free_doomed(w);
        break;
    case CLOSE_DROP: drop_pool(w); break;
    default: free_stream(w); w->self->at = ENDED;
    }
}

/* --------------------------------------------------------------------------------- all -------- */

static bool callers_have_ended(const model *m)
{
    for (unsigned i = 0; i < MODEL_CALLERS; i++)
        if (m->threads[i].at != ENDED)
            return false;
    return true;
}

static bool can_go_on(const model_rules *rules, const model *m, unsigned thread)
{
    switch ((place)m->threads[thread].at) {
    case ENDED: return false;
    case END_SESSION: return !rules->late_close || callers_have_ended(m);
    case WAIT: return !(m->asleep >> thread & 1);
    case WAIT_CALLS: return !(m->asleep >> thread & 1);
    case ASLEEP_IDLE: return m->session_wait == 0;
    case WAIT_RUNNING: return m->running == 0 || rules->mistake == MODEL_HASTY_WORK;
    default: return true;
    }
}

/* What nobody will look at any more makes no difference between two states. */
static void forget(model *m)
{
    uint8_t looking = 0, drawing = 0;
    for (unsigned i = 0; i < MODEL_THREADS; i++) {
        const place at = (place)m->threads[i].at;
        looking |= (uint8_t)((at == LOOK_AGAIN || at == LOOKED_AGAIN) << i);
        drawing |= (uint8_t)((at >= TAKE && at <= DRAWN) << i);
    }
    m->news &= looking;
    m->room_news &= drawing;
}

/* A wait may end because its time is up. */
static void time_out(work *w)
{
    use_stream(w);
    w->m->asleep &= (uint8_t) ~(1u << w->number);
    end_wait(w, w->m->closing ? CANCELLED : TIMED_OUT);
}

void model_begin(model *m)
{
    memset(m, 0, sizeof(*m));
    m->session = m->stream = m->pool = m->references = 1;
    for (unsigned i = 0; i < MODEL_CALLERS; i++) {
        m->threads[i].at = ENTER_SESSION;
        m->threads[i].frame = (uint8_t)(i % MODEL_FRAMES);
    }
    for (unsigned i = MODEL_CALLERS; i < CLOSER; i++)
        m->threads[i].at = TAKE_ITEM;
    m->threads[CLOSER].at = END_SESSION;
}

unsigned model_steps(const model_rules *rules, const model *m, unsigned thread,
                     model_step out[MODEL_CHOICES])
{
    const bool sleeps = m->threads[thread].at == WAIT && !can_go_on(rules, m, thread);
    if (!can_go_on(rules, m, thread) && !(sleeps && rules->timeouts))
        return 0;
    out[0].next = *m;
    work w = {rules, &out[0].next, &out[0].next.threads[thread], thread, NULL};
    if (sleeps) {
        time_out(&w);
    } else if (is_drawing(w.self)) {
        step_drawing(&w);
    } else if (thread < MODEL_CALLERS) {
        step_caller(&w);
    } else if (thread == CLOSER) {
        step_closer(&w);
    } else {
        model own = *m;
        work on_own = {rules, &own, &own.threads[thread], thread, NULL};
        const unsigned count = step_worker(&on_own, out);
        if (count != MODEL_CHOICES)
            return count;
        out[0] = (model_step){own, on_own.wrong};
        forget(&out[0].next);
        return 1;
    }
    out[0].wrong = w.wrong;
    forget(&out[0].next);
    return 1;
}

bool model_has_ended(const model *m, unsigned thread)
{
    return m->threads[thread].at == ENDED;
}

const char *model_where(const model *m, unsigned thread)
{
    return place_names[m->threads[thread].at];
}
