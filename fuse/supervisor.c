/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "fuse/supervisor.h"

#include "fuse/descriptor.h"
#include "fuse/detach.h"
#include "fuse/guard.h"
#include "fuse/notify.h"
#include "fuse/signals.h"
#include "fuse/worker.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/pidfd.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#define PATIENCE 200 /* milliseconds that the worker has to leave by itself */

typedef struct Supervisor {
    UcMount *mount;
    int launcher; /* closed without a byte: it failed; -1 in the foreground */
    int control;  /* to the worker */
    int signals;
    UcGuard guard;
    pid_t worker;
    int process; /* a descriptor of the worker: can be read when it has ended */
    bool mounted;
    bool has_pid_file;
    bool ready;
    bool stopping;     /* somebody wants it to end */
    bool worker_ended; /* it will say nothing more */
} Supervisor;

/* ---- the worker ---- */

/* The connection to the kernel is the worker's alone: when it dies, the connection must end. What
 * stands in its place here is a pipe without a reader, which to libfuse looks like a connection
 * whose mount is gone, so that it will not unmount anything by itself. */
static void give_up_connection(struct fuse_session *session)
{
    int ends[2];
    if (pipe2(ends, O_CLOEXEC) != 0)
        return;
    dup3(ends[1], fuse_session_fd(session), O_CLOEXEC);
    close(ends[0]);
    close(ends[1]);
}

/* In the worker this returns only from its life's end; *is_worker tells. */
static bool start_worker(Supervisor *self, bool *is_worker, GError **error)
{
    int ends[2];
    if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends) != 0)
        return uc_error_set(error, UC_ERROR_FAILED, "socketpair: %s", g_strerror(errno));
    fflush(NULL);
    self->worker = fork();
    if (self->worker < 0)
        return uc_error_set(error, UC_ERROR_FAILED, "fork: %s", g_strerror(errno));
    *is_worker = self->worker == 0;
    if (*is_worker)
        return uc_worker_run(self->mount, ends[1], self->guard.pipe, error);
    close(ends[1]);
    self->control = ends[0];
    self->process = pidfd_open(self->worker, 0);
    return true;
}

/* Whether it leaves by itself, and soon; what it says is not what counts. */
static bool worker_leaves(const Supervisor *self)
{
    struct pollfd end = {.fd = self->process, .events = POLLIN};
    return TEMP_FAILURE_RETRY(poll(&end, 1, PATIENCE)) > 0;
}

/* Its wait status. One that programs still hold open files of does not leave: end it. */
static int reap_worker(const Supervisor *self)
{
    int status = 0;
    bool killed = !worker_leaves(self) && kill(self->worker, SIGKILL) == 0;
    while (waitpid(self->worker, &status, 0) < 0 && errno == EINTR)
        ;
    return killed && !self->worker_ended ? 0 : status;
}

static bool check_status(const Supervisor *self, int status, GError **error)
{
    const char *where = self->mount->mountpoint->path;
    const char *end = self->mounted ? "; unmounted" : "";
    if (WIFEXITED(status) && WEXITSTATUS(status) == 0)
        return self->ready || uc_error_set(error, UC_ERROR_FAILED,
                                           "%s: the mount ended before it answered", where);
    if (WIFEXITED(status) && !self->ready)
        exit(WEXITSTATUS(status)); /* it has said why */
    if (WIFEXITED(status))
        return uc_error_set(error, UC_ERROR_FAILED,
                            "%s: the serving process failed (exit status %d)%s", where,
                            WEXITSTATUS(status), end);
    return uc_error_set(error, UC_ERROR_FAILED,
                        "%s: the serving process was killed (signal %d, %s)%s", where,
                        WTERMSIG(status), strsignal(WTERMSIG(status)), end);
}

/* ---- becoming ready ---- */

/* A FIFO that nobody reads is an error, and not to be waited for. */
static FILE *create(const char *path)
{
    int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NONBLOCK, 0666);
    return fd >= 0 ? fdopen(fd, "w") : NULL;
}

static bool write_pid_file(Supervisor *self, GError **error)
{
    const char *path = self->mount->pid_file;
    FILE *file = path != NULL ? create(path) : NULL;
    self->has_pid_file = file != NULL;
    bool written = file != NULL && fprintf(file, "%d\n", (int)getpid()) > 0;
    if (path == NULL || ((file == NULL || fclose(file) == 0) && written))
        return true;
    return uc_error_set(error, UC_ERROR_FAILED, "cannot write the pid file %s: %s", path,
                        g_strerror(errno));
}

