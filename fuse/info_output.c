/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "fuse/info_output.h"

#include "core/text.h"
#include "fuse/sandbox/sandbox.h"

#include <inttypes.h>
#include <stdio.h>

const UcNode *uc_info_backing(const UcNode *node)
{
    for (uint32_t i = 0; i < node->n_edges; i++)
        if (uc_edge_role(&node->edges[i]) == UC_ROLE_BACKING)
            return node->edges[i].node;
    return NULL;
}

GVariant *uc_info_facts(const UcNode *node)
{
    GVariantBuilder facts;
    g_variant_builder_init(&facts, G_VARIANT_TYPE_VARDICT);
    if (node->driver->describe != NULL)
        node->driver->describe(node, &facts);
    return g_variant_ref_sink(g_variant_builder_end(&facts));
}

/* ---- for people ---- */

static void print_size(const char *label, uint64_t bytes)
{
    g_autofree char *size = uc_text_size(bytes);
    printf("  %-18s %s", label, size);
    if (bytes >= 1024 && bytes % 1024 == 0)
        printf(" (%" PRIu64 " bytes)", bytes);
    putchar('\n');
}

static char *fact_to_string(GVariant *value)
{
    if (g_variant_is_of_type(value, G_VARIANT_TYPE_STRING))
        return g_variant_dup_string(value, NULL);
    if (g_variant_is_of_type(value, G_VARIANT_TYPE_BOOLEAN))
        return g_strdup(g_variant_get_boolean(value) ? "yes" : "no");
    if (g_variant_is_of_type(value, G_VARIANT_TYPE_STRING_ARRAY)) {
        g_autofree const char **items = g_variant_get_strv(value, NULL);
        return g_strjoinv("; ", (char **)items);
    }
    return g_variant_print(value, FALSE);
}

static void print_facts(const UcNode *node)
{
    g_autoptr(GVariant) facts = uc_info_facts(node);
    GVariantIter iter;
    const char *key;
    GVariant *value;
    g_variant_iter_init(&iter, facts);
    while (g_variant_iter_loop(&iter, "{&sv}", &key, &value)) {
        g_autofree char *text = fact_to_string(value);
        g_autofree char *escaped = uc_text_escape(text, -1);
        if (*escaped != '\0')
            printf("  %-18s %s\n", key, escaped);
    }
}

static void print_node(const UcNode *node)
{
    const UcHostFile *file = uc_node_host_file(node);
    printf("%s\n", node->name);
    printf("  %-18s %s\n", "format", node->driver->name);
    print_size("size", node->size);
    if (file != NULL) {
        g_autofree char *name = uc_text_escape(file->name, -1);
        printf("  %-18s %s\n", "file", name);
        print_size("on disk", (uint64_t)file->stat.st_blocks * 512);
    }
    print_facts(node);
}

static void print_warnings(const UcGraph *graph)
{
    for (guint i = 0; i < graph->warnings->len; i++)
        printf("%s%s\n", i == 0 ? "\nwarnings:\n  " : "  ",
               (char *)g_ptr_array_index(graph->warnings, i));
}

/* What all of this has been read in. */
static void print_sandbox(void)
{
    g_autofree char *state = uc_sandbox_to_string();
    printf("\nsandbox:\n  %s\n", state);
}

void uc_info_print_human(const UcNode *node, bool chain)
{
    const UcNode *layer = node;
    for (; layer != NULL; layer = chain ? uc_info_backing(layer) : NULL) {
        if (layer != node)
            putchar('\n');
        print_node(layer);
    }
    if (!chain) {
        g_autofree char *tree = uc_graph_to_string(node);
        printf("\ngraph:\n%s", tree);
    }
    print_warnings(node->graph);
    print_sandbox();
}
