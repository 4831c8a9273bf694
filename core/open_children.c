/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "core/implied.h"
#include "core/opening.h"
#include "core/text.h"

#include <string.h>

/*
 * The children of a node that is being opened: those its description gives, those its image
 * names, and what is missing. Each is pushed as a frame of its own and arrives in its edge.
 */

/* Whether it lists children. In dotted form a list is an object whose keys are 0, 1, 2 ... */
static bool is_list(const UcSpec *given)
{
    for (guint i = 0; given->entries && i < given->entries->len; i++) {
        const UcSpecEntry *entry = g_ptr_array_index(given->entries, i);
        g_autofree char *key = g_strdup_printf("%u", i);

        if (strcmp(entry->key, key) != 0)
            return false;
    }
    return given->entries != NULL;
}

/* How many edges a port gets: as many as it was given children, if it takes many. */
static uint32_t count_edges(const UcFrame *frame, const UcPort *port)
{
    const UcSpec *given = uc_spec_get(frame->spec, port->name);

    if (port->arity != UC_ARITY_MANY)
        return 1;
    return given && is_list(given) ? given->entries->len : 0;
}

void uc_frame_create_edges(const UcFrame *frame, UcNode *node)
{
    GArray *edges = g_array_new(FALSE, TRUE, sizeof(UcEdge));

    for (const UcPort *port = frame->driver->ports; port && port->name; port++)
        for (uint32_t i = count_edges(frame, port); i > 0; i--)
            g_array_append_val(edges, ((UcEdge){.port = port}));
    node->n_edges = edges->len;
    node->edges = (UcEdge *)g_array_free(edges, FALSE);
}

static bool set_unbelieved(GError **error, const UcNode *node)
{
    const char *format = node->driver->name;

    return uc_error_set(error, UC_ERROR_FAILED,
                        "it looks like %s, which its name does not say, and asks for another file: "
                        "if it is %s, use -f %s or --allow-probing; if it is a raw disk, -f raw",
                        format, format, format);
}

static bool set_implying(GError **error, const UcNode *node, const UcImplied *implied)
{
    gsize length;
    const char *name = g_bytes_get_data(implied->name, &length);
    g_autofree char *shown = uc_text_escape(name, length);

    uc_error_set(error, UC_ERROR_FAILED,
                 "it names another file, '%s', which --no-implied-files refuses: use --root to say "
                 "below which directory it may, or describe it in a graph file",
                 shown);
    return uc_error_name(error, node->name);
}

/* A chain is bounded by its depth; chains side by side, as the children of a vote are, by this. */
static bool is_too_much(const UcGraph *graph)
{
    return graph->opening->named > 4 * (uint64_t)graph->gate.depth_limit;
}

static bool check_naming(const UcGraph *graph, const UcFrame *frame, const UcImplied *implied,
                         GError **error)
{
    if (!frame->believed)
        return set_unbelieved(error, frame->node);
    if (graph->gate.no_implied_files)
        return set_implying(error, frame->node, implied);
    return !is_too_much(graph) || uc_error_set(error, UC_ERROR_FAILED,
                                               "images name more than %" G_GUINT64_FORMAT
                                               " files: --depth-limit allows more",
                                               graph->opening->named - 1);
}

/* Pushes what the image names, completed by what is given for it (or NULL). */
static bool push_named(UcGraph *graph, UcFrame *frame, const UcImplied *implied,
                       const UcSpec *given, GError **error)
{
    UcEdge *edge = &frame->node->edges[implied->port];
    g_autoptr(UcSpec) spec = NULL;
    UcFrame *pushed;

    graph->opening->named++;
    if (!check_naming(graph, frame, implied, error))
        return false;
    spec = uc_implied_spec(implied, frame->node, error);
    if (!spec)
        return false;
    pushed = uc_opening_push(graph, given ? uc_spec_merge(given, spec) : uc_spec_ref(spec),
                             &edge->node, frame, edge->port);
    pushed->named = pushed->implied = true;
    return true;
}

static bool set_missing(GError **error, const UcFrame *frame, const UcPort *port,
                        const UcSpec *spec)
{
    g_autofree char *where = uc_spec_where(spec);
    g_autofree char *who = uc_frame_who(frame);

    return uc_error_set(error, UC_ERROR_USAGE, "%s needs %s '%s'%s", who,
                        port->arity == UC_ARITY_MANY ? "a list of children" : "a child", port->name,
                        where);
}

static bool push_child(UcGraph *graph, UcFrame *frame, UcEdge *edge, UcSpec *given, GError **error)
{
    const char *name = uc_spec_string(given);

    if (given->kind == UC_SPEC_NULL || (name && !*name))
        return edge->port->arity == UC_ARITY_OPTIONAL ||
               set_missing(error, frame, edge->port, given);
    uc_opening_push(graph, uc_spec_ref(given), &edge->node, frame, edge->port);
    return true;
}

/* Pushes the given children whose ports are (or are not) backing ones; the first ends on top. */
bool uc_frame_push_given(UcGraph *graph, UcFrame *frame, bool backing, GError **error)
{
    UcNode *node = frame->node;

    for (uint32_t i = node->n_edges; i-- > 0;) {
        UcEdge *edge = &node->edges[i];
        UcSpec *given = uc_spec_get(frame->spec, edge->port->name);

        if (!given || edge->node || (edge->port->role == UC_ROLE_BACKING) != backing)
            continue;
        if (edge->port->arity == UC_ARITY_MANY) {
            const UcPort *first = edge->port;
            uint32_t start = first - frame->driver->ports;
            UcSpecEntry *entry = g_ptr_array_index(given->entries, i - start);

            given = entry->value;
        }
        const UcImplied *meant = backing ? uc_implied_meant(node, i, given) : NULL;

        if (meant ? !push_named(graph, frame, meant, given, error)
                  : !push_child(graph, frame, edge, given, error))
            return false;
    }
    return true;
}

/* A filter without what it filters would show nothing, whatever its port says. */
static bool may_be_empty(const UcPort *port)
{
    return port->arity == UC_ARITY_OPTIONAL && port->role != UC_ROLE_FILTERED;
}

bool uc_frame_check_children(const UcFrame *frame, GError **error)
{
    for (const UcPort *port = frame->driver->ports; port && port->name; port++) {
        uint32_t i = port - frame->driver->ports;

        if (!may_be_empty(port) && (i >= frame->node->n_edges || !frame->node->edges[i].node))
            return set_missing(error, frame, port, frame->spec);
    }
    return true;
}

/* A null cuts a chain, but not a node from its data: there it is as good as nothing given. */
static bool is_decided(const UcFrame *frame, const UcEdge *edge)
{
    return edge->node ||
           (edge->port->role == UC_ROLE_BACKING && uc_spec_get(frame->spec, edge->port->name));
}

static bool push_implied(UcGraph *graph, UcFrame *frame, const UcImplied *implied, GError **error)
{
    UcEdge *edge = &frame->node->edges[implied->port];

    if (is_decided(frame, edge))
        return true;
    if (implied->kind != UC_IMPLIED_SHARE)
        return push_named(graph, frame, implied, NULL, error);
    edge->node = frame->node->edges[implied->with].node;
    return true;
}

bool uc_frame_push_implied(UcGraph *graph, UcFrame *frame, GError **error)
{
    g_autoptr(GPtrArray) all = g_steal_pointer(&frame->node->implied);

    for (guint i = 0; all && i < all->len; i++)
        if (!push_implied(graph, frame, g_ptr_array_index(all, i), error))
            return false;
    return true;
}
