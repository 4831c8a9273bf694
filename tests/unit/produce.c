/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "core/graph.h"

#include <CUnit/Basic.h>
#include <string.h>

/*
 * Producing by several threads and ahead of a reader shows in nothing but time: the bytes, the
 * errors and, for who reads in one go, the work are those of one thread. A "maker" makes its bytes
 * from a model, or from those of its child, and counts how often it has made each grain.
 */
#define GRAIN (64u << 10)
#define GRAINS 100
#define SIZE (GRAINS * (uint64_t)GRAIN - 1000)
#define NEVER UINT_MAX

typedef struct Maker {
    gint made[GRAINS]; /* times, atomic */
    guint bad, worse;  /* grains that cannot be made */
    gint spoiled;      /* times that `bad` still fails, atomic */
} Maker;

static uint8_t *model; /* the bytes of every maker */

static void fill_model(void)
{
    model = g_malloc(SIZE);
    for (uint64_t i = 0; i < SIZE; i++)
        model[i] = (uint8_t)(i * 7 + (i >> 12) * 13 + 1);
}

static bool maker_open(UcNode *node, const UcOptions *options, GError **error)
{
    Maker *maker = node->state;
    (void)options;
    (void)error;
    node->size = SIZE;
    node->grain = GRAIN;
    maker->bad = maker->worse = NEVER;
    return true;
}

static UcStep maker_map(const UcNode *node, uint64_t offset, uint64_t length)
{
    (void)node;
    (void)offset;
    return uc_step_self(UC_WHY_COMPRESSED, length);
}

static bool fails(Maker *maker, guint grain)
{
    return grain == maker->worse ||
           (grain == maker->bad && g_atomic_int_add(&maker->spoiled, -1) > 0);
}

static bool make_grain(const UcNode *node, uint64_t offset, uint8_t *bytes, size_t length,
                       GError **error)
{
    Maker *maker = node->state;
    const guint grain = offset / GRAIN;
    g_atomic_int_inc(&maker->made[grain]);
    if (fails(maker, grain))
        return uc_error_set(error, UC_ERROR_FAILED, "grain %u is bad", grain);
    if (node->n_edges > 0)
        return uc_node_read(uc_node_child(node, 0), offset, bytes, length, error);
    memcpy(bytes, model + offset, length);
    return true;
}

static bool maker_read(const UcNode *node, uint64_t offset, void *buffer, size_t length,
                       GError **error)
{
    for (size_t done = 0, part; done < length; done += part) {
        const uint64_t at = offset + done;
        part = MIN(GRAIN - at % GRAIN, length - done);
        if (!make_grain(node, at, (uint8_t *)buffer + done, part, error))
            return false;
    }
    return true;
}

static const UcPort maker_ports[] = {{"file", UC_ROLE_METADATA, UC_ARITY_ONE}, {NULL}};

static const UcDriver leaf = {
    .name = "leaf",
    .state_size = sizeof(Maker),
    .open = maker_open,
    .map = maker_map,
    .read = maker_read,
};

static const UcDriver format = {
    .name = "format",
    .ports = maker_ports,
    .state_size = sizeof(Maker),
    .open = maker_open,
    .map = maker_map,
    .read = maker_read,
};

static const UcDriver *const drivers[] = {&leaf, &format, NULL};

#define ONE "{'driver': 'format', 'file': {'driver': 'leaf'}}"
#define NESTED "{'driver': 'format', 'file': " ONE "}"

static UcNode *open_graph(UcGraph **graph, const char *json)
{
    g_autoptr(GError) error = NULL;
    g_autofree char *text = g_strdelimit(g_strdup(json), "'", '"');
    g_autoptr(UcSpec) spec = uc_spec_parse_json(text, -1, "test", &error);
    *graph = uc_graph_new(drivers, NULL);
    UcNode *node = uc_graph_open(*graph, spec, &error);
    g_assert_no_error(error);
    uc_graph_seal(*graph);
    return node;
}

/* Reads and compares; the message of the error, or NULL. */
static char *read_at(const UcNode *node, uint64_t offset, size_t length)
{
    g_autoptr(GError) error = NULL;
    g_autofree uint8_t *bytes = g_malloc0(length);
    if (!uc_node_read(node, offset, bytes, length, &error))
        return g_strdup(error->message);
    return memcmp(bytes, model + offset, length) == 0 ? NULL : g_strdup("wrong bytes");
}

static void check_read(const UcNode *node, uint64_t offset, size_t length, const char *message)
{
    g_autofree char *got = read_at(node, offset, length);
    CU_ASSERT_EQUAL(g_strcmp0(got, message), 0);
    if (g_strcmp0(got, message) != 0)
        g_printerr("\nat %" G_GUINT64_FORMAT " +%zu: %s\n", offset, length, got ? got : "no error");
}

static void check_all(const UcNode *node, size_t length)
{
    for (uint64_t at = 0; at < SIZE; at += length)
        check_read(node, at, MIN(length, SIZE - at), NULL);
}

static void test_each_grain_is_made_once(void)
{
    static const size_t lengths[] = {GRAIN, 5 * GRAIN, 16 * GRAIN, 50 * GRAIN, SIZE};
    for (size_t i = 0; i < G_N_ELEMENTS(lengths); i++) {
        g_autoptr(UcGraph) graph = NULL;
        const UcNode *node = open_graph(&graph, ONE);
        const Maker *maker = node->state;
        check_all(node, lengths[i]);
        g_usleep(1000); /* for what nobody has asked for */
        for (size_t grain = 0; grain < GRAINS; grain++)
            CU_ASSERT_EQUAL(g_atomic_int_get(&maker->made[grain]), 1);
    }
}

