/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A driver of one's own, complete: the bytes lie on two disks in turn, a chunk on the first, a
 * chunk on the second and so on (RAID 0). stripes.c is a program that uses it.
 */
#include "core/driver.h"
#include "core/node.h"

extern const UcDriver stripes_driver;

enum { FIRST, SECOND };

typedef struct Stripes {
    uint64_t chunk; /* bytes on one disk before it is the next one's turn */
} Stripes;

static bool stripes_open(UcNode *node, const UcOptions *options, GError **error)
{
    Stripes *stripes = node->state;

    stripes->chunk = uc_options_number(options, "chunk", 64 << 10);
    if (stripes->chunk == 0)
        return uc_error_set(error, UC_ERROR_USAGE, "a chunk of 0 bytes");

    /* As many whole chunks as both have. */
    uint64_t size = MIN(uc_node_child(node, FIRST)->size, uc_node_child(node, SECOND)->size);
    size -= size % stripes->chunk;
    if (size > INT64_MAX / 2)
        return uc_error_set(error, UC_ERROR_FAILED, "the disks are too large");
    node->size = 2 * size;
    return true;
}

static UcStep stripes_map(const UcNode *node, uint64_t offset, uint64_t length)
{
    const Stripes *stripes = node->state;
    uint64_t chunk = offset / stripes->chunk, within = offset % stripes->chunk;

    (void)length; /* the engine cuts the answer to what it asked for */
    return uc_step_child(chunk % 2 ? SECOND : FIRST, chunk / 2 * stripes->chunk + within,
                         stripes->chunk - within);
}

static const UcPort stripes_ports[] = {
    [FIRST] = {.name = "first", .role = UC_ROLE_DATA},
    [SECOND] = {.name = "second", .role = UC_ROLE_DATA},
    {0},
};

static const UcOption stripes_options[] = {
    {.name = "chunk", .type = UC_OPTION_SIZE, .help = "bytes on one disk before the next; 64k"},
    {0},
};

const UcDriver stripes_driver = {
    .name = "stripes",
    .ports = stripes_ports,
    .options = stripes_options,
    .state_size = sizeof(Stripes),
    .open = stripes_open,
    .map = stripes_map,
};
