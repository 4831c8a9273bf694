/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "fuse/graph_picture.h"

#include "core/text.h"
#include "fuse/graph_nodes.h"

#include <errno.h>
#include <signal.h>
#include <string.h>
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

bool uc_painter_start(UcPainter *painter, GError **error)
{
    g_autofree char *program = g_find_program_in_path("dot");
    char *argv[] = {program, (char *)"-Tsvg", NULL};
    const GSpawnFlags flags = G_SPAWN_DO_NOT_REAP_CHILD | G_SPAWN_CLOEXEC_PIPES;
    g_autoptr(GError) cause = NULL;
    if (program == NULL)
        return uc_error_set(error, UC_ERROR_FAILED,
                            "--output=svg needs Graphviz' program 'dot', which is not installed "
                            "(try apt install graphviz, or --output=dot)");
    signal(SIGPIPE, SIG_IGN); /* that it has ended is seen by its status */
    return g_spawn_async_with_pipes(NULL, argv, NULL, flags, NULL, NULL, &painter->pid,
                                    &painter->pipe, NULL, NULL, &cause) ||
           uc_error_set(error, UC_ERROR_FAILED, "%s: %s", program, cause->message);
}

static void send_text(int fd, const char *text)
{
    size_t left = strlen(text);
    for (ssize_t sent; left > 0 && (sent = TEMP_FAILURE_RETRY(write(fd, text, left))) > 0;) {
        text += sent;
        left -= sent;
    }
}

static bool wait_for(GPid pid)
{
    int status;
    while (waitpid(pid, &status, 0) < 0)
        if (errno != EINTR)
            return false;
    return WIFEXITED(status) && WEXITSTATUS(status) == 0;
}

bool uc_painter_finish(UcPainter *painter, const char *dot, GError **error)
{
    if (dot != NULL)
        send_text(painter->pipe, dot);
    close(painter->pipe);
    return wait_for(painter->pid) || dot == NULL ||
           uc_error_set(error, UC_ERROR_FAILED, "dot has failed");
}
