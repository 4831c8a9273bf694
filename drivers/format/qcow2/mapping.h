/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "drivers/format/qcow2/geometry.h"

/*
 * What an L2 entry says. One function turns its bits into one of these, everything else switches
 * on them.
 *
 * The unit is the *cell*: a subcluster where the image has them (each entry then carries a bitmap
 * of 32 "allocated" and 32 "reads as zero" bits), a whole cluster where it has not.
 */
typedef enum {
    QCOW2_UNALLOCATED,      /* nothing here: the backing file shows through */
    QCOW2_UNALLOCATED_KEPT, /* the same, though the cluster has a place in the file */
    QCOW2_ZERO,             /* reads as zero */
    QCOW2_ZERO_KEPT,        /* the same, though the cluster has a place in the file */
    QCOW2_DATA,             /* lies in the file as it is */
    QCOW2_COMPRESSED,       /* lies in the file, compressed: always a whole cluster */
    QCOW2_BROKEN,           /* makes no sense */
} Qcow2Mapping;

/* Why an entry makes no sense. */
typedef enum {
    QCOW2_FAULT_NONE,
    QCOW2_FAULT_UNALIGNED,           /* the place of the cluster is not at a cluster's boundary */
    QCOW2_FAULT_BEYOND_END,          /* the file ends before the cluster starts */
    QCOW2_FAULT_ZERO_IN_VERSION_2,   /* the zero flag came with version 3 */
    QCOW2_FAULT_EXTERNAL_COMPRESSED, /* data files hold no compressed clusters */
    QCOW2_FAULT_EXTERNAL_MOVED,      /* data files hold clusters at their own offset only */
    QCOW2_FAULT_BITS_CONTRADICT,     /* a subcluster allocated and zero at once */
    QCOW2_FAULT_BITS_WITHOUT_PLACE,  /* subclusters allocated in a cluster without a place */
    QCOW2_FAULT_UNREADABLE,          /* not the entry: its table could not be read this time */
} Qcow2Fault;

typedef struct Qcow2Cell {
    Qcow2Mapping mapping;
    Qcow2Fault fault; /* BROKEN only */
    uint64_t host;    /* DATA and the kept ones: where the asked byte lies in the data file;
                         COMPRESSED: the descriptor; BROKEN: the offset in the entry */
} Qcow2Cell;

/* A run of cells that say the same, lying one behind the other where they have a place. */
typedef struct Qcow2Run {
    Qcow2Cell first;
    uint64_t length; /* bytes from the asked one on, > 0 */
} Qcow2Run;

/* The cell of the guest byte `offset`. `entry` is as on disk: 8 bytes, 16 with subclusters. */
Qcow2Cell qcow2_mapping_decode(const Qcow2Geometry *geometry, const uint8_t *entry,
                               uint64_t offset);

/* The run that starts at the guest byte `offset`, whose entry is the first of `count`. Looks no
 * further than `wanted` bytes need. */
Qcow2Run qcow2_mapping_run(const Qcow2Geometry *geometry, const uint8_t *entries, size_t count,
                           uint64_t offset, uint64_t wanted);

/* Says what is wrong with a broken cell. The caller frees. */
char *qcow2_fault_to_string(const Qcow2Geometry *geometry, const Qcow2Cell *cell, uint64_t offset);
