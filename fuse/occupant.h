/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

#include "core/error.h"

/*
 * Who is mounted already where a mount shall be. That is no hindrance, but for one that is dead:
 * its program has gone without unmounting, and all that the kernel answers is "Transport endpoint
 * is not connected". It is unmounted, where that is permitted.
 *
 * A living mount must never be taken for a dead one. Only a FUSE mount is, and only if the kernel
 * gives that answer by itself: a program that answers the same, as network filesystems do whose
 * server is away, has to be woken for it, and meanwhile whoever asks sleeps. The kernel counts how
 * often a thread has gone to sleep, so the two can be told apart.
 */

/* Unmounts the dead ones at `path`. One that may not be unmounted, or that `path` lies in, is an
 * error that says what to run. */
bool uc_occupant_clear_dead(const char *path, GError **error);

/* What a living one has to do with it that `path` cannot be looked at, for the end of a sentence;
 * `code` is the errno. May be empty. The caller frees. */
char *uc_occupant_explain(const char *path, int code);
