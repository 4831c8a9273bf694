/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

#include "fuse/mount.h"

/*
 * A mount is three processes:
 *
 *     launcher      what the user started; returns when the mount answers
 *       └ supervisor    mounts, waits, unmounts; never looks at image contents again
 *           └ worker        serves the kernel's requests, and may be confined for it
 *
 * In the foreground the launcher is the supervisor itself. Whoever dies, the mount goes:
 *
 *     umount, fusermount3 -u   the worker's connection ends, it leaves; so does the supervisor
 *     a signal to either       the supervisor unmounts, the rest follows
 *     the worker is killed     the supervisor sees the socket between them close, and unmounts
 *     the supervisor is killed the worker sees the same, and unmounts
 *     both are killed          fusermount3, which stayed behind when it mounted, unmounts
 */

/* Runs the mount to its end; in the background, in the launcher, until it answers. */
bool uc_mount_run(UcMount *mount, GError **error);
