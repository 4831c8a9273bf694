/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "core/opening.h"
#include "core/text.h"

static guint file_hash(gconstpointer data)
{
    const UcHostFile *file = data;

    return file->stat.st_ino * 31 + file->stat.st_dev;
}

static gboolean file_equal(gconstpointer a, gconstpointer b)
{
    const UcHostFile *one = a, *other = b;

    return one->stat.st_ino == other->stat.st_ino && one->stat.st_dev == other->stat.st_dev;
}

static bool set_loop_error(GError **error, const UcOpening *opening, const UcHostFile *met)
{
    g_autoptr(GString) loop = g_string_new(NULL);
    guint first, shown = 0;

    for (first = 0; !file_equal(g_ptr_array_index(opening->chain, first), met); first++)
        ;
    for (guint i = first; i < opening->chain->len && shown < 8; i++, shown++) {
        const UcHostFile *file = g_ptr_array_index(opening->chain, i);

        g_string_append_printf(loop, "%s -> ", file->name);
    }
    if (first + shown < opening->chain->len)
        g_string_append(loop, "... -> ");
    g_string_append(loop, met->name);
    g_autofree char *escaped = uc_text_escape(loop->str, loop->len);

    return uc_error_set(error, UC_ERROR_FAILED, "the chain is a loop: %s", escaped);
}

void uc_chain_init(UcOpening *opening)
{
    opening->on_chain = g_hash_table_new(file_hash, file_equal);
    opening->chain = g_ptr_array_new();
}

void uc_chain_clear(UcOpening *opening)
{
    g_hash_table_unref(opening->on_chain);
    g_ptr_array_unref(opening->chain);
}

bool uc_chain_add(UcGraph *graph, const UcHostFile *file, GError **error)
{
    UcOpening *opening = graph->opening;

    if (g_hash_table_contains(opening->on_chain, file))
        return !uc_opening_top(opening)->implied || set_loop_error(error, opening, file);
    g_hash_table_add(opening->on_chain, (gpointer)file);
    g_ptr_array_add(opening->chain, (gpointer)file);
    return true;
}

void uc_chain_leave(UcOpening *opening, const UcFrame *frame)
{
    if (frame->port && frame->port->role != UC_ROLE_BACKING && frame->port->arity != UC_ARITY_MANY)
        return;
    for (guint i = frame->chain_start; i < opening->chain->len; i++)
        g_hash_table_remove(opening->on_chain, g_ptr_array_index(opening->chain, i));
    g_ptr_array_set_size(opening->chain, frame->chain_start);
}
