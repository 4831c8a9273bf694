/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "core/node.h"

#include <string.h>

/*
 * A device of a given size that stores nothing. With read-zeroes it says so; without, its content
 * is not defined, and it must never be taken for a hole.
 */
typedef struct Null {
    bool read_zeroes;
    uint64_t latency; /* microseconds that every read takes */
} Null;

static bool null_open(UcNode *node, const UcOptions *options, GError **error)
{
    Null *null = node->state;

    (void)error;
    node->size = uc_options_number(options, "size", UINT64_C(1) << 30);
    null->read_zeroes = uc_options_bool(options, "read-zeroes", false);
    null->latency = uc_options_number(options, "latency-ns", 0) / 1000;
    return true;
}

static UcStep null_map(const UcNode *node, uint64_t offset, uint64_t length)
{
    const Null *null = node->state;

    (void)offset;
    return null->read_zeroes ? uc_step_zero(length) : uc_step_undefined(length);
}

/* Undefined does not mean what happened to be in memory. */
static bool null_read(const UcNode *node, uint64_t offset, void *buffer, size_t length,
                      GError **error)
{
    const Null *null = node->state;

    (void)offset, (void)error;
    if (null->latency > 0)
        g_usleep(null->latency);
    memset(buffer, 0, length);
    return true;
}

static const UcOption null_options[] = {
    {.name = "size", .type = UC_OPTION_SIZE, .help = "bytes; 1 GiB if not given"},
    {.name = "read-zeroes", .type = UC_OPTION_BOOL, .help = "whether its content is zeroes"},
    {.name = "latency-ns", .type = UC_OPTION_NUMBER, .help = "nanoseconds that a read takes"},
    {0},
};

#define NULL_DRIVER(driver_name)                                                                   \
    {                                                                                              \
        .name = driver_name, .options = null_options, .state_size = sizeof(Null),                  \
        .open = null_open, .map = null_map, .read = null_read                                      \
    }

/* In QEMU they differ in how requests wait. */
const UcDriver uc_driver_null_co = NULL_DRIVER("null-co");
const UcDriver uc_driver_null_aio = NULL_DRIVER("null-aio");
