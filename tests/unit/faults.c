/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "core/graph.h"
#include "core/helpers.h"
#include "core/seek.h"
#include "drivers/drivers.h"
#include "drivers/filter/manifest.h"
#include "tests/unit/calls.h"
#include "tests/unit/image.h"

#include <CUnit/Basic.h>
#include <glib/gstdio.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/*
 * What goes wrong below (tests/unit/calls.h) is an error of the reads that need it, and of no
 * others; it is never a wrong byte, nor a hole where there is data; and when it is over, everything
 * is as if it had never been.
 *
 * Each scenario is done once for every call that may fail, with only this one failing, and with it
 * and all that follow; and once for every page of its files, with only that page bad.
 */
typedef struct Scenario {
    const char *name;
    void (*build)(void);
    const char *source;   /* a description, with ' for " */
    guint step;           /* how much is read at a time */
    const char *files[4]; /* that are read after opening */
} Scenario;

/* What a scenario shows when all goes well. */
typedef struct Truth {
    uint8_t *bytes;
    uint64_t size;
    char *walk;
} Truth;

#define LONGEST_STEP (64u << 10)
#define BAD_PAGE 4096

static guint stride = 1; /* UC_FAULTS=N: only every Nth call and page */
static const Scenario *scenario;
static Truth truth;

/* ---- images ---- */

static void fill_pattern(uint8_t *bytes, uint64_t length, unsigned seed)
{
    for (uint64_t i = 0; i < length; i++)
        bytes[i] = (uint8_t)(1 + (seed * 37 + i / 16) % 255);
}

/* A layer is a letter for each cluster, over and over: data, zeroes, zeroes with room kept,
 * compressed by zlib or zstd, or nothing. */
typedef struct Layer {
    const char *letters;
    unsigned clusters;
    unsigned bits;           /* of a cluster's size */
    unsigned seed;           /* of what stands in it ... */
    const uint8_t *contents; /* ... unless this does */
} Layer;

/* Puts a cluster to `*next`, which moves on, and returns its L2 entry. */
static uint64_t put_cluster(UnitImage *image, const Layer *layer, char letter,
                            const uint8_t *contents, uint64_t *next)
{
    const uint64_t at = *next, size = 1ull << layer->bits;
    uint64_t entry = QCOW2_ENTRY_COPIED | at;
    if (letter == '.' || letter == 'z')
        return letter == 'z' ? QCOW2_ENTRY_ZERO : 0;
    if (letter == 'c' || letter == 'C')
        entry = image_put_packed(image, at, layer->bits, letter == 'C', contents);
    else
        image_put_bytes(image, at, contents, size);
    *next = (image->bytes->len + size - 1) / size * size;
    return letter == 'k' ? entry | QCOW2_ENTRY_ZERO : entry;
}

static void put_clusters(UnitImage *image, const Layer *layer, uint64_t next)
{
    const uint64_t size = 1ull << layer->bits, n = strlen(layer->letters);
    g_autofree uint8_t *pattern = g_malloc(size);
    for (unsigned i = 0; i < layer->clusters; i++) {
        const uint8_t *contents = layer->contents ? layer->contents + i * size : pattern;
        fill_pattern(pattern, size, layer->seed + i);
        image_put(image, 2 * size + 8ull * i, 8,
                  put_cluster(image, layer, layer->letters[i % n], contents, &next));
    }
    image_put(image, next - 1, 1, image->bytes->len < next ? 0 : image->bytes->data[next - 1]);
}

static UnitImage make_layer(const Layer *layer)
{
    const uint64_t size = 1ull << layer->bits;
    const unsigned tables = (unsigned)((layer->clusters + size / 8 - 1) / (size / 8));
    UnitImage image = image_new(layer->clusters * size);
    image_put(&image, QCOW2_AT_CLUSTER_BITS, 4, layer->bits);
    image_put(&image, QCOW2_AT_L1_ENTRIES, 4, tables);
    image_put(&image, QCOW2_AT_L1_OFFSET, 8, size);
    if (strchr(layer->letters, 'C')) {
        image_put(&image, QCOW2_AT_INCOMPATIBLE, 8, QCOW2_INCOMPATIBLE_COMPRESSION);
        image_put(&image, QCOW2_AT_COMPRESSION, 1, QCOW2_COMPRESSION_ZSTD);
    }
    for (unsigned i = 0; i < tables; i++)
        image_put(&image, size + 8 * i, 8, QCOW2_ENTRY_COPIED | (2 + i) * size);
    put_clusters(&image, layer, (2 + tables) * size);
    return image;
}

