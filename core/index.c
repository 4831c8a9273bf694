/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "core/index.h"

#include "core/graph.h"

#define WINDOW_BITS_LEAST 16 /* 64 KiB */
#define EXTENTS_MOST 1024    /* of a block */

bool uc_index_covers(const UcNode *node)
{
    return node->window_bits && node->graph->index;
}

/* One number for a window of one size, asked with one reach. */
static uint64_t key_of(int bits, uint64_t window, UcReach reach)
{
    return (window << 5 | (bits - WINDOW_BITS_LEAST)) << 1 | (reach == UC_REACH_STATUS);
}

static void append(GArray *block, const UcPath *next)
{
    UcPath *last = block->len > 0 ? &g_array_index(block, UcPath, block->len - 1) : NULL;

    if (last && uc_path_continues(last, next))
        last->length += next->length;
    else
        g_array_append_val(block, *next);
}

/* The extents from `start` until at least `end`, or more than a block may have. */
static GBytes *resolve(const UcNode *node, uint64_t start, uint64_t end, UcReach reach)
{
    g_autoptr(UcTrail) trail = uc_trail_new();
    const UcQuestion question = {.reach = reach, .trail = trail};
    GArray *block = g_array_new(FALSE, FALSE, sizeof(UcPath));

    while (start < end && block->len <= EXTENTS_MOST) {
        UcPath path = uc_path_find(node, start, node->size - start, &question);

        append(block, &path);
        start += path.length;
    }
    gsize extents;
    UcPath *paths = g_array_steal(block, &extents);

    g_array_unref(block);
    return g_bytes_new_take(paths, extents * sizeof(UcPath));
}

/* A node whose windows hold too many extents gets smaller ones, once and for all. */
static void shrink_windows(const UcNode *node, int bits)
{
    if (bits > WINDOW_BITS_LEAST)
        g_atomic_int_compare_and_exchange(node->window_bits, bits, bits - 1);
}

static GBytes *get_block(const UcNode *node, uint64_t offset, UcReach reach)
{
    int bits = g_atomic_int_get(node->window_bits);
    uint64_t window = offset >> bits;
    uint64_t key = key_of(bits, window, reach);
    GBytes *block = uc_cache_get(node->graph->index, node, key);

    if (block)
        return block;
    block = resolve(node, window << bits, MIN((window + 1) << bits, node->size), reach);
    if (g_bytes_get_size(block) <= EXTENTS_MOST * sizeof(UcPath))
        uc_cache_put(node->graph->index, node, key, block);
    else
        shrink_windows(node, bits);
    return block;
}

/* The extent that `offset` lies in, or NULL if the block ends before it. */
static const UcPath *search(GBytes *block, uint64_t offset)
{
    gsize size;
    const UcPath *first = g_bytes_get_data(block, &size);
    gsize low = 0, high = size / sizeof(UcPath);

    while (high - low > 1) {
        gsize middle = (low + high) / 2;

        if (first[middle].start <= offset)
            low = middle;
        else
            high = middle;
    }
    return offset - first[low].start < first[low].length ? &first[low] : NULL;
}

static UcPath cut(const UcPath *extent, uint64_t offset, uint64_t length)
{
    UcPath path = *extent;
    uint64_t skip = offset - extent->start;

    path.start += skip;
    path.offset += skip;
    path.length = MIN(extent->length - skip, length);
    return path;
}

UcPath uc_index_find(const UcNode *node, uint64_t offset, uint64_t length, UcReach reach)
{
    g_autoptr(GBytes) block = get_block(node, offset, reach);
    const UcPath *extent = search(block, offset);
    const UcQuestion question = {.reach = reach};

    return extent ? cut(extent, offset, length) : uc_path_find(node, offset, length, &question);
}
