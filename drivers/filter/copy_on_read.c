/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "core/node.h"

/*
 * In QEMU this filter writes what is read from a backing file into the layer above. A graph that
 * is only read has nowhere to write to: here it copies nothing, and is transparent.
 */
enum { COPY_FILE };

static bool copy_open(UcNode *node, const UcOptions *options, GError **error)
{
    (void)options, (void)error;
    node->size = uc_node_child(node, COPY_FILE)->size;
    return true;
}

static UcStep copy_map(const UcNode *node, uint64_t offset, uint64_t length)
{
    (void)node;
    return uc_step_child(COPY_FILE, offset, length);
}

static const UcPort copy_ports[] = {
    [COPY_FILE] = {.name = "file", .role = UC_ROLE_FILTERED},
    {0},
};

static const UcOption copy_options[] = {
    {.name = "bottom", .type = UC_OPTION_STRING, .help = "accepted, means nothing here"},
    {0},
};

const UcDriver uc_driver_copy_on_read = {
    .name = "copy-on-read",
    .ports = copy_ports,
    .options = copy_options,
    .open = copy_open,
    .map = copy_map,
};
