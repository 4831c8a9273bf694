/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

#include <stdbool.h>
#include <sys/types.h>

/*
 * The guard is a shell that outlives us. It waits at a pipe that the supervisor and the worker
 * hold open; if it closes without a word, both have been killed, and the guard unmounts. It is
 * a program of its own, so that killing every process of this one does not kill it.
 *
 * (fusermount3 can do the same, with -o auto_unmount. Up to libfuse 3.14 not for a user who mounts
 * without allow_other: it may not look at the mount to see that it is dead.)
 */
typedef struct UcGuard {
    int pipe;  /* inherited by the worker; closed on exec; -1: there is no guard */
    int input; /* of the shell, and of the next one if it is killed */
    pid_t pid; /* of the shell; -1: there is none */
    int ended; /* becomes readable when the shell has ended; -1: that cannot be known */
} UcGuard;

/* Makes the pipe, for the worker to inherit. */
UcGuard uc_guard_new(void);

/* To be called before it is mounted: from that moment on somebody must be there to unmount it.
 * Where nothing has died the guard leaves all as it is. Without a guard the mount works just as
 * well. */
void uc_guard_start(UcGuard *guard, const char *mountpoint);

/* Programs that are started while this is true are waited for like us: fusermount3 may still be
 * about to mount when the one that started it has been killed. */
void uc_guard_wait_for_programs(const UcGuard *guard, bool too);

/* To be called when it has ended: it has been killed, and another takes its place. */
void uc_guard_restart(UcGuard *guard, const char *mountpoint);

/* Everything has been cleared away: the guard may leave, and has left on return. */
void uc_guard_dismiss(UcGuard *guard);
