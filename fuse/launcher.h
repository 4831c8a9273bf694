/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

#include "fuse/mount.h"

/*
 * A mount is these processes:
 *
 *     launcher          what the user started; returns when the mount answers
 *       └ supervisor    mounts, waits, unmounts; never looks at an image
 *           ├ worker    opens the images and serves them, in a sandbox (fuse/sandbox/sandbox.h)
 *           └ guard     a shell, waiting for the worst (fuse/guard.h)
 *
 * The worker opens everything, the supervisor mounts, and the connection to the kernel goes through
 * the socket between them to the worker: the kernel's requests and the strangers' bytes are its
 * alone. Of the supervisor nothing is taken, for there is little that it could do without: it is
 * root or starts fusermount3, and it listens to one byte at a time.
 *
 * In the foreground the launcher is the supervisor itself. Whoever dies, the mount goes:
 *
 *     umount, fusermount3 -u    the worker's connection ends, it leaves; so do the others
 *     a signal to either        the supervisor unmounts, the rest follows
 *     the worker is killed      the supervisor sees the socket between them close, and unmounts
 *     the supervisor is killed  the worker sees the same, and leaves; then
 *     both are gone             the guard sees its pipe close, and unmounts
 */

/* Runs the mount to its end; in the background, only until it answers. */
bool uc_launcher_run(UcMount *mount, GError **error);
