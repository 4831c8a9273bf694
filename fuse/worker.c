/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "fuse/worker.h"

#include "core/lock.h"
#include "fuse/connection.h"
#include "fuse/descriptor.h"
#include "fuse/detach.h"
#include "fuse/log.h"
#include "fuse/signals.h"

#include <errno.h>
#include <poll.h>
#include <pthread.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

#define COUNTING_PATIENCE (G_USEC_PER_SEC / 50)
#define LEAVING_PATIENCE (G_USEC_PER_SEC / 5)
#ifdef UC_SANITIZED
#define ENDING_PATIENCE (60 * G_USEC_PER_SEC) /* reports take their time */
#else
#define ENDING_PATIENCE G_USEC_PER_SEC
#endif

typedef struct Worker {
    int control; /* to the supervisor */
    int signals;
    bool background;
} Worker;

static void say(int control, char word)
{
    (void)!send(control, &word, 1, MSG_NOSIGNAL);
}

/*
 * The thread beside the serving ones. A signal is passed on: the supervisor unmounts, and that
 * ends us cleanly. If the supervisor is gone, whatever killed it, we go too, and the guard
 * unmounts.
 */
static gpointer watch(gpointer data)
{
    const Worker *self = data;
    struct pollfd waits[] = {{.fd = self->signals, .events = POLLIN},
                             {.fd = self->control, .events = POLLIN}};
    for (;;) {
        if (poll(waits, G_N_ELEMENTS(waits), -1) < 0)
            continue; /* revents are those of the last time */
        if (waits[1].revents != 0)
            _exit(EXIT_SUCCESS);
        if (waits[0].revents != 0 && uc_signals_take(waits[0].fd))
            say(self->control, UC_WORKER_STOP);
    }
}

static UcCounter *start_counting(const UcMount *mount)
{
    g_autoptr(GPtrArray) list = g_ptr_array_new();
    for (guint i = 0; i < mount->exports->len; i++)
        g_ptr_array_add(list, &((UcExport *)g_ptr_array_index(mount->exports, i))->blocks);
    return uc_counter_start(list, COUNTING_PATIENCE);
}

/* One thread more than can be at work in images: it answers the rest. */
static struct fuse_loop_config *loop_config(const UcMount *mount)
{
    const UcMountOptions *options = mount->options;
    struct fuse_loop_config *config = fuse_loop_cfg_create();
    fuse_loop_cfg_set_max_threads(config, uc_turns_limit(mount->serve.turns) + 1);
    if (options->max_idle_threads > 0)
        fuse_loop_cfg_set_idle_threads(config, options->max_idle_threads);
    fuse_loop_cfg_set_clone_fd(config, options->clone_fd);
    return config;
}

static atomic_bool serving;
static atomic_int status = EXIT_SUCCESS; /* to end with */

/* What hangs now would hang for nobody: all who could be answered are gone with the mount. It may
 * be what serves, or afterwards what was reading ahead. */
static gpointer leave(gpointer data)
{
    (void)data;
    g_usleep(LEAVING_PATIENCE);
    if (!atomic_load(&serving))
        g_usleep(ENDING_PATIENCE);
    _exit(atomic_load(&status));
}

static void on_end(void)
{
    static atomic_bool is_known;
    if (atomic_exchange(&is_known, true))
        return;
    GThread *thread = g_thread_try_new("leave", leave, NULL, NULL);
    if (thread != NULL)
        g_thread_unref(thread);
}

static bool serve(const UcMount *mount)
{
    struct fuse_loop_config *config = loop_config(mount);
    atomic_store(&serving, true);
    bool fine = fuse_session_loop_mt(mount->session, config) == 0;
    atomic_store(&status, fine ? EXIT_SUCCESS : EXIT_FAILURE);
    atomic_store(&serving, false);
    fuse_loop_cfg_destroy(config);
    return fine;
}

/* ---- before it serves ---- */

/* The end of a thread that is cancelled, as libfuse ends its own, is in a library that the C
 * library loads when it is needed first: too late in the sandbox. */
static void *end_thread(void *data)
{
    pthread_exit(data);
}

