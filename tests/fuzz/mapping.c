/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "drivers/format/qcow2/compressed.h"
#include "drivers/format/qcow2/lookup.h"
#include "drivers/format/qcow2/ondisk.h"
#include "drivers/format/qcow2/qcow2.h"
#include "tests/fuzz/input.h"
#include "tests/fuzz/memory.h"
#include "tests/fuzz/promise.h"
#include "tests/fuzz/stage.h"

#include <string.h>

/*
 * L1 and L2 tables, without a header: four bytes say what kind of image it is, the rest are the
 * beginnings of its clusters, 64 bytes each. The L1 table is in the first one. The disk is walked
 * run by run, and each run is compared with what a judge says of its bytes one by one, who knows
 * the specification and nothing of pages, runs and caches.
 *
 *     byte 0   cluster_bits - 9, modulo 13
 *     byte 1   flags, see below
 *     byte 2   entries of the L1 table, less one
 *     byte 3   where the walk begins, in parts of 1/256 of the disk
 */
enum {
    SUBCLUSTERS = 1, /* if clusters are large enough */
    VERSION_2 = 2,
    EXTERNAL_DATA = 4,
    TRUNCATED_ZERO = 8,
    ODD_SIZE = 16, /* the disk ends inside a cluster */
};

#define PIECE 64
#define MOST_RUNS 24
#define JUDGED 4 /* cells at the beginning of each run */

static MemoryFile file = {.name = "test.qcow2", .piece = PIECE};

/* ---- the judge ---- */

/* Whether so many bytes of a table are there; what is lost is zeroes if that is wanted. */
static bool judge_read(const UcNode *node, uint64_t offset, uint8_t *bytes, size_t length)
{
    const uint64_t there = offset < file.size ? MIN(length, file.size - offset) : 0;
    memset(bytes, 0, length);
    memory_read(&file, offset, bytes, there);
    return there == length || node->graph->gate.truncated == UC_TRUNCATED_ZERO;
}

static Qcow2Cell judge_subcluster(uint64_t bitmap, unsigned index, uint64_t host, bool has_place)
{
    const bool allocated = bitmap >> index & 1, zero = bitmap >> 32 >> index & 1;
    if ((bitmap & bitmap >> 32 & UINT32_MAX) || ((uint32_t)bitmap && !has_place))
        return (Qcow2Cell){.mapping = QCOW2_BROKEN};
    if (allocated)
        return (Qcow2Cell){.mapping = QCOW2_DATA, .host = host};
    if (has_place)
        return (Qcow2Cell){.mapping = zero ? QCOW2_ZERO_KEPT : QCOW2_UNALLOCATED_KEPT,
                           .host = host};
    return (Qcow2Cell){.mapping = zero ? QCOW2_ZERO : QCOW2_UNALLOCATED};
}

static Qcow2Cell judge_cluster(bool zero, uint64_t host, bool has_place)
{
    if (!has_place)
        return (Qcow2Cell){.mapping = zero ? QCOW2_ZERO : QCOW2_UNALLOCATED};
    return (Qcow2Cell){.mapping = zero ? QCOW2_ZERO_KEPT : QCOW2_DATA, .host = host};
}

/* Whether the place of a cluster is one where a cluster can be. */
static bool judge_place(const UcNode *node, const Qcow2Cell *cell, uint64_t place, uint64_t cluster)
{
    const Qcow2Geometry *geometry = &((const Qcow2 *)node->state)->geometry;
    if (place % qcow2_cluster_size(geometry) != 0)
        return false;
    if (geometry->external_data)
        return place == cluster;
    return cell->mapping != QCOW2_DATA || place < file.size ||
           node->graph->gate.truncated == UC_TRUNCATED_ZERO;
}

