/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "fuse/detach.h"

#include "fuse/log.h"

#include <fcntl.h>
#include <unistd.h>

void uc_detach(void)
{
    int nowhere = open("/dev/null", O_RDWR | O_CLOEXEC);
    uc_log_to_syslog();
    for (int fd = STDIN_FILENO; fd <= STDERR_FILENO; fd++)
        dup2(nowhere, fd);
    close(nowhere);
    (void)!chdir("/");
}
