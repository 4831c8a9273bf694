/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A filesystem without locks, as some network filesystems are: shows one file, which cannot be
 * locked.
 *
 *     lockless ERRNO FILE DIRECTORY    ERRNO: the number of what lock requests get
 */
#define FUSE_USE_VERSION 314
#include <errno.h>
#include <fcntl.h>
#include <fuse.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static int file, refusal;
static char name[256] = "/";

static int lockless_getattr(const char *path, struct stat *stat, struct fuse_file_info *info)
{
    (void)info;
    if (strcmp(path, "/") == 0) {
        stat->st_mode = S_IFDIR | 0755;
        stat->st_nlink = 2;
        return 0;
    }
    return strcmp(path, name) == 0 && fstat(file, stat) == 0 ? 0 : -ENOENT;
}

static int lockless_readdir(const char *path, void *buffer, fuse_fill_dir_t fill, off_t offset,
                            struct fuse_file_info *info, enum fuse_readdir_flags flags)
{
    (void)path, (void)offset, (void)info, (void)flags;
    return fill(buffer, name + 1, NULL, 0, 0) ? -ENOMEM : 0;
}

static int lockless_read(const char *path, char *buffer, size_t size, off_t offset,
                         struct fuse_file_info *info)
{
    (void)path, (void)info;
    ssize_t got = pread(file, buffer, size, offset);
    return got < 0 ? -errno : (int)got;
}

static int lockless_lock(const char *path, struct fuse_file_info *info, int command,
                         struct flock *lock)
{
    (void)path, (void)info, (void)command, (void)lock;
    return -refusal;
}

static const struct fuse_operations operations = {
    .getattr = lockless_getattr,
    .readdir = lockless_readdir,
    .read = lockless_read,
    .lock = lockless_lock,
};

int main(int argc, char **argv)
{
    char *arguments[] = {argv[0], (char *)"-o", (char *)"fsname=lockless", NULL, NULL};

    if (argc != 4 || (file = open(argv[2], O_RDONLY)) < 0) {
        fprintf(stderr, "usage: lockless ERRNO FILE DIRECTORY\n");
        return EXIT_FAILURE;
    }
    refusal = atoi(argv[1]);
    snprintf(name, sizeof name, "/%s", basename(argv[2]));
    arguments[3] = argv[3];
    return fuse_main(4, arguments, &operations, NULL);
}
