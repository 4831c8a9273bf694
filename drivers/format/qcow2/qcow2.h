/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "core/node.h"
#include "drivers/format/qcow2/geometry.h"
#include "drivers/format/qcow2/table.h"

/*
 * A qcow2 node. Which part does what:
 *
 *     qcow2.c      the driver: maps and reads   open.c       from the header to a node
 *     describe.c   what a person wants to know
 *     header.c     the header, checked          extension.c  what follows it
 *     feature.c    refuses what is not known    snapshot.c   internal snapshots
 *     disk.c       size and L1 table            geometry.c   the powers of two
 *     table.c      pages of L1 and L2 tables
 *     mapping.c    what an L2 entry says        lookup.c     guest offset -> run of one mapping
 *     compressed.c compressed clusters          codec.c      zlib and zstd
 *     inflate.c    libdeflate, and zlib that judges
 *     ondisk.h     the numbers of the specification
 */
enum {
    QCOW2_PORT_FILE,    /* the image itself */
    QCOW2_PORT_DATA,    /* where guest clusters lie: the same file, or an external data file */
    QCOW2_PORT_BACKING, /* what shows through */
};

typedef struct Qcow2 {
    Qcow2Header header;
    Qcow2Geometry geometry;
    Qcow2Table l1; /* the active one, or that of the chosen snapshot */
    uint32_t bitmaps;
    /* As the image states them, escaped; NULL: it does not. */
    char *backing_file;
    char *backing_format;
    char *data_file;
    char *snapshot; /* the one that is shown, "id (name)" */
} Qcow2;
