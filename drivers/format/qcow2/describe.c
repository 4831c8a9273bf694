/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "drivers/format/qcow2/describe.h"
#include "drivers/format/qcow2/ondisk.h"
#include "drivers/format/qcow2/qcow2.h"
#include "drivers/format/qcow2/snapshot.h"

#define SNAPSHOTS_SHOWN 1000
#define SNAPSHOTS_TEXT (64u << 10) /* bytes; a name alone can have four times as many, escaped */

static void add_number(GVariantBuilder *facts, const char *key, uint64_t number)
{
    g_variant_builder_add(facts, "{sv}", key, g_variant_new_uint64(number));
}

static void add_text(GVariantBuilder *facts, const char *key, const char *text)
{
    if (text)
        g_variant_builder_add(facts, "{sv}", key, g_variant_new_string(text));
}

static void add_bool(GVariantBuilder *facts, const char *key, bool truth)
{
    g_variant_builder_add(facts, "{sv}", key, g_variant_new_boolean(truth));
}

/* As many as can be read and as anybody will read; the number says how many there should be. */
static void add_snapshots(const UcNode *node, GVariantBuilder *facts)
{
    const Qcow2 *qcow2 = node->state;
    Qcow2SnapshotWalk walk = qcow2_snapshot_walk(node, &qcow2->header);
    g_auto(Qcow2Snapshot) snapshot = {0};
    g_auto(GVariantBuilder) list;
    size_t shown = 0;
    g_variant_builder_init(&list, G_VARIANT_TYPE_STRING_ARRAY);
    while (walk.index < SNAPSHOTS_SHOWN && shown < SNAPSHOTS_TEXT &&
           qcow2_snapshot_next(&walk, &snapshot, NULL)) {
        g_autofree char *text = qcow2_snapshot_to_string(&snapshot);
        shown += strlen(text);
        g_variant_builder_add(&list, "s", text);
    }
    g_variant_builder_add(facts, "{sv}", "snapshots", g_variant_builder_end(&list));
}

static void add_features(const Qcow2 *qcow2, GVariantBuilder *facts)
{
    const Qcow2Header *header = &qcow2->header;
    add_bool(facts, "extended-l2", qcow2_header_has_subclusters(header));
    add_bool(facts, "lazy-refcounts", header->compatible & QCOW2_COMPATIBLE_LAZY_REFCOUNTS);
    add_bool(facts, "dirty", header->incompatible & QCOW2_INCOMPATIBLE_DIRTY);
    add_bool(facts, "corrupt", header->incompatible & QCOW2_INCOMPATIBLE_CORRUPT);
}

void qcow2_describe(const UcNode *node, GVariantBuilder *facts)
{
    const Qcow2 *qcow2 = node->state;
    const Qcow2Header *header = &qcow2->header;
    const bool zstd = header->compression == QCOW2_COMPRESSION_ZSTD;
    add_number(facts, "version", header->version);
    add_number(facts, "cluster-size", qcow2_cluster_size(&qcow2->geometry));
    add_text(facts, "compression-type", zstd ? "zstd" : "zlib");
    if (header->version >= 3)
        add_features(qcow2, facts);
    add_text(facts, "backing-file", qcow2->backing_file);
    add_text(facts, "backing-format", qcow2->backing_format);
    add_text(facts, "data-file", qcow2->data_file);
    if (qcow2->geometry.external_data)
        add_bool(facts, "data-file-raw", qcow2_header_has_raw_data_file(header));
    if (qcow2->bitmaps)
        add_number(facts, "bitmap-count", qcow2->bitmaps);
    add_text(facts, "snapshot", qcow2->snapshot);
    if (header->snapshot_count) {
        add_number(facts, "snapshot-count", header->snapshot_count);
        add_snapshots(node, facts);
    }
}
