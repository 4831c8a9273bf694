/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "core/graph.h"

/*
 * QEMU's image locks, as somebody who only reads takes them. For everything that can be done with
 * an image there are two bytes of its file that can be locked: one says "I do this", the other
 * "nobody else may do this".
 *
 *                             I do it    others must not
 *     read a settled state    100 held   200 looked at
 *     write                   101 ...    201 held
 *     resize                  103 ...    203 held
 *
 * All locks are shared ones, so everybody gets those he wants. Then he looks whether anybody holds
 * what contradicts them: for us that is 200, 101 and 103. Because both sides lock first and look
 * afterwards, of two that come at the same moment at least one sees the other and leaves. Readers
 * do not contradict each other, however often they open the file.
 *
 * The locks belong to the open file description (OFD locks), which forked processes share: they
 * are held until the last of them has closed it or was killed. A read-only descriptor will do, and
 * nothing of the file changes.
 */
typedef enum {
    UC_LOCKED,             /* until the last descriptor is closed */
    UC_LOCK_IS_WRITTEN,    /* somebody writes or resizes it */
    UC_LOCK_IS_UNSETTLED,  /* somebody makes of it what nobody else may read yet */
    UC_LOCK_IS_EXCLUSIVE,  /* somebody has locked our bytes against everybody; none of QEMU's */
    UC_LOCK_IS_IMPOSSIBLE, /* the filesystem has no locks; errno says more */
} UcLockResult;

/* Locks for reading. It is all or nothing, but where locks are impossible. */
UcLockResult uc_lock_take(int fd);

/* The same, with what follows from it: a file that somebody writes is an error; one that cannot be
 * locked is an error if `locking` is ON and a warning, once for each graph, if it is AUTO. */
bool uc_lock_file(UcGraph *graph, const UcHostFile *file, UcLocking locking, GError **error);

/* Lets go of all files of a graph, for all processes that share them. It must not be read any
 * more. Whoever frees the graph need not call this, nor whoever just exits: it is for those who
 * want others to be able to write before they have ended. */
void uc_lock_release(const UcGraph *graph);
