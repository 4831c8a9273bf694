/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "core/walk.h"

/* One round of a 64-bit mix; collisions would only merge two extents whose ends agree anyway. */
static uint64_t mix(uint64_t trace, uint64_t value)
{
    trace = (trace ^ value) * 0x9e3779b97f4a7c15u;
    return trace ^ trace >> 29;
}

static void stop(UcWalk *walk, UcEnd end)
{
    walk->path.end = end;
}

/* Arrives at a node: leaves a mark in the fingerprint and, if wanted, a hop. The offset counts as
 * its distance from the start, which stays the same all along an extent. */
static void arrive(UcWalk *walk, const UcNode *node, uint64_t offset, UcRole via)
{
    UcPath *path = &walk->path;

    path->node = node;
    path->offset = offset;
    path->trace = mix(mix(path->trace, (uintptr_t)node), offset - path->start);
    if (walk->question->hops) {
        UcHop hop = {.node = node, .offset = offset, .via = via};

        g_array_append_val(walk->question->hops, hop);
    }
}

/* What an edge means for "allocated in the node asked" and for the count of layers. */
static void account(UcWalk *walk, UcRole role)
{
    UcPath *path = &walk->path;

    if (!walk->asked_settled && role != UC_ROLE_FILTERED) {
        walk->asked_settled = true;
        path->allocated = role != UC_ROLE_BACKING;
    }
    if (!walk->owner_settled && role == UC_ROLE_DATA && uc_driver_is_format(path->node->driver)) {
        walk->owner_settled = true;
        path->owner = path->node;
    }
}

/* Whether the question is answered before this edge is followed. */
static bool is_answered(const UcWalk *walk)
{
    return (walk->question->reach == UC_REACH_ALLOCATED && walk->asked_settled) ||
           (walk->question->reach == UC_REACH_OWNER && walk->owner_settled);
}

static const UcNode *filtered_child(const UcNode *node)
{
    uint32_t edge = 0;

    while (uc_edge_role(&node->edges[edge]) != UC_ROLE_FILTERED)
        edge++;
    return node->edges[edge].node;
}

/* What is said of a short filter is said of the node whose end it shows, or of a base above it. */
static void arrive_unfiltered(UcWalk *walk, const UcNode *node, uint64_t offset, UcRole via)
{
    const UcNode *base = via == UC_ROLE_BACKING ? walk->question->base : NULL;

    arrive(walk, node, offset, via);
    while (node != base && uc_driver_is_filter(node->driver)) {
        node = filtered_child(node);
        arrive(walk, node, offset, UC_ROLE_FILTERED);
    }
}

/* A child that is too short has made the zeroes itself if it backs its parent (a base that was
 * asked about then holds them); otherwise they are the parent's own. */
static void end_short(UcWalk *walk, const UcNode *child, uint64_t offset, UcRole role)
{
    const UcNode *parent = walk->path.node;
    bool is_layer = role == UC_ROLE_BACKING;

    arrive_unfiltered(walk, child, offset, role);
    walk->path.via = role;
    stop(walk, is_layer && walk->path.node == walk->question->base ? UC_END_BASE : UC_END_SHORT);
    if (!walk->owner_settled) {
        walk->owner_settled = true;
        walk->path.owner = is_layer ? walk->path.node : parent;
        walk->path.depth += is_layer;
    }
}

static void end_void(UcWalk *walk, UcRole role)
{
    walk->path.via = role;
    walk->path.owner = walk->owner_settled ? walk->path.owner : NULL;
    walk->owner_settled = true;
    stop(walk, UC_END_VOID);
}

/* A child's own answer to the question, for a vote. */
static UcPath ask_child(const UcWalk *walk, const UcNode *child, uint64_t offset)
{
    const UcQuestion question = {.reach = walk->question->reach, .base = walk->question->base};

    return uc_path_find(child, offset, MIN(walk->path.length, child->size - offset), &question);
}

static bool says_zero(const UcPath *path)
{
    return path->reach >= UC_REACH_STATUS && uc_path_is_zero(path);
}

/* Whether two children's paths enter the base, and at the same place. */
static bool share_base(const UcPath *one, const UcPath *other)
{
    return one->end == UC_END_BASE && other->end == UC_END_BASE && one->offset == other->offset;
}

/*
 * The children of a port that takes many show the same bytes. The path ends here: it is a zero if
 * all of them say so, it enters the base if all do, and the node asked holds nothing itself if
 * that is so whichever child is followed.
 */
static void vote(UcWalk *walk, UcPlace place)
{
    const UcNode *node = walk->path.node;
    UcPath *path = &walk->path, first = ask_child(walk, node->edges[place.edge].node, place.offset);
    bool zero = true, based = true, allocated = false;

    for (uint32_t edge = place.edge; edge < node->n_edges; edge++) {
        UcPath child =
            edge == place.edge ? first : ask_child(walk, node->edges[edge].node, place.offset);

        zero = zero && says_zero(&child);
        based = based && share_base(&first, &child);
        allocated = allocated || child.allocated;
        path->reserved = path->reserved || child.reserved;
        path->unsure = path->unsure || child.unsure;
        path->length = MIN(path->length, child.length);
    }
    if (!walk->asked_settled)
        path->allocated = allocated;
    if (based)
        arrive(walk, walk->question->base, first.offset, UC_ROLE_FILTERED);
    path->why = UC_WHY_COMPUTED;
    stop(walk, zero ? UC_END_ZERO : based ? UC_END_BASE : UC_END_SELF);
}

