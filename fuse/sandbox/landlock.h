/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

#include "fuse/sandbox/sandbox.h"

/*
 * Landlock: what the process may reach by name. While opening, every file may be opened for
 * reading; while serving, none. Never may it change a file system, use TCP, or reach sockets and
 * signal processes outside. A process behind this wall can neither mount nor unmount, so the one
 * that does stays outside.
 *
 * What an older kernel does not know of that, it does not forbid; seccomp forbids it as well. The
 * versions of the interface, as far as we use them:
 *
 *     1   Linux 5.13   opening, running, making, linking, renaming and removing files; mounting;
 *                      tracing
 *     3   Linux 6.2    truncating files
 *     4   Linux 6.7    TCP
 *     6   Linux 6.12   signals, abstract sockets
 *
 * (2 can allow to link from one directory to another, which 1 always denies. We do not allow it.)
 */
bool uc_landlock_restrict(const UcSandbox *sandbox, GError **error);

/* Which of them is in force; 0: none. */
int uc_landlock_version(void);

/* Whether one is that knows that truncating is writing. */
bool uc_landlock_forbids_writing(void);