static Qcow2Cell judge_entry(const UcNode *node, const uint8_t *bytes, uint64_t offset)
{
    const Qcow2Geometry *geometry = &((const Qcow2 *)node->state)->geometry;
    const uint64_t entry = qcow2_u64(bytes), inside = offset % qcow2_cluster_size(geometry);
    const uint64_t place = entry & QCOW2_ENTRY_OFFSET;
    const bool subclusters = qcow2_has_subclusters(geometry);
    const bool zero = !subclusters && entry & 1, external = geometry->external_data;
    const Qcow2Cell broken = {.mapping = QCOW2_BROKEN};
    if (entry >> 62 & 1)
        return external ? broken
                        : (Qcow2Cell){.mapping = QCOW2_COMPRESSED, .host = entry << 2 >> 2};
    if (zero && !geometry->zero_flag)
        return broken;
    const bool has_place = place > 0 || (external && entry >> 63 && (offset == inside || !zero));
    const Qcow2Cell cell =
        subclusters ? judge_subcluster(qcow2_u64(bytes + 8), inside >> geometry->cell_bits & 31,
                                       place + inside, has_place)
                    : judge_cluster(zero, place + inside, has_place);
    return has_place && !judge_place(node, &cell, place, offset - inside) ? broken : cell;
}

/* What is said of the byte at `offset` of the disk. */
static Qcow2Cell judge(const UcNode *node, uint64_t offset)
{
    const Qcow2Geometry *geometry = &((const Qcow2 *)node->state)->geometry;
    const uint64_t l1_index = offset >> qcow2_l1_bits(geometry);
    const uint64_t l2_index = offset >> geometry->cluster_bits & ((1ull << geometry->l2_bits) - 1);
    const size_t width = qcow2_has_subclusters(geometry) ? 16 : 8;
    uint8_t bytes[16];
    if (!judge_read(node, l1_index * 8, bytes, 8))
        return (Qcow2Cell){.mapping = QCOW2_BROKEN};
    const uint64_t table = qcow2_u64(bytes) & QCOW2_ENTRY_OFFSET;
    if (table == 0)
        return (Qcow2Cell){.mapping = QCOW2_UNALLOCATED};
    if (table % qcow2_cluster_size(geometry) != 0 ||
        !judge_read(node, table + l2_index * width, bytes, width))
        return (Qcow2Cell){.mapping = QCOW2_BROKEN};
    return judge_entry(node, bytes, offset);
}

/* ---- the walk ---- */

static bool has_place(Qcow2Mapping mapping)
{
    return mapping == QCOW2_DATA || mapping == QCOW2_ZERO_KEPT || mapping == QCOW2_UNALLOCATED_KEPT;
}

/* The byte at `distance` from the start of the run is as the run says. */
static void check_byte(const UcNode *node, uint64_t offset, const Qcow2Run *run, uint64_t distance)
{
    const Qcow2Cell said = run->first, judged = judge(node, offset + distance);
    promise(said.mapping == judged.mapping);
    promise(!has_place(said.mapping) || said.host + distance == judged.host);
    promise(said.mapping != QCOW2_COMPRESSED || distance > 0 || said.host == judged.host);
}

static void check_compressed(const UcNode *node, const Qcow2Cell *cell)
{
    const Qcow2Geometry *geometry = &((const Qcow2 *)node->state)->geometry;
    const Qcow2Compressed place = qcow2_compressed_place(geometry, cell->host);
    promise(place.length > 0 && place.length <= 2 * qcow2_cluster_size(geometry) + 512);
    promise((place.offset + place.length) % 512 == 0);
    promise(place.offset <= UINT64_MAX - place.length);
}

static void check_run(const UcNode *node, uint64_t offset, const Qcow2Run *run)
{
    const uint64_t cell = 1ull << ((const Qcow2 *)node->state)->geometry.cell_bits;
    const uint64_t length = MIN(run->length, node->size - offset);
    check_byte(node, offset, run, 0);
    uint64_t distance = cell - offset % cell;
    for (unsigned i = 0; i < JUDGED && distance < length; i++, distance += cell)
        check_byte(node, offset, run, distance);
    check_byte(node, offset, run, length - 1);
    check_byte(node, offset, run, length / 2);
    if (run->first.mapping == QCOW2_COMPRESSED)
        check_compressed(node, &run->first);
}

/* The same answer through the driver: a step that keeps the contract, or GLib complains. */
static void check_step(const UcNode *node, uint64_t offset, const Qcow2Run *run)
{
    const UcStep step = uc_node_map(node, offset, node->size - offset);
    promise(step.length == MIN(run->length, node->size - offset));
    promise((step.kind == UC_STEP_SELF) ==
            (run->first.mapping == QCOW2_BROKEN || run->first.mapping == QCOW2_COMPRESSED));
}

