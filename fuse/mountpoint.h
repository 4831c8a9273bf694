/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

#include "core/error.h"

#define FUSE_USE_VERSION 314
#include <fuse_lowlevel.h>

/*
 * Where the files appear. It is looked at before anything is opened, mounted when everything is
 * ready, and released at the end: never somebody else's mount in the place where ours was.
 */
typedef struct UcMountpoint {
    char *path; /* absolute, resolved */
    bool is_file;
    bool mounted;
    /* Of the mount, once mounted: */
    unsigned major, minor; /* device */
    uint64_t id;           /* up to Linux 6.7 this is used again, as device numbers are */
} UcMountpoint;

UcMountpoint *uc_mountpoint_new(const char *path, GError **error);
void uc_mountpoint_free(UcMountpoint *mountpoint);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(UcMountpoint, uc_mountpoint_free)

/* Mounts it and lets `session` have the connection. */
bool uc_mountpoint_mount(UcMountpoint *mountpoint, struct fuse_session *session, GError **error);

/* Unmounts it, at once; a warning says if somebody is using it. For as long as it is being served.
 */
void uc_mountpoint_release(const UcMountpoint *mountpoint);
/* The same after the end of whoever served it: only if it is still there, dead. */
void uc_mountpoint_release_dead(const UcMountpoint *mountpoint);

/* Where permitted, makes the kernel read so far ahead: each request that it does not have to send
 * is a wakeup saved. To be called when the mount answers. */
void uc_mountpoint_set_read_ahead(const UcMountpoint *mountpoint, uint64_t bytes);
