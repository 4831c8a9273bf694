/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What the library alone costs, without FUSE: nanoseconds of CPU time for one call, with the index
 * of resolved extents and without it.
 *
 *     micro IMAGE...
 *
 *     path    uc_path_find() at a random place: a walk through the layers, never indexed
 *     extent  the extent iterator, asked for the 4 KiB at a random place
 *     read    uc_node_read() of 4 KiB at a random place
 *     map     the extents of the whole disk, in order; nanoseconds for each extent
 *     first   the same in a graph that was just opened: nothing is known yet
 *
 * A call is repeated for a fifth of a second. The index has met 64 Ki places before its calls are
 * timed.
 */
#include "core/extent.h"
#include "core/graph.h"
#include "drivers/drivers.h"

#include <stdio.h>
#include <time.h>

#define ENOUGH (G_USEC_PER_SEC / 5)
#define LONGEST G_USEC_PER_SEC /* for listing a disk, if it cannot be listed at once */
#define WARM_CALLS (64 << 10)
#define PIECE 4096

/* Of this process, in microseconds: what else the machine does does not count. */
static gint64 cpu_time(void)
{
    struct timespec time;

    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &time);
    return time.tv_sec * G_USEC_PER_SEC + time.tv_nsec / 1000;
}

typedef struct Rate {
    uint64_t calls;
    gint64 microseconds;
} Rate;

static double nanoseconds(Rate rate)
{
    return rate.calls != 0 ? 1e3 * rate.microseconds / rate.calls : 0;
}

/* ---- calls at random places ---- */

typedef void (*Call)(const UcNode *node, uint64_t offset);

static void call_path(const UcNode *node, uint64_t offset)
{
    const UcQuestion question = {.reach = UC_REACH_READ};
    uc_path_find(node, offset, PIECE, &question);
}

static void call_extent(const UcNode *node, uint64_t offset)
{
    UcExtents extents;
    UcPath extent;

    uc_extents_init(&extents, node, offset, PIECE, UC_REACH_READ);
    while (uc_extents_next(&extents, &extent))
        continue;
}

static void call_read(const UcNode *node, uint64_t offset)
{
    static char buffer[PIECE];
    g_autoptr(GError) error = NULL;

    if (!uc_node_read(node, offset, buffer, PIECE, &error))
        g_printerr("micro: %s\n", error->message);
}

static uint64_t random_place(const UcNode *node, GRand *random)
{
    uint64_t number = (uint64_t)g_rand_int(random) << 32 | g_rand_int(random);
    return number % (node->size / PIECE) * PIECE;
}

/* Until `calls` are made and `microseconds` have passed. */
static Rate repeat(const UcNode *node, Call call, uint64_t calls, gint64 microseconds)
{
    g_autoptr(GRand) random = g_rand_new_with_seed(1);
    const gint64 start = cpu_time();
    Rate rate = {0};

    do {
        for (int i = 0; i < 16; i++)
            call(node, random_place(node, random));
        rate.calls += 16;
        rate.microseconds = cpu_time() - start;
    } while (rate.calls < calls || rate.microseconds < microseconds);
    return rate;
}

/* ---- whole disks ---- */

static Rate measure_map(const UcNode *node)
{
    const gint64 start = cpu_time();
    Rate rate = {0};
    UcExtents extents;
    UcPath extent;

    uc_extents_init(&extents, node, 0, node->size, UC_REACH_STATUS);
    while (rate.microseconds < LONGEST && uc_extents_next(&extents, &extent)) {
        rate.calls++;
        rate.microseconds = cpu_time() - start;
    }
    return rate;
}

/* ---- one image ---- */

enum { FIRST, MAP, PATH, EXTENT, READ, N_MEASURES };

static const char *const names[N_MEASURES] = {"first", "map", "path", "extent", "read"};

static bool measure_image(const char *path, bool indexed, double *results)
{
    g_autoptr(GError) error = NULL;
    g_autoptr(UcGraph) graph = uc_graph_new(uc_drivers, NULL);
    g_autoptr(UcSpec) spec = uc_spec_for_image(path, "qcow2");
    const UcNode *node = uc_graph_open(graph, spec, &error);

    if (node == NULL) {
        g_printerr("micro: %s\n", error->message);
        return false;
    }
    uc_graph_seal(graph);
    if (!indexed)
        g_clear_pointer(&graph->index, uc_cache_free);
    results[FIRST] = nanoseconds(measure_map(node));
    results[MAP] = nanoseconds(measure_map(node));
    results[PATH] = nanoseconds(repeat(node, call_path, 0, ENOUGH));
    if (indexed)
        repeat(node, call_extent, WARM_CALLS, 0);
    results[EXTENT] = nanoseconds(repeat(node, call_extent, 0, ENOUGH));
    results[READ] = nanoseconds(repeat(node, call_read, 0, ENOUGH));
    return true;
}

int main(int argc, char **argv)
{
    for (int i = 1; i < argc; i++) {
        double with[N_MEASURES], without[N_MEASURES];
        if (!measure_image(argv[i], true, with) || !measure_image(argv[i], false, without))
            return 1;
        for (int k = 0; k < N_MEASURES; k++)
            printf("%-40s %-6s %12.0f %12.0f ns without the index\n", argv[i], names[k], with[k],
                   without[k]);
    }
    return 0;
}
