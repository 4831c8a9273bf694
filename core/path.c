/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "core/path.h"

#include "core/walk.h"

UcPath uc_path_find(const UcNode *node, uint64_t offset, uint64_t length,
                    const UcQuestion *question)
{
    UcWalk walk = uc_walk_begin(node, offset, length, question);

    while (uc_walk_step(&walk))
        ;
    return uc_walk_end(&walk);
}

bool uc_path_continues(const UcPath *path, const UcPath *next)
{
    return path->start + path->length == next->start && path->end == next->end &&
           path->node == next->node && path->offset - path->start == next->offset - next->start &&
           path->owner == next->owner && path->depth == next->depth && path->why == next->why &&
           path->allocated == next->allocated && path->reserved == next->reserved &&
           path->unsure == next->unsure && path->trace == next->trace;
}

bool uc_path_is_zero(const UcPath *path)
{
    g_assert(path->reach >= UC_REACH_STATUS);
    return path->end == UC_END_ZERO || path->end == UC_END_SHORT || path->end == UC_END_VOID;
}

/* Inside the storage of a layer a void or a short backing is that layer's own zero. */
bool uc_path_is_present(const UcPath *path)
{
    g_assert(path->reach >= UC_REACH_STATUS);
    if (path->end == UC_END_VOID)
        return path->owner != NULL;
    if (path->end == UC_END_SHORT && path->via == UC_ROLE_BACKING)
        return path->owner != path->node;
    return true;
}

bool uc_path_is_compressed(const UcPath *path)
{
    g_assert(path->reach >= UC_REACH_READ);
    return path->end == UC_END_SELF && path->why == UC_WHY_COMPRESSED;
}

bool uc_path_is_on_host(const UcPath *path)
{
    return path->end == UC_END_DATA && path->node->file;
}
