/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "fuse/launcher.h"

#include "fuse/notify.h"
#include "fuse/supervisor.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

static void report_background(pid_t supervisor)
{
    g_autofree char *state = g_strdup_printf("MAINPID=%d\nREADY=1", (int)supervisor);
    uc_notify(state);
}

/* Waits for the byte that says it answers. Of a supervisor that failed, and has said why, takes
 * over the exit status. */
static bool wait_for_supervisor(pid_t supervisor, int pipe, GError **error)
{
    char ready;
    int status = 0;
    if (TEMP_FAILURE_RETRY(read(pipe, &ready, 1)) == 1) {
        report_background(supervisor);
        return true;
    }
    (void)!TEMP_FAILURE_RETRY(waitpid(supervisor, &status, 0));
    if (WIFEXITED(status))
        exit(WEXITSTATUS(status));
    return uc_error_set(error, UC_ERROR_FAILED,
                        "the process that mounts was killed (signal %d, %s)", WTERMSIG(status),
                        strsignal(WTERMSIG(status)));
}

static bool launch(UcMount *mount, GError **error)
{
    int ends[2];
    if (pipe2(ends, O_CLOEXEC) != 0)
        return uc_error_set(error, UC_ERROR_FAILED, "pipe: %s", g_strerror(errno));
    fflush(NULL);
    pid_t supervisor = fork();
    if (supervisor < 0)
        return uc_error_set(error, UC_ERROR_FAILED, "fork: %s", g_strerror(errno));
    if (supervisor > 0) {
        close(ends[1]);
        return wait_for_supervisor(supervisor, ends[0], error);
    }
    close(ends[0]);
    setsid();
    return uc_supervisor_run(mount, ends[1], error);
}

bool uc_launcher_run(UcMount *mount, GError **error)
{
    return mount->foreground ? uc_supervisor_run(mount, -1, error) : launch(mount, error);
}
