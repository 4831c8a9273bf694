/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "core/implied.h"
#include "drivers/format/qcow2/ondisk.h"
#include "drivers/format/qcow2/qcow2.h"
#include "tests/fuzz/input.h"
#include "tests/fuzz/memory.h"
#include "tests/fuzz/promise.h"
#include "tests/fuzz/stage.h"

#include <string.h>

/*
 * The header of a qcow2 image, its extensions, its snapshots: opened by the driver alone, without
 * the engine around it, and described. The first byte of the input says how, all others are the
 * file.
 *
 *     1    the file is far longer than the input
 *     2    a data file is given
 *     4    truncated images read as zeroes
 *     24   the snapshot that is asked for: none, or one of three
 */
enum { LONG = 1, DATA_FILE = 2, TRUNCATED_ZERO = 4, SNAPSHOT_SHIFT = 3 };

#define LONG_SIZE (1ull << 31)

/* Filled so that a table of snapshots ends where the input does, or reading it would take long. */
static MemoryFile file = {.name = "test.qcow2", .fill = 0xff};

static UcNode *file_node(UcGraph *graph)
{
    static UcNode *node;
    if (!node) {
        memory_use(&file, 1);
        node = stage_open_file(graph, "test.qcow2");
    }
    return node;
}

static UcOptions *make_options(unsigned how)
{
    static const UcOption option = {.name = "snapshot"};
    static const char *const snapshots[] = {NULL, "1", "shared", ""};
    const char *snapshot = snapshots[how >> SNAPSHOT_SHIFT & 3];
    UcOptions *options = uc_options_new();
    if (snapshot) {
        g_autoptr(GVariant) value = g_variant_ref_sink(g_variant_new_string(snapshot));
        uc_options_set(options, &option, value, NULL);
    }
    return options;
}

static void check_disk(const UcNode *node)
{
    const Qcow2 *qcow2 = node->state;
    const uint64_t l1_bytes = qcow2->l1.entries * QCOW2_L1_ENTRY_SIZE;
    const uint64_t shown = qcow2->l1.entries << qcow2_l1_bits(&qcow2->geometry);
    promise(node->size <= QCOW2_MAX_SIZE);
    promise(qcow2->l1.entries <= QCOW2_MAX_L1_ENTRIES);
    promise(qcow2->l1.entries == 0 || (qcow2->l1.offset > 0 && qcow2->l1.offset <= file.size &&
                                       l1_bytes <= file.size - qcow2->l1.offset));
    promise(qcow2->l1.offset % qcow2_cluster_size(&qcow2->geometry) == 0 || l1_bytes == 0);
    promise(node->size <= shown);
    promise(node->grain == qcow2_cluster_size(&qcow2->geometry));
}

/* What was opened is an image that the specification and QEMU's limits allow. */
static void check_header(const UcNode *node, Input bytes)
{
    const Qcow2Header *header = &((const Qcow2 *)node->state)->header;
    promise(bytes.left >= QCOW2_V2_HEADER_LENGTH || file.size > bytes.left);
    promise(header->version == 2 || header->version == 3);
    promise(header->cluster_bits >= QCOW2_MIN_CLUSTER_BITS &&
            header->cluster_bits <= QCOW2_MAX_CLUSTER_BITS);
    promise(header->length <= 1u << header->cluster_bits);
    promise((header->incompatible & ~QCOW2_INCOMPATIBLE_KNOWN) == 0);
    promise(header->crypt_method == 0);
    promise(header->compression <= QCOW2_COMPRESSION_ZSTD);
    promise(!qcow2_header_has_subclusters(header) || header->cluster_bits >= 14);
    promise(header->version == 3 || header->incompatible == 0);
}

static void check_implied(const UcNode *node, const UcImplied *implied)
{
    g_autoptr(GError) error = NULL;
    promise(implied->port < node->n_edges);
    if (implied->kind == UC_IMPLIED_SHARE)
        return;
    g_autoptr(UcSpec) spec = uc_implied_spec(implied, node, &error);
    promise_outcome(spec, error);
}

static void check_facts(const UcNode *node)
{
    GVariantBuilder builder;
    g_variant_builder_init(&builder, G_VARIANT_TYPE_VARDICT);
    node->driver->describe(node, &builder);
    g_autoptr(GVariant) facts = g_variant_ref_sink(g_variant_builder_end(&builder));
    GVariantIter iter;
    const char *key;
    GVariant *value;
    g_variant_iter_init(&iter, facts);
    while (g_variant_iter_loop(&iter, "{&sv}", &key, &value))
        if (g_variant_is_of_type(value, G_VARIANT_TYPE_STRING))
            promise_text(g_variant_get_string(value, NULL));
}

static void check_opened(const UcNode *node, Input bytes)
{
    check_header(node, bytes);
    check_disk(node);
    if (file.size != LONG_SIZE) /* names of 64 KiB take long */
        check_facts(node);
    for (guint i = 0; node->implied && i < node->implied->len; i++)
        check_implied(node, g_ptr_array_index(node->implied, i));
    for (guint i = 0; i < node->graph->warnings->len; i++)
        promise_text(g_ptr_array_index(node->graph->warnings, i));
}

static void use_file(UcNode *node, unsigned how, Input bytes)
{
    file.bytes = bytes.next;
    file.held = bytes.left;
    file.size = how & LONG ? LONG_SIZE : bytes.left;
    node->size = file.size;
}

static void open_image(UcGraph *graph, UcNode *child, unsigned how, Input bytes)
{
    extern const UcDriver uc_driver_qcow2;
    const UcPort *ports = uc_driver_qcow2.ports;
    Qcow2 state = {0};
    UcEdge edges[] = {{&ports[QCOW2_PORT_FILE], child},
                      {&ports[QCOW2_PORT_DATA], how & DATA_FILE ? child : NULL},
                      {&ports[QCOW2_PORT_BACKING], NULL}};
    UcNode node = {.driver = &uc_driver_qcow2,
                   .graph = graph,
                   .name = (char *)"test.qcow2",
                   .state = &state,
                   .edges = edges,
                   .n_edges = G_N_ELEMENTS(edges)};
    g_autoptr(UcOptions) options = make_options(how);
    g_autoptr(GError) error = NULL;
    const bool opened = node.driver->open(&node, options, &error);
    promise_outcome(opened, error);
    if (opened)
        check_opened(&node, bytes);
    node.driver->close(&node);
    g_clear_pointer(&node.implied, g_ptr_array_unref);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    Input bytes = {data, size};
    UcGraph *graph = stage_graph(memory_drivers);
    UcNode *child = file_node(graph);
    const unsigned how = (unsigned)input_number(&bytes, 1);
    use_file(child, how, bytes);
    graph->gate.truncated = how & TRUNCATED_ZERO ? UC_TRUNCATED_ZERO : UC_TRUNCATED_ERROR;
    open_image(graph, child, how, bytes);
    g_ptr_array_set_size(graph->warnings, 0);
    return 0;
}
