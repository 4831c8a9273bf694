/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "fuse/graph_picture.h"

#include "core/text.h"
#include "fuse/graph_nodes.h"

#include <errno.h>
#include <stdio.h>
#include <sys/wait.h>
#include <unistd.h>

/* ---- dot ---- */

/* A label between quotes; in it a backslash would begin an escape of dot's own. */
static void append_label(GString *text, const char *label)
{
    g_string_append(text, "label=\"");
    for (; *label != '\0'; label++) {
        if (*label == '"' || *label == '\\')
            g_string_append_c(text, '\\');
        if (*label == '\n')
            g_string_append(text, "\\n");
        else
            g_string_append_c(text, *label);
    }
    g_string_append_c(text, '"');
}

static const char *shape_of(const UcDriver *driver)
{
    if (uc_driver_is_leaf(driver))
        return "shape=cylinder";
    if (uc_driver_is_format(driver))
        return "shape=box";
    return uc_driver_is_filter(driver) ? "shape=box, style=rounded" : "shape=box, style=dashed";
}

static void append_node(GString *text, const UcGraphNodes *nodes, const UcNode *node)
{
    g_autofree char *size = uc_text_size(node->size);
    g_autofree char *label = g_strdup_printf("%s\n%s, %s", node->name, node->driver->name, size);
    g_string_append_printf(text, "  n%u [%s, ", uc_graph_nodes_number(nodes, node),
                           shape_of(node->driver));
    append_label(text, label);
    g_string_append(text, "];\n");
}

static void append_edges(GString *text, const UcGraphNodes *nodes, const UcNode *node)
{
    for (uint32_t i = 0; i < node->n_edges; i++) {
        g_autofree char *roles = uc_node_roles(node, i);
        if (roles == NULL)
            continue;
        g_string_append_printf(text, "  n%u -> n%u [", uc_graph_nodes_number(nodes, node),
                               uc_graph_nodes_number(nodes, node->edges[i].node));
        append_label(text, roles);
        g_string_append(text, "];\n");
    }
}

char *uc_graph_to_dot(const UcNode *top)
{
    g_auto(UcGraphNodes) nodes;
    uc_graph_nodes_init(&nodes, top);
    GString *text = g_string_new("digraph unchain {\n"
                                 "  node [fontname=\"sans-serif\"];\n"
                                 "  edge [fontname=\"sans-serif\"];\n");
    for (guint i = 0; i < nodes.list->len; i++)
        append_node(text, &nodes, uc_graph_nodes_get(&nodes, i));
    for (guint i = 0; i < nodes.list->len; i++)
        append_edges(text, &nodes, uc_graph_nodes_get(&nodes, i));
    g_string_append(text, "}\n");
    return g_string_free(text, FALSE);
}

/* ---- svg ---- */

/* A file without a name that holds the text, to be read from its beginning; -1: failed. */
static int file_of(const char *text)
{
    FILE *file = tmpfile();
    int fd = -1;
    if (file != NULL && fputs(text, file) >= 0 && fflush(file) == 0 &&
        fseek(file, 0, SEEK_SET) == 0)
        fd = dup(fileno(file));
    if (file != NULL)
        fclose(file);
    return fd;
}

static bool wait_for(GPid pid)
{
    int status;
    while (waitpid(pid, &status, 0) < 0)
        if (errno != EINTR)
            return false;
    return WIFEXITED(status) && WEXITSTATUS(status) == 0;
}

bool uc_graph_print_svg(const char *dot, GError **error)
{
    g_autofree char *program = g_find_program_in_path("dot");
    const char *const argv[] = {program, "-Tsvg", NULL};
    g_autoptr(GError) cause = NULL;
    GPid pid;
    if (program == NULL)
        return uc_error_set(error, UC_ERROR_FAILED,
                            "--output=svg needs Graphviz' program 'dot', which is not installed "
                            "(try apt install graphviz, or --output=dot)");
    int in = file_of(dot);
    if (in < 0)
        return uc_error_set(error, UC_ERROR_FAILED, "cannot write a temporary file: %s",
                            g_strerror(errno));
    bool begun =
        g_spawn_async_with_pipes_and_fds(NULL, argv, NULL, G_SPAWN_DO_NOT_REAP_CHILD, NULL, NULL,
                                         in, -1, -1, NULL, NULL, 0, &pid, NULL, NULL, NULL, &cause);
    close(in);
    if (!begun)
        return uc_error_set(error, UC_ERROR_FAILED, "%s: %s", program, cause->message);
    return wait_for(pid) || uc_error_set(error, UC_ERROR_FAILED, "%s has failed", program);
}
