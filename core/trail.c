/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "core/trail.h"

typedef struct Footstep {
    const UcNode *node;
    uint64_t offset; /* in node, where the step begins */
    UcStep step;
} Footstep;

struct UcTrail {
    GArray *footsteps; /* of Footstep, one for each level */
};

UcTrail *uc_trail_new(void)
{
    UcTrail *trail = g_new0(UcTrail, 1);

    trail->footsteps = g_array_new(FALSE, TRUE, sizeof(Footstep));
    return trail;
}

void uc_trail_free(UcTrail *trail)
{
    g_array_unref(trail->footsteps);
    g_free(trail);
}

static bool holds(const Footstep *footstep, const UcNode *node, uint64_t offset)
{
    return footstep->node == node && offset >= footstep->offset &&
           offset - footstep->offset < footstep->step.length;
}

/* The part of a step from `skip` bytes on. */
static UcStep rest_of(UcStep step, uint64_t skip)
{
    step.length -= skip;
    step.place.offset += skip;
    step.kept.offset += skip;
    return step;
}

UcStep uc_trail_step(UcTrail *trail, guint level, const UcNode *node, uint64_t offset)
{
    Footstep *footstep;

    if (level >= trail->footsteps->len)
        g_array_set_size(trail->footsteps, level + 1);
    footstep = &g_array_index(trail->footsteps, Footstep, level);
    if (!holds(footstep, node, offset))
        *footstep = (Footstep){
            .node = node, .offset = offset, .step = uc_node_map(node, offset, node->size - offset)};
    return rest_of(footstep->step, offset - footstep->offset);
}
