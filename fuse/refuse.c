/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "fuse/refuse.h"

#include <errno.h>

#pragma GCC diagnostic ignored "-Wunused-parameter"

void uc_refuse_setattr(fuse_req_t request, fuse_ino_t id, struct stat *attributes, int what,
                       struct fuse_file_info *file)
{
    fuse_reply_err(request, EROFS);
}

void uc_refuse_mknod(fuse_req_t request, fuse_ino_t parent, const char *name, mode_t mode,
                     dev_t device)
{
    fuse_reply_err(request, EROFS);
}

void uc_refuse_mkdir(fuse_req_t request, fuse_ino_t parent, const char *name, mode_t mode)
{
    fuse_reply_err(request, EROFS);
}

void uc_refuse_removal(fuse_req_t request, fuse_ino_t parent, const char *name)
{
    fuse_reply_err(request, EROFS);
}

void uc_refuse_symlink(fuse_req_t request, const char *target, fuse_ino_t parent, const char *name)
{
    fuse_reply_err(request, EROFS);
}

void uc_refuse_rename(fuse_req_t request, fuse_ino_t parent, const char *name,
                      fuse_ino_t new_parent, const char *new_name, unsigned int flags)
{
    fuse_reply_err(request, EROFS);
}

void uc_refuse_link(fuse_req_t request, fuse_ino_t id, fuse_ino_t new_parent, const char *new_name)
{
    fuse_reply_err(request, EROFS);
}

void uc_refuse_create(fuse_req_t request, fuse_ino_t parent, const char *name, mode_t mode,
                      struct fuse_file_info *file)
{
    fuse_reply_err(request, EROFS);
}
