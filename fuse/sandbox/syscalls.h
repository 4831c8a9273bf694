/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

#include "fuse/sandbox/sandbox.h"

/*
 * seccomp: a list of the system calls that there are. All others fail with EPERM, so that whoever
 * makes one by mistake gets an error and goes on; a mount is not ended for it.
 *
 * The list is what the C library, GLib, libfuse and our drivers were seen to do, on Debian 12 and
 * 13, and a few calls that other versions of them make instead. In it are no programs, no
 * sockets, no processes, no memory that is made executable, no changes to files; while serving,
 * no names.
 */
bool uc_syscalls_restrict(const UcSandbox *sandbox, GError **error);
