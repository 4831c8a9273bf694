/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

#include "fuse/export.h"
#include "fuse/turn.h"

#define FUSE_USE_VERSION 314
#include <fuse_lowlevel.h>

/*
 * What the kernel asks, answered. A sealed graph never changes, so the kernel may keep all it
 * learns: names and attributes for ever, pages across opens. Only lseek and read touch images, and
 * may take as long as a disk likes; everything else is answered at once.
 *
 * A mount on a directory shows one file per export; on a regular file it shows the one export
 * itself. Everything that would change something is refused with EROFS.
 */
typedef struct UcServe {
    const GPtrArray *exports; /* of UcExport */
    UcTurns *turns;           /* of each export, in the same order, to be read */
    bool is_file;             /* the mount's root is the first export itself */
    bool direct_io;
    bool passthrough;
    struct stat directory; /* the root otherwise */
    struct fuse_conn_info_opts *connection;
    unsigned max_read;         /* 0: what the kernel likes */
    uint64_t read_ahead;       /* bytes that the kernel may read ahead at most */
    void (*ready)(void *data); /* called when the kernel has been greeted */
    void *ready_data;
} UcServe;

/* All the callbacks, for fuse_session_new() with a UcServe as user data. */
extern const struct fuse_lowlevel_ops uc_serve_operations;