static void build_layer(const char *name, Layer layer)
{
    g_auto(UnitImage) image = make_layer(&layer);
    image_write(&image, name);
}

/* Data, a hole, data, a hole. */
static void build_raw(const char *name)
{
    uint8_t bytes[16384];
    FILE *file = fopen(name, "w");
    for (unsigned i = 0; i < 4; i += 2) {
        fill_pattern(bytes, sizeof bytes, 7 + i);
        fseek(file, (long)(i * sizeof bytes), SEEK_SET);
        fwrite(bytes, sizeof bytes, 1, file);
    }
    fclose(file);
    if (truncate(name, 4 * sizeof bytes) != 0)
        g_error("cannot write %s", name);
}

static void build_plain(void)
{
    build_layer("a.qcow2", (Layer){"ddzk.d", 16, 12, 1, NULL});
}

static void build_only_raw(void)
{
    build_raw("base.raw");
}

static void build_chain(void)
{
    build_layer("a.qcow2", (Layer){"d.z...", 16, 12, 1, NULL});
    build_layer("b.qcow2", (Layer){"...d.k..", 16, 12, 2, NULL});
    build_raw("base.raw");
}

static void build_two_tables(void)
{
    build_layer("a.qcow2", (Layer){"d......k.......................z", 560, 12, 1, NULL});
}

static void build_zlib(void)
{
    build_layer("a.qcow2", (Layer){"ccd.czc", 16, 12, 1, NULL});
}

static void build_zstd(void)
{
    build_layer("a.qcow2", (Layer){"CCd.CzC", 16, 12, 1, NULL});
}

/* So much of it that several threads take part, and read ahead. */
static void build_much_to_unpack(void)
{
    build_layer("a.qcow2", (Layer){"c", 14, 16, 1, NULL});
}

static void build_subclusters(void)
{
    const uint64_t size = 16384;
    uint8_t bytes[16384];
    g_auto(UnitImage) image = make_layer(&(Layer){".", 4, 14, 1, NULL});
    image_put(&image, QCOW2_AT_INCOMPATIBLE, 8, QCOW2_INCOMPATIBLE_EXTENDED_L2);
    for (unsigned i = 0; i < 4; i++) {
        fill_pattern(bytes, sizeof bytes, i);
        image_put_bytes(&image, (4 + i) * size, bytes, size);
        image_put(&image, 2 * size + 16 * i, 8, QCOW2_ENTRY_COPIED | (4 + i) * size);
        image_put(&image, 2 * size + 16 * i + 8, 8, 0x00f00000ff00ffffull << i);
    }
    image_write(&image, "a.qcow2");
}

static void build_data_file(void)
{
    g_auto(UnitImage) image = make_layer(&(Layer){".", 16, 12, 1, NULL});
    build_raw("data.raw");
    image_put(&image, QCOW2_AT_INCOMPATIBLE, 8, QCOW2_INCOMPATIBLE_DATA_FILE);
    for (unsigned i = 0; i < 16; i++)
        image_put(&image, IMAGE_L2 + 8 * i, 8, QCOW2_ENTRY_COPIED | i * K4);
    image_write(&image, "a.qcow2");
}

