/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "drivers/filter/grid.h"

bool uc_grid_is_block_size(uint64_t bytes)
{
    return bytes >= UC_GRID_SMALLEST && bytes <= UC_GRID_LARGEST && (bytes & (bytes - 1)) == 0;
}

void uc_grid_init(UcGrid *grid, uint64_t size, uint64_t block_size)
{
    grid->size = size;
    grid->block_size = block_size;
    grid->zero = uc_sum_of_zeroes(block_size);
    grid->zero_tail = uc_sum_of_zeroes(size % block_size);
}

uint64_t uc_grid_count(const UcGrid *grid)
{
    return grid->size / grid->block_size + (grid->size % grid->block_size != 0);
}

uint64_t uc_grid_start(const UcGrid *grid, uint64_t offset)
{
    return offset & ~(grid->block_size - 1);
}

uint64_t uc_grid_end(const UcGrid *grid, uint64_t offset)
{
    uint64_t start = uc_grid_start(grid, offset);

    return grid->size - start < grid->block_size ? grid->size : start + grid->block_size;
}

const UcSum *uc_grid_zero(const UcGrid *grid, uint64_t offset)
{
    return grid->size - offset < grid->block_size ? &grid->zero_tail : &grid->zero;
}
