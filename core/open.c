/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "core/opening.h"
#include "core/root.h"

static void frame_free(gpointer data)
{
    UcFrame *frame = data;

    uc_spec_unref(frame->spec);
    g_free(frame);
}

UcFrame *uc_opening_top(const UcOpening *opening)
{
    return g_ptr_array_index(opening->frames, opening->frames->len - 1);
}

UcFrame *uc_opening_push(UcGraph *graph, UcSpec *spec, UcNode **result, const UcFrame *parent,
                         const UcPort *port)
{
    UcOpening *opening = graph->opening;
    UcFrame *frame = g_new0(UcFrame, 1);

    frame->spec = spec;
    frame->result = result;
    frame->port = port;
    frame->chain_start = opening->chain->len;
    frame->force_share = parent ? parent->force_share : graph->gate.force_share;
    if (parent) {
        frame->parent = parent->node;
        frame->implied = parent->implied;
        frame->depth = parent->depth + (port && port->role == UC_ROLE_BACKING);
    }
    g_ptr_array_add(opening->frames, frame);
    return frame;
}

void uc_opening_pop(UcGraph *graph, UcNode *node)
{
    UcFrame *frame = uc_opening_top(graph->opening);

    *frame->result = node;
    if (frame->declared)
        g_hash_table_remove(graph->opening->declared, frame->spec);
    uc_chain_leave(graph->opening, frame);
    g_ptr_array_set_size(graph->opening->frames, graph->opening->frames->len - 1);
}

static bool advance(UcGraph *graph, UcFrame *frame, GError **error)
{
    switch (frame->stage) {
    case UC_STAGE_BEGIN:
        return uc_frame_begin(graph, frame, error);
    case UC_STAGE_PROBE:
        return uc_frame_probe(graph, frame, error);
    case UC_STAGE_CREATE:
        return uc_frame_create(graph, frame, error);
    case UC_STAGE_OPEN:
        return uc_frame_open(graph, frame, error);
    case UC_STAGE_FINISH:
        return uc_frame_finish(graph, frame, error);
    }
    return false;
}

/* Says which image asked for what cannot be opened, and which chain that image belongs to. */
static void add_context(const UcOpening *opening, GError **error)
{
    const UcFrame *first = g_ptr_array_index(opening->frames, 0), *asked = NULL;
    g_autofree char *chain = NULL;
    guint i = opening->frames->len;

    while (i > 0 && !(asked && asked->named))
        asked = g_ptr_array_index(opening->frames, --i);
    if (!asked->named || !error || !*error)
        return;
    if (asked->parent != first->node)
        chain = g_strconcat(", in the chain of ", first->node->name, NULL);

    g_autoptr(GError) cause = g_steal_pointer(error);

    /* what an image says is no wrong usage */
    g_set_error(error, UC_ERROR,
                cause->code == UC_ERROR_USAGE ? UC_ERROR_FAILED : (UcError)cause->code,
                "%s (%s of %s%s)", cause->message,
                asked->port->role == UC_ROLE_BACKING ? "the backing file" : asked->port->name,
                asked->parent->name, chain ? chain : "");
}

static bool run(UcGraph *graph, GError **error)
{
    while (graph->opening->frames->len > 0) {
        if (!advance(graph, uc_opening_top(graph->opening), error)) {
            add_context(graph->opening, error);
            return false;
        }
    }
    return true;
}

UcNode *uc_graph_open(UcGraph *graph, UcSpec *spec, GError **error)
{
    g_autoptr(UcRoot) root = NULL;
    UcNode *node = NULL;
    bool opened;

    g_assert(!graph->sealed);
    if (graph->gate.root && !(root = uc_root_new(graph->gate.root, error)))
        return NULL;

    UcOpening opening = {.frames = g_ptr_array_new_with_free_func(frame_free),
                         .declared = g_hash_table_new(NULL, NULL),
                         .root = root};

    graph->opening = &opening;
    uc_chain_init(&opening);
    uc_opening_push(graph, uc_spec_ref(spec), &node, NULL, NULL);
    opened = run(graph, error);
    graph->opening = NULL;
    uc_chain_clear(&opening);
    g_hash_table_unref(opening.declared);
    g_ptr_array_unref(opening.frames);
    return opened ? node : NULL;
}
