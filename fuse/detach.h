/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

/* Lets go of the terminal, pipes and directory that the process was started with, so that it keeps
 * nobody waiting: `$(unchain mount ...)` returns, a directory can be unmounted. The log goes to
 * syslog from here on. */
void uc_detach(void);
/* Opens what that needs; for a process that cannot any more when it comes to it. */
void uc_detach_prepare(void);
