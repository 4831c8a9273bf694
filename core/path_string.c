/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "core/path.h"

const char *uc_reach_to_string(UcReach reach)
{
    switch (reach) {
    case UC_REACH_ALLOCATED:
        return "allocated";
    case UC_REACH_OWNER:
        return "owner";
    case UC_REACH_READ:
        return "read";
    case UC_REACH_STATUS:
        return "status";
    case UC_REACH_STORAGE:
        return "storage";
    }
    return "?";
}

const char *uc_end_to_string(UcEnd end)
{
    switch (end) {
    case UC_END_OPEN:
        return "open";
    case UC_END_BASE:
        return "base";
    case UC_END_DATA:
        return "data";
    case UC_END_SELF:
        return "self";
    case UC_END_UNDEFINED:
        return "undefined";
    case UC_END_ZERO:
        return "zero";
    case UC_END_SHORT:
        return "short";
    case UC_END_VOID:
        return "void";
    case UC_END_INVALID:
        return "invalid";
    }
    return "?";
}

/* Of a longer path so many hops are shown at both ends: its middle is much of the same. */
#define MOST_SHOWN 16
#define SHOWN_AT_END 4

static void append_hop(GString *text, const GArray *hops, guint index)
{
    const UcHop *hop = &g_array_index(hops, UcHop, index);

    if (index > 0)
        g_string_append_printf(text, " >%s> ", uc_role_to_string(hop->via));
    g_string_append(text, hop->node->name);
}

/* "top >backing> base", or "top >backing> a >backing> b >backing> c ... 494 more ... >backing> x"
 */
static void append_hops(GString *text, const GArray *hops)
{
    guint skipped = hops->len > MOST_SHOWN ? hops->len - 2 * SHOWN_AT_END : 0;
    guint head = skipped > 0 ? SHOWN_AT_END : hops->len;

    for (guint i = 0; i < head; i++)
        append_hop(text, hops, i);
    if (skipped > 0)
        g_string_append_printf(text, " ... %u more ...", skipped);
    for (guint i = head + skipped; i < hops->len; i++)
        append_hop(text, hops, i);
}

static void append_end(GString *text, const UcPath *path)
{
    switch (path->end) {
    case UC_END_DATA:
        g_string_append_printf(text, "@%" G_GUINT64_FORMAT, path->offset);
        break;
    case UC_END_SELF:
        g_string_append_printf(text, "@%" G_GUINT64_FORMAT " SELF(%s)", path->offset,
                               uc_why_to_string(path->why));
        break;
    case UC_END_SHORT:
        g_string_append(text, " SHORT");
        break;
    case UC_END_VOID:
        g_string_append_printf(text, " >%s> (nothing)", uc_role_to_string(path->via));
        break;
    case UC_END_ZERO:
        g_string_append(text, " ZERO");
        break;
    case UC_END_UNDEFINED:
        g_string_append(text, " UNDEFINED");
        break;
    case UC_END_INVALID:
        g_string_append(text, " INVALID");
        break;
    case UC_END_OPEN:
        g_string_append(text, " ...");
        break;
    case UC_END_BASE:
        g_string_append_printf(text, "@%" G_GUINT64_FORMAT " BASE", path->offset);
        break;
    }
}

char *uc_path_to_string(const UcPath *path)
{
    g_autoptr(GArray) hops = g_array_new(FALSE, FALSE, sizeof(UcHop));
    const UcQuestion question = {
        .reach = path->reach, .base = path->end == UC_END_BASE ? path->node : NULL, .hops = hops};
    GString *text = g_string_new(NULL);

    uc_path_find(path->from, path->start, path->length, &question);
    append_hops(text, hops);
    append_end(text, path);
    if (path->reserved && path->end != UC_END_DATA && path->end != UC_END_SELF)
        g_string_append(text, ", reserved");
    g_string_append_printf(text, " +%" G_GUINT64_FORMAT, path->length);
    return g_string_free(text, FALSE);
}
