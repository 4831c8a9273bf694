/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

#include "fuse/mount_options.h"
#include "fuse/mountpoint.h"
#include "fuse/serve.h"

/*
 * A mount as `unchain mount` puts it together from what the user wrote. No image has been looked at
 * yet; fuse/launcher.h takes it from there.
 */
typedef struct UcMount {
    UcSources *sources;            /* gathered; borrowed */
    const UcMountOptions *options; /* borrowed */
    UcMountpoint *mountpoint;
    struct fuse_session *session; /* of uc_serve_operations with `serve` */
    bool foreground;
    bool silent;    /* no announcement is wanted */
    char *pid_file; /* absolute, or NULL */
    /* What the worker adds. */
    UcServe serve;
    GPtrArray *exports; /* of UcExport */
} UcMount;

/* The worker's part: opens every image, and gathers all that is answered without looking at one. */
bool uc_mount_open(UcMount *mount, GError **error);

/* Says on standard output that it answers, if that is wanted. */
void uc_mount_announce(const UcMount *mount);
