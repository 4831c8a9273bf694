/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

#include "core/extent.h"
#include "core/status.h"

/* What to list, and how: what nobody asked about does not keep rows apart. */
typedef struct UcListing {
    const UcNode *node;
    UcStatusQuery query;
    bool explain; /* a row for every path */
    bool nbd;     /* NBD's facts only */
} UcListing;

/* A run of bytes that looks the same in the listing. */
typedef struct UcMapRow {
    UcStatus status;
    bool explained;
    UcPath path; /* if explained */
} UcMapRow;

/*
 * The rows of a range, in order. They are found stretch by stretch on several threads, and handed
 * out while others are being looked for.
 */
typedef struct UcRows UcRows;

UcRows *uc_rows_new(const UcListing *listing, uint64_t start, uint64_t length);
void uc_rows_free(UcRows *rows);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(UcRows, uc_rows_free)

bool uc_rows_next(UcRows *rows, UcMapRow *row);
