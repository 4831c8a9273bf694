/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "drivers/protocol/hole_map.h"

struct HoleMap {
    GMutex lock;
    GTree *runs; /* of HoleRun by start, without overlaps; neighbours of one kind are merged */
    guint limit;
};

static int compare(const void *a, const void *b, void *unused)
{
    const HoleRun *left = a, *right = b;

    (void)unused;
    return left->start < right->start ? -1 : left->start > right->start;
}

HoleMap *hole_map_new(guint limit)
{
    HoleMap *map = g_new0(HoleMap, 1);

    g_mutex_init(&map->lock);
    map->runs = g_tree_new_full(compare, NULL, NULL, g_free);
    map->limit = limit;
    return map;
}

void hole_map_free(HoleMap *map)
{
    g_tree_unref(map->runs);
    g_mutex_clear(&map->lock);
    g_free(map);
}

/* The last run that starts at or before `offset`, and the first after it; NULL: none. */
static void neighbours(HoleMap *map, uint64_t offset, HoleRun **before, HoleRun **after)
{
    const HoleRun key = {.start = offset};
    GTreeNode *next = g_tree_upper_bound(map->runs, &key);
    GTreeNode *last = next ? g_tree_node_previous(next) : g_tree_node_last(map->runs);

    *after = next ? g_tree_node_value(next) : NULL;
    *before = last ? g_tree_node_value(last) : NULL;
}

bool hole_map_find(HoleMap *map, uint64_t offset, HoleRun *run)
{
    g_autoptr(GMutexLocker) locker = g_mutex_locker_new(&map->lock);
    HoleRun *before, *after;

    neighbours(map, offset, &before, &after);
    if (!before || before->end <= offset)
        return false;
    *run = *before;
    return true;
}

/* Keeps a run that overlaps none, as a part of its neighbours if they are of its kind. */
static void keep(HoleMap *map, HoleRun run, HoleRun *before, HoleRun *after)
{
    if (after && after->start == run.end && after->is_hole == run.is_hole) {
        run.end = after->end;
        g_tree_remove(map->runs, after);
    }
    if (before && before->end == run.start && before->is_hole == run.is_hole) {
        before->end = run.end;
    } else if ((guint)g_tree_nnodes(map->runs) < map->limit) {
        HoleRun *copy = g_memdup2(&run, sizeof(run));

        g_tree_insert(map->runs, copy, copy);
    }
}

HoleRun hole_map_add(HoleMap *map, HoleRun found)
{
    g_autoptr(GMutexLocker) locker = g_mutex_locker_new(&map->lock);
    HoleRun *before, *after;

    neighbours(map, found.start, &before, &after);
    if (before && before->end > found.start)
        return *before;
    if (after)
        found.end = MIN(found.end, after->start);
    keep(map, found, before, after);
    return found;
}