/* The snapshot has tables of its own, behind everything else, and shares the first cluster. */
static void build_snapshot(void)
{
    g_auto(UnitImage) image = make_layer(&(Layer){"dz.d", 16, 12, 1, NULL});
    const uint64_t at = (image.bytes->len + K4 - 1) / K4 * K4, l1 = at + K4, l2 = l1 + K4;
    image_put(&image, QCOW2_AT_SNAPSHOT_COUNT, 4, 1);
    image_put(&image, QCOW2_AT_SNAPSHOT_OFFSET, 8, at);
    image_put(&image, at + QCOW2_SNAPSHOT_AT_L1_OFFSET, 8, l1);
    image_put(&image, at + QCOW2_SNAPSHOT_AT_L1_ENTRIES, 4, 1);
    image_put(&image, at + QCOW2_SNAPSHOT_AT_ID_LENGTH, 2, 1);
    image_put(&image, at + QCOW2_SNAPSHOT_AT_EXTRA_LENGTH, 4, 16);
    image_put(&image, at + QCOW2_SNAPSHOT_AT_SIZE, 8, 16 * K4);
    image_put_text(&image, at + QCOW2_SNAPSHOT_WITH_SIZE, "1");
    image_put(&image, l1, 8, QCOW2_ENTRY_COPIED | l2);
    image_put(&image, l2, 8, qcow2_u64(image.bytes->data + IMAGE_L2));
    image_put(&image, l2 + 8 * 5, 8, QCOW2_ENTRY_COPIED | (l2 + K4));
    image_fill(&image, l2 / K4 + 1, 99);
    image_write(&image, "a.qcow2");
}

static void build_nested(void)
{
    g_auto(UnitImage) inner = make_layer(&(Layer){"dz.dc", 16, 12, 1, NULL});
    const unsigned clusters = (unsigned)(inner.bytes->len / K4);
    build_layer("a.qcow2", (Layer){"dc", clusters, 12, 1, inner.bytes->data});
}

static void build_twice(void)
{
    build_plain();
    build_layer("b.qcow2", (Layer){"ddzk.d", 16, 12, 1, NULL});
}

#define FILE_NODE(name) "{'driver':'file','filename':'" name "'}"
#define QCOW2_NODE(name) "{'driver':'qcow2','file':" FILE_NODE(name) "}"
#define PLAIN QCOW2_NODE("a.qcow2")
#define RAW_NODE "{'driver':'raw','file':" FILE_NODE("base.raw") "}"

static UcNode *open_source(UcGraph *graph, const char *source, GError **error)
{
    g_autofree char *json = g_strdelimit(g_strdup(source), "'", '"');
    g_autoptr(UcSpec) spec = uc_spec_parse_json(json, -1, "the test", error);
    UcNode *node = spec ? uc_graph_open(graph, spec, error) : NULL;
    uc_graph_seal(graph);
    return node;
}

static void build_checksum(void)
{
    build_plain();
    g_autoptr(UcGraph) graph = uc_graph_new(uc_drivers, NULL);
    const UcNode *node = open_source(graph, PLAIN, NULL);
    FILE *file = fopen("manifest", "w");
    g_autoptr(UcManifestWriter) writer = uc_manifest_writer_new(file, node->size, K4, "test");
    for (uint64_t at = 0; at < node->size; at += K4) {
        uint8_t bytes[K4];
        g_assert(uc_node_read(node, at, bytes, K4, NULL));
        const UcSum sum = uc_sum_of(bytes, K4);
        uc_manifest_writer_add(writer, at, &sum);
    }
    g_assert(uc_manifest_writer_end(writer, &(UcSum){{0}}, NULL));
    fclose(file);
}

static const Scenario scenarios[] = {
    {"raw", build_only_raw, RAW_NODE, K4, {"base.raw"}},
    {"plain", build_plain, PLAIN, K4, {"a.qcow2"}},
    {"chain",
     build_chain,
     "{'driver':'qcow2','file':" FILE_NODE("a.qcow2") ",'backing':{'driver':'qcow2','file':" //
     FILE_NODE("b.qcow2") ",'backing':" RAW_NODE "}}",
     K4,
     {"a.qcow2", "b.qcow2", "base.raw"}},
    {"two tables", build_two_tables, PLAIN, LONGEST_STEP, {"a.qcow2"}},
    {"zlib", build_zlib, PLAIN, K4, {"a.qcow2"}},
    {"zstd", build_zstd, PLAIN, K4, {"a.qcow2"}},
    {"much to unpack", build_much_to_unpack, PLAIN, LONGEST_STEP, {"a.qcow2"}},
    {"subclusters", build_subclusters, PLAIN, 512, {"a.qcow2"}},
    {"data file",
     build_data_file,
     "{'driver':'qcow2','file':" FILE_NODE("a.qcow2") ",'data-file':" FILE_NODE("data.raw") "}",
     K4,
     {"a.qcow2", "data.raw"}},
    {"snapshot",
     build_snapshot,
     "{'driver':'qcow2','snapshot':'1','file':" FILE_NODE("a.qcow2") "}",
     K4,
     {"a.qcow2"}},
    {"window",
     build_chain,
     "{'driver':'raw','offset':1000,'size':20000,'file':" QCOW2_NODE("b.qcow2") "}",
     1000,
     {"b.qcow2"}},
    {"qcow2 in qcow2", build_nested, "{'driver':'qcow2','file':" PLAIN "}", K4, {"a.qcow2"}},
    {"vote",
     build_twice,
     "{'driver':'quorum','vote-threshold':2,'children':[" PLAIN "," QCOW2_NODE("b.qcow2") "]}",
     K4,
     {"a.qcow2", "b.qcow2"}},
    {"checksum",
     build_checksum,
     "{'driver':'checksum','manifest':'manifest','file':" PLAIN "}",
     K4,
     {"a.qcow2"}},
    {"blocks of 8 KiB",
     build_plain,
     "{'driver':'blkdebug','align':8192,'image':" PLAIN "}",
     K4,
     {"a.qcow2"}},
};

