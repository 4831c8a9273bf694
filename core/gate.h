/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "core/host_file.h"
#include "core/node.h"

/*
 * The gate stands between what an image says and what the host does because of it. Images come
 * from strangers: every name that becomes a descriptor passes here, and the policies that the
 * user may loosen or tighten are its fields.
 */
typedef enum {
    UC_TRUNCATED_ERROR, /* bytes that lie beyond the end of a truncated image cannot be read */
    UC_TRUNCATED_ZERO,  /* they read as zeroes, as QEMU has it */
} UcTruncated;

/* Whether a file is locked for reading (core/lock.h), in QEMU's words. */
typedef enum {
    UC_LOCKING_AUTO, /* if its filesystem has locks */
    UC_LOCKING_ON,   /* or it is not opened */
    UC_LOCKING_OFF,
} UcLocking;

typedef struct UcGate {
    bool allow_probing;    /* a guessed format may name further files; unstated ones are guessed */
    bool no_implied_files; /* an image that names another file is refused */
    bool force_share;      /* nodes that do not say "force-share" themselves: others may write */
    uint32_t depth_limit;  /* layers of a chain */
    const char *root;      /* a directory that images name nothing outside of; NULL: they may */
    UcTruncated truncated; /* what reads do beyond the end of a truncated image */
} UcGate;

#define UC_GATE_DEPTH 16384
#define UC_GATE_DEFAULT ((UcGate){.depth_limit = UC_GATE_DEPTH})

/*
 * Opens a host file for `node`, read-only: only a regular file or a block device, checked before
 * an open that could block, below the gate's root if an image names it, and no file that the chain
 * already stands on (a loop). It is locked according to `locking`, unless "force-share" holds for
 * the node. The graph owns the result.
 */
const UcHostFile *uc_gate_open_file(UcNode *node, const char *name, UcLocking locking,
                                    GError **error);
