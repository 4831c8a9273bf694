/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

#include "fuse/mount.h"

/* The life of the supervisor (fuse/launcher.h): mounts, starts the worker, waits, unmounts. A byte
 * goes to `launcher` when the mount answers; -1: this is the foreground. */
bool uc_supervisor_run(UcMount *mount, int launcher, GError **error);
