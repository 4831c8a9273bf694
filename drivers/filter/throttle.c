/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "core/node.h"

/*
 * Slows reads down to so many bytes or requests a second; status passes freely. Every read books
 * its time on one clock and waits until those before it have used theirs up.
 */
typedef struct Throttle {
    uint64_t bps;   /* bytes per second, 0: any */
    uint64_t iops;  /* requests per second, 0: any */
    GMutex lock;    /* guards free_at */
    gint64 free_at; /* monotonic microseconds: when the next read may begin */
} Throttle;

enum { THROTTLE_FILE };

static bool throttle_open(UcNode *node, const UcOptions *options, GError **error)
{
    Throttle *throttle = node->state;

    (void)error;
    g_mutex_init(&throttle->lock);
    throttle->bps = uc_options_number(options, "bps", 0);
    throttle->iops = uc_options_number(options, "iops", 0);
    node->size = uc_node_child(node, THROTTLE_FILE)->size;
    return true;
}

static void throttle_close(UcNode *node)
{
    g_mutex_clear(&((Throttle *)node->state)->lock);
}

static UcStep throttle_map(const UcNode *node, uint64_t offset, uint64_t length)
{
    (void)node;
    return uc_step_child(THROTTLE_FILE, offset, length);
}

/* Microseconds that a read of so many bytes takes at these rates. */
static gint64 cost(const Throttle *throttle, size_t length)
{
    double bytes = throttle->bps ? (double)length / throttle->bps : 0;
    double requests = throttle->iops ? 1.0 / throttle->iops : 0;

    return MAX(bytes, requests) * G_USEC_PER_SEC;
}

/* Books the time and says how long to wait before it begins. */
static gint64 book(Throttle *throttle, size_t length)
{
    g_autoptr(GMutexLocker) locker = g_mutex_locker_new(&throttle->lock);
    gint64 now = g_get_monotonic_time();
    gint64 begin = MAX(now, throttle->free_at);

    throttle->free_at = begin + cost(throttle, length);
    return begin - now;
}

static bool throttle_read(const UcNode *node, uint64_t offset, void *buffer, size_t length,
                          GError **error)
{
    gint64 wait = book(node->state, length);

    if (wait > 0)
        g_usleep(wait);
    return uc_node_read(uc_node_child(node, THROTTLE_FILE), offset, buffer, length, error);
}

static void throttle_describe(const UcNode *node, GVariantBuilder *facts)
{
    const Throttle *throttle = node->state;

    if (throttle->bps)
        g_variant_builder_add(facts, "{sv}", "bps", g_variant_new_uint64(throttle->bps));
    if (throttle->iops)
        g_variant_builder_add(facts, "{sv}", "iops", g_variant_new_uint64(throttle->iops));
}

static const UcPort throttle_ports[] = {
    [THROTTLE_FILE] = {.name = "file", .role = UC_ROLE_FILTERED},
    {0},
};

static const UcOption throttle_options[] = {
    {.name = "bps", .type = UC_OPTION_SIZE, .help = "bytes per second; 0: any"},
    {.name = "iops", .type = UC_OPTION_NUMBER, .help = "reads per second; 0: any"},
    {.name = "throttle-group", .help = "an object of QEMU's, with limits that are not known here"},
    {0},
};

const UcDriver uc_driver_throttle = {
    .name = "throttle",
    .ports = throttle_ports,
    .options = throttle_options,
    .state_size = sizeof(Throttle),
    .reads_stop = true,
    .open = throttle_open,
    .close = throttle_close,
    .map = throttle_map,
    .read = throttle_read,
    .describe = throttle_describe,
};
