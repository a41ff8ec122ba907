/* SPDX-License-Identifier: MIT */
#include "core/io/http_client.h"

#include "core/base/clock.h"
#include "core/base/thread.h"
#include "core/io/io.h"

#include <stdio.h>
#include <string.h>

#define MS ((uint64_t)1000000)
#define IDLE_POLL_MS 60000
/* How long a transfer is silent before it gives way to another user's: one of several of its user,
 * or the only one. */
#define SPARE_SILENT_NS (1000 * MS)
#define ONLY_SILENT_NS (10000 * MS)
#define REFUSED_POLL_MS 10
#define LEAST_VERSION 0x075700 /* of libcurl: CURLOPT_PROTOCOLS_STR, CURLOPT_QUICK_EXIT */
#define HUNGRY_POLL_MS 250     /* how often that is looked at */

/* Lock order: `life`, then `lock`. */
static as_mutex life =
    AS_MUTEX_INITIALIZER(AS_LOCK_HTTP_LIFE); /* who starts and ends the thread; user_count */
static as_mutex lock =
    AS_MUTEX_INITIALIZER(AS_LOCK_HTTP_NEWS); /* what other threads tell the network thread */

static struct {
    /* life */
    bool global_ready;
    unsigned user_count;
    as_thread thread;
    /* lock */
    CURLM *multi; /* set while the thread runs; the thread's but for wakeups */
    as_cond left; /* a user has left */
    as_http_user *joining, *kicked, **kicked_end;
    bool stopping, woken;
    /* network thread */
    as_http_user *users;
    as_http_transfer *transfers[AS_HTTP_MOST_TRANSFERS];
    size_t transfer_count;
    uint64_t turns;
} client;

/* ------------------------------------------------------------------------ transfers ---- */

bool as_http_add(as_http_user *user, as_http_transfer *transfer)
{
    if (client.transfer_count == AS_HTTP_MOST_TRANSFERS ||
        curl_multi_add_handle(client.multi, transfer->easy) != CURLM_OK)
        return false;
    transfer->user = user;
    transfer->host = user->host;
    transfer->added = true;
    client.transfers[client.transfer_count++] = transfer;
    return true;
}

void as_http_remove(as_http_transfer *transfer)
{
    if (!transfer->added)
        return;
    transfer->added = false;
    (void)curl_multi_remove_handle(client.multi, transfer->easy);
    for (size_t i = 0; i < client.transfer_count; i++)
        if (client.transfers[i] == transfer)
            client.transfers[i] = client.transfers[--client.transfer_count];
}

static bool is_there(const as_http_transfer *transfer)
{
    size_t i = 0;
    while (i < client.transfer_count && client.transfers[i] != transfer)
        i++;
    return i < client.transfer_count;
}

static void end(as_http_transfer *transfer, CURLcode code, uint64_t now_ns)
{
    as_http_remove(transfer);
    transfer->user->ended(transfer->user, transfer, code, now_ns);
}

static void take_ended(uint64_t now_ns)
{
    CURLMsg *message;
    int left;
    while ((message = curl_multi_info_read(client.multi, &left)) != NULL) {
        if (message->msg != CURLMSG_DONE)
            continue;
        const CURLcode code = message->data.result;
        void *owner = NULL;
        (void)curl_easy_getinfo(message->easy_handle, CURLINFO_PRIVATE, &owner);
        end(owner, code, now_ns);
    }
}

/* libcurl drives none of them any more: they end, so that whoever waits is told and tries again. */
static void end_all(CURLMcode why, uint64_t now_ns)
{
    const CURLcode code = why == CURLM_OUT_OF_MEMORY ? CURLE_OUT_OF_MEMORY : CURLE_SEND_ERROR;
    as_http_transfer *ending[AS_HTTP_MOST_TRANSFERS];
    const size_t count = client.transfer_count;
    memcpy(ending, client.transfers, count * sizeof(*ending));
    for (size_t i = 0; i < count; i++)
        if (is_there(ending[i])) /* to end one may remove others */
            end(ending[i], code, now_ns);
}

/* --------------------------------------------------------------------------- places ---- */

static size_t count_at(uint64_t host)
{
    size_t count = 0;
    for (size_t i = 0; i < client.transfer_count; i++)
        count += client.transfers[i]->host == host;
    return count;
}

static bool has_place(const as_http_user *user)
{
    return client.transfer_count < AS_HTTP_MOST_TRANSFERS && count_at(user->host) < user->host_most;
}

static bool is_before(const as_http_user *a, const as_http_user *b)
{
    return a->urgent != b->urgent ? a->urgent : a->served < b->served;
}

/* Who waits for a place: of those who could have one, or of those who could not. */
static as_http_user *next_hungry(bool with_place)
{
    as_http_user *best = NULL;
    for (as_http_user *user = client.users; user; user = user->next)
        if (user->wants && has_place(user) == with_place && (!best || is_before(user, best)))
            best = user;
    return best;
}