static void walk(const UcNode *node, uint64_t offset)
{
    for (unsigned i = 0; i < MOST_RUNS && offset < node->size; i++) {
        g_autoptr(GError) error = NULL;
        const Qcow2Run run = qcow2_lookup(node, offset, node->size - offset, &error);
        promise_outcome(run.first.mapping != QCOW2_BROKEN, error);
        promise(run.length > 0);
        check_run(node, offset, &run);
        if (i % 8 == 0)
            check_step(node, offset, &run);
        offset += MIN(run.length, node->size - offset);
    }
}

/* ---- the image ---- */

static Qcow2Header make_header(Input *input)
{
    Qcow2Header header = {.cluster_bits = QCOW2_MIN_CLUSTER_BITS + input_number(input, 1) % 13};
    const unsigned flags = (unsigned)input_number(input, 1);
    header.version = flags & VERSION_2 ? 2 : 3;
    if (flags & SUBCLUSTERS && header.cluster_bits >= QCOW2_MIN_SUBCLUSTER_CLUSTER_BITS)
        header.incompatible |= QCOW2_INCOMPATIBLE_EXTENDED_L2;
    if (flags & EXTERNAL_DATA)
        header.incompatible |= QCOW2_INCOMPATIBLE_DATA_FILE;
    stage_graph(memory_drivers)->gate.truncated =
        flags & TRUNCATED_ZERO ? UC_TRUNCATED_ZERO : UC_TRUNCATED_ERROR;
    header.disk.l1_entries = (uint32_t)input_number(input, 1) + 1;
    header.disk.size = (uint64_t)header.disk.l1_entries << (2 * header.cluster_bits - 3);
    if (qcow2_header_has_subclusters(&header))
        header.disk.size /= 2;
    if (flags & ODD_SIZE)
        header.disk.size -= 700;
    return header;
}

/* The file ends where the last piece does. */
static void use_file(const Qcow2Header *header, Input pieces)
{
    const uint64_t whole = pieces.left / PIECE, rest = pieces.left % PIECE;
    file.bytes = pieces.next;
    file.held = pieces.left;
    file.spread = header->cluster_bits;
    file.size = (whole << header->cluster_bits) + rest;
}

static Qcow2 make_state(const Qcow2Header *header)
{
    Qcow2 state = {.header = *header, .geometry = qcow2_geometry(header)};
    const bool bounded = !state.geometry.external_data &&
                         stage_graph(memory_drivers)->gate.truncated == UC_TRUNCATED_ERROR;
    state.geometry.data_end = bounded ? file.size : UINT64_MAX;
    state.l1 = (Qcow2Table){"L1 table", 0, header->disk.l1_entries, 3};
    return state;
}

static UcNode *file_node(UcGraph *graph)
{
    static UcNode *node;
    if (!node) {
        memory_use(&file, 1);
        node = stage_open_file(graph, "test.qcow2");
    }
    node->size = file.size;
    return node;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    extern const UcDriver uc_driver_qcow2;
    const UcPort *ports = uc_driver_qcow2.ports;
    Input input = {data, size};
    UcGraph *graph = stage_graph(memory_drivers);
    const Qcow2Header header = make_header(&input);
    const uint64_t start = header.disk.size / 256 * input_number(&input, 1);
    use_file(&header, input);
    Qcow2 state = make_state(&header);
    UcNode *child = file_node(graph);
    UcEdge edges[] = {{&ports[QCOW2_PORT_FILE], child},
                      {&ports[QCOW2_PORT_DATA], child},
                      {&ports[QCOW2_PORT_BACKING], NULL}};
    UcNode node = {.driver = &uc_driver_qcow2,
                   .graph = graph,
                   .name = (char *)"test.qcow2",
                   .size = header.disk.size,
                   .state = &state,
                   .edges = edges,
                   .n_edges = G_N_ELEMENTS(edges)};
    walk(&node, start);
    stage_forget(graph);
    return 0;
}
