/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "fuse/pick.h"

#include "core/text.h"

#include <string.h>

#define CANDIDATES_SHOWN 8

/* A file's path means the file and the images in it, not what filters or cuts them. */
static bool is_at_path(const UcNode *node, const char *path)
{
    bool shows_file = node->file != NULL || uc_driver_is_format(node->driver) ||
                      (uc_driver_is_window(node->driver) && node->edges[0].node->file != NULL);
    const UcHostFile *file = shows_file ? uc_node_host_file(node) : NULL;
    return file != NULL && strcmp(file->name, path) == 0;
}

static bool is_called(const UcNode *node, const char *word)
{
    g_autofree char *escaped = uc_text_escape(word, -1);
    return strcmp(node->name, escaped) == 0 || is_at_path(node, word);
}

/* Whether the node is part of another one's own storage. */
static bool stores(const UcNode *node, const UcNode *other)
{
    g_autoptr(GPtrArray) below = g_ptr_array_new();
    g_ptr_array_add(below, (gpointer)other);
    for (guint i = 0; i < below->len; i++) {
        const UcNode *next = g_ptr_array_index(below, i);
        for (uint32_t edge = 0; edge < next->n_edges; edge++)
            if (next->edges[edge].node != NULL &&
                uc_edge_role(&next->edges[edge]) != UC_ROLE_BACKING &&
                !g_ptr_array_find(below, next->edges[edge].node, NULL))
                g_ptr_array_add(below, next->edges[edge].node);
    }
    return node != other && g_ptr_array_find(below, node, NULL);
}

/* Whether the node only stores one of the others: nobody means the file when there is an image. */
static bool stores_another(const UcNode *node, const GPtrArray *candidates)
{
    for (guint i = 0; i < candidates->len; i++)
        if (stores(node, g_ptr_array_index(candidates, i)))
            return true;
    return false;
}

static GPtrArray *find_candidates(const GPtrArray *nodes, const char *word)
{
    g_autoptr(GPtrArray) called = g_ptr_array_new();
    GPtrArray *meant = g_ptr_array_new();
    for (guint i = 0; i < nodes->len; i++)
        if (is_called(g_ptr_array_index(nodes, i), word))
            g_ptr_array_add(called, g_ptr_array_index(nodes, i));
    for (guint i = 0; i < called->len; i++)
        if (!stores_another(g_ptr_array_index(called, i), called))
            g_ptr_array_add(meant, g_ptr_array_index(called, i));
    return meant;
}

static char *candidate_to_string(const UcNode *node)
{
    const UcHostFile *file = uc_node_host_file(node);
    g_autofree char *path = file != NULL ? uc_text_escape(file->name, -1) : NULL;
    if (path == NULL || strcmp(path, node->name) == 0)
        return g_strdup_printf("%s (%s)", node->name, node->driver->name);
    return g_strdup_printf("%s (%s, %s)", node->name, node->driver->name, path);
}

static char *list_candidates(const GPtrArray *nodes)
{
    GString *text = g_string_new(NULL);
    for (guint i = 0; i < MIN(nodes->len, CANDIDATES_SHOWN); i++) {
        g_autofree char *candidate = candidate_to_string(g_ptr_array_index(nodes, i));
        g_string_append_printf(text, "%s%s", i > 0 ? ", " : "", candidate);
    }
    if (nodes->len > CANDIDATES_SHOWN)
        g_string_append_printf(text, " and %u more", nodes->len - CANDIDATES_SHOWN);
    return g_string_free(text, FALSE);
}

const UcNode *uc_pick_node(const UcNode *top, const char *word, GError **error)
{
    const UcNode *named = uc_graph_find(top->graph, word);
    g_autoptr(GPtrArray) nodes = uc_graph_list(top);
    if (named != NULL)
        return named;
    g_autoptr(GPtrArray) candidates = find_candidates(nodes, word);
    if (candidates->len == 1)
        return g_ptr_array_index(candidates, 0);
    g_autofree char *shown = uc_text_escape(word, -1);
    g_autofree char *list = list_candidates(candidates->len > 0 ? candidates : nodes);
    uc_error_set(error, UC_ERROR_USAGE,
                 candidates->len > 0 ? "'%s' may be any of several nodes: %s"
                                     : "there is no node '%s' in the graph; there are: %s",
                 shown, list);
    return NULL;
}
