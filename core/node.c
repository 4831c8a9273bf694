/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "core/graph.h"
#include "core/plan.h"
#include "core/text.h"

#include <string.h>

const UcNode *uc_node_child(const UcNode *node, uint32_t edge)
{
    return node->edges[edge].node;
}

static bool has_child_before(const UcNode *node, uint32_t edge)
{
    for (uint32_t i = 0; i < edge; i++)
        if (node->edges[i].node == node->edges[edge].node)
            return true;
    return false;
}

char *uc_node_roles(const UcNode *node, uint32_t edge)
{
    GString *roles;

    if (!node->edges[edge].node || has_child_before(node, edge))
        return NULL;
    roles = g_string_new(uc_role_to_string(uc_edge_role(&node->edges[edge])));
    for (uint32_t i = edge + 1; i < node->n_edges; i++)
        if (node->edges[i].node == node->edges[edge].node)
            g_string_append_printf(roles, ", %s", uc_role_to_string(uc_edge_role(&node->edges[i])));
    return g_string_free(roles, FALSE);
}

/* A place must be an edge that can hold guest bytes, and its end must be a number. */
static bool is_valid_place(const UcNode *node, UcPlace place, uint64_t length)
{
    return place.edge < node->n_edges &&
           uc_edge_role(&node->edges[place.edge]) != UC_ROLE_METADATA &&
           uc_edge_role(&node->edges[place.edge]) != UC_ROLE_WITNESS &&
           place.offset <= UINT64_MAX - length;
}

/* Children that must agree are named by their first edge, and show what the node shows. */
static bool is_valid_vote(const UcNode *node, uint32_t edge)
{
    return node->driver->read && uc_edge_role(&node->edges[edge]) == UC_ROLE_FILTERED &&
           edge == (uint32_t)(node->edges[edge].port - node->driver->ports);
}

/* A filter shows the same bytes at the same offsets; that is what makes it transparent. */
static bool is_valid_child(const UcNode *node, uint64_t offset, const UcStep *step)
{
    const UcEdge *edge;

    if (!is_valid_place(node, step->place, step->length))
        return false;
    edge = &node->edges[step->place.edge];
    if (edge->port->arity == UC_ARITY_MANY && !is_valid_vote(node, step->place.edge))
        return false;
    return uc_edge_role(edge) != UC_ROLE_FILTERED || step->place.offset == offset;
}

static bool is_valid_self(const UcNode *node, UcWhy why)
{
    return node->driver->read && why <= UC_WHY_BROKEN &&
           (why != UC_WHY_STORED || uc_driver_is_leaf(node->driver));
}

static bool is_valid(const UcNode *node, uint64_t offset, const UcStep *step)
{
    if (step->length == 0)
        return false;
    if (step->kept.edge != UC_EDGE_NONE && !is_valid_place(node, step->kept, step->length))
        return false;
    switch (step->kind) {
    case UC_STEP_CHILD:
        return is_valid_child(node, offset, step);
    case UC_STEP_SELF:
        return is_valid_self(node, step->why);
    case UC_STEP_UNDEFINED:
        return node->driver->read != NULL;
    case UC_STEP_ZERO:
        return true;
    case UC_STEP_INVALID:
        break;
    }
    return false;
}

UcStep uc_node_map(const UcNode *node, uint64_t offset, uint64_t length)
{
    UcStep step;

    g_assert(length > 0 && offset < node->size && length <= node->size - offset);
    step = node->driver->map(node, offset, length);
    step.length = MIN(step.length, length);
    if (!is_valid(node, offset, &step)) {
        g_autofree char *answer = uc_step_to_string(&step);

        g_warning("%s: driver %s gave an invalid answer at %" G_GUINT64_FORMAT ": %s", node->name,
                  node->driver->name, offset, answer);
        step = uc_step_zero(step.length ? step.length : length);
        step.kind = UC_STEP_INVALID;
    }
    return step;
}

bool uc_node_produce(const UcNode *node, uint64_t offset, void *buffer, size_t length,
                     GError **error)
{
    g_autoptr(GError) local = NULL;

    g_assert(offset <= node->size && length <= node->size - offset);
    if (node->driver->read(node, offset, buffer, length, &local)) {
        g_warn_if_fail(!local);
        return true;
    }
    if (!local)
        return uc_error_set(error, UC_ERROR_FAILED, "driver %s failed without a reason",
                            node->driver->name);
    g_propagate_error(error, g_steal_pointer(&local));
    return false;
}

size_t uc_node_peek(const UcNode *node, uint64_t offset, void *buffer, size_t length)
{
    g_assert(offset <= node->size && length <= node->size - offset);
    return node->driver->peek ? MIN(node->driver->peek(node, offset, buffer, length), length) : 0;
}

void uc_node_fetch(const UcNode *node, uint64_t offset, uint64_t length)
{
    g_assert(offset <= node->size && length <= node->size - offset);
    if (node->driver->fetch)
        node->driver->fetch(node, offset, length);
}

bool uc_node_read(const UcNode *node, uint64_t offset, void *buffer, size_t length, GError **error)
{
    UcPlan plan;

    if (offset > node->size || length > node->size - offset) {
        uc_error_set(error, UC_ERROR_FAILED,
                     "%zu bytes at %" G_GUINT64_FORMAT " lie beyond its end at %" G_GUINT64_FORMAT,
                     length, offset, node->size);
        return uc_error_name(error, node->name);
    }
    uc_plan_init(&plan, node, offset, length);
    return uc_plan_read(&plan, buffer, error);
}

/* A child's bytes as its parent sees them: zeroes where there is no child or no more of it. */
static bool read_child(const UcNode *child, uint64_t offset, char *buffer, size_t length,
                       GError **error)
{
    uint64_t held = child && offset < child->size ? MIN(length, child->size - offset) : 0;

    memset(buffer + held, 0, length - held);
    return held == 0 || uc_node_read(child, offset, buffer, held, error);
}

bool uc_node_follow(const UcNode *node, uint64_t offset, const UcStep *step, void *buffer,
                    size_t length, GError **error)
{
    switch (step->kind) {
    case UC_STEP_CHILD:
        return read_child(uc_node_child(node, step->place.edge), step->place.offset, buffer, length,
                          error);
    case UC_STEP_ZERO:
        memset(buffer, 0, length);
        return true;
    case UC_STEP_SELF:
    case UC_STEP_UNDEFINED:
        return uc_node_produce(node, offset, buffer, length, error);
    case UC_STEP_INVALID:
        break;
    }
    return uc_error_set(error, UC_ERROR_FAILED, "driver %s gave an invalid answer",
                        node->driver->name);
}

const UcHostFile *uc_node_host_file(const UcNode *node)
{
    while (node && !node->file)
        node = node->n_edges > 0 ? node->edges[0].node : NULL;
    return node ? node->file : NULL;
}

void uc_node_warn(const UcNode *node, const char *format, ...)
{
    g_autofree char *text = NULL;
    va_list arguments;

    va_start(arguments, format);
    text = g_strdup_vprintf(format, arguments);
    va_end(arguments);
    g_ptr_array_add(node->graph->warnings, g_strconcat(node->name, ": ", text, NULL));
}

char *uc_node_to_string(const UcNode *node)
{
    g_autofree char *size = uc_text_size(node->size);

    return g_strdup_printf("%s (%s, %s)", node->name, node->driver->name, size);
}
