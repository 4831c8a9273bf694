/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "core/node.h"

/*
 * L1 and L2 tables stay in the file. A lookup takes the page of 4 KiB in which its entry lies,
 * from the graph's cache if it is there, and has the entries that follow in the same page for
 * nothing. A page is a piece of the *file*, so tables smaller than a page share it, and two tables
 * that a broken image lays on top of each other are still one page.
 *
 * Nothing is ever as large as the header says a table is.
 */
#define QCOW2_PAGE 4096

typedef struct Qcow2Table {
    const char *name; /* for messages: "L1 table" */
    uint64_t offset;  /* in the file, a multiple of 512 */
    uint64_t entries;
    uint32_t entry_bits; /* log2 of the size of an entry */
} Qcow2Table;

/* Entries of a table that are at hand together. */
typedef struct Qcow2Slice {
    GBytes *page; /* owned: what the entries lie in */
    const uint8_t *entries;
    size_t count; /* > 0 */
    bool unread;  /* there are none: the page was not read because of an error, which may pass */
} Qcow2Slice;

void qcow2_slice_clear(Qcow2Slice *slice);
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(Qcow2Slice, qcow2_slice_clear)

/* How many entries of the table, from `index` on, lie in one page. */
uint64_t qcow2_table_page_entries(const Qcow2Table *table, uint64_t index);

/* The entries from `index` (which is in the table) on. Fails if that one cannot be read. */
bool qcow2_table_slice(const UcNode *node, const Qcow2Table *table, uint64_t index,
                       Qcow2Slice *slice, GError **error);