static void test_any_length(void)
{
    static const size_t lengths[] = {9999, 70000, GRAIN + 1, 1000001};
    for (size_t i = 0; i < G_N_ELEMENTS(lengths); i++) {
        g_autoptr(UcGraph) graph = NULL;
        check_all(open_graph(&graph, NESTED), lengths[i]);
    }
}

static void test_the_first_error_counts(void)
{
    g_autoptr(UcGraph) graph = NULL;
    const UcNode *node = open_graph(&graph, ONE);
    Maker *maker = node->state;
    maker->bad = 20;
    maker->worse = 23;
    maker->spoiled = G_MAXINT;
    for (int i = 0; i < 100; i++) {
        check_read(node, 10 * GRAIN, 20 * GRAIN, "format: grain 20 is bad");
        check_read(node, 21 * GRAIN + 5, 20 * GRAIN, "format: grain 23 is bad");
        check_read(node, 24 * GRAIN, 20 * GRAIN, NULL);
    }
}

static void test_bad_grains_fail_alone(void)
{
    g_autoptr(UcGraph) graph = NULL;
    const UcNode *node = open_graph(&graph, ONE);
    Maker *maker = node->state;
    maker->worse = 77;
    for (uint64_t at = 0; at < SIZE; at += 4096)
        check_read(node, at, MIN(4096, SIZE - at),
                   at / GRAIN == 77 ? "format: grain 77 is bad" : NULL);
}

/* An error of work done ahead is nobody's: who reads there tries for himself. */
static void test_errors_ahead_are_forgotten(void)
{
    g_autoptr(UcGraph) graph = NULL;
    const UcNode *node = open_graph(&graph, ONE);
    Maker *maker = node->state;
    if (g_get_num_processors() == 1)
        return;
    maker->bad = 77;
    maker->spoiled = 1;
    check_all(node, 4 * GRAIN);
    CU_ASSERT(g_atomic_int_get(&maker->spoiled) < 1);
}

static void test_jumping_makes_nothing_ahead(void)
{
    g_autoptr(UcGraph) graph = NULL;
    const UcNode *node = open_graph(&graph, ONE);
    const Maker *maker = node->state;
    int made = 0;
    for (guint i = 0; i < GRAINS - 1; i++)
        check_read(node, i * 67 % (GRAINS - 1) * (uint64_t)GRAIN, GRAIN, NULL);
    g_usleep(1000);
    for (size_t grain = 0; grain < GRAINS; grain++)
        made += g_atomic_int_get(&maker->made[grain]);
    CU_ASSERT_EQUAL(made, GRAINS - 1);
}

typedef struct Reader {
    const UcNode *node;
    guint32 seed;
    char *wrong;
} Reader;

/* Goes on for a while, then jumps. */
static gpointer read_about(gpointer data)
{
    Reader *reader = data;
    g_autoptr(GRand) random = g_rand_new_with_seed(reader->seed);
    for (int i = 0; i < 12 && !reader->wrong; i++) {
        const size_t length = 1 + g_rand_int(random) % (1 << (12 + g_rand_int(random) % 9));
        uint64_t at = g_rand_int(random) % SIZE;
        for (int times = 0; times < 6 && at + length <= SIZE && !reader->wrong; times++) {
            reader->wrong = read_at(reader->node, at, length);
            at += length;
        }
    }
    return NULL;
}

static void test_many_readers(void)
{
    g_autoptr(UcGraph) graph = NULL;
    Reader readers[8];
    GThread *threads[G_N_ELEMENTS(readers)];
    const UcNode *node = open_graph(&graph, NESTED);
    for (size_t i = 0; i < G_N_ELEMENTS(readers); i++) {
        readers[i] = (Reader){.node = node, .seed = (guint32)i};
        threads[i] = g_thread_new("reader", read_about, &readers[i]);
    }
    for (size_t i = 0; i < G_N_ELEMENTS(readers); i++) {
        g_thread_join(threads[i]);
        CU_ASSERT_PTR_NULL(readers[i].wrong);
        g_free(readers[i].wrong);
    }
}

/* A graph that is freed while something is made ahead. */
static void test_leaving_early(void)
{
    for (int i = 0; i < 50; i++) {
        g_autoptr(UcGraph) graph = NULL;
        const UcNode *node = open_graph(&graph, NESTED);
        for (uint64_t at = 0; at < 5; at++)
            check_read(node, at * GRAIN, GRAIN, NULL);
    }
}

int main(void)
{
    fill_model();
    CU_initialize_registry();
    CU_pSuite suite = CU_add_suite("producing by several threads", NULL, NULL);
    CU_add_test(suite, "each grain is made once", test_each_grain_is_made_once);
    CU_add_test(suite, "any length", test_any_length);
    CU_add_test(suite, "the first error counts", test_the_first_error_counts);
    CU_add_test(suite, "bad grains fail alone", test_bad_grains_fail_alone);
    CU_add_test(suite, "errors ahead are forgotten", test_errors_ahead_are_forgotten);
    CU_add_test(suite, "jumping makes nothing ahead", test_jumping_makes_nothing_ahead);
    CU_add_test(suite, "many readers", test_many_readers);
    CU_add_test(suite, "leaving early", test_leaving_early);
    CU_basic_run_tests();
    const unsigned failures = CU_get_number_of_failures();
    CU_cleanup_registry();
    g_free(model);
    return failures != 0;
}
