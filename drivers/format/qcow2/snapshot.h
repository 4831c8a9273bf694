/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "core/node.h"
#include "drivers/format/qcow2/header.h"

/*
 * Internal snapshots: a table of entries of varying length, each naming an L1 table of its own.
 * It is walked entry by entry, and only when somebody asks; what the header says about its length
 * is a limit and nothing more.
 */
typedef struct Qcow2Snapshot {
    Qcow2Disk disk;
    char *id;   /* as stored, id_length bytes; owned */
    char *name; /* as stored, name_length bytes; owned */
    uint16_t id_length;
    uint16_t name_length;
} Qcow2Snapshot;

void qcow2_snapshot_clear(Qcow2Snapshot *snapshot);
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(Qcow2Snapshot, qcow2_snapshot_clear)

typedef struct Qcow2SnapshotWalk {
    const UcNode *file;
    const Qcow2Header *header;
    uint64_t next; /* offset of the next entry */
    uint32_t index;
} Qcow2SnapshotWalk;

Qcow2SnapshotWalk qcow2_snapshot_walk(const UcNode *node, const Qcow2Header *header);

/* The next entry. False at the end, with `error` set if it is not the proper end. Clears what
 * `snapshot` held. */
bool qcow2_snapshot_next(Qcow2SnapshotWalk *walk, Qcow2Snapshot *snapshot, GError **error);

/* The snapshot with that id, else the first with that name. */
bool qcow2_snapshot_find(const UcNode *node, const Qcow2Header *header, const char *wanted,
                         Qcow2Snapshot *found, GError **error);

/* "1 (before the upgrade)", fit for a terminal; the caller frees. */
char *qcow2_snapshot_to_string(const Qcow2Snapshot *snapshot);
