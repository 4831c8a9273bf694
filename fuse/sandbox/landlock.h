/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

#include "fuse/sandbox/sandbox.h"

/*
 * Landlock: what the process may reach by name. While opening, every file may be opened for
 * reading; while serving, none. Never may it change a file system, use TCP, or reach sockets and
 * signal processes outside. A process behind this wall can neither mount nor unmount, so the one
 * that does stays outside.
 *
 * What an older kernel does not know of that, it does not forbid; seccomp forbids it as well.
 */
bool uc_landlock_restrict(const UcSandbox *sandbox, GError **error);

/* Whether it is in force, and knows that truncating is writing (Linux 6.2). */
bool uc_landlock_forbids_writing(void);
