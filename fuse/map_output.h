/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

#include "fuse/map_rows.h"

/*
 * Prints rows as they come: one JSON object per line, as `qemu-img map --output=json` does, or a
 * table with totals.
 */
typedef struct UcMapOutput {
    bool json;
    const UcNode *base; /* with --base: rows say where their bytes enter it */
    uint64_t rows;
    const UcHostFile *named; /* the file that `name` is the name of; NULL: none so far */
    char *name;              /* as it is printed; freed at the end */
    uint64_t data, zeroes, compressed, above; /* bytes */
} UcMapOutput;

void uc_map_output_begin(UcMapOutput *output);
void uc_map_output_row(UcMapOutput *output, const UcMapRow *row);
void uc_map_output_end(UcMapOutput *output);

/* The same in NBD's words, as `nbdinfo --map` prints them. */
void uc_map_nbd_begin(UcMapOutput *output);
void uc_map_nbd_row(UcMapOutput *output, const UcMapRow *row);
void uc_map_nbd_end(UcMapOutput *output);
