/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "fuse/guard.h"

#include <errno.h>
#include <fcntl.h>
#include <spawn.h>
#include <stddef.h>
#include <sys/pidfd.h>
#include <sys/wait.h>
#include <unistd.h>

/* What can be opened lives, and is somebody else's. (Not a program for this: on a busy machine
 * each one that starts takes its time.) */
#define WAIT "read -r word && exit; { true; } <\"$1\" && exit; "
#define FOR_ROOT WAIT "exec umount -l -- \"$1\""
#define FOR_USERS WAIT "exec fusermount3 -u -z -- \"$1\""

extern char **environ;

/* In a session of its own, away from the terminal's signals; at home nowhere. */
static pid_t spawn_shell(const char *script, const char *mountpoint, int input)
{
    char *arguments[] = {"sh", "-c", (char *)script, "unchain-guard", (char *)mountpoint, NULL};
    posix_spawn_file_actions_t files;
    posix_spawnattr_t attributes;
    pid_t pid = -1;
    posix_spawn_file_actions_init(&files);
    posix_spawn_file_actions_adddup2(&files, input, STDIN_FILENO);
    posix_spawn_file_actions_addopen(&files, STDOUT_FILENO, "/dev/null", O_WRONLY, 0);
    posix_spawn_file_actions_adddup2(&files, STDOUT_FILENO, STDERR_FILENO);
    posix_spawn_file_actions_addchdir_np(&files, "/");
    posix_spawnattr_init(&attributes);
    posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETSID);
    if (posix_spawn(&pid, "/bin/sh", &files, &attributes, arguments, environ) != 0)
        pid = -1;
    posix_spawnattr_destroy(&attributes);
    posix_spawn_file_actions_destroy(&files);
    return pid;
}

UcGuard uc_guard_new(void)
{
    int ends[2] = {-1, -1};
    (void)!pipe2(ends, O_CLOEXEC);
    return (UcGuard){.input = ends[0], .pipe = ends[1], .pid = -1, .ended = -1};
}

static void close_end(int *fd)
{
    if (*fd >= 0)
        close(*fd);
    *fd = -1;
}

void uc_guard_start(UcGuard *guard, const char *mountpoint)
{
    if (guard->input >= 0)
        guard->pid = spawn_shell(geteuid() == 0 ? FOR_ROOT : FOR_USERS, mountpoint, guard->input);
    if (guard->pid >= 0)
        guard->ended = pidfd_open(guard->pid, 0); /* closed on exec */
}

void uc_guard_wait_for_programs(const UcGuard *guard, bool too)
{
    if (guard->pipe >= 0)
        fcntl(guard->pipe, F_SETFD, too ? 0 : FD_CLOEXEC);
}

static void reap(pid_t pid)
{
    while (waitpid(pid, NULL, 0) < 0 && errno == EINTR)
        ;
}

void uc_guard_restart(UcGuard *guard, const char *mountpoint)
{
    close_end(&guard->ended);
    reap(guard->pid);
    guard->pid = -1;
    uc_guard_start(guard, mountpoint);
}

void uc_guard_dismiss(UcGuard *guard)
{
    if (guard->pid >= 0) {
        (void)!write(guard->pipe, "\n", 1);
        close_end(&guard->pipe);
        reap(guard->pid);
    }
    close_end(&guard->pipe);
    close_end(&guard->input);
    close_end(&guard->ended);
    guard->pid = -1;
}
