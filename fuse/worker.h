/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

#include "fuse/mount.h"

/* What the worker says to the supervisor, one byte each; the end of the stream is its end. */
#define UC_WORKER_READY 'r' /* the kernel has been greeted: the mount answers */
#define UC_WORKER_STOP 's'  /* somebody asked the worker to end, so please unmount */

/* The life of the worker (fuse/launcher.h): serves until the mount is gone. `control` is its
 * end of the socket to the supervisor. True if the end was a clean one. */
bool uc_worker_run(UcMount *mount, int control);
