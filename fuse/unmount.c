/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "fuse/unmount.h"

#include <errno.h>
#include <spawn.h>
#include <sys/mount.h>
#include <sys/types.h>
#include <sys/wait.h>

static bool run_fusermount(const char *flags, const char *path)
{
    extern char **environ;
    char *arguments[] = {"fusermount3", (char *)flags, "--", (char *)path, NULL};
    int status = -1;
    pid_t pid;
    if (posix_spawnp(&pid, arguments[0], NULL, NULL, arguments, environ) != 0)
        return false;
    while (waitpid(pid, &status, 0) < 0 && errno == EINTR)
        ;
    return status == 0;
}

bool uc_unmount(const char *path)
{
    return umount2(path, UMOUNT_NOFOLLOW) == 0 || (errno == EPERM && run_fusermount("-uq", path));
}

bool uc_unmount_detach(const char *path)
{
    return umount2(path, UMOUNT_NOFOLLOW | MNT_DETACH) == 0 ||
           (errno == EPERM && run_fusermount("-uqz", path));
}
