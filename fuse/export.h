/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

#include "core/seek.h"
#include "fuse/blocks.h"
#include "fuse/passthrough.h"
#include "fuse/source.h"

#include <sys/stat.h>

/*
 * An export is one served file: a node under a name. What stat(2) says of it is computed once,
 * when it is made, so that answering never touches an image; only the block count may come
 * later (fuse/blocks.h).
 */
typedef struct UcExport {
    char *name;
    const UcNode *node;
    struct stat attributes; /* all but st_blocks */
    UcBlocks blocks;
    UcSeeker *seeker;          /* owned */
    UcPassthrough passthrough; /* of nothing unless the user asks for it */
    atomic_uint complaints;    /* reads that failed, so that the log stays readable */
} UcExport;

#define UC_EXPORT_UNSET UINT32_MAX

/* Who may see the files, and as whose. */
typedef struct UcOwnership {
    uint32_t uid; /* UNSET in these: the mounter's, and a mode that gives nothing away */
    uint32_t gid;
    uint32_t umask;
    uint32_t mode; /* permission bits of the files */
    bool allow_other;
} UcOwnership;

/* One export for each opened source; of UcExport, owned. Names that clash or cannot be file
 * names are an error. */
GPtrArray *uc_exports_new(const UcSources *sources, const UcOwnership *ownership, GError **error);

/* The attributes of the directory that holds them. */
struct stat uc_exports_directory(const GPtrArray *exports, const UcOwnership *ownership);

/* The attributes with the block count as it is known by now; true if it will not change. */
bool uc_export_stat(const UcExport *export, struct stat *attributes);
