/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "core/node.h"

/*
 * Filters that have something to do when a guest writes (or, copy-on-read, when a copy is to be
 * kept) and nothing when a graph is only read. Each shows its child as it is.
 *
 * copy-before-write and snapshot-access are the two ends of image fleecing: the first saves what
 * a guest is about to overwrite into its target, the second shows the view from before. Where
 * nobody writes, nothing has been saved, and the old view is the present one. The target is
 * opened, so that a description that cannot work is refused, and never shown.
 */
enum { SHOWN };

static bool transparent_open(UcNode *node, const UcOptions *options, GError **error)
{
    (void)options, (void)error;
    node->size = uc_node_child(node, SHOWN)->size;
    return true;
}

static UcStep transparent_map(const UcNode *node, uint64_t offset, uint64_t length)
{
    (void)node;
    return uc_step_child(SHOWN, offset, length);
}

static const UcPort file_ports[] = {
    [SHOWN] = {.name = "file", .role = UC_ROLE_FILTERED},
    {0},
};

static const UcPort before_write_ports[] = {
    [SHOWN] = {.name = "file", .role = UC_ROLE_FILTERED},
    {.name = "target", .role = UC_ROLE_WITNESS},
    {0},
};

static const UcOption on_read_options[] = {
    {.name = "bottom", .help = "down to which layer copies are kept; none are made"},
    {0},
};

static const UcOption preallocate_options[] = {
    {.name = "prealloc-align", .type = UC_OPTION_SIZE, .help = "how a file grows; it does not"},
    {.name = "prealloc-size", .type = UC_OPTION_SIZE, .help = "by how much; it does not"},
    {0},
};

static const UcOption bitmap_fields[] = {
    {.name = "node", .required = true, .help = "the node that has it"},
    {.name = "name", .required = true, .help = "its name"},
    {0},
};

static const char *const on_error_values[] = {"break-guest-write", "break-snapshot", NULL};

static const UcOption before_write_options[] = {
    {.name = "bitmap",
     .type = UC_OPTION_GROUP,
     .fields = bitmap_fields,
     .help = "what is to be saved when it is overwritten; everything is shown"},
    {.name = "on-cbw-error",
     .values = on_error_values,
     .help = "what gives way when saving fails; nothing is saved"},
    {.name = "cbw-timeout", .type = UC_OPTION_NUMBER, .help = "seconds for saving"},
    {.name = "min-cluster-size", .type = UC_OPTION_SIZE, .help = "the unit of saving"},
    {0},
};

#define TRANSPARENT .open = transparent_open, .map = transparent_map

const UcDriver uc_driver_copy_on_read = {
    .name = "copy-on-read", .ports = file_ports, .options = on_read_options, TRANSPARENT};

const UcDriver uc_driver_compress = {.name = "compress", .ports = file_ports, TRANSPARENT};

const UcDriver uc_driver_preallocate = {
    .name = "preallocate", .ports = file_ports, .options = preallocate_options, TRANSPARENT};

const UcDriver uc_driver_copy_before_write = {.name = "copy-before-write",
                                              .ports = before_write_ports,
                                              .options = before_write_options,
                                              TRANSPARENT};

const UcDriver uc_driver_snapshot_access = {
    .name = "snapshot-access", .ports = file_ports, TRANSPARENT};
