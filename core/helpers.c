/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "core/helpers.h"

struct UcHelpers {
    guint cores;
    gint asking;       /* how many have entered, atomic */
    gint ending;       /* what was not begun is not to be begun any more, atomic */
    GThreadPool *pool; /* of UcShare, a reference each; NULL: nobody was called yet */
};

UcHelpers *uc_helpers_new(void)
{
    UcHelpers *helpers = g_new0(UcHelpers, 1);

    helpers->cores = g_get_num_processors();
    return helpers;
}

void uc_helpers_free(UcHelpers *helpers)
{
    g_atomic_int_set(&helpers->ending, TRUE);
    if (helpers->pool)
        g_thread_pool_free(helpers->pool, FALSE, TRUE); /* at once, it would lose references */
    g_free(helpers);
}

guint uc_helpers_enter(UcHelpers *helpers)
{
    return g_atomic_int_add(&helpers->asking, 1);
}

void uc_helpers_leave(UcHelpers *helpers)
{
    g_atomic_int_add(&helpers->asking, -1);
}

guint uc_helpers_idle(const UcHelpers *helpers, guint others)
{
    return others + 1 < helpers->cores ? helpers->cores - others - 1 : 0;
}

static void help(gpointer share, gpointer data)
{
    const UcHelpers *helpers = data;

    if (!g_atomic_int_get(&helpers->ending))
        uc_share_work(share);
    uc_share_unref(share);
}

/* As many threads as can be had: without any, who asks does it all himself. */
static GThreadPool *call_first(UcHelpers *helpers)
{
    if (g_once_init_enter(&helpers->pool))
        g_once_init_leave(&helpers->pool,
                          g_thread_pool_new(help, helpers, (gint)helpers->cores - 1, TRUE, NULL));
    return helpers->pool;
}

/* Helpers that do not come (a disk hangs) are not called for ever: a share can be large. */
static bool has_room(GThreadPool *pool)
{
    return g_thread_pool_unprocessed(pool) < g_thread_pool_get_num_threads(pool);
}

void uc_helpers_call(UcHelpers *helpers, UcShare *share, guint count)
{
    if (count == 0)
        return;
    GThreadPool *pool = call_first(helpers);

    for (guint i = 0; i < count && has_room(pool); i++)
        g_thread_pool_push(pool, uc_share_ref(share), NULL);
}
