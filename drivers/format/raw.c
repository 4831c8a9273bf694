/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "core/node.h"

/*
 * A window: the bytes of its child from an offset on, as many as its size says. Without options
 * it is the whole child.
 */
typedef struct Raw {
    uint64_t offset; /* of the window in the child */
} Raw;

enum { RAW_FILE };

static bool raw_open(UcNode *node, const UcOptions *options, GError **error)
{
    uint64_t available = uc_node_child(node, RAW_FILE)->size;
    uint64_t offset = uc_options_number(options, "offset", 0);
    uint64_t size =
        uc_options_number(options, "size", offset <= available ? available - offset : 0);

    if (offset > available || size > available - offset)
        return uc_error_set(error, UC_ERROR_FAILED,
                            "offset %" G_GUINT64_FORMAT " and size %" G_GUINT64_FORMAT
                            " do not fit into the %" G_GUINT64_FORMAT " bytes below",
                            offset, size, available);
    ((Raw *)node->state)->offset = offset;
    node->size = size;
    return true;
}

static UcStep raw_map(const UcNode *node, uint64_t offset, uint64_t length)
{
    return uc_step_child(RAW_FILE, ((const Raw *)node->state)->offset + offset, length);
}

static void raw_describe(const UcNode *node, GVariantBuilder *facts)
{
    const Raw *raw = node->state;

    if (raw->offset > 0)
        g_variant_builder_add(facts, "{sv}", "offset", g_variant_new_uint64(raw->offset));
}

static const UcPort raw_ports[] = {
    [RAW_FILE] = {.name = "file", .role = UC_ROLE_DATA},
    {0},
};

static const UcOption raw_options[] = {
    {.name = "offset", .type = UC_OPTION_SIZE, .help = "where the window begins"},
    {.name = "size", .type = UC_OPTION_SIZE, .help = "how long it is"},
    {0},
};

static const char *const raw_extensions[] = {"raw", "img", "iso", "bin", NULL};

const UcDriver uc_driver_raw = {
    .name = "raw",
    .ports = raw_ports,
    .options = raw_options,
    .extensions = raw_extensions,
    .state_size = sizeof(Raw),
    .open = raw_open,
    .map = raw_map,
    .describe = raw_describe,
};
