/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

#include "core/host_file.h"

#include <glib.h>

/* A run of bytes that looks the same in the listing. */
typedef struct UcMapRow {
    uint64_t start;
    uint64_t length; /* 0: no row yet */
    uint32_t depth;
    bool present;
    bool zero;
    bool compressed;
    const UcHostFile *file; /* NULL: the bytes do not lie on the host as they are read */
    uint64_t offset;        /* in file */
    char *path;             /* with --explain: the whole path; owned until printed */
} UcMapRow;

/*
 * Prints rows as they come: one JSON object per line, as `qemu-img map --output=json` does, or a
 * table with totals.
 */
typedef struct UcMapOutput {
    bool json;
    bool explain;
    uint64_t rows;
    uint64_t data, zeroes, compressed; /* bytes */
} UcMapOutput;

void uc_map_output_begin(UcMapOutput *output);
/* Does nothing for an empty row; frees row->path. */
void uc_map_output_row(UcMapOutput *output, UcMapRow *row);
void uc_map_output_end(UcMapOutput *output);
