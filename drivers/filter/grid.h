/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "drivers/filter/sum.h"

/*
 * A grid cuts a disk into blocks of one size, of which the last may be shorter, and knows what
 * the sum of a block of zeroes is: such blocks are never listed, stored or sent anywhere.
 */
typedef struct UcGrid {
    uint64_t size;       /* bytes of the disk */
    uint64_t block_size; /* a power of two, UC_GRID_SMALLEST to UC_GRID_LARGEST */
    UcSum zero;          /* of a whole block of zeroes */
    UcSum zero_tail;     /* of the last block, if it is a shorter one of zeroes */
} UcGrid;

#define UC_GRID_SMALLEST 512u
#define UC_GRID_LARGEST (16u << 20)

bool uc_grid_is_block_size(uint64_t bytes);
void uc_grid_init(UcGrid *grid, uint64_t size, uint64_t block_size);

uint64_t uc_grid_count(const UcGrid *grid); /* of all blocks */
/* The block that holds `offset`: where it starts, and where it ends. */
uint64_t uc_grid_start(const UcGrid *grid, uint64_t offset);
uint64_t uc_grid_end(const UcGrid *grid, uint64_t offset);
/* The sum of the block that starts at `offset` if it is all zeroes. */
const UcSum *uc_grid_zero(const UcGrid *grid, uint64_t offset);
