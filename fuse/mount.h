/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

#include "fuse/mount_options.h"
#include "fuse/mountpoint.h"
#include "fuse/serve.h"

/*
 * A mount as `unchain mount` puts it together, before anything is mounted: every image is open,
 * every attribute known. fuse/launcher.h takes it from there.
 */
typedef struct UcMount {
    UcServe serve;
    GPtrArray *exports; /* of UcExport */
    UcMountpoint *mountpoint;
    struct fuse_session *session;
    const UcMountOptions *options; /* borrowed */
    bool foreground;
    char *pid_file;     /* absolute, or NULL */
    char *announcement; /* what to say when it answers, or NULL */
} UcMount;
