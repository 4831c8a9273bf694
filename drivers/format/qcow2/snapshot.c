/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "drivers/format/qcow2/snapshot.h"
#include "core/text.h"
#include "drivers/format/qcow2/ondisk.h"
#include "drivers/format/qcow2/qcow2.h"

#include <inttypes.h>

void qcow2_snapshot_clear(Qcow2Snapshot *snapshot)
{
    g_free(snapshot->id);
    g_free(snapshot->name);
    *snapshot = (Qcow2Snapshot){0};
}

char *qcow2_snapshot_to_string(const Qcow2Snapshot *snapshot)
{
    g_autofree char *id = uc_text_escape(snapshot->id, snapshot->id_length);
    g_autofree char *name = uc_text_escape(snapshot->name, snapshot->name_length);
    return *name ? g_strdup_printf("%s (%s)", id, name) : g_steal_pointer(&id);
}

Qcow2SnapshotWalk qcow2_snapshot_walk(const UcNode *node, const Qcow2Header *header)
{
    return (Qcow2SnapshotWalk){
        .file = uc_node_child(node, QCOW2_PORT_FILE),
        .header = header,
        .next = header->snapshot_offset,
    };
}

static bool read_entry(const Qcow2SnapshotWalk *walk, uint64_t offset, void *buffer, size_t length,
                       GError **error)
{
    if (offset > walk->file->size || length > walk->file->size - offset)
        return uc_error_set(error, UC_ERROR_FAILED,
                            "entry %" PRIu32 " of the snapshot table at %" PRIu64
                            " reaches beyond the end of the file at %" PRIu64,
                            walk->index, walk->next, walk->file->size);
    return uc_node_read(walk->file, offset, buffer, length, error);
}

static bool read_text(const Qcow2SnapshotWalk *walk, uint64_t offset, uint16_t length, char **text,
                      GError **error)
{
    *text = g_malloc0((size_t)length + 1);
    return length == 0 || read_entry(walk, offset, *text, length, error);
}

/* Version 2 images need not say how large the disk was: then it was as large as it is. */
static bool read_size(const Qcow2SnapshotWalk *walk, uint32_t extra_length, uint64_t *size,
                      GError **error)
{
    uint8_t bytes[8];
    *size = walk->header->disk.size;
    if (extra_length < QCOW2_SNAPSHOT_WITH_SIZE - QCOW2_SNAPSHOT_AT_EXTRA)
        return true;
    if (!read_entry(walk, walk->next + QCOW2_SNAPSHOT_AT_SIZE, bytes, sizeof bytes, error))
        return false;
    *size = qcow2_u64(bytes);
    return true;
}

bool qcow2_snapshot_next(Qcow2SnapshotWalk *walk, Qcow2Snapshot *snapshot, GError **error)
{
    uint8_t entry[QCOW2_SNAPSHOT_AT_EXTRA];
    qcow2_snapshot_clear(snapshot);
    if (walk->index == MIN(walk->header->snapshot_count, QCOW2_MAX_SNAPSHOTS))
        return false;
    if (!read_entry(walk, walk->next, entry, sizeof entry, error))
        return false;
    const uint32_t extra = qcow2_u32(entry + QCOW2_SNAPSHOT_AT_EXTRA_LENGTH);
    const uint64_t id_offset = walk->next + QCOW2_SNAPSHOT_AT_EXTRA + extra;
    snapshot->disk.l1_offset = qcow2_u64(entry + QCOW2_SNAPSHOT_AT_L1_OFFSET);
    snapshot->disk.l1_entries = qcow2_u32(entry + QCOW2_SNAPSHOT_AT_L1_ENTRIES);
    snapshot->id_length = qcow2_u16(entry + QCOW2_SNAPSHOT_AT_ID_LENGTH);
    snapshot->name_length = qcow2_u16(entry + QCOW2_SNAPSHOT_AT_NAME_LENGTH);
    const uint64_t name_offset = id_offset + snapshot->id_length;
    if (!read_size(walk, extra, &snapshot->disk.size, error) ||
        !read_text(walk, id_offset, snapshot->id_length, &snapshot->id, error) ||
        !read_text(walk, name_offset, snapshot->name_length, &snapshot->name, error))
        return false;
    walk->next = (name_offset + snapshot->name_length + 7) & ~7ull;
    walk->index++;
    return true;
}

static bool is_text(const char *text, size_t length, const char *wanted)
{
    return length == strlen(wanted) && memcmp(text, wanted, length) == 0;
}

/* Walks to the snapshot of that id. On the way keeps the first of that name, and counts them. */
static bool walk_to(const UcNode *node, const Qcow2Header *header, const char *wanted,
                    Qcow2Snapshot *named, unsigned *names, GError **error)
{
    Qcow2SnapshotWalk walk = qcow2_snapshot_walk(node, header);
    g_auto(Qcow2Snapshot) snapshot = {0};
    while (qcow2_snapshot_next(&walk, &snapshot, error)) {
        const bool by_id = is_text(snapshot.id, snapshot.id_length, wanted);
        if (!by_id && !is_text(snapshot.name, snapshot.name_length, wanted))
            continue;
        if (by_id || (*names)++ == 0) {
            qcow2_snapshot_clear(named);
            *named = snapshot;
            snapshot = (Qcow2Snapshot){0};
        }
        if (by_id)
            return true;
    }
    return false;
}

bool qcow2_snapshot_find(const UcNode *node, const Qcow2Header *header, const char *wanted,
                         Qcow2Snapshot *found, GError **error)
{
    g_autoptr(GError) failure = NULL;
    g_autofree char *shown = uc_text_escape(wanted, -1);
    unsigned names = 0;
    if (walk_to(node, header, wanted, found, &names, &failure))
        return true;
    if (names == 0 && failure) {
        g_propagate_prefixed_error(error, g_steal_pointer(&failure),
                                   "cannot look for snapshot \"%s\": ", shown);
        return false;
    }
    if (names == 0)
        return uc_error_set(error, UC_ERROR_FAILED, "the image has no snapshot \"%s\"", shown);
    if (failure)
        uc_node_warn(node, "the snapshot table cannot be read to its end: %s", failure->message);
    if (names > 1)
        uc_node_warn(node, "%u snapshots are named \"%s\"; the first one is shown", names, shown);
    return true;
}