static bool try_thread(GError **error)
{
    pthread_t thread;
    int code = pthread_create(&thread, NULL, end_thread, NULL);
    if (code == 0)
        code = pthread_join(thread, NULL);
    return code == 0 ||
           uc_error_set(error, UC_ERROR_FAILED, "cannot start a thread: %s", g_strerror(code));
}

/* What it takes to serve, before it is said that all is well. */
static bool start_watching(Worker *self, GError **error)
{
    g_autoptr(GError) cause = NULL;
    GThread *thread = g_thread_try_new("watch", watch, self, &cause);
    if (thread == NULL)
        return uc_error_set(error, UC_ERROR_FAILED, "%s", cause->message);
    g_thread_unref(thread);
    return try_thread(error);
}

/* Everything is open: the supervisor mounts, and lets us have the connection; or it does not, and
 * says why. */
static bool connect_session(const UcMount *mount, int control, GError **error)
{
    say(control, UC_WORKER_OPENED);
    int connection = uc_descriptor_receive(control);
    if (connection < 0 && errno == 0)
        return false;
    if (connection < 0)
        return uc_error_set(error, UC_ERROR_FAILED, "%s: cannot take over the mount: %s",
                            mount->mountpoint->path, g_strerror(errno));
    return uc_connection_set(mount->session, connection, on_end) ||
           uc_error_set(error, UC_ERROR_FAILED, "%s: libfuse cannot use the connection",
                        mount->mountpoint->path);
}

static void on_greeting(void *data)
{
    *(bool *)data = true;
}

/* The kernel says hello before anything else, and asks nothing until it is answered. Not if
 * somebody has unmounted already. */
static bool greet(UcMount *mount, GError **error)
{
    bool greeted = false;
    struct fuse_buf request = {0};
    int length = 1;
    mount->serve.ready = on_greeting;
    mount->serve.ready_data = &greeted;
    while (!greeted && (length > 0 || length == -EINTR)) {
        length = fuse_session_receive_buf(mount->session, &request);
        if (length > 0)
            fuse_session_process_buf(mount->session, &request);
    }
    free(request.mem);
    return (greeted && !fuse_session_exited(mount->session)) ||
           uc_error_set(error, UC_ERROR_FAILED, "%s: the mount ended before it answered",
                        mount->mountpoint->path);
}

static void register_passthrough(const UcMount *mount)
{
    for (guint i = 0; i < mount->exports->len; i++) {
        UcExport *export = g_ptr_array_index(mount->exports, i);
        uc_passthrough_register(&export->passthrough, mount->session);
    }
}

/* Nothing will be opened any more. */
static bool enter_sandbox(const UcMount *mount, GError **error)
{
    (void)!chdir("/");
    return uc_sources_confine(mount->sources, UC_SANDBOX_SERVING, error);
}

static bool prepare(UcMount *mount, const Worker *self, GError **error)
{
    if (self->background)
        uc_detach_prepare();
    if (!try_thread(error) || !uc_mount_open(mount, error) ||
        !connect_session(mount, self->control, error) || !greet(mount, error))
        return false;
    register_passthrough(mount);
    return enter_sandbox(mount, error);
}

static bool serve_to_the_end(const UcMount *mount)
{
    uc_graph_seal(mount->sources->graph);
    UcCounter *counter = start_counting(mount);
    bool fine = serve(mount);
    /* So that "umount mnt && qemu-img ..." finds the images free, however long we take to end. */
    uc_lock_release(mount->sources->graph);
    if (!uc_counter_stop(counter))
        _exit(fine ? EXIT_SUCCESS : EXIT_FAILURE);
    return fine;
}

bool uc_worker_run(UcMount *mount, int control, int guard, GError **error)
{
    static Worker self; /* outlives the thread that looks at it */
    uc_descriptor_close_others(control, guard);
    self = (Worker){control, uc_signals_open(), !mount->foreground};
    if (!prepare(mount, &self, error) || !start_watching(&self, error))
        return false;
    uc_mount_announce(mount);
    if (self.background)
        uc_detach();
    say(control, UC_WORKER_READY);
    return serve_to_the_end(mount);
}
