/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

#include "fuse/mount.h"

/* What the worker says to the supervisor, one byte each; the end of the stream is its end. To the
 * first the supervisor answers with the connection to the kernel (fuse/descriptor.h). */
#define UC_WORKER_OPENED 'o' /* all images are open: please mount */
#define UC_WORKER_READY 'r'  /* the kernel has been greeted: the mount answers */
#define UC_WORKER_STOP 's'   /* somebody asked the worker to end, so please unmount */

/* The life of the worker (fuse/launcher.h): opens the images, and serves until the mount is gone.
 * `control` is its end of the socket to the supervisor, `guard` of the pipe to the guard. False
 * without an error: the supervisor knows what was wrong. */
bool uc_worker_run(UcMount *mount, int control, int guard, GError **error);
