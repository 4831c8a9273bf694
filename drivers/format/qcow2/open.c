/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "drivers/format/qcow2/open.h"
#include "core/graph.h"
#include "core/text.h"
#include "drivers/format/qcow2/feature.h"
#include "drivers/format/qcow2/ondisk.h"
#include "drivers/format/qcow2/qcow2.h"
#include "drivers/format/qcow2/snapshot.h"

#include <inttypes.h>

/*
 * Opening reads the header, what follows it in the first cluster, and nothing else: no table, no
 * reference count. The order matters: an incompatible feature may give any other field a new
 * meaning, so no more is judged than is needed to see whether there is one.
 */
typedef struct Opening {
    UcNode *node;
    const UcNode *file;
    Qcow2 *qcow2;
    uint8_t *start; /* the beginning of the file, up to where extensions and backing name end */
    Qcow2Extensions extensions; /* in `start` */
    Qcow2Bytes backing;         /* its name, in `start` */
} Opening;

static bool read_header(Opening *opening, GError **error)
{
    uint8_t bytes[QCOW2_HEADER_BYTES];
    const size_t length = MIN(opening->file->size, sizeof bytes);
    if (length > 0 && !uc_node_read(opening->file, 0, bytes, length, error))
        return false;
    return qcow2_header_parse(bytes, length, &opening->qcow2->header, error);
}

/* Where the file ends within the first cluster, zeroes follow: no extension, no name. */
static bool read_start(Opening *opening, GError **error)
{
    const Qcow2Header *header = &opening->qcow2->header;
    const uint64_t named = header->backing_offset ? header->backing_length : 0;
    const uint64_t needed = qcow2_header_extensions_end(header) + named;
    const uint64_t there = MIN(needed, opening->file->size);
    if (there < header->length || (header->backing_offset && there < needed))
        return uc_error_set(error, UC_ERROR_FAILED,
                            "the file has %" PRIu64
                            " bytes, its header and the names behind it need %" PRIu64,
                            opening->file->size, MAX(needed, header->length));
    opening->start = g_try_malloc0(needed);
    if (!opening->start)
        return uc_error_set(error, UC_ERROR_MEMORY, "not enough memory for the header");
    if (header->backing_offset)
        opening->backing = (Qcow2Bytes){opening->start + header->backing_offset, named};
    return uc_node_read(opening->file, 0, opening->start, there, error);
}

static bool read_extensions(Opening *opening, GError **error)
{
    const Qcow2Header *header = &opening->qcow2->header;
    if (!qcow2_extensions_parse(opening->start + header->length,
                                qcow2_header_extensions_end(header) - header->length,
                                &opening->extensions, error))
        return false;
    opening->qcow2->bitmaps = qcow2_extensions_bitmaps(&opening->extensions);
    return true;
}

static bool check(const Opening *opening, GError **error)
{
    const Qcow2Header *header = &opening->qcow2->header;
    if (!qcow2_features_check(header, &opening->extensions, error) ||
        !qcow2_header_check(header, opening->file->size, error))
        return false;
    if (opening->extensions.crypto)
        return uc_error_set(error, UC_ERROR_FAILED,
                            "there is an encryption header, but the image is not encrypted");
    return true;
}

static void set_geometry(const Opening *opening)
{
    Qcow2 *qcow2 = opening->qcow2;
    qcow2->geometry = qcow2_geometry(&qcow2->header);
    if (!qcow2->geometry.external_data &&
        opening->node->graph->gate.truncated == UC_TRUNCATED_ERROR)
        qcow2->geometry.data_end = opening->file->size;
}

static void show_disk(const Opening *opening, const Qcow2Disk *disk)
{
    opening->qcow2->l1 = (Qcow2Table){"L1 table", disk->l1_offset, disk->l1_entries, 3};
    opening->node->size = disk->size;
    opening->node->grain = qcow2_cluster_size(&opening->qcow2->geometry);
}

static bool show_snapshot(const Opening *opening, const char *wanted, GError **error)
{
    Qcow2 *qcow2 = opening->qcow2;
    g_auto(Qcow2Snapshot) snapshot = {0};
    if (!qcow2_snapshot_find(opening->node, &qcow2->header, wanted, &snapshot, error))
        return false;
    qcow2->snapshot = qcow2_snapshot_to_string(&snapshot);
    if (!qcow2_disk_check(&snapshot.disk, &qcow2->geometry, opening->file->size, error)) {
        g_prefix_error(error, "snapshot %s: ", qcow2->snapshot);
        return false;
    }
    show_disk(opening, &snapshot.disk);
    return true;
}

