/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A driver of one's own, complete: the bytes lie on several disks in turn, a chunk on the first, a
 * chunk on the second and so on (RAID 0). stripes.c is a program that uses it.
 */
#include "core/driver.h"
#include "core/node.h"

extern const UcDriver stripes_driver;

typedef struct Stripes {
    uint64_t chunk; /* bytes on one disk before it is the next one's turn */
} Stripes;

static bool stripes_open(UcNode *node, const UcOptions *options, GError **error)
{
    Stripes *stripes = node->state;

    stripes->chunk = uc_options_number(options, "chunk", 64 << 10);
    if (stripes->chunk == 0)
        return uc_error_set(error, UC_ERROR_USAGE, "a chunk of 0 bytes");

    uint64_t chunks = UINT64_MAX; /* whole ones on the smallest disk */
    for (uint32_t i = 0; i < node->n_edges; i++)
        chunks = MIN(chunks, uc_node_child(node, i)->size / stripes->chunk);
    if (!g_uint64_checked_mul(&node->size, chunks * stripes->chunk, node->n_edges) ||
        node->size > INT64_MAX)
        return uc_error_set(error, UC_ERROR_FAILED, "the disks are too large");
    return true;
}

static UcStep stripes_map(const UcNode *node, uint64_t offset, uint64_t length)
{
    const Stripes *stripes = node->state;
    uint64_t chunk = offset / stripes->chunk, within = offset % stripes->chunk;

    (void)length; /* the engine cuts the answer to what it asked for */
    return uc_step_child(chunk % node->n_edges, chunk / node->n_edges * stripes->chunk + within,
                         stripes->chunk - within);
}

const UcDriver stripes_driver = {
    .name = "stripes",
    .ports = (const UcPort[]){{"disks", UC_ROLE_DATA, UC_ARITY_MANY}, {0}},
    .options = (const UcOption[]){{"chunk", UC_OPTION_SIZE, false, "bytes per turn"}, {0}},
    .state_size = sizeof(Stripes),
    .open = stripes_open,
    .map = stripes_map,
};
