/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "core/index.h"

#include "core/graph.h"
#include "core/resolve.h"

#include <string.h>

#define WINDOW_BITS_LEAST 16 /* 64 KiB */
#define EXTENTS_MOST 1024    /* of a block, unless it cannot be smaller */

bool uc_index_covers(const UcNode *node, const UcQuestion *question)
{
    return node->window_bits && node->graph->index && question->reach >= UC_REACH_READ &&
           !question->hops;
}

/* ---- blocks: the starts of all extents, then their paths; a search looks at the starts ---- */

#define EXTENT_BYTES (sizeof(uint64_t) + sizeof(UcPath))

UcCache *uc_index_new(uint64_t limit)
{
    return uc_cache_new(limit, EXTENTS_MOST * EXTENT_BYTES);
}

static GBytes *block_new(const GArray *paths)
{
    const UcPath *path = (const UcPath *)paths->data;
    uint64_t *starts = g_malloc(paths->len * EXTENT_BYTES);

    for (guint i = 0; i < paths->len; i++)
        starts[i] = path[i].start;
    memcpy(starts + paths->len, path, paths->len * sizeof(UcPath));
    return g_bytes_new_take(starts, paths->len * EXTENT_BYTES);
}

/* How many extents lie before the one that `offset` lies in. */
static gsize block_search(const uint64_t *starts, gsize n, uint64_t offset)
{
    gsize low = 0, high = n;

    while (high - low > 1) {
        gsize middle = (low + high) / 2;

        if (starts[middle] <= offset)
            low = middle;
        else
            high = middle;
    }
    return low;
}

/* ---- windows ---- */

typedef struct Window {
    const UcNode *node;
    int bits; /* of its size */
    uint64_t number;
} Window;

static UcCacheKey key_of(const Window *window, UcReach reach, const UcNode *base)
{
    const uint64_t size = window->bits - WINDOW_BITS_LEAST;

    G_STATIC_ASSERT(UC_INDEX_WINDOW_BITS - WINDOW_BITS_LEAST < 16 && UC_REACH_STORAGE < 8);
    return (UcCacheKey){
        .owner = window->node, .about = base, .number = (window->number << 4 | size) << 3 | reach};
}

static GBytes *find_block(const Window *window, UcReach reach, const UcNode *base)
{
    UcCacheKey key = key_of(window, reach, base);

    return uc_cache_get(window->node->graph->index, &key);
}

/* What is known to the end is known to be read as well, unless reads stop somewhere. */
static GBytes *find_answer(const Window *window, const UcQuestion *question)
{
    GBytes *block = NULL;

    if (question->reach == UC_REACH_READ && !window->node->stops)
        block = find_block(window, UC_REACH_STATUS, question->base);
    return block ? block : find_block(window, question->reach, question->base);
}

/* A node whose windows hold too many extents gets smaller ones, once and for all. */
static Window shrink(const Window *window, uint64_t offset)
{
    const int bits = window->bits - 1;

    g_atomic_int_compare_and_exchange(window->node->window_bits, window->bits, bits);
    return (Window){window->node, bits, offset >> bits};
}

/* NULL: it holds too many extents, and could be smaller. */
static GBytes *resolve(const Window *window, const UcQuestion *question)
{
    const uint64_t start = window->number << window->bits;
    const uint64_t left = window->node->size - start;
    const uint64_t end = start + MIN(left, 1ull << window->bits);
    const guint most = window->bits > WINDOW_BITS_LEAST ? EXTENTS_MOST : G_MAXUINT;
    g_autoptr(GArray) paths = uc_resolve(window->node, start, end, question, most);

    return paths ? block_new(paths) : NULL;
}

static Window window_at(const UcNode *node, uint64_t offset)
{
    const int bits = g_atomic_int_get(node->window_bits);

    return (Window){node, bits, offset >> bits};
}

static GBytes *make_block(const UcNode *node, uint64_t offset, const UcQuestion *question)
{
    Window window = window_at(node, offset);
    GBytes *block;
    UcCacheKey key;

    while (!(block = resolve(&window, question)))
        window = shrink(&window, offset);
    key = key_of(&window, question->reach, question->base);
    uc_cache_put(node->graph->index, &key, block);
    return block;
}

static GBytes *get_block(const UcNode *node, uint64_t offset, const UcQuestion *question)
{
    const Window window = window_at(node, offset);
    GBytes *block = find_answer(&window, question);

    return block ? block : make_block(node, offset, question);
}

/* The part of a path that lies in [start, end). */
static UcPath cut(const UcPath *extent, uint64_t start, uint64_t end)
{
    UcPath path = *extent;
    uint64_t skip = start - extent->start;

    path.start += skip;
    path.offset += skip;
    path.length = MIN(extent->length - skip, end - start);
    return path;
}

/* What an error has kept from being known is asked for until it is known; then the block is made
 * anew. The rest of the block is true in any case. */
static UcPath find_anew(const UcNode *node, uint64_t offset, uint64_t length,
                        const UcQuestion *question)
{
    const UcPath path = uc_path_find(node, offset, length, question);

    if (!path.unsure)
        g_bytes_unref(make_block(node, offset, question));
    return path;
}

unsigned uc_index_find(const UcNode *node, uint64_t offset, uint64_t length,
                       const UcQuestion *question, UcPath *paths, unsigned most)
{
    g_autoptr(GBytes) block = get_block(node, offset, question);
    gsize size;
    const uint64_t *starts = g_bytes_get_data(block, &size);
    const gsize n = size / EXTENT_BYTES;
    const UcPath *extents = (const UcPath *)(starts + n);
    const gsize first = block_search(starts, n, offset);
    const UcQuestion answered = {.reach = extents[first].reach, .base = question->base};
    const uint64_t end = offset + length;
    unsigned found = 0;

    if (extents[first].unsure) {
        paths[0] = find_anew(node, offset, length, &answered);
        return 1;
    }
    for (gsize i = first; i < n && found < most && offset < end && !extents[i].unsure; i++) {
        paths[found] = cut(&extents[i], offset, end);
        offset += paths[found++].length;
    }
    return found;
}