/* Follows an edge; false if the path ends there. */
static bool follow(UcWalk *walk, UcPlace place)
{
    UcPath *path = &walk->path;
    const UcEdge *edge = &path->node->edges[place.edge];
    UcRole role = uc_edge_role(edge);

    account(walk, role);
    if (is_answered(walk)) {
        stop(walk, UC_END_OPEN);
        return false;
    }
    if (!edge->node) {
        end_void(walk, role);
        return false;
    }
    if (edge->port->arity == UC_ARITY_MANY) {
        vote(walk, place);
        return false;
    }
    if (place.offset >= edge->node->size) {
        end_short(walk, edge->node, place.offset, role);
        return false;
    }
    path->length = MIN(path->length, edge->node->size - place.offset);
    if (role == UC_ROLE_BACKING && !walk->owner_settled)
        path->depth++;
    arrive(walk, edge->node, place.offset, role);
    return true;
}

/* Where the walk need not or must not ask the node it has arrived at. */
static bool ends_on_arrival(UcWalk *walk)
{
    const UcDriver *driver = walk->path.node->driver;

    if (walk->path.node == walk->question->base) {
        stop(walk, UC_END_BASE);
        return true;
    }
    if (walk->question->reach > UC_REACH_READ)
        return false;
    if (uc_driver_is_leaf(driver)) {
        stop(walk, UC_END_DATA);
        return true;
    }
    if (driver->reads_stop && walk->question->reach == UC_REACH_READ) {
        walk->path.why = UC_WHY_COMPUTED;
        stop(walk, UC_END_SELF);
        return true;
    }
    return false;
}

static void remember_kept(UcWalk *walk, UcPlace kept)
{
    if (walk->kept || kept.edge == UC_EDGE_NONE)
        return;
    walk->kept = uc_node_child(walk->path.node, kept.edge);
    walk->kept_offset = kept.offset;
}

bool uc_walk_step(UcWalk *walk)
{
    UcPath *path = &walk->path;
    UcStep step;

    if (ends_on_arrival(walk))
        return false;
    step = uc_node_map(path->node, path->offset, path->length);
    path->length = step.length;
    path->unsure = path->unsure || step.unsure;
    remember_kept(walk, step.kept);
    switch (step.kind) {
    case UC_STEP_CHILD:
        return follow(walk, step.place);
    case UC_STEP_ZERO:
        stop(walk, UC_END_ZERO);
        return false;
    case UC_STEP_SELF:
        path->why = step.why;
        stop(walk, uc_driver_is_leaf(path->node->driver) && step.why == UC_WHY_STORED
                       ? UC_END_DATA
                       : UC_END_SELF);
        return false;
    case UC_STEP_UNDEFINED:
        stop(walk, UC_END_UNDEFINED);
        return false;
    case UC_STEP_INVALID:
        stop(walk, UC_END_INVALID);
        return false;
    }
    return false;
}

/* Whether the host has space for the bytes. The storage that was kept for them has a path of its
 * own, and may itself be a hole of the file. */
static void find_reserved(UcWalk *walk)
{
    const UcQuestion question = {.reach = UC_REACH_STATUS};
    UcPath *path = &walk->path, storage;

    path->reserved = path->reserved || path->end == UC_END_DATA || path->end == UC_END_SELF;
    if (path->reserved || !walk->kept || walk->kept_offset >= walk->kept->size)
        return;
    storage = uc_path_find(walk->kept, walk->kept_offset,
                           MIN(path->length, walk->kept->size - walk->kept_offset), &question);
    path->length = storage.length;
    path->unsure = path->unsure || storage.unsure;
    path->reserved = storage.end == UC_END_DATA || storage.end == UC_END_SELF;
}

UcWalk uc_walk_begin(const UcNode *node, uint64_t offset, uint64_t length,
                     const UcQuestion *question)
{
    UcWalk walk = {.question = question,
                   .path = {.from = node,
                            .start = offset,
                            .length = length,
                            .reach = question->reach,
                            .allocated = true}};

    g_assert(length > 0 && offset < node->size && length <= node->size - offset);
    if (question->hops)
        g_array_set_size(question->hops, 0);
    arrive(&walk, node, offset, UC_ROLE_DATA);
    return walk;
}

UcPath uc_walk_end(UcWalk *walk)
{
    if (!walk->owner_settled && walk->question->reach >= UC_REACH_OWNER)
        walk->path.owner = walk->path.node;
    if (walk->question->reach == UC_REACH_STORAGE)
        find_reserved(walk);
    return walk->path;
}

void uc_walk_move(UcWalk *walk, uint64_t start, uint64_t length)
{
    uint64_t distance = start - walk->path.start;

    walk->path.start = start;
    walk->path.offset += distance;
    walk->path.length = length;
    walk->kept_offset += distance;
}

static bool has_same_kept(const UcWalk *walk, const UcWalk *other)
{
    return walk->kept == other->kept && (!walk->kept || walk->kept_offset - walk->path.start ==
                                                            other->kept_offset - other->path.start);
}

bool uc_walk_is_beside(const UcWalk *walk, const UcWalk *other)
{
    const UcPath *one = &walk->path, *two = &other->path;

    return one->trace == two->trace && one->node == two->node &&
           one->offset - one->start == two->offset - two->start && one->owner == two->owner &&
           one->depth == two->depth && one->allocated == two->allocated &&
           one->reserved == two->reserved && one->unsure == two->unsure &&
           walk->asked_settled == other->asked_settled &&
           walk->owner_settled == other->owner_settled && has_same_kept(walk, other);
}
