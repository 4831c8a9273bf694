/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "fuse/worker.h"

#include "core/lock.h"
#include "fuse/confine.h"
#include "fuse/detach.h"
#include "fuse/log.h"
#include "fuse/signals.h"

#include <poll.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

/* They start when all others are busy, and stay. With one or two a lone reader is served with a
 * little less work, but 32 requests at a time half as fast. */
#define DEFAULT_THREADS 8
#define COUNTING_PATIENCE (G_USEC_PER_SEC / 50)

typedef struct Worker {
    int control; /* to the supervisor */
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
    struct pollfd waits[] = {{.fd = uc_signals_open(), .events = POLLIN},
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

static void on_ready(void *data)
{
    const Worker *self = data;
    if (self->background)
        uc_detach();
    say(self->control, UC_WORKER_READY);
}

static UcCounter *start_counting(const UcMount *mount)
{
    g_autoptr(GPtrArray) list = g_ptr_array_new();
    for (guint i = 0; i < mount->exports->len; i++)
        g_ptr_array_add(list, &((UcExport *)g_ptr_array_index(mount->exports, i))->blocks);
    return uc_counter_start(list, COUNTING_PATIENCE);
}

static struct fuse_loop_config *loop_config(const UcMountOptions *options)
{
    struct fuse_loop_config *config = fuse_loop_cfg_create();
    fuse_loop_cfg_set_max_threads(config, options->max_threads > 0 ? options->max_threads
                                                                   : DEFAULT_THREADS);
    if (options->max_idle_threads > 0)
        fuse_loop_cfg_set_idle_threads(config, options->max_idle_threads);
    fuse_loop_cfg_set_clone_fd(config, options->clone_fd);
    return config;
}

/* So that "umount mnt && qemu-img ..." finds the images free, however long we take to end. */
static void release_images(const UcMount *mount)
{
    const UcExport *any = g_ptr_array_index(mount->exports, 0);
    uc_lock_release(any->node->graph);
}

static bool serve(const UcMount *mount)
{
    struct fuse_loop_config *config = loop_config(mount->options);
    bool fine = fuse_session_loop_mt(mount->session, config) == 0;
    fuse_loop_cfg_destroy(config);
    return fine;
}

bool uc_worker_run(UcMount *mount, int control)
{
    g_autoptr(GError) error = NULL;
    if (!uc_confine(&error)) {
        uc_log(UC_LOG_ERROR, "%s", error->message);
        return false;
    }
    static Worker self; /* outlives the thread that looks at it */
    self = (Worker){control, !mount->foreground};
    mount->serve.ready = on_ready;
    mount->serve.ready_data = &self;
    uc_graph_seal(((UcExport *)g_ptr_array_index(mount->exports, 0))->node->graph);
    g_thread_unref(g_thread_new("watch", watch, &self));
    UcCounter *counter = start_counting(mount);
    bool fine = serve(mount);
    release_images(mount);
    if (!uc_counter_stop(counter))
        _exit(fine ? EXIT_SUCCESS : EXIT_FAILURE);
    return fine;
}