/* ---- looking at all of a disk ---- */

static void expect(bool is_fine, const char *what, const char *fate, guint call, uint64_t offset)
{
    if (!is_fine)
        g_printerr("\n%s, %s at %u: %s at %lu\n", scenario->name, fate, call, what, offset);
    CU_ASSERT_TRUE(is_fine);
}

static bool is_zero(const uint8_t *bytes, uint64_t length)
{
    return length == 0 || (bytes[0] == 0 && memcmp(bytes, bytes + 1, length - 1) == 0);
}

/* The holes: START END, START END ... */
static char *walk(const UcNode *node)
{
    GString *text = g_string_new(NULL);
    for (uint64_t at = 0, data; at < node->size; at = uc_seek_hole(node, data, 1)) {
        if (!uc_seek_data(node, at, 1, &data))
            data = node->size;
        if (data > at)
            g_string_append_printf(text, "%lu %lu ", at, data);
        if (data == node->size)
            break;
    }
    return g_string_free(text, FALSE);
}

static bool is_every_hole_true(const char *holes)
{
    g_auto(GStrv) words = g_strsplit(holes, " ", -1);
    for (char **word = words; word[0] && word[1]; word += 2) {
        const uint64_t start = g_ascii_strtoull(word[0], NULL, 10);
        const uint64_t end = g_ascii_strtoull(word[1], NULL, 10);
        if (!is_zero(truth.bytes + start, end - start))
            return false;
    }
    return true;
}

typedef enum { RIGHT, WRONG, REFUSED, NO_MEMORY } Outcome;

static Outcome read_range(const UcNode *node, uint64_t offset, uint64_t length)
{
    g_autofree uint8_t *buffer = g_malloc(length);
    g_autoptr(GError) error = NULL;
    memset(buffer, 0xee, length);
    if (uc_node_read(node, offset, buffer, length, &error))
        return memcmp(buffer, truth.bytes + offset, length) == 0 ? RIGHT : WRONG;
    return g_error_matches(error, UC_ERROR, UC_ERROR_MEMORY) ? NO_MEMORY : REFUSED;
}

/* One arrangement of what goes wrong. */
typedef struct Trial {
    CallsFate fate;
    guint first, last;
    bool from_start; /* while it is opened as well */
    guint calls;     /* how many there were */
} Trial;

/* Reads everything, at once and piece by piece. Returns how many of these reads failed. */
static guint read_all(const UcNode *node, const char *fate, guint call)
{
    guint failed = 0;
    Outcome outcome = read_range(node, 0, node->size);
    expect(outcome != WRONG, "wrong bytes in all", fate, call, 0);
    failed += outcome != RIGHT;
    for (uint64_t at = 0; at < node->size; at += scenario->step) {
        outcome = read_range(node, at, MIN(scenario->step, node->size - at));
        expect(outcome != WRONG, "wrong bytes", fate, call, at);
        failed += outcome != RIGHT;
    }
    return failed;
}