static size_t count_of(const as_http_user *user)
{
    size_t count = 0;
    for (size_t i = 0; i < client.transfer_count; i++)
        count += client.transfers[i]->user == user;
    return count;
}

/* The transfer that has been silent for longest, beyond what it may, of those whose end would make
 * room for `user`. */
static as_http_transfer *find_silent(const as_http_user *user, uint64_t now_ns)
{
    const bool full = client.transfer_count == AS_HTTP_MOST_TRANSFERS;
    const bool host_full = count_at(user->host) >= user->host_most;
    as_http_transfer *worst = NULL;
    for (size_t i = 0; i < client.transfer_count; i++) {
        as_http_transfer *transfer = client.transfers[i];
        if (transfer->user == user || (host_full ? transfer->host != user->host : !full))
            continue;
        const uint64_t may = count_of(transfer->user) > 1 ? SPARE_SILENT_NS : ONLY_SILENT_NS;
        if (now_ns - transfer->alive_ns > may && (!worst || transfer->alive_ns < worst->alive_ns))
            worst = transfer;
    }
    return worst;
}

/* Gives out the places there are; somebody who has waited for one for long enough gets that of a
 * silent transfer. */
static void serve(uint64_t now_ns)
{
    as_http_user *user;
    while ((user = next_hungry(true)) != NULL) {
        user->served = ++client.turns;
        user->hungry_ns = now_ns;
        user->begin(user, now_ns);
    }
    if ((user = next_hungry(false)) == NULL || now_ns - user->hungry_ns < SPARE_SILENT_NS)
        return;
    as_http_transfer *silent = find_silent(user, now_ns);
    if (!silent)
        return;
    as_http_remove(silent);
    silent->user->gave_way(silent->user, silent, now_ns);
    user->served = ++client.turns;
    user->hungry_ns = now_ns;
    user->begin(user, now_ns);
}

/* ----------------------------------------------------------------------- the thread ---- */

static void stop_user(as_http_user *user)
{
    as_http_user **link = &client.users;
    while (*link && *link != user)
        link = &(*link)->next;
    if (*link)
        *link = user->next;
    user->stop(user);
    as_mutex_lock(&lock);
    user->left = true; /* from here on it may be gone */
    as_cond_broadcast(&client.left);
    as_mutex_unlock(&lock);
}

/* Moves those who joined, then calls or stops those who were kicked, each once: what is kicked
 * meanwhile is for the next round. */
static bool take_news(uint64_t now_ns)
{
    as_mutex_lock(&lock);
    client.woken = false;
    while (client.joining) {
        as_http_user *user = client.joining;
        client.joining = user->next_joining;
        user->next = client.users;
        client.users = user;
    }
    as_http_user *user = client.kicked;
    client.kicked = NULL;
    client.kicked_end = &client.kicked;
    const bool go_on = !client.stopping;
    as_mutex_unlock(&lock);
    while (user) {
        as_mutex_lock(&lock);
        as_http_user *next = user->next_kicked;
        user->kicked = false;
        const bool leaving = user->leaving;
        as_mutex_unlock(&lock);
        if (leaving)
            stop_user(user);
        else
            user->turn(user, now_ns);
        user = next;
    }
    return go_on;
}

/* Calls those whose time has come; returns the milliseconds until the next one's. */
static int take_timers(uint64_t now_ns)
{
    uint64_t due = now_ns + IDLE_POLL_MS * MS;
    for (as_http_user *user = client.users; user; user = user->next) {
        if (user->due_ns <= now_ns)
            user->turn(user, now_ns);
        if (user->due_ns < due)
            due = user->due_ns;
    }
    if (due <= now_ns)
        return 0;
    return (int)((due - now_ns + MS - 1) / MS); /* up: to wake early would turn on the spot */
}

static void note_hunger(uint64_t now_ns)
{
    for (as_http_user *user = client.users; user; user = user->next)
        if (!user->wants)
            user->hungry_ns = now_ns;
}

/* In place of a poll that libcurl refuses: not to turn on the spot. */
static void pause_briefly(uint64_t now_ns)
{
    as_mutex_lock(&lock);
    (void)as_cond_wait_until(&client.left, &lock, now_ns + REFUSED_POLL_MS * MS);
    as_mutex_unlock(&lock);
}

static void run(void *unused)
{
    (void)unused;
    for (;;) {
        uint64_t now = as_clock_ns();
        if (!take_news(now))
            break;
        (void)take_timers(now);
        serve(now);
        int running;
        const CURLMcode driven = curl_multi_perform(client.multi, &running);
        now = as_clock_ns();
        take_ended(now);
        if (driven != CURLM_OK)
            end_all(driven, now);
        serve(now);
        note_hunger(now);
        int wait_ms = take_timers(now);
        if (next_hungry(true))
            wait_ms = 0;
        else if (wait_ms > HUNGRY_POLL_MS && next_hungry(false))
            wait_ms = HUNGRY_POLL_MS;
        if (curl_multi_poll(client.multi, NULL, 0, wait_ms, NULL) != CURLM_OK && wait_ms != 0)
            pause_briefly(as_clock_ns());
    }
    (void)curl_multi_cleanup(client.multi);
}

