/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "core/helpers.h"

struct UcHelpers {
    guint cores;
    gint asking;        /* how many have entered, atomic */
    GMutex lock;        /* guards what follows */
    GPtrArray *threads; /* of GThread; NULL: nobody was called yet */
    GQueue calls;       /* of UcShare, a reference each */
    bool ending;
    GCond called; /* there are calls, or the end has come */
};

UcHelpers *uc_helpers_new(void)
{
    UcHelpers *helpers = g_new0(UcHelpers, 1);

    helpers->cores = g_get_num_processors();
    g_mutex_init(&helpers->lock);
    g_queue_init(&helpers->calls);
    g_cond_init(&helpers->called);
    return helpers;
}

static void end_threads(UcHelpers *helpers)
{
    g_mutex_lock(&helpers->lock);
    helpers->ending = true;
    g_cond_broadcast(&helpers->called);
    g_mutex_unlock(&helpers->lock);
    for (guint i = 0; helpers->threads && i < helpers->threads->len; i++)
        g_thread_join(g_ptr_array_index(helpers->threads, i));
    g_clear_pointer(&helpers->threads, g_ptr_array_unref);
}

void uc_helpers_free(UcHelpers *helpers)
{
    end_threads(helpers);
    g_queue_clear_full(&helpers->calls, (GDestroyNotify)uc_share_unref);
    g_mutex_clear(&helpers->lock);
    g_cond_clear(&helpers->called);
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

/* The next share, or NULL at the end. The lock is held. */
static UcShare *wait_for_call(UcHelpers *helpers)
{
    while (helpers->calls.length == 0 && !helpers->ending)
        g_cond_wait(&helpers->called, &helpers->lock);
    return helpers->ending ? NULL : g_queue_pop_head(&helpers->calls);
}

static gpointer help(gpointer data)
{
    UcHelpers *helpers = data;

    g_mutex_lock(&helpers->lock);
    for (UcShare *share; (share = wait_for_call(helpers)) != NULL;) {
        g_mutex_unlock(&helpers->lock);
        uc_share_work(share);
        uc_share_unref(share);
        g_mutex_lock(&helpers->lock);
    }
    g_mutex_unlock(&helpers->lock);
    return NULL;
}

/* As many as can be had: without any, who asks does it all himself. */
static void start_threads(UcHelpers *helpers)
{
    helpers->threads = g_ptr_array_new();
    for (guint i = 0; i < helpers->cores - 1; i++) {
        GThread *thread = g_thread_try_new("helper", help, helpers, NULL);

        if (thread)
            g_ptr_array_add(helpers->threads, thread);
    }
}

/* The lock is held. */
static bool has_room(const UcHelpers *helpers)
{
    return helpers->threads && helpers->calls.length < helpers->threads->len;
}

void uc_helpers_call(UcHelpers *helpers, UcShare *share, guint count)
{
    g_mutex_lock(&helpers->lock);
    if (!helpers->threads && !helpers->ending)
        start_threads(helpers);
    /* Helpers that do not come (a disk hangs) are not called for ever: a share can be large. */
    for (guint i = 0; i < count && has_room(helpers); i++) {
        g_queue_push_tail(&helpers->calls, uc_share_ref(share));
        g_cond_signal(&helpers->called);
    }
    g_mutex_unlock(&helpers->lock);
}
