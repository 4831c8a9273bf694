/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "fuse/sweep.h"

#include "core/extent.h"
#include "core/seek.h"
#include "fuse/border.h"
#include "fuse/buffer.h"
#include "fuse/crew.h"

#include <stdlib.h>

#define FEWEST_BYTES                                                                               \
    (1u << 18) /* of a piece, if there are as many: a few fit into a core's cache */

struct UcSweep {
    const UcNode *node;
    uint64_t next;
    uint64_t end;
    uint64_t sizes[UC_SWEEP_SIZES]; /* 0: not wanted */
    uint64_t granularity;           /* the largest of them: holes are looked for in its multiples */
    uint64_t piece_size;
    UcCrew *crew;
    UcPiece *current; /* what was handed out last */
    GPtrArray *spare; /* buffers of piece_size bytes that nobody uses */
};

static void piece_free(gpointer data)
{
    UcPiece *piece = data;
    for (size_t i = 0; i < UC_SWEEP_SIZES; i++)
        g_free(piece->sums[i]);
    free((uint8_t *)piece->bytes);
    g_clear_error(&piece->error);
    g_free(piece);
}

/* ---- on the threads ---- */

static UcSum *sum_blocks(const UcPiece *piece, uint64_t size)
{
    UcSum *sums = g_new(UcSum, (piece->length + size - 1) / size);
    size_t n = 0;
    for (uint64_t at = 0; at < piece->length; at += size)
        sums[n++] = uc_sum_of(piece->bytes + at, MIN(size, piece->length - at));
    return sums;
}

static void work(gpointer job, gpointer data)
{
    UcPiece *piece = job;
    const UcSweep *sweep = data;
    if (!uc_node_read(sweep->node, piece->offset, (uint8_t *)piece->bytes, piece->length,
                      &piece->error))
        return;
    for (size_t i = 0; i < UC_SWEEP_SIZES; i++)
        if (sweep->sizes[i] != 0)
            piece->sums[i] = sum_blocks(piece, sweep->sizes[i]);
}

/* ---- where the pieces are ---- */

/* The first block in [start, end) that is all zeroes, or `end`. */
static uint64_t find_hole(const UcSweep *sweep, uint64_t start, uint64_t end)
{
    uint64_t zeroes = start; /* everything from here to the extent at hand reads as zero */
    UcExtents extents;
    UcPath extent;
    uc_extents_init(&extents, sweep->node, start, end - start, UC_REACH_STATUS);
    while (uc_extents_next(&extents, &extent)) {
        uint64_t extent_end = extent.start + extent.length;
        uint64_t block = uc_border_from(zeroes, sweep->granularity);
        if (!uc_path_is_zero(&extent))
            zeroes = extent_end;
        else if (block < extent_end &&
                 (extent_end - block >= sweep->granularity || extent_end == sweep->node->size))
            return block;
    }
    return end;
}

/* Only a stretch of the length of a piece is looked at while there is data: an extent may go on
 * for the whole of a large disk, and finding its end each time would never end. */
static uint64_t end_of_zeroes(const UcSweep *sweep)
{
    uint64_t data;
    if (!uc_seek_data(sweep->node, sweep->next, sweep->granularity, &data))
        return sweep->end;
    return MIN(data, sweep->end);
}

static uint8_t *get_buffer(UcSweep *sweep)
{
    if (sweep->spare->len > 0)
        return g_ptr_array_steal_index_fast(sweep->spare, sweep->spare->len - 1);
    return uc_buffer_new(sweep->piece_size);
}

static void give_piece(UcSweep *sweep)
{
    UcPiece *piece = g_new0(UcPiece, 1);
    uint64_t limit = sweep->next + MIN(sweep->piece_size, sweep->end - sweep->next);
    uint64_t end = find_hole(sweep, sweep->next, limit);
    if (end > sweep->next) {
        piece->bytes = get_buffer(sweep);
        if (piece->bytes == NULL)
            uc_error_set(&piece->error, UC_ERROR_MEMORY, "not enough memory");
    } else {
        end = end_of_zeroes(sweep);
    }
    piece->offset = sweep->next;
    piece->length = end - sweep->next;
    sweep->next = end;
    if (piece->bytes != NULL)
        uc_crew_give(sweep->crew, piece);
    else
        uc_crew_give_done(sweep->crew, piece);
}

/* ---- the sweep ---- */

UcSweep *uc_sweep_new(const UcNode *node, uint64_t end, const uint64_t *sizes)
{
    UcSweep *sweep = g_new0(UcSweep, 1);
    sweep->node = node;
    sweep->end = end;
    for (size_t i = 0; i < UC_SWEEP_SIZES && sizes[i] != 0; i++) {
        sweep->sizes[i] = sizes[i];
        sweep->granularity = MAX(sweep->granularity, sizes[i]);
    }
    sweep->piece_size = MAX(sweep->granularity, FEWEST_BYTES);
    sweep->spare = g_ptr_array_new_with_free_func(free);
    sweep->crew = uc_crew_new(work, sweep, piece_free);
    return sweep;
}

void uc_sweep_free(UcSweep *sweep)
{
    uc_crew_free(sweep->crew);
    g_clear_pointer(&sweep->current, piece_free);
    g_ptr_array_unref(sweep->spare);
    g_free(sweep);
}

static void put_away(UcSweep *sweep)
{
    UcPiece *piece = g_steal_pointer(&sweep->current);
    if (piece == NULL)
        return;
    if (piece->bytes != NULL)
        g_ptr_array_add(sweep->spare, (uint8_t *)g_steal_pointer(&piece->bytes));
    piece_free(piece);
}

const UcPiece *uc_sweep_next(UcSweep *sweep)
{
    put_away(sweep);
    while (sweep->next < sweep->end && !uc_crew_is_busy(sweep->crew))
        give_piece(sweep);
    sweep->current = uc_crew_take(sweep->crew);
    return sweep->current;
}
