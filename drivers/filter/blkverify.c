/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "core/node.h"

/*
 * Shows `test`, and compares every byte that is read with the same byte of `raw`: a conversion,
 * or another reader's idea of the same disk. Status is what `test` says; what is found to be a
 * hole is not read, so whoever wants holes verified as well reads everything.
 */
enum { BLKVERIFY_TEST, BLKVERIFY_RAW };

static bool blkverify_open(UcNode *node, const UcOptions *options, GError **error)
{
    const UcNode *test = uc_node_child(node, BLKVERIFY_TEST);
    const UcNode *raw = uc_node_child(node, BLKVERIFY_RAW);

    (void)options;
    if (test->size != raw->size)
        return uc_error_set(error, UC_ERROR_FAILED,
                            "%s (test) has %" G_GUINT64_FORMAT
                            " bytes, %s (raw) has %" G_GUINT64_FORMAT,
                            test->name, test->size, raw->name, raw->size);
    node->size = test->size;
    return true;
}

static UcStep blkverify_map(const UcNode *node, uint64_t offset, uint64_t length)
{
    (void)node;
    return uc_step_child(BLKVERIFY_TEST, offset, length);
}

static bool compare(const UcNode *node, uint64_t offset, const uint8_t *test, const uint8_t *raw,
                    size_t length, GError **error)
{
    size_t i = 0;

    while (i < length && test[i] == raw[i])
        i++;
    return i == length ||
           uc_error_set(error, UC_ERROR_FAILED,
                        "the byte at %" G_GUINT64_FORMAT
                        " is 0x%02x in %s (test) and 0x%02x in %s (raw)",
                        offset + i, test[i], uc_node_child(node, BLKVERIFY_TEST)->name, raw[i],
                        uc_node_child(node, BLKVERIFY_RAW)->name);
}

static bool blkverify_read(const UcNode *node, uint64_t offset, void *buffer, size_t length,
                           GError **error)
{
    g_autofree uint8_t *raw = g_try_malloc(length);

    if (!raw)
        return uc_error_set(error, UC_ERROR_MEMORY, "not enough memory to compare %zu bytes",
                            length);
    return uc_node_read(uc_node_child(node, BLKVERIFY_TEST), offset, buffer, length, error) &&
           uc_node_read(uc_node_child(node, BLKVERIFY_RAW), offset, raw, length, error) &&
           compare(node, offset, buffer, raw, length, error);
}

static const UcPort blkverify_ports[] = {
    [BLKVERIFY_TEST] = {.name = "test", .role = UC_ROLE_FILTERED},
    [BLKVERIFY_RAW] = {.name = "raw", .role = UC_ROLE_WITNESS},
    {0},
};

const UcDriver uc_driver_blkverify = {
    .name = "blkverify",
    .ports = blkverify_ports,
    .reads_stop = true,
    .open = blkverify_open,
    .map = blkverify_map,
    .read = blkverify_read,
};