static bool choose_disk(const Opening *opening, const UcOptions *options, GError **error)
{
    const char *snapshot = uc_options_string(options, "snapshot", NULL);
    if (snapshot)
        return show_snapshot(opening, snapshot, error);
    show_disk(opening, &opening->qcow2->header.disk);
    return true;
}

static bool choose_data_file(const Opening *opening, GError **error)
{
    const Qcow2Bytes name = opening->extensions.data_file;
    const bool given = uc_node_child(opening->node, QCOW2_PORT_DATA);
    if (!opening->qcow2->geometry.external_data) {
        if (given)
            return uc_error_set(error, UC_ERROR_FAILED,
                                "a data-file is given, but the image keeps its data itself");
        uc_node_share(opening->node, QCOW2_PORT_DATA, QCOW2_PORT_FILE);
        return true;
    }
    if (name.length > 0) {
        opening->qcow2->data_file = uc_text_escape((const char *)name.bytes, (gssize)name.length);
        uc_node_imply_file(opening->node, QCOW2_PORT_DATA, (const char *)name.bytes, name.length);
        return true;
    }
    return given || uc_error_set(error, UC_ERROR_FAILED,
                                 "the image has its data in an external file, but does not say in "
                                 "which; name it as \"data-file\"");
}

static void choose_backing(const Opening *opening)
{
    const Qcow2Bytes name = opening->backing;
    const Qcow2Bytes stated = opening->extensions.backing_format;
    if (name.length == 0)
        return;
    /* Filled up with zero bytes by some writers; nothing but those is no format stated. */
    g_autofree char *format = g_strndup((const char *)stated.bytes, stated.length);
    const bool known = format && *format;
    opening->qcow2->backing_file = uc_text_escape((const char *)name.bytes, (gssize)name.length);
    opening->qcow2->backing_format = known ? uc_text_escape(format, -1) : NULL;
    uc_node_imply_image(opening->node, QCOW2_PORT_BACKING, (const char *)name.bytes, name.length,
                        known ? format : NULL);
}

static void warn(const Opening *opening)
{
    const Qcow2Header *header = &opening->qcow2->header;
    const UcNode *node = opening->node;
    if (header->incompatible & QCOW2_INCOMPATIBLE_DIRTY)
        uc_node_warn(node, "the image is marked dirty: it was not closed properly, or is in use");
    if (header->incompatible & QCOW2_INCOMPATIBLE_CORRUPT)
        uc_node_warn(node, "the image is marked corrupt: what it reads as may be wrong");
    if (header->refcount_order > 6)
        uc_node_warn(node, "refcount_order is %" PRIu32 ", expected at most 6; it is not needed",
                     header->refcount_order);
    if (opening->extensions.bitmaps.bytes && opening->qcow2->bitmaps == 0)
        uc_node_warn(node, "the bitmaps extension is broken; it is not needed");
    if (qcow2_header_has_raw_data_file(header) && opening->backing.length > 0)
        uc_node_warn(node, "there is a backing file, although the external data file is raw");
}

bool qcow2_open(UcNode *node, const UcOptions *options, GError **error)
{
    Opening opening = {
        .node = node,
        .file = uc_node_child(node, QCOW2_PORT_FILE),
        .qcow2 = node->state,
    };
    const bool sound = read_header(&opening, error) && read_start(&opening, error) &&
                       read_extensions(&opening, error) && check(&opening, error);
    g_autofree uint8_t *start = opening.start;
    if (!sound)
        return false;
    set_geometry(&opening);
    if (!choose_disk(&opening, options, error) || !choose_data_file(&opening, error))
        return false;
    choose_backing(&opening);
    warn(&opening);
    return true;
}

void qcow2_close(UcNode *node)
{
    Qcow2 *qcow2 = node->state;
    g_free(qcow2->backing_file);
    g_free(qcow2->backing_format);
    g_free(qcow2->data_file);
    g_free(qcow2->snapshot);
}
