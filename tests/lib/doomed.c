/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A filesystem that answers what a dead one does, "Transport endpoint is not connected", to every
 * question, as those of the network do that have lost their server:
 *
 *     doomed MOUNTPOINT [ARGUMENT-OF-FUSE...]
 *
 * stays until it is unmounted, or killed: then it is a dead one.
 */
#define FUSE_USE_VERSION 314
#include <errno.h>
#include <fuse.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/statvfs.h>

static int doomed_getattr(const char *path, struct stat *stat, struct fuse_file_info *info)
{
    (void)path, (void)stat, (void)info;
    return -ENOTCONN;
}

static int doomed_statfs(const char *path, struct statvfs *stat)
{
    (void)path, (void)stat;
    return -ENOTCONN;
}

static const struct fuse_operations operations = {
    .getattr = doomed_getattr,
    .statfs = doomed_statfs,
};

int main(int argc, char **argv)
{
    struct fuse_args arguments = FUSE_ARGS_INIT(0, NULL);

    for (int i = 0; i < argc; i++)
        fuse_opt_add_arg(&arguments, argv[i]);
    fuse_opt_add_arg(&arguments, "-f");
    return fuse_main(arguments.argc, arguments.argv, &operations, NULL);
}
