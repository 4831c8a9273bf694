/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

#define FUSE_USE_VERSION 314
#include <fuse_lowlevel.h>

/* Every request that would change something, answered with EROFS. The mount is read-only, so the
 * kernel answers most of them itself; after a `mount -o remount,rw` it would ask. */
void uc_refuse_setattr(fuse_req_t request, fuse_ino_t id, struct stat *attributes, int what,
                       struct fuse_file_info *file);
void uc_refuse_mknod(fuse_req_t request, fuse_ino_t parent, const char *name, mode_t mode,
                     dev_t device);
void uc_refuse_mkdir(fuse_req_t request, fuse_ino_t parent, const char *name, mode_t mode);
void uc_refuse_removal(fuse_req_t request, fuse_ino_t parent, const char *name);
void uc_refuse_symlink(fuse_req_t request, const char *target, fuse_ino_t parent, const char *name);
void uc_refuse_rename(fuse_req_t request, fuse_ino_t parent, const char *name,
                      fuse_ino_t new_parent, const char *new_name, unsigned int flags);
void uc_refuse_link(fuse_req_t request, fuse_ino_t id, fuse_ino_t new_parent, const char *new_name);
void uc_refuse_create(fuse_req_t request, fuse_ino_t parent, const char *name, mode_t mode,
                      struct fuse_file_info *file);

/* clang-format off */
#define UC_REFUSALS                                                                                \
    .setattr = uc_refuse_setattr,                                                                  \
    .mknod = uc_refuse_mknod,                                                                      \
    .mkdir = uc_refuse_mkdir,                                                                      \
    .unlink = uc_refuse_removal,                                                                   \
    .rmdir = uc_refuse_removal,                                                                    \
    .symlink = uc_refuse_symlink,                                                                  \
    .rename = uc_refuse_rename,                                                                    \
    .link = uc_refuse_link,                                                                        \
    .create = uc_refuse_create
/* clang-format on */