static void check_recovered(const UcNode *node, const char *fate, guint call)
{
    g_autofree char *holes = walk(node);
    expect(strcmp(holes, truth.walk) == 0, "other holes than ever", fate, call, 0);
    expect(read_all(node, fate, call) == 0, "an error remembered", fate, call, 0);
}

static bool is_harmless(CallsFate fate)
{
    return fate == CALLS_CUT || fate == CALLS_INTERRUPT;
}

static void check_node(const UcNode *node, Trial *trial)
{
    const char *fate = calls_fate_to_string(trial->fate);
    g_autofree char *holes = walk(node);
    const guint failed = read_all(node, fate, trial->first);
    expect(is_every_hole_true(holes), "a hole where data is", fate, trial->first, 0);
    trial->calls = calls_settle();
    if (is_harmless(trial->fate))
        expect(failed == 0, "an error for nothing", fate, trial->first, 0);
    if (trial->first == trial->last)
        expect(failed <= 1, "more than one read fails", fate, trial->first, 0);
    check_recovered(node, fate, trial->first);
}

/* In a thread of its own, which has to make what threads keep for unpacking. */
static gpointer run_trial(gpointer data)
{
    Trial *trial = data;
    const char *fate = calls_fate_to_string(trial->fate);
    g_autoptr(UcGraph) graph = uc_graph_new(uc_drivers, NULL);
    g_autoptr(GError) error = NULL;
    if (trial->from_start)
        calls_arrange(trial->fate, trial->first, trial->last);
    const UcNode *node = open_source(graph, scenario->source, &error);
    if (!trial->from_start)
        calls_arrange(trial->fate, trial->first, trial->last);
    if (node) {
        check_node(node, trial);
        return NULL;
    }
    trial->calls = calls_settle();
    expect(error && trial->from_start && !is_harmless(trial->fate) && trial->calls >= trial->first,
           "cannot be opened", fate, trial->first, 0);
    return NULL;
}

/* Nobody fails for ever with EINTR. */
#define A_WHILE 3

static void try_every_call(CallsFate fate, bool from_start, bool from_then_on)
{
    Trial trial = {.fate = fate, .from_start = from_start};
    do {
        trial.first += trial.first == 0 ? 1 : stride;
        trial.last = from_then_on && fate == CALLS_INTERRUPT ? trial.first + A_WHILE
                     : from_then_on                          ? G_MAXUINT
                                                             : trial.first;
        g_thread_join(g_thread_new("trial", run_trial, &trial));
    } while (trial.calls >= trial.first);
}

static gpointer learn_truth(gpointer data)
{
    (void)data;
    g_autoptr(UcGraph) graph = uc_graph_new(uc_drivers, NULL);
    g_autoptr(GError) error = NULL;
    const UcNode *node = open_source(graph, scenario->source, &error);
    if (!node)
        g_error("%s: %s", scenario->name, error->message);
    truth.size = node->size;
    truth.bytes = g_malloc(node->size);
    if (!uc_node_read(node, 0, truth.bytes, node->size, &error))
        g_error("%s: %s", scenario->name, error->message);
    truth.walk = walk(node);
    CU_ASSERT_FALSE(is_zero(truth.bytes, truth.size));
    return NULL;
}

static void begin(const Scenario *chosen)
{
    scenario = chosen;
    scenario->build();
    g_thread_join(g_thread_new("truth", learn_truth, NULL));
}

static void end(void)
{
    g_free(truth.bytes);
    g_free(truth.walk);
    truth = (Truth){0};
}

static void test_every_call(void)
{
    for (size_t i = 0; i < G_N_ELEMENTS(scenarios); i++) {
        begin(&scenarios[i]);
        for (CallsFate fate = 0; fate < CALLS_FATES; fate++)
            for (unsigned how = 0; how < 4; how++)
                try_every_call(fate, how & 1, how & 2);
        end();
    }
}

/* ---- bad pages ---- */

/* Sector by sector: what a long read reads besides, because it lies in between, is not needed. */
static void read_sectors(const UcNode *node, uint64_t offset, uint64_t length)
{
    for (uint64_t at = 0; at < length; at += 512)
        CU_ASSERT_EQUAL(read_range(node, offset + at, MIN(length - at, 512)), RIGHT);
}