/* Under the lock. */
static void wake(void)
{
    /* One that fails is made up for: the thread may sleep for a minute. */
    for (int tries = 0; !client.woken && tries < 2; tries++)
        client.woken = curl_multi_wakeup(client.multi) == CURLM_OK;
}

/* ---------------------------------------------------------------- joining and leaving ---- */

/* A package's dependency may let in one that knows fewer options, and each request would fail. */
static as_result check_version(as_error *error)
{
    const curl_version_info_data *info = curl_version_info(CURLVERSION_NOW);
    if (info->version_num >= LEAST_VERSION)
        return AS_OK;
    return as_err_set(error, AS_ERROR_UNSUPPORTED,
                      "libcurl %s is loaded, which is too old to read over HTTP; install libcurl "
                      "7.87 or newer",
                      info->version ? info->version : "of an unknown version");
}

/* Under `life`: the thread does not run. */
static as_result start(as_error *error)
{
    const as_result usable = check_version(error);
    if (usable != AS_OK)
        return usable;
    /* Never undone: other parts of the process may use libcurl too. */
    if (!client.global_ready && curl_global_init(CURL_GLOBAL_DEFAULT) != CURLE_OK)
        return as_err_set(error, AS_ERROR_OUT_OF_MEMORY,
                          "libcurl could not be initialized; free some memory and open again");
    client.global_ready = true;
    if (!as_cond_init(&client.left))
        return as_err_no_memory(error, sizeof(client.left), "a condition of the network thread");
    client.multi = curl_multi_init();
    client.stopping = client.woken = false;
    client.joining = client.kicked = NULL;
    client.kicked_end = &client.kicked;
    if (client.multi) {
        /* With those that idle: of these the oldest is closed where another one is needed. */
        (void)curl_multi_setopt(client.multi, CURLMOPT_MAXCONNECTS, (long)AS_HTTP_MOST_TRANSFERS);
        (void)curl_multi_setopt(client.multi, CURLMOPT_MAX_TOTAL_CONNECTIONS,
                                (long)AS_HTTP_MOST_TRANSFERS);
        /* Without descriptors for it nobody could ever be woken. */
        if (curl_multi_wakeup(client.multi) == CURLM_OK &&
            as_thread_start(&client.thread, "as-http", run, NULL))
            return AS_OK;
        (void)curl_multi_cleanup(client.multi);
    }
    as_cond_destroy(&client.left);
    return as_err_set(error, AS_ERROR_OUT_OF_MEMORY,
                      "out of memory: the network thread could not be started; free memory, "
                      "threads or descriptors and open again");
}

size_t as_io_describe_http(bool tls, char *text, size_t size)
{
    /* libcurl writes what it tells of TLS anew each time. */
    as_mutex_lock(&life);
    const curl_version_info_data *info = curl_version_info(CURLVERSION_NOW);
    const char *version = tls ? info->ssl_version : info->version;
    const int length =
        snprintf(text, size, "%s%s", tls ? "" : "libcurl ", version ? version : "none");
    as_mutex_unlock(&life);
    return length > 0 ? (size_t)length : 0;
}

as_result as_http_join(as_http_user *user, as_error *error)
{
    as_mutex_lock(&life);
    as_result result = client.user_count == 0 ? start(error) : AS_OK;
    if (result == AS_OK) {
        client.user_count++;
        as_mutex_lock(&lock);
        user->next_joining = client.joining;
        client.joining = user;
        as_mutex_unlock(&lock);
    }
    as_mutex_unlock(&life);
    return result;
}

/* Under the lock. */
static void kick(as_http_user *user)
{
    if (user->kicked)
        return;
    user->kicked = true;
    user->next_kicked = NULL;
    *client.kicked_end = user;
    client.kicked_end = &user->next_kicked;
    wake();
}

void as_http_kick(as_http_user *user)
{
    as_mutex_lock(&lock);
    if (!user->leaving) /* the client does not know it any more, or soon */
        kick(user);
    as_mutex_unlock(&lock);
}

void as_http_leave(as_http_user *user)
{
    as_mutex_lock(&lock);
    user->leaving = true;
    kick(user);
    while (!user->left)
        (void)as_cond_wait_until(&client.left, &lock, AS_NO_DEADLINE);
    as_mutex_unlock(&lock);

    as_mutex_lock(&life);
    if (--client.user_count == 0) {
        as_mutex_lock(&lock);
        client.stopping = true;
        client.woken = false;
        wake();
        as_mutex_unlock(&lock);
        as_thread_join(&client.thread);
        as_cond_destroy(&client.left);
    }
    as_mutex_unlock(&life);
}
