/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "core/index.h"

#include "core/graph.h"
#include "core/resolve.h"

#include <string.h>

#define WINDOW_BITS_LEAST 16 /* 64 KiB */
#define EXTENTS_MOST 1024    /* of a block that is kept */

bool uc_index_covers(const UcNode *node, const UcQuestion *question)
{
    return node->window_bits && node->graph->index && question->reach >= UC_REACH_READ &&
           !question->hops;
}

/* ---- blocks: the starts of all extents, then their paths; a search looks at the starts ---- */

#define EXTENT_BYTES (sizeof(uint64_t) + sizeof(UcPath))

static GBytes *block_new(const GArray *paths)
{
    const UcPath *path = (const UcPath *)paths->data;
    uint64_t *starts = g_malloc(paths->len * EXTENT_BYTES);

    for (guint i = 0; i < paths->len; i++)
        starts[i] = path[i].start;
    memcpy(starts + paths->len, path, paths->len * sizeof(UcPath));
    return g_bytes_new_take(starts, paths->len * EXTENT_BYTES);
}

/* The extent that `offset` lies in. */
static const UcPath *block_search(GBytes *block, uint64_t offset)
{
    gsize size;
    const uint64_t *starts = g_bytes_get_data(block, &size);
    const gsize n = size / EXTENT_BYTES;
    gsize low = 0, high = n;

    while (high - low > 1) {
        gsize middle = (low + high) / 2;

        if (starts[middle] <= offset)
            low = middle;
        else
            high = middle;
    }
    return (const UcPath *)(starts + n) + low;
}

/* ---- windows ---- */

static GBytes *resolve(const UcNode *node, uint64_t start, uint64_t end, const UcQuestion *question)
{
    g_autoptr(GArray) paths = uc_resolve(node, start, MIN(end, node->size), question);

    return block_new(paths);
}

/* A node whose windows hold too many extents gets smaller ones, once and for all. */
static void shrink_windows(const UcNode *node, int bits)
{
    if (bits > WINDOW_BITS_LEAST)
        g_atomic_int_compare_and_exchange(node->window_bits, bits, bits - 1);
}

/* The number says which window, of which size, asked with which reach. */
static UcCacheKey key_of(const UcNode *node, int bits, uint64_t window, const UcQuestion *question)
{
    G_STATIC_ASSERT(UC_INDEX_WINDOW_BITS - WINDOW_BITS_LEAST < 16 && UC_REACH_STORAGE < 8);
    return (UcCacheKey){.owner = node,
                        .about = question->base,
                        .number =
                            (window << 4 | (bits - WINDOW_BITS_LEAST)) << 3 | question->reach};
}

static GBytes *get_block(const UcNode *node, uint64_t offset, const UcQuestion *question)
{
    int bits = g_atomic_int_get(node->window_bits);
    uint64_t window = offset >> bits;
    UcCacheKey key = key_of(node, bits, window, question);
    GBytes *block = uc_cache_get(node->graph->index, &key);

    if (block)
        return block;
    block = resolve(node, window << bits, (window + 1) << bits, question);
    if (g_bytes_get_size(block) <= EXTENTS_MOST * EXTENT_BYTES)
        uc_cache_put(node->graph->index, &key, block);
    else
        shrink_windows(node, bits);
    return block;
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

UcPath uc_index_find(const UcNode *node, uint64_t offset, uint64_t length,
                     const UcQuestion *question)
{
    g_autoptr(GBytes) block = get_block(node, offset, question);

    return cut(block_search(block, offset), offset, length);
}
