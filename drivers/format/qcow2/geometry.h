/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "drivers/format/qcow2/header.h"

/*
 * How an image is divided: the powers of two that a lookup computes with, and what its entries
 * may say. All of it follows from the header.
 *
 *     guest offset   | L1 index | L2 index | offset in the cluster |
 *     bits                        l2_bits    cluster_bits
 */
struct Qcow2Geometry {
    uint32_t cluster_bits;
    uint32_t cell_bits;  /* what a mapping is stated for: a subcluster, else a cluster */
    uint32_t entry_bits; /* an L2 entry: 8 bytes, or 16 with a bitmap of subclusters */
    uint32_t l2_bits;    /* entries in an L2 table */
    bool zero_flag;      /* version 3: an entry can say zero */
    bool external_data;  /* guest clusters lie in a file of their own, at their own offset */
    uint64_t data_end;   /* no data lies here or beyond; UINT64_MAX: wherever it lies, it is read */
};

/* `data_end` is left at UINT64_MAX. */
Qcow2Geometry qcow2_geometry(const Qcow2Header *header);

static inline uint64_t qcow2_cluster_size(const Qcow2Geometry *geometry)
{
    return 1ull << geometry->cluster_bits;
}

static inline bool qcow2_has_subclusters(const Qcow2Geometry *geometry)
{
    return geometry->cell_bits != geometry->cluster_bits;
}

/* Guest bytes that one L1 entry stands for, as a power of two. */
static inline uint32_t qcow2_l1_bits(const Qcow2Geometry *geometry)
{
    return geometry->l2_bits + geometry->cluster_bits;
}

/* The first byte behind the unit of 2^bits bytes that holds `offset`. */
static inline uint64_t qcow2_unit_end(uint64_t offset, uint32_t bits)
{
    return ((offset >> bits) + 1) << bits;
}
