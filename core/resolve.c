/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "core/resolve.h"

#include "core/walk.h"

#include <string.h>

/* Bytes of the node that was asked. */
typedef struct Range {
    uint64_t start, end;
} Range;

/* Ranges that came the same way. `walk` stands where the first of them starts; where it would
 * stand for another one follows from that. */
typedef struct Strand {
    UcWalk walk;
    GArray *ranges; /* of Range, in order, at least one; owned */
} Strand;

/* So many ways out of a node are told apart at once: clusters of data lie all over a file, each a
 * way of its own, but what the backing file shows goes one way and must stay together. */
#define WAYS 4

typedef struct Resolving {
    uint64_t end;     /* nothing that starts here or later is wanted */
    GArray *strands;  /* of Strand: a stack of those that have still to go on */
    guint ways[WAYS]; /* indices of strands that the last pieces joined, the latest first */
    guint n_ways;
    GArray *paths; /* of UcPath: found, in no order */
    guint on_way;  /* ranges of all strands; each becomes a path, or several */
    guint most;    /* paths that are wanted */
} Resolving;

static void use_way(Resolving *self, guint way, guint strand)
{
    memmove(&self->ways[1], &self->ways[0], way * sizeof(self->ways[0]));
    self->ways[0] = strand;
}

static guint find_way(const Resolving *self, const UcWalk *walk)
{
    guint way = 0;

    while (way < self->n_ways &&
           !uc_walk_is_beside(&g_array_index(self->strands, Strand, self->ways[way]).walk, walk))
        way++;
    return way;
}

static bool is_too_much(const Resolving *self)
{
    return self->paths->len + self->on_way > self->most;
}

/* The ranges that go on as `walk` does. */
static GArray *join(Resolving *self, const UcWalk *walk)
{
    guint way = find_way(self, walk);

    if (way < self->n_ways) {
        use_way(self, way, self->ways[way]);
    } else {
        Strand strand = {.walk = *walk, .ranges = g_array_new(FALSE, FALSE, sizeof(Range))};

        g_array_append_val(self->strands, strand);
        self->n_ways = MIN(self->n_ways + 1, WAYS);
        use_way(self, self->n_ways - 1, self->strands->len - 1);
    }
    return g_array_index(self->strands, Strand, self->ways[0]).ranges;
}

static void end_path(Resolving *self, const UcWalk *walk, Range range)
{
    while (range.start < range.end) {
        UcWalk part = *walk;
        UcPath path;

        uc_walk_move(&part, range.start, range.end - range.start);
        path = uc_walk_end(&part);
        g_array_append_val(self->paths, path);
        range.start += path.length;
    }
}

/* What was learnt by one step is true of all ranges before `stop`: deals them out, from the front,
 * and returns how many are done with. */
static guint deal(Resolving *self, const UcWalk *walk, bool goes_on, Range *ranges, guint n)
{
    const uint64_t stop = walk->path.start + walk->path.length;
    GArray *joined = goes_on ? join(self, walk) : NULL;
    guint i = 0;

    while (i < n && ranges[i].start < MIN(stop, self->end)) {
        Range part = {ranges[i].start, MIN(ranges[i].end, stop)};

        if (joined) {
            g_array_append_val(joined, part);
            self->on_way++;
        } else {
            end_path(self, walk, part);
        }
        ranges[i].start = part.end;
        if (ranges[i].start == ranges[i].end)
            i++;
    }
    return i;
}

/* One step for all of a strand. */
static void step(Resolving *self, Strand *strand)
{
    Range *ranges = (Range *)strand->ranges->data;
    guint n = strand->ranges->len;
    const uint64_t last = ranges[n - 1].end;

    self->n_ways = 0;
    for (guint i = 0; i < n && ranges[i].start < self->end && !is_too_much(self);) {
        UcWalk walk = strand->walk;
        bool goes_on;

        uc_walk_move(&walk, ranges[i].start, last - ranges[i].start);
        goes_on = uc_walk_step(&walk);
        i += deal(self, &walk, goes_on, ranges + i, n - i);
    }
}

static void strand_clear(gpointer data)
{
    g_array_unref(((Strand *)data)->ranges);
}

static Strand take_strand(Resolving *self)
{
    Strand *last = &g_array_index(self->strands, Strand, self->strands->len - 1);
    Strand taken = {.walk = last->walk, .ranges = g_array_ref(last->ranges)};

    g_array_set_size(self->strands, self->strands->len - 1);
    return taken;
}

static void go_through(Resolving *self)
{
    while (self->strands->len > 0 && !is_too_much(self)) {
        Strand strand = take_strand(self);

        self->on_way -= strand.ranges->len;
        step(self, &strand);
        strand_clear(&strand);
    }
}

static int compare(gconstpointer a, gconstpointer b)
{
    const UcPath *one = a, *other = b;

    return one->start < other->start ? -1 : one->start > other->start;
}

/* Makes one extent of neighbours with the same path. */
static void merge(GArray *paths)
{
    guint kept = 0;

    g_array_sort(paths, compare);
    for (guint i = 1; i < paths->len; i++) {
        UcPath *last = &g_array_index(paths, UcPath, kept);
        const UcPath *next = &g_array_index(paths, UcPath, i);

        if (uc_path_continues(last, next))
            last->length += next->length;
        else
            g_array_index(paths, UcPath, ++kept) = *next;
    }
    g_array_set_size(paths, kept + 1);
}

GArray *uc_resolve(const UcNode *node, uint64_t start, uint64_t end, const UcQuestion *question,
                   guint most)
{
    Resolving self = {.end = end,
                      .strands = g_array_new(FALSE, FALSE, sizeof(Strand)),
                      .paths = g_array_new(FALSE, FALSE, sizeof(UcPath)),
                      .most = most};
    const Range all = {start, node->size};
    UcWalk walk = uc_walk_begin(node, start, node->size - start, question);

    g_array_set_clear_func(self.strands, strand_clear);
    g_array_append_val(join(&self, &walk), all);
    self.on_way = 1;
    go_through(&self);
    g_array_unref(self.strands);
    if (is_too_much(&self))
        g_clear_pointer(&self.paths, g_array_unref);
    else
        merge(self.paths);
    return self.paths;
}