/* As if every core had somebody who reads: nobody helps, and nobody reads ahead. */
static void keep_helpers_busy(const UcGraph *graph)
{
    for (guint i = 0; i < g_get_num_processors(); i++)
        uc_helpers_enter(graph->helpers);
}

/* What each read needs of the files, when nothing is remembered: an array of CallsRead each. */
static GPtrArray *find_needs(void)
{
    GPtrArray *needs = g_ptr_array_new_with_free_func((GDestroyNotify)g_array_unref);
    for (uint64_t at = 0; at < truth.size; at += scenario->step) {
        GArray *reads = g_array_new(FALSE, FALSE, sizeof(CallsRead));
        g_autoptr(UcGraph) graph = uc_graph_new(uc_drivers, NULL);
        uc_graph_set_limits(graph, UC_GRAPH_CACHE_BYTES, 0);
        const UcNode *node = open_source(graph, scenario->source, NULL);
        keep_helpers_busy(graph);
        calls_record(reads);
        read_sectors(node, at, MIN(scenario->step, truth.size - at));
        calls_record(NULL);
        g_ptr_array_add(needs, reads);
    }
    return needs;
}

static bool is_needed(const GArray *reads, const CallsRead *bad)
{
    for (guint i = 0; i < reads->len; i++) {
        const CallsRead *read = &g_array_index(reads, CallsRead, i);
        if (read->file == bad->file && read->start < bad->end && bad->start < read->end)
            return true;
    }
    return false;
}

/* Returns how many reads need the bad page. */
static guint check_bad_page(const char *name, uint64_t start, const GPtrArray *needs)
{
    const CallsRead bad = {calls_file(name), start, start + BAD_PAGE};
    g_autoptr(UcGraph) graph = uc_graph_new(uc_drivers, NULL);
    const UcNode *node = open_source(graph, scenario->source, NULL);
    guint failed = 0;
    calls_spoil(name, bad.start, bad.end);
    g_autofree char *holes = walk(node);
    expect(is_every_hole_true(holes), "a hole where data is", name, (guint)start, 0);
    for (guint i = 0; i < needs->len; i++) {
        const uint64_t at = (uint64_t)i * scenario->step;
        const bool is_bad = is_needed(g_ptr_array_index(needs, i), &bad);
        const Outcome outcome = read_range(node, at, MIN(scenario->step, truth.size - at));
        expect(outcome == (is_bad ? REFUSED : RIGHT), is_bad ? "no error" : "an error", name,
               (guint)start, at);
        failed += is_bad;
    }
    calls_spoil(NULL, 0, 0);
    check_recovered(node, name, (guint)start);
    return failed;
}

static void check_bad_pages(const char *name, const GPtrArray *needs)
{
    GStatBuf found;
    guint failed = 0;
    g_stat(name, &found);
    for (uint64_t start = 0; start < (uint64_t)found.st_size; start += BAD_PAGE * stride)
        failed += check_bad_page(name, start, needs);
    CU_ASSERT(failed > 0 || stride > 1);
}

static void test_every_page(void)
{
    for (size_t i = 0; i < G_N_ELEMENTS(scenarios); i++) {
        begin(&scenarios[i]);
        g_autoptr(GPtrArray) needs = find_needs();
        for (const char *const *name = scenario->files; *name; name++)
            check_bad_pages(*name, needs);
        end();
    }
}

int main(void)
{
    g_autofree char *folder = g_dir_make_tmp("faults-XXXXXX", NULL);
    if (g_getenv("UC_FAULTS"))
        stride = (guint)MAX(atoi(g_getenv("UC_FAULTS")), 1);
    if (!folder || chdir(folder) != 0)
        return 1;
    CU_initialize_registry();
    CU_pSuite suite = CU_add_suite("what goes wrong below", NULL, NULL);
    CU_add_test(suite, "every call fails", test_every_call);
    CU_add_test(suite, "every page is bad", test_every_page);
    CU_basic_run_tests();
    const unsigned failures = CU_get_number_of_failures();
    CU_cleanup_registry();
    for (const char *const *name =
             (const char *const[]){"a.qcow2", "b.qcow2", "base.raw", "data.raw", "manifest", NULL};
         *name; name++)
        g_unlink(*name);
    g_rmdir(folder);
    return failures > 0;
}
