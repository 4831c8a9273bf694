/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "drivers/format/qcow2/qcow2.h"
#include "drivers/format/qcow2/compressed.h"
#include "drivers/format/qcow2/describe.h"
#include "drivers/format/qcow2/lookup.h"
#include "drivers/format/qcow2/ondisk.h"
#include "drivers/format/qcow2/open.h"

static bool qcow2_probe(const uint8_t *head, size_t length)
{
    return length >= QCOW2_AT_VERSION + 4 && qcow2_u32(head + QCOW2_AT_MAGIC) == QCOW2_MAGIC &&
           qcow2_u32(head + QCOW2_AT_VERSION) >= 2;
}

static UcStep run_to_step(const Qcow2Run *run, uint64_t offset)
{
    const uint64_t host = run->first.host;
    const UcStep backing = uc_step_child(QCOW2_PORT_BACKING, offset, run->length);
    switch (run->first.mapping) {
    case QCOW2_UNALLOCATED:
        return backing;
    case QCOW2_UNALLOCATED_KEPT:
        return uc_step_keep(backing, QCOW2_PORT_DATA, host);
    case QCOW2_ZERO:
        return uc_step_zero(run->length);
    case QCOW2_ZERO_KEPT:
        return uc_step_keep(uc_step_zero(run->length), QCOW2_PORT_DATA, host);
    case QCOW2_DATA:
        return uc_step_child(QCOW2_PORT_DATA, host, run->length);
    case QCOW2_COMPRESSED:
        return uc_step_self(UC_WHY_COMPRESSED, run->length);
    case QCOW2_BROKEN:
        break;
    }
    const UcStep broken = uc_step_self(UC_WHY_BROKEN, run->length);
    return run->first.fault == QCOW2_FAULT_UNREADABLE ? uc_step_unsure(broken) : broken;
}

static UcStep qcow2_map(const UcNode *node, uint64_t offset, uint64_t length)
{
    const Qcow2Run run = qcow2_lookup(node, offset, length, NULL);
    return run_to_step(&run, offset);
}

/* Reads up to `length` bytes, as many as one cluster or run has. Returns how many, 0: none. */
static size_t read_some(const UcNode *node, uint64_t offset, void *buffer, size_t length,
                        GError **error)
{
    const Qcow2 *qcow2 = node->state;
    const uint64_t cluster = qcow2_cluster_size(&qcow2->geometry);
    const Qcow2Run run = qcow2_lookup(node, offset, length, error);
    const size_t skip = offset & (cluster - 1);
    const bool compressed = run.first.mapping == QCOW2_COMPRESSED;
    const size_t part = MIN(length, compressed ? cluster - skip : run.length);
    const UcStep step = run_to_step(&run, offset);
    bool ok = false;
    if (compressed)
        ok = qcow2_compressed_read(node, run.first.host, skip, buffer, part, error);
    else if (run.first.mapping != QCOW2_BROKEN)
        ok = uc_node_follow(node, offset, &step, buffer, part, error);
    return ok ? part : 0;
}

static bool qcow2_read(const UcNode *node, uint64_t offset, void *buffer, size_t length,
                       GError **error)
{
    for (size_t done = 0, part; done < length; done += part) {
        part = read_some(node, offset + done, (uint8_t *)buffer + done, length - done, error);
        if (part == 0)
            return false;
    }
    return true;
}

static const UcPort qcow2_ports[] = {
    [QCOW2_PORT_FILE] = {"file", UC_ROLE_METADATA, UC_ARITY_ONE},
    [QCOW2_PORT_DATA] = {"data-file", UC_ROLE_DATA, UC_ARITY_OPTIONAL},
    [QCOW2_PORT_BACKING] = {"backing", UC_ROLE_BACKING, UC_ARITY_OPTIONAL},
    {NULL},
};

#define CACHING "the graph has one cache for all of its nodes"
#define WRITING "about writing"

static const char *const overlap_values[] = {"none", "constant", "cached", "all", NULL};

static const UcOption overlap_fields[] = {
    {.name = "template", .values = overlap_values, .help = WRITING},
    {.name = "main-header", .type = UC_OPTION_BOOL, .help = WRITING},
    {.name = "active-l1", .type = UC_OPTION_BOOL, .help = WRITING},
    {.name = "active-l2", .type = UC_OPTION_BOOL, .help = WRITING},
    {.name = "refcount-table", .type = UC_OPTION_BOOL, .help = WRITING},
    {.name = "refcount-block", .type = UC_OPTION_BOOL, .help = WRITING},
    {.name = "snapshot-table", .type = UC_OPTION_BOOL, .help = WRITING},
    {.name = "inactive-l1", .type = UC_OPTION_BOOL, .help = WRITING},
    {.name = "inactive-l2", .type = UC_OPTION_BOOL, .help = WRITING},
    {.name = "bitmap-directory", .type = UC_OPTION_BOOL, .help = WRITING},
    {0},
};

/* All but the first are QEMU's. */
static const UcOption qcow2_options[] = {
    {.name = "snapshot", .help = "the internal snapshot to show, by its id or name"},
    {.name = "lazy-refcounts", .type = UC_OPTION_BOOL, .help = WRITING},
    {.name = "pass-discard-request", .type = UC_OPTION_BOOL, .help = WRITING},
    {.name = "pass-discard-snapshot", .type = UC_OPTION_BOOL, .help = WRITING},
    {.name = "pass-discard-other", .type = UC_OPTION_BOOL, .help = WRITING},
    {.name = "discard-no-unref", .type = UC_OPTION_BOOL, .help = WRITING},
    {.name = "overlap-check", .values = overlap_values, .help = WRITING},
    {.name = "overlap-check", .type = UC_OPTION_GROUP, .fields = overlap_fields, .help = WRITING},
    {.name = "cache-size", .type = UC_OPTION_SIZE, .help = CACHING},
    {.name = "l2-cache-size", .type = UC_OPTION_SIZE, .help = CACHING},
    {.name = "l2-cache-entry-size", .type = UC_OPTION_SIZE, .help = CACHING},
    {.name = "refcount-cache-size", .type = UC_OPTION_SIZE, .help = WRITING},
    {.name = "cache-clean-interval", .type = UC_OPTION_NUMBER, .help = CACHING},
    {.name = "encrypt", .refused = "cannot be used: encrypted images are not read"},
    {0},
};

static const char *const qcow2_extensions[] = {"qcow2", "qcow", "qcow3", "qc2", NULL};

const UcDriver uc_driver_qcow2 = {
    .name = "qcow2",
    .ports = qcow2_ports,
    .options = qcow2_options,
    .extensions = qcow2_extensions,
    .state_size = sizeof(Qcow2),
    .probe = qcow2_probe,
    .open = qcow2_open,
    .close = qcow2_close,
    .map = qcow2_map,
    .read = qcow2_read,
    .describe = qcow2_describe,
};