/* The worker has opened everything. */
static bool become_mounted(Supervisor *self, GError **error)
{
    const UcMount *mount = self->mount;
    uc_guard_start(&self->guard, mount->mountpoint->path);
    uc_guard_wait_for_programs(&self->guard, true);
    self->mounted = uc_mountpoint_mount(mount->mountpoint, mount->session, error);
    uc_guard_wait_for_programs(&self->guard, false);
    if (!self->mounted)
        return false;
    if (!write_pid_file(self, error))
        return false;
    if (!uc_descriptor_send(self->control, fuse_session_fd(mount->session)))
        shutdown(self->control, SHUT_WR); /* it ends, and we shall hear that */
    give_up_connection(mount->session);
    return true;
}

static void become_ready(Supervisor *self)
{
    const UcMount *mount = self->mount;
    self->ready = true;
    uc_mountpoint_set_read_ahead(mount->mountpoint, mount->options->read_ahead.bytes);
    if (self->launcher < 0) {
        uc_notify("READY=1");
        return;
    }
    uc_detach();
    self->stopping = write(self->launcher, "", 1) != 1; /* nobody waits for it any more */
    close(self->launcher);
    self->launcher = -1;
}

/* ---- the life of the supervisor ---- */

/* One message of the worker, or its end. False only if something failed here. */
static bool hear_worker(Supervisor *self, GError **error)
{
    char word;
    self->worker_ended = read(self->control, &word, 1) != 1;
    if (self->worker_ended)
        return true;
    if (word == UC_WORKER_STOP)
        self->stopping = true;
    if (word == UC_WORKER_READY && self->mounted && !self->ready)
        become_ready(self);
    return word != UC_WORKER_OPENED || self->mounted || become_mounted(self, error);
}

/* Until it is time to end; the worker's own end counts most. False only if something failed. */
static bool wait_for_end(Supervisor *self, GError **error)
{
    struct pollfd waits[] = {{.fd = self->control, .events = POLLIN},
                             {.fd = self->signals, .events = POLLIN},
                             {.events = POLLIN},
                             {.fd = -1}};
    while (!self->stopping && !self->worker_ended) {
        waits[2].fd = self->guard.ended;
        waits[3].fd = self->launcher; /* whose user may have lost his patience with a hung disk */
        if (poll(waits, G_N_ELEMENTS(waits), -1) < 0)
            continue; /* revents are those of the last time */
        if (waits[0].revents != 0) {
            if (!hear_worker(self, error))
                return false;
        } else if (waits[1].revents != 0) {
            self->stopping = uc_signals_take(self->signals);
        } else if (waits[2].revents != 0) {
            uc_guard_restart(&self->guard, self->mount->mountpoint->path);
        } else if (waits[3].revents != 0) {
            self->stopping = true;
        }
    }
    return true;
}

/* Unmounts, and returns how the worker ended. */
static int clear_away(Supervisor *self)
{
    int status;
    if (!self->ready)
        shutdown(self->control, SHUT_WR); /* it may be waiting for the mount */
    if (self->worker_ended) {
        status = reap_worker(self); /* first: its connection is certainly closed then */
        uc_mountpoint_release_dead(self->mount->mountpoint);
    } else {
        uc_mountpoint_release(self->mount->mountpoint);
        status = reap_worker(self);
    }
    uc_guard_dismiss(&self->guard);
    if (self->has_pid_file)
        unlink(self->mount->pid_file);
    return status;
}

static bool supervise(Supervisor *self, GError **error)
{
    bool fine = wait_for_end(self, error);
    uc_notify("STOPPING=1");
    int status = clear_away(self);
    return fine && check_status(self, status, error);
}

bool uc_supervisor_run(UcMount *mount, int launcher, GError **error)
{
    Supervisor self = {.mount = mount, .launcher = launcher, .control = -1};
    bool is_worker = false;
    uc_signals_block();
    self.signals = uc_signals_open();
    self.guard = uc_guard_new();
    bool fine = start_worker(&self, &is_worker, error);
    return is_worker || !fine ? fine : supervise(&self, error);
}
