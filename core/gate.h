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

typedef struct UcGate {
    bool allow_probing;    /* a guessed format may name further files; unstated ones are guessed */
    uint32_t depth_limit;  /* layers of a chain */
    UcTruncated truncated; /* what reads do beyond the end of a truncated image */
} UcGate;

#define UC_GATE_DEFAULT ((UcGate){.depth_limit = 16384})

/*
 * Opens a host file for `node`, read-only: only a regular file or a block device, checked before
 * an open that could block, and no file that the chain already stands on (a loop). The graph
 * owns the result.
 */
const UcHostFile *uc_gate_open_file(UcNode *node, const char *name, GError **error);
