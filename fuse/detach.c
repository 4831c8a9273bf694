/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "fuse/detach.h"

#include "fuse/log.h"

#include <fcntl.h>
#include <unistd.h>

static int nowhere = -1; /* /dev/null */

void uc_detach_prepare(void)
{
    nowhere = open("/dev/null", O_RDWR | O_CLOEXEC);
    uc_log_prepare_syslog();
}

void uc_detach(void)
{
    if (nowhere < 0)
        uc_detach_prepare();
    uc_log_to_syslog();
    for (int fd = STDIN_FILENO; fd <= STDERR_FILENO; fd++)
        dup2(nowhere, fd);
    close(nowhere);
    (void)!chdir("/");
}
